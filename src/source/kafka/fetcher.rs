//! What a lane's partitions share: one connection to each broker, one request on it at a time.
//!
//! ```text
//! partitions of the lane ──► one request a broker ──► answer ──► messages of each partition, at most two answers' worth
//!                                                                      └─► blocks, when the lane asks for them
//! ```
//!
//! The next request goes out when every partition of the broker has at most one answer left, so the broker works while
//! the lane does. A lane that does not ask for more leaves the answer in the socket: nothing else is ever buffered.

use std::collections::{BTreeMap, VecDeque};
use std::os::fd::BorrowedFd;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::event::PollFlags;
use tracing::{debug, warn};

use super::OnDataLoss;
use super::api::{Position, TopicPartition, code, name, refused};
use super::batch::{Messages, Walker, Window};
use super::cluster::Cluster;
use super::connection::{Connection, Dial, wait};
use super::fetch::{self, Fetched, Limits};
use super::wire::Api;
use crate::error::{Error, Kind, Result};
use crate::source::Payload;
use crate::time::Timestamp;

/// Longest time a reader waits for messages.
const WAIT: Duration = Duration::from_millis(20);
/// First and longest pause after a broker could not be reached.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));
/// Pause between two questions for leaders.
const REFRESH: Duration = Duration::from_millis(250);
/// How long a topic may be unknown before it counts as deleted.
const GONE_AFTER: Duration = Duration::from_secs(60);
/// Answers of which a partition may hold messages.
const HELD: usize = 1;
/// A partition that was not asked for messages for so long is paused.
const PAUSED: Duration = Duration::from_secs(1);
/// Buffers of answers that are kept for the next ones.
const FREE: usize = 2;

/// What a lane's partitions share.
#[derive(Debug)]
pub(super) struct Fetcher {
    pub(super) cluster: Arc<Mutex<Cluster>>,
    dial: Dial,
    limits: Limits,
    on_data_loss: OnDataLoss,
    walker: Walker,
    parts: BTreeMap<TopicPartition, Part>,
    links: BTreeMap<i32, Link>,
    free: Vec<Vec<u8>>,
    refreshed_at: Timestamp,
    /// Which partition is asked for first in the next request.
    turn: usize,
}

#[derive(Debug)]
struct Part {
    window: Window,
    /// The offset that is asked for next.
    ask: i64,
    ready: VecDeque<Messages>,
    leader: Option<i32>,
    unknown_since: Option<Timestamp>,
    failure: Option<Error>,
    /// When its messages were last asked for.
    polled_at: Timestamp,
}

#[derive(Debug, Default)]
struct Link {
    connection: Option<Connection>,
    /// Partitions and offsets of the request under way.
    asked: Vec<(TopicPartition, i64)>,
    answered_at: Option<Timestamp>,
    attempts: u32,
    again_at: Option<Timestamp>,
}

/// What a fetcher is made of.
#[derive(Debug)]
pub(super) struct FetcherParts {
    pub(super) cluster: Arc<Mutex<Cluster>>,
    pub(super) dial: Dial,
    pub(super) limits: Limits,
    pub(super) on_data_loss: OnDataLoss,
    pub(super) walker: Walker,
}

impl Fetcher {
    pub(super) fn new(parts: FetcherParts) -> Self {
        let FetcherParts { cluster, dial, limits, on_data_loss, walker } = parts;
        Self {
            cluster,
            dial,
            limits,
            on_data_loss,
            walker,
            parts: BTreeMap::new(),
            links: BTreeMap::new(),
            free: Vec::new(),
            refreshed_at: Timestamp(i64::MIN),
            turn: 0,
        }
    }

    pub(super) fn add(&mut self, at: TopicPartition, window: Window) {
        let part = Part {
            window,
            ask: window.next,
            ready: VecDeque::new(),
            leader: None,
            unknown_since: None,
            failure: None,
            polled_at: self.now(),
        };
        self.parts.insert(at, part);
    }

