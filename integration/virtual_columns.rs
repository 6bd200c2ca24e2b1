//! Columns that no file has: where a row comes from. And tables whose columns stand elsewhere.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use ::metastore::location;
use formats::serde_names::Format;

use crate::inspect::{avro_file, put, table};
use crate::support::Scratch;

fn ingest(scratch: &Scratch, script: &str) -> String {
    scratch.write("job.hql", script);
    let done = scratch.run(&["ingest", "job.hql"]);
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{said}");
    said
}

fn lines(scratch: &Scratch, args: &[&str]) -> Vec<String> {
    let done = scratch.run(args);
    assert!(done.status.success(), "{args:?}: {}", String::from_utf8_lossy(&done.stderr));
    let mut lines: Vec<String> =
        String::from_utf8_lossy(&done.stdout).lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

#[test]
fn rows_tell_where_they_come_from() {
    let scratch = Scratch::new();
    let catalog = skep::catalog::open(&scratch.path("wh")).unwrap();
    let text = table(&scratch, "t", Format::TextFile);
    catalog.create_table(&text).unwrap();
    put(&scratch.path("t/a.txt"), b"1\x01one\n22\x01two\n");
    put(&scratch.path("t/b.txt"), b"3\x01three\n");
    let folder = text.sd.location.unwrap();
    ingest(
        &scratch,
        "CREATE TABLE o (id INT, f STRING, at BIGINT) STORED AS JSONFILE;\n\
         INSERT INTO o SELECT id, INPUT__FILE__NAME, t.BLOCK__OFFSET__INSIDE__FILE FROM t\n\
         WHERE INPUT__FILE__NAME LIKE '%a.txt' AND BLOCK__OFFSET__INSIDE__FILE > 0;\n",
    );
    let tail = ["tail", "o", "--from", "earliest", "--no-follow", "--format", "json"];
    let row = format!("{{\"id\":22,\"f\":\"{folder}/a.txt\",\"at\":6}}");
    assert_eq!(lines(&scratch, &tail), [row]);
    // `*` does not mean them.
    ingest(
        &scratch,
        "CREATE TABLE p (id INT, s STRING) STORED AS JSONFILE;\nINSERT INTO p SELECT * FROM t;\n",
    );
    let columns = "id,BLOCK__OFFSET__INSIDE__FILE,INPUT__FILE__NAME";
    let tailed = ["tail", "t", "--from", "earliest", "--no-follow", "--format", "csv"];
    let all = [&tailed[..], &["--columns", columns]].concat();
    let wanted = [
        format!("1,0,{folder}/a.txt"),
        format!("22,6,{folder}/a.txt"),
        format!("3,0,{folder}/b.txt"),
    ];
    assert_eq!(lines(&scratch, &all)[..3], wanted);
    let some = [&tailed[..], &["--columns", "id", "--where", "block__offset__inside__file >= 6"]];
    assert_eq!(lines(&scratch, &some.concat()), ["22", "id"]);
    let shown =
        |condition: &str| lines(&scratch, &["inspect", "t", "--rows", "9", "--where", condition]);
    assert_eq!(shown("block__offset__inside__file > 0"), [r#"{"id":22,"s":"two"}"#]);
    let named = format!("input__file__name = '{folder}/b.txt'");
    assert_eq!(shown(&named), [r#"{"id":3,"s":"three"}"#]);
    // Row groups and stripes are told by their first byte; other formats say that they cannot.
    for (format, wanted) in [("ORC", Some("3")), ("PARQUET", Some("4")), ("AVRO", None)] {
        ingest(
            &scratch,
            &format!(
                "CREATE TABLE {format}_t (id INT, s STRING) STORED AS {format};\n\
                 INSERT INTO {format}_t SELECT id, s FROM t WHERE id = 3;\n"
            ),
        );
        let name = format!("{format}_t");
        let args = ["tail", &name, "--from", "earliest", "--no-follow", "--format", "csv"];
        let args = [&args[..], &["--columns", "BLOCK__OFFSET__INSIDE__FILE,id"]].concat();
        match wanted {
            Some(at) => assert!(lines(&scratch, &args).contains(&format!("{at},3")), "{format}"),
            None => {
                let done = scratch.run(&args);
                let said = String::from_utf8_lossy(&done.stderr).into_owned();
                assert!(!done.status.success() && said.contains("text, parquet and orc"), "{said}");
            }
        }
    }
}

#[test]
fn the_hint_at_the_end_reads_what_was_written() {
    let scratch = Scratch::new();
    scratch.write("in.json", "{\"id\": 1}\n");
    let wanted = [
        ("PARQUET", "read_parquet('"),
        ("JSONFILE", "read_json('"),
        ("ORC", "skep tail default.orc_t --no-follow"),
        ("TEXTFILE", "skep tail default.textfile_t --no-follow"),
    ];
    for (format, hint) in wanted {
        let said = ingest(
            &scratch,
            &format!(
                "CREATE TABLE src (id INT) WITH ('connector'='filesystem', 'path'='{}', 'format'='json');\n\
                 CREATE TABLE {format}_t (id INT) STORED AS {format};\nINSERT INTO {format}_t SELECT id FROM src;\n",
                scratch.path("in.json").display()
            ),
        );
        let found = said.lines().find(|line| line.contains("look at it:"));
        assert!(found.is_some_and(|line| line.contains(hint)), "{format}: {said}");
    }
}

#[test]
fn branches_may_change_places() {
    let scratch = Scratch::new();
    let catalog = skep::catalog::open(&scratch.path("wh")).unwrap();
    for name in ["a", "b"] {
        catalog.create_table(&table(&scratch, name, Format::TextFile)).unwrap();
        put(&scratch.path(&format!("{name}/1")), format!("1\u{1}{name}1\n").as_bytes());
    }
    let both = |first: &str, second: &str| {
        format!(
            "CREATE TABLE IF NOT EXISTS o (id INT, s STRING) STORED AS JSONFILE;\n\
             INSERT INTO o SELECT id, s FROM {first} UNION ALL SELECT id + 10, s FROM {second};\n"
        )
    };
    ingest(&scratch, &both("a", "b"));
    put(&scratch.path("a/2"), b"2\x01a2\n");
    ingest(&scratch, &both("b", "a"));
    let rows = lines(
        &scratch,
        &["tail", "o", "--from", "earliest", "--no-follow", "--format", "csv", "--columns", "id,s"],
    );
    assert_eq!(rows, ["1,a1", "11,b1", "12,a2", "id,s"], "nothing is read twice");
}

/// Answers requests for a schema, the first of two by saying where it is.
fn serve(schema: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let (mut request, mut byte) = (Vec::new(), [0]);
            while !request.ends_with(b"\r\n\r\n") {
                stream.read_exact(&mut byte).unwrap();
                request.push(byte[0]);
            }
            let answer = if request.starts_with(b"GET /new/r.avsc ") {
                format!("HTTP/1.1 200 OK\r\n\r\n{schema}")
            } else {
                "HTTP/1.1 302 Found\r\nlocation: /new/r.avsc\r\n\r\n".to_owned()
            };
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    format!("http://{host}/old/r.avsc")
}

#[test]
fn the_schema_of_an_avro_table_is_followed_by_every_reader() {
    let scratch = Scratch::new();
    let catalog = skep::catalog::open(&scratch.path("wh")).unwrap();
    let out = avro_file();
    let url =
        serve(r#"{"type":"record","name":"r","fields":[{"name":"s","type":["null","string"]}]}"#);
    for (name, url) in [("v", url), ("away", "hdfs://n/r.avsc".to_owned())] {
        let mut avro = table(&scratch, name, Format::Avro);
        // What the metastore says of the columns is not what counts.
        avro.sd.cols.truncate(1);
        avro.parameters.insert("avro.schema.url".to_owned(), url);
        avro.sd.location = Some(location::from_path(&scratch.path("files")).unwrap());
        catalog.create_table(&avro).unwrap();
    }
    put(&scratch.path("files/a.avro"), &out);
    let tail = ["tail", "v", "--from", "earliest", "--no-follow", "--format", "json"];
    assert_eq!(lines(&scratch, &tail), [r#"{"s":"a"}"#]);
    ingest(
        &scratch,
        "CREATE TABLE o (s STRING) STORED AS JSONFILE;\nINSERT INTO o SELECT upper(s) FROM v;\n",
    );
    let tail = ["tail", "o", "--from", "earliest", "--no-follow", "--format", "json"];
    assert_eq!(lines(&scratch, &tail), [r#"{"s":"A"}"#]);
    scratch.write("job.hql", "INSERT INTO o SELECT id FROM away;\n");
    for args in [&["tail", "away", "--no-follow"][..], &["ingest", "job.hql"]] {
        let done = scratch.run(args);
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(!done.status.success() && said.contains("hdfs://n/r.avsc"), "{args:?}: {said}");
    }
}
