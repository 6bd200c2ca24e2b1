//! Streams that are joined with Hive tables: Flink's cases, DuckDB's answers, kills, a partition that comes late.

use std::fmt::Write as _;
use std::io::BufRead as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use dialect::ast::StatementKind;
use metastore::names::{PartitionSpec, TableName};
use metastore::{Catalog, Partition};

use crate::crash::kill_runs;
use crate::support::{Scratch, python};

/// Opens the metastore of a scratch folder; nobody else has it open meanwhile.
fn catalog(scratch: &Scratch) -> Arc<dyn Catalog> {
    skep::catalog::open(&scratch.path("wh")).unwrap()
}

fn create(catalog: &dyn Catalog, ddl: &str) -> TableName {
    let statement = dialect::parse_statement(ddl).unwrap();
    let create = match &statement.kind {
        StatementKind::CreateTable(create) => Some(create),
        _ => None,
    };
    let create = create.unwrap();
    let name = TableName::parse(&create.name.to_string(), "default").unwrap();
    catalog.create_table(&skep::catalog::table::from_ddl(create, name.clone()).unwrap()).unwrap();
    name
}

/// Puts rows `a,b,c,partition values...` into a table of text files, each partition with the given time of creation.
fn fill(scratch: &Scratch, table: &TableName, create_time: i32, rows: &str) {
    let catalog = catalog(scratch);
    let known = catalog.get_table(table).unwrap();
    let width = known.sd.cols.len();
    for row in rows.split("; ") {
        let values: Vec<&str> = row.split(',').collect();
        let (data, keys) = values.split_at(width);
        let mut folder = scratch.path("wh").join(table.table());
        if !keys.is_empty() {
            let named = known.partition_keys.iter().zip(keys);
            let spec = PartitionSpec::new(named.map(|(k, v)| (k.name.as_str(), Some(*v))));
            folder.push(spec.to_path().unwrap().as_str());
            let mut partition = Partition::of_table(&known, spec);
            partition.create_time = create_time;
            catalog.add_partitions(table, &[partition]).unwrap();
        }
        std::fs::create_dir_all(&folder).unwrap();
        let number = std::fs::read_dir(&folder).unwrap().count();
        let line = data.join("\u{1}") + "\n";
        std::fs::write(folder.join(format!("{number:06}_0")), line).unwrap();
    }
}

/// Gives the rows of a table of JSON files, in order.
fn rows(scratch: &Scratch, table: &str) -> Vec<String> {
    let mut rows = Vec::new();
    for entry in std::fs::read_dir(scratch.path("wh").join(table)).unwrap() {
        let path = entry.unwrap().path();
        let hidden = path.file_name().unwrap().to_string_lossy().starts_with(['.', '_']);
        if path.is_file() && !hidden {
            let text = std::fs::read_to_string(path).unwrap();
            rows.extend(text.lines().map(|line| {
                let row: serde_json::Map<String, serde_json::Value> =
                    serde_json::from_str(line).unwrap();
                let values = row.values().map(|value| match value {
                    serde_json::Value::String(text) => text.clone(),
                    other => other.to_string(),
                });
                values.collect::<Vec<_>>().join(", ")
            }));
        }
    }
    rows.sort();
    rows
}