    pub(super) fn remove(&mut self, at: &TopicPartition) {
        self.parts.remove(at);
    }

    fn now(&self) -> Timestamp {
        self.dial.clock.now()
    }

    /// Gives the next messages of a partition, or `None` at its end.
    ///
    /// # Errors
    /// `Data` if messages were lost or are damaged; `NotFound` if the topic is gone; `Config` if we may not read it. A
    /// broker that is away is no error: there is nothing to read until it is back.
    pub(super) fn next(
        &mut self,
        at: &TopicPartition,
        mut recycled: Option<Vec<u8>>,
    ) -> Result<Option<Payload>> {
        let now = self.now();
        for attempt in 0..2 {
            let part = self.parts.get_mut(at);
            let part = part.ok_or_else(|| Error::internal("a partition that nobody reads"))?;
            part.polled_at = now;
            if part.window.next >= part.window.end {
                return Ok(None);
            }
            while let Some(messages) = part.ready.front_mut() {
                let before = part.window.next;
                let block = messages
                    .block(&mut self.walker, &mut part.window, recycled.take())
                    .map_err(|e| e.with("topic", &at.0).with("partition", at.1))?;
                if messages.is_empty()
                    && let Some(bytes) = part.ready.pop_front().and_then(Messages::into_bytes)
                    && self.free.len() < FREE
                {
                    self.free.push(bytes);
                }
                if part.window.next > before {
                    return Ok(Some(Payload::Records(block)));
                }
                recycled = Some(block.bytes);
            }
            if let Some(failure) = part.failure.take() {
                return Err(failure);
            }
            if attempt == 0 {
                self.request();
                self.receive()?;
            }
        }
        self.request();
        Ok(Some(Payload::Idle))
    }

    /// Sends a request to each broker that has none and whose partitions have little left.
    fn request(&mut self) {
        self.find_leaders();
        let mut by_leader: BTreeMap<i32, Vec<(TopicPartition, i64)>> = BTreeMap::new();
        let mut full = Vec::new();
        let now = self.now();
        for (at, part) in &self.parts {
            let Some(leader) = part.leader else { continue };
            // A partition that its lane lets wait must not hold up the others.
            let paused = now.since(part.polled_at) >= PAUSED && !part.ready.is_empty();
            if paused {
                continue;
            }
            if part.ready.len() > HELD {
                full.push(leader);
            }
            if part.ask < part.window.end && part.failure.is_none() {
                by_leader.entry(leader).or_default().push((at.clone(), part.ask));
            }
        }
        for (leader, mut asked) in by_leader {
            if full.contains(&leader) {
                continue;
            }
            self.turn = self.turn.wrapping_add(1);
            // Every partition is first in turn, since what is asked for last may get nothing.
            let turn = self.turn % asked.len().max(1);
            asked.rotate_left(turn);
            self.ask(leader, asked);
        }
    }

    fn ask(&mut self, leader: i32, asked: Vec<(TopicPartition, i64)>) {
        let now = self.now();
        let link = self.links.entry(leader).or_default();
        let busy = link.connection.as_ref().is_some_and(Connection::is_waiting);
        if busy || link.again_at.is_some_and(|at| now < at) {
            return;
        }
        let connection = match link.connection.take() {
            Some(connection) => Ok(connection),
            None => {
                let cluster = lock(&self.cluster);
                let address = cluster.metadata.brokers.get(&leader).cloned();
                drop(cluster);
                match address {
                    Some(address) => Connection::open(&self.dial, &address),
                    None => Err(Error::unavailable("the leader of a partition is not known")),
                }
            }
        };
        let sent = connection.and_then(|mut connection| {
            let wanted: Vec<(&TopicPartition, i64)> =
                asked.iter().map(|(at, offset)| (at, *offset)).collect();
            let (version, limits) = (connection.fetch_version, self.limits);
            let buffer = self.free.pop().unwrap_or_default();
            connection.send(Api::Fetch, version, buffer, |request| {
                fetch::ask(request, version, limits, &wanted);
            })?;
            Ok(connection)
        });
        match sent {
            Ok(connection) => {
                link.connection = Some(connection);
                link.asked = asked;
                link.answered_at = Some(now);
            }
            Err(error) => self.lost(leader, &error),
        }
    }

