//! The members of an oracle set, and whether every entry is right before anything is sent.
//!
//! A node leaves out a member that cannot be reached, so one mistake costs one oracle of the DON for as long as nobody
//! notices. Here all mistakes are found, each named with its member, before the set is in force.

use alloy::primitives::Address;
use functions_failure::{Result, failure};
use functions_offchain_config::{Member, check_address, is_peer_id};
use serde::Deserialize;

/// What to do about an entry that is not right.
pub const AS_PRINTED: &str = "each member's entry is what its `functions-node keygen` prints, with the address others reach it at as `listen`";

/// One member, as `functions-node keygen` prints it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Oracle {
    /// Address that signs reports.
    #[serde(deserialize_with = "functions_input::address::deserialize")]
    pub signer: Address,
    /// Address that sends them.
    #[serde(deserialize_with = "functions_input::address::deserialize")]
    pub transmitter: Address,
    /// Network identity.
    pub peer_id: String,
    /// Ed25519 key of its protocol messages: 0x and 64 digits.
    pub offchain_public_key: String,
    /// Multiaddress the other members reach it at.
    pub listen: String,
}

impl Oracle {
    /// The off-chain key's bytes; `None` when the text holds no 32 bytes of hex.
    fn key(&self) -> Option<[u8; 32]> {
        let digits = self.offchain_public_key.strip_prefix("0x").unwrap_or(&self.offchain_public_key);
        let mut key = [0; 32];
        hex::decode_to_slice(digits, &mut key).ok().map(|()| key)
    }

    /// As the nodes are told of it.
    ///
    /// # Errors
    /// When its key is none.
    pub(crate) fn member(&self) -> Result<Member> {
        let offchain_public_key = self.key().ok_or_else(|| {
            failure!(help = AS_PRINTED, "offchainPublicKey of {} is not 32 bytes of hex", self.peer_id)
        })?;
        Ok(Member {
            peer_id: self.peer_id.clone(),
            addresses: vec![self.listen.clone()],
            offchain_public_key,
        })
    }
}

/// Checks every member and all of them together.
///
/// # Errors
/// All mistakes, one a line.
pub(crate) fn check(oracles: &[Oracle]) -> Result<()> {
    let problems = problems(oracles);
    if problems.is_empty() {
        return Ok(());
    }
    Err(failure!(
        help = AS_PRINTED,
        "the oracle set is not right, nothing was sent:\n{}",
        problems.join("\n")
    ))
}

/// Every mistake, with the member it is in; members are counted from 0 as on chain.
fn problems(oracles: &[Oracle]) -> Vec<String> {
    let mut problems = Vec::new();
    for (index, oracle) in oracles.iter().enumerate() {
        let mut say = |problem: String| problems.push(format!("oracle {index}: {problem}"));
        if oracle.signer == Address::ZERO {
            say("signer is the zero address".to_owned());
        }
        if oracle.transmitter == Address::ZERO {
            say("transmitter is the zero address".to_owned());
        }
        if !is_peer_id(&oracle.peer_id) {
            say(format!("peerId {:?} is not a whole Ed25519 peer id", clip(&oracle.peer_id)));
        }
        match oracle.key() {
            None => say(format!(
                "offchainPublicKey {:?} is not 0x and 64 hexadecimal digits",
                clip(&oracle.offchain_public_key)
            )),
            Some(key) if key == [0; 32] => say("offchainPublicKey is zero".to_owned()),
            Some(_) => {}
        }
        if let Err(problem) = check_address(&oracle.listen, &oracle.peer_id) {
            say(format!("listen: {}", clip(&problem)));
        }
        for (other, whose) in oracles.iter().enumerate() {
            if oracle.transmitter == whose.signer && oracle.transmitter != Address::ZERO {
                say(format!(
                    "transmitter {} is the signer of oracle {other}: two different keys are needed, were they mixed up?",
                    oracle.transmitter
                ));
            }
        }
        for (other, earlier) in oracles.iter().enumerate().take(index) {
            let same = [
                ("signer", oracle.signer == earlier.signer),
                ("transmitter", oracle.transmitter == earlier.transmitter),
                ("peerId", oracle.peer_id == earlier.peer_id),
                ("offchainPublicKey", oracle.key().is_some() && oracle.key() == earlier.key()),
                ("listen", oracle.listen == earlier.listen),
            ];
            for (field, _) in same.into_iter().filter(|(_, equal)| *equal) {
                say(format!("{field} is that of oracle {other} too"));
            }
        }
    }
    problems
}

