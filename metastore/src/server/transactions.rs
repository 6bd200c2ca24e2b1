//! Transactions, write ids and locks.

use std::collections::BTreeSet;

use super::arguments::{Context, Outcome, need};
use crate::embedded::{
    LockPart, LockRequest, LockState, TransactionList, TransactionState as State,
};
use crate::generated::structs as wire;
use crate::wire::{Fault, FaultKind};

/// Most transactions that one call may open.
const MAX_OPENED: i32 = 1000;

pub(super) fn open_txns(
    cx: &mut Context<'_>,
    call: wire::OpenTxnsCall,
) -> Outcome<wire::OpenTxnsResponse> {
    let request = need(call.rqst, "rqst")?;
    if !(1..=MAX_OPENED).contains(&request.num_txns) {
        return Err(Fault::meta(format!("1 to {MAX_OPENED} transactions can be opened in a call")));
    }
    let kind = request.txn_type.map_or(0, |kind| kind.0);
    let count = usize::try_from(request.num_txns).unwrap_or(1);
    let txn_ids = cx.store.open_transactions(count, kind, &request.user, &request.hostname)?;
    Ok(wire::OpenTxnsResponse { txn_ids })
}

/// Says why a transaction cannot be used.
fn closed(cx: &Context<'_>, id: i64, state: State) -> Outcome<Fault> {
    let known = id > 0 && id <= cx.store.transactions()?.high_water_mark;
    Ok(match state {
        State::Aborted => {
            Fault::new(FaultKind::TxnAborted, format!("Transaction txnid:{id} already aborted"))
        }
        State::Open | State::Gone if known => Fault::new(
            FaultKind::NoSuchTxn,
            format!("Transaction txnid:{id} is already committed."),
        ),
        State::Open | State::Gone => {
            Fault::new(FaultKind::NoSuchTxn, format!("No such transaction txnid:{id}"))
        }
    })
}

pub(super) fn commit_txn(cx: &mut Context<'_>, call: wire::CommitTxnCall) -> Outcome<()> {
    let id = need(call.rqst, "rqst")?.txnid;
    match cx.store.commit_transaction(id)? {
        State::Open => Ok(()),
        // Committed before: the answer was lost.
        State::Gone if id > 0 && id <= cx.store.transactions()?.high_water_mark => Ok(()),
        state => Err(closed(cx, id, state)?),
    }
}

pub(super) fn abort_txn(cx: &mut Context<'_>, call: wire::AbortTxnCall) -> Outcome<()> {
    let id = need(call.rqst, "rqst")?.txnid;
    match cx.store.abort_transaction(id)? {
        State::Open | State::Aborted => Ok(()),
        State::Gone => Err(closed(cx, id, State::Gone)?),
    }
}

pub(super) fn abort_txns(cx: &mut Context<'_>, call: wire::AbortTxnsCall) -> Outcome<()> {
    for id in need(call.rqst, "rqst")?.txn_ids {
        cx.store.abort_transaction(id)?;
    }
    Ok(())
}

/// Sets a bit for every aborted one of a list, as Java's `BitSet.toByteArray` writes it.
fn aborted_bits(aborted: impl Iterator<Item = bool>) -> Vec<u8> {
    let mut bits = Vec::new();
    for (at, aborted) in aborted.enumerate() {
        if aborted {
            bits.resize((at / 8 + 1).max(bits.len()), 0_u8);
            if let Some(byte) = bits.last_mut() {
                *byte |= 1 << (at % 8);
            }
        }
    }
    bits
}

fn open_list(list: &TransactionList, without: &[wire::TxnType]) -> wire::GetOpenTxnsResponse {
    let shown = |kind: i32, aborted: bool| aborted || !without.iter().any(|t| t.0 == kind);
    let all: Vec<_> = list.all.iter().filter(|t| shown(t.kind, t.aborted)).collect();
    wire::GetOpenTxnsResponse {
        txn_high_water_mark: list.high_water_mark,
        open_txns: all.iter().map(|t| t.id).collect(),
        min_open_txn: all.iter().find(|t| !t.aborted).map(|t| t.id),
        aborted_bits: Some(aborted_bits(all.iter().map(|t| t.aborted))),
    }
}

