"""Reads a real Kafka broker with the real binary, and judges what readers see. By hand:

    pip install confluent-kafka duckdb
    python integration/kafka.py --skep target/release/skep [--only NAME,...] [--kills 20] [--rows 200000] [--seed 1] [--old]

Starts the broker as a peer of `integration/services/up`; `--old` takes Kafka 2.4 instead. `kills` is the campaign: SIGKILL of the reader
at random moments, of the broker too, a broker that stands still, two readers of one pipeline, transactions committed and aborted, a
partition added, all while messages come in. At the end every committed message is there once. Exits 1 on any fault.
"""

import argparse
import contextlib
import glob
import http.server
import json
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time

import duckdb
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions, NewTopic

HERE = os.path.dirname(os.path.abspath(__file__))
SINK = """STORED AS PARQUET TBLPROPERTIES ('partition.time-extractor.timestamp-pattern'='$dt $hr:00:00',
  'sink.partition-commit.trigger'='partition-time', 'sink.partition-commit.delay'='1 h',
  'sink.partition-commit.policy.kind'='metastore,success-file')"""


class Broker:
    def __init__(self, peer):
        self.peer = peer
        said = subprocess.run([f"{HERE}/services/up", peer], check=True, capture_output=True, text=True).stdout
        words = dict(line.split(maxsplit=1) for line in said.splitlines())
        self.address, self.handle = words[peer], words["handle"]
        self.folder = f"{self.handle}/{peer}"
        self.admin = AdminClient({"bootstrap.servers": self.address, "log_level": 0})

    def topic(self, name, partitions=4, **config):
        for done in self.admin.create_topics([NewTopic(name, partitions, 1, config=config)]).values():
            done.result(60)
        return name

    def pid(self):
        return int(open(f"{self.folder}/pid").read())

    def again(self):
        """Starts the broker once more after a kill; it is ready when it answers."""
        subprocess.Popen([f"{self.folder}/again"], stdin=subprocess.DEVNULL)
        for _ in range(600):
            with contextlib.suppress(KafkaException):
                self.admin.list_topics(timeout=2)
                return
        sys.exit("the broker does not start again")

    def down(self):
        subprocess.run([f"{HERE}/services/down", self.handle], check=True)


def producer(broker, **config):
    return Producer({"bootstrap.servers": broker.address, "linger.ms": 5, "enable.idempotence": True, **config})


def send(to, topic, partition, value, **more):
    while True:
        try:
            return to.produce(topic, value, partition=partition, **more)
        except BufferError:
            to.poll(0.1)


def event(n, hours=6, rows=10_000):
    second = n * hours * 3600 // rows % (hours * 3600)
    return f'{{"id":{n},"ts":"2026-01-01 {second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}","name":"n{n % 97}"}}'


class Run:
    """A pipeline in a folder of its own."""

    def __init__(self, skep, broker, topic, name, columns="id BIGINT, ts TIMESTAMP(3), name STRING", **options):
        self.skep, self.folder, self.name = skep, tempfile.mkdtemp(prefix=f"skep-kafka-{name}-"), name
        source = {"connector": "kafka", "topic": topic, "properties.bootstrap.servers": broker.address, "format": "json",
                  "properties.group.id": name, "scan.startup.mode": "earliest-offset", **options}
        if topic is None:
            del source["topic"]
        pairs = ", ".join(f"'{key}'='{value}'" for key, value in source.items() if value is not None)
        self.script = f"{self.folder}/run.hql"
        self.columns, self.pairs = columns, pairs
        self.write()

    def write(self, select="id, name", target="id BIGINT, name STRING", interval="200 ms", lanes=2, extra=""):
        with open(self.script, "w") as out:
            out.write(f"""SET execution.checkpointing.interval = {interval}; SET parallelism.default = {lanes};
CREATE TABLE src ({self.columns}, WATERMARK FOR ts AS ts - INTERVAL '1' MINUTE) WITH ({self.pairs});
CREATE TABLE t ({target}) PARTITIONED BY (dt STRING, hr STRING) {SINK};
INSERT INTO t SELECT {select}, date_format(ts, 'yyyy-MM-dd'), date_format(ts, 'HH') FROM src {extra};""")
        return self

    def command(self):
        return [self.skep, "ingest", self.script, "--warehouse", f"{self.folder}/wh", "--quiet"]

    def run(self, expected=0):
        done = subprocess.run(self.command(), capture_output=True, text=True, timeout=600)
        if done.returncode != expected:
            sys.exit(f"{self.name}: exit {done.returncode}, not {expected}\n{done.stderr}")
        return done.stderr

    def start(self):
        return subprocess.Popen(self.command(), stderr=open(f"{self.folder}/log", "a"))

    def rows(self, what="id"):
        if not glob.glob(f"{self.folder}/wh/t/**/*.parquet", recursive=True):
            return []
        query = f"SELECT {what} FROM read_parquet('{self.folder}/wh/t/**/*.parquet', hive_partitioning=true, hive_types_autocast=false)"
        for attempt in range(5):
            try:
                return duckdb.sql(query).fetchall()
            except (duckdb.IOException, duckdb.Error):
                if attempt == 4:
                    raise
        return []

    def done(self):
        shutil.rmtree(self.folder)


