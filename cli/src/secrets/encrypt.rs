//! `functions secrets encrypt`.

use functions_failure::Result;
use serde_json::json;

use super::{Out, Sealing};

#[derive(clap::Args, Debug)]
pub(crate) struct Options {
    #[command(flatten)]
    out: Out,
    #[command(flatten)]
    sealing: Sealing,
}

/// Prints the encrypted secrets as the document that is published: `{"encryptedSecrets":"0x…"}`.
pub(super) async fn run(options: Options) -> Result<()> {
    let sealed = options.sealing.seal().await?;
    let document = json!({ "encryptedSecrets": format!("0x{}", hex::encode(&sealed.text)) });
    options.out.write(&document.to_string())?;
    let bytes = sealed.text.len();
    options.sealing.at.sending.say(
        &json!({
            "encryptedSecrets": document["encryptedSecrets"],
            "owner": sealed.owner.address().to_string(),
            "coordinator": sealed.coordinator.to_string(),
            "donId": sealed.don.to_string(),
            "bytes": bytes,
        }),
        || document.to_string(),
    );
    Ok(())
}
