use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;
use crate::Kind;
use crate::names::PartitionSpec;

fn keys() -> Vec<FieldSchema> {
    [("dt", "string"), ("hr", "int"), ("d", "date"), ("v", "varchar(20)"), ("f", "double")]
        .map(|(name, type_text)| FieldSchema::new(name, type_text))
        .to_vec()
}

fn spec(values: [Option<&str>; 5]) -> PartitionSpec {
    PartitionSpec::new(["dt", "hr", "d", "v", "f"].into_iter().zip(values))
}

/// Lists the numbers of the partitions that a filter selects out of five.
fn check(filter: &str, want: &Expect) {
    let partitions = [
        spec([Some("2026-01-01"), Some("07"), Some("2026-01-01"), Some("a b"), Some("1.5")]),
        spec([Some("2026-01-01"), Some("10"), Some("2026-1-2"), Some("abc"), Some("2")]),
        spec([Some("2026-01-02"), Some("-1"), Some("2025-12-31"), Some("100%"), Some("3")]),
        spec([None, None, None, None, None]),
        spec([Some("US/East"), Some("x"), Some("soon"), Some("a'b"), Some("y")]),
    ];
    let found = match Filter::parse(filter).and_then(|f| f.bind(&keys())) {
        Err(error) => format!("{:?}: {error}", error.kind()),
        Ok(predicate) => {
            let matching = (0..).zip(&partitions).filter(|(_, p)| predicate.matches(p));
            for (_, partition) in matching.clone() {
                assert!(partition.to_string().starts_with(&predicate.path_prefix()), "{filter}");
            }
            matching.map(|(i, _)| i.to_string()).collect::<Vec<_>>().join(" ")
        }
    };
    want.assert_eq(&found);
}

#[test]
fn comparisons_follow_the_column_type() {
    check("dt = '2026-01-01'", &expect!["0 1"]);
    check("dt == \"2026-01-01\"", &expect!["0 1"]);
    check("'2026-01-01' < dt", &expect!["2 3 4"]);
    check("dt <> '2026-01-01'", &expect!["2 3 4"]);
    check("dt != '__HIVE_DEFAULT_PARTITION__'", &expect!["0 1 2 4"]);
    check("dt = 2026-01-02", &expect!["2"]);
    check("hr > 5", &expect!["0 1"]);
    check("hr = '07'", &expect!["0"]);
    check("7 >= hr", &expect!["0 2"]);
    check("hr <> 7", &expect!["1 2"]);
    check("hr = 7L", &expect!["0"]);
    check("d >= '2026-01-01'", &expect!["0 1"]);
    check("d = date '2026-01-02'", &expect!["1"]);
    check("date '2026-01-01' > d", &expect!["2"]);
    check("v = 'abc'", &expect!["1"]);
}

#[test]
fn lists_ranges_and_patterns() {
    check("dt between '2026-01-01' and '2026-01-02'", &expect!["0 1 2"]);
    check("hr not between 0 and 8", &expect!["1 2"]);
    check("hr in (10, 7, -1)", &expect!["0 1 2"]);
    check("(hr) in (10)", &expect!["1"]);
    check("hr not in (7)", &expect!["1 2"]);
    check("dt not in ('2026-01-01', 'US/East')", &expect!["2 3"]);
    check("dt like '2026-%-01'", &expect!["0 1"]);
    check("dt not like '2026%'", &expect!["3 4"]);
    check(r"v like '%\%'", &expect!["2"]);
    check("v like 'a_b'", &expect!["0 4"]);
    check("v like \"a'b\"", &expect!["4"]);
    check("dt like '%%/%%'", &expect!["4"]);
}

#[test]
fn conditions_combine() {
    check("dt = '2026-01-01' and hr = 10", &expect!["1"]);
    check("dt = '2026-01-02' or hr = 7 and d = '2026-01-01'", &expect!["0 2"]);
    check("(dt = '2026-01-02' or hr = 7) and d = '2026-01-01'", &expect!["0"]);
    check("not hr = 7", &expect!["1 2"]);
    check("NOT (hr = 7 OR dt = 'US/East')", &expect!["1 2"]);
    check("hr = 7 or dt >= 'U'", &expect!["0 3 4"]);
    check("`dt` = '2026-01-01' AND NOT NOT DT like '%'", &expect!["0 1"]);
}

