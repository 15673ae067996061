//! Every limit of a script run, in one table read by node, simulator and tests.

/// The limits one script run is held to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest response or error, in bytes.
    pub response_bytes: usize,
    /// Longest run, in milliseconds of wall time.
    pub execution_ms: u64,
    /// JavaScript heap, in bytes.
    pub memory_bytes: u64,
    /// Largest CBOR request, in bytes.
    pub request_bytes: usize,
    /// HTTP queries in one run; redirects do not count.
    pub http_queries: u32,
    /// Longest HTTP query, in milliseconds, body included.
    pub http_query_ms: u64,
    /// Longest URL, in characters.
    pub http_url_chars: usize,
    /// Largest HTTP request body, in bytes.
    pub http_request_bytes: usize,
    /// Largest HTTP response body, in bytes after decompression.
    pub http_response_bytes: usize,
    /// Console text kept from one run, in bytes.
    pub console_bytes: usize,
    /// Longest console line, in bytes.
    pub console_line_bytes: usize,
}

impl Limits {
    /// The default profile: 30 s and 512 response bytes.
    pub const DEFAULT: Self = Self {
        response_bytes: 512,
        execution_ms: 30_000,
        memory_bytes: 128 * 1024 * 1024,
        request_bytes: 30_720,
        http_queries: 5,
        http_query_ms: 9_000,
        http_url_chars: 2_048,
        http_request_bytes: 30_720,
        http_response_bytes: 2_097_152,
        console_bytes: 64 * 1024,
        console_line_bytes: 4 * 1024,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
