//! Roles and privileges.

use super::Printer;
use crate::ast::{
    Grant, GrantObject, Granted, Ident, Principal, PrincipalKind, PrivilegeKind, Revoke,
    RoleStatement,
};

impl Printer {
    pub(super) fn role(&mut self, role: &RoleStatement) {
        let (words, role) = match role {
            RoleStatement::Create(role) => ("CREATE ROLE ", role),
            RoleStatement::Drop(role) => ("DROP ROLE ", role),
            RoleStatement::Set(role) => ("SET ROLE ", role),
        };
        self.put(words);
        self.ident(role);
    }

    pub(super) fn grant(&mut self, grant: &Grant) {
        self.put("GRANT ");
        self.granted(&grant.granted);
        self.put(" TO ");
        self.list(&grant.principals, ", ", Self::principal);
        if grant.with_option {
            self.put(match grant.granted {
                Granted::Privileges { .. } => " WITH GRANT OPTION",
                Granted::Roles(_) => " WITH ADMIN OPTION",
            });
        }
    }

    pub(super) fn revoke(&mut self, revoke: &Revoke) {
        self.put("REVOKE ");
        if revoke.option_only {
            self.put(match revoke.granted {
                Granted::Privileges { .. } => "GRANT OPTION FOR ",
                Granted::Roles(_) => "ADMIN OPTION FOR ",
            });
        }
        self.granted(&revoke.granted);
        self.put(" FROM ");
        self.list(&revoke.principals, ", ", Self::principal);
    }

    fn granted(&mut self, granted: &Granted) {
        match granted {
            Granted::Privileges { privileges, object } => {
                self.list(privileges, ", ", |p, privilege| {
                    p.put(privilege_word(privilege.kind));
                    if !privilege.columns.is_empty() {
                        p.put(" ");
                        p.idents(&privilege.columns);
                    }
                });
                if let Some(object) = object {
                    self.put(" ON ");
                    self.grant_object(object, &[]);
                }
            }
            // Without the word, a role named `lock` would be a privilege.
            Granted::Roles(roles) => {
                self.put("ROLE ");
                self.list(roles, ", ", Self::ident);
            }
        }
    }

    pub(super) fn grant_object(&mut self, object: &GrantObject, columns: &[Ident]) {
        match object {
            GrantObject::Table { name, partition } => {
                self.put("TABLE ");
                self.name(name);
                if !columns.is_empty() {
                    self.put(" ");
                    self.idents(columns);
                }
                self.optional_partition(partition.as_ref());
            }
            GrantObject::Database(name) => {
                self.put("DATABASE ");
                self.ident(name);
            }
            GrantObject::Uri(path) => {
                self.put("URI ");
                self.string(path);
            }
            GrantObject::Server(name) => {
                self.put("SERVER ");
                self.ident(name);
            }
        }
    }

    pub(super) fn principal(&mut self, principal: &Principal) {
        self.put(match principal.kind {
            PrincipalKind::User => "USER ",
            PrincipalKind::Group => "GROUP ",
            PrincipalKind::Role => "ROLE ",
        });
        self.ident(&principal.name);
    }
}

const fn privilege_word(kind: PrivilegeKind) -> &'static str {
    match kind {
        PrivilegeKind::All => "ALL",
        PrivilegeKind::Alter => "ALTER",
        PrivilegeKind::Update => "UPDATE",
        PrivilegeKind::Create => "CREATE",
        PrivilegeKind::Drop => "DROP",
        PrivilegeKind::Lock => "LOCK",
        PrivilegeKind::Select => "SELECT",
        PrivilegeKind::ShowDatabase => "SHOW_DATABASE",
        PrivilegeKind::Insert => "INSERT",
        PrivilegeKind::Delete => "DELETE",
    }
}
