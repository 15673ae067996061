//! Data without its zeros. Every call pays three quarters of a gas for each byte of data; memory is zero before it is
//! written.

use wasmparser::{ConstExpr, Operator};

/// Zeros in a row from which a segment is cut. A segment's header takes six bytes, each a sixth of the price of data.
const GAP: usize = 8;

/// The parts of a segment that are not zero, each with its distance from the segment's begin.
pub(crate) fn parts(data: &[u8]) -> Vec<(usize, &[u8])> {
    let mut parts: Vec<(usize, usize)> = Vec::new();
    for at in (0..data.len()).filter(|at| data[*at] != 0) {
        match parts.last_mut() {
            Some((_, end)) if at - *end < GAP => *end = at + 1,
            _ => parts.push((at, at + 1)),
        }
    }
    parts.into_iter().map(|(from, to)| (from, &data[from..to])).collect()
}

/// The address an offset expression names, when it is a constant.
pub(crate) fn address(offset: &ConstExpr<'_>) -> Option<i32> {
    let mut operators = offset.get_operators_reader();
    match (operators.read(), operators.read()) {
        (Ok(Operator::I32Const { value }), Ok(Operator::End)) => Some(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_leave_out_long_runs_of_zeros() {
        assert!(parts(&[0; 100]).is_empty());
        let mut data = vec![0; 10];
        data.extend([1, 0, 2]);
        data.extend([0; GAP]);
        data.push(3);
        data.extend([0; 20]);
        assert_eq!(parts(&data), [(10, &[1, 0, 2][..]), (13 + GAP, &[3][..])]);
        assert_eq!(parts(&[1, 0, 0, 0, 0, 0, 0, 0, 2]).len(), 1, "seven zeros stay");
    }
}
