//! Google's token endpoint, which checks a JWT by the service account's public key, and Cloud Storage.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use ring::signature::{KeyPair, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use serde_json::{Value, json};

use crate::call::{Call, Reply};

/// The service account.
pub(crate) const CLIENT_EMAIL: &str = "reader@example-project.iam.gserviceaccount.com";
/// Its private key, made for these tests and used nowhere else.
pub(crate) const PRIVATE_KEY: &str = include_str!("../../fixtures/service-account.pem");
/// The object's bytes.
pub(crate) const OBJECT: &[u8] = b"\x00\xff not JSON \x80 at all";
const TOKEN: &str = "ya29.example";

pub(crate) fn answer(call: &Call) -> Reply {
    match call.place.as_str() {
        "token" => token(call)
            .unwrap_or_else(|| Reply { status: 400, ..Reply::json(&json!({"error": "invalid_grant"})) }),
        _ if !call.has_bearer(TOKEN) => Reply::status(401),
        "storage/v1/b/proofs/o/2023%2Freserves.bin"
            if call.query.get("alt").is_some_and(|alt| alt == "media") =>
        {
            Reply::bytes(OBJECT)
        }
        _ => Reply::status(404),
    }
}

/// A token for a valid assertion.
fn token(call: &Call) -> Option<Reply> {
    let form: BTreeMap<_, _> = url::form_urlencoded::parse(&call.body).into_owned().collect();
    let is_form = call.header("content-type").starts_with("application/x-www-form-urlencoded");
    if call.method != "POST"
        || !is_form
        || form.get("grant_type")? != "urn:ietf:params:oauth:grant-type:jwt-bearer"
    {
        return None;
    }
    let claims = verified(form.get("assertion")?)?;
    let (iat, exp) = (claims["iat"].as_u64()?, claims["exp"].as_u64()?);
    let right = claims["iss"] == CLIENT_EMAIL
        && claims["scope"] == "https://www.googleapis.com/auth/devstorage.read_only"
        && claims["aud"] == format!("{}{}", call.origin(), call.path)
        && iat <= call.now + 300
        && exp > call.now
        && exp <= iat + 3_600;
    right.then(|| Reply::json(&json!({"access_token": TOKEN, "expires_in": 3599, "token_type": "Bearer"})))
}

/// The claims of a JWT whose signature is the service account's.
fn verified(jwt: &str) -> Option<Value> {
    let (content, signature) = jwt.rsplit_once('.')?;
    let (head, claims) = content.split_once('.')?;
    let decode = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text).ok();
    let head: Value = serde_json::from_slice(&decode(head)?).ok()?;
    if head["alg"] != "RS256" {
        return None;
    }
    let pem: String = PRIVATE_KEY.lines().filter(|line| !line.starts_with("-----")).collect();
    let pair = RsaKeyPair::from_pkcs8(&BASE64_STANDARD.decode(pem).ok()?).ok()?;
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public_key().as_ref())
        .verify(content.as_bytes(), &decode(signature)?)
        .ok()?;
    serde_json::from_slice(&decode(claims)?).ok()
}
