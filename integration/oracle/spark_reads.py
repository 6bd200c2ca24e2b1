"""Spark 3.5 as a reader: how it sees files of every type."""

import os
import shutil
import sys
from decimal import Decimal

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "services", "clients"))

from promise import COLUMNS, compare, promised  # noqa: E402
from spark_start import session  # noqa: E402, F401

# The switch that takes a table from Hive's serde to Spark's reader; by reader, what it is set to and the scan that the plan must show.
SWITCHES = {"orc": "spark.sql.hive.convertMetastoreOrc", "parquet": "spark.sql.hive.convertMetastoreParquet"}
READERS = {"serde": ("false", "Scan hive"), "native": ("true", "FileScan")}
CONDITIONS = {
    "id = 4321": lambda r: r["id"] == 4321,
    "s = 'grüße 7' AND id < 900": lambda r: r["s"] == "grüße 7" and r["id"] < 900,
    "dt >= DATE'2020-01-01'": lambda r: r["dt"] and r["dt"] >= "2020-01-01",
    "d5 < -900.5": lambda r: r["d5"] and Decimal(r["d5"]) < Decimal("-900.5"),
    "ts < TIMESTAMP'1940-01-01 00:00:00'": lambda r: r["ts"] and r["ts"] < "1940-01-01",
    "c = '77'": lambda r: r["c"] == "77   ",
    "i IS NULL AND id > 5000": lambda r: r["i"] is None and r["id"] > 5000,
}


def check(spark, home, path, readers=("serde", "native")):
    """Reads a file as an external table with the serde of Hive 2.3 and with Spark's own reader, whole and with conditions."""
    name, form = os.path.basename(path).split(".")
    place, wrong = f"{home}/{name}.{form}", []
    os.makedirs(place)
    shutil.copy(path, place)
    want = promised(path.replace(f".{form}", ".json"))
    table = f"{name}_{form}"
    spark.sql(f"CREATE EXTERNAL TABLE {table} ({COLUMNS}) STORED AS {form} LOCATION 'file://{place}'")
    for reader in readers:
        switch, scan = READERS[reader]
        spark.conf.set(SWITCHES[form], switch)
        spark.sql(f"REFRESH TABLE {table}")
        who = f"{name}.{form} by Spark's {reader}"
        if scan not in spark.table(table)._jdf.queryExecution().executedPlan().toString():
            wrong.append(f"{who}: the reader does not show in the plan")
        rows = [row.asDict(recursive=True) for row in spark.table(table).collect()]
        wrong += compare(who, list(want[0]) if want else [], rows, want)
        for condition, keep in CONDITIONS.items():
            got = sorted(row[0] for row in spark.sql(f"SELECT id FROM {table} WHERE {condition}").collect())
            expected = [row["id"] for row in want if keep(row)]
            if got != expected:
                wrong.append(f"{who}, {condition}: {len(got)} rows instead of {len(expected)}")
    return wrong


def reads(spark, table, condition):
    """Counts the rows of a condition, and the rows that the scan gave for it."""
    frame = spark.table(table).where(condition)
    plan = frame._jdf.queryExecution().executedPlan()
    count = len(plan.executeCollect())
    while plan.children().size() > 0:
        plan = plan.children().head()
    return count, int(plan.metrics().get("numOutputRows").get().value())
