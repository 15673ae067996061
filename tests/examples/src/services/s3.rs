//! S3's GET of one object, with the signature recomputed from the request as it arrived.
//!
//! Spec: AWS Signature Version 4, "Authenticating Requests (AWS Signature Version 4)" of the S3 API.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::call::{Call, Reply};

/// The account's public half.
pub(crate) const ACCESS_KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
/// The account's secret half.
pub(crate) const SECRET_ACCESS_KEY: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
/// Where the bucket lies.
pub(crate) const REGION: &str = "eu-central-1";
/// `total` of the object.
pub(crate) const TOTAL: u128 = 123_456_789_012_345_678_901_234_567_890;
/// How far the request's time may be from the server's, in seconds.
const SKEW: u64 = 15 * 60;

pub(crate) fn answer(call: &Call) -> Reply {
    let signed = Signature::parse(call);
    if signed.is_none_or(|signature| {
        signature.region != REGION
            || signature.given != signature.expected
            || signature.time.abs_diff(call.now) > SKEW
    }) {
        return Reply::status(403);
    }
    match call.path.as_str() {
        "/s3/treasury/reports/2023%20%28final%29.json" => {
            Reply::json(&json!({"total": TOTAL.to_string(), "unit": "wei"}))
        }
        "/s3/treasury/other.json" => Reply::json(&json!({"sum": "1"})),
        _ => Reply::status(404),
    }
}

struct Signature {
    region: String,
    time: u64,
    given: String,
    expected: String,
}

impl Signature {
    fn parse(call: &Call) -> Option<Self> {
        let fields = call.header("authorization").strip_prefix("AWS4-HMAC-SHA256 ")?;
        let field =
            |name: &str| fields.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
        let (names, given) = (field("SignedHeaders")?, field("Signature")?);
        let [id, day, region, "s3", "aws4_request"] = field("Credential")?.split('/').collect::<Vec<_>>()[..]
        else {
            return None;
        };
        let time = call.header("x-amz-date");
        let payload = call.header("x-amz-content-sha256");
        let signs_enough = ["host", "x-amz-content-sha256", "x-amz-date"]
            .iter()
            .all(|needed| names.split(';').any(|name| name == *needed));
        if id != ACCESS_KEY_ID
            || !time.starts_with(day)
            || !signs_enough
            || payload != hex::encode(Sha256::digest(&call.body))
        {
            return None;
        }
        let headers: String =
            names.split(';').map(|name| format!("{name}:{}\n", call.header(name).trim())).collect();
        // The stand-in's objects have no query, so its canonical form is the empty line.
        let canonical = format!("{}\n{}\n\n{headers}\n{names}\n{payload}", call.method, call.path);
        let scope = format!("{day}/{region}/s3/aws4_request");
        let to_sign =
            format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hex::encode(Sha256::digest(canonical)));
        let mut key = format!("AWS4{SECRET_ACCESS_KEY}").into_bytes();
        for part in [day, region, "s3", "aws4_request"] {
            key = mac(&key, part);
        }
        Some(Self {
            region: region.to_owned(),
            time: unix_seconds(time)?,
            given: given.to_owned(),
            expected: hex::encode(mac(&key, &to_sign)),
        })
    }
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length will do");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// Unix seconds of `YYYYMMDDTHHMMSSZ`.
fn unix_seconds(text: &str) -> Option<u64> {
    if text.len() != 16 || !text.is_ascii() || &text[8..9] != "T" || !text.ends_with('Z') {
        return None;
    }
    let number = |from: usize, to: usize| text[from..to].parse::<u64>().ok();
    let (year, month, day) = (number(0, 4)?, number(4, 6)?, number(6, 8)?);
    // Days since 1970 of a date, with years that begin in March.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    let days = days.checked_sub(719_468)?;
    Some(days * 86_400 + number(9, 11)? * 3_600 + number(11, 13)? * 60 + number(13, 15)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The request of Amazon's documentation: GET of the first ten bytes of `test.txt`.
    #[test]
    fn signature_equals_amazons_example() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let given = "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41";
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,\
             SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature={given}"
        );
        let headers = [
            ("host", "examplebucket.s3.amazonaws.com"),
            ("range", "bytes=0-9"),
            ("x-amz-content-sha256", empty),
            ("x-amz-date", "20130524T000000Z"),
            ("authorization", &authorization),
        ];
        let call = Call {
            method: "GET".into(),
            path: "/test.txt".into(),
            headers: headers.map(|(name, value)| (name.into(), value.into())).into(),
            ..Call::default()
        };
        let signature = Signature::parse(&call).unwrap();
        assert_eq!(signature.given, given);
        assert_eq!(signature.expected, given);
        assert_eq!(signature.region, "us-east-1");
        assert_eq!(signature.time, 1_369_353_600);
    }

    #[test]
    fn times_are_read_and_others_refused() {
        assert_eq!(unix_seconds("20231114T221320Z"), Some(1_700_000_000));
        assert_eq!(unix_seconds("20240229T000000Z"), Some(1_709_164_800));
        assert_eq!(unix_seconds("2023-11-14T22:13"), None);
    }
}
