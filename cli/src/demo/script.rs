//! The script to run and its arguments, read and checked before anything starts.

use functions_client::Request;
use functions_failure::Result;

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
    pub(crate) request: Request,
}

impl Script {
    /// The script of the options: the built-in one asks `prices` unless `--args` says otherwise.
    pub(crate) fn read(options: &Options, callback_gas_limit: u32, prices: &PriceApi) -> Result<Self> {
        let source = match &options.source {
            None => MEDIAN.to_owned(),
            Some(path) => inputs::source(path, options.profile.limits().request_bytes)?,
        };
        let args = match &options.args {
            Some(json) => inputs::args(json)?,
            None if options.source.is_none() => prices.urls(),
            None => Vec::new(),
        };
        let bytes_args = options.bytes_args.as_deref().map(inputs::bytes_args).transpose()?;
        let limits = options.profile.limits();
        let request = inputs::request(source, args, bytes_args.unwrap_or_default(), &limits)?;
        Ok(Self {
            is_default: options.source.is_none() && options.args.is_none(),
            consumer: options.consumer,
            request: Request::new(request, callback_gas_limit),
        })
    }
}
