//! Scripts in `ok/` must parse, and their trees are in the `.ast` files beside them; scripts in
//! `err/` must not, and what they are told is in the `.txt` files. `UPDATE_EXPECT=1` rewrites both.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use dialect::{parse, render};
use expect_test::expect_file;

fn scripts(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "sql"))
        .collect();
    paths.sort();
    assert!(!paths.is_empty());
    paths
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

#[test]
fn scripts_without_mistakes_give_their_trees() {
    for path in scripts("ok") {
        let text = std::fs::read_to_string(&path).unwrap();
        let parsed = parse(&text);
        let mut out = String::new();
        for problem in &parsed.errors {
            writeln!(out, "{}", render(problem, &text, &file_name(&path))).unwrap();
        }
        assert_eq!(out, "");
        for statement in &parsed.statements {
            let printed = statement.to_string();
            let again = parse(&printed);
            assert_eq!(again.errors, [], "{printed}");
            assert_eq!(again.statements, std::slice::from_ref(statement), "{printed}");
            writeln!(out, "{printed}\n{}\n", tree(&format!("{:#?}", statement.kind))).unwrap();
        }
        expect_file![path.with_extension("ast")].assert_eq(&out);
    }
}

#[test]
fn scripts_with_mistakes_are_told_what_is_wrong() {
    for path in scripts("err") {
        let text = std::fs::read_to_string(&path).unwrap();
        let parsed = parse(&text);
        assert!(!parsed.errors.is_empty(), "{} has no mistake", path.display());
        let pictures: Vec<String> =
            parsed.errors.iter().map(|e| render(e, &text, &file_name(&path))).collect();
        expect_file![path.with_extension("txt")].assert_eq(&(pictures.join("\n\n") + "\n"));
    }
}

/// Shortens the debug form of a tree: no positions, nothing that is not there, names and literals
/// as they were written, and small nodes on one line.
fn tree(debug: &str) -> String {
    let mut rest = debug;
    let node = read(&mut rest);
    let mut lines = Vec::new();
    node.show(0, "", &mut lines);
    lines.join("\n")
}

/// A node of a debug form: `Name(child, ...)`, `Name { field: child, ... }`, `[child, ...]`.
struct Node {
    name: String,
    open: char,
    children: Vec<(String, Node)>,
}

/// Reads one node from the start of `rest`.
fn read(rest: &mut &str) -> Node {
    *rest = rest.trim_start();
    let mut node = Node { name: String::new(), open: ' ', children: Vec::new() };
    if rest.starts_with('"') {
        let mut escaped = false;
        let end = rest[1..].find(|c| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        let end = end.unwrap() + 2;
        node.name =
            rest[1..end - 1].replace("\\\"", "\"").replace("\\'", "'").replace("\\\\", "\\");
        *rest = &rest[end..];
        return node;
    }
    let end = rest.find(['(', '{', '[', ',', ')', '}', ']', '\n']).unwrap_or(rest.len());
    rest[..end].trim().clone_into(&mut node.name);
    *rest = rest[end..].trim_start();
    let Some(open @ ('(' | '{' | '[')) = rest.chars().next() else { return node };
    node.open = open;
    *rest = rest[1..].trim_start();
    while !rest.starts_with([')', '}', ']']) {
        let mut field = String::new();
        if open == '{' {
            let colon = rest.find(':').unwrap();
            rest[..colon].trim().clone_into(&mut field);
            *rest = &rest[colon + 1..];
        }
        let child = read(rest);
        *rest = rest.trim_start().trim_start_matches(',').trim_start();
        if !child.says_nothing() && (field.is_empty() || child.name != "false") {
            node.children.push((field, child.simple()));
        }
    }
    *rest = &rest[1..];
    node
}

impl Node {
    fn says_nothing(&self) -> bool {
        let position = self.name.split_once("..").is_some_and(|(a, _)| a.parse::<u32>().is_ok());
        let empty = self.open == '[' && self.children.is_empty();
        position || empty || self.name == "None"
    }

    /// Leaves out what the reader can tell from the rest.
    fn simple(mut self) -> Self {
        let text = |node: &Self| node.children.first().map_or(String::new(), |c| c.1.name.clone());
        let leaf = |name: String| Self { name, open: ' ', children: Vec::new() };
        match (self.name.as_str(), self.children.len()) {
            ("Ident", 2) => leaf(format!("`{}`", text(&self))),
            ("Ident" | "NumberLit" | "StringLit", _) => leaf(text(&self)),
            ("ObjectName", 1) => {
                let parts = self.children.remove(0).1.children;
                leaf(parts.into_iter().map(|part| part.1.name).collect::<Vec<_>>().join("."))
            }
            (name, 1) if self.open == '(' && self.children[0].1.name == name => {
                self.children.remove(0).1
            }
            ("Expr" | "DataType" | "Some" | "Literal" | "Number" | "String" | "Name", 1) => {
                self.children.remove(0).1
            }
            _ => self,
        }
    }

    fn flat(&self) -> String {
        let (open, close) = match self.open {
            '(' => ("(", ")"),
            '{' => (" { ", " }"),
            '[' => ("[", "]"),
            _ => return self.name.clone(),
        };
        let children = self.children.iter().map(|(field, child)| {
            let colon = if field.is_empty() { "" } else { ": " };
            format!("{field}{colon}{}", child.flat())
        });
        format!("{}{open}{}{close}", self.name, children.collect::<Vec<_>>().join(", "))
    }

    fn show(&self, depth: usize, label: &str, lines: &mut Vec<String>) {
        const WIDTH: usize = 100;
        let line = format!("-- {}{label}{}", "  ".repeat(depth), self.flat());
        if line.len() <= WIDTH || self.children.is_empty() {
            lines.push(line);
            return;
        }
        let (depth, label) = match self.children.as_slice() {
            // A wrapper needs no line of its own.
            [(field, only)] if field.is_empty() && self.open == '(' => {
                return only.show(depth, &format!("{label}{} ", self.name), lines);
            }
            _ => (depth, label),
        };
        let name = if self.open == '[' { "[]" } else { &self.name };
        lines.push(format!("-- {}{label}{name}", "  ".repeat(depth)));
        for (field, child) in &self.children {
            let label = if field.is_empty() { String::new() } else { format!("{field}: ") };
            child.show(depth + 1, &label, lines);
        }
    }
}
