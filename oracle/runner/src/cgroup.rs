//! A control group (version 2) around all sandbox processes, where the operator delegated a subtree.

use std::fs;
use std::path::{Path, PathBuf};

/// Where the group is made, and what its processes may use together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CgroupConfig {
    /// A folder of the cgroup2 file system that this node may write, with no process in it.
    pub path: PathBuf,
    /// Processor time of all scripts together, in hundredths of a core; `None` is no limit.
    pub cpu_percent: Option<u32>,
}

/// What the group holds its processes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// Bytes of memory.
    pub(crate) memory_bytes: u64,
    /// Processes.
    pub(crate) processes: u64,
}

/// One group, removed on drop.
#[derive(Debug)]
pub(crate) struct Cgroup(PathBuf);

/// Controllers the group needs.
const CONTROLLERS: [&str; 3] = ["cpu", "memory", "pids"];
/// Length of a processor accounting period, in microseconds.
const PERIOD_US: u64 = 100_000;

impl Cgroup {
    /// Makes the group.
    ///
    /// # Errors
    /// Why it cannot be made, in words for the operator.
    pub(crate) fn create(config: &CgroupConfig, bounds: Bounds) -> Result<Self, String> {
        let available = fs::read_to_string(config.path.join("cgroup.controllers"))
            .map_err(|error| format!("{} is no cgroup2 folder: {error}", config.path.display()))?;
        let missing: Vec<_> = CONTROLLERS
            .into_iter()
            .filter(|name| !available.split_whitespace().any(|has| has == *name))
            .collect();
        if !missing.is_empty() {
            return Err(format!("no delegation of {}", missing.join(", ")));
        }
        write(&config.path, "cgroup.subtree_control", "+cpu +memory +pids")?;
        let group = Self(config.path.join(format!("functions-sandbox-{}", std::process::id())));
        match fs::create_dir(&group.0) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(format!("{} cannot be made: {error}", group.0.display())),
        }
        write(&group.0, "memory.max", &bounds.memory_bytes.to_string())?;
        write(&group.0, "pids.max", &bounds.processes.to_string())?;
        if let Some(percent) = config.cpu_percent {
            write(&group.0, "cpu.max", &format!("{} {PERIOD_US}", u64::from(percent) * PERIOD_US / 100))?;
        }
        // Not every kernel accounts swap.
        let _ = write(&group.0, "memory.swap.max", "0");
        Ok(group)
    }

    /// Moves a process in; its children follow.
    pub(crate) fn enter(&self, pid: u32) -> Result<(), String> {
        write(&self.0, "cgroup.procs", &pid.to_string())
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        // It stays where a process is still dying; the next start takes it over.
        let _ = fs::remove_dir(&self.0);
    }
}

fn write(folder: &Path, file: &str, text: &str) -> Result<(), String> {
    fs::write(folder.join(file), text).map_err(|error| format!("{file} cannot be written: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder that looks like a delegated group. A real one needs root and a version 2 hierarchy.
    fn folder(name: &str, controllers: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("cgroup-test-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).expect("a temporary folder");
        fs::write(path.join("cgroup.controllers"), controllers).expect("a file");
        path
    }

    const BOUNDS: Bounds = Bounds { memory_bytes: 1_000, processes: 7 };

    #[test]
    fn limits_are_written_and_processes_enter() {
        let path = folder("full", "cpuset cpu io memory pids\n");
        let config = CgroupConfig { path: path.clone(), cpu_percent: Some(150) };
        let group = Cgroup::create(&config, BOUNDS).expect("it is delegated");
        group.enter(42).expect("it can be entered");
        let read = |file: &str| fs::read_to_string(group.0.join(file)).expect("written");
        assert_eq!(
            ["memory.max", "pids.max", "cpu.max", "cgroup.procs"].map(read),
            ["1000", "7", "150000 100000", "42"]
        );
        assert_eq!(
            fs::read_to_string(path.join("cgroup.subtree_control")).expect("written"),
            "+cpu +memory +pids"
        );
        drop(group);
        fs::remove_dir_all(path).expect("it is ours");
    }

    #[test]
    fn what_is_not_delegated_is_said() {
        let path = folder("part", "cpu\n");
        let refused = |path: &Path| {
            let config = CgroupConfig { path: path.to_owned(), cpu_percent: None };
            Cgroup::create(&config, BOUNDS).expect_err("not delegated")
        };
        assert_eq!(refused(&path), "no delegation of memory, pids");
        assert!(refused(Path::new("/nowhere")).contains("is no cgroup2 folder"));
        fs::remove_dir_all(path).expect("it is ours");
    }
}
