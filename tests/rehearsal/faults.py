"""A loopback proxy between functions and their AWS services that fails a seeded share of the calls.

The emulator never throttles, never conflicts and never loses an answer. Each function has a port of its own, so that
what it suffers can differ. What happens to a call:

    throttled   the service's own "too fast", without the call having been made
    conflict    DynamoDB's refusal because another write was under way, without it either
    lost        the connection ends before the call was made
    unanswered  the call is made, and the connection ends instead of its answer
    slow        the answer comes a second late
    hanging     the answer comes after the client's time-out

For two of every twenty seconds it is an outage: most calls fail. A seed makes everything that depends on chance; what
calls come when does not.
"""

import asyncio
import json
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    THROTTLED = "throttled"
    CONFLICT = "conflict"
    LOST = "lost"
    UNANSWERED = "unanswered"
    SLOW = "slow"
    HANGING = "hanging"


SLOW_SECONDS = 1.0
HANGING_SECONDS = 9.0  # functions give up reading after eight
OUTAGE_EVERY, OUTAGE_LASTS, OUTAGE_SHARE = 20.0, 2.0, 0.6
SHARES: Mapping[Fault, float] = {
    Fault.THROTTLED: 0.02,
    Fault.CONFLICT: 0.02,
    Fault.LOST: 0.01,
    Fault.UNANSWERED: 0.02,
    Fault.SLOW: 0.005,
    Fault.HANGING: 0.0003,
}
# An SMS whose answer is lost, or whose record fails for good, is sent again: promised is "at least once", so the calls
# of those who send fail only in ways that leave no doubt, and never for long.
WITHOUT_DOUBT = frozenset({Fault.THROTTLED, Fault.CONFLICT, Fault.LOST, Fault.SLOW})
NO_OUTAGE = frozenset({"notify", "deadlines"})
CONFLICTING = frozenset({"UpdateItem", "PutItem", "DeleteItem", "TransactWriteItems"})


@dataclass(frozen=True)
class Call:
    """One request as the proxy sees it; `service` is "" where no header names it (S3)."""

    service: str
    operation: str
    items: int = 1


class Dice:
    """Which call fails and how."""

    def __init__(self, seed: int, shares: Mapping[Fault, float] = SHARES) -> None:
        self._random = random.Random(seed)
        self._shares = shares

    def fault(self, function: str, call: Call, since_start: float) -> Fault | None:
        """What happens to this call."""
        possible = [f for f in self._shares if self._fits(f, function, call)]
        if function not in NO_OUTAGE and since_start % OUTAGE_EVERY > OUTAGE_EVERY - OUTAGE_LASTS:
            quick = [f for f in possible if f not in {Fault.SLOW, Fault.HANGING}]
            return self._random.choice(quick) if self._random.random() < OUTAGE_SHARE else None
        drawn = self._random.random()
        for fault in possible:
            drawn -= self._shares[fault]
            if drawn < 0:
                return fault
        return None

    def _fits(self, fault: Fault, function: str, call: Call) -> bool:
        if function in NO_OUTAGE and fault not in WITHOUT_DOUBT:
            return False
        return fault is not Fault.CONFLICT or call.operation in CONFLICTING


def refusal(fault: Fault, call: Call) -> bytes:
    """The service's answer to a throttled or conflicting call."""
    if call.service == "":
        body = b"<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>"
        return _answer(503, "application/xml", body)
    if call.service == "sns":
        error = b"<Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message></Error>"
        return _answer(400, "text/xml", b"<ErrorResponse>" + error + b"</ErrorResponse>")
    if fault is Fault.CONFLICT and call.operation == "TransactWriteItems":
        reasons = [{"Code": "TransactionConflict"}, *({"Code": "None"} for _ in range(call.items - 1))]
        return _json("TransactionCanceledException", CancellationReasons=reasons)
    if fault is Fault.CONFLICT:
        return _json("TransactionConflictException")
    if call.service == "dynamodb":
        return _json("ProvisionedThroughputExceededException")
    return _json("TooManyRequestsException" if call.service == "cognito" else "ThrottlingException")


def _json(kind: str, **members: object) -> bytes:
    body = json.dumps({"__type": kind, "message": "injected", "Message": "injected"} | members).encode()
    return _answer(400, "application/x-amz-json-1.0", body)


