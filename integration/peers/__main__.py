"""Real peers around skep: metastores 2.3.9, 3.1.3 and 4.0.1, Hive's shell, Spark, Trino, Kafka. By hand:

    pip install confluent-kafka pyspark==3.5.6
    python integration/peers --skep target/release/skep [--versions 2,3,4] [CHECK...]

CHECK is one of

    suite    the suite of the catalog port over each metastore
    ingest   the quick start goes into the metastore, and Spark reads it there with both of its readers
    shell    Hive's shell prints the same on its own metastore and on `skep metastore`
    stream   Flink's script, unchanged: Kafka into Hive; Hive's shell and Spark read each value
    spark    Spark on `skep metastore`
    trino    Trino and Spark on `skep metastore`, with tables of each other and of skep

and all of them by default. A peer that does not start is a failure. Exits 1 if anything is not as it must be.
"""

import argparse
import os
import sys
import time
import traceback

import ingest
import shell
import stream
import suite
import trino
from common import SERVICES, Fault, Folder, OwnMetastore, run


def spark_on_ours(skep, _):
    with Folder() as folder, OwnMetastore(skep, f"{folder}/warehouse") as own:
        said = run([sys.executable, f"{SERVICES}/clients/spark.py", own.uri, folder])
    return f"{sum(line.startswith('ok ') for line in said.splitlines())} statements"


BY_VERSION = {"suite": suite.check, "ingest": ingest.check, "shell": shell.check, "stream": stream.check}
ONCE = {"spark": spark_on_ours, "trino": trino.check}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--skep", default="target/release/skep")
    parser.add_argument("--versions", default="2,3,4")
    parser.add_argument("checks", nargs="*", metavar="CHECK")
    options = parser.parse_args()
    unknown = set(options.checks) - BY_VERSION.keys() - ONCE.keys()
    if unknown:
        parser.error(f"there is no check {', '.join(sorted(unknown))}")
    skep = os.path.abspath(options.skep)
    chosen = options.checks or [*BY_VERSION, *ONCE]
    failed = 0
    for name in chosen:
        check = BY_VERSION.get(name) or ONCE[name]
        for version in options.versions.split(",") if name in BY_VERSION else [None]:
            begun = time.monotonic()
            what = f"{name} {version}" if version else name
            try:
                print(f"{what}: {check(skep, version)} ({time.monotonic() - begun:.0f} s)", flush=True)
            except Fault as fault:
                failed += 1
                print(f"FAULT {what}: {fault}", flush=True)
            except Exception:  # noqa: BLE001
                failed += 1
                print(f"FAULT {what}:\n{traceback.format_exc()}", flush=True)
    print(f"{failed} failed")
    sys.exit(1 if failed else 0)


main()