fn ingest(scratch: &Scratch, script: &str) {
    scratch.write("job.hql", script);
    let output = scratch.run(&["ingest", "job.hql"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

const PROBE: &str = "{\"x\":1,\"y\":\"a\"}\n{\"x\":1,\"y\":\"c\"}\n{\"x\":2,\"y\":\"b\"}\n\
                     {\"x\":2,\"y\":\"c\"}\n{\"x\":3,\"y\":\"c\"}\n{\"x\":4,\"y\":\"d\"}\n";

/// One case: the dimension's properties and partition columns, its rows (those of a later creation apart), the query, the result.
struct Case {
    name: &'static str,
    keys: &'static str,
    properties: &'static str,
    rows: &'static [&'static str],
    query: &'static str,
    expected: &'static [&'static str],
}

const KEYS: &str = "PARTITIONED BY (pt_year INT, pt_mon STRING, pt_day STRING)";
const ALL: &str = "select p.x, p.y, b.z, b.pt_year, b.pt_mon, b.pt_day from probe as p \
                   join dim for system_time as of p.p as b on p.x=b.x and p.y=b.y";

/// Source: Flink `HiveLookupJoinITCase`, restated; its test of options is `config::dimension`'s.
const CASES: &[Case] = &[
    Case {
        name: "testPartitionFetcherAndReader",
        keys: KEYS,
        properties: "'streaming-source.enable'='true', 'streaming-source.partition.include'='latest', 'streaming-source.partition-order'='partition-name', 'streaming-source.monitor-interval'='2h'",
        rows: &[
            "1,a,08,2019,08,01; 1,a,10,2020,08,31; 2,a,21,2020,08,31; 2,b,22,2020,08,31; 3,c,33,2020,09,31",
        ],
        query: ALL,
        expected: &["3, c, 33, 2020, 09, 31"],
    },
    Case {
        name: "testLookupJoinBoundedTable",
        keys: "",
        properties: "'lookup.join.cache.ttl'='5min'",
        rows: &["1,a,10; 2,a,21; 2,b,22; 3,c,33"],
        query: "select p.x, p.y, b.z from probe as p join dim for system_time as of p.p as b on p.x=b.x and p.y=b.y",
        expected: &["1, a, 10", "2, b, 22", "3, c, 33"],
    },
    Case {
        name: "testLookupJoinBoundedPartitionedTable",
        keys: KEYS,
        properties: "'lookup.join.cache.ttl'='5min'",
        rows: &["1,a,08,2019,08,01; 1,a,10,2020,08,31; 2,a,21,2020,08,31; 2,b,22,2020,08,31"],
        query: ALL,
        expected: &["1, a, 10, 2020, 08, 31", "1, a, 8, 2019, 08, 01", "2, b, 22, 2020, 08, 31"],
    },
    Case {
        name: "testLookupJoinPartitionedTable",
        keys: KEYS,
        properties: "'streaming-source.enable'='true', 'streaming-source.partition.include'='latest', 'streaming-source.monitor-interval'='120min'",
        rows: &[
            "1,a,08,2019,09,01; 1,a,10,2020,09,31; 2,a,21,2020,09,31; 2,b,22,2020,09,31; 3,c,33,2020,09,31; 1,a,101,2020,08,01; 2,a,121,2020,08,01; 2,b,122,2020,08,01",
        ],
        query: ALL,
        expected: &["1, a, 10, 2020, 09, 31", "2, b, 22, 2020, 09, 31", "3, c, 33, 2020, 09, 31"],
    },
    Case {
        name: "testLookupJoinPartitionedTableWithPartitionTime",
        keys: KEYS,
        properties: "'streaming-source.enable'='true', 'streaming-source.partition.include'='latest', 'streaming-source.monitor-interval'='12h', 'streaming-source.partition-order'='partition-time', 'partition.time-extractor.kind'='default', 'partition.time-extractor.timestamp-pattern'='$pt_year-$pt_mon-$pt_day 00:00:00'",
        rows: &[
            "1,a,08,2020,08,01; 1,a,10,2020,08,31; 2,a,21,2019,08,31; 2,b,22,2020,08,31; 3,c,33,2017,08,31; 1,a,101,2017,09,01; 2,a,121,2019,09,01; 2,b,122,2019,09,01",
        ],
        query: ALL,
        expected: &["1, a, 10, 2020, 08, 31", "2, b, 22, 2020, 08, 31"],
    },
    Case {
        name: "testLookupJoinPartitionedTableWithCreateTime",
        keys: KEYS,
        properties: "'streaming-source.enable'='true', 'streaming-source.partition.include'='latest', 'streaming-source.partition-order'='create-time'",
        rows: &[
            "1,a,08,2020,month1,01; 1,a,10,2020,month2,02; 2,a,21,2020,month1,02; 2,b,22,2020,month3,20; 3,c,22,2020,month3,20; 3,c,33,2017,08,31; 1,a,101,2017,09,01; 2,a,121,2019,09,01; 2,b,122,2019,09,01",
            "1,a,101,2020,08,01; 2,a,121,2020,08,01; 2,b,122,2020,08,01",
        ],
        query: ALL,
        expected: &["1, a, 101, 2020, 08, 01", "2, b, 122, 2020, 08, 01"],
    },
    Case {
        name: "testLookupJoinWithLookUpSourceProjectPushDown",
        keys: "",
        properties: "'lookup.join.cache.ttl'='5min'",
        rows: &["1,a,10; 2,b,22; 3,c,33"],
        query: "select b.x, b.z from probe as p join dim for system_time as of p.p as b on p.x=b.x",
        expected: &["1, 10", "1, 10", "2, 22", "2, 22", "3, 33"],
    },
    Case {
        name: "the same by a hint, without FOR SYSTEM_TIME",
        keys: KEYS,
        properties: "'lookup.join.cache.ttl'='5min'",
        rows: &["1,a,08,2019,08,01; 1,a,10,2020,08,31; 2,b,22,2020,08,31"],
        query: "select p.x, p.y, b.z from probe p left join dim /*+ OPTIONS('streaming-source.enable'='true', 'streaming-source.partition.include'='latest', 'streaming-source.monitor-interval'='12 h') */ b on p.x=b.x and p.y=b.y",
        expected: &["1, a, 10", "1, c, null", "2, b, 22", "2, c, null", "3, c, null", "4, d, null"],
    },
];

#[test]
fn answers_as_flink_does() {
    for case in CASES {
        let scratch = Scratch::new();
        let input = scratch.write("probe.json", PROBE);
        let table = {
            let catalog = catalog(&scratch);
            let ddl = format!(
                "CREATE TABLE dim (x INT, y STRING, z INT) {} TBLPROPERTIES ({})",
                case.keys, case.properties
            );
            create(catalog.as_ref(), &ddl)
        };
        for (time, rows) in (1..).zip(case.rows) {
            fill(&scratch, &table, time, rows);
        }
        let width = case.query.split(" from ").next().unwrap().split(',').count();
        let all = ["x INT", "y STRING", "z INT", "pt_year INT", "pt_mon STRING", "pt_day STRING"];
        let columns = if width == 2 { "x INT, z INT".to_owned() } else { all[..width].join(", ") };
        ingest(
            &scratch,
            &format!(
                "create table probe (x int,y string, p as proctime()) with ('connector'='filesystem', 'path'='{}', 'format'='json');\n\
                 CREATE TABLE joined ({columns}) STORED AS JSONFILE;\n\
                 INSERT INTO joined {};",
                input.display(),
                case.query
            ),
        );
        assert_eq!(rows(&scratch, "joined"), case.expected, "{}", case.name);
    }
}

/// Source: Flink `HiveLookupJoinITCase.testLookupJoinTableWithColumnarStorage`.
#[test]
fn every_row_of_a_columnar_table_is_found() {
    let scratch = Scratch::new();
    let lines: Vec<String> = (0..4096).map(|n| format!("{{\"x\":\"{n}\"}}\n")).collect();
    let input = scratch.write("values.json", &lines.concat());
    let source = format!(
        "CREATE TABLE value_source (x STRING, p AS PROCTIME()) WITH ('connector'='filesystem', 'path'='{}', 'format'='json');\n",
        input.display()
    );
    let columnar = "CREATE TABLE columnar (x STRING) STORED AS PARQUET TBLPROPERTIES ('lookup.join.cache.ttl'='5min');\n";
    ingest(
        &scratch,
        &format!("{source}{columnar}INSERT INTO columnar SELECT x FROM value_source;"),
    );
    let join = "value_source t left join columnar for system_time as of t.p c on t.x = c.x";
    ingest(
        &scratch,
        &format!(
            "{source}CREATE TABLE missing (x1 STRING, x2 STRING) STORED AS JSONFILE;\n\
             CREATE TABLE found (x1 STRING, x2 STRING) STORED AS JSONFILE;\n\
             INSERT INTO missing select t.x, c.x from {join} where c.x is null;\n\
             INSERT INTO found select t.x, c.x from {join};"
        ),
    );
    assert_eq!(rows(&scratch, "missing"), Vec::<String>::new());
    let mut all: Vec<String> = (0..4096).map(|n| format!("{n}, {n}")).collect();
    all.sort();
    assert_eq!(rows(&scratch, "found"), all);
}

/// Two million pairs are more than a batch may become at once.
#[test]
fn a_key_with_many_rows_is_joined_piece_by_piece() {
    let scratch = Scratch::new();
    let lines: Vec<String> = (0..2000).map(|n| format!("{{\"id\":{n},\"k\":1}}\n")).collect();
    let input = scratch.write("in.json", &lines.concat());
    let table = create(catalog(&scratch).as_ref(), "CREATE TABLE dim (k INT, v INT)");
    let folder = scratch.path("wh").join(table.table());
    std::fs::create_dir_all(&folder).unwrap();
    let text: Vec<String> = (0..1000).map(|v| format!("1\u{1}{v}\n")).collect();
    std::fs::write(folder.join("000000_0"), text.concat()).unwrap();
    ingest(
        &scratch,
        &format!(
            "CREATE TABLE src (id BIGINT, k INT) WITH ('connector'='filesystem', 'path'='{}', 'format'='json');\n\
             CREATE TABLE joined (id BIGINT, v INT) STORED AS JSONFILE;\n\
             INSERT INTO joined SELECT s.id, d.v FROM src s LEFT JOIN dim d ON s.k = d.k WHERE d.v = s.id % 1000;",
            input.display()
        ),
    );
    let mut expected: Vec<String> = (0..2000).map(|n| format!("{n}, {}", n % 1000)).collect();
    expected.sort();
    assert_eq!(rows(&scratch, "joined"), expected);
}

#[test]
fn a_table_is_read_in_the_types_of_its_format() {
    let scratch = Scratch::new();
    let input = scratch.write("probe.json", PROBE);
    let table = {
        let catalog = catalog(&scratch);
        create(
            catalog.as_ref(),
            "CREATE TABLE dim (x INT, z INT) ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde' STORED AS TEXTFILE",
        )
    };
    let folder = scratch.path("wh").join(table.table());
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("000000_0"), "\"1\",\"10\"\n2,x\n").unwrap();
    ingest(
        &scratch,
        &format!(
            "create table probe (x int,y string) with ('connector'='filesystem', 'path'='{}', 'format'='json');\n\
             CREATE TABLE joined (x INT, y STRING, z STRING) STORED AS JSONFILE;\n\
             INSERT INTO joined SELECT p.x, p.y, concat(d.z, '!') FROM probe p JOIN dim d ON p.x = d.x;",
            input.display()
        ),
    );
    assert_eq!(rows(&scratch, "joined"), ["1, a, 10!", "1, c, 10!", "2, b, x!", "2, c, x!"]);
}

