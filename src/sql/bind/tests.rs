use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{DataType, Field, Schema};
use datafusion_common::ScalarValue;
use datafusion_expr::Expr;
use dialect::ast;
use formats::types::HiveType;

use super::expr::{Binder, Typed};
use super::scope::Scope;
use super::transform::Program;
use super::*;
use crate::sql::functions::Session;
use crate::sql::functions::cast::cast_array;
use crate::time::Timestamp;

/// Parses one expression.
fn parse(text: &str) -> Result<ast::Expr, String> {
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
fn compute(
    expr: &ast::Expr,
    columns: &[(String, Typed)],
    rows: usize,
) -> Result<(HiveType, ArrayRef), String> {
    let options = BindOptions::default();
    let mut binder = Binder { options: &options, errors: Vec::new() };
    let mut scope = Scope::empty();
    let mut fields = Vec::new();
    let mut arrays = Vec::new();
    for (name, value) in columns {
        let column = Expr::Column(datafusion_common::Column::new_unqualified(name));
        scope.columns.push((name.clone(), Typed::leaf(column, value.ty.clone())));
        fields.push(Field::new(name, value.ty.to_arrow(), true));
        arrays.push(value.constant().unwrap().to_array_of_size(rows).unwrap());
    }
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
fn constant(text: &str) -> Result<String, String> {
    let (ty, array) = compute(&parse(text)?, &[], 1)?;
    Ok(format!("{ty}  {}", print(&array, 0)))
}

#[test]
fn time_of_the_batch() {
    assert_eq!(constant("current_date = to_date(current_timestamp)").unwrap(), "boolean  true");
    assert_eq!(constant("unix_timestamp()").unwrap(), "bigint  0");
}
