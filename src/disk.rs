//! File operations that survive a power cut, or say that they did not.
//!
//! Renaming makes a change atomic, syncing makes it durable: a file by its data, its name by the folder that holds it.
//! Nothing here knows what the files are for.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::thread;

use rustix::fs::{RenameFlags, renameat_with};
use rustix::io::Errno;

use crate::error::{Error, Result};

/// A file that is read in pieces, by several readers if need be.
#[derive(Debug)]
pub(crate) struct DiskFile {
    file: File,
    size: u64,
}

impl DiskFile {
    /// Takes an open file; what is appended to it later is not seen.
    ///
    /// # Errors
    /// What the system says if its length cannot be had.
    pub(crate) fn new(file: File) -> io::Result<Self> {
        let size = file.metadata()?.len();
        Ok(Self { file, size })
    }
}

impl formats::Input for DiskFile {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, length: usize) -> io::Result<bytes::Bytes> {
        let mut buffer = vec![0; length];
        self.file.read_exact_at(&mut buffer, offset)?;
        Ok(buffer.into())
    }
}

/// From this number of files on, syncing the whole file system costs less than syncing each.
const SYNC_TOGETHER: usize = 64;

/// Threads that sync files at the same time, so that the file system can put their journal entries together.
const SYNC_THREADS: usize = 8;

/// Folder that stays open so that its file system can be synced as a whole.
///
/// Open it before the files are written: the kernel reports only the write errors that come after.
#[derive(Debug)]
pub(crate) struct Volume {
    folder: File,
    whole: bool,
}

impl Volume {
    /// Opens a folder.
    ///
    /// # Errors
    /// As [`Error::io`].
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        let file = File::open(folder).map_err(|e| failed("cannot open the folder", folder, e))?;
        let whole = rustix::fs::fstatfs(&file).is_ok_and(|stat| syncs_as_a_whole(&stat));
        Ok(Self { folder: file, whole })
    }

    /// Makes files' data or folders' entries durable; all must be on this folder's file system.
    ///
    /// Cost: many files are synced by one `syncfs` on local file systems, elsewhere one by one in parallel.
    ///
    /// # Errors
    /// As [`Error::io`]; a failed sync may have lost data, so whoever wrote it must write it again.
    pub(crate) fn sync(&self, paths: &[PathBuf]) -> Result<()> {
        if self.whole && paths.len() >= SYNC_TOGETHER {
            return rustix::fs::syncfs(&self.folder)
                .map_err(|e| Error::io("cannot sync the file system", e.into()));
        }
        let threads = paths.len().div_ceil(8).min(SYNC_THREADS);
        if threads < 2 {
            return paths.iter().try_for_each(|path| sync(path));
        }
        let share = paths.len().div_ceil(threads);
        thread::scope(|scope| {
            let workers: Vec<_> = paths
                .chunks(share)
                .map(|chunk| scope.spawn(|| chunk.iter().try_for_each(|path| sync(path))))
                .collect();
            workers.into_iter().try_for_each(|worker| {
                worker.join().unwrap_or_else(|_| Err(Error::internal("a thread that syncs died")))
            })
        })
    }
}

/// Tells whether `syncfs` makes everything durable and reports what it could not write (Linux 5.8 and later).
///
/// Network and user-space file systems may do less, so only local ones count: ext, xfs, btrfs, f2fs, tmpfs.
fn syncs_as_a_whole(stat: &rustix::fs::StatFs) -> bool {
    const LOCAL: [u32; 5] = [0xEF53, 0x5846_5342, 0x9123_683E, 0xF2F5_2010, 0x0102_1994];
    u32::try_from(stat.f_type).is_ok_and(|kind| LOCAL.contains(&kind))
}

/// Makes a file's data, or a folder's entries, durable.
///
/// # Errors
/// As [`Error::io`].
pub(crate) fn sync(path: &Path) -> Result<()> {
    let synced = File::open(path).and_then(|file| file.sync_data());
    synced.map_err(|e| failed("cannot sync to disk", path, e))
}

/// Creates a folder and those above it that are missing; all of them are durable on return.
///
/// # Errors
/// As [`Error::io`]; also if something else than a folder has the name.
pub(crate) fn create_folder(path: &Path) -> Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    if let Some(parent) = parent {
        create_folder(parent)?;
    }
    match fs::create_dir(path) {
        Ok(()) => sync(parent.unwrap_or(Path::new("."))),
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        Err(e) => Err(no_folder(path, e)),
    }
}

