"""`songshen case`: single applications: found, shown, given more time, reopened, bundled."""

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from typing import Any

from songshen_cli import output, parsing
from songshen_cli.api import Api, path
from songshen_cli.exports import fetch
from songshen_cli.failures import FINE, USAGE, Failure
from songshen_cli.parsing import Command, Subparsers, command, group
from songshen_cli.words import pick, say


def add(commands: Subparsers) -> None:
    """`songshen case …`"""
    own = group(commands, "case", say("单个考生的材料", "single applications"))
    found = command(own, "find", find, say("按报名号开头查找", "find by how a registration number begins"))
    text = say("报名号开头；写明考点时可为姓名的一部分", "how it begins or, with --site, a part of a name")
    found.add_argument("search", metavar="TEXT", help=text)
    found.add_argument("--site", default="", help=say("考点", "exam site"))
    found.add_argument("--limit", type=int, default=100, help=say("最多几个（默认 100）", "at most (default 100)"))
    _one(own, "show", show, say("显示", "show one"))

    extended = _one(own, "extend", extend, say("延长一名考生的截止时间", "more time for one candidate"))
    extended.add_argument("--until", required=True, metavar="TIME", help="2026-03-12T18:00:00+08:00")
    reopened = _one(own, "reopen", reopen, say("撤回已通过的结论", "take an approval back"))
    reopened.add_argument("--round", type=int, help=say("轮次（默认：当前）", "default: the present one"))
    slots = say("需补正的图位和原因代码，可重复；不写则全部解锁", "what to put right; none unlocks all")
    reopened.add_argument("--slot", action="append", default=[], metavar="SLOT:CODE", help=slots)
    for one in (extended, reopened):
        one.add_argument("--reason", required=True, help=say("原因，考生可以看到", "why; the candidate reads it"))
    parsing.output(_one(own, "bundle", bundle, say("打包一名考生的全部材料", "all about one application, zipped")))


def _one(own: Subparsers, name: str, act: Command, about: str) -> ArgumentParser:
    made = command(own, name, act, about)
    made.add_argument("application", metavar="APPLICATION", help=say("材料编号", "its id"))
    return made


def find(api: Api, exam: str, given: Namespace) -> int:
    """Whom a registration number begins with; with a site, a part of a name."""
    if not given.site and not given.search.isascii():
        told = say("按姓名查找请用 --site 写明考点。", "Names are looked for at one site: name it with --site.")
        raise Failure(told, USAGE)
    query = {"search": given.search, **({"site": given.site} if given.site else {})}
    found = api.pages(path("exams", exam, "applications"), query, given.limit)
    if given.json:
        output.dump(found)
        return FINE
    titles = say("材料编号,报名号,姓名,考点,状态,轮次", "application,registration no.,name,site,status,round").split(
        ","
    )
    rows = [
        (one["application"], one["registration_no"], one["name"], one["site"]["id"], one["status"], one["round"])
        for one in found
    ]
    output.table(titles, rows, right=(5,))
    return FINE


def show(api: Api, exam: str, given: Namespace) -> int:
    """One application: where it stands, until when it can be changed, what has happened to it."""
    _tell(api.call("GET", path("applications", given.application)), given)
    return FINE


def extend(api: Api, exam: str, given: Namespace) -> int:
    """More time for one candidate."""
    body = {"until": given.until, "reason": given.reason}
    _tell(api.call("POST", path("applications", given.application, "extension"), body), given)
    return FINE


def reopen(api: Api, exam: str, given: Namespace) -> int:
    """Takes the approval of the present round back."""
    where = path("applications", given.application)
    pairs = [slot.partition(":") for slot in given.slot]
    slots = [{"slot": slot, "code": code} for slot, _, code in pairs]
    body = {"round": given.round or max(1, api.call("GET", where)["round"]), "reason": given.reason, "slots": slots}
    _tell(api.call("POST", where + "/reopen", body), given)
    return FINE


def bundle(api: Api, exam: str, given: Namespace) -> int:
    """Everything about one application in a zip file, for an appeal."""
    made = api.call("POST", path("applications", given.application, "bundle"))
    fetch(api, made["url"], made["bytes"], given.output or made["file"])
    if given.json:
        output.dump(made)
    else:
        output.tell(f"sha256 {made['sha256']}")
    return FINE


def _tell(case: Mapping[str, Any], given: Namespace) -> None:
    if given.json:
        output.dump(case)
        return
    who = case["candidate"]
    output.tell(f"{case['application']}  {who['name']}  {pick(who['area'])} {pick(who['site'])}")
    numbers = [case["serial_number"] or "", *(f"({number})" for number in case["withdrawn_serial_numbers"])]
    rows = [
        (say("状态", "status"), f"{case['status']} {case['round']}"),
        (say("截止", "can be changed until"), f"{case['end']['at']} ({case['end']['source']})"),
        (say("序列号（已作废）", "serial number (withdrawn)"), " ".join(filter(None, numbers))),
    ]
    output.table(("", ""), [row for row in rows if row[1]])
    for entry in case["history"]:
        texts = "; ".join(pick(message["text"]) for message in entry["messages"])
        output.tell(f"  {entry['at']} {entry['kind']} {entry['by']} {texts}")
