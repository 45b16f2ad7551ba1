"""`songshen staff`: the exam's staff: listed, employed, moved, disabled, enabled, given another initial password."""

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from typing import Any

from songshen_cli import output
from songshen_cli.api import Api, path
from songshen_cli.failures import FINE
from songshen_cli.parsing import Command, Subparsers, command, group
from songshen_cli.words import say

ROLES = ("reviewer", "lead", "admin")


def add(commands: Subparsers) -> None:
    """`songshen staff …`"""
    own = group(commands, "staff", say("审核人员和管理员", "reviewers, leads and administrators"))
    listed = command(own, "list", everybody, say("全部人员", "everybody"))
    changes = say("显示最近一百次变更", "the last hundred changes instead")
    listed.add_argument("--changes", action="store_true", help=changes)
    added = _one(own, "add", employ, say("新增人员，显示初始密码", "a new member, with an initial password"))
    moved = _one(own, "move", move, say("调整角色、考区、考点", "another role or place"))
    for one in (added, moved):
        one.add_argument("--role", required=True, choices=ROLES, help=say("角色", "what they are"))
        one.add_argument("--area", default="", help=say("考区（管理员不写）", "area; administrators have none"))
        one.add_argument("--site", default="", help=say("考点（仅审核人员）", "exam site; of reviewers only"))
    _one(own, "disable", disable, say("停用", "shut the account, end its sessions"))
    _one(own, "enable", enable, say("重新启用", "let them in again"))
    _one(own, "password", reset, say("重置密码，显示新的初始密码", "another initial password"))


def _one(own: Subparsers, name: str, act: Command, about: str) -> ArgumentParser:
    made = command(own, name, act, about)
    made.add_argument("username", metavar="USERNAME", help=say("用户名", "user name"))
    return made


def everybody(api: Api, exam: str, given: Namespace) -> int:
    """Who there is; or what was done to them, newest first."""
    said = api.call("GET", path("exams", exam, "staff"))
    if given.json:
        output.dump(said["changes" if given.changes else "items"])
    elif given.changes:
        titles = say("时间,操作人,用户名,变更,角色,考区,考点", "at,by,user name,change,role,area,site").split(",")
        names = ("at", "by", "username", "kind", "role", "area", "site")
        output.table(titles, [[one[name] for name in names] for one in said["changes"]])
    else:
        titles = say("用户名,角色,考区,考点,状态", "user name,role,area,site,state").split(",")
        output.table(titles, map(_row, said["items"]))
    return FINE


def employ(api: Api, exam: str, given: Namespace) -> int:
    """A new member; the initial password is the last line of the standard output."""
    body = {"username": given.username} | _placement(given)
    return _tell_password(api.call("POST", path("exams", exam, "staff"), body), given)


def move(api: Api, exam: str, given: Namespace) -> int:
    """Another role or place."""
    return _tell(api.call("PUT", path("exams", exam, "staff", given.username), _placement(given)), given)


def disable(api: Api, exam: str, given: Namespace) -> int:
    """Shuts the account."""
    return _tell(api.call("POST", path("exams", exam, "staff", given.username, "disable")), given)


def enable(api: Api, exam: str, given: Namespace) -> int:
    """Opens the account."""
    return _tell(api.call("POST", path("exams", exam, "staff", given.username, "enable")), given)


def reset(api: Api, exam: str, given: Namespace) -> int:
    """Another initial password; the last line of the standard output."""
    return _tell_password(api.call("POST", path("exams", exam, "staff", given.username, "password")), given)


def _placement(given: Namespace) -> dict[str, str]:
    return {"role": given.role, "area": given.area, "site": given.site}


def _row(member: Mapping[str, Any]) -> tuple[str, ...]:
    state = say("已停用", "disabled") if member["disabled"] else say("正常", "active")
    return (member["username"], member["role"], member["area"], member["site"], state)


def _tell(member: Mapping[str, Any], given: Namespace) -> int:
    if given.json:
        output.dump(member)
        return FINE
    output.tell("  ".join(filter(None, _row(member))))
    output.note(
        say("已登录的页面最长 30 分钟后失效。", "Pages that are signed in already work for 30 minutes at most.")
    )
    return FINE


def _tell_password(made: Mapping[str, Any], given: Namespace) -> int:
    if given.json:
        output.dump(made)
        return FINE
    once = "This initial password is shown once, works for seven days and is replaced at the first sign-in:"
    output.note(say("初始密码只显示这一次，七天内有效，首次登录时须更换：", once))
    output.tell(made["initial_password"])
    return FINE
