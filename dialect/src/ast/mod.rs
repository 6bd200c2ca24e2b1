//! The syntax tree: plain data, one type per construct of the grammar, a [`Span`] in every node.
//!
//! Invariants:
//! - A tree says what was written, not what it means: names are unresolved, literals keep their
//!   spelling, synonyms that Hive's own tree keeps apart stay apart.
//! - Left-associative runs (`a + b + c`, joins, `UNION`s) are lists, never left-deep nesting, so
//!   the height of a tree is bounded by the nesting limit of the parser and every recursive walk
//!   over it is safe.
//! - `==` compares what was written and ignores where: all spans are equal to each other.
//!
//! Source: the grammar of Hive 4.1, plus the streaming additions of Flink SQL.

mod access;
mod alter;
mod catalog;
mod change;
mod command;
mod control;
mod database;
mod ddl;
mod describe;
mod dml;
mod drop;
mod expr;
mod from;
mod function;
mod query;
mod schedule;
mod session;
mod show;
mod snapshot;
mod transfer;
mod types;
mod view;
mod workload;

use std::borrow::Cow;

pub use access::*;
pub use alter::*;
pub use catalog::*;
pub use change::*;
pub use command::*;
pub use control::*;
pub use database::*;
pub use ddl::*;
pub use describe::*;
pub use dml::*;
pub use drop::*;
pub use expr::*;
pub use from::*;
pub use function::*;
pub use query::*;
pub use schedule::*;
pub use session::*;
pub use show::*;
pub use snapshot::*;
pub use transfer::*;
pub use types::*;
pub use view::*;
pub use workload::*;

use crate::text;

/// A range of bytes in the text given to the parser: `start..end`.
///
/// All spans compare equal, so that `==` on trees compares structure; use [`Span::same`] to
/// compare positions.
#[derive(Clone, Copy, Default)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset behind the last byte.
    pub end: u32,
}

impl Span {
    /// Makes the span `start..end`.
    pub const fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    /// Returns the smallest span that covers both.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// Tells whether both cover the same bytes.
    pub const fn same(self, other: Self) -> bool {
        self.start == other.start && self.end == other.end
    }

    /// Returns the span as a range for slicing.
    pub const fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

impl PartialEq for Span {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Span {}

impl std::fmt::Debug for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}

/// One statement of a script, without its semicolon.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// From the first to the last token.
    pub span: Span,
    /// What it is.
    pub kind: StatementKind,
}

