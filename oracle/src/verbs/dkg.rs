//! `functions-node dkg`: makes the keys for secrets with the other members of the configuration in force.

use std::{collections::BTreeSet, path::PathBuf, time::Duration};

use eyre::{Result, WrapErr, bail, eyre};
use functions_types::members::most_faulty;
use oracle_keys::{Keystore, MAX_ATTEMPT, Plan, SecretsKeys};
use oracle_net::SendError;
use oracle_ocr::OracleIndex;
use tokio::time::{MissedTickBehavior, interval};

use super::withdraw;
use crate::{
    chain,
    clock::now_ms,
    config::Config,
    dkg::{Action, End, Event, Session, Store},
    don::Don,
    keys,
    peers::{PeerEvent, Peers},
    told,
};

/// Between two looks at the time.
const TICK: Duration = Duration::from_millis(100);

/// Makes the keys for secrets with all members of the configuration in force, and prints the public ones as JSON
///
/// Every member's operator runs it while the node is stopped; it waits for the others. Cut short, the same command goes
/// on. What all members print goes to the Coordinator's owner: `functions don keys`.
#[derive(clap::Args, Debug)]
pub struct Options {
    /// The configuration file
    #[arg(long)]
    config: PathBuf,
    /// Members that open a secret together, from f + 1 to 2f + 1, which is the default; at least 2
    #[arg(long, value_name = "K")]
    threshold: Option<u8>,
    /// Tells tries apart: after one that failed all members take the next number
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(..=i64::from(MAX_ATTEMPT)))]
    attempt: u32,
    /// Seconds that members have once all are there
    #[arg(long, value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u64).range(5..=3_600))]
    timeout: u64,
}

/// Runs the verb.
///
/// # Errors
/// What stands in the way, or who made it fail, in words.
pub async fn run(options: &Options) -> Result<()> {
    let config = Config::load(&options.config)?;
    let _hold = keys::hold(&config.keys).wrap_err("keys for secrets are made while the node is stopped")?;
    let password = keys::password(&config.keys.password_file)?;
    let unlocked = keys::unlock(&config.keys, &password)?;
    let don = don(&config, &unlocked).await?;
    let plan = Plan {
        digest: don.roster.config_digest(),
        attempt: options.attempt,
        members: don.members().iter().map(|member| member.offchain_public_key).collect(),
        needed: needed(options.threshold, don.roster.n())?,
    };
    std::fs::create_dir_all(&config.data_dir)
        .wrap_err_with(|| format!("data_dir {} cannot be made", config.data_dir.display()))?;
    let store = Store::new(&config.data_dir, plan.id()?);
    let stored = store.read()?;
    let is_kept = |keys: &&SecretsKeys| {
        (keys.digest, keys.attempt, keys.needed) == (plan.digest, plan.attempt, plan.needed)
    };
    let kept = unlocked.secrets_keys().find(is_kept).map(keys::generation_json);
    if let Some(printed) = &kept {
        super::print_line(printed)?;
        // Without a state nobody needs this member any more.
        if stored.is_none() {
            return Ok(());
        }
    }
    let words = format!(
        "oracle {} of {}: makes keys for configuration {}, {} open a secret, attempt {}",
        don.me.get(),
        don.roster.n(),
        plan.digest,
        plan.needed,
        plan.attempt
    );
    told::say(words);
    let ceremonies = unlocked.make_secrets_keys(plan, stored.as_deref())?;
    let names = don.members().iter().map(|member| member.peer_id.chars().take(64).collect()).collect();
    let session = Session::new(ceremonies, names, options.timeout * 1_000, kept.is_some(), now_ms());
    if stored.is_none() {
        store.write(&session.ceremonies().seal()?)?;
    }
    let peers = Peers::start_eager(&unlocked, &config.net, &don).await?;
    Member { config, password, unlocked, session, store, peers, behind: BTreeSet::new() }.run().await?;
    Ok(())
}

/// The configuration in force, and this node's place in it.
async fn don(config: &Config, unlocked: &Keystore) -> Result<Don> {
    let rpc = withdraw::connect(config).await?;
    let coordinator = withdraw::coordinator(config, &rpc, None).await?;
    let settings = &config.chain;
    let found = match chain::config_digest(&rpc, coordinator).await? {
        Some(digest) => {
            let (first, range) = (settings.start_block, settings.max_log_range);
            chain::find_config(&rpc, coordinator, digest, first, range).await?
        }
        None => None,
    };
    let (event, _) = found.ok_or_else(|| {
        eyre!(
            "the Coordinator {coordinator} has no configuration since chain.start_block: have its owner set one \
             (`functions deploy` with [don]), or lower chain.start_block"
        )
    })?;
    let identity = keys::identity(unlocked).as_configured(&event);
    Ok(Don::from_event(&event, settings.chain_id, coordinator, &identity)?)
}

