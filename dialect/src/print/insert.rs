//! `INSERT`.

use super::Printer;
use crate::ast::{Destination, FromInsert, Insert, InsertMode, InsertTarget};

impl Printer {
    pub(super) fn insert(&mut self, insert: &Insert) {
        self.with(insert.with.as_ref());
        self.insert_target(&insert.target);
        self.line();
        self.query(&insert.query);
    }

    pub(super) fn multi_insert(&mut self, insert: &FromInsert) {
        self.with(insert.with.as_ref());
        self.from(&insert.from);
        for branch in &insert.branches {
            self.line();
            if let Some(target) = &branch.target {
                self.insert_target(target);
                self.line();
            }
            self.query(&branch.query);
        }
    }

    fn insert_target(&mut self, target: &InsertTarget) {
        self.put(match target.mode {
            InsertMode::Into => "INSERT INTO ",
            InsertMode::Overwrite => "INSERT OVERWRITE ",
        });
        match &target.destination {
            Destination::Table { name, hints, partition } => {
                self.put("TABLE ");
                self.name(name);
                self.hints(hints);
                if let Some(partition) = partition {
                    self.put(" ");
                    self.partition_spec(partition);
                }
            }
            Destination::Directory { local, path, row_format, storage } => {
                self.put(if *local { "LOCAL DIRECTORY " } else { "DIRECTORY " });
                self.string(path);
                if let Some(row_format) = row_format {
                    self.put(" ");
                    self.row_format(row_format);
                }
                if let Some(storage) = storage {
                    self.put(" ");
                    self.storage(storage);
                }
            }
        }
        if target.if_not_exists {
            self.put(" IF NOT EXISTS");
        }
        if !target.columns.is_empty() {
            self.put(" ");
            self.idents(&target.columns);
        }
    }
}
