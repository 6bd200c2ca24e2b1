//! Syntax tree to Hive's syntax tree: what `EXPLAIN AST` of Hive shows.
//!
//! Hive's parser rewrites while it reads: `VALUES` becomes `inline(array(struct(...)))`, a `UNION`
//! a subquery with a made-up name, `IS NULL` a function. All of that happens here, so that [`ast`]
//! can stay what was written.
//!
//! Invariant: nodes are put in the order in which Hive's parser completes them, because it numbers
//! the names of set operations in that order.
//!
//! Source: the tree rewrite rules of Hive 4.1's grammar; `ASTNode.toStringTree` and `dump`.
//!
//! [`ast`]: crate::ast

mod access;
mod alter;
mod change;
mod control;
mod database;
mod expr;
mod from;
mod function;
mod partition;
mod query;
mod session;
mod show;
mod snapshot;
mod statement;
mod storage;
mod table;
mod view;
mod workload;

use crate::ast::{Ident, Statement, StringLit};

/// In which form a tree is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// On one line, everything but strings in lower case: `(tok_query (tok_from ...) ...)`.
    Line,
    /// As a list of parts, names and words in lower case.
    Parts,
    /// One node a line, indented, in the case written.
    Dump {
        /// How deep the next node is.
        depth: usize,
    },
}

/// Writes Hive's tree.
#[derive(Debug)]
pub(crate) struct Tree {
    out: String,
    /// What is put in the form of parts.
    parts: Vec<TreePart>,
    form: Form,
    /// How many names of set operations were made up.
    unions: u32,
}

/// A part of a syntax tree, for programs that look for something in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TreePart {
    /// A node with children begins: `tok_select`.
    Open(String),
    /// A node without children that is no string: a word of the grammar, a name, a number.
    Leaf(String),
    /// A string as it was written, with its quotes.
    Text(String),
    /// The node that began last ends.
    Close,
}

impl Statement {
    /// Returns Hive's syntax tree of the statement in parts, in the order of
    /// [`Self::syntax_tree`].
    ///
    /// Shape: each [`TreePart::Open`] has its [`TreePart::Close`]; everything but strings is in
    /// lower case.
    pub fn syntax_tree_parts(&self) -> Vec<TreePart> {
        let mut tree = Tree::new(Form::Parts);
        tree.statement(&self.kind);
        tree.parts
    }

    /// Returns Hive's syntax tree of the statement on one line.
    ///
    /// Shape: `(tok_select (tok_selexpr 'A')) <eof>`; everything but strings is in lower case.
    ///
    /// Source: Hive 4.1 `ASTNode.toStringTree`.
    pub fn syntax_tree(&self) -> String {
        let mut tree = Tree::new(Form::Line);
        tree.statement(&self.kind);
        tree.out.push_str(" <eof>");
        tree.out
    }

    /// Returns what Hive's `EXPLAIN AST` shows of the statement: one node a line, indented.
    ///
    /// Shape: three blanks a level; words of the language that Hive shows as written are in upper
    /// case.
    ///
    /// Source: Hive 4.1 `ASTNode.dump`.
    pub fn syntax_tree_dump(&self) -> String {
        let mut tree = Tree::new(Form::Dump { depth: 1 });
        tree.out.push_str("\nnil");
        tree.statement(&self.kind);
        tree.out.push_str("\n   <EOF>\n");
        tree.out
    }
}

impl Tree {
    fn new(form: Form) -> Self {
        Self { out: String::new(), parts: Vec::new(), form, unions: 0 }
    }

    /// Puts a node with what `children` puts below it.
    pub(crate) fn node(&mut self, name: &str, children: impl FnOnce(&mut Self)) {
        let open = self.open(name);
        children(self);
        self.close(open);
    }

