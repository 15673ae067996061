//! How a program stands with its chain: whether it runs, and for how long.
//!
//! A chain runs a program that was activated under its present Stylus version and less than a year ago (`expiryDays`).
//! A chain upgrade may raise the version; a program's year begins anew when anybody pays for `codehashKeepalive`, from
//! the 31st day on (`keepaliveDays`). Both are per code, not per contract.

use alloy_primitives::{Address, address};
use alloy_sol_types::{SolCall, SolInterface, sol};

/// The precompile that activates programs.
pub const ARB_WASM: Address = address!("0000000000000000000000000000000000000071");

/// First bytes of a program's code; contracts without them are no programs.
pub const CODE_PREFIX: [u8; 3] = [0xef, 0xf0, 0x00];

/// Days before its end from which on a program should be renewed.
pub const RENEWAL_DAYS: u64 = 90;

const SECONDS_PER_DAY: u64 = 86_400;

sol! {
    #![sol(all_derives)]

    /// The precompile that activates programs.
    interface ArbWasm {
        /// The program is already active under the current version.
        error ProgramUpToDate();
        /// The program was never activated.
        error ProgramNotActivated();
        /// The program was activated under an older Stylus version than the chain's.
        error ProgramNeedsUpgrade(uint16 version, uint16 stylusVersion);
        /// The program was activated too long ago.
        error ProgramExpired(uint64 ageInSeconds);
        /// The program was activated or kept alive too recently.
        error ProgramKeepaliveTooSoon(uint64 ageInSeconds);
        /// The data fee sent is too small.
        error ProgramInsufficientValue(uint256 have, uint256 want);
        /// A program was activated.
        event ProgramActivated(bytes32 indexed codehash, bytes32 moduleHash, address program, uint256 dataFee, uint16 version);
        /// A program's year began anew.
        event ProgramLifetimeExtended(bytes32 indexed codehash, uint256 dataFee);
        /// Activates a program; answers its version and data fee in wei.
        function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
        /// Begins a program's year anew.
        function codehashKeepalive(bytes32 codehash) external payable;
        /// Version under which code of this hash is active.
        function codehashVersion(bytes32 codehash) external view returns (uint16 version);
        /// Seconds until a program expires.
        function programTimeLeft(address program) external view returns (uint64 seconds);
    }
}

/// How a program stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It runs.
    Active {
        /// Seconds until it expires.
        seconds_left: u64,
    },
    /// The chain runs a newer Stylus version; the program must be activated again.
    Outdated {
        /// Version it is activated under.
        version: u16,
        /// Version of the chain.
        stylus_version: u16,
    },
    /// Its year is over; it must be activated again.
    Expired {
        /// Seconds since it was activated or kept alive.
        age_seconds: u64,
    },
    /// It was never activated.
    NotActivated,
}

impl Standing {
    /// Reads the answer to `programTimeLeft`; `None` when it is none.
    pub fn from_answer(data: &[u8]) -> Option<Self> {
        let seconds_left = ArbWasm::programTimeLeftCall::abi_decode_returns_validate(data).ok()?;
        Some(Self::Active { seconds_left })
    }

    /// Reads the revert data of `programTimeLeft`, or of a call of the program itself; `None` when it is about
    /// something else.
    pub fn from_revert(data: &[u8]) -> Option<Self> {
        use ArbWasm::ArbWasmErrors as E;
        match E::abi_decode_validate(data).ok()? {
            E::ProgramNeedsUpgrade(error) => {
                Some(Self::Outdated { version: error.version, stylus_version: error.stylusVersion })
            }
            E::ProgramExpired(error) => Some(Self::Expired { age_seconds: error.ageInSeconds }),
            E::ProgramNotActivated(_) => Some(Self::NotActivated),
            _ => None,
        }
    }

    /// Whether the chain runs it.
    pub const fn runs(&self) -> bool {
        matches!(self, Self::Active { .. })
    }

    /// Whole days until it stops running; 0 when it does not run.
    pub const fn days_left(&self) -> u64 {
        match self {
            Self::Active { seconds_left } => *seconds_left / SECONDS_PER_DAY,
            _ => 0,
        }
    }

    /// Whether it should be renewed: it does not run, or has at most [`RENEWAL_DAYS`] left.
    pub const fn needs_renewal(&self) -> bool {
        match self {
            Self::Active { seconds_left } => *seconds_left <= RENEWAL_DAYS * SECONDS_PER_DAY,
            _ => true,
        }
    }
}

impl core::fmt::Display for Standing {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Active { .. } => write!(f, "active for {} days", self.days_left()),
            Self::Outdated { version, stylus_version } => {
                write!(
                    f,
                    "activated for Stylus version {version}, while the chain runs version {stylus_version}"
                )
            }
            Self::Expired { age_seconds } => {
                write!(f, "expired, {} days after its activation", age_seconds / SECONDS_PER_DAY)
            }
            Self::NotActivated => f.write_str("never activated"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use alloy_sol_types::{SolError, SolValue};

    #[test]
    fn standings_are_read_from_answers_and_errors() {
        let year = 365 * SECONDS_PER_DAY;
        let active = Standing::from_answer(&year.abi_encode()).expect("a number");
        assert_eq!(active, Standing::Active { seconds_left: year });
        assert!(active.runs() && !active.needs_renewal());
        assert_eq!(active.to_string(), "active for 365 days");
        for (data, expected, text) in [
            (
                ArbWasm::ProgramNeedsUpgrade { version: 2, stylusVersion: 3 }.abi_encode(),
                Standing::Outdated { version: 2, stylus_version: 3 },
                "activated for Stylus version 2, while the chain runs version 3",
            ),
            (
                ArbWasm::ProgramExpired { ageInSeconds: year }.abi_encode(),
                Standing::Expired { age_seconds: year },
                "expired, 365 days after its activation",
            ),
            (ArbWasm::ProgramNotActivated {}.abi_encode(), Standing::NotActivated, "never activated"),
        ] {
            let standing = Standing::from_revert(&data).expect("an error about programs");
            assert_eq!(standing, expected);
            assert_eq!(standing.to_string(), text);
            assert!(!standing.runs() && standing.needs_renewal() && standing.days_left() == 0);
        }
    }

    #[test]
    fn nothing_else_is_a_standing() {
        assert_eq!(Standing::from_answer(&[]), None);
        assert_eq!(Standing::from_answer(&[0xff; 32]), None);
        for data in [&[][..], &[1, 2, 3], &[0; 36], &ArbWasm::ProgramUpToDate {}.abi_encode()] {
            assert_eq!(Standing::from_revert(data), None);
        }
    }

    #[test]
    fn renewal_begins_ninety_days_before_the_end() {
        let left = |days: u64, seconds| Standing::Active { seconds_left: days * SECONDS_PER_DAY + seconds };
        assert!(!left(RENEWAL_DAYS, 1).needs_renewal());
        assert!(left(RENEWAL_DAYS, 0).needs_renewal());
    }

    #[test]
    fn selectors_are_the_published_ones() {
        assert_eq!(ArbWasm::activateProgramCall::SELECTOR, [0x58, 0xc7, 0x80, 0xc2]);
        assert_eq!(ArbWasm::codehashVersionCall::SELECTOR, [0xd7, 0x0c, 0x0c, 0xa7]);
        assert_eq!(ArbWasm::codehashKeepaliveCall::SELECTOR, [0xc6, 0x89, 0xba, 0xd5]);
        assert_eq!(ArbWasm::programTimeLeftCall::SELECTOR, [0xc7, 0x75, 0xa6, 0x2a]);
    }
}
