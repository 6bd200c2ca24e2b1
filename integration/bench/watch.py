"""What a process costs, as the operating system counts it."""

import os
import subprocess
import sys
import threading
import time

TICK = os.sysconf("SC_CLK_TCK")


def cpu(pid):
    """User and system seconds so far; None if the process is gone."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / TICK


def peak(pid):
    """Megabytes resident at most so far."""
    try:
        with open(f"/proc/{pid}/status") as status:
            return max((int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM")), default=0)
    except OSError:
        return 0


class Peak:
    """Watches the memory of processes until they are gone or `close` is called.

    `ru_maxrss` of a child will not do: it begins with the memory of the parent that the child was forked from.
    """

    def __init__(self, *pids):
        self.pids, self.megabytes, self.stop = pids, [0] * len(pids), threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def watch(self):
        while not self.stop.wait(0.02):
            self.megabytes = [max(before, peak(pid)) for before, pid in zip(self.megabytes, self.pids)]

    def close(self):
        self.stop.set()
        self.thread.join()
        return self.megabytes


def run(command):
    """Runs a command to its end; gives CPU seconds, those of the system among them, seconds, megabytes at most, and its messages."""
    begun = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    memory = Peak(child.pid)
    said = child.stderr.read().decode()
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.monotonic() - begun
    if status:
        sys.exit(said)
    return usage.ru_utime + usage.ru_stime, usage.ru_stime, wall, memory.close()[0], said
