//! How long 31 members take to make a threshold key of which 21 are needed, one after another on one processor.
//!
//! `cargo run --locked --profile dist -p oracle-ceremony --example timing`
#![expect(clippy::disallowed_macros, reason = "an example prints")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "an example may end")]

use std::{collections::VecDeque, time::Instant};

use ed25519_dalek::{Signer as _, SigningKey};
use oracle_ceremony::{Ceremony, Effect, Input, Signer, Terms};

struct Key(SigningKey);

impl Signer for Key {
    fn sign(&self, text: &[u8]) -> [u8; 64] {
        self.0.sign(text).to_bytes()
    }
}

fn main() {
    let (members, threshold) = (31, 21);
    let key = |place: u8| SigningKey::from_bytes(&[place + 1; 32]);
    let keys: Vec<[u8; 32]> = (0..members).map(|place| key(place).verifying_key().to_bytes()).collect();
    let terms = Terms::threshold_key([0; 32], 0, &keys, threshold).unwrap();

    let begun = Instant::now();
    let (mut nodes, mut queue, mut sent) = (Vec::new(), VecDeque::new(), 0);
    for place in 0..members {
        let (node, effects) =
            Ceremony::start(terms.clone(), place, Key(key(place)), None, [place; 32].into()).ok().unwrap();
        nodes.push(node);
        queue.extend(effects.into_iter().map(|effect| (place, effect)));
    }
    while let Some((from, effect)) = queue.pop_front() {
        let Effect::Send { to, bytes } = effect else { continue };
        sent += bytes.len();
        let effects = nodes[usize::from(to)].step(Input::Message { from, bytes: &bytes });
        queue.extend(effects.into_iter().map(|effect| (to, effect)));
    }
    let elapsed = begun.elapsed();
    assert!(nodes.iter().all(|node| node.outcome().is_some()));
    println!(
        "{members} members, threshold {threshold}: {:.1} s, {} kB sent",
        elapsed.as_secs_f64(),
        sent / 1_000
    );
}
