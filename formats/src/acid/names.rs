//! What the names of a transactional table's folders and files say.

/// A folder of one transaction or compaction.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Folder {
    pub(super) kind: FolderKind,
    /// First write id; a base's only one.
    pub(super) first: i64,
    /// Last write id.
    pub(super) last: i64,
    /// The statement of the transaction; none for what a compaction wrote.
    pub(super) statement: Option<u32>,
    /// The compaction's own transaction, where Hive 4 wrote it.
    pub(super) visibility: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum FolderKind {
    Base,
    Delta,
    DeleteDelta,
}

impl Folder {
    /// Reads `base_5`, `delta_1_5`, `delta_2_2_0000`, `delete_delta_1_5_v255` and such.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let (kind, rest) = if let Some(rest) = name.strip_prefix("base_") {
            (FolderKind::Base, rest)
        } else if let Some(rest) = name.strip_prefix("delete_delta_") {
            (FolderKind::DeleteDelta, rest)
        } else {
            (FolderKind::Delta, name.strip_prefix("delta_")?)
        };
        let (ids, visibility) = match rest.split_once("_v") {
            Some((ids, visibility)) => (ids, Some(visibility.parse().ok()?)),
            None => (rest, None),
        };
        let mut parts = ids.split('_');
        let first: i64 = parts.next()?.parse().ok()?;
        let (last, statement) = match kind {
            FolderKind::Base => (first, None),
            FolderKind::Delta | FolderKind::DeleteDelta => {
                let last = parts.next()?.parse().ok()?;
                (last, parts.next().map(str::parse).transpose().ok()?)
            }
        };
        (parts.next().is_none() && first <= last).then_some(Self {
            kind,
            first,
            last,
            statement,
            visibility,
        })
    }
}

/// Tells whether a file or folder is not looked at.
pub(super) fn is_hidden(name: &str) -> bool {
    name.starts_with(['_', '.'])
}

/// What a file with the committed length of a file that is still written is named after that file.
pub(super) const FLUSH_LENGTH: &str = "_flush_length";

/// Reads the bucket out of `bucket_00002`, `bucket_00002_0`, `000002_0` or `000002_0_copy_1`.
pub(super) fn bucket_of(file: &str) -> Option<u32> {
    let digits = |text: &str| -> Option<u32> {
        let plain = !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
        plain.then(|| text.parse().ok()).flatten()
    };
    // Compressed or not, with the ending of its format or not.
    let stem = file.split('.').next()?;
    match stem.strip_prefix("bucket_") {
        Some(rest) => {
            let (bucket, attempt) =
                rest.split_once('_').map_or((rest, None), |(b, a)| (b, Some(a)));
            if let Some(attempt) = attempt {
                digits(attempt)?;
            }
            digits(bucket)
        }
        None => {
            let (bucket, rest) = stem.split_once('_')?;
            let (attempt, copy) =
                rest.split_once("_copy_").map_or((rest, None), |(a, c)| (a, Some(c)));
            digits(attempt)?;
            if let Some(copy) = copy {
                digits(copy)?;
            }
            digits(bucket)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_tell_their_write_ids() {
        let folder = |kind, first, last, statement, visibility| {
            Some(Folder { kind, first, last, statement, visibility })
        };
        for (name, wanted) in [
            ("base_0000005", folder(FolderKind::Base, 5, 5, None, None)),
            ("base_5_v0000256", folder(FolderKind::Base, 5, 5, None, Some(256))),
            ("base_-9223372036854775808", folder(FolderKind::Base, i64::MIN, i64::MIN, None, None)),
            ("delta_0000001_0000005", folder(FolderKind::Delta, 1, 5, None, None)),
            ("delta_0000002_0000002_0001", folder(FolderKind::Delta, 2, 2, Some(1), None)),
            ("delete_delta_1_5_v0000255", folder(FolderKind::DeleteDelta, 1, 5, None, Some(255))),
            ("delta_5_1", None),
            ("delta_1", None),
            ("delta_a_b", None),
            ("delta_1_2_3_4", None),
            ("base_5_0000", None),
            ("baseline", None),
            ("dt=1", None),
        ] {
            assert_eq!(Folder::parse(name), wanted, "{name}");
        }
    }

    #[test]
    fn files_tell_their_bucket() {
        for (name, wanted) in [
            ("bucket_00002", Some(2)),
            ("bucket_00002_0", Some(2)),
            ("000003_0", Some(3)),
            ("000003_0_copy_12", Some(3)),
            ("000003_0.orc", Some(3)),
            ("bucket_x", None),
            ("bucket_00001_x", None),
            ("part-00000-1.orc", None),
            ("000003", None),
            ("000003_0_copy", None),
        ] {
            assert_eq!(bucket_of(name), wanted, "{name}");
        }
    }
}
