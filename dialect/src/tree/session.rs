//! `EXPLAIN`.

use super::Tree;
use crate::ast::Explain;

impl Tree {
    pub(super) fn explain(&mut self, explain: &Explain) {
        self.node("tok_explain", |tree| tree.statement(&explain.statement.kind));
    }
}
