"""Kafka -> a metastore of its own while everything breaks, judged by readers that share no code with what they judge. By hand:

    pip install confluent-kafka duckdb
    python integration/faults.py --skep target/release/skep [--kills 200] [--minutes 240] [--metastore hms3|skep] [--pause 30]
        [--seed 1] [--points 150]

Transactions are committed and aborted all the time. At random moments: SIGKILL of the reader (counted), of the broker, of the metastore;
SIGSTOP of each for `--pause` seconds; a second reader of the pipeline; one more partition of the topic; a proxy before the metastore that
cuts the connection before a request or after the work, answers with errors, or is slow. After each kill: no row twice, none of an aborted
transaction, no file gone; after each tenth: nothing announced that is not there. At the end the broker's own committed records, read by
librdkafka, are there once each, and the partitions in the metastore are those that have files. `--points` adds small runs that strace kills
at one call after the other that changes the disk, at most so many of each. Exits 1 on any fault.
"""

import argparse
import collections
import contextlib
import os
import random
import signal
import sys
import time

from confluent_kafka.admin import NewPartitions

from campaign import traced
from faults_world import HOUR, Feeder, Metastore, Pipeline, committed, event
from kafka import Broker, producer, send, wait
from proxy import MODES, Proxy

CALLS = ("renameat2", "rename", "fsync", "fdatasync", "unlink", "mkdir", "openat")
UNAVAILABLE, ANOTHER = 69, 75


def stand_still(pid, seconds):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGSTOP)
        time.sleep(seconds)
        os.kill(pid, signal.SIGCONT)


