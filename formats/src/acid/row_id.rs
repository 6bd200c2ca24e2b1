//! Row ids, and the bucket and statement that lie in one number of them.

use crate::types::{HiveType, StructField};
use crate::{FormatError, Result};

/// The name of Hive's virtual column; a request for a column of this name gets the rows' ids.
pub const ROW_ID: &str = "row__id";

/// Returns the type of the virtual column: `struct<writeid:bigint,bucketid:int,rowid:bigint>`.
pub fn row_id_type() -> HiveType {
    let field = |name: &str, ty| StructField { name: name.to_owned(), ty };
    HiveType::Struct(vec![
        field("writeid", HiveType::BigInt),
        field("bucketid", HiveType::Int),
        field("rowid", HiveType::BigInt),
    ])
}

/// The id of a row: write id, bucket property, number. Files are in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RowId {
    pub(super) write_id: i64,
    pub(super) bucket: i32,
    pub(super) row: i64,
}

/// First bit of the version in a bucket property.
const VERSION_SHIFT: u32 = 29;

/// Most buckets and statements that a bucket property can tell.
const MOST: u32 = 4096;

/// Makes the bucket property of a bucket and a statement.
///
/// # Errors
/// [`ErrorKind::Data`](crate::ErrorKind::Data) for more than 4,096 buckets or statements.
///
/// Source: Hive `BucketCodec.V1`.
pub(super) fn property(bucket: u32, statement: u32) -> Result<i32> {
    if bucket >= MOST || statement >= MOST {
        return Err(FormatError::data("a transactional table has 4096 buckets at most")
            .with("bucket", bucket)
            .with("statement", statement));
    }
    Ok(((1 << VERSION_SHIFT) | (bucket << 16) | statement).cast_signed())
}

/// Gives a bucket property the form of Hive 3; Hive 2 had the plain number of the bucket.
pub(super) fn normal(bucket: i32) -> i32 {
    match u32::try_from(bucket) {
        Ok(plain) if plain < MOST => property(plain, 0).unwrap_or(bucket),
        _ => bucket,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bucket_properties_are_hives() {
        assert_eq!(property(0, 0).unwrap(), 536_870_912);
        assert_eq!(property(2, 1).unwrap(), 537_001_985);
        assert!(property(4096, 0).is_err() && property(0, 4096).is_err());
        assert_eq!(normal(2), property(2, 0).unwrap());
        assert_eq!(normal(537_001_985), 537_001_985);
    }
}
