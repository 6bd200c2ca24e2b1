"""Measures Kafka -> hourly Parquet partitions, and where the CPU time goes. By hand, on a quiet machine:

    pip install confluent-kafka duckdb
    python integration/bench/kafka_to_parquet.py --skep target/release/skep [--rows 10000000] [--rounds 3] [--format json|avro]
        [--codec lz4] [--lanes 2] [--broker HOST:PORT] [--flink | --latency SECONDS]

Ten columns, 222 bytes of JSON a row, four partitions, time goes evenly through one day, so there are 24 partitions; zstd, checkpoints
every 10 s. Without `--broker` one is started. A topic that is there already is not filled again.

The split: `fetch` reads the messages as raw bytes and drops them, `decode` decodes them and drops the rows, `route` writes one column of single
bits, `all` writes all; the differences are the cost of the steps. CPU is user and system time of the process, start and end included.

With `--flink` each round also runs the same script on Flink 1.20 (object reuse on, its native Parquet writer), from the same topic, and
both announce their partitions to one Hive Metastore 2.3.9. What Flink's two JVMs need to start, and its SQL client, is not counted.
"""

import argparse
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time

import duckdb
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

import flink
import watch

sys.path.append(f"{os.path.dirname(os.path.abspath(__file__))}/../services/clients")
import hms

HERE = os.path.dirname(os.path.abspath(__file__))
# Seconds before latency is looked at: the start of two processes.
WARM = 15
COLUMNS = """user_id STRING, amount DOUBLE, log_ts TIMESTAMP(3), event_id BIGINT, country STRING, page STRING, device STRING,
  price DECIMAL(18,2), qty INT, flag BOOLEAN, WATERMARK FOR log_ts AS log_ts - INTERVAL '10' SECOND"""
SCHEMA = """{"type":"record","name":"event","fields":[{"name":"user_id","type":"string"},{"name":"amount","type":"double"},
{"name":"log_ts","type":{"type":"long","logicalType":"timestamp-millis"}},{"name":"event_id","type":"long"},
{"name":"country","type":"string"},{"name":"page","type":"string"},{"name":"device","type":"string"},
{"name":"price","type":{"type":"bytes","logicalType":"decimal","precision":18,"scale":2}},{"name":"qty","type":"int"},
{"name":"flag","type":"boolean"}]}"""
SCRIPT = """SET execution.checkpointing.interval = {interval}; SET parallelism.default = {lanes};
CREATE TABLE src ({columns}) WITH ('connector'='kafka', 'topic'='{topic}', 'properties.bootstrap.servers'='{broker}',
  'scan.startup.mode'='earliest-offset', 'scan.bounded.mode'='latest-offset', {format});
CREATE TABLE events ({target}) PARTITIONED BY (dt STRING, hr STRING) STORED AS PARQUET TBLPROPERTIES (
  'partition.time-extractor.timestamp-pattern'='$dt $hr:00:00', 'sink.partition-commit.trigger'='{trigger}',
  'sink.partition-commit.delay'='{delay}', 'sink.partition-commit.policy.kind'='metastore,success-file', 'parquet.compression'='ZSTD');
INSERT INTO events SELECT {select} FROM src {where};"""
FLINK = """SET 'execution.runtime-mode' = 'streaming';
SET 'pipeline.name' = '{name}';
SET 'parallelism.default' = '{lanes}';
SET 'execution.checkpointing.interval' = '{interval}';
SET 'table.local-time-zone' = 'UTC';
SET 'table.exec.hive.fallback-mapred-writer' = 'false';
SET 'pipeline.object-reuse' = 'true';
CREATE CATALOG hive WITH ('type' = 'hive', 'hive-conf-dir' = '{conf}');
USE CATALOG hive;
CREATE DATABASE IF NOT EXISTS bench;
USE bench;
SET 'table.sql-dialect' = 'hive';
CREATE TABLE {name} ({target}) PARTITIONED BY (dt string, hr string) STORED AS PARQUET LOCATION '{folder}/{name}' TBLPROPERTIES (
  'partition.time-extractor.timestamp-pattern' = '$dt $hr:00:00', 'sink.partition-commit.trigger' = 'partition-time',
  'sink.partition-commit.delay' = '1 h', 'sink.partition-commit.watermark-time-zone' = 'UTC',
  'sink.partition-commit.policy.kind' = 'metastore,success-file', 'parquet.compression' = 'ZSTD');
{codec}
SET table.sql-dialect=default;
CREATE TEMPORARY TABLE src ({columns}) WITH ('connector' = 'kafka', 'topic' = '{topic}', 'properties.bootstrap.servers' = '{broker}',
  'properties.group.id' = '{name}', 'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset', 'format' = 'json',
  'json.timestamp-format.standard' = 'SQL');
INSERT INTO {name} SELECT {names}, {hour} FROM src;
"""
HOUR = "DATE_FORMAT(log_ts, 'yyyy-MM-dd'), DATE_FORMAT(log_ts, 'HH')"
NAMES = "user_id, amount, log_ts, event_id, country, page, device, price, qty, flag"
TARGET = ("user_id string, amount double, log_ts timestamp, event_id bigint, country string, page string, device string, "
          "price decimal(18,2), qty int, flag boolean")


