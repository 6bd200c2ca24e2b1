//! Joins of a stream's rows with Hive tables.

use datafusion_common::Column;
use datafusion_expr::{Expr, Operator};
use dialect::ast::{self, AsOfKind, JoinConstraint, JoinKind, Relation};
use formats::types::HiveType;

use super::query::{Base, Ctes, Joined, Queries};
use super::scope::{Relation as Named, Scope};
use super::step::LookupKind;
use super::transform::NOW;
use super::typed::{Typed, junction};
use super::{TableKind, TableName};

const STREAM_FIRST: &str = "FROM names the stream first; JOIN and LEFT JOIN add Hive tables to it";

/// A join with a table, as far as it is bound.
#[derive(Debug, Clone)]
pub(super) struct Lookup {
    /// The table that is joined with the rows, and what its own rows must fulfil.
    pub(super) dimension: Box<Base>,
    /// The columns that it gives: their name among the joined rows, their type, their value.
    pub(super) columns: Vec<(String, HiveType, Expr)>,
    pub(super) kind: LookupKind,
    /// What a pair of rows must fulfil; that of an inner join is part of the rows' filter.
    pub(super) condition: Option<Expr>,
    /// The join in the script.
    pub(super) span: ast::Span,
}

impl<'a> Queries<'a> {
    /// Joins rows with a table.
    ///
    /// Source: Flink's lookup join in processing time: a row meets the table as it is when the row is
    /// read.
    pub(super) fn join(
        &mut self,
        left: Vec<Joined>,
        join: &'a ast::Join,
        ctes: &Ctes<'a>,
    ) -> Vec<Joined> {
        let kind = match join.kind {
            JoinKind::Inner | JoinKind::Comma | JoinKind::Cross => LookupKind::Inner,
            JoinKind::Left => LookupKind::Left,
            JoinKind::LeftSemi => LookupKind::Semi,
            JoinKind::Right | JoinKind::Full => {
                let message = "RIGHT and FULL JOIN need all rows of the stream at once";
                self.binder.error(join.span, message, STREAM_FIRST);
                LookupKind::Left
            }
        };
        let right = self.dimension(join, ctes);
        left.into_iter().map(|one| self.join_one(one, right.as_ref(), kind, join)).collect()
    }

    /// Binds the right side of a join.
    fn dimension(&mut self, join: &'a ast::Join, ctes: &Ctes<'a>) -> Option<Joined> {
        if let Relation::Nested(from) = &join.source.relation {
            let hint = "join the tables one after the other, or join them in a table of their own";
            self.binder.error(
                from.span,
                "joins on the right side of a join are not possible",
                hint,
            );
            return None;
        }
        let mut all = self.relation(&join.source, ctes);
        let mut right = all.pop()?;
        let columns = right.scope.relations.iter().flat_map(|r| &r.columns);
        let mut values = columns.map(|(_, value)| value).chain(&right.base.filter);
        let table = &right.base.source.table;
        let refused = if !all.is_empty() {
            let hint = "put UNION ALL around the joins, or its rows into one table";
            Some((join.source.span, "a dimension is one table, not several".to_owned(), hint))
        } else if !right.base.lookups.is_empty() {
            let hint = "join the tables one after the other, or join them in a table of their own";
            Some((join.source.span, "a dimension cannot be the result of a join".to_owned(), hint))
        } else if right.base.kind != TableKind::Hive {
            let message = format!("{table} is a stream: two streams cannot be joined");
            Some((join.span, message, STREAM_FIRST))
        } else if values.any(|value| reads_now(&value.expr)) {
            let hint = "move it into the condition of the join: ON ... AND column > now()";
            let message = "the time in a sub-select of a dimension would be the time of its load";
            Some((join.source.span, message.to_owned(), hint))
        } else {
            None
        };
        if let Some((span, message, hint)) = refused {
            self.binder.error(span, message, hint);
            right.base.broken = true;
        }
        Some(right)
    }

    fn join_one(
        &mut self,
        mut left: Joined,
        right: Option<&Joined>,
        kind: LookupKind,
        join: &'a ast::Join,
    ) -> Joined {
        let Some(right) = right else {
            left.base.broken = true;
            return left;
        };
        if let Relation::Table(table) = &join.source.relation
            && let Some(as_of) = &table.as_of
        {
            self.as_of(as_of, &left);
        }
        let Some(relation) = right.scope.relations.first() else { return left };
        if right.base.broken {
            left.base.broken = true;
            left.scope.relations.push(relation.clone());
            return left;
        }
        let problems = self.binder.errors.len();
        self.distinct(relation, &left.scope, join);
        let prefix = prefix(relation, &left.base);
        let mut named = Named::new(relation.alias.clone(), Vec::new());
        let mut columns = Vec::new();
        let mut give = |(name, typed): &(String, Typed)| {
            let full = format!("{prefix}.{name}");
            let leaf = Expr::Column(Column::new_unqualified(&full));
            columns.push((full, typed.ty.clone(), typed.expr.clone()));
            (name.clone(), Typed::leaf(leaf, typed.ty.clone()))
        };
        named.columns.extend(relation.columns.iter().map(&mut give));
        named.hidden.extend(relation.hidden.iter().map(&mut give));
        let mut scope = left.scope.clone();
        scope.relations.push(named);
        let condition = self.condition(join, &mut scope);
        left.base.broken |= self.binder.errors.len() > problems;
        let dimension = Box::new(right.base.clone());
        let mut lookup = Lookup { dimension, columns, kind, condition: None, span: join.span };
        match (kind, condition) {
            (LookupKind::Inner, Some(condition)) => {
                left.base.filter(&mut self.binder, condition, join.span);
            }
            (_, condition) => lookup.condition = condition.map(|condition| condition.expr),
        }
        left.base.lookups.push(lookup);
        if kind != LookupKind::Semi {
            left.scope = scope;
        }
        left
    }

