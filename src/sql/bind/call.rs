//! Calls of functions, conversions, and what can be computed before the first row.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion_common::config::ConfigOptions;
use datafusion_common::{Column, ScalarValue};
use datafusion_expr::expr::ScalarFunction;
use datafusion_expr::{ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs};
use dialect::ast;
use formats::types::HiveType;

use super::expr::Binder;
use super::scope::Scope;
use super::transform::NOW;
use super::typed::Typed;
use crate::sql::functions::{self, Arg, Refusal, cast};

/// Why a function that Hive knows is not possible here, and what to do.
struct Refused {
    names: &'static [&'static str],
    message: &'static str,
    hint: &'static str,
}

const REFUSED: &[Refused] = &[
    Refused {
        names: &[
            "avg",
            "collect_list",
            "collect_set",
            "corr",
            "count",
            "covar_pop",
            "covar_samp",
            "max",
            "min",
            "percentile",
            "percentile_approx",
            "stddev",
            "stddev_pop",
            "stddev_samp",
            "sum",
            "variance",
            "var_pop",
            "var_samp",
        ],
        message: "is an aggregate, which needs more rows than one",
        hint: super::STATELESS_HINT,
    },
    Refused {
        names: &[
            "cume_dist",
            "dense_rank",
            "first_value",
            "lag",
            "last_value",
            "lead",
            "ntile",
            "percent_rank",
            "rank",
            "row_number",
        ],
        message: "is a window function, which needs more rows than one",
        hint: super::STATELESS_HINT,
    },
    Refused {
        names: &["explode", "inline", "json_tuple", "parse_url_tuple", "posexplode", "stack"],
        message: "makes several rows or columns of one, which is not supported yet",
        hint: "take elements with [n], or get_json_object for each key",
    },
    Refused {
        names: &["rand", "surrogate_key", "uuid"],
        message: "gives another value when a row is read again after a crash",
        hint: "compute it from the row, for example with md5 or hash",
    },
    Refused {
        names: &["current_database", "current_user", "java_method", "logged_in_user", "reflect"],
        message: "depends on what surrounds the query, not on the row",
        hint: "write the value itself",
    },
];

impl Binder<'_> {
    pub(super) fn function(
        &mut self,
        call: &ast::FunctionCall,
        span: ast::Span,
        scope: &Scope,
    ) -> Typed {
        let name = call.name.to_string().to_lowercase();
        if let Some(refused) = REFUSED.iter().find(|r| r.names.contains(&name.as_str())) {
            return self.refuse(span, format!("{name} {}", refused.message), refused.hint);
        }
        if call.over.is_some() || call.quantifier.is_some() || !call.within_group.is_empty() {
            let message = format!("{name} needs more rows than one here");
            return self.refuse(span, message, super::STATELESS_HINT);
        }
        let mut args = Vec::new();
        for arg in &call.args {
            match arg {
                ast::FunctionArg::Expr(expr) => args.push((self.expr(expr, scope), expr.span)),
                ast::FunctionArg::Wildcard(at) => {
                    args.extend(scope.all().into_iter().map(|(_, column)| (column.clone(), *at)));
                }
                ast::FunctionArg::QualifiedWildcard(table) => {
                    let hint = "name the columns";
                    self.error(table.span, "a table's columns cannot be given like this", hint);
                }
            }
        }
        self.special(&name, args, span)
    }

    /// Binds what is no ordinary function: the time, choices, types as functions, constants.
    fn special(&mut self, name: &str, mut args: Vec<(Typed, ast::Span)>, span: ast::Span) -> Typed {
        let now =
            || Typed::leaf(Expr::Column(Column::new_unqualified(NOW)), HiveType::TimestampLocalTz);
        match (name, args.len()) {
            ("current_timestamp" | "localtimestamp", 0) => {
                self.convert(now(), &HiveType::Timestamp, span)
            }
            ("now" | "proctime" | "current_row_timestamp", 0) => now(),
            ("current_date", 0) => self.convert(now(), &HiveType::Date, span),
            ("unix_timestamp", 0) => {
                let local = self.convert(now(), &HiveType::Timestamp, span);
                self.call("unix_timestamp", vec![local], span)
            }
            ("e", 0) => double(std::f64::consts::E),
            ("pi", 0) => double(std::f64::consts::PI),
            ("if", 3) => {
                let values = args.split_off(1);
                let whens = args.into_iter().map(|(when, at)| {
                    if !matches!(when.ty, HiveType::Boolean | HiveType::Void) {
                        let message = format!("if: the condition is {}, not boolean", when.ty);
                        return self.refuse(at, message, "compare it with something");
                    }
                    self.convert(when, &HiveType::Boolean, at)
                });
                let whens = whens.collect();
                self.choose(whens, values)
            }
            ("nvl2", 3) => {
                let values = args.split_off(1);
                let tests =
                    args.into_iter().map(|(value, at)| self.call("isnotnull", vec![value], at));
                let whens = tests.collect();
                self.choose(whens, values)
            }
            (name, 1) if type_named(name).is_some() => match (type_named(name), args.pop()) {
                (Some(ty), Some((value, at))) => self.convert(value, &ty, at),
                _ => Typed::null(),
            },
            _ => self.call(name, args.into_iter().map(|(value, _)| value).collect(), span),
        }
    }

    /// Calls a function or operator, with its arguments converted to what it takes.
    pub(super) fn call(&mut self, name: &str, args: Vec<Typed>, span: ast::Span) -> Typed {
        let known: Vec<Arg<'_>> =
            args.iter().map(|arg| Arg { ty: &arg.ty, value: arg.constant() }).collect();
        match functions::resolve(name, &known, self.session()) {
            Ok(resolved) => {
                let args = args.into_iter().zip(&resolved.args);
                let args: Vec<Typed> = args.map(|(arg, ty)| self.convert(arg, ty, span)).collect();
                let measure = Typed::measure(&args);
                let args = args.into_iter().map(|arg| arg.expr).collect();
                let call = ScalarFunction::new_udf(resolved.function, args);
                Typed::of(measure, fold(call), resolved.returns)
            }
            Err(Refusal::Unknown(closest)) => {
                let hint = closest.map(|c| format!("did you mean {c}?")).unwrap_or_default();
                self.refuse(span, format!("unknown function {name}"), &hint)
            }
            Err(Refusal::Arguments { usage, given }) => {
                let message = format!("{} does not take {given}", shown(name));
                self.refuse(span, message, &format!("it takes {usage}"))
            }
            Err(Refusal::Value(message)) if name == "." => self.refuse(span, message, ""),
            Err(Refusal::Value(message)) => {
                self.refuse(span, format!("{}: {message}", shown(name)), "")
            }
        }
    }

    /// Converts a value to a type, if it is not of that type already.
    pub(super) fn convert(&mut self, value: Typed, to: &HiveType, span: ast::Span) -> Typed {
        if value.ty == *to {
            return value;
        }
        if value.ty == HiveType::Void {
            let null = ScalarValue::try_from(&to.to_arrow()).unwrap_or(ScalarValue::Null);
            return Typed::literal(null, to.clone());
        }
        if !cast::can_cast(&value.ty, to) {
            let message = format!("{} cannot become {to}", value.ty);
            return self.refuse(span, message, "convert it with functions that say how");
        }
        // Texts of any kind are texts.
        if matches!(to, HiveType::String) && value.ty.to_arrow() == DataType::Utf8 {
            return value.with_type(to);
        }
        let function = Arc::new(cast::udf(to, self.session()));
        let measure = Typed::measure([&value]);
        Typed::of(measure, fold(ScalarFunction::new_udf(function, vec![value.expr])), to.clone())
    }
}

