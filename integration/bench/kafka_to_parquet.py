"""Measures Kafka -> hourly Parquet partitions, and where the CPU time goes. By hand, on a quiet machine:

    pip install confluent-kafka duckdb
    python integration/bench/kafka_to_parquet.py --skep target/release/skep [--rows 10000000] [--rounds 3] [--format json|avro]
        [--codec lz4] [--lanes 2] [--broker HOST:PORT]

Ten columns, 222 bytes of JSON a row, four partitions, time goes evenly through one day, so there are 24 partitions; zstd, checkpoints
every 10 s. Without `--broker` one is started. A topic that is there already is not filled again.

The split: `fetch` reads the messages as raw bytes and drops them, `decode` decodes them and drops the rows, `all` writes them; the
differences are the cost of the steps. CPU is user and system time of the process, start and end included.
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
        "all": decoded | {"where": ""},
    }
    script = f"{folder}/bench.hql"
    with open(script, "w") as out:
        out.write(SCRIPT.format(lanes=options.lanes, topic=topic, broker=broker, interval=options.interval, **steps[step]))
    begun = time.monotonic()
    command = [options.skep, "ingest", script, "--warehouse", f"{folder}/wh", "--quiet"]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = child.stderr.read().decode()
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        sys.exit(said)
    wall, cpu = time.monotonic() - begun, usage.ru_utime + usage.ru_stime
    count = int(re.search(r"rows in (\d+)", said)[1])
    if step == "all":
        found = duckdb.sql(
            f"SELECT count(*), count(DISTINCT event_id), count(DISTINCT hr), sum((hr::int <> hour(log_ts))::int) FROM "
            f"read_parquet('{folder}/wh/events/**/*.parquet', hive_partitioning=true, hive_types_autocast=false)").fetchall()[0]
        if found != (count, count, 24, 0):
            sys.exit(f"FAULT: {found} of {count} rows")
    shutil.rmtree(f"{folder}/wh")
    print(f"{step}: {count / cpu / 1000:.0f}k rows/CPU-s, {cpu / count * 1e9:.0f} ns/row ({usage.ru_stime / count * 1e9:.0f} of it system), "
          f"wall {wall:.1f} s = {count / wall / 1000:.0f}k rows/s, {usage.ru_maxrss / 1024:.0f} MB", flush=True)
    return cpu / count * 1e9


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
    options = parser.parse_args()
    handle = None
    broker = options.broker
    if not broker:
        said = subprocess.run([f"{HERE}/../services/up", "kafka"], check=True, capture_output=True, text=True).stdout
        words = dict(line.split(maxsplit=1) for line in said.splitlines())
        broker, handle = words["kafka"], words["handle"]
    folder = tempfile.mkdtemp()
    try:
        if options.latency:
            return latency(options, broker, folder)
        topic = options.topic or f"bench-{options.format}-{options.codec}-{options.rows}"
        load(broker, topic, options.rows, options)
        for _ in range(options.rounds):
            fetch, decode, everything = (measure(options, broker, topic, folder, step) for step in ("fetch", "decode", "all"))
            print(f"  split, ns/row: fetch {fetch:.0f}, decode {decode - fetch:.0f}, route, encode and write {everything - decode:.0f}")
    finally:
        shutil.rmtree(folder)
        if handle:
            subprocess.run([f"{HERE}/../services/down", handle], check=True)


if __name__ == "__main__":
    main()
