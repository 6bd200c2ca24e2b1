use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray, new_null_array,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema};
use arrow::util::pretty::pretty_format_batches;
use expect_test::{Expect, expect};

use super::values::parse;
use crate::sql::bind::*;
use crate::time::Timestamp;

/// Two sources and some targets.
struct Known;

impl Tables for Known {
    fn table(&self, name: &TableName) -> Option<TableSchema> {
        let (columns, computed, partitions) = match name.table.as_str() {
            "events" => (EVENTS, &[][..], ""),
            "other" => ("id:int,note:varchar(10),ts:timestamp", &[][..], ""),
            "logs" => (
                "millis:bigint",
                &[("ts", "cast(millis as timestamp)"), ("day", "to_date(ts)")][..],
                "",
            ),
            "plain" => ("id:bigint,name:string", &[][..], ""),
            "narrow" => ("id:tinyint,name:varchar(3)", &[][..], ""),
            "parted" => ("id:bigint", &[][..], "dt:string,hr:string"),
            "typed" => ("id:bigint", &[][..], "d:date,n:int"),
            "orders" => (ORDERS, &[("p", "proctime()")][..], ""),
            "users" => ("id:bigint,name:string,level:int,active:boolean", &[][..], "dt:string"),
            "codes" => ("code:varchar(3),label:string,rate:decimal(10,2)", &[][..], ""),
            _ => return None,
        };
        let mut columns = stored(columns);
        for (name, text) in computed {
            let kind = TableColumnKind::Computed(parse(text).unwrap());
            columns.push(TableColumn { name: (*name).to_owned(), kind });
        }
        let source = matches!(name.table.as_str(), "events" | "other" | "logs" | "orders");
        Some(TableSchema {
            hidden: Vec::new(),
            columns,
            partitions: stored(partitions),
            kind: if source { TableKind::Source } else { TableKind::Hive },
            event_time: (name.table == "orders").then(|| "ts".to_owned()),
        })
    }
}

const ORDERS: &str = "id:bigint,user_id:int,code:string,amount:int,ts:timestamp";
const EVENTS: &str = "id:bigint,name:string,ts:timestamp,amount:int,tags:array<string>,\
                      geo:struct<lat:double,lon:double>";

fn stored(columns: &str) -> Vec<TableColumn> {
    match format!("struct<{columns}>").parse() {
        Ok(HiveType::Struct(fields)) => fields
            .into_iter()
            .map(|f| TableColumn { name: f.name, kind: TableColumnKind::Stored(f.ty) })
            .collect(),
        other => panic!("{other:?}"),
    }
}

pub(super) fn bind(sql: &str) -> Result<Vec<BoundInsert>, Vec<BindError>> {
    let statement = dialect::parse_statement(sql).unwrap_or_else(|e| panic!("{}", e[0].message));
    bind_inserts(&statement, &Known, &BindOptions::default())
}

/// Shows what an insert has become, or the problems with their places.
pub(super) fn check(sql: &str, expected: Expect) {
    let text = match bind(sql) {
        Ok(inserts) => inserts
            .iter()
            .flat_map(|insert| {
                insert.branches.iter().map(|branch| {
                    let mode = if insert.overwrite { "overwrite" } else { "into" };
                    let (from, to) = (&branch.source.table, &insert.target.table);
                    format!("{mode} {to} from {from}\n{}\n", branch.transform)
                })
            })
            .collect::<String>(),
        Err(errors) => errors
            .into_iter()
            .map(|e| {
                let mut problem = dialect::Diagnostic::new(e.span, e.message);
                problem.hint = e.hint;
                dialect::render(&problem, sql, "q") + "\n"
            })
            .collect(),
    };
    expected.assert_eq(&text);
}

