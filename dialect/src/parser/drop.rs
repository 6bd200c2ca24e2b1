//! `DROP` and `TRUNCATE`.

use super::{Failed, Parsed, Parser};
use crate::ast::{DropTable, StatementKind, TruncateTable};
use crate::token::Keyword;

impl Parser<'_> {
    pub(super) fn drop_statement(&mut self) -> Parsed<StatementKind> {
        use Keyword as K;
        self.expect_keyword(K::Drop)?;
        if let Some(statement) = self.drop_workload()? {
            return Ok(statement);
        }
        if self.eat_keyword(K::Role) {
            return self.drop_role();
        }
        if self.eat_keywords(&[K::Scheduled, K::Query]) {
            return self.drop_scheduled_query();
        }
        let words = [
            K::Table,
            K::View,
            K::Materialized,
            K::Database,
            K::Schema,
            K::Function,
            K::Temporary,
            K::Connector,
        ];
        match words.into_iter().find(|word| self.eat_keyword(*word)) {
            Some(K::Table) => self.drop_table(),
            Some(K::View) => self.drop_view(false),
            Some(K::Materialized) => {
                self.expect_keyword(K::View)?;
                self.drop_view(true)
            }
            Some(K::Database | K::Schema) => self.drop_database(),
            Some(K::Function) => self.drop_function(false),
            Some(K::Temporary) => {
                if self.eat_keyword(K::Macro) {
                    return self.drop_macro();
                }
                self.expect_keyword(K::Function)?;
                self.drop_function(true)
            }
            Some(_) => self.drop_connector(),
            None => self.drop_other(),
        }
    }

    /// Fails at something that is dropped by another statement, or by none.
    fn drop_other<T>(&mut self) -> Parsed<T> {
        if self.keyword_at(0) == Some(Keyword::Macro) {
            let span = self.span_of(self.token());
            return self.fail(span, "macros are temporary", "write DROP TEMPORARY MACRO");
        }
        Err(Failed)
    }

    fn drop_table(&mut self) -> Parsed<StatementKind> {
        let if_exists = self.if_exists()?;
        let name = self.table_name()?;
        let purge = self.eat_keyword(Keyword::Purge);
        let replication = self.replication_clause()?;
        Ok(StatementKind::DropTable(DropTable { if_exists, name, purge, replication }))
    }

    pub(super) fn truncate_statement(&mut self) -> Parsed<StatementKind> {
        use Keyword as K;
        self.expect_keyword(K::Truncate)?;
        self.eat_keyword(K::Table);
        let name = self.table_name()?;
        let partition = self.optional_partition_spec()?;
        let columns = if self.eat_keyword(K::Columns) { self.column_names()? } else { vec![] };
        let force = self.eat_keyword(K::Force);
        let truncate = TruncateTable { name, partition, columns, force };
        Ok(StatementKind::TruncateTable(Box::new(truncate)))
    }
}
