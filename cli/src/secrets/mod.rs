//! `functions secrets`: encrypting secrets and storing them with a DON.

mod encrypt;
mod list;
mod upload;

use std::path::PathBuf;
use std::sync::Arc;

use alloy::primitives::Address;
use functions_client::secrets::{For, Gateway, GatewayError, KeysError, Listing, SecretsKeys, seal};
use functions_client::{Account, shown_text};
use functions_failure::{Failure, OrHelp as _, Result, WrapErr as _, failure, misuse};
use functions_tdh2::Secrets;
use functions_types::{DonId, SubscriptionId};
use serde_json::{Value, json};
use url::Url;

use crate::network::{Connected, Sending, don_id};
use crate::output;
use crate::remedy;
use crate::simulate::secrets::Secrets as Given;

/// Encrypts secrets and stores them with a DON
///
/// A secret is encrypted to a threshold of the DON's nodes, for requests of the key's owner alone: fewer nodes cannot
/// read it, and no request of another's subscription can use it. Nothing here prints a secret.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Verb {
    /// Encrypt secrets and print what may be uploaded or published
    Encrypt(encrypt::Options),
    /// Encrypt secrets and store them with all nodes, through one of their gateways
    Upload(upload::Options),
    /// Show which slots and versions the nodes have of the key's address
    List(list::Options),
}

/// Runs the verb.
///
/// # Errors
/// What is wrong with the secrets, and what the contracts, the endpoint or the gateway refused.
pub(crate) async fn run(verb: Verb) -> Result<()> {
    match verb {
        Verb::Encrypt(options) => encrypt::run(options).await,
        Verb::Upload(options) => upload::run(options).await,
        Verb::List(options) => list::run(options).await,
    }
}

/// Which secrets, of whom, and for which requests.
#[derive(clap::Args, Debug)]
struct Sealing {
    /// A JSON file of an object of strings; or env: every variable FUNCTIONS_SECRET_NAME is the secret NAME
    #[arg(long, value_name = "FILE|env")]
    secrets: String,
    /// Only requests of this subscription may use them; those of all the owner's may unless given
    #[arg(long, value_name = "ID")]
    subscription: Option<u64>,
    #[command(flatten)]
    at: At,
}

/// Which DON, and as whom.
#[derive(clap::Args, Debug)]
struct At {
    /// The DON, by name or as 0x and 64 hex digits; that of the addresses file unless given
    #[arg(long, value_name = "NAME", value_parser = don_id)]
    don_id: Option<DonId>,
    #[command(flatten)]
    sending: Sending,
}

/// Where a DON takes what is stored.
#[derive(clap::Args, Debug)]
struct Gateways {
    /// A gateway of the DON (repeatable: the next one is tried when one does not answer)
    #[arg(long = "gateway", value_name = "URL", env = "FUNCTIONS_GATEWAY", required = true)]
    urls: Vec<Url>,
}

/// Secrets that were encrypted.
struct Sealed {
    text: String,
    owner: Account,
    don: DonId,
    coordinator: Address,
    members: Option<Members>,
}

impl Sealing {
    async fn seal(&self) -> Result<Sealed> {
        let given = Given::read(Some(&self.secrets))?;
        let secrets = Secrets::parse(&given.to_json(), functions_tdh2::MAX_SECRETS_BYTES).map_err(|err| {
            failure!(
                help = "take out what the script does not need",
                "the secrets cannot be encrypted: {err}"
            )
        })?;
        let (at, owner) = self.at.sending.connect().await?;
        let (don, coordinator, keys) = self.at.keys(&at).await?;
        let subscription = self.subscription.map(SubscriptionId);
        if let Some(id) = subscription {
            let held = at.subscriptions().get(id).await.map_err(remedy::report)?;
            if held.owner != owner.address() {
                return Err(failure!(
                    help = "use the key of its owner: nodes open secrets of a subscription's owner only",
                    "subscription {id} belongs to {}, not to {}",
                    held.owner,
                    owner.address()
                ));
            }
        }
        let whose = For { chain_id: at.chain.id(), coordinator, subscription };
        let text =
            seal(&owner, &secrets, &keys, &whose).or_help("tell its authors: this should not happen")?;
        let members = Members::read(&at, coordinator).await;
        Ok(Sealed { text, owner, don, coordinator, members })
    }
}

impl At {
    async fn keys(&self, at: &Connected) -> Result<(DonId, Address, Arc<SecretsKeys>)> {
        let don = at.don(self.don_id)?;
        let coordinator = at.coordinator(don).await?;
        let keys = SecretsKeys::read(&at.chain, coordinator).await.map_err(no_keys)?;
        Ok((don, coordinator, Arc::new(keys)))
    }
}

fn no_keys(error: KeysError) -> Failure {
    match error {
        KeysError::Client(error) => remedy::report(error),
        error => failure!(
            help = "ask the DON's owner, who has the nodes make keys with `functions-node dkg`",
            "{error}"
        ),
    }
}

