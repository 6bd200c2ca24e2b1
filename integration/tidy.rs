//! How the code is laid out: what may touch the world, who may use whom, sizes, words that must not be there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Files and folders that may touch the world: disk, clock, environment, threads. All others are pure.
const IMPURE: &[&str] = &[
    "src/main.rs",
    "src/cli/",
    "src/disk.rs",
    "src/catalog/mod.rs",
    "src/decode/registry.rs",
    "src/source/files/",
    "src/source/kafka/connection.rs",
    "src/source/kafka/fetcher.rs",
    "src/write/stage.rs",
    "src/checkpoint/store.rs",
    "src/checkpoint/store/",
    "src/commit/announce.rs",
    "src/commit/command.rs",
    "src/commit/compact.rs",
    "src/commit/publish.rs",
    "src/commit/statistics.rs",
    "src/commit/swap/",
    "src/commit/testing.rs",
    "src/job/lane.rs",
    "src/job/run.rs",
    "src/read/dimension.rs",
    "src/read/files/",
    "src/read/testing.rs",
    "config/src/load.rs",
    "metastore/src/client/",
    "metastore/src/embedded/",
    "metastore/src/server/",
];

/// What pure code must not name.
const WORLD: &[&str] = &[
    "async fn",
    "async move",
    ".await",
    "tokio",
    "std::fs",
    "fs::",
    "File::",
    "std::net",
    "std::env",
    "env::var",
    "std::process",
    "Instant::",
    "SystemTime::",
    "rand::",
    "thread::spawn",
    "thread::sleep",
    "rustix",
];

/// What each part of the service may use besides itself; `cli` may use all, and nothing uses it.
const MAY_USE: &[(&str, &[&str])] = &[
    ("names", &[]),
    ("time", &[]),
    ("error", &[]),
    ("disk", &["error"]),
    ("catalog", &["disk", "error", "names", "time"]),
    ("source", &["error", "names", "time"]),
    ("decode", &["error", "names", "time", "source"]),
    ("sql", &["catalog", "error", "names", "time"]),
    // The key of a partition is a type of `write`.
    ("route", &["error", "names", "time", "source", "decode", "sql", "write"]),
    ("write", &["disk", "error", "names", "time", "source", "decode"]),
    (
        "checkpoint",
        &["disk", "error", "names", "time", "source", "decode", "route", "write", "commit"],
    ),
    (
        "commit",
        &[
            "catalog",
            "checkpoint",
            "disk",
            "error",
            "names",
            "partition_time",
            "time",
            "source",
            "decode",
            "route",
            "write",
        ],
    ),
    ("partition_time", &["error", "time"]),
    // A table in memory is what a port of `sql` asks for.
    ("read", &["catalog", "disk", "error", "names", "time", "source", "sql", "partition_time"]),
    (
        "job",
        &[
            "catalog",
            "checkpoint",
            "commit",
            "decode",
            "error",
            "names",
            "route",
            "source",
            "sql",
            "time",
            "write",
        ],
    ),
];

/// Crates of ours that use nothing of ours.
const LEAVES: &[&str] = &["config", "dialect", "formats", "metastore"];

/// Lines of a file at most, without its tests.
const MAX_LINES: usize = 600;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A source file: its path from the root, and its text without tests.
struct Source {
    path: String,
    text: String,
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    found.sort();
}

/// Gives the files below the folders; tests are cut off at `mod tests`, and files of tests and generated ones left out.
fn sources(folders: &[&str]) -> Vec<Source> {
    let mut files = Vec::new();
    for folder in folders {
        rust_files(&root().join(folder), &mut files);
    }
    let tests = |path: &str| {
        path.contains("/generated/")
            || path.ends_with("tests.rs")
            || path.contains("/tests/")
            || path.ends_with("testing.rs")
    };
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let path = path.strip_prefix(root()).unwrap().display().to_string();
        let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
        Source { path, text: text[..end].to_owned() }
    };
    files.into_iter().map(read).filter(|source| !tests(&source.path)).collect()
}

/// Gives the lines of code, numbered, without comments.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let comment = |line: &str| line.trim_start().starts_with("//");
    text.lines().enumerate().map(|(n, line)| (n + 1, line)).filter(move |(_, line)| !comment(line))
}

/// Tells whether a word stands in the line by itself.
fn names(line: &str, word: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        let open = !word.ends_with(|c: char| inside(c));
        !before.is_some_and(inside) && (open || !after.is_some_and(inside))
    })
}

