//! Finding scripts and reading them, whatever they are written in.

use std::path::{Path, PathBuf};

/// Names of scripts end in one of these.
const ENDINGS: [&str; 3] = ["hql", "sql", "q"];
/// How large a script may be, in bytes.
const SIZE_MAX: u64 = 1 << 30;

/// A script to look at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    /// Where it is.
    pub(super) path: PathBuf,
    /// Where it is below what was asked for: its place in the folder of rewritten scripts.
    pub(super) relative: PathBuf,
}

/// Finds the scripts below paths: files of any name, folders, patterns.
///
/// Shape: each file once, in order; hidden folders and links to folders are passed over. The second
/// list says what is not there or cannot be read.
pub(super) fn find(paths: &[PathBuf]) -> (Vec<Found>, Vec<(PathBuf, String)>) {
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    let mut roots = Vec::new();
    for path in paths {
        let text = path.to_string_lossy();
        if path.exists() || !text.contains(['*', '?', '[']) {
            roots.push(path.clone());
            continue;
        }
        match glob::glob(&text) {
            Ok(all) => {
                let before = roots.len();
                roots.extend(all.filter_map(Result::ok));
                if roots.len() == before {
                    problems.push((path.clone(), "no file has such a name".to_owned()));
                }
            }
            Err(e) => problems.push((path.clone(), format!("this is no pattern: {e}"))),
        }
    }
    let several = roots.len() > 1;
    for root in roots {
        let base = root.file_name().map_or_else(PathBuf::new, PathBuf::from);
        if root.is_dir() {
            let base = if several { base } else { PathBuf::new() };
            walk(&root, &base, &mut found, &mut problems);
        } else {
            found.push(Found { path: root, relative: base });
        }
    }
    found.sort();
    found.dedup_by(|a, b| a.path == b.path);
    (found, problems)
}

fn walk(
    folder: &Path,
    relative: &Path,
    found: &mut Vec<Found>,
    problems: &mut Vec<(PathBuf, String)>,
) {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) => return problems.push((folder.to_owned(), e.to_string())),
    };
    for entry in entries.filter_map(Result::ok) {
        let (path, name) = (entry.path(), entry.file_name());
        let hidden = name.to_string_lossy().starts_with('.');
        let relative = relative.join(&name);
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && !hidden => walk(&path, &relative, found, problems),
            Ok(kind) if !kind.is_dir() && is_script(&path) && path.is_file() => {
                found.push(Found { path, relative });
            }
            _ => {}
        }
    }
}

fn is_script(path: &Path) -> bool {
    let ending = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
    ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str()))
}

/// The text of a script.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Decoded {
    /// The text; a byte order mark is left out.
    pub(super) text: String,
    /// In which encoding it was.
    pub(super) encoding: &'static str,
    /// Whether it began with a byte order mark.
    pub(super) marked: bool,
}

/// Reads a script.
///
/// # Errors
/// Why it cannot be read, or is none.
pub(super) fn read(path: &Path) -> Result<Decoded, String> {
    let size = std::fs::metadata(path).map_err(|e| e.to_string())?.len();
    if size > SIZE_MAX {
        return Err("the file is larger than 1 GiB".to_owned());
    }
    decode(std::fs::read(path).map_err(|e| e.to_string())?)
}

/// Makes text of bytes: UTF-8, UTF-16 with a byte order mark, or else Latin-1.
///
/// # Errors
/// The bytes are no text.
pub(super) fn decode(bytes: Vec<u8>) -> Result<Decoded, String> {
    let wide = |little: bool| {
        let units = bytes[2..].chunks_exact(2).map(|pair| {
            let pair = [pair[0], pair[1]];
            if little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) }
        });
        let text: Result<String, _> = char::decode_utf16(units).collect();
        let text = text.map_err(|_| "the file begins like UTF-16, but is none".to_owned())?;
        Ok(Decoded { text, encoding: "UTF-16", marked: true })
    };
    match bytes.as_slice() {
        [0xFF, 0xFE, ..] => return wide(true),
        [0xFE, 0xFF, ..] => return wide(false),
        _ => {}
    }
    if memchr::memchr(0, &bytes).is_some() {
        return Err("this is a binary file".to_owned());
    }
    Ok(match String::from_utf8(bytes) {
        Ok(text) => match text.strip_prefix('\u{FEFF}') {
            Some(rest) => Decoded { text: rest.to_owned(), encoding: "UTF-8", marked: true },
            None => Decoded { text, encoding: "UTF-8", marked: false },
        },
        Err(e) => Decoded {
            text: e.into_bytes().into_iter().map(char::from).collect(),
            encoding: "Latin-1",
            marked: false,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_in_any_encoding() {
        for (bytes, text, encoding) in [
            (&b"select 1"[..], "select 1", "UTF-8"),
            (b"\xEF\xBB\xBFselect '\xC3\xA9'", "select '\u{e9}'", "UTF-8"),
            (b"select '\xE9'", "select '\u{e9}'", "Latin-1"),
            (b"\xFF\xFEa\0\xE9\0", "a\u{e9}", "UTF-16"),
            (b"\xFE\xFF\0a", "a", "UTF-16"),
        ] {
            let decoded = decode(bytes.to_vec()).unwrap();
            assert_eq!((decoded.text.as_str(), decoded.encoding), (text, encoding));
        }
        assert_eq!(decode(b"\x7FELF\0\x01".to_vec()).unwrap_err(), "this is a binary file");
    }
}
