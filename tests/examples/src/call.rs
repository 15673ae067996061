//! One HTTP exchange as values: a service is a function from [`Call`] to [`Reply`].

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

/// What a service is asked.
#[derive(Clone, Debug, Default)]
pub struct Call {
    /// Method, in capitals.
    pub method: String,
    /// Path as sent, escapes included, without the query.
    pub path: String,
    /// The path below the service's own prefix, without a leading slash.
    pub place: String,
    /// Query, decoded.
    pub query: BTreeMap<String, String>,
    /// Headers by lower-case name.
    pub headers: BTreeMap<String, String>,
    /// Body.
    pub body: Vec<u8>,
    /// The service's clock: Unix seconds.
    pub now: u64,
}

impl Call {
    /// A header's value; empty where it is absent.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// Where this server is reached, from the `host` header.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("http://{}", self.header("host"))
    }

    /// Whether the call carries exactly this bearer token.
    #[must_use]
    pub fn has_bearer(&self, token: &str) -> bool {
        self.header("authorization") == format!("Bearer {token}")
    }

    /// Whether the call carries exactly this user and password.
    #[must_use]
    pub fn has_basic(&self, user: &str, password: &str) -> bool {
        let expected = BASE64_STANDARD.encode(format!("{user}:{password}"));
        self.header("authorization") == format!("Basic {expected}")
    }

    /// The body of a JSON POST.
    ///
    /// # Errors
    /// The answer of a service that is posted something else.
    pub fn json(&self) -> Result<Value, Reply> {
        if self.method != "POST" {
            return Err(Reply::status(405));
        }
        if self.header("content-type") != "application/json" {
            return Err(Reply::status(415));
        }
        serde_json::from_slice(&self.body).map_err(|_| Reply::status(400))
    }
}

/// What a service answers.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Status code.
    pub status: u16,
    /// Headers.
    pub headers: Vec<(&'static str, String)>,
    /// Body.
    pub body: Vec<u8>,
}

impl Reply {
    /// 200 with a JSON body.
    #[must_use]
    pub fn json(value: &Value) -> Self {
        let headers = vec![("content-type", "application/json".to_owned())];
        Self { status: 200, headers, body: value.to_string().into_bytes() }
    }

    /// 200 with a body of any kind.
    #[must_use]
    pub fn bytes(body: &[u8]) -> Self {
        Self { status: 200, headers: vec![], body: body.to_vec() }
    }

    /// A status with a small JSON body.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self { status, ..Self::json(&serde_json::json!({ "error": { "code": status } })) }
    }

    /// The same reply with one more header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }
}
