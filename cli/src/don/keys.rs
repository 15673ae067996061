//! `functions don keys`: what the members made with `functions-node dkg`, set in the Coordinator.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use alloy::primitives::{Address, B256, Bytes};
use alloy::sol_types::SolCall;
use functions_client::abi::Coordinator;
use functions_client::{Account, is_refused};
use functions_failure::{OrHelp as _, Result, WrapErr as _, failure, misuse};
use functions_tdh2::{PublicKey, ecies::DonPublicKey};
use functions_types::members::{most_faulty, quorum};
use serde::Deserialize;
use serde_json::json;

use super::At;
use crate::network::Connected;
use crate::output;
use crate::remedy;

/// Most bytes of all objects of a file: 31 members print less than 4 KiB each.
const MAX_FILE_BYTES: u64 = 256 * 1024;
/// What to do about objects that do not fit.
const PRINTED: &str =
    "each file holds what one member's `functions-node dkg` printed, for the configuration in force";

/// Options of `don keys`.
#[derive(clap::Args, Debug)]
pub(crate) struct Keys {
    #[command(flatten)]
    at: At,
    /// What the members' `functions-node dkg` printed: a file each, or several objects in one
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Replace a threshold key that secrets are encrypted to: they must be encrypted anew
    #[arg(long)]
    replace: bool,
    /// Send nothing, say what would be set
    #[arg(long)]
    dry_run: bool,
}

/// What one member printed.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
struct Made {
    digest: B256,
    attempt: u32,
    index: u8,
    members: usize,
    threshold: u8,
    threshold_public_key: String,
    don_public_key: Bytes,
    transcript: B256,
}

/// Keys that enough members made.
#[derive(Debug)]
struct Agreed {
    keys: Made,
    threshold: PublicKey,
    /// Members that were not heard.
    missing: Vec<u8>,
}

/// Runs the verb.
///
/// # Errors
/// What does not fit, or what the Coordinator or the endpoint refused, with what to do about it.
pub(super) async fn run(options: Keys) -> Result<()> {
    let made = options.files.iter().map(|file| read(file)).collect::<Result<Vec<_>>>()?.concat();
    let (at, owner) = options.at.sending.connect().await?;
    let coordinator = options.at.coordinator(&at).await?;
    let latest = at.chain.call(coordinator, &Coordinator::latestConfigDetailsCall {}).await;
    let digest = latest.map_err(remedy::report)?.configDigest;
    let members = at.chain.call(coordinator, &Coordinator::transmittersCall {}).await;
    let agreed = agree(&made, digest, members.map_err(remedy::report)?.len())?;
    let warnings: Vec<String> = agreed.warning().into_iter().collect();
    output::warn(&warnings);

    let don = shown(&at, coordinator, Coordinator::getDONPublicKeyCall {}).await?;
    let threshold = shown(&at, coordinator, Coordinator::getThresholdPublicKeyCall {}).await?;
    let new = Bytes::from(agreed.keys.threshold_public_key.clone().into_bytes());
    if !options.replace {
        keeps_its_key(threshold.as_ref(), &agreed.threshold)?;
    }
    let set_don = Coordinator::setDONPublicKeyCall { donPublicKey: agreed.keys.don_public_key.clone() };
    let set_threshold = Coordinator::setThresholdPublicKeyCall { thresholdPublicKey: new.clone() };
    let mut setting = Setting { at, owner, coordinator, dry_run: options.dry_run, sent: Vec::new() };
    let don = setting.set(don.as_ref() == Some(&set_don.donPublicKey), &set_don).await?;
    let threshold = setting.set(threshold.as_ref() == Some(&new), &set_threshold).await?;
    let value = json!({
        "coordinator": coordinator.to_string(),
        "digest": digest.to_string(),
        "transcript": agreed.keys.transcript.to_string(),
        "threshold": agreed.keys.threshold,
        "donPublicKey": don,
        "thresholdPublicKey": threshold,
        "transactions": setting.sent,
        "warnings": warnings,
    });
    options.at.sending.say(&value, || {
        format!(
            "the Coordinator {coordinator}: DON key {don}, threshold key {threshold} ({} of {} members open a secret)",
            agreed.keys.threshold, agreed.keys.members
        )
    });
    Ok(())
}

/// As whom keys are set, and where.
struct Setting {
    at: Connected,
    owner: Account,
    coordinator: Address,
    dry_run: bool,
    sent: Vec<String>,
}

