//! HiveQL as a language: text in, syntax tree and diagnostics out, and back again.
//!
//! ```
//! let parsed = dialect::parse("SELECT a FORM t; SELECT b FROM u");
//! assert_eq!(parsed.statements[0].to_string(), "SELECT b\nFROM u");
//! let picture = dialect::render(&parsed.errors[0], "SELECT a FORM t; ...", "a.sql");
//! assert!(picture.contains("did you mean FROM instead of `FORM`?"));
//! ```
//!
//! # The way of a script
//!
//! ```text
//!  text ──► splitter ──► tokens of one statement ──► parser ──► ast ──► print
//!             │  └─ lexer                              │
//!             │                                        └──► diagnostic (with a hint)
//!             └─ SET, ADD JAR, dfs, !...: raw text ──► command ──► ast
//! ```
//!
//! [`parse`] reads a whole script and never fails. A program that runs scripts takes the steps
//! apart, because a `SET` changes what `${...}` means behind it: [`split`], then for each
//! [`RawStatement::parse`] with what the variables are at that moment. Positions are always those
//! of the script, also behind replaced variables.
//!
//! # Where things are
//!
//! | to change | look at |
//! |---|---|
//! | a word of the language, reserved or not | the table in `token` |
//! | what a token is | `lexer` |
//! | what divides statements: as one thinks, or as Hive's shell does | `splitter`, `hive_split` |
//! | a new raw command like `SET` | `command` |
//! | variables; positions behind what was replaced | `variables`, `edit` |
//! | a node of the tree | `ast`, one file per part of the grammar |
//! | which rule reads a statement | `parser::statement` |
//! | `SELECT` and its clauses; `FROM` and joins; windows | `parser::{query, from, window}` |
//! | operators and their precedence; literals; functions | `parser::{expr, atom, call}` |
//! | `INSERT` | `parser::dml` |
//! | what `CREATE` creates, `CREATE TABLE`; `DROP`, `TRUNCATE` | `parser::{create, drop}` |
//! | columns and constraints; formats and properties; types | `parser::{column, storage, types}` |
//! | `ALTER TABLE`; partitions; Iceberg's branches, tags and `EXECUTE` | `parser::{alter, partition, snapshot}` |
//! | views; databases and connectors; functions and macros | `parser::{view, database, function}` |
//! | `SHOW`; `DESCRIBE`, `ANALYZE`, `MSCK`; `EXPLAIN`, `USE` | `parser::{show, describe, session}` |
//! | `LOAD`, `EXPORT`, `IMPORT`, `REPL` | `parser::transfer` |
//! | locks, transactions, `PREPARE`, `KILL`, `ABORT` | `parser::control` |
//! | roles and privileges; resource plans; scheduled queries | `parser::{access, workload, schedule}` |
//! | what is said about a mistake | `parser::hint`: one rule per slip |
//! | comments in canonical text | `comments` |
//! | canonical text | `print`, one file per part of the grammar |
//!
//! # A new clause
//!
//! 1. `ast`: a field (or a type with a `span`) in the node it belongs to. Say in its doc comment
//!    how it is written; `Option` or an empty list means that it is not there.
//! 2. `parser`: read it where the grammar of Hive has it. Ask with `at` and `eat`, demand with
//!    `expect`: what was asked becomes the list of expected tokens by itself. Anything that can
//!    nest goes through `nested`; a run of equals becomes a list, never a nesting.
//! 3. `print`: write it so that it parses to an equal tree.
//! 4. `tests/ok`: a script that has it, `UPDATE_EXPECT=1 cargo test -p dialect` writes its tree
//!    and checks that what is printed parses to it. `tests/err`: the mistakes people will make.
//!
//! A new statement is all that, a variant of [`ast::StatementKind`], and a line in
//! `parser::statement`; take its first word out of the list in `parser::hint` of statements that
//! are not supported.
//!
//! # Invariants
//!
//! - No input makes the parser panic, overflow the stack, or take more than linear time.
//! - What Hive 4.1 refuses is refused, except for the streaming additions of Flink SQL:
//!   `WATERMARK`, computed and metadata columns, `WITH (...)`, statement sets, its names of types,
//!   hints behind tables, `INSERT OVERWRITE` without `TABLE`.
//! - Nothing here knows of catalogs, files or engines: names are not resolved, types not checked.

pub mod ast;
mod command;
mod comments;
mod diagnostic;
mod edit;
mod hive_split;
mod lexer;
mod options;
mod parser;
mod print;
mod script;
mod splitter;
mod text;
mod token;
mod tree;
mod variables;

pub use diagnostic::{Diagnostic, line_column, render};
pub use options::{Grammar, Options, QuotedIdentifiers, Splitting};
pub use script::{Parsed, RawStatement, parse, parse_statement, split};
pub use token::Keyword;
pub use tree::TreePart;
pub use variables::{Lookup, substitute};