fn nothing(found: &[String]) {
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

const ALL: &[&str] = &["src", "config/src", "dialect/src", "formats/src", "metastore/src"];

#[test]
fn what_decides_is_pure() {
    let mut found = Vec::new();
    for Source { path, text } in sources(ALL) {
        if IMPURE
            .iter()
            .any(|impure| path == *impure || (impure.ends_with('/') && path.starts_with(impure)))
        {
            continue;
        }
        for (n, line) in code(&text) {
            if let Some(word) = WORLD.iter().find(|word| names(line, word)) {
                found.push(format!("{path}:{n}: {word} in a file that is not listed as impure"));
            }
        }
    }
    nothing(&found);
    for impure in IMPURE {
        assert!(root().join(impure).exists(), "{impure} is listed and not there");
    }
}

/// Gives the parts of the service that a file names in `crate::...`.
fn used(text: &str) -> BTreeMap<String, usize> {
    let mut all = BTreeMap::new();
    for (n, line) in code(text) {
        for (at, _) in line.match_indices("crate::") {
            // `$crate::` is for those who use a macro.
            if line[..at].ends_with('$') {
                continue;
            }
            let rest = &line[at + "crate::".len()..];
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            all.entry(rest[..end].to_owned()).or_insert(n);
        }
    }
    all
}

#[test]
fn data_move_one_way() {
    let rules: BTreeMap<_, _> = MAY_USE.iter().copied().collect();
    let mut found = Vec::new();
    for Source { path, text } in sources(&["src"]) {
        let part = path.trim_start_matches("src/").trim_end_matches(".rs");
        let part = part.split('/').next().unwrap();
        if matches!(part, "cli" | "main" | "lib") {
            continue;
        }
        let Some(may) = rules.get(part) else {
            found.push(format!("{path}: {part} has no rule"));
            continue;
        };
        for (other, n) in used(&text) {
            let known = rules.contains_key(other.as_str()) || other == "cli";
            if known && other != part && !may.contains(&other.as_str()) {
                found.push(format!("{path}:{n}: {part} must not use {other}"));
            }
        }
    }
    nothing(&found);
}

#[test]
fn leaf_crates_use_nothing_of_ours() {
    for leaf in LEAVES {
        let manifest = fs::read_to_string(root().join(leaf).join("Cargo.toml")).unwrap();
        let of_ours = LEAVES.iter().chain(&["skep"]).filter(|other| *other != leaf);
        for other in of_ours {
            let uses = manifest.lines().any(|line| {
                line.starts_with(&format!("{other}.")) || line.starts_with(&format!("{other} ="))
            });
            assert!(!uses, "{leaf} must not use {other}");
        }
        assert!(!manifest.contains("datafusion"), "{leaf} must not use DataFusion");
    }
}

#[test]
fn files_are_small() {
    let mut found = Vec::new();
    for Source { path, text } in sources(ALL) {
        let lines = text.lines().count();
        if lines > MAX_LINES {
            found.push(format!("{path}: {lines} lines, more than {MAX_LINES}"));
        }
    }
    nothing(&found);
}

#[test]
fn some_words_are_never_there() {
    // Written in two halves, so that they are not found here.
    let words = ["todo", "unimplemented", "dbg"].map(|name| format!("{name}!("));
    let homes = ["ho", "ro", "wo", "Us"].iter().zip(["me", "ot", "rk", "ers"]);
    let homes: Vec<String> = homes.map(|(a, b)| format!("/{a}{b}/")).collect();
    let mut files = Vec::new();
    for folder in ALL.iter().chain(&["integration"]) {
        rust_files(&root().join(folder), &mut files);
    }
    for name in [
        "README.md",
        "Cargo.toml",
        "config/OPTIONS.md",
        "config/examples/quickstart.hql",
        "config/examples/skep.toml",
    ] {
        files.push(root().join(name));
    }
    let mut found = Vec::new();
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        for (n, line) in text.lines().enumerate() {
            let word = words.iter().find(|word| names(line, word));
            let home = homes.iter().find(|home| {
                line.match_indices(home.as_str()).any(|(at, _)| {
                    !line[..at].ends_with(|c: char| {
                        c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '}' | '*')
                    })
                })
            });
            if let Some(bad) = word.or(home) {
                found.push(format!("{}:{}: {bad}", path.display(), n + 1));
            }
        }
    }
    nothing(&found);
}

#[test]
fn there_is_one_arrow() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let packages: Vec<&str> =
        lock.lines().filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"')).collect();
    for one in
        ["arrow", "arrow-array", "arrow-schema", "parquet", "datafusion-common", "datafusion-expr"]
    {
        assert_eq!(packages.iter().filter(|name| **name == one).count(), 1, "{one}");
    }
}

#[test]
fn every_test_file_is_in_the_target() {
    let main = fs::read_to_string(root().join("integration/main.rs")).unwrap();
    let listed: BTreeSet<&str> =
        main.lines().filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';')).collect();
    let mut there = BTreeSet::new();
    for entry in fs::read_dir(root().join("integration")).unwrap() {
        let path = entry.unwrap().path();
        let is_module =
            path.join("mod.rs").is_file() || path.extension().is_some_and(|e| e == "rs");
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if is_module && name != "main" {
            there.insert(name);
        }
    }
    let there: BTreeSet<&str> = there.iter().map(String::as_str).collect();
    assert_eq!(listed, there);
}
