"""Starts Spark 3.5 in this process, with one thread; nothing listens beyond the loopback."""

import os
import time


def session(folder, uri=None, log="ERROR"):
    """A session whose files are in the folder, on the metastore URI, or on one of its own. Times are UTC."""
    os.environ.update(SPARK_LOCAL_IP="127.0.0.1", TZ="UTC")
    time.tzset()
    from pyspark.sql import SparkSession

    conf = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": "1g",
        "spark.driver.extraJavaOptions": f"-Duser.timezone=UTC -Dderby.system.home={folder}",
        "spark.local.dir": folder,
        "spark.log.level": log,
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.warehouse.dir": f"file://{folder}/warehouse",
        "spark.hadoop.hive.exec.dynamic.partition.mode": "nonstrict",
        "spark.hadoop.javax.jdo.option.ConnectionURL": f"jdbc:derby:;databaseName={folder}/metastore;create=true",
    }
    if uri:
        conf["spark.hadoop.hive.metastore.uris"] = uri
        conf["spark.hadoop.hive.metastore.client.socket.timeout"] = "120s"
    builder = SparkSession.builder.master("local[1]").enableHiveSupport()
    for key, value in conf.items():
        builder = builder.config(key, value)
    return builder.getOrCreate()
