//! The settings of a process: the service file, the environment and the flags made one.
//!
//! ```toml
//! warehouse = "/data/warehouse"
//! pipelines = ["pipelines/orders.hql"]
//!
//! [log]
//! format = "json"
//!
//! [hiveconf]
//! execution.checkpointing.interval = "30 s"
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use crate::explain::{Explained, explain};
use crate::problem::{Origin, Problem, Problems, did_you_mean};
use crate::properties::Properties;
use crate::s3::{self, S3Options};
use crate::table_options::{OptionSpec, Reader, options, unknown_key};
use crate::units::ByteSize;
use crate::values::{Paths, choice};
use crate::{pipeline, sink, source};

choice! {
    /// Form of log lines.
    pub enum LogFormat {
        /// For people.
        Text = "text",
        /// One JSON object a line.
        Json = "json",
    }
}

choice! {
    /// Least important kind of log line that is written.
    pub enum LogLevel {
        /// A person must act.
        Error = "error",
        /// Something unexpected happened, and the process goes on.
        Warn = "warn",
        /// A state changed.
        Info = "info",
        /// What was decided, and why.
        Debug = "debug",
        /// Everything.
        Trace = "trace",
    }
}

options! {
    /// Settings of the process, as they are written.
    pub struct ServiceOptions in Service {
        /// Folder of the databases, when a database says nothing else.
        warehouse: PathBuf = ["warehouse"] default "warehouse",
        /// Folder of checkpoints, dead letters and the embedded metastore. The default is `.skep`
        /// in the warehouse.
        state: Option<PathBuf> = ["state"],
        /// Scripts to run. Paths in the file are relative to the folder of the file; globs are
        /// allowed. Scripts on the command line replace them.
        pipelines: Paths = ["pipelines"],
        /// Form of log lines.
        log_format: LogFormat = ["log.format"] default "text",
        /// Least important kind of log line that is written.
        log_level: LogLevel = ["log.level"] default "info",
        /// Memory for open part files; short for `write.memory` in `[hiveconf]`.
        write_memory: Option<ByteSize> = ["write_memory"],
        /// Number of lanes of a pipeline; short for `parallelism.default` in `[hiveconf]`.
        parallelism: Option<u32> = ["parallelism"],
        /// Addresses of a Hive Metastore that keeps the tables, as `thrift://host:port`, separated
        /// by commas, the one to prefer first. Without any the embedded metastore keeps them.
        metastore_uris: Option<String> = ["metastore.uris"],
        /// Folder of a `hive-site.xml` that names the Hive Metastore, if `metastore.uris` does not.
        hive_conf_dir: Option<PathBuf> = ["metastore.hive_conf_dir"],
        /// User that is told to the Hive Metastore.
        metastore_user: String = ["metastore.user"] default "skep",
        /// Address on which the embedded metastore is served to other engines while pipelines run,
        /// as `127.0.0.1:9083`.
        metastore_listen: Option<String> = ["metastore.listen"],
    }
}

/// Settings that have a longer name in the session.
const SHORT_NAMES: [(&str, &str); 2] =
    [("write_memory", "write.memory"), ("parallelism", "parallelism.default")];
const PATH_KEYS: [&str; 4] = ["warehouse", "state", "pipelines", "metastore.hive_conf_dir"];

/// The settings of a process.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Folder of the databases.
    pub warehouse: PathBuf,
    /// Folder of checkpoints, dead letters and the embedded metastore.
    pub state: PathBuf,
    /// Scripts to run; globs are not expanded yet.
    pub pipelines: Vec<PathBuf>,
    /// Form of log lines.
    pub log_format: LogFormat,
    /// Least important kind of log line that is written.
    pub log_level: LogLevel,
    /// Where the tables are kept.
    pub metastore: MetastoreSettings,
    /// Where objects of S3 are.
    pub s3: S3Options,
    /// Options that every script starts with, as if it had begun with `SET` statements.
    pub session: Properties,
    /// Values of `${hivevar:name}`.
    pub hivevar: BTreeMap<String, String>,
    service: Properties,
}

/// Where the tables are kept, and who else may see them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MetastoreSettings {
    /// Addresses of a Hive Metastore; empty = the embedded one, unless the folder's file names one.
    pub uris: Vec<String>,
    /// Folder of `hive-site.xml`.
    pub hive_conf_dir: Option<PathBuf>,
    /// User that is told to the Hive Metastore.
    pub user: String,
    /// Address on which the embedded metastore is served.
    pub listen: Option<String>,
}

impl Settings {
    /// Lists the effective settings with their origins, without the session.
    pub fn explain(&self) -> Vec<Explained> {
        explain(&[ServiceOptions::OPTIONS, S3Options::OPTIONS], &self.service, None)
    }
}