def zigzag(n):
    n = (n << 1) ^ (n >> 63)
    out = bytearray()
    while n >= 0x80:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def text(value):
    return zigzag(len(value)) + value.encode()


def rows(count, kind):
    chance = random.Random(2)
    for n in range(count):
        millis = n * 86_400_000 // count
        second, milli = divmod(millis, 1000)
        user, amount, page = chance.randrange(2_000_000), chance.randrange(10**8) / 1000, chance.getrandbits(96)
        country, device, cents = chance.randrange(16), chance.randrange(8), chance.randrange(10**6)
        qty, flag = chance.randrange(100), chance.random() < 0.5
        if kind == "avro":
            yield b"".join((
                text(f"user-{user:08}"), struct.pack("<d", amount), zigzag(1_767_225_600_000 + millis), zigzag(n), text(f"C{country:02}"),
                text(f"/shop/items/{page:024x}"), text(f"device-{device}"), b"\x08" + struct.pack(">i", cents), zigzag(qty), bytes([flag])))
        else:
            yield (f'{{"user_id":"user-{user:08}","amount":{amount},"log_ts":"2026-01-01 {second // 3600:02}:{second // 60 % 60:02}:'
                   f'{second % 60:02}.{milli:03}","event_id":{n},"country":"C{country:02}","page":"/shop/items/{page:024x}",'
                   f'"device":"device-{device}","price":"{cents / 100:.2f}","qty":{qty},"flag":{"true" if flag else "false"}}}')


def load(broker, topic, count, options):
    admin = AdminClient({"bootstrap.servers": broker})
    if topic in admin.list_topics(timeout=30).topics:
        return
    for done in admin.create_topics([NewTopic(topic, 4, 1)]).values():
        done.result(60)
    to = Producer({"bootstrap.servers": broker, "compression.type": options.codec, "linger.ms": 50, "batch.size": 1_000_000,
                   "queue.buffering.max.messages": 1_000_000})
    begun = time.monotonic()
    for n, value in enumerate(rows(count, options.format)):
        while True:
            try:
                to.produce(topic, value, partition=n % 4)
                break
            except BufferError:
                to.poll(0.05)
    to.flush()
    print(f"{topic}: {count} rows sent in {time.monotonic() - begun:.0f} s")


