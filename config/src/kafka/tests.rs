use super::*;
use crate::problem::{Origin, Problems};
use crate::source::{Connector, SourceOptions};

fn parse(options: &[(&str, &str)]) -> (Option<KafkaOptions>, String) {
    let base = [("connector", "kafka"), ("properties.bootstrap.servers", "a:1, PLAINTEXT://b:2")];
    let all = base.iter().chain(options).copied();
    let properties = Properties::from_pairs(all, &Origin::default());
    let mut problems = Problems::new();
    let read = SourceOptions::parse(&properties, &Properties::new(), &mut problems);
    let kafka = read.and_then(|source| match source.connector {
        Connector::Kafka(kafka) => Some(*kafka),
        _ => None,
    });
    let texts: Vec<String> = problems.iter().map(|p| format!("{}: {}", p.key, p.message)).collect();
    (kafka, texts.join("\n"))
}

#[test]
fn a_table_of_flink_reads_as_it_stands() {
    let (kafka, problems) = parse(&[
        ("topic", "orders; returns"),
        ("properties.group.id", "g"),
        ("scan.startup.mode", "specific-offsets"),
        ("scan.startup.specific-offsets", "partition:0,offset:42;partition:1,offset:300"),
        ("scan.bounded.mode", "latest-offset"),
        ("properties.isolation.level", "read_committed"),
        ("value.format", "json"),
        ("value.json.ignore-parse-errors", "true"),
        ("key.format", "raw"),
        ("key.raw.endianness", "little-endian"),
        ("key.fields", "id"),
        ("value.fields-include", "EXCEPT_KEY"),
    ]);
    assert_eq!(problems, "");
    let kafka = kafka.unwrap();
    assert_eq!(kafka.client.servers.0, ["a:1", "b:2"]);
    assert_eq!(kafka.table.topic, Some(Names(vec!["orders".to_owned(), "returns".to_owned()])));
    assert_eq!(
        kafka.table.startup_offsets.as_ref().unwrap().0,
        BTreeMap::from([(0, 42), (1, 300)])
    );
    assert!(kafka.value.ignores_parse_errors());
    assert!(kafka.is_bounded());
    assert_eq!(kafka.discovery_interval(), None, "a bounded source looks once");
}

#[test]
fn what_is_missing_or_contradicts_is_named() {
    for (options, expected) in [
        (
            &[("topic", "t"), ("format", "json")][..],
            "scan.startup.mode: group-offsets need a group",
        ),
        (
            &[("topic", "t"), ("scan.startup.mode", "earliest-offset")],
            "format: is required: Format of the values",
        ),
        (
            &[("format", "json"), ("scan.startup.mode", "earliest-offset")],
            "topic: is required: Topics that are read",
        ),
        (
            &[("topic", "t"), ("format", "json"), ("scan.startup.mode", "timestamp")],
            "scan.startup.timestamp-millis: is required by the mode",
        ),
        (
            &[
                ("topic", "t"),
                ("format", "json"),
                ("scan.startup.mode", "latest-offset"),
                ("key.format", "raw"),
            ],
            "key.format: has no columns to fill",
        ),
        (
            &[
                ("topic", "t"),
                ("format", "json"),
                ("scan.startup.mode", "latest-offset"),
                ("properties.max.poll.records", "5"),
            ],
            "properties.max.poll.records: is accepted and has no effect",
        ),
        (
            &[
                ("topic", "t"),
                ("value.format", "json"),
                ("scan.startup.mode", "latest-offset"),
                ("value.json.ignore", "5"),
            ],
            "json.ignore: is not an option of a json",
        ),
    ] {
        assert_eq!(parse(options).1, expected, "{options:?}");
    }
}

#[test]
fn name_and_password_come_from_either_form_and_are_never_shown() {
    let base = [
        ("topic", "t"),
        ("format", "json"),
        ("scan.startup.mode", "latest-offset"),
        ("properties.security.protocol", "SASL_SSL"),
        ("properties.sasl.mechanism", "SCRAM-SHA-512"),
    ];
    let jaas = "org.apache.kafka.common.security.scram.ScramLoginModule required \
                username=\"u\" password=\"p\\\"q\";";
    let (kafka, problems) = parse(&[&base[..], &[("properties.sasl.jaas.config", jaas)]].concat());
    assert_eq!(problems, "");
    let kafka = kafka.unwrap();
    let login = kafka.client.login().unwrap().unwrap();
    assert_eq!((login.user.as_str(), login.password.expose()), ("u", "p\"q"));
    assert!(!format!("{kafka:?}").contains("p\\\"q"), "{kafka:?}");
    let (kafka, _) = parse(&base);
    assert!(kafka.unwrap().client.login().unwrap_err().contains("properties.sasl.username"));
}

#[test]
fn the_storage_handler_s_properties_are_those_of_a_source() {
    let hive = Properties::from_pairs(
        [
            ("kafka.topic", "t"),
            ("kafka.bootstrap.servers", "h:9092"),
            ("kafka.consumer.isolation.level", "read_committed"),
            ("kafka.max.retries", "6"),
            ("kafka.serde.class", "org.apache.hadoop.hive.serde2.OpenCSVSerde"),
        ],
        &Origin::default(),
    );
    let kafka = crate::kafka_client::from_storage_handler(&hive);
    let all: Vec<String> = kafka.iter().map(|(key, value, _)| format!("{key}={value}")).collect();
    assert_eq!(
        all,
        [
            "connector=kafka",
            "format=csv",
            "properties.bootstrap.servers=h:9092",
            "properties.isolation.level=read_committed",
            "scan.startup.mode=earliest-offset",
            "topic=t",
        ]
    );
}
