//! HiveQL as a language: text in, syntax tree and diagnostics out.

pub mod ast;
mod text;
mod token;

pub use token::Keyword;
