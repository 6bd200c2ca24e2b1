//! Which files of a folder are read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::WriteIdSet;
use super::names::{FLUSH_LENGTH, Folder, FolderKind, bucket_of, is_hidden};
use super::write_ids::{Seen, WriteIds};
use crate::table::Descriptor;
use crate::{FormatError, Result};

/// Names a file or folder below the folder of a table or partition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// Path from the folder, with `/` between its parts, hidden parts included.
    pub path: String,
    /// Whether it is a folder: one without files may still stand for no rows.
    pub is_folder: bool,
}

impl Entry {
    /// Makes the entry of a file.
    pub fn file(path: impl Into<String>) -> Self {
        Self { path: path.into(), is_folder: false }
    }

    /// Makes the entry of a folder.
    pub fn folder(path: impl Into<String>) -> Self {
        Self { path: path.into(), is_folder: true }
    }
}

/// Says how a table's files come and go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transactional {
    /// Every visible file is part of the table.
    No,
    /// Folders of transactions with plain files, of any format.
    InsertOnly,
    /// Folders of transactions with rows that have ids, in ORC.
    Full,
}

impl Transactional {
    /// Reads the table properties `transactional` and `transactional_properties`.
    pub fn of(descriptor: &Descriptor) -> Self {
        if !descriptor.is_set("transactional") {
            return Self::No;
        }
        match descriptor.property("transactional_properties") {
            Some(kind) if kind.eq_ignore_ascii_case("insert_only") => Self::InsertOnly,
            _ => Self::Full,
        }
    }
}

/// A file whose rows are part of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataFile {
    pub(super) path: String,
    /// The transaction that wrote it; none if it was there before the table was transactional.
    pub(super) folder: Option<Folder>,
    pub(super) bucket: Option<u32>,
    /// The file that tells how much of it is committed, if it is still written.
    pub(super) flush: Option<String>,
    /// Files of the same bucket whose rows are numbered before its own.
    pub(super) before: Vec<String>,
    /// It may have rows of several transactions, which were put together.
    compacted: bool,
    /// The transactions whose rows are wanted, if not those of all.
    pub(super) only: Option<Arc<WriteIdSet>>,
}

impl DataFile {
    /// Returns the path from the folder of the table or partition.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the first and the last write id that its rows may have. Rows that were there before the
    /// table was transactional have 0.
    pub fn write_ids(&self) -> (i64, i64) {
        match &self.folder {
            None => (0, 0),
            Some(folder) if folder.kind == FolderKind::Base && self.compacted => {
                (0, folder.last.max(0))
            }
            Some(folder) => (folder.first.max(0), folder.last.max(0)),
        }
    }

    /// Tells whether somebody may still be adding to it.
    pub fn is_growing(&self) -> bool {
        self.flush.is_some()
    }

    /// Leaves out the rows of other transactions; it must be a file whose rows have ids.
    #[must_use]
    pub fn only(self, ids: WriteIdSet) -> Self {
        Self { only: Some(Arc::new(ids)), ..self }
    }

    /// Returns the transactions whose rows are wanted, if not those of all.
    pub fn wanted(&self) -> Option<&WriteIdSet> {
        self.only.as_deref()
    }
}

/// The files of a table or partition that a reader sees.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub(super) kind: Transactional,
    pub(super) ids: Arc<WriteIds>,
    files: Vec<DataFile>,
    pub(super) deletes: Vec<DataFile>,
    /// Files whose rows are in others by now, but which are still there.
    replaced: Vec<DataFile>,
    undecided: bool,
}

/// What a folder of a transaction holds.
#[derive(Clone, Debug)]
struct Written {
    folder: Folder,
    /// The name of the folder.
    name: String,
    /// Paths of its visible files.
    files: Vec<String>,
    /// Whether a compaction left its mark.
    marked: bool,
}

impl Written {
    /// Tells a base that a compaction wrote from that of an `INSERT OVERWRITE` or `TRUNCATE`.
    fn is_compacted(&self) -> bool {
        self.folder.visibility.is_some() || self.marked && !self.files.is_empty()
    }
}

