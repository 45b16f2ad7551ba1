"""`songshen exam`: the exam's document: shown, checked, saved, its versions."""

import json
import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from songshen_cli import output, parsing
from songshen_cli.api import Api, path
from songshen_cli.failures import CORRECT, FINE, USAGE, Failure
from songshen_cli.parsing import Subparsers, command, group
from songshen_cli.words import pick, say

STATUSES = ("draft", "submitted", "returned", "approved")


def add(commands: Subparsers) -> None:
    """`songshen exam …`"""
    own = group(commands, "exam", say("考试设置", "the exam's document"))
    shown = command(own, "show", show, say("显示一个版本（JSON）", "show a version as JSON"), json=False)
    shown.add_argument("--version", type=int, help=say("默认：现行版本", "default: the one in force"))
    parsing.output(shown)
    listed = command(own, "versions", versions, say("列出最近的版本", "list the last versions"))
    listed.add_argument("--limit", type=int, default=10, help=say("最多几个（默认 10）", "at most (default 10)"))
    for name, act, about in (
        ("check", check, say("检查文件：问题，或影响", "check a file: problems, or what it affects")),
        ("save", save, say("保存文件（先显示影响）", "save a file (shows what it affects first)")),
    ):
        one = command(own, name, act, about)
        one.add_argument("file", metavar="FILE", help=say("JSON 或 YAML；- 为标准输入", "JSON or YAML; - is stdin"))
        one.add_argument("--version", type=int, help=say("文件依据的版本", "the version that the file was made from"))
    one.add_argument("--yes", action="store_true", help=say("不再询问", "do not ask"))


def show(api: Api, exam: str, given: Namespace) -> int:
    """One version: the document and which it is, as `check` and `save` take it."""
    found = _kept(api, exam, given.version)
    if given.output:
        Path(given.output).write_text(output.dumped(found), encoding="utf-8")
        output.note(
            say(f"第 {found['version']} 版已写入 {given.output}", f"Version {found['version']} is in {given.output}")
        )
    else:
        output.dump(found)
    return FINE


def versions(api: Api, exam: str, given: Namespace) -> int:
    """The last versions, newest first."""
    newest = _kept(api, exam)
    rest = range(newest["version"] - 1, max(0, newest["version"] - given.limit), -1)
    found = [newest, *(_kept(api, exam, number) for number in rest)]
    shown = [{name: one[name] for name in ("version", "saved_at", "saved_by", "records_end")} for one in found]
    if given.json:
        output.dump(shown)
    else:
        titles = say("版本,保存时间,保存人,资料保存至", "version,saved at,saved by,records kept until").split(",")
        output.table(titles, [tuple(one.values()) for one in shown], right=(0,))
    return FINE


def check(api: Api, exam: str, given: Namespace) -> int:
    """What is wrong with a document, or what it would change."""
    document, version = read(given.file)
    verdict = _put(api, exam, document, given.version or version or _kept(api, exam)["version"], trial=True)
    if given.json:
        output.dump(verdict)
    else:
        _tell(verdict)
    return CORRECT if verdict["problems"] else FINE


def save(api: Api, exam: str, given: Namespace) -> int:
    """Puts a document in force, after what it affects was seen or `--yes` said."""
    document, made_from = read(given.file)
    version = given.version or made_from
    if version is None:
        raise Failure(
            say(
                "文件里没有 version。请用 songshen exam show 取得文件再修改，或用 --version 指明依据的版本。",
                "The file has no version. Change a file that `songshen exam show` made, or name with --version the one "
                "that the file was made from.",
            ),
            USAGE,
        )
    verdict = _put(api, exam, document, version, trial=True)
    if not verdict["problems"] and (given.yes or _agreed(verdict)):
        verdict = _put(api, exam, document, version, trial=False)
    if given.json:
        output.dump(verdict)
    elif verdict["saved"]:
        number = verdict["version"]
        output.tell(
            say(f"已保存为第 {number} 版，15 秒内生效。", f"Saved as version {number}; in force within 15 seconds.")
        )
    elif verdict["problems"]:
        _tell(verdict)
    return FINE if verdict["saved"] else CORRECT


def _agreed(verdict: Mapping[str, Any]) -> bool:
    """Whether whoever sits there wants it, knowing the effects. Raises Failure if nobody does."""
    if not sys.stdin.isatty():
        raise Failure(say("不在终端上运行时，保存需要 --yes。", "Without a terminal, saving needs --yes."), USAGE)
    _tell(verdict)
    return input(say("保存？[y/N] ", "Save? [y/N] ")).strip().lower() in {"y", "yes", "是"}


def _kept(api: Api, exam: str, version: int | None = None) -> dict[str, Any]:
    return dict(api.call("GET", path("exams", exam), query={"version": version} if version else None))


def _put(api: Api, exam: str, document: Any, version: int, *, trial: bool) -> dict[str, Any]:
    query = {"dry_run": "true" if trial else "false"}
    return dict(api.call("PUT", path("exams", exam), {"version": version, "document": document}, query))


def read(file: str) -> tuple[dict[str, Any], int | None]:
    """The document in a JSON or YAML file, and the version it was made from if the file says so. Raises Failure."""
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(say(f"读不了文件 {file}：{error}", f"Cannot read {file}: {error}"), USAGE) from error
    try:
        held = _parsed(text, yaml=file.endswith((".yaml", ".yml")))
    except ValueError as error:
        told = say(f"{file} 不是正确的 JSON 或 YAML：{error}", f"{file} is neither JSON nor YAML: {error}")
        raise Failure(told, CORRECT) from error
    if not isinstance(held, dict):
        raise Failure(say(f"{file} 里没有考试设置。", f"There is no exam in {file}."), CORRECT)
    if isinstance(held.get("document"), dict):
        return held["document"], held.get("version")
    return held, None


def _parsed(text: str, *, yaml: bool) -> Any:
    if not yaml:
        return json.loads(text)
    import yaml as language  # noqa: PLC0415 - a tenth of a second that JSON does not need

    try:
        return _plain(language.safe_load(text))
    except language.YAMLError as error:
        raise ValueError(str(error)) from error


def _plain(value: Any) -> Any:
    """YAML's dates and times as JSON has them."""
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value.isoformat() if hasattr(value, "isoformat") else value


def _tell(verdict: Mapping[str, Any]) -> None:
    """Problems, or effects and how many applications there are."""
    if verdict["problems"]:
        output.tell(say("需要修改：", "To be changed:"))
        _notes(verdict["problems"])
        return
    output.tell(
        say("没有问题。影响如下：", "No problems. It affects:")
        if verdict["effects"]
        else say("没有问题，内容没有变化。", "No problems, and nothing changes.")
    )
    _notes(verdict["effects"])
    titles = say("考点,未提交,已提交,已退回,已通过", "site,draft,submitted,returned,approved").split(",")
    rows = [(one["site"]["id"], *(one["counts"].get(name, 0) for name in STATUSES)) for one in verdict["sites"]]
    if rows:
        output.table(titles, rows, right=(1, 2, 3, 4))


def _notes(notes: Sequence[Mapping[str, Any]]) -> None:
    for one in notes:
        output.tell(f"  {one['path'] or '.'}: {pick(one['text'])} [{one['code']}]")
