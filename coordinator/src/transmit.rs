//! Reports of the oracles: who may send them, who must have signed them.

use functions_contract::{
    Address, B256,
    abi::{Buf, SELECTOR, Tuple, WORD},
    host, recover, refuse, revert,
    revert::malformed,
};
use functions_report::{
    Report,
    context::{epoch, signed_hash},
    quorum::{self, Recover, SignatureError},
    transmit::CONSTANT_LEN,
};
use functions_types::selectors::{errors::coordinator as e, events::coordinator as ev};

use crate::{
    billing::{Batch, worst_case_gas},
    open::is_open,
    storage::{Account, Role, Settings},
    version::ReportSize,
};

/// Asks the chain's precompile.
struct Chain;

impl Recover for Chain {
    fn recover(&self, hash: &B256, v: u8, r: &[u8; WORD], s: &[u8; WORD]) -> Option<Address> {
        recover::recover(hash, v, r, s)
    }
}

impl quorum::Signers for Chain {
    fn signer_index(&self, signer: &Address) -> Option<u8> {
        let account = Account::load(signer);
        account.is(Role::Signer).then(|| account.index())
    }
}

macro_rules! require {
    ($holds:expr, $message:expr) => {
        if !$holds {
            refuse!(e::REPORT_INVALID, $message);
        }
    };
}

/// `transmit(bytes32[3] reportContext, bytes report, bytes32[] rs, bytes32[] ss, bytes32 rawVs)`: fulfills the requests
/// of a report that a quorum signed.
///
/// A report none of whose requests is open does nothing, whoever sends it: the cheap end of a duplicate. The config
/// digest is not compared with the stored one, so that a live and a proposed Coordinator can share one set of oracles.
///
/// # Errors
/// In this order:
/// * No data - malformed arguments or report.
/// * `ReportInvalid(string)` - its fields differ in length; then, if a request in it is open, the calldata has another
///   length, or the number of signatures is wrong.
/// * `Panic(0x32)` - no oracles are configured.
/// * `ReportInvalid(string)` - the caller is no transmitter.
/// * `Panic(0x11)` for a recovery byte above 228, `ReportInvalid(string)` for a signature that is not an oracle's or
///   not the only one of its oracle.
/// * No data - less gas than [`worst_case_gas`].
/// * Those of [`Batch::fulfill_and_bill`]: an entry that reverts reverts the whole report.
///
/// # Events
/// `Transmitted`, then those of every entry.
///
/// Upstream: `OCR2Base.transmit`, `FunctionsCoordinator._beforeTransmit` (1.3.0).
pub fn transmit(args: Tuple<'_>) -> Buf {
    let context = [*args.word(0), *args.word(1), *args.word(2)];
    let bytes = args.bytes(3);
    let (rs_len, rs) = args.list(4, WORD);
    let (ss_len, ss) = args.list(5, WORD);
    let raw_vs = args.word(6);
    let Ok(report) = Report::parse(bytes) else { malformed() };
    let Some(entries) = report.entries() else {
        refuse!(e::REPORT_INVALID, "Fields must be equal length");
    };
    if !report.request_ids().iter().any(is_open) {
        return Buf::empty();
    }

    let mut log = Buf::event(&ev::TRANSMITTED, 2, 0);
    log.raw(&context[0]);
    log.num(epoch(&context).into());
    host::log(&log, 1);

    let expected = CONSTANT_LEN + bytes.len() + WORD * (rs_len + ss_len);
    require!(SELECTOR + args.as_bytes().len() == expected, "calldata length mismatch");
    let settings = Settings::load();
    require!(rs_len == quorum::size(settings.oracles(), settings.f()), "wrong number of signatures");
    require!(ss_len == rs_len, "report rs and ss must be of equal length");
    if settings.oracles() == 0 {
        revert::panic(revert::OUT_OF_RANGE);
    }
    let sender = host::sender();
    require!(Account::load(&sender).is(Role::Transmitter), "unauthorized transmitter");

    let hash = signed_hash(bytes, &context);
    let (rs, ss) = (rs.as_bytes().as_chunks().0, ss.as_bytes().as_chunks().0);
    match quorum::verify(&hash, &rs[..rs_len], &ss[..ss_len], raw_vs, &Chain, &Chain) {
        Ok(()) => {}
        Err(SignatureError::RecoveryByteOverflow) => revert::panic(revert::OVERFLOW),
        Err(SignatureError::NotUnique) => refuse!(e::REPORT_INVALID, "non-unique signature"),
        Err(_) => refuse!(e::REPORT_INVALID, "address not authorized to sign"),
    }

    host::demand(worst_case_gas(&report, entries));
    let mut batch = Batch::new(&settings, sender, entries, ReportSize::of(expected));
    for index in 0..usize::from(entries) {
        match report.entry(index) {
            Ok(entry) => batch.fulfill_and_bill(&entry),
            Err(_) => malformed(),
        }
    }
    Buf::empty()
}