impl Snapshot {
    /// Chooses the files of a folder.
    ///
    /// `entries` are all files and folders below it, in any order.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) if every base is newer than what the reader sees,
    /// so that the rows from before it are gone, or if a file's name tells no bucket.
    pub fn new(kind: Transactional, entries: &[Entry], ids: WriteIds) -> Result<Self> {
        let mut snapshot = Self {
            kind,
            ids: Arc::new(ids),
            files: Vec::new(),
            deletes: Vec::new(),
            replaced: Vec::new(),
            undecided: false,
        };
        let mut sorted: Vec<&Entry> = entries.iter().collect();
        sorted.sort();
        if kind == Transactional::No {
            let files = sorted.iter().filter(|e| !e.is_folder && is_visible(&e.path));
            snapshot.files = files.map(|e| plain(&e.path)).collect();
            return Ok(snapshot);
        }
        let (written, originals) = split(&sorted);
        snapshot.undecided = written.iter().any(|of| !snapshot.is_decided(&of.folder));
        let (base, deltas, replaced) = snapshot.choose(written)?;
        let ids = base.as_ref().map_or(Arc::clone(&snapshot.ids), |base| {
            Arc::new(snapshot.ids.after(base.folder.last))
        });
        if base.is_none() {
            snapshot.files = snapshot.of_folder(&originals, None)?;
        }
        for written in replaced.iter().filter(|of| of.folder.kind == FolderKind::Delta) {
            // A name that tells no bucket is of no harm where nothing is read.
            snapshot
                .replaced
                .extend(snapshot.of_folder(&written.files, Some(written)).into_iter().flatten());
        }
        for written in base.iter().chain(&deltas) {
            let files = snapshot.of_folder(&written.files, Some(written))?;
            match written.folder.kind {
                FolderKind::DeleteDelta => snapshot.deletes.extend(files),
                FolderKind::Base | FolderKind::Delta => snapshot.files.extend(files),
            }
        }
        snapshot.ids = ids;
        Ok(snapshot)
    }

    /// Returns the files whose rows are part of the table, in the order in which they were written.
    pub fn files(&self) -> &[DataFile] {
        &self.files
    }

    /// Returns the paths of the files that tell which rows were deleted.
    pub fn deletes(&self) -> impl Iterator<Item = &str> {
        self.deletes.iter().map(DataFile::path)
    }

    /// Returns files that a compaction has replaced and nobody has removed yet.
    pub fn replaced(&self) -> &[DataFile] {
        &self.replaced
    }

    /// Finds a file by its path, be it replaced by now or not.
    pub fn file(&self, path: &str) -> Option<&DataFile> {
        self.files.iter().chain(&self.replaced).find(|file| file.path == path)
    }

    /// Returns how files come and go.
    pub fn kind(&self) -> Transactional {
        self.kind
    }

    /// Returns the write ids that are seen, as far as they count for the files that are there.
    pub fn ids(&self) -> &WriteIds {
        &self.ids
    }

    /// Tells whether there is a folder of a transaction that is not ended, or that the reader is too
    /// old to know.
    pub fn is_undecided(&self) -> bool {
        self.undecided
    }

    fn is_decided(&self, folder: &Folder) -> bool {
        folder.last == i64::MIN || self.ids.is_decided(folder.first, folder.last)
    }

    /// Chooses the newest base, and the deltas after it that are not part of others; gives what is not
    /// chosen as well.
    fn choose(
        &self,
        written: Vec<Written>,
    ) -> Result<(Option<Written>, Vec<Written>, Vec<Written>)> {
        let (bases, mut deltas): (Vec<_>, Vec<_>) =
            written.into_iter().partition(|w| w.folder.kind == FolderKind::Base);
        let compacted = bases.iter().filter(|b| b.is_compacted());
        let oldest = compacted.map(|b| b.folder.first).min();
        let newest = |b: &Written| (b.folder.first, b.folder.visibility);
        let base = bases.into_iter().filter(|b| self.is_valid_base(b)).max_by_key(newest);
        let mut replaced = Vec::new();
        if base.is_none()
            && let Some(oldest) = oldest
        {
            // What it compacted may be deleted already.
            return Err(FormatError::data(
                "the table was compacted beyond the transactions that this reader sees",
            )
            .with("oldest base", oldest));
        }
        // Wide ones first, so that they make what is in them obsolete.
        deltas.sort_by(|a, b| {
            let (x, y) = (&a.folder, &b.folder);
            (x.first.cmp(&y.first))
                .then(y.last.cmp(&x.last))
                .then(x.statement.cmp(&y.statement))
                .then(y.visibility.cmp(&x.visibility))
                .then_with(|| a.name.cmp(&b.name))
        });
        // Inserts and deletes each by themselves: the halves of a compaction become visible one after the other (Hive before 4), and
        // deletes that are read twice do no harm.
        let (deletes, inserts): (Vec<_>, Vec<_>) =
            deltas.into_iter().partition(|delta| delta.folder.kind == FolderKind::DeleteDelta);
        let mut taken = Vec::new();
        let after = base.as_ref().map_or(i64::MIN, |base| base.folder.last);
        for half in [inserts, deletes] {
            let (mut current, mut last) = (after, None);
            for delta in half {
                if self.takes(&delta.folder, &mut current, last.as_ref()) {
                    last = Some(delta.folder.clone());
                    taken.push(delta);
                } else if self.ids.seen(delta.folder.first, delta.folder.last) == Seen::All {
                    replaced.push(delta);
                }
            }
        }
        Ok((base, taken, replaced))
    }

