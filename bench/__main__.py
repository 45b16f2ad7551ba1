"""Every bench, or those named: `python -m bench [--write] [name …]`; `make bench` brings the stack that they need.

A bench is a module or package in this directory that prints Markdown: `bench/page.py`, run as `python -m bench.page`.
With `--write` each one's section of docs/measured.md becomes what it has printed.
"""

import argparse
import os
import re
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
MEASURED = HERE.parent / "docs" / "measured.md"
MOST_BUSY = 0.15
HEAD = """# What was measured

By `make bench WRITE=1`, on somebody's machine: compare the figures with each other and with their goals.
"""


def names() -> list[str]:
    """All benches: what has a `main` to run."""
    modules = (path.stem for path in HERE.glob("*.py") if "\ndef main(" in path.read_text(encoding="utf-8"))
    packages = (path.parent.name for path in HERE.glob("*/__main__.py"))
    return sorted({*modules, *packages} - {"__main__"})


def measured(name: str) -> str | None:
    """What a bench prints; None if it fails, which it says itself."""
    command = [sys.executable, "-m", f"bench.{name}"]
    done = subprocess.run(command, cwd=HERE.parent, stdout=subprocess.PIPE, text=True, check=False)
    return None if done.returncode else done.stdout.strip()


def busy() -> float:
    """The share of the processors' time that other programs take just now. The load average would not do: minutes after
    the stack was built it still tells of that."""

    def spent() -> tuple[int, int]:
        ticks = [int(each) for each in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
        return sum(ticks), ticks[3] + ticks[4]  # all; idle, or waiting for a disk

    all_before, idle_before = spent()
    time.sleep(2)
    all_after, idle_after = spent()
    return 1 - (idle_after - idle_before) / (all_after - all_before)


def load() -> str:
    """What else the machine does, which makes times longer than they are."""
    share = busy()
    said = f"Of {os.cpu_count()} processors {share:.0%} were busy with something else before."
    return said if share < MOST_BUSY else f"{said} **Too much for times to be trusted.**"


def write(name: str, text: str) -> None:
    """Puts a bench's section into docs/measured.md, in place of the one before, in the order of the names."""
    page = MEASURED.read_text(encoding="utf-8") if MEASURED.exists() else HEAD
    head, *parts = re.split(r"^## ", page, flags=re.MULTILINE)
    sections = {part.split("\n", 1)[0]: part.split("\n", 1)[1].strip() for part in parts} | {name: text}
    written = (f"## {each}\n\n{sections[each]}\n" for each in sorted(sections))
    MEASURED.write_text("\n".join([head.strip() + "\n", *written]), encoding="utf-8")


def main() -> int:
    """Runs them one after the other; 1 if one failed."""
    parser = argparse.ArgumentParser(description="Runs the benches and prints what they have measured.")
    parser.add_argument("--write", action="store_true", help="also into docs/measured.md")
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(names())}; all if none is named")
    given = parser.parse_args()
    failed = 0
    for name in given.names or names():
        said = load()
        text = measured(name)
        if text is None:
            failed = 1
            continue
        section = f"{text}\n\n{said}"
        print(f"\n## {name}\n\n{section}", flush=True)
        if given.write:
            write(name, section)
    return failed


if __name__ == "__main__":
    sys.exit(main())
