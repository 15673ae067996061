//! Script and arguments, read and checked before anything starts.
//!
//! The texts are those of the toolkit's `simulateScript`; what exactly is wrong and what to do stands in the help
//! below.
//!
//! # Deviations
//! A `bytesArgs` text with an odd number of digits is refused: the toolkit lets it through, but no contract can send
//! it.

use std::io::Read;
use std::path::Path;

use functions_failure::{Failure, Result, failure, misuse};
use functions_offchain_config::Method;
use functions_types::cbor::{Framing, FunctionsRequest};
use functions_types::limits::Limits;
use serde_json::Value;

/// A request of a script and its arguments, once it is seen that every node would run it: otherwise it is refused here
/// for what would be paid for on the chain.
///
/// # Errors
/// When its first line names an aggregation that does not exist, or its encoding is longer than a request may be.
pub(crate) fn request(
    source: String,
    args: Vec<String>,
    bytes_args: Vec<Vec<u8>>,
    limits: &Limits,
) -> Result<FunctionsRequest> {
    Method::of_source(&source).map_err(|error| {
        failure!(
            help = "the first line is a comment such as // @aggregation median-uint256; docs/scripts.md says what each does",
            "{error}"
        )
    })?;
    let request = FunctionsRequest { source, args, bytes_args, ..FunctionsRequest::default() };
    check_size(&request, limits)?;
    Ok(request)
}

/// Whether nodes with these limits take the request.
///
/// # Errors
/// When its encoding is longer than a request may be.
pub(crate) fn check_size(request: &FunctionsRequest, limits: &Limits) -> Result<()> {
    let size = request.encode(Framing::Pairs).len();
    if size > limits.request_bytes {
        return Err(failure!(
            help = format!(
                "with its arguments the script takes {size} bytes: shorten it, or fetch what is long"
            ),
            "request too big (max {} bytes)",
            limits.request_bytes
        ));
    }
    Ok(())
}

/// The script in a file; `-` is standard input. A byte order mark is an editor's, and no part of it: before a first
/// line `// @aggregation` it would hide that.
///
/// # Errors
/// When it cannot be read, is empty, is no text, or is longer than `limit` bytes.
pub(crate) fn source(path: &Path, limit: usize) -> Result<String> {
    let place = path.display();
    let invalid = |help: String| failure!(help = help, "source param is missing or invalid");
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        read_bounded(std::io::stdin().lock(), limit, &mut bytes)
    } else {
        functions_input::file::open(path).and_then(|file| read_bounded(file, limit, &mut bytes))
    };
    read.map_err(|error| invalid(format!("cannot read {place}: {error}")))?;
    if bytes.len() > limit {
        return Err(invalid(format!("{place} is longer than {limit} bytes, the largest request")));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        invalid(format!("{place} is not UTF-8 text: see byte {at}"))
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    if text.trim().is_empty() {
        return Err(invalid(format!("{place} is empty")));
    }
    Ok(text.to_owned())
}

/// Reads one byte beyond the limit at most, so that a longer input shows.
pub(crate) fn read_bounded(from: impl Read, limit: usize, into: &mut Vec<u8>) -> std::io::Result<usize> {
    from.take(limit as u64 + 1).read_to_end(into)
}

/// `args` from the command line.
///
/// # Errors
/// When it is no JSON array of strings.
pub(crate) fn args(json: &str) -> Result<Vec<String>> {
    let example = "write for example --args '[\"ETH\", \"USD\"]', or of a file --args \"$(cat FILE)\"";
    array(json)
        .map_err(|why| misuse!(help = format!("{why}; {example}"), "args param not an array"))?
        .into_iter()
        .map(|item| match item {
            Value::String(text) => Ok(text),
            other => Err(misuse!(
                help = format!("{other} is no string; {example}"),
                "args param not a string array"
            )),
        })
        .collect()
}

/// `bytesArgs` from the command line.
///
/// # Errors
/// When it is no JSON array of hex strings with at least one byte each.
pub(crate) fn bytes_args(json: &str) -> Result<Vec<Vec<u8>>> {
    let example = "write for example --bytes-args '[\"0x01\", \"0xdeadbeef\"]', or of a file --bytes-args \"$(cat FILE)\"";
    array(json)
        .map_err(|why| misuse!(help = format!("{why}; {example}"), "bytesArgs param not an array"))?
        .into_iter()
        .map(|item| bytes(&item).ok_or_else(|| invalid_hex(&item, example)))
        .collect()
}

fn bytes(item: &Value) -> Option<Vec<u8>> {
    let digits = item.as_str()?.strip_prefix("0x")?;
    if digits.is_empty() { None } else { hex::decode(digits).ok() }
}

fn invalid_hex(item: &Value, example: &str) -> Failure {
    misuse!(
        help = format!("{item} is not 0x and pairs of hex digits, at least one; {example}"),
        "bytesArgs param contains invalid hex string"
    )
}

fn array(json: &str) -> Result<Vec<Value>, String> {
    match serde_json::from_str(json) {
        Ok(Value::Array(items)) => Ok(items),
        Ok(_) => Err("this is JSON, but no array".into()),
        Err(error) => Err(format!("this is no JSON: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_is_no_part_of_a_script() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let read = |text: &str| {
            std::fs::write(file.path(), text).expect("our file");
            source(file.path(), 100)
        };
        let script = read("\u{feff}// @aggregation median-uint256\nreturn 1").expect("a script");
        assert!(script.starts_with("//") && Method::of_source(&script) != Ok(None), "{script:?}");
        assert!(read("\u{feff}\n").unwrap_err().help().contains("is empty"));
    }

    #[test]
    fn refusals_have_the_toolkits_texts() {
        let text = |result: Result<()>| result.unwrap_err().to_string();
        let args_of = |json: &str| text(args(json).map(drop));
        assert_eq!(args_of("{}"), "args param not an array");
        assert_eq!(args_of("nothing"), "args param not an array");
        assert_eq!(args_of("[1]"), "args param not a string array");
        let bytes_of = |json: &str| text(bytes_args(json).map(drop));
        assert_eq!(bytes_of("\"0x01\""), "bytesArgs param not an array");
        for wrong in ["[\"0x\"]", "[\"01\"]", "[\"0x0g\"]", "[1]", "[\"0x123\"]"] {
            assert_eq!(bytes_of(wrong), "bytesArgs param contains invalid hex string", "{wrong}");
        }
        assert_eq!(bytes_args("[\"0xDEad\", \"0x00\"]").unwrap(), [vec![0xde, 0xad], vec![0]]);
        assert_eq!(args("[\"a\", \"\"]").unwrap(), ["a", ""]);
    }
}