def _answer(status: int, kind: str, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status} Injected\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


def call_of(head: bytes, body: bytes) -> Call:
    """Reads what a request asks for from its head (and how many items a transaction has from its body)."""
    target = _header(head, b"x-amz-target").decode()
    if not target:
        return Call("sns", "Publish") if b"Action=Publish" in body[:4096] else Call("", head.split(b" ", 1)[0].decode())
    prefix, _, operation = target.partition(".")
    names = {"DynamoDB": "dynamodb", "AWSStep": "states", "AWSCogni": "cognito"}
    service = next((name for start, name in names.items() if prefix.startswith(start)), prefix)
    items = len(json.loads(body)["TransactItems"]) if operation == "TransactWriteItems" else 1
    return Call(service, operation, items)


def _header(head: bytes, name: bytes) -> bytes:
    for line in head.split(b"\r\n")[1:]:
        key, _, value = line.partition(b":")
        if key.strip().lower() == name:
            return value.strip()
    return b""


async def _body(head: bytes, reader: asyncio.StreamReader) -> bytes:
    """The body that belongs to a head, with its chunks as they come. IncompleteReadError if it ends before."""
    if b"chunked" not in _header(head, b"transfer-encoding").lower():
        return await reader.readexactly(int(_header(head, b"content-length") or 0))
    body = b""
    while True:
        size = await reader.readuntil(b"\r\n")
        length = int(size.split(b";")[0], 16)
        body += size + await reader.readexactly(length + 2)
        if length == 0:
            return body


async def _answer_to(head: bytes, reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Head and body of the answer to the request with this head."""
    answered = await reader.readuntil(b"\r\n\r\n")
    bodiless = head.startswith(b"HEAD ") or answered[9:12] in {b"204", b"304"}
    return answered, b"" if bodiless else await _body(answered, reader)


class Proxy:
    """Ports on the loopback interface, one per function."""

    def __init__(self, upstream: int, seed: int) -> None:
        self._upstream = upstream
        self._dice = Dice(seed)
        self._start = time.monotonic()
        self.calls: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.failing = False
        """Until it is switched on (SIGUSR1), everything passes."""

    async def open(self, function: str) -> int:
        """A port for a function."""

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await self._serve(function, reader, writer)
            except (asyncio.IncompleteReadError, ConnectionError, OSError):
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=1 << 20)
        return int(server.sockets[0].getsockname()[1])

    async def _serve(self, function: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                if _header(head, b"expect"):
                    writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                    head = b"\r\n".join(x for x in head.split(b"\r\n") if not x.lower().startswith(b"expect:"))
                body = await _body(head, reader)
                call = call_of(head, body)
                fault = self._dice.fault(function, call, time.monotonic() - self._start) if self.failing else None
                self.calls[f"{function} {call.service or 's3'} {call.operation}"] += 1
                if fault:
                    self.faults[f"{function} {call.service or 's3'} {call.operation} {fault}"] += 1
                if fault is Fault.LOST:
                    return
                if fault in {Fault.THROTTLED, Fault.CONFLICT}:
                    writer.write(refusal(fault, call))
                    await writer.drain()
                    continue
                if upstream is None:
                    upstream = await asyncio.open_connection("127.0.0.1", self._upstream, limit=1 << 20)
                upstream[1].write(head + body)
                await upstream[1].drain()
                answered, content = await _answer_to(head, upstream[0])
                if fault is Fault.UNANSWERED:
                    return
                if fault in {Fault.SLOW, Fault.HANGING}:
                    await asyncio.sleep(SLOW_SECONDS if fault is Fault.SLOW else HANGING_SECONDS)
                writer.write(answered + content)
                await writer.drain()
                if b"close" in _header(answered, b"connection").lower():
                    return
        finally:
            if upstream:
                upstream[1].close()


async def _main(upstream: int, seed: int, functions: list[str]) -> None:
    proxy = Proxy(upstream, seed)
    print(json.dumps({function: await proxy.open(function) for function in functions}), flush=True)
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ended.set)

    def switch() -> None:
        proxy.failing = not proxy.failing

    loop.add_signal_handler(signal.SIGUSR1, switch)
    await ended.wait()
    print(json.dumps({"calls": proxy.calls, "faults": proxy.faults}), flush=True)


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]))
