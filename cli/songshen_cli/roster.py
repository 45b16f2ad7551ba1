"""`songshen roster`: a file is sent, its import watched, what was left out listed."""

import sys
import time
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.progress import Progress, TaskID

from songshen_cli import output, parsing
from songshen_cli.api import Api, path
from songshen_cli.failures import CORRECT, FINE, UNREACHED, USAGE, Failure
from songshen_cli.parsing import Subparsers, command, group
from songshen_cli.words import pick, say

OVER = {"done", "refused", "failed"}
COUNTS = ("added", "changed", "unchanged", "bad")
APPEARS_WITHIN = 120
"""Seconds in which the import of a file that has arrived begins."""


def add(commands: Subparsers) -> None:
    """`songshen roster …`"""
    own = group(commands, "roster", say("报名名单", "the roster"))
    load = command(own, "import", import_file, say("上传并导入名单", "send and import a roster"))
    load.add_argument("file", metavar="FILE", help="CSV")
    load.add_argument("--no-wait", action="store_true", help=say("上传后不等待", "do not wait for the import"))
    load.add_argument("--report", metavar="FILE", help=say("把问题清单存入文件", "save the list of bad lines"))
    command(own, "list", imports, say("列出导入记录", "list the imports"))
    one = command(own, "report", report, say("取得问题清单（CSV）", "get the list of bad lines (CSV)"), json=False)
    newest = say("导入编号（默认：最近一次有问题的）", "the import (default: the last one with bad lines)")
    one.add_argument("id", nargs="?", default="", help=newest)
    parsing.output(one)


def import_file(api: Api, exam: str, given: Namespace) -> int:
    """Sends a file and, unless told otherwise, waits for its import."""
    file = Path(given.file)
    if not file.is_file() or not file.stat().st_size:
        raise Failure(say(f"没有文件 {file}，或文件是空的。", f"{file} is not there, or empty."), USAGE)
    ticket = api.call("POST", path("exams", exam, "roster"))
    if file.stat().st_size > ticket["max_bytes"]:
        most = ticket["max_bytes"] // 2**20
        told = say(f"文件超过 {most} MB，请分成几个文件。", f"The file has more than {most} MB: send it in parts.")
        raise Failure(told, CORRECT)
    with (
        output.bar(sizes=True) as bar,
        bar.open(file, "rb", description=say("上传", "sending")) as source,
    ):
        api.post_file(ticket, source)
    found = _one(api, exam, ticket["id"]) if given.no_wait else _watched(api, exam, ticket["id"])
    if given.report and found["bad"]:
        Path(given.report).write_bytes(api.download(found["report_url"]))
    _tell([found], found, given)
    if given.no_wait:
        return FINE
    return FINE if found["state"] == "done" and not found["bad"] else CORRECT


def imports(api: Api, exam: str, given: Namespace) -> int:
    """The last imports, newest first."""
    found = _all(api, exam)
    if given.json:
        output.dump(found)
        return FINE
    names = say("编号,状态,行,新增,更新,无变化,未导入", "id,state,line,added,updated,unchanged,left out").split(",")
    rows = [(one["id"], one["state"], one["line"], *(one[name] for name in COUNTS)) for one in found]
    output.table(names, rows, right=(2, 3, 4, 5, 6))
    return FINE


def report(api: Api, exam: str, given: Namespace) -> int:
    """The list of bad lines of an import (the newest that has some), as CSV."""
    found = [one for one in _all(api, exam) if (one["id"] == given.id if given.id else one["bad"])]
    if not found:
        raise Failure(say("没有这样的导入。", "There is no such import."), CORRECT)
    if not found[0]["report_url"]:
        output.note(say("所有行都已导入，没有问题清单。", "Every line was imported: there is no report."))
        return FINE
    data = api.download(found[0]["report_url"])
    if given.output:
        Path(given.output).write_bytes(data)
    else:
        sys.stdout.write(data.decode("utf-8-sig"))
    return FINE


def _all(api: Api, exam: str) -> list[dict[str, Any]]:
    return list(api.call("GET", path("exams", exam, "roster"))["imports"])


def _one(api: Api, exam: str, id: str) -> dict[str, Any]:
    return next(one for one in _all(api, exam) if one["id"] == id)


def _watched(api: Api, exam: str, id: str) -> dict[str, Any]:
    """The import once it is over. Raises Failure if it does not begin."""
    with output.bar() as bar:
        task = bar.add_task(say("导入", "importing"), total=None)
        began = time.monotonic()
        pause = 0.3
        while (found := _one(api, exam, id))["state"] not in OVER:
            if found["state"] == "waiting" and time.monotonic() - began > APPEARS_WITHIN:
                told = say(
                    "文件已上传，但导入没有开始，请稍后查看：", "The file is there, but its import has not begun; see"
                )
                raise Failure(f"{told} songshen roster list", UNREACHED)
            _move(bar, task, found)
            time.sleep(pause)
            pause = min(pause * 1.5, 5.0)
    return found


def _move(bar: Progress, task: TaskID, found: Mapping[str, Any]) -> None:
    if found["size"]:
        text = say(f"导入，第 {found['line']} 行", f"importing, line {found['line']}")
        bar.update(task, total=found["size"], completed=found["read"], description=text)


def _tell(shown: list[dict[str, Any]], found: Mapping[str, Any], given: Namespace) -> None:
    if given.json:
        output.dump(shown[0])
        return
    output.tell(f"{found['id']}: {pick(found['text'])}")
    if found["refusal"]:
        columns = ", ".join(found["refusal"]["columns"])
        output.tell(f"  {pick(found['refusal']['text'])} {columns}".rstrip())
    titles = say("新增,更新,无变化,未导入", "added,updated,unchanged,left out").split(",")
    output.table(titles, [[found[name] for name in COUNTS]], right=(0, 1, 2, 3))
    for problem in found["problems"]:
        output.tell(f"  {problem['count']} × {pick(problem['text'])} [{problem['code']}]")
    if found["bad"] and not given.report:
        output.note(say("逐行的清单：songshen roster report", "Line by line: songshen roster report"))
