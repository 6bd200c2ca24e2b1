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
//!  text ──► script::Splitter ──► tokens of one statement ──► parser ──► ast ──► print
//!             │  └─ lexer                                      │
//!             │                                                └──► diagnostic (with a hint)
//!             └─ SET, RESET: raw text ──► command ──► ast
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
//! | what divides statements; a new raw command like `SET` | `script`, `command` |
//! | variables | `variables` |
//! | a node of the tree | `ast`, one file per part of the grammar |
//! | which rule reads a statement | `parser::statement` |
//! | `SELECT` and its clauses; `FROM` and joins; windows | `parser::{query, from, window}` |
//! | operators and their precedence; literals; functions | `parser::{expr, atom, call}` |
//! | `INSERT` | `parser::dml` |
//! | `CREATE`, `DROP`; columns and constraints; formats and properties; types | `parser::{create, column, storage, types}` |
//! | what is said about a mistake | `parser::hint`: one rule per slip |
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
mod diagnostic;
mod lexer;
mod options;
mod parser;
mod print;
mod script;
mod text;
mod token;
mod tree;
mod variables;

pub use diagnostic::{Diagnostic, line_column, render};
pub use options::{Grammar, Options, QuotedIdentifiers};
pub use script::{Parsed, RawStatement, parse, parse_statement, split};
pub use token::Keyword;
pub use variables::{Lookup, substitute};
