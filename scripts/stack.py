"""A local stack from nothing to usable: `python -m scripts.stack up|run|down|with|halt`.

    up      build, start the emulator, deploy, publish the pages, load the demonstration exam
    run     up, then print the addresses and sign-ins and follow the log until Ctrl-C
    down    stop the emulator; its state is kept for the next `up`
    with    `with -- <command>`: a stack of its own for one command, from nothing, then away again
    halt    stop every emulator of this project, also those of an interrupted `with`

A stack lives in a directory (`--state`, .local unless told) and on a port (`--port`, SONGSHEN_PORT,
4566 unless told). Several may run beside each other. What others need to know about one stands in
its `stack.json`; the command of `with` finds that file's path in SONGSHEN_STACK.
"""

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from botocore.exceptions import BotoCoreError, ClientError

from scripts import building, local
from scripts.building import ROOT, CommandError, step
from scripts.emulator import Emulator, EmulatorError
from scripts.follow import follow
from scripts.local import Description
from scripts.publish import publish
from scripts.welcome import open_browser, welcome

HOME = ROOT / ".local"
KEPT = ("state", "tmp", "stack.json", "emulator.log", "emulator.pid")  # in a stack's directory


@dataclass(frozen=True)
class Stack:
    """Where one local stack lives. One that is not persistent starts from nothing each time.

    Without `demonstration` it holds no exam.
    """

    home: Path = HOME
    port: int = 4566
    persistent: bool = True
    demonstration: bool = True

    @property
    def emulator(self) -> Emulator:
        """The stack's emulator."""
        return Emulator(self.home, self.port, self.persistent)

    @property
    def description_file(self) -> Path:
        """`stack.json`, for tests, benches and people's scripts."""
        return self.home / "stack.json"

    def forget(self) -> None:
        """Stop the emulator and remove what this stack has kept, and nothing else."""
        self.emulator.stop()
        for name in KEPT:
            path = self.home / name
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


def up(stack: Stack) -> Description:
    """Bring a stack to the state of the sources, doing only what is needed.

    From then on this process talks to the stack's emulator instead of AWS. Raises CommandError,
    EmulatorError or boto's errors, with what went wrong as the message.
    """
    emulator = stack.emulator
    stack.home.mkdir(parents=True, exist_ok=True)
    if not stack.persistent:
        stack.forget()
    local.enter(emulator)
    step("pages", building.build_pages)
    step("functions", building.build_functions)
    step(f"emulator, port {stack.port}", emulator.start)

    done = local.Done()
    deployed = f"{building.functions_fingerprint()} {stack.port}"
    step("deploy", lambda: done.once("deploy", deployed, lambda: local.deploy(emulator)))

    description = local.describe(emulator)
    if stack.description_file.exists():
        description["users"] = json.loads(stack.description_file.read_text())["users"]
    pages = local.destination(emulator, description)
    published = building.fingerprint(building.PUBLISH_SOURCES) + repr(pages)
    step("publish", lambda: done.once("publish", published, lambda: publish(pages)))

    def load() -> None:
        _write(stack, description)
        description["users"] = local.load_demonstration(stack.description_file)

    if not any(description["users"].values()):
        done.forget("demonstration")
    if stack.demonstration:
        # every week anew, since the exam's windows are set around the day of loading
        exam = building.fingerprint(building.demonstration_sources()) + time.strftime("%G-%V")
        step("demonstration exam", lambda: done.once("demonstration", exam, load))
    _write(stack, description)
    return description


def _write(stack: Stack, description: Description) -> None:
    text = json.dumps(description, ensure_ascii=False, indent=1)
    stack.description_file.write_text(text + "\n")


def run(stack: Stack) -> None:
    """Up, the welcome, the log; stops the emulator at Ctrl-C (or a hang-up, or a kill)."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    try:
        description = up(stack)
        print(welcome(description), flush=True)
        open_browser(description["candidate_url"])
        for line in follow(stack.emulator):
            print(line, flush=True)
        print(f"The emulator has ended: see {stack.emulator.log}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nstopping; everything is kept for the next time …", file=sys.stderr, flush=True)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the state must be written to the end
        stack.emulator.stop()


def run_with(stack: Stack, command: list[str]) -> int:
    """Run a command on a stack of its own and stop that; the command's exit status."""
    try:
        up(stack)
        environment = os.environ | {"SONGSHEN_STACK": str(stack.description_file)}
        return subprocess.run(command, env=environment, check=False).returncode
    finally:
        stack.emulator.stop()


def halt() -> None:
    """Stop every emulator that keeps its things in the project."""
    for pid_file in HOME.glob("**/emulator.pid"):
        Emulator(pid_file.parent, port=0).stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> int:
    """Parse the command line and do it."""
    lines = (__doc__ or "").splitlines()
    parser = argparse.ArgumentParser(description=lines[0])
    parser.add_argument("action", choices=["up", "run", "down", "with", "halt"])
    parser.add_argument("--state", type=Path, help="the stack's directory")
    parser.add_argument("--port", type=int, help="the emulator's port; 0 takes a free one")
    parser.add_argument("--fresh", action="store_true", help="from nothing, and keep nothing")
    parser.add_argument("--bare", action="store_true", help="without the demonstration exam")
    words = sys.argv[1:]
    end = words.index("--") if "--" in words else len(words)
    given = parser.parse_args(words[:end])
    port = given.port if given.port is not None else int(os.environ.get("SONGSHEN_PORT", "4566"))
    alone = given.action == "with"
    home = given.state or (HOME / "with" if alone else HOME)
    fresh = given.fresh or alone
    stack = Stack(home.resolve(), port or _free_port(), persistent=not fresh, demonstration=not given.bare)
    try:
        match given.action:
            case "up":
                up(stack)
            case "run":
                run(stack)
            case "with":
                return run_with(stack, words[end + 1 :])
            case "down":
                stack.emulator.stop()
            case "halt":
                halt()
    except (CommandError, EmulatorError, BotoCoreError, ClientError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