/// Says why a folder could not be created: most often a file has the name.
pub(crate) fn no_folder(path: &Path, error: io::Error) -> Error {
    match path.ancestors().find(|above| above.exists()) {
        Some(file) if !file.is_dir() => {
            Error::config("a file has the name of a folder that is needed")
                .with("path", file.display())
                .with_hint("move the file away")
        }
        _ => failed("cannot create the folder", path, error),
    }
}

/// Renames a file unless the new name is taken: [`io::ErrorKind::AlreadyExists`].
///
/// # Errors
/// As the system call.
pub(crate) fn rename_file(from: &Path, to: &Path) -> io::Result<()> {
    match rename_new(from, to) {
        // A file system that cannot refuse to overwrite: a hard link can, and the two steps may be repeated.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
            fs::hard_link(from, to)?;
            fs::remove_file(from)
        }
        done => done.map_err(io::Error::from),
    }
}

/// Renames a folder unless the new name is taken: [`io::ErrorKind::AlreadyExists`]. An empty folder may be replaced.
///
/// # Errors
/// As the system call.
pub(crate) fn rename_folder(from: &Path, to: &Path) -> io::Result<()> {
    match rename_new(from, to) {
        // Without the flag, a folder that has something in it still cannot be replaced.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => match fs::rename(from, to) {
            Err(e) if e.kind() == io::ErrorKind::DirectoryNotEmpty => {
                Err(io::ErrorKind::AlreadyExists.into())
            }
            done => done,
        },
        done => done.map_err(io::Error::from),
    }
}

fn rename_new(from: &Path, to: &Path) -> std::result::Result<(), Errno> {
    renameat_with(rustix::fs::CWD, from, rustix::fs::CWD, to, RenameFlags::NOREPLACE)
}

/// Puts each of two folders in the other's place in one step: whoever looks finds one or the other, never none.
///
/// # Errors
/// As the system call; [`io::ErrorKind::Unsupported`] on a file system that cannot do it.
pub(crate) fn exchange_folders(a: &Path, b: &Path) -> io::Result<()> {
    match renameat_with(rustix::fs::CWD, a, rustix::fs::CWD, b, RenameFlags::EXCHANGE) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
            Err(io::ErrorKind::Unsupported.into())
        }
        done => done.map_err(io::Error::from),
    }
}

/// Gives a file a second name; where the file system has no second names, a copy that is durable.
///
/// # Errors
/// As the system call; [`io::ErrorKind::AlreadyExists`] if the name is taken.
pub(crate) fn link_file(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        Err(e)
            if matches!(e.kind(), io::ErrorKind::Unsupported | io::ErrorKind::CrossesDevices) =>
        {
            let mut copy = File::create_new(to)?;
            io::copy(&mut File::open(from)?, &mut copy)?;
            copy.sync_all()
        }
        done => done,
    }
}

/// Keeps others from changing what is in a folder, as far as they ask for it too; held until it is dropped.
///
/// Those that publish files hold it together; whoever puts another folder in a partition's place holds it alone. A file
/// system that has no such locks (some network ones) gives none, in silence.
#[derive(Debug)]
pub(crate) struct FolderLock {
    _held: File,
}

impl FolderLock {
    /// Waits until nobody holds the folder alone.
    ///
    /// # Errors
    /// As [`Error::io`] if the folder cannot be opened.
    pub(crate) fn shared(folder: &Path) -> Result<Self> {
        Self::take(folder, File::lock_shared)
    }

    /// Waits until nobody else holds the folder.
    ///
    /// # Errors
    /// As [`Error::io`] if the folder cannot be opened.
    pub(crate) fn alone(folder: &Path) -> Result<Self> {
        Self::take(folder, File::lock)
    }

    fn take(folder: &Path, lock: impl Fn(&File) -> io::Result<()>) -> Result<Self> {
        let wrong = |e| failed("cannot open the folder", folder, e);
        loop {
            let file = File::open(folder).map_err(wrong)?;
            match lock(&file) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => return Ok(Self { _held: file }),
                Ok(()) => {}
            }
            // While it waited, another folder may have taken the name.
            let (held, now) = (file.metadata().map_err(wrong)?, fs::metadata(folder));
            let now = now.map_err(wrong)?;
            if (held.dev(), held.ino()) == (now.dev(), now.ino()) {
                return Ok(Self { _held: file });
            }
        }
    }
}

/// Deletes a file; one that is gone already is fine.
///
/// # Errors
/// As [`Error::io`].
pub(crate) fn remove_file(path: &Path) -> Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(failed("cannot delete the file", path, e)),
    }
}

