//! Those that say too little or too late. Against waiting for any one member.

use std::rc::Rc;

use oracle_ocr::{Body, Message};

use super::{Adversary, Me, Sent};

/// Says nothing.
pub struct Mute;

impl Adversary for Mute {
    fn on_send(&mut self, _: &mut Me<'_>, _: usize, _: &Rc<Message>) -> Vec<Sent> {
        Vec::new()
    }
}

/// Says everything so many milliseconds late.
pub struct Late(pub u64);

impl Adversary for Late {
    fn on_send(&mut self, _: &mut Me<'_>, to: usize, message: &Rc<Message>) -> Vec<Sent> {
        vec![Sent { to, message: message.clone(), after: self.0 }]
    }
}

/// Gives its signature of a report, and the report, to one member only.
pub struct Miser;

impl Adversary for Miser {
    fn on_send(&mut self, me: &mut Me<'_>, to: usize, message: &Rc<Message>) -> Vec<Sent> {
        let is_precious = matches!(message.body, Body::Attest(_) | Body::Report(_) | Body::BatchSignature(_));
        let next = me.config.members[(usize::from(me.place.get()) + 1) % me.config.members.len()];
        if is_precious && to != next {
            return Vec::new();
        }
        vec![Sent { to, message: message.clone(), after: 0 }]
    }
}
