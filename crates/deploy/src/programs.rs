//! The compiled contracts, compressed in the background while something else is done.

use std::collections::BTreeMap;
use std::path::Path;

use functions_client::Program;
use functions_failure::{OrHelp as _, Result, WrapErr as _, failure};
use functions_input::file::read_at_most;
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
            let Some(wasm) =
                read_at_most(&file, MAX_WASM_BYTES).wrap_err_with(|| file.display().to_string())?
            else {
                return Err(failure!(
                    help = "build the contracts again: ./scripts/build-contracts",
                    "{} is more than {MAX_WASM_BYTES} bytes: that is no contract",
                    file.display()
                ));
            };
            let task = tokio::task::spawn_blocking(move || Ok(Program::from_wasm(name, &wasm)?));
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
                let again = "the first failure says why; mend that and run the same command again";
                task.ok_or_else(|| failure!(help = again, "{name} failed to compress before"))?
                    .await
                    .or_help("free memory: the thread that compresses a contract did not come to its end")?
            })
            .await?;
        Ok(program.clone())
    }
}