/// Makes an error that names the file.
pub(crate) fn failed(what: &str, path: &Path, error: io::Error) -> Error {
    Error::io(what, error).with("path", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    #[test]
    fn folders_are_created_with_those_above() {
        let dir = tempfile::tempdir().unwrap();
        let no_place = create_folder(Path::new("/proc/self/x")).unwrap_err();
        assert!(no_place.to_string().starts_with("cannot create the folder"), "{no_place}");
        let deep = dir.path().join("a/b/c");
        create_folder(&deep).unwrap();
        create_folder(&deep).unwrap();
        assert!(deep.is_dir());
        fs::write(dir.path().join("file"), "").unwrap();
        for taken in ["file", "file/x"] {
            let error = create_folder(&dir.path().join(taken)).unwrap_err();
            assert_eq!(error.kind(), Kind::Config);
            assert!(error.to_string().ends_with("/file)"), "{error}");
        }
    }

    #[test]
    fn a_rename_never_overwrites() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::write(at("a"), "a").unwrap();
        fs::write(at("b"), "b").unwrap();
        let taken = rename_file(&at("a"), &at("b")).unwrap_err();
        assert_eq!(taken.kind(), io::ErrorKind::AlreadyExists);
        rename_file(&at("a"), &at("c")).unwrap();
        assert_eq!(fs::read(at("c")).unwrap(), b"a");
        let gone = rename_file(&at("a"), &at("d")).unwrap_err();
        assert_eq!(gone.kind(), io::ErrorKind::NotFound);
        for folder in ["x", "y"] {
            fs::create_dir(at(folder)).unwrap();
            fs::write(at(folder).join("f"), folder).unwrap();
        }
        let taken = rename_folder(&at("x"), &at("y")).unwrap_err();
        assert_eq!(taken.kind(), io::ErrorKind::AlreadyExists);
        rename_folder(&at("x"), &at("z")).unwrap();
        assert_eq!(fs::read(at("z/f")).unwrap(), b"x");
    }

    #[test]
    fn folders_change_places_and_a_lock_follows_the_name() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        for folder in ["x", "y"] {
            fs::create_dir(at(folder)).unwrap();
            fs::write(at(folder).join("f"), folder).unwrap();
        }
        let one = FolderLock::shared(&at("x")).unwrap();
        let two = FolderLock::shared(&at("x")).unwrap();
        drop((one, two));
        let held = FolderLock::alone(&at("x")).unwrap();
        let waited = thread::scope(|scope| {
            let path = at("x");
            let waiter = scope.spawn(move || FolderLock::shared(&path));
            exchange_folders(&at("x"), &at("y")).unwrap();
            drop(held);
            waiter.join().unwrap().unwrap()
        });
        assert_eq!(fs::read(at("x/f")).unwrap(), b"y");
        let free = |name: &str| File::open(at(name)).unwrap().try_lock().is_ok();
        assert!(!free("x") && free("y"), "it is held by its name");
        drop(waited);
        assert!(free("x"));
        let none = exchange_folders(&at("x"), &at("none")).unwrap_err();
        assert_eq!(none.kind(), io::ErrorKind::NotFound);
        link_file(&at("x/f"), &at("linked")).unwrap();
        assert_eq!(fs::read(at("linked")).unwrap(), b"y");
        let taken = link_file(&at("x/f"), &at("linked")).unwrap_err();
        assert_eq!(taken.kind(), io::ErrorKind::AlreadyExists);
    }

    #[test]
    fn few_and_many_files_are_synced() {
        let dir = tempfile::tempdir().unwrap();
        let volume = Volume::open(dir.path()).unwrap();
        for count in [0, 1, 20, 200] {
            let paths: Vec<_> = (0..count).map(|i| dir.path().join(i.to_string())).collect();
            for path in &paths {
                fs::write(path, "x").unwrap();
            }
            volume.sync(&paths).unwrap();
            Volume { whole: false, ..Volume::open(dir.path()).unwrap() }.sync(&paths).unwrap();
        }
        let gone = dir.path().join("gone");
        assert_eq!(volume.sync(&[gone]).unwrap_err().kind(), Kind::NotFound);
        let gone: Vec<_> = (0..20).map(|i| dir.path().join(format!("gone-{i}"))).collect();
        assert_eq!(volume.sync(&gone).unwrap_err().kind(), Kind::NotFound);
        assert_eq!(Volume::open(&gone[0]).unwrap_err().kind(), Kind::NotFound);
    }

    #[test]
    fn deleting_what_is_gone_is_fine() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("f");
        fs::write(&file, "").unwrap();
        assert!(remove_file(&file).unwrap());
        assert!(!remove_file(&file).unwrap());
        assert!(remove_file(dir.path()).is_err());
    }
}
