//! A value of a Solidity type, from text.

use alloy_dyn_abi::{DynSolType, DynSolValue};
use functions_failure::{Result, misuse};

/// Most of a text that is shown, in characters.
const SHOWN: usize = 100;

/// Reads `text` as a `kind`; `what` names it in the error.
///
/// # Errors
/// When it is none, with how to write one.
pub(crate) fn parse(kind: &str, what: &str, text: &str) -> Result<DynSolValue> {
    let ty = DynSolType::parse(kind).map_err(|_| {
        misuse!(
            help = "write the types as Solidity does: uint256, bytes32, string[], (address,bool)",
            "there is no type {kind:?}"
        )
    })?;
    let why = match &ty {
        DynSolType::Address => functions_input::address::parse(text).err(),
        _ => None,
    };
    let value = match is_texts(&ty) {
        true => serde_json::from_str(text).ok().and_then(|list| texts(&ty, list)),
        false => None,
    };
    let value = value.or_else(|| ty.coerce_str(text).ok()).filter(|_| why.is_none());
    value.ok_or_else(|| {
        let shown: String = text.chars().take(SHOWN).collect();
        let why = why.map(|why| format!(": {why}")).unwrap_or_default();
        misuse!(help = format!("write {}", form(&ty)), "{shown:?} is no {what}{why}")
    })
}

/// Whether it is a list of texts, or of lists of them.
fn is_texts(ty: &DynSolType) -> bool {
    match ty {
        DynSolType::Array(inner) | DynSolType::FixedArray(inner, _) => {
            **inner == DynSolType::String || is_texts(inner)
        }
        _ => false,
    }
}

/// A list of texts in JSON, where a quote within a text is written as `\"`.
fn texts(ty: &DynSolType, value: serde_json::Value) -> Option<DynSolValue> {
    use serde_json::Value;
    let all = |inner: &DynSolType, list: Vec<Value>| -> Option<Vec<_>> {
        list.into_iter().map(|one| texts(inner, one)).collect()
    };
    match (ty, value) {
        (DynSolType::String, Value::String(text)) => Some(DynSolValue::String(text)),
        (DynSolType::Array(inner), Value::Array(list)) => all(inner, list).map(DynSolValue::Array),
        (DynSolType::FixedArray(inner, size), Value::Array(list)) if list.len() == *size => {
            all(inner, list).map(DynSolValue::FixedArray)
        }
        _ => None,
    }
}

/// How a value of the type is written.
fn form(ty: &DynSolType) -> String {
    match ty {
        DynSolType::Bool => "true or false".into(),
        DynSolType::Uint(bits) => {
            format!("a whole number from 0 to 2^{bits} - 1, decimal or 0x and hexadecimal")
        }
        DynSolType::Int(bits) => {
            format!("a whole number from -2^{0} to 2^{0} - 1, decimal or 0x and hexadecimal", bits - 1)
        }
        DynSolType::Address => "0x and 40 hexadecimal digits".into(),
        DynSolType::FixedBytes(size) => format!("0x and {} hexadecimal digits", 2 * size),
        DynSolType::Function => "0x and 48 hexadecimal digits".into(),
        DynSolType::Bytes => "0x and pairs of hexadecimal digits".into(),
        DynSolType::String => "text; inside of lists in double quotes".into(),
        DynSolType::Array(inner) => format!("a list as [1,2], each entry {}", form(inner)),
        DynSolType::FixedArray(inner, size) => {
            format!("a list as [1,2] of {size} entries, each {}", form(inner))
        }
        // From a signature there are none of these, which a feature of the parser brings.
        DynSolType::CustomStruct { tuple: inner, .. } | DynSolType::Tuple(inner) => {
            let forms: Vec<_> = inner.iter().map(form).collect();
            format!("a group as (1,2) of {} entries: {}", inner.len(), forms.join("; "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_told_in_a_line_with_how_to_write_it() {
        for (kind, text, how) in [
            ("uint8", "300", "0 to 2^8 - 1"),
            ("int8", "128", "-2^7 to 2^7 - 1"),
            ("bool", "yes", "true or false"),
            ("address", "0x0", "40 hexadecimal"),
            ("address", "0x5fbDB2315678afecb367f032d93F642f64180aa3", "40 hexadecimal"),
            ("bytes4", "0x12", "8 hexadecimal"),
            ("bytes", "0x1", "pairs"),
            ("uint8[]", "[1,300]", "each entry a whole number"),
            ("uint8[2]", "[1]", "2 entries"),
            ("(uint8,bool)", "(1)", "2 entries"),
        ] {
            let error = parse(kind, kind, text).unwrap_err();
            let words: Vec<_> = error.chain().collect();
            assert_eq!(words.len(), 1, "{words:?}");
            assert!(words[0].starts_with(&format!("{text:?} is no {kind}")), "{words:?}");
            assert!(!words[0].contains('\n') && error.help().contains(how), "{words:?} {}", error.help());
        }
        assert!(parse("nonsense", "it", "1").unwrap_err().help().contains("uint256"));
        assert!(parse("uint8", "it", "255").is_ok());
    }

    #[test]
    fn texts_in_lists_have_quotes_and_breaks_as_json_writes_them() {
        let said = |text: &str| DynSolValue::String(text.to_owned());
        let read = |kind, text| parse(kind, kind, text).unwrap();
        assert_eq!(
            read("string[]", r#"["say \"hi\", [x]", "a\nb", ""]"#),
            DynSolValue::Array(vec![said("say \"hi\", [x]"), said("a\nb"), said("")])
        );
        let one = |text| DynSolValue::FixedArray(vec![said(text)]);
        assert_eq!(
            read("string[1][]", r#"[["\u00e9"],["]"]]"#),
            DynSolValue::Array(vec![one("é"), one("]")])
        );
        assert!(parse("string[2]", "it", r#"["a"]"#).is_err());
    }
}
