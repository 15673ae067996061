//! The script to run and its arguments, read and checked before anything starts.

use std::path::Path;

use alloy::primitives::Bytes;
use functions_types::limits::Limits;
use miette::{IntoDiagnostic, NamedSource, Result, SourceSpan, WrapErr, miette};

use super::Options;
use super::consumer::Kind;
use super::price_api::PriceApi;

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
            Some(path) => read(path)?,
        };
        let args = match &options.args {
            Some(json) => strings("--args", json)?,
            None if options.source.is_none() => prices.urls(),
            None => Vec::new(),
        };
        let bytes_args = match &options.bytes_args {
            None => Vec::new(),
            Some(json) => strings("--bytes-args", json)?
                .iter()
                .map(|text| {
                    let digits =
                        text.strip_prefix("0x").ok_or_else(|| miette!("{text:?} does not begin with 0x"))?;
                    Ok(Bytes::from(
                        hex::decode(digits).into_diagnostic().wrap_err_with(|| format!("{text:?}"))?,
                    ))
                })
                .collect::<Result<_>>()
                .wrap_err("--bytes-args")?,
        };
        Ok(Self {
            is_default: options.source.is_none() && options.args.is_none(),
            consumer: options.consumer,
            request: functions_client::Request { source, args, bytes_args, callback_gas_limit },
        })
    }
}

fn read(path: &Path) -> Result<String> {
    let place = || format!("cannot read the script {}", path.display());
    let size = std::fs::metadata(path).into_diagnostic().wrap_err_with(place)?.len();
    let limit = Limits::DEFAULT.request_bytes as u64;
    if size > limit {
        return Err(miette!(
            "the script {} is {size} bytes; a request carries at most {limit}",
            path.display()
        ));
    }
    let text = std::fs::read_to_string(path).into_diagnostic().wrap_err_with(place)?;
    if text.is_empty() {
        return Err(miette!("the script {} is empty", path.display()));
    }
    Ok(text)
}

fn strings(option: &str, json: &str) -> Result<Vec<String>> {
    serde_json::from_str(json).map_err(|error| {
        let at = json.lines().take(error.line().saturating_sub(1)).map(|l| l.len() + 1).sum::<usize>()
            + error.column().saturating_sub(1);
        miette!(
            labels = vec![miette::LabeledSpan::at(SourceSpan::from(at.min(json.len())), error.to_string())],
            help = "write a JSON array of strings, for example '[\"ETH\", \"USD\"]'",
            "{option} is no JSON array of strings"
        )
        .with_source_code(NamedSource::new(option, json.to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use super::strings;

    #[test]
    fn strings_reads_arrays_of_strings_only() {
        assert_eq!(strings("--args", r#"["a","b"]"#).unwrap(), ["a", "b"]);
        assert!(strings("--args", "[1]").is_err());
        assert!(strings("--args", "a").is_err());
    }
}
