//! Views and materialized views.

use super::{Failed, Parsed, Parser};
use crate::ast::{
    AlterMaterializedView, AlterView, AlterViewAction, CreateMaterializedView, CreateView,
    DropView, Ident, MaterializedViewAction, Query, StatementKind, ViewColumn, ViewOrganization,
    ViewPartitions,
};
use crate::token::{Keyword, TokenKind};

impl Parser<'_> {
    /// Reads what stands behind `CREATE [OR REPLACE] VIEW`.
    pub(super) fn create_view(&mut self, or_replace: bool) -> Parsed<StatementKind> {
        use Keyword as K;
        let if_not_exists = self.if_not_exists()?;
        let name = self.table_name()?;
        let listed = self.at(TokenKind::LParen);
        let columns = if listed { self.parenthesized(Self::view_column)? } else { vec![] };
        let comment = self.string_behind(K::Comment)?;
        let partitioned_on = self.view_partitions()?;
        let listed = self.at_keyword(K::TblProperties);
        let properties = if listed { Some(self.properties()?) } else { None };
        self.expect_keyword(K::As)?;
        let query = self.defining_query()?;
        Ok(StatementKind::CreateView(Box::new(CreateView {
            or_replace,
            if_not_exists,
            name,
            columns,
            comment,
            partitioned_on,
            properties,
            query,
        })))
    }

    fn view_column(&mut self) -> Parsed<ViewColumn> {
        let start = self.start();
        let name = self.ident_as("a column name")?;
        let comment = self.string_behind(Keyword::Comment)?;
        Ok(ViewColumn { span: self.span_from(start), name, comment })
    }

    fn view_partitions(&mut self) -> Parsed<Option<ViewPartitions>> {
        use Keyword as K;
        if !self.eat_keyword(K::Partitioned) {
            return Ok(None);
        }
        self.expect_keyword(K::On)?;
        Ok(Some(if self.eat_keyword(K::Spec) {
            ViewPartitions::Spec(self.parenthesized(Self::partition_transform)?)
        } else {
            ViewPartitions::Columns(self.column_names()?)
        }))
    }

    /// Reads the query of a view or a table. Unlike a statement, it cannot begin with `FROM`.
    pub(super) fn defining_query(&mut self) -> Parsed<Box<Query>> {
        if self.keyword_at(0) == Some(Keyword::From) {
            let span = self.span_of(self.token());
            let hint = "write SELECT ... FROM ...";
            return self.fail(span, "this query cannot begin with FROM", hint);
        }
        self.query()
    }

    /// Reads what stands behind `ALTER VIEW`.
    pub(super) fn alter_view(&mut self) -> Parsed<StatementKind> {
        use AlterViewAction as Action;
        use Keyword as K;
        let name = self.table_name()?;
        self.eat_keyword(K::As);
        let words = [K::Rename, K::Set, K::Unset, K::Add, K::Drop];
        let action = match words.into_iter().find(|word| self.eat_keyword(*word)) {
            Some(K::Rename) => {
                self.expect_keyword(K::To)?;
                Action::Rename(self.table_name()?)
            }
            Some(K::Set) => {
                if !self.at_keyword(K::TblProperties) {
                    return Err(Failed);
                }
                Action::SetProperties(self.properties()?)
            }
            Some(K::Unset) => {
                let (if_exists, properties) = self.unset_properties()?;
                Action::UnsetProperties { if_exists, properties }
            }
            Some(K::Add) => Action::AddPartitions(self.add_partitions()?),
            Some(_) => Action::DropPartitions(self.drop_partitions()?),
            None => Action::Query(self.defining_query()?),
        };
        Ok(StatementKind::AlterView(Box::new(AlterView { name, action })))
    }

    /// Reads what stands behind `CREATE MATERIALIZED`.
    pub(super) fn create_materialized_view(&mut self) -> Parsed<StatementKind> {
        use Keyword as K;
        self.expect_keyword(K::View)?;
        let if_not_exists = self.if_not_exists()?;
        let name = self.table_name()?;
        let disable_rewrite = self.eat_keyword(K::Disable);
        if disable_rewrite {
            self.expect_keyword(K::Rewrite)?;
        }
        let comment = self.string_behind(K::Comment)?;
        let partitioned_on = self.view_partitions()?;
        let organization = self.view_organization()?;
        let row_format = self.row_format()?;
        let storage = self.storage()?;
        let location = self.string_behind(K::Location)?;
        let listed = self.at_keyword(K::TblProperties);
        let properties = if listed { Some(self.properties()?) } else { None };
        self.expect_keyword(K::As)?;
        let query = self.defining_query()?;
        Ok(StatementKind::CreateMaterializedView(Box::new(CreateMaterializedView {
            if_not_exists,
            name,
            disable_rewrite,
            comment,
            partitioned_on,
            organization,
            row_format,
            storage,
            location,
            properties,
            query,
        })))
    }

    fn view_organization(&mut self) -> Parsed<Option<ViewOrganization>> {
        use Keyword as K;
        if self.eat_keyword(K::Clustered) {
            return Ok(Some(ViewOrganization::Clustered(self.columns_behind_on()?)));
        }
        if !self.eat_keyword(K::Distributed) {
            return Ok(None);
        }
        let distributed = self.columns_behind_on()?;
        self.expect_keyword(K::Sorted)?;
        let sorted = self.columns_behind_on()?;
        Ok(Some(ViewOrganization::Distributed { distributed, sorted }))
    }

    fn columns_behind_on(&mut self) -> Parsed<Vec<Ident>> {
        self.expect_keyword(Keyword::On)?;
        self.column_names()
    }

    /// Reads what stands behind `ALTER MATERIALIZED`.
    pub(super) fn alter_materialized_view(&mut self) -> Parsed<StatementKind> {
        use Keyword as K;
        self.expect_keyword(K::View)?;
        let name = self.table_name()?;
        let action = if self.eat_keyword(K::Rebuild) {
            MaterializedViewAction::Rebuild
        } else if self.eat_keyword(K::Enable) {
            self.expect_keyword(K::Rewrite)?;
            MaterializedViewAction::EnableRewrite
        } else {
            self.expect_keyword(K::Disable)?;
            self.expect_keyword(K::Rewrite)?;
            MaterializedViewAction::DisableRewrite
        };
        Ok(StatementKind::AlterMaterializedView(AlterMaterializedView { name, action }))
    }

    /// Reads what stands behind `DROP [MATERIALIZED] VIEW`.
    pub(super) fn drop_view(&mut self, materialized: bool) -> Parsed<StatementKind> {
        let if_exists = self.if_exists()?;
        let name = self.object_name("the name of a view", 2)?;
        Ok(StatementKind::DropView(DropView { materialized, if_exists, name }))
    }
}
