//! Writing requests.

use alloc::vec::Vec;

use super::{DonHostedSecrets, FunctionsRequest, Location};

/// The outer form of an encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// The toolkit's canonical definite-length map.
    Map(EmptyArrays),
    /// The Solidity library's bare key-value pairs; empty arrays are never written.
    Pairs,
}

/// What a map does with an empty `args` or `bytesArgs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmptyArrays {
    /// Leave the key out.
    Omit,
    /// Write `80`, as the toolkit does for an empty array it is given.
    Keep,
}

const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;

impl FunctionsRequest {
    /// Encodes the request. `secretsLocation` and `secrets` are written when `secrets` is not empty.
    pub fn encode(&self, framing: Framing) -> Vec<u8> {
        match framing {
            Framing::Map(empty) => self.encode_map(empty),
            Framing::Pairs => self.encode_pairs(),
        }
    }

    /// Canonical order: shorter keys first, then bytewise.
    fn encode_map(&self, empty: EmptyArrays) -> Vec<u8> {
        let keep = empty == EmptyArrays::Keep;
        let (args, bytes_args) = (keep || !self.args.is_empty(), keep || !self.bytes_args.is_empty());
        let secrets = !self.secrets.is_empty();
        let entries = 3 + u64::from(args) + u64::from(bytes_args) + 2 * u64::from(secrets);
        let mut out = Vec::with_capacity(self.size_hint());
        head(&mut out, MAP, entries);
        if args {
            text(&mut out, "args");
            head(&mut out, ARRAY, self.args.len() as u64);
            self.args.iter().for_each(|arg| text(&mut out, arg));
        }
        text(&mut out, "source");
        text(&mut out, &self.source);
        if secrets {
            text(&mut out, "secrets");
            bytes(&mut out, &self.secrets);
        }
        if bytes_args {
            text(&mut out, "bytesArgs");
            head(&mut out, ARRAY, self.bytes_args.len() as u64);
            self.bytes_args.iter().for_each(|arg| bytes(&mut out, arg));
        }
        text(&mut out, "codeLanguage");
        out.push(0);
        text(&mut out, "codeLocation");
        out.push(self.code_location as u8);
        if secrets {
            text(&mut out, "secretsLocation");
            out.push(self.secrets_location as u8);
        }
        out
    }

    /// The library's order: as its fields are written.
    fn encode_pairs(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.size_hint() + 128);
        text(&mut out, "codeLocation");
        bignum(&mut out, self.code_location);
        text(&mut out, "language");
        bignum(&mut out, Location::Inline);
        text(&mut out, "source");
        text(&mut out, &self.source);
        if !self.args.is_empty() {
            text(&mut out, "args");
            out.push(0x9f);
            self.args.iter().for_each(|arg| text(&mut out, arg));
            out.push(0xff);
        }
        if !self.secrets.is_empty() {
            text(&mut out, "secretsLocation");
            bignum(&mut out, self.secrets_location);
            text(&mut out, "secrets");
            bytes(&mut out, &self.secrets);
        }
        if !self.bytes_args.is_empty() {
            text(&mut out, "bytesArgs");
            out.push(0x9f);
            self.bytes_args.iter().for_each(|arg| bytes(&mut out, arg));
            out.push(0xff);
        }
        out
    }

    /// Bytes that are certainly enough for all but unusual requests; one allocation in a contract.
    fn size_hint(&self) -> usize {
        let args: usize = self.args.iter().map(|arg| arg.len() + 9).sum();
        let bytes_args: usize = self.bytes_args.iter().map(|arg| arg.len() + 9).sum();
        96 + self.source.len() + args + bytes_args + self.secrets.len()
    }
}

impl DonHostedSecrets {
    /// The reference as the toolkit (map, key `slotId`) or the Solidity library (pairs, key `slotID`) writes it.
    pub fn encode(&self, framing: Framing) -> Vec<u8> {
        let mut out = Vec::with_capacity(36);
        let key = match framing {
            Framing::Map(_) => {
                head(&mut out, MAP, 2);
                "slotId"
            }
            Framing::Pairs => "slotID",
        };
        text(&mut out, key);
        head(&mut out, 0, self.slot_id);
        text(&mut out, "version");
        head(&mut out, 0, self.version);
        out
    }
}

/// The head of an item: major type and argument, in the shortest form.
fn head(out: &mut Vec<u8>, major: u8, argument: u64) {
    let major = major << 5;
    let wide = argument.to_be_bytes();
    match argument {
        0..24 => out.push(major | argument as u8),
        24..0x100 => out.extend_from_slice(&[major | 24, argument as u8]),
        0x100..0x1_0000 => {
            out.push(major | 25);
            out.extend_from_slice(&wide[6..]);
        }
        0x1_0000..0x1_0000_0000 => {
            out.push(major | 26);
            out.extend_from_slice(&wide[4..]);
        }
        _ => {
            out.push(major | 27);
            out.extend_from_slice(&wide);
        }
    }
}

fn text(out: &mut Vec<u8>, value: &str) {
    head(out, TEXT, value.len() as u64);
    out.extend_from_slice(value.as_bytes());
}

fn bytes(out: &mut Vec<u8>, value: &[u8]) {
    head(out, BYTES, value.len() as u64);
    out.extend_from_slice(value);
}

/// Tag 2 with a 32-byte string, the library's form of an enum.
fn bignum(out: &mut Vec<u8>, value: Location) {
    out.extend_from_slice(&[0xc2, 0x58, 0x20]);
    out.extend_from_slice(&[0; 31]);
    out.push(value as u8);
}
