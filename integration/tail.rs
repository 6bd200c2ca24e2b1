//! `skep tail` and `skep wait`: rows and partitions as they become visible.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use arrow::array::RecordBatch;
use formats::serde_names::Format;
use formats::table::{Descriptor, ReadRequest, TableColumn, TableEncoder, WriteOptions, open};
use metastore::client::{HiveCatalog, Options};
use metastore::{Catalog, FieldSchema, Partition, PartitionSpec, Table, TableName, location};

use crate::support::{Scratch, rows, script};

/// Longest time to wait for something that must happen.
const PATIENCE: Duration = Duration::from_secs(60);

const COLUMNS: [(&str, &str); 2] = [("id", "int"), ("name", "string")];

/// A warehouse with the table `t`, written to as other engines do.
struct Lake {
    scratch: Scratch,
    catalog: Arc<dyn Catalog>,
    /// Where the metastore is asked for, if not in the warehouse.
    uri: Option<String>,
}

impl Lake {
    fn new(format: Format, keys: &[(&str, &str)]) -> Self {
        let scratch = Scratch::new();
        let catalog = skep::catalog::open(&scratch.path("wh")).unwrap();
        Self { scratch, catalog, uri: None }.with_table(format, keys)
    }

    fn with_table(self, format: Format, keys: &[(&str, &str)]) -> Self {
        let fields = |columns: &[(&str, &str)]| {
            columns.iter().map(|(name, ty)| FieldSchema::new(*name, *ty)).collect()
        };
        let mut table = Table::new(name());
        let names = format.class_names();
        table.sd.input_format = Some(names.input_format.to_owned());
        table.sd.output_format = Some(names.output_format.to_owned());
        table.sd.serde_info.serialization_lib = Some(names.serde.to_owned());
        table.sd.cols = fields(&COLUMNS);
        table.partition_keys = fields(keys);
        table.sd.location = Some(location::from_path(&self.scratch.path("t")).unwrap());
        self.catalog.create_table(&table).unwrap();
        fs::create_dir_all(self.scratch.path("t")).unwrap();
        self
    }

    /// Puts a file of rows into a partition's folder, by a rename.
    fn put(&self, partition: &str, file: &str, ids: std::ops::Range<u32>) {
        let folder = self.scratch.path("t").join(partition);
        fs::create_dir_all(&folder).unwrap();
        let hidden = folder.join(format!(".{file}"));
        fs::write(&hidden, self.encode(ids)).unwrap();
        fs::rename(hidden, folder.join(file)).unwrap();
    }

    fn encode(&self, ids: std::ops::Range<u32>) -> Vec<u8> {
        let table = self.catalog.get_table(&name()).unwrap();
        let columns: Vec<TableColumn> =
            COLUMNS.iter().map(|(n, ty)| TableColumn::new(*n, ty.parse().unwrap())).collect();
        let json = Descriptor::stored_as(Format::JsonFile, columns.clone());
        let text: Vec<String> =
            ids.map(|id| format!("{{\"id\":{id},\"name\":\"name {id}\"}}")).collect();
        let input = Arc::new(bytes::Bytes::from(text.join("\n")));
        let input_format = table.sd.input_format.unwrap();
        let serde = table.sd.serde_info.serialization_lib.unwrap();
        let descriptor = Descriptor { input_format, serde, columns, ..Descriptor::default() };
        let mut encoder = TableEncoder::new(&descriptor, &WriteOptions::default()).unwrap();
        let (mut file, mut bytes) = (encoder.start(), Vec::new());
        for batch in open(&json, input, &ReadRequest::default()).unwrap() {
            encoder.append(&mut file, &[batch.unwrap()], &mut bytes).unwrap();
        }
        encoder.finish(file, &mut bytes).unwrap();
        bytes
    }

    /// Announces a partition.
    fn announce(&self, partition: &str) {
        let spec: PartitionSpec =
            partition.parse::<metastore::PartitionPath>().unwrap().to_spec().unwrap();
        let table = self.catalog.get_table(&name()).unwrap();
        self.catalog.add_partitions(&name(), &[Partition::of_table(&table, spec)]).unwrap();
    }

