//! Lines split by a regular expression: `RegexSerDe`.
//!
//! A line that the expression does not match from end to end is a row of NULLs; so is a field whose
//! group took no part.
//!
//! Source: Hive `RegexSerDe.deserialize`. The expression is Java's; look-around and back references,
//! which cannot be matched in linear time, are refused.

use regex::bytes::{CaptureLocations, Regex, RegexBuilder};

use super::value::ValueRules;
use crate::rows::{Column, Data};
use crate::table::{Descriptor, ReadRequest};
use crate::{FormatError, Result};

/// Memory that a compiled expression may take.
const SIZE_LIMIT: usize = 16 << 20;

/// Reads rows whose fields are the groups of an expression.
#[derive(Debug)]
pub(crate) struct RegexRows {
    rules: ValueRules,
    regex: Regex,
    groups: CaptureLocations,
    targets: Vec<Option<usize>>,
}

impl RegexRows {
    pub(crate) fn new(
        descriptor: &Descriptor,
        request: &ReadRequest,
        targets: Vec<Option<usize>>,
    ) -> Result<Self> {
        let text = descriptor
            .property("input.regex")
            .ok_or_else(|| FormatError::config("RegexSerDe needs the property input.regex"))?;
        // In Java an octal number begins with a zero: \073.
        let regex = RegexBuilder::new(&format!("^(?:{text})$"))
            .case_insensitive(descriptor.is_set("input.regex.case.insensitive"))
            .octal(true)
            .size_limit(SIZE_LIMIT)
            .build()
            .map_err(|e| {
                FormatError::unsupported("the table's input.regex is not understood")
                    .with("regex", text)
                    .with_source(e)
            })?;
        if regex.captures_len() - 1 < targets.len() {
            return Err(FormatError::config("input.regex has fewer groups than there are columns")
                .with("groups", regex.captures_len() - 1)
                .with("columns", targets.len()));
        }
        let groups = regex.capture_locations();
        Ok(Self { rules: ValueRules::new(descriptor, request)?, regex, groups, targets })
    }

    pub(crate) fn row(&mut self, line: &[u8], columns: &mut [Column]) {
        if self.regex.captures_read(&mut self.groups, line).is_none() {
            return;
        }
        for (i, target) in self.targets.iter().enumerate() {
            let Some(column) = target.and_then(|target| columns.get_mut(target)) else { continue };
            let (start, end) = match self.groups.get(i + 1) {
                Some(group) => group,
                // Java's Boolean.valueOf knows no third value.
                None if matches!(column.data, Data::Bool(_)) => (0, 0),
                None => continue,
            };
            let text = &line[start..end];
            match &mut column.data {
                Data::Bool(values) => {
                    values.append(text.eq_ignore_ascii_case(b"true"));
                    column.valid();
                }
                // And its Integer.valueOf no point.
                Data::I8(_) | Data::I16(_) | Data::I32(_) | Data::I64(_)
                    if text.contains(&b'.') =>
                {
                    column.push_null();
                }
                _ => self.rules.push(column, text),
            }
        }
    }
}
