//! Log queries: how logs are asked for, and what an answer must be to be one.

use std::ops::RangeInclusive;

use alloy::{
    primitives::{Address, B256, Bloom},
    rpc::types::{Filter, Log},
};
use serde_json::value::RawValue;

/// Blocks whose logs are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// From the first to the last, both included.
    Range(u64, u64),
    /// One block, by its hash: an endpoint that does not have it cannot answer with an empty list.
    Block(u64, B256),
}

impl Span {
    /// The numbers of its blocks.
    #[must_use]
    pub const fn blocks(self) -> RangeInclusive<u64> {
        match self {
            Self::Range(first, last) => first..=last,
            Self::Block(number, _) => number..=number,
        }
    }
}

/// A log query.
#[derive(Clone, Debug)]
pub struct LogQuery {
    /// Emitters.
    pub addresses: Vec<Address>,
    /// Accepted first topics.
    pub topics: Vec<B256>,
    /// Where.
    pub span: Span,
}

impl LogQuery {
    pub(super) fn filter(&self) -> Filter {
        let filter = Filter::new().address(self.addresses.clone()).event_signature(self.topics.clone());
        match self.span {
            Span::Range(first, last) => filter.from_block(first).to_block(last),
            Span::Block(_, hash) => filter.at_block_hash(hash),
        }
    }

    /// Whether a header's filter says that the block may hold such logs. It never denies one that is there.
    #[must_use]
    pub fn may_be_in(&self, bloom: &Bloom) -> bool {
        let has = |bytes: &[u8]| bloom.contains_input(alloy::primitives::BloomInput::Raw(bytes));
        self.addresses.iter().any(|address| has(address.as_slice()))
            && self.topics.iter().any(|topic| has(topic.as_slice()))
    }

    /// Why a log is not one that was asked for.
    fn misfit(&self, log: &Log) -> Option<&'static str> {
        let (Some(number), Some(hash), Some(_), Some(_)) =
            (log.block_number, log.block_hash, log.transaction_hash, log.log_index)
        else {
            return Some("it lies in no block");
        };
        let inside = match self.span {
            Span::Range(first, last) => (first..=last).contains(&number),
            Span::Block(of, at) => number == of && hash == at,
        };
        if log.removed {
            return Some("it is marked as removed");
        }
        if !inside {
            return Some("it lies in another block");
        }
        let wanted = self.addresses.contains(&log.address())
            && log.topic0().is_some_and(|topic| self.topics.contains(topic));
        (!wanted).then_some("its emitter or topic was not asked for")
    }

    pub(super) fn read(&self, raw: &RawValue) -> Result<Option<Vec<Log>>, String> {
        let logs: Vec<Log> = serde_json::from_str(raw.get()).map_err(|err| format!("no logs: {err}"))?;
        match logs.iter().find_map(|log| self.misfit(log)) {
            Some(problem) => Err(format!("a log does not fit: {problem}")),
            None => Ok(Some(logs)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::BloomInput;
    use serde_json::{Value, json};

    fn raw(value: &Value) -> Box<RawValue> {
        RawValue::from_string(value.to_string()).expect("JSON")
    }

    #[test]
    fn logs_must_lie_where_they_were_asked_for() {
        let (emitter, topic) = (Address::repeat_byte(1), B256::repeat_byte(2));
        let at = B256::repeat_byte(3);
        let query = |span| LogQuery { addresses: vec![emitter], topics: vec![topic], span };
        let log = json!({
            "address": emitter, "topics": [topic], "data": "0x", "blockNumber": "0x5", "blockHash": at,
            "transactionHash": at, "transactionIndex": "0x0", "logIndex": "0x0", "removed": false,
        });
        let read =
            |span, log: &Value| query(span).read(&raw(&json!([log]))).map(|logs| logs.map_or(0, |l| l.len()));
        assert_eq!(read(Span::Range(5, 5), &log), Ok(1));
        assert_eq!(read(Span::Block(5, at), &log), Ok(1));
        assert!(read(Span::Range(6, 9), &log).is_err());
        assert!(read(Span::Block(5, B256::ZERO), &log).is_err());
        for (field, value) in [
            ("removed", json!(true)),
            ("blockNumber", Value::Null),
            ("blockHash", Value::Null),
            ("logIndex", Value::Null),
            ("topics", json!([])),
            ("address", json!(Address::ZERO)),
        ] {
            let mut changed = log.clone();
            changed[field] = value;
            assert!(read(Span::Range(5, 5), &changed).is_err(), "{field}");
        }
        for shape in [json!({}), Value::Null, json!("0x"), json!([7])] {
            assert!(query(Span::Range(5, 5)).read(&raw(&shape)).is_err(), "{shape}");
        }
    }

    #[test]
    fn blooms_never_deny_a_log_that_is_there() {
        let (emitter, topic) = (Address::repeat_byte(1), B256::repeat_byte(2));
        let query = LogQuery { addresses: vec![emitter], topics: vec![topic], span: Span::Range(0, 0) };
        let mut bloom = Bloom::default();
        assert!(!query.may_be_in(&bloom));
        bloom.accrue(BloomInput::Raw(emitter.as_slice()));
        assert!(!query.may_be_in(&bloom));
        bloom.accrue(BloomInput::Raw(topic.as_slice()));
        assert!(query.may_be_in(&bloom));
    }
}