    /// Refuses an alias that is there already.
    fn distinct(&mut self, relation: &Named, scope: &Scope, join: &ast::Join) {
        if let Some(alias) = &relation.alias
            && scope.of_relation(alias).is_some()
        {
            let message = format!("table {alias} is there twice");
            self.binder.error(join.source.span, message, "give one of them an alias");
        }
    }

    fn condition(&mut self, join: &'a ast::Join, scope: &mut Scope) -> Option<Typed> {
        match join.constraint.as_ref()? {
            JoinConstraint::On(expr) => {
                let condition = self.binder.expr(expr, scope);
                Some(self.binder.convert(condition, &HiveType::Boolean, expr.span))
            }
            JoinConstraint::Using(names) => {
                let right = scope.relations.pop()?;
                let equal: Vec<Typed> =
                    names.iter().filter_map(|name| self.using(name, scope, &right)).collect();
                let merged = names.iter().map(|name| name.value.to_lowercase()).collect();
                scope.relations.push(Named { merged, ..right });
                Some(junction(Operator::And, equal))
            }
        }
    }

    /// Compares the columns of one name on both sides.
    fn using(&mut self, name: &ast::Ident, left: &Scope, right: &Named) -> Option<Typed> {
        let one = ast::ObjectName { span: name.span, parts: vec![name.clone()] };
        let sides = [left.find(&one), Scope::of(right.clone()).find(&one)];
        let mut values = Vec::new();
        for side in sides {
            match side {
                Ok((value, _)) => values.push(value),
                Err((message, hint)) => {
                    self.binder.error(name.span, message, &hint.unwrap_or_default());
                    return None;
                }
            }
        }
        Some(self.binder.call("=", values, name.span))
    }

    /// Checks the time at which a table is wanted: only the time at which a row is read is possible.
    ///
    /// Source: Flink `TemporalJoinUtil` and the rules for temporal joins, whose messages these are.
    fn as_of(&mut self, as_of: &ast::AsOf, left: &Joined) {
        if as_of.kind == AsOfKind::SystemVersion {
            let hint = "write FOR SYSTEM_TIME AS OF stream.proctime, or leave it out";
            self.binder.error(as_of.span, "a dimension has no versions", hint);
            return;
        }
        let before = self.binder.errors.len();
        let time = self.binder.expr(&as_of.value, &left.scope);
        if self.binder.errors.len() > before || is_now(&time.expr) {
            return;
        }
        let hint = "declare proctime AS PROCTIME() in the source table, and write \
                    FOR SYSTEM_TIME AS OF stream.proctime";
        if left.base.event_time.as_ref() == Some(&time.expr) {
            let message = "Event-Time Temporal Table Join requires both primary key and row time \
                           attribute in versioned table, but no row time attribute can be found.";
            self.binder.error(as_of.span, message, hint);
            return;
        }
        let message = "Temporal table join currently only supports 'FOR SYSTEM_TIME AS OF' left \
                       table's time attribute field";
        self.binder.error(as_of.span, message, hint);
    }
}

/// Finds a name for the table's columns that no other column has.
fn prefix(relation: &Named, base: &Base) -> String {
    let alias = relation.alias.as_deref().unwrap_or("joined");
    let taken = |prefix: &str| {
        base.lookups
            .iter()
            .flat_map(|lookup| &lookup.columns)
            .any(|(name, ..)| name.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('.')))
    };
    let mut numbered = (1..).map(|n| format!("{alias}#{n}"));
    let first = Some(alias.to_owned()).filter(|alias| !taken(alias));
    first.or_else(|| numbered.find(|name| !taken(name))).unwrap_or_default()
}

fn is_now(expr: &Expr) -> bool {
    matches!(expr, Expr::Column(column) if column.name == NOW)
}

/// Tells whether an expression depends on the time of the batch.
fn reads_now(expr: &Expr) -> bool {
    expr.column_refs().iter().any(|column| column.name == NOW)
}

/// The name of the table of a lookup.
impl Lookup {
    pub(super) fn table(&self) -> &TableName {
        &self.dimension.source
    }
}
