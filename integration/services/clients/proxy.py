"""Stands between a client and a service, and breaks what it is told to break.

    pass    nothing
    before  the connection ends when a request comes; the service never sees it
    after   the service does the work; the connection ends when it answers
    error   the answer is an exception of thrift's binary protocol, then the connection ends
    slow    each answer is half a second late
"""

import contextlib
import socket
import struct
import threading
import time

MODES = ("pass", "before", "after", "error", "slow")
LATE = 0.5


def exception(request):
    """The answer of a server that has failed: no reason that a client could act on."""
    size = struct.unpack(">i", request[4:8])[0]
    head, name = request[8 + size:12 + size], request[8:8 + size]
    said = b"Internal error processing " + name
    fields = struct.pack(">bhi", 11, 1, len(said)) + said + struct.pack(">bhi", 8, 2, 6) + b"\0"
    return struct.pack(">Ii", 0x8001_0003, size) + name + head + fields


class Proxy:
    def __init__(self, target):
        host, port = target.rsplit(":", 1)
        self.target, self.mode, self.broken = (host, int(port)), "pass", dict.fromkeys(MODES, 0)
        self.server = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.server.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.server.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        try:
            service = socket.create_connection(self.target, 10)
        except OSError:
            return client.close()
        # A service that stands still is the client's affair.
        service.settimeout(None)
        ends = (client, service)
        threading.Thread(target=self.answers, args=ends, daemon=True).start()
        with contextlib.suppress(OSError):
            while request := client.recv(1 << 16):
                mode = self.mode
                self.broken[mode] += 1
                if mode == "before":
                    break
                if mode == "error":
                    if request[:1] == b"\x80":
                        client.sendall(exception(request))
                    break
                service.sendall(request)
        self.end(ends)

    def answers(self, client, service):
        with contextlib.suppress(OSError):
            while answer := service.recv(1 << 16):
                if self.mode == "after":
                    break
                if self.mode == "slow":
                    time.sleep(LATE)
                client.sendall(answer)
        self.end((client, service))

    def end(self, ends):
        for one in ends:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def close(self):
        self.server.close()
