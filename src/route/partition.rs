//! Partition values to partition numbers; every distinct value is made into a path once, never per row.

use std::collections::HashMap;

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::datatypes::{DataType, Int32Type};
use metastore::names::{PartitionPath, PartitionSpec};

use crate::error::{Error, Result};
use crate::write::open_files::PartitionNumber;

/// Distinct value pairs looked up by table instead of by hash.
const PAIR_TABLE: usize = 1 << 16;

/// A partition that rows of this lane go to.
#[derive(Debug, Clone)]
pub struct Route {
    /// Its folder below the table's, or why there can be none.
    pub path: Result<String, String>,
}

/// Where the rows of a batch go.
#[derive(Debug, PartialEq, Eq)]
pub enum Routed {
    /// All to one partition.
    One(PartitionNumber),
    /// Each to its own.
    Each(Vec<PartitionNumber>),
}

/// Numbers the partitions of a lane.
///
/// Shape: one column per dynamic partition column, Utf8 or Dictionary(Int32, Utf8). Null and "" become the default name.
///
/// Source: Hive `Warehouse.makePartName`, `FileUtils.makePartName`.
#[derive(Debug)]
pub struct Router {
    columns: Vec<(String, Option<Option<String>>)>,
    default_name: String,
    known: HashMap<Vec<u8>, PartitionNumber>,
    routes: Vec<Route>,
}

impl Router {
    /// Makes a router for a table's partition columns in order; a column with a value is static.
    pub fn new(columns: Vec<(String, Option<Option<String>>)>, default_name: String) -> Self {
        Self { columns, default_name, known: HashMap::new(), routes: Vec::new() }
    }

    /// Gives a partition by its number.
    pub fn get(&self, number: PartitionNumber) -> Option<&Route> {
        self.routes.get(number as usize)
    }

    /// Gives how many partitions are numbered; [`Router::clear`] when no file is open bounds it.
    pub fn len(&self) -> usize {
        self.routes.len()
    }

    /// Tells whether no partition is numbered.
    pub fn is_empty(&self) -> bool {
        self.routes.is_empty()
    }

    /// Forgets all numbers.
    pub fn clear(&mut self) {
        self.known.clear();
        self.routes.clear();
    }

    /// Finds the partition of each of `rows` rows.
    ///
    /// # Errors
    /// `Internal` if a column has another type than promised.
    pub fn route(&mut self, values: &[ArrayRef], rows: usize) -> Result<Routed> {
        let columns = values.iter().map(Codes::of).collect::<Result<Vec<_>>>()?;
        if columns.iter().all(|c| c.is_constant(rows)) {
            return Ok(Routed::One(self.number(&columns, 0)));
        }
        let mut numbers = Vec::with_capacity(rows);
        match columns.as_slice() {
            [Codes::Dictionary { keys, values: v }] if v.len() < PAIR_TABLE => {
                let mut table = vec![PartitionNumber::MAX; v.len() + 1];
                for row in 0..rows {
                    let slot = key_slot(keys, row, v.len());
                    numbers.push(self.cached(&mut table, slot, &columns, row));
                }
            }
            [
                Codes::Dictionary { keys: a, values: va },
                Codes::Dictionary { keys: b, values: vb },
            ] if (va.len() + 1) * (vb.len() + 1) < PAIR_TABLE => {
                let width = vb.len() + 1;
                let mut table = vec![PartitionNumber::MAX; (va.len() + 1) * width];
                for row in 0..rows {
                    let slot = key_slot(a, row, va.len()) * width + key_slot(b, row, vb.len());
                    numbers.push(self.cached(&mut table, slot, &columns, row));
                }
            }
            columns => {
                for row in 0..rows {
                    let same = row > 0 && columns.iter().all(|c| c.same(row - 1, row));
                    let number = if same { numbers[row - 1] } else { self.number(columns, row) };
                    numbers.push(number);
                }
            }
        }
        if numbers.iter().all(|n| *n == numbers[0]) {
            return Ok(Routed::One(numbers[0]));
        }
        Ok(Routed::Each(numbers))
    }

