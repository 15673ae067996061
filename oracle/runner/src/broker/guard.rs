//! Which URLs a script may reach, before any name is looked up.

use url::{Host, Url};

use super::address::is_global;
use crate::{HttpPolicy, RunnerError};

/// Why a request was not sent, for the node's log only.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Blocked {
    #[error("not a URL")]
    NotAUrl,
    #[error("scheme {0} is not supported")]
    Scheme(String),
    #[error("only https is allowed here")]
    Plain,
    #[error("port {0} is not allowed")]
    Port(u16),
    #[error("address {0} is not public")]
    Address(std::net::IpAddr),
    #[error("this endpoint belongs to the node")]
    Own,
    #[error("the operator refuses this host")]
    Host,
}

/// `HOST:PORT`, the host as the URL parser spells it.
pub(crate) type Endpoint = (String, u16);

/// The rules of one runner.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    admitted: Vec<Endpoint>,
    own: Vec<Endpoint>,
    policy: HttpPolicy,
}

/// A URL that may be requested, unless its name resolves to a refused address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Vetted {
    pub(crate) url: Url,
    /// The operator admitted this endpoint: its addresses are not judged.
    pub(crate) admitted: bool,
}

impl Guard {
    pub(crate) fn new(admitted: &[String], own: &[String], policy: HttpPolicy) -> Result<Self, RunnerError> {
        let parse = |list: &[String]| list.iter().map(|text| endpoint(text)).collect::<Result<Vec<_>, _>>();
        for pattern in policy.allow_hosts.iter().chain(&policy.deny_hosts) {
            check_pattern(pattern)?;
        }
        Ok(Self { admitted: parse(admitted)?, own: parse(own)?, policy })
    }

    /// The node's own endpoints.
    pub(crate) fn own(&self) -> &[Endpoint] {
        &self.own
    }

    /// Parses and judges a URL. Credentials and fragment are dropped.
    pub(crate) fn vet(&self, text: &str) -> Result<Vetted, Blocked> {
        self.vet_url(Url::parse(text).map_err(|_| Blocked::NotAUrl)?)
    }

    /// Judges a parsed URL, as [`Self::vet`] does.
    pub(crate) fn vet_url(&self, mut url: Url) -> Result<Vetted, Blocked> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Blocked::Scheme(url.scheme().to_owned()));
        }
        // Neither can fail: both schemes have a host.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        url.set_fragment(None);
        let port = url.port_or_known_default().ok_or(Blocked::NotAUrl)?;
        let host = url.host().ok_or(Blocked::NotAUrl)?;
        let address = match host {
            Host::Ipv4(v4) => Some(v4.into()),
            Host::Ipv6(v6) => Some(v6.into()),
            Host::Domain(_) => None,
        };
        let name = host.to_string();
        let name = name.strip_suffix('.').unwrap_or(&name).to_owned();
        // No server has such a name, and without its dots it may look like an address.
        if name.split('.').any(str::is_empty) {
            return Err(Blocked::NotAUrl);
        }
        let is = |(host, known): &Endpoint| *known == port && *host == name;
        if self.own.iter().any(is) {
            return Err(Blocked::Own);
        }
        if self.admitted.iter().any(is) {
            return Ok(Vetted { url, admitted: true });
        }
        if self.policy.https_only && url.scheme() != "https" {
            return Err(Blocked::Plain);
        }
        if port < 1024 && !self.policy.low_ports.contains(&port) {
            return Err(Blocked::Port(port));
        }
        let listed = |list: &[String]| list.iter().any(|pattern| matches_host(pattern, &name));
        let HttpPolicy { allow_hosts, deny_hosts, .. } = &self.policy;
        if listed(deny_hosts) || !allow_hosts.is_empty() && !listed(allow_hosts) {
            return Err(Blocked::Host);
        }
        match address {
            Some(address) if !is_global(address) => Err(Blocked::Address(address)),
            _ => Ok(Vetted { url, admitted: false }),
        }
    }
}

/// Whether `pattern` means `host`: the name itself, or `*.` and a name for all below it.
fn matches_host(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix("*.") {
        Some(parent) => host.strip_suffix(parent).is_some_and(|rest| rest.ends_with('.')),
        None => pattern == host,
    }
}

fn check_pattern(pattern: &str) -> Result<(), RunnerError> {
    let name = pattern.strip_prefix("*.").unwrap_or(pattern);
    // The form the URL parser gives hosts is the one they are compared in.
    let same = Url::parse(&format!("http://{name}/")).is_ok_and(|url| url.host_str() == Some(name));
    if same && !name.contains('*') && !name.ends_with('.') {
        return Ok(());
    }
    Err(RunnerError::Config(format!(
        "{pattern:?} is not a host; write api.example.com, or *.example.com for all names below it"
    )))
}

