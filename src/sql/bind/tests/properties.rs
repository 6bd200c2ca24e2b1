use proptest::prelude::*;

use super::values::{compute, constant, constants_to_columns, parse};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// No call of any function with any constants panics, neither while it is bound nor as columns.
    #[test]
    fn no_call_panics(
        name in prop::sample::select(crate::sql::functions::names()),
        args in prop::collection::vec(prop::sample::select(ARGUMENTS), 0..4),
    ) {
        let text = format!("{name}({})", args.join(", "));
        drop(constant(&text));
        if let Ok(mut expr) = parse(&text) {
            let mut columns = Vec::new();
            constants_to_columns(&mut expr, 1, &mut columns);
            drop(compute(&expr, &columns, 2));
            let mut expr = parse(&text).unwrap();
            columns.clear();
            constants_to_columns(&mut expr, usize::MAX, &mut columns);
            drop(compute(&expr, &columns, 2));
        }
    }

    /// No operator panics.
    #[test]
    fn no_operator_panics(
        op in prop::sample::select(OPERATORS),
        a in prop::sample::select(ARGUMENTS),
        b in prop::sample::select(ARGUMENTS),
    ) {
        let text = format!("({a}) {op} ({b})");
        drop(constant(&text));
        if let Ok(mut expr) = parse(&text) {
            let mut columns = Vec::new();
            constants_to_columns(&mut expr, 1, &mut columns);
            drop(compute(&expr, &columns, 2));
        }
    }
}

const OPERATORS: &[&str] = &[
    "+", "-", "*", "/", "%", "div", "&", "|", "^", "=", "<>", "<", ">=", "<=>", "and", "or",
    "like", "rlike", "||", "in",
];

const ARGUMENTS: &[&str] = &[
    "null",
    "true",
    "0",
    "1",
    "-1",
    "7",
    "2147483647",
    "-2147483648",
    "9223372036854775807L",
    "-9223372036854775807L - 1L",
    "-128Y",
    "3S",
    "1.5",
    "-0.05",
    "99999999999999999999999999999999999999",
    "0.00000000000000000000000000000000000001",
    "cast('NaN' as double)",
    "1e308",
    "-1e-300",
    "cast(1.5 as float)",
    "''",
    "'a'",
    "'äöü€'",
    "' 12 '",
    "'a,b,,c'",
    "'(\\\\d+)-?'",
    "'%_%'",
    "'$1'",
    "'yyyy-MM-dd HH:mm:ss.SSS z'",
    "'2020-02-29'",
    "'2020-02-29 23:59:59.999999'",
    "date '2020-02-29'",
    "date '0001-01-01'",
    "date '9999-12-31'",
    "timestamp '2020-02-29 12:30:00.5'",
    "cast(9223372036854775L as timestamp)",
    "cast(-9223372036854775L as timestamp)",
    "cast('xyz' as binary)",
    "array(1, 2)",
    "array('a', null)",
    "array()",
    "map('a', 1)",
    "named_struct('a', 1)",
    "interval '5' second",
    "interval '-1' month",
    "'Europe/Berlin'",
    "'{\"a\":[1,{\"b\":null}]}'",
    "'$.a[*].b'",
    "'MONTH'",
    "2147483647 - 3",
];
