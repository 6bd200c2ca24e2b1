"""Compares what `skep inspect` says of ORC files with what ORC's own tools say: stripes, encodings, streams, row groups, bloom filters.

usage: inspected.py --skep BINARY --tools orc-tools.jar FILE.orc...

Bounds that skep does not trust (of old writers' texts, timestamps and decimals) may be missing; everything else must be equal. Exits 1 if
something differs.
"""

import argparse
import json
import os
import subprocess
import sys

DISTRUSTED = ("STRING", "TIMESTAMP", "DECIMAL")


def said(command):
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode != 0:
        return None, (run.stderr.strip() or run.stdout.strip()).splitlines()[-1:]
    return json.loads(run.stdout), None


def same(ours, theirs):
    ours = ours[1:-1] if isinstance(ours, str) and ours.startswith("'") else ours
    if isinstance(theirs, str) and " AD " in theirs:
        theirs = theirs.split(" AD ")[1].rjust(10, "0")
    if str(ours) == str(theirs) or (ours == "NaN" and theirs != theirs):
        return True
    if ":" in str(theirs) and ":" in str(ours):
        # A time: ours has microseconds.
        def plain(time):
            return time.rstrip("0").rstrip(".") if "." in time else time

        return plain(ours) == plain(theirs[:26]) and theirs[26:].strip("09") == ""
    try:
        return float(ours) == float(theirs)
    except (TypeError, ValueError):
        return False


class File:
    def __init__(self, name):
        self.name, self.wrong, self.compared = name, [], 0

    def equal(self, what, ours, theirs):
        self.compared += 1
        if not same(ours, theirs):
            self.wrong.append(f"{self.name}: {what}: {ours} instead of {theirs}")

    def bounds(self, what, ours, theirs):
        self.equal(f"{what}, values", ours["values"], theirs["count"])
        if theirs["count"] == 0:
            return
        for key, name in (("min", "least"), ("max", "greatest")):
            if key in theirs and not (ours[name] is None and theirs.get("type") in DISTRUSTED):
                self.equal(f"{what}, {name}", ours[name], theirs[key])

    def stripe(self, number, ours, theirs):
        for name, key in (("offset", "offset"), ("rows", "rowCount"), ("index_bytes", "indexLength"),
                          ("data_bytes", "dataLength"), ("footer_bytes", "footerLength")):
            self.equal(f"stripe {number}, {name}", ours[name], theirs["stripeInformation"][key])
        streams = {}
        for stream in theirs["streams"]:
            streams.setdefault(stream["columnId"], {})[stream["section"].lower()] = stream["length"]
        for column, encoding in zip(ours["columns"], theirs["encodings"], strict=True):
            what = f"stripe {number}, column {column['column']}"
            self.equal(f"{what}, streams", dict(sorted(column["streams"].items())), dict(sorted(streams.get(column["id"], {}).items())))
            self.equal(f"{what}, encoding", column["encoding"], encoding["kind"])
            self.equal(f"{what}, dictionary", column["dictionary_size"], encoding.get("dictionarySize"))
        for index in theirs.get("indexes", []):
            self.index(number, ours, index)

    def index(self, number, ours, index):
        of_column = [[c for c in group["columns"] if c["id"] == index["columnId"]] for group in ours["row_groups"]]
        groups = [columns[0] for columns in of_column if columns]
        what = f"stripe {number}, column {index['columnId']}"
        self.equal(f"{what}, row groups", len(groups), len(index.get("rowGroupIndexes", [])))
        for i, (group, entry) in enumerate(zip(groups, index.get("rowGroupIndexes", []))):
            self.bounds(f"{what}, row group {i}", group, entry)
            self.equal(f"{what}, row group {i}, positions", group["positions"], entry["positions"])
        for i, (group, entry) in enumerate(zip(groups, index.get("bloomFilterIndexes", []))):
            if "bloom_filter_fpp" in group:
                ours_fpp, theirs_fpp = group["bloom_filter_fpp"], entry["expectedFpp"]
                self.equal(f"{what}, bloom filter {i}", abs(ours_fpp - theirs_fpp) <= 1e-5 * max(ours_fpp, 1e-30), True)


def compare(skep, jar, path):
    file = File(os.path.basename(path))
    ours, refused = said([skep, "inspect", path, "--format", "json"])
    if ours is None:
        file.wrong.append(f"{file.name}: {refused}")
        return file
    columns = ",".join(str(n) for n in range(len(ours["statistics"])))
    theirs, refused = said(["java", "-Xmx512m", "-jar", jar, "meta", "-j", "--rowindex", columns, path])
    if theirs is None:
        print(f"{file.name}: not read by ORC's tools: {refused}")
        return file
    theirs = theirs[0] if isinstance(theirs, list) else theirs
    file.equal("rows", ours["rows"], theirs["numberOfRows"])
    for i, (column, other) in enumerate(zip(ours["statistics"], theirs["fileStatistics"])):
        file.bounds(f"column {i}", column, other)
    file.equal("stripes", len(ours["stripes"]), len(theirs.get("stripes", [])))
    for number, (stripe, other) in enumerate(zip(ours["stripes"], theirs.get("stripes", []))):
        file.stripe(number, stripe, other)
    return file


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--skep", default="target/release/skep")
    parser.add_argument("--tools", required=True, help="the jar of orc-tools")
    parser.add_argument("files", nargs="+")
    args = parser.parse_args()
    files = [compare(args.skep, args.tools, path) for path in args.files]
    for file in files:
        for line in file.wrong[:10]:
            print(line)
    wrong = sum(len(file.wrong) for file in files)
    print(f"{len(files)} files, {sum(file.compared for file in files)} facts compared, {wrong} differ")
    sys.exit(1 if wrong else 0)


main()
