//! `FROM`: sources of rows, joins, lateral views.

use super::Tree;
use crate::ast::{
    AsOf, AsOfKind, From, Ident, Join, JoinConstraint, JoinKind, LateralSource, LateralView,
    ObjectName, Relation, SampleKind, TableFunction, TableRef, TableSample, TableSource,
    UniqueJoinSource, Values,
};

impl Tree {
    pub(super) fn from(&mut self, from: &From) {
        self.node("tok_from", |tree| tree.joined_sources(from));
    }

    pub(super) fn joined_sources(&mut self, from: &From) {
        let mut opened: Vec<_> =
            from.joins.iter().rev().map(|join| self.open(join.kind.node_name())).collect();
        self.table_source(&from.first);
        for join in &from.joins {
            self.join(join);
            if let Some(open) = opened.pop() {
                self.close(open);
            }
        }
    }

    fn join(&mut self, join: &Join) {
        self.table_source(&join.source);
        match &join.constraint {
            Some(JoinConstraint::On(condition)) => self.expr(condition),
            Some(JoinConstraint::Using(columns)) => self.column_list(columns),
            None => {}
        }
    }

    pub(super) fn table_source(&mut self, source: &TableSource) {
        let views = &source.lateral_views;
        let opened: Vec<_> = views
            .iter()
            .rev()
            .map(|view| {
                let open = self.open(view.node_name());
                self.lateral_select(view);
                open
            })
            .collect();
        self.relation(&source.relation);
        opened.into_iter().rev().for_each(|open| self.close(open));
    }

    fn relation(&mut self, relation: &Relation) {
        match relation {
            Relation::Table(table) => self.table_ref(table),
            Relation::Subquery { query, alias } => self.node("tok_subquery", |tree| {
                tree.query(query);
                tree.each(alias.iter(), Self::ident);
            }),
            Relation::Values { values, alias, columns } => {
                self.values_table(values, alias, columns);
            }
            Relation::Nested(from) => self.joined_sources(from),
            Relation::Function(function) => self.table_function(function),
            Relation::UniqueJoin(sources) => self.node("tok_uniquejoin", |tree| {
                tree.each(sources.iter(), Self::unique_join_source);
            }),
        }
    }

    fn table_ref(&mut self, table: &TableRef) {
        self.node("tok_tabref", |tree| {
            tree.table_name(&table.name);
            tree.each(table.properties.iter(), Self::properties);
            tree.each(table.sample.iter(), Self::sample);
            tree.each(table.alias.iter(), Self::ident);
            tree.each(table.as_of.iter(), Self::as_of);
        });
    }

    /// Puts `tok_tabname` with the parts of a name.
    pub(super) fn table_name(&mut self, name: &ObjectName) {
        self.node("tok_tabname", |tree| tree.each(name.parts.iter(), Self::ident));
    }

    /// Puts `tok_tabcolname` with names of columns, if there are any.
    pub(super) fn column_list(&mut self, columns: &[Ident]) {
        if !columns.is_empty() {
            self.node("tok_tabcolname", |tree| tree.each(columns.iter(), Self::ident));
        }
    }

    fn as_of(&mut self, as_of: &AsOf) {
        let name = match as_of.kind {
            AsOfKind::SystemTime => "tok_as_of_time",
            AsOfKind::SystemVersion => "tok_as_of_version",
        };
        self.node(name, |tree| tree.expr(&as_of.value));
    }

    fn sample(&mut self, sample: &TableSample) {
        match &sample.kind {
            SampleKind::Bucket { bucket, out_of, on } => {
                self.node("tok_tablebucketsample", |tree| {
                    tree.text(&bucket.raw);
                    tree.text(&out_of.raw);
                    tree.exprs(on);
                });
            }
            SampleKind::Percent(number) => self.split_sample("tok_percent", &number.raw),
            SampleKind::Rows(number) => self.split_sample("tok_rowcount", &number.raw),
            SampleKind::Bytes(bytes) => self.split_sample("tok_length", bytes),
        }
    }

    fn split_sample(&mut self, kind: &str, number: &str) {
        self.node("tok_tablesplitsample", |tree| {
            tree.leaf(kind);
            tree.text(number);
        });
    }

    /// Puts `TABLE(VALUES ...)`, which Hive makes a query over a query of one row.
    fn values_table(&mut self, values: &Values, alias: &Ident, columns: &[Ident]) {
        self.node("tok_subquery", |tree| {
            tree.node("tok_query", |tree| {
                tree.node("tok_from", |tree| {
                    tree.node("tok_subquery", |tree| {
                        tree.node("tok_query", |tree| {
                            tree.select_one(|tree| tree.leaf("0"));
                        });
                        tree.ident(alias);
                    });
                });
                tree.select_one(|tree| {
                    tree.inline_values(values);
                    tree.each(columns.iter(), Self::ident);
                });
            });
            tree.ident(alias);
        });
    }

    /// Puts the `INSERT` node of a query of one item.
    fn select_one(&mut self, item: impl FnOnce(&mut Self)) {
        self.node("tok_insert", |tree| {
            tree.target(None);
            tree.node("tok_select", |tree| tree.node("tok_selexpr", item));
        });
    }

    /// Puts what a lateral view selects; its source stands beside it.
    pub(super) fn lateral_select(&mut self, view: &LateralView) {
        self.node("tok_select", |tree| {
            tree.node("tok_selexpr", |tree| {
                match &view.source {
                    LateralSource::Function(call) => tree.function(call),
                    LateralSource::Values(values) => tree.inline_values(values),
                }
                tree.each(view.columns.iter(), Self::ident);
                tree.node("tok_tabalias", |tree| tree.ident(&view.alias));
            });
        });
    }

    fn table_function(&mut self, function: &TableFunction) {
        self.node("tok_ptblfunction", |tree| {
            tree.ident(&function.name);
            tree.each(function.alias.iter(), Self::ident);
            tree.relation(&function.input);
            tree.each(function.partitioning.iter(), Self::partitioning);
            function.args.iter().for_each(|arg| tree.expr(&arg.value));
        });
    }

    fn unique_join_source(&mut self, source: &UniqueJoinSource) {
        if source.preserve {
            self.leaf("preserve");
        }
        self.table_ref(&source.table);
        self.expr_list("tok_explist", &source.keys);
    }
}

impl LateralView {
    pub(super) const fn node_name(&self) -> &'static str {
        if self.outer { "tok_lateral_view_outer" } else { "tok_lateral_view" }
    }
}

impl JoinKind {
    const fn node_name(self) -> &'static str {
        match self {
            Self::Inner | Self::Comma => "tok_join",
            Self::Cross => "tok_crossjoin",
            Self::Left => "tok_leftouterjoin",
            Self::Right => "tok_rightouterjoin",
            Self::Full => "tok_fullouterjoin",
            Self::LeftSemi => "tok_leftsemijoin",
        }
    }
}