pub(super) fn get_open_txns(
    cx: &mut Context<'_>,
    _: wire::GetOpenTxnsCall,
) -> Outcome<wire::GetOpenTxnsResponse> {
    Ok(open_list(&cx.store.transactions()?, &[]))
}

pub(super) fn get_open_txns_req(
    cx: &mut Context<'_>,
    call: wire::GetOpenTxnsReqCall,
) -> Outcome<wire::GetOpenTxnsResponse> {
    let without = call.get_open_txns_request.and_then(|r| r.exclude_txn_types).unwrap_or_default();
    Ok(open_list(&cx.store.transactions()?, &without))
}

pub(super) fn get_open_txns_info(
    cx: &mut Context<'_>,
    _: wire::GetOpenTxnsInfoCall,
) -> Outcome<wire::GetOpenTxnsInfoResponse> {
    let list = cx.store.transactions()?;
    let info = |t: &crate::embedded::Transaction| wire::TxnInfo {
        id: t.id,
        state: if t.aborted { wire::TxnState::ABORTED } else { wire::TxnState::OPEN },
        user: t.user.clone(),
        hostname: t.host.clone(),
        agent_info: Some("Unknown".to_owned()),
        heartbeat_count: None,
        meta_info: None,
        started_time: Some(t.started * 1000),
        last_heartbeat_time: Some(t.heartbeat * 1000),
    };
    Ok(wire::GetOpenTxnsInfoResponse {
        txn_high_water_mark: list.high_water_mark,
        open_txns: list.all.iter().map(info).collect(),
    })
}

pub(super) fn heartbeat(cx: &mut Context<'_>, call: wire::HeartbeatCall) -> Outcome<()> {
    let ids = need(call.ids, "ids")?;
    if let Some(id) = ids.lockid.filter(|id| *id > 0)
        && !cx.store.heartbeat_lock(id)?
    {
        return Err(Fault::new(FaultKind::NoSuchLock, format!("No such lock lockid:{id}")));
    }
    if let Some(id) = ids.txnid.filter(|id| *id > 0) {
        let state = cx.store.heartbeat_transaction(id)?;
        if state != State::Open {
            return Err(closed(cx, id, state)?);
        }
    }
    Ok(())
}

pub(super) fn heartbeat_txn_range(
    cx: &mut Context<'_>,
    call: wire::HeartbeatTxnRangeCall,
) -> Outcome<wire::HeartbeatTxnRangeResponse> {
    let range = need(call.txns, "txns")?;
    if range.max.saturating_sub(range.min) > 100_000 {
        return Err(Fault::new(FaultKind::Internal, "too many transactions in one call"));
    }
    let (mut aborted, mut nosuch) = (BTreeSet::new(), BTreeSet::new());
    for id in range.min..=range.max {
        match cx.store.heartbeat_transaction(id)? {
            State::Open => {}
            State::Aborted => drop(aborted.insert(id)),
            State::Gone => drop(nosuch.insert(id)),
        }
    }
    Ok(wire::HeartbeatTxnRangeResponse { aborted, nosuch })
}

pub(super) fn allocate_table_write_ids(
    cx: &mut Context<'_>,
    call: wire::AllocateTableWriteIdsCall,
) -> Outcome<wire::AllocateTableWriteIdsResponse> {
    let request = need(call.rqst, "rqst")?;
    let transactions = match (request.txn_ids, request.src_txn_to_write_id_list) {
        (Some(ids), _) => ids,
        (None, Some(_)) => {
            return Err(Fault::meta("write ids of a replication are not supported"));
        }
        (None, None) => Vec::new(),
    };
    let table = full_name(&request.db_name, &request.table_name);
    for id in &transactions {
        let state = cx.store.heartbeat_transaction(*id)?;
        if state != State::Open {
            return Err(closed(cx, *id, state)?);
        }
    }
    let given = cx.store.allocate_write_ids(&table, &transactions)?;
    let txn_to_write_ids = given
        .into_iter()
        .map(|(txn_id, write_id)| wire::TxnToWriteId { txn_id, write_id })
        .collect();
    Ok(wire::AllocateTableWriteIdsResponse { txn_to_write_ids })
}

