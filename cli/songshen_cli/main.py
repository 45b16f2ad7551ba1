"""The command line: `songshen --help`.

Exit codes: 0 done, 1 something is to be corrected (a refusal, problems, lines left out), 2 wrong usage, 3 not signed
in, 4 the server was not reached or is in trouble.
"""

import argparse
import getpass
import os
import sys
from collections.abc import Sequence

import httpx

from songshen_cli import cases, exam, exports, output, progress, roster, staff
from songshen_cli.api import Api, address
from songshen_cli.failures import FINE, USAGE, Failure, Refusal
from songshen_cli.parsing import where
from songshen_cli.session import Sessions
from songshen_cli.words import say


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
    default = say(
        "接口地址（默认：SONGSHEN_API，或项目的本地环境）", "the API (else SONGSHEN_API, or the project's stack)"
    )
    top.add_argument("--api", default="", help=default)
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    login = commands.add_parser("login", help=say("登录", "sign in"))
    where(login)
    login.add_argument("username", nargs="?", help=say("用户名", "user name"))
    piped = say(
        "从标准输入读取密码（初始密码：第二行为新密码）",
        "read the password from the standard input; behind an initial one, on a line of its own, the new one",
    )
    login.add_argument("--password-stdin", action="store_true", help=piped)
    where(commands.add_parser("logout", help=say("在所有设备上退出登录", "sign out everywhere")))
    for part in (exam, roster, staff, progress, exports, cases):
        part.add(commands)
    return top


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
    try:
        session = api.sign_in(username, password)
    except Refusal as refusal:
        if refusal.problem.get("code") != "new_password_required":
            raise
        session = api.sign_in(username, password, _new_password(given, refusal))
    output.note(say(f"已登录：{username}（{session.role}）", f"Signed in: {username} ({session.role})"))
    return FINE


def _new_password(given: argparse.Namespace, refusal: Refusal) -> str:
    """What replaces an initial password. Raises the refusal if nobody is there to say it."""
    if given.password_stdin:
        new = sys.stdin.readline().rstrip("\n")
        if not new:
            raise refusal
        return new
    output.note(str(refusal))
    new = getpass.getpass(say("新密码：", "New password: "))
    if new != getpass.getpass(say("再次输入新密码：", "The new password once more: ")):
        told = say(
            "两次输入的新密码不一致，密码没有更换，请重新登录。",
            "The two differ, so nothing was changed. Sign in again.",
        )
        raise Failure(told, USAGE)
    return new


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
