//! Files people name, read up to a bound, also where what they name has no length, as a device or a pipe.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// A file's bytes; `None` when it has more than `most`.
///
/// # Errors
/// What the system says.
pub fn read_at_most(file: &Path, most: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    File::open(file)?.take(most + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= most).then_some(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_end_is_more_than_any_bound() {
        let bound = |file: &str, most| read_at_most(Path::new(file), most).expect("readable");
        assert_eq!(bound("/dev/zero", 1_000), None);
        assert_eq!(bound("/dev/null", 0), Some(Vec::new()));
    }
}
