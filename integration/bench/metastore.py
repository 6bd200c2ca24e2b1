"""One table of many partitions in skep's metastore and in Hive's 3.1.3, over thrift, by one client in one run. By hand:

    python integration/bench/metastore.py [--partitions 100000] [--peer hms3]

Partitions are added in calls of 100, read by name in calls of 100, found by a filter (one day of three hundred), and all names are listed.
Hive adds about 80 partitions a second, so 100,000 take it twenty minutes.
"""

import argparse
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SERVICES = f"{ROOT}/integration/services"
WHAT = {"add": "partitions added a second", "get": "partitions read by name a second", "names": "names listed a second", "filter": "filters a second"}


def rates(line):
    found = {name: float(value) for name, value in re.findall(r"(\w+) ([\d.]+)", line.split(": ", 1)[1])}
    return found | {"filter": 1000 / found["filter"]}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--partitions", type=int, default=100_000)
    parser.add_argument("--peer", default="hms3")
    options = parser.parse_args()
    said = subprocess.run([f"{SERVICES}/up", options.peer], check=True, stdout=subprocess.PIPE, text=True).stdout
    words = dict(line.split(maxsplit=1) for line in said.splitlines())
    try:
        command = ["cargo", "run", "--quiet", "--release", "-p", "metastore", "--example", "rates", "--",
                   str(options.partitions), "embedded", f"thrift://{words[options.peer]}"]
        lines = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    finally:
        subprocess.run([f"{SERVICES}/down", words["handle"]], check=True)
    ours, theirs = (rates(line) for line in lines[1:3])
    print(f"{options.partitions} partitions; skep, {options.peer}, how many times")
    for name, what in WHAT.items():
        print(f"{what}: {ours[name]:.0f}, {theirs[name]:.0f}, {ours[name] / theirs[name]:.1f}")


if __name__ == "__main__":
    sys.exit(main())
