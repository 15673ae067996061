use std::collections::BTreeMap;

use proptest::{collection::vec, prelude::*};

use super::Owner;
use crate::{Change, EXPIRY_GRACE_MS, Index, Kind, Limits, Origin, Refused, Row};

const NOW: u64 = 1_800_000_000_000;
const LATER: u64 = NOW + 600_000;

fn index() -> Index {
    Index::new(Limits::default())
}

fn stored() -> Result<Change, Refused> {
    Ok(Change::Stored { removed: Vec::new() })
}

#[test]
fn put_refuses_with_the_texts_owners_know() {
    let owner = Owner::new(1);
    let mut index = index();
    let limits = Limits::default();
    let secrets = |slot, version, expiration, payload: &[u8]| {
        owner.row(Kind::Secrets, slot, version, expiration, payload)
    };
    let most = vec![7; limits.secrets_bytes];
    let last = NOW + limits.lifetime_ms;
    assert_eq!(index.put(&secrets(4, 1, last, &most), Origin::Owner, NOW), stored());
    for (row, text) in [
        (secrets(5, 1, LATER, b"x"), "slot id is too big"),
        (secrets(0, 1, LATER, &vec![7; limits.secrets_bytes + 1]), "payload is too big"),
        (secrets(0, 1, NOW - 1, b"x"), "past expiration"),
        (secrets(0, 1, last + 1, b"x"), "expiration too long"),
        (secrets(4, 1, LATER, b"x"), "version too low"),
        (secrets(4, 0, LATER, b"x"), "version too low"),
        (Row { signature: [1; 65], ..secrets(0, 1, LATER, b"x") }, "wrong signature"),
    ] {
        let refused = index.put(&row, Origin::Owner, NOW).expect_err(text);
        assert_eq!(refused.to_string(), text);
    }
    assert_eq!(index.len(), 1, "nothing changed");
    assert_eq!(index.put(&secrets(0, 1, NOW, b"x"), Origin::Owner, NOW), stored(), "at the boundary");
    assert_eq!(index.put(&secrets(0, 1, NOW, b"x"), Origin::Owner, NOW), Ok(Change::Known), "once more");
}

#[test]
fn code_has_slots_and_a_size_of_its_own() {
    let owner = Owner::new(1);
    let mut index = index();
    let long = vec![b'x'; 65_536];
    let code = |payload: &[u8]| owner.row(Kind::Code, 0, 9, LATER, payload);
    assert_eq!(index.put(&code(&long), Origin::Owner, NOW), stored());
    assert_eq!(index.put(&owner.row(Kind::Secrets, 0, 1, LATER, b"x"), Origin::Owner, NOW), stored());
    let longer = [long, vec![0]].concat();
    assert_eq!(index.put(&code(&longer), Origin::Owner, NOW), Err(Refused::Payload));
    assert_eq!(index.list(Kind::Code, owner.address()).len(), 1);
}

#[test]
fn versions_live_side_by_side_and_the_lowest_make_room() {
    let owner = Owner::new(1);
    let mut index = index();
    let row = |version| owner.row(Kind::Secrets, 2, version, LATER, &[version as u8]);
    for version in 10..18 {
        assert_eq!(index.put(&row(version), Origin::Owner, NOW), stored());
    }
    let removed = vec![row(10).key];
    assert_eq!(index.put(&row(18), Origin::Owner, NOW), Ok(Change::Stored { removed }));
    assert!(!index.has(&row(10).key) && index.has(&row(11).key));
    // What another member kept is not taken when it is too low, and is when it is not.
    assert_eq!(index.put(&row(10), Origin::Member, NOW), Err(Refused::Version));
    let listed = index.list(Kind::Secrets, owner.address());
    assert_eq!(listed.iter().map(|row| row.version).collect::<Vec<_>>(), (11..=18).collect::<Vec<_>>());
    assert_eq!(index.len(), 8);
}

#[test]
fn expired_versions_are_in_nobodys_way() {
    let owner = Owner::new(1);
    let mut index = index();
    let high = owner.row(Kind::Secrets, 0, 900, LATER, b"high");
    index.put(&high, Origin::Owner, NOW).expect("stored");
    let after = LATER + EXPIRY_GRACE_MS + 1;
    let low = owner.row(Kind::Secrets, 0, 5, after + 60_000, b"low");
    assert_eq!(index.put(&low, Origin::Owner, NOW), Err(Refused::Version));
    assert_eq!(index.put(&low, Origin::Owner, after), stored());
}

#[test]
fn a_row_serves_until_five_seconds_after_its_expiration_on_every_member() {
    let owner = Owner::new(1);
    let mut index = index();
    let row = owner.row(Kind::Secrets, 0, 1, LATER, b"x");
    index.put(&row, Origin::Owner, NOW).expect("stored");
    assert!(row.is_live(LATER) && row.is_live(LATER + 5_000) && !row.is_live(LATER + 5_001));
    assert!(index.expire(LATER + 59_999, 60_000).is_empty());
    assert_eq!(index.expire(LATER + 60_000, 60_000), [row.key]);
    assert!(index.is_empty() && index.digests() == super::index::index().digests());
}

