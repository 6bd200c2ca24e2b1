//! Databases and data connectors.

use super::Tree;
use crate::ast::{
    AlterConnector, AlterConnectorAction, AlterDatabase, AlterDatabaseAction, CreateConnector,
    CreateDatabase, DropConnector, DropDatabase, Ident, Properties, StringLit,
};

impl Tree {
    pub(super) fn create_database(&mut self, database: &CreateDatabase) {
        self.node("tok_createdatabase", |tree| {
            tree.ident(&database.name);
            tree.leaf_if(database.if_not_exists, "tok_ifnotexists");
            tree.string_node("tok_databaselocation", database.location.as_ref());
            tree.string_node("tok_database_managedlocation", database.managed_location.as_ref());
            tree.string_node("tok_databasecomment", database.comment.as_ref());
            tree.each(database.properties.iter(), Self::database_properties);
            if let Some(connector) = &database.connector {
                tree.node("tok_dataconnector", |tree| tree.ident(connector));
            }
        });
    }

    fn database_properties(&mut self, properties: &Properties) {
        self.node("tok_databaseproperties", |tree| {
            tree.property_list("tok_dbproplist", properties);
        });
    }

    fn connector_properties(&mut self, properties: &Properties) {
        self.node("tok_dataconnectorproperties", |tree| {
            tree.property_list("tok_dbproplist", properties);
        });
    }

    fn named_string(&mut self, node: &str, name: &Ident, string: &StringLit) {
        self.node(node, |tree| {
            tree.ident(name);
            tree.string(string);
        });
    }

    pub(super) fn alter_database(&mut self, alter: &AlterDatabase) {
        match &alter.action {
            AlterDatabaseAction::Properties(properties) => {
                self.node("tok_alterdatabase_properties", |tree| {
                    tree.ident(&alter.name);
                    tree.database_properties(properties);
                });
            }
            AlterDatabaseAction::Owner(owner) => self.node("tok_alterdatabase_owner", |tree| {
                tree.ident(&alter.name);
                tree.owner(owner);
            }),
            AlterDatabaseAction::Location(path) => {
                self.named_string("tok_alterdatabase_location", &alter.name, path);
            }
            AlterDatabaseAction::ManagedLocation(path) => {
                self.named_string("tok_alterdatabase_managedlocation", &alter.name, path);
            }
        }
    }

    pub(super) fn drop_database(&mut self, drop: &DropDatabase) {
        self.node("tok_dropdatabase", |tree| {
            tree.ident(&drop.name);
            tree.leaf_if(drop.if_exists, "tok_ifexists");
            tree.drop_behavior(drop.behavior);
        });
    }

    pub(super) fn create_connector(&mut self, connector: &CreateConnector) {
        self.node("tok_createdataconnector", |tree| {
            tree.ident(&connector.name);
            tree.leaf_if(connector.if_not_exists, "tok_ifnotexists");
            tree.string_node("tok_dataconnectortype", Some(&connector.kind));
            tree.string_node("tok_dataconnectorurl", Some(&connector.url));
            tree.string_node("tok_dataconnectorcomment", connector.comment.as_ref());
            tree.each(connector.properties.iter(), Self::connector_properties);
        });
    }

    pub(super) fn alter_connector(&mut self, alter: &AlterConnector) {
        match &alter.action {
            AlterConnectorAction::Properties(properties) => {
                self.node("tok_alterdataconnector_properties", |tree| {
                    tree.ident(&alter.name);
                    tree.connector_properties(properties);
                });
            }
            AlterConnectorAction::Owner(owner) => {
                self.node("tok_alterdataconnector_owner", |tree| {
                    tree.ident(&alter.name);
                    tree.owner(owner);
                });
            }
            AlterConnectorAction::Url(url) => {
                self.named_string("tok_alterdataconnector_url", &alter.name, url);
            }
        }
    }

    pub(super) fn drop_connector(&mut self, drop: &DropConnector) {
        self.node("tok_dropdataconnector", |tree| {
            tree.ident(&drop.name);
            tree.leaf_if(drop.if_exists, "tok_ifexists");
        });
    }
}