def equal(name, found, expected):
    if sorted(found) != sorted(expected):
        found, expected = list(found), list(expected)
        missing, extra = set(expected) - set(found), set(found) - set(expected)
        double = len(found) - len(set(found))
        sys.exit(f"FAULT {name}: {len(found)} rows, expected {len(expected)}; missing {sorted(missing)[:5]} ({len(missing)}), "
                 f"extra {sorted(extra)[:5]} ({len(extra)}), double {double}")


def wait(what, until, seconds=120):
    end = time.monotonic() + seconds
    while not until():
        if time.monotonic() > end:
            sys.exit(f"FAULT: {what} not within {seconds} s")
        time.sleep(0.1)


def test_modes(skep, broker, options):
    """Where reading begins and ends; every codec; metadata, keys, headers; the group hears of it."""
    topic = broker.topic("modes")
    codecs = ["none", "gzip", "snappy", "lz4"] + ([] if broker.peer == "kafka2" else ["zstd"])
    for n, codec in enumerate(codecs):
        to = producer(broker, **{"compression.type": codec})
        for i in range(n * 100, n * 100 + 100):
            send(to, topic, i % 4, event(i), key=f"k{i}", timestamp=1_700_000_000_000 + i, headers={"h": f"v{i}"})
        to.flush()
    last = len(codecs) * 100
    group = Consumer({"bootstrap.servers": broker.address, "group.id": "half"})
    group.commit(offsets=[TopicPartition(topic, p, 50) for p in range(4)], asynchronous=False)
    time_mode = {"scan.startup.mode": "timestamp", "scan.startup.timestamp-millis": "1700000000300"}
    offset_mode = {"scan.startup.mode": "specific-offsets", "scan.startup.specific-offsets": "partition:0,offset:90;partition:1,offset:91"}
    end = {"scan.bounded.mode": "timestamp", "scan.bounded.timestamp-millis": "1700000000200"}
    after = {p: [i for i in range(last) if i % 4 == p] for p in range(4)}
    specific = after[0][90:] + after[1][91:] + after[2] + after[3]
    for name, more, expected in [
        ("earliest", {}, range(last)),
        ("latest", {"scan.startup.mode": "latest-offset"}, []),
        ("group", {"scan.startup.mode": "group-offsets", "properties.group.id": "half"}, range(200, last)),
        ("timestamp", time_mode, range(300, last)),
        ("offsets", offset_mode, specific),
        ("bounded", end, range(200)),
    ]:
        one = Run(skep, broker, topic, name, **{"scan.bounded.mode": "latest-offset", **more})
        one.run()
        equal(name, [row[0] for row in one.rows()], expected)
        one.done()
    told = [c.offset for c in group.committed([TopicPartition("modes", p) for p in range(4)], timeout=10)]
    equal("what the group was told", told, [last // 4] * 4)
    group.close()
    columns = ("id BIGINT, k STRING, ts TIMESTAMP(3), name STRING, part INT METADATA FROM 'partition', off BIGINT METADATA FROM 'offset', "
               "topic STRING METADATA, t TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', headers MAP<STRING, BYTES> METADATA")
    one = Run(skep, broker, topic, "metadata", columns=columns, **{
        "scan.bounded.mode": "latest-offset", "key.format": "raw", "key.fields": "k", "value.fields-include": "EXCEPT_KEY"})
    one.write("id, k, part, off, topic, unix_timestamp(t), CAST(headers['h'] AS STRING)",
              "id BIGINT, k STRING, part INT, off BIGINT, topic STRING, seconds BIGINT, h STRING")
    one.run()
    rows = one.rows("id, k, part, off, topic, seconds, h")
    equal("metadata", rows, [(i, f"k{i}", i % 4, i // 4, topic, 1_700_000_000, f"v{i}") for i in range(last)])
    one.done()
    one = Run(skep, broker, None, "pattern", **{"topic-pattern": "mod[a-z]s", "scan.bounded.mode": "latest-offset"})
    one.run()
    to = producer(broker)
    for i in range(last, last + 40):
        send(to, topic, i % 4, event(i))
    to.flush()
    one.run()
    equal("a bounded source that has got more", [row[0] for row in one.rows()], range(last + 40))
    one.done()
    one = Run(skep, broker, topic, "ended")
    live = one.start()
    wait("what is there", lambda: len(one.rows()) == last + 40)
    live.kill()
    live.wait()
    for i in range(last + 40, last + 60):
        send(to, topic, i % 4, event(i))
    to.flush()
    one.pairs += ", 'scan.bounded.mode'='latest-offset'"
    one.write().run()
    equal("an end that was set later", [row[0] for row in one.rows()], range(last + 60))
    one.done()


def test_loss(skep, broker, options):
    """A message that was deleted before it was read is an error that says so, unless that is wanted."""
    topic = broker.topic("loss", 1)
    to = producer(broker)
    one = Run(skep, broker, topic, "loss", **{"scan.bounded.mode": "latest-offset"})
    for i in range(100):
        send(to, topic, 0, event(i))
    to.flush()
    one.run()
    for i in range(100, 300):
        send(to, topic, 0, event(i))
    to.flush()
    for done in broker.admin.delete_records([TopicPartition(topic, 0, 200)]).values():
        done.result(30)
    said = one.run(expected=65)
    if "messages were deleted before they were read" not in said or "scan.on-data-loss" not in said:
        sys.exit(f"FAULT: the loss is not told:\n{said}")
    text = open(one.script).read()
    with open(one.script, "w") as out:
        out.write(text.replace("'connector'='kafka'", "'connector'='kafka', 'scan.on-data-loss'='continue'"))
    one.run()
    equal("after a loss", [row[0] for row in one.rows()], [*range(100), *range(200, 300)])
    one.done()


def test_transactions(skep, broker, options):
    topic = broker.topic("tx", 2)
    expected, every, n = [], [], 0
    to = producer(broker, **{"transactional.id": "tx"})
    to.init_transactions(60)
    for round_ in range(30):
        to.begin_transaction()
        ids = list(range(n, n + 1 + round_ % 7))
        n += len(ids)
        for i in ids:
            send(to, topic, i % 2, event(i))
        every += ids
        if round_ % 3 == 1:
            to.flush()
            to.abort_transaction(60)
        else:
            to.commit_transaction(60)
            expected += ids
    for level, ids in [("read_committed", expected), ("read_uncommitted", every)]:
        one = Run(skep, broker, topic, level, **{"scan.bounded.mode": "latest-offset", "properties.isolation.level": level})
        one.run()
        equal(level, [row[0] for row in one.rows()], ids)
        one.done()


def test_security(skep, broker, options):
    """PLAIN, SCRAM, TLS; a wrong password and an unknown certificate are told."""
    topic = broker.topic("secure", 1)
    to = producer(broker)
    for i in range(10):
        send(to, topic, 0, event(i))
    to.flush()
    listeners = dict(line.split() for line in open(f"{broker.folder}/listeners"))
    bounded = {"scan.bounded.mode": "latest-offset"}
    for mechanism in ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]:
        for password, code in [("secret", 0), ("wrong", 78)]:
            module = "org.apache.kafka.common.security.scram.ScramLoginModule"
            one = Run(skep, broker, topic, "sasl", **bounded, **{
                "properties.bootstrap.servers": listeners["SASL"], "properties.security.protocol": "SASL_PLAINTEXT",
                "properties.sasl.mechanism": mechanism,
                "properties.sasl.jaas.config": f'{module} required username="reader" password="{password}";'})
            said = one.run(code)
            if code == 0:
                equal(mechanism, [row[0] for row in one.rows()], range(10))
            elif "SASL_AUTHENTICATION_FAILED" not in said:
                sys.exit(f"FAULT: the refusal is not told:\n{said}")
            one.done()
    tls = {"properties.bootstrap.servers": listeners["TLS"], "properties.security.protocol": "SSL"}
    one = Run(skep, broker, topic, "tls", **bounded, **tls, **{"properties.ssl.ca.location": f"{broker.folder}/ca.pem"})
    one.run()
    equal("TLS", [row[0] for row in one.rows()], range(10))
    one.done()
    one = Run(skep, broker, topic, "untrusted", **bounded, **tls)
    said = one.run(78)
    if "not trusted" not in said:
        sys.exit(f"FAULT: the unknown certificate is not told:\n{said}")
    one.done()


def zigzag(n):
    n = (n << 1) ^ (n >> 63)
    out = bytearray()
    while n >= 0x80:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def avro_text(text):
    return zigzag(len(text)) + text.encode()


class Registry:
    """Schemas by number over HTTP, for one user."""

    def __init__(self, schemas):
        class Handler(http.server.BaseHTTPRequestHandler):
            asked = 0

            def do_GET(self):
                Handler.asked += 1
                if self.headers.get("Authorization") != "Basic dTpw":
                    return self.send_error(401)
                schema = schemas.get(int(self.path.rsplit("/", 1)[1]))
                if schema is None:
                    return self.send_error(404)
                body = json.dumps({"schema": json.dumps(schema)}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.handler = Handler
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"


def test_formats(skep, broker, options):
    """Avro of a registry whose schema changes in between, csv, raw, bad records among them."""
    ts = {"name": "ts", "type": {"type": "long", "logicalType": "timestamp-millis"}}
    registry = Registry({
        7: {"type": "record", "name": "E", "fields": [{"name": "id", "type": "long"}, ts, {"name": "name", "type": ["null", "string"]}]},
        9: {"type": "record", "name": "E", "fields": [ts, {"name": "more", "type": "double"}, {"name": "id", "type": "int"}]},
    })
    topic = broker.topic("avro", 2)
    to = producer(broker)
    for i in range(100):
        time_ms = zigzag(1_767_225_600_000 + i)
        if i == 50:
            value = b"\0\0\0\0\x05"
        elif i % 2:
            value = struct.pack(">bI", 0, 9) + time_ms + struct.pack("<d", 1.5) + zigzag(i)
        else:
            value = struct.pack(">bI", 0, 7) + zigzag(i) + time_ms + b"\x02" + avro_text(f"n{i}")
        send(to, topic, i // 10 % 2, value)
    to.flush()
    one = Run(skep, broker, topic, "avro", **{
        "scan.bounded.mode": "latest-offset", "format": "avro-confluent", "avro-confluent.url": registry.url,
        "avro-confluent.basic-auth.user-info": "u:p"})
    said = one.run()
    if "rejected 1" not in said:
        sys.exit(f"FAULT: an unknown schema is no dead letter:\n{said}")
    equal("avro-confluent", one.rows("id, name"), [(i, None if i % 2 else f"n{i}") for i in range(100) if i != 50])
    if registry.handler.asked > 2 * 3:
        sys.exit(f"FAULT: the registry was asked {registry.handler.asked} times")
    one.done()
    topic = broker.topic("csv", 1)
    for i in range(100):
        send(to, topic, 0, f'{i},2026-01-01 00:00:{i % 60:02},"a ""quoted"" {i}"' if i % 10 else f"bad{i},x")
    to.flush()
    one = Run(skep, broker, topic, "csv", **{"scan.bounded.mode": "latest-offset", "format": "csv"})
    said = one.run()
    if "rejected 10" not in said:
        sys.exit(f"FAULT: bad records are not told:\n{said}")
    equal("csv", one.rows("id, name"), [(i, f'a "quoted" {i}') for i in range(100) if i % 10])
    one.done()
    one = Run(skep, broker, topic, "raw", columns="line STRING, ts TIMESTAMP(3) METADATA FROM 'timestamp'", **{
        "scan.bounded.mode": "latest-offset", "format": "raw"})
    one.write("line", "line STRING")
    one.run()
    equal("raw", [row[0] for row in one.rows("length(line)")], [
        len(f'{i},2026-01-01 00:00:{i % 60:02},"a ""quoted"" {i}' + '"') if i % 10 else len(f"bad{i},x") for i in range(100)])
    one.done()


def test_backfill(skep, broker, options):
    """A backfill reads what the live pipeline has read, tells the group nothing, and takes offsets."""
    topic, rows = broker.topic("again", 4), 8000
    to = producer(broker)
    for n in range(rows):
        send(to, topic, n % 4, event(n, rows=rows))
    to.flush()
    one = Run(skep, broker, topic, "again")
    live = one.start()
    wait("the first load", lambda: len(one.rows()) == rows)
    live.terminate()
    if live.wait(60):
        sys.exit(f"FAULT: the stop is not clean\n{open(f'{one.folder}/log').read()[-3000:]}")
    group = [TopicPartition(topic, n) for n in range(4)]
    consumer = Consumer({"bootstrap.servers": broker.address, "group.id": "again"})
    told = [at.offset for at in consumer.committed(group, timeout=30)]
    # Nobody has read these: they are the live pipeline's.
    for n in range(rows, rows + 400):
        send(to, topic, n % 4, event(n % rows, rows=rows).replace(f'"id":{n % rows},', f'"id":{n},'))
    to.flush()

    def again(*flags):
        command = [skep, "backfill", one.script, *flags, "--warehouse", f"{one.folder}/wh", "--format", "json", "--quiet"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=600)
        if done.returncode:
            sys.exit(f"FAULT backfill {flags}: exit {done.returncode} {done.stderr}")
        return json.loads(done.stdout)

    one.write(select="id, 'new'")
    report = again("--all")
    if report["rows_in"] != rows or report["left_to_the_pipeline"] != 4:
        sys.exit(f"FAULT: {report}")
    equal("backfill", one.rows("id, name"), [(n, "new") for n in range(rows)])
    if told != [at.offset for at in consumer.committed(group, timeout=30)]:
        sys.exit("FAULT: the backfill has told the group where it is")
    one.write()
    live = one.start()
    wait("the rest", lambda: len(one.rows()) == rows + 400)
    live.terminate()
    live.wait(60)
    to_offsets = ";".join(f"partition:{n},offset:{10 if n == 1 else 0}" for n in range(4))
    from_offsets = ";".join(f"partition:{n},offset:{4 if n == 1 else 0}" for n in range(4))
    one.write(select="id, 'added'")
    report = again("--mode", "append", "--from-offsets", from_offsets, "--to-offsets", to_offsets)
    added = [id_ for id_, name in one.rows("id, name") if name == "added"]
    equal("offsets", added, [4 * n + 1 for n in range(4, 10)])
    one.done()


def test_kills(skep, broker, options):
    """The campaign."""
    chance = random.Random(options.seed)
    topic = broker.topic("kills", 3)
    committed, stop = [], threading.Event()
    partitions = [3]

    def feed():
        """Transactions of some rows each, one in five aborted, until all rows are committed."""
        n = 0
        to = producer(broker, **{"transactional.id": "feeder", "transaction.timeout.ms": 60_000, "compression.type": "lz4"})
        to.init_transactions(120)
        while n < options.rows and not stop.is_set():
            ids = range(n, min(n + chance.randrange(1, 2_000), options.rows))
            try:
                to.begin_transaction()
                abort = chance.random() < 0.2
                for i in ids:
                    send(to, topic, i % partitions[0], event(-1 - i if abort else i, rows=options.rows))
                if abort:
                    to.flush(60)
                    to.abort_transaction(60)
                    continue
                to.commit_transaction(60)
            except KafkaException as e:
                # The broker was killed: whether this transaction is committed is found out by doing it again under its name.
                error = e.args[0]
                while error.retriable() or error.txn_requires_abort():
                    with contextlib.suppress(KafkaException):
                        if error.txn_requires_abort():
                            to.abort_transaction(60)
                            ids = None
                        else:
                            to.commit_transaction(60)
                        break
                if ids is None:
                    continue
            committed.extend(ids)
            n = ids[-1] + 1

    one = Run(skep, broker, topic, "kills", **{
        "properties.isolation.level": "read_committed", "scan.topic-partition-discovery.interval": "500 ms",
        "scan.watermark.idle-timeout": "2 s"})
    one.write(interval="50 ms")
    feeder = threading.Thread(target=feed, daemon=True)
    feeder.start()
    kills = 0
    running = one.start()
    while kills < options.kills:
        time.sleep(chance.uniform(0.05, 1.5))
        code = running.poll()
        if code is not None:
            sys.exit(f"FAULT: the reader has ended by itself with {code}\n{open(f'{one.folder}/log').read()[-3000:]}")
        kind = chance.random()
        if options.broker_faults and kind < 0.05:
            os.kill(broker.pid(), signal.SIGKILL)
            broker.again()
        elif options.broker_faults and kind < 0.08:
            os.kill(broker.pid(), signal.SIGSTOP)
            time.sleep(options.pause)
            os.kill(broker.pid(), signal.SIGCONT)
        elif kind < 0.15:
            # A second reader of the same pipeline must change nothing.
            second = one.start()
            if second.wait(60) == 0:
                sys.exit("FAULT: two readers of one pipeline")
        elif kind < 0.2 and partitions[0] < 6:
            for done in broker.admin.create_partitions([NewPartitions(topic, partitions[0] + 1)]).values():
                done.result(60)
            partitions[0] += 1
        running.kill()
        running.wait()
        kills += 1
        running = one.start()
        found = [row[0] for row in one.rows()]
        if len(found) != len(set(found)) or any(i < 0 for i in found):
            sys.exit(f"FAULT: after kill {kills}: {len(found) - len(set(found))} double, {sum(i < 0 for i in found)} aborted")
    feeder.join(600)
    wait("all committed rows", lambda: len(one.rows()) >= len(committed), 300)
    running.terminate()
    if running.wait(60) != 0:
        sys.exit(f"FAULT: the stop is not clean\n{open(f'{one.folder}/log').read()[-3000:]}")
    equal("kills", [row[0] for row in one.rows()], committed)
    wrong = duckdb.sql(f"""SELECT count(*) FROM read_parquet('{one.folder}/wh/t/**/*.parquet', hive_partitioning=true, hive_types_autocast=false)
        WHERE hr <> lpad(((id * 6 * 3600 // {options.rows}) // 3600)::varchar, 2, '0')""").fetchall()[0][0]
    if wrong:
        sys.exit(f"FAULT: {wrong} rows in a partition that is not theirs")
    print(f"  {kills} kills, {len(committed)} rows once each, {partitions[0]} partitions")
    one.done()


TESTS = {"modes": test_modes, "loss": test_loss, "transactions": test_transactions, "security": test_security,
         "formats": test_formats, "backfill": test_backfill, "kills": test_kills}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--skep", default="target/release/skep")
    parser.add_argument("--only")
    parser.add_argument("--old", action="store_true")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pause", type=float, default=30)
    parser.add_argument("--broker-faults", action="store_true")
    options = parser.parse_args()
    skep = os.path.abspath(options.skep)
    names = options.only.split(",") if options.only else [n for n in TESTS if not (options.old and n == "security")]
    broker = Broker("kafka2" if options.old else "kafka")
    try:
        for name in names:
            begun = time.monotonic()
            TESTS[name](skep, broker, options)
            print(f"{name}: fine ({time.monotonic() - begun:.1f} s)", flush=True)
    finally:
        broker.down()


if __name__ == "__main__":
    main()