/// A join in skep's words and in DuckDB's, over `orders`, `users` and `codes`; both give `id` and `v`.
const FORMS: &[(&str, &str)] = &[
    ("SELECT o.id, u.name FROM orders o JOIN users u ON o.user_id = u.id", ""),
    ("SELECT o.id, u.name FROM orders o LEFT JOIN users u ON o.user_id = u.id AND u.active", ""),
    (
        "SELECT o.id, concat_ws('/', u.name, u.dt) FROM orders o LEFT OUTER JOIN users u ON o.user_id = u.id AND o.amount > u.level WHERE u.level IS NULL OR u.level <> 3",
        "",
    ),
    (
        "SELECT o.id, o.code FROM orders o LEFT SEMI JOIN users u ON o.user_id = u.id AND u.dt = '2026-01-02'",
        "SELECT o.id, o.code FROM orders o SEMI JOIN users u ON o.user_id = u.id AND u.dt = '2026-01-02'",
    ),
    (
        "SELECT o.id, c.label FROM orders o JOIN codes c ON o.code <=> c.code",
        "SELECT o.id, c.label FROM orders o JOIN codes c ON o.code IS NOT DISTINCT FROM c.code",
    ),
    (
        "SELECT o.id, concat(u.name, c.label) FROM orders o JOIN users u ON u.id = o.user_id JOIN codes c ON c.code = o.code WHERE u.active AND c.rate > 1.5",
        "SELECT o.id, u.name || c.label FROM orders o JOIN users u ON u.id = o.user_id JOIN codes c ON c.code = o.code WHERE u.active AND c.rate > 1.5",
    ),
    ("SELECT o.id, c.label FROM orders o, codes c WHERE o.code = c.code AND o.amount > 10", ""),
    (
        "SELECT o.id, u.n FROM orders o LEFT JOIN (SELECT id + 1 k, coalesce(name, '?') n FROM users WHERE level > 1) u ON o.user_id = u.k",
        "",
    ),
    (
        "SELECT o.id, cast(u.level AS string) FROM orders o JOIN users u ON o.amount = u.level AND o.code = u.name",
        "",
    ),
    (
        "SELECT o.id, u.name FROM orders o JOIN users u ON o.code = u.level",
        "SELECT o.id, u.name FROM orders o JOIN users u ON try_cast(o.code AS double) = u.level",
    ),
    (
        "SELECT x.id, u2.name FROM (SELECT o.id, u.level FROM orders o JOIN users u ON o.user_id = u.id) x LEFT JOIN users u2 ON x.level = u2.level AND u2.dt = '2026-01-01'",
        "",
    ),
    (
        "SELECT o.id, u.name FROM orders o JOIN users u ON upper(o.code) = upper(u.name) UNION ALL SELECT o.id, o.code FROM orders o WHERE o.amount IS NULL",
        "",
    ),
    (
        "SELECT o.id, cast(c.rate AS string) FROM orders o JOIN codes c ON cast(o.amount AS decimal(10,2)) = c.rate",
        "",
    ),
];

