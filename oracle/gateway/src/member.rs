//! What one member does with a message that a gateway hands it: it believes the sender's signatures and nothing else.

use std::{sync::Mutex, time::Duration};

use alloy_primitives::Address;
use functions_types::Juels;

use crate::{
    MAX_BODY_BYTES, Malformed, Message, json,
    payload::{Answer, Method, Question, Row, Upload},
    personal::Signer,
    policy::{Policy, Refusal, Rules},
    shared::held,
};

/// Where a member keeps what owners store.
pub trait Store: Send + Sync {
    /// Stores `upload`, which `owner` signed, or says why not, in the words that the owner is told.
    fn put(&self, owner: Address, upload: Upload) -> impl Future<Output = Result<(), String>> + Send;

    /// All that is stored of an owner's, in any order.
    fn list(&self, owner: Address) -> impl Future<Output = Result<Vec<Row>, String>> + Send;
}

/// What subscriptions hold.
pub trait Balances: Send + Sync {
    /// The most that one of the subscriptions `owner` owns holds; zero when it owns none. Or why that is unknown.
    fn balance(&self, owner: Address) -> impl Future<Output = Result<Juels, String>> + Send;
}

/// Why a member says nothing to a message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unanswerable {
    /// It is nobody's.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// It is for another DON.
    #[error("the message is for another DON")]
    Don,
    /// There is no gateway at this place.
    #[error("no gateway has this place")]
    Gateway,
}

/// A member of a DON, as gateways see it.
pub struct Member<S, B, K> {
    don_id: String,
    store: S,
    balances: B,
    key: K,
    /// One for each gateway: what one sends again and again uses up what it lets through itself, not what others do.
    policies: Vec<Mutex<Policy>>,
}

impl<S: Store, B: Balances, K: Signer> Member<S, B, K> {
    /// A member of the DON `don_id`, whose `gateways` nodes all hand it messages.
    pub fn new(don_id: String, gateways: usize, rules: &Rules, store: S, balances: B, key: K) -> Self {
        let policies = (0..gateways).map(|_| Mutex::new(Policy::new(rules.clone()))).collect();
        Self { don_id, store, balances, key, policies }
    }

    /// Where it keeps what owners store.
    pub const fn store(&self) -> &S {
        &self.store
    }

    /// Changes the rules; what senders used up remains used up.
    pub fn set_rules(&self, rules: &Rules) {
        self.policies.iter().for_each(|policy| held(policy).set_rules(rules.clone()));
    }

    /// Does what a message asks for, which the gateway at a place handed over, and says so in a signed answer.
    ///
    /// `now` counts from any one moment.
    ///
    /// # Errors
    /// [`Unanswerable`]: there is nobody to answer.
    pub async fn answer(&self, gateway: usize, text: &str, now: Duration) -> Result<String, Unanswerable> {
        let policy = self.policies.get(gateway).ok_or(Unanswerable::Gateway)?;
        let message = Message::decode(text, MAX_BODY_BYTES)?;
        if message.don_id != self.don_id {
            return Err(Unanswerable::Don);
        }
        let answer = self.act(policy, &message, now).await.unwrap_or_else(Answer::refusal);
        Ok(message.answer(&json::raw(&answer), &self.key))
    }

    async fn act(&self, policy: &Mutex<Policy>, message: &Message, now: Duration) -> Result<Answer, String> {
        let owner = message.sender;
        let method = Method::of(&message.method).ok_or(Refusal::UnsupportedMethod);
        let method = method.map_err(|refusal| refusal.to_string())?;
        let question = Question::of(method, message).map_err(|err| err.to_string())?;
        held(policy).admit(owner, now).map_err(|refusal| refusal.to_string())?;
        match question {
            Question::Set(upload) => {
                let balance = self.balances.balance(owner).await?;
                held(policy).afford(balance).map_err(|refusal| refusal.to_string())?;
                if !upload.is_signed_by(owner) {
                    return Err("wrong signature".to_owned());
                }
                self.store.put(owner, upload).await.map(|()| Answer::STORED)
            }
            Question::List => self.store.list(owner).await.map(Answer::listing),
        }
    }
}