    fn cached(
        &mut self,
        table: &mut [PartitionNumber],
        slot: usize,
        columns: &[Codes<'_>],
        row: usize,
    ) -> PartitionNumber {
        if table[slot] == PartitionNumber::MAX {
            table[slot] = self.number(columns, row);
        }
        table[slot]
    }

    fn number(&mut self, columns: &[Codes<'_>], row: usize) -> PartitionNumber {
        let mut key = Vec::with_capacity(32);
        for column in columns {
            let value = column.value(row).unwrap_or_default();
            key.extend_from_slice(&(value.len() as u64).to_le_bytes());
            key.extend_from_slice(value.as_bytes());
        }
        if let Some(number) = self.known.get(&key) {
            return *number;
        }
        let number = PartitionNumber::try_from(self.routes.len()).unwrap_or(PartitionNumber::MAX);
        let path = self.path(columns, row);
        self.routes.push(Route { path });
        self.known.insert(key, number);
        number
    }

    fn path(&self, columns: &[Codes<'_>], row: usize) -> Result<String, String> {
        if self.columns.is_empty() {
            return Ok(String::new());
        }
        let mut dynamic = columns.iter();
        let pairs = self.columns.iter().map(|(name, fixed)| {
            let value = match fixed {
                Some(value) => value.clone(),
                None => dynamic.next().and_then(|c| c.value(row)).map(str::to_owned),
            };
            (name.clone(), value)
        });
        let spec = PartitionSpec::new(pairs);
        match PartitionPath::new(&spec, &self.default_name) {
            Ok(path) => Ok(path.as_str().to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// A partition column's values, however they are stored.
#[derive(Debug)]
enum Codes<'a> {
    Plain(&'a StringArray),
    Dictionary { keys: &'a arrow::array::Int32Array, values: &'a StringArray },
}

impl<'a> Codes<'a> {
    fn of(array: &'a ArrayRef) -> Result<Self> {
        let wrong =
            || Error::internal("a partition column is not text").with("type", array.data_type());
        match array.data_type() {
            DataType::Utf8 => Ok(Self::Plain(array.as_string::<i32>())),
            DataType::Dictionary(..) => {
                let dictionary = array.as_dictionary_opt::<Int32Type>().ok_or_else(wrong)?;
                let values = dictionary.values().as_string_opt::<i32>().ok_or_else(wrong)?;
                Ok(Self::Dictionary { keys: dictionary.keys(), values })
            }
            _ => Err(wrong()),
        }
    }

    fn value(&self, row: usize) -> Option<&'a str> {
        match self {
            Self::Plain(array) => array.is_valid(row).then(|| array.value(row)),
            Self::Dictionary { keys, values } => {
                let key = keys.is_valid(row).then(|| keys.value(row))?;
                let key = usize::try_from(key).ok()?;
                values.is_valid(key).then(|| values.value(key))
            }
        }
    }

    fn same(&self, a: usize, b: usize) -> bool {
        match self {
            Self::Dictionary { keys, .. } if keys.null_count() == 0 => {
                keys.value(a) == keys.value(b) || self.value(a) == self.value(b)
            }
            Self::Plain(_) | Self::Dictionary { .. } => self.value(a) == self.value(b),
        }
    }

    fn is_constant(&self, rows: usize) -> bool {
        match self {
            Self::Dictionary { keys, .. } if keys.null_count() == 0 => {
                let keys = &keys.values()[..rows];
                keys.iter().all(|key| *key == keys[0])
            }
            Self::Plain(_) | Self::Dictionary { .. } => {
                (1..rows).all(|row| self.same(row - 1, row))
            }
        }
    }
}

/// Gives the table slot of a dictionary key; nulls have the last one.
fn key_slot(keys: &arrow::array::Int32Array, row: usize, values: usize) -> usize {
    if keys.is_null(row) {
        return values;
    }
    usize::try_from(keys.value(row)).map_or(values, |key| key.min(values))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::DictionaryArray;

    use super::*;

    fn router(columns: &[(&str, Option<&str>)]) -> Router {
        let columns = columns.iter().map(|(n, v)| ((*n).to_owned(), v.map(|v| Some(v.to_owned()))));
        Router::new(columns.collect(), "__HIVE_DEFAULT_PARTITION__".to_owned())
    }

    fn plain(values: &[Option<&str>]) -> ArrayRef {
        Arc::new(StringArray::from(values.to_vec()))
    }

    fn dictionary(values: &[Option<&str>]) -> ArrayRef {
        Arc::new(values.iter().copied().collect::<DictionaryArray<Int32Type>>())
    }

    fn paths(router: &Router, routed: &Routed, rows: usize) -> Vec<String> {
        let path = |n: u32| match &router.get(n).unwrap().path {
            Ok(path) => path.clone(),
            Err(reason) => format!("! {reason}"),
        };
        match routed {
            Routed::One(n) => vec![path(*n); rows],
            Routed::Each(numbers) => numbers.iter().map(|n| path(*n)).collect(),
        }
    }

    #[test]
    fn rows_go_where_hive_would_put_them_however_the_values_are_stored() {
        let a = [Some("x"), Some("x"), None, Some("US/East"), Some(""), Some("x")];
        let b = [Some("1"), Some("2"), Some("1"), Some(".."), Some("1"), Some("1")];
        let expected = [
            "a=x/s=0/b=1",
            "a=x/s=0/b=2",
            "a=__HIVE_DEFAULT_PARTITION__/s=0/b=1",
            "a=US%2FEast/s=0/b=..",
            "a=__HIVE_DEFAULT_PARTITION__/s=0/b=1",
            "a=x/s=0/b=1",
        ];
        for (a, b) in
            [(plain(&a), plain(&b)), (dictionary(&a), dictionary(&b)), (plain(&a), dictionary(&b))]
        {
            let mut router = router(&[("a", None), ("s", Some("0")), ("b", None)]);
            let routed = router.route(&[a, b], 6).unwrap();
            assert_eq!(paths(&router, &routed, 6), expected);
        }
    }

    #[test]
    fn a_batch_of_one_partition_passes_whole() {
        let mut router = router(&[("a", None)]);
        let first = router.route(&[dictionary(&[Some("x"), Some("x")])], 2).unwrap();
        let second = router.route(&[plain(&[Some("x"); 3])], 3).unwrap();
        assert_eq!((first, second), (Routed::One(0), Routed::One(0)));
        let nulls = router.route(&[plain(&[None, Some("")])], 2).unwrap();
        assert_eq!(nulls, Routed::One(1), "null and empty are one partition");
    }

    #[test]
    fn an_unpartitioned_table_has_one_empty_path() {
        let mut router = router(&[]);
        let routed = router.route(&[], 4).unwrap();
        assert_eq!(paths(&router, &routed, 1), [""]);
    }

    #[test]
    fn a_name_that_no_folder_can_have_is_a_reason_not_a_path() {
        let mut router = router(&[("a", None)]);
        let long = "x".repeat(300);
        let routed = router.route(&[plain(&[Some(&long), Some("ok")])], 2).unwrap();
        let paths = paths(&router, &routed, 2);
        assert!(paths[0].starts_with("! "), "{paths:?}");
        assert_eq!(paths[1], "a=ok");
    }
}
