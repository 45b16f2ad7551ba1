"""`songshen case`: single applications."""

from argparse import ArgumentParser, Namespace

from songshen_cli import output, parsing
from songshen_cli.api import Api, path
from songshen_cli.exports import fetch
from songshen_cli.failures import FINE
from songshen_cli.parsing import Command, Subparsers, command, group
from songshen_cli.words import say


def add(commands: Subparsers) -> None:
    """`songshen case …`"""
    own = group(commands, "case", say("单个考生的材料", "single applications"))
    parsing.output(_one(own, "bundle", bundle, say("打包一名考生的全部材料", "all about one application, zipped")))


def _one(own: Subparsers, name: str, act: Command, about: str) -> ArgumentParser:
    made = command(own, name, act, about)
    made.add_argument("application", metavar="APPLICATION", help=say("材料编号", "its id"))
    return made


def bundle(api: Api, exam: str, given: Namespace) -> int:
    """Everything about one application in a zip file, for an appeal."""
    made = api.call("POST", path("applications", given.application, "bundle"))
    fetch(api, made["url"], made["bytes"], given.output or made["file"])
    if given.json:
        output.dump(made)
    else:
        output.tell(f"sha256 {made['sha256']}")
    return FINE
