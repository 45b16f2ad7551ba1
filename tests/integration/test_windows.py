"""Time: the windows of the exam, of an area, of a person, and of a return. The server's clock decides."""

from copy import replace
from datetime import UTC, datetime, timedelta

import httpx

from scripts.people import expect, until
from songshen.domain.exam import Area, Extension, Site, Window, Windows
from tests.support import exams
from tests.support.stack import (
    DAY,
    HOUR,
    Campaign,
    Examinee,
    Stack,
    image,
    refused,
    returning,
    window,
)

MINUTE = timedelta(minutes=1)
CLOSED = (409, "window_closed")
AREA = Area("37", exams.text("山东"), (Site("3701", exams.text("济南")),))


def windows(opens: timedelta, closes: timedelta, corrected: timedelta | None = None) -> Windows:
    """Upload and correction windows relative to now."""
    return Windows(
        upload=window(opens, closes), review=window(-DAY, 30 * DAY), correction=window(-DAY, corrected or closes)
    )


def test_before_it_opens(stack: Stack) -> None:
    candidate = Campaign(stack, windows=windows(HOUR, DAY)).candidate()
    assert refused(candidate.reserve("diploma", image())) == CLOSED
    assert refused(candidate.call("DELETE", "/uploads/diploma-1")) == CLOSED
    assert refused(candidate.call("POST", "/submission", {"round": 1})) == CLOSED
    # Looking and completing one's profile is possible at any time.
    candidate.set_profile("13800138000", "somewhere")
    assert candidate.view()["status"] == "draft"


def test_after_it_has_closed(stack: Stack) -> None:
    candidate = Campaign(stack, windows=windows(-DAY, -HOUR)).candidate()
    assert refused(candidate.reserve("diploma", image())) == CLOSED
    assert refused(candidate.call("POST", "/submission", {"round": 1})) == CLOSED
    assert candidate.view()["status"] == "draft"


def test_the_minutes_after_the_end(stack: Stack) -> None:
    """No new reservation and no deletion; what was uploaded in time can still be submitted.

    An upload that died is given up rather than waited for.
    """
    campaign = Campaign(stack)
    candidate = campaign.candidate().fill("diploma", "identity")
    died = expect(candidate.reserve("identity", image()), 201)["slot"]
    ended = Campaign(stack, windows=windows(-DAY, -5 * MINUTE))
    move(candidate, ended)
    assert refused(candidate.reserve("identity", image())) == CLOSED
    assert refused(candidate.call("DELETE", "/uploads/identity-1")) == CLOSED
    assert refused(candidate.call("POST", "/submission", {"round": 1})) == (409, "uploading")
    assert candidate.call("DELETE", f"/uploads/{died}").status_code == 204
    assert expect(candidate.call("POST", "/submission", {"round": 1}), 202)["status"] == "submitted"


def test_threat_12_what_was_reserved_in_time_still_lands_and_later_does_not(stack: Stack) -> None:
    """The grace for verdicts ends as well: then the object is removed."""
    campaign = Campaign(stack, windows=windows(-DAY, DAY))
    prompt, late = campaign.candidate(), campaign.candidate()
    for candidate, ago, state in ((prompt, 5 * MINUTE, "ready"), (late, 11 * MINUTE, "reserved")):
        data = image()
        ticket = expect(candidate.reserve("diploma", data), 201)
        ended = Campaign(stack, windows=windows(-DAY, -ago))
        moved = move(candidate, ended)
        key = ticket["fields"]["key"].replace(campaign.exam.id, ended.exam.id)
        # The candidate's policy names the exam that is still open; the object comes as its POST would bring it.
        stack.client("s3").put_object(Bucket=stack.inbox, Key=key, Body=data, ContentType="image/jpeg")
        until(lambda: stack.inbox_keys(f"{ended.exam.id}/"), lambda keys: not keys)  # noqa: B023
        assert candidate.slots()["diploma-1"]["state"] == state
        assert bool(stack.material_keys(f"{ended.exam.id}/")) is (state == "ready")
        assert moved


def move(candidate: Examinee, campaign: Campaign) -> Examinee:
    """Brings an application, as it is, into another exam: no test can wait for a window to close.

    The person signs in anew, with a token that names the other exam.
    """
    stack = campaign.stack
    item = stack.raw_item(candidate.application)
    entry = campaign.register(username=f"{candidate.entry.username}-{campaign.exam.id}")
    entry = replace(entry, registration_no=candidate.entry.registration_no)
    campaign.roster.add(entry)
    text = {"pk": f"APPLICATION#{entry.exam}#{entry.registration_no}", "exam": entry.exam}
    status = item["by_status_pk"]["S"].replace(candidate.entry.exam, entry.exam)
    changed = item | {name: {"S": value} for name, value in (text | {"by_status_pk": status}).items()}
    stack.client("dynamodb").put_item(TableName=stack.table, Item=changed)
    candidate.entry = entry
    candidate.sign_in(entry.username, "right horse battery")
    return candidate


