"""An administrator and the exam's document, on the deployed stack: tried, saved, refused, and felt by candidates."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from scripts.people import Reviewer, until
from tests.support.stack import STAFF_PASSWORD, Campaign, Stack, category, image


class Desk:
    """The administrator of a campaign."""

    def __init__(self, campaign: Campaign) -> None:
        self.path = f"/exams/{campaign.exam.id}"
        username = campaign.employ("admin", exam=campaign.exam.id)
        self.me = Reviewer.at(campaign.stack.api).sign_in(username, STAFF_PASSWORD)

    def read(self, version: str = "") -> dict[str, Any]:
        """The document with its version."""
        answer = self.me.call("GET", self.path + (f"?version={version}" if version else ""))
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def put(self, read: dict[str, Any], *, dry_run: bool = False, **changes: Any) -> httpx.Response:
        """Saves what was read, with changes, or tries to."""
        change = {"version": read["version"], "document": read["document"] | changes}
        return self.me.call("PUT", self.path + ("?dry_run=true" if dry_run else ""), change)


def paths(notes: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(note["path"], note["code"]) for note in notes]


def test_a_document_is_read_tried_saved_and_its_old_version_stays(stack: Stack) -> None:
    desk = Desk(Campaign(stack))
    first = desk.read()
    tried = desk.put(first, dry_run=True, uploads_per_day=150)
    assert tried.status_code == 200
    assert (tried.json()["saved"], paths(tried.json()["effects"])) == (False, [("uploads_per_day", "changed")])
    assert desk.read() == first
    saved = desk.put(first, uploads_per_day=150).json()
    assert (saved["saved"], saved["version"]) == (True, first["version"] + 1)
    second = desk.read()
    assert second["document"] == first["document"] | {"uploads_per_day": 150}
    assert second["saved_by"] == desk.me.call("GET", desk.path).json()["saved_by"] != ""
    assert desk.read(str(first["version"])) == first
    late = desk.put(first, uploads_per_day=160)
    assert (late.status_code, late.json()["code"], late.json()["version"]) == (409, "stale_version", second["version"])


def test_everything_that_is_wrong_is_named_and_nothing_is_saved(stack: Stack) -> None:
    desk = Desk(Campaign(stack))
    read = desk.read()
    document = read["document"]
    windows = document["windows"]
    upload = {"opens": windows["upload"]["closes"], "closes": windows["upload"]["opens"]}
    areas = [document["areas"][0] | {"sites": document["areas"][0]["sites"] * 2}]
    wrong = {
        "windows": windows | {"upload": upload},
        "areas": areas,
        "name": {"zh": "考试"},
        "time_zone": "Asia/Jinan",
        "image": document["image"] | {"max_bytes": "200k"},
    }
    answer = desk.put(read, **wrong)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_exam")
    assert sorted(paths(answer.json()["problems"])) == [
        ("areas[0].sites[2].id", "duplicate"),
        ("areas[0].sites[3].id", "duplicate"),
        ("image.max_bytes", "wrong_type"),
        ("name.en", "missing"),
        ("time_zone", "unknown_zone"),
        ("windows.correction.opens", "does_not_fit"),
        ("windows.upload.closes", "closes_before_opens"),
    ]
    assert all(note["text"]["zh"] and note["text"]["en"] for note in answer.json()["problems"])
    assert desk.read() == read


def test_what_candidates_hold_cannot_be_taken_away(stack: Stack) -> None:
    campaign = Campaign(stack, categories=(category("diploma"), category("identity"), category("work", required=False)))
    desk, candidate = Desk(campaign), campaign.candidate()
    candidate.upload("identity", image())
    read = desk.read()
    kept = {c["id"]: c for c in read["document"]["categories"]}
    answer = desk.put(read, categories=[kept["diploma"], kept["work"]])
    assert paths(answer.json()["problems"]) == [("categories", "slot_in_use")]
    off = desk.put(read, categories=[kept["diploma"], kept["identity"] | {"by_area": {"37": "off"}}, kept["work"]])
    assert paths(off.json()["problems"]) == [("categories", "slot_in_use")]
    sites = read["document"]["areas"][0]["sites"]
    gone = desk.put(read, areas=[read["document"]["areas"][0] | {"sites": sites[1:]}])
    assert paths(gone.json()["problems"]) == [("areas", "site_in_use")]
    saved = desk.put(read, categories=[kept["diploma"], kept["identity"]])
    assert saved.status_code == 200, saved.text
    counts = {one["site"]["id"]: one["counts"]["draft"] for one in saved.json()["sites"]}
    assert counts == {"3701": 1, "3702": 0}


def test_a_change_reaches_the_candidates(stack: Stack) -> None:
    """Within the 15 s for which functions keep a configuration: the view, what is missing, and what can be uploaded."""
    campaign = Campaign(stack)
    desk, candidate = Desk(campaign), campaign.candidate()
    assert [c["id"] for c in candidate.view()["categories"]] == ["diploma", "identity"]
    read = desk.read()
    diploma, identity = read["document"]["categories"]
    switched = [diploma | {"by_area": {"37": "off"}}, identity | {"by_area": {"37": "required"}}]
    answer = desk.put(read, categories=switched)
    assert paths(answer.json()["effects"]) == [("categories[0]", "now_off"), ("categories[1]", "now_required")]
    view = until(candidate.view, lambda view: [c["id"] for c in view["categories"]] == ["identity"], 30)
    assert view["categories"][0]["required"] is True
    assert view["missing"] == [{"category": "identity"}]
    refusal = until(lambda: candidate.reserve("diploma", image()), lambda answer: answer.status_code == 400, 30)
    assert refusal.json()["field"] == "category"
    candidate.upload("identity", image())
    until(lambda: candidate.call("POST", "/submission", {"round": 1}).status_code, lambda code: code == 202, 30)
    case = campaign.reviewer("3701").case(candidate.application)
    assert [c["id"] for c in case["categories"]] == ["identity"]


def test_an_end_is_not_moved_upon_candidates(stack: Stack) -> None:
    desk = Desk(Campaign(stack))
    read = desk.read()
    soon = datetime.now(UTC) + timedelta(seconds=30)
    upload = read["document"]["windows"]["upload"] | {"closes": soon.isoformat()}
    answer = desk.put(read, windows=read["document"]["windows"] | {"upload": upload})
    assert paths(answer.json()["problems"]) == [("windows.upload.closes", "too_soon")]
