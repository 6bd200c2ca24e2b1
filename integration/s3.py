"""Reads tables whose files are objects of a real S3 server (versitygw, a peer of `integration/services/up s3`). By hand:

    python integration/s3.py --skep target/release/skep

The quick start's table is written into the folder behind a bucket; then its locations in a copy of the metastore are made `s3a:`. Streams,
dimensions and `tail` must give the rows that DuckDB finds in the same files; the server is killed and started again under a tail; wrong keys
and a server that is away must end with what to do. Exits 1 at a difference.
"""

import argparse
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile

import duckdb

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "services", "clients"))
from peers import start  # noqa: E402

PATIENCE = 60
KEYS = {"AWS_ACCESS_KEY_ID": "skeptest", "AWS_SECRET_ACCESS_KEY": "skeptest123"}
COLUMNS = "carrier, flight, tailnum, dest, departure, dep_delay, arr_delay, distance, km, mph, is_late, dt, origin"

COPY = """
CREATE TABLE copied (
  carrier STRING, flight INT, tailnum STRING, dest STRING, departure TIMESTAMP, dep_delay INT, arr_delay INT, distance INT,
  km DECIMAL(9,3), mph DOUBLE, is_late BOOLEAN, near INT
) PARTITIONED BY (dt STRING, origin STRING) STORED AS ORC TBLPROPERTIES ('sink.partition-commit.policy.kind' = 'metastore');
INSERT INTO copied
SELECT f.carrier, f.flight, f.tailnum, f.dest, f.departure, f.dep_delay, f.arr_delay, f.distance, f.km, f.mph, f.is_late, d.distance,
       f.dt, f.origin
FROM flights f LEFT JOIN one_day d ON f.flight = d.flight AND f.carrier = d.carrier AND f.origin = d.origin AND f.dest = d.dest
WHERE f.distance > 500;
"""


class World:
    """A bucket with the quick start's table in it, and a metastore that knows it by that name."""

    def __init__(self, skep, folder):
        self.skep, self.folder = skep, folder
        self.address, place, self.end = start("s3")
        self.data = f"{place}/data/bucket"
        self.server = place
        self.run("ingest", "config/examples/quickstart.hql", warehouse=f"{self.data}/wh")
        self.warehouse = f"{folder}/warehouse"
        os.makedirs(self.warehouse)
        shutil.copytree(f"{self.data}/wh/.skep", f"{self.warehouse}/.skep")
        shutil.rmtree(f"{self.data}/wh/.skep")
        with sqlite3.connect(f"{self.warehouse}/.skep/metastore.db") as store:
            names = (f"file:{self.data}/", "s3a://bucket/")
            store.execute("update tables set content = replace(content, ?, ?)", names)
            store.execute("update partitions set location = replace(location, ?, ?)", names)
        store.close()

    def environment(self, **more):
        return {**os.environ, **KEYS, "AWS_ENDPOINT_URL": f"http://{self.address}", **more}

    def command(self, *words, warehouse=None):
        return [self.skep, *words, "--warehouse", warehouse or self.warehouse, "--state", f"{self.folder}/state"]

    def run(self, *words, warehouse=None, code=0, **more):
        done = subprocess.run(
            self.command(*words, warehouse=warehouse), cwd=os.path.dirname(HERE), capture_output=True, text=True,
            env=self.environment(**more), timeout=PATIENCE * 4,
        )
        if done.returncode != code:
            sys.exit(f"skep {' '.join(words)} ended with {done.returncode}, not {code}:\n{done.stderr}")
        return done


def same(what, found, expected):
    difference = duckdb.sql(f"(({found}) except all ({expected})) union all (({expected}) except all ({found}))").fetchall()
    rows = duckdb.sql(f"select count(*) from ({expected})").fetchall()[0][0]
    if difference or not rows:
        sys.exit(f"{what}: {len(difference)} rows differ of {rows}, as {difference[:3]}")
    print(f"{what}: {rows} rows equal")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--skep", required=True)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        world = World(os.path.abspath(args.skep), folder)
        try:
            check(world)
        finally:
            world.end()


