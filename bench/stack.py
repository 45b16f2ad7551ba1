"""Which stack a bench measures."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any


def rows(default: int) -> int:
    """How large what is measured should be: `make bench WHAT=… ROWS=100000`."""
    return int(os.environ.get("BENCH_ROWS") or default)


def use(stack: dict[str, Any]) -> None:
    """From here on, the clients of this process talk to the stack's emulator by default."""
    os.environ |= {
        "AWS_ENDPOINT_URL": stack["aws_endpoint"],
        "AWS_DEFAULT_REGION": stack["region"],
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "NO_PROXY": "localhost,127.0.0.1,.localhost",
    }


def processes_of(stack: dict[str, Any], function: str) -> tuple[int, float]:
    """The most memory that a process of a function (`ImportRoster`) has taken, MB, and the processor time of all, s.

    Zeros if there is no such process here."""
    port = stack["aws_endpoint"].rsplit(":", 1)[1]
    listed = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=False).stdout
    peak, busy = 0, 0.0
    for process in listed.splitlines():
        pid = process.split()[0]
        try:
            environment = Path(f"/proc/{pid}/environ").read_bytes()
            status = Path(f"/proc/{pid}/status").read_text()
            times = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if function.encode() in environment and f":{port}".encode() in environment:
            (most,) = (int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmHWM"))
            peak = max(peak, most)
            busy += (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK")
    return peak, busy


def described() -> dict[str, Any]:
    """What `stack.json` says; `make bench` brings a stack of its own. Ends the program if there is none."""
    path = os.environ.get("SONGSHEN_STACK")
    if not path:
        sys.exit("SONGSHEN_STACK names no stack.json: run `make bench`, or `make up` and name .local/stack.json")
    return dict(json.loads(Path(path).read_text(encoding="utf-8")))
