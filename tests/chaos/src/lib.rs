//! Real processes under attack.
//!
//! Each test draws its mischief from a seed, which it prints; `CHAOS_SEED=N` plays one again, `CHAOS_ROUNDS=N` plays
//! longer than the few rounds of an ordinary run. Requests are sent before, during and after every piece of mischief,
//! and [`Requests::end_well`] says what must have become of them: answered, each once, with the script's own result or
//! error, for the price that was noted, and nothing is left reserved.

mod dice;
mod disk;
mod requests;
mod wall;

pub use dice::Dice;
pub use disk::Disk;
pub use requests::Requests;
pub use wall::{Wall, faketime};
