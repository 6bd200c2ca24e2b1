//! Functions and macros.

use super::{Failed, Parsed, Parser};
use crate::ast::{
    CreateFunction, CreateMacro, DropFunction, DropMacro, FunctionResource, ResourceKind,
    StatementKind,
};
use crate::token::{Keyword, TokenKind};

impl Parser<'_> {
    /// Reads what stands behind `CREATE [TEMPORARY] FUNCTION`.
    pub(super) fn create_function(&mut self, temporary: bool) -> Parsed<StatementKind> {
        self.no_condition("CREATE FUNCTION")?;
        let name = self.object_name("a function name", 2)?;
        self.expect_keyword(Keyword::As)?;
        let class = self.string()?;
        let resources = if self.eat_keyword(Keyword::Using) {
            self.comma_separated(Self::function_resource)?
        } else {
            vec![]
        };
        let function = CreateFunction { temporary, name, class, resources };
        Ok(StatementKind::CreateFunction(Box::new(function)))
    }

    fn function_resource(&mut self) -> Parsed<FunctionResource> {
        let start = self.start();
        let kinds = [
            (Keyword::Jar, ResourceKind::Jar),
            (Keyword::File, ResourceKind::File),
            (Keyword::Archive, ResourceKind::Archive),
        ];
        let kind = kinds.into_iter().find_map(|(k, kind)| self.eat_keyword(k).then_some(kind));
        let Some(kind) = kind else { return Err(Failed) };
        let path = self.string()?;
        Ok(FunctionResource { span: self.span_from(start), kind, path })
    }

    /// Reads what stands behind `DROP [TEMPORARY] FUNCTION`.
    pub(super) fn drop_function(&mut self, temporary: bool) -> Parsed<StatementKind> {
        let if_exists = self.if_exists()?;
        let name = self.object_name("a function name", 2)?;
        Ok(StatementKind::DropFunction(DropFunction { temporary, if_exists, name }))
    }

    /// Reads `RELOAD FUNCTION | FUNCTIONS`.
    pub(super) fn reload_statement(&mut self) -> Parsed<StatementKind> {
        self.expect_keyword(Keyword::Reload)?;
        if !self.eat_keyword(Keyword::Functions) {
            self.expect_keyword(Keyword::Function)?;
        }
        Ok(StatementKind::ReloadFunctions)
    }

    /// Reads what stands behind `CREATE TEMPORARY MACRO`.
    pub(super) fn create_macro(&mut self) -> Parsed<StatementKind> {
        let name = self.plain_ident("the name of a macro")?;
        self.expect(TokenKind::LParen)?;
        let arguments = if self.at(TokenKind::RParen) {
            vec![]
        } else {
            self.comma_separated(Self::typed_column)?
        };
        self.expect(TokenKind::RParen)?;
        let body = self.expr()?;
        Ok(StatementKind::CreateMacro(Box::new(CreateMacro { name, arguments, body })))
    }

    /// Reads what stands behind `DROP TEMPORARY MACRO`.
    pub(super) fn drop_macro(&mut self) -> Parsed<StatementKind> {
        let if_exists = self.if_exists()?;
        let name = self.plain_ident("the name of a macro")?;
        Ok(StatementKind::DropMacro(DropMacro { if_exists, name }))
    }
}
