"""What a cold start spends on imports, and what is loaded for it: `.venv/bin/python -m bench.imports`.

Every line is a fresh interpreter that imports something, does the least with it and ends; its CPU time is counted, the
median of several turns. `x` is how many times as long as the first line of the same turn (boto3 and its clients for the
table and the buckets) it takes, the median again, so that what slows the machine slows both; the milliseconds are this
machine's.

The second figure has the first event in it, for what is imported only then: a call of each client, and of each function
an event of `events/`, answered by services that know of nothing. `validate_image` also turns a picture.

Sizes are those of the last `sam build` (`make up`), packed the way `sam deploy` does.

pydantic and Powertools are not among the project's packages and are skipped unless they can be imported:
`uv pip install --target /tmp/others pydantic aws-lambda-powertools`, then run with PYTHONPATH=/tmp/others.
"""

import argparse
import importlib.util
import io
import os
import sys
import threading
import zipfile
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from statistics import median

from songshen import settings
from songshen.settings import Environment
from tests.support import images

ROOT = Path(__file__).resolve().parent.parent
CLIENTS = "import boto3; table = boto3.client('dynamodb'); bucket = boto3.client('s3')"
CALLS = """
table.get_item(TableName='bench', Key={'pk': {'S': ''}})
bucket.delete_object(Bucket='bench', Key='bench')
"""
BUILT = ROOT / ".aws-sam" / "build"
# What a candidate waits for, and the event that comes first.
EVENTS = {
    "application": "get-application",
    "sign_in": "post-session",
    "submit": "post-submission",
    "upload_presign": "post-uploads",
    "validate_image": "object-created-post",
}
EVENT = "\nimport json\napp.handler(json.loads({event!r}), None)"
TURNED = """
import hashlib
from songshen.domain.exam import ImageLimits
from songshen.domain.verdict import Announced
picture = bytes.fromhex({picture!r})
announced = Announced('image/jpeg', len(picture), hashlib.sha256(picture).hexdigest())
app.validate.imaging.inspect(picture, announced, ImageLimits()).sha256
"""
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
    event: str | None = None
    """What it does more when the first event comes."""
    directory: Path = ROOT
    package: str = "boto3"


def cases() -> list[Case]:
    """The lines in their order; the functions as the platform loads them."""
    functions = sorted(path.parent for path in (ROOT / "functions").glob("*/app.py"))
    return [
        Case("boto3, its clients for the table and the buckets", CLIENTS, CALLS),
        Case("  + msgspec, one message", f"{CLIENTS}\n{MSGSPEC}", package="msgspec"),
        Case("  + pydantic, the same message", f"{CLIENTS}\n{PYDANTIC}", package="pydantic"),
        Case("  + Powertools Logger, one line", f"{CLIENTS}\n{POWERTOOLS}", package="aws_lambda_powertools"),
        *(Case(title(path.name), "import app", first_event(path.name), path) for path in functions),
        Case("nothing (the interpreter)", "pass"),
    ]


def title(function: str) -> str:
    return f"functions/{function}" + (" (≤ 1.2)" if function in EVENTS else "")


def first_event(function: str) -> str | None:
    """Code that follows `import app`."""
    if function not in EVENTS:
        return None
    event = (ROOT / "events" / function / f"{EVENTS[function]}.json").read_text(encoding="utf-8")
    code = EVENT.format(event=event)
    if function == "validate_image":
        code += TURNED.format(picture=images.oriented(6, 208, 216).hex())
    return code


class _Secret(BaseHTTPRequestHandler):
    """Stands for the services: `sign_in` gets its secret when it starts, the table and the buckets are empty."""

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length", 0))
        self.rfile.read(length)
        body = b'{"SecretString": "bench", "Items": []}'
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_DELETE(self) -> None:
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


def environment(port: int) -> dict[str, str]:
    """What the functions read when they start; nothing in it leads to a real account."""
    kinds = [kind for kind in vars(settings).values() if isinstance(kind, type) and issubclass(kind, Environment)]
    needed = {name.upper() for kind in kinds for name in kind.__struct_fields__}
    # Bytecode is written by the first run, as it is in the packages.
    unwanted = ("AWS_", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    return (
        kept
        | dict.fromkeys(needed, "bench")
        | {"PASSWORD_CHECK": "", "REMINDERS_PER_SECOND": "10"}
        | {
            "S3_ADDRESSING": "path",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_ACCESS_KEY_ID": "bench",
            "AWS_SECRET_ACCESS_KEY": "bench",
            "AWS_DEFAULT_REGION": "us-east-1",
            "NO_PROXY": "127.0.0.1",
        }
    )


def milliseconds(case: Case, code: str, env: dict[str, str]) -> float:
    """CPU time, user and system, of one fresh interpreter. RuntimeError if the case fails."""
    path = os.pathsep.join(filter(None, [str(case.directory), env.get("PYTHONPATH", "")]))
    pid = os.posix_spawn(sys.executable, [sys.executable, "-c", code], env | {"PYTHONPATH": path})
    _, status, usage = os.wait4(pid, 0)
    if status:
        raise RuntimeError(f"{case.title}: exit status {os.waitstatus_to_exitcode(status)}")
    return (usage.ru_utime + usage.ru_stime) * 1000


def main() -> None:
    """Runs all cases in turn, so that a slow minute of the machine touches each of them, and prints the medians."""
    parser = argparse.ArgumentParser(description="What a cold start spends on imports.")
    parser.add_argument("--runs", type=int, default=20, help="how often each is run; the median counts")
    runs = parser.parse_args().runs
    server = HTTPServer(("127.0.0.1", 0), _Secret)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    env = environment(server.server_port)

    wanted = cases()
    present = [case for case in wanted if importlib.util.find_spec(case.package)]
    codes = [(case, case.code) for case in present]
    codes += [(case, case.code + case.event) for case in present if case.event]
    turns = [{key: milliseconds(*key, env) for key in codes} for _ in range(runs + 1)][1:]  # the first writes bytecode

    def figures(case: Case, code: str, first: str) -> str:
        if (case, code) not in turns[0]:
            return "|"
        took = median(turn[case, code] for turn in turns)
        return f"{took:.0f} | {median(turn[case, code] / turn[wanted[0], first] for turn in turns):.2f}"

    print("What a cold start spends on imports; `x`: times the first line.\n")
    print("| | ms CPU | x | with a first event, ms CPU | x |\n|---|--:|--:|--:|--:|")
    for case in wanted:
        if case in present:
            start = figures(case, case.code, CLIENTS)
            print(f"| {case.title} | {start} | {figures(case, case.code + (case.event or '-'), CLIENTS + CALLS)} |")
        else:
            print(f"| {case.title} | skipped: {case.package} is not installed | | | |")
    sizes()


def sizes() -> None:
    """The table of packages, if there is a build."""
    packages = sorted(path for path in BUILT.glob("*") if path.is_dir())
    if not packages:
        print("\nNo build: sizes are left out.")
        return
    print("\n| package | zip, KB | unpacked, KB |\n|---|--:|--:|")
    for package in packages:
        packed, files = io.BytesIO(), [path for path in sorted(package.rglob("*")) if path.is_file()]
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in files:
                archive.write(path, path.relative_to(package))
        unpacked = sum(path.stat().st_size for path in files)
        print(f"| {package.name} | {len(packed.getvalue()) / 1024:,.0f} | {unpacked / 1024:,.0f} |")


if __name__ == "__main__":
    main()
