//! Why an oracle has no answer of a script.

/// Why an oracle has no answer of the script. One byte in observations; the numbers never change their meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum FailureCode {
    /// The script runtime could not be started or broke.
    AdapterDown = 1,
    /// Encrypted secrets could not be fetched.
    SecretsFetch = 2,
    /// Secrets are missing or expired.
    SecretsMissing = 3,
    /// Secrets could not be decrypted.
    Decryption = 4,
    /// The node is at its capacity.
    Overload = 5,
    /// No answer before the observation deadline.
    Deadline = 6,
    /// The node's own policy refuses the request.
    Refused = 7,
}

impl FailureCode {
    /// Every code with its byte, ascending, and what it says to people.
    const ALL: [(Self, [u8; 1], &'static str); 7] = [
        (Self::AdapterDown, [1], "the script runtime is down"),
        (Self::SecretsFetch, [2], "secrets could not be fetched"),
        (Self::SecretsMissing, [3], "secrets are missing or expired"),
        (Self::Decryption, [4], "secrets could not be decrypted"),
        (Self::Overload, [5], "the node is at its capacity"),
        (Self::Deadline, [6], "no answer before the observation deadline"),
        (Self::Refused, [7], "refused by the node's policy"),
    ];

    /// The code of a byte; `None` for an unknown one.
    pub fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.iter().find(|(.., [known], _)| *known == byte).map(|(code, ..)| *code)
    }

    /// The code's byte, as the answer of an observation.
    pub fn bytes(self) -> &'static [u8; 1] {
        &Self::ALL[self as usize - 1].1
    }

    /// What happened, for people.
    pub fn text(self) -> &'static str {
        Self::ALL[self as usize - 1].2
    }
}

impl core::fmt::Display for FailureCode {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        out.write_str(self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::FailureCode;

    #[test]
    fn every_byte_is_its_code() {
        let known: Vec<u8> = (0..=u8::MAX).filter(|byte| FailureCode::from_byte(*byte).is_some()).collect();
        assert_eq!(known, [1, 2, 3, 4, 5, 6, 7]);
        for byte in known {
            let code = FailureCode::from_byte(byte).expect("known");
            assert_eq!((code as u8, *code.bytes()), (byte, [byte]));
            assert!(!code.text().is_empty());
        }
    }
}
