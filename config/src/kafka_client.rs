//! The client of a `kafka` source: `properties.*`, with the names of Kafka's own client.

use std::path::PathBuf;

use crate::properties::Properties;
use crate::secret::Secret;
use crate::table_options::{OptionSpec, OptionType, Reader, Scope, options};
use crate::values::choice;

choice! {
    /// Whether messages of transactions that are open or aborted are read.
    pub enum IsolationLevel {
        /// They are.
        ReadUncommitted = "read_uncommitted",
        /// They are not.
        ReadCommitted = "read_committed",
    }
}

choice! {
    /// Where a partition is of which the group has said nothing.
    pub enum OffsetReset {
        /// That is an error.
        None = "none",
        /// At its first message.
        Earliest = "earliest",
        /// Behind its last message.
        Latest = "latest",
    }
}

choice! {
    /// How brokers are talked to.
    pub enum SecurityProtocol {
        /// Without anything.
        Plaintext = "PLAINTEXT",
        /// TLS.
        Ssl = "SSL",
        /// Without TLS, with a name and password.
        SaslPlaintext = "SASL_PLAINTEXT",
        /// TLS, with a name and password.
        SaslSsl = "SASL_SSL",
    }
}

choice! {
    /// How name and password are shown.
    pub enum SaslMechanism {
        /// As they are.
        Plain = "PLAIN",
        /// By a hash.
        ScramSha256 = "SCRAM-SHA-256",
        /// By a longer hash.
        ScramSha512 = "SCRAM-SHA-512",
    }
}

/// Addresses separated by commas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Servers(pub Vec<String>);

impl OptionType for Servers {
    fn accepts() -> String {
        "`host:port`, several separated by commas".to_owned()
    }
    fn parse(text: &str) -> Result<Self, String> {
        let mut servers = Vec::new();
        for one in text.split(',').map(str::trim).filter(|one| !one.is_empty()) {
            // `PLAINTEXT://host:port` is what brokers print.
            let one = one.split_once("://").map_or(one, |(_, address)| address);
            let port = one.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
            if port.is_none() {
                return Err(format!("`{one}` is not of the form {}", Self::accepts()));
            }
            servers.push(one.to_owned());
        }
        if servers.is_empty() { Err("no server is named".to_owned()) } else { Ok(Self(servers)) }
    }
    fn show(&self) -> String {
        self.0.join(",")
    }
}

impl OptionType for Secret {
    fn accepts() -> String {
        "text".to_owned()
    }
    fn parse(text: &str) -> Result<Self, String> {
        Ok(Self::new(text))
    }
    fn show(&self) -> String {
        "***".to_owned()
    }
}

options! {
    /// Options of a `kafka` source's client.
    pub struct ClientOptions in Kafka {
        /// Some brokers of the cluster.
        servers: Servers = ["properties.bootstrap.servers"],
        /// Group that is told how far the visible rows go, for whoever watches its lag. A restart
        /// does not ask it.
        group: Option<String> = ["properties.group.id"],
        /// Tells the group after each checkpoint.
        commit_on_checkpoint: bool = ["properties.commit.offsets.on.checkpoint"] default "true",
        /// Where a partition is of which the group has said nothing.
        offset_reset: OffsetReset = ["properties.auto.offset.reset"] default "none",
        /// Whether messages of transactions that are open or aborted are read.
        isolation: IsolationLevel = ["properties.isolation.level"] default "read_uncommitted",
        /// Name by which brokers know the client in their logs.
        client_id: String = ["properties.client.id"] default "skep",
        /// Bytes that are worth an answer.
        min_bytes: u32 = ["properties.fetch.min.bytes"] default "1",
        /// Bytes of an answer; each lane asks each broker for so many.
        max_bytes: u32 = ["properties.fetch.max.bytes"] default "8388608",
        /// Bytes of one partition in an answer.
        partition_bytes: u32 = ["properties.max.partition.fetch.bytes"] default "1048576",
        /// Milliseconds that a broker waits for messages.
        max_wait_ms: u32 = ["properties.fetch.max.wait.ms"] default "500",
        /// Milliseconds that an answer may take.
        request_timeout_ms: u32 = ["properties.request.timeout.ms"] default "30000",
        /// Milliseconds that a connection may take.
        connect_timeout_ms: u32 = ["properties.socket.connection.setup.timeout.ms"] default "10000",
        /// Checks the checksums of the messages.
        check_crcs: bool = ["properties.check.crcs"] default "true",
        /// How brokers are talked to.
        protocol: SecurityProtocol = ["properties.security.protocol"] default "PLAINTEXT",
        /// How name and password are shown.
        mechanism: Option<SaslMechanism> = ["properties.sasl.mechanism"],
        /// Name and password as Java clients take them: `... required username="u" password="p";`.
        jaas: Option<Secret> = ["properties.sasl.jaas.config"],
        /// Name of the user, instead of `properties.sasl.jaas.config`.
        user: Option<String> = ["properties.sasl.username"],
        /// Password of the user, instead of `properties.sasl.jaas.config`.
        password: Option<Secret> = ["properties.sasl.password"],
        /// File of the certificates that are believed, in PEM. The default are those that browsers
        /// believe.
        ca: Option<PathBuf> = ["properties.ssl.ca.location", "properties.ssl.truststore.location"],
        /// File of the client's own certificate, in PEM.
        certificate: Option<PathBuf> =
            ["properties.ssl.certificate.location", "properties.ssl.keystore.location"],
        /// File of the certificate's key, in PEM. The default is the certificate's file.
        key: Option<PathBuf> = ["properties.ssl.key.location"],
        /// `https` checks that a broker's name is in its certificate; empty does not.
        identification: String =
            ["properties.ssl.endpoint.identification.algorithm"] default "https",
    }
}

