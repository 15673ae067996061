//! Both chains, and the comparison.

use alloy::{
    primitives::{Address, Bytes, TxKind, U256, hex},
    sol_types::{SolCall, SolError},
};
use contract_tests::Receipt;
use functions_types::abi;

use crate::chain::{GAS, Side};

/// Two chains that are driven alike. Dropping it fails the test if anything differed.
pub struct Twin {
    /// With our contracts.
    pub ours: Side,
    /// With the reference's.
    pub reference: Side,
    /// Every difference so far, in words.
    pub differences: Vec<String>,
    /// Operations compared so far.
    pub compared: usize,
    /// Comparisons that differed as they are meant to.
    pub excused: usize,
    /// Views compared after every transaction that changes something: whom to ask, and what.
    pub watched: Vec<(Address, Vec<u8>)>,
    /// A revert or a return that the scenario did not expect.
    wrong: Vec<String>,
    /// Somebody has taken out what was found: dropping says nothing.
    settled: bool,
}

/// A contract's creation code by the reference, if it has been built; says why not otherwise.
///
/// # Panics
/// When it has not been built although `REFERENCE_REQUIRED` is set.
pub fn reference_code(name: &str) -> Option<Vec<u8>> {
    Some(hex::decode(reference_file(&format!("{name}.hex"))?.trim()).expect("creation code in hexadecimal"))
}

/// A contract's ABI by the reference as JSON; otherwise as [`reference_code`].
///
/// # Panics
/// As [`reference_code`].
pub fn reference_abi(name: &str) -> Option<String> {
    reference_file(&format!("{name}.abi.json"))
}

fn reference_file(name: &str) -> Option<String> {
    let folder = std::env::var("REFERENCE_DIR")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/reference").into());
    let text = std::fs::read_to_string(format!("{folder}/{name}")).ok();
    if text.is_none() {
        let remedy = format!("no {name} in {folder}; build it with tests/differential/reference/build");
        assert!(std::env::var_os("REFERENCE_REQUIRED").is_none(), "{remedy}");
        eprintln!("SKIPPED: {remedy}");
    }
    text
}

fn show(success: bool, output: &[u8]) -> String {
    format!("{} 0x{}", if success { "returned" } else { "reverted" }, hex::encode(output))
}

impl Twin {
    /// Two fresh chains.
    pub fn new(chain_id: u64, l1_price: u128) -> Self {
        Self {
            ours: Side::new(chain_id, l1_price),
            reference: Side::new(chain_id, l1_price),
            differences: Vec::new(),
            compared: 0,
            excused: 0,
            watched: Vec::new(),
            wrong: Vec::new(),
            settled: false,
        }
    }

    /// Both chains as they are now, going their own way, with nothing found yet.
    pub fn fork(&self) -> Self {
        Self {
            ours: Side(self.ours.0.fork()),
            reference: Side(self.reference.0.fork()),
            differences: Vec::new(),
            compared: 0,
            excused: 0,
            watched: self.watched.clone(),
            wrong: Vec::new(),
            settled: false,
        }
    }

    /// Takes out everything that differed or was not expected. Dropping then says and asserts nothing.
    pub fn settle(&mut self) -> Vec<String> {
        self.settled = true;
        self.differences.drain(..).chain(self.wrong.drain(..)).collect()
    }

    /// Does the same to both.
    pub fn both(&mut self, mut change: impl FnMut(&mut Side)) {
        change(&mut self.ours);
        change(&mut self.reference);
    }

    /// A transaction on both; ours is returned.
    pub fn send(&mut self, label: &str, from: Address, to: Address, data: &[u8]) -> Receipt {
        self.send_with(label, from, to, data, U256::ZERO, GAS)
    }

    /// A typed call on both.
    pub fn run<C: SolCall>(&mut self, from: Address, to: Address, call: &C) -> Receipt {
        self.send(C::SIGNATURE, from, to, &call.abi_encode())
    }

    /// A typed call on both which the scenario expects to return.
    pub fn ok<C: SolCall>(&mut self, from: Address, to: Address, call: &C) -> Receipt {
        let receipt = self.run(from, to, call);
        if !receipt.success {
            self.wrong.push(format!(
                "{}: {} although it should return",
                C::SIGNATURE,
                show(false, &receipt.output)
            ));
        }
        receipt
    }

    /// A typed call on both which the scenario expects to revert with data that begins with `with`.
    pub fn fails<C: SolCall>(&mut self, from: Address, to: Address, call: &C, with: impl Into<Vec<u8>>) {
        let receipt = self.run(from, to, call);
        self.reverted(C::SIGNATURE, &receipt, with);
    }

    /// Notes a receipt that is not a revert with this data.
    pub fn reverted(&mut self, label: &str, receipt: &Receipt, with: impl Into<Vec<u8>>) {
        let with = with.into();
        if receipt.success
            || !receipt.output.starts_with(&with)
            || with.is_empty() != receipt.output.is_empty()
        {
            let expected = show(false, &with);
            self.wrong
                .push(format!("{label}: {}, expected {expected}", show(receipt.success, &receipt.output)));
        }
    }

