"""What `make run` tells the person at the terminal."""

import os
import sys
import webbrowser
from collections.abc import Sequence

from scripts.local import Description


def welcome(stack: Description) -> str:
    """The addresses and sign-ins, ready to print.

    Of the candidates the last is shown, whom the demonstration exam leaves untouched: with this
    one the whole loop can be walked. The others stand in stack.json.
    """
    addresses = [
        ("candidate page", stack["candidate_url"]),
        ("reviewer console", stack["console_url"]),
        ("API", stack["api"]),
    ]
    users = stack["users"]
    people = [
        ("candidate", user["username"], user["password"], "nothing uploaded yet") for user in users["candidates"][-1:]
    ]
    people += [("reviewer", user["username"], user["password"], f"site {user['site']}") for user in users["reviewers"]]
    people += [("lead", user["username"], user["password"], "every site") for user in users["leads"]]
    people += [("admin", user["username"], user["password"], "") for user in users["admins"]]
    sections = ["Songshen 送审 is running.", _columns(addresses)]
    if people:
        sections.append(_columns([("sign in as", "user name", "password", ""), *people]))
    others = len(users["candidates"]) - 1
    if others > 0:
        sections.append(f"  {others} more candidates in every state: .local/stack.json")
    sections.append("  Ctrl-C stops it; everything is kept. The log follows.")
    return "\n" + "\n\n".join(sections) + "\n"


def open_browser(address: str) -> None:
    """Open the candidate page where there is somebody to see it; never fails."""
    graphical = sys.platform == "darwin" or {"DISPLAY", "WAYLAND_DISPLAY"} & set(os.environ)
    if graphical and not os.environ.get("CI") and sys.stdout.isatty():
        try:
            webbrowser.open(address)
        except (webbrowser.Error, OSError):
            return


def _columns(rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
    return "\n".join(f"  {line}" for line in lines)
