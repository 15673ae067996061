//! The ABI of every contract, as JSON and as a Solidity interface.
//!
//! It is made of the interfaces in `functions_types::abi`, the only place where signatures are written down. The
//! selectors a contract dispatches on are constants which a test compares with those interfaces, and the differential
//! tests compare what is handed out here with the reference's ABI and with what the programs answer.
//!
//! | where | what |
//! | --- | --- |
//! | [`Contract`] | one of the contracts: its name, its ABI |
//! | [`export`] | what `cargo stylus export-abi` and `cargo stylus constructor` run |
//!
//! # Deviations
//!
//! * Constructors take their owner as a first argument, because their caller is the deployer contract.

pub mod export;

use alloy_json_abi::{Constructor, InternalType, JsonAbi, Param, StateMutability, ToSolConfig};
use alloy_sol_types::SolStruct;
use functions_types::abi;

/// A contract of this repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contract {
    /// Subscriptions, requests and settlement.
    Router,
    /// Billing and OCR2.
    Coordinator,
    /// The Coordinator under the rules of 1.3.1.
    Coordinator131,
    /// Terms of service.
    AllowList,
    /// The example consumer.
    ConsumerExample,
    /// LINK of a development chain.
    LinkToken,
    /// A price feed of a development chain.
    PriceFeed,
}

impl Contract {
    /// Every contract.
    pub const ALL: [Self; 7] = [
        Self::Router,
        Self::Coordinator,
        Self::Coordinator131,
        Self::AllowList,
        Self::ConsumerExample,
        Self::LinkToken,
        Self::PriceFeed,
    ];

    /// The contract whose artefact has this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|contract| contract.name() == name)
    }

    /// The name of its artefact, which is that of its package with underscores.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Router => "router",
            Self::Coordinator => "coordinator",
            Self::Coordinator131 => "coordinator_1_3_1",
            Self::AllowList => "allow_list",
            Self::ConsumerExample => "consumer_example",
            Self::LinkToken => "link_token",
            Self::PriceFeed => "price_feed",
        }
    }

    /// The name of its Solidity interface.
    const fn interface(self) -> &'static str {
        match self {
            Self::Router => "IFunctionsRouter",
            Self::Coordinator | Self::Coordinator131 => "IFunctionsCoordinator",
            Self::AllowList => "ITermsOfServiceAllowList",
            Self::ConsumerExample => "IConsumerExample",
            Self::LinkToken => "ILinkToken",
            Self::PriceFeed => "IPriceFeed",
        }
    }

    /// Functions, events, errors and the constructor.
    pub fn abi(self) -> JsonAbi {
        let mut abi = match self {
            Self::Router => abi::Router::abi::contract(),
            Self::Coordinator => abi::Coordinator::abi::contract(),
            Self::Coordinator131 => {
                merged(abi::Coordinator::abi::contract(), abi::CoordinatorV131::abi::contract())
            }
            Self::AllowList => abi::AllowList::abi::contract(),
            Self::ConsumerExample => {
                merged(abi::ConsumerExample::abi::contract(), abi::Client::abi::contract())
            }
            Self::LinkToken => abi::Link::abi::contract(),
            Self::PriceFeed => abi::Feed::abi::contract(),
        };
        abi.constructor = self.constructor();
        name_structs(&mut abi);
        abi
    }

    /// The constructor, which every program calls `stylus_constructor`; [`abi::Constructors`] names it after its
    /// contract.
    fn constructor(self) -> Option<Constructor> {
        let name = match self {
            Self::Router => "router",
            Self::Coordinator | Self::Coordinator131 => "coordinator",
            Self::AllowList => "allowList",
            Self::ConsumerExample => "consumerExample",
            Self::LinkToken => "linkToken",
            Self::PriceFeed => "priceFeed",
        };
        let mut inputs = abi::Constructors::abi::functions().remove(name)?.pop()?.inputs;
        if self == Self::Coordinator131 {
            let longer =
                abi::CoordinatorV131::abi::functions().remove("updateConfig")?.pop()?.inputs.pop()?;
            inputs
                .iter_mut()
                .filter(|input| input.name == longer.name)
                .for_each(|input| *input = longer.clone());
        }
        Some(Constructor { inputs, state_mutability: StateMutability::NonPayable })
    }

    /// The ABI as JSON, in the form `solc --abi` gives it.
    pub fn json(self) -> String {
        let mut text = serde_json::to_string_pretty(&self.abi()).unwrap_or_default();
        text.push('\n');
        text
    }

    /// The ABI as a Solidity interface; constructors have no place in one.
    pub fn solidity(self) -> String {
        let interface = self.abi().to_sol(self.interface(), Some(ToSolConfig::new().one_contract(true)));
        format!(
            "// SPDX-License-Identifier: MIT OR Apache-2.0\npragma solidity ^0.8.19;\n\n{}\n",
            interface.trim_end()
        )
    }

    /// The constructor's signature with its arguments' names. Structs are tuples of types, as `cargo stylus` reads
    /// them.
    pub fn constructor_signature(self) -> String {
        let inputs = self.constructor().map(|constructor| constructor.inputs).unwrap_or_default();
        let inputs: Vec<_> =
            inputs.iter().map(|input| format!("{} {}", input.selector_type(), input.name)).collect();
        format!("constructor({})", inputs.join(", "))
    }
}

