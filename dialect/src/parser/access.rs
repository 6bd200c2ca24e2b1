//! Roles, `GRANT`, `REVOKE`.

use super::{Failed, Parsed, Parser};
use crate::ast::{
    Grant, GrantObject, Granted, Principal, PrincipalKind, Privilege, PrivilegeKind, Revoke,
    RoleStatement, StatementKind,
};
use crate::token::{Keyword, TokenKind};

impl Parser<'_> {
    /// Reads what stands behind `CREATE ROLE`.
    pub(super) fn create_role(&mut self) -> Parsed<StatementKind> {
        Ok(StatementKind::Role(RoleStatement::Create(self.ident_as("a role")?)))
    }

    /// Reads what stands behind `DROP ROLE`.
    pub(super) fn drop_role(&mut self) -> Parsed<StatementKind> {
        Ok(StatementKind::Role(RoleStatement::Drop(self.ident_as("a role")?)))
    }

    /// Reads what stands behind `SET ROLE`.
    pub(super) fn set_role(&mut self) -> Parsed<StatementKind> {
        let word = self.at_keyword(Keyword::All) || self.at_keyword(Keyword::None);
        let role = if word { self.ident_unchecked() } else { self.ident_as("a role")? };
        Ok(StatementKind::Role(RoleStatement::Set(role)))
    }

    // ── GRANT, REVOKE ────────────────────────────────────────────────

    pub(super) fn grant_statement(&mut self) -> Parsed<StatementKind> {
        use Keyword as K;
        self.expect_keyword(K::Grant)?;
        let granted = if self.grants_privileges() && !self.ends_with_admin_option() {
            self.granted_privileges()?
        } else {
            self.granted_roles()?
        };
        self.expect_keyword(K::To)?;
        let principals = self.comma_separated(Self::principal)?;
        let with_option = self.eat_keyword(K::With);
        if with_option {
            self.expect_keyword(match granted {
                Granted::Privileges { .. } => K::Grant,
                Granted::Roles(_) => K::Admin,
            })?;
            self.expect_keyword(K::Option)?;
        }
        Ok(StatementKind::Grant(Box::new(Grant { granted, principals, with_option })))
    }

    pub(super) fn revoke_statement(&mut self) -> Parsed<StatementKind> {
        use Keyword as K;
        self.expect_keyword(K::Revoke)?;
        let (option_only, granted) = if self.eat_keyword(K::Grant) {
            self.expect_keywords(&[K::Option, K::For])?;
            (true, self.granted_privileges()?)
        } else if self.keyword_at(1) == Some(K::Option) && self.eat_keyword(K::Admin) {
            self.expect_keywords(&[K::Option, K::For])?;
            (true, self.granted_roles()?)
        } else if self.grants_privileges() {
            (false, self.granted_privileges()?)
        } else {
            (false, self.granted_roles()?)
        };
        self.expect_keyword(K::From)?;
        let principals = self.comma_separated(Self::principal)?;
        Ok(StatementKind::Revoke(Box::new(Revoke { option_only, granted, principals })))
    }

    /// Tells whether privileges come next, not roles: two privileges are also names.
    fn grants_privileges(&self) -> bool {
        let mut at = 0;
        loop {
            let Some(kind) = self.keyword_at(at).and_then(privilege) else { return false };
            let may_be_role = matches!(kind, PrivilegeKind::Lock | PrivilegeKind::ShowDatabase);
            if !may_be_role || self.kind_at(at + 1) != TokenKind::Comma {
                return true;
            }
            at += 2;
        }
    }

    /// Tells whether the statement ends with `WITH ADMIN OPTION`, and with privileges that can only
    /// be roles because of that.
    fn ends_with_admin_option(&self) -> bool {
        let is = |i: usize, word| self.tokens[i].kind == TokenKind::Keyword(word);
        let eof = self.tokens.len() - 1;
        let admin =
            eof >= self.pos + 2 && is(eof - 1, Keyword::Option) && is(eof - 2, Keyword::Admin);
        let plain = |token: &crate::token::Token| match token.kind {
            TokenKind::Comma => true,
            TokenKind::Keyword(word) => word == Keyword::Lock || word == Keyword::ShowDatabase,
            _ => false,
        };
        let mut list = self.tokens[self.pos..].iter().skip_while(|token| plain(token));
        admin && list.next().is_some_and(|token| token.kind == TokenKind::Keyword(Keyword::To))
    }

    fn granted_privileges(&mut self) -> Parsed<Granted> {
        let privileges = self.comma_separated(Self::privilege)?;
        let object = if self.eat_keyword(Keyword::On) {
            let mut object = self.grant_object_name()?;
            if let GrantObject::Table { partition, .. } = &mut object {
                *partition = self.optional_partition()?;
            }
            Some(object)
        } else {
            None
        };
        Ok(Granted::Privileges { privileges, object })
    }

    fn privilege(&mut self) -> Parsed<Privilege> {
        let start = self.start();
        let Some(kind) = self.keyword_at(0).and_then(privilege) else {
            return self.expected("a privilege");
        };
        self.bump();
        let columns = if self.at(TokenKind::LParen) { self.column_names()? } else { vec![] };
        Ok(Privilege { span: self.span_from(start), kind, columns })
    }

    fn granted_roles(&mut self) -> Parsed<Granted> {
        if self.is_name(1) {
            self.eat_keyword(Keyword::Role);
        }
        let roles = self.comma_separated(|p| p.ident_as("a privilege or a role"))?;
        if self.keyword_at(0) == Some(Keyword::On) {
            let Some(role) = roles.first() else { return Err(Failed) };
            let (span, message) = (role.span, format!("`{}` is no privilege", role.value));
            let hint = "privileges are ALL, ALTER, CREATE, DELETE, DROP, INSERT, LOCK, SELECT, \
                        SHOW_DATABASE and UPDATE";
            return self.fail(span, message, hint);
        }
        Ok(Granted::Roles(roles))
    }

    /// Reads what there can be privileges on, without partition.
    pub(super) fn grant_object_name(&mut self) -> Parsed<GrantObject> {
        use Keyword as K;
        let schema = self.keyword_at(0) == Some(K::Schema) && self.is_name(1);
        if schema || self.at_keyword(K::Database) {
            self.bump();
            return Ok(GrantObject::Database(self.ident_as("a database name")?));
        }
        if self.kind_at(1) == TokenKind::String && self.eat_keyword(K::Uri) {
            return Ok(GrantObject::Uri(self.string()?));
        }
        if self.is_name(1) && self.eat_keyword(K::Server) {
            return Ok(GrantObject::Server(self.ident_as("a server")?));
        }
        self.eat_keyword(K::Table);
        Ok(GrantObject::Table { name: self.table_name()?, partition: None })
    }

    /// Reads `USER name`, `GROUP name` or `ROLE name`.
    pub(super) fn principal(&mut self) -> Parsed<Principal> {
        let start = self.start();
        let (kind, class) = if self.eat_keyword(Keyword::User) {
            (PrincipalKind::User, "a user")
        } else if self.eat_keyword(Keyword::Group) {
            (PrincipalKind::Group, "a group")
        } else {
            self.expect_keyword(Keyword::Role)?;
            (PrincipalKind::Role, "a role")
        };
        let name = self.ident_as(class)?;
        Ok(Principal { span: self.span_from(start), kind, name })
    }
}

const fn privilege(keyword: Keyword) -> Option<PrivilegeKind> {
    use PrivilegeKind as P;
    Some(match keyword {
        Keyword::All => P::All,
        Keyword::Alter => P::Alter,
        Keyword::Update => P::Update,
        Keyword::Create => P::Create,
        Keyword::Drop => P::Drop,
        Keyword::Lock => P::Lock,
        Keyword::Select => P::Select,
        Keyword::ShowDatabase => P::ShowDatabase,
        Keyword::Insert => P::Insert,
        Keyword::Delete => P::Delete,
        _ => return None,
    })
}
