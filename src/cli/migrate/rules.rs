//! Why a statement does not run, or runs otherwise than in Hive: one line for each reason.
//!
//! A new reason is a line in [`RULES`], and one in [`QUERY`] if a node of Hive's syntax tree shows
//! it.

use serde::Serialize;

/// What becomes of a statement, from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Verdict {
    /// It runs as in Hive.
    Runs,
    /// It runs, but not all is as in Hive.
    Differs,
    /// It cannot be judged without the value of a variable.
    Unchecked,
    /// It is not supported.
    Unsupported,
    /// Hive does not take it either.
    Invalid,
}

impl Verdict {
    /// All of them, from best to worst.
    pub(super) const ALL: [Self; 5] =
        [Self::Runs, Self::Differs, Self::Unchecked, Self::Unsupported, Self::Invalid];

    /// What it is called.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Runs => "runs",
            Self::Differs => "runs, but differs",
            Self::Unchecked => "needs a variable",
            Self::Unsupported => "not supported",
            Self::Invalid => "invalid in Hive too",
        }
    }

    /// How it is written in class names and JSON.
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Runs => "runs",
            Self::Differs => "differs",
            Self::Unchecked => "unchecked",
            Self::Unsupported => "unsupported",
            Self::Invalid => "invalid",
        }
    }
}

/// One reason.
#[derive(Debug)]
pub(super) struct Rule {
    /// Its name, which never changes.
    pub(super) id: &'static str,
    /// What it is about.
    pub(super) title: &'static str,
    /// What becomes of a statement with it.
    pub(super) verdict: Verdict,
    /// What to do.
    pub(super) advice: &'static str,
}

macro_rules! rules {
    ($($id:ident $verdict:ident $title:literal $advice:literal)*) => {
        /// All reasons, by name.
        pub(super) const RULES: &[Rule] = &[$(
            Rule {
                id: stringify!($id),
                title: $title,
                verdict: Verdict::$verdict,
                advice: $advice,
            },
        )*];
    };
}

rules! {
    // Reading.
    H001 Invalid "Hive's parser refuses it" "correct the statement: it does not run in Hive either"
    H002 Unchecked "a variable has no value" "give it: --hivevar NAME=VALUE, or --properties FILE"
    H003 Differs "Hive's shell ends statements elsewhere"
        "take apostrophes and semicolons out of comments, then both agree"
    H004 Differs "not written in UTF-8" "convert the script: iconv -f latin1 -t utf8"
    // Results that Hive does not promise either.
    H012 Runs "LIMIT without ORDER BY" "add ORDER BY: which rows come is open, in Hive too"
    // Statements.
    H100 Unsupported "statement that only Hive runs" "run it in Hive"
    H101 Unsupported "query without INSERT" "write INSERT INTO table SELECT ..."
    H102 Unsupported "rows are changed in place"
        "write INSERT INTO table SELECT ..., or run the statement in Hive"
    H103 Unsupported "tables are changed"
        "a table is changed once, a script runs at each start: run the statement in Hive"
    H104 Unsupported "views" "write the view as a subquery: WITH name AS (SELECT ...)"
    H105 Unsupported "functions from outside" "use built-in functions, and remove the statement"
    H106 Unsupported "macros" "write the expression where the macro is used"
    H107 Unsupported "what is there is deleted"
        "starting the script again would delete what it has written: run it in Hive"
    H108 Unsupported "materialized views"
        "write CREATE TABLE, and INSERT INTO it what the view shall hold"
    H109 Unsupported "SHOW and DESCRIBE" "remove the statement from the script"
    H110 Unsupported "table definition" "see what it says of each table"
    H111 Unsupported "LOAD DATA"
        "declare the files as a table and INSERT INTO ... SELECT from it"
    H112 Unsupported "statistics and repairs"
        "both are kept when a partition is committed: remove the statement"
    H113 Unsupported "whole tables are copied"
        "run the statement in Hive, or write INSERT INTO ... SELECT"
    H114 Unsupported "roles and privileges" "run the statement in Hive"
    H115 Unsupported "resource plans and schedules" "run the statement in Hive"
    H116 Unsupported "locks and transactions"
        "remove the statement: a pipeline commits by checkpoints"
    // Queries of an INSERT.
    H120 Unsupported "INSERT OVERWRITE" "write INSERT INTO: a pipeline adds to its table"
    H121 Unsupported "INSERT OVERWRITE DIRECTORY" "create an external table there, and INSERT INTO it"
    H122 Unsupported "INSERT ... VALUES" "put the rows into a file and read it as a source table"
    H123 Unsupported "RIGHT, FULL and other joins" "a stream can be joined with Hive tables: FROM stream [LEFT] JOIN table ON ..."
    H124 Unsupported "GROUP BY and aggregates" "aggregate when you read the result"
    H125 Unsupported "ORDER BY, SORT BY, DISTRIBUTE BY" "sort when you read the result"
    H126 Unsupported "LIMIT" "filter with WHERE, or limit when you read the result"
    H127 Unsupported "DISTINCT, UNION without ALL" "make rows distinct when you read the result"
    H128 Unsupported "window functions" "compute them when you read the result"
    H129 Unsupported "LATERAL VIEW" "take elements with [n], or get_json_object for each key"
    H130 Unsupported "INTERSECT, EXCEPT" "only UNION ALL is possible"
    H131 Unsupported "subqueries in expressions" "filter when you read the result"
    H132 Unsupported "TABLESAMPLE" "filter with WHERE"
    H133 Unsupported "TRANSFORM and other scripts" "write the computation in SQL"
    H134 Unsupported "functions over tables" "write the computation in SQL"
    H135 Unsupported "a function of Hive that is not there yet" "use another built-in function"
    H136 Unsupported "a function that is not Hive's own"
        "external code is not loaded: write the computation in SQL"
    H137 Unsupported "a table that is no declared source is read"
        "declare it: CREATE TABLE ... WITH ('connector' = 'filesystem', 'path' = ...)"
    H138 Unsupported "SELECT without FROM" "name a table to read"
    // Commands of the shell.
    H140 Unsupported "ADD JAR and other code" "leave it out, and use the functions that are built in"
    H141 Unsupported "SOURCE" "name both scripts on the command line, in their order"
    H142 Unsupported "commands of the operating system" "run them before the pipeline starts"
    H143 Unsupported "QUIT" "leave it out, together with what stands behind it"
    // What differs.
    H201 Differs "a setting means something else" "see the table of settings"
    H202 Differs "DROP TABLE"
        "it passes only while the table is not there: leave it out of a pipeline"
    H203 Differs "JOIN with a table" "a row is joined with the table as it is when the row is read"
}