#[test]
fn wrong_filters_say_where() {
    check("", &expect!["Config: partition filter should have a partition column here (offset=0)"]);
    check(
        "dt",
        &expect![
            "Config: partition filter should have a comparison, like, between or in here (offset=2)"
        ],
    );
    check(
        "dt = ",
        &expect![
            "Config: partition filter should have a quoted text, an integer or a date here (offset=5)"
        ],
    );
    check("dt = 'a", &expect!["Config: partition filter has a quote without an end (offset=5)"]);
    check(
        "dt = 'a' hr = 1",
        &expect!["Config: partition filter should have the end, and or or here (offset=9)"],
    );
    check(
        "dt = 'a';",
        &expect!["Config: partition filter has a character that starts nothing (offset=8)"],
    );
    check(
        "(dt = 'a'",
        &expect!["Config: partition filter should have a closing parenthesis here (offset=9)"],
    );
    check(
        "hr = 1.5",
        &expect!["Config: partition filter has a number that is no 64-bit integer (offset=5)"],
    );
    check(
        "hr = 99999999999999999999",
        &expect!["Config: partition filter has a number that is no 64-bit integer (offset=5)"],
    );
    check(
        "hr in ()",
        &expect![
            "Config: partition filter should have a quoted text, an integer or a date here (offset=7)"
        ],
    );
    check(
        "hr = 'x'",
        &expect![
            "Config: literal in the partition filter is not of the column's type (column=hr, literal='x')"
        ],
    );
    check(
        "d = 5",
        &expect![
            "Config: literal in the partition filter is not of the column's type (column=d, literal=5)"
        ],
    );
    check(
        "nope = 5",
        &expect!["Config: filter names a column that is not a partition column (column=nope)"],
    );
    check("hr like '1%'", &expect!["Config: like needs a text column (column=hr)"]);
    check(
        "f > 1",
        &expect![
            "Unsupported: partition filter compares only text, integer and date columns (column=f, type=double)"
        ],
    );
    check(
        "and = 1",
        &expect!["Config: partition filter should have a partition column here (offset=0)"],
    );
}

#[test]
fn deep_and_long_filters_are_bounded() {
    let deep = |n| format!("{}hr = 1{}", "(".repeat(n), ")".repeat(n));
    assert!(Filter::parse(&deep(100)).is_ok());
    assert_eq!(Filter::parse(&deep(101)).unwrap_err().kind(), Kind::Config);
    assert!(Filter::parse(&format!("{}hr = 1", "not ".repeat(101))).is_err());
    assert!(Filter::parse(&"x".repeat(MAX_FILTER_BYTES + 1)).is_err());
    assert!(Filter::parse(&vec!["hr = 1"; 20_000].join(" or ")).is_ok());
}

#[test]
fn equal_leading_columns_give_a_path_prefix() {
    for (filter, prefix) in [
        ("dt = 'US/East' and hr = 7", "dt=US%2FEast"),
        ("dt = ''", "dt=__HIVE_DEFAULT_PARTITION__"),
        ("hr = 7", ""),
        ("dt = 'a' or dt = 'b'", ""),
        ("not dt = 'a'", ""),
    ] {
        assert_eq!(
            Filter::parse(filter).unwrap().bind(&keys()).unwrap().path_prefix(),
            prefix,
            "{filter}"
        );
    }
}

fn any_filter() -> impl Strategy<Value = String> {
    let literal =
        prop_oneof!["'[a-z%_]{0,3}'", "-?[0-9]{1,4}", Just("date '2026-02-28'".to_owned())];
    let op = prop::sample::select(vec!["=", "!=", "<>", "<", "<=", ">", ">=", "like"]);
    let leaf = prop_oneof![
        (op, literal.clone()).prop_map(|(op, v)| format!("dt {op} {v}")),
        (literal.clone(), literal.clone()).prop_map(|(a, b)| format!("hr not between {a} and {b}")),
        prop::collection::vec(literal, 1..4).prop_map(|v| format!("v in ({})", v.join(","))),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4)
                .prop_map(|v| format!("({})", v.join(" AND "))),
            prop::collection::vec(inner.clone(), 2..4)
                .prop_map(|v| format!("({})", v.join(" or "))),
            inner.prop_map(|f| format!("not ({f})")),
        ]
    })
}

proptest! {
    #[test]
    fn printed_filters_read_back_equal(text in any_filter()) {
        let filter = Filter::parse(&text).unwrap();
        prop_assert_eq!(Filter::parse(&filter.to_string()).unwrap(), filter);
    }

    #[test]
    fn any_text_is_read_or_refused(text in r#"[ a-z0-9'"`()<>=!,\\%é-]{0,40}"#) {
        if let Ok(filter) = Filter::parse(&text) {
            prop_assert_eq!(Filter::parse(&filter.to_string()).unwrap(), filter);
        }
    }

    #[test]
    fn any_column_name_is_printed_readably(name in "[^`]{1,8}") {
        let filter = Filter::parse(&format!("`{name}` = 1")).unwrap();
        prop_assert_eq!(Filter::parse(&filter.to_string()).unwrap(), filter);
    }
}
