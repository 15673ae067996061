//! Members that hold what owners stored and open their secrets together: real keys, journals and ciphertexts, over
//! channels that a test can cut and listen to.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use alloy::primitives::{Address, B256, eip191_hash_message};
use functions_node::{
    journal::Journal,
    peers::Voice,
    vault::{
        DECRYPTION_TEXT, FETCH_TEXT, Fetch, MISMATCH_TEXT, NOT_FOUND_TEXT, Parts, Place, URLS_TEXT, Vault,
        Wanted, encrypted_secrets,
    },
};
use functions_tdh2::{
    Label, Secrets,
    envelope::{self, Recipient},
    rand_core::OsRng,
};
use functions_types::SubscriptionId;
use k256::ecdsa::SigningKey;
use oracle_keys::{Keystore, Plan};
use oracle_ocr::{OracleIndex, RequestKey};
use oracle_vault::{Key, Kind, Limits, Message, Row};
use tempfile::TempDir;

const CHAIN: u64 = 412_346;
const COORDINATOR: Address = Address::repeat_byte(0xc0);
const HOUR_MS: u64 = 3_600_000;

struct Owner(SigningKey);

impl Owner {
    fn new(seed: u8) -> Self {
        Self(SigningKey::from_slice(&[seed; 32]).expect("a key"))
    }

    fn address(&self) -> Address {
        Address::from_private_key(&self.0)
    }

    fn sign(&self, hash: B256) -> [u8; 65] {
        let (signature, id) = self.0.sign_prehash_recoverable(hash.as_slice()).expect("a signature");
        let mut bytes = [27 + id.to_byte(); 65];
        bytes[..64].copy_from_slice(&signature.to_bytes());
        bytes
    }

    /// A row of this owner with any content.
    fn row(&self, version: u64, payload: Vec<u8>, expiration_ms: u64) -> Row {
        let key = Key { kind: Kind::Secrets, owner: self.address(), slot: 0, version };
        let mut row = Row { key, expiration_ms, payload, signature: [0; 65] };
        row.signature = self.sign(eip191_hash_message(row.text()));
        row
    }
}

/// What was said: by whom, to whom, and what.
type Said = Arc<Mutex<Vec<(u8, Option<u8>, Message)>>>;

/// What a member reads at a URL.
type Documents = Arc<Mutex<HashMap<(u8, String), String>>>;

/// Members whose voices reach each other unless they are cut off.
struct Members {
    vaults: Vec<Vault>,
    keys: Vec<Arc<Keystore>>,
    cut: Vec<Arc<AtomicBool>>,
    said: Said,
    documents: Documents,
    _folder: TempDir,
}

/// Four key files with keys for secrets, made without a dealer; three open a ciphertext together.
fn key_files(folder: &Path) -> Vec<Keystore> {
    let password = "correct horse battery";
    let file = |index: usize| folder.join(format!("{index}.json"));
    let mut files: Vec<Keystore> =
        (0..4).map(|index| Keystore::create(&file(index), password).expect("keys")).collect();
    let members = files.iter().map(|keys| keys.public().offchain_public_key.0).collect();
    let plan = Plan { digest: B256::repeat_byte(7), attempt: 0, members, needed: 3 };
    let mut parts: Vec<_> =
        files.iter().map(|keys| keys.make_secrets_keys(plan.clone(), None).expect("a ceremony")).collect();
    let mut under_way: VecDeque<_> = VecDeque::new();
    for (from, part) in (0_u8..).zip(&parts) {
        under_way.extend(part.said().into_iter().map(|said| (from, said)));
    }
    while let Some((from, said)) = under_way.pop_front() {
        let answers = parts[usize::from(said.to)].step(from, &said.bytes);
        under_way.extend(answers.into_iter().map(|answer| (said.to, answer)));
    }
    for (keys, part) in files.iter_mut().zip(&parts) {
        keys.add_generation(part).expect("an outcome");
    }
    files
}

