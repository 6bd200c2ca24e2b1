//! skep streams files, topics and database changes into Hive tables, exactly once.
//!
//! ```text
//!  source ─► decode ─► transform ─► route ─► write ─► [CHECKPOINT] ─► publish ─► partition commit ─► catalog
//!  bytes      batch      batch      pieces   staged     durable       visible      announced
//!    ▲          └─► dead letters                                         │
//!    └────────────────────── ack(offsets) ◄──────────────────────────────┘
//! ```
//!
//! Data move one way through named stages, as Arrow batches from `decode` on. What decides is plain synchronous code over
//! values; what acts is a thin shell. A pipeline is one `INSERT INTO table SELECT ... FROM source` of a script.
//!
//! - [`job::state`] is the state machine of a pipeline: an event comes in, a list of actions comes out. Batches do not pass
//!   through it, only facts about them. The order rules of exactly-once delivery stand at its top.
//! - [`job::run`] carries the actions out. Each core has a [`job::lane`]: a thread with its own splits, decoder, open files
//!   and encoder. A lane closes its files at a barrier, so a checkpoint never holds half a file.
//! - [`checkpoint`] is the commit point. Files are staged where readers cannot see them ([`write::stage`]), named by a saved
//!   checkpoint, made visible by an atomic rename ([`commit::publish`]), and only then is a partition announced
//!   ([`commit::announce`]): catalog, `_SUCCESS`, command. Every step after the checkpoint may run twice.
//! - [`source`] finds splits and reads their bytes: files, partitions of Kafka topics (record batches are walked in place by a
//!   client of our own), generated rows. Each split has a position in the checkpoint and a watermark of its own.
//! - [`catalog`] opens the metastore: the embedded one of the warehouse, or a Hive Metastore, which may be away while data go on.
//! - [`read`] is the other direction: tables of the catalog, with the rows of their partitions and files. As a source, a table
//!   is listed again and again; an enumerator, pure, finds what is new in it, and files become batches.
//! - [`sql::bind`] turns a script's SELECT into one [`sql::bind::Transform`] for each table it reads. Hive tables that the rows
//!   are joined with are kept in memory by [`read::dimension`], behind the port [`sql::lookup`].
//!
//! A backfill is the same line once more over a fixed part of the source, with a folder of its own in place of the table's;
//! [`commit::swap`] puts what it has built in the place of live partitions, one whole partition after the other.
//!
//! `cli` is the terminal: one file or folder per verb. `skep migrate` needs none of the above: it judges scripts by Hive's syntax
//! tree of their statements.
//!
//! The leaf crates know nothing of this: `dialect` (HiveQL), `formats` (bytes and batches), `metastore` (Hive's catalog),
//! `config` (options).

pub mod error;
pub mod names;
pub mod time;

pub mod catalog;
pub mod checkpoint;
pub mod cli;
pub mod commit;
pub mod decode;
mod disk;
pub mod job;
pub mod partition_time;
pub mod read;
pub mod route;
pub mod source;
pub mod sql;
pub mod write;
