"""Judges files that come through standard input, in a process of its own: `python -m tests.fuzz.judge`.

For each file (pickled bytes) it writes, pickled: the verdict's name; the stored copy with its media type and size if
there is one; what was logged; CPU time in s; the peak of resident memory in bytes.
"""

import contextlib
import hashlib
import logging
import pickle
import resource
import sys
import time
from pathlib import Path

from songshen.adapters.pillow import PillowImaging
from songshen.domain.exam import ImageLimits
from songshen.domain.verdict import Accepted, Announced

LIMITS = ImageLimits()

type Stored = tuple[bytes, str, tuple[int, int]]
type Judged = tuple[str, Stored | None, str, float, int]


def forget_peak() -> None:
    """So that each file has a peak of its own (Linux only)."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def remembered_peak() -> int:
    """Bytes; of the whole run where a file's own cannot be told."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return 1024 * int(status.split("VmHWM:")[1].split()[0])


def judged(data: bytes) -> Judged:
    """See the module."""
    kind = "image/png" if data[:1] == b"\x89" else "image/jpeg"
    announced = Announced(kind, len(data), hashlib.sha256(data).hexdigest())
    forget_peak()
    began = time.process_time()
    verdict = PillowImaging().inspect(data, announced, LIMITS)
    took = time.process_time() - began
    peak = remembered_peak()
    if isinstance(verdict, Accepted):
        return "accepted", (verdict.data, verdict.content_type, (verdict.width, verdict.height)), "", took, peak
    return str(verdict.problem.code), None, "", took, peak


class Ear(logging.Handler):
    """Hears what is logged: nothing should be."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.said = logging.Formatter().format(record)


def main() -> None:
    """Until there is no more input."""
    ear = Ear()
    logging.getLogger().addHandler(ear)
    while True:
        try:
            data = pickle.load(sys.stdin.buffer)  # noqa: S301
        except EOFError:
            return
        ear.said = ""
        try:
            name, stored, _, took, peak = judged(data)
        except Exception as error:
            name, stored, took, peak, ear.said = "raised", None, 0.0, 0, repr(error)
        pickle.dump((name, stored, ear.said, took, peak), sys.stdout.buffer)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
