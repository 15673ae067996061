//! The compiled contracts, compressed in the background while something else is done.

use std::collections::BTreeMap;
use std::path::Path;

use functions_client::Program;
use miette::{IntoDiagnostic, Result, miette};
use tokio::sync::OnceCell;
use tokio::task::JoinHandle;

/// Names of the files `scripts/build-contracts` makes.
pub const CONTRACTS: [&str; 6] =
    ["link_token", "price_feed", "router", "coordinator", "allow_list", "consumer_example"];

/// Largest WebAssembly file read, in bytes; a chain refuses more than 128 KiB.
const MAX_WASM_BYTES: u64 = 1024 * 1024;

/// The compiled contracts, compressed in the background.
pub struct Programs {
    running: BTreeMap<&'static str, Slot>,
}

struct Slot {
    task: tokio::sync::Mutex<Option<JoinHandle<Result<Program>>>>,
    done: OnceCell<Program>,
}

impl Programs {
    /// Begins to compress every contract in `folder`.
    ///
    /// # Errors
    /// When one is missing or far too large.
    pub fn start(folder: &Path) -> Result<Self> {
        let mut running = BTreeMap::new();
        for name in CONTRACTS {
            let file = folder.join(name).with_extension("wasm");
            let size = std::fs::metadata(&file).into_diagnostic()?.len();
            if size > MAX_WASM_BYTES {
                return Err(miette!("{} is {size} bytes: that is no contract", file.display()));
            }
            let task = tokio::task::spawn_blocking(move || {
                let wasm = std::fs::read(&file).into_diagnostic()?;
                Program::from_wasm(name, &wasm).into_diagnostic()
            });
            let slot = Slot { task: tokio::sync::Mutex::new(Some(task)), done: OnceCell::new() };
            running.insert(name, slot);
        }
        Ok(Self { running })
    }

    /// Waits for one of [`CONTRACTS`].
    ///
    /// # Errors
    /// When its file cannot be read or is no contract.
    ///
    /// # Panics
    /// For another name.
    pub async fn get(&self, name: &'static str) -> Result<Program> {
        let slot = self.running.get(name).expect("the name is one of CONTRACTS");
        let program = slot
            .done
            .get_or_try_init(|| async {
                let task = slot.task.lock().await.take();
                task.ok_or_else(|| miette!("{name} failed to compress before"))?.await.into_diagnostic()?
            })
            .await?;
        Ok(program.clone())
    }
}
