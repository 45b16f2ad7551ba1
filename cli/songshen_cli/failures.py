"""What can go wrong, each with the exit code that scripts tell it by."""

from collections.abc import Mapping
from typing import Any

from songshen_cli.words import pick, say

FINE = 0
CORRECT = 1
"""There is something to correct: a refusal, problems in a document, lines that were left out."""
USAGE = 2
SIGNED_OUT = 3
UNREACHED = 4
"""No answer, or one that says that something is wrong on the other side."""


class Failure(Exception):
    """Ends the command: what to tell, and the exit code."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


class Refusal(Failure):
    """The API has refused; `problem` is its problem document."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.problem = problem
        super().__init__(_told(status, problem), UNREACHED if status >= 500 else CORRECT)


def _told(status: int, problem: Mapping[str, Any]) -> str:
    """The refusal's text, what it is about, and everything that is to be changed."""
    text = pick(problem.get("text")) or say(f"服务器的回答无法识别（{status}）。", f"An unknown answer ({status}).")
    about = [f"{name}: {problem[name]}" for name in ("field", "version", "until", "retry_after") if problem.get(name)]
    lines = [text + (f" ({', '.join(about)})" if about else "")]
    lines += [f"  {note['path'] or '.'}: {pick(note['text'])} [{note['code']}]" for note in problem.get("problems", [])]
    return "\n".join(lines)


def signed_out() -> Failure:
    """Nobody is signed in, or the session has ended."""
    return Failure(say("请先登录：songshen login", "Sign in first: songshen login"), SIGNED_OUT)
