"""`songshen progress`, `songshen unreached`: how far the exam has come, by site, and who could not be told."""

from argparse import Namespace
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from songshen_cli import output
from songshen_cli.api import Api, path
from songshen_cli.failures import FINE
from songshen_cli.parsing import Subparsers, command
from songshen_cli.words import pick, say

STATUSES = ("draft", "submitted", "returned", "approved")


def add(commands: Subparsers) -> None:
    """`songshen progress`, `songshen unreached`"""
    command(commands, "progress", show, say("进度：按考点", "how far it has come, by site"))
    listed = command(commands, "unreached", unreached, say("短信未送达的考生", "whom no SMS could reach"))
    listed.add_argument("--area", default="", help=say("考区（默认：全部）", "one area (default: all)"))
    listed.add_argument("--limit", type=int, default=1000, help=say("最多几个（默认 1000）", "at most (default 1000)"))


def show(api: Api, exam: str, given: Namespace) -> int:
    """The sites, the worst first, and what needs somebody."""
    found = api.call("GET", path("exams", exam, "progress"))
    if given.json:
        output.dump(found)
        return FINE
    output.tell(f"{pick(found['exam'])}  {found['at']}")
    titles = say(
        "考点,未提交,已提交,已退回,已通过,最久等待（小时）,超过24小时,预计审完（小时）",
        "site,draft,submitted,returned,approved,longest wait (h),over 24 h,done in (h)",
    ).split(",")
    rows = [_row(site, found["at"]) for site in found["sites"]]
    output.table(titles, rows, right=range(1, len(titles)))
    returns, unreached = found["returns"], sum(one["count"] for one in found["unreached"])
    output.tell(
        say(
            f"已退回待补正 {returns['open']}，其中一天内截止 {returns['closing']}，已过期 {returns['over']}；"
            f"短信未送达 {unreached}",
            f"returned and open {returns['open']}, closing within a day {returns['closing']}, over {returns['over']}; "
            f"not reached by SMS {unreached}",
        )
    )
    return FINE


def unreached(api: Api, exam: str, given: Namespace) -> int:
    """By name, nearest end first, those whose end is over behind."""
    query = {"area": given.area} if given.area else {}
    found = api.pages(path("exams", exam, "unreached"), query, given.limit)
    if given.json:
        output.dump(found)
        return FINE
    titles = say(
        "材料编号,姓名,考点,状态,截止,原因,首次失败,下次重试",
        "application,name,site,status,until,why,since,next try",
    ).split(",")
    output.table(titles, [_listed(one) for one in found])
    return FINE


def _listed(one: Mapping[str, Any]) -> list[Any]:
    again = one["next_try"] or say("请打电话", "to be called")
    who = (one["application"], one["name"], one["site"]["id"], one["status"])
    return [*who, one["until"], pick(one["text"]), one["since"], again]


def _row(site: Mapping[str, Any], now: str) -> list[Any]:
    oldest = site["waiting"]["oldest"]
    clear = site["hours_to_clear"]
    return [
        f"{site['site']['id']} {pick(site['site']['name'])}",
        *(site["counts"].get(status, 0) for status in STATUSES),
        _hours(oldest, now) if oldest else "",
        site["waiting"]["over_24h"],
        "–" if clear is None else round(clear, 1),
    ]


def _hours(since: str, now: str) -> float:
    return round((datetime.fromisoformat(now) - datetime.fromisoformat(since)).total_seconds() / 3600, 1)
