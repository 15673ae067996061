//! Revert data as a person reads it.

use std::fmt;

use alloy::primitives::{Address, Bytes};
use alloy::sol_types::{SolError as _, SolInterface};
use functions_types::abi::{AllowList, Client, Coordinator, Reverts, Router};
use functions_types::programs::ArbWasm;

use crate::deployer::StylusDeployer;

alloy::sol! {
    /// What this repository's consumer says to a stranger.
    #[derive(Debug)]
    interface ConsumerRefusals {
        error OnlyOwner();
    }
}

/// A text in which every word of 0x and 40 hexadecimal digits is an address with its checksum.
fn checksummed(text: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric();
    let word = |word: &str| match word.parse::<Address>() {
        Ok(address) if word.len() == 42 => address.to_string(),
        _ => word.to_owned(),
    };
    text.split_inclusive(|c: char| !is_part(c))
        .map(|piece| match piece.char_indices().next_back().filter(|(_, last)| !is_part(*last)) {
            Some((end, last)) => format!("{}{last}", word(&piece[..end])),
            None => word(piece),
        })
        .collect()
}

/// How many bytes of unknown revert data are shown.
const SHOWN_BYTES: usize = 68;

/// Why a contract refused: the data it gave and what that data says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Revert {
    data: Bytes,
    error: Option<String>,
    message: String,
}

impl Revert {
    /// Reads revert data against every error of the system; `message` is the endpoint's own text, shown when there is
    /// no data.
    pub fn decode(data: Bytes, message: &str) -> Self {
        fn named<E: SolInterface + fmt::Debug>(data: &[u8]) -> Option<String> {
            let text = format!("{:?}", E::abi_decode_validate(data).ok()?);
            // The enum's variant repeats the name of the error it wraps.
            let inner = text.split_once('(').map_or(text.as_str(), |(_, inner)| inner);
            Some(checksummed(inner.strip_suffix(')').unwrap_or(inner)))
        }
        let error = named::<Reverts::RevertsErrors>(&data)
            .or_else(|| named::<Router::RouterErrors>(&data))
            .or_else(|| named::<Coordinator::CoordinatorErrors>(&data))
            .or_else(|| named::<Client::ClientErrors>(&data))
            .or_else(|| named::<ConsumerRefusals::ConsumerRefusalsErrors>(&data))
            .or_else(|| named::<AllowList::AllowListErrors>(&data))
            .or_else(|| named::<StylusDeployer::StylusDeployerErrors>(&data))
            .or_else(|| named::<ArbWasm::ArbWasmErrors>(&data));
        Self { data, error, message: message.to_owned() }
    }

    /// The bytes the contract gave.
    pub const fn data(&self) -> &Bytes {
        &self.data
    }

    /// Name of the error without its arguments, when it is one of the system's.
    pub fn name(&self) -> Option<&str> {
        self.error.as_deref().map(|text| text.split([' ', '{', '(']).next().unwrap_or(text))
    }
}

impl Revert {
    /// Whether a contract refused because somebody else owns it: the rule of Router, Coordinator, allow list and
    /// upstream's example, or that of this repository's example.
    pub fn is_for_owner_only(&self) -> bool {
        let text = Reverts::Error::abi_decode_validate(&self.data);
        text.is_ok_and(|error| error.message == "Only callable by owner") || self.name() == Some("OnlyOwner")
    }
}

impl fmt::Display for Revert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(error) = &self.error {
            return f.write_str(error);
        }
        if self.data.is_empty() {
            let message = if self.message.is_empty() { "no message" } else { &self.message };
            return write!(f, "no revert data ({message})");
        }
        let shown = &self.data[..self.data.len().min(SHOWN_BYTES)];
        write!(f, "unknown error data 0x{}", hex::encode(shown))?;
        if shown.len() < self.data.len() { write!(f, "… ({} bytes)", self.data.len()) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use alloy::primitives::aliases::U96;
    use alloy::sol_types::SolError;

    use super::*;

    #[test]
    fn decode_names_errors_of_both_contracts() {
        let router = Router::InsufficientBalance { currentBalanceJuels: U96::from(7) }.abi_encode();
        let revert = Revert::decode(router.into(), "");
        assert_eq!(revert.name(), Some("InsufficientBalance"));
        assert!(revert.to_string().contains("currentBalanceJuels: 7"), "{revert}");
        let coordinator = Revert::decode(Coordinator::InsufficientBalance {}.abi_encode().into(), "");
        assert_eq!(coordinator.name(), Some("InsufficientBalance"));
    }

    #[test]
    fn addresses_in_errors_have_their_checksum() {
        let address = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
        let refusal = Router::SenderMustAcceptTermsOfService { sender: address.parse().unwrap() };
        let said = Revert::decode(refusal.abi_encode().into(), "").to_string();
        assert!(said.contains(address), "{said}");
        let id = format!("id: 0x{}, é", "ab".repeat(32));
        assert_eq!(checksummed(&id), id);
    }

    #[test]
    fn decode_names_the_example_consumers_refusal() {
        assert_eq!(Revert::decode(vec![0x5f, 0xc4, 0x83, 0xc5].into(), "").name(), Some("OnlyOwner"));
    }

    #[test]
    fn only_the_two_owners_rules_are_refusals_of_strangers() {
        let text = |message: &str| Reverts::Error { message: message.to_owned() }.abi_encode();
        assert!(Revert::decode(text("Only callable by owner").into(), "").is_for_owner_only());
        assert!(Revert::decode(vec![0x5f, 0xc4, 0x83, 0xc5].into(), "").is_for_owner_only());
        assert!(!Revert::decode(text("Only callable by nobody").into(), "").is_for_owner_only());
        assert!(!Revert::decode(Bytes::new(), "").is_for_owner_only());
    }

    #[test]
    fn decode_keeps_text_reverts_and_unknown_data() {
        let text = Reverts::Error { message: "Only callable by owner".to_owned() }.abi_encode();
        assert!(Revert::decode(text.into(), "").to_string().contains("Only callable by owner"));
        assert_eq!(Revert::decode(vec![1, 2, 3].into(), "").to_string(), "unknown error data 0x010203");
        assert_eq!(
            Revert::decode(Bytes::new(), "execution reverted").to_string(),
            "no revert data (execution reverted)"
        );
    }
}
