//! Which files a path stands for.

use std::fs::{self, FileType, Metadata};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use glob::MatchOptions;
use regex::Regex;

use crate::error::{Error, Result};
use crate::names::is_hidden;
use crate::source::FileIdentity;

/// A regular file that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    /// Absolute path.
    pub(super) path: String,
    /// What it was when it was found.
    pub(super) identity: FileIdentity,
}

/// A path as the user wrote it, made absolute.
#[derive(Debug, Clone)]
pub(super) struct Root {
    path: PathBuf,
    text: String,
}

/// A folder on the way down, to notice links that lead back up.
type Ancestors = Vec<(u64, u64)>;

impl Root {
    /// Reads a plain path or a `file:` URI.
    ///
    /// Source: Flink `Path`: the part behind the scheme is taken as it is, without `%` escapes.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let local = local_path(text)?;
        if local.is_empty() || local.contains('\0') {
            return Err(Error::config("path of the source is not a path").with("path", text));
        }
        let path = std::path::absolute(local)
            .map_err(|e| Error::io("cannot make the path absolute", e).with("path", text))?;
        Ok(Self { path, text: local.to_owned() })
    }

    /// Lists the files in the order of their names.
    ///
    /// Cost: one `stat` a file. A folder is read with its subfolders; names that begin with `_` or
    /// `.` are skipped unless the user's path spells them out.
    ///
    /// # Errors
    /// `NotFound` if a path without wildcards does not exist; `Config` for what is no regular file.
    ///
    /// Source: Flink `NonSplittingRecursiveEnumerator`, `DefaultFileFilter`, `RegexFileFilter`.
    pub(super) fn list(&self, filter: Option<&Regex>) -> Result<Vec<Listed>> {
        let mut found = Vec::new();
        match fs::metadata(&self.path) {
            Ok(metadata) => visit(&self.path, &metadata, &mut Vec::new(), &mut found)?,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound && self.is_glob() => {
                for path in self.expand()? {
                    if let Some(metadata) = metadata(&path)? {
                        visit(&path, &metadata, &mut Vec::new(), &mut found)?;
                    }
                }
            }
            Err(e) => return Err(cannot_list(&self.path, e)),
        }
        found.retain(|file| filter.is_none_or(|regex| regex.is_match(&file.path)));
        found.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        found.dedup();
        Ok(found)
    }

    /// Tells whether the path has wildcards.
    pub(super) fn is_glob(&self) -> bool {
        self.text.contains(['*', '?', '['])
    }

    /// Gives the absolute path.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn expand(&self) -> Result<Vec<PathBuf>> {
        let pattern = utf8(&self.path)?;
        let wrong = |e: glob::PatternError| {
            Error::config("path has a wildcard that cannot be read")
                .with("path", pattern)
                .with_source(e)
                .with_hint("use * ? [a-z] and **; write [*] for a star itself")
        };
        let options = MatchOptions {
            case_sensitive: true,
            require_literal_separator: true,
            require_literal_leading_dot: true,
        };
        let last = pattern.rsplit('/').next().unwrap_or_default();
        let mut paths = Vec::new();
        for path in glob::glob_with(pattern, options).map_err(wrong)? {
            let path = path.map_err(|e| {
                let folder = e.path().to_path_buf();
                cannot_list(&folder, e.into())
            })?;
            let spelled_out = last.starts_with(['_', '.']);
            if spelled_out || !path.file_name().is_some_and(is_hidden) {
                paths.push(path);
            }
        }
        Ok(paths)
    }
}

impl FileIdentity {
    /// Takes down what a file is.
    pub(crate) fn of(metadata: &Metadata) -> Self {
        let seconds = metadata.mtime().saturating_mul(1_000_000_000);
        Self {
            size: metadata.size(),
            modified_ns: seconds.saturating_add(metadata.mtime_nsec()),
            inode: metadata.ino(),
        }
    }

    /// Says how the file differs from this identity, or `None` if it does not.
    pub(crate) fn difference(&self, now: &Self) -> Option<String> {
        if self.inode != now.inode {
            Some("another file has taken its name".to_owned())
        } else if self.size != now.size {
            Some(format!("its size was {} and is {} bytes", self.size, now.size))
        } else if self.modified_ns != now.modified_ns {
            Some("its modification time is another".to_owned())
        } else {
            None
        }
    }
}