/// Gives made-up lines of JSON; names and numbers come again and again, and some are missing.
fn made(count: u64, columns: &[(&str, u64, bool)]) -> String {
    let mut text = String::new();
    for id in 0..count {
        let mut seed = id.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ count;
        write!(text, "{{\"n\":{id}").unwrap();
        for (name, range, quoted) in columns {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            let value = seed % (range + 1);
            match (value == *range, quoted) {
                (true, _) => write!(text, ",\"{name}\":null"),
                (false, true) => write!(text, ",\"{name}\":\"{value}\""),
                (false, false) => write!(text, ",\"{name}\":{value}"),
            }
            .unwrap();
        }
        text.push_str("}\n");
    }
    text
}

#[test]
fn answers_as_duckdb_does() {
    let scratch = Scratch::new();
    let orders = scratch.write(
        "orders.json",
        &made(3000, &[("user_id", 300, false), ("code", 30, true), ("amount", 20, false)]),
    );
    let users = scratch.write(
        "users.json",
        &made(
            400,
            &[("id", 350, false), ("name", 30, true), ("level", 5, false), ("day", 2, false)],
        ),
    );
    let codes = scratch.write("codes.json", &made(60, &[("code", 40, true), ("rate", 6, false)]));
    let source = |name: &str, columns: &str, path: &Path| {
        format!(
            "CREATE TABLE {name} ({columns}) WITH ('connector'='filesystem', 'path'='{}', 'format'='json');\n",
            path.display()
        )
    };
    let orders_ddl =
        source("orders_src", "n BIGINT, user_id INT, code STRING, amount INT", &orders);
    let mut load = source("users_src", "id BIGINT, name STRING, level INT, day INT", &users);
    load += &source("codes_src", "n INT, code STRING, rate INT", &codes);
    load += "CREATE TABLE users (id BIGINT, name STRING, level INT, active BOOLEAN) PARTITIONED BY (dt STRING) STORED AS ORC TBLPROPERTIES ('sink.partition-commit.policy.kind'='metastore');\n\
             CREATE TABLE codes (code VARCHAR(3), label STRING, rate DECIMAL(10,2)) STORED AS PARQUET;\n\
             INSERT INTO users SELECT id, name, level, level > 2, concat('2026-01-0', nvl(day, 2) + 1) FROM users_src;\n\
             INSERT INTO codes SELECT code, concat('l', n), rate / 2 FROM codes_src;";
    ingest(&scratch, &load);
    let mut script = orders_ddl;
    let mut asked = Vec::new();
    for (n, (ours, theirs)) in FORMS.iter().enumerate() {
        let query = ours.replace(
            "FROM orders o",
            "FROM (SELECT n id, user_id, code, amount FROM orders_src) o",
        );
        write!(script, "CREATE TABLE out{n} (id BIGINT, v STRING) STORED AS PARQUET;\nINSERT INTO out{n} {query};\n")
            .unwrap();
        let theirs = if theirs.is_empty() { ours } else { theirs };
        let path = scratch.path(&format!("wh/out{n}"));
        asked.push(serde_json::json!({ "query": theirs, "path": path.to_str().unwrap() }));
    }
    ingest(&scratch, &script);
    let question = serde_json::json!({
        "orders": orders.to_str().unwrap(), "users": users.to_str().unwrap(),
        "codes": codes.to_str().unwrap(), "forms": asked,
    });
    let question = scratch.write("question.json", &question.to_string());
    let judge = Path::new(env!("CARGO_MANIFEST_DIR")).join("integration/oracle/joins.py");
    let output = Command::new(python()).arg(judge).arg(question).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert_eq!(
        said.lines().filter(|line| line.ends_with(" rows, equal")).count(),
        FORMS.len(),
        "{said}"
    );
}

