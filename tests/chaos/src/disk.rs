//! A small file system of its own below a node's folder.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Bytes of it: a journal of a test's length and what else a node keeps take a fraction of that.
const SIZE: &str = "16m";

/// A file system in memory at a folder, with the files that lay in the folder. Dropping it takes it away.
pub struct Disk(PathBuf);

fn run(program: &str, args: &[&str]) -> io::Result<()> {
    let output = Command::new(program).args(args).output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(io::Error::other(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
}

impl Disk {
    /// Moves the files of a folder into a file system of their own, at the same place. Nothing may have them open.
    ///
    /// # Errors
    /// When this process may not mount, or there is no room.
    ///
    /// # Panics
    /// When the path is no text.
    pub fn below(folder: &Path) -> io::Result<Self> {
        let path = folder.to_str().expect("a temporary folder's path is text");
        let moved = folder.with_extension("moved");
        fs::rename(folder, &moved)?;
        fs::create_dir(folder)?;
        let mounted = run("mount", &["-t", "tmpfs", "-o", &format!("size={SIZE},mode=700"), "tmpfs", path]);
        if let Err(error) = mounted {
            fs::remove_dir(folder)?;
            fs::rename(&moved, folder)?;
            return Err(error);
        }
        let disk = Self(folder.to_owned());
        run("cp", &["-a", &format!("{}/.", moved.display()), path])?;
        fs::remove_dir_all(&moved)?;
        Ok(disk)
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }

    /// Leaves no byte of room.
    ///
    /// # Panics
    /// When writing ends otherwise than for want of room.
    pub fn fill(&self) {
        let mut file = File::create(self.filler()).expect("a file");
        // Whole pages first, then what is left of the last one.
        for piece in [4_096, 1] {
            let zeros = vec![0; piece];
            let error = loop {
                if let Err(error) = file.write_all(&zeros) {
                    break error;
                }
            };
            assert_eq!(error.kind(), io::ErrorKind::StorageFull, "{error}");
        }
    }

    /// Gives the room back.
    ///
    /// # Panics
    /// When it was not full.
    pub fn free(&self) {
        fs::remove_file(self.filler()).expect("it was full");
    }

    /// Takes writes, or none. Nothing may have its files open.
    ///
    /// # Panics
    /// When the system refuses.
    pub fn set_writable(&self, is_writable: bool) {
        let mode = if is_writable { "remount,rw" } else { "remount,ro" };
        run("mount", &["-o", mode, self.0.to_str().expect("text")]).expect("mounted anew");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Also from below processes that still run.
        if let Err(error) = run("umount", &["--lazy", self.0.to_str().expect("text")]) {
            eprintln!("{} stays mounted: {error}", self.0.display());
        }
    }
}
