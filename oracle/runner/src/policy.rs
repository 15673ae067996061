//! What an operator decides about the network: which hosts scripts may ask, which modules they may
//! import.

use std::collections::BTreeMap;

/// Which HTTP queries are performed, beyond the rules that always hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpPolicy {
    /// Refuse `http:`, except to endpoints of the development list.
    pub https_only: bool,
    /// Ports below 1024 scripts may connect to; those above are free.
    pub low_ports: Vec<u16>,
    /// Hosts scripts may ask (`api.example.com`, `*.example.com`); empty means all.
    pub allow_hosts: Vec<String>,
    /// Hosts scripts may not ask, whatever the other list says.
    pub deny_hosts: Vec<String>,
    /// Queries a second to one host, by all scripts together; the rest waits. `None` is no limit.
    pub per_host_per_second: Option<u32>,
    /// Answer identical GETs of one on-chain request from one exchange, for a minute.
    pub share_identical_gets: bool,
}

impl Default for HttpPolicy {
    fn default() -> Self {
        Self {
            https_only: false,
            low_ports: vec![80, 443],
            allow_hosts: Vec::new(),
            deny_hosts: Vec::new(),
            per_host_per_second: None,
            share_identical_gets: false,
        }
    }
}

/// Which modules scripts may import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportPolicy {
    /// Whether scripts may import at all; built-ins included.
    pub enabled: bool,
    /// Where `npm:NAME@VERSION` (as `MIRROR/NAME@VERSION`) and `jsr:…` (as `MIRROR/jsr/…`) come
    /// from: the base URL of a service that offers packages as ECMAScript modules.
    pub mirror: Option<String>,
    /// Specifier to SHA-256 of the module's text: nothing else is taken for that specifier.
    pub pins: BTreeMap<String, [u8; 32]>,
    /// Refuse what is not pinned.
    pub pinned_only: bool,
}

impl Default for ImportPolicy {
    fn default() -> Self {
        Self { enabled: true, mirror: None, pins: BTreeMap::new(), pinned_only: false }
    }
}
