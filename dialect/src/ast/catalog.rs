//! Flink's statements about catalogs.

use super::{Ident, Properties, StringLit};

/// `CREATE CATALOG [IF NOT EXISTS] name [COMMENT '...'] WITH (...)`.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateCatalog {
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// The name.
    pub name: Ident,
    /// `COMMENT`.
    pub comment: Option<StringLit>,
    /// What is in `WITH (...)`.
    pub options: Option<Properties>,
}

/// `USE CATALOG name`.
#[derive(Debug, Clone, PartialEq)]
pub struct UseCatalog {
    /// The catalog.
    pub name: Ident,
}