/// The command line as it was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// `-c`, `--config`: the service file.
    pub config: Option<PathBuf>,
    /// `--warehouse`.
    pub warehouse: Option<String>,
    /// `--state`.
    pub state: Option<String>,
    /// `--log-format`.
    pub log_format: Option<String>,
    /// `--log-level`.
    pub log_level: Option<String>,
    /// `--hive-conf-dir`.
    pub hive_conf_dir: Option<String>,
    /// Every `--hiveconf`, as `key=value`.
    pub hiveconf: Vec<String>,
    /// Every `--hivevar`, as `name=value`.
    pub hivevar: Vec<String>,
    /// Scripts; if there are any, they replace those of the service file.
    pub scripts: Vec<PathBuf>,
}

/// A service file that has been read.
#[derive(Clone, Copy, Debug)]
pub struct FileText<'a> {
    /// Path as it was given.
    pub path: &'a Path,
    /// Content.
    pub text: &'a str,
}

/// One layer of settings; a later one is laid over an earlier one.
#[derive(Default)]
struct Layer {
    service: Properties,
    hiveconf: Properties,
    hivevar: Properties,
}

impl Layer {
    /// Sorts a setting into its part; `key` is dotted.
    fn set(&mut self, key: &str, value: String, origin: Origin) {
        match key.split_once('.') {
            Some(("hiveconf", key)) => self.hiveconf.set(key, value, origin),
            Some(("hivevar", key)) => self.hivevar.set(key, value, origin),
            _ => self.service.set(key, value, origin),
        }
    }
}

/// Makes settings of the service file, the environment and the flags; later ones win.
///
/// # Errors
/// All mistakes at once.
pub fn resolve<'e>(
    file: Option<FileText<'_>>,
    environment: impl IntoIterator<Item = (&'e str, &'e str)>,
    flags: &Flags,
) -> Result<Settings, Problems> {
    let mut problems = Problems::new();
    let environment: Vec<(&str, &str)> = environment.into_iter().collect();
    let layers = [
        common_layer(&environment),
        file.map(|file| file_layer(file, &mut problems)).unwrap_or_default(),
        environment_layer(environment),
        flags_layer(flags, &mut problems),
    ];
    let mut all = Layer::default();
    for layer in &layers {
        all.service.overlay(&layer.service);
        for (short, long) in SHORT_NAMES {
            if let Some(value) = layer.service.get(short) {
                all.hiveconf.set(long, value, layer.service.origin(short));
            }
        }
        all.hiveconf.overlay(&layer.hiveconf);
        all.hivevar.overlay(&layer.hivevar);
    }
    let mut reader = Reader::new(&all.service, None, &mut problems);
    let service = ServiceOptions::read(&mut reader);
    let s3 = S3Options::read(&mut reader);
    for (key, _, origin) in reader.rest(&[]) {
        reader.problems.push(unknown_setting(&key).at(origin));
    }
    let settings = service.zip(s3).map(|(service, s3)| {
        let state = service.state.unwrap_or_else(|| service.warehouse.join(".skep"));
        let pipelines =
            if flags.scripts.is_empty() { service.pipelines.0 } else { flags.scripts.clone() };
        let hivevar = all.hivevar.iter().map(|(k, v, _)| (k.to_owned(), v.to_owned())).collect();
        Settings {
            warehouse: service.warehouse,
            state,
            pipelines,
            log_format: service.log_format,
            log_level: service.log_level,
            metastore: MetastoreSettings {
                uris: comma_separated(service.metastore_uris.as_deref().unwrap_or_default()),
                hive_conf_dir: service.hive_conf_dir,
                user: service.metastore_user,
                listen: service.metastore_listen,
            },
            s3: s3.without_foreign_token(&all.service),
            session: all.hiveconf,
            hivevar,
            service: all.service,
        }
    });
    problems.into_result(settings).map(|(settings, _)| settings)
}

fn comma_separated(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|one| !one.is_empty()).map(str::to_owned).collect()
}

/// Says that a key is not a setting; a misspelt section is recognised without its key.
fn unknown_setting(key: &str) -> Problem {
    let problem = unknown_key(key, "service file", &[ServiceOptions::OPTIONS, S3Options::OPTIONS]);
    let section = key.split_once('.').map(|(section, _)| section);
    match section.and_then(|section| {
        did_you_mean(section, ["hiveconf", "hivevar", "log", "metastore", "s3"])
    }) {
        Some(near) if problem.hint.is_none() && near.starts_with("hive") => {
            problem.hint(format!("did you mean the section `[{near}]`?"))
        }
        _ => problem,
    }
}

fn file_layer(file: FileText<'_>, problems: &mut Problems) -> Layer {
    let mut layer = Layer::default();
    match DeTable::parse(file.text) {
        Ok(table) => {
            let mut walk = Walk { file, layer: &mut layer, problems };
            walk.table("", table.get_ref());
        }
        Err(error) => {
            let offset = error.span().map_or(0, |span| span.start);
            let origin = file_origin(file, offset);
            let message = error.message().trim_end().to_owned();
            problems.push(Problem::error("service file", message).at(origin));
        }
    }
    layer
}

fn file_origin(file: FileText<'_>, offset: usize) -> Origin {
    let before = file.text.get(..offset).unwrap_or(file.text);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    Origin::File {
        path: Arc::from(file.path.display().to_string()),
        line: u32::try_from(line).unwrap_or(0),
    }
}

