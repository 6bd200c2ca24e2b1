//! `CREATE CATALOG` and `USE CATALOG`: names for the one catalog that the service has.

use std::collections::BTreeSet;
use std::path::Path;

use config::problem::{Origin, Problem, Problems};
use dialect::ast::CreateCatalog;

use super::script::Place;
use crate::catalog::table;

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
    pub fn choose(&self, name: &str) -> Result<(), String> {
        if self.known.contains(name) || BUILT_IN.contains(&name) {
            return Ok(());
        }
        let all: Vec<&str> =
            BUILT_IN.into_iter().chain(self.known.iter().map(String::as_str)).collect();
        Err(format!("catalog {name} does not exist; there are {}", all.join(", ")))
    }
}