impl Setting {
    /// Sets one key, unless it is set already; what became of it.
    async fn set<C: SolCall>(&mut self, is_set: bool, call: &C) -> Result<&'static str> {
        if is_set {
            return Ok("unchanged");
        }
        if self.dry_run {
            return Ok("would be set");
        }
        let chain = &self.at.chain;
        match chain.send(&self.owner, self.coordinator, call).await {
            Ok(receipt) => self.sent.push(receipt.transaction_hash.to_string()),
            Err(error) => {
                let key = self.owner.address();
                return Err(remedy::of_owner_verb(error, chain, self.coordinator, key).await);
            }
        }
        Ok("set")
    }
}

/// The objects in a file.
fn read(file: &Path) -> Result<Vec<Made>> {
    let place = || file.display().to_string();
    let mut text = String::new();
    let read = functions_input::file::open(file)
        .and_then(|opened| opened.take(MAX_FILE_BYTES + 1).read_to_string(&mut text));
    read.or_help("name the file that `functions-node dkg` was written to").wrap_err_with(place)?;
    if text.len() as u64 > MAX_FILE_BYTES {
        return Err(failure!(help = PRINTED, "it is longer than {MAX_FILE_BYTES} bytes"))
            .wrap_err_with(place);
    }
    let made: Result<Vec<Made>, _> = serde_json::Deserializer::from_str(&text).into_iter().collect();
    let made = made.or_help(PRINTED).wrap_err_with(place)?;
    match made.is_empty() {
        true => Err(failure!(help = PRINTED, "it holds nothing")).wrap_err_with(place),
        false => Ok(made),
    }
}

/// A key as the Coordinator shows it; none where it was never set.
async fn shown<C: SolCall<Return = Bytes>>(
    at: &Connected,
    coordinator: Address,
    call: C,
) -> Result<Option<Bytes>> {
    match at.chain.call(coordinator, &call).await {
        Ok(key) => Ok(Some(key)),
        Err(error) if is_refused(&error, "EmptyPublicKey") => Ok(None),
        Err(error) => Err(remedy::report(error)),
    }
}

/// Secrets stay readable as long as the point is the same that they were encrypted to.
fn keeps_its_key(on_chain: Option<&Bytes>, new: &PublicKey) -> Result<()> {
    let Some(on_chain) = on_chain else { return Ok(()) };
    match PublicKey::decode(on_chain) {
        Ok(old) if old.h() == new.h() => Ok(()),
        _ => Err(failure!(
            help = "give --replace when that is meant, and have the owners of secrets encrypt them again",
            "the Coordinator shows another threshold key: what is encrypted to it opens with the nodes' old keys only"
        )),
    }
}

/// The keys of which all objects tell, when these are of a quorum of the configuration's members.
fn agree(made: &[Made], digest: B256, members: usize) -> Result<Agreed> {
    let mut by_index = BTreeMap::new();
    for one in made {
        if by_index.insert(one.index, one).is_some_and(|known| known != one) {
            return Err(failure!(help = PRINTED, "oracle {} printed two different things", one.index));
        }
    }
    let first = by_index.values().next().copied();
    let first = first.ok_or_else(|| misuse!(help = PRINTED, "nobody's keys are given"))?;
    for one in by_index.values() {
        if (Made { index: first.index, ..(*one).clone() }) != *first {
            return Err(failure!(
                help = "take what they printed in one run; otherwise run `functions-node dkg` with another --attempt at all members",
                "oracles {} and {} made different keys",
                first.index,
                one.index
            ));
        }
    }
    if first.digest != digest {
        return Err(failure!(
            help = "run `functions-node dkg` again at all members",
            "the keys were made for configuration {}, in force is {digest}",
            first.digest
        ));
    }
    let threshold = PublicKey::decode(first.threshold_public_key.as_bytes()).or_help(PRINTED)?;
    DonPublicKey::decode(&first.don_public_key).or_help(PRINTED)?;
    let is_of_all = first.members == members && threshold.members() == members;
    if !is_of_all || by_index.keys().any(|index| usize::from(*index) >= members) {
        return Err(failure!(help = PRINTED, "the keys are not of the {members} members in force"));
    }
    let all = 0..u8::try_from(members).unwrap_or(u8::MAX);
    let missing: Vec<u8> = all.filter(|index| !by_index.contains_key(index)).collect();
    let needed = quorum(members, most_faulty(members));
    if by_index.len() < needed {
        return Err(failure!(
            help = "give what these members printed, too: they may have no keys",
            "{} of {needed} members that must have made the keys are heard; missing are {}",
            by_index.len(),
            listed(&missing)
        ));
    }
    Ok(Agreed { keys: first.clone(), threshold, missing })
}

