//! What readers of transactional tables see, asked over thrift.

use super::{HiveCatalog, refused};
use crate::ValidWriteIds;
use crate::error::Result;
use crate::generated::structs as wire;
use crate::names::TableName;
use crate::wire::FaultKind;

impl HiveCatalog {
    /// Asks for the transactions that are open or aborted, and for the write ids that they have of a table.
    ///
    /// Before Hive 3 the ids of transactions stood in for write ids.
    pub(super) fn write_ids(&self, table: &TableName) -> Result<ValidWriteIds> {
        const WHAT: &str = "cannot ask which transactions may be read";
        let open = self.simple(WHAT, &wire::GetOpenTxnsCall {})?;
        let bits = open.aborted_bits.unwrap_or_default();
        let invalid = with_bits(&open.open_txns, &bits);
        let of_server = ValidWriteIds {
            high_water_mark: open.txn_high_water_mark,
            min_open: open.min_open_txn,
            invalid,
        };
        let request = wire::GetValidWriteIdsRequest {
            full_table_names: vec![table.to_string()],
            valid_txn_list: Some(text(&of_server)),
            write_id: None,
        };
        let answer = self.call(&wire::GetValidWriteIdsCall { rqst: Some(request) })?.result;
        let answer = match answer {
            Ok(answer) => answer,
            Err(fault) if fault.kind == FaultKind::UnknownMethod => return Ok(of_server),
            Err(fault) => return Err(refused(WHAT, fault).with("table", table)),
        };
        let of_table = answer.tbl_valid_write_ids.into_iter().next();
        Ok(of_table.map_or_else(ValidWriteIds::default, |ids| ValidWriteIds {
            high_water_mark: ids.write_id_high_water_mark,
            min_open: ids.min_open_write_id,
            invalid: with_bits(&ids.invalid_write_ids, &ids.aborted_bits),
        }))
    }
}

/// Puts ids and the bits of those that are aborted together.
fn with_bits(ids: &[i64], bits: &[u8]) -> Vec<(i64, bool)> {
    let bit = |at: usize| bits.get(at / 8).is_some_and(|byte| byte >> (at % 8) & 1 == 1);
    ids.iter().enumerate().map(|(at, id)| (*id, bit(at))).collect()
}

/// Writes a snapshot as Hive does: `highest:lowest open:open,open:aborted,aborted`.
///
/// Source: Hive `ValidReadTxnList.writeToString`.
fn text(ids: &ValidWriteIds) -> String {
    let list = |wanted: bool| {
        let ids = ids.invalid.iter().filter(|(_, aborted)| *aborted == wanted);
        ids.map(|(id, _)| id.to_string()).collect::<Vec<_>>().join(",")
    };
    let min_open = ids.min_open.unwrap_or(i64::MAX);
    format!("{}:{min_open}:{}:{}", ids.high_water_mark, list(false), list(true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snapshots_are_written_as_hive_reads_them() {
        let invalid = with_bits(&[3, 5, 9], &[0b101]);
        assert_eq!(invalid, [(3, true), (5, false), (9, true)]);
        let ids = ValidWriteIds { high_water_mark: 12, min_open: Some(5), invalid };
        assert_eq!(text(&ids), "12:5:5:3,9");
        assert_eq!(text(&ValidWriteIds::default()), "0:9223372036854775807::");
    }
}