/// The joins that a stream can have with tables.
pub(super) const JOINS: &[&str] =
    &["tok_join", "tok_leftouterjoin", "tok_crossjoin", "tok_leftsemijoin"];

impl Rule {
    /// Finds a reason by its name.
    pub(super) fn find(id: &str) -> Option<&'static Self> {
        RULES.iter().find(|rule| rule.id == id)
    }
}

/// What a pipeline cannot do in the query of an `INSERT`: the reason, and the nodes of Hive's
/// syntax tree that show it.
///
/// Source: `sql::bind`, which refuses each of them.
pub(super) const QUERY: &[(&str, &[&str])] = &[
    ("H121", &["tok_local_dir"]),
    (
        "H123",
        &["tok_rightouterjoin", "tok_fullouterjoin", "tok_leftantisemijoin", "tok_uniquejoin"],
    ),
    (
        "H124",
        &[
            "tok_groupby",
            "tok_rollup_groupby",
            "tok_cube_groupby",
            "tok_grouping_sets",
            "tok_having",
        ],
    ),
    ("H125", &["tok_orderby", "tok_sortby", "tok_clusterby", "tok_distributeby"]),
    ("H126", &["tok_limit"]),
    ("H127", &["tok_selectdi", "tok_functiondi"]),
    ("H128", &["tok_windowspec", "tok_windowdef", "tok_qualify"]),
    ("H129", &["tok_lateral_view", "tok_lateral_view_outer"]),
    ("H130", &["tok_intersectall", "tok_intersectdistinct", "tok_exceptall", "tok_exceptdistinct"]),
    ("H131", &["tok_subquery_expr"]),
    ("H132", &["tok_tablebucketsample", "tok_tablesplitsample"]),
    ("H133", &["tok_transform"]),
    ("H134", &["tok_ptblfunction"]),
];

/// Aggregates, which the binder refuses like `GROUP BY`.
pub(super) const AGGREGATES: &[&str] = &[
    "approx_distinct",
    "avg",
    "collect_list",
    "collect_set",
    "corr",
    "count",
    "covar_pop",
    "covar_samp",
    "histogram_numeric",
    "max",
    "min",
    "percentile",
    "percentile_approx",
    "percentile_cont",
    "percentile_disc",
    "std",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "sum",
    "var_pop",
    "var_samp",
    "variance",
];

/// Words that Hive's tree has as functions, but the binder as parts of the language.
pub(super) const LANGUAGE: &[&str] = &[
    "between",
    "case",
    "coalesce",
    "current_date",
    "current_timestamp",
    "if",
    "in",
    "isfalse",
    "isnotfalse",
    "isnotnull",
    "isnottrue",
    "isnull",
    "istrue",
    "likeall",
    "likeany",
    "localtimestamp",
    "not",
    "nvl",
    "when",
    "array",
    "map",
    "struct",
    "named_struct",
    "grouping",
    "internal_interval",
    "like",
    "rlike",
    "regexp",
    "extract",
    "and",
    "or",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_and_known() {
        let names: BTreeSet<_> = RULES.iter().map(|rule| rule.id).collect();
        assert_eq!(names.len(), RULES.len());
        assert!(QUERY.iter().all(|(id, _)| Rule::find(id).is_some()));
    }
}
