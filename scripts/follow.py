"""The log that `make run` shows: what the functions say, how long they took, what the emulator complains of."""

import re
import time
from collections.abc import Iterator

import boto3

from scripts.emulator import Emulator

EVERY = 1.0
"""Seconds between two looks."""
REPORT = re.compile(r"REPORT RequestId: \S+\s+Duration: (?P<ms>\d+)")
BOOKKEEPING = re.compile(r"^(START|END) RequestId")


def follow(emulator: Emulator) -> Iterator[str]:
    """Lines as they are written, until the emulator ends."""
    logs = boto3.client("logs")
    pages = logs.get_paginator("describe_log_groups").paginate()
    since = {group["logGroupName"]: int(time.time() * 1000) for page in pages for group in page["logGroups"]}
    emulators = emulator.complaints()
    while emulator.is_running():
        lines: list[tuple[int, str]] = []
        for group, start in since.items():
            function = group.rsplit("/", 1)[-1].removesuffix("Logs")
            for event in logs.filter_log_events(logGroupName=group, startTime=start)["events"]:
                since[group] = max(since[group], event["timestamp"] + 1)
                if text := _said(event["message"]):
                    lines.append((event["timestamp"], f"{function:14}  {text}"))
        for at, line in sorted(lines):
            yield f"{time.strftime('%H:%M:%S', time.localtime(at / 1000))}  {line}"
        yield from next(emulators)
        time.sleep(EVERY)


def _said(message: str) -> str:
    """A line of a function's log as a person wants it; empty for book-keeping."""
    if report := REPORT.match(message):
        return f"{report['ms']} ms"
    return "" if BOOKKEEPING.match(message) else message.rstrip()
