"""Runs one bounded job on a fresh Flink and says what it has cost."""

import json
import os
import subprocess
import sys
import time
import urllib.request

import watch

HERE = os.path.dirname(os.path.abspath(__file__))
LIMIT = 1800


def run(script, name, conf, lanes):
    """Gives CPU seconds of JobManager and TaskManager from the job's submission to its end (their start is left out, so is the SQL
    client), the job's seconds, and the megabytes of both."""
    said = subprocess.run([f"{HERE}/../services/up", "flink"], check=True, capture_output=True, text=True,
                          env=os.environ | {"SKEP_FLINK_SLOTS": str(lanes)}).stdout
    words = dict(line.split(maxsplit=1) for line in said.splitlines())
    address, folder = words["flink"], f"{words['handle']}/flink"

    def get(path):
        with urllib.request.urlopen(f"http://{address}{path}", timeout=20) as answer:
            return json.load(answer)

    try:
        pids = [int(open(f"{folder}/{name}").read()) for name in ("jobmanager", "taskmanager")]
        memory = watch.Peak(*pids)
        before = sum(watch.cpu(pid) for pid in pids)
        client = subprocess.run([f"{folder}/sql", script, conf], capture_output=True, text=True, timeout=300)
        jobs = [job for job in get("/jobs/overview")["jobs"] if job["name"] == name]
        if not jobs:
            sys.exit(f"Flink has no job {name}\n{client.stdout[-3000:]}{client.stderr[-3000:]}")
        end = time.monotonic() + LIMIT
        while True:
            try:
                job = get(f"/jobs/{jobs[0]['jid']}")
            except OSError:
                job = {"state": "busy"}
            if job["state"] in ("FINISHED", "FAILED", "CANCELED"):
                break
            if time.monotonic() > end:
                sys.exit(f"Flink takes longer than {LIMIT} s")
            time.sleep(0.2)
        cpu = sum(watch.cpu(pid) for pid in pids) - before
        if job["state"] != "FINISHED":
            sys.exit(f"Flink: {job['state']}\n{open(f'{folder}/log').read()[-3000:]}")
        return cpu, job["duration"] / 1000, sum(memory.close())
    finally:
        subprocess.run([f"{HERE}/../services/down", words["handle"]], check=True)
