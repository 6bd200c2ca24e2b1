"""spark_sql.py URI FOLDER: runs statements with Spark 3.5 on a metastore; stdin is a JSON list of them, the last line of stdout the rows of each.

`@serde` and `@native` choose who reads Parquet from there on: Hive's serde or Spark itself. Values come as texts, NULL as null.
"""

import json
import sys

from spark_start import session

uri, folder = sys.argv[1:3]
spark = session(folder, uri)
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
