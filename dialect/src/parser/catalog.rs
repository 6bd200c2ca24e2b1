//! Flink's `CREATE CATALOG` and `USE CATALOG`.

use super::{Parsed, Parser};
use crate::ast::{CreateCatalog, StatementKind, UseCatalog};
use crate::token::Keyword;

impl Parser<'_> {
    /// Reads what stands behind `CREATE CATALOG`.
    pub(super) fn create_catalog(&mut self) -> Parsed<StatementKind> {
        let if_not_exists = self.if_not_exists()?;
        let name = self.ident_as("a catalog name")?;
        let comment = if self.eat_keyword(Keyword::Comment) { Some(self.string()?) } else { None };
        let options = if self.at_keyword(Keyword::With) { Some(self.properties()?) } else { None };
        let create = CreateCatalog { if_not_exists, name, comment, options };
        Ok(StatementKind::CreateCatalog(Box::new(create)))
    }

    /// Reads what stands behind `USE CATALOG`.
    pub(super) fn use_catalog(&mut self) -> Parsed<StatementKind> {
        let name = self.ident_as("a catalog name")?;
        Ok(StatementKind::UseCatalog(UseCatalog { name }))
    }
}
