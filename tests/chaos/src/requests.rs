//! Requests that are under way while things break, and what must become of them.

use std::collections::BTreeMap;

use functions_types::RequestId;
use functions_types::abi::Router;
use test_support::Network;
use test_support::network::FUNDING;

/// What a script says, and what must be answered.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    Result,
    Error,
}

impl Script {
    const fn source(self) -> &'static str {
        match self {
            Self::Result => "return Functions.encodeUint256(42)",
            Self::Error => "throw new Error('as the script wants')",
        }
    }
}

/// Every request sent so far.
#[derive(Default)]
pub struct Requests {
    sent: Vec<(RequestId, u64, Script)>,
    checked: usize,
}

impl Requests {
    /// Sends `count` more; every third script ends with an error of its own.
    pub async fn send(&mut self, network: &Network, count: usize) {
        for _ in 0..count {
            let script = if self.sent.len() % 3 == 2 { Script::Error } else { Script::Result };
            let (id, block) = network.request(script.source()).await;
            self.sent.push((id, block, script));
        }
    }

    /// Waits until all are answered by their scripts' own words.
    ///
    /// # Panics
    /// When one is not.
    pub async fn settle(&mut self, network: &Network) {
        for &(id, block, script) in &self.sent[self.checked..] {
            let fulfilled = network.wait_for_fulfillment(id, block).await;
            let error = String::from_utf8_lossy(&fulfilled.error).into_owned();
            match script {
                Script::Result => {
                    assert_eq!((error.as_str(), fulfilled.response.last()), ("", Some(&42)), "request {id}");
                }
                Script::Error => assert_eq!(error, "as the script wants", "request {id}"),
            }
            // The example's callback takes both.
            assert_eq!(fulfilled.result_code, 0, "request {id}");
        }
        self.checked = self.sent.len();
    }

    /// Everything is healed: all requests are answered once and paid for once, every node that runs is ready without a
    /// hand, and none has panicked.
    ///
    /// # Panics
    /// When that is not so.
    pub async fn end_well(mut self, network: &Network) {
        self.settle(network).await;
        let router = network.contracts.addresses.router;
        let logs = network.contracts.chain.events::<Router::RequestProcessed>(router, 0, None).await;
        let mut answered = BTreeMap::new();
        let mut paid = 0;
        for (event, _) in logs.expect("the chain answers") {
            if event.resultCode <= 1 {
                *answered.entry(event.requestId).or_insert(0) += 1;
                paid += event.totalCostJuels.to::<u128>();
            }
        }
        for (id, ..) in &self.sent {
            assert_eq!(answered.get(&id.0), Some(&1), "request {id} is answered once");
        }
        let state = network.contracts.subscriptions().get(network.subscription).await.expect("it is there");
        assert_eq!(state.blockedBalance.to::<u128>(), 0, "nothing is left reserved");
        assert_eq!(state.balance.to::<u128>(), FUNDING.get() - paid, "nothing else was paid");
        for (index, node) in network.nodes.iter().enumerate() {
            if node.is_running() {
                network.wait_until_ready(index).await;
            }
            for log in node.logs() {
                let text = std::fs::read_to_string(&log).expect("its log");
                assert!(!text.contains("panicked"), "{}", log.display());
            }
        }
        let sent = network.transmissions().await;
        println!("{} requests, {sent} transactions", self.sent.len());
    }
}
