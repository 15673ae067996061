//! Processes of the sandbox, as the system shows them.

use std::process::Command;

/// Process id of the fork server: the one child of this process.
pub(crate) fn zygote() -> String {
    let [pid] = children(&std::process::id().to_string()).try_into().expect("exactly one child");
    pid
}

/// Ends processes at once.
pub(crate) fn kill(pids: &[String]) {
    signal("-KILL", pids);
}

/// Sends processes a signal, as `kill` calls it.
pub(crate) fn signal(name: &str, pids: &[String]) {
    let status = Command::new("kill").arg(name).args(pids).status().expect("kill exists");
    assert!(status.success());
}

/// Process ids of the children of a process.
pub(crate) fn children(parent: &str) -> Vec<String> {
    let processes =
        std::fs::read_dir("/proc").expect("Linux").filter_map(|entry| Some(entry.ok()?.file_name()));
    let is_child = |pid: &String| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // The name may hold anything, so the fields are counted from its closing parenthesis.
        stat.rsplit_once(") ")
            .and_then(|(_, rest)| rest.split(' ').nth(1).map(|found| found == parent))
            .unwrap_or(false)
    };
    processes
        .filter_map(|name| name.into_string().ok())
        .filter(|name| name.parse::<u32>().is_ok())
        .filter(is_child)
        .collect()
}
