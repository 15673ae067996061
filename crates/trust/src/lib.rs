//! Which certificate authorities the programs' clients trust, of HTTP and of WebSockets.
//!
//! The system's, as `ca-certificates` installs them or `SSL_CERT_FILE` and `SSL_CERT_DIR` name them: whoever runs the
//! machine decides. A bare system has none; there it is Mozilla's list as of this build, so that https works without a
//! package. Every client of this repository is built here, for the same answer everywhere.

use std::sync::{Arc, OnceLock};

use reqwest::{Certificate, Client, ClientBuilder};
use rustls::{ClientConfig, RootCertStore};

/// A builder of HTTP clients that trust whom this machine trusts. ring is the TLS implementation, unless the program
/// chose another before.
pub fn http_client() -> ClientBuilder {
    // An error means that one is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = Client::builder();
    if system_has_authorities() { builder } else { builder.tls_certs_only(carried()) }
}

/// What a client of TLS that is none of HTTP trusts: the same.
pub fn tls() -> Arc<ClientConfig> {
    static TRUSTED: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    let trusted = TRUSTED.get_or_init(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut authorities = RootCertStore::empty();
        // What the system holds that is no certificate is left out, as by its other clients.
        authorities.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if authorities.is_empty() {
            authorities.add_parsable_certificates(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned());
        }
        Arc::new(ClientConfig::builder().with_root_certificates(authorities).with_no_client_auth())
    });
    trusted.clone()
}

/// Whether the system names at least one authority.
fn system_has_authorities() -> bool {
    static HAS: OnceLock<bool> = OnceLock::new();
    *HAS.get_or_init(|| !rustls_native_certs::load_native_certs().certs.is_empty())
}

/// The authorities this program carries.
fn carried() -> impl Iterator<Item = Certificate> {
    webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().filter_map(|der| Certificate::from_der(der).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_carried_authority_is_usable() {
        assert!(carried().count() > 100);
        assert_eq!(carried().count(), webpki_root_certs::TLS_SERVER_ROOT_CERTS.len());
        let _ = rustls::crypto::ring::default_provider().install_default();
        Client::builder().tls_certs_only(carried()).build().expect("a client");
        assert_eq!(tls().alpn_protocols, Vec::<Vec<u8>>::new());
    }
}