def measure(options, broker, topic, folder, step):
    formats = {"json": "'format'='json'", "avro": f"'format'='avro', 'avro.schema'='{SCHEMA}'"}
    decoded = {"columns": COLUMNS, "format": formats[options.format], "target": TARGET, "select": f"{NAMES}, {HOUR}",
               "trigger": "partition-time", "delay": "1 h"}
    steps = {
        "fetch": {"columns": "line BYTES", "format": "'format'='raw'", "target": "line binary", "select": "line, 'd', 'h'",
                  "where": "WHERE line IS NULL", "trigger": "process-time", "delay": "0 s"},
        "decode": decoded | {"where": "WHERE qty < 0"},
        "route": decoded | {"target": "flag boolean", "select": f"flag, {HOUR}",
                            "where": "WHERE " + " AND ".join(f"{name} IS NOT NULL" for name in NAMES.split(", "))},
        "all": decoded | {"where": ""},
    }
    script = f"{folder}/bench.hql"
    with open(script, "w") as out:
        out.write(SCRIPT.format(lanes=options.lanes, topic=topic, broker=broker, interval=options.interval, **steps[step]))
    cpu, system, wall, memory, count = skep(options, script, folder)
    if step == "all":
        check(f"{folder}/wh/events/*/*/*.parquet", count)
    shutil.rmtree(f"{folder}/wh")
    print(f"{step}: {count / cpu / 1000:.0f}k rows/CPU-s, {cpu / count * 1e9:.0f} ns/row ({system / count * 1e9:.0f} of it system), "
          f"wall {wall:.1f} s = {count / wall / 1000:.0f}k rows/s, {memory:.0f} MB", flush=True)
    return cpu / count * 1e9


def skep(options, script, folder):
    """Runs a script to its end; gives CPU seconds, those of the system among them, seconds, megabytes and rows."""
    cpu, system, wall, memory, said = watch.run([options.skep, "ingest", script, "--warehouse", f"{folder}/wh", "--quiet"])
    return cpu, system, wall, memory, int(re.search(r"rows in (\d+)", said)[1])


def check(files, count):
    """Judges what is visible: every row once, each in the partition of its hour."""
    found = duckdb.sql(f"SELECT count(*), count(DISTINCT event_id), count(DISTINCT hr), sum((hr::int <> hour(log_ts))::int) FROM "
                       f"read_parquet('{files}', hive_partitioning=true, hive_types_autocast=false)").fetchall()[0]
    if found != (count, count, 24, 0):
        sys.exit(f"FAULT: {found} of {count} rows in {files}")


def both(options, broker, topic, folder, metastore, round_):
    """Runs one script on Flink and on skep, each with a table of its own in the same metastore."""
    with open(f"{folder}/hive-site.xml", "w") as out:
        out.write(f"<configuration><property><name>hive.metastore.uris</name><value>thrift://{metastore}</value></property></configuration>")
    cost = {}
    for side in ("flink", "skep"):
        name, codec = f"{side}{round_}", ""
        if side == "flink":
            # Its native writer takes the codec from there alone.
            codec = f"ALTER TABLE {name} SET SERDEPROPERTIES ('parquet.compression'='ZSTD');"
        script = f"{folder}/{name}.sql"
        with open(script, "w") as out:
            out.write(FLINK.format(name=name, lanes=options.lanes, interval=options.interval, conf=folder, folder=folder, codec=codec,
                                   columns=COLUMNS, target=TARGET, names=NAMES, hour=HOUR, topic=topic, broker=broker))
        if side == "flink":
            cpu, wall, memory = flink.run(script, name, folder, options.lanes)
        else:
            cpu, _, wall, memory, count = skep(options, script, folder)
            if count != options.rows:
                sys.exit(f"FAULT: {count} of {options.rows} rows read")
        check(f"{folder}/{name}/*/*/part-*", options.rows)
        announced = hms.partition_names(metastore, "bench", name)
        if len(announced) != 24:
            sys.exit(f"FAULT: {len(announced)} of 24 partitions announced")
        shutil.rmtree(f"{folder}/{name}")
        cost[side] = cpu
        print(f"{side}: {options.rows / cpu / 1000:.0f}k rows/CPU-s, CPU {cpu:.1f} s, wall {wall:.1f} s = {options.rows / wall / 1000:.0f}k "
              f"rows/s, {memory:.0f} MB, load {os.getloadavg()[0]:.1f}", flush=True)
    print(f"  ratio {cost['flink'] / cost['skep']:.1f}", flush=True)


