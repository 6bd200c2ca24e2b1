//! Statistics of a partition for the catalog: what is in its folder, and how many rows that is.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use metastore::Parameters;
use metastore::model::keys;

use super::CommitItem;
use crate::disk::failed;
use crate::error::Result;

/// Statistics of a folder's visible files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Statistics {
    /// Number of files.
    pub files: u64,
    /// Bytes of all files.
    pub bytes: u64,
    /// Rows and their raw size, if they are known.
    pub content: Option<Content>,
}

/// What is in files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Content {
    /// Number of rows.
    pub rows: u64,
    /// Raw size of the rows in bytes.
    pub raw_bytes: u64,
}

impl Statistics {
    /// Finds out what a partition has, opening its files only if there is no other way to know.
    ///
    /// `before` is what the catalog says of it now. If the folder has just what the catalog says and what we have written
    /// since, the rows are those of both; else the files' own footers say, if all are Parquet or ORC.
    pub(super) fn of(folder: &Path, item: &CommitItem, before: Option<Self>) -> Result<Self> {
        let (listed, bytes) = list(folder)?;
        let files = listed.len() as u64;
        let new = Content { rows: item.rows, raw_bytes: item.raw_bytes };
        let nothing = Self { files: 0, bytes: 0, content: Some(Content::default()) };
        let counted = [Some(nothing), before].into_iter().flatten().find_map(|before| {
            let fits =
                (before.files.checked_add(item.files)?, before.bytes.checked_add(item.bytes)?);
            if fits != (files, bytes) {
                return None;
            }
            before.content?.plus(new)
        });
        let content = match counted {
            Some(content) => Some(content),
            None => from_footers(&listed)?,
        };
        Ok(Self { files, bytes, content })
    }

    /// Reads statistics of a partition or table as the catalog keeps them.
    pub(super) fn from_parameters(parameters: &Parameters) -> Option<Self> {
        let number = |key: &str| parameters.get(key)?.parse().ok();
        let content = number(keys::NUM_ROWS).zip(number(keys::RAW_DATA_SIZE));
        Some(Self {
            files: number(keys::NUM_FILES)?,
            bytes: number(keys::TOTAL_SIZE)?,
            content: content.map(|(rows, raw_bytes)| Content { rows, raw_bytes }),
        })
    }

    /// Writes them as Hive does: -1 is unknown.
    pub(super) fn to_parameters(self) -> Parameters {
        let known = |value: Option<u64>| value.map_or("-1".to_owned(), |v| v.to_string());
        Parameters::from([
            (keys::NUM_FILES.to_owned(), self.files.to_string()),
            (keys::TOTAL_SIZE.to_owned(), self.bytes.to_string()),
            (keys::NUM_ROWS.to_owned(), known(self.content.map(|c| c.rows))),
            (keys::RAW_DATA_SIZE.to_owned(), known(self.content.map(|c| c.raw_bytes))),
        ])
    }
}

impl Content {
    fn plus(self, other: Self) -> Option<Self> {
        Some(Self {
            rows: self.rows.checked_add(other.rows)?,
            raw_bytes: self.raw_bytes.checked_add(other.raw_bytes)?,
        })
    }
}

/// Lists the files that readers see, and adds up their sizes.
///
/// Source: Hive skips names that begin with `_` or `.`.
fn list(folder: &Path) -> Result<(Vec<PathBuf>, u64)> {
    let wrong = |e| failed("cannot list the partition's folder", folder, e);
    let (mut files, mut bytes) = (Vec::new(), 0);
    for entry in fs::read_dir(folder).map_err(wrong)? {
        let entry = entry.map_err(wrong)?;
        if entry.file_name().as_encoded_bytes().starts_with(b"_")
            || entry.file_name().as_encoded_bytes().starts_with(b".")
        {
            continue;
        }
        match fs::metadata(entry.path()) {
            Ok(found) if found.is_file() => {
                bytes += found.len();
                files.push(entry.path());
            }
            Ok(_) => {}
            // Somebody else has deleted it in this moment.
            Err(e) if e.kind() == ErrorKind::NotFound => {}
            Err(e) => return Err(failed("cannot look at the file", &entry.path(), e)),
        }
    }
    Ok((files, bytes))
}