class Faults:
    """Decides what breaks besides the reader, and breaks it."""

    def __init__(self, options, chance, broker, metastore, proxy, feeder):
        self.options, self.chance, self.broker, self.metastore, self.proxy, self.feeder = options, chance, broker, metastore, proxy, feeder
        self.count = collections.Counter()
        kinds = [self.kill_broker, self.kill_metastore, self.stop_broker, self.stop_metastore, self.stop_reader, self.second_reader, self.new_partition]
        # Each once at a random moment, then at random; a second reader costs little.
        self.due = {kind: chance.randrange(1, max(2, options.kills * 2 // 3)) for kind in kinds}

    def before_start(self):
        """Most readers find a metastore that is well; without one none starts."""
        self.proxy.mode = "pass" if self.chance.random() < 0.8 else self.chance.choice(MODES)

    def while_it_runs(self):
        """What the reader announces from now on meets this."""
        self.proxy.mode = self.chance.choice(MODES)

    def before_kill(self, number, one):
        for kind, at in self.due.items():
            often = 0.1 if kind == self.second_reader else self.options.often
            if number == at or self.chance.random() < often:
                self.count[kind.__name__.replace("_", " ")] += 1
                kind(one)

    def kill_broker(self, *_):
        os.kill(self.broker.pid(), signal.SIGKILL)
        time.sleep(self.chance.random())
        self.broker.again()

    def kill_metastore(self, *_):
        os.kill(self.metastore.pid(), signal.SIGKILL)
        time.sleep(self.chance.random())
        self.metastore.again()

    def stop_broker(self, *_):
        stand_still(self.broker.pid(), self.options.pause)

    def stop_metastore(self, *_):
        stand_still(self.metastore.pid(), self.options.pause)

    def stop_reader(self, one):
        """Another one must not take over what this one holds."""
        os.kill(one.reader.pid, signal.SIGSTOP)
        second = one.start()
        time.sleep(self.options.pause)
        os.kill(one.reader.pid, signal.SIGCONT)
        self.one_goes(one, second)

    def second_reader(self, one):
        self.one_goes(one, one.start())

    def one_goes(self, one, second):
        """Of two readers one is refused: the second, unless the first was not far enough to hold the pipeline."""
        both = (one.reader, second)
        wait("one of two readers is refused", lambda: any(reader.poll() is not None for reader in both), 300)
        for reader in both:
            if reader.poll() not in (None, ANOTHER, UNAVAILABLE):
                sys.exit(f"FAULT: one of two readers ends with {reader.poll()}, in {one.folder}\n{one.log()}")
        one.reader = second if one.reader.poll() is not None else one.reader

    def new_partition(self, *_):
        if self.feeder.partitions < 8:
            for done in self.broker.admin.create_partitions([NewPartitions(self.feeder.topic, self.feeder.partitions + 1)]).values():
                done.result(120)
            self.feeder.partitions += 1


def nothing_ahead(metastore, one):
    """What the metastore has announced must be there."""
    ahead = set(metastore.partitions(one.table)) - one.partitions()
    if ahead:
        sys.exit(f"FAULT: announced without files: {sorted(ahead)}, in {one.folder}")


def ended_by_itself(one):
    """Whether the reader must be started again; whoever starts while the metastore is away is told so."""
    code = one.reader.poll()
    if code not in (None, UNAVAILABLE):
        sys.exit(f"FAULT: the reader has ended by itself with {code}, in {one.folder}\n{one.log()}")
    return code is not None


def kill_and_judge(options, chance, one, faults, metastore):
    """Kills the reader until it was killed often or long enough; gives how often, and how many starts were refused."""
    feeder, kills, refused, end = faults.feeder, 0, 0, time.monotonic() + options.minutes * 60
    while kills < options.kills and time.monotonic() < end:
        faults.before_start()
        one.begin()
        # A third while it recovers, the others after it has written something.
        until = 0 if chance.random() < 0.33 else time.monotonic() + 60
        files = len(one.files())
        while time.monotonic() < until and one.reader.poll() is None and len(one.files()) <= files:
            time.sleep(0.05)
        if until:
            faults.while_it_runs()
        time.sleep(chance.uniform(0, 2))
        if feeder.failure:
            sys.exit(f"FAULT of the feeder: {feeder.failure!r}")
        if not ended_by_itself(one):
            faults.before_kill(kills, one)
        if ended_by_itself(one):
            refused += 1
            if refused > 50 * options.kills:
                sys.exit(f"FAULT: the metastore does not come back\n{one.log()}")
            continue
        one.kill()
        kills += 1
        rows = one.look()
        if kills % 10 == 0:
            nothing_ahead(metastore, one)
            print(f"  {kills} kills, {rows} rows visible of about {feeder.sent - feeder.aborted}, {len(one.files())} files", flush=True)
    return kills, refused


def campaign(options, chance, broker, metastore):
    topic = broker.topic("faults", 3)
    proxy = Proxy(metastore.address)
    feeder = Feeder(broker, topic, random.Random(options.seed + 1))
    one = Pipeline(options.skep, broker, topic, "faults", proxy.address)
    faults = Faults(options, chance, broker, metastore, proxy, feeder)
    feeder.start()
    try:
        kills, refused = kill_and_judge(options, chance, one, faults, metastore)
        proxy.mode = "pass"
        feeder.stopping.set()
        feeder.join(600)
        waiting = {feeder.close()}
        expected = committed(broker, topic)
        one.begin()

        def all_there():
            if ended_by_itself(one):
                one.begin()
            return one.look() >= len(expected) and set(metastore.partitions(one.table)) >= one.partitions() - waiting

        wait("all committed rows and announcements", all_there, 600)
        one.reader.terminate()
        if one.reader.wait(120) != 0:
            sys.exit(f"FAULT: the stop is not clean, in {one.folder}\n{one.log()}")
        one.judge(expected, metastore.partitions(one.table), waiting)
    finally:
        one.kill()
        proxy.close()
    told = ", ".join(f"{count} x {kind}" for kind, count in sorted(faults.count.items()))
    broken = ", ".join(f"{mode} {count}" for mode, count in proxy.broken.items() if mode != "pass")
    print(f"{kills} kills, {refused} starts refused; {told}; requests to the metastore broken: {broken}; {len(expected)} committed "
          f"rows once each, {feeder.aborted} of aborted transactions not, {len(one.partitions() - waiting)} partitions announced", flush=True)
    one.done()


def sweep(options, broker, metastore):
    """Kills a bounded run at its first call that changes the disk, the next one at its second, until one survives; each is started again."""
    topic, rows = broker.topic("sweep", 3), 5 * HOUR // 4
    to = producer(broker, log_level=0)
    for n in range(rows):
        send(to, topic, n % 3, event(n))
    to.flush()
    number = 0
    for call in CALLS:
        points = 0
        while points < options.points:
            number += 1
            one = Pipeline(options.skep, broker, topic, f"sweep{number}", metastore.address, **{"scan.bounded.mode": "latest-offset"})
            one.write(interval="20 ms")
            code, said = traced(one, call, f"signal=KILL:when={points + 1}")
            if code not in (0, -signal.SIGKILL):
                sys.exit(f"FAULT: {call} {points + 1}: exit {code}, in {one.folder}\n{said}")
            one.look()
            nothing_ahead(metastore, one)
            one.run()
            one.judge(range(rows), metastore.partitions(one.table))
            one.done()
            if code == 0:
                break
            points += 1
        print(f"  killed at {points} calls of {call}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--skep", default="target/release/skep")
    parser.add_argument("--metastore", default="hms3", choices=["hms2", "hms3", "hms4", "skep"])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=240, help="the kills end after these at the latest")
    parser.add_argument("--pause", type=float, default=30)
    parser.add_argument("--often", type=float, default=0.01, help="share of the kills at which each other fault happens too")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--points", type=int, default=0)
    options = parser.parse_args()
    options.skep = os.path.abspath(options.skep)
    begun = time.monotonic()
    broker = Broker("kafka")
    try:
        metastore = Metastore(options.metastore, options.skep, broker.folder)
        try:
            if options.kills:
                campaign(options, random.Random(options.seed), broker, metastore)
            if options.points:
                sweep(options, broker, metastore)
        finally:
            metastore.down()
    finally:
        broker.down()
    print(f"faults: fine ({time.monotonic() - begun:.1f} s)", flush=True)


if __name__ == "__main__":
    main()
