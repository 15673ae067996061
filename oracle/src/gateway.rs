//! The gateway in this node, and this node as a member that gateways hand owners' messages: the edge of
//! [`oracle_gateway`].

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use alloy::primitives::Address;
use functions_types::Juels;
use oracle_gateway::{
    Balances, Gateway, Member, Members, PATIENCE, Roster, Rules, Signer, Store,
    payload::{Row as ListedRow, Upload},
};
use oracle_keys::Keystore;
use oracle_vault::{Key, Kind, Row};
use tokio::{
    net::TcpListener,
    sync::mpsc,
    time::{Instant, sleep},
};

use crate::{
    admin::Metrics,
    chain::{self, Rpc},
    config::GatewaySection,
    don::Don,
    vault::{Desk, Vault, WeakVault},
};

/// How long what subscriptions hold is remembered.
const REMEMBERED: Duration = Duration::from_secs(30);
/// How often listening is tried again after a change of the configuration, and how long apart.
const LISTEN_ATTEMPTS: u32 = 20;
const LISTEN_PAUSE: Duration = Duration::from_millis(100);

/// What is the same for the gateway and for the member.
#[derive(Clone)]
struct Edge {
    subscriptions: Arc<Subscriptions>,
    vault: WeakVault,
}

impl Balances for Edge {
    async fn balance(&self, owner: Address) -> Result<Juels, String> {
        self.subscriptions.richest(owner).await
    }
}

impl Store for Edge {
    async fn put(&self, owner: Address, upload: Upload) -> Result<(), String> {
        let key = Key {
            kind: Kind::Secrets,
            owner,
            // There is no such slot.
            slot: u32::try_from(upload.slot_id).unwrap_or(u32::MAX),
            version: upload.version,
        };
        let (expiration_ms, payload, signature) = (upload.expiration_ms, upload.payload, upload.signature);
        self.vault.vault()?.put(Row { key, expiration_ms, payload, signature }).await
    }

    async fn list(&self, owner: Address) -> Result<Vec<ListedRow>, String> {
        let rows = self.vault.vault()?.list(Kind::Secrets, owner).await;
        let row = |row: oracle_vault::Listed| ListedRow {
            slot_id: u64::from(row.slot),
            version: row.version,
            expiration_ms: row.expiration_ms,
        };
        Ok(rows.into_iter().map(row).collect())
    }
}

/// Signs this member's answers.
struct AnswerKey(Arc<Keystore>);

impl Signer for AnswerKey {
    fn sign(&self, message: &[u8]) -> [u8; 65] {
        self.0.sign_personal(message)
    }
}

/// The members, as the gateway reaches them.
struct Reached {
    edge: Edge,
    roster: Arc<Roster>,
}

impl Balances for Reached {
    async fn balance(&self, owner: Address) -> Result<Juels, String> {
        self.edge.balance(owner).await
    }
}

impl Members for Reached {
    fn roster(&self) -> Option<Arc<Roster>> {
        Some(self.roster.clone())
    }

    fn ask(&self, message: Arc<str>) -> mpsc::Receiver<(usize, String)> {
        let (answer, answers) = mpsc::channel(self.roster.members.len().max(1));
        if let Ok(vault) = self.edge.vault.vault() {
            vault.ask(message, answer);
        }
        answers
    }
}

/// What gateways and members of one DON are made of.
pub struct Parts<'a> {
    /// The DON.
    pub don: &'a Don,
    /// Its id, as its users write it.
    pub don_id: String,
    /// Whose signer signs answers.
    pub keys: Arc<Keystore>,
    /// The chain, for what subscriptions hold.
    pub rpc: Arc<Rpc>,
    /// The Router.
    pub router: Address,
    /// The operator's section.
    pub config: &'a GatewaySection,
    /// Counters.
    pub metrics: &'a Metrics,
}

/// Has the vault answer messages that gateways hand on and, where the operator said so, serves a gateway until the
/// future that is returned is dropped.
///
/// # Errors
/// The address that cannot be listened at.
pub async fn start(parts: Parts<'_>, vault: &Vault) -> Result<impl Future<Output = ()> + use<>, String> {
    let Parts { don, don_id, keys, rpc, router, config, metrics } = parts;
    let rules = config.rules();
    let subscriptions = Arc::new(Subscriptions::new(rpc, router, &rules));
    let edge = Edge { subscriptions, vault: vault.downgrade() };
    let n = don.roster.n();
    let member = Member::new(don_id.clone(), n, &rules, edge.clone(), edge.clone(), AnswerKey(keys));
    vault.open_desk(desk(Arc::new(member))).await;
    let indexes = don.roster.indexes();
    let members = indexes.filter_map(|index| don.roster.oracle(index)).map(|oracle| oracle.signer).collect();
    let roster = Arc::new(Roster { don_id, members, f: don.roster.f() });
    let listener = match config.listen {
        Some(listen) => Some(bind(listen).await?),
        None => None,
    };
    let (cors, counters) = (config.cors(), metrics.gateway.clone());
    Ok(async move {
        let Some(listener) = listener else { return };
        let gateway = Gateway::new(Reached { edge, roster }, rules, PATIENCE, counters);
        oracle_gateway::serve(listener, gateway, cors, std::future::pending()).await;
    })
}

/// What this member says to a message that the gateway of `from` hands on.
fn desk(member: Arc<Member<Edge, Edge, AnswerKey>>) -> Desk {
    let began = Instant::now();
    Arc::new(move |from, text| {
        let member = member.clone();
        Box::pin(async move {
            let answered = member.answer(usize::from(from.get()), &text, began.elapsed()).await;
            answered.inspect_err(|err| tracing::debug!(oracle = from.get(), %err, "a gateway's message")).ok()
        })
    })
}

/// After a change of the configuration the earlier listener may take a moment to be gone.
async fn bind(listen: std::net::SocketAddr) -> Result<TcpListener, String> {
    let mut left = LISTEN_ATTEMPTS;
    loop {
        match TcpListener::bind(listen).await {
            Err(_) if left > 0 => {
                left -= 1;
                sleep(LISTEN_PAUSE).await;
            }
            Err(err) => {
                return Err(format!("gateway.listen {listen} cannot be bound ({err}); choose a free port"));
            }
            Ok(listener) => return Ok(listener),
        }
    }
}

/// What the richest subscription of each owner holds, read again when it is old.
struct Subscriptions {
    rpc: Arc<Rpc>,
    router: Address,
    is_asked: bool,
    read: Mutex<Option<Read>>,
}

#[derive(Clone)]
struct Read {
    since: Instant,
    held: Arc<HashMap<Address, Juels>>,
}

impl Subscriptions {
    fn new(rpc: Arc<Rpc>, router: Address, rules: &Rules) -> Self {
        Self { rpc, router, is_asked: rules.min_balance > Juels::ZERO, read: Mutex::default() }
    }

    async fn richest(&self, owner: Address) -> Result<Juels, String> {
        if !self.is_asked {
            return Ok(Juels::ZERO);
        }
        let known = self.read.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let held = match known.filter(|known| known.since.elapsed() < REMEMBERED) {
            Some(known) => known.held,
            None => {
                let read = chain::richest_subscriptions(&self.rpc, self.router).await;
                let held =
                    Arc::new(read.map_err(|err| format!("what subscriptions hold is not known: {err}"))?);
                let known = Read { since: Instant::now(), held: held.clone() };
                *self.read.lock().unwrap_or_else(PoisonError::into_inner) = Some(known);
                held
            }
        };
        Ok(held.get(&owner).copied().unwrap_or(Juels::ZERO))
    }
}
