//! Which contract sends the demo's request and receives its answer.

use std::path::Path;

use functions_client::config::router_defaults;
use functions_client::consumer::{SOLIDITY_CALLBACK_GAS, STYLUS_CALLBACK_GAS};
use functions_failure::{OrHelp as _, Result, WrapErr as _, failure, misuse};
use functions_input::file::read_at_most;
use functions_network::Solidity;

use crate::paths;

/// Longest creation code file read, in bytes: twice the chain's limit for creation code, in hexadecimal, with room.
const MAX_HEX_BYTES: u64 = 4 * 49_152;

/// The consumers the demo knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Kind {
    /// This repository's example, a Stylus program
    #[default]
    #[value(name = "stylus")]
    Stylus,
    /// FunctionsClientExample of the npm package's v1_0_0, unmodified Solidity
    #[value(name = "v1_0_0")]
    V1_0_0,
    /// FunctionsClientExample for the 1.3.0 client, unmodified Solidity
    #[value(name = "v1_3_0")]
    V1_3_0,
}

impl Kind {
    /// As the user writes it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Stylus => "stylus",
            Self::V1_0_0 => "v1_0_0",
            Self::V1_3_0 => "v1_3_0",
        }
    }

    /// For people.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Stylus => "Stylus consumer-example",
            Self::V1_0_0 => "Solidity FunctionsClientExample v1_0_0",
            Self::V1_3_0 => "Solidity FunctionsClientExample v1_3_0",
        }
    }

    /// A Solidity consumer, from the folder `given` or the usual one; nothing for the Stylus one.
    ///
    /// # Errors
    /// When it has not been compiled, with the command that does it.
    pub(crate) fn solidity(self, given: Option<&Path>) -> Result<Option<Solidity>> {
        let name = match self {
            Self::Stylus => return Ok(None),
            Self::V1_0_0 => "client.hex",
            Self::V1_3_0 => "client_v1_3_0.hex",
        };
        let file = paths::solidity(given, name)?;
        let place = || format!("cannot read {}", file.display());
        let Some(text) = read_at_most(&file, MAX_HEX_BYTES).wrap_err_with(place)? else {
            return Err(failure!(
                help = AGAIN,
                "{} is more than {MAX_HEX_BYTES} bytes: that is no contract",
                file.display()
            ));
        };
        let code = hex::decode(text.trim_ascii()).or_help(AGAIN).wrap_err_with(place)?;
        Ok(Some(Solidity { title: self.title().to_owned(), code }))
    }

    /// Gas of the callback.
    ///
    /// # Errors
    /// When the user asks for an amount this consumer cannot ask for.
    pub(crate) fn callback_gas(self, wanted: Option<u32>) -> Result<u32> {
        match (self, wanted) {
            (Self::Stylus, Some(gas)) if gas > most_callback_gas() => Err(misuse!(
                help = format!("ask for at most {} with --gas-limit", most_callback_gas()),
                "no callback may have {gas} gas: the Router's largest tier has {}",
                most_callback_gas()
            )),
            (Self::Stylus, wanted) => Ok(wanted.unwrap_or(STYLUS_CALLBACK_GAS)),
            (_, None | Some(SOLIDITY_CALLBACK_GAS)) => Ok(SOLIDITY_CALLBACK_GAS),
            (_, Some(_)) => Err(misuse!(
                help = "leave --gas-limit out, or use --consumer stylus",
                "the Solidity example asks for {SOLIDITY_CALLBACK_GAS} gas; that is a constant of the contract"
            )),
        }
    }
}

/// What to do about a file that holds no contract.
const AGAIN: &str = "compile them again: ./tests/differential/reference/build";

/// Gas of the largest tier of the Router that the demo deploys.
fn most_callback_gas() -> u32 {
    router_defaults().maxCallbackGasLimits.into_iter().max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callback_gas_is_fixed_for_solidity_only() {
        assert_eq!(Kind::Stylus.callback_gas(None).unwrap(), STYLUS_CALLBACK_GAS);
        assert_eq!(Kind::Stylus.callback_gas(Some(7)).unwrap(), 7);
        assert_eq!(Kind::Stylus.callback_gas(Some(1_000_000)).unwrap(), 1_000_000);
        let error = Kind::Stylus.callback_gas(Some(1_000_001)).unwrap_err();
        assert!(error.help().contains("at most 1000000"));
        assert_eq!(Kind::V1_0_0.callback_gas(None).unwrap(), SOLIDITY_CALLBACK_GAS);
        assert!(Kind::V1_3_0.callback_gas(Some(7)).is_err());
    }

    #[test]
    fn solidity_names_the_remedy_when_nothing_is_compiled() {
        let nowhere = Path::new("/nonexistent");
        assert!(Kind::Stylus.solidity(Some(nowhere)).unwrap().is_none());
        let error = Kind::V1_0_0.solidity(Some(nowhere)).unwrap_err();
        assert!(error.help().contains("reference/build"));
    }
}
