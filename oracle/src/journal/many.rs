//! Many rows in one statement: a statement costs a turn of the journal's worker, however much it writes.

use std::fmt::Write as _;

/// Most rows of one statement. Each number of rows has a text of its own, and a connection keeps a hundred prepared.
pub(super) const MOST_ROWS: usize = 32;

/// The places of so many rows of so many values: `($1, $2), ($3, $4)`.
pub(super) fn places(rows: usize, values: usize) -> String {
    let mut text = String::new();
    for place in 0..rows * values {
        let before = match place % values {
            0 if place == 0 => "(",
            0 => "), (",
            _ => ", ",
        };
        write!(text, "{before}${}", place + 1).expect("memory takes what is written");
    }
    text.push(')');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b2_places_are_numbered_through_all_rows() {
        assert_eq!(places(1, 3), "($1, $2, $3)");
        assert_eq!(places(3, 2), "($1, $2), ($3, $4), ($5, $6)");
        assert_eq!(places(2, 1), "($1), ($2)");
    }
}
