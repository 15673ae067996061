use crate::{Keys, Terms};

use super::net::{Net, Numbers, publics};

pub(super) fn terms(members: u8) -> Terms {
    Terms::don_key([9; 32], 0, &publics(members)).unwrap()
}

#[test]
fn honest_members_all_get_the_don_key() {
    for members in [2, 4, 31] {
        let net = Net::of(&terms(members), 1).run();
        let Keys::Don(first) = &net.outcome(0).keys else { panic!() };
        let message = first.public().encrypt(b"secret", &mut Numbers(1));
        for place in 0..members {
            let Keys::Don(key) = &net.outcome(place).keys else { panic!() };
            assert_eq!(net.outcome(place).transcript, net.outcome(0).transcript);
            assert_eq!(key.decrypt(&message).unwrap().as_slice(), b"secret");
        }
    }
}
