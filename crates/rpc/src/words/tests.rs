use super::*;
use crate::Remedy;

fn raw(text: &str) -> Box<RawValue> {
    RawValue::from_string(text.to_owned()).expect("JSON")
}

#[test]
fn errors_are_sorted_by_what_helps() {
    // (method, code, words, kind)
    let table = [
        ("eth_getLogs", -32_000, "block range is too wide", "too_wide"),
        ("eth_getLogs", -32_005, "query returned more than 10000 results", "too_wide"),
        (
            "eth_getLogs",
            -32_602,
            "Log response size exceeded. this block range should work: [0x0, 0x5]",
            "too_wide",
        ),
        ("eth_getLogs", -32_000, "query timeout exceeded", "too_wide"),
        (
            "eth_getLogs",
            -32_600,
            "You can make eth_getLogs requests with up to a 10 block range.",
            "too_wide",
        ),
        ("eth_getLogs", -32_005, "daily request count exceeded, request rate limited", "busy"),
        ("eth_getLogs", -32_005, "limit exceeded", "busy"),
        ("eth_getLogs", -32_000, "exceed maximum block range: 5000", "too_wide"),
        ("eth_getLogs", -32_000, "header not found", "busy"),
        ("eth_getLogs", -32_000, "unknown block", "busy"),
        ("eth_call", -32_005, "slow down", "busy"),
        ("eth_call", -32_005, "limit exceeded", "busy"),
        ("eth_call", 429, "Your app has exceeded its compute units per second capacity", "busy"),
        ("eth_call", -32_603, "Internal error", "busy"),
        ("eth_call", -32_000, "missing trie node 00ff", "busy"),
        ("eth_call", -32_601, "the method eth_call does not exist", "denied"),
        ("eth_chainId", -32_601, "", "denied"),
        ("eth_chainId", -32_000, "Must be authenticated!", "denied"),
        ("eth_chainId", -32_001, "Resource not found.", "broken"),
        ("eth_chainId", -32_700, "parse error", "broken"),
        ("eth_getBlockByNumber", -32_000, "finalized block not found", "unclear"),
        ("eth_chainId", 17, "the moon is full", "unclear"),
        ("eth_getBlockByNumber", -32_000, "execution reverted", "unclear"),
        ("eth_call", 3, "execution reverted", "reverted"),
        ("eth_call", -32_000, "execution reverted: no", "reverted"),
        ("eth_call", -32_015, "VM execution error.", "reverted"),
        ("eth_call", -32_000, "invalid opcode: INVALID", "reverted"),
        ("eth_call", -32_000, "invalid jump destination", "reverted"),
        ("eth_call", -32_003, "EVM error OpcodeNotFound", "reverted"),
        ("eth_call", -32_015, "StackUnderflow", "reverted"),
        (
            "eth_call",
            -32_000,
            "err: insufficient funds for gas * price + value: address 0x have 0 want 1",
            "rejected",
        ),
        ("eth_call", -32_000, "out of gas", "rejected"),
        ("eth_sendRawTransaction", -32_000, "nonce too low: next nonce 5, tx nonce 4", "rejected"),
        ("eth_sendRawTransaction", -32_000, "already known", "rejected"),
        ("eth_sendRawTransaction", -32_000, "replacement transaction underpriced", "rejected"),
        ("eth_sendRawTransaction", -32_003, "no", "rejected"),
        ("eth_sendRawTransaction", -32_000, "txpool is full", "busy"),
        ("eth_sendRawTransaction", -32_000, "something else", "unclear"),
    ];
    for (method, code, words, kind) in table {
        let fault = of_error(method, code, words, None);
        assert_eq!(fault.kind(), kind, "{method} {code} {words:?} became {fault:?}");
    }
}

