use expect_test::{Expect, expect};

use super::*;
use crate::datagen::GeneratorKind;
use crate::testing::{session, table};
use crate::values::Number;

fn parse(text: &str) -> (Option<SourceOptions>, Problems) {
    let mut problems = Problems::new();
    let options = SourceOptions::parse(&table(text), &Properties::new(), &mut problems);
    (options, problems)
}

fn good(text: &str) -> SourceOptions {
    let (options, problems) = parse(text);
    assert_eq!(problems.to_string(), "");
    options.unwrap()
}

fn check(text: &str, expected: Expect) {
    expected.assert_eq(&parse(text).1.to_string());
}

#[test]
fn reads_a_json_folder() {
    let options = good("connector=filesystem\npath=/in\nformat=json");
    assert!(options.is_bounded());
    let Connector::Filesystem { files, format: FormatOptions::Json(json) } = options.connector
    else {
        panic!("not files of json")
    };
    assert_eq!(files.path, "/in");
    assert_eq!(files.compression, SourceCompression::Auto);
    assert_eq!(files.split_size, ByteSize(64 << 20));
    assert!(!json.ignore_parse_errors && !json.fail_on_missing_field);
}

#[test]
fn reads_a_watched_csv_folder() {
    let options = good(
        r"connector= FileSystem
          path=file:///in/*.csv
          format=CSV
          source.monitor-interval=1 min
          source.path.regex-pattern=.*/2020-.*
          source.compression=gz
          source.split-size=1MB
          csv.field-delimiter=\t
          csv.quote-character='
          csv.escape-character=\\
          csv.null-literal=
          csv.allow-comments=true
          csv.ignore-parse-errors=true
          skip.header.line.count=1
          scan.watermark.idle-timeout=5 s",
    );
    assert!(!options.is_bounded());
    assert_eq!(options.common.idle_timeout, Some(Duration::from_secs(5)));
    let Connector::Filesystem { files, format: FormatOptions::Csv(csv) } = options.connector else {
        panic!("not files of csv")
    };
    assert_eq!(files.monitor_interval, Some(Duration::from_mins(1)));
    assert_eq!(files.compression, SourceCompression::Gzip);
    assert_eq!((csv.field_delimiter.0, csv.quote()), (b'\t', Some(b'\'')));
    assert_eq!(csv.escape_character.map(|c| c.0), Some(b'\\'));
    assert_eq!(csv.null_literal.map(|text| text.0).as_deref(), Some(""));
    assert_eq!(csv.skip_header_lines, 1);
}

#[test]
fn blanks_count_as_csv_delimiters() {
    for (value, byte) in [(" ", b' '), ("\t", b'\t'), ("|", b'|'), ("\\u0001", 1), ("\\\\", b'\\')]
    {
        let options = good(&format!(
            "connector=filesystem\npath=a\nformat=csv\ncsv.null-literal=x\ncsv.field-delimiter={value}\nskip.header.line.count=0"
        ));
        let Connector::Filesystem { format: FormatOptions::Csv(csv), .. } = options.connector
        else {
            panic!("not csv")
        };
        assert_eq!(csv.field_delimiter.0, byte, "{value:?}");
    }
}

#[test]
fn reads_a_generator() {
    let options = good(
        "connector=datagen
         rows-per-second=5
         seed=42
         fields.Id.kind=sequence
         fields.Id.start=1
         fields.Id.end=1000
         fields.amount.min=-1.5
         fields.amount.max=9e3
         fields.a.b.length=10
         fields.a.b.var-len=true
         fields.ts.max-past=1 d
         fields.ts.null-rate=0.25",
    );
    assert!(options.is_bounded());
    let Connector::Datagen(datagen) = options.connector else { panic!("not datagen") };
    assert_eq!((datagen.row_limit(), datagen.rows_per_second()), (Some(1000), Some(5)));
    assert_eq!(datagen.table.seed, 42);
    let names: Vec<_> = datagen.fields.keys().map(String::as_str).collect();
    assert_eq!(names, ["a.b", "amount", "id", "ts"]);
    assert_eq!(datagen.fields["id"].kind, GeneratorKind::Sequence);
    assert_eq!(datagen.fields["amount"].min, Some(Number::Real(-1.5)));
    assert_eq!(datagen.fields["amount"].max, Some(Number::Real(9000.0)));
    assert_eq!(datagen.fields["a.b"].length, Some(10));
    assert_eq!(datagen.fields["ts"].max_past, Duration::from_hours(24));
}

