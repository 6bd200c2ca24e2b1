"""Backfills beside a live pipeline, killed again and again, judged by DuckDB.

    python integration/backfill.py --skep target/release/skep --kills 50            both are killed, DuckDB reads all the time
    python integration/backfill.py --skep target/release/skep --sweep               killed at every call that changes the disk (strace)
    python integration/backfill.py --skep target/release/skep --speed               24 partitions, beside ingest
    python -B integration/backfill.py --skep target/release/skep --spark            Spark reads all the time through `skep metastore`
    python -B integration/backfill.py --skep target/release/skep --trino            so does Trino

History is in files h*.json, each row with a number; late rows come in files l*.json while a backfill runs. Each backfill
writes another text into `v`, so that old and new files can be told apart.
"""

import argparse
import contextlib
import glob
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import duckdb

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "services", "clients"))
import peers  # noqa: E402
import spark_start  # noqa: E402
from trino_sql import Trino  # noqa: E402

SCRIPT = """SET execution.checkpointing.interval = {interval};
SET parallelism.default = 2;
CREATE TABLE src (id BIGINT, ts TIMESTAMP(3), name STRING, WATERMARK FOR ts AS ts - INTERVAL '1' MINUTE)
WITH ('connector'='filesystem', 'path'='{folder}/in', 'format'='json', 'source.split-size'='64 kb'{monitor});
CREATE TABLE t (id BIGINT, name STRING, v STRING) PARTITIONED BY (dt STRING, hr STRING) STORED AS PARQUET
TBLPROPERTIES ('partition.time-extractor.timestamp-pattern'='$dt $hr:00:00', 'sink.partition-commit.trigger'='process-time',
  'sink.partition-commit.delay'='0 s', 'sink.partition-commit.policy.kind'='metastore,success-file');
INSERT INTO t SELECT id, name, '{v}', date_format(ts, 'yyyy-MM-dd'), date_format(ts, 'HH') FROM src;
"""
HOURS = 24
LATE = 1 << 40


def rows(path, ids, hour_of):
    """Writes a file of rows under a hidden name, then renames it."""
    hidden = os.path.join(os.path.dirname(path), "." + os.path.basename(path))
    with open(hidden, "w") as out:
        for id_ in ids:
            hour = hour_of(id_)
            out.write(f'{{"id": {id_}, "ts": "2026-01-01 {hour:02}:{id_ // HOURS % 60:02}:{id_ // 1440 % 60:02}", "name": "n{id_ % 1000}"}}\n')
    os.rename(hidden, path)


class World:
    def __init__(self, skep, history, interval="50 ms"):
        self.skep, self.history, self.interval = skep, history, interval
        self.folder = tempfile.mkdtemp()
        os.mkdir(f"{self.folder}/in")
        self.table = f"{self.folder}/wh/t"
        files = 8
        for n in range(files):
            rows(f"{self.folder}/in/h{n}.json", range(n, history, files), lambda id_: id_ % HOURS)
        self.late = 0
        self.expected = {f"{hour:02}": len(range(hour, history, HOURS)) for hour in range(HOURS)}

    def script(self, v, live=False):
        path = f"{self.folder}/{'live' if live else v}.hql"
        monitor = ", 'source.monitor-interval'='50 ms'" if live else ""
        with open(path, "w") as out:
            out.write(SCRIPT.format(folder=self.folder, v=v, monitor=monitor, interval=self.interval))
        return path

    def run(self, *arguments):
        command = [self.skep, *arguments, "--warehouse", f"{self.folder}/wh", "--log-level", "error"]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def ingest(self, v="r0"):
        return self.run("ingest", self.script(v, live=True), "--quiet")

    def backfill(self, v, *more):
        return self.run("backfill", self.script(v), "--quiet", "--all", "--format", "json", *more)

    def add_late(self, count):
        rows(f"{self.folder}/in/l{self.late}.json", range(LATE + self.late, LATE + self.late + count), lambda id_: id_ % HOURS)
        self.late += count

    def read(self, connection):
        """Gives per hour: rows of history, their distinct numbers and texts, late rows and their distinct numbers."""
        return connection.sql(
            f"""SELECT hr, count(*) FILTER (id < {LATE}), count(DISTINCT id) FILTER (id < {LATE}),
            string_agg(DISTINCT v, ',') FILTER (id < {LATE}), count(*) FILTER (id >= {LATE}), count(DISTINCT id) FILTER (id >= {LATE})
            FROM read_parquet('{self.table}/**/*.parquet', hive_partitioning=true, hive_types_autocast=false) GROUP BY ALL"""
        ).fetchall()

    def catalog(self):
        listed = self.run("partitions", "t", "--format", "json")
        out, said = listed.communicate()
        if listed.returncode:
            raise RuntimeError(said)
        return {line["partition"]: line for line in map(json.loads, out.splitlines())}

    def close(self):
        shutil.rmtree(self.folder)


