//! Commands of Hive's shell.

use super::Printer;
use crate::ast::{Command, LlapPart, RawText};
use crate::command::{self, CommandKind};

impl Printer {
    pub(super) fn command(&mut self, command: &Command) {
        match command {
            Command::Resource(resource) => {
                self.put(resource.action.text());
                self.put(" ");
                self.put(resource.kind.text());
                // A quote may begin in one value and end in another.
                let values = resource.values.iter().flat_map(|value| [" ", value.value.as_str()]);
                let values = values.collect::<String>();
                self.put(&command::escaped(CommandKind::Add, &values));
            }
            Command::Dfs(text) => self.words(CommandKind::Dfs, "dfs", text),
            Command::Shell(text) => self.words(CommandKind::Shell, "!", text),
            Command::Source(text) => self.words(CommandKind::Source, "SOURCE", text),
            Command::Crypto(text) => self.words(CommandKind::Crypto, "CRYPTO", text),
            Command::Erasure(text) => self.words(CommandKind::Erasure, "ERASURE", text),
            Command::Llap { part, arguments } => {
                let words = match part {
                    LlapPart::Cluster => "LLAP CLUSTER",
                    LlapPart::Cache => "LLAP CACHE",
                };
                self.words(CommandKind::Llap, words, arguments);
            }
            Command::Compile(compile) => {
                self.put("COMPILE `");
                for c in compile.code.value.chars() {
                    self.put(if matches!(c, '`' | '\\' | ';') { "\\" } else { "" });
                    self.out.push(c);
                }
                self.put("` AS ");
                self.put(&compile.language.value);
                self.put(" NAMED ");
                self.put(&compile.name.value);
            }
            Command::Reload => self.put("RELOAD"),
            Command::Quit => self.put("QUIT"),
            Command::Exit => self.put("EXIT"),
        }
    }

    fn words(&mut self, kind: CommandKind, words: &str, text: &RawText) {
        self.put(words);
        let blank = if kind == CommandKind::Shell || text.value.is_empty() { "" } else { " " };
        self.put(&command::escaped(kind, &format!("{blank}{}", text.value)));
    }
}