fn clip(text: &str) -> String {
    text.chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEERS: [&str; 4] = [
        "12D3KooWHEZ3YnZWcqrE91bnCGJZsUS3njYBJEh7QGK3NwzrGEKn",
        "12D3KooWEvsVGaYUFhsVU2uM3LNs7Nh9jtrx6v42bRYyChesXFKX",
        "12D3KooWQcCmaNhFVZ1wn7sBBu6xgXXePmiG5u4wYDAv41VfLnNR",
        "12D3KooWANp7kmfi1QAXrRY3aPmGcGwH8N77bxpubK9oyuJ3giAY",
    ];

    fn set() -> Vec<Oracle> {
        (0..4u8)
            .map(|index| Oracle {
                signer: Address::repeat_byte(index + 1),
                transmitter: Address::repeat_byte(index + 101),
                peer_id: PEERS[usize::from(index)].to_owned(),
                offchain_public_key: format!("0x{}", format!("{:02x}", index + 1).repeat(32)),
                listen: format!("/ip4/10.0.0.{}/tcp/9001", index + 1),
            })
            .collect()
    }

    #[test]
    fn check_takes_a_right_set_and_names_every_mistake_of_a_wrong_one() {
        assert!(check(&set()).is_ok());
        type Break = fn(&mut [Oracle]);
        let cases: [(&str, Break); 18] = [
            ("oracle 2: signer is the zero", |set| set[2].signer = Address::ZERO),
            ("oracle 2: transmitter is the zero", |set| set[2].transmitter = Address::ZERO),
            ("oracle 1: transmitter", |set| set[1].transmitter = set[1].signer),
            ("is the signer of oracle 3", |set| set[1].transmitter = set[3].signer),
            ("oracle 3: signer is that of oracle 0", |set| set[3].signer = set[0].signer),
            ("oracle 3: transmitter is that of oracle 0", |set| set[3].transmitter = set[0].transmitter),
            ("oracle 1: peerId is that of oracle 0", |set| set[1].peer_id = set[0].peer_id.clone()),
            ("oracle 1: peerId", |set| set[1].peer_id = "12D3KooW".into()),
            ("oracle 1: offchainPublicKey is that", |set| {
                set[1].offchain_public_key = set[0].offchain_public_key.to_uppercase().replace("0X", "0x")
            }),
            ("oracle 1: offchainPublicKey is zero", |set| {
                set[1].offchain_public_key = format!("0x{}", "00".repeat(32))
            }),
            ("oracle 1: offchainPublicKey \"0x12\"", |set| set[1].offchain_public_key = "0x12".into()),
            ("oracle 1: listen is that of oracle 0", |set| set[1].listen = set[0].listen.clone()),
            ("no ip4 address", |set| set[3].listen = "/ip4/10.0.0.300/tcp/9001".into()),
            ("oracle 3: listen", |set| set[3].listen = String::new()),
            ("the port must be", |set| set[3].listen = "/ip4/10.0.0.3/tcp/0".into()),
            ("nobody can be reached", |set| set[3].listen = "/ip4/0.0.0.0/tcp/9001".into()),
            ("names are not resolved", |set| set[3].listen = "/dns4/nowhere.invalid/tcp/9001".into()),
            ("bytes, at most", |set| set[3].listen = format!("/ip4/10.0.0.3/tcp/{}", "9".repeat(300))),
        ];
        for (text, break_it) in cases {
            let mut set = set();
            break_it(&mut set);
            let said = check(&set).expect_err(text).to_string();
            assert!(said.contains(text), "{said:?} does not say {text:?}");
        }
        let mut twice = set();
        twice[0].listen = "nowhere".into();
        twice[2].signer = Address::ZERO;
        assert_eq!(problems(&twice).len(), 2, "all mistakes are named at once");
    }
}
