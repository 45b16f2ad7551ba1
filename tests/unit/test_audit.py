"""What is shipped is asked about, and what is known to be vulnerable is not shipped."""

from typing import Any

import httpx
import pytest

from scripts import audit
from scripts.audit import Package
from scripts.building import CommandError

type Json = dict[str, Any]


def nothing_known(question: Json) -> Json:
    return {"results": [{} for _ in question["queries"]]}


def test_threat_27_a_known_vulnerability_fails_the_audit() -> None:
    def ask(question: Json) -> Json:
        names = [query["package"]["name"] for query in question["queries"]]
        known = {"vulns": [{"id": "GHSA-3f63-hfp8-52jq"}, {"id": "CVE-2023-50447"}]}
        return {"results": [known if name == "pillow" else {} for name in names]}

    with pytest.raises(CommandError, match=r"pillow [\d.]+: CVE-2023-50447, GHSA-3f63-hfp8-52jq"):
        audit.audit(ask)
    audit.audit(nothing_known)


def test_threat_27_no_answer_is_not_taken_for_a_good_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> httpx.Response:
        raise httpx.ConnectError("no network")

    monkeypatch.setattr(httpx, "post", refuse)
    with pytest.raises(CommandError, match="no network"):
        audit.audit()
    answers = [httpx.Response(500, request=httpx.Request("POST", audit.ASKED))]
    monkeypatch.setattr(httpx, "post", lambda *_, **__: answers[0])
    with pytest.raises(CommandError, match="500"):
        audit.audit()


def test_every_package_that_is_shipped_is_asked_about_in_its_version() -> None:
    packages = audit.shipped()
    names = {(package.ecosystem, package.name) for package in packages}
    assert {("PyPI", "pillow"), ("PyPI", "botocore"), ("PyPI", "msgspec"), ("npm", "vue")} <= names
    assert ("npm", "vite") not in names  # a tool
    assert all(package.version[0].isdigit() for package in packages)


def test_the_questions_are_osvs() -> None:
    asked: list[Json] = []

    def ask(question: Json) -> Json:
        asked.append(question)
        return nothing_known(question)

    packages = [Package("npm", f"p{n}", "1.0") for n in range(audit.AT_ONCE + 1)]
    assert audit.vulnerable(packages, ask) == {}
    assert [len(question["queries"]) for question in asked] == [audit.AT_ONCE, 1]
    assert asked[1]["queries"] == [{"package": {"name": f"p{audit.AT_ONCE}", "ecosystem": "npm"}, "version": "1.0"}]
