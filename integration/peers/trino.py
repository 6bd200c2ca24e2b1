"""Trino on `skep metastore`: reads what skep wrote, makes tables and partitions that skep and others read back, drops them."""

import json
import os
import sys

from common import SERVICES, Fault, Folder, OwnMetastore, Peers, run, same, spark

sys.path.append(f"{SERVICES}/clients")
from trino_sql import Trino  # noqa: E402

SCRIPT = """SET execution.checkpointing.interval = 1 s;
CREATE TABLE src (id BIGINT, s STRING, amt DECIMAL(18,2), ts TIMESTAMP(3), flag BOOLEAN, dt STRING, hr INT)
  WITH ('connector'='filesystem', 'path'='@IN@', 'format'='json');
@CREATE@
INSERT INTO @TABLE@ SELECT id, s, amt, ts, flag, dt, hr FROM src;
"""
CREATE = """CREATE TABLE IF NOT EXISTS @TABLE@ (id BIGINT, s STRING, amt DECIMAL(18,2), ts TIMESTAMP, flag BOOLEAN)
  PARTITIONED BY (dt STRING, hr INT) STORED AS @FORMAT@ TBLPROPERTIES ('sink.partition-commit.policy.kind'='metastore,success-file');"""
COLUMNS = "id, s, amt, ts, flag, dt, hr"
TEXTS = "cast(id as varchar), s, cast(amt as varchar), cast(ts as varchar), cast(flag as varchar), dt, cast(hr as varchar)"


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
    with Folder() as folder, OwnMetastore(skep, f"{folder}/warehouse") as own, Peers("trino", METASTORE=own.uri) as peers:
        return judge(skep, folder, own.uri, Trino(peers.addresses["trino"]))


def judge(skep, folder, uri, trino):
    left = {}
    for form in ["PARQUET", "ORC"]:
        some = rows(0, 60)
        tables_of_skep(skep, folder, uri, trino, form, some)
        left[form] = tables_of_trino(skep, folder, uri, trino, form, some)
    tables_of_spark(skep, folder, uri, trino, left)
    for name in [row[0] for row in trino("show tables")]:
        trino(f"drop table {name}")
    same("nothing is left", trino("show tables"), [])
    trino("create schema one")
    same("schemas", trino("show schemas like 'one'"), [("one",)])
    trino("drop schema one")
    return f"{trino.asked} statements of Trino"


def tables_of_skep(skep, folder, uri, trino, form, some):
    table = f"of_skep_{form.lower()}"
    ingest(skep, folder, uri, table, CREATE.replace("@FORMAT@", form).replace("@TABLE@", table), some)
    same(f"Trino reads {form} of skep", trino(f"select {TEXTS} from {table}"), texts(some))
    same("Trino's filter", trino(f"select {TEXTS} from {table} where dt = '2026-01-02' and hr = 1"),
         texts(r for r in some if r["dt"] == "2026-01-02" and r["hr"] == 1))
    same("Trino's partitions", trino(f'select dt, hr from "{table}$partitions"'), {(r["dt"], r["hr"]) for r in some})
    trino(f"insert into {table} values (1000, 'of trino', 1.5, timestamp '2026-02-01 00:00:00.500', true, '2026-02-01', 7)")
    same("Trino adds to a table of skep", trino(f"select id, s from {table} where dt = '2026-02-01'"), [(1000, "of trino")])


def tables_of_trino(skep, folder, uri, trino, form, some):
    """Gives the rows that the table has at the end."""
    name = form.lower()
    table = f"of_trino_{name}"
    trino(f"create table {table} (id bigint, s varchar, amt decimal(18,2), ts timestamp(3), flag boolean, dt varchar, hr integer) "
          f"with (format = '{form}', partitioned_by = array['dt', 'hr'], "
          "extra_properties = map(array['sink.partition-commit.policy.kind'], array['metastore,success-file']))")
    trino(f"insert into {table} select {COLUMNS} from of_skep_{name} where dt = '2026-01-01'")
    first = [r for r in some if r["dt"] == "2026-01-01"]
    same("Trino reads its own", trino(f"select {TEXTS} from {table}"), texts(first))
    more = rows(100, 30)
    ingest(skep, folder, uri, table, "", more)
    same("Trino reads what skep adds to its table", trino(f"select {TEXTS} from {table}"), texts(first + more))
    trino(f"analyze {table}")
    counted = trino(f"show stats for {table}")[-1][4]
    if counted != len(first + more):
        raise Fault(f"statistics of {table}: {counted} rows, wanted {len(first + more)}")
    trino(f"alter table {table} add column extra integer")
    trino(f"alter table {table} rename to {table}_2")
    trino(f"delete from {table}_2 where dt = '2026-01-01' and hr = 0")
    left = [r for r in first + more if (r["dt"], r["hr"]) != ("2026-01-01", 0)]
    same("after changes", trino(f"select {TEXTS} from {table}_2 where extra is null"), texts(left))
    trino(f"create table copy_{name} with (format = '{form}') as select id, s from of_skep_{name}")
    same("Trino's copy", trino(f"select count(*) from copy_{name}"), [(len(some) + 1,)])
    trino(f"create view v_{name} as select id from of_skep_{name} where id < 3")
    same("Trino's view", trino(f"select id from v_{name}"), [(0,), (1,), (2,)])
    trino(f"drop view v_{name}")
    return left


def tables_of_spark(skep, folder, uri, trino, left):
    columns = "id bigint, s string, amt decimal(18,2), ts timestamp, flag boolean"
    spark(uri, f"{folder}/spark", [
        f"create table of_spark_{form} ({columns}) partitioned by (dt string, hr int) stored as {form} "
        "tblproperties ('sink.partition-commit.policy.kind'='metastore,success-file')" for form in ["parquet", "orc"]])
    some = rows(0, 40)
    selects, wanted = [], []
    for form in ["parquet", "orc"]:
        ingest(skep, folder, uri, f"of_spark_{form}", "", some)
        same("Trino reads what skep put into a table of Spark", trino(f"select {TEXTS} from of_spark_{form}"), texts(some))
        rest = left[form.upper()]
        for reader in ["@serde", "@native"]:
            selects += [reader, f"select count(*), sum(id) from of_spark_{form}", f"select count(*), sum(id) from of_trino_{form}_2"]
            wanted += [[], [(str(len(some)), str(sum(r["id"] for r in some)))], [(str(len(rest)), str(sum(r["id"] for r in rest)))]]
    for statement, answer, expected in zip(selects, spark(uri, f"{folder}/spark", selects), wanted, strict=True):
        same(f"Spark: {statement}", answer, expected)
