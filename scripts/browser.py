"""Find a Chromium for the end-to-end tests, or install one: `python -m scripts.browser`.

Prints the path of the browser. Also sees to it, where it can, that screenshots have a font with
Chinese characters.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "google-chrome", "google-chrome-stable", "chrome")
MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
FONT = "fonts-wqy-microhei"
FLAGS = (
    "--no-sandbox",  # root in a container has no sandbox
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find() -> str | None:
    """Path of a Chromium that starts: SONGSHEN_CHROMIUM, an installed one, Playwright's own."""
    installed = [os.environ.get("SONGSHEN_CHROMIUM"), *map(shutil.which, NAMES), MAC]
    for path in installed:
        if path and _starts(path):
            return path
    own = _playwrights()
    return own if _starts(own) else None


def launch_options() -> dict[str, Any]:
    """What Playwright's `launch()` takes to start the browser of this machine."""
    return {"executable_path": find(), "args": list(FLAGS)}


def install() -> None:
    """Install a Chromium: Debian's package as root on Debian, else Playwright's own build."""
    if _is_root_on("debian"):
        _quietly("apt-get", "update")
        if _quietly("apt-get", "install", "-y", "chromium"):
            return
    own = [sys.executable, "-m", "playwright", "install"]
    _quietly(*own, *(["--with-deps"] if _is_root_on("ubuntu") else []), "chromium")


def install_font() -> None:
    """Install a Chinese font where there is none and it can be done; a wish, never a failure."""
    if not shutil.which("fc-list") or not _is_root_on("debian", "ubuntu"):
        return
    listed = subprocess.run(["fc-list", ":lang=zh"], capture_output=True, check=False)
    if not listed.stdout.strip() and not _quietly("apt-get", "install", "-y", FONT):
        _quietly("apt-get", "update")
        _quietly("apt-get", "install", "-y", FONT)


def _playwrights() -> str:
    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


def _starts(path: str) -> bool:
    try:
        done = subprocess.run([path, "--version"], capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _is_root_on(*systems: str) -> bool:
    release = Path("/etc/os-release")
    if os.geteuid() != 0 or not release.exists() or not shutil.which("apt-get"):
        return False
    return any(line in release.read_text().splitlines() for line in (f"ID={s}" for s in systems))


def _quietly(*command: str) -> bool:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False)
    return done.returncode == 0


def main() -> int:
    """Print the path of a Chromium, after installing one if there was none."""
    install_font()
    path = find()
    if path is None:
        print("installing Chromium …", file=sys.stderr)
        install()
        path = find()
    if path is None:
        print("No Chromium: install one, or name it in SONGSHEN_CHROMIUM.", file=sys.stderr)
        return 1
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
