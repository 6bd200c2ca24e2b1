//! Questions to the cluster as a whole: which partitions there are and who leads them, offsets, groups.

use std::collections::BTreeMap;

use super::api::{self, Metadata, Position, TopicPartition, code, refused, version};
use super::connection::{Connection, Dial};
use super::wire::{Answer, Api, Request};
use crate::error::{Error, Kind, Result};

/// Rounds of asking anew where a partition's leader is.
const ROUNDS: usize = 3;

/// A cluster, with the connections that were used last.
#[derive(Debug)]
pub(super) struct Cluster {
    bootstrap: Vec<String>,
    dial: Dial,
    connections: BTreeMap<String, Connection>,
    pub(super) metadata: Metadata,
    coordinator: Option<String>,
}

impl Cluster {
    /// Does not connect yet.
    pub(super) fn new(bootstrap: Vec<String>, dial: Dial) -> Self {
        Self {
            bootstrap,
            dial,
            connections: BTreeMap::new(),
            metadata: Metadata::default(),
            coordinator: None,
        }
    }

    /// Asks a broker; one that closed the connection since the last question is connected anew.
    fn ask(
        &mut self,
        address: &str,
        api: Api,
        version: i16,
        body: &dyn Fn(&mut Request),
    ) -> Result<Vec<u8>> {
        if let Some(mut connection) = self.connections.remove(address)
            && let Ok(answer) = connection.ask(api, version, body)
        {
            self.connections.insert(address.to_owned(), connection);
            return Ok(answer);
        }
        let mut connection = Connection::open(&self.dial, address)?;
        let answer = connection.ask(api, version, body)?;
        self.connections.insert(address.to_owned(), connection);
        Ok(answer)
    }

    /// Asks whichever broker answers: those known, then those given.
    fn ask_any(&mut self, api: Api, version: i16, body: &dyn Fn(&mut Request)) -> Result<Vec<u8>> {
        let mut addresses: Vec<String> = self.connections.keys().cloned().collect();
        let known = self.metadata.brokers.values().chain(&self.bootstrap);
        for address in known {
            if !addresses.contains(address) {
                addresses.push(address.clone());
            }
        }
        let mut last = None;
        for address in addresses {
            match self.ask(&address, api, version, body) {
                Ok(answer) => return Ok(answer),
                Err(e) if e.kind() == Kind::Unavailable => last = Some(e),
                Err(e) => return Err(e),
            }
        }
        Err(last.unwrap_or_else(|| Error::config("properties.bootstrap.servers names no broker")))
    }

    /// Asks about topics, `None` about all, and remembers the answer.
    ///
    /// # Errors
    /// `Unavailable` if no broker answers.
    pub(super) fn refresh(&mut self, topics: Option<&[String]>) -> Result<()> {
        let body = |request: &mut Request| api::ask_metadata(request, topics);
        let answer = self.ask_any(Api::Metadata, version::METADATA, &body)?;
        self.metadata = api::metadata(Answer::at(&answer, 4))?;
        Ok(())
    }

    /// Gives the leader of a partition and its address.
    pub(super) fn leader(&self, at: &TopicPartition) -> Option<(i32, String)> {
        let id = *self.metadata.leaders.get(at)?;
        Some((id, self.metadata.brokers.get(&id)?.clone()))
    }

    /// Gives the wanted offset of each partition; -1 where there is none.
    ///
    /// # Errors
    /// `Unavailable` if a partition has no leader for a while.
    pub(super) fn offsets(
        &mut self,
        wanted: &[(TopicPartition, Position)],
        committed_only: bool,
    ) -> Result<BTreeMap<TopicPartition, i64>> {
        let mut found = BTreeMap::new();
        let mut last = code::NONE;
        for round in 0..ROUNDS {
            let mut by_leader: BTreeMap<String, Vec<(&TopicPartition, Position)>> = BTreeMap::new();
            let mut topics: Vec<String> = Vec::new();
            for (at, position) in wanted.iter().filter(|(at, _)| !found.contains_key(at)) {
                if let Some((_, address)) = self.leader(at) {
                    by_leader.entry(address).or_default().push((at, *position));
                }
                if topics.last() != Some(&at.0) {
                    topics.push(at.0.clone());
                }
            }
            for (address, mut asked) in by_leader {
                asked.sort_by_key(|(at, _)| *at);
                let body =
                    |request: &mut Request| api::ask_offsets(request, committed_only, &asked);
                let answer = self.ask(&address, Api::ListOffsets, version::LIST_OFFSETS, &body)?;
                for (at, (error, offset)) in api::offsets(Answer::at(&answer, 4))? {
                    match error {
                        code::NONE => {
                            found.insert(at, offset);
                        }
                        code::TOPIC_AUTHORIZATION_FAILED => {
                            return Err(refused("offsets of the topic", error).with("topic", at.0));
                        }
                        _ => last = error,
                    }
                }
            }
            if wanted.iter().all(|(at, _)| found.contains_key(at)) {
                return Ok(found);
            }
            if round + 1 < ROUNDS {
                self.refresh(Some(&topics))?;
            }
        }
        let missing = wanted.iter().find(|(at, _)| !found.contains_key(at));
        let (topic, partition) = missing.map(|(at, _)| at.clone()).unwrap_or_default();
        Err(Error::unavailable("a partition has no leader that knows its offsets")
            .with("topic", topic)
            .with("partition", partition)
            .with("last error", api::name(last)))
    }

    /// Asks the coordinator of a group; a second time if it has moved.
    fn ask_coordinator(
        &mut self,
        group: &str,
        api: Api,
        version: i16,
        body: &dyn Fn(&mut Request),
    ) -> Result<Vec<u8>> {
        if let Some(address) = self.coordinator.take()
            && let Ok(answer) = self.ask(&address, api, version, body)
        {
            self.coordinator = Some(address);
            return Ok(answer);
        }
        let find = |request: &mut Request| {
            request.text(group);
        };
        let answer = self.ask_any(Api::FindCoordinator, version::FIND_COORDINATOR, &find)?;
        let address = api::coordinator(Answer::at(&answer, 4))?;
        let answer = self.ask(&address, api, version, body)?;
        self.coordinator = Some(address);
        Ok(answer)
    }

    /// Gives the offsets that a group has committed.
    ///
    /// # Errors
    /// `Config` if it may not be read, `Unavailable` if its coordinator is not there.
    pub(super) fn committed(
        &mut self,
        group: &str,
        wanted: &[TopicPartition],
    ) -> Result<BTreeMap<TopicPartition, i64>> {
        let body = |request: &mut Request| api::ask_committed(request, group, wanted);
        let answer = self.ask_coordinator(group, Api::OffsetFetch, version::OFFSET_FETCH, &body)?;
        let found = api::committed(Answer::at(&answer, 4));
        if found.is_err() {
            self.coordinator = None;
        }
        found.map_err(|e| e.with("group", group))
    }

    /// Notes offsets in a group, for whoever watches it.
    ///
    /// # Errors
    /// As [`committed`](Self::committed); `Unavailable` also while the group has members.
    pub(super) fn commit(&mut self, group: &str, offsets: &[(&TopicPartition, i64)]) -> Result<()> {
        let body = |request: &mut Request| api::ask_commit(request, group, offsets);
        let answer =
            self.ask_coordinator(group, Api::OffsetCommit, version::OFFSET_COMMIT, &body)?;
        match api::commit(Answer::at(&answer, 4))? {
            code::NONE => Ok(()),
            error => {
                self.coordinator = None;
                Err(refused("offsets of the group", error).with("group", group))
            }
        }
    }
}
