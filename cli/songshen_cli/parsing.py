"""How commands are declared: each module adds its own, with what argparse needs to know."""

import argparse
from collections.abc import Callable

from songshen_cli.api import Api
from songshen_cli.words import say

type Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]
type Command = Callable[[Api, str, argparse.Namespace], int]
"""Does it for an exam; its exit code."""


def group(commands: Subparsers, name: str, about: str) -> Subparsers:
    """`songshen <name> …`"""
    made = commands.add_parser(name, help=about, description=about)
    return made.add_subparsers(dest="action", required=True, metavar="ACTION")


def command(within: Subparsers, name: str, act: Command, about: str, *, json: bool = True) -> argparse.ArgumentParser:
    """A command that is about one exam."""
    made = within.add_parser(name, help=about, description=about)
    made.set_defaults(act=act)
    where(made)
    default = say("考试（默认：本人管理的考试）", "the exam (default: the one you administer)")
    made.add_argument("--exam", default="", help=default)
    if json:
        made.add_argument("--json", action="store_true", help=say("输出 JSON", "print JSON"))
    return made


def where(made: argparse.ArgumentParser) -> None:
    """`--api` behind the command, too; where it is not said there, what was said before stays."""
    made.add_argument("--api", default=argparse.SUPPRESS, help=argparse.SUPPRESS)


def output(made: argparse.ArgumentParser, about: str = "") -> None:
    """`--output FILE`"""
    made.add_argument("-o", "--output", metavar="FILE", help=about or say("存为", "save it as"))
