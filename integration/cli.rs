//! What the user sees: results, messages, exit codes.

use std::fs;
use std::io::Write as _;
use std::process::{Child, Command, Stdio};

use crate::support::{Scratch, judge, rows, script};

/// A script with a mistake, what the message must say, and the exit code.
struct Bad {
    name: &'static str,
    edit: (&'static str, &'static str),
    says: &'static str,
    code: i32,
}

const BAD: &[Bad] = &[
    Bad { name: "syntax", edit: ("INSERT INTO", "INSRT INTO"), says: "job.hql:", code: 78 },
    Bad {
        name: "unknown column",
        edit: ("SELECT id,", "SELECT idd,"),
        says: "did you mean id?",
        code: 78,
    },
    Bad {
        name: "unknown function",
        edit: ("date_format(ts, 'HH')", "date_fromat(ts, 'HH')"),
        says: "did you mean date_format?",
        code: 78,
    },
    Bad {
        name: "unknown source",
        edit: ("FROM src", "FROM nowhere"),
        says: "no source table nowhere",
        code: 78,
    },
    Bad { name: "unknown target", edit: ("INTO t ", "INTO u "), says: "no table u", code: 78 },
    Bad {
        name: "column count",
        edit: ("SELECT id, name,", "SELECT id,"),
        says: "the table takes 4 columns",
        code: 78,
    },
    Bad {
        name: "group by",
        edit: ("FROM src;", "FROM src GROUP BY id;"),
        says: "GROUP BY",
        code: 78,
    },
    Bad {
        name: "order by",
        edit: ("FROM src;", "FROM src ORDER BY id;"),
        says: "ORDER BY",
        code: 78,
    },
    Bad {
        name: "distinct",
        edit: ("SELECT id,", "SELECT DISTINCT id,"),
        says: "DISTINCT",
        code: 78,
    },
    Bad { name: "aggregate", edit: ("SELECT id,", "SELECT max(id),"), says: "aggregate", code: 78 },
    Bad {
        name: "overwrite",
        edit: ("INSERT INTO", "INSERT OVERWRITE TABLE"),
        says: "not support overwrite",
        code: 78,
    },
    Bad {
        name: "no policy",
        edit: ("'sink.partition-commit.policy.kind'='metastore,success-file'", "'a'='b'"),
        says: "without providing a commit policy",
        code: 78,
    },
    Bad {
        name: "bad policy",
        edit: ("metastore,success-file", "metastore,email"),
        says: "email",
        code: 78,
    },
    Bad {
        name: "bad trigger",
        edit: ("='partition-time'", "='event-time'"),
        says: "event-time",
        code: 78,
    },
    Bad { name: "bad delay", edit: ("'1 h'", "'1 fortnight'"), says: "fortnight", code: 78 },
    Bad {
        name: "misspelt option",
        edit: ("sink.partition-commit.delay", "sink.partition-commit.dealy"),
        says: "sink.partition-commit.delay",
        code: 78,
    },
    Bad {
        name: "pattern column",
        edit: ("$dt $hr:00:00", "$day $hr:00:00"),
        says: "$day",
        code: 78,
    },
    Bad {
        name: "unknown connector",
        edit: ("='filesystem'", "='filesytem'"),
        says: "filesytem",
        code: 78,
    },
    Bad { name: "kafka", edit: ("='filesystem'", "='kafka'"), says: "kafka", code: 78 },
    Bad {
        name: "unknown format",
        edit: ("'format'='json'", "'format'='xml'"),
        says: "xml",
        code: 78,
    },
    Bad { name: "no such file", edit: ("in.json", "gone.json"), says: "gone.json", code: 1 },
    Bad {
        name: "rcfile",
        edit: ("STORED AS PARQUET", "STORED AS RCFILE"),
        says: "files of this format are not written",
        code: 78,
    },
    Bad {
        name: "repeated column",
        edit: ("(id BIGINT, name STRING) PARTITIONED", "(id BIGINT, dt STRING) PARTITIONED"),
        says: "column dt is there twice",
        code: 78,
    },
    Bad {
        name: "bad decimal",
        edit: ("(id BIGINT, name STRING)", "(id DECIMAL(50,2), name STRING)"),
        says: "DECIMAL(50,2)",
        code: 78,
    },
    Bad {
        name: "watermark type",
        edit: ("ts TIMESTAMP(3)", "ts STRING"),
        says: "not a timestamp",
        code: 78,
    },
    Bad {
        name: "watermark expression",
        edit: ("ts - INTERVAL '5' MINUTE", "ts + INTERVAL '5' MINUTE"),
        says: "minus a constant interval",
        code: 78,
    },
    Bad { name: "interval setting", edit: ("100 ms", "soon"), says: "soon", code: 78 },
    Bad {
        name: "drop",
        edit: ("INSERT INTO", "DROP TABLE t; INSERT INTO"),
        says: "would delete",
        code: 78,
    },
    Bad {
        name: "no insert",
        edit: ("INSERT INTO t SELECT", "-- SELECT"),
        says: "no INSERT",
        code: 78,
    },
    Bad { name: "open quote", edit: ("'yyyy-MM-dd'", "'yyyy-MM-dd"), says: "job.hql:", code: 78 },
    Bad {
        name: "query without insert",
        edit: ("INSERT INTO t SELECT", "SELECT"),
        says: "has no place to put its rows",
        code: 78,
    },
    Bad {
        name: "pipeline name",
        edit: ("SET dead", "SET pipeline.name = ../x; SET dead"),
        says: "../x",
        code: 78,
    },
    Bad { name: "bad rate", edit: ("= unlimited", "= a few"), says: "is not a rate", code: 78 },
    Bad { name: "no path", edit: ("'path'=", "'paht'="), says: "path", code: 78 },
    Bad { name: "remote path", edit: ("'path'='", "'path'='s3://bucket"), says: "s3", code: 64 },
    Bad {
        name: "insert into a source",
        edit: (
            "INSERT INTO t SELECT id, name, date_format(ts, 'yyyy-MM-dd'), date_format(ts, 'HH')",
            "INSERT INTO src SELECT id, ts, name",
        ),
        says: "cannot be written to a source table",
        code: 78,
    },
    Bad {
        name: "unknown zone",
        edit: (
            "'sink.partition-commit.delay'",
            "'sink.partition-commit.watermark-time-zone'='Mars/Base', 'sink.partition-commit.delay'",
        ),
        says: "Mars/Base",
        code: 78,
    },
];