#[test]
fn rejections_say_which_rule() {
    let why = |words: &str| match of_error("eth_sendRawTransaction", -32_000, words, None) {
        Fault::Rejected { why, .. } => why,
        other => panic!("{other:?}"),
    };
    // As geth, Erigon, Nethermind, Besu, Reth, OpenEthereum and Nitro say it.
    for (rule, said) in [
        (
            Rejection::AlreadyKnown,
            &[
                "already known",
                "ALREADY_EXISTS: already known",
                "known transaction: 7f65",
                "existing tx with same hash",
                "INTERNAL_ERROR: existing tx with same hash",
                "AlreadyKnown",
                "Known transaction",
                "Transaction with the same hash was already imported.",
                "transaction already in mempool",
            ][..],
        ),
        (
            Rejection::NonceTooLow,
            &[
                "nonce too low",
                "nonce too low: next nonce 5, tx nonce 4",
                "nonce too low: address 0x1, tx: 4 state: 5",
                "OldNonce, Current nonce: 5, nonce of rejected tx: 4",
                "Transaction nonce is too low. Try incrementing the nonce.",
                "Nonce already used",
            ],
        ),
        (
            Rejection::NonceTooHigh,
            &[
                "nonce too high: address 0x1, tx: 2 state: 1",
                "Transaction nonce is too distant from current sender nonce",
                "nonce gap",
                "NonceGap, Future nonce. Expected nonce: 5",
            ],
        ),
        (
            Rejection::Unfunded,
            &["insufficient funds for transfer", "InsufficientFunds, Account balance: 1, cumulative cost: 2"],
        ),
        (
            Rejection::Rule,
            &[
                "transaction underpriced",
                "replacement transaction underpriced",
                "could not replace existing tx",
                "ReplacementNotAllowed",
                "FeeTooLow, MaxFeePerGas too low. MaxFeePerGas: 1, BaseFee: 2",
                "fee too low",
            ],
        ),
    ] {
        for words in said {
            assert_eq!(why(words), rule, "{words}");
        }
    }
}

#[test]
fn revert_data_is_read_bounded_and_from_both_forms() {
    for form in ["\"0x08c379a0\"", "{\"data\":\"0x08c379a0\"}"] {
        let fault = of_error("eth_call", 3, "execution reverted", Some(&raw(form)));
        assert!(matches!(fault, Fault::Reverted { data, .. } if data == [0x08, 0xc3, 0x79, 0xa0]));
    }
    let long = raw(&format!("\"0x{}\"", "ab".repeat(10_000)));
    let fault = of_error("eth_call", 3, "execution reverted", Some(&long));
    assert!(matches!(fault, Fault::Reverted { data, .. } if data.len() == MAX_REVERT_BYTES));
    for garbage in ["\"0xé\"", "\"0xzz\"", "7", "null", "\"\""] {
        let fault = of_error("eth_call", 3, "execution reverted", Some(&raw(garbage)));
        assert!(matches!(fault, Fault::Reverted { data, .. } if data.is_empty()), "{garbage}");
    }
}

#[test]
fn bodies_are_shown_bounded_and_only_as_text() {
    let pages = [
        ("<html>\r\n\tbad gateway</html>\n", "a web page, \"bad gateway\""),
        (
            "<!DOCTYPE HTML>\n<head><TITLE lang=en>Error\n response</TITLE></head><p>x",
            "a web page, \"Error response\"",
        ),
        ("  <html><title></title></html>", "a web page"),
        ("<html><title>\u{202e}a\"b", "a web page, \"a\\\"b\""),
        ("<html", "a web page"),
        (r#"{"error":"a request has no body here","remedy":"send none"}"#, ADMIN),
        (r#"{"error":"no"}"#, r#"{"error":"no"}"#),
        ("<xml>", "<xml>"),
    ];
    for (body, told) in pages {
        assert_eq!(of_body(body.as_bytes()), told, "{body}");
    }
    assert!(of_body(format!("<html><title>{}", "é".repeat(9_000)).as_bytes()).chars().count() < 100);
    assert_eq!(of_body("caf\u{e9}".as_bytes().split_last().expect("bytes").1), "caf");
    assert_eq!(of_body(b""), "");
    for binary in [&[0x89, b'P', b'N', b'G', 0xff][..], b"\x1b[2Jcleared", b"\0\0", &[0xff; 4_000]] {
        assert_eq!(of_body(binary), "a body that is no text");
        let words = of_status(500, &of_body(binary), None).to_string();
        assert!(words.contains("HTTP 500: a body that is no text") && words.len() < 100, "{words}");
    }
    assert_eq!(of_body(&[b'a'; 100_000]).len(), MAX_TEXT);
    assert_eq!(clip("one\u{202e}two\u{1b}[2J\nthree"), "onetwo[2J three");
}

#[test]
fn statuses_are_sorted_by_what_helps() {
    let second = Some(Duration::from_secs(1));
    for (status, body, is_limit) in [
        (429, "", true),
        (503, "rate limit exceeded", true),
        (503, "", false),
        (502, "bad gateway", false),
        (401, "quota", false),
    ] {
        assert_eq!(of_status(status, body, None).is_limit(), is_limit, "{status} {body}");
    }
    for status in [408, 425, 429, 500, 502, 503, 504, 520, 524, 599] {
        let remedy = of_status(status, "", second).remedy();
        assert_eq!(remedy, Remedy::Retry { after: second }, "{status}");
    }
    for status in [100, 301, 302, 307, 400, 401, 402, 403, 404, 405, 410, 413, 418, 451, 999] {
        assert_eq!(of_status(status, "x", None).remedy(), Remedy::Next, "{status}");
    }
}
