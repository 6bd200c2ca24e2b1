"""How long after a partition's announcement `skep tail` prints its rows. By hand:

    cargo build --release && cargo build --release -p metastore --example announce
    python integration/bench/tail_delay.py --skep target/release/skep --announce target/release/examples/announce [--known 1000] [--metastore own] [--s3]

The metastore is `skep metastore`, or a real one, a peer of `integration/services/up`. `--known` partitions are announced before the tail
starts. `--s3`: the files are objects of an S3 server. Each delay counts from the return of the call that announced the partition. Exits 1 if one is longer than the interval and 100 ms.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "services", "clients"))
from peers import start_metastore, start_s3  # noqa: E402


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--skep", default="target/release/skep")
    parser.add_argument("--announce", default="target/release/examples/announce")
    parser.add_argument("--metastore", default="own")
    parser.add_argument("--interval", type=int, default=200, help="milliseconds")
    parser.add_argument("--known", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--s3", action="store_true")
    args = parser.parse_args()
    skep = os.path.abspath(args.skep)
    with tempfile.TemporaryDirectory() as folder:
        uri, end = start_metastore(args.metastore, skep, folder)
        place, settings, end_s3 = [f"{folder}/t"], {}, lambda: None
        if args.s3:
            endpoint, data, end_s3 = start_s3()
            place = [f"{data}/bucket/t", "s3a://bucket/t"]
            settings = {"AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "skeptest", "AWS_SECRET_ACCESS_KEY": "skeptest123"}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        writer = subprocess.Popen([os.path.abspath(args.announce), uri, *place], **pipes)
        writer.stdout.readline()

        def announce():
            writer.stdin.write("\n")
            writer.stdin.flush()
            return [int(word) for word in writer.stdout.readline().split()]

        for _ in range(args.known):
            announce()
        tail = subprocess.Popen(
            [skep, "tail", "announced", "-n", "0", "--format", "csv", "--interval", f"{args.interval}ms"],
            env={**os.environ, **settings, "SKEP__METASTORE__URIS": uri, "SKEP__WAREHOUSE": f"{folder}/none"},
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )
        tail.stdout.readline()
        announce()  # the first one may come before or after the first look
        time.sleep(2 + args.known / 1000)
        delays, calls = [], []
        last = args.known
        for _ in range(args.rounds):
            time.sleep(random.uniform(0, args.interval / 1000))
            number, before, after = announce()
            while True:
                line = tail.stdout.readline()
                came = time.time_ns()
                last = int(line.split(",")[0])
                if last >= number:
                    break
            delays.append((came - after) / 1e6)
            calls.append((after - before) / 1e6)
        tail.terminate()
        code = tail.wait()
        writer.stdin.close()
        writer.wait()
        end()
        end_s3()
    delays.sort()
    median, late = delays[len(delays) // 2], delays[-1]
    print(
        f"{args.rounds} partitions beside {args.known}, interval {args.interval} ms: {median:.0f} ms in the median, {late:.0f} ms at most; "
        f"the call that announces takes {sorted(calls)[len(calls) // 2]:.1f} ms"
    )
    sys.exit(1 if late > args.interval + 100 or code != 0 else 0)


if __name__ == "__main__":
    main()