impl Members {
    async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let keys: Vec<Arc<Keystore>> = key_files(folder.path()).into_iter().map(Arc::new).collect();
        let cut: Vec<Arc<AtomicBool>> = (0..4).map(|_| Arc::default()).collect();
        let (said, documents) = (Said::default(), Documents::default());
        let listeners: Arc<Mutex<Vec<Vault>>> = Arc::default();
        let mut vaults = Vec::new();
        for me in 0_u8..4 {
            let url = format!("sqlite://{}", folder.path().join(format!("{me}.sqlite")).display());
            let (cut, said, listeners) = (cut.clone(), said.clone(), listeners.clone());
            let is_cut = move |place: u8| cut[usize::from(place)].load(Ordering::SeqCst);
            let voice = Voice::new(move |to: Option<OracleIndex>, bytes| {
                let message = Message::decode(&bytes).expect("a message");
                said.lock().expect("no panic").push((me, to.map(OracleIndex::get), message));
                let listeners = listeners.lock().expect("no panic");
                for (place, vault) in (0_u8..).zip(listeners.iter()) {
                    let is_meant = to.is_none_or(|to| to.get() == place) && place != me;
                    if is_meant && !is_cut(me) && !is_cut(place) {
                        vault.heard(OracleIndex::new(me), bytes.clone());
                    }
                }
            });
            let read = documents.clone();
            let fetch: Fetch = Arc::new(move |urls| {
                let documents = read.lock().expect("no panic");
                let found =
                    urls.into_iter().find_map(|url| encrypted_secrets(documents.get(&(me, url))?.as_bytes()));
                Box::pin(async move { found })
            });
            let parts = Parts {
                keys: keys[usize::from(me)].clone(),
                journal: Journal::open(&url).await.expect("a journal"),
                voice,
                fetch,
                me: OracleIndex::new(me),
                n: 4,
                f: 1,
                chain_id: CHAIN,
                coordinator: COORDINATOR,
                limits: Limits::default(),
                allow_unbound: true,
            };
            vaults.push(Vault::start(parts).await.expect("a vault"));
        }
        listeners.lock().expect("no panic").extend(vaults.iter().cloned());
        Self { vaults, keys, cut, said, documents, _folder: folder }
    }

    /// Secrets as a client seals them, for requests with this label.
    fn seal(&self, owner: &Owner, text: &str, label: Label) -> Vec<u8> {
        let keys = self.keys[0].secrets_keys().next().expect("a generation");
        let secrets = Secrets::parse(text, 10_240).expect("secrets");
        let threshold = Arc::new(keys.threshold.clone());
        let to = Recipient { don: &keys.don, threshold: &threshold, owner: owner.address(), label };
        envelope::seal(&secrets, &owner.sign(secrets.digest()), &to, &mut OsRng).expect("sealed").into_bytes()
    }

    fn bound(&self, owner: &Owner, text: &str) -> Vec<u8> {
        self.seal(owner, text, Label::of_owner(CHAIN, COORDINATOR, owner.address()))
    }

    /// What each of these members makes of a request.
    async fn ask(&self, members: &[usize], wanted: Wanted) -> Vec<Result<BTreeMap<String, String>, String>> {
        let asked = members.iter().map(|member| {
            let (vault, wanted) = (self.vaults[*member].clone(), wanted.clone());
            tokio::spawn(async move { vault.secrets(wanted).await.expect("an answer in time") })
        });
        let mut answers = Vec::new();
        for asked in asked.collect::<Vec<_>>() {
            answers.push(asked.await.expect("no panic"));
        }
        answers
    }

    /// A request whose URLs, encrypted to the DON key, are these.
    fn at(&self, request: u8, owner: &Owner, urls: &str) -> Wanted {
        let keys = self.keys[0].secrets_keys().next().expect("a generation");
        let place = Place::Urls(keys.don.encrypt(urls.as_bytes(), &mut OsRng).into());
        let any = owner.row(1, Vec::new(), 1);
        Wanted { place, ..wanted(request, &any, 1) }
    }

    /// Has these members read a ciphertext at a URL.
    fn publish(&self, members: &[u8], url: &str, ciphertext: &[u8]) {
        let document = format!("{{\"encryptedSecrets\":\"0x{}\"}}", hex::encode(ciphertext));
        let mut documents = self.documents.lock().expect("no panic");
        documents.extend(members.iter().map(|member| ((*member, url.to_owned()), document.clone())));
    }

    fn set_cut(&self, member: usize, cut: bool) {
        self.cut[member].store(cut, Ordering::SeqCst);
    }

    /// Shares given towards a request so far, by member.
    fn shares(&self, request: u8) -> Vec<u8> {
        let said = self.said.lock().expect("no panic");
        let of = |(from, _, message): &(u8, Option<u8>, Message)| match message {
            Message::Share { of, .. } if of.request == [request; 32] => Some(*from),
            _ => None,
        };
        said.iter().filter_map(of).collect()
    }
}

