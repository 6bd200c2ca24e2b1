//! Files and replication, locks, transactions, prepared statements.

use super::Tree;
use crate::ast::{
    Abort, AbortKind, Execute, Export, Ident, Import, KillQuery, Load, Lock, LockMode, LockObject,
    Prepare, Properties, Repl, ReplPolicy, Transaction, TransactionMode, Unlock,
};

impl Tree {
    // ── LOAD, EXPORT, IMPORT ─────────────────────────────────────────

    pub(super) fn load(&mut self, load: &Load) {
        self.node("tok_load", |tree| {
            tree.string(&load.path);
            tree.table_or_partition(&load.table, load.partition.as_ref());
            tree.flag("local", load.local);
            tree.flag("overwrite", load.overwrite);
            if let Some(format) = &load.format {
                tree.node("tok_inputformat", |tree| {
                    tree.string(&format.input);
                    tree.string(&format.serde);
                });
            }
        });
    }

    pub(super) fn export(&mut self, export: &Export) {
        self.node("tok_export", |tree| {
            tree.table_or_partition(&export.table, export.partition.as_ref());
            tree.string(&export.path);
            tree.replication_clause(export.replication.as_ref());
        });
    }

    pub(super) fn import(&mut self, import: &Import) {
        self.node("tok_import", |tree| {
            tree.string(&import.path);
            if let Some(table) = &import.table {
                tree.table_or_partition(&table.name, table.partition.as_ref());
                tree.flag("external", table.external);
            }
            tree.string_node("tok_tablelocation", import.location.as_ref());
        });
    }

    // ── REPL ─────────────────────────────────────────────────────────

    pub(super) fn repl(&mut self, repl: &Repl) {
        match repl {
            Repl::Dump { policy, replaces, config } => self.node("tok_repl_dump", |tree| {
                tree.repl_policy(policy);
                if let Some(old) = replaces {
                    tree.node("tok_replace", |tree| tree.repl_policy(old));
                }
                tree.repl_config(config.as_ref());
            }),
            Repl::Load { policy, into, config } => self.node("tok_repl_load", |tree| {
                tree.repl_policy(policy);
                if let Some(into) = into {
                    tree.node("tok_dbname", |tree| tree.ident(into));
                }
                tree.repl_config(config.as_ref());
            }),
            Repl::Status { database, config } => self.node("tok_repl_status", |tree| {
                tree.ident(database);
                tree.repl_config(config.as_ref());
            }),
        }
    }

    fn repl_policy(&mut self, policy: &ReplPolicy) {
        self.ident(&policy.database);
        if let Some(include) = &policy.include {
            self.node("tok_repl_tables", |tree| {
                tree.string(include);
                policy.exclude.iter().for_each(|exclude| tree.string(exclude));
            });
        }
    }

    fn repl_config(&mut self, config: Option<&Properties>) {
        if let Some(config) = config {
            self.node("tok_repl_config", |tree| {
                tree.property_list("tok_repl_config_list", config);
            });
        }
    }

    // ── locks, KILL, ABORT ───────────────────────────────────────────

    pub(super) fn lock(&mut self, lock: &Lock) {
        let mode = match lock.mode {
            LockMode::Shared => "shared",
            LockMode::Exclusive => "exclusive",
        };
        match &lock.object {
            LockObject::Database(name) => self.node("tok_lockdb", |tree| {
                tree.ident(name);
                tree.leaf(mode);
            }),
            LockObject::Table { name, partition } => self.node("tok_locktable", |tree| {
                tree.table_name(name);
                tree.leaf(mode);
                tree.optional_partition(partition.as_ref());
            }),
        }
    }

    pub(super) fn unlock(&mut self, unlock: &Unlock) {
        match &unlock.object {
            LockObject::Database(name) => self.node("tok_unlockdb", |tree| tree.ident(name)),
            LockObject::Table { name, partition } => self.node("tok_unlocktable", |tree| {
                tree.table_name(name);
                tree.optional_partition(partition.as_ref());
            }),
        }
    }

    pub(super) fn kill_query(&mut self, kill: &KillQuery) {
        self.node("tok_kill_query", |tree| kill.ids.iter().for_each(|id| tree.string(id)));
    }

    pub(super) fn abort(&mut self, abort: &Abort) {
        let name = match abort.kind {
            AbortKind::Transactions => "tok_abort_transactions",
            AbortKind::Compactions => "tok_abort_compactions",
        };
        self.node(name, |tree| abort.ids.iter().for_each(|id| tree.text(&id.raw)));
    }

    // ── transactions, prepared statements ────────────────────────────

    pub(super) fn transaction(&mut self, transaction: &Transaction) {
        match transaction {
            Transaction::Start(modes) => self.node("tok_start_transaction", |tree| {
                for mode in modes {
                    tree.transaction_mode(*mode);
                }
            }),
            Transaction::Commit => self.leaf("tok_commit"),
            Transaction::Rollback => self.leaf("tok_rollback"),
            Transaction::Autocommit(on) => self.node("tok_set_autocommit", |tree| {
                tree.leaf(if *on { "tok_true" } else { "tok_false" });
            }),
        }
    }

    fn transaction_mode(&mut self, mode: TransactionMode) {
        let (node, leaf) = match mode {
            TransactionMode::ReadOnly => ("tok_txn_access_mode", "tok_txn_read_only"),
            TransactionMode::ReadWrite => ("tok_txn_access_mode", "tok_txn_read_write"),
            TransactionMode::Snapshot => ("tok_isolation_level", "tok_isolation_snapshot"),
        };
        self.node(node, |tree| tree.leaf(leaf));
    }

    pub(super) fn prepare(&mut self, prepare: &Prepare) {
        self.node("tok_prepare", |tree| {
            tree.statement(&prepare.statement.kind);
            tree.ident(&prepare.name);
        });
    }

    pub(super) fn execute(&mut self, execute: &Execute) {
        self.node("tok_execute", |tree| {
            tree.node("tok_execute_param_list", |tree| tree.exprs(&execute.values));
            tree.ident(&execute.name);
        });
    }

    /// Puts `a.b.c` where the first name is the node and dots are words below it.
    pub(super) fn pool_path(&mut self, parts: &[Ident]) {
        match parts {
            [] => {}
            [one] => self.ident(one),
            [first, rest @ ..] => {
                let open = self.open_text(&first.value);
                for part in rest {
                    self.leaf(".");
                    self.ident(part);
                }
                self.close(open);
            }
        }
    }
}