/// Refuses what is no regular file: reading it could block for ever, or never end.
pub(super) fn require_regular(path: &Path, kind: FileType) -> Result<()> {
    let what = if kind.is_file() {
        return Ok(());
    } else if kind.is_dir() {
        "a folder"
    } else if kind.is_fifo() {
        "a pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    };
    Err(Error::config("source is not a regular file")
        .with("path", path.display())
        .with("it is", what)
        .with_hint(
            "copy the data into a regular file, or leave this name out with 'path' or \
             'source.path.regex-pattern'",
        ))
}

/// Gives the metadata of what a path leads to, or `None` if it is gone since it was listed.
fn metadata(path: &Path) -> Result<Option<Metadata>> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => match fs::symlink_metadata(path) {
            Ok(_) => Err(Error::not_found("symbolic link leads to nothing")
                .with("path", path.display())
                .with_hint("remove the link, or restore what it leads to")),
            Err(_) => Ok(None),
        },
        Err(e) => Err(cannot_list(path, e)),
    }
}

fn visit(
    path: &Path,
    metadata: &Metadata,
    above: &mut Ancestors,
    found: &mut Vec<Listed>,
) -> Result<()> {
    if !metadata.is_dir() {
        require_regular(path, metadata.file_type())?;
        let path = utf8(path)?.to_owned();
        found.push(Listed { path, identity: FileIdentity::of(metadata) });
        return Ok(());
    }
    let id = (metadata.dev(), metadata.ino());
    if above.contains(&id) {
        return Err(Error::config("folder contains itself through a symbolic link")
            .with("path", path.display())
            .with_hint("remove the link, or name the folders below it with a glob"));
    }
    above.push(id);
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound && above.len() > 1 => {
            above.pop();
            return Ok(());
        }
        Err(e) => return Err(cannot_list(path, e)),
    };
    for entry in entries {
        let child = entry.map_err(|e| cannot_list(path, e))?.path();
        if child.file_name().is_some_and(is_hidden) {
            continue;
        }
        if let Some(below) = self::metadata(&child)? {
            visit(&child, &below, above, found)?;
        }
    }
    above.pop();
    Ok(())
}

fn utf8(path: &Path) -> Result<&str> {
    path.to_str().ok_or_else(|| {
        Error::config("file name is not UTF-8")
            .with("path", path.display())
            .with_hint("rename the file, or leave it out with a glob")
    })
}

fn cannot_list(path: &Path, e: std::io::Error) -> Error {
    let message = match e.kind() {
        std::io::ErrorKind::NotFound => "path of the source does not exist",
        _ => "cannot list the path of the source",
    };
    let error = Error::io(message, e).with("path", path.display());
    reading_hint(error)
}

/// Corrects the hint of refused access, which is about writing.
pub(super) fn reading_hint(error: Error) -> Error {
    match error.kind() {
        crate::error::Kind::Config => error.with_hint("give this user read access to it"),
        crate::error::Kind::NotFound => error
            .with_hint("check the option 'path'; a relative path counts from the working folder"),
        _ => error,
    }
}