impl Agreed {
    fn warning(&self) -> Option<String> {
        (!self.missing.is_empty())
            .then(|| format!("nobody knows whether {} made these keys, too", listed(&self.missing)))
    }
}

fn listed(indexes: &[u8]) -> String {
    indexes.iter().map(|index| format!("oracle {index}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const DON: &str = "0xfa0a65f545a0d799cd12618f4eb992c81c792bcd76086fde078ce23cff89e1aa3184b92770ba75f43942d24e2e6027b2d72bae0f5946f6a323e77b1a2868ac00";
    const G: &str =
        "BGsX0fLhLEJH+Lzm5WOkQPJ3A32BLeszoPShOUXYmMKWT+NC4v4af5uO5+tKfA+eFivOM1drMV7Oy7ZAaDe/UfU=";
    const H: &str =
        "BF7sN/CsKVOKkBLhdWPaCzX6j3Ve9ox6vJIDFEhfnarvQlJEdlqA3/+cpKSrUMaleB4JAffpepc86DE5CV00smg=";

    fn key(h: &str, members: usize) -> String {
        let member = format!("\"{G}\"");
        let members = vec![member; members].join(",");
        format!(r#"{{"Group":"P256","G_bar":"{G}","H":"{h}","HArray":[{members}]}}"#)
    }

    fn made(index: u8) -> Made {
        Made {
            digest: B256::repeat_byte(1),
            attempt: 0,
            index,
            members: 4,
            threshold: 3,
            threshold_public_key: key(H, 4),
            don_public_key: DON.parse().expect("hex"),
            transcript: B256::repeat_byte(2),
        }
    }

    fn refusal(all: &[Made]) -> String {
        agree(all, B256::repeat_byte(1), 4).expect_err("it does not fit").to_string()
    }

    #[test]
    fn keys_are_agreed_on_by_a_quorum_that_made_the_same_for_the_configuration_in_force() {
        let digest = B256::repeat_byte(1);
        let all: Vec<Made> = (0..4).map(made).collect();
        assert_eq!(agree(&all, digest, 4).expect("all agree").warning(), None);
        let three = agree(&all[1..], digest, 4).expect("a quorum agrees");
        assert!(three.warning().is_some_and(|words| words.contains("whether oracle 0 made")));
        assert!(refusal(&[]).contains("nobody's keys"));
        assert!(refusal(&all[2..]).contains(
            "2 of 3 members that must have made the keys are heard; missing are oracle 0, oracle 1"
        ));
        let repeated = [made(1), made(1), made(1)];
        assert!(refusal(&repeated).contains("1 of 3 members"));

        let with = |change: fn(&mut Made)| {
            let mut all = all.clone();
            all.iter_mut().for_each(change);
            refusal(&all)
        };
        assert!(with(|one| one.digest = B256::ZERO).contains("in force is"));
        assert!(with(|one| one.members = 5).contains("not of the 4 members"));
        assert!(with(|one| one.threshold_public_key = key(H, 5)).contains("not of the 4 members"));
        assert!(with(|one| one.index += 1).contains("not of the 4 members"));
        assert!(with(|one| one.threshold_public_key = "{}".to_owned()).contains("the threshold key"));
        assert!(with(|one| one.don_public_key = Bytes::new()).contains("the DON key"));
        let one = |change: fn(&mut Made)| {
            let mut all = all.clone();
            change(&mut all[2]);
            refusal(&all)
        };
        for change in [
            (|one| one.transcript = B256::ZERO) as fn(&mut Made),
            |one| one.threshold = 2,
            |one| one.attempt = 1,
            |one| one.threshold_public_key = key(G, 4),
        ] {
            assert!(one(change).contains("oracles 0 and 2 made different keys"));
        }
    }

    #[test]
    fn a_threshold_key_that_secrets_are_encrypted_to_stays() {
        let decoded = |h: &str| PublicKey::decode(key(h, 4).as_bytes()).expect("a key");
        let on_chain = Bytes::from(key(H, 7).into_bytes());
        keeps_its_key(None, &decoded(H)).expect("none was set");
        keeps_its_key(Some(&on_chain), &decoded(H)).expect("shared anew");
        for other in [Bytes::from_static(b"{}"), Bytes::from(key(G, 4).into_bytes())] {
            let refused = keeps_its_key(Some(&other), &decoded(H)).expect_err("another key");
            assert!(refused.help().contains("--replace"), "{refused}");
        }
    }
}
