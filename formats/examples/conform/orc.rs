//! ORC files.

use std::fs::File;
use std::path::Path;

use arrow::array::RecordBatch;
use formats::FormatError;
use formats::orc::{OrcFile, OrcRead, TimestampUnit};
use formats::types::StructField;

use crate::Format;

pub(crate) struct Orc;

impl Format for Orc {
    fn read(
        &self,
        file: &Path,
        want: Option<&[StructField]>,
    ) -> Result<(Vec<StructField>, Vec<RecordBatch>), FormatError> {
        let input = File::open(file)
            .map_err(|e| FormatError::data("cannot open the file").with_source(e))?;
        let file = OrcFile::open(input)?;
        let columns = want.unwrap_or(file.columns()).to_vec();
        let mut what = OrcRead { columns: want.map(<[StructField]>::to_vec), ..OrcRead::default() };
        // All digits if the years allow it, else microseconds.
        what.timestamp_unit = TimestampUnit::Nanosecond;
        if let Ok(batches) = file.read(&what)?.collect::<Result<_, _>>() {
            return Ok((columns, batches));
        }
        what.timestamp_unit = TimestampUnit::Microsecond;
        let batches = file.read(&what)?.collect::<Result<_, _>>()?;
        Ok((columns, batches))
    }
}