#[test]
fn two_rows_of_one_version_leave_the_same_one_everywhere() {
    let owner = Owner::new(1);
    let rows = [b"a", b"b"].map(|payload| owner.row(Kind::Secrets, 0, 1, LATER, payload));
    let [low, high] = if rows[0].id() < rows[1].id() { [0, 1] } else { [1, 0] };
    for order in [[0, 1], [1, 0]] {
        let mut index = index();
        for place in order {
            let _ = index.put(&rows[place], Origin::Member, NOW);
        }
        assert_eq!(index.id_of(&rows[low].key), Some(rows[low].id()));
        assert!(index.list(Kind::Secrets, owner.address())[0].contested);
    }
    // Somebody else's word against the owner is none.
    let mut index = index();
    index.put(&rows[low], Origin::Member, NOW).expect("stored");
    let forged = Row { signature: [1; 65], ..rows[high].clone() };
    assert!(index.put(&forged, Origin::Member, NOW).is_err());
    assert!(!index.list(Kind::Secrets, owner.address())[0].contested);
}

#[test]
fn a_full_vault_refuses_new_rows_and_takes_newer_versions() {
    let mut index = Index::new(Limits { rows: 2, versions: 1, ..Limits::default() });
    let (first, second, third) = (Owner::new(1), Owner::new(2), Owner::new(3));
    let row = |owner: &Owner, version| owner.row(Kind::Secrets, 0, version, LATER, b"x");
    index.put(&row(&first, 1), Origin::Owner, NOW).expect("stored");
    index.put(&row(&second, 1), Origin::Owner, NOW).expect("stored");
    assert_eq!(index.put(&row(&third, 1), Origin::Owner, NOW), Err(Refused::Full));
    let removed = vec![row(&first, 1).key];
    assert_eq!(index.put(&row(&first, 2), Origin::Owner, NOW), Ok(Change::Stored { removed }));
}

/// Members tell each other what they have until nobody lacks anything.
fn exchange(members: &mut [(Index, BTreeMap<crate::Key, Row>)]) {
    for round in 0.. {
        assert!(round < 8, "they do not come to an end");
        let mut moved = false;
        for asks in 0..members.len() {
            for tells in 0..members.len() {
                for shard in members[asks].0.differing(members[tells].0.digests()) {
                    let (entries, is_last) = members[tells].0.summary(shard, None);
                    let difference = members[asks].0.compare(shard, None, &entries, is_last, NOW);
                    let moves = difference.wanted.iter().map(|key| (tells, asks, *key));
                    let moves = moves.chain(difference.lacking.iter().map(|key| (asks, tells, *key)));
                    for (from, to, key) in moves.collect::<Vec<_>>() {
                        // What was given a moment ago may have taken its room.
                        let Some(row) = members[from].1.get(&key).cloned() else { continue };
                        if let Ok(Change::Stored { removed }) = members[to].0.put(&row, Origin::Member, NOW) {
                            members[to].1.insert(key, row);
                            removed.iter().for_each(|key| drop(members[to].1.remove(key)));
                            moved = true;
                        }
                    }
                }
            }
        }
        if !moved {
            return;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn members_that_got_different_uploads_come_to_hold_the_same_rows(
        uploads in vec((0_usize..4, 1_u8..4, 0_u32..3, 0_u64..20, 0_u8..3), 1..60),
    ) {
        let mut members: Vec<_> = (0..4).map(|_| (index(), BTreeMap::new())).collect();
        for (member, owner, slot, version, payload) in uploads {
            let row = Owner::new(owner).row(Kind::Secrets, slot, version, LATER, &[payload]);
            let (index, rows) = &mut members[member];
            if let Ok(Change::Stored { removed }) = index.put(&row, Origin::Owner, NOW) {
                rows.insert(row.key, row);
                removed.iter().for_each(|key| drop(rows.remove(key)));
            }
        }
        exchange(&mut members);
        for (index, rows) in &members {
            prop_assert_eq!(rows, &members[0].1);
            prop_assert_eq!(index.digests(), members[0].0.digests());
            let mut again = super::index::index();
            rows.values().for_each(|row| again.restore(row, false));
            prop_assert_eq!(again.digests(), index.digests());
        }
    }
}

#[test]
fn a_summary_of_many_rows_comes_in_parts() {
    let mut full = Index::new(Limits { versions: 10_000, ..Limits::default() });
    let owner = Owner::new(1);
    let unsigned = |version| {
        let key = crate::Key { kind: Kind::Secrets, owner: owner.address(), slot: 0, version };
        Row { key, expiration_ms: LATER, payload: vec![], signature: [0; 65] }
    };
    (0..4_500).for_each(|version| full.restore(&unsigned(version), false));
    let empty = Index::new(Limits { versions: 10_000, ..Limits::default() });
    let shard = owner.address()[0] >> 4;
    let (mut after, mut wanted) = (None, 0);
    loop {
        let (entries, is_last) = full.summary(shard, after);
        let difference = empty.compare(shard, after, &entries, is_last, NOW);
        assert!(difference.lacking.is_empty());
        assert!(full.compare(shard, after, &entries, is_last, NOW) == Default::default());
        wanted += difference.wanted.len();
        if is_last {
            break;
        }
        after = entries.last().map(|entry| entry.key);
    }
    assert_eq!(wanted, 4_500);
    // Nothing is asked for in another shard's name.
    let (entries, _) = full.summary(shard, None);
    assert_eq!(empty.compare(shard ^ 1, None, &entries, true, NOW), Default::default());
}
