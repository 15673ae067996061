//! Heads of blocks: how one is asked for, and what an answer must be to be one.

use alloy::{
    consensus::EMPTY_ROOT_HASH,
    primitives::{B256, Bloom, U64, U256},
};
use serde_json::{Value, json, value::RawValue};

/// A block by number or tag.
#[derive(Clone, Copy, Debug)]
pub enum BlockRef {
    /// By number.
    Number(u64),
    /// By tag.
    Tag(&'static str),
}

impl BlockRef {
    pub(super) fn to_json(self) -> Value {
        match self {
            Self::Number(number) => json!(format!("{number:#x}")),
            Self::Tag(tag) => json!(tag),
        }
    }
}

impl From<u64> for BlockRef {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<&'static str> for BlockRef {
    fn from(tag: &'static str) -> Self {
        Self::Tag(tag)
    }
}

/// The head of a block, as far as the node needs it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Header {
    /// Block number.
    pub number: U64,
    /// Block hash.
    pub hash: B256,
    /// Hash of the block before.
    pub parent_hash: B256,
    /// Unix seconds.
    pub timestamp: U64,
    /// Wei per gas.
    pub base_fee_per_gas: Option<U256>,
    /// Filter over the emitters and topics of the block's logs.
    pub logs_bloom: Bloom,
    /// The block holds no transaction.
    pub is_empty: bool,
}

impl Header {
    /// The number as an integer.
    #[must_use]
    pub fn height(&self) -> u64 {
        self.number.to()
    }

    /// Reads a block's JSON, `None` for `null`, which the newest block cannot be. It must have the number asked for
    /// and, when `check` is set, the hash that its fields make.
    pub(super) fn read(raw: &RawValue, block: BlockRef, check: bool) -> Result<Option<Self>, String> {
        let found: Option<alloy::rpc::types::Header> =
            serde_json::from_str(raw.get()).map_err(|err| format!("no block header: {err}"))?;
        let Some(header) = found else {
            return match block {
                BlockRef::Tag("latest") => Err("null in place of the newest block".to_owned()),
                _ => Ok(None),
            };
        };
        let fields = &header.inner;
        if let BlockRef::Number(number) = block
            && number != fields.number
        {
            return Err(format!("block {} in place of {number}", fields.number));
        }
        if check && fields.hash_slow() != header.hash {
            return Err(format!("block {} does not hash to {}", fields.number, header.hash));
        }
        Ok(Some(Self {
            number: U64::from(fields.number),
            hash: header.hash,
            parent_hash: fields.parent_hash,
            timestamp: U64::from(fields.timestamp),
            base_fee_per_gas: fields.base_fee_per_gas.map(U256::from),
            logs_bloom: fields.logs_bloom,
            is_empty: fields.transactions_root == EMPTY_ROOT_HASH,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(value: &Value) -> Box<RawValue> {
        RawValue::from_string(value.to_string()).expect("JSON")
    }

    fn block() -> Value {
        let header = alloy::consensus::Header { number: 7, timestamp: 9, ..Default::default() };
        json!(alloy::rpc::types::Header::new(header))
    }

    #[test]
    fn headers_must_be_those_asked_for_and_hash_right() {
        let good = Header::read(&raw(&block()), BlockRef::Number(7), true).expect("valid").expect("there");
        assert_eq!((good.height(), good.timestamp.to::<u64>()), (7, 9));
        assert!(good.is_empty);
        assert!(
            Header::read(&raw(&block()), BlockRef::Number(8), true)
                .expect_err("another")
                .contains("in place of")
        );
        let mut forged = block();
        forged["timestamp"] = json!("0xa");
        assert!(
            Header::read(&raw(&forged), BlockRef::Number(7), true)
                .expect_err("forged")
                .contains("does not hash")
        );
        assert!(Header::read(&raw(&forged), BlockRef::Number(7), false).is_ok());
        assert_eq!(Header::read(&raw(&Value::Null), BlockRef::Number(7), true), Ok(None));
        assert!(Header::read(&raw(&Value::Null), BlockRef::Tag("latest"), true).is_err());
        for shape in [json!([]), json!("0x7"), json!({}), json!({"number": "0x7"}), json!(7)] {
            assert!(Header::read(&raw(&shape), BlockRef::Number(7), true).is_err(), "{shape}");
        }
    }
}
