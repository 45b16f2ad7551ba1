"""The AWS emulator of a local stack: start it, stop it, follow its log.

It runs detached, in a session of its own. Everything it writes stays in the stack's directory:
`state/` (what it keeps over a clean stop), `tmp/` (unpacked functions), `emulator.log`,
`emulator.pid`.
"""

import contextlib
import os
import re
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = ROOT / ".tools" / "emulator" / "bin" / "ministack"
REGION = "us-east-1"
START_SECONDS = 60
STOP_SECONDS = 60

COMPLAINT = re.compile(r" (WARNING|ERROR|CRITICAL) ")
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # never through a proxy


class EmulatorError(Exception):
    """The emulator cannot be started or stopped; the message says what to do."""


@dataclass(frozen=True)
class Emulator:
    """One emulator: the directory it keeps everything in and the port it listens on."""

    home: Path
    port: int
    persistent: bool = True

    @property
    def endpoint(self) -> str:
        """Where every AWS service of the stack answers."""
        return f"http://localhost:{self.port}"

    @property
    def log(self) -> Path:
        """What the emulator writes, from its last start on."""
        return self.home / "emulator.log"

    @property
    def pid_file(self) -> Path:
        """Holds the process id and the port of the emulator started last."""
        return self.home / "emulator.pid"

    def client_environment(self) -> dict[str, str]:
        """The environment for programs that talk to the emulator.

        No AWS setting of the user's survives in it: whatever profile is active in this shell,
        nothing that is meant for the emulator can reach a real account.
        """
        env = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return env | {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "NO_PROXY": "localhost,127.0.0.1,.localhost",
            "no_proxy": "localhost,127.0.0.1,.localhost",
        }

    def is_running(self) -> bool:
        """Whether the emulator started from this directory is alive."""
        return self._pid() is not None

    def start(self) -> bool:
        """Start and wait until it answers; False if it was running already."""
        if self.is_running():
            if not self._answers():
                raise EmulatorError(f"the emulator is alive but silent: see {self.log}")
            return False
        if _port_is_taken(self.port):
            raise EmulatorError(f"port {self.port} is used by another program; choose one: make run SONGSHEN_PORT=4577")
        temporary = self.home / "tmp"
        _discard(temporary)
        temporary.mkdir(parents=True)
        with self.log.open("wb") as log:
            process = subprocess.Popen(
                [PROGRAM],
                cwd=self.home,
                env=self._settings(temporary),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.pid_file.write_text(f"{process.pid}\n{self.port}\n")
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise EmulatorError(f"the emulator did not start: see {self.log}")
            time.sleep(0.1)
        return True

    def stop(self) -> bool:
        """Stop cleanly and wait until its state is written; False if it was not running."""
        pid = self._pid()
        if pid is not None:
            os.kill(pid, signal.SIGTERM)
            deadline = time.monotonic() + STOP_SECONDS
            while self._pid() is not None:
                if time.monotonic() > deadline:
                    raise EmulatorError(f"the emulator (process {pid}) does not stop")
                time.sleep(0.05)
        self.pid_file.unlink(missing_ok=True)
        _discard(self.home / "tmp")
        return pid is not None

    def complaints(self) -> Iterator[list[str]]:
        """Each time it is asked: the warnings and errors in the log since the last time."""
        with self.log.open(encoding="utf-8", errors="replace") as log:
            log.seek(0, os.SEEK_END)
            while True:
                yield [line.rstrip() for line in log if COMPLAINT.search(line)]

    def _settings(self, temporary: Path) -> dict[str, str]:
        settings = self.client_environment() | {
            "AUTH": "true",  # signatures and IAM policies are really checked
            "GATEWAY_PORT": str(self.port),
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_REGION": REGION,
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "STATE_DIR": str(self.home / "state"),
            "TMPDIR": str(temporary),
        }
        if self.persistent:
            settings["PERSIST_STATE"] = "1"
            settings["S3_PERSIST"] = "1"
            settings["S3_DATA_DIR"] = str(self.home / "state" / "s3")
        return settings

    def _answers(self) -> bool:
        try:
            with _DIRECT.open(f"{self.endpoint}/_ministack/health", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def _pid(self) -> int | None:
        """The emulator's process id, unless it ended or the number now belongs to another."""
        try:
            pid = int(self.pid_file.read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return None
        _reap(pid)
        return pid if "ministack" in _command_line(pid) else None


def _reap(pid: int) -> None:
    """Collect the exit status, where this very process started the emulator."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def _command_line(pid: int) -> str:
    """What a process runs; empty when there is none."""
    if Path("/proc/self").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_text()
        except OSError:
            return ""
    ps = ["ps", "-p", str(pid), "-o", "command="]
    return subprocess.run(ps, capture_output=True, text=True, check=False).stdout


def _discard(directory: Path) -> None:
    """Remove a directory of many thousand files without anybody waiting for it."""
    if directory.exists():
        waste = directory.rename(directory.with_name(f"waste-{time.time_ns()}"))
        subprocess.Popen(["rm", "-rf", waste], start_new_session=True)


def _port_is_taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