    /// Takes note that a broker cannot be reached; its partitions may have another leader by now.
    fn lost(&mut self, leader: i32, error: &Error) {
        let now = self.now();
        let link = self.links.entry(leader).or_default();
        link.connection = None;
        link.asked.clear();
        let pause = BACK_OFF.0.saturating_mul(1 << link.attempts.min(10)).min(BACK_OFF.1);
        link.attempts += 1;
        link.again_at = Some(now.plus(pause));
        if link.attempts == 1 || link.attempts.is_multiple_of(16) {
            warn!(broker = leader, attempts = link.attempts, error = ?error, "a Kafka broker is away, trying again");
        }
        let fatal = error.kind() != Kind::Unavailable;
        for part in self.parts.values_mut().filter(|part| part.leader == Some(leader)) {
            part.leader = None;
            if fatal {
                part.failure =
                    Some(Error::new(error.kind(), error.to_string()).with_hint(
                        error.hint().unwrap_or("see the log for what the broker has said"),
                    ));
            }
        }
    }

    /// Asks for the leaders of partitions that have none.
    fn find_leaders(&mut self) {
        let now = self.now();
        if self.parts.values().all(|part| part.leader.is_some()) {
            return;
        }
        if now.0 < self.refreshed_at.0.saturating_add(REFRESH.as_millis() as i64) {
            return;
        }
        let first = self.refreshed_at.0 == i64::MIN;
        let mut cluster = lock(&self.cluster);
        let all_known = self.parts.keys().all(|at| cluster.leader(at).is_some());
        if !(first && all_known) {
            let mut topics: Vec<String> = self.parts.keys().map(|at| at.0.clone()).collect();
            topics.dedup();
            if let Err(error) = cluster.refresh(Some(&topics)) {
                debug!(error = ?error, "the leaders cannot be asked for");
                self.refreshed_at = self.dial.clock.now();
                return;
            }
        }
        self.refreshed_at = self.dial.clock.now();
        for (at, part) in &mut self.parts {
            if part.leader.is_some() {
                continue;
            }
            part.leader = cluster.leader(at).map(|(id, _)| id);
            if cluster.metadata.leaders.contains_key(at) {
                part.unknown_since = None;
            } else {
                let since = *part.unknown_since.get_or_insert(now);
                if now.since(since) >= GONE_AFTER {
                    part.failure = Some(
                        Error::not_found("the topic is gone before it was read to its end")
                            .with("topic", &at.0)
                            .with("partition", at.1),
                    );
                }
            }
        }
    }

    /// Waits a little for answers and takes those that are there.
    fn receive(&mut self) -> Result<()> {
        if self.take_answers()? {
            return Ok(());
        }
        let links = self.links.values().filter_map(|link| link.connection.as_ref());
        let sockets: Vec<BorrowedFd<'_>> =
            links.filter(|connection| connection.is_waiting()).map(Connection::fd).collect();
        wait(&sockets, PollFlags::IN, WAIT)?;
        self.take_answers()?;
        Ok(())
    }