/// What is said of a `properties.*` key that nothing reads.
pub(crate) const UNKNOWN: &str = "The client does not know it; see OPTIONS.md for what it knows.";

pub(crate) const NOTES: &[OptionSpec] = &[
    OptionSpec::ignored(Scope::Kafka, "properties.enable.auto.commit", OURS),
    OptionSpec::ignored(Scope::Kafka, "properties.auto.commit.interval.ms", OURS),
    OptionSpec::ignored(Scope::Kafka, "properties.ssl.truststore.type", PEM),
    OptionSpec::ignored(Scope::Kafka, "properties.ssl.keystore.type", PEM),
];
const OURS: &str = "Offsets are in the checkpoint; the group is told after it.";
const PEM: &str = "Files of certificates are PEM.";

/// Name and password, and how they are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// How.
    pub mechanism: SaslMechanism,
    /// The name.
    pub user: String,
    /// The password.
    pub password: Secret,
}

impl ClientOptions {
    /// Tells whether brokers are talked to over TLS.
    pub fn is_encrypted(&self) -> bool {
        matches!(self.protocol, SecurityProtocol::Ssl | SecurityProtocol::SaslSsl)
    }

    /// Gives name and password, if the protocol asks for them.
    ///
    /// # Errors
    /// What is missing.
    pub fn login(&self) -> Result<Option<Login>, String> {
        if matches!(self.protocol, SecurityProtocol::Plaintext | SecurityProtocol::Ssl) {
            return Ok(None);
        }
        let (user, password) = match (&self.jaas, &self.user, &self.password) {
            (Some(jaas), None, None) => {
                let field = |name| jaas_field(jaas.expose(), name);
                match (field("username"), field("password")) {
                    (Some(user), Some(password)) => (user, Secret::new(password)),
                    _ => {
                        return Err("properties.sasl.jaas.config has no username and password \
                                    in double quotes"
                            .to_owned());
                    }
                }
            }
            (None, Some(user), Some(password)) => (user.clone(), password.clone()),
            _ => {
                return Err("properties.sasl.jaas.config, or properties.sasl.username and \
                            properties.sasl.password, are required by the protocol"
                    .to_owned());
            }
        };
        let mechanism = self.mechanism.unwrap_or(SaslMechanism::Plain);
        Ok(Some(Login { mechanism, user, password }))
    }
}

/// Takes a quoted value out of a JAAS entry.
fn jaas_field(text: &str, name: &str) -> Option<String> {
    let at = text.find(&format!("{name}="))? + name.len() + 1;
    let mut value = String::new();
    let mut chars = text.get(at..)?.strip_prefix('"')?.chars();
    loop {
        match chars.next()? {
            '"' => return Some(value),
            '\\' => value.push(chars.next()?),
            c => value.push(c),
        }
    }
}

impl Reader<'_> {
    /// Warns of keys with a prefix that nobody has read.
    pub(crate) fn ignore_prefix(&mut self, prefix: &str, hint: &str) {
        let known = |key: &str| NOTES.iter().any(|note| note.key == key);
        for (key, origin) in self.unread(prefix) {
            if !known(&key) {
                let problem =
                    crate::problem::Problem::warning(&key, "is accepted and has no effect");
                self.problems.push(problem.hint(hint).at(origin));
                self.mark(&key);
            }
        }
    }
}

/// Rewrites the properties of a table of Hive's Kafka handler as those of a `kafka` source.
///
/// Source: Hive `KafkaTableProperties`; the columns of metadata that the handler adds are the caller's.
pub fn from_storage_handler(table: &Properties) -> Properties {
    let mut kafka = Properties::at(table.home().clone());
    let at = table.home().clone();
    kafka.set("connector", "kafka", at.clone());
    kafka.set("scan.startup.mode", "earliest-offset", at.clone());
    kafka.set("format", "json", at);
    for (key, value, origin) in table.iter() {
        let renamed = match key {
            "kafka.topic" => "topic".to_owned(),
            "kafka.bootstrap.servers" => "properties.bootstrap.servers".to_owned(),
            "kafka.serde.class" => {
                kafka.set("format", serde_format(value), origin.clone());
                continue;
            }
            // Tuning of Hive's own reader and writer.
            other => match other.strip_prefix("kafka.consumer.") {
                Some(rest) => format!("properties.{rest}"),
                None if other.starts_with("kafka.") || other.starts_with("hive.kafka.") => continue,
                None => other.to_owned(),
            },
        };
        kafka.set(&renamed, value, origin.clone());
    }
    kafka
}

/// Gives the format of Hive's serde classes; another class is left for a message to name.
fn serde_format(class: &str) -> &str {
    match class.rsplit('.').next().unwrap_or(class) {
        "JsonSerDe" => "json",
        "OpenCSVSerde" | "LazySimpleSerDe" => "csv",
        "AvroSerDe" => "avro",
        _ => class,
    }
}