fn local_path(text: &str) -> Result<&str> {
    let Some((scheme, rest)) = text.split_once(':') else { return Ok(text) };
    let is_scheme = scheme.len() > 1
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    if !is_scheme || !rest.starts_with('/') {
        return Ok(text);
    }
    let unsupported = |what: &str| {
        Error::unsupported(format!("{what} of the source's path is not supported"))
            .with("path", text)
            .with_hint("only local files are read: use a plain path or file:///...")
    };
    if !scheme.eq_ignore_ascii_case("file") {
        return Err(unsupported("scheme"));
    }
    let Some(authority) = rest.strip_prefix("//") else { return Ok(rest) };
    let at = authority.find('/').ok_or_else(|| unsupported("host"))?;
    match &authority[..at] {
        "" | "localhost" => Ok(&authority[at..]),
        _ => Err(unsupported("host")),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::error::Kind;

    fn tree() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for name in ["b.json", "a/x.json", "a/b/y.csv", "_tmp/z.json", ".h", "a/_part", "c[1].json"]
        {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "{}\n").unwrap();
        }
        dir
    }

    fn names(root: &Path, path: &str, regex: Option<&str>) -> String {
        let regex = regex.map(|r| Regex::new(r).unwrap());
        let listed = Root::parse(path).unwrap().list(regex.as_ref()).unwrap();
        let prefix = format!("{}/", root.display());
        let short = listed.iter().map(|f| f.path.strip_prefix(&prefix).unwrap());
        short.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn lists_files_folders_and_globs() {
        let dir = tree();
        let root = dir.path().canonicalize().unwrap();
        symlink(root.join("a/b"), root.join("link")).unwrap();
        let every = "a/b/y.csv a/x.json b.json c[1].json link/y.csv";
        let table = [
            ("", every),
            ("/", every),
            ("b.json", "b.json"),
            ("_tmp", "_tmp/z.json"),
            (".h", ".h"),
            ("*", every),
            ("*.json", "b.json c[1].json"),
            ("?.json", "b.json"),
            ("c[1].json", "c[1].json"),
            ("c[[]1].json", "c[1].json"),
            ("**/*.csv", "a/b/y.csv link/y.csv"),
            ("{a,b}*", ""),
            ("a/*", "a/b/y.csv a/x.json"),
            ("_*/*", "_tmp/z.json"),
            ("_*", "_tmp/z.json"),
            ("none*", ""),
        ];
        for (path, want) in table {
            let path = format!("{}/{path}", root.display());
            assert_eq!(names(&root, &path, None), want, "{path}");
            assert_eq!(names(&root, &format!("file://{path}"), None), want, "{path}");
        }
        let some = r"\A(?:.*/[ab]/[^/]*|.*/c[^/]*)\z";
        let want = "a/b/y.csv a/x.json c[1].json";
        assert_eq!(names(&root, root.to_str().unwrap(), Some(some)), want);
    }

    #[test]
    fn refuses_what_it_cannot_read() {
        let dir = tree();
        let root = dir.path().canonicalize().unwrap();
        let socket = root.join("socket");
        fs::create_dir(&socket).unwrap();
        let _listener = std::os::unix::net::UnixListener::bind(socket.join("s")).unwrap();
        fs::create_dir(root.join("loop")).unwrap();
        symlink("../loop", root.join("loop/again")).unwrap();
        fs::create_dir(root.join("dangling")).unwrap();
        symlink("nowhere", root.join("dangling/l")).unwrap();
        let table = [
            ("missing", Kind::NotFound, "does not exist"),
            ("b.json/x", Kind::Unavailable, "cannot list"),
            ("socket", Kind::Config, "not a regular file"),
            ("socket/s", Kind::Config, "a socket"),
            ("loop", Kind::Config, "contains itself"),
            ("dangling", Kind::NotFound, "leads to nothing"),
            ("a***", Kind::Config, "wildcard"),
        ];
        for (path, kind, text) in table {
            let path = format!("{}/{path}", root.display());
            let error = Root::parse(&path).unwrap().list(None).unwrap_err();
            assert_eq!(error.kind(), kind, "{error}");
            assert!(error.to_string().contains(text), "{error}");
        }
        let error = Root::parse("/dev/null").unwrap().list(None).unwrap_err();
        assert!(error.to_string().contains("a device"), "{error}");
    }

    #[test]
    fn reads_uris() {
        let table = [
            ("/a/b", Some("/a/b")),
            ("file:/a%20b", Some("/a%20b")),
            ("FILE:///a", Some("/a")),
            ("file://localhost/a", Some("/a")),
            ("/a:b", Some("/a:b")),
            ("/a/./b//c", Some("/a/b/c")),
            ("file://host/a", None),
            ("file://host", None),
            ("s3://bucket/a", None),
            ("hdfs:///a", None),
            ("", None),
            ("a\0b", None),
        ];
        for (text, want) in table {
            let got = Root::parse(text).ok();
            assert_eq!(got.as_ref().and_then(|r| r.path().to_str()), want, "{text:?}");
        }
        assert!(Root::parse("a/x:y").unwrap().path().ends_with("a/x:y"));
    }
}