class Reader(threading.Thread):
    """Reads the table over and over; a partition must be whole, and of one backfill.

    An engine on Hadoop's local file system may miss files of a partition that changes places just while it is listed: what is gone when
    it is looked at is left out there without a word. Such answers of `read` are counted; they must be rare, and never mix.
    """

    def __init__(self, world, read=None):
        super().__init__(daemon=True)
        self.short, self.may_be_short = 0, read is not None
        self.world, self.reads, self.gone, self.faults, self.stopped = world, 0, 0, [], False
        connection = duckdb.connect()
        self.one = read or (lambda: world.read(connection))
        self.texts = set()

    def run(self):
        while not self.stopped:
            try:
                found = self.one()
            except Exception as error:
                # A file that was listed and is gone when it is opened: the query fails, and is asked again.
                if not any(text in str(error) for text in ("No such file", "No files found", "does not exist")):
                    self.faults.append(f"reader: {error}"[:500])
                self.gone += 1
                continue
            self.reads += 1
            self.look(found)

    def look(self, found):
        short = set(self.world.expected) - {row[0] for row in found}
        for hour, count, distinct, texts, late, late_distinct in found:
            self.texts.add(texts)
            want = self.world.expected[hour]
            if count == distinct < want:
                short.add(hour)
            elif count != distinct or count != want:
                self.faults.append(f"hour {hour}: {count} rows, {distinct} distinct, want {want} ({texts})")
            if "," in (texts or ""):
                self.faults.append(f"hour {hour} is a mixture: {texts}")
            if late != late_distinct:
                self.faults.append(f"hour {hour}: {late} late rows, {late_distinct} distinct")
        self.short += bool(short)
        if short and (not self.may_be_short or self.short > 3 + self.reads // 20):
            self.faults.append(f"rows of hours {sorted(short)} are missing")

    def stop(self):
        self.stopped = True
        self.join()


def wait_for(what, done, patience=120):
    end = time.monotonic() + patience
    while not done():
        if time.monotonic() > end:
            raise RuntimeError(f"{what} did not happen")
        time.sleep(0.02)


def all_there(world):
    files = glob.glob(f"{world.table}/*/*/*.parquet")
    if not files:
        return False
    try:
        return duckdb.sql(f"SELECT count(*) FROM read_parquet({files!r})").fetchall()[0][0] == world.history + world.late
    except duckdb.Error:
        return False


def end(child):
    """Ends a live pipeline cleanly."""
    child.send_signal(signal.SIGTERM)
    _, said = child.communicate()
    return [] if child.returncode == 0 else [f"ingest: exit {child.returncode} {said}"]


def judge(world, v):
    """Every row once, history of the last backfill, the catalog in agreement, nothing left behind."""
    faults = []
    late = 0
    found = world.read(duckdb.connect())
    for hour, count, distinct, texts, late_rows, late_distinct in found:
        if not count == distinct == world.expected[hour] or texts != v:
            faults.append(f"hour {hour}: {count} rows, {distinct} distinct, {texts} instead of {v}")
        if late_rows != late_distinct:
            faults.append(f"hour {hour}: {late_rows} late rows, {late_distinct} distinct")
        late += late_distinct
    if late != world.late:
        faults.append(f"{late} late rows, {world.late} came")
    if len(found) != HOURS:
        faults.append(f"{len(found)} hours")
    rows_told = sum(line["rows"] for line in world.catalog().values())
    if rows_told != world.history + world.late:
        faults.append(f"the catalog has {rows_told} rows, there are {world.history + world.late}")
    for folder in glob.glob(f"{world.table}/*/*"):
        if not os.path.exists(f"{folder}/_SUCCESS"):
            faults.append(f"{folder} has no marker")
    left = [f for f in glob.glob(f"{world.folder}/wh/.skep-staging/**", recursive=True) if os.path.isfile(f) and not f.endswith(".lock")]
    if left:
        faults.append(f"left behind: {left[:3]}")
    return faults


def kills(options):
    """Backfill and live pipeline are killed at random, late rows come all the time."""
    chance = random.Random(options.seed)
    world = World(options.skep, options.rows)
    faults = []
    live = world.ingest()
    wait_for("the first load", lambda: all_there(world))
    reader = Reader(world)
    reader.start()
    begun = time.monotonic()
    whole = 0.0
    killed = live_killed = rounds = 0
    while not faults and not reader.faults and (killed < options.kills or rounds < 2):
        rounds += 1
        v = f"r{rounds}"
        started = time.monotonic()
        first = rounds == 1
        while True:
            world.add_late(chance.randrange(1, 200))
            child = world.backfill(v)
            if not first and killed < options.kills and chance.random() < 0.9:
                time.sleep(chance.random() * whole)
                if child.poll() is None:
                    child.kill()
                    child.communicate()
                    killed += 1
                    if chance.random() < 0.5:
                        live.kill()
                        _, said = live.communicate()
                        if live.returncode != -signal.SIGKILL:
                            faults.append(f"ingest ended by itself: {said}")
                        live = world.ingest()
                        live_killed += 1
                    continue
            out, said = child.communicate()
            if child.returncode:
                faults.append(f"backfill: exit {child.returncode} {said}")
            break
        if first:
            whole = time.monotonic() - started
        if live.poll() is not None:
            faults.append(f"ingest ended by itself: {live.communicate()[1]}")
            break
        if not faults:
            wait_for("the late rows", lambda: all_there(world))
    faults += end(live)
    reader.stop()
    faults += reader.faults
    faults += judge(world, f"r{rounds}") if not faults else []
    print(
        f"kills: {killed} of the backfill, {live_killed} of ingest, in {rounds} backfills of {world.history} rows, {world.late} late rows; "
        f"DuckDB read {reader.reads} times ({reader.gone} found a file gone), saw {len(reader.texts)} texts; {time.monotonic() - begun:.0f} s: "
        f"{'; '.join(faults[:5]) or 'no fault'}",
        flush=True,
    )
    world.close()
    return not faults


def rivals(options):
    """A second backfill of the same range, or of another, is refused with the reason."""
    world = World(options.skep, options.rows)
    faults = []
    live = world.ingest()
    wait_for("the first load", lambda: all_there(world))
    faults += end(live)
    first = world.backfill("r1", "--rate-limit", str(options.rows // 3))
    wait_for("the first to begin", lambda: glob.glob(f"{world.folder}/wh/.skep/t.backfill-*/chk-*"))
    for more in ((), ("--mode", "append")):
        second = world.backfill("r1", *more)
        _, said = second.communicate()
        if second.returncode != 75 or "another backfill of the table is running" not in said:
            faults.append(f"the second one: exit {second.returncode} {said}")
    first.kill()
    first.communicate()
    other = world.backfill("r2")
    _, said = other.communicate()
    if other.returncode != 75 or "another backfill of the table is not finished" not in said:
        faults.append(f"another one: exit {other.returncode} {said}")
    again = world.backfill("r1")
    _, said = again.communicate()
    if again.returncode:
        faults.append(f"again: exit {again.returncode} {said}")
    faults += judge(world, "r1")
    print(f"two at once: {'; '.join(faults[:5]) or 'no fault'}", flush=True)
    world.close()
    return not faults


# Calls that change the disk, and the step in which they are counted.
CALLS = {"renameat2": 2, "rename": 2, "linkat": 9, "link": 9, "mkdir": 5, "fsync": 5, "fdatasync": 7, "unlink": 5, "unlinkat": 17, "rmdir": 7, "ftruncate": 1}


def sweep(options):
    """Kills a backfill at every counted call, while late files are there that the live pipeline published meanwhile."""
    right = True
    for mode in ("overwrite", "append"):
        for call, step in CALLS.items():
            points, faults, k = 0, [], 1
            while not faults and points < 60:
                world = World(options.skep, 4800)
                live = world.ingest()
                wait_for("the first load", lambda: all_there(world))
                faults += end(live)
                what = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={k}"]
                command = [*what, options.skep, "backfill", world.script("r1"), "--quiet", "--all", "--mode", mode]
                child = subprocess.Popen([*command, "--warehouse", f"{world.folder}/wh"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                _, said = child.communicate(timeout=240)
                done = child.returncode == 0
                begun = done or bool(glob.glob(f"{world.folder}/**/backfill.json", recursive=True, include_hidden=True))
                if not done:
                    points += 1
                    if child.returncode != -signal.SIGKILL:
                        faults.append(f"{call} {k}: exit {child.returncode} {said}")
                    live = world.ingest()
                    world.add_late(48)
                    wait_for("the late rows", lambda: late_there(world))
                    faults += end(live)
                    again = world.backfill("r1", "--mode", mode)
                    _, said = again.communicate()
                    if again.returncode:
                        faults.append(f"{call} {k}: {said}")
                faults += judge(world, "r1") if mode == "overwrite" else judge_append(world, begun)
                world.close()
                if done:
                    break
                k += step
            print(f"sweep {mode:10} {call:10} {points:4} points: {'; '.join(faults[:3]) or 'no fault'}", flush=True)
            right &= not faults
    return right


def late_there(world):
    files = glob.glob(f"{world.table}/*/*/*.parquet")
    try:
        return duckdb.sql(f"SELECT count(*) FROM read_parquet({files!r}) WHERE id >= {LATE}").fetchall()[0][0] == world.late
    except duckdb.Error:
        return False


def judge_append(world, begun=True):
    """With append, each row is there once from the pipeline; history, and all if the backfill had not begun before, once more from the backfill."""
    faults, times = [], 1 if begun else 2
    for hour, count, distinct, texts, late, late_distinct in world.read(duckdb.connect()):
        if count != 2 * distinct or distinct != world.expected[hour] or set(texts.split(",")) != {"r0", "r1"}:
            faults.append(f"hour {hour}: {count} rows, {distinct} distinct, {texts}")
        if late != times * late_distinct:
            faults.append(f"hour {hour}: {late} late rows, {late_distinct} distinct")
    return faults


def speed(options):
    """Rows a second of a backfill of 24 partitions, beside those of the ingest that wrote them."""
    rates = []
    for _ in range(options.rounds):
        world = World(options.skep, options.rows, interval="10 s")
        script = world.script("r0")
        begun = time.monotonic()
        child = world.run("ingest", script, "--quiet")
        _, said = child.communicate()
        ingested = time.monotonic() - begun
        if child.returncode:
            raise RuntimeError(said)
        begun = time.monotonic()
        child = world.backfill("r1")
        out, said = child.communicate()
        filled = time.monotonic() - begun
        if child.returncode:
            raise RuntimeError(said)
        faults = judge(world, "r1")
        rates.append((options.rows / ingested, options.rows / filled))
        print(f"ingest {rates[-1][0]:,.0f} rows/s, backfill {rates[-1][1]:,.0f} rows/s: {rates[-1][1] / rates[-1][0]:.2f}; {'; '.join(faults) or 'no fault'}", flush=True)
        world.close()
    best = max(r[1] for r in rates) / max(r[0] for r in rates)
    print(f"speed: best backfill / best ingest = {best:.2f}", flush=True)
    return best >= 0.9


@contextlib.contextmanager
def spark(uri, folder):
    """Gives what reads the table with Spark."""
    session = spark_start.session(folder, uri, log="OFF")
    query = f"""SELECT hr, count(IF(id < {LATE}, 1, NULL)), count(DISTINCT IF(id < {LATE}, id, NULL)),
        concat_ws(',', collect_set(IF(id < {LATE}, v, NULL))), count(IF(id >= {LATE}, 1, NULL)), count(DISTINCT IF(id >= {LATE}, id, NULL))
        FROM t GROUP BY hr"""

    def read():
        session.catalog.refreshTable("t")
        return [tuple(row) for row in session.sql(query).collect()]

    yield read
    session.stop()


@contextlib.contextmanager
def trino(uri, _):
    """Gives what reads the table with Trino."""
    query = f"""SELECT hr, count_if(id < {LATE}), count(DISTINCT if(id < {LATE}, id)),
        array_join(array_agg(DISTINCT if(id < {LATE}, v)), ','), count_if(id >= {LATE}), count(DISTINCT if(id >= {LATE}, id))
        FROM t GROUP BY hr"""
    with peers.running("trino", METASTORE=uri) as address:
        engine = Trino(address)
        yield lambda: engine(query)


def watched(options, engine):
    """An engine asks the metastore for the partitions and reads them, over and over, while they are swapped."""
    world = World(options.skep, options.rows)
    faults = []
    live = world.ingest()
    wait_for("the first load", lambda: all_there(world))
    server = world.run("metastore", "--listen", "127.0.0.1:0")
    with engine(server.stdout.readline().strip(), world.folder) as read:
        reader = Reader(world, read)
        reader.start()
        wait_for("its first answer", lambda: reader.reads > 0 or reader.faults)
        rounds = 0
        while rounds < options.rounds * 4 and not faults and not reader.faults:
            rounds += 1
            world.add_late(100)
            child = world.backfill(f"r{rounds}")
            _, said = child.communicate()
            faults += [f"backfill: exit {child.returncode} {said}"] if child.returncode else []
        reads = reader.reads
        wait_for("one more answer", lambda: reader.reads > reads + 1 or reader.faults)
        wait_for("the late rows", lambda: all_there(world))
        reader.stop()
    faults += reader.faults + end(live)
    faults += judge(world, f"r{rounds}") if not faults else []
    server.kill()
    server.communicate()
    print(
        f"{engine.__name__}: {rounds} backfills, read {reader.reads} times ({reader.gone} found a file gone, {reader.short} answers missed "
        f"rows of what was listed as it changed places), saw {len(reader.texts)} texts: {'; '.join(faults[:5]) or 'no fault'}",
        flush=True,
    )
    world.close()
    return not faults


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--skep", default="target/release/skep")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--rows", type=int, default=240_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    for what in ("sweep", "speed", "spark", "trino"):
        parser.add_argument(f"--{what}", action="store_true")
    options = parser.parse_args()
    if options.sweep:
        right = sweep(options)
    elif options.speed:
        right = speed(options)
    elif options.spark:
        right = watched(options, spark)
    elif options.trino:
        right = watched(options, trino)
    else:
        right = kills(options) and rivals(options)
    sys.exit(0 if right else 1)


if __name__ == "__main__":
    main()