/// A place where something is wrong, what the message must say, and the exit code.
struct Broken {
    name: &'static str,
    make: fn(&Scratch),
    args: &'static [&'static str],
    says: &'static [&'static str],
    code: i32,
}

const INGEST: &[&str] = &["ingest", "job.hql"];

/// Makes the script read another file or folder.
fn read_from(scratch: &Scratch, name: &str) {
    scratch.write("job.hql", &script(&scratch.path(name), ""));
}

fn gzip(text: &str) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(text.as_bytes()).unwrap();
    out.finish().unwrap()
}

fn put(scratch: &Scratch, name: &str, bytes: &[u8]) {
    fs::write(scratch.path(name), bytes).unwrap();
    read_from(scratch, name);
}

const BROKEN: &[Broken] = &[
    Broken {
        name: "script not UTF-8",
        make: |s| fs::write(s.path("job.hql"), b"SELECT '\xff';").unwrap(),
        args: INGEST,
        says: &["job.hql is not UTF-8", "iconv"],
        code: 78,
    },
    Broken {
        name: "empty script",
        make: |s| drop(s.write("job.hql", "")),
        args: INGEST,
        says: &["no INSERT"],
        code: 78,
    },
    Broken {
        name: "missing script",
        make: |_| {},
        args: &["ingest", "gone.hql"],
        says: &["gone.hql"],
        code: 78,
    },
    Broken {
        name: "script is a folder",
        make: |s| fs::create_dir(s.path("dir.hql")).unwrap(),
        args: &["ingest", "dir.hql"],
        says: &["dir.hql", "directory"],
        code: 78,
    },
    Broken {
        name: "no script",
        make: |_| {},
        args: &["ingest"],
        says: &["no script is given", "skep ingest FILE.hql"],
        code: 78,
    },
    Broken {
        name: "no script matches",
        make: |_| {},
        args: &["ingest", "*.sql"],
        says: &["no script matches *.sql"],
        code: 78,
    },
    Broken {
        name: "unknown flag",
        make: |_| {},
        args: &["ingest", "job.hql", "--frobnicate"],
        says: &["--frobnicate"],
        code: 64,
    },
    Broken { name: "unknown verb", make: |_| {}, args: &["injest"], says: &["ingest"], code: 64 },
    Broken {
        name: "export to nowhere",
        make: |_| {},
        args: &["dlq", "export"],
        says: &["PIPELINE", "FILE"],
        code: 64,
    },
    Broken {
        name: "hiveconf without value",
        make: |_| {},
        args: &["ingest", "job.hql", "--hiveconf", "pipeline.name"],
        says: &["--hiveconf", "pipeline.name", "="],
        code: 78,
    },
    Broken {
        name: "hivevar without value",
        make: |_| {},
        args: &["ingest", "job.hql", "--hivevar", "day"],
        says: &["--hivevar", "day", "="],
        code: 78,
    },
    Broken {
        name: "service file missing",
        make: |_| {},
        args: &["ingest", "job.hql", "-c", "gone.toml"],
        says: &["gone.toml"],
        code: 78,
    },
    Broken {
        name: "service file damaged",
        make: |s| drop(s.write("bad.toml", "[warehouse\n")),
        args: &["ingest", "job.hql", "-c", "bad.toml"],
        says: &["bad.toml"],
        code: 78,
    },
    Broken {
        name: "savepoint missing",
        make: |_| {},
        args: &["ingest", "job.hql", "--from-savepoint", "gone"],
        says: &["gone"],
        code: 1,
    },
    Broken {
        name: "dlq of nobody",
        make: |_| {},
        args: &["dlq", "show", "nobody"],
        says: &["no such pipeline", "skep state list"],
        code: 1,
    },
    Broken {
        name: "state of nobody",
        make: |_| {},
        args: &["state", "show", "nobody"],
        says: &["no such pipeline"],
        code: 1,
    },
    Broken {
        name: "partitions of nobody",
        make: |_| {},
        args: &["partitions", "nobody"],
        says: &["there is no metastore in this warehouse", "check --warehouse"],
        code: 1,
    },
    Broken {
        name: "a pipe in place of a file",
        make: |s| {
            let made = Command::new("mkfifo").arg(s.path("pipe.json")).status().unwrap();
            assert!(made.success());
            read_from(s, "pipe.json");
        },
        args: INGEST,
        says: &["not a regular file", "pipe.json", "a pipe"],
        code: 78,
    },
    Broken {
        name: "a link to nothing",
        make: |s| {
            fs::create_dir(s.path("in")).unwrap();
            std::os::unix::fs::symlink("/nowhere", s.path("in/link.json")).unwrap();
            read_from(s, "in");
        },
        args: INGEST,
        says: &["symbolic link leads to nothing", "link.json"],
        code: 1,
    },
    Broken {
        name: "a folder that contains itself",
        make: |s| {
            fs::create_dir(s.path("in")).unwrap();
            std::os::unix::fs::symlink(s.path("in"), s.path("in/again")).unwrap();
            read_from(s, "in");
        },
        args: INGEST,
        says: &["folder contains itself", "again"],
        code: 78,
    },
    Broken {
        name: "gzip cut off",
        make: |s| {
            let bytes = gzip(&rows(1000));
            put(s, "cut.json.gz", &bytes[..bytes.len() / 2]);
        },
        args: INGEST,
        says: &["compressed file is cut off", "cut.json.gz"],
        code: 65,
    },
    Broken {
        name: "gzip without its trailer",
        make: |s| {
            let bytes = gzip(&rows(1000));
            put(s, "cut.json.gz", &bytes[..bytes.len() - 8]);
        },
        args: INGEST,
        says: &["compressed file is cut off", "cut.json.gz"],
        code: 65,
    },
    Broken {
        name: "gzip damaged",
        make: |s| {
            let mut bytes = gzip(&rows(1000));
            let last = bytes.len() - 6;
            bytes[last] ^= 0x55;
            put(s, "bad.json.gz", &bytes);
        },
        args: INGEST,
        says: &["damaged", "bad.json.gz"],
        code: 65,
    },
    Broken {
        name: "no gzip",
        make: |s| put(s, "plain.json.gz", rows(10).as_bytes()),
        args: INGEST,
        says: &["damaged", "plain.json.gz"],
        code: 65,
    },
    Broken {
        name: "zstd cut off",
        make: |s| {
            let bytes = zstd::encode_all(rows(1000).as_bytes(), 1).unwrap();
            put(s, "cut.json.zst", &bytes[..bytes.len() / 2]);
        },
        args: INGEST,
        says: &["compressed file is cut off", "cut.json.zst"],
        code: 65,
    },
    Broken {
        name: "gzip by another name",
        make: |s| put(s, "zipped.json", &gzip(&rows(1000))),
        args: INGEST,
        says: &["file is compressed", "zipped.json"],
        code: 65,
    },
    Broken {
        name: "bzip2",
        make: |s| put(s, "in.json.bz2", b"BZh9"),
        args: INGEST,
        says: &["compression of the file is not supported", "in.json.bz2", "gzip or zstd"],
        code: 64,
    },
    Broken {
        name: "UTF-16",
        make: |s| put(s, "wide.json", b"\xff\xfe{\0}\0\n\0"),
        args: INGEST,
        says: &["UTF-16", "wide.json"],
        code: 65,
    },
    Broken {
        name: "too many dead letters",
        make: |s| {
            let path = s.write("bad.json", &"BAD\n".repeat(2000));
            s.write("job.hql", &script(&path, "").replace("unlimited", "5%"));
        },
        args: INGEST,
        says: &[
            "too many records cannot be decoded",
            "for example=",
            "bad.json:",
            "dead-letters.max-rate",
            "skep dlq list",
        ],
        code: 65,
    },
    Broken {
        name: "a file in place of the table's folder",
        make: |s| {
            fs::create_dir(s.path("wh")).unwrap();
            s.write("wh/t", "");
        },
        args: INGEST,
        says: &["a file has the name of a folder", "wh/t", "move the file away"],
        code: 78,
    },
    Broken {
        name: "a file in place of the warehouse",
        make: |s| drop(s.write("wh", "")),
        args: INGEST,
        says: &["wh", "move the file away"],
        code: 78,
    },
    Broken {
        name: "a file in place of the state folder",
        make: |s| drop(s.write("st", "")),
        args: &["ingest", "job.hql", "--state", "st"],
        says: &["st", "move the file away"],
        code: 78,
    },
    Broken {
        name: "a damaged metastore",
        make: |s| {
            fs::create_dir_all(s.path("wh/.skep")).unwrap();
            s.write("wh/.skep/metastore.db", &"no database ".repeat(1000));
        },
        args: INGEST,
        says: &["metastore.db", "not a database", "backup"],
        code: 78,
    },
];

