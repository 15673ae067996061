//! The blocks the cursor has read up to, and whether the chain still has them.
//!
//! Blocks leave only by proof: another block at that height, from endpoints that have shown anew that they serve our
//! chain. A block that an endpoint does not have proves nothing, and neither does a head that does not follow a block
//! which still stands.

use std::collections::VecDeque;

use alloy::primitives::B256;

use super::{
    endpoints::{Reach, Rpc},
    failure::{RpcFailure, malformed},
    header::{BlockRef, Header},
};

/// Anchors kept; older blocks are taken as final.
const MAX_ANCHORS: usize = 512;
/// Looks for which another endpoint's contradiction holds back a rewind.
const MAX_DISPUTES: u32 = 20;

/// The last block of each range that was read, oldest first.
#[derive(Debug, Default)]
pub(super) struct Anchors {
    blocks: VecDeque<(u64, B256)>,
    disputes: u32,
}

impl Anchors {
    /// Everything up to this block was read.
    pub(super) fn push(&mut self, number: u64, hash: B256) {
        self.blocks.push_back((number, hash));
        if self.blocks.len() > MAX_ANCHORS {
            self.blocks.pop_front();
        }
    }

    /// The newest block that was read and stands.
    pub(super) fn newest(&self) -> Option<u64> {
        self.blocks.back().map(|(number, _)| *number)
    }

    /// Drops the anchors that left the chain; whether there were any. `source` is the endpoint that showed the head
    /// where one is enough.
    ///
    /// # Errors
    /// [`RpcFailure`] when endpoints do not answer or contradict each other: nothing is dropped.
    pub(super) async fn check(
        &mut self,
        rpc: &Rpc,
        head: &Header,
        source: Option<usize>,
    ) -> Result<bool, RpcFailure> {
        let mut doubted = false;
        let mut dropped = false;
        // Blocks that the endpoint does not have yet prove nothing; an older anchor does.
        while let Some(&(number, hash)) =
            self.blocks.iter().rev().find(|(number, _)| *number <= head.height())
        {
            let is_linked = match head.height() - number {
                0 => Some(head.hash == hash),
                1 => Some(head.parent_hash == hash),
                _ => None,
            };
            if is_linked == Some(true) {
                break;
            }
            if is_linked == Some(false) && !doubted {
                doubted = true;
                rpc.doubt_identities();
            }
            let unlinked = (is_linked == Some(false)).then_some(source).flatten();
            if self.stands(rpc, number, hash, unlinked).await? {
                break;
            }
            if !doubted {
                // Asked again once every endpoint has shown that it serves our chain.
                doubted = true;
                rpc.doubt_identities();
                continue;
            }
            while self.blocks.back().is_some_and(|(above, _)| *above >= number) {
                self.blocks.pop_back();
            }
            dropped = true;
        }
        if dropped {
            self.disputes = 0;
        }
        Ok(dropped)
    }

    /// Whether the chain still has the block at `number` with `hash`. `unlinked` is the endpoint whose head does not
    /// follow it.
    async fn stands(
        &mut self,
        rpc: &Rpc,
        number: u64,
        hash: B256,
        unlinked: Option<usize>,
    ) -> Result<bool, RpcFailure> {
        let method = "eth_getBlockByNumber";
        if rpc.wants_agreement() {
            let block = rpc.agreed_header(number).await?;
            let missing = || malformed(method, format!("block {number}, which was read before, is missing"));
            return Ok(block.ok_or_else(missing)?.hash == hash);
        }
        let at = BlockRef::Number(number);
        let Some((block, _)) = rpc.header_from(at, Reach::All).await? else {
            return Err(malformed(method, format!("no endpoint has block {number}, which was read before")));
        };
        if block.hash == hash {
            self.disputes = 0;
            let Some(source) = unlinked else { return Ok(true) };
            let problem = format!("its newest block does not follow block {number} {hash}");
            rpc.blame(source, problem.clone());
            return Err(malformed(method, problem));
        }
        if rpc.has_others() && self.disputes < MAX_DISPUTES {
            let other = rpc.header_from(at, Reach::Second).await?;
            if other.is_some_and(|(other, _)| other.hash == hash) {
                self.disputes += 1;
                let problem = format!("endpoints disagree about block {number}: {hash} or {}", block.hash);
                return Err(malformed(method, problem));
            }
        }
        Ok(false)
    }
}
