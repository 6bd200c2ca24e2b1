//! Staged files become visible, by a rename that never overwrites.
//!
//! Everything here may run twice, also in another process: the checkpoint says which files are to be visible, and what is
//! found on disk says which of them still are not.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::disk::{self, FolderLock, Volume, failed};
use crate::error::{Error, Result};
use crate::names::{CheckpointId, JobId, STAGED_SUFFIX, is_left_over};
use crate::write::stage::{Root, Roots};
use crate::write::{StagedFile, Target};

/// Folder of the dead letters that have been read again, in the one of those that have not.
pub const REPLAYED: &str = "replayed";

/// Makes a checkpoint's files visible; they and their folders are durable on return.
///
/// A file that is visible already, with the right size, is done.
///
/// # Errors
/// `Conflict` if another file has the name; `Internal` if a file is neither staged nor visible, or is not as long as it was;
/// `NotFound` if the target's folder is gone; else as [`Error::io`].
pub fn publish(roots: &Roots, files: &[StagedFile]) -> Result<()> {
    for (target, root) in roots.iter() {
        let mut files = files.iter().filter(|file| file.key.target == target).peekable();
        if files.peek().is_some() {
            publish_to(root, files)?;
        }
    }
    // A target that the pipeline no longer has must not lose files in silence.
    files.iter().try_for_each(|file| roots.get(file.key.target).map(drop))
}

fn publish_to<'a>(root: &Root, files: impl Iterator<Item = &'a StagedFile>) -> Result<()> {
    // Opened first: it reports only what could not be written from here on.
    let volume = Volume::open(&root.folder).map_err(|e| {
        e.with_hint("start the pipeline again to have the table's folder created again")
    })?;
    // Until the folders are synced: a partition that is swapped in between would take a file with it that is not durable.
    let _here = FolderLock::shared(&root.folder)?;
    let mut touched = BTreeSet::new();
    for file in files {
        check(file)?;
        let folder = root.partition(&file.key.path);
        if !touched.contains(&folder) {
            fs::create_dir_all(&folder).map_err(|e| disk::no_folder(&folder, e))?;
            // Also those that were there: whoever created them may have been killed before syncing.
            let mut above = folder.as_path();
            while above != root.folder && touched.insert(above.to_owned()) {
                above = above.parent().unwrap_or(&root.folder);
            }
            touched.insert(root.folder.clone());
            touched.insert(folder);
        }
        publish_one(root, file)?;
    }
    volume.sync(&Vec::from_iter(touched))
}

fn publish_one(root: &Root, file: &StagedFile) -> Result<()> {
    let (staged, visible) = (root.staged(file), root.visible(file));
    match fs::metadata(&staged) {
        Ok(found) if found.len() != file.bytes => {
            return Err(Error::internal("a staged file is not as long as it was")
                .with("path", staged.display())
                .with("bytes", found.len())
                .with("expected", file.bytes)
                .with_hint("something else has changed it: bring it back from a backup"));
        }
        Err(e) if e.kind() == ErrorKind::NotFound => {
            return published_before(file, &staged, &visible);
        }
        Err(e) => return Err(failed("cannot look at the staged file", &staged, e)),
        Ok(_) => {}
    }
    match disk::rename_file(&staged, &visible) {
        Ok(()) => Ok(()),
        Err(e) if e.kind() == ErrorKind::AlreadyExists => {
            if same_content(&staged, &visible)? {
                return disk::remove_file(&staged).map(drop);
            }
            Err(conflict(&visible))
        }
        Err(e) if e.kind() == ErrorKind::NotFound => published_before(file, &staged, &visible),
        Err(e) if e.kind() == ErrorKind::CrossesDevices => {
            Err(Error::config("the staging folder is on another file system than the partition")
                .with("staged", staged.display())
                .with("partition", visible.parent().unwrap_or(&visible).display())
                .with_hint("put the table's folder and its partitions on one file system"))
        }
        Err(e) => Err(failed("cannot make the file visible", &visible, e)),
    }
}

/// Accepts a file that is no longer staged if it is visible.
fn published_before(file: &StagedFile, staged: &Path, visible: &Path) -> Result<()> {
    match fs::metadata(visible) {
        Ok(found) if found.is_file() && found.len() == file.bytes => Ok(()),
        Ok(_) => Err(conflict(visible)),
        Err(e) if e.kind() == ErrorKind::NotFound && was_replayed(file, visible) => Ok(()),
        Err(e) if e.kind() == ErrorKind::NotFound => {
            Err(Error::internal("a staged file that the checkpoint names is gone")
                .with("staged", staged.display())
                .with("visible", visible.display())
                .with("rows", file.rows)
                .with_hint(
                    "bring the file back from a backup to one of the two places, or start from a savepoint; going on \
                     without it would lose its rows",
                ))
        }
        Err(e) => Err(failed("cannot look at the file", visible, e)),
    }
}

