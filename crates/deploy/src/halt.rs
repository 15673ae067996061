//! Where a run stopped: what was sent, what stands, and whether the same command goes on from there.

use std::path::Path;

use alloy::primitives::Address;
use functions_client::ClientError;
use functions_failure::Failure;

use crate::contract::Contract;

/// Said when a run stopped before its first transaction.
pub(crate) const UNSENT: &str = "the deployment stopped before anything was sent";

/// Why a step was not done.
pub(crate) enum Halt {
    /// The chain or the endpoint.
    Client(Box<ClientError>),
    /// Something on this machine, before anything was sent.
    Own(Failure),
    /// The contract stands, but could not be written down.
    Unnoted(Contract, Address, Failure),
    /// What was set is in force, but could not be written down.
    Unwritten(Failure),
}

impl From<ClientError> for Halt {
    fn from(error: ClientError) -> Self {
        Self::Client(Box::new(error))
    }
}

impl From<Failure> for Halt {
    fn from(failure: Failure) -> Self {
        Self::Own(failure)
    }
}

/// The step at which a run stopped.
pub(crate) struct Place<'a> {
    /// What the step does.
    pub(crate) words: &'a str,
    /// Steps done before.
    pub(crate) done: usize,
    /// All steps.
    pub(crate) all: usize,
    /// Whether the step is a single transaction.
    pub(crate) is_one: bool,
    /// Where what stands is written.
    pub(crate) file: Option<&'a Path>,
}

impl Halt {
    /// The failure as people are told of it.
    pub(crate) fn at(self, place: &Place<'_>) -> Failure {
        let Place { words, done, all, is_one, file } = place;
        let stands = file.map_or_else(String::new, |file| format!("; what stands is in {}", file.display()));
        let stopped = format!("the deployment stopped after {done} of {all} steps{stands}");
        let goes_on = format!("{stopped}, and the same command goes on from there once this is mended");
        match self {
            Self::Unnoted(contract, address, failure) => failure.wrap_err(format!(
                "{stopped} but the {} at {address}: write it there before this is run again",
                contract.name()
            )),
            Self::Unwritten(failure) => failure.wrap_err(goes_on),
            Self::Own(failure) if *done == 0 => failure.wrap_err(UNSENT),
            Self::Own(failure) => failure.wrap_err(goes_on),
            Self::Client(error) => {
                let told = match *error {
                    ClientError::Failed { .. } => goes_on,
                    _ if error.is_sent() => format!(
                        "{stopped}. Whether {words} is not known: look before this is run again, and write down what stands"
                    ),
                    _ if *done == 0 && *is_one => UNSENT.to_owned(),
                    _ => goes_on,
                };
                Failure::from(*error).wrap_err(format!("on the way to: {words}")).wrap_err(told)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use alloy::primitives::B256;
    use functions_client::Revert;
    use functions_failure::failure;

    use super::*;

    fn told(halt: Halt, done: usize, is_one: bool) -> String {
        let file = Some(Path::new("addresses.json"));
        let place = Place { words: "router stands", done, all: 9, is_one, file };
        halt.at(&place).chain().next().unwrap()
    }

    #[test]
    fn what_was_sent_and_what_helps_is_said_as_it_is() {
        let (what, hash) = (String::new(), B256::ZERO);
        let refused =
            || Halt::from(ClientError::Reverted { what: what.clone(), revert: Box::<Revert>::default() });
        let failed = ClientError::Failed { what: what.clone(), hash, revert: Box::default() };
        let lost = || Halt::from(ClientError::NoReceipt { what: what.clone(), hash, seconds: 120 });
        let own = || failure!(help = "free space", "the disk is full");
        let router = Address::repeat_byte(1);
        let goes_on = "goes on from there once this is mended";
        for (said, parts) in [
            (told(refused(), 0, true), &[UNSENT][..]),
            (told(refused(), 0, false), &["after 0 of 9", goes_on]),
            (told(refused(), 3, true), &["after 3 of 9", "in addresses.json", goes_on]),
            (told(failed.into(), 0, true), &["after 0 of 9", goes_on]),
            (told(lost(), 3, true), &["after 3 of 9", "Whether router stands is not known: look before"]),
            (told(own().into(), 0, true), &[UNSENT]),
            (told(own().into(), 1, true), &["after 1 of 9", goes_on]),
            (told(Halt::Unnoted(Contract::Router, router, own()), 0, true), &["but the router at 0x0101"]),
            (told(Halt::Unwritten(own()), 8, true), &["after 8 of 9", goes_on]),
        ] {
            assert!(parts.iter().all(|part| said.contains(part)), "{said}: {parts:?}");
            assert_eq!(said.contains(goes_on), parts.contains(&goes_on), "{said}");
        }
    }
}
