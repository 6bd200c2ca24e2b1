//! Commands of Hive's shell, which its parser never sees.

use super::{ResourceKind, Span};

/// A command of Hive's shell besides `SET` and `RESET`.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// `ADD | LIST | DELETE JAR | FILE | ARCHIVE ...`.
    Resource(Resource),
    /// `dfs -ls /path`: the arguments of Hadoop's file system shell.
    Dfs(RawText),
    /// `!command`: run by the operating system.
    Shell(RawText),
    /// `SOURCE path`: runs another script in this session.
    Source(RawText),
    /// ``COMPILE `code` AS groovy NAMED file``.
    Compile(Compile),
    /// `CRYPTO ...`: keys and encryption zones of HDFS, in Hive's test driver.
    Crypto(RawText),
    /// `ERASURE ...`: erasure coding of HDFS, in Hive's test driver.
    Erasure(RawText),
    /// `LLAP CLUSTER | CACHE ...`.
    Llap {
        /// What it is about.
        part: LlapPart,
        /// What follows.
        arguments: RawText,
    },
    /// `RELOAD`: reads the jars of `hive.reloadable.aux.jars.path` again.
    Reload,
    /// `QUIT`: the rest of the script is not run.
    Quit,
    /// `EXIT`: the rest of the script is not run.
    Exit,
}

/// A piece of a command as it is handed on, without the blanks around it.
#[derive(Debug, Clone, PartialEq)]
pub struct RawText {
    /// Where.
    pub span: Span,
    /// The text, with variables replaced.
    pub value: String,
}

/// `ADD | LIST | DELETE JAR | FILE | ARCHIVE path ...`.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    /// What is done.
    pub action: ResourceAction,
    /// With what kind of resource.
    pub kind: ResourceKind,
    /// Which ones; all of them if `LIST` or `DELETE` names none.
    pub values: Vec<RawText>,
}

/// What is done with resources of the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResourceAction {
    /// `ADD`.
    Add,
    /// `LIST`.
    List,
    /// `DELETE`.
    Delete,
}

impl ResourceAction {
    /// Returns its word.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Add => "ADD",
            Self::List => "LIST",
            Self::Delete => "DELETE",
        }
    }
}

/// Code that Hive compiles into a jar of the session.
#[derive(Debug, Clone, PartialEq)]
pub struct Compile {
    /// The code, without the backslashes that protect letters in it.
    pub code: RawText,
    /// Its language; Hive takes only `groovy`.
    pub language: RawText,
    /// The name of its file.
    pub name: RawText,
}

/// Parts of LLAP that a command asks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LlapPart {
    /// `CLUSTER`.
    Cluster,
    /// `CACHE`.
    Cache,
}
