use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{DataType, Field, Schema};
use datafusion_common::ScalarValue;
use datafusion_expr::Expr;
use dialect::ast;
use formats::types::HiveType;

use crate::sql::bind::expr::Binder;
use crate::sql::bind::scope::{Relation, Scope};
use crate::sql::bind::transform::Program;
use crate::sql::bind::typed::Typed;
use crate::sql::bind::*;
use crate::sql::functions::Session;
use crate::sql::functions::cast::cast_array;
use crate::time::Timestamp;

/// Parses one expression.
pub(super) fn parse(text: &str) -> Result<ast::Expr, String> {
    let statement = dialect::parse_statement(&format!("select {text}"))
        .map_err(|e| format!("parse: {}", e[0].message))?;
    let ast::StatementKind::Query(query) = statement.kind else { return Err("no query".into()) };
    let ast::QueryBody::Select(select) = query.body else { return Err("no select".into()) };
    match select.items.into_iter().next() {
        Some(ast::SelectItem::Expr { expr, .. }) => Ok(expr),
        _ => Err("no expression".into()),
    }
}

/// Prints a value as Hive's command line does.
fn print(array: &dyn Array, row: usize) -> String {
    if array.is_null(row) || *array.data_type() == DataType::Null {
        return "NULL".into();
    }
    let inner = |array: &dyn Array, row: usize| match array.data_type() {
        _ if array.is_null(row) => "null".to_owned(),
        DataType::Utf8 => format!("{:?}", array.as_string::<i32>().value(row)),
        _ => print(array, row),
    };
    match array.data_type() {
        DataType::Boolean => array.as_boolean().value(row).to_string(),
        DataType::List(_) => {
            let values = array.as_list::<i32>().value(row);
            let items: Vec<_> = (0..values.len()).map(|i| inner(&values, i)).collect();
            format!("[{}]", items.join(","))
        }
        DataType::Map(..) => {
            let entries = array.as_map().value(row);
            let pair =
                |i| format!("{}:{}", inner(entries.column(0), i), inner(entries.column(1), i));
            format!("{{{}}}", (0..entries.len()).map(pair).collect::<Vec<_>>().join(","))
        }
        DataType::Struct(fields) => {
            let columns = array.as_struct().columns();
            let items: Vec<_> = fields
                .iter()
                .zip(columns)
                .map(|(f, c)| format!("{:?}:{}", f.name(), inner(c, row)))
                .collect();
            format!("{{{}}}", items.join(","))
        }
        DataType::Interval(_) => format!("{:?}", ScalarValue::try_from_array(array, row).unwrap()),
        _ => {
            let one: ArrayRef = array.slice(row, 1);
            let text = cast_array(&one, &HiveType::String, Session::default()).unwrap();
            text.as_string::<i32>().value(0).to_owned()
        }
    }
}

/// Binds an expression over columns and computes it for some rows.
pub(super) fn compute(
    expr: &ast::Expr,
    columns: &[(String, Typed)],
    rows: usize,
) -> Result<(HiveType, ArrayRef), String> {
    let options = BindOptions::default();
    let mut binder = Binder { options: &options, errors: Vec::new() };
    let mut known = Vec::new();
    let mut fields = Vec::new();
    let mut arrays = Vec::new();
    for (name, value) in columns {
        let column = Expr::Column(datafusion_common::Column::new_unqualified(name));
        known.push((name.clone(), Typed::leaf(column, value.ty.clone())));
        fields.push(Field::new(name, value.ty.to_arrow(), true));
        arrays.push(value.constant().unwrap().to_array_of_size(rows).unwrap());
    }
    let scope = Scope::of(Relation::new(None, known));
    let typed = binder.expr(expr, &scope);
    if let Some(error) = binder.errors.first() {
        return Err(error.message.clone());
    }
    let schema = Arc::new(Schema::new(fields));
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    let batch = RecordBatch::try_new_with_options(Arc::clone(&schema), arrays, &options).unwrap();
    let program = Program::compile(&typed.expr, &schema).map_err(|e| format!("{e:?}"))?;
    let array = program.of_batch(&batch, Timestamp(0)).map_err(|e| format!("{e:?}"))?;
    assert_eq!(*array.data_type(), typed.ty.to_arrow());
    Ok((typed.ty, array))
}