/// The kinds of statements.
#[derive(Debug, Clone, PartialEq)]
pub enum StatementKind {
    /// `SELECT ...`, also with `WITH`, set operations or `VALUES`.
    Query(Box<Query>),
    /// `INSERT INTO | OVERWRITE ... query`.
    Insert(Box<Insert>),
    /// `FROM source INSERT ... SELECT ... [INSERT ... SELECT ...]...`.
    FromInsert(Box<FromInsert>),
    /// `UPDATE table SET ...`.
    Update(Box<Update>),
    /// `DELETE FROM table ...`.
    Delete(Box<Delete>),
    /// `MERGE INTO table ...`.
    Merge(Box<Merge>),
    /// `EXECUTE STATEMENT SET BEGIN ... END`.
    StatementSet(StatementSet),
    /// `CREATE TABLE`.
    CreateTable(Box<CreateTable>),
    /// `ALTER TABLE`.
    AlterTable(Box<AlterTable>),
    /// `OPTIMIZE TABLE`.
    OptimizeTable(Box<OptimizeTable>),
    /// `TRUNCATE TABLE`.
    TruncateTable(Box<TruncateTable>),
    /// `DROP TABLE`.
    DropTable(DropTable),
    /// `CREATE VIEW`.
    CreateView(Box<CreateView>),
    /// `ALTER VIEW`.
    AlterView(Box<AlterView>),
    /// `CREATE MATERIALIZED VIEW`.
    CreateMaterializedView(Box<CreateMaterializedView>),
    /// `ALTER MATERIALIZED VIEW`.
    AlterMaterializedView(AlterMaterializedView),
    /// `DROP [MATERIALIZED] VIEW`.
    DropView(DropView),
    /// `CREATE DATABASE | SCHEMA`.
    CreateDatabase(Box<CreateDatabase>),
    /// `ALTER DATABASE | SCHEMA`.
    AlterDatabase(Box<AlterDatabase>),
    /// `DROP DATABASE | SCHEMA`.
    DropDatabase(DropDatabase),
    /// `CREATE CONNECTOR`.
    CreateConnector(Box<CreateConnector>),
    /// `ALTER CONNECTOR`.
    AlterConnector(Box<AlterConnector>),
    /// `DROP CONNECTOR`.
    DropConnector(DropConnector),
    /// `CREATE FUNCTION`.
    CreateFunction(Box<CreateFunction>),
    /// `DROP FUNCTION`.
    DropFunction(DropFunction),
    /// `RELOAD FUNCTIONS`.
    ReloadFunctions,
    /// `CREATE TEMPORARY MACRO`.
    CreateMacro(Box<CreateMacro>),
    /// `DROP TEMPORARY MACRO`.
    DropMacro(DropMacro),
    /// Flink: `CREATE CATALOG`.
    CreateCatalog(Box<CreateCatalog>),
    /// `USE database`.
    Use(Use),
    /// Flink: `USE CATALOG name`.
    UseCatalog(UseCatalog),
    /// `SET ...`.
    Set(Set),
    /// `RESET ...`.
    Reset(Reset),
    /// `ADD JAR`, `dfs`, `!`, `SOURCE` and other commands of Hive's shell.
    Command(Command),
    /// `EXPLAIN ... statement`.
    Explain(Explain),
    /// `SHOW ...`.
    Show(Box<Show>),
    /// `DESCRIBE | DESC ...`.
    Describe(Box<Describe>),
    /// `ANALYZE TABLE ...`.
    Analyze(Box<Analyze>),
    /// `MSCK [REPAIR] TABLE ...`.
    Msck(Box<Msck>),
    /// `LOAD DATA ...`.
    Load(Box<Load>),
    /// `EXPORT TABLE ...`.
    Export(Box<Export>),
    /// `IMPORT ...`.
    Import(Box<Import>),
    /// `REPL DUMP | LOAD | STATUS ...`.
    Repl(Box<Repl>),
    /// `LOCK TABLE | DATABASE ...`.
    Lock(Box<Lock>),
    /// `UNLOCK TABLE | DATABASE ...`.
    Unlock(Box<Unlock>),
    /// `KILL QUERY ...`.
    KillQuery(KillQuery),
    /// `ABORT TRANSACTIONS | COMPACTIONS ...`.
    Abort(Abort),
    /// `START TRANSACTION`, `COMMIT`, `ROLLBACK`, `SET AUTOCOMMIT`.
    Transaction(Transaction),
    /// `PREPARE name FROM ...`.
    Prepare(Prepare),
    /// `EXECUTE name USING ...`.
    Execute(Execute),
    /// `CREATE | DROP | SET ROLE`.
    Role(RoleStatement),
    /// `GRANT ...`.
    Grant(Box<Grant>),
    /// `REVOKE ...`.
    Revoke(Box<Revoke>),
    /// Resource plans, pools, triggers, mappings.
    Workload(Box<Workload>),
    /// `CREATE | ALTER | DROP SCHEDULED QUERY`.
    ScheduledQuery(Box<ScheduledQuery>),
}

impl StatementKind {
    /// Tells whether it is a command of Hive's shell, which Hive's parser never sees.
    pub const fn is_command(&self) -> bool {
        matches!(self, Self::Set(_) | Self::Reset(_) | Self::Command(_))
    }
}

/// A name as written: `orders`, `` `my orders` ``.
#[derive(Debug, Clone, PartialEq)]
pub struct Ident {
    /// Where, quotes included.
    pub span: Span,
    /// The name without quotes; case as written (Hive compares names without regard to case).
    pub value: String,
    /// Whether it was written in backticks.
    pub quoted: bool,
}

impl Ident {
    /// Makes an identifier that is not from a text; it is quoted if it must be.
    pub fn new(value: impl Into<String>) -> Self {
        let value = value.into();
        let quoted = text::needs_quotes(&value);
        Self { span: Span::default(), value, quoted }
    }

