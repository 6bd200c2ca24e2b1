//! What is printed parses to an equal tree, for any tree.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use dialect::ast::{
    Accessor, Binary, BinaryOp, BinaryRest, DataType, Expr, ExprKind, FunctionArg, FunctionCall,
    Ident, Interval, IntervalUnit, IsTest, LikeOp, Literal, NumberLit, NumberSuffix, ObjectName,
    QueryBody, SelectItem, Span, StatementKind, StringLit, StructField, TypeKind, UnaryOp,
    WhenThen,
};
use proptest::prelude::*;

fn node(kind: ExprKind) -> Expr {
    Expr { span: Span::default(), kind }
}

fn boxed(kind: ExprKind) -> Box<Expr> {
    Box::new(node(kind))
}

fn name() -> impl Strategy<Value = Ident> {
    prop_oneof!["[a-z][a-z0-9_]{0,3}", "[a-zA-Z`. é]{1,4}"].prop_map(Ident::new)
}

fn leaf() -> impl Strategy<Value = ExprKind> {
    let number = |(raw, suffix): (&'static str, NumberSuffix)| {
        Literal::Number(NumberLit { span: Span::default(), raw: raw.to_owned(), suffix })
    };
    let literal = prop_oneof![
        Just(Literal::Null),
        any::<bool>().prop_map(Literal::Boolean),
        "[a-z'\\\\%_\n é\"]{0,5}".prop_map(|value| Literal::String(StringLit::new(&value))),
        Just(number(("10", NumberSuffix::None))),
        Just(number(("1.5e3", NumberSuffix::None))),
        Just(number(("7L", NumberSuffix::BigInt))),
        Just(Literal::Date(StringLit::new("2024-01-01"))),
    ];
    prop_oneof![
        literal.prop_map(ExprKind::Literal),
        prop::collection::vec(name(), 1..4)
            .prop_map(|parts| ExprKind::Name(ObjectName { span: Span::default(), parts })),
    ]
}

/// The operators of each level.
const LEVELS: &[&[BinaryOp]] = &[
    &[BinaryOp::Or],
    &[BinaryOp::And],
    &[BinaryOp::Eq, BinaryOp::NullSafeEq, BinaryOp::IsNotDistinctFrom, BinaryOp::BangEq],
    &[BinaryOp::BitOr],
    &[BinaryOp::BitAnd],
    &[BinaryOp::Concat],
    &[BinaryOp::Plus, BinaryOp::Minus],
    &[BinaryOp::Multiply, BinaryOp::Divide, BinaryOp::IntegerDivide],
    &[BinaryOp::BitXor],
];

fn run(first: Expr, rest: Vec<(usize, Expr)>, level: usize) -> ExprKind {
    let ops = LEVELS[level % LEVELS.len()];
    let rest = rest.into_iter().map(|(op, operand)| BinaryRest {
        op: ops[op % ops.len()],
        op_span: Span::default(),
        operand,
    });
    ExprKind::Binary(Binary { first: Box::new(first), rest: rest.collect() })
}

fn expr() -> impl Strategy<Value = Expr> {
    leaf().prop_map(node).prop_recursive(5, 40, 4, |inner| {
        let b = || inner.clone().prop_map(Box::new);
        let list = || prop::collection::vec(inner.clone(), 1..4);
        let sign = prop::sample::select(&[UnaryOp::Minus, UnaryOp::Plus, UnaryOp::BitNot][..]);
        let not = prop::sample::select(&[UnaryOp::Not, UnaryOp::Bang][..]);
        let unary =
            prop_oneof![prop::collection::vec(sign, 1..4), prop::collection::vec(not, 1..4),];
        let run_of = prop::collection::vec((0..4usize, inner.clone()), 1..4);
        prop_oneof![
            3 => (inner.clone(), run_of, 0..LEVELS.len()).prop_map(|(f, r, l)| run(f, r, l)),
            1 => (inner.clone(), inner.clone()).prop_map(|(l, r)| ExprKind::Binary(Binary {
                first: Box::new(l),
                rest: vec![BinaryRest { op: BinaryOp::Lt, op_span: Span::default(), operand: r }],
            })),
            2 => (unary, b()).prop_map(|(ops, operand)| ExprKind::Unary { ops, operand }),
            1 => (b(), any::<bool>()).prop_map(|(operand, negated)| {
                ExprKind::Is { operand, negated, test: IsTest::Null }
            }),
            1 => (b(), any::<bool>(), b(), b()).prop_map(|(operand, negated, low, high)| {
                ExprKind::Between { operand, negated, low, high }
            }),
            1 => (b(), any::<bool>(), list()).prop_map(|(operand, negated, list)| {
                ExprKind::InList { operand, negated, list }
            }),
            1 => (b(), any::<bool>(), b()).prop_map(|(operand, negated, pattern)| {
                ExprKind::Like { operand, negated, op: LikeOp::Rlike, pattern }
            }),
            1 => (proptest::option::of(b()), list(), proptest::option::of(b())).prop_map(
                |(operand, list, otherwise)| {
                    let branches = list.iter().map(|when| WhenThen {
                        span: Span::default(),
                        when: when.clone(),
                        then: when.clone(),
                    });
                    ExprKind::Case { operand, branches: branches.collect(), otherwise }
                }
            ),
            1 => (b(), data_type()).prop_map(|(operand, data_type)| {
                ExprKind::Cast { operand, data_type, format: None }
            }),
            1 => b().prop_map(|value| {
                ExprKind::Interval(Interval { value, unit: IntervalUnit::DayToSecond })
            }),
            1 => (name(), list()).prop_map(|(name, list)| {
                ExprKind::Function(Box::new(FunctionCall {
                    name: ObjectName { span: Span::default(), parts: vec![name] },
                    quantifier: None,
                    args: list.into_iter().map(FunctionArg::Expr).collect(),
                    nulls: None,
                    within_group: vec![],
                    over: None,
                }))
            }),
            1 => (list(), inner.clone()).prop_map(|(mut list, last)| {
                list.push(last);
                ExprKind::Row(list)
            }),
            1 => (b(), name(), inner.clone()).prop_map(|(base, name, index)| {
                // Steps into steps are one list.
                let base = match base.kind {
                    ExprKind::Access { base, .. } => base,
                    _ => base,
                };
                ExprKind::Access {
                    base,
                    path: vec![Accessor::Index(index), Accessor::Field(name)],
                }
            }),
        ]
        .prop_map(node)
    })
}

