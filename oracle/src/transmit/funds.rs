//! The transmitter's ether: one look serves everybody who waits for it.

use std::{sync::Arc, time::Duration};

use alloy::primitives::{Address, U256, utils::format_ether};
use tokio::{
    sync::{Mutex, Notify},
    time::Instant,
};

use crate::chain::{Rpc, RpcFailure};

/// How old a balance may be for a job that wants to send, and how often an empty account is looked at.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The balance of one account, asked for at most once at a time.
#[derive(Debug)]
pub struct Funds {
    rpc: Arc<Rpc>,
    account: Mutex<Account>,
    other: Notify,
}

#[derive(Debug)]
struct Account {
    address: Address,
    last: Option<(Instant, U256)>,
}

impl Funds {
    /// The funds of `account`; nothing is asked yet.
    #[must_use]
    pub fn new(rpc: Arc<Rpc>, account: Address) -> Self {
        Self { rpc, account: Mutex::new(Account { address: account, last: None }), other: Notify::new() }
    }

    /// From now on it is the funds of `address`.
    pub async fn follow(&self, address: Address) {
        let mut account = self.account.lock().await;
        if account.address != address {
            *account = Account { address, last: None };
            self.other.notify_one();
        }
    }

    /// Waits until it is the funds of another account.
    pub async fn other(&self) {
        self.other.notified().await;
    }

    /// Wei of the account, at most `max_age` old.
    ///
    /// # Errors
    /// [`RpcFailure`] when it has to be asked for and cannot be.
    pub async fn wei(&self, max_age: Duration) -> Result<U256, RpcFailure> {
        let mut account = self.account.lock().await;
        if let Some((at, wei)) = account.last
            && at.elapsed() < max_age
        {
            return Ok(wei);
        }
        let wei = self.rpc.balance(account.address).await?;
        account.last = Some((Instant::now(), wei));
        Ok(wei)
    }

    /// What is missing to pay `need_wei`, in words; `None` when the account can pay.
    ///
    /// # Errors
    /// As [`Funds::wei`].
    pub async fn lack(&self, need_wei: U256) -> Result<Option<String>, RpcFailure> {
        let wei = self.wei(LOOK_EVERY).await?;
        let account = self.account.lock().await.address;
        Ok((wei < need_wei).then(|| {
            format!(
                "the transmitter {} has {} ether and may need {}: send it some",
                account,
                format_ether(wei),
                format_ether(need_wei)
            )
        }))
    }
}
