//! The protobuf form. Field numbers never change their meaning.

use functions_types::limits::{Limits, Mode, Profile, RunOptions};
use prost::Message;

use crate::{ConfigError, Member, Method, OffchainConfig, Timing};

#[derive(Clone, PartialEq, Message)]
struct ConfigMessage {
    #[prost(message, repeated, tag = "1")]
    members: Vec<MemberMessage>,
    #[prost(message, optional, tag = "2")]
    timing: Option<TimingMessage>,
    #[prost(message, optional, tag = "3")]
    limits: Option<LimitsMessage>,
    #[prost(uint32, tag = "4")]
    method: u32,
    #[prost(message, optional, tag = "5")]
    options: Option<OptionsMessage>,
    #[prost(bool, tag = "6")]
    allow_unbound_secrets: bool,
}

/// Absent means all zero: default profile, strict, without WebAssembly.
#[derive(Clone, Copy, PartialEq, Message)]
struct OptionsMessage {
    #[prost(uint32, tag = "1")]
    profile: u32,
    #[prost(uint32, tag = "2")]
    mode: u32,
    #[prost(bool, tag = "3")]
    wasm: bool,
}

#[derive(Clone, PartialEq, Message)]
struct MemberMessage {
    #[prost(string, tag = "1")]
    peer_id: String,
    #[prost(string, repeated, tag = "2")]
    addresses: Vec<String>,
    #[prost(bytes = "vec", tag = "3")]
    offchain_public_key: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct TimingMessage {
    #[prost(uint64, tag = "1")]
    t_obs_ms: u64,
    #[prost(uint64, tag = "2")]
    t_grace_ms: u64,
    #[prost(uint64, tag = "3")]
    attempt_base_ms: u64,
    #[prost(uint64, tag = "4")]
    delta_stage_ms: u64,
}

#[derive(Clone, PartialEq, Message)]
struct LimitsMessage {
    #[prost(uint64, tag = "1")]
    response_bytes: u64,
    #[prost(uint64, tag = "2")]
    execution_ms: u64,
    #[prost(uint64, tag = "3")]
    memory_bytes: u64,
    #[prost(uint64, tag = "4")]
    request_bytes: u64,
    #[prost(uint32, tag = "5")]
    http_queries: u32,
    #[prost(uint64, tag = "6")]
    http_query_ms: u64,
    #[prost(uint64, tag = "7")]
    http_url_chars: u64,
    #[prost(uint64, tag = "8")]
    http_request_bytes: u64,
    #[prost(uint64, tag = "9")]
    http_response_bytes: u64,
    #[prost(uint64, tag = "10")]
    console_bytes: u64,
    #[prost(uint64, tag = "11")]
    console_line_bytes: u64,
    #[prost(uint32, optional, tag = "12")]
    import_modules: Option<u32>,
    #[prost(uint64, optional, tag = "13")]
    import_module_bytes: Option<u64>,
}

pub(crate) fn encode(config: &OffchainConfig) -> Vec<u8> {
    let members = config.members.iter().map(|member| MemberMessage {
        peer_id: member.peer_id.clone(),
        addresses: member.addresses.clone(),
        offchain_public_key: member.offchain_public_key.to_vec(),
    });
    let Timing { t_obs_ms, t_grace_ms, attempt_base_ms, delta_stage_ms } = config.timing;
    let limits = &config.limits;
    ConfigMessage {
        members: members.collect(),
        timing: Some(TimingMessage { t_obs_ms, t_grace_ms, attempt_base_ms, delta_stage_ms }),
        limits: Some(LimitsMessage {
            response_bytes: limits.response_bytes as u64,
            execution_ms: limits.execution_ms,
            memory_bytes: limits.memory_bytes,
            request_bytes: limits.request_bytes as u64,
            http_queries: limits.http_queries,
            http_query_ms: limits.http_query_ms,
            http_url_chars: limits.http_url_chars as u64,
            http_request_bytes: limits.http_request_bytes as u64,
            http_response_bytes: limits.http_response_bytes as u64,
            console_bytes: limits.console_bytes as u64,
            console_line_bytes: limits.console_line_bytes as u64,
            import_modules: Some(limits.import_modules),
            import_module_bytes: Some(limits.import_module_bytes as u64),
        }),
        method: config.method.code(),
        options: (config.options != RunOptions::default()).then(|| OptionsMessage {
            profile: config.options.profile.code().into(),
            mode: config.options.mode.code().into(),
            wasm: config.options.wasm,
        }),
        allow_unbound_secrets: config.allow_unbound_secrets,
    }
    .encode_to_vec()
}

pub(crate) fn decode(bytes: &[u8]) -> Result<OffchainConfig, ConfigError> {
    let message = ConfigMessage::decode(bytes).map_err(|error| ConfigError::Malformed(error.to_string()))?;
    let timing = message.timing.ok_or(ConfigError::Missing("timing"))?;
    let limits = message.limits.ok_or(ConfigError::Missing("limits"))?;
    let members = message.members.into_iter().enumerate().map(|(index, member)| {
        let key = member.offchain_public_key.as_slice();
        Ok(Member {
            offchain_public_key: key.try_into().map_err(|_| ConfigError::OffchainKey { index })?,
            peer_id: member.peer_id,
            addresses: member.addresses,
        })
    });
    Ok(OffchainConfig {
        members: members.collect::<Result<_, ConfigError>>()?,
        timing: Timing {
            t_obs_ms: timing.t_obs_ms,
            t_grace_ms: timing.t_grace_ms,
            attempt_base_ms: timing.attempt_base_ms,
            delta_stage_ms: timing.delta_stage_ms,
        },
        limits: Limits {
            response_bytes: size("response_bytes", limits.response_bytes)?,
            execution_ms: limits.execution_ms,
            memory_bytes: limits.memory_bytes,
            request_bytes: size("request_bytes", limits.request_bytes)?,
            http_queries: limits.http_queries,
            http_query_ms: limits.http_query_ms,
            http_url_chars: size("http_url_chars", limits.http_url_chars)?,
            http_request_bytes: size("http_request_bytes", limits.http_request_bytes)?,
            http_response_bytes: size("http_response_bytes", limits.http_response_bytes)?,
            console_bytes: size("console_bytes", limits.console_bytes)?,
            console_line_bytes: size("console_line_bytes", limits.console_line_bytes)?,
            import_modules: limits.import_modules.unwrap_or(Limits::DEFAULT.import_modules),
            import_module_bytes: match limits.import_module_bytes {
                Some(bytes) => size("import_module_bytes", bytes)?,
                None => Limits::DEFAULT.import_module_bytes,
            },
        },
        options: options(message.options.unwrap_or_default())?,
        method: Method::from_code(message.method).ok_or(ConfigError::Method { code: message.method })?,
        allow_unbound_secrets: message.allow_unbound_secrets,
    })
}

fn options(message: OptionsMessage) -> Result<RunOptions, ConfigError> {
    let unknown = |field, value: u32| ConfigError::Range { field, value: value.into(), least: 0, most: 1 };
    let OptionsMessage { profile, mode, wasm } = message;
    let known_profile = u8::try_from(profile).ok().and_then(Profile::from_code);
    let known_mode = u8::try_from(mode).ok().and_then(Mode::from_code);
    Ok(RunOptions {
        profile: known_profile.ok_or(unknown("profile", profile))?,
        mode: known_mode.ok_or(unknown("mode", mode))?,
        wasm,
    })
}

fn size(field: &'static str, value: u64) -> Result<usize, ConfigError> {
    usize::try_from(value).map_err(|_| ConfigError::Range {
        field,
        value,
        least: 0,
        most: u64::from(u32::MAX),
    })
}
