//! An endpoint that takes connections and says nothing is one bounded wait, and the caller hears of it.

use std::net::TcpListener;
use std::sync::Mutex;
use std::time::Duration;

use functions_client::{Chain, Patience};

static WORDS: Mutex<Vec<String>> = Mutex::new(Vec::new());

#[tokio::test]
async fn a_silent_endpoint_is_asked_once_and_said() {
    // The system completes connections to a listener nobody reads from.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let patience = Patience {
        limit: Duration::from_millis(300),
        word_after: Duration::from_millis(10),
        say: |text| WORDS.lock().expect("no panic").push(text.to_owned()),
    };
    let error = Chain::connect_with(&url, patience).await.expect_err("nobody answers");
    let text = error.to_string();
    assert!(text.contains("no answer within"), "{text}");
    let words = WORDS.lock().expect("no panic");
    assert_eq!(words.len(), 1, "{words:?}");
    assert!(words[0].contains("still waiting for") && words[0].contains("eth_chainId"), "{words:?}");
    listener.set_nonblocking(true).expect("a socket");
    let asked = std::iter::from_fn(|| listener.accept().ok()).count();
    assert_eq!(asked, 1, "a silent endpoint is not asked again");
}
