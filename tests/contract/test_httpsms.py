"""The SMS provider with an HTTP API: the adapter against a stub of one, over the loopback."""

import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Event, Thread
from typing import Any

import pytest

from songshen.adapters.httpsms import HttpSms, ProviderUnavailable
from songshen.ports import SmsFailed

PHONE, TEXT = "+8613800000001", "【送审】您的报名材料有图片需要修改，请于3月12日18:00前登录报名系统。"


@dataclass
class Provider:
    """Answers every request with `status` and `body`, once `goes` is set."""

    status: int = 202
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    goes: Event = field(default_factory=Event)
    seen: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()
    made.goes.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            made.seen.append((self.path, dict(self.headers), body))
            made.goes.wait(10)
            self.send_response(made.status)
            for name, value in made.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(made.body)

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        made.url = f"http://127.0.0.1:{server.server_port}/v1/messages"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield made
        made.goes.set()
        server.shutdown()
        thread.join()


def send(provider: Provider, timeout: float = 5) -> None:
    HttpSms(provider.url, "s3cret", timeout).send(PHONE, TEXT)


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_what_the_provider_takes_is_sent(provider: Provider, status: int) -> None:
    provider.status = status
    send(provider)
    ((path, headers, body),) = provider.seen
    assert (path, body) == ("/v1/messages", {"to": PHONE, "text": TEXT})
    assert (headers["Authorization"], headers["Content-Type"]) == ("Bearer s3cret", "application/json")


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_what_may_be_taken_later_is_no_failure_for_good(provider: Provider, status: int) -> None:
    provider.status = status
    with pytest.raises(ProviderUnavailable, match=f"^http_{status}$"):
        send(provider)


@pytest.mark.parametrize(
    ("status", "body", "cause"),
    [
        (400, b'{"code": "invalid_number"}', "invalid_number"),
        (403, b"", "http_403"),
        (422, b'{"code": "to: +8613800000001"}', "http_422"),
        (422, b'{"code": 7}', "http_422"),
        (404, b"[]", "http_404"),
        (401, b"\xff", "http_401"),
    ],
)
def test_a_refusal_is_final_and_its_cause_is_a_code_and_nothing_else(
    provider: Provider, status: int, body: bytes, cause: str
) -> None:
    provider.status, provider.body = status, body
    with pytest.raises(SmsFailed) as refused:
        send(provider)
    assert str(refused.value) == cause
    assert refused.value.__cause__ is None


def test_the_token_follows_no_redirect(provider: Provider) -> None:
    provider.status, provider.headers = 307, {"Location": provider.url}
    with pytest.raises(SmsFailed, match=r"^http_307$"):
        send(provider)
    assert len(provider.seen) == 1


def test_a_provider_that_does_not_answer_is_not_waited_for(provider: Provider) -> None:
    provider.goes.clear()
    with pytest.raises(ProviderUnavailable, match=r"^TimeoutError$"):
        send(provider, timeout=0.05)


def test_one_that_is_not_there_may_be_there_later() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(ProviderUnavailable, match=r"^URLError$"):
        HttpSms(f"http://127.0.0.1:{port}/", "s3cret").send(PHONE, TEXT)
