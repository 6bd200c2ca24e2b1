//! Sources of rows.

use super::Printer;
use crate::ast::{
    AsOfKind, From, Join, JoinConstraint, JoinKind, LateralSource, LateralView, Relation,
    SampleKind, TableFunction, TableRef, TableSource,
};

impl Printer {
    pub(super) fn from(&mut self, from: &From) {
        self.put("FROM ");
        self.joined_sources(from);
    }

    fn joined_sources(&mut self, from: &From) {
        self.table_source(&from.first);
        for join in &from.joins {
            self.join(join);
        }
    }

    fn join(&mut self, join: &Join) {
        if join.kind == JoinKind::Comma {
            self.put(", ");
        } else {
            self.line();
            self.put(match join.kind {
                JoinKind::Inner | JoinKind::Comma => "JOIN ",
                JoinKind::Cross => "CROSS JOIN ",
                JoinKind::Left => "LEFT JOIN ",
                JoinKind::Right => "RIGHT JOIN ",
                JoinKind::Full => "FULL JOIN ",
                JoinKind::LeftSemi => "LEFT SEMI JOIN ",
            });
        }
        self.table_source(&join.source);
        match &join.constraint {
            Some(JoinConstraint::On(condition)) => {
                self.put(" ON ");
                self.expr(condition);
            }
            Some(JoinConstraint::Using(columns)) => {
                self.put(" USING ");
                self.idents(columns);
            }
            None => {}
        }
    }

    pub(super) fn table_source(&mut self, source: &TableSource) {
        self.relation(&source.relation);
        self.lateral_views(&source.lateral_views);
    }

    fn relation(&mut self, relation: &Relation) {
        match relation {
            Relation::Table(table) => self.table_ref(table),
            Relation::Subquery { query, alias } => {
                self.subquery(query);
                if let Some(alias) = alias {
                    self.put(" AS ");
                    self.ident(alias);
                }
            }
            Relation::Values { values, alias, columns } => {
                self.put("TABLE(");
                self.values(values);
                self.put(") AS ");
                self.ident(alias);
                if !columns.is_empty() {
                    self.idents(columns);
                }
            }
            Relation::Nested(from) => {
                self.put("(");
                self.indented(|p| p.joined_sources(from));
                self.put(")");
            }
            Relation::Function(function) => self.table_function(function),
            Relation::UniqueJoin(sources) => {
                self.put("UNIQUEJOIN ");
                self.list(sources, ", ", |p, source| {
                    p.put(if source.preserve { "PRESERVE " } else { "" });
                    p.table_ref(&source.table);
                    p.put(" ");
                    p.parens(&source.keys, Self::expr);
                });
            }
        }
    }

    fn table_function(&mut self, function: &TableFunction) {
        self.ident(&function.name);
        self.put("(ON ");
        self.relation(&function.input);
        if let Some(partitioning) = &function.partitioning {
            self.put(" ");
            self.partitioning(partitioning);
        }
        if !function.args.is_empty() {
            self.put(" ");
            self.list(&function.args, ", ", |p, arg| {
                p.ident(&arg.name);
                p.put("(");
                p.expr(&arg.value);
                p.put(")");
            });
        }
        self.put(")");
        if let Some(alias) = &function.alias {
            self.put(" ");
            self.ident(alias);
        }
    }

    fn table_ref(&mut self, table: &TableRef) {
        self.name(&table.name);
        self.hints(&table.hints);
        if let Some(properties) = &table.properties {
            self.put(" ");
            self.property_list(properties);
        }
        if let Some(sample) = &table.sample {
            self.put(" TABLESAMPLE(");
            self.sample(&sample.kind);
            self.put(")");
        }
        if let Some(as_of) = &table.as_of {
            self.put(match as_of.kind {
                AsOfKind::SystemTime => " FOR SYSTEM_TIME AS OF ",
                AsOfKind::SystemVersion => " FOR SYSTEM_VERSION AS OF ",
            });
            self.expr(&as_of.value);
        }
        if let Some(alias) = &table.alias {
            self.put(" AS ");
            self.ident(alias);
        }
    }

    fn sample(&mut self, sample: &SampleKind) {
        match sample {
            SampleKind::Bucket { bucket, out_of, on } => {
                self.put("BUCKET ");
                self.put(&bucket.raw);
                self.put(" OUT OF ");
                self.put(&out_of.raw);
                if !on.is_empty() {
                    self.put(" ON ");
                    self.exprs(on);
                }
            }
            SampleKind::Percent(number) => {
                self.put(&number.raw);
                self.put(" PERCENT");
            }
            SampleKind::Rows(number) => {
                self.put(&number.raw);
                self.put(" ROWS");
            }
            SampleKind::Bytes(text) => self.put(text),
        }
    }

    pub(super) fn lateral_views(&mut self, views: &[LateralView]) {
        for view in views {
            self.line();
            match &view.source {
                LateralSource::Function(call) => {
                    self.put(if view.outer { "LATERAL VIEW OUTER " } else { "LATERAL VIEW " });
                    self.function(call);
                    self.put(" ");
                    self.ident(&view.alias);
                    if !view.columns.is_empty() {
                        self.put(" AS ");
                        self.list(&view.columns, ", ", Self::ident);
                    }
                }
                LateralSource::Values(values) => {
                    self.put("LATERAL TABLE(");
                    self.values(values);
                    self.put(") AS ");
                    self.ident(&view.alias);
                    if !view.columns.is_empty() {
                        self.idents(&view.columns);
                    }
                }
            }
        }
    }
}
