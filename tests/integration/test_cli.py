"""The command line against the deployed stack, as a shell starts it."""

import csv
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from songshen import passwords
from tests.support.exams import latest_extension
from tests.support.stack import JINAN, PASSWORD, STAFF_PASSWORD, Campaign, Stack

type Shell = Callable[..., subprocess.CompletedProcess[str]]
HASH = passwords.hashed(PASSWORD)


@pytest.fixture
def own(stack: Stack) -> Campaign:
    return Campaign(stack)


@pytest.fixture
def shell(own: Campaign, tmp_path: Path) -> Shell:
    """`shell("exam", "show")` is what a script gets, signed in as the exam's administrator."""
    environ = {
        "PATH": os.environ["PATH"],
        "LANG": "zh_CN.UTF-8",
        "PYTHONUTF8": "1",
        "SONGSHEN_API": own.stack.api,
        "XDG_STATE_HOME": str(tmp_path / "state"),
    }
    # Beside this very Python: the command that `make setup` installs.
    command = Path(sys.executable).with_name("songshen")

    def run(*words: str, code: int = 0, given: str = "") -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [command, *words], env=environ, cwd=tmp_path, input=given, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stderr + done.stdout
        return done

    run("roster", "list", code=3)
    run("login", own.employ("admin", exam=own.exam.id), "--password-stdin", given=f"{STAFF_PASSWORD}\n")
    return run


def test_a_campaign_from_a_shell(own: Campaign, shell: Shell, tmp_path: Path) -> None:
    shell("exam", "show", "-o", "exam.json")
    file = tmp_path / "exam.json"
    held = json.loads(file.read_text())
    held["document"]["uploads_per_day"] = 0
    file.write_text(json.dumps(held))
    assert "uploads_per_day: " in shell("exam", "check", "exam.json", code=1).stdout
    held["document"]["uploads_per_day"] = 150
    file.write_text(json.dumps(held))
    verdict = json.loads(shell("exam", "save", "exam.json", "--yes", "--json").stdout)
    assert (verdict["saved"], verdict["version"]) == (True, held["version"] + 1)
    assert "考试设置已被其他人修改" in shell("exam", "save", "exam.json", "--yes", code=1).stderr
    assert next(one["version"] for one in json.loads(shell("exam", "versions", "--json").stdout)) == verdict["version"]

    lines = [f'P-{number},张三,11010519491231002X,37,{JINAN},1380000000{number},"{HASH}"' for number in range(5)]
    lines[3] = lines[3].replace(f",{JINAN},", ",9999,")
    (tmp_path / "roster.csv").write_text("\n".join(["报名号,姓名,证件号码,考区,考点,手机号码,密码", *lines, "x"]))
    told = shell("roster", "import", "roster.csv", code=1).stdout
    assert "1 × 考试设置中没有这个考点。请填写考试设置中的考点代码或名称。 [unknown_site]" in told
    rows = list(csv.reader(io.StringIO(shell("roster", "report").stdout)))[1:]
    assert [row[:2] for row in rows] == [["5", "unknown_site"], ["7", "field_count"]]
    (newest,) = json.loads(shell("roster", "list", "--json").stdout)
    assert [newest[name] for name in ("state", "added", "bad")] == ["done", 4, 2]

    shown = json.loads(shell("progress", "--json").stdout)
    counts = {one["site"]["id"]: one["counts"]["draft"] for one in shown["sites"]}
    assert counts[JINAN] == 4
    shell("export", "start", "-o", "results.csv")
    results = (tmp_path / "results.csv").read_text(encoding="utf-8-sig")
    assert [f"P-{number}" in results for number in range(5)] == [True, True, True, False, True]

    shell("logout")
    shell("roster", "list", code=3)


def test_staff_and_single_cases_from_a_shell(own: Campaign, shell: Shell, tmp_path: Path) -> None:
    """Somebody is employed and replaces the initial password; a case is found, given more time, taken back, bundled."""
    name = f"{own.exam.id}-shell"
    initial = shell("staff", "add", name, "--role", "admin").stdout.strip()
    assert "请" in shell("login", name, "--password-stdin", given=f"{initial}\n", code=1).stderr
    shell("login", name, "--password-stdin", given=f"{initial}\n{STAFF_PASSWORD}\n")

    candidate = own.candidate().submitted()
    number, case = candidate.entry.registration_no, candidate.application
    (found,) = json.loads(shell("case", "find", number[:-1], "--json").stdout)
    assert (found["application"], found["status"]) == (case, "submitted")
    until = latest_extension(own.exam)
    told = json.loads(shell("case", "extend", case, "--until", until, "--reason", "住院", "--json").stdout)
    assert (told["extension"], told["end"]["source"]) == (until, "person")
    serial = own.reviewer().approve(case)["serial_number"]
    shell("case", "reopen", case, "--reason", "学籍不符", "--slot", "diploma-1:illegible")
    assert f"({serial})" in shell("case", "show", case).stdout
    assert "slots" not in shell("case", "reopen", case, "--reason", "学籍不符", code=1).stderr
    shell("case", "bundle", case, "-o", "bundle.zip")
    assert "journal.csv" in zipfile.ZipFile(tmp_path / "bundle.zip").namelist()
    assert json.loads(shell("unreached", "--json").stdout) == []