/// Turns nested tables into dotted keys.
struct Walk<'a> {
    file: FileText<'a>,
    layer: &'a mut Layer,
    problems: &'a mut Problems,
}

impl Walk<'_> {
    fn table(&mut self, prefix: &str, table: &DeTable<'_>) {
        for (key, value) in table {
            let name = key.get_ref();
            let key_text =
                if prefix.is_empty() { name.to_string() } else { format!("{prefix}.{name}") };
            let origin = file_origin(self.file, key.span().start);
            match value.get_ref() {
                DeValue::Table(inner) => self.table(&key_text, inner),
                other => match self.text(&key_text, other) {
                    Ok(text) => self.layer.set(&key_text, text, origin),
                    Err(message) => {
                        self.problems.push(Problem::error(key_text, message).at(origin));
                    }
                },
            }
        }
    }

    fn text(&self, key: &str, value: &DeValue<'_>) -> Result<String, String> {
        let text = match value {
            DeValue::String(text) => text.to_string(),
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .map_err(|_| format!("`{}` is too large", number.as_str()))?
                .to_string(),
            DeValue::Float(number) => number.as_str().to_owned(),
            DeValue::Boolean(value) => value.to_string(),
            DeValue::Array(items) if key == "pipelines" => {
                let mut lines = String::new();
                for item in items {
                    let DeValue::String(path) = item.get_ref() else {
                        return Err("has an item that is not a path in quotes".to_owned());
                    };
                    lines.push_str(&self.path(path));
                    lines.push('\n');
                }
                return Ok(lines);
            }
            DeValue::Array(_) => return Err("is a list: expected one value".to_owned()),
            DeValue::Datetime(_) | DeValue::Table(_) => {
                return Err("is not text: expected a value in quotes".to_owned());
            }
        };
        Ok(if PATH_KEYS.contains(&key) { self.path(&text) } else { text })
    }

    /// Takes a path relative to the folder of the file.
    fn path(&self, text: &str) -> String {
        if text.is_empty() {
            return String::new();
        }
        let folder = self.file.path.parent().unwrap_or(Path::new(""));
        folder.join(text).display().to_string()
    }
}

/// Takes what other programs are told by the environment too; the service file goes before it.
fn common_layer(environment: &[(&str, &str)]) -> Layer {
    let mut layer = Layer::default();
    for (key, value, name) in s3::of_environment(environment) {
        layer.set(key, value.to_owned(), Origin::Environment(Arc::from(name)));
    }
    layer
}

/// Reads `SKEP__LOG__LEVEL` as `log.level`, and `SKEP__HIVECONF__WRITE_MEMORY` as `write.memory`.
fn environment_layer<'e>(environment: impl IntoIterator<Item = (&'e str, &'e str)>) -> Layer {
    let mut layer = Layer::default();
    for (name, value) in environment {
        let Some(rest) = name.strip_prefix("SKEP__") else { continue };
        let origin = Origin::Environment(Arc::from(name));
        let key = match rest.split_once("__") {
            Some((section, key)) if section.eq_ignore_ascii_case("hiveconf") => {
                format!("hiveconf.{}", known_key(key))
            }
            Some((section, key)) if section.eq_ignore_ascii_case("hivevar") => {
                format!("hivevar.{key}")
            }
            _ => rest.replace("__", ".").to_ascii_lowercase(),
        };
        layer.set(&key, value.to_owned(), origin);
    }
    layer
}

/// Finds the option whose key is written in capitals and `_`; other names stay as they are.
fn known_key(name: &str) -> &str {
    let tables =
        [pipeline::groups().to_vec(), sink::groups().to_vec(), source::all_groups()].concat();
    let keys = tables.into_iter().flatten().flat_map(OptionSpec::keys);
    let mut matching = keys.filter(|key| key.replace(['.', '-'], "_").to_uppercase() == *name);
    matching.next().unwrap_or(name)
}

fn flags_layer(flags: &Flags, problems: &mut Problems) -> Layer {
    let mut layer = Layer::default();
    for (flag, key, value) in [
        ("--warehouse", "warehouse", &flags.warehouse),
        ("--state", "state", &flags.state),
        ("--log-format", "log.format", &flags.log_format),
        ("--log-level", "log.level", &flags.log_level),
        ("--hive-conf-dir", "metastore.hive_conf_dir", &flags.hive_conf_dir),
    ] {
        if let Some(value) = value {
            layer.set(key, value.clone(), Origin::flag(flag));
        }
    }
    for (flag, section, pairs) in
        [("--hiveconf", "hiveconf", &flags.hiveconf), ("--hivevar", "hivevar", &flags.hivevar)]
    {
        for pair in pairs {
            match pair.split_once('=') {
                Some((key, value)) if !key.trim().is_empty() => {
                    let key = format!("{section}.{}", key.trim());
                    layer.set(&key, value.to_owned(), Origin::flag(flag));
                }
                _ => problems.push(
                    Problem::error(flag, format!("`{pair}` is not of the form key=value"))
                        .hint(format!("write {flag} key=value")),
                ),
            }
        }
    }
    layer
}

#[cfg(test)]
mod tests;