    /// Takes the answers that are there; tells whether there was any.
    fn take_answers(&mut self) -> Result<bool> {
        let now = self.now();
        let timeout = self.dial.request_timeout + Duration::from_millis(self.limits.wait_ms as u64);
        let mut any = false;
        let waiting: Vec<i32> = self
            .links
            .iter()
            .filter(|(_, link)| link.connection.as_ref().is_some_and(Connection::is_waiting))
            .map(|(leader, _)| *leader)
            .collect();
        for leader in waiting {
            let Some(link) = self.links.get_mut(&leader) else { continue };
            let Some(connection) = &mut link.connection else { continue };
            match connection.receive() {
                Ok(None) => {
                    let since = *link.answered_at.get_or_insert(now);
                    if now.since(since) > timeout {
                        let error = Error::unavailable("a Kafka broker does not answer in time")
                            .with("broker", connection.address());
                        self.lost(leader, &error);
                    }
                }
                Ok(Some(answer)) => {
                    any = true;
                    let version = connection.fetch_version;
                    link.attempts = 0;
                    link.again_at = None;
                    let asked = std::mem::take(&mut link.asked);
                    if let Err(error) = self.answered(answer, version, &asked) {
                        self.lost(leader, &error);
                    }
                }
                Err(error) => self.lost(leader, &error),
            }
        }
        Ok(any)
    }

    fn answered(
        &mut self,
        answer: Vec<u8>,
        version: i16,
        asked: &[(TopicPartition, i64)],
    ) -> Result<()> {
        let (error, all) = fetch::answer(&answer, 4, version)?;
        if error != code::NONE {
            return Err(refused("messages", error));
        }
        let answer = Arc::new(answer);
        for Fetched { at, error, aborted, messages } in all {
            let offset = asked.iter().find(|(asked, _)| *asked == at).map(|(_, offset)| *offset);
            let Some(part) = self.parts.get_mut(&at).filter(|part| offset == Some(part.ask)) else {
                continue;
            };
            match error {
                code::NONE => {
                    let messages = Messages::new(Arc::clone(&answer), messages, aborted);
                    if let Some(next) = messages.next_offset() {
                        part.ask = next.max(part.ask);
                        part.ready.push_back(messages);
                    }
                }
                code::OFFSET_OUT_OF_RANGE => self.out_of_range(&at),
                code::TOPIC_AUTHORIZATION_FAILED | code::UNSUPPORTED_COMPRESSION_TYPE => {
                    part.failure = Some(refused("messages", error).with("topic", at.0));
                }
                _ => {
                    debug!(topic = %at.0, partition = at.1, error = name(error), "a partition has moved");
                    part.leader = None;
                }
            }
        }
        if let Some(bytes) = Arc::into_inner(answer)
            && self.free.len() < FREE
        {
            self.free.push(bytes);
        }
        Ok(())
    }

    /// Finds out what is lost at an offset that the broker does not have, and says so.
    fn out_of_range(&mut self, at: &TopicPartition) {
        let both = [Position::Earliest, Position::Latest].map(|position| {
            let found = lock(&self.cluster).offsets(&[(at.clone(), position)], false);
            found.ok().and_then(|found| found.get(at).copied())
        });
        let Some(part) = self.parts.get_mut(at) else { return };
        let [Some(earliest), Some(latest)] = both else { return };
        let wanted = part.ask;
        if (earliest..=latest).contains(&wanted) {
            return;
        }
        let go_on = if wanted < earliest { earliest } else { latest };
        if self.on_data_loss == OnDataLoss::Continue {
            warn!(topic = %at.0, partition = at.1, wanted, earliest, latest, "messages are lost; reading goes on at the nearest one");
            part.ask = go_on;
            // What was received before is read first; the window follows the messages.
            if part.ready.is_empty() {
                part.window.next = go_on;
            }
            return;
        }
        let what = if wanted < earliest {
            "messages were deleted before they were read"
        } else {
            "the partition ends before the offset to be read: it was made anew, or has lost messages"
        };
        part.failure = Some(
            Error::data(what)
                .with("topic", &at.0)
                .with("partition", at.1)
                .with("offset to be read", wanted)
                .with("first offset there", earliest)
                .with("end", latest)
                .with_hint(
                    "raise the topic's retention; to go on without the lost messages, set \
                     'scan.on-data-loss'='continue' in the source table and start again",
                ),
        );
    }
}

pub(super) fn lock(cluster: &Mutex<Cluster>) -> std::sync::MutexGuard<'_, Cluster> {
    cluster.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
