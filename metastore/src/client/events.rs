//! Notification events over thrift.

use super::HiveCatalog;
use crate::error::Result;
use crate::events::{MAX_BEHIND, TableChanges, TableEvent};
use crate::generated::structs as wire;
use crate::model::Table;

/// Events of one call.
const PAGE: i32 = 1000;

impl HiveCatalog {
    /// Asks for the newest event; a metastore that keeps none, or tells them to nobody, has none.
    pub(super) fn newest_event(&self) -> Result<Option<i64>> {
        let answer = self.call(&wire::GetCurrentNotificationEventIdCall {})?;
        // Before the first event there is nothing that tells whether a listener writes them.
        Ok(answer.result.ok().map(|id| id.event_id).filter(|id| *id > 0))
    }

    /// Reads what has happened since an event; nothing if some of it was deleted.
    ///
    /// Events of all tables are asked for: their numbers have no gaps, so that one shows what is missing.
    pub(super) fn events_since(&self, table: &Table, after: i64) -> Result<Option<TableChanges>> {
        let Some(newest) = self.newest_event()? else { return Ok(None) };
        if !(0..=MAX_BEHIND).contains(&(newest - after)) {
            return Ok(None);
        }
        let mut changes = TableChanges::after(after);
        while changes.last < newest {
            let request = wire::NotificationEventRequest {
                last_event: changes.last,
                max_events: Some(PAGE),
                event_type_skip_list: None,
                cat_name: None,
                db_name: None,
                table_names: None,
                event_type_list: None,
            };
            let answer = self.call(&wire::GetNextNotificationCall { rqst: Some(request) })?;
            let Ok(answer) = answer.result else { return Ok(None) };
            if answer.events.is_empty() {
                return Ok(None);
            }
            for event in answer.events {
                if event.event_id != changes.last + 1 {
                    return Ok(None);
                }
                changes.last = event.event_id;
                let is = |name: &Option<String>, wanted: &str| {
                    name.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(wanted))
                };
                let of_table = is(&event.db_name, table.name.database())
                    && is(&event.table_name, table.name.table());
                if of_table {
                    changes.take_in(
                        table,
                        TableEvent {
                            id: event.event_id,
                            kind: &event.event_type,
                            message: &event.message,
                            format: event.message_format.as_deref().unwrap_or_default(),
                        },
                    );
                }
            }
        }
        Ok(Some(changes))
    }
}
