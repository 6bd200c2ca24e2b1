//! Files of other writers that read as nobody else's do.

use arrow::array::cast::AsArray;
use arrow::datatypes::TimestampMicrosecondType;

use super::*;
use crate::orc::{OrcComparison, OrcPredicate, OrcValue};

/// Microseconds in `early.orc`, which pyarrow 26 has written: before 1970 its nanoseconds count back from the second, in the
/// data and in the statistics.
const EARLY: [Option<i64>; 10] = [
    Some(-1_000_000_000_000_310),
    Some(-983_269_512_000_690),
    Some(-1_500_000),
    Some(-1_000_001),
    Some(-1_000_000),
    Some(-1),
    None,
    Some(0),
    Some(1),
    Some(-500_000),
];

#[test]
fn nanoseconds_that_count_back() {
    let file = Bytes::from_static(include_bytes!("early.orc"));
    let batch = decode(&file, &OrcRead::default());
    let found = batch.column(0).as_primitive::<TimestampMicrosecondType>();
    assert_eq!(found.iter().collect::<Vec<_>>(), EARLY);
    let least = EARLY.into_iter().flatten().min().unwrap();
    for (bound, rows) in [(least, 0), (least + 1, EARLY.len())] {
        let predicate = OrcPredicate::Compare {
            column: "ts".to_owned(),
            comparison: OrcComparison::Less,
            value: OrcValue::Timestamp(bound),
        };
        let what = OrcRead { predicate: Some(predicate), ..OrcRead::default() };
        assert_eq!(decode(&file, &what).num_rows(), rows, "below {bound}");
    }
}
