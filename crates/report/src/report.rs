//! Report bytes: `abi.encode(bytes32[] requestIds, bytes[] results, bytes[] errors, bytes[] onchainMetadata, bytes[]
//! offchainMetadata)`.

use alloc::vec::Vec;

use functions_types::{RequestId, word};

const WORD: usize = word::WORD;

/// Bytes that are no report: too short, or an offset or length that points outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

impl core::fmt::Display for Malformed {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("not a report")
    }
}

impl core::error::Error for Malformed {}

/// A validated view of report bytes; nothing is copied. The arrays may differ in length: see [`Report::entries`].
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    ids: &'a [[u8; WORD]],
    fields: [Array<'a>; 4],
}

/// One array of byte strings: its data from the first offset on.
#[derive(Clone, Copy, Debug)]
struct Array<'a> {
    data: &'a [u8],
    len: usize,
}

/// One fulfillment of a report. By convention exactly one of `result` and `error` is non-empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The request.
    pub request_id: RequestId,
    /// What the script returned.
    pub result: &'a [u8],
    /// Why it did not.
    pub error: &'a [u8],
    /// `abi.encode` of the commitment in event form, 352 bytes.
    pub onchain_metadata: &'a [u8],
    /// Ignored by the contract; the node puts the Coordinator's address in it.
    pub offchain_metadata: &'a [u8],
}

impl<'a> Report<'a> {
    /// Checks every offset and length; afterwards every entry can be read.
    ///
    /// Work is bounded by the length of `data`: an array cannot have more items than the words behind it.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn parse(data: &'a [u8]) -> Result<Self, Malformed> {
        if data.len() < 5 * WORD {
            return Err(Malformed);
        }
        let ids = array(data, 0)?;
        let mut fields = [ids; 4];
        for (index, field) in fields.iter_mut().enumerate() {
            *field = array(data, index + 1)?;
            for item in 0..field.len {
                field.item(item)?;
            }
        }
        let (ids, _) = ids.data.get(..ids.len * WORD).ok_or(Malformed)?.as_chunks();
        Ok(Self { ids, fields })
    }

    /// The request ids.
    pub fn request_ids(&self) -> &'a [[u8; WORD]] {
        self.ids
    }

    /// How many entries the report has: the number of ids modulo 256, or `None` when that is zero or another array has
    /// a different length.
    pub fn entries(&self) -> Option<u8> {
        let count = self.ids.len() as u8;
        let equal = self.fields.iter().all(|field| field.len == usize::from(count));
        (count != 0 && equal).then_some(count)
    }

    /// Entry `index`, which is below [`Report::entries`].
    ///
    /// # Errors
    /// [`Malformed`] when there is no such entry.
    pub fn entry(&self, index: usize) -> Result<Entry<'a>, Malformed> {
        let [results, errors, onchain, offchain] = &self.fields;
        Ok(Entry {
            request_id: RequestId(self.ids.get(index).ok_or(Malformed)?.into()),
            result: results.item(index)?,
            error: errors.item(index)?,
            onchain_metadata: onchain.item(index)?,
            offchain_metadata: offchain.item(index)?,
        })
    }
}

impl<'a> Array<'a> {
    #[inline(never)]
    fn item(&self, index: usize) -> Result<&'a [u8], Malformed> {
        if index >= self.len {
            return Err(Malformed);
        }
        let item = at(self.data, index)?;
        let len = small(item, 0)?;
        item.get(WORD..).and_then(|content| content.get(..len)).ok_or(Malformed)
    }
}

/// The array whose offset stands in word `index`; every item has a word in it.
#[inline(never)]
fn array(data: &[u8], index: usize) -> Result<Array<'_>, Malformed> {
    let array = at(data, index)?;
    let len = small(array, 0)?;
    let data = array.get(WORD..).ok_or(Malformed)?;
    if len > data.len() / WORD { Err(Malformed) } else { Ok(Array { data, len }) }
}

/// What lies at the offset in word `index`.
fn at(data: &[u8], index: usize) -> Result<&[u8], Malformed> {
    data.get(small(data, index)?..).ok_or(Malformed)
}

/// Word `index` as an offset or length; nothing above 32 bits can be in range.
#[inline(never)]
fn small(data: &[u8], index: usize) -> Result<usize, Malformed> {
    let (words, _) = data.as_chunks::<WORD>();
    let word = words.get(index).ok_or(Malformed)?;
    word::to_u128(word, 31).map(|value| value as usize).map_err(|_| Malformed)
}

/// Encodes a report as Solidity's `abi.encode` does; the length is a multiple of 32.
pub fn encode(entries: &[Entry<'_>]) -> Vec<u8> {
    let mut out = Vec::new();
    let fields: [fn(&Entry<'_>) -> usize; 4] =
        [|e| e.result.len(), |e| e.error.len(), |e| e.onchain_metadata.len(), |e| e.offchain_metadata.len()];
    let mut offset = 5 * WORD;
    number(&mut out, offset);
    offset += WORD + entries.len() * WORD;
    for len in fields {
        number(&mut out, offset);
        offset += WORD + entries.iter().map(|entry| 2 * WORD + padded(len(entry))).sum::<usize>();
    }
    number(&mut out, entries.len());
    entries.iter().for_each(|entry| out.extend_from_slice(entry.request_id.0.as_slice()));
    strings(&mut out, entries.iter().map(|entry| entry.result));
    strings(&mut out, entries.iter().map(|entry| entry.error));
    strings(&mut out, entries.iter().map(|entry| entry.onchain_metadata));
    strings(&mut out, entries.iter().map(|entry| entry.offchain_metadata));
    out
}

fn strings<'a>(out: &mut Vec<u8>, items: impl ExactSizeIterator<Item = &'a [u8]> + Clone) {
    number(out, items.len());
    let mut offset = items.len() * WORD;
    for item in items.clone() {
        number(out, offset);
        offset += WORD + padded(item.len());
    }
    items.for_each(|item| bytes(out, item));
}

pub(crate) fn number(out: &mut Vec<u8>, value: usize) {
    out.extend_from_slice(&word::from_u128(value as u128));
}

/// Length, content, padding.
pub(crate) fn bytes(out: &mut Vec<u8>, content: &[u8]) {
    number(out, content.len());
    out.extend_from_slice(content);
    out.resize(out.len() + padded(content.len()) - content.len(), 0);
}

pub(crate) const fn padded(len: usize) -> usize {
    len.next_multiple_of(WORD)
}
