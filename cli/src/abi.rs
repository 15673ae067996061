//! `functions abi`: a contract's ABI, and the call that constructs it.

use alloy_dyn_abi::DynSolValue;
use clap::builder::PossibleValuesParser;
use functions_abi::Contract;
use functions_failure::{Result, misuse};
use functions_types::CONSTRUCTOR_SELECTOR;

use crate::{output, value};

/// Prints the ABI of a contract
///
/// As a Solidity interface, or as JSON. With --construct: the calldata that constructs a contract deployed without its
/// constructor, as `cargo stylus deploy --wasm-file` does; send it at once, because whoever is first owns the contract.
#[derive(clap::Args, Debug)]
pub(crate) struct Options {
    /// The contract
    #[arg(value_parser = PossibleValuesParser::new(Contract::ALL.map(Contract::name)))]
    contract: String,
    /// Print JSON
    #[arg(long, conflicts_with = "construct")]
    json: bool,
    /// Print the calldata of the constructor with these arguments; structs and arrays as (1,2) and [1,2]
    #[arg(long, num_args = 0.., value_name = "ARGUMENT")]
    construct: Option<Vec<String>>,
}

/// Runs the verb.
pub(crate) fn run(options: &Options) -> Result<()> {
    let contract = Contract::named(&options.contract)
        .ok_or_else(|| misuse!(help = "functions abi --help lists them", "unknown contract"))?;
    let text = match &options.construct {
        Some(arguments) => construction(contract, arguments)?,
        None if options.json => contract.json(),
        None => contract.solidity(),
    };
    match options.json && options.construct.is_none() {
        true => output::json_text(text.trim_end()),
        false => output::result(text.trim_end()),
    }
    Ok(())
}

/// The constructor's selector and its encoded arguments in hexadecimal.
fn construction(contract: Contract, arguments: &[String]) -> Result<String> {
    let inputs = contract.abi().constructor.map(|constructor| constructor.inputs).unwrap_or_default();
    if inputs.len() != arguments.len() {
        return Err(misuse!(
            help = format!("the constructor is {}", contract.constructor_signature()),
            "{} takes {} arguments, not {}",
            contract.name(),
            inputs.len(),
            arguments.len()
        ));
    }
    let mut values = Vec::with_capacity(inputs.len());
    for (input, argument) in inputs.iter().zip(arguments) {
        let what = format!("{} for {}", input.selector_type(), input.name);
        values.push(value::parse(&input.selector_type(), &what, argument)?);
    }
    let encoded = DynSolValue::Tuple(values).abi_encode_params();
    Ok(format!("0x{}{}", hex::encode(CONSTRUCTOR_SELECTOR), hex::encode(encoded)))
}

#[cfg(test)]
mod tests {
    use alloy::primitives::Address;
    use alloy::sol_types::SolCall;
    use functions_types::abi::{AllowListConfig, Constructors};

    use super::*;

    #[test]
    fn construction_encodes_structs_and_arrays() {
        let owner = Address::repeat_byte(1);
        let arguments = [owner.to_string(), format!("(true,{owner})"), format!("[{owner}]"), "[]".into()];
        let call = Constructors::allowListCall {
            owner,
            config: AllowListConfig { enabled: true, signerPublicKey: owner },
            initialAllowedSenders: vec![owner],
            initialBlockedSenders: vec![],
        };
        let expected = format!("0x5585258d{}", hex::encode(&call.abi_encode()[4..]));
        assert_eq!(construction(Contract::AllowList, &arguments).unwrap(), expected);
    }

    #[test]
    fn construction_refuses_what_does_not_fit() {
        let error = construction(Contract::LinkToken, &["0x01".into()]).unwrap_err();
        assert!(error.to_string().contains("takes 2 arguments, not 1"), "{error}");
        let error = construction(Contract::LinkToken, &["0x01".into(), "1".into()]).unwrap_err();
        assert!(error.to_string().contains("is no address for owner"), "{error}");
    }
}
