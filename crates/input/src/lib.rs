//! What people give the programs: files they name, addresses they write.
//!
//! Node and tool take both through this crate, so that one and the same slip is answered alike everywhere. It knows no
//! file and no contract in particular; what a file must hold is for whoever reads it.

pub mod address;
pub mod file;
pub mod nobody;
pub mod secret;
