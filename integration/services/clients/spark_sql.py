"""spark_sql.py URI FOLDER: runs statements with Spark 3.5 on a metastore; stdin is a JSON list of them, the last line of stdout the rows of each.

`@serde` and `@native` choose who reads Parquet from there on: Hive's serde or Spark itself. Values come as texts, NULL as null.
"""

import json
import os
import sys
import time

uri, folder = sys.argv[1:3]
os.environ.update(SPARK_LOCAL_IP="127.0.0.1", TZ="UTC")
time.tzset()

from pyspark.sql import SparkSession  # noqa: E402

conf = {
    "spark.hadoop.hive.metastore.uris": uri,
    "spark.hadoop.hive.metastore.client.socket.timeout": "120s",
    "spark.hadoop.hive.exec.dynamic.partition.mode": "nonstrict",
    "spark.sql.warehouse.dir": f"file:{folder}/warehouse",
    "spark.local.dir": folder,
    "spark.log.level": "ERROR",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.extraJavaOptions": "-Duser.timezone=UTC",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.shuffle.partitions": "1",
}
builder = SparkSession.builder.master("local[1]").enableHiveSupport()
for key, value in conf.items():
    builder = builder.config(key, value)
spark = builder.getOrCreate()
answers = []
for statement in json.load(sys.stdin):
    if statement.startswith("@"):
        spark.conf.set("spark.sql.hive.convertMetastoreParquet", "true" if statement == "@native" else "false")
        spark.catalog.clearCache()
        answers.append([])
        continue
    rows = spark.sql(statement)
    rows = rows.select(*(rows[name].cast("string") for name in rows.columns)).collect()
    answers.append([list(row) for row in rows])
print(json.dumps(answers))
spark.stop()
