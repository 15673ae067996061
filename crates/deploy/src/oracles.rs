//! An oracle set and the configuration it makes.

use functions_client::OracleConfig;
use functions_failure::{OrHelp as _, Result, failure};
use functions_offchain_config::{Method, OffchainConfig, Timing};
use functions_types::{
    limits::RunOptions,
    members::{MAX_MEMBERS, MIN_MEMBERS, most_faulty, quorum},
};

use crate::members::{self, Oracle};

/// The oracle set.
#[derive(Clone, Debug)]
pub struct Don {
    /// The members, in order.
    pub oracles: Vec<Oracle>,
    /// Faulty members tolerated.
    pub f: u8,
    /// The agreement's timing.
    pub timing: Timing,
    /// How observations become one outcome.
    pub method: Method,
    /// Limits, error texts, clock and features of scripts.
    pub options: RunOptions,
    /// Whether secrets that are bound to nobody are opened.
    pub allow_unbound_secrets: bool,
}

impl Don {
    /// An oracle set; without `f` the most that `oracles` can tolerate.
    ///
    /// # Errors
    /// When there are fewer than [`MIN_MEMBERS`], more than [`MAX_MEMBERS`], or too few for `f`.
    pub fn new(oracles: Vec<Oracle>, f: Option<u8>) -> Result<Self> {
        let n = oracles.len();
        if !(MIN_MEMBERS..=MAX_MEMBERS).contains(&n) {
            return Err(failure!(
                help = "list every member, one object a line as `functions-node keygen` prints it",
                "an oracle set has {MIN_MEMBERS} to {MAX_MEMBERS} members, not {n}"
            ));
        }
        let most = u8::try_from(most_faulty(n)).expect("31 members or fewer");
        let f = f.unwrap_or(most);
        if f == 0 || f > most {
            return Err(failure!(
                help = "leave `f` out for the most there can be, or add members: n must be above 3f",
                "with {n} oracles f is between 1 and {most}, not {f}"
            ));
        }
        let (timing, method, options) = (Timing::default(), Method::default(), RunOptions::default());
        Ok(Self { oracles, f, timing, method, options, allow_unbound_secrets: false })
    }

    /// Signatures a report needs.
    pub fn quorum(&self) -> usize {
        quorum(self.oracles.len(), self.f.into())
    }

    /// The arguments of `setConfig`.
    ///
    /// # Errors
    /// When a member's keys or a waiting time are out of range.
    pub fn oracle_config(&self) -> Result<OracleConfig> {
        members::check(&self.oracles)?;
        let members = self.oracles.iter().map(Oracle::member).collect::<Result<Vec<_>>>()?;
        let offchain = OffchainConfig {
            members,
            timing: self.timing,
            limits: self.options.profile.limits(),
            options: self.options,
            method: self.method,
            allow_unbound_secrets: self.allow_unbound_secrets,
        };
        Ok(OracleConfig {
            signers: self.oracles.iter().map(|oracle| oracle.signer).collect(),
            transmitters: self.oracles.iter().map(|oracle| oracle.transmitter).collect(),
            f: self.f,
            offchain_version: functions_offchain_config::VERSION,
            offchain: offchain.encode().or_help("correct [don.timing] or the member it names")?.into(),
        })
    }
}