def check(world):
    files = f"select {COLUMNS} from read_parquet('{world.data}/wh/flights/**/*.parquet', hive_types={{dt: varchar}})"

    tailed = f"{world.folder}/tailed.json"
    with open(tailed, "w") as out:
        out.write(world.run("tail", "flights", "--from", "earliest", "--no-follow", "--format", "json").stdout)
    types = "departure: 'TIMESTAMP', km: 'DECIMAL(9,3)', mph: 'DOUBLE', is_late: 'BOOLEAN', dt: 'VARCHAR'"
    more = ", ".join(f"{name}: 'INTEGER'" for name in ["flight", "dep_delay", "arr_delay", "distance"])
    texts = ", ".join(f"{name}: 'VARCHAR'" for name in ["carrier", "tailnum", "dest", "origin"])
    same("tail", f"select {COLUMNS} from read_json('{tailed}', columns={{{types}, {more}, {texts}}})", files)

    # A table without partitions: one day of the other's files, as its location.
    one_day = "CREATE EXTERNAL TABLE one_day (carrier STRING, flight INT, dest STRING, distance INT, origin STRING) STORED AS ORC LOCATION 's3a://bucket/wh/day';"
    make = (
        "CREATE TABLE day (carrier STRING, flight INT, dest STRING, distance INT, origin STRING) STORED AS ORC;"
        " INSERT INTO day SELECT carrier, flight, dest, distance, origin FROM flights WHERE dt = '2013-01-01';"
    )
    world.run("ingest", script(world, "day", make))
    world.run("ingest", script(world, "copy", one_day + COPY))
    copied = f"{world.folder}/copied.csv"
    with open(copied, "w") as out:
        out.write(world.run("tail", "copied", "--from", "earliest", "--no-follow", "--format", "csv").stdout)
    joined = (
        f"with f as ({files}) select f.carrier, f.flight, f.origin, f.dt, f.distance, d.distance near from f left join f d"
        " on d.dt = '2013-01-01' and f.flight = d.flight and f.carrier = d.carrier and f.origin = d.origin and f.dest = d.dest"
        " where f.distance > 500"
    )
    same("copy with a dimension", f"select carrier, flight, origin, dt::varchar dt, distance, near from read_csv('{copied}')", joined)

    shown = world.run("inspect", "flights").stdout
    if "s3a://bucket/wh/flights/dt=2013-01-01/origin=EWR" not in shown:
        sys.exit(f"inspect does not show the objects:\n{shown}")
    denied = world.run("tail", "flights", "--from", "earliest", "--no-follow", code=78, AWS_SECRET_ACCESS_KEY="other")
    if "s3.access_key" not in denied.stderr:
        sys.exit(f"wrong keys are not told:\n{denied.stderr}")
    print("inspect, wrong keys: told")
    interrupted(world)


def script(world, name, text):
    path = f"{world.folder}/{name}.hql"
    with open(path, "w") as out:
        out.write(text)
    return path


def interrupted(world):
    """The server is killed and started again while a table is followed: rows come once."""
    command = world.command("tail", "flights", "--from", "earliest", "--format", "csv", "--interval", "200ms")
    tail = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=world.environment())
    lines = [tail.stdout.readline() for _ in range(1001)]
    pid = int(open(f"{world.server}/pid").read())
    server = [part for part in open(f"/proc/{pid}/cmdline").read().split("\0") if part]
    keys = {"ROOT_ACCESS_KEY": KEYS["AWS_ACCESS_KEY_ID"], "ROOT_SECRET_KEY": KEYS["AWS_SECRET_ACCESS_KEY"]}
    os.kill(pid, signal.SIGKILL)
    again = subprocess.Popen(server, env={**os.environ, **keys}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        expected = duckdb.sql(f"select count(*) from read_parquet('{world.data}/wh/flights/**/*.parquet')").fetchall()[0][0]
        while len(lines) < expected + 1:
            line = tail.stdout.readline()
            if not line:
                sys.exit(f"tail ended: {tail.stderr.read()}")
            lines.append(line)
        tail.send_signal(signal.SIGINT)
        rest, error = tail.communicate(timeout=PATIENCE)
        if rest or tail.returncode != 0:
            sys.exit(f"tail gave more than there is, or ended with {tail.returncode}: {rest[:200]} {error}")
        print(f"server killed under a tail: {len(lines) - 1} rows, none twice")
    finally:
        again.kill()
        again.wait()


if __name__ == "__main__":
    main()