#[test]
fn binds_by_position() {
    check(
        "insert into plain select ID, `Name` from events",
        expect![[r#"
        into plain from events
        id = id
        name = name
    "#]],
    );
    check(
        "insert overwrite table db.plain select * from (select id, concat(name, '!') from events) x",
        expect![[r#"
            overwrite plain from events
            id = id
            name = concat(name, '!')
        "#]],
    );
    check(
        "insert into narrow select id, name from events e where e.amount > 1 and name is not null",
        expect![[r#"
            into narrow from events
            where ((amount > 1) and not name is null)
            id = cast(id as tinyint)
            name = cast(name as varchar(3))
        "#]],
    );
    check(
        "insert into plain (name, id) select e.name, e.id from events as e",
        expect![[r#"
        into plain from events
        id = id
        name = name
    "#]],
    );
    check(
        "insert into plain (name) select name from events",
        expect![[r#"
        into plain from events
        id = NULL
        name = name
    "#]],
    );
}

#[test]
fn binds_partitions() {
    check(
        "insert into parted select id, date_format(ts, 'yyyy-MM-dd'), date_format(ts, 'HH') from events",
        expect![[r#"
            into parted from events
            id = id
            partition dt = date_format(ts, 'yyyy-MM-dd')
            partition hr = date_format(ts, 'HH')
        "#]],
    );
    check(
        "insert into parted partition (dt='2020-01-01', hr) select id, hour(ts) from events",
        expect![[r#"
            into parted from events
            id = id
            partition dt = '2020-01-01'
            partition hr = hour(ts)
        "#]],
    );
    check(
        "insert into typed partition (d='2020-1-2', n='07') select id from events",
        expect![[r#"
            into typed from events
            id = id
            partition d = '2020-01-02'
            partition n = '7'
        "#]],
    );
    check(
        "insert into typed select id, ts, amount from events",
        expect![[r#"
            into typed from events
            id = id
            partition d = cast(ts as date)
            partition n = amount
        "#]],
    );
    check(
        "insert into typed select id, null, 'x' from events",
        expect![[r#"
        into typed from events
        id = id
        partition d = NULL
        partition n = NULL
    "#]],
    );
}

#[test]
fn composes_queries() {
    check(
        "with a as (select id, name as n from events where amount > 0), b (x, y) as (select * from a where id > 5) insert into plain select x, y from b where y like 'z%'",
        expect![[r#"
            into plain from events
            where ((amount > 0) and ((id > 5) and (name like 'z%')))
            id = id
            name = name
        "#]],
    );
    check(
        "insert into plain select id, s from (select id, name s from events union all select id, note from other) u where id <> 3",
        expect![[r#"
            into plain from events
            where (id <> 3)
            id = id
            name = name
            into plain from other
            where (cast(id as bigint) <> 3)
            id = cast(id as bigint)
            name = note
        "#]],
    );
    check(
        "insert into plain select millis, date_format(day, 'yyyy') from logs",
        expect![[r#"
            into plain from logs
            id = millis
            name = date_format(cast(to_date(cast(cast(millis as timestamp) as date)) as timestamp), 'yyyy')
        "#]],
    );
    check(
        "from events insert into plain select id, name insert into narrow select id, tags[0] where geo.lat > 1",
        expect![[r#"
            into plain from events
            id = id
            name = name
            into narrow from events
            where (geo.lat > 1)
            id = cast(id as tinyint)
            name = cast(tags[0] as varchar(3))
        "#]],
    );
    check(
        "insert into plain select amount, case when amount in (1, 2) then 'few' when amount between 3 and 9 then 'some' end from events",
        expect![[r#"
            into plain from events
            id = cast(amount as bigint)
            name = case when amount in (1, 2) then 'few' when ((amount >= 3) and (amount <= 9)) then 'some' else NULL end
        "#]],
    );
}

/// Runs the only branch of an insert over a small batch and shows what comes out.
fn run(sql: &str, expected: Expect) {
    let bound = bind(sql).unwrap_or_else(|e| panic!("{e:?}"));
    let transform = &bound[0].branches[0].transform;
    let hour = 3_600_000_000;
    let times = [Some(0), Some(hour - 1), Some(hour), None, Some(30 * hour), Some(1)];
    let amounts = [Some(1), Some(5), None, Some(300), Some(5), Some(-1)];
    let names = [Some("a"), Some("bcdef"), Some("c"), None, Some("e"), Some("ü")];
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from_iter_values(1..=6)),
        Arc::new(StringArray::from_iter(names)),
        Arc::new(TimestampMicrosecondArray::from_iter(times)),
        Arc::new(Int32Array::from_iter(amounts)),
        new_null_array(transform.input_schema().field(4).data_type(), 6),
        new_null_array(transform.input_schema().field(5).data_type(), 6),
    ];
    let batch = RecordBatch::try_new(transform.input_schema(), columns).unwrap();
    let out = transform.apply(&batch, Timestamp(0)).unwrap();
    assert_eq!(out.data.schema(), transform.output_schema());
    let mut text = pretty_format_batches(std::slice::from_ref(&out.data)).unwrap().to_string();
    for partition in &out.partitions {
        assert_eq!(partition.len(), out.data.num_rows());
        let plain = cast(partition, &DataType::Utf8).unwrap();
        let values: Vec<_> = plain.as_string::<i32>().iter().map(|v| v.unwrap_or("NULL")).collect();
        text += &format!("\n{}: {}", partition.data_type(), values.join(" "));
        if let Some(dictionary) = partition.as_any_dictionary_opt() {
            text += &format!(" ({} texts)", dictionary.values().len());
        }
    }
    if let SourceRows::Kept(selected) = out.source_rows {
        let rows: Vec<_> =
            selected.iter().map(|s| if s == Some(true) { "1" } else { "0" }).collect();
        text += &format!("\nselected {}", rows.concat());
    }
    expected.assert_eq(&text);
}

#[test]
fn runs_filters_and_projections() {
    run(
        "insert into narrow select amount, name from events where amount > 0",
        expect![[r#"
        +----+------+
        | id | name |
        +----+------+
        | 1  | a    |
        | 5  | bcd  |
        | 44 |      |
        | 5  | e    |
        +----+------+
        selected 110110"#]],
    );
    run(
        "insert into plain select id, name from events where id > 0 or name = 'x'",
        expect![[r#"
        +----+-------+
        | id | name  |
        +----+-------+
        | 1  | a     |
        | 2  | bcdef |
        | 3  | c     |
        | 4  |       |
        | 5  | e     |
        | 6  | ü     |
        +----+-------+"#]],
    );
    run(
        "insert into plain select id, name from events where name = 'nobody'",
        expect![[r#"
        +----+------+
        | id | name |
        +----+------+
        +----+------+
        selected 000000"#]],
    );
    run(
        "insert into plain select 7, 'x' from events where id < 3",
        expect![[r#"
        +----+------+
        | id | name |
        +----+------+
        | 7  | x    |
        | 7  | x    |
        +----+------+
        selected 110000"#]],
    );
}

#[test]
fn makes_each_partition_value_once() {
    run(
        "insert into parted select id, date_format(ts, 'yyyy-MM-dd'), date_format(ts, 'HH') from events",
        expect![[r#"
            +----+
            | id |
            +----+
            | 1  |
            | 2  |
            | 3  |
            | 4  |
            | 5  |
            | 6  |
            +----+
            Dictionary(Int32, Utf8): 1970-01-01 1970-01-01 1970-01-01 NULL 1970-01-02 1970-01-01 (2 texts)
            Dictionary(Int32, Utf8): 00 00 01 NULL 06 00 (3 texts)"#]],
    );
    run(
        "insert into typed select id, ts, amount from events where amount is not null",
        expect![[r#"
            +----+
            | id |
            +----+
            | 1  |
            | 2  |
            | 4  |
            | 5  |
            | 6  |
            +----+
            Dictionary(Int32, Utf8): 1970-01-01 1970-01-01 NULL 1970-01-02 1970-01-01 (2 texts)
            Dictionary(Int32, Utf8): 1 5 300 5 -1 (4 texts)
            selected 110111"#]],
    );
    run(
        "insert into parted select id, name, name like '_' from events",
        expect![[r#"
        +----+
        | id |
        +----+
        | 1  |
        | 2  |
        | 3  |
        | 4  |
        | 5  |
        | 6  |
        +----+
        Utf8: a bcdef c NULL e ü
        Utf8: TRUE FALSE TRUE NULL TRUE TRUE"#]],
    );
}

#[test]
fn columns_that_are_only_renamed_are_not_copied() {
    let bound =
        bind("insert into plain select x, y from (select id x, name y from events) z").unwrap();
    let transform = &bound[0].branches[0].transform;
    let batch = RecordBatch::new_empty(transform.input_schema());
    let out = transform.apply(&batch, Timestamp(0)).unwrap();
    assert!(Arc::ptr_eq(out.data.column(0), batch.column(0)));
    assert!(Arc::ptr_eq(out.data.column(1), batch.column(1)));
    assert!(matches!(out.source_rows, SourceRows::All));
    let wrong = RecordBatch::new_empty(transform.output_schema());
    assert_eq!(
        transform.apply(&wrong, Timestamp(0)).unwrap_err().kind(),
        crate::error::Kind::Schema
    );
}

#[test]
fn large_expressions_are_refused_or_run() {
    let wide = (0..2000).map(|i| format!("id = {i}")).collect::<Vec<_>>().join(" or ");
    assert!(bind(&format!("insert into plain select id, name from events where {wide}")).is_ok());
    let list = (0..5000).map(|i| i.to_string()).collect::<Vec<_>>().join(", ");
    assert!(
        bind(&format!("insert into plain select id, name from events where id in ({list})"))
            .is_ok()
    );
    let text = vec!["name"; 3000].join(" || ");
    assert!(bind(&format!("insert into plain select id, {text} from events")).is_ok());
    let deep = vec!["id"; 1000].join(" + ");
    let errors = bind(&format!("insert into plain select {deep}, name from events")).unwrap_err();
    assert_eq!(errors[0].message, "the expression is too large");
    // Each level doubles the expression.
    let mut query = "select id, name from events".to_owned();
    for _ in 0..20 {
        query = format!("select id + id as id, name from ({query}) t");
    }
    let errors = bind(&format!("insert into plain {query}")).unwrap_err();
    assert_eq!(errors[0].message, "the expression is too large");
    let mut query = "select id, name from events".to_owned();
    for _ in 0..9 {
        query = format!("select * from ({query} union all {query}) t");
    }
    let errors = bind(&format!("insert into plain {query}")).unwrap_err();
    assert_eq!(errors[0].message, "the query reads more than 256 tables");
}

#[test]
fn a_watermark_is_a_column_minus_an_interval() {
    let watermark = |table: &str, clause: &str| {
        let sql = format!("create table t (a int, watermark for {clause}) with ('connector'='x')");
        let statement =
            dialect::parse_statement(&sql).unwrap_or_else(|e| panic!("{}", e[0].message));
        let ast::StatementKind::CreateTable(create) = statement.kind else { panic!("{sql}") };
        let name = TableName { database: None, table: table.to_owned() };
        let schema = Known.table(&name).unwrap();
        let bound = bind_watermark(create.watermark().unwrap(), &schema, &BindOptions::default());
        (bound, schema)
    };
    for (table, clause, expected) in [
        ("events", "ts as ts - interval '5' second", "5s"),
        ("events", "ts as ts", "0ns"),
        ("events", "TS as `ts` - interval '1 2:00:00.5' day to second", "93600.5s"),
        ("logs", "ts as ts - interval '1' minute", "60s"),
        ("events", "ts as ts - interval '1' month", "months have no fixed length"),
        (
            "events",
            "ts as ts - interval '-1' second",
            "a watermark cannot run ahead of the event time",
        ),
        (
            "events",
            "ts as ts + interval '1' second",
            "a watermark is the column minus a constant interval",
        ),
        ("events", "nope as nope", "unknown column nope"),
        ("events", "id as id", "the event time column is bigint, not a timestamp"),
    ] {
        let found = match watermark(table, clause).0 {
            Ok(spec) => format!("{:?}", spec.delay),
            Err(e) => e.message,
        };
        assert_eq!(found, expected, "{clause}");
    }
    let (spec, _) = watermark("logs", "ts as ts - interval '1' second");
    let schema = Arc::new(Schema::new(vec![Field::new("millis", DataType::Int64, true)]));
    let millis: ArrayRef = Arc::new(Int64Array::from(vec![Some(5000), None, Some(7500)]));
    let batch = RecordBatch::try_new(schema, vec![millis]).unwrap();
    assert_eq!(spec.unwrap().watermark(&batch).unwrap(), Some(Timestamp(6500)));
}

/// Gives the columns that are read of the source, and what its readers are told of the filter.
fn read_of(sql: &str) -> String {
    let bound = bind(sql).unwrap();
    let branch = &bound[0].branches[0];
    let schema = branch.transform.input_schema();
    let reads = branch.transform.reads();
    let columns: Vec<&str> = reads.iter().map(|at| schema.field(*at).name().as_str()).collect();
    format!("{}: {:?}", columns.join(" "), branch.condition)
}

#[test]
fn partition_columns_are_read_like_others_and_conditions_told() {
    for (query, expected) in [
        ("SELECT id, hr FROM parted", expect!["id hr: None"]),
        ("SELECT * FROM (SELECT id, dt FROM parted) t", expect!["id dt: None"]),
        (
            "SELECT 1, 'x' FROM parted WHERE dt = '2026-01-01'",
            expect![[
                r#"dt: Some(Compare("dt", Equal, Text([50, 48, 50, 54, 45, 48, 49, 45, 48, 49])))"#
            ]],
        ),
        (
            "SELECT id, 'x' FROM parted WHERE id > 5 AND upper(hr) = 'A' AND dt IN ('a', 'b')",
            expect![[
                r#"id dt hr: Some(And([Compare("id", Greater, Number(5, 0)), In("dt", [Text([97]), Text([98])])]))"#
            ]],
        ),
        (
            "SELECT id, 'x' FROM typed WHERE n = 3 OR d >= '2026-01-01'",
            expect![[
                r#"id d n: Some(Or([Compare("n", Equal, Number(3, 0)), Compare("d", GreaterOrEqual, Date(20454))]))"#
            ]],
        ),
        ("SELECT id, 'x' FROM typed WHERE n = 3 OR id + 1 = 4", expect!["id n: None"]),
        (
            "SELECT id, 'x' FROM (SELECT * FROM typed WHERE n < 3) t WHERE id IS NOT NULL",
            expect![[r#"id n: Some(Compare("n", Less, Number(3, 0)))"#]],
        ),
    ] {
        expected.assert_eq(&read_of(&format!("INSERT INTO plain {query}")));
    }
}

#[test]
fn hints_stay_with_their_table() {
    let sql = "INSERT INTO plain SELECT id, dt FROM parted /*+ OPTIONS('a'='b') */ t UNION ALL SELECT id, name FROM events";
    let bound = bind(sql).unwrap();
    let hints = bound[0].branches.iter().map(|b| b.hints.iter().map(|h| h.text.trim()).collect());
    assert_eq!(hints.collect::<Vec<Vec<&str>>>(), [vec!["OPTIONS('a'='b')"], vec![]]);
}