#[test]
fn an_endless_generator_has_flinks_speed() {
    for (text, bounded, speed) in [
        ("connector=datagen", false, Some(10_000)),
        ("connector=datagen\nrows-per-second=3", false, Some(3)),
        ("connector=datagen\nnumber-of-rows=7", true, None),
    ] {
        let options = good(text);
        assert_eq!(options.is_bounded(), bounded);
        let Connector::Datagen(datagen) = options.connector else { panic!("not datagen") };
        assert_eq!(datagen.rows_per_second(), speed);
    }
}

#[test]
fn reports_problems_of_connectors() {
    check(
        "path=/in",
        expect![[r#"
            error: connector: is required: Kind of the source (table t at a.hql:0)
              hint: add 'connector'='...'; accepted: `filesystem`, `kafka`, `datagen`"#]],
    );
    check(
        "connector=upsert-kafka\ntopic=orders",
        expect![
            "error: connector: connector `upsert-kafka` is not supported by this version: expected one of `filesystem`, `kafka`, `datagen` (table t at a.hql:1)"
        ],
    );
    check(
        "connector=hive",
        expect![[r"
            error: connector: is for a table of the catalog (table t at a.hql:1)
              hint: name the table in FROM; it needs no definition here"]],
    );
    check(
        "connector=filesytem",
        expect![
            "error: connector: `filesytem` is not accepted: expected one of `filesystem`, `kafka`, `datagen` (table t at a.hql:1)"
        ],
    );
    check(
        "connector=filesystem",
        expect![[r"
            error: path: is required: File, folder or glob that is read; a folder is read with its subfolders (table t at a.hql:0)
              hint: add 'path'='...'; accepted: text
            error: format: is required: Format of the records (table t at a.hql:0)
              hint: add 'format'='...'; accepted: `json`, `csv`, `raw`, `avro`, `avro-confluent`"]],
    );
}

#[test]
fn reports_problems_of_files() {
    check(
        "connector=filesystem
         path=
         format=orc
         source.monitor-interval=0
         source.monitor-intervall=1 s
         source.split-size=1kb
         source.report-statistics=ALL
         rows-per-second=1
         compression=rar
         source.compression=gzip",
        expect![[r#"
            error: path: is empty: expected text (table t at a.hql:2)
            error: format: `orc` is not accepted: expected one of `json`, `csv`, `raw`, `avro`, `avro-confluent` (table t at a.hql:3)
            error: compression: is another name of `source.compression`, which is set too (table t at a.hql:9)
              hint: keep one of the two
            warning: source.report-statistics: is accepted and has no effect (table t at a.hql:7)
              hint: A stream has no planner that would use statistics.
            error: rows-per-second: is not an option of a filesystem source of this format (table t at a.hql:8)
              hint: it is an option of a datagen source
            error: source.monitor-intervall: is not an option of a filesystem source of this format (table t at a.hql:5)
              hint: did you mean `source.monitor-interval`?"#]],
    );
    check(
        "connector=filesystem
         path=/in
         format=json
         json.fail-on-missing-field=true
         json.ignore-parse-errors=true
         json.timestamp-format.standard=ISO
         json.map-null-key.mode=DROP
         json.ignore-parse-error=true
         csv.field-delimiter=;",
        expect![[r"
            error: json.fail-on-missing-field: and json.ignore-parse-errors must not both be true (table t at a.hql:4)
              hint: set one of the two to false
            warning: json.map-null-key.mode: is accepted and has no effect (table t at a.hql:7)
              hint: Concerns writing; a source only reads.
            warning: json.timestamp-format.standard: is accepted and has no effect (table t at a.hql:6)
              hint: Both forms, `SQL` and `ISO-8601`, are read in every record.
            error: csv.field-delimiter: is not an option of a filesystem source of this format (table t at a.hql:9)
              hint: it is an option of a csv format
            error: json.ignore-parse-error: is not an option of a filesystem source of this format (table t at a.hql:8)
              hint: did you mean `json.ignore-parse-errors`?"]],
    );
    check(
        "connector=filesystem
         path=/in
         format=csv
         csv.field-delimiter=;
         csv.quote-character=;
         csv.disable-quote-character=true
         csv.escape-character=ab
         csv.array-element-delimiter=é
         skip.header.line.count=-1
         skip.footer.line.count=1",
        expect![[r"
            error: csv.array-element-delimiter: `é` is not one ASCII character, or an escape such as `\t` or `\u0001` (table t at a.hql:8)
            error: csv.escape-character: `ab` is not one ASCII character, or an escape such as `\t` or `\u0001` (table t at a.hql:7)
            error: skip.header.line.count: `-1` is not a whole number from 0 to 4294967295 (table t at a.hql:9)
            error: csv.quote-character: is set although csv.disable-quote-character=true (table t at a.hql:5)
              hint: remove one of the two
            error: csv.array-element-delimiter: is the same character as csv.field-delimiter (table t at a.hql:8)
              hint: use another character
            error: skip.footer.line.count: is not supported (table t at a.hql:10)
              hint: A file may still grow and is read in parts, so its last lines are not known; remove them, or let them become dead letters."]],
    );
}

#[test]
fn reports_problems_of_generators() {
    check(
        "connector=datagen
         rows-per-second=0
         number-of-rows=many
         fields.id.kind=sequence
         fields.id.start=5
         fields.ID.end=1
         fields.n.start=9
         fields.n.end=1
         fields.x.min=3
         fields.x.max=2
         fields.s.length=0
         fields.s.null-rate=2
         fields.s.knd=random
         scan.parallelism=2
         format=json",
        expect![[r"
            error: number-of-rows: `many` is not a whole number from 0 to 18446744073709551615 (table t at a.hql:3)
            error: rows-per-second: is 0, so no row is ever made (table t at a.hql:2)
              hint: use 1 or more
            error: fields.id.end: is required for a sequence (table t at a.hql:0)
              hint: add it, or use 'kind'='random'
            error: fields.id: is written in two letter cases, and is one column (table t at a.hql:0)
              hint: use one of them
            error: fields.n.start: 9 is above the end 1 (table t at a.hql:7)
              hint: swap them
            error: fields.s.null-rate: `2` is not a number from 0 to 1 (table t at a.hql:12)
            error: fields.s.length: is 0 (table t at a.hql:11)
              hint: use 1 or more
            error: fields.x.min: is above the maximum (table t at a.hql:9)
              hint: swap them
            warning: scan.parallelism: is accepted and has no effect (table t at a.hql:14)
              hint: The rows are the same for any parallelism; see `parallelism.default`.
            error: fields.s.knd: is not an option of a datagen source (table t at a.hql:13)
              hint: did you mean `fields.s.kind`?
            error: format: is not an option of a datagen source (table t at a.hql:15)
              hint: it is an option of a filesystem source"]],
    );
}

#[test]
fn idle_timeout_falls_back_to_the_pipeline() {
    let pipeline =
        |text: &str| PipelineOptions::parse(&session(text), &mut Problems::new()).unwrap();
    let set = pipeline("table.exec.source.idle-timeout=1 min");
    let unset = pipeline("write.memory=64MB");
    let source = |text: &str| good(&format!("connector=datagen{text}"));
    for (text, options, expected) in [
        ("", &unset, None),
        ("", &set, Some(Duration::from_mins(1))),
        ("\nwatermark.idle-timeout=5 s", &set, Some(Duration::from_secs(5))),
        ("\nscan.watermark.idle-timeout=0", &set, None),
    ] {
        assert_eq!(source(text).idle_timeout(options), expected, "{text}");
    }
}

#[test]
fn explains_only_what_belongs_to_the_source() {
    let table =
        table("connector=datagen\nfields.id.kind=sequence\nfields.id.start=1\nfields.id.end=3");
    let session = session("seed=7\npath=/x");
    let options = SourceOptions::parse(&table, &session, &mut Problems::new()).unwrap();
    let lines: Vec<String> = options
        .explain(&table, &session)
        .into_iter()
        .map(|e| format!("{} = {} ({})", e.key, e.value.as_deref().unwrap_or("-"), e.origin))
        .collect();
    expect![[r#"
        connector = datagen (table t at a.hql:1)
        scan.watermark.idle-timeout = - (default)
        scan.watermark.alignment.group = - (default)
        scan.watermark.alignment.max-drift = - (default)
        scan.watermark.alignment.update-interval = 1 s (default)
        rows-per-second = - (default)
        number-of-rows = - (default)
        seed = 7 (SET at a.hql:1)
        fields.id.kind = sequence (table t at a.hql:2)
        fields.id.start = 1 (table t at a.hql:3)
        fields.id.end = 3 (table t at a.hql:4)"#]]
    .assert_eq(&lines.join("\n"));
}

#[test]
fn tells_sources_from_hive_tables() {
    for (text, expected) in
        [("connector=filesystem", true), ("connector=hive", false), ("a=b", false)]
    {
        assert_eq!(is_source_table(&table(text)), expected);
    }
}
