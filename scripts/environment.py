"""Set up what the project's commands run on: `python3 scripts/environment.py dev sam emulator web`.

This file runs before any environment exists: standard library only, any Python from 3.8 on.

    .venv            what developing and testing need     requirements/dev.txt
    .tools/sam       aws-sam-cli                          requirements/sam.txt
    .tools/emulator  the AWS emulator                     requirements/emulator.txt
    web/node_modules the pages' packages                  web/package-lock.json

Each is installed from its lock file, whose packages are pinned by hash, and holds a stamp of it:
nothing happens as long as the lock file stays the same.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements"
PYTHON = "3.13"  # AWS Lambda's; the emulator runs the functions with its own interpreter
UV_AT_LEAST = (0, 8)
NO_PYTHON = (
    "Python {0} is needed. uv found none here and could not download one from GitHub: install\n"
    "Python {0} yourself, or name a mirror in UV_PYTHON_INSTALL_MIRROR.".format(PYTHON)
)

ENVIRONMENTS = {
    "dev": ROOT / ".venv",
    "sam": ROOT / ".tools" / "sam",
    "emulator": ROOT / ".tools" / "emulator",
}
# What an installer makes of pyproject.toml's [project.scripts].
COMMAND = """#!{}
import sys

from songshen_cli.main import main

sys.exit(main())
"""
LOCKS = [
    "layers/core/requirements",
    "layers/imaging/requirements",
    "layers/hashing/requirements",
    *("requirements/" + name for name in ("uv", "dev", "sam", "emulator")),
]


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def stamp_of(lock: Path) -> str:
    """What an installation is marked with: where it stands and which lock file it follows.

    The place, because environments hold absolute paths: a project that was moved is set up anew.
    """
    return "{} {}\n{}".format(PYTHON, ROOT, hashlib.sha256(lock.read_bytes()).hexdigest())


def stamp(directory: Path) -> str:
    """The mark of a complete installation; empty when there is none."""
    try:
        return (directory / ".stamp").read_text()
    except OSError:
        return ""


def run(command: list[str | Path], env: dict[str, str] | None = None, cwd: Path = ROOT, hint: str = "") -> None:
    """Run a command; end with its own words and exit code when it fails."""
    words = [str(part) for part in command]
    done = subprocess.run(words, env=env, cwd=str(cwd), check=False)
    if done.returncode:
        say("failed: " + " ".join(words))
        if hint:
            say(hint)
        sys.exit(done.returncode)


def find_uv() -> Path:
    """Path of a uv that is new enough: the one on the PATH, else our own, installed by pip."""
    found = shutil.which("uv")
    if found:
        answer = subprocess.run([found, "--version"], stdout=subprocess.PIPE, check=False).stdout
        version = re.match(r"uv (\d+)\.(\d+)", answer.decode())
        if version and tuple(map(int, version.groups())) >= UV_AT_LEAST:
            return Path(found)
    home = ROOT / ".tools" / "uv"
    lock = REQUIREMENTS / "uv.txt"
    if stamp(home) != stamp_of(lock):
        say("installing uv …")
        venv.create(str(home), clear=True, with_pip=True)
        pip: list[str | Path] = [home / "bin" / "python", "-m", "pip", "install", "--quiet"]
        run([*pip, "--disable-pip-version-check", "--require-hashes", "-r", lock])
        (home / ".stamp").write_text(stamp_of(lock))
    return home / "bin" / "uv"


def uv_settings() -> dict[str, str]:
    """The environment for uv. A package index set for pip is used for uv as well."""
    env = dict(os.environ)
    for name in ("VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT"):
        env.pop(name, None)
    if not {"UV_DEFAULT_INDEX", "UV_INDEX_URL"} & set(env):
        ask = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
        answer = subprocess.run(ask, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        index = env.get("PIP_INDEX_URL") or answer.stdout.decode().strip()
        if index:
            env["UV_DEFAULT_INDEX"] = index
    return env


def install_python(name: str) -> None:
    """Bring one Python environment to the state of its lock file."""
    sync_python(name)
    if (
        name == "dev"
    ):  # `import songshen` works wherever .venv's Python is started, and .venv/bin/songshen is the command
        home = ENVIRONMENTS[name]
        (packages,) = home.glob("lib/python*/site-packages")
        folders = "".join(str(ROOT / folder) + "\n" for folder in (Path("layers", "core"), Path("cli")))
        write_once(packages / "songshen.pth", folders)
        command = home / "bin" / "songshen"
        write_once(command, COMMAND.format(home / "bin" / "python"))
        command.chmod(0o755)


def write_once(file: Path, text: str) -> None:
    """The text in the file, written only if it is not there."""
    if not file.exists() or file.read_text() != text:
        file.write_text(text)


def sync_python(name: str) -> None:
    """Install exactly what the lock file says, if that is not what is installed."""
    directory = ENVIRONMENTS[name]
    lock = REQUIREMENTS / (name + ".txt")
    found, wanted = stamp(directory), stamp_of(lock)
    if found == wanted:
        return
    uv, env = find_uv(), uv_settings()
    say("installing {} …".format(directory.relative_to(ROOT)))
    if found.split("\n")[0] != wanted.split("\n")[0]:  # none, incomplete, or moved here
        shutil.rmtree(str(directory), ignore_errors=True)
        create = ["venv", "--quiet", "--no-project", "--python", PYTHON, str(directory)]
        run([uv, *create], env=env, hint=NO_PYTHON)
    python = directory / "bin" / "python"
    sync: list[str | Path] = [uv, "pip", "sync", "--quiet", "--require-hashes", "--python", python]
    run([*sync, "--compile-bytecode", lock], env=env)
    (directory / ".stamp").write_text(wanted)


def install_web() -> None:
    """Bring web/node_modules to the state of its lock file."""
    web = ROOT / "web"
    modules = web / "node_modules"
    wanted = stamp_of(web / "package-lock.json")
    if stamp(modules) == wanted:
        return
    if not shutil.which("npm"):
        sys.exit("Node 20 or newer is needed for the pages: https://nodejs.org/")
    say("installing web/node_modules …")
    run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=web)
    (modules / ".stamp").write_text(wanted)


def lock() -> None:
    """Refresh every Python lock file from its .in file, with the newest versions it allows."""
    uv, env = find_uv(), uv_settings()
    options = ["--universal", "--generate-hashes", "--no-annotate", "--no-header", "--upgrade"]
    options += ["--no-emit-index-url", "--no-emit-find-links"]  # the same behind any mirror
    for name in LOCKS:
        say("locking {}.txt …".format(name))
        compile_to = ["pip", "compile", "--quiet", "--python-version", PYTHON, *options, "-o"]
        run([uv, *compile_to, name + ".txt", name + ".in"], env=env)


def main(names: list[str]) -> None:
    """Install what is named; `lock` refreshes the lock files. One at a time in this project."""
    (ROOT / ".tools").mkdir(exist_ok=True)
    alone = (ROOT / ".tools" / "lock").open("w")
    fcntl.flock(alone, fcntl.LOCK_EX)
    for name in names:
        if name == "lock":
            lock()
        elif name == "web":
            install_web()
        elif name in ENVIRONMENTS:
            install_python(name)
        else:
            sys.exit("unknown environment: " + name)


if __name__ == "__main__":
    main(sys.argv[1:])