#[test]
fn whatever_is_broken_has_a_message_and_an_exit_code() {
    let mut wrong = Vec::new();
    for Broken { name, make, args, says, code } in BROKEN {
        let scratch = Scratch::new();
        let input = scratch.write("in.json", &rows(1000));
        scratch.write("job.hql", &script(&input, ""));
        make(&scratch);
        let output = scratch.run(args);
        let said = String::from_utf8_lossy(&output.stderr);
        let right = says.iter().all(|part| said.contains(part));
        if !right || output.status.code() != Some(*code) || said.contains("panicked") {
            wrong.push(format!("{name}: {:?}: {said}", output.status.code()));
        }
        assert!(!scratch.path("wh/t/dt=2026-01-01").exists(), "{name}: something was written");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n----\n"));
}

/// A pipeline without end, with at least one checkpoint, and not at the end of its first file.
fn running(scratch: &Scratch) -> Child {
    scratch.write("in.json", &rows(400_000));
    let text = script(&scratch.path("in.json"), "");
    let watched = "'source.monitor-interval'='50 ms', 'source.split-size'";
    scratch.write("job.hql", &text.replace("'source.split-size'", watched));
    let mut child = scratch
        .skep(&["ingest", "job.hql", "--hiveconf", "parallelism.default=1"])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while !scratch.path("wh/.skep/t/chk-0000000002").exists() {
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        std::thread::yield_now();
    }
    child
}

fn stop(mut child: Child) {
    let asked = Command::new("kill").arg("-TERM").arg(child.id().to_string()).status().unwrap();
    assert!(asked.success());
    assert_eq!(child.wait().unwrap().code(), Some(0), "a clean end");
}

/// What happens between two starts of a pipeline, what the second start says, and its exit code.
struct Between {
    name: &'static str,
    happens: fn(&Scratch),
    says: &'static [&'static str],
    code: i32,
}