#[test]
fn each_row_is_joined_once_though_the_process_is_killed() {
    let scratch = Scratch::new();
    let lines: Vec<String> =
        (0..150_000).map(|n| format!("{{\"id\":{n},\"k\":{}}}\n", n % 1000)).collect();
    let input = scratch.write("in.json", &lines.concat());
    let table = {
        let catalog = catalog(&scratch);
        create(catalog.as_ref(), "CREATE TABLE dim (k INT, v STRING)")
    };
    // Even keys are there twice, and every tenth is not there.
    let mut text = String::new();
    for k in (0..1000).filter(|k| k % 10 != 5) {
        for copy in 0..=(1 - k % 2) {
            writeln!(text, "{k}\u{1}v{copy}").unwrap();
        }
    }
    let folder = scratch.path("wh").join(table.table());
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("000000_0"), text).unwrap();
    scratch.write(
        "job.hql",
        &format!(
            "SET execution.checkpointing.interval = 100 ms;\n\
             CREATE TABLE src (id BIGINT, k INT, p AS PROCTIME()) WITH ('connector'='filesystem', 'path'='{}', 'format'='json', 'source.split-size'='64 kb');\n\
             CREATE TABLE joined (id BIGINT, k INT, v STRING) STORED AS JSONFILE;\n\
             INSERT INTO joined SELECT s.id, s.k, d.v FROM src s LEFT JOIN dim FOR SYSTEM_TIME AS OF s.p d ON s.k = d.k;",
            input.display()
        ),
    );
    let killed = kill_runs(&scratch, (0..8).map(|n| 20 + 31 * n));
    assert!(killed > 2, "the run is too short to be killed: {killed}");
    let last = scratch.run(&["ingest", "job.hql"]);
    assert!(last.status.success(), "{}", String::from_utf8_lossy(&last.stderr));
    let mut expected: Vec<String> = (0..150_000)
        .flat_map(|n| {
            let k = n % 1000;
            let value = |v: &str| format!("{n}, {k}, {v}");
            match (k % 10 == 5, k % 2) {
                (true, _) => vec![value("null")],
                (false, 0) => vec![value("v0"), value("v1")],
                (false, _) => vec![value("v0")],
            }
        })
        .collect();
    expected.sort();
    assert!(rows(&scratch, "joined") == expected, "rows are lost or doubled");
}

