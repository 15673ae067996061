//! Our contracts beside the reference.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod abi;
mod administration;
mod allow_list;
mod clients;
mod coordinator_1_3_1;
mod corners;
mod encoding;
mod fulfillment;
mod link;
mod malformed;
mod reports;
mod requests;
mod subscriptions;

/// The scene, or the end of the test when the reference has not been built.
macro_rules! scene {
    ($($setup:expr)?) => {
        match scene!(@ $($setup)?) {
            Some(scene) => scene,
            None => return,
        }
    };
    (@) => { differential_tests::Scene::new() };
    (@ $setup:expr) => { differential_tests::Scene::with($setup) };
}
pub(crate) use scene;

/// Revert data `Error(string)`.
fn text(message: &str) -> Vec<u8> {
    let error = functions_types::abi::Reverts::Error { message: message.into() };
    alloy::sol_types::SolError::abi_encode(&error)
}
