//! Databases and data connectors.

use super::Printer;
use crate::ast::{
    AlterConnector, AlterConnectorAction, AlterDatabase, AlterDatabaseAction, CreateConnector,
    CreateDatabase, DropConnector, DropDatabase,
};

impl Printer {
    pub(super) fn create_database(&mut self, database: &CreateDatabase) {
        self.put("CREATE ");
        self.word_if(database.remote, "REMOTE");
        self.put("DATABASE ");
        self.word_if(database.if_not_exists, "IF NOT EXISTS");
        self.ident(&database.name);
        self.string_clause("COMMENT", database.comment.as_ref());
        self.string_clause("LOCATION", database.location.as_ref());
        self.string_clause("MANAGEDLOCATION", database.managed_location.as_ref());
        if let Some(connector) = &database.connector {
            self.put(" USING ");
            self.ident(connector);
        }
        if let Some(properties) = &database.properties {
            self.put(" WITH DBPROPERTIES ");
            self.property_list(properties);
        }
    }

    pub(super) fn alter_database(&mut self, alter: &AlterDatabase) {
        self.put("ALTER DATABASE ");
        self.ident(&alter.name);
        match &alter.action {
            AlterDatabaseAction::Properties(properties) => {
                self.put(" SET DBPROPERTIES ");
                self.property_list(properties);
            }
            AlterDatabaseAction::Owner(owner) => {
                self.put(" ");
                self.set_owner(owner);
            }
            AlterDatabaseAction::Location(path) => self.string_clause("SET LOCATION", Some(path)),
            AlterDatabaseAction::ManagedLocation(path) => {
                self.string_clause("SET MANAGEDLOCATION", Some(path));
            }
        }
    }

    pub(super) fn drop_database(&mut self, drop: &DropDatabase) {
        self.put("DROP DATABASE ");
        self.word_if(drop.if_exists, "IF EXISTS");
        self.ident(&drop.name);
        self.drop_behavior(drop.behavior);
    }

    pub(super) fn create_connector(&mut self, connector: &CreateConnector) {
        self.put("CREATE CONNECTOR ");
        self.word_if(connector.if_not_exists, "IF NOT EXISTS");
        self.ident(&connector.name);
        self.string_clause("TYPE", Some(&connector.kind));
        self.string_clause("URL", Some(&connector.url));
        self.string_clause("COMMENT", connector.comment.as_ref());
        if let Some(properties) = &connector.properties {
            self.put(" WITH DCPROPERTIES ");
            self.property_list(properties);
        }
    }

    pub(super) fn alter_connector(&mut self, alter: &AlterConnector) {
        self.put("ALTER CONNECTOR ");
        self.ident(&alter.name);
        match &alter.action {
            AlterConnectorAction::Properties(properties) => {
                self.put(" SET DCPROPERTIES ");
                self.property_list(properties);
            }
            AlterConnectorAction::Owner(owner) => {
                self.put(" ");
                self.set_owner(owner);
            }
            AlterConnectorAction::Url(url) => self.string_clause("SET URL", Some(url)),
        }
    }

    pub(super) fn drop_connector(&mut self, drop: &DropConnector) {
        self.put("DROP CONNECTOR ");
        self.word_if(drop.if_exists, "IF EXISTS");
        self.ident(&drop.name);
    }
}
