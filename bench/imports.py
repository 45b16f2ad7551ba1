"""What a cold start spends on imports: `.venv/bin/python -m bench.imports`.

Every line is a fresh interpreter that imports something, does the least with it and ends; its CPU time is counted, the
best of several runs, so that a busy machine changes little. `x` is how many times as long as the first line (boto3 and
its client for the table, which every function needs) it takes; the milliseconds are this machine's.

pydantic and Powertools are not among the project's packages and are skipped unless they can be imported:
`uv pip install --target /tmp/others pydantic aws-lambda-powertools`, then run with PYTHONPATH=/tmp/others.
"""

import argparse
import importlib.util
import os
import sys
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CLIENTS = "import boto3; boto3.client('dynamodb')"
MSGSPEC = """
import msgspec
class Thing(msgspec.Struct):
    size: int
msgspec.json.decode(b'{"size": 1}', type=Thing)
"""
PYDANTIC = """
import pydantic
class Thing(pydantic.BaseModel):
    size: int
Thing.model_validate_json(b'{"size": 1}')
"""
POWERTOOLS = "import aws_lambda_powertools as p; p.Logger(service='bench').debug('said')"


@dataclass(frozen=True)
class Case:
    """One line: what is run, with which directory to import from, and the package without which it is skipped."""

    title: str
    code: str
    directory: Path = ROOT
    package: str = "boto3"


def cases() -> list[Case]:
    """The lines in their order; the functions as the platform loads them."""
    functions = sorted(path.parent for path in (ROOT / "functions").glob("*/app.py"))
    return [
        Case("boto3 and the table's client", CLIENTS),
        Case("  + msgspec, one message", f"{CLIENTS}\n{MSGSPEC}", package="msgspec"),
        Case("  + pydantic, the same message", f"{CLIENTS}\n{PYDANTIC}", package="pydantic"),
        Case("  + Powertools Logger, one line", f"{CLIENTS}\n{POWERTOOLS}", package="aws_lambda_powertools"),
        *(Case(f"functions/{path.name}", "import app", path) for path in functions),
        Case("nothing (the interpreter)", "pass"),
    ]


class _Secret(BaseHTTPRequestHandler):
    """Stands for the service that `sign_in` asks for its secret when it starts."""

    def do_POST(self) -> None:
        body = b'{"SecretString": "bench"}'
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


def environment(port: int) -> dict[str, str]:
    """What the functions read when they start; nothing in it leads to a real account."""
    settings = ["TABLE", "INBOX_BUCKET", "MATERIALS_BUCKET", "STATE_MACHINE", "VALIDATE_FUNCTION"]
    settings += ["ROSTERS_BUCKET", "IMPORT_ROSTER_FUNCTION"]
    settings += ["USER_POOL", "USER_POOL_CLIENT", "ACCOUNT_SECRET"]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return (
        kept
        | dict.fromkeys(settings, "bench")
        | {
            "S3_ADDRESSING": "path",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_ACCESS_KEY_ID": "bench",
            "AWS_SECRET_ACCESS_KEY": "bench",
            "AWS_DEFAULT_REGION": "us-east-1",
            "NO_PROXY": "127.0.0.1",
        }
    )


def milliseconds(case: Case, env: dict[str, str]) -> float:
    """CPU time, user and system, of one fresh interpreter. RuntimeError if the case fails."""
    path = os.pathsep.join(filter(None, [str(case.directory), env.get("PYTHONPATH", "")]))
    pid = os.posix_spawn(sys.executable, [sys.executable, "-c", case.code], env | {"PYTHONPATH": path})
    _, status, usage = os.wait4(pid, 0)
    if status:
        raise RuntimeError(f"{case.title}: exit status {os.waitstatus_to_exitcode(status)}")
    return (usage.ru_utime + usage.ru_stime) * 1000


def main() -> None:
    """Runs all cases in turn, so that a slow minute of the machine touches each of them, and prints the best."""
    parser = argparse.ArgumentParser(description="What a cold start spends on imports.")
    parser.add_argument("--runs", type=int, default=9, help="how often each is run; the best counts")
    runs = parser.parse_args().runs
    server = HTTPServer(("127.0.0.1", 0), _Secret)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    env = environment(server.server_port)

    wanted = cases()
    present = [case for case in wanted if importlib.util.find_spec(case.package)]
    best = {case.title: milliseconds(case, env) for case in present}  # this one also writes the bytecode
    for _ in range(runs):
        for case in present:
            best[case.title] = min(best[case.title], milliseconds(case, env))

    first = best[wanted[0].title]
    print("What a cold start spends on imports; `x`: times the first line.\n\n| | ms CPU | x |\n|---|--:|--:|")
    for case in wanted:
        if case in present:
            print(f"| {case.title} | {best[case.title]:.0f} | {best[case.title] / first:.2f} |")
        else:
            print(f"| {case.title} | skipped: {case.package} is not installed | |")


if __name__ == "__main__":
    main()