/// Tells whether a file of dead letters was put aside since it became visible.
fn was_replayed(file: &StagedFile, visible: &Path) -> bool {
    let aside = visible.parent().map(|folder| folder.join(REPLAYED).join(&file.name));
    file.key.target == Target::DeadLetters
        && aside.is_some_and(|path| fs::metadata(path).is_ok_and(|f| f.len() == file.bytes))
}

fn conflict(visible: &Path) -> Error {
    Error::conflict("another file has the name of a file to be published")
        .with("path", visible.display())
        .with_hint("move the other file away; no two files of this program have one name")
}

/// Refuses what could leave the target's folder.
fn check(file: &StagedFile) -> Result<()> {
    let plain = |name: &str| !matches!(name, "" | "." | "..") && !name.contains(['/', '\0']);
    let path = &file.key.path;
    let inside = path.is_empty() || path.split('/').all(plain);
    if inside && plain(&file.name) {
        return Ok(());
    }
    Err(Error::internal("a file must not leave the folder of its table")
        .with("partition", path.escape_debug())
        .with("file", file.name.escape_debug()))
}

fn same_content(a: &Path, b: &Path) -> Result<bool> {
    let look =
        |path: &Path| fs::metadata(path).map_err(|e| failed("cannot look at the file", path, e));
    let (in_a, in_b) = (look(a)?, look(b)?);
    if (in_a.dev(), in_a.ino()) == (in_b.dev(), in_b.ino()) {
        return Ok(true);
    }
    if !in_b.is_file() || in_a.len() != in_b.len() {
        return Ok(false);
    }
    let open = |path: &Path| File::open(path).map_err(|e| failed("cannot open the file", path, e));
    let (mut file_a, mut file_b) = (open(a)?, open(b)?);
    let (mut bytes_a, mut bytes_b) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        let n = file_a.read(&mut bytes_a).map_err(|e| failed("cannot read the file", a, e))?;
        if n == 0 {
            return Ok(true);
        }
        match file_b.read_exact(&mut bytes_b[..n]) {
            Ok(()) if bytes_a[..n] == bytes_b[..n] => {}
            Ok(()) => return Ok(false),
            Err(e) if e.kind() == ErrorKind::UnexpectedEof => return Ok(false),
            Err(e) => return Err(failed("cannot read the file", b, e)),
        }
    }
}

/// Deletes staged files; those that are gone are fine.
///
/// # Errors
/// As [`Error::io`].
pub fn discard(roots: &Roots, files: &[StagedFile]) -> Result<()> {
    for file in files {
        check(file)?;
        disk::remove_file(&roots.get(file.key.target)?.staged(file))?;
    }
    Ok(())
}

