//! One node without a network.

use alloy::primitives::Address;
use functions_network::devchain::DEFAULT_CHAIN_ID;
use functions_network::node::Told;
use functions_network::{Folder, Node};

use crate::network::DON;
use crate::place;
use crate::wait::PATIENCE;

/// A node with keys, told of one endpoint, that no network knows and that has not run. Its ports are free.
///
/// # Panics
/// When it cannot be made.
pub async fn lone_node(folder: &Folder, rpc_url: &str, router: Address) -> Node {
    let told = Told {
        program: place::programs().join("functions-node"),
        rpc_urls: vec![rpc_url.to_owned()],
        ws_urls: Vec::new(),
        chain_id: DEFAULT_CHAIN_ID,
        router,
        start_block: 0,
        don_id: DON.to_owned(),
        poll_interval_ms: 50,
        database: None,
        allow_http: Vec::new(),
        log_level: "info".to_owned(),
        patience: PATIENCE,
    };
    let mut node = Node::create(folder.path(), 0, told).await.expect("a node");
    node.free_ports();
    node
}