#[test]
fn an_inner_join_waits_for_the_first_partition() {
    let scratch = Scratch::new();
    let input = scratch.write("probe.json", PROBE);
    let table = {
        let catalog = catalog(&scratch);
        let latest = "'streaming-source.enable'='true', 'streaming-source.partition.include'='latest', 'streaming-source.monitor-interval'='1 s'";
        create(
            catalog.as_ref(),
            &format!(
                "CREATE TABLE dim (x INT, y STRING, z INT) PARTITIONED BY (dt STRING) TBLPROPERTIES ({latest})"
            ),
        )
    };
    let script = |join: &str, out: &str| {
        format!(
            "create table probe (x int,y string) with ('connector'='filesystem', 'path'='{}', 'format'='json');\n\
             CREATE TABLE {out} (x INT, z INT) STORED AS JSONFILE;\n\
             INSERT INTO {out} SELECT p.x, d.z FROM probe p {join} dim d ON p.x = d.x;",
            input.display()
        )
    };
    scratch.write("inner.hql", &script("JOIN", "joined"));
    let mut child = scratch.skep(&["ingest", "inner.hql"]).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    {
        let stderr = child.stderr.take().unwrap();
        for line in std::io::BufReader::new(stderr).lines() {
            let line = line.unwrap();
            said.push_str(&line);
            said.push('\n');
            if line.contains("At least one partition is required when set 'streaming-source.partition.include' to 'latest' in temporal join, but actual partition number is '0' for hive table default.dim") {
                // An outer join does not wait.
                ingest(&scratch, &script("LEFT JOIN", "other"));
                assert!(rows(&scratch, "joined").is_empty(), "it has not waited");
                fill(&scratch, &table, 1, "1,a,10,2026-01-01; 2,b,20,2026-01-01");
            }
        }
    }
    assert!(child.wait().unwrap().success(), "{said}");
    assert_eq!(rows(&scratch, "joined"), ["1, 10", "1, 10", "2, 20", "2, 20"], "{said}");
    assert_eq!(rows(&scratch, "other").len(), 6);
    assert!(rows(&scratch, "other").iter().all(|row| row.ends_with("null")));
}

