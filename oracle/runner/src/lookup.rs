//! Who looks the names up that scripts ask for.

use std::fmt;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

/// Looks names up.
pub trait Lookup: fmt::Debug + Send + Sync {
    /// All addresses of `name`.
    fn lookup<'a>(&'a self, name: &'a str) -> LookupAnswer<'a>;
}

/// What [`Lookup::lookup`] comes to.
pub type LookupAnswer<'a> = Pin<Box<dyn Future<Output = std::io::Result<Vec<IpAddr>>> + Send + 'a>>;

/// The system's resolver.
#[derive(Debug)]
struct SystemLookup;

impl Lookup for SystemLookup {
    fn lookup<'a>(&'a self, name: &'a str) -> LookupAnswer<'a> {
        Box::pin(async move {
            Ok(tokio::net::lookup_host((name, 0)).await?.map(|address| address.ip()).collect())
        })
    }
}

/// Who looks names up; the system unless a test says otherwise.
#[derive(Clone)]
pub struct Resolver(pub Arc<dyn Lookup>);

impl Default for Resolver {
    fn default() -> Self {
        Self(Arc::new(SystemLookup))
    }
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