    /// Tells whether a delta has what those before it, up to the write id `current`, do not have.
    fn takes(&self, next: &Folder, current: &mut i64, last: Option<&Folder>) -> bool {
        if next.last <= *current {
            // What other statements of the same transaction wrote.
            return last.is_some_and(|last| next.last == *current && last.statement.is_some());
        }
        let from = current.saturating_add(1);
        let takes = self.ids.seen(from.max(next.first), next.last) != Seen::None;
        if takes {
            *current = next.last;
        }
        takes
    }

    fn is_valid_base(&self, base: &Written) -> bool {
        let id = base.folder.first;
        // A compaction of the files from before the table was transactional.
        if id == i64::MIN {
            return true;
        }
        if base.is_compacted() { self.ids.is_valid_base(id) } else { self.ids.is_valid(id) }
    }

    /// Makes the files of one folder, in order.
    fn of_folder(&self, paths: &[String], written: Option<&Written>) -> Result<Vec<DataFile>> {
        let folder = written.map(|of| of.folder.clone());
        let compacted = written.is_some_and(Written::is_compacted);
        let all: BTreeSet<&str> = paths.iter().map(String::as_str).collect();
        let mut earlier = BTreeMap::<u32, Vec<String>>::new();
        let mut files = Vec::new();
        for path in paths.iter().filter(|path| !path.ends_with(FLUSH_LENGTH)) {
            let name = path.rsplit('/').next().unwrap_or(path);
            let mut file = DataFile { folder: folder.clone(), compacted, ..plain(path) };
            if self.kind == Transactional::Full {
                let bucket = bucket_of(name).ok_or_else(|| {
                    FormatError::data("the name of a transactional table's file tells no bucket")
                        .with("file", path)
                        .with("names", "bucket_00000, 000000_0, 000000_0_copy_1")
                })?;
                let before = earlier.entry(bucket).or_default();
                file.bucket = Some(bucket);
                file.before.clone_from(before);
                before.push(path.clone());
                let flush = format!("{path}{FLUSH_LENGTH}");
                file.flush = all.contains(flush.as_str()).then_some(flush);
            }
            files.push(file);
        }
        Ok(files)
    }
}

fn plain(path: &str) -> DataFile {
    let path = path.to_owned();
    DataFile {
        path,
        folder: None,
        bucket: None,
        flush: None,
        before: Vec::new(),
        compacted: false,
        only: None,
    }
}

fn is_visible(path: &str) -> bool {
    !path.split('/').any(is_hidden)
}

/// Puts files into the folders of their transactions; those in none were there before.
fn split(sorted: &[&Entry]) -> (Vec<Written>, Vec<String>) {
    let mut written = BTreeMap::<&str, Written>::new();
    let mut originals = Vec::new();
    for entry in sorted {
        let (top, rest) =
            entry.path.split_once('/').map_or((entry.path.as_str(), None), |(t, r)| (t, Some(r)));
        let folder = Folder::parse(top).filter(|_| rest.is_some() || entry.is_folder);
        let Some(folder) = folder else {
            if !entry.is_folder && is_visible(&entry.path) {
                originals.push(entry.path.clone());
            }
            continue;
        };
        let of = written.entry(top).or_insert_with(|| Written {
            folder,
            name: top.to_owned(),
            files: Vec::new(),
            marked: false,
        });
        if let Some(rest) = rest.filter(|_| !entry.is_folder) {
            of.marked |= rest == "_metadata_acid";
            if is_visible(rest) {
                of.files.push(entry.path.clone());
            }
        }
    }
    (written.into_values().collect(), originals)
}
