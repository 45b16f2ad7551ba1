"""Build the pages and the functions, each only when something it is made from has changed."""

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".local" / "cache"
SAM = ROOT / ".tools" / "sam" / "bin"
BUILT_TEMPLATE = ROOT / ".aws-sam" / "build" / "template.yaml"
PAGES = ROOT / "web" / "dist"

FUNCTION_SOURCES = (
    "template.yaml",
    "samconfig.toml",
    "functions",
    "layers",
    "statemachine",
    "requirements/sam.txt",
    "scripts/building.py",
)
# The AWS services that the functions call. boto3 brings descriptions of 400: 28 MB of 33, unpacked
# at every cold start. What is not named here is left out of the layer.
AWS_SERVICES = {
    "cognito-idp",
    "dynamodb",
    "lambda",
    "s3",
    "scheduler",
    "secretsmanager",
    "sns",
    "stepfunctions",
    "sts",
}
PAGE_SOURCES = ("web",)
PUBLISH_SOURCES = ("web/dist", "exams/demo/specimens", "scripts/publish.py")
# Beneath the sources, but made from them or not part of what is built.
SKIPPED = {"node_modules", "dist", "__pycache__", ".vite", "components.d.ts"}


class CommandError(Exception):
    """A command failed; the message is what it wrote."""


def fingerprint(sources: Iterable[str], root: Path = ROOT) -> str:
    """A hash over names and contents of all files of `sources` (files or directories)."""
    total = hashlib.sha256()
    for source in sources:
        path = root / source
        files = [path] if path.is_file() else sorted(_files(path))
        for file in files:
            total.update(file.relative_to(root).as_posix().encode() + b"\0")
            total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()


def _files(directory: Path) -> Iterable[Path]:
    for here, directories, names in os.walk(directory):
        directories[:] = [name for name in directories if name not in SKIPPED]
        yield from (Path(here) / name for name in names if name not in SKIPPED)


def run(command: Sequence[str | Path], env: Mapping[str, str] | None = None) -> None:
    """Run a command quietly from the project's root; what it writes is shown if it fails."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CommandError(f"{done.stdout}\nfailed: {' '.join(str(part) for part in command)}")


def step(title: str, work: Callable[[], bool]) -> None:
    """Do one step of a longer command and say how long it took; `work` tells if it did anything."""
    print(f"  {title} … ", end="", file=sys.stderr, flush=True)
    start = time.monotonic()
    worked = work()
    seconds = time.monotonic() - start
    print(f"{seconds:.1f} s" if worked else "unchanged", file=sys.stderr, flush=True)


def sam_environment(env: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment for `sam`: its own python3.13 with pip first, caches inside the project."""
    env = dict(os.environ if env is None else env)
    return env | {
        "PATH": f"{SAM}{os.pathsep}{env.get('PATH', '')}",
        "PIP_CACHE_DIR": str(CACHE / "pip"),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "SAM_CLI_TELEMETRY": "0",
    }


def build_pages() -> bool:
    """Build web/dist; False if it was up to date."""

    def build() -> None:
        run(["npm", "--prefix", "web", "run", "--silent", "build"])

    return _unless_unchanged("pages", fingerprint(PAGE_SOURCES), PAGES / "index.html", build)


def architecture() -> str:
    """This machine's processor, in Lambda's words."""
    return "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"


def overrides(parameters: Mapping[str, str]) -> list[str]:
    """Template parameters as `sam` takes them."""
    return [f"{name}={value}" for name, value in parameters.items()]


def sam_build(directory: Path, processor: str) -> None:
    """Build the functions and layers for one kind of processor into a directory."""
    parameters = overrides({"Architecture": processor})
    options = ["--build-dir", str(directory), "--parameter-overrides", *parameters]
    run([SAM / "sam", "build", *options], sam_environment())
    for service in directory.glob("*/python/botocore/data/*/"):
        if service.name not in AWS_SERVICES:
            shutil.rmtree(service)
    # A function's file system is read-only: without these every cold start compiles anew,
    # which takes longer (0.7 s) than everything else in it.
    options = ["-q", "-j", "0", "--invalidation-mode", "unchecked-hash"]
    run([SAM / "python", "-m", "compileall", *options, *sorted(directory.glob("*/python"))])


def build_functions() -> bool:
    """Build .aws-sam/build for the emulator, which runs the functions on this very machine."""
    return _unless_unchanged(
        "functions",
        functions_fingerprint(),
        BUILT_TEMPLATE,
        lambda: sam_build(BUILT_TEMPLATE.parent, architecture()),
    )


def demonstration_sources() -> list[str]:
    """What the demonstration exam is loaded from."""
    scripts = (ROOT / "scripts").glob("demo*.py")
    return ["exams", *sorted(f"scripts/{path.name}" for path in scripts)]


def functions_fingerprint() -> str:
    """What the deployed functions are made from; the same hash means that nothing is to deploy."""
    return fingerprint(FUNCTION_SOURCES)


def _unless_unchanged(name: str, made_from: str, result: Path, build: Callable[[], None]) -> bool:
    """Build, unless `result` is there and was built from the very same sources.

    One build at a time: `make run` and `make test` may be started beside each other.
    """
    CACHE.mkdir(parents=True, exist_ok=True)
    stamp = CACHE / f"{name}.built"
    with (CACHE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if result.exists() and stamp.exists() and stamp.read_text() == made_from:
            return False
        stamp.unlink(missing_ok=True)
        build()
        stamp.write_text(made_from)
        return True
