//! Names of Hive's own functions.
//!
//! Source: Hive 4.1 `FunctionRegistry`.

/// Tells whether a function, in lower case, is one of Hive's own.
pub(super) fn is_hives(name: &str) -> bool {
    // Sketches and geometry have families of their own.
    name.starts_with("ds_") || name.starts_with("st_") || NAMES.binary_search(&name).is_ok()
}

/// All but those of the two families, in order.
#[rustfmt::skip]
const NAMES: &[&str] = &[
    "abs", "acos", "add_months", "aes_decrypt", "aes_encrypt", "and", "approx_distinct",
    "array", "array_append", "array_compact", "array_contains", "array_distinct",
    "array_except", "array_intersect", "array_join", "array_max", "array_min", "array_position",
    "array_remove", "array_slice", "array_union", "ascii", "asin", "assert_true",
    "assert_true_oom", "atan", "avg", "base64", "between", "bigint", "bin", "binary",
    "bloom_filter", "boolean", "bround", "bucket_number", "buildversion",
    "cardinality_violation", "case", "cast_format", "cbrt", "ceil", "ceiling", "char",
    "char_length", "character_length", "chr", "coalesce", "collect_list", "collect_set",
    "compute_bit_vector_fm", "compute_bit_vector_hll", "concat", "concat_ws", "context_ngrams",
    "conv", "corr", "cos", "cosh", "count", "covar_pop", "covar_samp", "crc32", "create_union",
    "cume_dist", "current_authorizer", "current_catalog", "current_database", "current_date",
    "current_groups", "current_schema", "current_timestamp", "current_user", "date", "date_add",
    "date_format", "date_sub", "datediff", "datetime_legacy_hybrid_calendar", "day",
    "dayofmonth", "dayofweek", "decimal", "decode", "degrees", "dense_rank", "deserialize",
    "div", "double", "e", "elt", "encode", "enforce_constraint", "exception_in_vertex_udaf",
    "exception_in_vertex_udf", "exp", "explode", "extract", "extract_union", "factorial",
    "field", "find_in_set", "first_value", "float", "floor", "floor_day", "floor_hour",
    "floor_minute", "floor_month", "floor_quarter", "floor_second", "floor_week", "floor_year",
    "format_number", "from_unixtime", "from_utc_timestamp", "functionname", "get_json_object",
    "get_llap_splits", "get_splits", "get_sql_schema", "greatest", "grouping", "hash", "hex",
    "histogram_numeric", "hour", "iceberg_bucket", "iceberg_day", "iceberg_hour",
    "iceberg_month", "iceberg_truncate", "iceberg_year", "if", "in", "in_bloom_filter",
    "in_file", "index", "initcap", "inline", "instr", "int", "internal_interval",
    "interval_day_time", "interval_year_month", "is_not_distinct_from", "isfalse", "isnotfalse",
    "isnotnull", "isnottrue", "isnull", "istrue", "java_method", "json_read", "json_tuple",
    "lag", "last_day", "last_value", "lcase", "lead", "least", "length", "levenshtein", "like",
    "likeall", "likeany", "ln", "localtimestamp", "locate", "log", "log10", "log2",
    "logged_in_user", "lower", "lpad", "ltrim", "map", "map_keys", "map_values", "mask",
    "mask_first_n", "mask_hash", "mask_last_n", "mask_show_first_n", "mask_show_last_n",
    "matchpath", "max", "md5", "mid", "min", "minute", "mod", "month", "months_between",
    "murmur_hash", "named_struct", "ndv_compute_bit_vector", "negative", "next_day", "ngrams",
    "noop", "noopstreaming", "noopwithmap", "noopwithmapstreaming", "not", "ntile", "nullif",
    "nvl", "octet_length", "or", "parse_url", "parse_url_tuple", "percent_rank", "percentile",
    "percentile_approx", "percentile_cont", "percentile_disc", "pi", "pmod", "posexplode",
    "position", "positive", "pow", "power", "printf", "quarter", "quote", "radians", "rand",
    "rank", "reflect", "reflect2", "regexp", "regexp_extract", "regexp_replace", "regr_avgx",
    "regr_avgy", "regr_count", "regr_intercept", "regr_r2", "regr_slope", "regr_sxx",
    "regr_sxy", "regr_syy", "repeat", "replace", "replicate_rows",
    "restrict_information_schema", "reverse", "rlike", "round", "row_number", "rpad", "rtrim",
    "second", "sentences", "sha", "sha1", "sha2", "shiftleft", "shiftright",
    "shiftrightunsigned", "sign", "sin", "sinh", "size", "smallint", "sort_array",
    "sort_array_by", "soundex", "space", "split", "split_map_privs", "sq_count_check", "sqrt",
    "stack", "std", "stddev", "stddev_pop", "stddev_samp", "str_to_map", "string", "struct",
    "substr", "substring", "substring_index", "sum", "surrogate_key", "tan", "tanh",
    "timestamp", "tinyint", "to_date", "to_epoch_milli", "to_unix_timestamp",
    "to_utc_timestamp", "toarray", "tomap", "tostruct", "translate", "trim", "trunc",
    "tumbling_window", "typeof", "ucase", "unbase64", "unhex", "unix_timestamp", "upper",
    "uuid", "validate_acid_sort_order", "var_pop", "var_samp", "varchar", "variance", "version",
    "void", "weekofyear", "when", "width_bucket", "windowingtablefunction", "xpath",
    "xpath_boolean", "xpath_double", "xpath_float", "xpath_int", "xpath_long", "xpath_number",
    "xpath_short", "xpath_string", "year",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_order() {
        assert!(NAMES.is_sorted());
        assert!(is_hives("concat_ws") && is_hives("st_point") && !is_hives("my_function"));
    }
}
