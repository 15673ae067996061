//! How many members an oracle set has, how many of them may be faulty, and how many must agree.

/// Fewest members: three cannot tolerate a faulty one.
pub const MIN_MEMBERS: usize = 4;
/// Most members: the Coordinator's arrays hold no more.
pub const MAX_MEMBERS: usize = 31;

/// Whether `n` members can do their work although `f` of them are faulty: `n > 3f`.
pub const fn tolerates(n: usize, f: usize) -> bool {
    n > 3 * f
}

/// The most faulty members that `n` can tolerate.
pub const fn most_faulty(n: usize) -> usize {
    n.saturating_sub(1) / 3
}

/// Members that must agree, and signatures of a report: `(n + f) / 2 + 1`.
///
/// Two quorums share more than `f` members, so an honest one; `n - f` honest members are a quorum.
pub const fn quorum(n: usize, f: usize) -> usize {
    (n + f) / 2 + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quorums_meet_in_an_honest_member_and_honest_members_are_a_quorum() {
        for n in MIN_MEMBERS..=MAX_MEMBERS {
            assert!(tolerates(n, most_faulty(n)) && !tolerates(n, most_faulty(n) + 1), "n = {n}");
            for f in 1..=most_faulty(n) {
                let q = quorum(n, f);
                assert!(2 * q - n > f && q <= n - f, "n = {n}, f = {f}");
                assert!(2 * (q - 1) <= n + f, "one less would not do: n = {n}, f = {f}");
            }
        }
        assert_eq!((most_faulty(0), most_faulty(3), most_faulty(4), most_faulty(31)), (0, 0, 1, 10));
    }
}
