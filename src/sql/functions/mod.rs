//! Hive's functions.