fn endpoint(text: &str) -> Result<Endpoint, RunnerError> {
    let wrong = || RunnerError::Config(format!("{text:?} is not HOST:PORT"));
    if text.contains(['/', '@', '?', '#']) || !text.contains(':') {
        return Err(wrong());
    }
    let url = Url::parse(&format!("http://{text}")).map_err(|_| wrong())?;
    let host = url.host().ok_or_else(wrong)?.to_string();
    let port = url.port_or_known_default().ok_or_else(wrong)?;
    Ok((host.trim_end_matches('.').to_owned(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard() -> Guard {
        let admitted = ["127.0.0.1:8080".into(), "[::1]:81".into()];
        Guard::new(&admitted, &["rpc.example:443".into()], HttpPolicy::default()).unwrap()
    }

    #[test]
    fn refuses_by_scheme_port_address_and_ownership() {
        let blocked = |text: &str| guard().vet(text).unwrap_err();
        assert_eq!(blocked("not a url"), Blocked::NotAUrl);
        assert_eq!(blocked("/relative"), Blocked::NotAUrl);
        for host in ["127.0.0.1..", "example..com", "rpc.example..", ".example.com"] {
            assert_eq!(blocked(&format!("https://{host}/")), Blocked::NotAUrl, "{host}");
        }
        assert_eq!(blocked("ftp://example.com/"), Blocked::Scheme("ftp".into()));
        assert_eq!(blocked("file:///etc/passwd"), Blocked::Scheme("file".into()));
        assert_eq!(blocked("https://example.com:22/"), Blocked::Port(22));
        assert_eq!(blocked("https://rpc.example/"), Blocked::Own);
        assert_eq!(blocked("https://rpc.example./"), Blocked::Own);
        for text in [
            "http://127.0.0.1/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://0177.0.0.1/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://169.254.169.254/latest/",
            "http://10.0.0.1:8080/",
            "http://127.0.0.1:8081/",
            "http://user@127.0.0.1/",
        ] {
            assert!(matches!(blocked(text), Blocked::Address(_)), "{text}");
        }
    }

    #[test]
    fn admits_what_the_operator_listed_and_drops_credentials() {
        let vetted = guard().vet("http://me:secret@127.0.0.1:8080/a?b#c").unwrap();
        assert_eq!(vetted.url.as_str(), "http://127.0.0.1:8080/a?b");
        assert!(vetted.admitted);
        assert!(guard().vet("http://[::1]:81/").unwrap().admitted);
        let public = guard().vet("https://example.com:8443/").unwrap();
        assert!(!public.admitted);
    }

    #[test]
    fn configuration_refuses_what_is_not_host_and_port() {
        for text in ["example.com", "http://example.com:80", "a:b", ":80", "a:80/path"] {
            assert!(Guard::new(&[text.into()], &[], HttpPolicy::default()).is_err(), "{text}");
        }
    }

    fn with(policy: HttpPolicy) -> Guard {
        Guard::new(&["127.0.0.1:8080".into()], &[], policy).unwrap()
    }

    #[test]
    fn lists_of_hosts_are_obeyed() {
        let list = |hosts: &[&str]| hosts.iter().map(|host| (*host).to_owned()).collect();
        let deny_hosts = list(&["bad.example", "*.evil.example"]);
        let denying = with(HttpPolicy { deny_hosts, ..HttpPolicy::default() });
        for host in ["bad.example", "bad.example.", "a.evil.example", "a.b.evil.example", "BAD.example"] {
            assert_eq!(denying.vet(&format!("https://{host}/")).unwrap_err(), Blocked::Host, "{host}");
        }
        for host in ["evil.example", "notbad.example", "notevil.example", "x.bad.example"] {
            assert!(denying.vet(&format!("https://{host}/")).is_ok(), "{host}");
        }
        let allow_hosts = list(&["api.example"]);
        let deny_hosts = list(&["api.example"]);
        let allowing = with(HttpPolicy { allow_hosts, ..HttpPolicy::default() });
        assert!(allowing.vet("https://api.example/").is_ok());
        assert_eq!(allowing.vet("https://other.example/").unwrap_err(), Blocked::Host);
        assert_eq!(allowing.vet("https://1.1.1.1/").unwrap_err(), Blocked::Host);
        assert!(allowing.vet("http://127.0.0.1:8080/").is_ok());
        let both = HttpPolicy { allow_hosts: list(&["api.example"]), deny_hosts, ..HttpPolicy::default() };
        assert_eq!(with(both).vet("https://api.example/").unwrap_err(), Blocked::Host);
        for pattern in ["", "*", "*.", "https://a", "a:1", "A.example", "a.example.", "*.*.example"] {
            let policy = HttpPolicy { deny_hosts: list(&[pattern]), ..HttpPolicy::default() };
            assert!(Guard::new(&[], &[], policy).is_err(), "{pattern:?}");
        }
    }

    #[test]
    fn schemes_and_ports_can_be_narrowed() {
        let secure = with(HttpPolicy { https_only: true, low_ports: vec![443], ..HttpPolicy::default() });
        assert_eq!(secure.vet("http://example.com/").unwrap_err(), Blocked::Plain);
        assert_eq!(secure.vet("https://example.com:80/").unwrap_err(), Blocked::Port(80));
        assert!(secure.vet("https://example.com/").is_ok());
        assert!(secure.vet("http://127.0.0.1:8080/").is_ok());
    }
}
