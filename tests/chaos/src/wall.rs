//! A node's wall clock, set as the test likes.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The wall clock that one node's program sees. The time that passes is the machine's.
pub struct Wall {
    offset: PathBuf,
    /// Starts the program under this clock.
    pub program: PathBuf,
}

/// The library that stands between a program and the system's clock; `None` when it is not installed.
pub fn faketime() -> Option<PathBuf> {
    let machines = fs::read_dir("/usr/lib").ok()?.flatten();
    let mut candidates = machines.map(|machine| machine.path().join("faketime/libfaketimeMT.so.1"));
    candidates.find(|library| library.is_file())
}

/// The time that `date` shows after these words of a shell, in Unix seconds.
fn date(words: &str) -> i64 {
    let output = Command::new("sh").arg("-c").arg(format!("{words}exec date +%s")).output();
    let text = String::from_utf8(output.expect("a shell").stdout).expect("text");
    text.trim().parse().unwrap_or_else(|_| panic!("date says {text}"))
}

impl Wall {
    /// A right clock for a program; its files lie in `folder`.
    ///
    /// # Panics
    /// When they cannot be written.
    pub fn right(folder: &Path, program: &Path, library: &Path) -> Self {
        let (offset, starter) = (folder.join("wall"), folder.join("under-wall"));
        let words = format!(
            "#!/bin/sh\nexport LD_PRELOAD='{}' FAKETIME_TIMESTAMP_FILE='{}' FAKETIME_NO_CACHE=1 \
             FAKETIME_DONT_FAKE_MONOTONIC=1\nexec '{}' \"$@\"\n",
            library.display(),
            offset.display(),
            program.display()
        );
        fs::write(&starter, words).expect("written");
        fs::set_permissions(&starter, fs::Permissions::from_mode(0o700)).expect("its own file");
        let wall = Self { offset, program: starter };
        wall.set(0);
        wall
    }

    /// So many seconds before (less than 0) or after the machine's, from now on.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn set(&self, seconds: i64) {
        // Renamed into place: a program that looks meanwhile sees the old time or the new one.
        let new = self.offset.with_extension("new");
        fs::write(&new, format!("{seconds:+}\n")).expect("written");
        fs::rename(new, &self.offset).expect("renamed");
        let starter = fs::read_to_string(&self.program).expect("its own file");
        let (exports, _) = starter.split_once("exec ").expect("as written");
        let (shown, right) = (date(exports), date(""));
        assert!(((shown - right) - seconds).abs() < 60, "programs see {shown} s, the machine {right} s");
    }
}