const BETWEEN: &[Between] = &[
    Between {
        name: "the file grew",
        happens: |s| {
            let mut file = fs::OpenOptions::new().append(true).open(s.path("in.json")).unwrap();
            file.write_all(b"{}\n").unwrap();
        },
        says: &["file changed", "in.json", "must not change"],
        code: 65,
    },
    Between {
        name: "the file vanished",
        happens: |s| fs::remove_file(s.path("in.json")).unwrap(),
        says: &["in.json", "vanished before it was read to its end", "restore it"],
        code: 1,
    },
    Between {
        name: "the checkpoint is damaged",
        happens: |s| {
            let file = newest_checkpoint(s);
            let text = fs::read_to_string(&file).unwrap();
            fs::write(&file, &text[..text.len() / 2]).unwrap();
        },
        says: &["checkpoint", "chk-", "backup"],
        code: 65,
    },
    Between {
        name: "the checkpoint is gone",
        happens: |s| fs::remove_file(newest_checkpoint(s)).unwrap(),
        says: &["the checkpoint is damaged: its file is gone", "backup"],
        code: 65,
    },
    Between {
        name: "the table was replaced by a file",
        happens: |s| {
            fs::remove_dir_all(s.path("wh/t")).unwrap();
            s.write("wh/t", "");
        },
        says: &["a file has the name of a folder", "wh/t"],
        code: 78,
    },
];

