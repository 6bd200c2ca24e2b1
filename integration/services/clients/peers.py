"""Starts services for a test: peers of `services/up`, or `skep metastore`."""

import contextlib
import os
import subprocess

SERVICES = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def start_metastore(kind, skep, folder):
    """Gives an address and what ends the service; `own` is skep's, kept below the folder."""
    if kind == "own":
        command = [skep, "metastore", "--listen", "127.0.0.1:0", "--warehouse", f"{folder}/ms"]
        service = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        return service.stdout.readline().strip(), lambda: (service.terminate(), service.wait())
    address, _, end = start(kind)
    return f"thrift://{address}", end


def start_s3():
    """Gives the address, the folder whose folders are the buckets, and what ends the server."""
    address, folder, end = start("s3")
    return f"http://{address}", f"{folder}/data", end


@contextlib.contextmanager
def running(peer, **environment):
    """Gives the address of a peer that runs as long as a `with` block."""
    address, _, end = start(peer, **environment)
    try:
        yield address
    finally:
        end()


def start(peer, **environment):
    """Gives the address, the folder and what ends the peer; the environment says what it needs to know."""
    told = os.environ | environment
    said = subprocess.run([f"{SERVICES}/up", peer], check=True, stdout=subprocess.PIPE, text=True, env=told).stdout.split()
    handle = said[said.index("handle") + 1]
    return said[1], f"{handle}/{peer}", lambda: subprocess.run([f"{SERVICES}/down", handle], check=True)