    /// A transaction with value and gas limit on both.
    pub fn send_with(
        &mut self,
        label: &str,
        from: Address,
        to: Address,
        data: &[u8],
        value: U256,
        gas: u64,
    ) -> Receipt {
        let data = Bytes::from(data.to_vec());
        let ours = self.ours.transact(from, TxKind::Call(to), value, data.clone(), gas);
        let reference = self.reference.transact(from, TxKind::Call(to), value, data.clone(), gas);
        self.compare(&format!("{label} from {from}"), &ours, &reference);
        if ours.success || reference.success {
            for (to, data) in self.watched.clone() {
                let _ = self.call(&format!("after {label}: view"), Address::ZERO, to, &data);
            }
        }
        ours
    }

    /// Compares two receipts: result, data, logs.
    pub fn compare(&mut self, label: &str, ours: &Receipt, reference: &Receipt) {
        self.compared += 1;
        let result = |receipt: &Receipt| match receipt.success {
            true => Ok(receipt.output.clone()),
            false => Err(receipt.output.clone()),
        };
        let (mine, theirs) = (result(ours), result(reference));
        if mine != theirs && !self.excuse(mine.as_ref(), theirs.as_ref()) {
            self.differ(format!(
                "{label}\n    ours      {}\n    reference {}",
                show(ours.success, &ours.output),
                show(reference.success, &reference.output)
            ));
        }
        if ours.logs != reference.logs {
            let list = |receipt: &Receipt| -> String {
                let logs = receipt.logs.iter();
                logs.map(|log| format!("\n      {} {:?} {}", log.address, log.topics(), log.data.data))
                    .collect()
            };
            self.differ(format!(
                "{label}: logs\n    ours      {}\n    reference {}",
                list(ours),
                list(reference)
            ));
        }
    }

    /// A call without trace on both.
    pub fn call(&mut self, label: &str, from: Address, to: Address, data: &[u8]) -> Result<Bytes, Bytes> {
        self.call_value(label, from, to, data, U256::ZERO)
    }

    /// A call with value.
    pub fn call_value(
        &mut self,
        label: &str,
        from: Address,
        to: Address,
        data: &[u8],
        value: U256,
    ) -> Result<Bytes, Bytes> {
        self.compared += 1;
        if !value.is_zero() {
            self.both(|side| side.0.set_balance(from, U256::from(10).pow(U256::from(27))));
        }
        let ours = self.ours.call(from, to, data, value);
        let reference = self.reference.call(from, to, data, value);
        if ours != reference && !self.excuse(ours.as_ref(), reference.as_ref()) {
            let text = |r: &Result<Bytes, Bytes>| match r {
                Ok(data) => show(true, data),
                Err(data) => show(false, data),
            };
            let call = hex::encode(data);
            let (mine, theirs) = (text(&ours), text(&reference));
            self.differ(format!(
                "{label} from {from} to {to}\n    ours      {mine}\n    reference {theirs}\n    call 0x{call}"
            ));
        }
        ours
    }

    /// A view on both, decoded.
    pub fn view<C: SolCall>(&mut self, to: Address, call: &C) -> C::Return {
        let output = self.call(C::SIGNATURE, Address::ZERO, to, &call.abi_encode());
        C::abi_decode_returns(&output.expect("the view returns")).expect("return data decodes")
    }

    /// A view on both which may raise.
    pub fn ask<C: SolCall>(&mut self, to: Address, call: &C) {
        let _ = self.call(C::SIGNATURE, Address::ZERO, to, &call.abi_encode());
    }

    /// Notes a difference.
    pub fn differ(&mut self, text: String) {
        self.differences.push(text);
    }

    /// The one difference that is meant: where the reference copies an array of an absurd length to memory it raises
    /// `Panic(0x41)`; ours ends without data, as it does for every other length that points outside.
    fn excuse(&mut self, ours: Result<&Bytes, &Bytes>, reference: Result<&Bytes, &Bytes>) -> bool {
        let panic = abi::Reverts::Panic { code: U256::from(0x41) }.abi_encode();
        let excused = ours == Err(&Bytes::new()) && reference == Err(&panic.into());
        self.excused += usize::from(excused);
        excused
    }

    /// Watches the LINK of an account.
    pub fn watch_link(&mut self, link: Address, account: Address) {
        self.watched.push((link, abi::Link::balanceOfCall { account }.abi_encode()));
    }
}

impl Drop for Twin {
    fn drop(&mut self) {
        if self.settled {
            return;
        }
        let (all, excused) = (self.compared, self.excused);
        eprintln!("{all} comparisons, {excused} excused, {} differences", self.differences.len());
        for text in self.wrong.iter().take(20) {
            eprintln!("UNEXPECTED {text}");
        }
        for text in self.differences.iter().take(20) {
            let end = text.char_indices().nth(30_000).map_or(text.len(), |(at, _)| at);
            eprintln!("DIFFERENCE {}", &text[..end]);
        }
        if !std::thread::panicking() {
            assert!(self.differences.is_empty() && self.wrong.is_empty(), "see above");
        }
    }
}