fn data_type() -> impl Strategy<Value = DataType> {
    let plain = |kind| DataType { span: Span::default(), kind };
    let leaf = prop_oneof![
        Just(TypeKind::Int),
        Just(TypeKind::String),
        Just(TypeKind::Decimal { precision: Some(10), scale: Some(2) }),
        Just(TypeKind::Decimal { precision: None, scale: None }),
        Just(TypeKind::Varchar(5)),
        Just(TypeKind::Timestamp { precision: Some(3) }),
        Just(TypeKind::TimestampLocalTz { precision: Some(3) }),
    ];
    leaf.prop_map(plain).prop_recursive(3, 10, 3, move |inner| {
        prop_oneof![
            inner.clone().prop_map(|e| TypeKind::Array(Box::new(e))),
            inner.clone().prop_map(|e| {
                let key = DataType { span: Span::default(), kind: TypeKind::String };
                TypeKind::Map(Box::new(key), Box::new(e))
            }),
            prop::collection::vec((name(), inner.clone()), 1..3).prop_map(|fields| {
                let fields = fields.into_iter().map(|(name, data_type)| StructField {
                    span: Span::default(),
                    name,
                    data_type,
                    comment: Some(StringLit::new("it's")),
                });
                TypeKind::Struct(fields.collect())
            }),
            prop::collection::vec(inner, 1..3).prop_map(TypeKind::Union),
        ]
        .prop_map(plain)
    })
}

fn parse_expr(text: &str) -> Expr {
    let statement = dialect::parse_statement(&format!("SELECT {text} AS x")).unwrap();
    let StatementKind::Query(query) = statement.kind else { panic!("{text}") };
    let QueryBody::Select(mut select) = query.body else { panic!("{text}") };
    match select.items.pop() {
        Some(SelectItem::Expr { expr, .. }) => expr,
        other => panic!("{other:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn expressions_survive_printing(expr in expr()) {
        let printed = expr.to_string();
        prop_assert_eq!(parse_expr(&printed), expr, "{}", printed);
    }

    #[test]
    fn strings_and_names_survive_printing(value in any::<String>()) {
        let literal = StringLit::new(&value);
        prop_assert_eq!(literal.value(), value.as_str());
        let expr = node(ExprKind::Literal(Literal::String(literal)));
        prop_assert_eq!(parse_expr(&expr.to_string()), expr);
        if !value.is_empty() {
            let parts = vec![Ident::new(value)];
            let expr = node(ExprKind::Name(ObjectName { span: Span::default(), parts }));
            prop_assert_eq!(parse_expr(&expr.to_string()), expr);
        }
    }
}

#[test]
fn wrong_trees_are_printed_with_parentheses() {
    let column = |name: &str| node(ExprKind::Name(ObjectName::new([name])));
    let not = boxed(ExprKind::Unary { ops: vec![UnaryOp::Not], operand: Box::new(column("a")) });
    let minus = ExprKind::Unary { ops: vec![UnaryOp::Minus], operand: not };
    assert_eq!(node(minus).to_string(), "-(NOT a)");
}
