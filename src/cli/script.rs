//! Reads scripts statement by statement: settings, definitions and inserts, every problem kept with its place.
//!
//! Nothing is created here. A script with a mistake has no effect at all; one without is carried out by the verb.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use config::problem::{Origin, Problem, Problems};
use config::properties::Properties;
use dialect::ast::{
    CreateDatabase, CreateTable, DropTable, ObjectName, Set, Span, Statement, StatementKind,
};
use dialect::{Diagnostic, line_column, render};
use metastore::names::TableName;
use metastore::{Catalog, Database, Kind, Table};

use super::catalogs::Catalogs;
use super::handler;
use super::refusal::refusal;
use crate::catalog::table::{self, Refused};
use crate::read::Files;

/// A script's text and name, for messages.
#[derive(Debug)]
pub struct Source {
    /// Its name as given.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// A table that is read: known to the scripts only, not to the catalog.
#[derive(Debug, Clone)]
pub struct SourceTable {
    /// Its definition.
    pub ddl: CreateTable,
    /// Its options.
    pub properties: Properties,
    /// Where it is defined.
    pub place: Place,
}

/// A position in one of the scripts.
#[derive(Debug, Clone)]
pub struct Place {
    /// The script.
    pub script: Arc<Source>,
    /// Where in it.
    pub span: Span,
}

impl Place {
    /// Gives the line, from 1.
    pub fn line(&self) -> u32 {
        u32::try_from(line_column(&self.script.text, self.span.start).0).unwrap_or(u32::MAX)
    }
}

/// One `INSERT`, with the session as it was at that point.
#[derive(Debug, Clone)]
pub struct PlannedInsert {
    /// The statement.
    pub statement: Statement,
    /// The settings in force.
    pub session: Properties,
    /// The current database.
    pub database: String,
    /// Where it stands.
    pub place: Place,
}

/// What the scripts say.
#[derive(Debug)]
pub struct Script {
    catalog: Arc<dyn Catalog>,
    files: Files,
    /// The settings in force.
    pub session: Properties,
    hivevar: BTreeMap<String, String>,
    database: String,
    /// Catalogs that the scripts name.
    pub catalogs: Catalogs,
    /// Databases to be created.
    pub databases: Vec<Database>,
    /// Tables to be created or found equal.
    pub tables: BTreeMap<TableName, (Table, Place, Properties)>,
    /// Tables that are read.
    pub sources: BTreeMap<TableName, SourceTable>,
    /// The inserts.
    pub inserts: Vec<PlannedInsert>,
    /// Everything that stands against running it, drawn with its place.
    pub errors: Vec<String>,
    /// Problems of options.
    pub problems: Problems,
    /// What the catalog has failed with: without its answer nothing can be said about the scripts.
    failure: OnceCell<metastore::Error>,
}

impl Script {
    /// Begins with the settings of the process.
    pub fn new(
        catalog: Arc<dyn Catalog>,
        files: Files,
        session: Properties,
        hivevar: BTreeMap<String, String>,
    ) -> Self {
        Self {
            catalog,
            files,
            session,
            hivevar,
            database: metastore::names::DEFAULT_DATABASE.to_owned(),
            catalogs: Catalogs::default(),
            databases: Vec::new(),
            tables: BTreeMap::new(),
            sources: BTreeMap::new(),
            inserts: Vec::new(),
            errors: Vec::new(),
            problems: Problems::new(),
            failure: OnceCell::new(),
        }
    }

    /// Reads a script file.
    pub fn read(&mut self, path: &Path) {
        let name = path.display().to_string();
        match std::fs::read(path) {
            Ok(bytes) => match String::from_utf8(bytes) {
                Ok(text) => self.take(Source { name, text }),
                Err(_) => self.errors.push(format!(
                    "error: {name} is not UTF-8 text\nhint: convert it, for instance with iconv"
                )),
            },
            Err(e) => self.errors.push(format!("error: cannot read the script {name}: {e}")),
        }
    }

    /// Takes a script's text.
    pub fn take(&mut self, source: Source) {
        let source = Arc::new(source);
        let text = source.text.strip_prefix('\u{feff}').unwrap_or(&source.text);
        let skipped = u32::try_from(source.text.len() - text.len()).unwrap_or(0);
        for raw in dialect::split(text) {
            let lookup = |space: &str, name: &str| self.variable(space, name);
            match raw.parse(&lookup) {
                Ok(statement) => {
                    let span = statement.span;
                    let span = Span::new(span.start + skipped, span.end + skipped);
                    let place = Place { script: Arc::clone(&source), span };
                    self.statement(statement, place);
                }
                Err(diagnostics) => {
                    for mut one in diagnostics {
                        one.span = Span::new(one.span.start + skipped, one.span.end + skipped);
                        self.errors.push(render(&one, &source.text, &source.name));
                    }
                }
            }
        }
    }