    fn add(&self, partition: &str, ids: std::ops::Range<u32>) {
        self.put(partition, "part-0", ids);
        self.announce(partition);
    }

    fn skep(&self, args: &[&str]) -> Command {
        let mut command = self.scratch.skep(args);
        if let Some(uri) = &self.uri {
            command.env("SKEP__METASTORE__URIS", uri);
        }
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.skep(args).output().unwrap()
    }

    fn follow(&self, args: &[&str]) -> Following {
        let args = [&["tail", "t", "--format", "csv", "--interval", "20ms"], args].concat();
        let mut command = self.skep(&args);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let out = lines(child.stdout.take().unwrap());
        let told = lines(child.stderr.take().unwrap());
        let following = Following { child, out, told };
        assert!(following.line().starts_with("id"), "the names of the columns come first");
        following
    }
}

fn name() -> TableName {
    "t".parse().unwrap()
}

/// Reads lines as they come.
fn lines(from: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (send, receive) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            if send.send(line).is_err() {
                return;
            }
        }
    });
    receive
}

/// A tail that runs.
struct Following {
    child: Child,
    out: Receiver<String>,
    told: Receiver<String>,
}

impl Following {
    fn line(&self) -> String {
        let line = self.out.recv_timeout(PATIENCE).ok();
        assert!(line.is_some(), "no line came: {:?}", self.told.try_iter().collect::<Vec<_>>());
        line.unwrap()
    }

    fn lines(&self, count: usize) -> Vec<String> {
        (0..count).map(|_| self.line()).collect()
    }

    fn notice(&self) -> String {
        self.told.recv_timeout(PATIENCE).unwrap()
    }

