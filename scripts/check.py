"""Everything that can be checked without a running stack, side by side: `python -m scripts.check`.

Prints what failed with its output, and how long each took.
"""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from scripts.building import ROOT, SAM, sam_environment

BIN = Path(sys.executable).parent
# The longest first, so that the last to end is a short one.
CHECKS: dict[str, list[str | Path]] = {
    "types": [BIN / "mypy"],
    "pages": ["npm", "--prefix", "web", "run", "--silent", "check"],
    "unit tests": [BIN / "pytest", "-q", "tests/unit"],
    "template": [SAM / "sam", "validate", "--lint", "--region", "us-east-1"],
    "template lint": [BIN / "cfn-lint", "template.yaml"],
    "openapi": [BIN / "python", "-m", "scripts.openapi", "--check"],
    "lint": [BIN / "ruff", "check", "--quiet"],
    "format": [BIN / "ruff", "format", "--check", "--quiet"],
}


def check(name: str) -> tuple[bool, str, float]:
    """Run one check: whether it passed, what it wrote, the seconds it took."""
    start = time.monotonic()
    done = subprocess.run(
        [str(part) for part in CHECKS[name]],
        cwd=ROOT,
        env=sam_environment() if name == "template" else os.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode == 0, done.stdout.strip(), time.monotonic() - start


def main() -> int:
    """Run all checks, or the named ones."""
    names = sys.argv[1:] or list(CHECKS)
    start = time.monotonic()
    failed = []
    with ThreadPoolExecutor(max_workers=(os.cpu_count() or 2) + 1) as pool:
        running = {pool.submit(check, name): name for name in names}
        for done in as_completed(running):
            name = running[done]
            passed, output, seconds = done.result()
            if not passed:
                failed.append(name)
                print(f"\n{output}\n", flush=True)
            print(f"{'ok    ' if passed else 'FAILED'}  {name:14} {seconds:5.1f} s", flush=True)
    verdict = f"FAILED: {', '.join(failed)}" if failed else "all checks passed"
    print(f"{verdict} in {time.monotonic() - start:.1f} s", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
