"""The command line before an API that is not there: sessions, words, exit codes, what is asked for."""

import base64
import io
import json
import re
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from songshen.contract.routes import ROUTES
from songshen_cli import main, words
from songshen_cli.api import address
from songshen_cli.failures import Failure
from songshen_cli.session import Session, Sessions

API = "https://api.example"
EXAM = "2026-med"
NOTE = {
    "path": "windows.upload",
    "code": "ends_before_it_begins",
    "text": {"zh": "结束早于开始。", "en": "Ends early."},
}
# As the contract has them: `GET /exams/{exam}`.
CALLS = [re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(route.call))) for route in ROUTES]
UPLOADED = "https://storage.example/"


def token(exam: str = EXAM) -> str:
    claims = base64.urlsafe_b64encode(json.dumps({"custom:exam": exam}).encode()).decode().rstrip("=")
    return f"h.{claims}.s"


class Server:
    """Answers what it was told to, in turn, and remembers what was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Any]] = []
        self.answers: list[tuple[str, int, Any]] = []

    def will(self, call: str, status: int, body: Any = None) -> None:
        self.answers.append((call, status, body))

    def __call__(self, request: httpx.Request) -> httpx.Response:
        call = f"{request.method} {str(request.url).removeprefix(API)}"
        content = request.read()
        kind = request.headers.get("content-type", "")
        self.asked.append((call, json.loads(content) if "json" in kind else content))
        if str(request.url).startswith(API):
            assert any(known.fullmatch(call.partition("?")[0]) for known in CALLS), call
        if not self.answers or self.answers[0][0] != call:
            pytest.fail(f"{call} was not expected; next is {self.answers[:1]}")
        _, status, body = self.answers.pop(0)
        if isinstance(body, Exception):
            raise body
        return (
            httpx.Response(status, json=body) if not isinstance(body, bytes) else httpx.Response(status, content=body)
        )


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    return Sessions(tmp_path / "state" / "songshen" / "sessions.json")


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    monkeypatch.setenv("SONGSHEN_API", API)


type Run = Callable[..., int]


@pytest.fixture
def run(server: Server, sessions: Sessions) -> Run:
    def run_(*words: str) -> int:
        code = main.run(words, sessions, httpx.MockTransport(server))
        assert server.answers == []
        return code

    return run_


@pytest.fixture
def signed_in(sessions: Sessions) -> None:
    sessions.put(API, Session("guanli", "admin", token(), "refresh", time.time() + 900))


# ---- signing in ----


def answer(**changes: Any) -> dict[str, Any]:
    return {"id_token": token(), "refresh_token": "refresh", "expires_in": 900, "role": "admin"} | changes


def test_a_session_is_kept_where_nobody_else_can_read_it(
    run: Run, server: Server, sessions: Sessions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("secret\n"))
    server.will("POST /session", 200, answer())
    assert run("login", "guanli", "--password-stdin") == 0
    assert server.asked == [("POST /session", {"username": "guanli", "password": "secret"})]
    kept = sessions.get(API)
    assert kept is not None
    assert (kept.username, kept.role, kept.exam) == ("guanli", "admin", EXAM)
    (file,) = (tmp_path / "state" / "songshen").iterdir()
    assert (stat.S_IMODE(file.stat().st_mode), stat.S_IMODE(file.parent.stat().st_mode)) == (0o600, 0o700)
    assert "secret" not in file.read_text()


def test_a_refused_sign_in_says_why_and_keeps_nothing(
    run: Run, server: Server, sessions: Sessions, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SONGSHEN_PASSWORD", "wrong")
    text = {"zh": "登录失败次数过多。", "en": "Too many failed attempts."}
    server.will("POST /session", 429, {"code": "too_many_attempts", "text": text, "retry_after": 30})
    assert run("login", "guanli") == 1
    assert capsys.readouterr().err == "songshen: Too many failed attempts. (retry_after: 30)\n"
    assert sessions.get(API) is None


FIRST = {"code": "new_password_required", "text": {"zh": "请设置新密码。", "en": "Choose another password."}}


def test_an_initial_password_is_replaced_at_the_first_sign_in(
    run: Run, server: Server, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("initial\nof my own choice\n"))
    server.will("POST /session", 409, FIRST)
    server.will("POST /session", 200, answer())
    assert run("login", "guanli", "--password-stdin") == 0
    given = {"username": "guanli", "password": "initial"}
    assert [asked[1] for asked in server.asked] == [given, given | {"new_password": "of my own choice"}]
    assert sessions.get(API) is not None


def test_a_new_password_is_asked_for_twice(
    run: Run, server: Server, sessions: Sessions, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = iter(["initial", "one", "two", "initial", "of my own choice", "of my own choice"])
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(typed))
    server.will("POST /session", 409, FIRST)
    assert run("login", "guanli") == 2
    assert capsys.readouterr().err == (
        "Choose another password.\nsongshen: The two differ, so nothing was changed. Sign in again.\n"
    )
    server.will("POST /session", 409, FIRST)
    server.will("POST /session", 200, answer())
    assert run("login", "guanli") == 0
    assert server.asked[-1][1]["new_password"] == "of my own choice"


def test_without_a_new_password_nothing_is_replaced(
    run: Run, server: Server, sessions: Sessions, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("initial\n"))
    server.will("POST /session", 409, FIRST)
    assert run("login", "guanli", "--password-stdin") == 1
    assert capsys.readouterr().err == "songshen: Choose another password.\n"
    assert sessions.get(API) is None


def test_a_token_that_ends_is_renewed_before_the_call(run: Run, server: Server, sessions: Sessions) -> None:
    sessions.put(API, Session("guanli", "admin", token(), "old", time.time() + 30))
    server.will("POST /session/refresh", 200, answer(refresh_token="new"))
    server.will(f"GET /exams/{EXAM}/roster", 200, {"imports": []})
    assert run("roster", "list") == 0
    kept = sessions.get(API)
    assert kept is not None
    assert (kept.refresh_token, kept.expires_at > time.time() + 800) == ("new", True)


@pytest.mark.usefixtures("signed_in")
def test_a_session_that_has_ended_asks_to_sign_in(
    run: Run, server: Server, sessions: Sessions, capsys: pytest.CaptureFixture[str]
) -> None:
    server.will(f"GET /exams/{EXAM}/roster", 401, {"message": "Unauthorized"})
    server.will("POST /session/refresh", 401, {})
    assert run("roster", "list") == 3
    assert sessions.get(API) is None
    assert run("roster", "list") == 3
    assert capsys.readouterr().err.splitlines() == ["songshen: Sign in first: songshen login"] * 2


@pytest.mark.usefixtures("signed_in")
def test_signing_out_forgets_the_session_even_if_the_server_is_away(
    run: Run, server: Server, sessions: Sessions
) -> None:
    server.will("DELETE /session", 0, httpx.ConnectError("away"))
    assert run("logout") == 4
    assert sessions.get(API) is None
    assert run("logout") == 0


def test_tokens_travel_encrypted_or_not_at_all(tmp_path: Path) -> None:
    for good in ("https://a.example/api", "http://localhost:4566/x", "http://d1.cloudfront.localhost:4566/api"):
        assert address(good + "/", {}, tmp_path) == good
    for bad in ("http://a.example", "a.example", "http://localhost.example"):
        with pytest.raises(Failure) as caught:
            address(bad, {}, tmp_path)
        assert caught.value.code == 2


def test_the_project_knows_its_own_api(tmp_path: Path) -> None:
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "stack.json").write_text(json.dumps({"api": "http://localhost:1/x"}))
    below = tmp_path / "a" / "b"
    assert address("", {}, below) == "http://localhost:1/x"
    assert address("", {"SONGSHEN_API": "https://b.example"}, below) == "https://b.example"
    assert address("https://c.example", {"SONGSHEN_API": "https://b.example"}, below) == "https://c.example"


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "de_DE", "LC_MESSAGES": "zh_TW"}, "zh"),
        ({"LC_ALL": "", "LANG": "zh_CN"}, "zh"),
        ({}, "en"),
    ],
)
def test_the_language_is_the_users(environ: dict[str, str], expected: str) -> None:
    assert words.language(environ) == expected


# ---- the exam ----

IN_FORCE = {
    "version": 3,
    "saved_at": "2026-01-01T00:00:00+08:00",
    "saved_by": "guanli",
    "records_end": "2028-04-01T00:00:00+08:00",
    "document": {"id": EXAM},
}
FINE = {"saved": False, "version": 3, "problems": [], "effects": [], "sites": []}


@pytest.mark.usefixtures("signed_in")
def test_what_show_writes_is_what_save_takes(run: Run, server: Server, tmp_path: Path) -> None:
    file = tmp_path / "exam.json"
    server.will(f"GET /exams/{EXAM}", 200, IN_FORCE)
    assert run("exam", "show", "-o", str(file)) == 0
    server.will(f"PUT /exams/{EXAM}?dry_run=true", 200, FINE)
    server.will(f"PUT /exams/{EXAM}?dry_run=false", 200, FINE | {"saved": True, "version": 4})
    assert run("exam", "save", str(file), "--yes") == 0
    body = {"version": 3, "document": {"id": EXAM}}
    assert [asked[1] for asked in server.asked[1:]] == [body, body]


@pytest.mark.usefixtures("signed_in")
def test_problems_name_the_field_and_nothing_is_saved(
    run: Run, server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "exam.yaml"
    file.write_text("id: 2026-med\nwindows: {upload: {opens: 2026-03-01T08:00:00+08:00}}\n")
    server.will(f"PUT /exams/{EXAM}?dry_run=true", 200, FINE | {"problems": [NOTE]})
    assert run("exam", "save", str(file), "--version", "3", "--yes") == 1
    assert capsys.readouterr().out == ("To be changed:\n  windows.upload: Ends early. [ends_before_it_begins]\n")
    document = {"id": EXAM, "windows": {"upload": {"opens": "2026-03-01T08:00:00+08:00"}}}
    assert server.asked[-1][1] == {"version": 3, "document": document}


@pytest.mark.usefixtures("signed_in")
def test_a_refusal_with_problems_names_them_in_the_users_language(
    run: Run,
    server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    file = tmp_path / "exam.json"
    file.write_text(json.dumps(IN_FORCE))
    text = {"zh": "考试设置有问题，没有保存。", "en": "Not saved."}
    server.will(f"PUT /exams/{EXAM}?dry_run=true", 200, FINE)
    server.will(f"PUT /exams/{EXAM}?dry_run=false", 422, {"code": "invalid_exam", "text": text, "problems": [NOTE]})
    assert run("exam", "save", str(file), "--yes") == 1
    assert capsys.readouterr().err == (
        "songshen: 考试设置有问题，没有保存。\n  windows.upload: 结束早于开始。 [ends_before_it_begins]\n"
    )


@pytest.mark.usefixtures("signed_in")
def test_saving_without_a_terminal_or_a_version_is_refused(run: Run, server: Server, tmp_path: Path) -> None:
    file = tmp_path / "exam.json"
    file.write_text(json.dumps({"id": EXAM}))
    assert run("exam", "save", str(file), "--yes") == 2
    server.will(f"PUT /exams/{EXAM}?dry_run=true", 200, FINE)
    assert run("exam", "save", str(file), "--version", "3") == 2
    file.write_text("{")
    assert run("exam", "check", str(file)) == 1
    assert run("exam", "check", str(tmp_path / "none.json")) == 2


@pytest.mark.usefixtures("signed_in")
def test_versions_go_back_from_the_one_in_force(run: Run, server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    server.will(f"GET /exams/{EXAM}", 200, IN_FORCE)
    server.will(f"GET /exams/{EXAM}?version=2", 200, IN_FORCE | {"version": 2})
    assert run("exam", "versions", "--limit", "2", "--json") == 0
    assert [one["version"] for one in json.loads(capsys.readouterr().out)] == [3, 2]


# ---- the roster ----


def imported(**changes: Any) -> dict[str, Any]:
    return {
        "id": "1",
        "state": "done",
        "text": {"zh": "导入完毕。", "en": "Imported."},
        "refusal": None,
        "size": 9,
        "read": 9,
        "line": 2,
        "added": 1,
        "changed": 0,
        "unchanged": 0,
        "bad": 0,
        "problems": [],
        "report_url": None,
    } | changes


@pytest.fixture
def roster(tmp_path: Path) -> str:
    (tmp_path / "roster.csv").write_text("a,b\n1,2\n")
    return str(tmp_path / "roster.csv")


TICKET = {"id": "1", "url": UPLOADED, "fields": {"key": "k"}, "max_bytes": 1000}


@pytest.mark.usefixtures("signed_in")
def test_a_roster_is_sent_and_watched_until_it_is_over(
    run: Run, server: Server, roster: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    problems = [{"code": "bad_phone", "text": {"zh": "改正。", "en": "Correct it."}, "count": 2}]
    server.will(f"POST /exams/{EXAM}/roster", 201, TICKET)
    server.will(f"POST {UPLOADED}", 204)
    server.will(f"GET /exams/{EXAM}/roster", 200, {"imports": [imported(state="waiting", size=0)]})
    server.will(f"GET /exams/{EXAM}/roster", 200, {"imports": [imported(state="running", read=4)]})
    over = imported(bad=2, problems=problems, report_url="https://storage.example/report")
    server.will(f"GET /exams/{EXAM}/roster", 200, {"imports": [imported(id="0"), over]})
    server.will("GET https://storage.example/report", 200, b"line\r\n2\r\n")
    report = tmp_path / "report.csv"
    assert run("roster", "import", roster, "--report", str(report)) == 1
    sent = server.asked[1][1]
    assert b'name="key"\r\n\r\nk\r\n' in sent
    assert b"a,b\n1,2\n" in sent
    assert report.read_bytes() == b"line\r\n2\r\n"
    out = capsys.readouterr().out.splitlines()
    assert (out[0], out[-1]) == ("1: Imported.", "  2 × Correct it. [bad_phone]")


@pytest.mark.usefixtures("signed_in")
def test_a_refused_file_says_what_to_do(
    run: Run, server: Server, roster: str, capsys: pytest.CaptureFixture[str]
) -> None:
    server.will(f"POST /exams/{EXAM}/roster", 201, TICKET)
    server.will(f"POST {UPLOADED}", 204)
    refusal = {"code": "missing_columns", "text": {"zh": "补上。", "en": "Add them."}, "columns": ["考点 / site"]}
    server.will(f"GET /exams/{EXAM}/roster", 200, {"imports": [imported(state="refused", refusal=refusal)]})
    assert run("roster", "import", roster) == 1
    assert "  Add them. 考点 / site\n" in capsys.readouterr().out


@pytest.mark.usefixtures("signed_in")
def test_what_cannot_be_sent_is_said_at_once(run: Run, server: Server, roster: str, tmp_path: Path) -> None:
    (tmp_path / "empty.csv").touch()
    for name in ("empty.csv", "none.csv"):
        assert run("roster", "import", str(tmp_path / name)) == 2
    server.will(f"POST /exams/{EXAM}/roster", 201, TICKET | {"max_bytes": 1})
    assert run("roster", "import", roster) == 1
    server.will(f"POST /exams/{EXAM}/roster", 0, httpx.ReadTimeout("slow"))
    assert run("roster", "import", roster) == 4


@pytest.mark.usefixtures("signed_in")
def test_the_report_is_the_newest_with_bad_lines(run: Run, server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    shown = {"imports": [imported(), imported(id="0", bad=1, report_url="https://storage.example/0")]}
    server.will(f"GET /exams/{EXAM}/roster", 200, shown)
    server.will("GET https://storage.example/0", 200, "\ufeff行号\r\n".encode())
    assert run("roster", "report") == 0
    assert capsys.readouterr().out == "行号\r\n"
    server.will(f"GET /exams/{EXAM}/roster", 200, shown)
    assert run("roster", "report", "7") == 1


def test_somebody_without_an_exam_names_it(run: Run, server: Server, sessions: Sessions) -> None:
    sessions.put(API, Session("guanli", "admin", token(""), "refresh", time.time() + 900))
    assert run("roster", "list") == 2
    server.will("GET /exams/a%2Fb/roster", 200, {"imports": []})
    assert run("roster", "list", "--exam", "a/b", "--json") == 0


# ---- progress, results, single cases ----

NAMED = {"zh": "济南考点", "en": "Jinan"}


@pytest.mark.usefixtures("signed_in")
def test_progress_is_a_line_for_each_site(run: Run, server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    site = {
        "site": {"id": "370100", "name": NAMED},
        "counts": {"draft": 1, "submitted": 20, "returned": 3, "approved": 4000},
        "waiting": {"oldest": "2026-03-01T08:00:00+08:00", "over_24h": 7},
        "hours_to_clear": None,
    }
    said = {
        "exam": {"zh": "考试", "en": "Exam"},
        "at": "2026-03-02T14:30:00+08:00",
        "sites": [site],
        "returns": {"open": 3, "closing": 2, "over": 1},
        "unreached": [{"count": 4}, {"count": 5}],
    }
    server.will(f"GET /exams/{EXAM}/progress", 200, said)
    assert run("progress") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].split() == ["370100", "Jinan", "1", "20", "3", "4000", "30.5", "7", "–"]
    assert lines[3] == "returned and open 3, closing within a day 2, over 1; not reached by SMS 9"


@pytest.mark.usefixtures("signed_in")
def test_whom_no_sms_could_reach_is_a_line_each(run: Run, server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    one = {
        "application": "2026-med_1",
        "name": "张三",
        "site": {"id": "370100", "name": NAMED},
        "status": "draft",
        "until": "2026-03-12T18:00:00+08:00",
        "text": {"zh": "这个号码拒收短信", "en": "Opted out"},
        "since": "2026-03-10T08:00:00+08:00",
        "next_try": None,
    }
    where = f"GET /exams/{EXAM}/unreached?area=37"
    server.will(where, 200, {"items": [one], "next_cursor": "c"})
    server.will(f"{where}&cursor=c", 200, {"items": [one | {"next_try": "2026-03-11"}], "next_cursor": None})
    assert run("unreached", "--area", "37") == 0
    lines = [line.split("  ") for line in capsys.readouterr().out.splitlines()[1:]]
    said = ["2026-med_1", "张三", "370100", "draft", one["until"], "Opted out", one["since"]]
    assert [[cell.strip() for cell in line if cell.strip()] for line in lines] == [
        [*said, "to be called"],
        [*said, "2026-03-11"],
    ]
    server.will(f"GET /exams/{EXAM}/unreached", 200, {"items": [one, one], "next_cursor": "c"})
    assert run("unreached", "--limit", "1", "--json") == 0
    assert json.loads(capsys.readouterr().out) == [one]


def exported(**changes: Any) -> dict[str, Any]:
    return {
        "id": "e1",
        "kind": "journal",
        "format": "jsonl",
        "state": "done",
        "text": {"zh": "已完成。", "en": "Done."},
        "total": 10,
        "done": 10,
        "rows": 12,
        "bytes": 6,
        "file": "journal.jsonl.gz",
        "url": "https://storage.example/e1",
        "expires_at": "2026-03-02T14:30:00+08:00",
    } | changes


@pytest.mark.usefixtures("signed_in")
def test_an_export_is_waited_for_and_saved_for_the_user_alone(
    run: Run, server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.will(f"POST /exams/{EXAM}/exports", 202, exported(state="waiting", url=None))
    server.will(f"GET /exams/{EXAM}/exports", 200, {"exports": [exported(state="running", url=None, done=4)]})
    server.will(f"GET /exams/{EXAM}/exports", 200, {"exports": [exported()]})
    server.will("GET https://storage.example/e1", 200, b"whole\n")
    file = tmp_path / "out.gz"
    assert run("export", "start", "--kind", "journal", "--format", "jsonl", "-o", str(file)) == 0
    assert server.asked[0][1] == {"kind": "journal", "format": "jsonl", "identity": False}
    assert (file.read_bytes(), stat.S_IMODE(file.stat().st_mode)) == (b"whole\n", 0o600)
    assert capsys.readouterr().out == "e1: Done.\n"


@pytest.mark.usefixtures("signed_in")
def test_an_export_that_failed_or_is_gone_says_so(
    run: Run, server: Server, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    failed = exported(state="failed", url=None, text={"zh": "失败。", "en": "It failed. Start another one."})
    server.will(f"GET /exams/{EXAM}/exports", 200, {"exports": [failed]})
    assert run("export", "get") == 1
    for _ in range(2):
        server.will(f"GET /exams/{EXAM}/exports", 200, {"exports": [failed]})
    assert run("export", "get", "e1", "-o", str(tmp_path / "x")) == 1
    assert capsys.readouterr().err.endswith("songshen: It failed. Start another one.\n")
    server.will(f"GET /exams/{EXAM}/exports", 200, {"exports": [exported()]})
    server.will(f"GET /exams/{EXAM}/exports", 200, {"exports": [exported()]})
    server.will("GET https://storage.example/e1", 403, b"expired")
    assert run("export", "get", "-o", str(tmp_path / "x")) == 4
    assert list(tmp_path.glob("*x*")) == []


CASE = {
    "application": "2026-med_1",
    "candidate": {"name": "张三", "area": NAMED, "site": NAMED},
    "status": "returned",
    "round": 2,
    "end": {"at": "2026-03-12T18:00:00+08:00", "source": "person"},
    "serial_number": None,
    "withdrawn_serial_numbers": ["370100000001"],
    "history": [
        {"at": "2026-03-10", "kind": "reopened", "by": "guanli", "messages": [{"text": {"zh": "。", "en": "Sorry."}}]}
    ],
}


@pytest.mark.usefixtures("signed_in")
def test_a_candidate_is_given_more_time_and_an_approval_taken_back(
    run: Run, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    where = "/applications/2026-med_1"
    server.will(f"POST {where}/extension", 200, CASE)
    until = "2026-03-12T18:00:00+08:00"
    assert run("case", "extend", "2026-med_1", "--until", until, "--reason", "hospital") == 0
    server.will(f"GET {where}", 200, CASE)
    server.will(f"POST {where}/reopen", 200, CASE)
    assert run("case", "reopen", "2026-med_1", "--reason", "wrong", "--slot", "diploma-1:illegible") == 0
    slots = [{"slot": "diploma-1", "code": "illegible"}]
    assert [asked[1] for asked in server.asked if asked[0].startswith("POST")] == [
        {"until": until, "reason": "hospital"},
        {"round": 2, "reason": "wrong", "slots": slots},
    ]
    out = capsys.readouterr().out
    assert "(370100000001)" in out
    assert "2026-03-10 reopened guanli Sorry." in out


@pytest.mark.usefixtures("signed_in")
def test_finding_goes_on_until_there_is_enough(run: Run, server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    item = {"application": "a", "name": "张三", "site": {"id": "1"}, "status": "draft", "round": 0}
    first = {"items": [item], "next_cursor": "c d"}
    server.will(f"GET /exams/{EXAM}/applications?search=2026&site=1", 200, first)
    server.will(f"GET /exams/{EXAM}/applications?search=2026&site=1&cursor=c+d", 200, first | {"next_cursor": None})
    assert run("case", "find", "2026", "--site", "1", "--json") == 0
    assert len(json.loads(capsys.readouterr().out)) == 2
    assert run("case", "find", "张") == 2
    assert "--site" in capsys.readouterr().err


@pytest.mark.usefixtures("signed_in")
def test_a_bundle_is_saved_with_its_fingerprint(
    run: Run, server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = {"url": "https://storage.example/b", "bytes": 3, "file": "b.zip", "sha256": "ab"}
    server.will("POST /applications/2026-med_1/bundle", 201, made)
    server.will("GET https://storage.example/b", 200, b"PK!")
    assert run("case", "bundle", "2026-med_1", "-o", str(tmp_path / "b.zip")) == 0
    assert ((tmp_path / "b.zip").read_bytes(), capsys.readouterr().out) == (b"PK!", "sha256 ab\n")


# ---- staff ----

MEMBER = {"username": "shenhe-1", "role": "reviewer", "area": "37", "site": "370100", "disabled": False}


@pytest.mark.usefixtures("signed_in")
def test_staff_are_listed_with_what_was_done_to_them(
    run: Run, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    shut = {"username": "guanli-2", "role": "admin", "area": "", "site": "", "disabled": True}
    change = {"at": "2026-03-01T08:00:00+08:00", "by": "guanli", "kind": "created"} | MEMBER
    said = {"items": [MEMBER, shut], "changes": [change]}
    server.will(f"GET /exams/{EXAM}/staff", 200, said)
    assert run("staff", "list") == 0
    assert [line.split() for line in capsys.readouterr().out.splitlines()[1:]] == [
        ["shenhe-1", "reviewer", "37", "370100", "active"],
        ["guanli-2", "admin", "disabled"],
    ]
    server.will(f"GET /exams/{EXAM}/staff", 200, said)
    assert run("staff", "list", "--changes") == 0
    (line,) = capsys.readouterr().out.splitlines()[1:]
    assert line.split() == ["2026-03-01T08:00:00+08:00", "guanli", "shenhe-1", "created", "reviewer", "37", "370100"]
    server.will(f"GET /exams/{EXAM}/staff", 200, said)
    assert run("staff", "list", "--json") == 0
    assert json.loads(capsys.readouterr().out) == [MEMBER, shut]


@pytest.mark.usefixtures("signed_in")
def test_an_initial_password_is_all_that_is_piped(run: Run, server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    made = {"member": MEMBER, "initial_password": "abcde-fghjk"}
    server.will(f"POST /exams/{EXAM}/staff", 201, made)
    assert run("staff", "add", "shenhe-1", "--role", "reviewer", "--area", "37", "--site", "370100") == 0
    server.will(f"POST /exams/{EXAM}/staff/shenhe-1/password", 200, made)
    assert run("staff", "password", "shenhe-1") == 0
    assert server.asked[0][1] == {"username": "shenhe-1", "role": "reviewer", "area": "37", "site": "370100"}
    said = capsys.readouterr()
    assert said.out == "abcde-fghjk\n" * 2
    assert said.err.count("replaced at the first sign-in") == 2


@pytest.mark.usefixtures("signed_in")
def test_a_member_is_moved_disabled_and_enabled(run: Run, server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    where = f"/exams/{EXAM}/staff/shenhe-1"
    server.will(f"PUT {where}", 200, MEMBER | {"role": "lead", "site": ""})
    assert run("staff", "move", "shenhe-1", "--role", "lead", "--area", "37") == 0
    server.will(f"POST {where}/disable", 200, MEMBER | {"disabled": True})
    assert run("staff", "disable", "shenhe-1") == 0
    server.will(f"POST {where}/enable", 200, MEMBER)
    assert run("staff", "enable", "shenhe-1", "--json") == 0
    assert server.asked[0][1] == {"role": "lead", "area": "37", "site": ""}
    out = capsys.readouterr().out
    assert out.startswith("shenhe-1  lead  37  active\nshenhe-1  reviewer  37  370100  disabled\n{")


@pytest.mark.usefixtures("signed_in")
def test_a_refusal_about_staff_says_what_to_do(run: Run, server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    text = {"zh": "请由另一位管理员操作。", "en": "Ask another administrator."}
    refused = {"code": "own_account", "status": 409, "text": text}
    server.will(f"POST /exams/{EXAM}/staff/guanli/disable", 409, refused)
    assert run("staff", "disable", "guanli") == 1
    assert "Ask another administrator." in capsys.readouterr().err
