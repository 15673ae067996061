//! A language model behind OpenAI's chat API.

use serde_json::json;

use crate::call::{Call, Reply};

/// The key it accepts.
pub(crate) const KEY: &str = "sk-example";

pub(crate) fn answer(call: &Call) -> Result<Reply, Reply> {
    if call.place != "v1/chat/completions" {
        return Err(Reply::status(404));
    }
    if !call.has_bearer(KEY) {
        return Err(Reply::status(401));
    }
    let asked = call.json()?;
    if asked["temperature"] != 0 || !asked["model"].is_string() || asked["messages"][0]["role"] != "system" {
        return Err(Reply::status(400));
    }
    let text = asked["messages"][1]["content"].as_str().ok_or(Reply::status(400))?;
    let words = if text.contains("love") {
        "Positive."
    } else if text.contains("hate") {
        " negative\n"
    } else if text.contains("table") {
        "neutral"
    } else {
        "I cannot tell"
    };
    Ok(Reply::json(&json!({
        "object": "chat.completion", "model": asked["model"],
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": words}}],
    })))
}
