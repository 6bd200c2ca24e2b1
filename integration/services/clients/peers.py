"""Starts a metastore for a test: `skep metastore`, or a peer of `services/up`."""

import os
import subprocess

SERVICES = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def start_metastore(kind, skep, folder):
    """Gives an address and what ends the service; `own` is skep's, kept below the folder."""
    if kind == "own":
        command = [skep, "metastore", "--listen", "127.0.0.1:0", "--warehouse", f"{folder}/ms"]
        service = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        return service.stdout.readline().strip(), lambda: (service.terminate(), service.wait())
    said = subprocess.run([f"{SERVICES}/up", kind], check=True, capture_output=True, text=True).stdout.split()
    uri, handle = f"thrift://{said[1]}", said[said.index("handle") + 1]
    return uri, lambda: subprocess.run([f"{SERVICES}/down", handle], check=True)