    /// Begins a node; what is put until [`Self::close`] is below it.
    pub(crate) fn open(&mut self, name: &str) -> Open {
        match &mut self.form {
            Form::Line => {
                self.separate();
                let start = self.out.len();
                self.out.push('(');
                self.push_word(name);
                Open { start, filled: self.out.len() }
            }
            Form::Parts => {
                self.parts.push(TreePart::Open(name.to_owned()));
                Open { start: 0, filled: self.parts.len() }
            }
            Form::Dump { .. } => {
                self.leaf(name);
                if let Form::Dump { depth } = &mut self.form {
                    *depth += 1;
                }
                Open { start: 0, filled: 0 }
            }
        }
    }

    /// Begins a node that is named by a text: in lower case on one line, else as written.
    pub(crate) fn open_text(&mut self, text: &str) -> Open {
        match self.form {
            Form::Line | Form::Parts => self.open(&text.to_lowercase()),
            Form::Dump { .. } => self.open(text),
        }
    }

    /// Ends a node; one without children needs no parentheses.
    pub(crate) fn close(&mut self, open: Open) {
        match &mut self.form {
            Form::Line if self.out.len() == open.filled => {
                self.out.remove(open.start);
            }
            Form::Line => self.out.push(')'),
            Form::Parts if self.parts.len() == open.filled => {
                if let Some(TreePart::Open(name)) = self.parts.pop() {
                    self.parts.push(TreePart::Leaf(name));
                }
            }
            Form::Parts => self.parts.push(TreePart::Close),
            Form::Dump { depth } => *depth -= 1,
        }
    }

    /// Puts a node without children: a word of Hive's grammar.
    pub(crate) fn leaf(&mut self, name: &str) {
        if self.form == Form::Parts {
            return self.parts.push(TreePart::Leaf(name.to_owned()));
        }
        self.separate();
        self.push_word(name);
    }

    /// Puts each of some things.
    fn each<T>(&mut self, items: impl IntoIterator<Item = T>, put: impl Fn(&mut Self, T)) {
        for item in items {
            put(self, item);
        }
    }

    /// Puts a name, a number, a literal: in lower case on one line, else as written.
    pub(crate) fn text(&mut self, text: &str) {
        self.separate();
        match self.form {
            Form::Line => push_lower(&mut self.out, text),
            Form::Parts => self.parts.push(TreePart::Leaf(text.to_lowercase())),
            Form::Dump { .. } => self.out.push_str(text),
        }
    }

    pub(crate) fn ident(&mut self, ident: &Ident) {
        self.text(&ident.value);
    }

    /// Puts a string as it was written.
    pub(crate) fn string(&mut self, string: &StringLit) {
        if self.form == Form::Parts {
            return self.parts.push(TreePart::Text(string.raw.clone()));
        }
        self.separate();
        self.out.push_str(&string.raw);
    }

    /// Puts a word of the grammar: what Hive calls `TOK_...` is in upper case in the long form.
    fn push_word(&mut self, name: &str) {
        let upper = matches!(self.form, Form::Dump { .. }) && !name.starts_with("internal");
        if upper && (name.starts_with("tok_") || name.starts_with("kw_")) {
            self.out.extend(name.chars().map(|c| c.to_ascii_uppercase()));
        } else {
            self.out.push_str(name);
        }
    }

    fn separate(&mut self) {
        match self.form {
            Form::Parts => {}
            Form::Line if self.out.is_empty() => {}
            Form::Line => self.out.push(' '),
            Form::Dump { depth } => {
                self.out.push('\n');
                self.out.extend(std::iter::repeat_n("   ", depth));
            }
        }
    }

    /// Makes up the name of a set operation.
    fn union_alias(&mut self) {
        self.unions += 1;
        let alias = format!("__u{}", self.unions);
        self.text(&alias);
    }
}

/// A node that was begun.
#[derive(Debug, Clone, Copy)]
#[must_use]
pub(crate) struct Open {
    start: usize,
    filled: usize,
}

fn push_lower(out: &mut String, text: &str) {
    if text.is_ascii() {
        out.extend(text.chars().map(|c| c.to_ascii_lowercase()));
    } else {
        out.push_str(&text.to_lowercase());
    }
}
