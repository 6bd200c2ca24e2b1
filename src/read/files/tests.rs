use std::fs;

use futures_util::FutureExt as _;
use metastore::location;
use object_store::memory::InMemory;
use object_store::path::Path as Key;
use object_store::{ObjectStoreExt as _, PutPayload};

use super::object::ObjectFiles;
use super::*;
use crate::error::Kind;

/// Names that are put into both stores, and whether they are shown.
const NAMES: &[(&str, bool)] = &[
    ("t/dt=1/b", true),
    ("t/dt=1/a/2", true),
    ("t/dt=1/a/1", true),
    ("t/dt=1/a-b", true),
    ("t/dt=1/a/.hidden", false),
    ("t/dt=1/_temporary/0/part-0", false),
    ("t/dt=1/a/_SUCCESS", false),
    ("t/dt=1/sub/deep/\u{e9} 100%2F.gz", true),
    ("t/dt=10/other", false),
    ("t/dt=1.x", false),
];

/// Reads and lists the same in every store.
#[test]
fn stores_agree() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let memory = Arc::new(InMemory::new());
    for (name, _) in NAMES {
        let text = format!("text of {name}");
        fs::create_dir_all(root.join(name).parent().unwrap()).unwrap();
        fs::write(root.join(name), &text).unwrap();
        let key = Key::parse(name).unwrap();
        memory.put(&key, PutPayload::from(text)).now_or_never().unwrap().unwrap();
    }
    let marker = Key::parse("t/dt=1/a_$folder$").unwrap();
    memory.put(&marker, PutPayload::new()).now_or_never().unwrap().unwrap();

    let files = Files::new();
    let bucket = ObjectFiles::over("s3a", "bucket", Arc::clone(&memory) as _);
    files.buckets.lock().unwrap().insert("bucket".to_owned(), Arc::new(bucket));
    let disk = location::from_path(&root).unwrap();
    for at in [
        format!("{disk}/t/dt=1"),
        "s3a://bucket/t/dt=1".to_owned(),
        "s3://bucket/t/dt=1".to_owned(),
    ] {
        let listed = files.list(&at).unwrap();
        let names: Vec<&str> = listed.iter().map(|file| file.relative(&at)).collect();
        assert_eq!(names, ["a-b", "a/1", "a/2", "b", "sub/deep/\u{e9} 100%2F.gz"], "{at}");
        assert!(files.list(&format!("{at}/nowhere")).unwrap().is_empty());
        let all = files.list_all(&at).unwrap();
        let below = |listed: &Listed| listed.path[at.len() + 1..].to_owned();
        let mut names: Vec<String> =
            all.iter().filter(|found| found.identity.is_some()).map(below).collect();
        names.sort();
        let hidden = ["a-b", "a/.hidden", "a/1", "a/2", "a/_SUCCESS", "b"];
        assert_eq!(names[..6], hidden, "what is in hidden folders is nobody's: {at}");
        assert!(all.iter().any(|found| found.identity.is_none() && below(found) == "a"), "{at}");
        for file in &listed {
            assert_eq!(files.look(&file.path).unwrap().as_ref(), Some(&file.identity));
            let text = format!("text of t/dt=1/{}", file.relative(&at));
            let input = files.open(file).unwrap();
            assert_eq!(input.size(), text.len() as u64);
            assert_eq!(input.read_at(0, text.len()).unwrap(), text.as_bytes());
            assert_eq!(input.read_at(8, 3).unwrap(), &text.as_bytes()[8..11]);
            assert!(input.read_at(1, text.len()).is_err());
        }
        let gone = DataFile { path: format!("{at}/gone"), ..listed[0].clone() };
        assert_eq!(files.open(&gone).unwrap_err().kind(), Kind::NotFound);
        assert_eq!(files.look(&gone.path).unwrap(), None);
    }
    // An object that is replaced is another.
    let file = files.list("s3a://bucket/t/dt=1").unwrap().remove(0);
    let open = files.open(&file).unwrap();
    let key = Key::parse("t/dt=1/a-b").unwrap();
    memory.put(&key, PutPayload::from("text of t/dt=1/a-B")).now_or_never().unwrap().unwrap();
    assert_eq!(open.read_at(0, 18).unwrap(), "text of t/dt=1/a-b".as_bytes());
    assert_eq!(files.open(&file).unwrap_err().kind(), Kind::NotFound);
    assert_ne!(files.list("s3a://bucket/t/dt=1").unwrap()[0].identity, file.identity);
}

#[test]
fn pieces_of_objects_are_kept() {
    let memory = Arc::new(InMemory::new());
    let bytes: Vec<u8> = (0..3_000_000u32).map(|n| (n % 251) as u8).collect();
    memory.put(&Key::from("x"), PutPayload::from(bytes.clone())).now_or_never().unwrap().unwrap();
    let files = Files::new();
    let bucket = ObjectFiles::over("s3", "b", Arc::clone(&memory) as _);
    files.buckets.lock().unwrap().insert("b".to_owned(), Arc::new(bucket));
    let input = files.open(&files.list("s3://b").unwrap()[0]).unwrap();
    for (offset, length) in
        [(2_999_992, 8), (2_500_000, 400_000), (0, 10), (1_000_000, 1_000_000), (7, 2_999_993)]
    {
        let expected = &bytes[offset..offset + length];
        assert_eq!(input.read_at(offset as u64, length).unwrap(), expected, "{offset} {length}");
    }
    // What was read is still there when the object is another one or gone, and not mixed with its successor.
    let other = files.open(&files.list("s3://b").unwrap()[0]).unwrap();
    let key = Key::from("x");
    let put = memory.put(&key, PutPayload::from(vec![0; bytes.len()]));
    put.now_or_never().unwrap().unwrap();
    assert_eq!(other.read_at(2_999_992, 8).unwrap(), &bytes[2_999_992..]);
    assert_eq!(other.read_at(0, 10).unwrap_err().kind(), std::io::ErrorKind::NotFound);
    memory.delete(&key).now_or_never().unwrap().unwrap();
    assert_eq!(input.read_at(5_000, 10).unwrap(), &bytes[5_000..5_010]);
}

/// An answer of a server is cut to its code and message; what it says about the request's bytes is left out.
#[test]
fn a_refusal_is_told_in_a_line() {
    let generic = |text: &str| object_store::Error::Generic { store: "S3", source: text.into() };
    let refused = "403: <Error><Code>SignatureDoesNotMatch</Code><Message>Check your key.</Message><StringToSign>AWS4&#xA;";
    for (text, expected) in [
        (refused, "SignatureDoesNotMatch: Check your key."),
        ("503: <Error><Code>SlowDown</Code></Error>", "SlowDown"),
        ("connection refused", "Generic S3 error: connection refused"),
    ] {
        assert_eq!(object::reason(&generic(text)), expected);
    }
}
