//! `LOAD`, `EXPORT`, `IMPORT`, `REPL`.

use super::{Parsed, Parser};
use crate::ast::{
    Export, Ident, Import, ImportTable, Load, LoadFormat, Properties, Repl, ReplPolicy,
    StatementKind,
};
use crate::token::{Keyword, TokenKind};

impl Parser<'_> {
    pub(super) fn load_statement(&mut self) -> Parsed<StatementKind> {
        use Keyword as K;
        self.expect_keywords(&[K::Load, K::Data])?;
        let local = self.eat_keyword(K::Local);
        self.expect_keyword(K::Inpath)?;
        let path = self.string()?;
        let overwrite = self.eat_keyword(K::Overwrite);
        self.expect_keywords(&[K::Into, K::Table])?;
        let table = self.table_name()?;
        let partition = self.optional_partition()?;
        let start = self.start();
        let format = if self.eat_keyword(K::InputFormat) {
            let input = self.string()?;
            self.expect_keyword(K::Serde)?;
            let serde = self.string()?;
            Some(LoadFormat { span: self.span_from(start), input, serde })
        } else {
            None
        };
        let load = Load { local, path, overwrite, table, partition, format };
        Ok(StatementKind::Load(Box::new(load)))
    }

    pub(super) fn export_statement(&mut self) -> Parsed<StatementKind> {
        use Keyword as K;
        self.expect_keywords(&[K::Export, K::Table])?;
        let table = self.table_name()?;
        let partition = self.optional_partition()?;
        self.expect_keyword(K::To)?;
        let path = self.string()?;
        let replication = self.replication_clause()?;
        Ok(StatementKind::Export(Box::new(Export { table, partition, path, replication })))
    }

    pub(super) fn import_statement(&mut self) -> Parsed<StatementKind> {
        use Keyword as K;
        self.expect_keyword(K::Import)?;
        let external = self.eat_keyword(K::External);
        let table = if external || self.at_keyword(K::Table) {
            self.expect_keyword(K::Table)?;
            let name = self.table_name()?;
            Some(ImportTable { external, name, partition: self.optional_partition()? })
        } else {
            None
        };
        self.expect_keyword(K::From)?;
        let path = self.string()?;
        let location = if self.eat_keyword(K::Location) { Some(self.string()?) } else { None };
        Ok(StatementKind::Import(Box::new(Import { table, path, location })))
    }

    // ── REPL ─────────────────────────────────────────────────────────

    pub(super) fn repl_statement(&mut self) -> Parsed<StatementKind> {
        use Keyword as K;
        self.expect_keyword(K::Repl)?;
        let repl = if self.eat_keyword(K::Dump) {
            let policy = self.repl_policy()?;
            let replaces =
                if self.eat_keyword(K::Replace) { Some(self.repl_policy()?) } else { None };
            Repl::Dump { policy, replaces, config: self.repl_config()? }
        } else if self.eat_keyword(K::Load) {
            let policy = self.repl_policy()?;
            let into = if self.eat_keyword(K::Into) { Some(self.repl_database()?) } else { None };
            Repl::Load { policy, into, config: self.repl_config()? }
        } else {
            self.expect_keyword(K::Status)?;
            Repl::Status { database: self.repl_database()?, config: self.repl_config()? }
        };
        Ok(StatementKind::Repl(Box::new(repl)))
    }

    fn repl_database(&mut self) -> Parsed<Ident> {
        self.ident_as("a database name")
    }

    fn repl_policy(&mut self) -> Parsed<ReplPolicy> {
        let start = self.start();
        let database = self.repl_database()?;
        let mut policy =
            ReplPolicy { span: self.span_from(start), database, include: None, exclude: None };
        if self.eat(TokenKind::Dot) {
            policy.include = Some(self.string()?);
            if self.eat(TokenKind::Dot) {
                policy.exclude = Some(self.string()?);
            }
        }
        policy.span = self.span_from(start);
        Ok(policy)
    }

    fn repl_config(&mut self) -> Parsed<Option<Properties>> {
        if self.eat_keyword(Keyword::With) { self.key_value_list().map(Some) } else { Ok(None) }
    }
}