/// Deletes the files that runs of this job before `run` have staged, other than `keep` (names once visible), and gives how
/// many it deleted.
///
/// Files of other jobs, and whatever else is in the folder, stay.
///
/// # Errors
/// As [`Error::io`].
pub fn sweep(
    roots: &Roots,
    job: &JobId,
    run: CheckpointId,
    keep: &BTreeSet<String>,
) -> Result<usize> {
    let mut deleted = 0;
    for (_, root) in roots.iter() {
        let wrong = |e| failed("cannot list the staging folder", &root.staging, e);
        for entry in fs::read_dir(&root.staging).map_err(wrong)? {
            let name = entry.map_err(wrong)?.file_name();
            let Some(name) = name.to_str() else { continue };
            let Some(visible) = name.strip_suffix(STAGED_SUFFIX) else { continue };
            if is_left_over(visible, job, run) && !keep.contains(visible) {
                deleted += usize::from(disk::remove_file(&root.staging.join(name))?);
            }
        }
    }
    Ok(deleted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;
    use crate::write::PartitionKey;

    const JOB: &str = "0a1b2c3d";

    fn roots(dir: &Path) -> Roots {
        let root = |name: &str| Root::create(&dir.join(name), "p").unwrap();
        Roots { table: root("t"), late: Some(root("late")), dead_letters: None }
    }

    fn file(target: Target, path: &str, n: u32, bytes: u64) -> StagedFile {
        let key = PartitionKey { target, path: path.to_owned() };
        let name = format!("part-{JOB}-0-0-{n}.parquet");
        StagedFile { key, name, rows: 1, bytes, raw_bytes: 1 }
    }

    fn stage(roots: &Roots, file: &StagedFile, content: &str) {
        fs::write(roots.get(file.key.target).unwrap().staged(file), content).unwrap();
    }

    #[test]
    fn files_become_visible_once_however_often_it_runs() {
        let dir = tempfile::tempdir().unwrap();
        let roots = roots(dir.path());
        let files = [
            file(Target::Table, "dt=2026-01-01/hr=07", 0, 3),
            file(Target::Table, "dt=2026-01-01/hr=07", 1, 3),
            file(Target::Table, "dt=2026-01-01/hr=08", 2, 3),
            file(Target::Table, "", 3, 3),
            file(Target::LateTable, "dt=2025-12-31/hr=23", 4, 3),
        ];
        for f in &files {
            stage(&roots, f, "abc");
        }
        // Killed after the second file.
        publish(&roots, &files[..2]).unwrap();
        for _ in 0..2 {
            publish(&roots, &files).unwrap();
            for f in &files {
                let root = roots.get(f.key.target).unwrap();
                assert_eq!(fs::read(root.visible(f)).unwrap(), b"abc");
                assert!(!root.staged(f).exists());
            }
        }
        publish(&roots, &[]).unwrap();
    }

    #[test]
    fn many_partitions_are_published() {
        let dir = tempfile::tempdir().unwrap();
        let roots = roots(dir.path());
        let files: Vec<_> =
            (0..300).map(|n| file(Target::Table, &format!("a={}/b={n}", n % 7), n, 1)).collect();
        for f in &files {
            stage(&roots, f, "x");
        }
        publish(&roots, &files).unwrap();
        assert!(files.iter().all(|f| roots.table.visible(f).exists()));
    }

    #[test]
    fn what_does_not_fit_the_checkpoint_stops_the_job() {
        let f = file(Target::Table, "dt=1", 0, 3);
        for (staged, visible, kind, want) in [
            (None, None, Kind::Internal, "a staged file that the checkpoint names is gone"),
            (Some("ab"), None, Kind::Internal, "a staged file is not as long as it was"),
            (None, Some("ab"), Kind::Conflict, "another file has the name"),
            (Some("abc"), Some("ab"), Kind::Conflict, "another file has the name"),
            (Some("abc"), Some("abd"), Kind::Conflict, "another file has the name"),
        ] {
            let dir = tempfile::tempdir().unwrap();
            let roots = roots(dir.path());
            if let Some(content) = staged {
                stage(&roots, &f, content);
            }
            if let Some(content) = visible {
                fs::create_dir(roots.table.folder.join("dt=1")).unwrap();
                fs::write(roots.table.visible(&f), content).unwrap();
            }
            let error = publish(&roots, std::slice::from_ref(&f)).unwrap_err();
            assert_eq!(error.kind(), kind, "{error}");
            assert!(error.to_string().starts_with(want) && error.hint().is_some(), "{error}");
            assert_eq!(roots.table.staged(&f).exists(), staged.is_some(), "nothing is deleted");
        }
    }

    #[test]
    fn dead_letters_that_were_put_aside_are_published() {
        let dir = tempfile::tempdir().unwrap();
        let letters = Root::create(&dir.path().join("letters"), "p").unwrap();
        let roots = Roots { dead_letters: Some(letters.clone()), ..roots(dir.path()) };
        let f = file(Target::DeadLetters, "", 0, 3);
        let aside = letters.folder.join(REPLAYED);
        fs::create_dir(&aside).unwrap();
        for (content, published) in [("ab", false), ("abc", true)] {
            fs::write(aside.join(&f.name), content).unwrap();
            assert_eq!(publish(&roots, std::slice::from_ref(&f)).is_ok(), published, "{content}");
        }
        // No row of a table may be missing for that reason.
        let f = file(Target::Table, "", 1, 3);
        fs::create_dir(roots.table.folder.join(REPLAYED)).unwrap();
        fs::write(roots.table.folder.join(REPLAYED).join(&f.name), "abc").unwrap();
        assert!(publish(&roots, &[f]).is_err());
    }

    #[test]
    fn equal_files_at_both_places_are_one() {
        let dir = tempfile::tempdir().unwrap();
        let roots = roots(dir.path());
        let copy = file(Target::Table, "dt=1", 0, 3);
        let link = file(Target::Table, "dt=1", 1, 3);
        fs::create_dir(roots.table.folder.join("dt=1")).unwrap();
        for f in [&copy, &link] {
            stage(&roots, f, "abc");
        }
        fs::write(roots.table.visible(&copy), "abc").unwrap();
        fs::hard_link(roots.table.staged(&link), roots.table.visible(&link)).unwrap();
        publish(&roots, &[copy.clone(), link.clone()]).unwrap();
        for f in [copy, link] {
            assert_eq!(fs::read(roots.table.visible(&f)).unwrap(), b"abc");
            assert!(!roots.table.staged(&f).exists());
        }
    }

    #[test]
    fn folders_that_cannot_be_made_are_named() {
        let dir = tempfile::tempdir().unwrap();
        let roots = roots(dir.path());
        let f = file(Target::Table, "dt=1", 0, 3);
        stage(&roots, &f, "abc");
        // A foreign file has the folder's name, and a foreign folder has the file's.
        fs::write(roots.table.folder.join("dt=1"), "").unwrap();
        let error = publish(&roots, std::slice::from_ref(&f)).unwrap_err();
        assert!(error.to_string().starts_with("a file has the name of a folder"), "{error}");
        fs::remove_file(roots.table.folder.join("dt=1")).unwrap();
        fs::create_dir_all(roots.table.visible(&f)).unwrap();
        let error = publish(&roots, std::slice::from_ref(&f)).unwrap_err();
        assert_eq!(error.kind(), Kind::Conflict, "{error}");
        fs::remove_dir_all(&roots.table.folder).unwrap();
        let error = publish(&roots, std::slice::from_ref(&f)).unwrap_err();
        assert_eq!(error.kind(), Kind::NotFound, "{error}");
    }

    #[test]
    fn nothing_leaves_the_table() {
        let dir = tempfile::tempdir().unwrap();
        let roots = roots(dir.path());
        for path in ["..", "a/../..", "/etc", "a//b", "a/", ".", "a/./b", "a\0"] {
            let f = file(Target::Table, path, 0, 1);
            for error in [
                publish(&roots, std::slice::from_ref(&f)).unwrap_err(),
                discard(&roots, std::slice::from_ref(&f)).unwrap_err(),
            ] {
                assert_eq!(error.kind(), Kind::Internal, "{path:?}");
                assert!(error.to_string().starts_with("a file must not leave"), "{error}");
            }
        }
        for name in ["", "..", "a/b", "../x"] {
            let f = StagedFile { name: name.to_owned(), ..file(Target::Table, "dt=1", 0, 1) };
            assert_eq!(publish(&roots, &[f]).unwrap_err().kind(), Kind::Internal, "{name}");
        }
    }

    #[test]
    fn a_target_that_is_gone_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let roots = roots(dir.path());
        let f = file(Target::DeadLetters, "", 0, 1);
        assert_eq!(publish(&roots, &[f]).unwrap_err().kind(), Kind::NotFound);
    }

    #[test]
    fn only_our_own_files_that_nothing_names_are_swept() {
        let dir = tempfile::tempdir().unwrap();
        let roots = roots(dir.path());
        let (kept, lost) = (file(Target::Table, "", 0, 1), file(Target::Table, "", 1, 1));
        let late = file(Target::LateTable, "", 2, 1);
        for f in [&kept, &lost, &late] {
            stage(&roots, f, "x");
        }
        let foreign = [
            "part-ffffffff-0-0-0.parquet.stage",
            "part-0a1b2c3d-3-0-1.parquet.stage",
            "part-0a1b2c3d-12-0-1.parquet.stage",
            "notes.txt",
            "part-0a1b2c3d-x",
            ".probe.1",
        ];
        for name in foreign {
            fs::write(roots.table.staging.join(name), "").unwrap();
        }
        let keep = BTreeSet::from([kept.name.clone()]);
        let job = JobId(JOB.to_owned());
        assert_eq!(sweep(&roots, &job, CheckpointId(3), &keep).unwrap(), 2);
        assert_eq!(sweep(&roots, &job, CheckpointId(3), &keep).unwrap(), 0);
        assert!(roots.table.staged(&kept).exists());
        assert!(foreign.iter().all(|name| roots.table.staging.join(name).exists()));
        discard(&roots, &[kept.clone(), lost]).unwrap();
        assert!(!roots.table.staged(&kept).exists());
    }
}
