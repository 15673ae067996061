//! Commands at once with one key send one after the other, and none takes another's transaction for its own.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use alloy::primitives::{Address, U256};
use functions_client::{Account, Chain, ClientError};
use functions_network::{DEV_KEYS, dev_account};
use test_support::{Answer, Endpoints};

const AT_ONCE: usize = 6;

static WAITED: AtomicUsize = AtomicUsize::new(0);

fn hear(words: &str) {
    assert_eq!(words, "waiting for another command that sends with this key");
    WAITED.fetch_add(1, Ordering::Relaxed);
}

/// The account of a key file as a command of its own opens it.
fn account(file: &Path, folder: Option<&Path>) -> Account {
    let account = Account::from_hex(DEV_KEYS[0]).expect("a key");
    account.in_turns(Some(File::open(file).expect("the file is there")), folder.map(Path::to_owned), hear)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_at_once_with_one_key_file_take_turns() {
    let endpoints = Endpoints::start(1).await;
    let folder = tempfile::tempdir().expect("a folder");
    let key = folder.path().join("key");
    std::fs::write(&key, DEV_KEYS[0]).expect("written");
    // Another path to the same file.
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(&key, &link).expect("linked");
    let to = Address::repeat_byte(7);
    let mut sending = tokio::task::JoinSet::new();
    for command in 0..AT_ONCE {
        let account = account(if command % 2 == 0 { &key } else { &link }, None);
        let url = endpoints.rpc_url().to_owned();
        sending.spawn(async move {
            let chain = Chain::connect(&url).await.expect("the chain answers");
            let mut hashes = Vec::new();
            for _ in 0..3 {
                let sent = chain.transfer(&account, to, U256::from(5)).await.expect("sent");
                hashes.push(sent.transaction_hash);
            }
            hashes
        });
    }
    let all: Vec<_> = sending.join_all().await.into_iter().flatten().collect();
    let distinct: BTreeSet<_> = all.iter().collect();
    assert_eq!(distinct.len(), AT_ONCE * 3, "each said of a transaction of its own");
    assert_eq!(endpoints.chain.balance(to).await.expect("a balance"), U256::from(AT_ONCE * 3 * 5));
    assert!(WAITED.load(Ordering::Relaxed) > 0, "and who waited said so");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_at_once_with_copies_of_a_key_take_turns() {
    let endpoints = Endpoints::start(1).await;
    let folder = tempfile::tempdir().expect("a folder");
    let meet = folder.path().join("state/turns");
    let copy = |name: &str| {
        let key = folder.path().join(name);
        std::fs::write(&key, DEV_KEYS[0]).expect("written");
        account(&key, Some(&meet))
    };
    let to = Address::repeat_byte(7);
    let mut sending = tokio::task::JoinSet::new();
    for command in 0..AT_ONCE {
        let account = copy(&format!("key-{command}"));
        let url = endpoints.rpc_url().to_owned();
        sending.spawn(async move {
            let chain = Chain::connect(&url).await.expect("the chain answers");
            for _ in 0..3 {
                chain.transfer(&account, to, U256::from(5)).await.expect("sent");
            }
        });
    }
    sending.join_all().await;
    assert_eq!(endpoints.chain.balance(to).await.expect("a balance"), U256::from(AT_ONCE * 3 * 5));
    let places: Vec<_> =
        std::fs::read_dir(&meet).expect("it was made").map(|place| place.expect("a file")).collect();
    let name = places[0].file_name().into_string().expect("a name");
    assert_eq!(places.len(), 1, "they met at one");
    assert!(name.starts_with(&format!("{}-412346-", dev_account(0).address())), "account and chain: {name}");
    // Where there is no such folder, the key's own file does.
    let blocked = folder.path().join("key-0");
    let account = account(&folder.path().join("key-1"), Some(&blocked));
    endpoints.chain.transfer(&account, to, U256::from(5)).await.expect("sent");
}

#[tokio::test]
async fn a_file_that_the_system_does_not_hold_is_sent_with_all_the_same() {
    use std::os::unix::fs::OpenOptionsExt as _;
    static WARNED: AtomicUsize = AtomicUsize::new(0);
    fn warn(words: &str) {
        assert!(words.starts_with("warning: the key file cannot be held ("), "{words}");
        WARNED.fetch_add(1, Ordering::Relaxed);
    }
    let endpoints = Endpoints::start(1).await;
    let key = tempfile::NamedTempFile::new().expect("a file");
    // O_PATH: a descriptor that nothing can be done with but to name the file.
    let file = File::options().read(true).custom_flags(0o10_000_000).open(key.path()).expect("named");
    let account = Account::from_hex(DEV_KEYS[0]).expect("a key").in_turns(Some(file), None, warn);
    let to = Address::repeat_byte(7);
    for _ in 0..2 {
        endpoints.chain.transfer(&account, to, U256::from(5)).await.expect("sent");
    }
    assert_eq!(endpoints.chain.balance(to).await.expect("a balance"), U256::from(10));
    assert_eq!(WARNED.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_failure_that_leaves_open_whether_a_transaction_was_taken_names_it() {
    let endpoints = Endpoints::start(1).await;
    let proxy = &endpoints.proxies[0];
    let chain = Chain::connect(&proxy.url).await.expect("the chain answers");
    let to = Address::repeat_byte(7);
    // Nothing was taken.
    proxy.answer("eth_sendRawTransaction", Answer::Status(502, "", None));
    let error = chain.transfer(&dev_account(0), to, U256::from(5)).await.expect_err("it failed");
    assert!(matches!(error, ClientError::Unclear { .. }), "{error}");
    assert!(error.to_string().contains("may be on its way") && error.is_sent(), "{error}");
    // It was taken, and nobody says what became of it.
    proxy.heal();
    proxy.answer("eth_getTransactionReceipt", Answer::Error(-32_000, "the moon is full"));
    let error = chain.transfer(&dev_account(1), to, U256::ZERO).await.expect_err("no receipt");
    assert!(matches!(error, ClientError::Unclear { .. }), "{error}");
    proxy.heal();
    // It was taken, and every answer is lost: then it is waited for.
    let lost = |_: &serde_json::Value, _| serde_json::json!(["lost"]);
    proxy.answer("eth_sendRawTransaction", Answer::changed(lost));
    chain.transfer(&dev_account(0), to, U256::from(5)).await.expect("sent");
    assert_eq!(endpoints.chain.balance(to).await.expect("a balance"), U256::from(5));
}

#[tokio::test]
async fn a_transaction_that_another_command_has_just_sent_is_not_taken_for_ones_own() {
    let endpoints = Endpoints::start(1).await;
    let to = Address::repeat_byte(7);
    let chain = Chain::connect(&endpoints.proxies[0].url).await.expect("the chain answers");
    // Both have read the same nonce: the second is a copy of the key that knows of no other.
    let [first, second] = [dev_account(0), dev_account(0)];
    endpoints.chain.transfer(&first, to, U256::from(5)).await.expect("sent");
    endpoints.proxies[0].answer("eth_getTransactionCount", Answer::Result(serde_json::json!("0x0")));
    let error = chain.transfer(&second, to, U256::from(5)).await.expect_err("sent by another");
    assert!(matches!(error, ClientError::SentByOther { .. }), "{error}");
    // The endpoint still has it in its pool.
    endpoints.proxies[0].answer("eth_sendRawTransaction", Answer::Error(-32_000, "already known"));
    let error = chain.transfer(&second, to, U256::from(5)).await.expect_err("known");
    assert!(matches!(error, ClientError::SentByOther { .. }), "{error}");
    assert_eq!(endpoints.chain.balance(to).await.expect("a balance"), U256::from(5));
    // Another transaction with a used nonce is refused as before.
    endpoints.proxies[0].heal();
    endpoints.proxies[0].answer("eth_getTransactionCount", Answer::Result(serde_json::json!("0x0")));
    let error = chain.transfer(&second, to, U256::from(6)).await.expect_err("a used nonce");
    assert!(error.to_string().contains("nonce"), "{error}");
    assert!(matches!(error, ClientError::Rpc { .. }), "{error}");
}
