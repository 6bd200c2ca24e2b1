"""Compares the quick start's table with its source by foreign readers: DuckDB and pyarrow."""

import sys

import duckdb
import pyarrow.dataset as ds

warehouse = sys.argv[1]
table = f"{warehouse}/flights"
source = "config/examples/data/flights.csv.gz"
expected = f"""
  SELECT carrier, flight, tailnum, dest, time_hour::timestamp AS departure, dep_delay, arr_delay, distance,
         (distance * 1.609344::decimal(7,6))::decimal(9,3) AS km, distance * 60 / air_time AS mph, arr_delay > 15 AS is_late,
         strftime(time_hour::timestamp, '%Y-%m-%d') AS dt, origin
  FROM read_csv('{source}', nullstr='NA')
"""
got = f"""
  SELECT carrier, flight, tailnum, dest, departure, dep_delay, arr_delay, distance, km, mph, is_late, dt, origin
  FROM read_parquet('{table}/**/*.parquet', hive_partitioning=true, hive_types_autocast=false)
"""
duckdb.sql("SET TimeZone='UTC'")
missing = duckdb.sql(f"SELECT count(*) FROM ({expected} EXCEPT ALL {got})").fetchall()[0][0]
added = duckdb.sql(f"SELECT count(*) FROM ({got} EXCEPT ALL {expected})").fetchall()[0][0]
rows = duckdb.sql(f"SELECT count(*) FROM ({got})").fetchall()[0][0]
arrow = ds.dataset(table, format="parquet", partitioning="hive").to_table()
folders = duckdb.sql(f"SELECT count(*) FROM glob('{table}/*/*/_SUCCESS')").fetchall()[0][0]
partitions = duckdb.sql(f"SELECT count(DISTINCT (dt, origin)) FROM ({got})").fetchall()[0][0]
print(f"rows {rows}, missing {missing}, added {added}, pyarrow {arrow.num_rows}, partitions {partitions}, marked {folders}")
ok = missing == added == 0 and rows == 50_000 == arrow.num_rows and folders == partitions > 0
sys.exit(0 if ok else 1)
