//! Every limit of a script run, in one table read by node, simulator and tests.
//!
//! | limit | default | classic |
//! | --- | --- | --- |
//! | response or error | 512 bytes | 256 bytes |
//! | run | 30 s | 10 s |
//! | heap | 128 MiB | 128 MiB |
//! | CBOR request | 30,720 bytes | 30,720 bytes |
//! | HTTP queries | 5 | 5 |
//! | HTTP query | 9 s | 9 s |
//! | URL | 2,048 characters | 2,048 characters |
//! | HTTP request body | 30,720 bytes | 30,720 bytes |
//! | HTTP response body | 2 MiB | 2 MiB |
//! | imported modules | 100, 10 MiB each | 100, 10 MiB each |
//! | console | 64 KiB, 4 KiB a line | 64 KiB, 4 KiB a line |
//!
//! Source: *classic* holds the documented numbers of Chainlink Functions.

/// The limits one script run is held to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase", deny_unknown_fields))]
pub struct Limits {
    /// Longest response or error, in bytes.
    pub response_bytes: usize,
    /// Longest run, in milliseconds. Time in which the machine keeps the script waiting for a processor does not count.
    pub execution_ms: u64,
    /// JavaScript heap, in bytes.
    pub memory_bytes: u64,
    /// Largest CBOR request, in bytes.
    pub request_bytes: usize,
    /// HTTP queries in one run; redirects and imports do not count.
    pub http_queries: u32,
    /// Longest HTTP query, in milliseconds, body included.
    pub http_query_ms: u64,
    /// Longest URL, in characters.
    pub http_url_chars: usize,
    /// Largest HTTP request body, in bytes.
    pub http_request_bytes: usize,
    /// Largest HTTP response body, in bytes after decompression.
    pub http_response_bytes: usize,
    /// Modules one run may import, those imported by modules included.
    pub import_modules: u32,
    /// Largest imported module, in bytes after decompression.
    pub import_module_bytes: usize,
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
        import_modules: 100,
        import_module_bytes: 10 * 1024 * 1024,
        console_bytes: 64 * 1024,
        console_line_bytes: 4 * 1024,
    };

    /// The classic profile: 10 s and 256 response bytes.
    pub const CLASSIC: Self = Self { response_bytes: 256, execution_ms: 10_000, ..Self::DEFAULT };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Which table of limits a DON starts from, and whether its error texts name a reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Profile {
    /// [`Limits::DEFAULT`]; the text for a script that could not run ends with a fixed word that says why.
    #[default]
    Default,
    /// [`Limits::CLASSIC`]; error texts are exactly the documented ones.
    Classic,
}

impl Profile {
    /// The number on the wire.
    pub const fn code(self) -> u8 {
        match self {
            Self::Default => 0,
            Self::Classic => 1,
        }
    }

    /// The profile of a number on the wire.
    pub const fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            0 => Self::Default,
            1 => Self::Classic,
            _ => return None,
        })
    }

    /// The name used in configuration files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Classic => "classic",
        }
    }

    /// The profile of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Default, Self::Classic].into_iter().find(|profile| profile.name() == name)
    }

    /// The profile's table.
    pub const fn limits(self) -> Limits {
        match self {
            Self::Default => Limits::DEFAULT,
            Self::Classic => Limits::CLASSIC,
        }
    }

    /// Whether the text for a script that could not run says why in a fixed word.
    pub const fn names_reasons(self) -> bool {
        matches!(self, Self::Default)
    }
}

/// Where a script's time, random numbers and order of HTTP responses come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Time from the request's block, random numbers from its id, responses in the order of the requests: every node
    /// computes the same.
    #[default]
    Strict,
    /// The real clock, real random numbers, responses as they arrive.
    Compat,
}

impl Mode {
    /// The number on the wire.
    pub const fn code(self) -> u8 {
        match self {
            Self::Strict => 0,
            Self::Compat => 1,
        }
    }

    /// The mode of a number on the wire.
    pub const fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            0 => Self::Strict,
            1 => Self::Compat,
            _ => return None,
        })
    }

    /// The name used in configuration files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Compat => "compat",
        }
    }

    /// The mode of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Strict, Self::Compat].into_iter().find(|mode| mode.name() == name)
    }
}

/// What else the members of a DON agree on about running scripts, beside [`Limits`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct RunOptions {
    /// Whose error texts apply.
    pub profile: Profile,
    /// Where time, random numbers and order come from.
    pub mode: Mode,
    /// Whether scripts see `WebAssembly`.
    pub wasm: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_and_modes_round_trip() {
        for code in 0..=u8::MAX {
            let profile = Profile::from_code(code);
            assert_eq!(profile.map(Profile::code), (code <= 1).then_some(code));
            assert_eq!(profile.and_then(|profile| Profile::from_name(profile.name())), profile);
            let mode = Mode::from_code(code);
            assert_eq!(mode.map(Mode::code), (code <= 1).then_some(code));
            assert_eq!(mode.and_then(|mode| Mode::from_name(mode.name())), mode);
        }
        assert_eq!((Profile::from_name("Classic"), Mode::from_name("")), (None, None));
    }

    #[test]
    fn profiles_differ_in_time_response_and_words() {
        let (default, classic) = (Profile::Default.limits(), Profile::Classic.limits());
        assert_eq!((default.execution_ms, default.response_bytes), (30_000, 512));
        assert_eq!((classic.execution_ms, classic.response_bytes), (10_000, 256));
        assert_eq!(Limits { execution_ms: 30_000, response_bytes: 512, ..classic }, default);
        assert!(Profile::Default.names_reasons() && !Profile::Classic.names_reasons());
    }
}