    /// Source: Hive `VariableSubstitution`.
    fn variable(&self, space: &str, name: &str) -> Option<String> {
        match space {
            "hivevar" => self.hivevar.get(name).cloned(),
            "hiveconf" => self.session.get(name).map(str::to_owned),
            "env" => std::env::var_os(name).and_then(|value| value.into_string().ok()),
            _ => None,
        }
    }

    /// Notes a mistake with its place.
    pub fn error(&mut self, place: &Place, span: Span, message: &str, hint: Option<&str>) {
        let diagnostic = Diagnostic {
            span: if span == Span::default() && span.start == span.end { place.span } else { span },
            message: message.to_owned(),
            expected: Vec::new(),
            hint: hint.map(str::to_owned),
        };
        self.errors.push(render(&diagnostic, &place.script.text, &place.script.name));
    }

    fn statement(&mut self, statement: Statement, place: Place) {
        match &statement.kind {
            StatementKind::Set(set) => self.set(set, &place),
            StatementKind::Reset(reset) => {
                for key in &reset.keys {
                    self.session.remove(&key.name);
                }
            }
            StatementKind::CreateCatalog(create) => self.catalogs.create(create, &place),
            StatementKind::UseCatalog(to) => {
                if let Err(message) = self.catalogs.choose(&to.name.value) {
                    self.error(&place, to.name.span, &message, None);
                } else {
                    metastore::names::DEFAULT_DATABASE.clone_into(&mut self.database);
                }
            }
            StatementKind::Use(to) => self.database = to.database.value.to_lowercase(),
            StatementKind::CreateDatabase(create) => self.create_database(create),
            StatementKind::CreateTable(create) => self.create_table(create, place),
            StatementKind::DropTable(drop) => self.drop_table(drop, &place),
            StatementKind::StatementSet(set) => {
                for one in &set.statements {
                    self.insert(one.clone(), place.clone());
                }
            }
            StatementKind::Insert(_) | StatementKind::FromInsert(_) => {
                self.insert(statement.clone(), place);
            }
            other => {
                if let Some((message, hint)) = refusal(other) {
                    self.error(&place, place.span, message, Some(hint));
                }
            }
        }
    }

    fn insert(&mut self, statement: Statement, place: Place) {
        self.inserts.push(PlannedInsert {
            statement,
            session: self.session.clone(),
            database: self.database.clone(),
            place,
        });
    }

    fn set(&mut self, set: &Set, place: &Place) {
        if let Set::Assign { key, value, .. } = set {
            if let Some(name) = key.name.strip_prefix("hivevar:") {
                self.hivevar.insert(name.to_owned(), value.clone());
                return;
            }
            let name = key.name.strip_prefix("hiveconf:").unwrap_or(&key.name);
            let origin = Origin::set(&place.script.name, place.line());
            self.session.set(name, value.clone(), origin);
        }
    }

    /// Resolves a name as written in the current database.
    ///
    /// # Errors
    /// The reason why it is no table's name.
    pub fn resolve(name: &ObjectName, database: &str) -> Result<TableName, String> {
        TableName::parse(&name.to_string(), database).map_err(|e| e.to_string())
    }

    fn create_database(&mut self, create: &CreateDatabase) {
        let name = create.name.value.to_lowercase();
        let known = self.databases.iter().any(|d| d.name == name);
        match self.catalog.get_database(&name) {
            Ok(_) => {}
            Err(e) if e.kind() == Kind::NotFound => {
                if !known {
                    self.databases.push(Database {
                        name,
                        description: create.comment.as_ref().map(|c| c.value().into_owned()),
                        location_uri: create.location.as_ref().map(|l| l.value().into_owned()),
                        parameters: table::pairs(create.properties.as_ref()).collect(),
                        ..Database::default()
                    });
                }
            }
            Err(e) => self.failed(e),
        }
    }

    fn create_table(&mut self, create: &CreateTable, place: Place) {
        let name = match Self::resolve(&create.name, &self.database) {
            Ok(name) => name,
            Err(message) => return self.error(&place, create.name.span, &message, None),
        };
        let origin = Origin::table(&name.to_string(), &place.script.name, place.line());
        let mut properties =
            Properties::from_pairs(table::pairs(create.properties.as_ref()), &origin);
        properties.overlay(&Properties::from_pairs(table::pairs(create.options.as_ref()), &origin));
        let mut create = create;
        let stored_by = handler::of_kafka(create);
        if let Some(made) = &stored_by {
            properties = config::kafka_client::from_storage_handler(&properties);
            handler::settle(&mut properties);
            create = made;
        }
        if config::source::is_source_table(&properties) {
            if self.sources.contains_key(&name) && !create.if_not_exists {
                let message = format!("source table {name} is defined twice");
                return self.error(&place, create.name.span, &message, None);
            }
            let source = SourceTable { ddl: create.clone(), properties, place };
            self.sources.entry(name).or_insert(source);
            return;
        }
        match table::from_ddl(create, name) {
            Ok(table) => self.hive_table(create, table, properties, place),
            Err(all) => {
                for Refused { span, message, hint } in all {
                    self.error(&place, span, &message, hint.as_deref());
                }
            }
        }
    }

