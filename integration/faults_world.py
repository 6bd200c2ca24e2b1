"""What `faults.py` breaks and judges: a metastore, a feeder of transactions, a pipeline between them."""

import collections
import contextlib
import datetime
import glob
import os
import subprocess
import sys
import threading
import time

import duckdb
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from kafka import HERE, Run, producer, send

sys.path.append(f"{HERE}/services/clients")
import hms

# Rows of an hour of event time, and rows that are sent in a second: a partition is due every few seconds.
HOUR, RATE = 4_000, 1_000


def moment(n):
    """The event time of the n-th row."""
    return datetime.datetime(2026, 1, 1) + datetime.timedelta(seconds=n * 3600 // HOUR)


def event(n):
    """The n-th row; event time goes on by an hour in `HOUR` rows. Rows of aborted transactions have negative numbers."""
    return f'{{"id":{n},"ts":"{moment(abs(n)):%Y-%m-%d %H:%M:%S}","name":"n{n % 97}"}}'


class Metastore:
    """A Hive Metastore of `services/up`, or the one that skep serves."""

    def __init__(self, kind, skep, folder):
        self.kind, self.handle = kind, None
        self.command = [skep, "metastore", "--warehouse", f"{folder}/metastore", "--listen"]
        if kind == "skep":
            self.child = subprocess.Popen([*self.command, "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
            self.address = self.child.stdout.readline().strip().removeprefix("thrift://")
        else:
            said = subprocess.run([f"{HERE}/services/up", kind], check=True, capture_output=True, text=True).stdout
            words = dict(line.split(maxsplit=1) for line in said.splitlines())
            self.address, self.handle = words[kind], words["handle"]

    def pid(self):
        return self.child.pid if self.kind == "skep" else int(open(f"{self.handle}/{self.kind}/pid").read())

    def again(self):
        if self.kind == "skep":
            self.child.wait()
            self.child = subprocess.Popen([*self.command, self.address], stdout=subprocess.PIPE, text=True)
        else:
            subprocess.Popen([f"{self.handle}/{self.kind}/again"], stdin=subprocess.DEVNULL)

    def partitions(self, table):
        for attempt in range(600):
            try:
                return hms.partition_names(self.address, "default", table)
            except hms.Failed as e:
                # A reader that was killed early has made no table.
                if "not found" not in str(e):
                    raise
                return []
            except (OSError, ConnectionError):
                if attempt == 599:
                    raise
                time.sleep(1)

    def down(self):
        if self.kind == "skep":
            self.child.kill()
            self.child.wait()
        else:
            subprocess.run([f"{HERE}/services/down", self.handle], check=True)


class Feeder(threading.Thread):
    """Sends transactions, one in five aborted, whose rows have negative numbers, until it is told to stop."""

    def __init__(self, broker, topic, chance):
        super().__init__(daemon=True)
        self.broker, self.topic, self.chance, self.partitions = broker, topic, chance, 3
        self.stopping, self.sent, self.aborted, self.failure = threading.Event(), 0, 0, None

    def run(self):
        try:
            self.feed()
        except BaseException as e:
            self.failure = e
            raise

    def open(self):
        to = producer(self.broker, **{"transactional.id": "feeder", "transaction.timeout.ms": 60_000, "compression.type": "lz4",
                                      "topic.metadata.refresh.interval.ms": 1_000, "log_level": 0})
        to.init_transactions(300)
        return to

    def feed(self):
        to = self.open()
        while not self.stopping.is_set():
            count, abort = self.chance.randrange(1, 800), self.chance.random() < 0.2
            try:
                to.begin_transaction()
                for n in range(self.sent, self.sent + count):
                    self.send(to, n % self.partitions, event(-1 - n if abort else n))
                if abort:
                    to.flush(60)
                self.end(to, abort)
            except KafkaException as e:
                # The rows that come next have other numbers, so nobody needs to know what became of these.
                to = self.after(to, e.args[0])
            self.aborted += count if abort else 0
            self.sent += count
            self.stopping.wait(count / RATE)

    def close(self):
        """Sends a row of an hour of the next day to each partition, so that all that was sent before is due; gives that hour's partition."""
        to, n = self.open(), (self.sent // HOUR + 25) * HOUR
        to.begin_transaction()
        for partition in range(self.partitions):
            self.send(to, partition, event(n + partition))
        self.end(to, False)
        return f"{moment(n):dt=%Y-%m-%d/hr=%H}"

    def after(self, to, error):
        """Gives a producer that can go on after an error."""
        if error.txn_requires_abort():
            with contextlib.suppress(KafkaException):
                self.end(to, True)
                return to
        return self.open()

    def send(self, to, partition, value):
        """Waits until the producer has heard of a new partition."""
        for _ in range(600):
            try:
                return send(to, self.topic, partition, value)
            except KafkaException as e:
                if e.args[0].code() != KafkaError._UNKNOWN_PARTITION:
                    raise
                to.poll(0.1)
        sys.exit(f"FAULT of the feeder: no partition {partition}")

    def end(self, to, abort):
        """A broker that was killed is asked again what has become of the transaction."""
        for _ in range(60):
            try:
                return to.abort_transaction(60) if abort else to.commit_transaction(60)
            except KafkaException as e:
                if not e.args[0].retriable():
                    raise
        sys.exit("FAULT of the feeder: a transaction does not end")


class Pipeline(Run):
    """The run of `kafka.py`, with its tables in a metastore behind a proxy."""

    def __init__(self, skep, broker, topic, table, address, **options):
        self.table, self.reader = table, None
        self.seen, self.ids = set(), set()
        super().__init__(skep, broker, topic, table, **{
            "properties.isolation.level": "read_committed", "scan.topic-partition-discovery.interval": "500 ms",
            "scan.watermark.idle-timeout": "2 s", **options})
        self.conf = f"{self.folder}/conf"
        os.mkdir(self.conf)
        with open(f"{self.conf}/hive-site.xml", "w") as out:
            out.write(f"<configuration><property><name>hive.metastore.uris</name><value>thrift://{address}</value></property></configuration>")

    def write(self, interval="200 ms"):
        with open(self.script, "w") as out:
            out.write(f"""SET execution.checkpointing.interval = {interval}; SET parallelism.default = 2;
CREATE TABLE src (id BIGINT, ts TIMESTAMP(3), name STRING, WATERMARK FOR ts AS ts - INTERVAL '1' MINUTE) WITH ({self.pairs});
CREATE TABLE IF NOT EXISTS {self.table} (id BIGINT, name STRING) PARTITIONED BY (dt STRING, hr STRING) STORED AS PARQUET
LOCATION 'file://{self.folder}/wh/t' TBLPROPERTIES ('partition.time-extractor.timestamp-pattern'='$dt $hr:00:00',
  'sink.partition-commit.trigger'='partition-time', 'sink.partition-commit.delay'='1 h',
  'sink.partition-commit.policy.kind'='metastore,success-file');
INSERT INTO {self.table} SELECT id, name, date_format(ts, 'yyyy-MM-dd'), date_format(ts, 'HH') FROM src;""")
        return self

    def command(self):
        return [*super().command(), "--hive-conf-dir", self.conf]

    def begin(self):
        self.reader = self.start()

    def kill(self):
        if self.reader:
            self.reader.kill()
            self.reader.wait()

    def log(self):
        with open(f"{self.folder}/log") as log:
            return log.read()[-3000:]

    def files(self):
        return glob.glob(f"{self.folder}/wh/t/*/*/*.parquet")

    def partitions(self):
        return {os.path.relpath(os.path.dirname(name), f"{self.folder}/wh/t") for name in self.files()}

    def look(self):
        """No row twice, none of an aborted transaction, no file gone; gives the number of rows. Reads what has come since the last look."""
        files = set(self.files())
        if self.seen - files:
            sys.exit(f"FAULT: files are gone: {sorted(self.seen - files)[:5]}, in {self.folder}")
        new = sorted(files - self.seen)
        if new:
            rows = [row[0] for row in duckdb.sql(f"SELECT id FROM read_parquet({new!r})").fetchall()]
            ids, aborted = set(rows), sum(id_ < 0 for id_ in rows)
            twice = len(rows) - len(ids) + len(ids & self.ids)
            if twice or aborted:
                sys.exit(f"FAULT: {twice} rows twice, {aborted} of aborted transactions, in {self.folder}")
            self.ids |= ids
            self.seen |= files
        return len(self.ids)

    def judge(self, committed, announced, waiting=frozenset()):
        """All committed records once, each in its partition; announced is what has files and does not wait."""
        found = duckdb.sql(f"SELECT id, dt, hr FROM read_parquet({self.files()!r}, hive_partitioning=true, hive_types_autocast=false)").fetchall()
        counts = collections.Counter(row[0] for row in found)
        expected = collections.Counter(committed)
        if counts != expected:
            sys.exit(f"FAULT: {len(found)} rows of {len(committed)}; lost {list((expected - counts))[:5]}, too many {list((counts - expected))[:5]}, "
                     f"in {self.folder}")
        wrong = sum(f'"{dt} {hr}:' not in event(id_) for id_, dt, hr in found)
        if wrong:
            sys.exit(f"FAULT: {wrong} rows in a partition that is not theirs, in {self.folder}")
        if set(announced) != self.partitions() - waiting or len(announced) != len(set(announced)):
            sys.exit(f"FAULT: announced only {sorted(set(announced) - self.partitions())}, files only {sorted(self.partitions() - set(announced))}, "
                     f"in {self.folder}")
        unmarked = [name for name in announced if not os.path.exists(f"{self.folder}/wh/t/{name}/_SUCCESS")]
        if unmarked:
            sys.exit(f"FAULT: no marker in {unmarked}, in {self.folder}")


def committed(broker, topic):
    """The numbers of all committed records, as librdkafka reads them."""
    consumer = Consumer({"bootstrap.servers": broker.address, "group.id": "judge", "isolation.level": "read_committed",
                         "enable.auto.commit": False, "enable.partition.eof": True})
    partitions = broker.admin.list_topics(topic, timeout=60).topics[topic].partitions
    consumer.assign([TopicPartition(topic, number, 0) for number in partitions])
    ended, ids = set(), []
    while len(ended) < len(partitions):
        for message in consumer.consume(10_000, timeout=10):
            if message.error():
                ended.add(message.partition())
            else:
                ids.append(int(message.value().split(b",", 1)[0][6:]))
    consumer.close()
    return ids
