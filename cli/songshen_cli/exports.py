"""`songshen export`: results as files; `songshen case bundle` is of one application."""

import time
from argparse import Namespace
from pathlib import Path
from typing import Any

from songshen_cli import output, parsing
from songshen_cli.api import Api, path
from songshen_cli.failures import CORRECT, FINE, Failure
from songshen_cli.parsing import Subparsers, command, group
from songshen_cli.words import pick, say

OVER = {"done", "failed"}


def add(commands: Subparsers) -> None:
    """`songshen export …`"""
    own = group(commands, "export", say("结果导出", "results as files"))
    made = command(own, "start", start, say("开始导出", "have a file made"))
    kinds, formats = ("applications", "journal"), ("csv", "jsonl")
    made.add_argument("--kind", choices=kinds, default=kinds[0], help=say("内容", "what is in it"))
    made.add_argument("--format", choices=formats, default=formats[0], help=say("格式", "its form"))
    whole = say("含完整的证件号码和手机号码", "with whole id numbers and phones")
    made.add_argument("--identity", action="store_true", help=whole)
    parsing.output(made, say("等待完成并存为文件", "wait for it and save it"))
    command(own, "list", exports, say("列出导出记录", "list the exports"))
    one = command(own, "get", get, say("取得导出文件", "fetch a file"), json=False)
    one.add_argument("id", nargs="?", default="", help=say("导出编号（默认：最近一个）", "which (default: the newest)"))
    parsing.output(one)


def start(api: Api, exam: str, given: Namespace) -> int:
    """Has a file made; waits and fetches it with `--output`."""
    wanted = {"kind": given.kind, "format": given.format, "identity": given.identity}
    made = api.call("POST", path("exams", exam, "exports"), wanted)
    if given.output:
        made = _watched(api, exam, made["id"])
        _fetch(api, made, given.output)
    _tell(made, given)
    return FINE


def exports(api: Api, exam: str, given: Namespace) -> int:
    """The last exports, newest first."""
    found = _all(api, exam)
    if given.json:
        output.dump(found)
        return FINE
    titles = say("编号,内容,格式,状态,份数,行数,有效至", "id,kind,format,state,applications,rows,until").split(",")
    names = ("id", "kind", "format", "state", "done", "rows", "expires_at")
    output.table(
        titles, [[one[name] if one[name] is not None else "" for name in names] for one in found], right=(4, 5)
    )
    return FINE


def get(api: Api, exam: str, given: Namespace) -> int:
    """Fetches a finished export (the newest)."""
    found = [one for one in _all(api, exam) if (one["id"] == given.id if given.id else one["url"])]
    if not found:
        raise Failure(say("没有这样的导出文件。", "There is no such export."), CORRECT)
    _fetch(api, _watched(api, exam, found[0]["id"]), given.output or found[0]["file"])
    return FINE


def _all(api: Api, exam: str) -> list[dict[str, Any]]:
    return list(api.call("GET", path("exams", exam, "exports"))["exports"])


def _watched(api: Api, exam: str, id: str) -> dict[str, Any]:
    with output.bar() as bar:
        task = bar.add_task(say("导出", "exporting"), total=None)
        pause = 0.3
        while (found := next(one for one in _all(api, exam) if one["id"] == id))["state"] not in OVER:
            if found["total"]:
                bar.update(task, total=found["total"], completed=found["done"])
            time.sleep(pause)
            pause = min(pause * 1.5, 5.0)
    return found


def _fetch(api: Api, made: dict[str, Any], file: str) -> None:
    """Raises Failure if there is nothing (any more)."""
    if not made["url"]:
        raise Failure(pick(made["text"]), CORRECT)
    fetch(api, made["url"], made["bytes"], file)


def fetch(api: Api, url: str, size: int, file: str) -> None:
    """Saves what is behind a link; nobody but the user can read it, since it names people."""
    with output.bar(sizes=True) as bar:
        task = bar.add_task(say("下载", "fetching"), total=size)
        api.save(url, Path(file), lambda done: bar.update(task, completed=done))
    output.note(say(f"已存为 {file}", f"Saved as {file}"))


def _tell(made: dict[str, Any], given: Namespace) -> None:
    if given.json:
        output.dump(made)
    else:
        output.tell(f"{made['id']}: {pick(made['text'])}")