    /// Tells whether the name is `other` without regard to ASCII case, as Hive compares names.
    pub fn is(&self, other: &str) -> bool {
        self.value.eq_ignore_ascii_case(other)
    }
}

/// A name of one or more parts separated by dots: `t`, `db.t`, `db.t.snapshots`, `t.c.field`.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectName {
    /// From the first to the last part.
    pub span: Span,
    /// The parts; never empty.
    pub parts: Vec<Ident>,
}

impl ObjectName {
    /// Makes a name that is not from a text.
    pub fn new<'a>(parts: impl IntoIterator<Item = &'a str>) -> Self {
        Self { span: Span::default(), parts: parts.into_iter().map(Ident::new).collect() }
    }

    /// Returns the name if it has only one part.
    pub fn as_single(&self) -> Option<&Ident> {
        match self.parts.as_slice() {
            [one] => Some(one),
            _ => None,
        }
    }
}

impl std::fmt::Display for ObjectName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, part) in self.parts.iter().enumerate() {
            let dot = if i == 0 { "" } else { "." };
            write!(f, "{dot}{}", part.value)?;
        }
        Ok(())
    }
}

/// A string literal as written, with its quotes and escapes.
#[derive(Debug, Clone, PartialEq)]
pub struct StringLit {
    /// Where, quotes included.
    pub span: Span,
    /// The literal as written: `'it\'s'`, `"x"`.
    pub raw: String,
}

impl StringLit {
    /// Makes a literal that is not from a text.
    pub fn new(value: &str) -> Self {
        Self { span: Span::default(), raw: text::quote_string(value) }
    }

    /// Returns the characters that the literal stands for.
    ///
    /// Source: Hive `BaseSemanticAnalyzer.unescapeSQLString`; `\%` and `\_` keep their backslash
    /// for `LIKE`.
    pub fn value(&self) -> Cow<'_, str> {
        text::unescape_string(&self.raw)
    }
}

/// A number as written: `10`, `1.5e3`, `10L`, `1.0BD`.
#[derive(Debug, Clone, PartialEq)]
pub struct NumberLit {
    /// Where.
    pub span: Span,
    /// The number as written, suffix included.
    pub raw: String,
    /// What the suffix says.
    pub suffix: NumberSuffix,
}

impl NumberLit {
    /// Returns the digits, point and exponent without the suffix.
    pub fn digits(&self) -> &str {
        &self.raw[..self.raw.len() - self.suffix.len()]
    }

    /// Returns the value if it is written as a plain whole number that fits.
    pub fn as_u64(&self) -> Option<u64> {
        self.digits().parse().ok()
    }
}

/// The type that a number's suffix asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberSuffix {
    /// No suffix: `1`, `1.5`, `1e3`.
    None,
    /// `Y`: tinyint.
    TinyInt,
    /// `S`: smallint.
    SmallInt,
    /// `L`: bigint.
    BigInt,
    /// `D`: double.
    Double,
    /// `BD`: decimal.
    Decimal,
}

impl NumberSuffix {
    /// Returns how many characters the suffix has.
    pub const fn len(self) -> usize {
        match self {
            Self::None => 0,
            Self::TinyInt | Self::SmallInt | Self::BigInt | Self::Double => 1,
            Self::Decimal => 2,
        }
    }

    /// Tells whether there is no suffix.
    pub const fn is_empty(self) -> bool {
        matches!(self, Self::None)
    }
}

/// `'key' = 'value'` in `TBLPROPERTIES`, `WITH`, `SERDEPROPERTIES`, `DBPROPERTIES`.
#[derive(Debug, Clone, PartialEq)]
pub struct Property {
    /// Key and value.
    pub span: Span,
    /// The key.
    pub key: StringLit,
    /// The value; none in lists of keys only.
    pub value: Option<StringLit>,
}

/// One hint comment: `/*+ OPTIONS('k'='v') */`.
#[derive(Debug, Clone, PartialEq)]
pub struct Hint {
    /// The whole comment.
    pub span: Span,
    /// What stands between `/*+` and `*/`, blanks included.
    pub text: String,
}
