//! What this process holds of the machine: the measure of "unharmed".

use std::collections::HashMap;
use std::fs;

use tokio::sync::Mutex;

/// Held by every test of a program one of whose tests measures the process: they share it.
pub static ALONE: Mutex<()> = Mutex::const_new(());

/// Memory, descriptors and descendants of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Footprint {
    /// Resident memory of this process, in bytes.
    pub resident_bytes: u64,
    /// Open descriptors of this process.
    pub descriptors: usize,
    /// Living processes below this one: fork servers and their children.
    pub descendants: usize,
}

impl Footprint {
    /// Measures now. Linux only, like the sandbox.
    ///
    /// # Errors
    /// When `/proc` cannot be read.
    pub fn measure() -> std::io::Result<Self> {
        // Reading the folder opens one descriptor more; it does so every time.
        let descriptors = fs::read_dir("/proc/self/fd")?.count();
        let status = fs::read_to_string("/proc/self/status")?;
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = resident.and_then(|rest| rest.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        let resident_bytes =
            kib.ok_or_else(|| std::io::Error::other("no VmRSS in /proc/self/status"))? * 1024;
        Ok(Self { resident_bytes, descriptors, descendants: descendants()? })
    }

    /// Whether there are no more descriptors and descendants; memory is the reader's to judge.
    #[must_use]
    pub fn holds_no_more_than(&self, other: &Self) -> bool {
        self.descriptors <= other.descriptors && self.descendants <= other.descendants
    }
}

fn descendants() -> std::io::Result<usize> {
    let mut parents = HashMap::new();
    for entry in fs::read_dir("/proc")? {
        let Some(pid) = entry?.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        // A process may end between the listing and this line. The name may hold anything, so the fields are counted
        // from its closing parenthesis: state, then parent. Zombies have ended.
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let mut fields = stat.rsplit_once(") ").map_or("", |(_, rest)| rest).split(' ');
        let (state, parent) = (fields.next(), fields.next().and_then(|parent| parent.parse::<u32>().ok()));
        if let (Some(state), Some(parent)) = (state, parent)
            && state != "Z"
        {
            parents.insert(pid, parent);
        }
    }
    let me = std::process::id();
    let below = |pid: u32| {
        let mut at = pid;
        while let Some(parent) = parents.get(&at) {
            if *parent == me {
                return true;
            }
            at = *parent;
        }
        false
    };
    Ok(parents.keys().filter(|pid| below(**pid)).count())
}