fn full_name(database: &str, table: &str) -> String {
    format!("{database}.{table}").to_lowercase()
}

/// Snapshot of a reader: `highest:minOpen:open,open:aborted,aborted`.
///
/// Source: Hive `ValidReadTxnList.writeToString`.
struct Snapshot {
    highest: i64,
    hidden: BTreeSet<i64>,
}

impl Snapshot {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        let highest = parts.next()?.parse().ok()?;
        parts.next()?;
        let mut hidden = BTreeSet::new();
        for list in parts {
            for id in list.split(',').filter(|id| !id.is_empty()) {
                hidden.insert(id.parse().ok()?);
            }
        }
        Some(Self { highest, hidden })
    }

    fn hides(&self, transaction: i64) -> bool {
        transaction > self.highest || self.hidden.contains(&transaction)
    }
}

pub(super) fn get_valid_write_ids(
    cx: &mut Context<'_>,
    call: wire::GetValidWriteIdsCall,
) -> Outcome<wire::GetValidWriteIdsResponse> {
    let request = need(call.rqst, "rqst")?;
    let snapshot = match request.valid_txn_list.as_deref().filter(|t| !t.is_empty()) {
        Some(text) => Snapshot::parse(text)
            .ok_or_else(|| Fault::meta(format!("{text} is no list of transactions")))?,
        None => {
            let list = cx.store.transactions()?;
            let hidden = list.all.iter().map(|t| t.id).collect();
            Snapshot { highest: list.high_water_mark, hidden }
        }
    };
    let mut tbl_valid_write_ids = Vec::new();
    for name in request.full_table_names {
        let lower = name.to_lowercase();
        let ids = cx.store.write_ids_without(&lower, &|id| snapshot.hides(id))?;
        tbl_valid_write_ids.push(wire::TableValidWriteIds {
            full_table_name: name,
            write_id_high_water_mark: ids.high_water_mark,
            invalid_write_ids: ids.invalid.iter().map(|(id, _)| *id).collect(),
            min_open_write_id: ids.min_open,
            aborted_bits: aborted_bits(ids.invalid.iter().map(|(_, aborted)| *aborted)),
        });
    }
    Ok(wire::GetValidWriteIdsResponse { tbl_valid_write_ids })
}

/// Hive tells which partitions a transaction wrote, for conflicts and compaction; only the transaction is checked here.
pub(super) fn add_dynamic_partitions(
    cx: &mut Context<'_>,
    call: wire::AddDynamicPartitionsCall,
) -> Outcome<()> {
    let id = need(call.rqst, "rqst")?.txnid;
    match cx.store.heartbeat_transaction(id)? {
        State::Open => Ok(()),
        state => Err(closed(cx, id, state)?),
    }
}

/// Write ids that a reader needs are kept as long as its transaction is open, whether it says so or not.
pub(super) fn add_write_ids_to_min_history(
    _: &mut Context<'_>,
    _: wire::AddWriteIdsToMinHistoryCall,
) -> Outcome<()> {
    Ok(())
}

/// No transaction is ever in conflict with a later one: writers to a table exclude each other by locks.
pub(super) fn get_latest_txnid_in_conflict(
    _: &mut Context<'_>,
    _: wire::GetLatestTxnidInConflictCall,
) -> Outcome<i64> {
    Ok(0)
}

fn state_of(state: LockState) -> wire::LockState {
    match state {
        LockState::Acquired => wire::LockState::ACQUIRED,
        LockState::Waiting => wire::LockState::WAITING,
        LockState::Missing | LockState::NoTransaction => wire::LockState::ABORT,
    }
}

