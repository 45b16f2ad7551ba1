"""The command line: `songshen --help`.

Exit codes: 0 done, 1 something is to be corrected (a refusal, problems, lines left out), 2 wrong usage, 3 not signed
in, 4 the server was not reached or is in trouble.
"""

import argparse
import getpass
import os
import sys
from collections.abc import Callable, Sequence

import httpx

from songshen_cli import exam, output, roster
from songshen_cli.api import Api, address
from songshen_cli.failures import FINE, USAGE, Failure
from songshen_cli.session import Sessions
from songshen_cli.words import say

type Command = Callable[[Api, str, argparse.Namespace], int]


def parser() -> argparse.ArgumentParser:
    """Every command with its options, in the user's language."""
    top = argparse.ArgumentParser(
        prog="songshen",
        description=say("在命令行中组织一次考试。", "Running an exam from a shell."),
        epilog=say(
            "退出码：0 完成；1 有内容需要改正；2 用法不对；3 未登录；4 服务器没有回答。",
            "Exit codes: 0 done; 1 something to correct; 2 usage; 3 not signed in; 4 the server did not answer.",
        ),
    )
    top.add_argument(
        "--api",
        default="",
        help=say(
            "接口地址（默认：SONGSHEN_API，或项目的本地环境）", "the API (else SONGSHEN_API, or the project's stack)"
        ),
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    login = commands.add_parser("login", help=say("登录", "sign in"))
    login.add_argument("username", nargs="?", help=say("用户名", "user name"))
    login.add_argument(
        "--password-stdin",
        action="store_true",
        help=say("从标准输入读取密码", "read the password from the standard input"),
    )
    _where(login)
    _where(commands.add_parser("logout", help=say("在所有设备上退出登录", "sign out everywhere")))

    exams = _group(commands, "exam", say("考试设置", "the exam's document"))
    show = _command(exams, "show", exam.show, say("显示一个版本（JSON）", "show a version as JSON"), json=False)
    show.add_argument(
        "--version", type=int, help=say("版本号（默认：现行版本）", "which one (default: the one in force)")
    )
    show.add_argument("-o", "--output", metavar="FILE", help=say("写入文件", "write it to a file"))
    versions = _command(exams, "versions", exam.versions, say("列出最近的版本", "list the last versions"))
    versions.add_argument(
        "--limit", type=int, default=10, help=say("最多几个（默认 10）", "how many at most (default 10)")
    )
    for name, act, about in (
        ("check", exam.check, say("检查文件：问题，或影响", "check a file: problems, or what it affects")),
        ("save", exam.save, say("保存文件（先显示影响）", "save a file (shows what it affects first)")),
    ):
        one = _command(exams, name, act, about)
        one.add_argument(
            "file", metavar="FILE", help=say("JSON 或 YAML 文件；- 为标准输入", "JSON or YAML; - is the standard input")
        )
        one.add_argument("--version", type=int, help=say("文件依据的版本", "the version that the file was made from"))
    one.add_argument("--yes", action="store_true", help=say("不再询问", "do not ask"))

    rosters = _group(commands, "roster", say("报名名单", "the roster"))
    load = _command(rosters, "import", roster.import_file, say("上传并导入名单", "send and import a roster"))
    load.add_argument("file", metavar="FILE", help="CSV")
    load.add_argument("--no-wait", action="store_true", help=say("上传后不等待", "do not wait for the import"))
    load.add_argument(
        "--report", metavar="FILE", help=say("把问题清单存入文件", "write the list of bad lines to a file")
    )
    _command(rosters, "list", roster.imports, say("列出导入记录", "list the imports"))
    report = _command(
        rosters, "report", roster.report, say("取得问题清单（CSV）", "get the list of bad lines (CSV)"), json=False
    )
    report.add_argument(
        "id",
        nargs="?",
        default="",
        help=say("导入编号（默认：最近一次有问题的）", "the import (default: the last one with bad lines)"),
    )
    report.add_argument("-o", "--output", metavar="FILE", help=say("写入文件", "write it to a file"))
    return top


type _Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]


def _group(commands: _Subparsers, name: str, about: str) -> _Subparsers:
    group = commands.add_parser(name, help=about, description=about)
    return group.add_subparsers(dest="action", required=True, metavar="ACTION")


def _where(command: argparse.ArgumentParser) -> None:
    """`--api` behind the command, too; where it is not said there, what was said before stays."""
    command.add_argument("--api", default=argparse.SUPPRESS, help=argparse.SUPPRESS)


def _command(group: _Subparsers, name: str, act: Command, about: str, *, json: bool = True) -> argparse.ArgumentParser:
    made = group.add_parser(name, help=about, description=about)
    made.set_defaults(act=act)
    _where(made)
    made.add_argument(
        "--exam", default="", help=say("考试（默认：本人管理的考试）", "the exam (default: the one you administer)")
    )
    if json:
        made.add_argument("--json", action="store_true", help=say("输出 JSON", "print JSON"))
    return made


def run(words: Sequence[str], sessions: Sessions, transport: httpx.BaseTransport | None = None) -> int:
    """One command; its exit code. What went wrong is told on the standard error."""
    given = parser().parse_args(words)
    try:
        api = Api(address(given.api), sessions, transport)
        if given.command == "login":
            return _login(api, given)
        if given.command == "logout":
            api.sign_out()
            return FINE
        return int(given.act(api, _exam(api, given), given))
    except Failure as failure:
        output.note(f"songshen: {failure}")
        return failure.code
    except KeyboardInterrupt:
        return 130


def _login(api: Api, given: argparse.Namespace) -> int:
    if given.password_stdin and not given.username:
        raise Failure(say("请写上用户名。", "Name the user."), USAGE)
    username = given.username or input(say("用户名：", "User name: ")).strip()
    if given.password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = os.environ.get("SONGSHEN_PASSWORD") or getpass.getpass(say("密码：", "Password: "))
    session = api.sign_in(username, password)
    output.note(say(f"已登录：{username}（{session.role}）", f"Signed in: {username} ({session.role})"))
    return FINE


def _exam(api: Api, given: argparse.Namespace) -> str:
    found = given.exam or api.session.exam
    if not found:
        raise Failure(say("请用 --exam 写上考试。", "Name the exam: --exam."), USAGE)
    return str(found)


def main() -> int:
    """For the console script."""
    return run(sys.argv[1:], Sessions.of_user())


if __name__ == "__main__":
    sys.exit(main())