/// Names an operator or function in a message.
fn shown(name: &str) -> &str {
    match name {
        "[]" => "an element",
        "." => "a field",
        "floor to" => "floor",
        name => name,
    }
}

fn double(value: f64) -> Typed {
    Typed::literal(ScalarValue::Float64(Some(value)), HiveType::Double)
}

/// Returns the type that a function converts to, if it is called as a type.
fn type_named(name: &str) -> Option<HiveType> {
    Some(match name {
        "boolean" => HiveType::Boolean,
        "tinyint" => HiveType::TinyInt,
        "smallint" => HiveType::SmallInt,
        "int" => HiveType::Int,
        "bigint" => HiveType::BigInt,
        "float" => HiveType::Float,
        "double" => HiveType::Double,
        "string" => HiveType::String,
        "binary" => HiveType::Binary,
        "date" => HiveType::Date,
        "timestamp" => HiveType::Timestamp,
        _ => return None,
    })
}

/// Computes a call whose arguments are constants; one that fails is left to fail at run time.
pub(super) fn fold(call: ScalarFunction) -> Expr {
    match compute(&call) {
        Some(value) => Expr::Literal(value, None),
        None => Expr::ScalarFunction(call),
    }
}

fn compute(call: &ScalarFunction) -> Option<ScalarValue> {
    let values = call.args.iter().map(|arg| match arg {
        Expr::Literal(value, _) => Some(value),
        _ => None,
    });
    let values: Vec<&ScalarValue> = values.collect::<Option<_>>()?;
    let fields: Vec<FieldRef> =
        values.iter().map(|v| Arc::new(Field::new("", v.data_type(), true))).collect();
    let scalars: Vec<Option<&ScalarValue>> = values.iter().map(|v| Some(*v)).collect();
    let types = ReturnFieldArgs { arg_fields: &fields, scalar_arguments: &scalars };
    let return_field = call.func.return_field_from_args(types).ok()?;
    let result = call.func.invoke_with_args(ScalarFunctionArgs {
        args: values.into_iter().map(|v| ColumnarValue::Scalar(v.clone())).collect(),
        arg_fields: fields,
        number_rows: 1,
        return_field,
        config_options: Arc::new(ConfigOptions::default()),
    });
    match result.ok()? {
        ColumnarValue::Scalar(value) => Some(value),
        ColumnarValue::Array(array) => ScalarValue::try_from_array(&array, 0).ok(),
    }
}
