"""The verdict on broken images without end: `python -m tests.fuzz [--minutes 10] [--first 0]`, `make fuzz`.

A child process gives the verdicts. What takes it more than 250 ms of CPU or 128 MB, makes it log or raise anything,
kills it, or gives a stored copy that is not one, is kept in test-artifacts/fuzz.
"""

import argparse
import io
import pickle
import subprocess
import sys
import time
import warnings
from collections import Counter
from pathlib import Path

from PIL import Image

from tests.fuzz.judge import LIMITS, Judged, Stored
from tests.support import images
from tests.support.mutation import mutant, seeds

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "test-artifacts" / "fuzz"
MOST_CPU = 0.25  # s, of one verdict
MOST_MEMORY = 128 << 20  # bytes, of the process that gives verdicts


class Judge:
    """The child process."""

    def __init__(self) -> None:
        self.child = subprocess.Popen(
            [sys.executable, "-m", "tests.fuzz.judge"],
            cwd=ROOT,
            env={"PYTHONPATH": f"{ROOT}:{ROOT / 'layers' / 'core'}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def __call__(self, data: bytes) -> Judged:
        """Raises EOFError or OSError if the child dies of it."""
        assert self.child.stdin is not None
        assert self.child.stdout is not None
        pickle.dump(data, self.child.stdin)
        self.child.stdin.flush()
        judged: Judged = pickle.load(self.child.stdout)  # noqa: S301
        return judged

    def end(self) -> None:
        assert self.child.stdin is not None
        self.child.stdin.close()
        self.child.wait()


def wrong_with(stored: Stored) -> str:
    """What is wrong with a stored copy, "" if nothing is."""
    data, _, size = stored
    if len(data) > LIMITS.max_bytes:
        return f"stores {len(data)} bytes"
    try:
        with Image.open(io.BytesIO(data)) as opened:
            opened.load()
            return "" if opened.size == size else f"stores {opened.size}, says {size}"
    except Exception as error:
        return f"stores what cannot be opened: {error!r}"


def judged_alone(data: bytes) -> Judged:
    """In a process that has judged nothing yet but a small picture."""
    judge = Judge()
    try:
        judge(images.jpeg())
        return judge(data)
    finally:
        judge.end()


def main() -> int:
    """Prints what was found; 1 if anything is wrong."""
    parser = argparse.ArgumentParser(description="The verdict on broken images without end.")
    parser.add_argument("--minutes", type=float, default=10, help="CPU time of all verdicts and mutants")
    parser.add_argument("--first", type=int, default=0, help="number of the first mutant")
    given = parser.parse_args()
    warnings.simplefilter("ignore")  # what Pillow thinks of the stored copies' EXIF, if they had any
    judge, number, cpu = Judge(), given.first, 0.0
    base = judge(images.jpeg())[4]
    slowest, largest, failed = (0.0, -1), (base, -1), {}
    verdicts: Counter[str] = Counter()
    while cpu + time.process_time() < 60 * given.minutes:
        data = mutant(number)
        try:
            name, stored, said, took, peak = judge(data)
            if took > MOST_CPU or peak > MOST_MEMORY:
                # Once more, alone: the machine may have been at something else, and a process that has given a
                # hundred thousand verdicts has 30 MB of scattered memory.
                again = judged_alone(data)
                took, peak = min(took, again[3]), min(peak, again[4])
        except (EOFError, OSError):
            name, stored, said, took, peak = "died", None, f"the process died: {judge.child.wait()}", 0.0, 0
            judge = Judge()
        cpu += took
        verdicts[name] += 1
        slowest = max(slowest, (took, number))
        largest = max(largest, (peak, number))
        faults = [
            said,
            wrong_with(stored) if stored else "",
            f"{took * 1000:.0f} ms" if took > MOST_CPU else "",
            f"{peak >> 20} MB" if peak > MOST_MEMORY else "",
        ]
        if any(faults):
            failed[number] = "; ".join(filter(None, faults))
            KEPT.mkdir(parents=True, exist_ok=True)
            (KEPT / f"{number}.{'png' if data[:1] == b'\x89' else 'jpg'}").write_bytes(data)
            print(f"{number}: {failed[number]}", flush=True)
        number += 1
    judge.end()
    executions = number - given.first
    print(f"{executions:,} executions from {len(seeds()):,} seeds, {cpu:,.0f} s of CPU for the verdicts")
    print(f"CPU of one: mean {1000 * cpu / executions:.1f} ms, most {1000 * slowest[0]:.0f} ms (number {slowest[1]})")
    print(f"memory: {base >> 20} MB at first, at most {largest[0] >> 20} MB (number {largest[1]})")
    print(", ".join(f"{name} {count:,}" for name, count in verdicts.most_common()))
    print(f"{len(failed)} to be looked at" + (f", kept in {KEPT.relative_to(ROOT)}" if failed else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