/// Adds up what the files say of themselves; `None` if one of them is neither Parquet nor ORC, or gone.
fn from_footers(files: &[PathBuf]) -> Result<Option<Content>> {
    let mut sum = Content::default();
    for path in files {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(failed("cannot open the file", path, e)),
        };
        let Ok(stats) = formats::file_stats(file) else { return Ok(None) };
        let Some(more) = sum.plus(Content { rows: stats.rows, raw_bytes: stats.raw_bytes }) else {
            return Ok(None);
        };
        sum = more;
    }
    Ok(Some(sum))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commit::testing::{item, parquet};
    use crate::write::Target;

    #[test]
    fn rows_are_counted_without_opening_files_if_all_are_accounted_for() {
        let dir = tempfile::tempdir().unwrap();
        for (name, content) in [("a", "123"), ("b", "45"), ("_SUCCESS", ""), (".c.stage", "x")] {
            fs::write(dir.path().join(name), content).unwrap();
        }
        fs::create_dir(dir.path().join("sub")).unwrap();
        let known = |files, bytes, rows, raw_bytes| Statistics {
            files,
            bytes,
            content: Some(Content { rows, raw_bytes }),
        };
        let unknown = Statistics { files: 2, bytes: 5, content: None };
        // None of these files is Parquet: their rows are known only if they are counted.
        for (new, before, want) in [
            ((2, 5, 10), None, known(2, 5, 10, 20)),
            ((2, 5, 10), Some(known(7, 7, 7, 7)), known(2, 5, 10, 20)),
            ((1, 2, 10), Some(known(1, 3, 100, 500)), known(2, 5, 110, 520)),
            ((0, 0, 0), Some(known(2, 5, 100, 500)), known(2, 5, 100, 500)),
            ((1, 2, 10), Some(Statistics { files: 1, bytes: 3, content: None }), unknown),
            ((1, 2, 10), Some(known(1, 4, 100, 500)), unknown),
            ((1, 2, 10), None, unknown),
            ((u64::MAX, 2, 10), Some(known(1, 3, 100, 500)), unknown),
        ] {
            let (files, bytes, rows) = new;
            let item = CommitItem {
                files,
                bytes,
                rows,
                raw_bytes: 2 * rows,
                ..item(Target::Table, "", 1)
            };
            assert_eq!(
                Statistics::of(dir.path(), &item, before).unwrap(),
                want,
                "{new:?} {before:?}"
            );
        }
    }

    #[test]
    fn footers_count_what_others_have_written() {
        let dir = tempfile::tempdir().unwrap();
        let bytes = parquet(3).len() + parquet(4).len();
        fs::write(dir.path().join("a.parquet"), parquet(3)).unwrap();
        fs::write(dir.path().join("000000_0"), parquet(4)).unwrap();
        let item = item(Target::Table, "", 1);
        let found = Statistics::of(dir.path(), &item, None).unwrap();
        assert_eq!((found.files, found.bytes), (2, bytes as u64));
        assert_eq!(found.content.map(|c| c.rows), Some(7));
        fs::write(dir.path().join("c.csv"), "1,2").unwrap();
        assert_eq!(Statistics::of(dir.path(), &item, None).unwrap().content, None);
        assert!(Statistics::of(&dir.path().join("gone"), &item, None).is_err());
    }

    #[test]
    fn parameters_are_hives() {
        for (content, rows, raw) in
            [(Some(Content { rows: 7, raw_bytes: 70 }), "7", "70"), (None, "-1", "-1")]
        {
            let statistics = Statistics { files: 2, bytes: 5, content };
            let parameters = statistics.to_parameters();
            let want =
                [("numFiles", "2"), ("numRows", rows), ("rawDataSize", raw), ("totalSize", "5")];
            assert!(parameters.iter().map(|(k, v)| (k.as_str(), v.as_str())).eq(want));
            assert_eq!(Statistics::from_parameters(&parameters), Some(statistics));
        }
        assert_eq!(Statistics::from_parameters(&Parameters::new()), None);
    }
}