    /// Ends it, and gives the lines that came after those that were taken.
    fn stop(mut self) -> Vec<String> {
        Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
        self.out.iter().collect()
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn rows_that_are_there_are_printed_from_where_one_wants() {
    let lake = Lake::new(Format::Parquet, &[("dt", "string"), ("hr", "int")]);
    for (n, partition) in ["dt=a/hr=1", "dt=a/hr=10", "dt=b/hr=2"].iter().enumerate() {
        let first = n as u32 * 4;
        lake.add(partition, first..first + 4);
    }
    // Arguments, and the ids of the rows.
    let cases: &[(&[&str], std::ops::Range<u32>)] = &[
        (&[], 2..12),
        (&["-n", "0"], 0..0),
        (&["-n", "1"], 11..12),
        (&["-n", "6"], 6..12),
        (&["-n", "1000"], 0..12),
        (&["--from", "earliest"], 0..12),
        (&["--from", "DT=a/hr=10"], 4..12),
        (&["--from", "dt=b"], 8..12),
        (&["--from", "dt=c"], 0..0),
        (&["--from", "2000-01-01"], 0..12),
        (&["--from", "2100-01-01 10:00:00"], 0..0),
        (&["-n", "3", "--where", "hr >= 10 and length(name) = 6"], 5..8),
        (&["--from", "earliest", "--where", "t.ID between 3 and 4 or name = 'name 5'"], 3..6),
        (&["--where", "input__file__name like '%hr=2%' and id < 10"], 8..10),
        (&["--where", "dt = 'c'"], 0..0),
    ];
    for (args, ids) in cases {
        let all = [&["tail", "t", "--no-follow", "--format", "csv", "--columns", "id,name"], *args];
        let done = lake.run(&all.concat());
        assert!(done.status.success(), "{args:?}: {}", text(&done.stderr));
        let lines = ids.clone().map(|id| format!("{id},name {id}\n"));
        let expected = format!("id,name\n{}", lines.collect::<String>());
        assert_eq!(text(&done.stdout), expected, "{args:?}");
        assert_eq!(text(&done.stderr), "", "{args:?}");
    }
    let shown = |args: &[&str]| {
        let done = lake.run(&[&["tail", "t", "--no-follow", "-n", "1"], args].concat());
        assert!(done.status.success(), "{args:?}: {}", text(&done.stderr));
        done.stdout
    };
    let table = "id  name  dt  hr\n11  name 11  b   2\n";
    assert_eq!(text(&shown(&[])), table);
    let json = "{\"id\":11,\"name\":\"name 11\",\"dt\":\"b\",\"hr\":2}\n";
    assert_eq!(text(&shown(&["--format", "json"])), json);
    let stream = shown(&["--format", "arrow", "--columns", "hr,INPUT__FILE__NAME"]);
    let reader = arrow::ipc::reader::StreamReader::try_new(stream.as_slice(), None).unwrap();
    let batches: Vec<_> = reader.map(Result::unwrap).collect();
    let path = location::from_path(&lake.scratch.path("t/dt=b/hr=2/part-0")).unwrap();
    assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 1);
    let cell =
        |column| arrow::util::display::array_value_to_string(batches[0].column(column), 0).unwrap();
    assert_eq!([cell(0), cell(1)], ["2".to_owned(), path]);
}

#[test]
fn mistakes_are_told() {
    let lake = Lake::new(Format::Parquet, &[("dt", "string")]);
    let cases: &[(&[&str], &str, i32)] = &[
        (&["t", "--columns", "nmae"], "known=id, name, dt", 65),
        (&["t", "--where", "nmae = 1"], "nmae", 78),
        (&["t", "--where", "id ="], "--where", 78),
        (&["t", "--where", "count(*) > 1"], "count", 78),
        (&["t", "--where", "1 = 1) as x, (1 = 1"], "not one condition", 78),
        (&["t", "--from", "hr=1"], "--from is neither", 78),
        (&["t", "--group", "a/b"], "group", 78),
        (&["u"], "u", 1),
        (&["t", "--interval", "soon"], "soon", 64),
    ];
    for (args, says, code) in cases {
        let done = lake.run(&[&["tail"], *args].concat());
        let said = text(&done.stderr);
        assert_eq!(done.status.code(), Some(*code), "{args:?}: {said}");
        assert!(said.contains(says), "{args:?}: {said}");
        assert_eq!(text(&done.stdout), "", "{args:?}");
    }
}

/// Follows a table while another writes it.
fn follow(lake: &Lake) {
    lake.add("dt=b", 0..3);
    let tail = lake.follow(&["-n", "1"]);
    assert_eq!(tail.line(), "2,name 2,b");
    // A new partition.
    lake.add("dt=c", 10..12);
    assert_eq!(tail.lines(2), ["10,name 10,c", "11,name 11,c"]);
    assert_eq!(tail.notice(), "new partition dt=c");
    // One that comes late.
    lake.add("dt=a", 20..21);
    assert_eq!(tail.line(), "20,name 20,a");
    assert_eq!(tail.notice(), "new partition dt=a (late: later ones are known)");
    // A new file in a known partition, and what must not be seen.
    lake.put("dt=b", "_hidden", 90..99);
    lake.put("dt=z", "part-0", 90..99);
    lake.put("dt=b", "part-1", 30..32);
    assert_eq!(tail.lines(2), ["30,name 30,b", "31,name 31,b"]);
    // Files that take the place of others.
    fs::remove_file(lake.scratch.path("t/dt=b/part-0")).unwrap();
    fs::remove_file(lake.scratch.path("t/dt=b/part-1")).unwrap();
    lake.put("dt=b", "part-2", 40..41);
    assert_eq!(tail.line(), "40,name 40,b");
    let notice = tail.notice();
    assert!(notice.starts_with("partition dt=b: "), "{notice}");
    // A partition that was dropped and comes again.
    lake.catalog.drop_partitions(&name(), &["dt=c".parse().unwrap()]).unwrap();
    while tail.notice() != "partition dt=c is gone" {}
    lake.announce("dt=c");
    assert_eq!(tail.lines(2), ["10,name 10,c", "11,name 11,c"]);
    assert_eq!(tail.stop(), [] as [&str; 0]);
}

#[test]
fn a_table_is_followed() {
    follow(&Lake::new(Format::Parquet, &[("dt", "string")]));
}

#[test]
fn a_table_of_a_metastore_elsewhere_is_followed() {
    let scratch = Scratch::new();
    let mut command = Command::new(env!("CARGO_BIN_EXE_skep"));
    command.args(["metastore", "--listen", "127.0.0.1:0", "--warehouse"]).arg(scratch.path("ms"));
    let mut service = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut uri = String::new();
    BufReader::new(service.stdout.as_mut().unwrap()).read_line(&mut uri).unwrap();
    let uri = uri.trim().to_owned();
    let catalog: Arc<dyn Catalog> =
        Arc::new(HiveCatalog::new(Options::new(vec![uri.clone()])).unwrap());
    let lake = Lake { scratch, catalog, uri: Some(uri) };
    follow(&lake.with_table(Format::Orc, &[("dt", "string")]));
    service.kill().unwrap();
    service.wait().unwrap();
}

#[test]
fn files_of_an_unpartitioned_table_are_followed() {
    let lake = Lake::new(Format::Orc, &[]);
    lake.put("", "b", 0..2);
    let tail = lake.follow(&["--from", "earliest"]);
    assert_eq!(tail.lines(2), ["0,name 0", "1,name 1"]);
    lake.put("", "a", 2..3);
    lake.put("sub", "c", 3..4);
    let mut new = tail.lines(2);
    new.sort();
    assert_eq!(new, ["2,name 2", "3,name 3"]);
    assert_eq!(tail.stop(), [] as [&str; 0]);
}

/// Puts a file whose last bytes are those of a whole one, and whose others are not.
fn damage(lake: &Lake, partition: &str, file: &str) {
    let mut bytes = lake.encode(90..95);
    let end = bytes.len() - 12;
    bytes[4..end].fill(0xff);
    fs::create_dir_all(lake.scratch.path("t").join(partition)).unwrap();
    fs::write(lake.scratch.path("t").join(partition).join(file), bytes).unwrap();
}

#[test]
fn a_damaged_file_ends_a_bounded_read_and_no_follower() {
    let lake = Lake::new(Format::Parquet, &[("dt", "string")]);
    lake.add("dt=a", 0..2);
    damage(&lake, "dt=a", "part-1");
    lake.add("dt=b", 2..3);
    let path = location::from_path(&lake.scratch.path("t/dt=a/part-1")).unwrap();
    let once = |args: &[&str]| {
        let all = ["tail", "t", "--no-follow", "--format", "csv", "--columns", "id"];
        let done = lake.run(&[&all, args].concat());
        (done.status.code(), text(&done.stdout).replace('\n', " "), text(&done.stderr))
    };
    for args in [&["--from", "earliest"][..], &["-n", "9"], &["-n", "9", "--on-error", "fail"]] {
        let (code, _, said) = once(args);
        assert!(code == Some(65) && said.contains(&path), "{args:?}: {said}");
    }
    assert_eq!(once(&["-n", "1"]).1, "id 2 ", "what is not read is not found damaged");
    for args in [&["--from", "earliest"][..], &["-n", "3"]] {
        let (code, out, said) = once(&[args, &["--on-error", "skip"]].concat());
        assert_eq!((code, out.as_str()), (Some(0), "id 0 1 2 "), "{args:?}: {said}");
        assert!(said.contains(&format!("{path}: skipped after 0 rows: ")), "{said}");
        assert!(said.ends_with("1 file could not be read and was skipped\n"), "{said}");
    }
    let tail = lake.follow(&["--from", "earliest", "--group", "g", "--columns", "id"]);
    assert_eq!(tail.lines(3), ["0", "1", "2"]);
    assert!(tail.notice().starts_with(&format!("{path}: skipped after 0 rows: ")));
    // What only ends like one.
    fs::write(lake.scratch.path("t/dt=b/.x"), b"PAR1 is no parquet file PAR1").unwrap();
    fs::rename(lake.scratch.path("t/dt=b/.x"), lake.scratch.path("t/dt=b/part-1")).unwrap();
    assert!(tail.notice().contains("dt=b/part-1: skipped after 0 rows: "));
    lake.add("dt=c", 3..4);
    assert_eq!(tail.line(), "3");
    // Whole ones take its place.
    lake.put("dt=a", "part-1", 4..6);
    assert_eq!(tail.lines(2), ["4", "5"]);
    assert_eq!(tail.stop(), [] as [&str; 0]);
    let (code, out, said) = once(&["--group", "g"]);
    assert_eq!((code, out.as_str()), (Some(0), "id "), "nothing is tried again: {said}");
    // A follower that is to end does.
    damage(&lake, "dt=c", "part-1");
    let done = lake.run(&["tail", "t", "--on-error", "fail", "--from", "dt=c"]);
    assert_eq!(done.status.code(), Some(65), "{}", text(&done.stderr));
}

#[test]
fn a_group_goes_on_where_it_was() {
    let lake = Lake::new(Format::Parquet, &[("dt", "string")]);
    lake.add("dt=a", 0..3);
    let once = |lake: &Lake, args: &[&str]| {
        let all =
            ["tail", "t", "--no-follow", "--format", "csv", "--columns", "id", "--group", "g"];
        let done = lake.run(&[&all, args].concat());
        assert!(done.status.success(), "{}", text(&done.stderr));
        text(&done.stdout).lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(once(&lake, &["-n", "2"]), ["1", "2"]);
    assert_eq!(once(&lake, &["-n", "2"]), [] as [&str; 0]);
    lake.add("dt=b", 3..5);
    let tail = lake.follow(&["--group", "g", "--columns", "id"]);
    assert_eq!(tail.lines(2), ["3", "4"]);
    // Two with one group.
    let second = lake.run(&["tail", "t", "--no-follow", "--group", "g"]);
    let said = text(&second.stderr);
    assert_eq!(second.status.code(), Some(75), "{said}");
    assert!(said.contains(&format!("process={}", tail.child.id())), "{said}");
    let other = lake.run(&["tail", "t", "--no-follow", "--group", "h", "-n", "1"]);
    assert!(text(&other.stdout).contains("name 4"), "another group is on its own");
    // Killed with what it has printed not all kept: rows may come twice, none is lost.
    lake.add("dt=c", 5..6);
    assert_eq!(tail.line(), "5");
    drop(tail);
    lake.add("dt=d", 6..7);
    let left = once(&lake, &[]);
    assert!(left.ends_with(&["6".to_owned()]) && left.len() <= 4, "{left:?}");
    assert_eq!(once(&lake, &[]), [] as [&str; 0]);
    // Stopped in the middle of a file it goes on behind the last row.
    lake.add("dt=e", 100..60_000);
    let tail = lake.follow(&["--group", "g", "--columns", "id"]);
    let mut seen = tail.lines(10);
    seen.extend(tail.stop());
    let rest = once(&lake, &[]);
    assert!(seen.len() < 59_900, "it was stopped too late to show anything");
    seen.extend(rest);
    let expected: Vec<String> = (100..60_000).map(|id| id.to_string()).collect();
    assert_eq!(seen.len(), expected.len());
    assert_eq!(seen, expected);
}

#[test]
fn nobody_reading_on_is_an_end_like_any_other() {
    let lake = Lake::new(Format::Parquet, &[("dt", "string")]);
    lake.add("dt=a", 0..50_000);
    for (args, first) in [(&["-n", "1"][..], "id"), (&["--from", "earliest"], "id")] {
        let args = [&["tail", "t", "--format", "csv", "--interval", "20ms"], args].concat();
        let mut child =
            lake.skep(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut out: BufReader<ChildStdout> = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        assert!(line.starts_with(first), "{line}");
        drop(out);
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(0), ""), "{args:?}");
    }
}

#[test]
fn a_partition_is_waited_for() {
    let lake = Lake::new(Format::Parquet, &[("dt", "string"), ("hr", "int")]);
    lake.add("dt=2026-01-01/hr=7", 0..1);
    let cases: &[(&[&str], &str, i32)] = &[
        (&["t", "dt=2026-01-01/hr=7"], "dt=2026-01-01/hr=7\n", 0),
        (&["t", "HR=07/dt=2026-01-01"], "dt=2026-01-01/hr=7\n", 0),
        (&["t", "dt='2026-01-01', hr=7"], "dt=2026-01-01/hr=7\n", 0),
        (&["t", "--where", "dt >= '2026-01-01' and hr > 6"], "dt=2026-01-01/hr=7\n", 0),
        (&["t", "dt=2026-01-01/hr=8"], "dt=2026-01-01/hr=8 is not announced", 75),
        (&["t", "--where", "hr > 7"], "no partition with hr > 7", 75),
        (&["u", "dt=1/hr=1"], "there is no table default.u yet", 75),
        (&["t", "dt=2026-01-01"], "partition columns=dt, hr", 78),
        (&["t"], "say which partition", 78),
        (&["t", "--where", "id > 7"], "not one on partition columns", 78),
        (&["t", "--where", "hr >"], "not one on partition columns", 78),
    ];
    for (args, says, code) in cases {
        let done = lake.run(&[&["wait", "--timeout", "0s"], *args].concat());
        let (out, said) = (text(&done.stdout), text(&done.stderr));
        assert_eq!(done.status.code(), Some(*code), "{args:?}: {said}");
        match code {
            0 => assert_eq!(out, *says, "{args:?}"),
            _ => assert!(said.contains(says) && out.is_empty(), "{args:?}: {said}"),
        }
    }
    let away = lake
        .skep(&["wait", "t", "dt=1/hr=1", "--timeout", "0s"])
        .env("SKEP__METASTORE__URIS", "thrift://127.0.0.1:1")
        .output()
        .unwrap();
    assert_eq!(away.status.code(), Some(69), "{}", text(&away.stderr));
    // It comes while it is waited for.
    let mut waiting = lake
        .skep(&["wait", "t", "dt=2026-01-01/hr=8", "--interval", "20ms", "--timeout", "60s"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let told = lines(waiting.stderr.take().unwrap());
    assert_eq!(told.recv_timeout(PATIENCE).unwrap(), "dt=2026-01-01/hr=8 is not announced");
    lake.add("dt=2026-01-01/hr=8", 0..1);
    let mut out = String::new();
    waiting.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    assert_eq!((waiting.wait().unwrap().code(), out.as_str()), (Some(0), "dt=2026-01-01/hr=8\n"));

    let whole = Lake::new(Format::Parquet, &[]);
    assert!(whole.run(&["wait", "t", "--timeout", "0s"]).status.success());
}

#[test]
fn waiting_says_what_a_pipeline_waits_for() {
    let scratch = Scratch::new();
    let input = scratch.write("in.json", &rows(100));
    // Nothing is ever due by this delay, until the input ends: it is watched, so it never does.
    let text = script(&input, "")
        .replace("'format'='json'", "'format'='json', 'source.monitor-interval'='50 ms'")
        .replace("'1 h'", "'1000 h'");
    scratch.write("job.hql", &text);
    let ingest = scratch.skep(&["ingest", "job.hql"]).stderr(Stdio::piped()).spawn().unwrap();
    crate::streams::until("all rows", || crate::streams::visible_rows(&scratch) >= 100);
    let wait = ["wait", "t", "hr=22/dt=2026-01-01", "--timeout", "0s"];
    let mut said = String::new();
    crate::streams::until("the reason", || {
        let done = scratch.run(&wait);
        assert_eq!(done.status.code(), Some(75));
        said = String::from_utf8_lossy(&done.stderr).into_owned();
        said.contains("waiting for watermark later than 2026-02-12")
    });
    assert!(said.contains("dt=2026-01-01/hr=22: waiting"), "{said}");
    crate::streams::stop(ingest);
}
