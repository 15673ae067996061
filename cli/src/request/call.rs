//! The call that makes a consumer send a request.
//!
//! | `--consumer-kind` | the consumer's function |
//! | --- | --- |
//! | `stylus` | `sendRequest` of this repository's consumer-example |
//! | `solidity` | `sendRequest` of upstream's FunctionsClientExample |
//! | none, with `--call` | any function, as its author wrote it |

use alloy::primitives::{Address, Bytes};
use alloy_dyn_abi::{DynSolValue, JsonAbiExt as _};
use alloy_json_abi::Function;
use functions_client::{Chain, Consumer};
use functions_failure::{Result, failure, misuse};

use crate::{remedy, value};

/// Beginning of the code of a Stylus program.
const STYLUS_PREFIX: [u8; 3] = [0xef, 0xf0, 0x00];

/// Whose function `sendRequest` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Kind {
    /// This repository's consumer-example
    Stylus,
    /// Upstream's FunctionsClientExample
    Solidity,
}

impl Kind {
    /// The consumer at an address: of the kind given, otherwise what its code says.
    ///
    /// # Errors
    /// When there is no contract.
    pub(crate) async fn find(given: Option<Self>, chain: &Chain, at: Address) -> Result<Consumer> {
        let code = chain.code(at).await.map_err(remedy::report)?;
        if code.is_empty() {
            return Err(failure!(
                help = "check --consumer and --rpc-url",
                "there is no contract at {at} on chain {}",
                chain.id()
            ));
        }
        let seen = if code.starts_with(&STYLUS_PREFIX) { Self::Stylus } else { Self::Solidity };
        Ok(match given.unwrap_or(seen) {
            Self::Stylus => Consumer::Stylus(at),
            Self::Solidity => Consumer::Solidity(at),
        })
    }
}

/// Calldata of a function given by its signature, with its arguments as text.
///
/// # Errors
/// When the signature does not parse, the number of arguments is another, or one is not of its type.
pub(crate) fn encode(signature: &str, arguments: &[String]) -> Result<Bytes> {
    // The parser's own words are several lines of art.
    let function = Function::parse(signature).map_err(|_| {
        misuse!(
            help = "write its name and the types of its parameters, for example 'ask(string,uint64)'",
            "{signature:?} is no function"
        )
    })?;
    if function.inputs.len() != arguments.len() {
        return Err(misuse!(
            help = "give one --with for each parameter, in order; arrays as [1,2], structs as (1,2)",
            "{signature} takes {} arguments, not {}",
            function.inputs.len(),
            arguments.len()
        ));
    }
    let mut values: Vec<DynSolValue> = Vec::with_capacity(arguments.len());
    for (input, argument) in function.inputs.iter().zip(arguments) {
        let kind = input.selector_type();
        values.push(value::parse(&kind, &kind, argument)?);
    }
    let encoded = function.abi_encode_input(&values);
    let help = "write the arguments as their types demand: arrays as [1,2], structs as (1,2)";
    Ok(encoded.map_err(|error| misuse!(help = help, "{error}"))?.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encode_takes_any_function_and_refuses_what_does_not_fit() {
        let words = |all: &[&str]| all.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let data = encode("ask(uint64,string[])", &words(&["5", "[\"a\",\"b\"]"])).unwrap();
        assert_eq!(data.len() % 32, 4);
        assert_eq!(data[35], 5);
        assert!(encode("ask(uint64)", &[]).unwrap_err().to_string().contains("takes 1 arguments, not 0"));
        assert!(encode("ask(uint64)", &words(&["x"])).unwrap_err().to_string().contains("is no uint64"));
        assert!(encode("ask(", &[]).is_err());
    }
}
