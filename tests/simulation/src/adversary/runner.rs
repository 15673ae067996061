//! Runs ahead through attempts. Against being pulled by fewer than `f + 1`, and against keeping what lies far ahead.

use std::rc::Rc;

use oracle_ocr::{
    Body, Message, Signer as _, layout,
    message::{Attest, Prepare, Status, StatusClaim},
};

use super::{Adversary, Me, Sent};

/// See the module's documentation.
pub struct AttemptRunner;

impl Adversary for AttemptRunner {
    fn on_send(&mut self, me: &mut Me<'_>, to: usize, message: &Rc<Message>) -> Vec<Sent> {
        let key = message.key;
        let attempt = 1_000 + u32::try_from(me.random.below(1_000_000)).unwrap_or(0);
        let mut claim =
            StatusClaim { sender: me.place, attempt, lock: None, held: Vec::new(), signature: [0; 64] };
        me.sign_claim(key, &mut claim);
        let status = Status { claim, certificate: None, observations: Vec::new() };
        let choice = oracle_ocr::Choice { outcome: key.request, evidence: key.commitment };
        let bytes = layout::prepare(&me.domain(key), me.place, attempt, &choice);
        let prepare = Prepare { attempt, choice, signature: me.keys.sign_offchain(&bytes) };
        let attest = Attest { attempt, choice, signature: me.keys.sign_report(&key.request) };
        let ahead = match me.random.below(3) {
            0 => Body::Status(Box::new(status)),
            1 => Body::Prepare(prepare),
            _ => Body::Attest(attest),
        };
        let ahead = me.message(key, ahead);
        vec![Sent { to, message: ahead, after: 0 }, Sent { to, message: message.clone(), after: 0 }]
    }
}