#[test]
fn explain_shows_what_is_joined() {
    let scratch = Scratch::new();
    let input = scratch.write("probe.json", PROBE);
    let table = {
        let catalog = catalog(&scratch);
        create(
            catalog.as_ref(),
            "CREATE TABLE dim (x INT, y STRING, z INT) PARTITIONED BY (dt STRING)",
        )
    };
    fill(&scratch, &table, 1, "1,a,10,2026-01-01; 2,b,20,2026-01-02");
    let script = |hint: &str| {
        format!(
            "create table probe (x int,y string) with ('connector'='filesystem', 'path'='{}', 'format'='json');\n\
             CREATE TABLE joined (x INT, z INT) STORED AS JSONFILE;\n\
             INSERT INTO joined SELECT p.x, d.z FROM probe p JOIN dim {hint} d ON p.x = d.x;",
            input.display()
        )
    };
    let latest = "/*+ OPTIONS('streaming-source.enable'='true', 'streaming-source.partition.include'='latest', 'lookup.join.cache.max-size'='1MB') */";
    for (hint, wanted) in [
        (
            "",
            &[
                "join dim on x = d.x",
                "joined with default.dim in memory: all of its rows, looked at every 3600 s, at most 1gb each copy",
                "now: 2 partitions, 2 files, 14 bytes on disk",
                "lookup.join.cache.ttl = 1 h",
            ][..],
        ),
        (
            latest,
            &[
                "its latest partition by partition-name",
                "now: partition dt=2026-01-02, 1 files, 7 bytes on disk",
                "lookup.join.cache.max-size = 1mb",
            ][..],
        ),
    ] {
        scratch.write("job.hql", &script(hint));
        let output = scratch.run(&["explain", "job.hql"]);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        for text in wanted {
            assert!(said.contains(text), "{text} is not in\n{said}");
        }
    }
    scratch
        .write("job.hql", &script("/*+ OPTIONS('streaming-source.partition.include'='latest') */"));
    let output = scratch.run(&["validate", "job.hql"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(78), "{said}");
    assert!(said.contains("The only supported streaming-source.partition.include for lookup is 'all' in batch source, but actual is 'latest'"), "{said}");
}
