use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use formats::message::PADDING;
use proptest::prelude::*;

use super::*;
use crate::error::Kind;
use crate::source::{Payload, SplitState};

const CSV: RecordBorders =
    RecordBorders::QuotedCsv { delimiter: b',', quote: b'"', escape: None, comment: None };
const ESCAPED_CSV: RecordBorders =
    RecordBorders::QuotedCsv { delimiter: b',', quote: b'"', escape: Some(b'\\'), comment: None };

/// A record with its position, or the position and length of one that is too long.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Record {
    Whole(u64, Vec<u8>),
    TooLong(u64, u64),
}

struct Scratch {
    dir: tempfile::TempDir,
    options: FilesOptions,
}

impl Scratch {
    fn new(record: RecordBorders) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let options = FilesOptions::new(dir.path().to_str().unwrap(), record);
        Self { dir, options }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.file(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    fn source(&self) -> FilesSource {
        FilesSource::new(self.options.clone()).unwrap()
    }

    fn splits(&self) -> Vec<Split> {
        self.source().discover(&Offsets::default()).unwrap().splits
    }

    /// Reads all splits in order; `restart` says after how many payloads a reader is opened anew.
    fn read(&self, mut restart: impl FnMut() -> usize) -> Result<Vec<Record>> {
        let source = self.source();
        let mut records = Vec::new();
        for split in source.discover(&Offsets::default())?.splits {
            let mut next = split.start;
            let mut recycled = None;
            'reopened: loop {
                let mut reader = source.open(&split, next, LaneId(0))?;
                let mut left = restart();
                while left > 0 {
                    left -= 1;
                    match reader.next(recycled.take())? {
                        None => break 'reopened,
                        Some(Payload::Bytes(block)) => {
                            next = block.base + block.end as u64;
                            self.take(&block, &mut records);
                            recycled = Some(block.bytes);
                        }
                        Some(Payload::TooLong { at, length, head, next: after }) => {
                            assert_eq!(head.len(), self.options.max_record_bytes + 1);
                            records.push(Record::TooLong(at, length));
                            next = after;
                        }
                        // Passing over much before the first record: nothing to go on from yet.
                        Some(Payload::Idle) => left += 1,
                        Some(Payload::Rows { .. } | Payload::Records(_)) => {
                            panic!("files have no rows")
                        }
                    }
                }
            }
        }
        Ok(records)
    }

    fn take(&self, block: &crate::source::Block, records: &mut Vec<Record>) {
        assert!(block.end > block.start, "an empty block");
        assert_eq!(block.bytes[block.end..][..PADDING], [0; PADDING]);
        let position = block.base + block.start as u64;
        records.extend(reference(
            self.options.record,
            &block.bytes[block.start..block.end],
            position,
            usize::MAX,
        ));
    }
}

/// Cuts whole bytes into records, field by field.
fn reference(borders: RecordBorders, bytes: &[u8], position: u64, longest: usize) -> Vec<Record> {
    let mut records = Vec::new();
    let mut begin = 0;
    while begin < bytes.len() {
        let rest = &bytes[begin..];
        let content = match borders {
            RecordBorders::Lines => rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len()),
            RecordBorders::QuotedCsv { escape, .. } => csv_record(rest, escape),
        };
        let length = rest.len().min(content + 1);
        let at = position + begin as u64;
        records.push(if content > longest {
            Record::TooLong(at, length as u64)
        } else {
            Record::Whole(at, rest[..length].to_vec())
        });
        begin += length;
    }
    records
}

/// Gives the length of the first record without its line feed.
fn csv_record(bytes: &[u8], escape: Option<u8>) -> usize {
    let mut at = 0;
    loop {
        if bytes.get(at) == Some(&b'"') {
            at += 1;
            loop {
                match bytes.get(at..) {
                    Some([b'"', b'"', ..]) => at += 2,
                    Some([b'"', ..]) => break at += 1,
                    Some([b, ..]) => at += if Some(*b) == escape { 2 } else { 1 },
                    None | Some([]) => return bytes.len(),
                }
            }
        }
        loop {
            match bytes.get(at..) {
                Some([b',', ..]) => break at += 1,
                Some([b'\n', ..]) => return at,
                Some([b, ..]) => at += if Some(*b) == escape { 2 } else { 1 },
                None | Some([]) => return bytes.len(),
            }
        }
    }
}

