"""The fake endpoint reached by a boto3 client: in process, or over a loopback socket."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError

from crowd.channels.mturk import client as clients
from tests.fakes.turk import Turk

KEYS = {"aws_access_key_id": "FAKE", "aws_secret_access_key": "fake"}
ADDRESS = "http://fake.test"


class Raw:
    """A reply's body as botocore reads it."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        yield self._content


def inside(turk: Turk, *, endpoint: str = ADDRESS) -> Any:
    """Return a client whose requests never leave the process."""
    client = clients.connect(endpoint, **KEYS)

    def answer(request: Any, **_: object) -> AWSResponse:
        target = request.headers["X-Amz-Target"].decode()
        reply = turk.answer(target.rpartition(".")[2], request.body or b"{}")
        if reply is None:
            raise ConnectionClosedError(endpoint_url=request.url)
        return AWSResponse(request.url, reply[0], {}, Raw(reply[1]))

    client.meta.events.register("before-send.mturk", answer)
    return client


@contextmanager
def served(turk: Turk) -> Iterator[str]:
    """Serve the fake on a port of its own; give its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            super().setup()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            reply = turk.answer(self.headers["X-Amz-Target"].rpartition(".")[2], body)
            if reply is None:
                self.close_connection = True
                self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return
            head = f"HTTP/1.1 {reply[0]} X\r\nContent-Length: {len(reply[1])}\r\n\r\n"
            self.wfile.write(head.encode() + reply[1])

        def handle(self) -> None:
            try:
                super().handle()
            except (ConnectionError, BrokenPipeError):
                return  # the client was killed

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
