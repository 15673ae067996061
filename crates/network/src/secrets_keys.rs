//! The public keys for secrets that the local Coordinator shows, so that clients which read them before every request
//! go on.
//!
//! Development keys like the accounts': their private parts are known to everybody. No local node opens secrets; a
//! request that carries some is answered with an error that says so.

use alloy::primitives::{Address, hex};
use functions_client::{Account, Chain};
use functions_failure::Result;
use functions_types::abi::Coordinator::{setDONPublicKeyCall, setThresholdPublicKeyCall};

/// x and y of a point of secp256k1, 64 bytes: what `getDONPublicKey` gives.
const DON: [u8; 64] = hex!(
    "fa0a65f545a0d799cd12618f4eb992c81c792bcd76086fde078ce23cff89e1aa"
    "3184b92770ba75f43942d24e2e6027b2d72bae0f5946f6a323e77b1a2868ac00"
);
/// Key of a 2-of-4 threshold encryption over P-256, as JSON: what `getThresholdPublicKey` gives. Points are 65 bytes in
/// base64.
const THRESHOLD: &str = concat!(
    r#"{"Group":"P256","#,
    r#""G_bar":"BD0bRRnECwA99LohN0DteooUgPqRcUa89lQ/X5ehDzaxeXHOZT7k9BcrW+S0q1tRIwJQV4gLPiKFrt6C59S40bY=","#,
    r#""H":"BF7sN/CsKVOKkBLhdWPaCzX6j3Ve9ox6vJIDFEhfnarvQlJEdlqA3/+cpKSrUMaleB4JAffpepc86DE5CV00smg=","#,
    r#""HArray":["BOf1A/yDy2JjfGtNR5V1LNJuOORfkCf5FTp9W0UnR41qqSUT1c1i6RSjdJ5xS44SM/sYB7+VH7Y9TlqRUbVt6pg=","#,
    r#""BJeNgNhYExeqItfy6MI2cp3oGQmZYzkpOlKS9VpYMc+0eas/VyxQLcpDI7l/uRzEZjTvSwMywymnpJ8oXb+pLbg=","#,
    r#""BHlppNeJlm5H/P5ovDRbr/vJgVCrcNQyayvnYz3ER5yJpOs9HDBFRxBqK/dKpfLx8cWRjL/URyWh8YYDXfZ1TAk=","#,
    r#""BKIqHH6Yp69EYB1C5U/JkWUcFt5NmGYbdm6Z6JJnckr6Lnt6VeiHTj6OStGUKXc1twX2m+twJxwUAiC0VGNODV8="]}"#,
);

/// Stores both keys in the Coordinator, of which `owner` is the owner.
pub(crate) async fn publish(chain: &Chain, owner: &Account, coordinator: Address) -> Result<()> {
    let don = setDONPublicKeyCall { donPublicKey: DON.into() };
    chain.send(owner, coordinator, &don).await?;
    let threshold = setThresholdPublicKeyCall { thresholdPublicKey: THRESHOLD.as_bytes().to_vec().into() };
    chain.send(owner, coordinator, &threshold).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threshold_key_is_the_json_clients_parse() {
        let key: serde_json::Value = serde_json::from_str(THRESHOLD).expect("JSON");
        assert_eq!(key["Group"], "P256");
        assert_eq!(key["HArray"].as_array().map(Vec::len), Some(4));
    }
}
