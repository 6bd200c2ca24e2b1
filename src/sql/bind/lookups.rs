//! Joins made ready to run: each condition goes where it keeps the most rows out.
//!
//! ```text
//! condition of the rows' filter            goes to
//!   stream columns only                    before the first join
//!   one inner join's columns only          the load of its dimension
//!   its column = what is known before      a key of that join
//!   anything else                          behind the last join it reads
//! ```
//!
//! A filter on joined rows may run before later joins, since no join changes the rows that it keeps; it may not move into
//! an outer join. Only columns that are read are loaded.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion_common::tree_node::{Transformed, TreeNode};
use datafusion_expr::{BinaryExpr, Expr, Operator};
use formats::types::HiveType;

use super::describe::describe;
use super::expr::Binder;
use super::insert::Assigned;
use super::join::Lookup;
use super::pushdown;
use super::query::Base;
use super::step::{LookupKind, LookupQuery, LookupStep, Shape};
use super::transform::{Parts, Program};
use crate::error::Result;
use crate::sql::lookup::{Output, can_be_key};

/// Distributes the conditions of a branch and compiles its joins; what is wrong is noted.
pub(super) fn plan(binder: &mut Binder<'_>, base: Base, assigned: Assigned) -> Option<Parts> {
    if base.broken {
        return None;
    }
    let Assigned { columns, partitions, dynamic } = assigned;
    let mut drafts = Drafts::new(&base);
    drafts.distribute(base.filter.as_ref().map(|filter| filter.expr.clone()));
    let mut complete = true;
    for (draft, lookup) in drafts.all.iter().zip(&base.lookups) {
        if draft.keys.is_empty() {
            let table = &lookup.table().table;
            let message = format!("the join with {table} has no equality to look rows up by");
            let hint = "write ON stream_column = table_column";
            binder.error(lookup.span, message, hint);
            complete = false;
        }
    }
    if !complete {
        return None;
    }
    let results = columns.iter().map(|(_, expr)| expr).chain(&dynamic);
    let used = drafts.used(results);
    let mut fields: Vec<Arc<Field>> = base.input.fields().to_vec();
    let mut added = Vec::new();
    for lookup in &base.lookups {
        let of_lookup = lookup.columns.iter().filter(|(name, ..)| used.contains(name.as_str()));
        let own = of_lookup.map(|(name, ty, _)| Arc::new(Field::new(name, ty.to_arrow(), true)));
        let own: Vec<_> = own.collect();
        fields.extend(own.iter().cloned());
        added.push(own);
    }
    let joined = Arc::new(Schema::new(fields));
    let first = drafts.filter;
    let mut lookups = Vec::new();
    for ((draft, lookup), fields) in drafts.all.into_iter().zip(&base.lookups).zip(added) {
        match draft.compile(lookup, fields, &joined) {
            Ok(step) => {
                if !refuse_keys(binder, lookup, &step) {
                    lookups.push(step);
                }
            }
            Err(error) => {
                let message = format!("cannot compile the join: {error:?}");
                binder.error(lookup.span, message, "please report it");
                return None;
            }
        }
    }
    let filter = all_of(first);
    Some(Parts { input: base.input, filter, lookups, joined, columns, partitions, dynamic })
}

/// Refuses keys that cannot be looked up; tells whether there was one.
fn refuse_keys(binder: &mut Binder<'_>, lookup: &Lookup, step: &LookupStep) -> bool {
    let types = step.query.keys.iter().filter_map(|key| key.data_type().ok());
    let wrong: Vec<_> = types.filter(|ty| !can_be_key(ty)).collect();
    for ty in &wrong {
        let message = format!("rows cannot be looked up by a value of type {ty}");
        binder.error(lookup.span, message, "convert both sides of the equality with CAST");
    }
    !wrong.is_empty()
}

/// The joins of a branch while conditions are distributed.
#[derive(Debug)]
struct Drafts<'b> {
    /// Which join each joined column belongs to.
    owners: BTreeMap<&'b str, usize>,
    /// What each joined column is in its dimension.
    values: BTreeMap<&'b str, &'b Expr>,
    /// What rows must fulfil before the first join.
    filter: Vec<Expr>,
    all: Vec<Draft>,
}

#[derive(Debug, Default)]
struct Draft {
    kind: Option<LookupKind>,
    keys: Vec<Key>,
    /// Over the dimension's columns.
    filter: Vec<Expr>,
    asks: Vec<Expr>,
    condition: Vec<Expr>,
    /// Over the joined rows.
    behind: Vec<Expr>,
}