fn compress(compression: Compression, bytes: &[u8]) -> Vec<u8> {
    // Two members or frames, as if two files had been joined.
    let (a, b) = bytes.split_at(bytes.len() / 2);
    match compression {
        Compression::Gzip => [a, b].iter().flat_map(|part| gzip(part)).collect(),
        Compression::Zstd => {
            [a, b].iter().flat_map(|part| zstd::stream::encode_all(*part, 1).unwrap()).collect()
        }
        Compression::Auto | Compression::None => bytes.to_vec(),
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any file, cut and read in any way: the records over all splits are those of the file, each
    /// once, in order and at its position.
    #[test]
    fn reads_each_record_once(
        text in "([a,\"\\\\]{0,4}|[a,\"\\\\\r]{0,40})((\r?\n){0,2}([a,\"\\\\]{0,4}|[a\",\r]{0,40})){0,9}",
        mark in prop::bool::weighted(0.2),
        borders in prop::sample::select(vec![RecordBorders::Lines, CSV, ESCAPED_CSV]),
        compression in prop::sample::select(vec![
            Compression::Auto, Compression::None, Compression::Gzip, Compression::Zstd,
        ]),
        split_bytes in 1_u64..60,
        block_bytes in 1_usize..50,
        max_record_bytes in 3_usize..60,
        header_lines in prop::sample::select(vec![0_u32, 0, 1, 3]),
        restarts in prop::collection::vec(1_usize..6, 1..8),
    ) {
        let mut scratch = Scratch::new(borders);
        let bytes = [if mark { "\u{feff}".as_bytes() } else { b"" }, text.as_bytes()].concat();
        scratch.write("in", &compress(compression, &bytes));
        scratch.options = FilesOptions {
            compression, split_bytes, header_lines, max_record_bytes, block_bytes,
            ..scratch.options.clone()
        };
        let begin = if mark { 3 } else { 0 };
        let want = reference(borders, &bytes[begin..], begin as u64, max_record_bytes);
        let want: Vec<Record> = want.into_iter().skip(header_lines as usize).collect();
        let mut restarts = restarts.into_iter().cycle();
        let got = scratch.read(|| restarts.next().unwrap()).unwrap();
        prop_assert_eq!(got, want);
    }
}

#[test]
fn cuts_large_files_only() {
    let lines = "0123456789\n".repeat(10);
    let quoted = "1,\"a\nb\"\n".repeat(10);
    let table: &[(RecordBorders, &str, u32, u64, &str)] = &[
        (RecordBorders::Lines, "in", 0, 200, "0.."),
        (RecordBorders::Lines, "in", 0, 100, "0.."),
        (RecordBorders::Lines, "in", 0, 99, "0..99 99.."),
        (RecordBorders::Lines, "in", 0, 40, "0..40 40..80 80.."),
        (RecordBorders::Lines, "in", 4, 40, "0..80 80.."),
        (RecordBorders::Lines, "in.gz", 0, 40, "0.."),
        (CSV, "in", 0, 30, "0..32 32..64 64.."),
        (CSV, "in", 1, 4, "0..16 16..24 24..32 32..40 40..48 48..56 56..64 64..72 72.."),
        (CSV, "in", 0, 100, "0.."),
    ];
    for (borders, name, header, bytes, want) in table {
        let mut scratch = Scratch::new(*borders);
        let text = if *borders == CSV { &quoted } else { &lines };
        scratch.write(name, text.as_bytes());
        scratch.options.split_bytes = *bytes;
        scratch.options.header_lines = *header;
        let show = |split: Split| match split.detail {
            SplitDetail::File { end, .. } => {
                format!("{}..{}", split.start, end.map_or(String::new(), |e| e.to_string()))
            }
            SplitDetail::Sequence { .. }
            | SplitDetail::Partition { .. }
            | SplitDetail::TableFile { .. } => {
                panic!("not of a file")
            }
        };
        let got: Vec<String> = scratch.splits().into_iter().map(show).collect();
        assert_eq!(got.join(" "), *want, "{borders:?} {name} {bytes}");
    }
}

#[test]
fn bounds_the_number_of_splits() {
    let mut scratch = Scratch::new(RecordBorders::Lines);
    scratch.write("in", "a\n".repeat(50_000).as_bytes());
    scratch.options.split_bytes = 1;
    assert_eq!(scratch.splits().len(), 1021);
}

/// How far the files of a listing are read.
#[derive(Clone, Copy, PartialEq)]
enum Until {
    Begun,
    Finished,
}

/// Takes a listing into the offsets as the job does.
fn take(offsets: &mut Offsets, found: Discovery, until: Until) {
    for key in found.forget {
        offsets.finished.remove(&key);
    }
    for split in found.splits {
        let SplitDetail::File { path, identity, .. } = &split.detail else {
            panic!("not of a file")
        };
        if until == Until::Finished {
            offsets.finished.insert(format!("{}:{path}", split.branch), identity.clone());
        } else {
            let state = SplitState {
                next: split.start,
                split: split.clone(),
                done: false,
                watermark: None,
            };
            offsets.splits.insert(split.id, state);
        }
    }
}

/// Lines of ascending numbers.
fn numbers(count: u32) -> Vec<u8> {
    (0..count).flat_map(|n| format!("{n}\n").into_bytes()).collect()
}

#[test]
fn lists_what_is_new() {
    let mut scratch = Scratch::new(RecordBorders::Lines);
    scratch.options.monitor_interval = Some(Duration::from_secs(1));
    scratch.options.branch = 3;
    let source = scratch.source();
    let ids = |found: &Discovery| {
        let name = |split: &Split| split.id.0.rsplit('/').next().unwrap().to_owned();
        found.splits.iter().map(name).collect::<Vec<_>>().join(" ")
    };
    let mut offsets = Offsets::default();
    assert_eq!(ids(&source.discover(&offsets).unwrap()), "");

    scratch.write("b", b"1\n");
    scratch.write("empty", b"");
    let found = source.discover(&offsets).unwrap();
    assert!(!found.complete);
    assert_eq!(ids(&found), "b@0");
    assert_eq!(found.splits[0].id.0, format!("b3:{}@0", scratch.file("b").display()));
    take(&mut offsets, found, Until::Begun);
    scratch.write("c", b"2\n");
    scratch.write("a", b"2\n");
    scratch.write("empty", b"3\n");
    let found = source.discover(&offsets).unwrap();
    assert_eq!(ids(&found), "a@0 c@0 empty@0");
    take(&mut offsets, found, Until::Finished);
    assert_eq!(ids(&source.discover(&offsets).unwrap()), "");

    // A finished file is forgotten once it is gone, not while another setting leaves it out.
    fs::remove_file(scratch.file("c")).unwrap();
    scratch.options.regex = Some(Regex::new(".*/[^a]*").unwrap());
    let found = scratch.source().discover(&offsets).unwrap();
    assert_eq!(found.forget, [format!("3:{}", scratch.file("c").display())]);
    take(&mut offsets, found, Until::Finished);
    assert_eq!(offsets.finished.len(), 2);
    assert_eq!(offsets.splits.len(), 1);

    // Another branch knows nothing of it.
    scratch.options.branch = 30;
    scratch.options.regex = None;
    assert_eq!(ids(&scratch.source().discover(&offsets).unwrap()), "a@0 b@0 empty@0");
}

#[test]
fn says_that_a_file_is_another() {
    type Change = fn(&Path);
    let changes: [(&str, Change); 4] = [
        ("size was 4 and is 6", |path| {
            fs::OpenOptions::new().append(true).open(path).unwrap().write_all(b"3\n").unwrap();
        }),
        ("size was 4 and is 2", |path| {
            fs::OpenOptions::new().write(true).open(path).unwrap().set_len(2).unwrap();
        }),
        ("modification time", |path| {
            let file = fs::OpenOptions::new().write(true).open(path).unwrap();
            file.write_all_at(b"9", 0).unwrap();
            file.set_modified(std::time::UNIX_EPOCH).unwrap();
        }),
        ("another file", |path| {
            fs::write(path.with_extension("new"), b"3\n4\n").unwrap();
            fs::rename(path.with_extension("new"), path).unwrap();
        }),
    ];
    for (text, change) in changes {
        let scratch = Scratch::new(RecordBorders::Lines);
        let path = scratch.write("in", b"1\n2\n");
        let source = scratch.source();
        for until in [Until::Begun, Until::Finished] {
            fs::write(&path, b"1\n2\n").unwrap();
            let mut offsets = Offsets::default();
            let found = source.discover(&offsets).unwrap();
            take(&mut offsets, found, until);
            let split = scratch.splits().remove(0);
            let mut reader = source.open(&split, 0, LaneId(0)).unwrap();
            assert!(matches!(reader.next(None), Ok(Some(Payload::Bytes(_)))));
            change(&path);
            for error in [
                source.discover(&offsets).unwrap_err(),
                source.open(&split, 2, LaneId(0)).unwrap_err(),
                reader.next(None).unwrap_err(),
            ] {
                assert_eq!(error.kind(), Kind::Data, "{error}");
                assert!(error.to_string().contains(text), "{error}");
                assert!(error.hint().is_some_and(|hint| hint.contains("rename")));
            }
        }
    }
}

#[test]
fn gives_no_record_of_a_file_that_changes() {
    for name in ["in", "in.gz", "in.zst"] {
        let mut scratch = Scratch::new(RecordBorders::Lines);
        scratch.options.block_bytes = 1000;
        let text = numbers(100_000);
        let compression = [Compression::None, Compression::Gzip, Compression::Zstd]
            [["in", "in.gz", "in.zst"].iter().position(|n| *n == name).unwrap()];
        let path = scratch.write(name, &compress(compression, &text));
        let split = scratch.splits().remove(0);
        let mut reader = scratch.source().open(&split, 0, LaneId(0)).unwrap();
        assert!(matches!(reader.next(None), Ok(Some(Payload::Bytes(_)))));
        fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(900).unwrap();
        let error = reader.next(None).unwrap_err();
        assert_eq!(error.kind(), Kind::Data, "{error}");

        let path = scratch.write(name, &compress(compression, &text));
        let split = scratch.splits().remove(0);
        let mut reader = scratch.source().open(&split, 0, LaneId(0)).unwrap();
        fs::remove_file(&path).unwrap();
        for error in [
            reader.next(None).unwrap_err(),
            scratch.source().open(&split, 0, LaneId(0)).unwrap_err(),
        ] {
            assert_eq!(error.kind(), Kind::NotFound, "{error}");
            assert!(error.to_string().contains("vanished"), "{error}");
        }
    }
}

#[test]
fn says_what_is_wrong_with_a_file() {
    let lines = numbers(50_000);
    let lines = lines.as_slice();
    let (gz, zst) = (compress(Compression::Gzip, lines), compress(Compression::Zstd, lines));
    let damaged = |whole: &[u8]| {
        let mut bytes = whole.to_vec();
        let middle = bytes.len() / 4;
        bytes[middle..middle + 64].fill(0xAA);
        bytes
    };
    let table: &[(&str, Vec<u8>, Kind, &str)] = &[
        ("a.gz", gz[..gz.len() - 5].to_vec(), Kind::Data, "cut off"),
        ("a.gz", gz[..gz.len() / 3].to_vec(), Kind::Data, "cut off"),
        ("a.gz", gz[..7].to_vec(), Kind::Data, "cut off"),
        ("a.gz", damaged(&gz), Kind::Data, "damaged"),
        ("a.gz", b"{\"a\": 1}\n{\"a\": 2}\n".to_vec(), Kind::Data, "damaged"),
        ("a.gzip", b"{}".to_vec(), Kind::Data, "cut off"),
        ("a.zst", zst[..zst.len() - 5].to_vec(), Kind::Data, "cut off"),
        ("a.zst", zst[..zst.len() / 3].to_vec(), Kind::Data, "cut off"),
        ("a.zst", damaged(&zst), Kind::Data, "damaged"),
        ("a.ZSTD", b"{\"a\": 1}\n".to_vec(), Kind::Data, "damaged"),
        ("a.json", gz.clone(), Kind::Data, "its name does not say so"),
        ("a.json", zst.clone(), Kind::Data, "compression=zstd"),
        ("a.json", b"\xff\xfea\0\n\0".to_vec(), Kind::Data, "UTF-16"),
        ("a.json.bz2", b"BZh9".to_vec(), Kind::Unsupported, "not supported"),
    ];
    for (name, bytes, kind, text) in table {
        let scratch = Scratch::new(RecordBorders::Lines);
        scratch.write(name, bytes);
        let error = scratch.read(|| usize::MAX).unwrap_err();
        assert_eq!(error.kind(), *kind, "{name} {error}");
        assert!(error.to_string().contains(text), "{name} {error}");
        assert!(error.to_string().contains(name), "{name} {error}");
        assert!(error.hint().is_some(), "{name} {error}");
    }
    let mut scratch = Scratch::new(RecordBorders::Lines);
    scratch.options.compression = Compression::None;
    scratch.write("a.bz2", b"1\n");
    assert_eq!(scratch.read(|| usize::MAX).unwrap(), [Record::Whole(0, b"1\n".to_vec())]);
}

#[test]
fn a_path_without_files_is_an_error_or_empty() {
    let scratch = Scratch::new(RecordBorders::Lines);
    let list = |path: &str, monitor: bool| {
        let mut options = scratch.options.clone();
        options.path = format!("{}{path}", options.path);
        options.monitor_interval = monitor.then_some(Duration::from_secs(1));
        let found = FilesSource::new(options).unwrap().discover(&Offsets::default());
        found.map(|found| found.splits.len()).map_err(|e| e.kind())
    };
    for (path, bounded, watched) in [
        ("", Ok(0), Ok(0)),
        ("/*.json", Err(Kind::NotFound), Ok(0)),
        ("/in.json", Err(Kind::NotFound), Err(Kind::NotFound)),
    ] {
        assert_eq!((list(path, false), list(path, true)), (bounded, watched), "{path}");
    }
}

#[test]
fn reads_a_long_line_in_bounded_memory() {
    let mut scratch = Scratch::new(RecordBorders::Lines);
    let long = vec![b'x'; 70 << 20];
    scratch.write("in", &[b"a\n", long.as_slice(), b"\nb\n"].concat());
    scratch.options.split_bytes = 1 << 20;
    let lengths = |scratch: &Scratch| -> Vec<u64> {
        let mut lengths = Vec::new();
        let source = scratch.source();
        for split in scratch.splits() {
            let mut reader = source.open(&split, split.start, LaneId(0)).unwrap();
            let mut recycled = None;
            while let Some(payload) = reader.next(recycled.take()).unwrap() {
                match payload {
                    Payload::Bytes(block) => {
                        lengths.push(block.end as u64);
                        recycled = Some(block.bytes);
                    }
                    Payload::TooLong { at, length, head, next } => {
                        assert_eq!((at, next), (2, 2 + length));
                        assert_eq!(head, vec![b'x'; 16 << 10]);
                        lengths.push(length);
                    }
                    Payload::Idle => {}
                    Payload::Rows { .. } | Payload::Records(_) => panic!("files have no rows"),
                }
            }
        }
        lengths
    };
    let whole = (70 << 20) + 1;
    assert_eq!(lengths(&scratch), [2, whole, 2]);
    scratch.options.max_record_bytes = 1 << 20;
    assert_eq!(lengths(&scratch), [2, whole, 2]);
}