fn wanted(request: u8, row: &Row, block_ms: u64) -> Wanted {
    Wanted {
        request: RequestKey { request: B256::repeat_byte(request), commitment: B256::repeat_byte(1) },
        place: Place::Row(row.key),
        owner: row.key.owner,
        subscription: SubscriptionId(5),
        block_ms,
    }
}

fn in_an_hour() -> u64 {
    functions_node::clock::now_ms() + HOUR_MS
}

fn one(name: &str, value: &str) -> Result<BTreeMap<String, String>, String> {
    Ok(BTreeMap::from([(name.to_owned(), value.to_owned())]))
}

#[tokio::test]
async fn members_open_what_the_owner_stored_and_one_that_missed_the_upload_asks_for_it() {
    let members = Members::start().await;
    let owner = Owner::new(1);
    let expires = in_an_hour();
    let row = owner.row(1, members.bound(&owner, r#"{"apiKey":"k-123"}"#), expires);
    for vault in &members.vaults[..3] {
        vault.put(row.clone()).await.expect("stored");
    }
    let answers = members.ask(&[0, 1, 2, 3], wanted(1, &row, expires)).await;
    assert!(answers.iter().all(|answer| *answer == one("apiKey", "k-123")), "{answers:?}");
    for vault in &members.vaults {
        assert_eq!(vault.list(Kind::Secrets, owner.address()).await.len(), 1, "who asked keeps it");
    }
    // The same for one subscription alone, in the next version; requests that name the first one go on.
    let label = Label::of_subscription(CHAIN, COORDINATOR, owner.address(), SubscriptionId(5));
    let second = owner.row(2, members.seal(&owner, r#"{"apiKey":"k-124"}"#, label), expires);
    for vault in &members.vaults[1..] {
        vault.put(second.clone()).await.expect("stored");
    }
    let newer = members.ask(&[0, 1, 2, 3], wanted(2, &second, expires)).await;
    assert!(newer.iter().all(|answer| *answer == one("apiKey", "k-124")), "{newer:?}");
    let older = members.ask(&[0, 1, 2, 3], wanted(3, &row, expires)).await;
    assert!(older.iter().all(|answer| *answer == one("apiKey", "k-123")), "{older:?}");
}

#[tokio::test]
async fn three_of_four_open_it_and_two_wait_until_a_third_speaks() {
    let members = Members::start().await;
    let owner = Owner::new(1);
    let expires = in_an_hour();
    let row = owner.row(1, members.bound(&owner, r#"{"a":"b"}"#), expires);
    for vault in &members.vaults {
        vault.put(row.clone()).await.expect("stored");
    }
    members.set_cut(3, true);
    let answers = members.ask(&[0, 1, 2], wanted(1, &row, expires)).await;
    assert!(answers.iter().all(|answer| *answer == one("a", "b")), "{answers:?}");
    // It was away while the others opened theirs: it says its share again, and they answer.
    members.set_cut(3, false);
    assert_eq!(members.ask(&[3], wanted(1, &row, expires)).await, [one("a", "b")]);

    members.set_cut(2, true);
    members.set_cut(3, true);
    let two = members.ask(&[0, 1], wanted(2, &row, expires));
    tokio::pin!(two);
    // As long as both have said their share twice, they had every chance.
    let both_spoke_twice = async {
        while members.shares(2).len() < 4 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        answers = &mut two => panic!("two members opened it: {answers:?}"),
        () = both_spoke_twice => {}
    }
    members.set_cut(2, false);
    members.vaults[2].begin(wanted(2, &row, expires));
    let answers = two.await;
    assert!(answers.iter().all(|answer| *answer == one("a", "b")), "{answers:?}");
}

#[tokio::test]
async fn a_copied_ciphertext_gets_no_share_for_another_owners_request() {
    let members = Members::start().await;
    let (owner, thief) = (Owner::new(1), Owner::new(2));
    let expires = in_an_hour();
    let payload = members.bound(&owner, r#"{"apiKey":"k-123"}"#);
    let stolen = thief.row(1, payload, expires);
    for vault in &members.vaults {
        vault.put(stolen.clone()).await.expect("stored");
    }
    for answer in members.ask(&[0, 1, 2, 3], wanted(1, &stolen, expires)).await {
        let text = answer.expect_err("not the thief's");
        assert!(text.starts_with(DECRYPTION_TEXT) && text.contains("another owner"), "{text}");
    }
    assert_eq!(members.shares(1), [0_u8; 0], "nobody gave a share");
    // Nor does one of another subscription.
    let label = Label::of_subscription(CHAIN, COORDINATOR, owner.address(), SubscriptionId(6));
    let row = owner.row(2, members.seal(&owner, r#"{"a":"b"}"#, label), expires);
    for vault in &members.vaults {
        vault.put(row.clone()).await.expect("stored");
    }
    let answers = members.ask(&[0, 1, 2, 3], wanted(2, &row, expires)).await;
    assert!(answers.iter().all(Result::is_err), "{answers:?}");
    assert_eq!(members.shares(2), [0_u8; 0]);
}

#[tokio::test]
async fn what_is_bound_to_nobody_is_opened_for_who_stored_it_first_and_for_no_other() {
    let members = Members::start().await;
    let (owner, thief) = (Owner::new(1), Owner::new(2));
    let expires = in_an_hour();
    let payload = members.seal(&owner, r#"{"a":"b"}"#, Label::UNBOUND);
    let own = owner.row(1, payload.clone(), expires);
    members.set_cut(3, true);
    for vault in &members.vaults[..3] {
        vault.put(own.clone()).await.expect("stored");
    }
    // White space around it does not make it another one.
    let copied = thief.row(1, [b" ".as_slice(), &payload].concat(), expires);
    for vault in &members.vaults[..3] {
        assert_eq!(vault.put(copied.clone()).await, Err("already stored by another owner".to_owned()));
    }
    // One member took the thief's first.
    members.vaults[3].put(copied.clone()).await.expect("it knew no better");
    members.set_cut(3, false);
    let answers = members.ask(&[0, 1, 2], wanted(1, &own, expires)).await;
    assert!(answers.iter().all(|answer| *answer == one("a", "b")), "{answers:?}");
    let stolen = members.ask(&[0, 1, 2], wanted(2, &copied, expires)).await.remove(0);
    let text = stolen.expect_err("not the thief's");
    assert!(text == NOT_FOUND_TEXT || text.starts_with(DECRYPTION_TEXT), "{text}");
    assert!(members.shares(2).iter().all(|from| *from == 3), "no honest member gave a share");
}

#[tokio::test]
async fn what_nobody_has_or_has_expired_is_not_found_on_every_member() {
    let members = Members::start().await;
    let owner = Owner::new(1);
    let expires = in_an_hour();
    let row = owner.row(4, members.bound(&owner, r#"{"a":"b"}"#), expires);
    for vault in &members.vaults[..3] {
        vault.put(row.clone()).await.expect("stored");
    }
    let all = &[0, 1, 2, 3];
    let other = Row { key: Key { version: 5, ..row.key }, ..row.clone() };
    for (number, wanted) in
        [wanted(1, &other, expires), wanted(2, &row, expires + 5_001)].into_iter().enumerate()
    {
        for answer in members.ask(all, wanted).await {
            assert_eq!(answer, Err(NOT_FOUND_TEXT.to_owned()), "case {number}");
        }
    }
    // At the boundary it is found, also by those that have to ask for it.
    let answers = members.ask(all, wanted(3, &row, expires + 5_000)).await;
    assert!(answers.iter().all(|answer| *answer == one("a", "b")), "{answers:?}");
}

#[tokio::test]
async fn no_share_is_given_after_a_request_has_ended() {
    let members = Members::start().await;
    let owner = Owner::new(1);
    let expires = in_an_hour();
    let row = owner.row(1, members.bound(&owner, r#"{"a":"b"}"#), expires);
    for vault in &members.vaults {
        vault.put(row.clone()).await.expect("stored");
    }
    members.set_cut(3, true);
    members.ask(&[0, 1, 2], wanted(1, &row, expires)).await;
    for vault in &members.vaults[..3] {
        vault.end(B256::repeat_byte(1));
        // What it is told next is heard after that.
        vault.list(Kind::Secrets, owner.address()).await;
    }
    let before = members.shares(1).len();
    members.set_cut(3, false);
    let late = members.ask(&[3], wanted(1, &row, expires));
    tokio::pin!(late);
    let it_asked_twice = async {
        while members.shares(1).len() < before + 2 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        answers = &mut late => panic!("it was opened after its end: {answers:?}"),
        () = it_asked_twice => {}
    }
    assert!(members.shares(1)[before..].iter().all(|from| *from == 3));
}

#[tokio::test]
async fn rows_are_there_after_a_restart_and_reach_members_that_were_away() {
    let members = Members::start().await;
    let owner = Owner::new(1);
    let expires = in_an_hour();
    members.set_cut(3, true);
    for version in 1..=3 {
        let row = owner.row(version, vec![7; 20_000], expires);
        for vault in &members.vaults[..3] {
            vault.put(row.clone()).await.expect("stored");
        }
    }
    members.set_cut(3, false);
    members.vaults[0].connected(OracleIndex::new(3));
    while members.vaults[3].list(Kind::Secrets, owner.address()).await.len() < 3 {
        tokio::task::yield_now().await;
    }
    let again = owner.row(3, vec![8; 10], expires);
    assert_eq!(members.vaults[3].put(again).await, Err("version too low".to_owned()));
}

#[tokio::test]
async fn remote_secrets_are_those_of_the_first_url_that_has_any() {
    let members = Members::start().await;
    let (owner, thief) = (Owner::new(1), Owner::new(2));
    // Longer than what is hosted may be.
    let long = format!(r#"{{"apiKey":"{}"}}"#, r#"\""#.repeat(5_000));
    members.publish(&[0, 1, 2, 3], "https://b.example/s", &members.bound(&owner, &long));
    let urls = "https://dead.example/s https://b.example/s";
    let answers = members.ask(&[0, 1, 2, 3], members.at(1, &owner, urls)).await;
    assert!(answers.iter().all(|answer| *answer == one("apiKey", &"\"".repeat(5_000))), "{answers:?}");
    // Whoever knows the URLs cannot have it opened.
    for answer in members.ask(&[0, 1, 2, 3], members.at(2, &thief, urls)).await {
        let text = answer.expect_err("not the thief's");
        assert!(text.starts_with(DECRYPTION_TEXT) && text.contains("another owner"), "{text}");
    }
    assert_eq!(members.shares(2), [0_u8; 0], "nobody gave a share");
    // What is bound to nobody belongs to whoever named it first.
    let unbound = members.seal(&owner, r#"{"a":"b"}"#, Label::UNBOUND);
    members.publish(&[0, 1, 2, 3], "https://c.example/s", &unbound);
    let answers = members.ask(&[0, 1, 2, 3], members.at(3, &owner, "https://c.example/s")).await;
    assert!(answers.iter().all(|answer| *answer == one("a", "b")), "{answers:?}");
    let answers = members.ask(&[0, 1, 2, 3], members.at(4, &thief, "https://c.example/s")).await;
    assert!(answers.iter().all(Result::is_err), "{answers:?}");
    assert_eq!(members.shares(4), [0_u8; 0]);
}

#[tokio::test]
async fn what_cannot_be_fetched_or_is_no_reference_is_an_error_on_every_member() {
    let members = Members::start().await;
    let owner = Owner::new(1);
    let all = &[0, 1, 2, 3];
    let sealed = Wanted { place: Place::Urls([7; 100].as_slice().into()), ..members.at(1, &owner, "") };
    for (wanted, text) in [
        (members.at(2, &owner, "https://dead.example/"), FETCH_TEXT),
        (members.at(3, &owner, "file:///etc/passwd"), URLS_TEXT),
        (members.at(4, &owner, ""), URLS_TEXT),
        (sealed, URLS_TEXT),
    ] {
        let answers = members.ask(all, wanted).await;
        assert!(answers.iter().all(|answer| *answer == Err(text.to_owned())), "{answers:?}");
    }
}

#[tokio::test]
async fn documents_that_differ_open_nothing_where_too_few_agree_and_members_say_so_alike() {
    let members = Members::start().await;
    let owner = Owner::new(1);
    let [one_text, other] = ["1", "2"].map(|value| members.bound(&owner, &format!("{{\"a\":\"{value}\"}}")));
    let mismatch = Err(format!("{DECRYPTION_TEXT}: {MISMATCH_TEXT}"));
    // Three read the same, which is enough; the fourth knows that its own is not.
    members.publish(&[0, 1, 2], "https://a.example/", &one_text);
    members.publish(&[3], "https://a.example/", &other);
    let answers = members.ask(&[0, 1, 2, 3], members.at(1, &owner, "https://a.example/")).await;
    assert_eq!(answers, [one("a", "1"), one("a", "1"), one("a", "1"), mismatch.clone()]);
    // Two and one, and one that reads nothing.
    members.publish(&[0, 1], "https://b.example/", &one_text);
    members.publish(&[2], "https://b.example/", &other);
    let answers = members.ask(&[0, 1, 2, 3], members.at(2, &owner, "https://b.example/")).await;
    assert_eq!(answers, [mismatch.clone(), mismatch.clone(), mismatch, Err(FETCH_TEXT.to_owned())]);
}

#[tokio::test]
async fn a_row_of_code_is_asked_for_and_what_too_few_have_is_not_found() {
    let members = Members::start().await;
    let owner = Owner::new(1);
    let expires = in_an_hour();
    let mut row = owner.row(1, b"return 1".to_vec(), expires);
    row.key.kind = Kind::Code;
    row.signature = owner.sign(eip191_hash_message(row.text()));
    members.vaults[0].put(row.clone()).await.expect("stored");
    for vault in &members.vaults {
        let found = vault.row(row.key, expires).await.expect("in time").expect("found");
        assert_eq!(found.payload, b"return 1");
    }
    let other = Key { version: 2, ..row.key };
    for vault in &members.vaults {
        assert_eq!(vault.row(other, expires).await, Ok(None));
        assert_eq!(vault.row(row.key, expires + 5_001).await, Ok(None), "it has expired");
    }
}