def test_a_window_that_closes_while_somebody_uploads(stack: Stack) -> None:
    """To the second, by the server's clock: in time, it is taken; afterwards, it is not; the submission still is."""
    candidate = Campaign(stack).candidate().fill()
    campaign = Campaign(stack, windows=windows(-DAY, timedelta(seconds=3)))
    closes = campaign.exam.windows.upload.closes
    move(candidate, campaign)

    def attempt() -> tuple[datetime, httpx.Response, datetime]:
        before = datetime.now(UTC)
        return before, candidate.reserve("identity", image(), "identity-1"), datetime.now(UTC)

    seen: list[tuple[datetime, httpx.Response, datetime]] = []

    def look() -> int:
        seen.append(attempt())
        return seen[-1][1].status_code

    until(look, lambda status: status == 409)
    for before, answer, after in seen:
        if after < closes:
            assert answer.status_code == 201
        if before >= closes:
            assert refused(answer) == CLOSED
    # The reservation lives, so the page is told to wait for it; once it has expired the submission is taken.
    if any(answer.status_code == 201 for _, answer, _ in seen):
        assert refused(candidate.call("POST", "/submission", {"round": 1})) == (409, "uploading")
        stack.expire(candidate.application, "identity-1")
    assert expect(candidate.call("POST", "/submission", {"round": 1}), 202)["status"] == "submitted"


def test_an_area_may_keep_its_own_window(stack: Stack) -> None:
    longer = window(-DAY, 3 * DAY)
    campaign = Campaign(stack, windows=windows(-2 * DAY, -DAY), areas=(replace(AREA, upload=longer),))
    candidate = campaign.candidate()
    assert datetime.fromisoformat(candidate.view()["editable_until"]) == longer.closes
    assert candidate.reserve("diploma", image()).status_code == 201


def test_an_area_is_given_more_time_and_told_so(stack: Stack) -> None:
    until_then = datetime.now(UTC) + DAY
    announcement = exams.text("系统故障，上传时间延长一天。")
    extended = replace(AREA, extension=Extension(until_then, announcement))
    over = replace(AREA, extension=Extension(datetime.now(UTC) - HOUR, announcement))
    assert Campaign(stack, areas=(over,)).candidate().view()["announcements"] == []
    campaign = Campaign(stack, windows=windows(-2 * DAY, -HOUR), areas=(extended,))
    candidate = campaign.candidate()
    view = candidate.view()
    assert view["announcements"] == [{"zh": announcement.zh, "en": announcement.en}]
    assert datetime.fromisoformat(view["editable_until"]) == until_then
    assert candidate.upload("diploma", image()) == "diploma-1"


def test_a_person_is_given_more_time(stack: Stack) -> None:
    campaign = Campaign(stack, windows=windows(-2 * DAY, -HOUR))
    candidate, other = campaign.candidate(), campaign.candidate()
    later = datetime.now(UTC).replace(microsecond=0) + DAY
    stack.change(candidate.application, "SET extension = :at", at=round(later.timestamp() * 1000))
    assert datetime.fromisoformat(candidate.view()["editable_until"]) == later
    assert candidate.reserve("diploma", image()).status_code == 201
    assert refused(other.reserve("diploma", image())) == CLOSED


def test_a_returned_candidate_always_has_time(stack: Stack) -> None:
    """Returned after the deadline for corrections: there are still 48 hours."""
    campaign = Campaign(stack)
    candidate = campaign.candidate().submitted()
    over = Campaign(stack, windows=windows(-3 * DAY, -2 * DAY, corrected=-DAY))
    move(candidate, over)
    reviewer = over.reviewer()
    before = datetime.now(UTC)
    expect(reviewer.decide(candidate.application, returning("diploma-1")), 200)
    view = candidate.view()
    ends = datetime.fromisoformat(view["editable_until"])
    assert before + 48 * HOUR - MINUTE < ends < datetime.now(UTC) + 48 * HOUR
    assert candidate.call("DELETE", "/uploads/diploma-1").status_code == 204
    assert candidate.upload("diploma", image()) == "diploma-1"
    assert expect(candidate.call("POST", "/submission", {"round": 2}), 202)["round"] == 2


def test_corrections_end(stack: Stack) -> None:
    """Nothing can be put right any more once both the window and the minimum time are over."""
    campaign = Campaign(stack, min_correction_hours=0, windows=windows(-2 * DAY, DAY, corrected=-HOUR))
    candidate = campaign.candidate().submitted()
    expect(campaign.reviewer().decide(candidate.application, returning("diploma-1")), 200)
    assert refused(candidate.call("DELETE", "/uploads/diploma-1")) == CLOSED
    assert refused(candidate.reserve("diploma", image(), "diploma-1")) == CLOSED


def test_times_carry_the_offset_of_the_exam(stack: Stack) -> None:
    campaign = Campaign(stack)
    view = campaign.candidate().view()
    assert view["exam"]["time_zone"] == "Asia/Shanghai"
    assert [datetime.fromisoformat(view[name]).utcoffset() for name in ("now", "editable_until")] == [8 * HOUR] * 2
    assert Window(*(datetime.fromisoformat(view["exam"]["windows"]["upload"][end]) for end in ("opens", "closes"))) == (
        campaign.exam.windows.upload
    )
