"""Reads tables of skep with Spark 3.5, by the serde of Hive 2.3 and by Spark's own reader, and compares every value.

usage: spark.py SKEP WAREHOUSE [URI], in the repository's root: SKEP is the binary, WAREHOUSE what the quick start wrote. With the URI of
a metastore, the quick start's table is read as it was announced there, and nothing else is done.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time

import all_types
from spark_reads import session

SCRIPT = "config/examples/quickstart.hql"
SOURCE = "config/examples/data/flights.csv.gz"
ROWS = 50_000
# The switch that takes a Parquet table from Hive's serde to Spark's reader, and the scan that each plan must show.
READERS = {"serde": ("false", "Scan hive"), "native": ("true", "FileScan parquet")}
EXPECTED = """
  SELECT carrier, flight, tailnum, dest, time_hour AS departure, dep_delay, arr_delay, distance,
         CAST(distance * 1.609344 AS DECIMAL(9,3)) AS km, CAST(distance * 60 AS DOUBLE) / air_time AS mph,
         arr_delay > 15 AS is_late, date_format(time_hour, 'yyyy-MM-dd') AS dt, origin
  FROM source
"""


def use(spark, reader, table):
    """Takes a reader for the table, and makes sure that the plan really uses it."""
    switch, scan = READERS[reader]
    spark.conf.set("spark.sql.hive.convertMetastoreParquet", switch)
    spark.sql(f"REFRESH TABLE {table}")
    plan = spark.table(table)._jdf.queryExecution().executedPlan().toString()
    if scan not in plan:
        sys.exit(f"spark: the {reader} reader does not show in the plan:\n{plan}")


def attach(spark, table, columns, partitions, location):
    """Declares a folder as an external table and finds its partitions, as a user of Hive does."""
    spark.sql(f"CREATE EXTERNAL TABLE {table} ({columns}) PARTITIONED BY ({partitions}) STORED AS PARQUET LOCATION 'file://{location}'")
    spark.sql(f"MSCK REPAIR TABLE {table}")


def check_flights(spark, skep, warehouse, uri=None):
    """Compares the quick start's table with its source; returns what differs. Without a metastore the folder is declared as a table first."""
    script = open(SCRIPT).read()
    source = re.search(r"CREATE TABLE flights_csv \((.*?),\s*WATERMARK", script, re.S).group(1).replace("TIMESTAMP(3)", "TIMESTAMP")
    columns, partitions = re.search(r"CREATE TABLE flights \((.*?)\)\s*PARTITIONED BY \((.*?)\)\s*STORED AS PARQUET", script, re.S).groups()
    spark.read.csv(SOURCE, schema=source, header=True, nullValue="NA", mode="FAILFAST").createOrReplaceTempView("source")
    spark.sql(f"CACHE TABLE expected AS {EXPECTED}")
    if not uri:
        attach(spark, "flights", columns, partitions, f"{warehouse}/flights")
    wrong = []
    for reader in READERS:
        use(spark, reader, "flights")
        spark.sql("CACHE TABLE got AS SELECT * FROM flights")
        rows = spark.table("got").count()
        missing = spark.sql("TABLE expected EXCEPT ALL TABLE got").count()
        added = spark.sql("TABLE got EXCEPT ALL TABLE expected").count()
        spark.sql("UNCACHE TABLE got")
        spark.catalog.dropTempView("got")
        if (rows, missing, added) != (ROWS, 0, 0):
            wrong.append(f"flights by {reader}: rows {rows}, missing {missing}, added {added}")
    return wrong + check_partitions(spark, skep, warehouse, uri)


def check_partitions(spark, skep, warehouse, uri):
    """Compares the partitions that skep announced, and their statistics, with what Spark finds and counts."""
    environment = os.environ | ({"SKEP__METASTORE__URIS": uri} if uri else {})
    out = subprocess.run(
        [skep, "partitions", "flights", "--warehouse", warehouse, "--format", "json"], check=True, capture_output=True, text=True, env=environment
    ).stdout
    lines = [json.loads(line) for line in out.splitlines()]
    told = {line["partition"]: (line["rows"], line["files"]) for line in lines if line["status"] == "committed"}
    found = {row[0] for row in spark.sql("SHOW PARTITIONS flights").collect()}
    counted = spark.sql("""
      SELECT concat('dt=', dt, '/origin=', origin), count(*), count(DISTINCT file)
      FROM (SELECT dt, origin, input_file_name() AS file FROM flights) GROUP BY 1
    """).collect()
    counted = {row[0]: (row[1], row[2]) for row in counted}
    wrong = []
    if found != set(told):
        wrong.append(f"partitions by name: {sorted(found ^ set(told))[:5]}")
    if counted != told:
        wrong.append(f"partitions by rows and files: {sorted(counted.items() ^ told.items())[:5]}")
    return wrong


def check_types(spark, skep, folder):
    """Writes one table of all types in the legacy and the modern form; returns where a reader differs from the source."""
    wrong = []
    for form, readers in {"legacy": ["serde", "native"], "modern": ["native"]}.items():
        location = all_types.write(skep, folder, form)
        table = f"types_{form}"
        attach(spark, table, all_types.COLUMNS, "p STRING", location)
        for reader in readers:
            use(spark, reader, table)
            rows = spark.table(table).drop("p").collect()
            got = [row.asDict(recursive=True) for row in rows]
            wrong += all_types.differences(f"{table} by Spark's {reader}", got, padded=True)
        wrong += all_types.differences(f"{table} by pyarrow", all_types.by_pyarrow(location))
        wrong += all_types.differences(f"{table} by DuckDB", all_types.by_duckdb(location))
    return wrong


def main():
    skep, warehouse = (os.path.abspath(path) for path in sys.argv[1:3])
    uri = sys.argv[3] if len(sys.argv) > 3 else None
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        spark = session(folder, uri)
        wrong = check_flights(spark, skep, warehouse, uri)
        if not uri:
            wrong += check_types(spark, skep, folder)
        version = spark.version
        spark.stop()
    for line in wrong:
        print(line)
    types = "" if uri else f" and {len(all_types.ROWS)} rows of all types"
    print(f"spark {version}: {ROWS} flights{types} expected, differences {len(wrong)}, {time.monotonic() - started:.0f} s")
    sys.exit(1 if wrong else 0)


main()