    fn hive_table(
        &mut self,
        create: &CreateTable,
        mut table: Table,
        properties: Properties,
        place: Place,
    ) {
        let name = table.name.clone();
        for (key, value) in table::pairs(create.options.as_ref()) {
            table.parameters.insert(key, value);
        }
        match self.catalog.get_table(&name) {
            Ok(found) if table::same_definition(&found, &table) => {}
            Ok(_) if create.if_not_exists => return,
            Ok(_) => {
                let message = format!("table {name} exists with other columns or another format");
                let hint = "give the new table another name, or alter the old one";
                return self.error(&place, create.name.span, &message, Some(hint));
            }
            Err(e) if e.kind() == Kind::NotFound => {}
            Err(e) => return self.failed(e),
        }
        if self.tables.contains_key(&name) {
            if !create.if_not_exists {
                let message = format!("table {name} is defined twice");
                self.error(&place, create.name.span, &message, None);
            }
            return;
        }
        self.tables.insert(name, (table, place, properties));
    }

    fn drop_table(&mut self, drop: &DropTable, place: &Place) {
        let name = match Self::resolve(&drop.name, &self.database) {
            Ok(name) => name,
            Err(message) => return self.error(place, drop.name.span, &message, None),
        };
        if self.sources.remove(&name).is_some() {
            return;
        }
        let exists = self.tables.contains_key(&name) || self.stored(&name).is_some();
        if exists {
            let message = format!("DROP TABLE {name} would delete what the pipeline has written");
            let hint =
                "a pipeline goes on where it stopped when it is started again: leave the DROP out";
            self.error(place, drop.name.span, &message, Some(hint));
        } else if !drop.if_exists {
            let message = format!("table {name} does not exist");
            self.error(place, drop.name.span, &message, Some("write DROP TABLE IF EXISTS"));
        }
    }

    /// Finds a Hive table: one that the scripts define, or one of the catalog.
    pub fn hive_table_named(&self, name: &TableName) -> Option<(Table, Properties)> {
        let stored = self.stored(name);
        if let Some((table, _, properties)) = self.tables.get(name) {
            let mut table = table.clone();
            if let Some(stored) = stored {
                table.sd.location = stored.sd.location;
            }
            return Some((table, properties.clone()));
        }
        let table = stored?;
        let origin = Origin::catalog(&name.to_string());
        let properties = Properties::from_pairs(table.parameters.clone(), &origin);
        Some((table, properties))
    }

    /// Finds a table of the catalog.
    fn stored(&self, name: &TableName) -> Option<Table> {
        match self.catalog.get_table(name) {
            Ok(table) => Some(table),
            Err(e) if e.kind() == Kind::NotFound => None,
            Err(e) => {
                self.failed(e);
                None
            }
        }
    }

    fn failed(&self, error: metastore::Error) {
        // The first one is enough.
        drop(self.failure.set(error));
    }

    /// Takes what the catalog has failed with, if it has.
    pub fn take_failure(&mut self) -> Option<metastore::Error> {
        self.failure.take()
    }

    /// Adds a problem that is not tied to an option.
    pub fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// Gives the files of tables that are read.
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// Gives the catalog.
    pub fn catalog(&self) -> &Arc<dyn Catalog> {
        &self.catalog
    }

    /// Creates the databases and tables that do not exist yet.
    ///
    /// # Errors
    /// As the catalog's.
    pub fn create(&self, now_seconds: i32) -> crate::error::Result<()> {
        for database in &self.databases {
            match self.catalog.create_database(database) {
                Ok(_) => {}
                Err(e) if e.kind() == Kind::AlreadyExists => {}
                Err(e) => return Err(e.into()),
            }
        }
        for (table, ..) in self.tables.values() {
            let mut table = table.clone();
            table.create_time = now_seconds;
            match self.catalog.create_table(&table) {
                Ok(_) => {}
                Err(e) if e.kind() == Kind::AlreadyExists => {}
                Err(e) => return Err(e.into()),
            }
        }
        Ok(())
    }
}

/// Expands the globs among script paths.
///
/// # Errors
/// A pattern that names no file.
pub fn expand(paths: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    let mut all = Vec::new();
    for path in paths {
        let text = path.to_string_lossy();
        if path.is_file() || !text.contains(['*', '?', '[']) {
            all.push(path.clone());
            continue;
        }
        let found =
            glob::glob(&text).map_err(|e| format!("cannot read the pattern {text}: {e}"))?;
        let mut found: Vec<PathBuf> = found.filter_map(Result::ok).collect();
        if found.is_empty() {
            return Err(format!("no script matches {text}"));
        }
        found.sort();
        all.append(&mut found);
    }
    Ok(all)
}
