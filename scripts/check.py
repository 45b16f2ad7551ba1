"""Everything that can be checked without a running stack, side by side: `python -m scripts.check`.

Prints what failed with its output, and how long each took. A slow check whose sources are the same
as when it passed last is not run again.
"""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from scripts.building import CACHE, ROOT, SAM, fingerprint, sam_environment

BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Check:
    """A command to pass, and all files that its outcome depends on (none: it is run each time)."""

    name: str
    command: tuple[str | Path, ...]
    sources: tuple[str, ...] = ()

    @property
    def stamp(self) -> Path:
        """Holds the fingerprint of the sources that passed."""
        return CACHE / "passed" / self.name


TEMPLATE = ("template.yaml", "statemachine", "requirements", "scripts/check.py")
PAGES = ("web", "docs/openapi.json", "scripts/check.py")
# The longest first, so that the last to end is a short one.
CHECKS = (
    Check("pages", ("npm", "--prefix", "web", "run", "--silent", "check"), PAGES),
    Check("unit tests", (BIN / "pytest", "-q", "tests/unit")),
    Check("types", (BIN / "mypy",)),
    Check("template", (SAM / "sam", "validate", "--lint", "--region", "us-east-1"), TEMPLATE),
    Check("template lint", (BIN / "cfn-lint", "template.yaml"), TEMPLATE),
    Check("openapi", (BIN / "python", "-m", "scripts.openapi", "--check")),
    Check("lint", (BIN / "ruff", "check", "--quiet")),
    Check("format", (BIN / "ruff", "format", "--check", "--quiet")),
)


def passes(check: Check) -> tuple[bool, str, str]:
    """Run one check unless it passed already: whether it passed, what it wrote, how long it took."""
    now = fingerprint(check.sources) if check.sources else ""
    if now and check.stamp.exists() and check.stamp.read_text() == now:
        return True, "", "unchanged"
    start = time.monotonic()
    done = subprocess.run(
        [str(part) for part in check.command],
        cwd=ROOT,
        env=sam_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if now and done.returncode == 0:
        check.stamp.parent.mkdir(parents=True, exist_ok=True)
        check.stamp.write_text(now)
    return done.returncode == 0, done.stdout.strip(), f"{time.monotonic() - start:.1f} s"


def main() -> int:
    """Run all checks."""
    start = time.monotonic()
    failed = []
    with ThreadPoolExecutor(max_workers=(os.cpu_count() or 2) + 1) as pool:
        running = {pool.submit(passes, check): check.name for check in CHECKS}
        for done in as_completed(running):
            name = running[done]
            passed, output, took = done.result()
            if not passed:
                failed.append(name)
                print(f"\n{output}\n", flush=True)
            print(f"{'ok    ' if passed else 'FAILED'}  {name:14} {took:>9}", flush=True)
    verdict = f"FAILED: {', '.join(failed)}" if failed else "all checks passed"
    print(f"{verdict} in {time.monotonic() - start:.1f} s", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
