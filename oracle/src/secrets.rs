//! Whether this node has its share of the keys for secrets that the chain shows.

use alloy::{
    primitives::{Address, B256},
    sol_types::{SolCall, SolError as _},
};
use eyre::{Result, bail};
use functions_tdh2::{PublicKey, ecies::DonPublicKey};
use functions_types::abi::Coordinator;
use oracle_keys::SecretsKeys;

use crate::chain::{self, Rpc, RpcFailure};

/// The keys that the Coordinator shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// As clients read it; `None` while none is set.
    pub threshold: Option<Vec<u8>>,
    /// `x || y`; `None` while none is set.
    pub don: Option<Vec<u8>>,
}

/// How a node stands towards them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// None are set: requests have no secrets.
    Unset,
    /// It has its share.
    Held,
    /// They were made for another configuration, or by a dealer, and it has none: it runs without secrets.
    Lacking,
    /// They were made for the configuration in force, of which it is a member, and it has others or none.
    Mismatch,
}

impl Shown {
    /// Asks the Coordinator.
    ///
    /// # Errors
    /// [`RpcFailure`].
    pub async fn ask(rpc: &Rpc, coordinator: Address) -> Result<Self, RpcFailure> {
        Ok(Self {
            threshold: key(rpc, coordinator, Coordinator::getThresholdPublicKeyCall {}).await?,
            don: key(rpc, coordinator, Coordinator::getDONPublicKeyCall {}).await?,
        })
    }

    /// Judges them by the generations that a keystore has, under the configuration with this digest.
    #[must_use]
    pub fn judge(&self, own: &[SecretsKeys], digest: &B256) -> Standing {
        let (Some(threshold), Some(don)) = (&self.threshold, &self.don) else { return Standing::Unset };
        let (threshold, don) = (PublicKey::decode(threshold).ok(), DonPublicKey::decode(don).ok());
        let is_held =
            |keys: &SecretsKeys| Some(&keys.threshold) == threshold.as_ref() && Some(keys.don) == don;
        if own.iter().any(is_held) {
            Standing::Held
        } else if threshold.is_some_and(|key| SecretsKeys::is_made_for(&key, digest)) {
            Standing::Mismatch
        } else {
            Standing::Lacking
        }
    }
}

impl Standing {
    /// What `/status` calls it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unset => "unset",
            Self::Held => "held",
            Self::Lacking => "lacking",
            Self::Mismatch => "mismatch",
        }
    }

    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Unset => "the Coordinator shows no keys for secrets: requests have none",
            Self::Held => "this node has its share of the keys for secrets",
            Self::Lacking => {
                "the Coordinator's keys for secrets were not made for this configuration, and the keystore has no share of \
                 them: this node opens no secrets"
            }
            Self::Mismatch => {
                "the Coordinator's keys for secrets were made for this configuration, but they are not those of the keystore"
            }
        }
    }

    /// Says it in the log.
    ///
    /// # Errors
    /// [`Standing::Mismatch`]: the node must not go on, for its shares would be wrong.
    pub fn tell(self) -> Result<()> {
        match self {
            Self::Unset | Self::Held => tracing::info!("{}", self.words()),
            Self::Lacking => tracing::warn!(remedy = self.remedy(), "NO SECRETS: {}", self.words()),
            Self::Mismatch => bail!("{}; {}", self.words(), self.remedy()),
        }
        Ok(())
    }

    /// What to do; empty when nothing needs to be.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::Unset | Self::Held => "",
            Self::Lacking => {
                "let all members run `functions-node dkg` while they are stopped, and the owner set what they print \
                 (`functions don keys`)"
            }
            Self::Mismatch => {
                "put the keystore back that `functions-node dkg` wrote, or let all members run it again with another \
                 --attempt and the owner set what they print (`functions don keys`)"
            }
        }
    }
}

async fn key<C: SolCall<Return = alloy::primitives::Bytes>>(
    rpc: &Rpc,
    coordinator: Address,
    call: C,
) -> Result<Option<Vec<u8>>, RpcFailure> {
    match chain::view(rpc, coordinator, call).await {
        Ok(key) => Ok(Some(key.to_vec())),
        Err(RpcFailure::Reverted { data, .. })
            if data.starts_with(&Coordinator::EmptyPublicKey::SELECTOR) =>
        {
            Ok(None)
        }
        Err(err) => Err(err),
    }
}

#[cfg(test)]
mod tests {
    use oracle_keys::{Keystore, Plan};

    use super::*;

    /// What the members of a configuration make.
    fn made(stores: &mut [Keystore], digest: B256, attempt: u32) -> SecretsKeys {
        let members = stores.iter().map(|store| store.public().offchain_public_key.0).collect();
        let plan = Plan { digest, attempt, members, needed: 2 };
        let begin = |store: &Keystore| store.make_secrets_keys(plan.clone(), None).expect("begins");
        let mut all: Vec<_> = stores.iter().map(begin).collect();
        let mut said: Vec<_> = all.iter().map(|one| (one.me(), one.said())).collect();
        while let Some((from, list)) = said.pop() {
            for message in list {
                let answers = all[usize::from(message.to)].step(from, &message.bytes);
                said.insert(0, (message.to, answers));
            }
        }
        for (store, made) in stores.iter_mut().zip(&all) {
            store.add_generation(made).expect("kept");
        }
        stores[0].secrets_keys().next().expect("made").clone()
    }

    fn shown(keys: &SecretsKeys) -> Shown {
        let threshold = Some(keys.threshold.encode().into_bytes());
        Shown { threshold, don: Some(keys.don.encode().to_vec()) }
    }

    #[test]
    fn a_node_is_refused_by_keys_of_its_own_configuration_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let make =
            |name: &str| Keystore::create(&folder.path().join(name), "correct horse battery").expect("made");
        let mut stores = [make("a"), make("b")];
        let (before, now) = (B256::repeat_byte(1), B256::repeat_byte(2));
        let old = made(&mut stores, before, 0);
        let new = made(&mut stores, now, 0);
        let own: Vec<SecretsKeys> = stores[0].secrets_keys().cloned().collect();

        assert_eq!(Shown::default().judge(&own, &now), Standing::Unset);
        let half = Shown { don: None, ..shown(&new) };
        assert_eq!(half.judge(&own, &now), Standing::Unset, "one key alone encrypts nothing");
        for keys in [&old, &new] {
            assert_eq!(shown(keys).judge(&own, &now), Standing::Held);
        }
        // A member that came later, or lost its keystore.
        assert_eq!(shown(&old).judge(&[], &now), Standing::Lacking);
        assert_eq!(shown(&new).judge(&[], &now), Standing::Mismatch);
        assert_eq!(shown(&new).judge(std::slice::from_ref(&old), &now), Standing::Mismatch);
        let mixed = Shown { don: shown(&old).don, ..shown(&new) };
        assert_eq!(mixed.judge(&own, &now), Standing::Mismatch);
        let dealt = Shown { threshold: Some(b"{}".to_vec()), ..shown(&new) };
        assert_eq!(dealt.judge(&own, &now), Standing::Lacking);
        for standing in [Standing::Lacking, Standing::Mismatch] {
            assert!(standing.remedy().contains("functions-node dkg"), "{}", standing.name());
        }
    }
}
