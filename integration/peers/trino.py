"""Trino on `skep metastore`: reads what skep wrote, makes tables and partitions that skep and others read back, drops them."""

import json
import os
import urllib.request

from common import Fault, Folder, OwnMetastore, Peers, run, same, spark

SCRIPT = """SET execution.checkpointing.interval = 1 s;
CREATE TABLE src (id BIGINT, s STRING, amt DECIMAL(18,2), ts TIMESTAMP(3), flag BOOLEAN, dt STRING, hr INT)
  WITH ('connector'='filesystem', 'path'='@IN@', 'format'='json');
@CREATE@
INSERT INTO @TABLE@ SELECT id, s, amt, ts, flag, dt, hr FROM src;
"""
CREATE = """CREATE TABLE IF NOT EXISTS @TABLE@ (id BIGINT, s STRING, amt DECIMAL(18,2), ts TIMESTAMP, flag BOOLEAN)
  PARTITIONED BY (dt STRING, hr INT) STORED AS @FORMAT@;"""
COLUMNS = "id, s, amt, ts, flag, dt, hr"
TEXTS = "cast(id as varchar), s, cast(amt as varchar), cast(ts as varchar), cast(flag as varchar), dt, cast(hr as varchar)"


class Trino:
    def __init__(self, address):
        self.address = address

    def __call__(self, statement):
        headers = {"X-Trino-User": "test", "X-Trino-Catalog": "hive", "X-Trino-Schema": "default"}
        ask = urllib.request.Request(f"http://{self.address}/v1/statement", statement.encode(), headers)
        rows = []
        while True:
            with urllib.request.urlopen(ask, timeout=300) as answer:
                page = json.load(answer)
            if "error" in page:
                raise Fault(f"Trino: {statement[:200]}: {page['error']['message']}")
            rows += page.get("data", [])
            if "nextUri" not in page:
                return rows
            ask = urllib.request.Request(page["nextUri"], headers=headers)


def rows(first, count):
    return [{"id": n, "s": None if n % 7 == 0 else f"ö{n}", "amt": f"{n}.25", "ts": f"2026-01-0{1 + n % 3} 10:00:{n % 60:02}.5",
             "flag": n % 2 == 0, "dt": f"2026-01-0{1 + n % 3}", "hr": n % 2} for n in range(first, first + count)]


def texts(all_rows):
    return [(str(r["id"]), r["s"], r["amt"], f"{r['ts']}00", str(r["flag"]).lower(), r["dt"], str(r["hr"])) for r in all_rows]


def ingest(skep, folder, uri, table, create, some):
    path = f"{folder}/{table}.json"
    with open(path, "w") as out:
        out.writelines(json.dumps(row) + "\n" for row in some)
    script = SCRIPT.replace("@IN@", path).replace("@CREATE@", create).replace("@TABLE@", table)
    with open(f"{folder}/{table}.hql", "w") as out:
        out.write(script)
    # Each script has a state of its own: another one is another pipeline.
    run([skep, "ingest", out.name, "--warehouse", f"{folder}/state-{table}-{len(some)}", "--quiet"],
        env=os.environ | {"SKEP__METASTORE__URIS": uri})


def check(skep, _):
    done = 0
    with Folder() as folder, OwnMetastore(skep, f"{folder}/warehouse") as own, Peers("trino", METASTORE=own.uri) as peers:
        trino = Trino(peers.addresses["trino"])
        for form in ["PARQUET", "ORC"]:
            table = f"of_skep_{form.lower()}"
            some = rows(0, 60)
            ingest(skep, folder, own.uri, table, CREATE.replace("@FORMAT@", form).replace("@TABLE@", table), some)
            same(f"Trino reads {form} of skep", trino(f"select {TEXTS} from {table}"), texts(some))
            same("Trino's filter", trino(f"select {TEXTS} from {table} where dt = '2026-01-02' and hr = 1"),
                 texts(r for r in some if r["dt"] == "2026-01-02" and r["hr"] == 1))
            same("Trino's partitions", trino(f'select dt, hr from "{table}$partitions"'), {(r["dt"], r["hr"]) for r in some})
            trino(f"insert into {table} values (1000, 'of trino', 1.5, timestamp '2026-02-01 00:00:00.500', true, '2026-02-01', 7)")
            same("Trino adds to a table of skep", trino(f"select id, s from {table} where dt = '2026-02-01'"), [(1000, "of trino")])
            done += 5
            of_trino = f"of_trino_{form.lower()}"
            trino(f"create table {of_trino} (id bigint, s varchar, amt decimal(18,2), ts timestamp(3), flag boolean, dt varchar, hr integer) "
                  f"with (format = '{form}', partitioned_by = array['dt', 'hr'])")
            trino(f"insert into {of_trino} select {COLUMNS} from {table} where dt = '2026-01-01'")
            first = [r for r in some if r["dt"] == "2026-01-01"]
            same("Trino reads its own", trino(f"select {TEXTS} from {of_trino}"), texts(first))
            more = rows(100, 30)
            ingest(skep, folder, own.uri, of_trino, "", more)
            same("Trino reads what skep adds to its table", trino(f"select {TEXTS} from {of_trino}"), texts(first + more))
            trino(f"analyze {of_trino}")
            counted = trino(f"show stats for {of_trino}")[-1][4]
            if counted != len(first + more):
                raise Fault(f"statistics of {of_trino}: {counted} rows, wanted {len(first + more)}")
            trino(f"alter table {of_trino} add column extra integer")
            trino(f"alter table {of_trino} rename to {of_trino}_2")
            trino(f"delete from {of_trino}_2 where dt = '2026-01-01' and hr = 0")
            left = [r for r in first + more if (r["dt"], r["hr"]) != ("2026-01-01", 0)]
            same("after changes", trino(f"select {TEXTS} from {of_trino}_2 where extra is null"), texts(left))
            trino(f"create table copy_{form.lower()} with (format = '{form}') as select id, s from {table}")
            same("Trino's copy", trino(f"select count(*) from copy_{form.lower()}"), [(61,)])
            trino(f"create view v_{form.lower()} as select id from {table} where id < 3")
            same("Trino's view", trino(f"select id from v_{form.lower()}"), [(0,), (1,), (2,)])
            trino(f"drop view v_{form.lower()}")
            done += 13
        columns = "id bigint, s string, amt decimal(18,2), ts timestamp, flag boolean"
        made = [f"create table of_spark_{form} ({columns}) partitioned by (dt string, hr int) stored as {form}" for form in ["parquet", "orc"]]
        spark(own.uri, f"{folder}/spark", made)
        for form in ["parquet", "orc"]:
            some = rows(0, 40)
            ingest(skep, folder, own.uri, f"of_spark_{form}", "", some)
            same("Trino reads what skep put into a table of Spark", trino(f"select {TEXTS} from of_spark_{form}"), texts(some))
        selects = [statement for form in ["parquet", "orc"] for statement in
                   ("@serde", f"select count(*), sum(id) from of_spark_{form}", "@native", f"select count(*), sum(id) from of_trino_{form}_2")]
        answers = spark(own.uri, f"{folder}/spark", selects)
        for at in (1, 5):
            same("Spark reads its table", answers[at], [("40", str(sum(range(40))))])
        for at in (3, 7):
            same("Spark reads Trino's table", answers[at], [(str(len(left)), str(sum(r["id"] for r in left)))])
        done += 6
        for name in [row[0] for row in trino("show tables")]:
            trino(f"drop table {name}")
        same("nothing is left", trino("show tables"), [])
        trino("create schema one")
        trino("drop schema one")
    return f"{done} checks"