fn newest_checkpoint(scratch: &Scratch) -> std::path::PathBuf {
    let mut all: Vec<_> = fs::read_dir(scratch.path("wh/.skep/t"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("chk-"))
        .collect();
    all.sort();
    all.pop().unwrap().join("checkpoint.json")
}

#[test]
fn what_happens_between_two_starts_is_found_out() {
    let mut wrong = Vec::new();
    for Between { name, happens, says, code } in BETWEEN {
        let scratch = Scratch::new();
        stop(running(&scratch));
        happens(&scratch);
        let output = scratch.run(INGEST);
        let said = String::from_utf8_lossy(&output.stderr);
        let lower = said.to_lowercase();
        let right = says.iter().all(|part| lower.contains(&part.to_lowercase()));
        if !right || output.status.code() != Some(*code) {
            wrong.push(format!("{name}: {:?}: {said}", output.status.code()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n----\n"));
}

#[test]
fn a_second_process_is_refused_and_the_first_goes_on() {
    let scratch = Scratch::new();
    let child = running(&scratch);
    let second = scratch.run(INGEST);
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(said.contains("another process runs this pipeline"), "{said}");
    assert!(said.contains(&format!("process={}", child.id())), "{said}");
    assert_eq!(second.status.code(), Some(75), "{said}");
    stop(child);
}

#[test]
fn foreign_files_in_the_table_disturb_nothing() {
    let scratch = Scratch::new();
    let input = scratch.write("in.json", &rows(5000));
    scratch.write("job.hql", &script(&input, ""));
    let folder = scratch.path("wh/t/dt=2026-01-01/hr=21");
    fs::create_dir_all(&folder).unwrap();
    for name in ["part-00000.txt", "_notes", ".hidden", "part-0a1b2c3d-0-0-0.parquet.stage"] {
        fs::write(folder.join(name), "foreign").unwrap();
    }
    let done = scratch.run(INGEST);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    for name in ["part-00000.txt", "_notes", ".hidden", "part-0a1b2c3d-0-0-0.parquet.stage"] {
        assert_eq!(fs::read(folder.join(name)).unwrap(), b"foreign", "{name}");
    }
    let (right, said) =
        judge(&[&input, &scratch.path("wh/t"), &scratch.path("wh/.skep/t/dead-letters")]);
    assert!(right, "{said}");
}

/// Runs shell commands with file systems of their own; `None` if this machine does not allow it.
fn mounted(scratch: &Scratch, commands: &str) -> Option<String> {
    let alone = |commands: &str| {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "sh", "-ec", commands]);
        command.env("SKEP", env!("CARGO_BIN_EXE_skep")).current_dir(scratch.folder.path());
        command.output().ok()
    };
    let possible = alone("mkdir probe; mount -t tmpfs tmpfs probe");
    if !possible.is_some_and(|output| output.status.success()) {
        return None;
    }
    let output = alone(commands)?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    Some(said)
}

#[test]
fn a_full_disk_is_reported_and_the_next_start_completes() {
    let scratch = Scratch::new();
    let input = scratch.write("in.json", &rows(200_000));
    scratch.write("job.hql", &script(&input, ""));
    let commands = "mkdir -p wh/t; mount -t tmpfs -o size=256k tmpfs wh/t; \
        $SKEP ingest job.hql --warehouse wh 2>first && code=0 || code=$?; echo first=$code; \
        mount -o remount,size=200m wh/t; \
        $SKEP ingest job.hql --warehouse wh 2>second && code=0 || code=$?; echo second=$code; \
        cp -r wh out";
    let Some(said) = mounted(&scratch, commands) else { return };
    let first = fs::read_to_string(scratch.path("first")).unwrap();
    let second = fs::read_to_string(scratch.path("second")).unwrap();
    assert!(said.contains("first=69"), "{said}{first}");
    assert!(first.contains("free some space and start again"), "{first}");
    assert!(said.contains("second=0"), "{said}{second}");
    let (right, said) =
        judge(&[&input, &scratch.path("out/t"), &scratch.path("out/.skep/t/dead-letters")]);
    assert!(right, "{said}");
}

#[test]
fn a_read_only_folder_is_reported() {
    let scratch = Scratch::new();
    let input = scratch.write("in.json", &rows(1000));
    scratch.write("job.hql", &script(&input, ""));
    let commands = "mkdir wh; mount -t tmpfs tmpfs wh; mount -o remount,ro wh; \
        $SKEP ingest job.hql --warehouse wh 2>first && code=0 || code=$?; echo first=$code; \
        mount -o remount,rw wh; mkdir wh/t; mount -t tmpfs -o ro tmpfs wh/t; \
        $SKEP ingest job.hql --warehouse wh 2>second && code=0 || code=$?; echo second=$code; \
        umount wh/t; mount -o remount,ro wh; \
        $SKEP ingest job.hql --warehouse wh 2>third && code=0 || code=$?; echo third=$code";
    let Some(said) = mounted(&scratch, commands) else { return };
    for name in ["first", "second", "third"] {
        let text = fs::read_to_string(scratch.path(name)).unwrap();
        assert!(said.contains(&format!("{name}=78")), "{name}: {said}{text}");
        assert!(text.contains("wh"), "{text}");
        assert!(text.contains("write access to the folder"), "{text}");
    }
}

#[test]
fn every_mistake_has_a_message_and_an_exit_code_and_no_effect() {
    for Bad { name, edit: (from, to), says, code } in BAD {
        let scratch = Scratch::new();
        let input = scratch.write("in.json", &rows(1000));
        let text = script(&input, "");
        assert!(text.contains(from), "{name}: nothing to edit");
        scratch.write("job.hql", &text.replace(from, to));
        let output = scratch.run(&["ingest", "job.hql"]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(says), "{name}: {said}");
        assert_eq!(output.status.code(), Some(*code), "{name}: {said}");
        assert!(!scratch.path("wh/t/dt=2026-01-01").exists(), "{name}: something was written");
    }
}

#[test]
fn a_finished_pipeline_says_so_and_adds_nothing() {
    let scratch = Scratch::new();
    let input = scratch.write("in.json", &rows(5000));
    scratch.write("job.hql", &script(&input, ""));
    let first = scratch.run(&["ingest", "job.hql"]);
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    let again = scratch.run(&["ingest", "job.hql"]);
    assert!(String::from_utf8_lossy(&again.stderr).contains("finished before"));
    let (right, said) =
        judge(&[&input, &scratch.path("wh/t"), &scratch.path("wh/.skep/t/dead-letters")]);
    assert!(right, "{said}");
}

#[test]
fn every_written_format_is_read_back() {
    let serde = "org.apache.hadoop.hive.serde2.OpenCSVSerde";
    let csv = format!("ROW FORMAT SERDE '{serde}' STORED AS TEXTFILE");
    let text = "ROW FORMAT DELIMITED FIELDS TERMINATED BY '|' ESCAPED BY '\\\\' STORED AS TEXTFILE";
    let mut seen = Vec::new();
    for storage in
        ["STORED AS PARQUET", "STORED AS ORC", "STORED AS AVRO", "STORED AS JSONFILE", text, &csv]
    {
        let scratch = Scratch::new();
        let input = scratch.write("in.json", &rows(1000));
        let job = script(&input, "").replace("STORED AS PARQUET", storage);
        scratch.write("job.hql", &job);
        let done = scratch.run(&["ingest", "job.hql"]);
        assert!(done.status.success(), "{storage}: {}", String::from_utf8_lossy(&done.stderr));
        let shown = scratch.run(&["inspect", "t", "--rows", "100000"]);
        let listed = String::from_utf8_lossy(&shown.stdout).into_owned();
        let mut lines: Vec<String> = listed.lines().map(|l| l.replace('"', "")).collect();
        lines.sort();
        assert!(lines.len() > 900, "{storage}: {}", String::from_utf8_lossy(&shown.stderr));
        seen.push((storage, lines));
    }
    for (storage, lines) in &seen[1..] {
        assert_eq!(lines.len(), seen[0].1.len(), "{storage}");
        // All of CSV is text, and its NULLs are empty.
        if *storage != csv {
            assert_eq!(lines, &seen[0].1, "{storage}");
        }
    }
}

#[test]
fn rejected_records_are_listed_with_reason_and_place() {
    let scratch = Scratch::new();
    let input = scratch.write("in.json", &rows(1000));
    scratch.write("job.hql", &script(&input, ""));
    assert!(scratch.run(&["ingest", "job.hql"]).status.success());
    let listed = scratch.run(&["dlq", "list"]);
    let counts = String::from_utf8_lossy(&listed.stdout).into_owned();
    let counts =
        counts.lines().map(|line| line.split('\t').nth(1).unwrap().parse::<u64>().unwrap());
    assert_eq!(counts.sum::<u64>(), 4);
    let shown = scratch.run(&["dlq", "show", "t", "--format", "json"]);
    assert_eq!(String::from_utf8_lossy(&shown.stdout).lines().count(), 4);
    let exported = scratch.path("bad.json");
    let done = scratch.run(&["dlq", "export", "t", exported.to_str().unwrap()]);
    assert!(done.status.success());
    let mut bad: Vec<String> =
        rows(1000).lines().filter(|l| l.contains("BAD")).map(str::to_owned).collect();
    let text = fs::read_to_string(exported).unwrap();
    let mut got: Vec<String> = text.lines().map(str::to_owned).collect();
    bad.sort();
    got.sort();
    assert_eq!(got, bad);
}

#[test]
fn validate_reports_all_mistakes_and_runs_nothing() {
    let scratch = Scratch::new();
    let input = scratch.write("in.json", &rows(100));
    let text = script(&input, "").replace("SELECT id,", "SELECT idd,").replace("'1 h'", "'1 x'");
    scratch.write("job.hql", &text);
    let output = scratch.run(&["validate", "job.hql"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("idd"), "{said}");
    assert_eq!(output.status.code(), Some(78));
    let good = script(&input, "");
    scratch.write("job.hql", &good);
    assert!(scratch.run(&["validate", "job.hql"]).status.success());
    let explained = scratch.run(&["explain", "job.hql"]);
    let text = String::from_utf8_lossy(&explained.stdout).into_owned();
    assert!(text.contains("exactly-once: yes"), "{text}");
    assert!(text.contains("sink.partition-commit.delay = 1 h"), "{text}");
}

#[test]
fn explain_ast_shows_hives_tree_and_needs_no_tables() {
    let scratch = Scratch::new();
    scratch.write("q.hql", "SET a=b;\nSELECT x FROM t\n WHERE y = '${hivevar:v}';\n");
    let output = scratch.run(&["explain", "--ast", "q.hql", "--hivevar", "v=A"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.starts_with("-- q.hql:2\nnil\n   TOK_QUERY\n      TOK_FROM\n"), "{text}");
    assert!(text.ends_with("               'A'\n   <EOF>\n"), "{text}");
    scratch.write("q.hql", "SELECT FROM; SELECT 1");
    let output = scratch.run(&["explain", "--ast", "q.hql"]);
    assert_eq!(output.status.code(), Some(78));
    assert!(String::from_utf8_lossy(&output.stderr).contains("q.hql:1:8"));
    assert!(String::from_utf8_lossy(&output.stdout).contains("TOK_SELEXPR"));
}

#[test]
fn a_full_disk_under_the_log_ends_nothing() {
    let scratch = Scratch::new();
    let input = scratch.write("in.json", &rows(1000));
    scratch.write("job.hql", &script(&input, ""));
    let full = || fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    for (verb, to) in [("validate", "stdout"), ("ingest", "stderr"), ("explain", "stdout")] {
        let mut command = scratch.skep(&[verb, "job.hql"]);
        let command = if to == "stdout" { command.stdout(full()) } else { command.stderr(full()) };
        assert_eq!(command.status().unwrap().code(), Some(0), "{verb}");
    }
    scratch.write("job.hql", "SELEKT");
    let refused = scratch.skep(&["ingest", "job.hql"]).stderr(full()).status().unwrap();
    assert_eq!(refused.code(), Some(78));
}
