//! Files and replication, locks, transactions, prepared statements.

use super::Printer;
use crate::ast::{
    Abort, AbortKind, Execute, Export, Import, KillQuery, Load, Lock, LockMode, LockObject,
    Prepare, Properties, Repl, ReplPolicy, Transaction, TransactionMode, Unlock,
};

impl Printer {
    // ── LOAD, EXPORT, IMPORT ─────────────────────────────────────────

    pub(super) fn load(&mut self, load: &Load) {
        self.put(if load.local { "LOAD DATA LOCAL INPATH " } else { "LOAD DATA INPATH " });
        self.string(&load.path);
        self.put(if load.overwrite { " OVERWRITE INTO TABLE " } else { " INTO TABLE " });
        self.name(&load.table);
        self.optional_partition(load.partition.as_ref());
        if let Some(format) = &load.format {
            self.string_clause("INPUTFORMAT", Some(&format.input));
            self.string_clause("SERDE", Some(&format.serde));
        }
    }

    pub(super) fn export(&mut self, export: &Export) {
        self.put("EXPORT TABLE ");
        self.name(&export.table);
        self.optional_partition(export.partition.as_ref());
        self.string_clause("TO", Some(&export.path));
        self.replication_clause(export.replication.as_ref());
    }

    pub(super) fn import(&mut self, import: &Import) {
        self.put("IMPORT");
        if let Some(table) = &import.table {
            self.put(if table.external { " EXTERNAL TABLE " } else { " TABLE " });
            self.name(&table.name);
            self.optional_partition(table.partition.as_ref());
        }
        self.string_clause("FROM", Some(&import.path));
        self.string_clause("LOCATION", import.location.as_ref());
    }

    // ── REPL ─────────────────────────────────────────────────────────

    pub(super) fn repl(&mut self, repl: &Repl) {
        let config = match repl {
            Repl::Dump { policy, replaces, config } => {
                self.put("REPL DUMP ");
                self.repl_policy(policy);
                if let Some(old) = replaces {
                    self.put(" REPLACE ");
                    self.repl_policy(old);
                }
                config
            }
            Repl::Load { policy, into, config } => {
                self.put("REPL LOAD ");
                self.repl_policy(policy);
                if let Some(into) = into {
                    self.put(" INTO ");
                    self.ident(into);
                }
                config
            }
            Repl::Status { database, config } => {
                self.put("REPL STATUS ");
                self.ident(database);
                config
            }
        };
        self.repl_config(config.as_ref());
    }

    fn repl_policy(&mut self, policy: &ReplPolicy) {
        self.ident(&policy.database);
        for tables in policy.include.iter().chain(&policy.exclude) {
            self.put(".");
            self.string(tables);
        }
    }

    fn repl_config(&mut self, config: Option<&Properties>) {
        if let Some(config) = config {
            self.put(" WITH ");
            self.property_list(config);
        }
    }

    // ── locks, KILL, ABORT ───────────────────────────────────────────

    pub(super) fn lock(&mut self, lock: &Lock) {
        self.put("LOCK ");
        self.lock_object(&lock.object);
        self.put(match lock.mode {
            LockMode::Shared => " SHARED",
            LockMode::Exclusive => " EXCLUSIVE",
        });
    }

    pub(super) fn unlock(&mut self, unlock: &Unlock) {
        self.put("UNLOCK ");
        self.lock_object(&unlock.object);
    }

    fn lock_object(&mut self, object: &LockObject) {
        match object {
            LockObject::Database(name) => {
                self.put("DATABASE ");
                self.ident(name);
            }
            LockObject::Table { name, partition } => {
                self.put("TABLE ");
                self.name(name);
                self.optional_partition(partition.as_ref());
            }
        }
    }

    pub(super) fn kill_query(&mut self, kill: &KillQuery) {
        self.put("KILL QUERY ");
        self.list(&kill.ids, " ", Self::string);
    }

    pub(super) fn abort(&mut self, abort: &Abort) {
        self.put(match abort.kind {
            AbortKind::Transactions => "ABORT TRANSACTIONS ",
            AbortKind::Compactions => "ABORT COMPACTIONS ",
        });
        self.list(&abort.ids, " ", |p, id| p.put(&id.raw));
    }

    // ── transactions, prepared statements ────────────────────────────

    pub(super) fn transaction(&mut self, transaction: &Transaction) {
        match transaction {
            Transaction::Start(modes) => {
                self.put("START TRANSACTION");
                self.put(if modes.is_empty() { "" } else { " " });
                self.list(modes, ", ", |p, mode| {
                    p.put(match mode {
                        TransactionMode::ReadOnly => "READ ONLY",
                        TransactionMode::ReadWrite => "READ WRITE",
                        TransactionMode::Snapshot => "ISOLATION LEVEL SNAPSHOT",
                    });
                });
            }
            Transaction::Commit => self.put("COMMIT"),
            Transaction::Rollback => self.put("ROLLBACK"),
            Transaction::Autocommit(true) => self.put("SET AUTOCOMMIT TRUE"),
            Transaction::Autocommit(false) => self.put("SET AUTOCOMMIT FALSE"),
        }
    }

    pub(super) fn prepare(&mut self, prepare: &Prepare) {
        self.put("PREPARE ");
        self.ident(&prepare.name);
        self.put(" FROM");
        self.line();
        self.statement(&prepare.statement.kind);
    }

    pub(super) fn execute(&mut self, execute: &Execute) {
        self.put("EXECUTE ");
        self.ident(&execute.name);
        self.put(" USING ");
        self.list(&execute.values, ", ", Self::constant);
    }
}
