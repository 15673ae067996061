//! The script to run and its arguments, read and checked before anything starts.

use alloy::primitives::Bytes;
use functions_failure::Result;
use functions_types::limits::Limits;

use super::Options;
use super::consumer::Kind;
use super::price_api::PriceApi;
use crate::simulate::inputs;

/// The built-in script.
pub(crate) const MEDIAN: &str = include_str!("../../../examples/median-price.js");

/// What a request carries.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    /// Whether it is the built-in one.
    pub(crate) is_default: bool,
    /// Who sends it.
    pub(crate) consumer: Kind,
    /// The request itself.
    pub(crate) request: functions_client::Request,
}

impl Script {
    /// The script of the options: the built-in one asks `prices` unless `--args` says otherwise.
    pub(crate) fn read(options: &Options, callback_gas_limit: u32, prices: &PriceApi) -> Result<Self> {
        let source = match &options.source {
            None => MEDIAN.to_owned(),
            Some(path) => inputs::source(path, Limits::DEFAULT.request_bytes)?,
        };
        let args = match &options.args {
            Some(json) => inputs::args(json)?,
            None if options.source.is_none() => prices.urls(),
            None => Vec::new(),
        };
        let bytes_args = options.bytes_args.as_deref().map(inputs::bytes_args).transpose()?;
        let bytes_args = bytes_args.unwrap_or_default().into_iter().map(Bytes::from).collect();
        Ok(Self {
            is_default: options.source.is_none() && options.args.is_none(),
            consumer: options.consumer,
            request: functions_client::Request { source, args, bytes_args, callback_gas_limit },
        })
    }
}