#[derive(Debug)]
struct Key {
    /// Over the rows before the join.
    left: Expr,
    /// Over the dimension's columns.
    right: Expr,
    null_safe: bool,
    /// The equality for a reader.
    text: String,
}

impl<'b> Drafts<'b> {
    fn new(base: &'b Base) -> Self {
        let (mut owners, mut values) = (BTreeMap::new(), BTreeMap::new());
        let mut all = Vec::new();
        for (n, lookup) in base.lookups.iter().enumerate() {
            for (name, _, value) in &lookup.columns {
                owners.insert(name.as_str(), n);
                values.insert(name.as_str(), value);
            }
            let own = lookup.dimension.filter.as_ref().map(|filter| filter.expr.clone());
            all.push(Draft {
                kind: Some(lookup.kind),
                filter: own.map(conjuncts).unwrap_or_default(),
                ..Draft::default()
            });
        }
        let mut drafts = Self { owners, values, filter: Vec::new(), all };
        for (n, lookup) in base.lookups.iter().enumerate() {
            for condition in lookup.condition.iter().cloned().flat_map(conjuncts) {
                drafts.of_join(n, condition);
            }
        }
        drafts
    }

    /// Which joins an expression reads, and whether it reads something else.
    fn reads(&self, expr: &Expr) -> (BTreeSet<usize>, bool) {
        let owner = |name: &str| self.owners.get(name).copied();
        let read = expr.column_refs();
        let read: Vec<Option<usize>> = read.iter().map(|column| owner(&column.name)).collect();
        (read.iter().flatten().copied().collect(), read.contains(&None))
    }

    /// Tells whether an expression reads nothing but the columns of one join.
    fn is_of(&self, n: usize, expr: &Expr) -> bool {
        let (joins, other) = self.reads(expr);
        !other && joins.len() == 1 && joins.contains(&n)
    }

    /// Takes the condition of an outer or semi join.
    fn of_join(&mut self, n: usize, condition: Expr) {
        let own = self.is_of(n, &condition);
        let reads = self.reads(&condition).0.contains(&n);
        let key = self.key(n, &condition);
        let inner = own.then(|| self.in_dimension(condition.clone()));
        let Some(draft) = self.all.get_mut(n) else { return };
        match (inner, key) {
            (Some(filter), _) => draft.filter.push(filter),
            (None, Some(key)) => draft.keys.push(key),
            (None, None) if reads => draft.condition.push(condition),
            (None, None) => draft.asks.push(condition),
        }
    }

    /// Takes the filter of the rows.
    fn distribute(&mut self, filter: Option<Expr>) {
        for condition in filter.into_iter().flat_map(conjuncts) {
            let Some(n) = self.reads(&condition).0.last().copied() else {
                self.filter.push(condition);
                continue;
            };
            let inner = self.all.get(n).and_then(|d| d.kind) == Some(LookupKind::Inner);
            let key = if inner { self.key(n, &condition) } else { None };
            let own =
                (inner && self.is_of(n, &condition)).then(|| self.in_dimension(condition.clone()));
            let Some(draft) = self.all.get_mut(n) else { continue };
            match (own, key) {
                (Some(filter), _) => draft.filter.push(filter),
                (None, Some(key)) => draft.keys.push(key),
                (None, None) => draft.behind.push(condition),
            }
        }
    }

    /// Takes an equality between a join's columns and what is known before it as a key.
    fn key(&self, n: usize, condition: &Expr) -> Option<Key> {
        let Expr::ScalarFunction(call) = condition else { return None };
        let null_safe = match call.func.name() {
            "=" => false,
            "<=>" => true,
            _ => return None,
        };
        let [a, b] = call.args.as_slice() else { return None };
        let (left, right) = match (self.is_of(n, a), self.is_of(n, b)) {
            (true, false) => (b, a),
            (false, true) => (a, b),
            _ => return None,
        };
        let known = self.reads(left).0.iter().all(|other| *other < n);
        let op = call.func.name();
        let text = format!("{} {op} {}", describe(left), describe(right));
        let right = self.in_dimension(right.clone());
        known.then(|| Key { left: left.clone(), right, null_safe, text })
    }

    /// Writes an expression over a join's columns as one over its dimension's.
    fn in_dimension(&self, expr: Expr) -> Expr {
        let replaced = expr.clone().transform_up(|part| {
            Ok(match &part {
                Expr::Column(column) => match self.values.get(column.name.as_str()) {
                    Some(value) => Transformed::yes((*value).clone()),
                    None => Transformed::no(part),
                },
                _ => Transformed::no(part),
            })
        });
        // The closure does not fail.
        replaced.map_or(expr, |replaced| replaced.data)
    }