/// How many members open a secret together.
fn needed(given: Option<u8>, members: usize) -> Result<u8> {
    let f = u8::try_from(most_faulty(members)).unwrap_or(u8::MAX);
    let (least, most) = ((f + 1).max(2), 2 * f + 1);
    match given.unwrap_or(most) {
        needed if (least..=most).contains(&needed) => Ok(needed),
        needed => bail!(
            "--threshold {needed}: of {members} members, of which {f} may be faulty, {least} to {most} open a secret: with \
             fewer the faulty could, with more they could prevent it"
        ),
    }
}

/// What a session needs done.
struct Member {
    config: Config,
    password: String,
    unlocked: Keystore,
    session: Session,
    store: Store,
    peers: Peers,
    /// Members that take no more at the moment: they are told everything again.
    behind: BTreeSet<u8>,
}

impl Member {
    async fn run(mut self) -> Result<()> {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let is_over = tokio::select! {
                event = self.peers.next() => match event {
                    Some(PeerEvent::Connected(to)) => self.hear(Event::Connected(to.get()))?,
                    Some(PeerEvent::Message { from, bytes }) => {
                        self.hear(Event::Frame { from: from.get(), bytes: &bytes })?
                    }
                    Some(_) => false,
                    None => bail!("the peer network ended"),
                },
                _ = ticks.tick() => {
                    for to in std::mem::take(&mut self.behind) {
                        self.hear(Event::Connected(to))?;
                    }
                    self.hear(Event::Tick)?
                }
            };
            if is_over {
                return self.leave();
            }
        }
    }

    /// Does what follows; true when it is over.
    fn hear(&mut self, event: Event<'_>) -> Result<bool> {
        for action in self.session.on(now_ms(), event) {
            match action {
                Action::Store => self.store.write(&self.session.ceremonies().seal()?)?,
                Action::Send { to, frame } => {
                    // Who is not connected is told everything once it is.
                    if self.peers.try_send(OracleIndex::new(to), frame) == Err(SendError::QueueFull) {
                        self.behind.insert(to);
                    }
                }
                Action::Keep => self.keep()?,
                Action::Say(words) => told::say(words),
                Action::Leave => return Ok(true),
            }
        }
        Ok(false)
    }

    fn keep(&mut self) -> Result<()> {
        self.unlocked.add_generation(self.session.ceremonies())?;
        self.unlocked.save(&self.config.keys.keystore, &self.password)?;
        let made = self.unlocked.secrets_keys().next().map(keys::generation_json);
        super::print_line(&made.unwrap_or_default())
    }

    fn leave(self) -> Result<()> {
        let next = self.session.ceremonies().plan().attempt.saturating_add(1);
        match self.session.end() {
            Some(End::Failed(lines)) if !lines.is_empty() => bail!(
                "no keys were made: {}; see to it, then run this with --attempt {next} at every member, or have the \
                 Coordinator's owner leave them out of the configuration first",
                lines.join("; ")
            ),
            Some(End::Kept) => {
                let left = self.session.unfinished();
                if left.is_empty() {
                    self.store.clear();
                } else {
                    told::say(format!(
                        "{} may lack something: if no keys come out there, run this again",
                        left.join(", ")
                    ));
                }
                Ok(())
            }
            _ => bail!(
                "no keys were made, and nobody is to blame: run this with --attempt {next} at every member"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_threshold_is_more_than_the_faulty_and_no_more_than_the_honest() {
        for (members, least, most) in [(4, 2, 3), (7, 3, 5), (13, 5, 9), (31, 11, 21)] {
            assert_eq!(needed(None, members).expect("the default"), most);
            for good in [least, most] {
                assert_eq!(needed(Some(good), members).expect("in range"), good);
            }
            for bad in [0, 1, least - 1, most + 1, 255] {
                let said = needed(Some(bad), members).expect_err("out of range").to_string();
                assert!(said.contains(&format!("{least} to {most} open a secret")), "{said}");
            }
        }
    }
}
