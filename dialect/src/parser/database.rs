//! Databases and data connectors.

use super::{Failed, Parsed, Parser};
use crate::ast::{
    AlterConnector, AlterConnectorAction, AlterDatabase, AlterDatabaseAction, CreateConnector,
    CreateDatabase, DropConnector, DropDatabase, Ident, Properties, StatementKind,
};
use crate::token::Keyword;

impl Parser<'_> {
    fn database_name(&mut self) -> Parsed<Ident> {
        self.ident_as("a database name")
    }

    fn connector_name(&mut self) -> Parsed<Ident> {
        self.ident_as("the name of a connector")
    }

    /// Reads what stands behind `CREATE [REMOTE] DATABASE`.
    pub(super) fn create_database(&mut self, remote: bool) -> Parsed<StatementKind> {
        use Keyword as K;
        let if_not_exists = self.if_not_exists()?;
        let name = self.database_name()?;
        let comment = self.string_behind(K::Comment)?;
        let mut database = CreateDatabase {
            remote,
            if_not_exists,
            name,
            comment,
            location: None,
            managed_location: None,
            connector: None,
            properties: None,
        };
        if remote {
            self.expect_keyword(K::Using)?;
            database.connector = Some(self.connector_name()?);
        } else {
            database.location = self.string_behind(K::Location)?;
            database.managed_location = self.string_behind(K::ManagedLocation)?;
        }
        database.properties = self.with_properties(K::DbProperties)?;
        Ok(StatementKind::CreateDatabase(Box::new(database)))
    }

    /// Reads `WITH word ('key' = 'value', ...)` if it is there.
    fn with_properties(&mut self, word: Keyword) -> Parsed<Option<Properties>> {
        let start = self.start();
        if !self.eat_keyword(Keyword::With) {
            return Ok(None);
        }
        self.expect_keyword(word)?;
        let mut properties = self.key_value_list()?;
        properties.span = self.span_from(start);
        Ok(Some(properties))
    }

    /// Reads what stands behind `ALTER DATABASE`.
    pub(super) fn alter_database(&mut self) -> Parsed<StatementKind> {
        use AlterDatabaseAction as Action;
        use Keyword as K;
        let name = self.database_name()?;
        self.expect_keyword(K::Set)?;
        let action = if self.eat_keyword(K::DbProperties) {
            Action::Properties(self.key_value_list()?)
        } else if self.eat_keyword(K::Owner) {
            Action::Owner(self.owner()?)
        } else if self.eat_keyword(K::Location) {
            Action::Location(self.string()?)
        } else if self.eat_keyword(K::ManagedLocation) {
            Action::ManagedLocation(self.string()?)
        } else {
            return Err(Failed);
        };
        Ok(StatementKind::AlterDatabase(Box::new(AlterDatabase { name, action })))
    }

    /// Reads what stands behind `DROP DATABASE`.
    pub(super) fn drop_database(&mut self) -> Parsed<StatementKind> {
        let if_exists = self.if_exists()?;
        let name = self.database_name()?;
        let behavior = self.drop_behavior();
        Ok(StatementKind::DropDatabase(DropDatabase { if_exists, name, behavior }))
    }

    /// Reads what stands behind `CREATE CONNECTOR`.
    pub(super) fn create_connector(&mut self) -> Parsed<StatementKind> {
        use Keyword as K;
        let if_not_exists = self.if_not_exists()?;
        let name = self.connector_name()?;
        self.expect_keyword(K::Type)?;
        let kind = self.string()?;
        self.expect_keyword(K::Url)?;
        let url = self.string()?;
        let comment = self.string_behind(K::Comment)?;
        let properties = self.with_properties(K::DcProperties)?;
        Ok(StatementKind::CreateConnector(Box::new(CreateConnector {
            if_not_exists,
            name,
            kind,
            url,
            comment,
            properties,
        })))
    }

    /// Reads what stands behind `ALTER CONNECTOR`.
    pub(super) fn alter_connector(&mut self) -> Parsed<StatementKind> {
        use AlterConnectorAction as Action;
        use Keyword as K;
        let name = self.connector_name()?;
        self.expect_keyword(K::Set)?;
        let action = if self.eat_keyword(K::DcProperties) {
            Action::Properties(self.key_value_list()?)
        } else if self.eat_keyword(K::Owner) {
            Action::Owner(self.owner()?)
        } else if self.eat_keyword(K::Url) {
            Action::Url(self.string()?)
        } else {
            return Err(Failed);
        };
        Ok(StatementKind::AlterConnector(Box::new(AlterConnector { name, action })))
    }

    /// Reads what stands behind `DROP CONNECTOR`.
    pub(super) fn drop_connector(&mut self) -> Parsed<StatementKind> {
        let if_exists = self.if_exists()?;
        let name = self.connector_name()?;
        Ok(StatementKind::DropConnector(DropConnector { if_exists, name }))
    }
}