def latency(options, broker, folder):
    """Sends 5,000 rows a second and looks when each can be seen, from the moment the broker has it: the change time of a visible file is
    that of its renaming."""
    topic = f"latency-{time.time():.0f}"
    admin = AdminClient({"bootstrap.servers": broker})
    for done in admin.create_topics([NewTopic(topic, 4, 1, config={"message.timestamp.type": "LogAppendTime"})]).values():
        done.result(60)
    script = f"{folder}/latency.hql"
    with open(script, "w") as out:
        out.write(SCRIPT.format(
            columns="n BIGINT, sent BIGINT METADATA FROM 'timestamp'", format="'format'='json'", target="sent bigint", select="sent, 'd', 'h'",
            where="", trigger="process-time", delay="0 s", lanes=options.lanes, topic=topic, broker=broker, interval=options.interval
        ).replace("'scan.bounded.mode'='latest-offset', ", ""))
    child = subprocess.Popen([options.skep, "ingest", script, "--warehouse", f"{folder}/wh", "--quiet"], stderr=subprocess.PIPE)
    to = Producer({"bootstrap.servers": broker, "linger.ms": 5})
    begun, n = time.time(), 0
    while time.time() < begun + WARM + options.latency:
        while n < (time.time() - begun) * 5_000:
            try:
                to.produce(topic, f'{{"n":{n}}}', partition=n % 4)
                n += 1
            except BufferError:
                to.poll(0.01)
        to.poll(0.001)
    to.flush()
    time.sleep(3)
    child.terminate()
    said = child.stderr.read().decode()
    if child.wait():
        sys.exit(said)
    late, all_rows = [], 0
    for name in duckdb.sql(f"SELECT file FROM glob('{folder}/wh/events/**/*.parquet')").fetchall():
        seen = os.stat(name[0]).st_ctime * 1000
        sent = [row[0] for row in duckdb.sql(f"SELECT sent FROM read_parquet('{name[0]}')").fetchall()]
        all_rows += len(sent)
        late += [seen - at for at in sent if at >= (begun + WARM) * 1000]
    late.sort()
    if all_rows != n:
        sys.exit(f"FAULT: {all_rows} of {n} rows")
    at = {share: late[int(len(late) * share) - 1] / 1000 for share in (0.5, 0.99, 1)}
    print(f"latency: {len(late)} rows, checkpoint {options.interval}: p50 {at[0.5]:.2f} s, p99 {at[0.99]:.2f} s, max {at[1]:.2f} s")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--skep", default="target/release/skep")
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--lanes", type=int, default=2)
    parser.add_argument("--format", default="json", choices=["json", "avro"])
    parser.add_argument("--codec", default="lz4")
    parser.add_argument("--interval", default="10 s")
    parser.add_argument("--broker")
    parser.add_argument("--topic")
    parser.add_argument("--latency", type=float, metavar="SECONDS", help="measure the time until rows are visible instead")
    parser.add_argument("--flink", action="store_true")
    options = parser.parse_args()
    broker, words = options.broker, {}
    peers = ([] if broker else ["kafka"]) + (["hms2"] if options.flink else [])
    if peers:
        said = subprocess.run([f"{HERE}/../services/up", *peers], check=True, capture_output=True, text=True).stdout
        words = dict(line.split(maxsplit=1) for line in said.splitlines())
        broker = broker or words["kafka"]
    folder = tempfile.mkdtemp()
    try:
        if options.latency:
            return latency(options, broker, folder)
        topic = options.topic or f"bench-{options.format}-{options.codec}-{options.rows}"
        load(broker, topic, options.rows, options)
        for round_ in range(options.rounds):
            if options.flink:
                both(options, broker, topic, folder, words["hms2"], round_)
            fetch, decode, route, everything = (measure(options, broker, topic, folder, step) for step in ("fetch", "decode", "route", "all"))
            print(f"  split, ns/row: fetch {fetch:.0f}, decode {decode - fetch:.0f}, route {route - decode:.0f}, "
                  f"encode and write {everything - route:.0f}", flush=True)
    finally:
        shutil.rmtree(folder)
        if words:
            subprocess.run([f"{HERE}/../services/down", words["handle"]], check=True)


if __name__ == "__main__":
    main()