impl Gateways {
    /// What the members say, through the first gateway that answers with their words.
    async fn ask<'a, F>(
        &'a self,
        don: DonId,
        members: Option<&Members>,
        ask: impl Fn(Gateway) -> F + 'a,
    ) -> Result<Listing>
    where
        F: Future<Output = std::result::Result<Listing, GatewayError>>,
    {
        let mut failed = None;
        for url in &self.urls {
            let gateway = Gateway::new(url.clone(), &don.to_string()).map_err(refused)?;
            match ask(gateway).await {
                Err(error @ (GatewayError::Unreachable { .. } | GatewayError::NoGateway { .. })) => {
                    failed = Some(refused(error));
                }
                Err(error) => return Err(refused(error)),
                Ok(listing) => match members.map_or(Ok(listing.clone()), |members| members.of(listing)) {
                    Ok(listing) => return Ok(listing),
                    Err(said) => {
                        failed = Some(failure!(
                            help = "name another gateway of the DON with --gateway, and tell its operators of this one",
                            "the gateway {} {said}",
                            shown_text(url.as_str())
                        ));
                    }
                },
            }
        }
        Err(failed.unwrap_or_else(|| misuse!(help = "give --gateway URL", "which gateway? none is named")))
    }
}

/// Who the members are: the signers of the configuration in force.
struct Members {
    signers: Vec<Address>,
    f: usize,
}

impl Members {
    /// As the chain says it; none, with a warning, where their configuration is not found.
    async fn read(at: &Connected, coordinator: Address) -> Option<Self> {
        let event = at.configuration(coordinator).await;
        if event.is_none() {
            output::say(
                "warning: the DON's configuration was not found (--from-block BLOCK from before it was set helps), so nobody \
                 checks that those who answer are its members",
            );
        }
        event.map(|event| Self { signers: event.signers, f: event.f.into() })
    }

    /// What members say of it. A gateway that claims a success shows one more of them than may be faulty.
    fn of(&self, listing: Listing) -> std::result::Result<Listing, String> {
        let Listing { success, members } = listing;
        let answered = members.len();
        let members: Vec<_> =
            members.into_iter().filter(|said| self.signers.contains(&said.member)).collect();
        let did = members.iter().filter(|said| said.refusal.is_none()).count();
        if members.len() < answered || (success && did <= self.f) {
            return Err(format!(
                "claims what the DON's members do not say: {answered} accounts answered, {} of them members, {did} of which did \
                 as they were asked",
                members.len()
            ));
        }
        Ok(Listing { success, members })
    }
}

fn refused(error: GatewayError) -> Failure {
    let help = match &error {
        GatewayError::Unreachable { .. } => {
            "check the URL, or name another gateway of the DON with --gateway"
        }
        GatewayError::NoGateway { .. } => "name a gateway: its operator sets gateway.listen",
        GatewayError::Refused { .. } => "see what it says; every node holds messages to its own rules",
        _ => "try again",
    };
    failure!(help = help, "{error}")
}

/// Each member's answer, for machines.
fn members_json(listing: &Listing) -> Value {
    let member = |said: &functions_client::secrets::MemberAnswer| {
        json!({
            "member": said.member.to_string(),
            "success": said.refusal.is_none(),
            "error": said.refusal,
            "rows": said.rows.iter().map(|row| json!({
                "slot": row.slot, "version": row.version, "expirationMs": row.expiration_ms,
            })).collect::<Vec<_>>(),
        })
    };
    listing.members.iter().map(member).collect()
}

/// Where a file of encrypted secrets goes, when it goes into one.
#[derive(clap::Args, Debug)]
struct Out {
    /// Write the encrypted secrets into this new file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Out {
    fn write(&self, text: &str) -> Result<()> {
        use std::io::Write as _;
        let Some(path) = &self.out else { return Ok(()) };
        let written = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(path)
            .and_then(|mut file| file.write_all(text.as_bytes()));
        written.wrap_err_with(|| format!("cannot write {}", path.display()))
    }
}

#[cfg(test)]
mod tests {
    use functions_client::secrets::MemberAnswer;

    use super::*;

    fn said(member: u8, refusal: Option<&str>) -> MemberAnswer {
        let refusal = refusal.map(str::to_owned);
        MemberAnswer { member: Address::repeat_byte(member), refusal, rows: Vec::new() }
    }

    #[test]
    fn a_gateway_is_believed_as_far_as_members_of_the_don_say_what_it_claims() {
        let signers = (1..=4).map(Address::repeat_byte).collect();
        let members = Members { signers, f: 1 };
        let of = |success: bool, said: Vec<MemberAnswer>| members.of(Listing { success, members: said });
        assert_eq!(of(true, vec![said(1, None), said(3, None)]).expect("members").members.len(), 2);
        assert!(of(false, vec![said(1, Some("version too low"))]).is_ok(), "a refusal is shown");
        for lie in [
            vec![],
            vec![said(1, None)],
            vec![said(1, None), said(2, Some("no"))],
            vec![said(8, None), said(9, None), said(10, None)],
            vec![said(1, None), said(2, None), said(9, None)],
        ] {
            let words = of(true, lie).expect_err("claimed");
            assert!(words.contains("claims what the DON's members do not say"), "{words}");
        }
        assert!(of(false, vec![said(9, Some("no"))]).is_err(), "nor is a stranger's refusal");
    }
}
