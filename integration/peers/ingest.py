"""The quick start goes into a real metastore, and Spark reads it through that metastore with both of its readers."""

import sys

from common import ROOT, SPARK, Folder, Peers, conf_dir, run


def check(skep, version):
    if version not in SPARK:
        return "left out: Spark 3.5 has no client for Hive 4"
    with Peers(f"hms{version}") as peers, Folder() as folder:
        return quickstart(skep, peers.uri(f"hms{version}"), folder)


def quickstart(skep, uri, folder):
    warehouse = f"{folder}/state"
    run([skep, "ingest", "config/examples/quickstart.hql", "--warehouse", warehouse, "--hive-conf-dir", conf_dir(f"{folder}/conf", uri)], cwd=ROOT)
    return run([sys.executable, "-B", "integration/oracle/spark.py", skep, warehouse, uri], cwd=ROOT).strip()