    /// Lists the joined columns that somebody reads.
    fn used<'e>(&'e self, results: impl Iterator<Item = &'e Expr>) -> BTreeSet<String> {
        let drafts = self.all.iter().flat_map(|draft| {
            let keys = draft.keys.iter().map(|key| &key.left);
            keys.chain(&draft.asks).chain(&draft.condition).chain(&draft.behind)
        });
        let mut used = BTreeSet::new();
        for expr in results.chain(drafts) {
            used.extend(expr.column_refs().iter().map(|column| column.name.clone()));
        }
        used
    }
}

impl Draft {
    fn compile(
        self,
        lookup: &Lookup,
        fields: Vec<Arc<Field>>,
        joined: &SchemaRef,
    ) -> Result<LookupStep> {
        let given = |name: &str| fields.iter().any(|field| field.name() == name);
        let columns = lookup.columns.iter().filter(|(name, ..)| given(name));
        let columns: Vec<&Expr> = columns.map(|(_, _, value)| value).collect();
        let program =
            |expr: Option<Expr>| expr.map(|expr| Program::compile(&expr, joined)).transpose();
        let keys = self.keys.iter().map(|key| Program::compile(&key.left, joined));
        let keys = keys.collect::<Result<_>>()?;
        Ok(LookupStep {
            kind: lookup.kind,
            on: self.keys.iter().map(|key| key.text.clone()).collect(),
            query: Arc::new(query(lookup, all_of(self.filter), self.keys, &columns)?),
            keys,
            asks: program(all_of(self.asks))?,
            condition: program(all_of(self.condition))?,
            filter: program(all_of(self.behind))?,
            fields,
            dimension: None,
        })
    }
}

/// Makes the query of a dimension: the columns `outputs`, found by keys.
fn query(
    lookup: &Lookup,
    filter: Option<Expr>,
    keys: Vec<Key>,
    outputs: &[&Expr],
) -> Result<LookupQuery> {
    let null_safe = keys.iter().map(|key| key.null_safe).collect();
    let keys: Vec<Expr> = keys.into_iter().map(|key| key.right).collect();
    let mut own: Vec<Expr> = Vec::new();
    let mut places = Vec::new();
    for output in outputs {
        let place = match keys.iter().position(|key| key == *output) {
            Some(key) => Output::Key(key),
            None => match own.iter().position(|other| other == *output) {
                Some(at) => Output::Column(at),
                None => {
                    own.push((*output).clone());
                    Output::Column(own.len() - 1)
                }
            },
        };
        places.push(place);
    }
    let all = || filter.iter().chain(&keys).chain(&own);
    let read: BTreeSet<String> =
        all().flat_map(|e| e.column_refs().into_iter().map(|c| c.name.clone())).collect();
    let dimension = &lookup.dimension;
    let known = dimension.input.fields().iter().filter(|field| read.contains(field.name()));
    let input: SchemaRef = Arc::new(Schema::new(known.cloned().collect::<Vec<_>>()));
    let compile = |exprs: &[Expr]| -> Result<Vec<Program>> {
        exprs.iter().map(|expr| Program::compile(expr, &input)).collect()
    };
    let columns = dimension.types.iter().filter(|(name, _)| read.contains(name));
    let columns: Vec<(String, HiveType)> = columns.cloned().collect();
    Ok(LookupQuery {
        table: dimension.source.clone(),
        span: dimension.span,
        hints: dimension.hints.clone(),
        pushed: filter.as_ref().and_then(|filter| pushdown::predicate(filter, &columns)),
        filter: filter.as_ref().map(|filter| Program::compile(filter, &input)).transpose()?,
        keys: compile(&keys)?,
        outputs: compile(&own)?,
        columns,
        input,
        shape: Shape { filter, keys, null_safe, outputs: own, places },
    })
}

/// Takes `AND` apart.
fn conjuncts(expr: Expr) -> Vec<Expr> {
    match expr {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::And, right }) => {
            let mut all = conjuncts(*left);
            all.append(&mut conjuncts(*right));
            all
        }
        other => vec![other],
    }
}

/// Puts conditions together again, in halves, so that many are not nested deep.
fn all_of(mut conditions: Vec<Expr>) -> Option<Expr> {
    if conditions.len() > 1 {
        let right = all_of(conditions.split_off(conditions.len() / 2));
        let left = all_of(conditions);
        let (left, right) = left.zip(right)?;
        let both = BinaryExpr::new(Box::new(left), Operator::And, Box::new(right));
        return Some(Expr::BinaryExpr(both));
    }
    conditions.pop()
}
