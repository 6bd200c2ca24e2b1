//! What breaks under a pipeline: files, state, disks, a second process; a message and an exit code for each.

use std::fs;
use std::io::Write as _;
use std::process::{Child, Command, Stdio};

use crate::support::{Scratch, judge, rows, script};

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
