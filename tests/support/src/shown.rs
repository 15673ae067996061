//! What the nodes of a network show on their operator pages, and waits for it.

use functions_types::RequestId;
use serde_json::Value;

use crate::network::Network;
use crate::wait::until;

impl Network {
    async fn json(&self, node: usize, path: &str) -> Result<Value, String> {
        let answer = self.nodes[node].page(&self.http, path).await;
        let answer = answer.ok_or_else(|| format!("no answer from node {node}"))?;
        let status = answer.status();
        let text = answer.text().await.map_err(|error| error.to_string())?;
        if !status.is_success() {
            return Err(format!("{status} {text}"));
        }
        serde_json::from_str(&text).map_err(|_| text)
    }

    async fn request_page(&self, node: usize, id: RequestId) -> Result<Value, String> {
        self.json(node, &format!("requests/{id}")).await
    }

    /// In what state each node shows a request.
    pub(crate) async fn states(&self, id: RequestId) -> Vec<String> {
        let mut states = Vec::new();
        for node in 0..self.nodes.len() {
            let shown = self.request_page(node, id).await;
            states.push(shown.map_or_else(|error| error, |shown| shown["state"].to_string()));
        }
        states
    }

    /// A node's metrics.
    ///
    /// # Panics
    /// When it does not answer.
    pub async fn metrics(&self, node: usize) -> String {
        let answer = self.nodes[node].page(&self.http, "metrics").await.expect("an answer");
        answer.text().await.expect("text")
    }

    /// What a node shows about itself.
    ///
    /// # Panics
    /// When it shows nothing.
    pub async fn status(&self, node: usize) -> Value {
        until(&format!("the status of node {node}"), async || self.json(node, "status").await).await
    }

    /// Waits until a node's part of its status is as `is_so` wants it.
    ///
    /// # Panics
    /// When it does not become so.
    pub async fn wait_for_status(&self, node: usize, what: &str, is_so: impl Fn(&Value) -> bool) {
        until(&format!("node {node} to show {what}"), async || {
            let status = self.json(node, "status").await?["node"].take();
            if is_so(&status) { Ok(()) } else { Err(status.to_string()) }
        })
        .await;
    }

    /// Waits until the node takes part.
    ///
    /// # Panics
    /// When it does not.
    pub async fn wait_until_ready(&self, node: usize) {
        until(&format!("node {node} to be ready"), async || match self.readiness(node).await {
            Some((200, _)) => Ok(()),
            other => Err(format!("{other:?}")),
        })
        .await;
    }

    /// Waits until every node takes part.
    ///
    /// # Panics
    /// When one does not.
    pub async fn wait_until_all_ready(&self) {
        for node in 0..self.nodes.len() {
            self.wait_until_ready(node).await;
        }
    }

    /// Waits until a node is not ready for a reason with `words` in it.
    ///
    /// # Panics
    /// When it stays ready or gives other reasons.
    pub async fn wait_until_not_ready(&self, node: usize, words: &str) {
        until(&format!("node {node} to be not ready: {words}"), async || match self.readiness(node).await {
            Some((503, reason)) if reason.contains(words) => Ok(()),
            other => Err(format!("{other:?}")),
        })
        .await;
    }

    /// HTTP status and text of a node's answer to whether it is ready.
    async fn readiness(&self, node: usize) -> Option<(u16, String)> {
        let answer = self.nodes[node].page(&self.http, "ready").await?;
        Some((answer.status().as_u16(), answer.text().await.ok()?))
    }

    /// Waits until `node` shows the request in one of `states`; what it shows.
    ///
    /// # Panics
    /// When it does not.
    pub async fn wait_for_state(&self, node: usize, id: RequestId, states: &[&str]) -> Value {
        until(&format!("node {node} to show {id} as {states:?}"), async || {
            let shown = self.request_page(node, id).await?;
            let is_so = shown["state"].as_str().is_some_and(|state| states.contains(&state));
            if is_so { Ok(shown) } else { Err(shown.to_string()) }
        })
        .await
    }

    /// Waits until `node` gives a reason with `words` in it for the request's waiting.
    ///
    /// # Panics
    /// When it does not.
    pub async fn wait_for_reason(&self, node: usize, id: RequestId, words: &str) -> String {
        until(&format!("node {node} to say {words:?} of {id}"), async || {
            let shown = self.request_page(node, id).await?;
            let reason = shown["reason"].as_str().filter(|reason| reason.contains(words));
            reason.map(str::to_owned).ok_or_else(|| shown.to_string())
        })
        .await
    }

    /// Waits until some node has sent a transaction for the request; which.
    ///
    /// # Panics
    /// When none does.
    pub async fn wait_for_submission(&self, id: RequestId) -> usize {
        self.wait_for_any(id, "its transaction sent", |shown| shown["state"] == "SUBMITTED").await
    }

    /// Waits until a node shows that its own transaction answered the request; which.
    ///
    /// # Panics
    /// When none does.
    pub async fn wait_for_paid_transmitter(&self, id: RequestId) -> usize {
        let is_paid =
            |shown: &Value| shown["transmission"]["byUs"] == true && !shown["includedBlock"].is_null();
        self.wait_for_any(id, "its own transaction included", is_paid).await
    }

    async fn wait_for_any(&self, id: RequestId, what: &str, is_so: impl Fn(&Value) -> bool) -> usize {
        until(&format!("a node to show of {id} {what}"), async || {
            for node in 0..self.nodes.len() {
                if self.request_page(node, id).await.is_ok_and(|shown| is_so(&shown)) {
                    return Ok(node);
                }
            }
            Err(self.states(id).await.join(", "))
        })
        .await
    }
}