pub(super) fn lock(cx: &mut Context<'_>, call: wire::LockCall) -> Outcome<wire::LockResponse> {
    let request = need(call.rqst, "rqst")?;
    let part = |c: wire::LockComponent| LockPart {
        kind: c.type_.0,
        database: c.dbname.to_lowercase(),
        table: c.tablename.map(|t| t.to_lowercase()),
        partition: c.partitionname,
    };
    let request = LockRequest {
        transaction: request.txnid.unwrap_or(0),
        user: request.user,
        host: request.hostname,
        agent: request.agent_info.unwrap_or_else(|| "Unknown".to_owned()),
        parts: request.component.into_iter().map(part).collect(),
    };
    let (lockid, state) = cx.store.lock(&request)?;
    if state == LockState::NoTransaction {
        let id = request.transaction;
        let state = cx.store.heartbeat_transaction(id)?;
        return Err(closed(cx, id, state)?);
    }
    Ok(wire::LockResponse { lockid, state: state_of(state), error_message: None })
}

pub(super) fn check_lock(
    cx: &mut Context<'_>,
    call: wire::CheckLockCall,
) -> Outcome<wire::LockResponse> {
    let lockid = need(call.rqst, "rqst")?.lockid;
    match cx.store.check_lock(lockid)? {
        LockState::Missing | LockState::NoTransaction => {
            Err(Fault::new(FaultKind::NoSuchLock, format!("No such lock lockid:{lockid}")))
        }
        state => Ok(wire::LockResponse { lockid, state: state_of(state), error_message: None }),
    }
}

pub(super) fn unlock(cx: &mut Context<'_>, call: wire::UnlockCall) -> Outcome<()> {
    let id = need(call.rqst, "rqst")?.lockid;
    match cx.store.unlock(id)? {
        Some(0) => Ok(()),
        Some(transaction) => {
            let text = format!(
                "Unlocking locks associated with transaction not permitted.  lockid:{id} is associated with transaction txnid:{transaction}"
            );
            Err(Fault::new(FaultKind::TxnOpen, text))
        }
        None => Err(Fault::new(FaultKind::NoSuchLock, format!("No such lock lockid:{id}"))),
    }
}

pub(super) fn show_locks(
    cx: &mut Context<'_>,
    call: wire::ShowLocksCall,
) -> Outcome<wire::ShowLocksResponse> {
    let request = call.rqst.unwrap_or_default();
    let same = |wanted: &Option<String>, found: Option<&str>| {
        wanted.as_deref().is_none_or(|wanted| {
            wanted.is_empty() || found.is_some_and(|f| f.eq_ignore_ascii_case(wanted))
        })
    };
    let mut locks = cx.store.locks()?;
    locks.retain(|lock| {
        same(&request.dbname, Some(&lock.part.database))
            && same(&request.tablename, lock.part.table.as_deref())
            && same(&request.partname, lock.part.partition.as_deref())
            && request.txnid.is_none_or(|id| id == lock.transaction)
    });
    let element = |lock: crate::embedded::Lock| wire::ShowLocksResponseElement {
        lockid: lock.id,
        dbname: lock.part.database,
        tablename: lock.part.table,
        partname: lock.part.partition,
        state: if lock.acquired { wire::LockState::ACQUIRED } else { wire::LockState::WAITING },
        type_: wire::LockType(lock.part.kind),
        txnid: Some(lock.transaction),
        lastheartbeat: lock.heartbeat * 1000,
        acquiredat: None,
        user: lock.user,
        hostname: lock.host,
        heartbeat_count: Some(0),
        agent_info: Some(lock.agent),
        blocked_by_ext_id: None,
        blocked_by_int_id: None,
        lock_id_internal: None,
    };
    Ok(wire::ShowLocksResponse { locks: Some(locks.into_iter().map(element).collect()) })
}

/// There is no compaction here, so there is nothing to show.
pub(super) fn show_compact(
    _: &mut Context<'_>,
    _: wire::ShowCompactCall,
) -> Outcome<wire::ShowCompactResponse> {
    Ok(wire::ShowCompactResponse { compacts: Vec::new() })
}
