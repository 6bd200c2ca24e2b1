//! `CREATE CATALOG` and `USE CATALOG`: names for the one catalog that the service has.
//!
//! The settings say which it is. If they do not, and a script uses a catalog with a `hive-conf-dir`,
//! it is the metastore of that folder: Flink's scripts name it there and nowhere else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use config::Settings;
use config::problem::{Origin, Problem, Problems};
use dialect::ast::{CreateCatalog, StatementKind};
use metastore::client::site;

use super::script::{Place, expand};
use crate::catalog::table;
use crate::error::{Error, Result};

/// Names that are known without a statement. Source: Flink `table.builtin-catalog-name`, Spark, Trino.
const BUILT_IN: [&str; 2] = ["default_catalog", "hive"];

/// The catalogs of scripts.
#[derive(Debug, Default)]
pub struct Catalogs {
    known: BTreeSet<String>,
    /// What is to be said about them.
    pub problems: Problems,
}

impl Catalogs {
    /// Takes note of a catalog.
    pub fn create(&mut self, create: &CreateCatalog, place: &Place) {
        let name = &create.name.value;
        let origin = Origin::set(&place.script.name, place.line());
        let options: Vec<(String, String)> = table::pairs(create.options.as_ref()).collect();
        let option = |key: &str| {
            options.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
        };
        if self.known.contains(name) && !create.if_not_exists {
            let problem = Problem::error(name, "is the name of two catalogs");
            self.problems.push(problem.hint("write CREATE CATALOG IF NOT EXISTS").at(origin));
            return;
        }
        let kind = option("type").unwrap_or_default();
        if !matches!(kind, "hive" | "generic_in_memory") {
            let message = format!("a catalog of the type `{kind}` is not supported");
            let problem = Problem::error("type", message).hint("write 'type'='hive'");
            self.problems.push(problem.at(origin));
            return;
        }
        if let Some(folder) = option("hive-conf-dir")
            && !Path::new(folder).join("hive-site.xml").is_file()
        {
            let problem =
                Problem::warning("hive-conf-dir", format!("there is no hive-site.xml in {folder}"));
            let hint = "the tables are in the catalog of this service; see `warehouse` in its file";
            self.problems.push(problem.hint(hint).at(origin));
        }
        self.known.insert(name.clone());
    }

    /// Makes a catalog the current one.
    ///
    /// # Errors
    /// There is none of that name, in words.
    pub fn choose(&self, name: &str) -> std::result::Result<(), String> {
        if self.known.contains(name) || BUILT_IN.contains(&name) {
            return Ok(());
        }
        let all: Vec<&str> =
            BUILT_IN.into_iter().chain(self.known.iter().map(String::as_str)).collect();
        Err(format!("catalog {name} does not exist; there are {}", all.join(", ")))
    }
}

/// Takes the metastore of the catalog that the scripts use, unless the settings name one.
///
/// # Errors
/// [`crate::error::Kind::Config`] if the scripts use catalogs of two folders.
pub(super) fn adopt(settings: &mut Settings) -> Result<()> {
    let metastore = &mut settings.metastore;
    if !metastore.uris.is_empty() || metastore.hive_conf_dir.is_some() {
        return Ok(());
    }
    // What is wrong with a script is said by those who read it for its statements.
    for path in expand(&settings.pipelines).unwrap_or_default() {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        for folder in used(&text) {
            match &metastore.hive_conf_dir {
                Some(other) if *other != folder => {
                    return Err(Error::config("the scripts use the catalogs of two metastores")
                        .with("hive-conf-dir", other.display())
                        .with("and", folder.display())
                        .with_hint("start them apart: a service has one catalog"));
                }
                _ => metastore.hive_conf_dir = Some(folder),
            }
        }
    }
    Ok(())
}

/// Returns the folders of the catalogs that a script uses and that name a metastore.
fn used(text: &str) -> Vec<PathBuf> {
    let mut folders = BTreeMap::new();
    let mut used = Vec::new();
    for statement in dialect::parse(text).statements {
        match &statement.kind {
            StatementKind::CreateCatalog(create) => {
                let options: BTreeMap<String, String> =
                    table::pairs(create.options.as_ref()).collect();
                if let Some(folder) = options
                    .get("hive-conf-dir")
                    .filter(|_| options.get("type").is_some_and(|kind| kind == "hive"))
                {
                    folders.insert(create.name.value.clone(), PathBuf::from(folder));
                }
            }
            StatementKind::UseCatalog(to) => {
                let folder = folders.get(&to.name.value);
                used.extend(folder.filter(|folder| names_metastore(folder)).cloned());
            }
            _ => {}
        }
    }
    used
}

fn names_metastore(folder: &Path) -> bool {
    let file = std::fs::read_to_string(folder.join("hive-site.xml"));
    file.is_ok_and(|text| !site::uris(&text).is_empty())
}
