"""A registration system's own check of passwords, as a stub on this computer."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class RegistrationSystem(ThreadingHTTPServer):
    """A stub of one. `answer` is its next answers; None: it takes longer than anybody waits."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, dict[str, str], Any]] = []
        self.answer: tuple[int, bytes] | None = (200, b'{"valid": true}')
        self.over = threading.Event()

    @property
    def address(self) -> str:
        """Where it is asked."""
        return f"http://127.0.0.1:{self.server_port}/check?v=1"


class Handler(BaseHTTPRequestHandler):
    server: RegistrationSystem

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.asked.append((self.path, {k.lower(): v for k, v in self.headers.items()}, json.loads(body)))
        if self.server.answer is None:
            self.server.over.wait(30)
            return
        status, said = self.server.answer
        self.send_response(status)
        self.send_header("content-length", str(len(said)))
        if status == 302:
            self.send_header("location", f"http://127.0.0.1:{self.server.server_port}/elsewhere")
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *words: Any) -> None:
        pass


@contextmanager
def registration_system() -> Iterator[RegistrationSystem]:
    """One that answers as long as the block runs."""
    server = RegistrationSystem()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
