//! HiveQL as a language: text in, syntax tree and diagnostics out, and back again.

pub mod ast;
mod command;
mod diagnostic;
mod lexer;
mod parser;
mod print;
mod script;
mod text;
mod token;
mod variables;

pub use diagnostic::{Diagnostic, line_column, render};
pub use script::{Parsed, RawStatement, parse, parse_statement, split};
pub use token::Keyword;
pub use variables::{Lookup, substitute};