/// Computes an expression of constants.
pub(super) fn constant(text: &str) -> Result<String, String> {
    let (ty, array) = compute(&parse(text)?, &[], 1)?;
    Ok(format!("{ty}  {}", print(&array, 0)))
}

#[test]
fn time_of_the_batch() {
    assert_eq!(constant("current_date = to_date(current_timestamp)").unwrap(), "boolean  true");
    assert_eq!(constant("unix_timestamp()").unwrap(), "bigint  0");
}

/// Puts a column in the place of the first so many constants, so that nothing is computed before
/// the first row.
pub(super) fn constants_to_columns(
    expr: &mut ast::Expr,
    most: usize,
    found: &mut Vec<(String, Typed)>,
) {
    use ast::ExprKind as K;
    let mut each = |exprs: &mut [&mut ast::Expr]| {
        for expr in exprs {
            constants_to_columns(expr, most, found);
        }
    };
    match &mut expr.kind {
        K::Literal(literal) => {
            let options = BindOptions::default();
            let mut binder = Binder { options: &options, errors: Vec::new() };
            let value = binder.literal(literal, Span::default());
            if value.ty != HiveType::Void && found.len() < most {
                let name = format!("c{}", found.len());
                expr.kind = K::Name(ast::ObjectName::new([name.as_str()]));
                found.push((name, value));
            }
        }
        K::Unary { operand, .. }
        | K::Is { operand, .. }
        | K::Cast { operand, .. }
        | K::Extract { operand, .. }
        | K::FloorTo { operand, .. } => each(&mut [operand]),
        K::Binary(binary) => {
            each(&mut [&mut binary.first]);
            for rest in &mut binary.rest {
                constants_to_columns(&mut rest.operand, most, found);
            }
        }
        K::Between { operand, low, high, .. } => each(&mut [operand, low, high]),
        K::Like { operand, pattern, .. } => each(&mut [operand, pattern]),
        K::InList { operand, list, .. } => {
            each(&mut [operand]);
            for item in list {
                constants_to_columns(item, most, found);
            }
        }
        K::Case { operand, branches, otherwise } => {
            for expr in operand.iter_mut().chain(otherwise) {
                constants_to_columns(expr, most, found);
            }
            for branch in branches {
                constants_to_columns(&mut branch.when, most, found);
                constants_to_columns(&mut branch.then, most, found);
            }
        }
        K::Access { base, path } => {
            each(&mut [base]);
            for step in path {
                if let ast::Accessor::Index(index) = step {
                    constants_to_columns(index, most, found);
                }
            }
        }
        K::Function(call) => {
            for arg in &mut call.args {
                if let ast::FunctionArg::Expr(expr) = arg {
                    constants_to_columns(expr, most, found);
                }
            }
        }
        _ => {}
    }
}

/// The cases of one file: expression and result.
fn cases(file: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = file.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.map(|line| line.rsplit_once(" => ").unwrap_or_else(|| panic!("no result: {line}")))
}

const FILES: [&str; 4] = [
    include_str!("../cases/time.txt"),
    include_str!("../cases/text.txt"),
    include_str!("../cases/math.txt"),
    include_str!("../cases/differ.txt"),
];

#[test]
fn constants_are_computed_as_hive_does() {
    for (text, expected) in FILES.into_iter().flat_map(cases) {
        let found = constant(text);
        let found = found.as_deref().map_or("ERROR", str::trim_end);
        assert_eq!(found, expected.trim_end(), "{text}: {:?}", constant(text));
    }
}

/// Computes all cases with columns in the place of constants; returns how many could be compared.
fn compare_columns(most: usize) -> usize {
    let mut compared = 0;
    for (text, expected) in FILES.into_iter().flat_map(cases) {
        let Ok(mut expr) = parse(text) else { continue };
        let mut columns = Vec::new();
        constants_to_columns(&mut expr, most, &mut columns);
        // Some arguments must be constants, and constants make narrower decimals.
        let Ok((ty, array)) = compute(&expr, &columns, 3) else { continue };
        let Some(value) = expected.strip_prefix(&format!("{ty}  ")) else { continue };
        for row in 0..3 {
            assert_eq!(print(&array, row).trim_end(), value.trim_end(), "{text}");
        }
        compared += 1;
    }
    compared
}

#[test]
fn columns_are_computed_as_constants_are() {
    assert!(compare_columns(usize::MAX) > 550);
}

#[test]
fn a_column_with_constants_is_computed_as_constants_are() {
    assert!(compare_columns(1) > 550);
}
