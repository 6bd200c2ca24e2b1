//! Locations as Hive writes them: `file:/warehouse/t/region=US%2FEast`.
//!
//! Such a text looks like a URI but is the text form of a Hadoop path: **nothing in it is percent-encoded**. `%2F` is three characters of
//! the folder's name, a blank is a blank, `#` and `?` are plain characters. Percent-encoding a location once more would name another folder
//! to Hive, Spark, Trino and Flink. Only a client that puts the path into a real URL encodes it, and `%2F` becomes `%252F` there.
//!
//! Source: Hadoop `org.apache.hadoop.fs.Path(String)` and `Path.toString`.

use std::borrow::Cow;
use std::path::{Component, Path, PathBuf};

use crate::error::{Error, Result};

/// Writes an absolute local path as a location: `/a/b` becomes `file:/a/b`.
///
/// # Errors
/// [`Kind::Config`](crate::Kind::Config) if the path is relative, has `..` in it, is not UTF-8 or has a NUL byte.
pub fn from_path(path: &Path) -> Result<String> {
    let wrong = |why: &str| Error::config(why).with("path", path.display());
    if !path.is_absolute() {
        return Err(wrong("location must be an absolute path"));
    }
    if path.components().any(|c| c == Component::ParentDir) {
        return Err(wrong("location must not have .. in it"));
    }
    let text = path.to_str().ok_or_else(|| wrong("location is not UTF-8"))?;
    if text.contains('\0') {
        return Err(wrong("location has a NUL byte"));
    }
    Ok(normalize(&format!("file:{text}")))
}

/// Reads the local path out of a location: `file:/a`, `file:///a`, `file://localhost/a` and `/a` are all `/a`.
///
/// # Errors
/// [`Kind::Unsupported`](crate::Kind::Unsupported) if it is not on the local file system; [`Kind::Config`](crate::Kind::Config) if the path is not
/// absolute, has `..` in it or has a NUL byte.
pub fn to_path(location: &str) -> Result<PathBuf> {
    let wrong = |why: &str| Error::config(why).with("location", location.escape_debug());
    let parts = Parts::of(location);
    if !matches!(parts.scheme, None | Some("file"))
        || !matches!(parts.authority, None | Some("" | "localhost"))
    {
        return Err(Error::unsupported("location is not on the local file system")
            .with("location", location.escape_debug()));
    }
    if !parts.path.starts_with('/') {
        return Err(wrong("location must be an absolute path"));
    }
    if parts.path.split('/').any(|component| component == "..") {
        return Err(wrong("location must not have .. in it"));
    }
    if parts.path.contains('\0') {
        return Err(wrong("location has a NUL byte"));
    }
    Ok(PathBuf::from(single_slashes(parts.path).as_ref()))
}

/// Gives the one spelling under which equal locations are equal texts.
///
/// Repeated and trailing slashes go, a bare path gets `file:`, an empty authority goes. No `.` or `..` is resolved.
pub fn normalize(location: &str) -> String {
    let parts = Parts::of(location);
    let scheme = parts.scheme.unwrap_or("file");
    let path = single_slashes(parts.path);
    match parts.authority {
        Some(authority)
            if !(authority.is_empty() || scheme == "file" && authority == "localhost") =>
        {
            format!("{scheme}://{authority}{path}")
        }
        _ => format!("{scheme}:{path}"),
    }
}

/// Appends a relative path to a location with one slash between; nothing is escaped.
pub fn join(location: &str, relative: &str) -> String {
    let base = location.trim_end_matches('/');
    if relative.is_empty() { base.to_owned() } else { format!("{base}/{relative}") }
}

struct Parts<'a> {
    scheme: Option<&'a str>,
    authority: Option<&'a str>,
    path: &'a str,
}

impl<'a> Parts<'a> {
    /// Splits as Hadoop does: a colon before the first slash ends the scheme, `//` after it starts the authority.
    fn of(location: &'a str) -> Self {
        let slash = location.find('/').unwrap_or(location.len());
        let (scheme, rest) = match location[..slash].split_once(':') {
            Some((scheme, _)) if !scheme.is_empty() => {
                (Some(scheme), &location[scheme.len() + 1..])
            }
            _ => (None, location),
        };
        let Some(after) = rest.strip_prefix("//").filter(|_| scheme.is_some()) else {
            return Self { scheme, authority: None, path: rest };
        };
        let (authority, path) = after.split_at(after.find('/').unwrap_or(after.len()));
        Self { scheme, authority: Some(authority), path }
    }
}

fn single_slashes(path: &str) -> Cow<'_, str> {
    let trimmed = if path.len() > 1 { path.trim_end_matches('/') } else { path };
    let trimmed = if trimmed.is_empty() && !path.is_empty() { "/" } else { trimmed };
    if !trimmed.contains("//") {
        return Cow::Borrowed(trimmed);
    }
    let mut out = String::with_capacity(trimmed.len());
    for c in trimmed.chars() {
        if c != '/' || !out.ends_with('/') {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;

    #[test]
    fn local_paths_become_locations_and_back() {
        for (path, location) in [
            ("/wh", "file:/wh"),
            ("/", "file:/"),
            ("/wh//t/", "file:/wh/t"),
            ("/wh/region=US%2FEast", "file:/wh/region=US%2FEast"),
            ("/a b/ü#?", "file:/a b/ü#?"),
            ("/a:b/c", "file:/a:b/c"),
        ] {
            assert_eq!(from_path(Path::new(path)).unwrap(), location);
            assert_eq!(to_path(location).unwrap(), Path::new(path).components().as_path());
        }
    }

    #[test]
    fn all_spellings_of_a_local_location_are_read() {
        for location in
            ["file:/a/b", "file:///a/b", "file://localhost/a/b", "/a/b", "/a//b/", "file:/a/b//"]
        {
            assert_eq!(to_path(location).unwrap(), Path::new("/a/b"), "{location}");
            assert_eq!(normalize(location), "file:/a/b", "{location}");
        }
        assert_eq!(normalize("s3a://bucket/a//b/"), "s3a://bucket/a/b");
        assert_eq!(normalize("hdfs://n:8020/"), "hdfs://n:8020/");
    }

    #[test]
    fn other_places_are_refused() {
        for (location, kind) in [
            ("s3a://bucket/x", Kind::Unsupported),
            ("file://host/x", Kind::Unsupported),
            ("hdfs:/x", Kind::Unsupported),
            ("x/y", Kind::Config),
            ("", Kind::Config),
            ("file:", Kind::Config),
            ("file:x", Kind::Config),
            ("file:/a/../b", Kind::Config),
            ("/a\0b", Kind::Config),
        ] {
            assert_eq!(to_path(location).unwrap_err().kind(), kind, "{location:?}");
        }
        for path in ["x", "/a/../b", "/a\0"] {
            assert_eq!(from_path(Path::new(path)).unwrap_err().kind(), Kind::Config, "{path:?}");
        }
    }

    #[test]
    fn relative_paths_are_appended_as_they_are() {
        assert_eq!(join("file:/a/", "dt=1"), "file:/a/dt=1");
        assert_eq!(join("file:/a", ""), "file:/a");
    }
}