/// Two interfaces as one; what `other` names takes the place of its namesakes.
fn merged(mut abi: JsonAbi, other: JsonAbi) -> JsonAbi {
    abi.functions.extend(other.functions);
    abi.events.extend(other.events);
    abi.errors.extend(other.errors);
    abi
}

/// Gives the parameters that are structs their names, which the generated interfaces leave out.
fn name_structs(abi: &mut JsonAbi) {
    let structs = [
        abi::AllowListConfig::eip712_root_type(),
        abi::BillingConfig::eip712_root_type(),
        abi::BillingConfigV131::eip712_root_type(),
        abi::Commitment::eip712_root_type(),
        abi::Consumer::eip712_root_type(),
        abi::RequestMeta::eip712_root_type(),
        abi::RouterConfig::eip712_root_type(),
        abi::Subscription::eip712_root_type(),
    ];
    let name = |ty: &str, components: &[Param]| {
        let array = ty.strip_prefix("tuple")?;
        let fields: Vec<_> = components.iter().map(|field| format!("{} {}", field.ty, field.name)).collect();
        let fields = format!("({})", fields.join(","));
        let name = structs.iter().find_map(|root| root.strip_suffix(&fields))?;
        // Both versions of the billing configuration have one name.
        let name = name.trim_end_matches("V131");
        Some(InternalType::Struct { contract: None, ty: format!("{name}{array}") })
    };
    let functions = abi.functions.values_mut().flatten();
    let params = functions.flat_map(|function| function.inputs.iter_mut().chain(&mut function.outputs));
    let params = params.chain(abi.errors.values_mut().flatten().flat_map(|error| &mut error.inputs));
    for param in params.chain(abi.constructor.iter_mut().flat_map(|constructor| &mut constructor.inputs)) {
        param.internal_type = name(&param.ty, &param.components);
    }
    for param in abi.events.values_mut().flatten().flat_map(|event| &mut event.inputs) {
        param.internal_type = name(&param.ty, &param.components);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_contract_has_a_name_and_a_constructor() {
        for contract in Contract::ALL {
            assert_eq!(Contract::named(contract.name()), Some(contract));
            let signature = contract.constructor_signature();
            let parsed = Constructor::parse(&signature).expect("cargo stylus can read it");
            let types = |constructor: &Constructor| -> Vec<_> {
                constructor.inputs.iter().map(|input| input.selector_type().into_owned()).collect()
            };
            assert_eq!(
                types(&parsed),
                types(&contract.abi().constructor.expect("a constructor")),
                "{signature}"
            );
        }
    }

    #[test]
    fn json_is_what_parsers_read() {
        for contract in Contract::ALL {
            let parsed: JsonAbi = serde_json::from_str(&contract.json()).expect("an ABI");
            assert_eq!(parsed, contract.abi());
        }
    }

    #[test]
    fn the_billing_configuration_of_1_3_1_has_a_field_more_everywhere() {
        let longer = |contract: Contract| contract.json().matches("\"transmitTxSizeBytes\"").count();
        assert_eq!(longer(Contract::Coordinator), 0);
        // constructor, getConfig, updateConfig, ConfigUpdated
        assert_eq!(longer(Contract::Coordinator131), 4);
    }

    #[test]
    fn interfaces_are_solidity() {
        let text = Contract::Router.solidity();
        assert!(text.contains("interface IFunctionsRouter {"), "{text}");
        assert!(text.contains("function getAdminFee() external view returns (uint72);"), "{text}");
        assert!(text.contains("struct Commitment {"), "{text}");
        for contract in Contract::ALL {
            let text = contract.solidity();
            assert!(!text.contains("(("), "a struct without a name in {text}");
        }
    }
}
