//! Roles and privileges.

use super::Tree;
use crate::ast::{
    Grant, GrantObject, Granted, Ident, Principal, PrincipalKind, Privilege, PrivilegeKind, Revoke,
    RoleStatement,
};

impl Tree {
    pub(super) fn role(&mut self, role: &RoleStatement) {
        let (name, role) = match role {
            RoleStatement::Create(role) => ("tok_createrole", role),
            RoleStatement::Drop(role) => ("tok_droprole", role),
            RoleStatement::Set(role) => ("tok_set_role", role),
        };
        self.node(name, |tree| tree.ident(role));
    }

    pub(super) fn grant(&mut self, grant: &Grant) {
        match &grant.granted {
            Granted::Privileges { privileges, object } => self.node("tok_grant", |tree| {
                tree.privileges(privileges);
                tree.principals(&grant.principals);
                tree.privilege_object(object.as_ref());
                tree.flag("tok_grant_with_option", grant.with_option);
            }),
            Granted::Roles(roles) => self.node("tok_grant_role", |tree| {
                tree.principals(&grant.principals);
                tree.flag("tok_grant_with_admin_option", grant.with_option);
                for role in roles {
                    tree.ident(role);
                }
            }),
        }
    }

    pub(super) fn revoke(&mut self, revoke: &Revoke) {
        match &revoke.granted {
            Granted::Privileges { privileges, object } => self.node("tok_revoke", |tree| {
                tree.privileges(privileges);
                tree.principals(&revoke.principals);
                tree.privilege_object(object.as_ref());
                tree.flag("tok_grant_option_for", revoke.option_only);
            }),
            Granted::Roles(roles) => self.node("tok_revoke_role", |tree| {
                tree.principals(&revoke.principals);
                tree.flag("tok_admin_option_for", revoke.option_only);
                for role in roles {
                    tree.ident(role);
                }
            }),
        }
    }

    fn privileges(&mut self, privileges: &[Privilege]) {
        self.node("tok_privilege_list", |tree| {
            for privilege in privileges {
                tree.node("tok_privilege", |tree| {
                    tree.leaf(privilege_name(privilege.kind));
                    tree.column_list(&privilege.columns);
                });
            }
        });
    }

    fn principals(&mut self, principals: &[Principal]) {
        self.node("tok_principal_name", |tree| {
            for principal in principals {
                tree.principal(principal);
            }
        });
    }

    pub(super) fn principal(&mut self, principal: &Principal) {
        let name = match principal.kind {
            PrincipalKind::User => "tok_user",
            PrincipalKind::Group => "tok_group",
            PrincipalKind::Role => "tok_role",
        };
        self.node(name, |tree| tree.ident(&principal.name));
    }

    fn privilege_object(&mut self, object: Option<&GrantObject>) {
        if let Some(object) = object {
            self.node("tok_priv_object", |tree| tree.grant_object(object, &[]));
        }
    }

    pub(super) fn grant_object(&mut self, object: &GrantObject, columns: &[Ident]) {
        match object {
            GrantObject::Table { name, partition } => self.node("tok_table_type", |tree| {
                tree.table_name(name);
                tree.column_list(columns);
                tree.optional_partition(partition.as_ref());
            }),
            GrantObject::Database(name) => self.node("tok_db_type", |tree| tree.ident(name)),
            GrantObject::Uri(path) => self.node("tok_uri_type", |tree| tree.string(path)),
            GrantObject::Server(name) => self.node("tok_server_type", |tree| tree.ident(name)),
        }
    }
}

const fn privilege_name(kind: PrivilegeKind) -> &'static str {
    match kind {
        PrivilegeKind::All => "tok_priv_all",
        PrivilegeKind::Alter => "tok_priv_alter_metadata",
        PrivilegeKind::Update => "tok_priv_alter_data",
        PrivilegeKind::Create => "tok_priv_create",
        PrivilegeKind::Drop => "tok_priv_drop",
        PrivilegeKind::Lock => "tok_priv_lock",
        PrivilegeKind::Select => "tok_priv_select",
        PrivilegeKind::ShowDatabase => "tok_priv_show_database",
        PrivilegeKind::Insert => "tok_priv_insert",
        PrivilegeKind::Delete => "tok_priv_delete",
    }
}
