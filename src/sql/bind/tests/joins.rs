use std::sync::Arc;

use arrow::array::{
    ArrayRef, AsArray, BooleanArray, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow::datatypes::{Field, Int64Type, Schema};
use expect_test::expect;
use formats::types::HiveType;
use proptest::prelude::*;

use super::inserts::{bind, check};
use crate::sql::bind::*;
use crate::sql::lookup::{Dimension, LookupTable};
use crate::time::Timestamp;

#[test]
fn puts_each_condition_where_it_keeps_most_rows_out() {
    check(
        "insert into plain select o.id, u.name from orders o join users u on o.user_id = u.id where u.active and o.amount > 5 and u.level < o.amount",
        expect![[r#"
            into plain from orders
            where (amount > 5)
            join users on cast(user_id as bigint) = u.id
              of its rows where active
            where (u.level < amount)
            id = id
            name = u.name
        "#]],
    );
    check(
        "insert into plain select o.id, u.name from orders o left join users u on u.id = o.user_id and u.active and o.amount > 5 and u.level < o.amount where u.name <> 'x'",
        expect![[r#"
            into plain from orders
            left join users on cast(user_id as bigint) = u.id and (amount > 5) and (u.level < amount)
              of its rows where active
            where (u.name <> 'x')
            id = id
            name = u.name
        "#]],
    );
    check(
        "insert into plain select o.id, o.code from orders o left semi join users u on o.user_id = u.id and u.dt = '2026-01-01'",
        expect![[r#"
            into plain from orders
            left semi join users on cast(user_id as bigint) = u.id
              of its rows where (dt = '2026-01-01')
            id = id
            name = code
        "#]],
    );
}

#[test]
fn joins_several_tables_and_sub_selects() {
    check(
        "insert into plain select x.id, concat(c.label, x.n) from (select o.id, o.code, u.n from orders o left join (select id, coalesce(name, '?') n from users where dt >= '2026') u on o.user_id = u.id where o.amount > 1) x join codes c on x.code = c.code",
        expect![[r#"
            into plain from orders
            where (amount > 1)
            left join users on cast(user_id as bigint) = u.id
              of its rows where (dt >= '2026')
            join codes on code = c.code
            id = id
            name = concat(c.label, u.n)
        "#]],
    );
    check(
        "insert into plain select id, label from orders, codes c where orders.code = c.code and c.rate > 1",
        expect![[r#"
            into plain from orders
            join codes on code = c.code
              of its rows where (cast(rate as decimal(12,2)) > 1.00)
            id = id
            name = c.label
        "#]],
    );
    check(
        "with d as (select code k, label from codes) insert into plain select o.id, d.label from orders o join d for system_time as of o.p on o.code <=> d.k",
        expect![[r#"
            into plain from orders
            join codes on code <=> d.k
            id = id
            name = d.label
        "#]],
    );
    check(
        "insert into plain select * from (select o.id i, u.name n from orders o join users u using (id) union all select id, name from events) x",
        expect![[r#"
            into plain from orders
            join users on id = u.id
            id = id
            name = u.name
            into plain from events
            id = id
            name = name
        "#]],
    );
    check(
        "insert into plain select u1.id, u2.name from orders o join users u1 on o.user_id = u1.id left join users u2 on u1.level = u2.level",
        expect![[r#"
            into plain from orders
            join users on cast(user_id as bigint) = u1.id
            left join users on u1.level = u2.level
            id = u1.id
            name = u2.name
        "#]],
    );
}

#[test]
fn refuses_what_is_no_lookup() {
    let wrong = [
        "insert into plain select o.id, e.name from orders o join events e on o.id = e.id",
        "insert into plain select o.id, u.name from orders o right join users u on o.id = u.id",
        "insert into plain select o.id, u.name from orders o full outer join users u on o.id = u.id",
        "insert into plain select o.id, u.name from orders o join users u on o.id < u.id",
        "insert into plain select o.id, u.name from orders o cross join users u",
        "insert into plain select o.id, u.name from orders o left join users u on o.amount = 3",
        "insert into plain select id, u.name from orders o join users u on o.id = u.id",
        "insert into plain select o.id, o.name from orders o join users o on o.id = o.id",
        "insert into plain select o.id, u.name from orders o join (select id, name from users union all select id, name from plain) u on o.id = u.id",
        "insert into plain select o.id, x.name from orders o join (select u.id, u.name from users u join codes c on u.name = c.code) x on o.id = x.id",
        "insert into plain select o.id, u.name from orders o join (select id, name from users where dt = current_date) u on o.id = u.id",
        "insert into plain select o.id, u.name from orders o join users for system_time as of o.ts u on o.id = u.id",
        "insert into plain select o.id, u.name from orders o join users for system_time as of o.amount u on o.id = u.id",
        "insert into plain select o.id, u.name from orders o join users for system_version as of 3 u on o.id = u.id",
        "insert into plain select id, code from orders for system_time as of p",
        "insert into plain select o.id, u.name from orders o left semi join users u on o.user_id = u.id",
        "insert into plain select o.id, u.name from orders o join users u using (nothing)",
        "insert into plain select o.id, c.label from orders o, users u, codes c where o.code = c.code and u.name = c.code",
    ];
    let text: String = wrong
        .iter()
        .map(|sql| match bind(sql) {
            Ok(_) => format!("{sql}\n  is taken\n"),
            Err(errors) => {
                let lines = errors.iter().map(|e| {
                    let hint = e.hint.as_ref().map(|h| format!("\n    hint: {h}"));
                    format!("  {}{}\n", e.message, hint.unwrap_or_default())
                });
                format!("{sql}\n{}", lines.collect::<String>())
            }
        })
        .collect();
    expect![[r#"
        insert into plain select o.id, e.name from orders o join events e on o.id = e.id
          events is a stream: two streams cannot be joined
            hint: FROM names the stream first; JOIN and LEFT JOIN add Hive tables to it
        insert into plain select o.id, u.name from orders o right join users u on o.id = u.id
          RIGHT and FULL JOIN need all rows of the stream at once
            hint: FROM names the stream first; JOIN and LEFT JOIN add Hive tables to it
        insert into plain select o.id, u.name from orders o full outer join users u on o.id = u.id
          RIGHT and FULL JOIN need all rows of the stream at once
            hint: FROM names the stream first; JOIN and LEFT JOIN add Hive tables to it
        insert into plain select o.id, u.name from orders o join users u on o.id < u.id
          the join with users has no equality to look rows up by
            hint: write ON stream_column = table_column
        insert into plain select o.id, u.name from orders o cross join users u
          the join with users has no equality to look rows up by
            hint: write ON stream_column = table_column
        insert into plain select o.id, u.name from orders o left join users u on o.amount = 3
          the join with users has no equality to look rows up by
            hint: write ON stream_column = table_column
        insert into plain select id, u.name from orders o join users u on o.id = u.id
          column id is ambiguous
            hint: write o.id or u.id
        insert into plain select o.id, o.name from orders o join users o on o.id = o.id
          table o is there twice
            hint: give one of them an alias
          column id is ambiguous
            hint: give the columns of the sub-select different names
          column id is ambiguous
            hint: give the columns of the sub-select different names
          column id is ambiguous
            hint: give the columns of the sub-select different names
        insert into plain select o.id, u.name from orders o join (select id, name from users union all select id, name from plain) u on o.id = u.id
          a dimension is one table, not several
            hint: put UNION ALL around the joins, or its rows into one table
        insert into plain select o.id, x.name from orders o join (select u.id, u.name from users u join codes c on u.name = c.code) x on o.id = x.id
          a dimension cannot be the result of a join
            hint: join the tables one after the other, or join them in a table of their own
        insert into plain select o.id, u.name from orders o join (select id, name from users where dt = current_date) u on o.id = u.id
          the time in a sub-select of a dimension would be the time of its load
            hint: move it into the condition of the join: ON ... AND column > now()
        insert into plain select o.id, u.name from orders o join users for system_time as of o.ts u on o.id = u.id
          Event-Time Temporal Table Join requires both primary key and row time attribute in versioned table, but no row time attribute can be found.
            hint: declare proctime AS PROCTIME() in the source table, and write FOR SYSTEM_TIME AS OF stream.proctime
        insert into plain select o.id, u.name from orders o join users for system_time as of o.amount u on o.id = u.id
          Temporal table join currently only supports 'FOR SYSTEM_TIME AS OF' left table's time attribute field
            hint: declare proctime AS PROCTIME() in the source table, and write FOR SYSTEM_TIME AS OF stream.proctime
        insert into plain select o.id, u.name from orders o join users for system_version as of 3 u on o.id = u.id
          a dimension has no versions
            hint: write FOR SYSTEM_TIME AS OF stream.proctime, or leave it out
        insert into plain select id, code from orders for system_time as of p
          time travel is not supported in a streaming INSERT
            hint: it belongs behind a Hive table that is joined
        insert into plain select o.id, u.name from orders o left semi join users u on o.user_id = u.id
          unknown table in u.name
            hint: in scope: o
        insert into plain select o.id, u.name from orders o join users u using (nothing)
          unknown column nothing
            hint: columns here: id, user_id, code, amount, ts, p
        insert into plain select o.id, c.label from orders o, users u, codes c where o.code = c.code and u.name = c.code
          the join with users has no equality to look rows up by
            hint: write ON stream_column = table_column
    "#]].assert_eq(&text);
}

#[derive(Debug)]
struct Fixed(Option<Arc<LookupTable>>);

impl Dimension for Fixed {
    fn current(&self) -> Option<Arc<LookupTable>> {
        self.0.clone()
    }
}

#[derive(Debug, Clone)]
struct Order {
    user: Option<i32>,
    code: Option<&'static str>,
    amount: Option<i32>,
}

#[derive(Debug, Clone)]
struct User {
    id: Option<i64>,
    name: Option<&'static str>,
    level: Option<i32>,
    active: Option<bool>,
}

fn orders(orders: &[Order], transform: &Transform) -> RecordBatch {
    let ids = 0..orders.len() as i64;
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from_iter_values(ids)),
        Arc::new(orders.iter().map(|o| o.user).collect::<Int32Array>()),
        Arc::new(orders.iter().map(|o| o.code).collect::<StringArray>()),
        Arc::new(orders.iter().map(|o| o.amount).collect::<Int32Array>()),
        Arc::new(TimestampMicrosecondArray::from(vec![0; orders.len()])),
    ];
    RecordBatch::try_new(transform.input_schema(), columns).unwrap()
}

/// Gives the columns of the users that a query reads.
fn users(users: &[User], query: &LookupQuery) -> RecordBatch {
    let column = |name: &str| -> ArrayRef {
        match name {
            "id" => Arc::new(users.iter().map(|u| u.id).collect::<Int64Array>()),
            "name" => Arc::new(users.iter().map(|u| u.name).collect::<StringArray>()),
            "level" => Arc::new(users.iter().map(|u| u.level).collect::<Int32Array>()),
            "active" => Arc::new(users.iter().map(|u| u.active).collect::<BooleanArray>()),
            other => panic!("{other}"),
        }
    };
    let fields = query.columns().iter().map(|(name, ty)| Field::new(name, ty.to_arrow(), true));
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let columns = query.columns().iter().map(|(name, _)| column(name)).collect();
    RecordBatch::try_new(schema, columns).unwrap()
}

/// Loads users in pieces of some rows.
fn load(all: &[User], piece: usize, query: &LookupQuery) -> Arc<LookupTable> {
    let parts = all.chunks(piece.max(1)).map(|some| query.part(&users(some, query)).unwrap());
    Arc::new(query.build(parts.collect()).unwrap())
}

/// What a condition says: three values.
type Answer = Option<bool>;

fn both(a: Answer, b: Answer) -> Answer {
    match (a, b) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

fn same<T: PartialEq>(a: Option<T>, b: Option<T>) -> Answer {
    Some(a? == b?)
}

/// A join in words, and the same as a condition on pairs and a condition on the result.
struct Form {
    sql: &'static str,
    kind: LookupKind,
    on: fn(&Order, &User) -> Answer,
    keep: fn(&Order, Option<&User>) -> Answer,
}

const ALL: fn(&Order, Option<&User>) -> Answer = |_, _| Some(true);

const FORMS: &[Form] = &[
    Form {
        sql: "select o.id, u.name from orders o join users u on o.user_id = u.id",
        kind: LookupKind::Inner,
        on: |o, u| same(o.user.map(i64::from), u.id),
        keep: ALL,
    },
    Form {
        sql: "select o.id, u.name from orders o left join users u on u.id = o.user_id + 1 and u.level < o.amount and u.active",
        kind: LookupKind::Left,
        on: |o, u| {
            let id = same(o.user.map(|n| i64::from(n) + 1), u.id);
            let less = (|| Some(u.level? < o.amount?))();
            both(both(id, less), u.active)
        },
        keep: ALL,
    },
    Form {
        sql: "select o.id, u.name from orders o left join users u on o.code <=> u.name and o.amount > 1 where u.level is null or u.level <> 2",
        kind: LookupKind::Left,
        on: |o, u| both(Some(o.code == u.name), o.amount.map(|n| n > 1)),
        keep: |_, u| Some(u.and_then(|u| u.level) != Some(2)),
    },
    Form {
        sql: "select o.id, o.code from orders o left semi join users u on o.user_id = u.id and o.amount <> u.level",
        kind: LookupKind::Semi,
        on: |o, u| {
            let differ = (|| Some(o.amount? != u.level?))();
            both(same(o.user.map(i64::from), u.id), differ)
        },
        keep: ALL,
    },
    Form {
        sql: "select o.id, o.code from orders o left semi join users u on o.code = u.name where o.amount > 0",
        kind: LookupKind::Semi,
        on: |o, u| same(o.code, u.name),
        keep: |o, _| o.amount.map(|n| n > 0),
    },
    Form {
        sql: "select id, u.name from orders, (select id uid, name, active from users where level >= 1) u where user_id = uid and code = name and (active or amount > 1)",
        kind: LookupKind::Inner,
        on: |o, u| {
            let keys = both(same(o.user.map(i64::from), u.id), same(o.code, u.name));
            both(keys, u.level.map(|n| n >= 1))
        },
        keep: |o, u| match (u.and_then(|u| u.active), o.amount.map(|n| n > 1)) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), Some(false)) => Some(false),
            _ => None,
        },
    },
    Form {
        sql: "select o.id, u.name from orders o join users u on o.code <=> u.name and o.amount <=> u.level",
        kind: LookupKind::Inner,
        on: |o, u| Some(o.code == u.name && o.amount == u.level),
        keep: ALL,
    },
];

/// Compares every order with every user.
fn nested_loop(form: &Form, orders: &[Order], users: &[User]) -> Vec<(i64, Option<String>)> {
    let mut rows = Vec::new();
    for (id, order) in (0..).zip(orders) {
        let name = |user: Option<&User>| match form.kind {
            LookupKind::Semi => order.code.map(str::to_owned),
            LookupKind::Inner | LookupKind::Left => user.and_then(|u| u.name).map(str::to_owned),
        };
        let mut partners: Vec<Option<&User>> =
            users.iter().filter(|u| (form.on)(order, u) == Some(true)).map(Some).collect();
        match form.kind {
            LookupKind::Inner => {}
            LookupKind::Left if partners.is_empty() => partners.push(None),
            LookupKind::Left => {}
            LookupKind::Semi => partners.truncate(1),
        }
        for user in partners {
            if (form.keep)(order, user) == Some(true) {
                rows.push((id, name(user)));
            }
        }
    }
    rows
}

fn rows_of(out: &Transformed) -> Vec<(i64, Option<String>)> {
    let ids = out.data.column(0).as_primitive::<Int64Type>();
    let names = out.data.column(1).as_string::<i32>();
    ids.values().iter().zip(names.iter()).map(|(id, n)| (*id, n.map(str::to_owned))).collect()
}

fn few(of: &'static [&'static str]) -> impl Strategy<Value = Option<&'static str>> {
    prop::option::weighted(0.8, prop::sample::select(of))
}

const NAMES: &[&str] = &["", "a", "b", "bc", "ü"];

prop_compose! {
    fn an_order()(user in prop::option::weighted(0.8, -1..4i32), code in few(NAMES), amount in prop::option::of(0..3i32)) -> Order {
        Order { user, code, amount }
    }
}

prop_compose! {
    fn a_user()(id in prop::option::weighted(0.8, -1..4i64), name in few(NAMES), level in prop::option::of(0..3i32), active in any::<Option<bool>>()) -> User {
        User { id, name, level, active }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// A lookup gives what comparing all pairs gives, in the order of the stream and then of the table.
    #[test]
    fn joins_as_a_nested_loop_does(
        stream in prop::collection::vec(an_order(), 0..12),
        table in prop::collection::vec(a_user(), 0..12),
        piece in 1..5usize,
    ) {
        for form in FORMS {
            let bound = bind(&format!("insert into plain {}", form.sql)).unwrap();
            let mut transform = bound.into_iter().next().unwrap().branches.remove(0).transform;
            transform
                .open_dimensions(&mut |query, _| Ok(Arc::new(Fixed(Some(load(&table, piece, query))))))
                .unwrap();
            let batch = orders(&stream, &transform);
            let out = transform.apply(&batch, Timestamp(0)).unwrap();
            let expected = nested_loop(form, &stream, &table);
            prop_assert_eq!(rows_of(&out), expected.clone(), "{}", form.sql);
            let from: Vec<i64> = match out.source_rows.list() {
                Some(rows) => rows.into_iter().map(|row| row as i64).collect(),
                None => (0..stream.len() as i64).collect(),
            };
            let ids: Vec<i64> = expected.iter().map(|(id, _)| *id).collect();
            let mut different = ids.clone();
            different.dedup();
            prop_assert_eq!(out.source_rows.count(stream.len()), different.len());
            prop_assert_eq!(from, ids);
        }
    }
}

#[test]
fn a_batch_that_becomes_too_many_rows_is_given_back() {
    let one = User { id: Some(1), name: Some("a"), level: None, active: None };
    let order = Order { user: Some(1), code: None, amount: None };
    for (sql, rows, most, expected) in [
        ("join users u on o.user_id = u.id", 2, 6, Some(6)),
        ("join users u on o.user_id = u.id", 2, 5, None),
        ("left join users u on o.user_id = u.id", 2, 5, None),
        ("left join users u on o.user_id = u.id and u.level > o.amount", 2, 5, None),
        ("join users u on o.user_id = u.id join users v on v.name = u.name", 2, 17, None),
        ("join users u on o.user_id = u.id join users v on v.name = u.name", 2, 18, Some(18)),
        ("join users u on o.user_id = u.id", 1, 2, Some(3)),
        ("left semi join plain u on o.user_id = u.id", 2, 1, Some(2)),
    ] {
        let bound = bind(&format!("insert into plain select o.id, o.code from orders o {sql}"));
        let mut transform = bound.unwrap().remove(0).branches.remove(0).transform;
        let table = vec![one.clone(); 3];
        transform
            .open_dimensions(&mut |query, _| Ok(Arc::new(Fixed(Some(load(&table, 2, query))))))
            .unwrap();
        let batch = orders(&vec![order.clone(); rows], &transform);
        let out = transform.apply_within(&batch, Timestamp(0), most).unwrap();
        assert_eq!(out.map(|out| out.data.num_rows()), expected, "{sql} {most}");
    }
}

#[test]
fn waits_for_a_dimension_that_would_lose_rows() {
    for (sql, waits) in [
        ("select o.id, u.name from orders o join users u on o.user_id = u.id", true),
        ("select o.id, u.name from orders o left join users u on o.user_id = u.id", false),
        ("select o.id, o.code from orders o left semi join users u on o.user_id = u.id", true),
        ("select id, code from orders", false),
    ] {
        let bound = bind(&format!("insert into plain {sql}")).unwrap();
        let mut transform = bound.into_iter().next().unwrap().branches.remove(0).transform;
        transform.open_dimensions(&mut |_, _| Ok(Arc::new(Fixed(None)))).unwrap();
        assert_eq!(transform.waits(), waits, "{sql}");
        if !waits {
            let order = Order { user: Some(1), code: None, amount: None };
            let batch = orders(&[order], &transform);
            let out = transform.apply(&batch, Timestamp(0)).unwrap();
            assert_eq!(rows_of(&out), [(0, None)]);
        }
    }
}

#[test]
fn one_copy_serves_equal_queries() {
    let query = |sql: &str| {
        let bound = bind(&format!("insert into plain {sql}")).unwrap();
        bound.into_iter().next().unwrap().branches.remove(0).transform
    };
    let one = query("select o.id, u.name from orders o join users u on o.user_id = u.id");
    let one = Arc::clone(one.lookups()[0].query());
    for (sql, serves) in [
        ("select o.amount, x.name from orders o left join users x on o.id = x.id", true),
        ("select e.id, concat(u.name, '!') from events e join users u on u.id = e.id", true),
        ("select o.id, u.dt from orders o join users u on o.user_id = u.id", false),
        ("select o.id, u.name from orders o join users u on o.code = u.name", false),
        ("select o.id, u.name from orders o join users u on o.user_id <=> u.id", false),
        ("select o.id, u.name from orders o join users u on o.user_id = u.id and u.active", false),
    ] {
        let other = query(sql);
        assert_eq!(one.serves(other.lookups()[0].query()), serves, "{sql}");
    }
}

#[test]
fn readers_are_told_of_the_filters_that_they_understand() {
    let mut text = String::new();
    for filter in [
        "u.dt = '2026-01-01' and u.level > 3",
        "3 >= u.level and upper(u.name) = 'A'",
        "u.level in (1, 2) or u.name is null",
        "u.level in (1, 2) or length(u.name) > 3",
        "u.level = '3'",
        "u.active",
        "u.id between 1 and 5 and u.name is not null",
        "not u.level = 3",
        "u.level <> o.amount",
    ] {
        let sql = format!(
            "insert into plain select o.id, u.name from orders o join users u on o.id = u.id where {filter}"
        );
        let transform = bind(&sql).unwrap().remove(0).branches.remove(0).transform;
        let predicate = transform.lookups()[0].query().predicate().cloned();
        text += &format!("{filter}\n  {predicate:?}\n");
    }
    expect![[r#"
        u.dt = '2026-01-01' and u.level > 3
          Some(And([Compare("dt", Equal, Text([50, 48, 50, 54, 45, 48, 49, 45, 48, 49])), Compare("level", Greater, Number(3, 0))]))
        3 >= u.level and upper(u.name) = 'A'
          Some(Compare("level", LessOrEqual, Number(3, 0)))
        u.level in (1, 2) or u.name is null
          Some(Or([In("level", [Number(1, 0), Number(2, 0)]), IsNull("name")]))
        u.level in (1, 2) or length(u.name) > 3
          None
        u.level = '3'
          None
        u.active
          None
        u.id between 1 and 5 and u.name is not null
          Some(And([Compare("id", GreaterOrEqual, Number(1, 0)), Compare("id", LessOrEqual, Number(5, 0))]))
        not u.level = 3
          None
        u.level <> o.amount
          None
    "#]].assert_eq(&text);
}

#[test]
fn keys_are_equal_as_values_of_their_type_are() {
    let sql = "insert into plain select 1, 'x' from s o join d on o.x = d.x";
    for (ty, left, right, pairs) in [
        ("double", vec!["0.0", "NaN", "1.5"], vec!["-0.0", "NaN", "2.5"], 2),
        ("float", vec!["0.0", "NaN"], vec!["-0.0", "NaN", "NaN"], 3),
        ("decimal(30,2)", vec!["1.00", "99999999999999999999.99"], vec!["1", "1.01"], 1),
        ("boolean", vec!["true", "false"], vec!["false"], 1),
        ("tinyint", vec!["-1", "7"], vec!["7", "7"], 2),
        ("smallint", vec!["-300", "7"], vec!["-300"], 1),
        ("date", vec!["2026-01-01"], vec!["2026-01-01", "2026-01-02"], 1),
        ("timestamp", vec!["2026-01-01 00:00:00"], vec!["2026-01-01 00:00:00"], 1),
        ("binary", vec!["a", ""], vec!["", "b"], 1),
        ("char(3)", vec!["a", "ab"], vec!["ab", "abc"], 1),
    ] {
        let ty: HiveType = ty.parse().unwrap();
        let statement = dialect::parse_statement(sql).unwrap();
        let bound = bind_inserts(&statement, &Typed(ty.clone()), &BindOptions::default()).unwrap();
        let mut transform = bound.into_iter().next().unwrap().branches.remove(0).transform;
        let column = |texts: &[&str], schema: arrow::datatypes::SchemaRef| {
            let texts: ArrayRef = Arc::new(StringArray::from_iter_values(texts));
            let session = crate::sql::functions::Session::default();
            let typed = crate::sql::functions::cast::cast_array(&texts, &ty, session).unwrap();
            RecordBatch::try_new(schema, vec![typed]).unwrap()
        };
        let (left, schema) = (column(&left, transform.input_schema()), transform.input_schema());
        transform
            .open_dimensions(&mut |query, _| {
                let part = query.part(&column(&right, Arc::clone(&schema)))?;
                Ok(Arc::new(Fixed(Some(Arc::new(query.build(vec![part])?)))))
            })
            .unwrap();
        let out = transform.apply(&left, Timestamp(0)).unwrap();
        assert_eq!(out.data.num_rows(), pairs, "{ty}");
    }
}

/// A stream `s` and a table `d` with one column of a type.
struct Typed(HiveType);

impl Tables for Typed {
    fn table(&self, name: &TableName) -> Option<TableSchema> {
        let column = |name: &str, ty: HiveType| TableColumn {
            name: name.to_owned(),
            kind: TableColumnKind::Stored(ty),
        };
        let (columns, kind) = match name.table.as_str() {
            "s" => (vec![column("x", self.0.clone())], TableKind::Source),
            "d" => (vec![column("x", self.0.clone())], TableKind::Hive),
            "plain" => (
                vec![column("id", HiveType::BigInt), column("name", HiveType::String)],
                TableKind::Hive,
            ),
            _ => return None,
        };
        Some(TableSchema { columns, kind, ..TableSchema::default() })
    }
}
