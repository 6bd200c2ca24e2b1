//! Statistics of columns follow their table: they go with a column that goes or changes its type.

use super::arguments::{Context, Outcome};
use crate::model::Table;

/// Deletes the statistics of columns that a changed table no longer has like that.
///
/// Source: Hive `HiveAlterHandler.alterTableUpdateTableColumnStats`.
pub(super) fn follow(cx: &Context<'_>, old: &Table, new: &Table) -> Outcome<()> {
    for column in &old.sd.cols {
        let kept =
            new.sd.cols.iter().any(|c| c.name == column.name && c.type_text == column.type_text);
        if !kept {
            cx.store.delete_statistics(&new.name, None, Some(&column.name))?;
        }
    }
    Ok(())
}
