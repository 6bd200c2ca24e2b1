//! What a statement names and does, read off Hive's own syntax tree of it.
//!
//! The tree is the same for every way of writing a statement, and new statements need nothing here.

use std::collections::BTreeSet;

use dialect::TreePart;
use dialect::ast::Statement;

/// What a statement names and does. Names are in lower case.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Facts {
    /// Tables and views that are read.
    pub(super) reads: BTreeSet<String>,
    /// Tables that are written into.
    pub(super) writes: BTreeSet<String>,
    /// Tables and views that are created.
    pub(super) creates: BTreeSet<String>,
    /// Functions that are called.
    pub(super) calls: BTreeSet<String>,
    /// Functions and macros that are defined.
    pub(super) defines: BTreeSet<String>,
    /// Classes of functions, files of `USING`, and `LOAD`: what comes from outside.
    pub(super) external: BTreeSet<String>,
    /// Nodes of the tree that there are: `tok_join`, `tok_limit`.
    pub(super) nodes: BTreeSet<String>,
}

impl Facts {
    /// Reads a statement.
    pub(super) fn of(statement: &Statement) -> Self {
        let mut reader = Reader::default();
        statement.syntax_tree_parts().into_iter().for_each(|part| reader.take(part));
        let mut facts = reader.facts;
        for name in &reader.subqueries {
            facts.reads.remove(name);
        }
        facts
    }

    /// Tells whether the tree has one of these nodes.
    pub(super) fn has(&self, nodes: &[&str]) -> bool {
        nodes.iter().any(|node| self.nodes.contains(*node))
    }
}

/// Goes through a tree; the way from the root to here is all it keeps.
#[derive(Debug, Default)]
struct Reader {
    facts: Facts,
    /// Names of the nodes that are open, and how many children each has had.
    open: Vec<(String, usize)>,
    /// The parts of the table name that is being read.
    name: Vec<String>,
    subqueries: BTreeSet<String>,
}

impl Reader {
    fn take(&mut self, part: TreePart) {
        match part {
            TreePart::Open(node) => {
                self.count();
                self.facts.nodes.insert(node.clone());
                self.open.push((node, 0));
            }
            TreePart::Close => {
                if let Some((node, _)) = self.open.pop()
                    && node == "tok_tabname"
                {
                    self.table();
                }
            }
            TreePart::Leaf(word) => {
                let child = self.count();
                self.leaf(&word, child);
            }
            TreePart::Text(text) => {
                self.count();
                self.string(&text);
            }
        }
    }

    /// Counts a child of the node that is open.
    fn count(&mut self) -> usize {
        self.open.last_mut().map_or(0, |(_, children)| {
            *children += 1;
            *children
        })
    }

    fn parent(&self, up: usize) -> &str {
        let index = self.open.len().checked_sub(1 + up);
        index.and_then(|i| self.open.get(i)).map_or("", |(name, _)| name)
    }

    fn leaf(&mut self, word: &str, child: usize) {
        match self.parent(0) {
            "tok_tabname" => self.name.push(word.to_owned()),
            "tok_subquery" if self.parent(1) == "tok_cte" => {
                self.subqueries.insert(word.to_owned());
            }
            "tok_function" | "tok_functiondi" | "tok_functionstar"
                if child == 1 && !word.starts_with("tok_") =>
            {
                self.facts.calls.insert(word.to_owned());
            }
            "tok_createfunction" | "tok_createmacro" if child == 1 => {
                self.facts.defines.insert(word.to_owned());
            }
            _ if word.starts_with("tok_") => {
                self.facts.nodes.insert(word.to_owned());
            }
            _ => {}
        }
    }

    fn string(&mut self, text: &str) {
        let outside = ["tok_createfunction", "tok_resource_uri", "tok_load"];
        let scripts = ["tok_script", "tok_transform"];
        let parent = self.parent(0);
        if outside.contains(&parent) || scripts.contains(&parent) {
            self.facts.external.insert(text.trim_matches(['\'', '"']).to_owned());
        }
    }

    /// Sorts a table name by what stands around it.
    fn table(&mut self) {
        let name = std::mem::take(&mut self.name).join(".");
        let facts = &mut self.facts;
        let around = self.open.last().map_or("", |(name, _)| name.as_str());
        match around {
            "tok_tabref" | "tok_likerp" | "tok_liketable" => {
                facts.reads.insert(name);
            }
            "tok_tab" | "tok_insert_into" => {
                facts.writes.insert(name);
            }
            "tok_createtable" | "tok_createview" | "tok_create_materialized_view" => {
                facts.creates.insert(name);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(text: &str, expected: &Expect) {
        let facts = Facts::of(&dialect::parse_statement(text).unwrap());
        let all = [
            ("reads", &facts.reads),
            ("writes", &facts.writes),
            ("creates", &facts.creates),
            ("calls", &facts.calls),
            ("defines", &facts.defines),
            ("external", &facts.external),
        ];
        let filled = all.into_iter().filter(|(_, names)| !names.is_empty());
        let lines: Vec<_> = filled.map(|(what, names)| format!("{what} {names:?}")).collect();
        expected.assert_eq(&lines.join("\n"));
    }

    #[test]
    fn names_are_found() {
        check(
            "WITH q AS (SELECT f(a) FROM Db.T) INSERT OVERWRITE TABLE d.x PARTITION (ds) SELECT \
             concat('(a', b) , count(*), c IS NULL FROM q JOIN u ON q.a = u.b",
            &expect![[r#"
                reads {"db.t", "u"}
                writes {"d.x"}
                calls {"concat", "count", "f", "isnull"}"#]],
        );
        check(
            "CREATE TABLE a AS SELECT * FROM `odd name`",
            &expect![[r#"
            reads {"odd name"}
            creates {"a"}"#]],
        );
        check(
            "CREATE FUNCTION d.f AS 'com.x.F' USING JAR 'a.jar'",
            &expect![[r#"
            defines {"d.f"}
            external {"a.jar", "com.x.F"}"#]],
        );
        check("CREATE VIEW v AS SELECT cast(1 AS int)", &expect![[r#"creates {"v"}"#]]);
    }

    #[test]
    fn deep_trees_are_no_depth() {
        let sum = vec!["a"; 20_000].join(" + ");
        let facts = Facts::of(&dialect::parse_statement(&format!("SELECT {sum} FROM t")).unwrap());
        assert!(facts.has(&["+"]) && facts.reads.contains("t"));
    }
}
