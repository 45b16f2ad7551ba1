"""The reviewer's desk: the queue, the next case, leases, and what a case shows."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from songshen.contract.common import SiteView
from songshen.contract.reviewer import ClaimView, Identity, QueueQuery
from songshen.domain.application import Claim, Outcome
from songshen.domain.errors import Code
from songshen.domain.people import Reviewer
from songshen.ports import Viewing
from songshen.usecases.review import CANDIDATES
from tests.support.exams import HOUR, ID, MINUTE, NOON, SECOND, approved, draft, exam, returned, submitted, text
from tests.support.fakes import COLLEAGUE, ELSEWHERE, LEAD, REVIEWER, Unavailable, Watch, World
from tests.support.refusals import refusal


@pytest.fixture
def world() -> World:
    """Three applications wait, the first the longest."""
    world = World(candidates=("1", "2", "3"))
    for n, no in enumerate(("1", "2", "3")):
        world.put(submitted(registration_no=no, submitted_at=NOON - (3 - n) * MINUTE))
    return world


def id_of(no: str) -> str:
    return f"2026-med_{no}"


# ---- the queue


def test_the_queue_is_the_sites_own_oldest_first(world: World) -> None:
    world.put(submitted(registration_no="0", site="3702"))
    world.put(replace(world.application(id_of("2")), submitted_at=NOON - 9 * MINUTE))
    world.put(returned(registration_no="5"))
    world.put(approved(registration_no="6"))
    world.put(draft(registration_no="7"))

    def numbers(reviewer: object, status: str) -> list[str]:
        return [item.registration_no for item in world.reviews.queue(reviewer, QueueQuery(status)).items]

    assert numbers(REVIEWER, "submitted") == ["2", "1", "3"]
    assert numbers(ELSEWHERE, "submitted") == ["0"]
    assert numbers(REVIEWER, "returned") == ["5"]
    assert numbers(REVIEWER, "approved") == ["6"]


def test_a_line_of_the_queue_says_who_when_and_whose(world: World) -> None:
    world.reviews.claim(COLLEAGUE, id_of("1"))
    line = world.reviews.queue(REVIEWER, QueueQuery(limit=1)).items[0]
    assert (line.application, line.registration_no, line.name) == (id_of("1"), "1", "张三丰")
    assert (line.status.value, line.round) == ("submitted", 1)
    assert line.since.isoformat() == "2026-03-05T11:57:00+08:00"
    assert line.claim == ClaimView("reviewer-2", NOON + 10 * MINUTE, mine=False)
    assert line.claim.expires_at.isoformat() == "2026-03-05T12:10:00+08:00"


def test_the_queue_comes_in_pages(world: World) -> None:
    first = world.reviews.queue(REVIEWER, QueueQuery(limit=2))
    assert [item.registration_no for item in first.items] == ["1", "2"]
    second = world.reviews.queue(REVIEWER, QueueQuery(cursor=first.next_cursor, limit=2))
    assert ([item.registration_no for item in second.items], second.next_cursor) == (["3"], None)
    for no in range(60):
        world.put(submitted(registration_no=f"x{no:02}"))
    assert len(world.reviews.queue(REVIEWER, QueueQuery()).items) == 50
    assert len(world.reviews.queue(REVIEWER, QueueQuery(limit=100)).items) == 63


def test_the_queues_parameters_are_checked(world: World) -> None:
    for status in ("draft", "", "SUBMITTED"):
        refused = refusal(world.reviews.queue, REVIEWER, QueueQuery(status))
        assert refused == (Code.BAD_REQUEST, {"field": "status"})
    for limit in (0, -1, 101):
        refused = refusal(world.reviews.queue, REVIEWER, QueueQuery(limit=limit))
        assert refused == (Code.BAD_REQUEST, {"field": "limit"})
    refused = refusal(world.reviews.queue, REVIEWER, QueueQuery(cursor="not a cursor"))
    assert refused == (Code.BAD_REQUEST, {"field": "cursor"})


def numbers(world: World, reviewer: Reviewer = REVIEWER, **wanted: Any) -> list[str]:
    """The registration numbers of a page of the queue."""
    return [item.registration_no for item in world.reviews.queue(reviewer, QueueQuery(**wanted)).items]


def test_the_queue_is_filtered_by_round_waiting_and_holder(world: World) -> None:
    world.put(submitted(registration_no="4", round=2, submitted_at=NOON - 3 * HOUR))
    world.put(submitted(registration_no="5", submitted_at=NOON - 2 * HOUR))
    assert numbers(world, round=2) == ["4"]
    assert numbers(world, round=1) == ["5", "1", "2", "3"]
    assert [numbers(world, waiting=hours) for hours in (1, 2, 3, 4)] == [["4", "5"], ["4"], [], []]
    world.clock.advance(MINUTE)
    assert [numbers(world, waiting=hours) for hours in (1, 2, 3, 4)] == [["4", "5"], ["4", "5"], ["4"], []]
    assert numbers(world, waiting=1, round=1) == ["5"]
    world.reviews.claim(REVIEWER, id_of("2"))
    world.reviews.claim(COLLEAGUE, id_of("3"))
    assert numbers(world, mine=True) == ["2"]
    world.clock.advance(10 * MINUTE)
    assert numbers(world, mine=True) == []


def test_pages_of_a_filtered_queue_lose_and_double_nothing(world: World) -> None:
    for no in range(20):
        world.put(submitted(registration_no=f"x{no:02}", round=1 + no % 3 // 2))
    cursor, seen = None, []
    while True:
        page = world.reviews.queue(REVIEWER, QueueQuery(round=2, cursor=cursor, limit=2))
        seen += [item.registration_no for item in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == [f"x{no:02}" for no in range(20) if no % 3 == 2]


def test_a_search_goes_through_every_status_page_by_page(world: World) -> None:
    for n, put in enumerate((submitted, returned, approved)):
        for m in range(2):
            world.put(put(registration_no=f"7{2 - n}{m}", name="欧阳·娜娜", submitted_at=NOON))
    world.put(draft(registration_no="799", name="欧阳·娜娜"))
    world.put(submitted(registration_no="7000", site="3702"))
    found = ["720", "721", "710", "711", "700", "701"]
    assert numbers(world, search="7") == numbers(world, search="阳·娜") == found
    # The status that is being looked at does not narrow it.
    assert numbers(world, search="7", status="approved") == found
    assert numbers(world, search="71") == ["710", "711"]
    assert numbers(world, search="10") == numbers(world, search="娜欧") == []
    for limit in (1, 2, 3, 4, 5):
        cursor, seen = None, []
        for _ in range(10):
            page = world.reviews.queue(REVIEWER, QueueQuery(search="7", cursor=cursor, limit=limit))
            assert len(page.items) <= limit
            seen += [item.registration_no for item in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert (limit, seen, cursor) == (limit, found, None)


@pytest.mark.parametrize("search", ["%", "#", "*", "_", "'\"", "\\", "😀", "\u200b", "x" * 32, "甲" * 32])
def test_odd_characters_are_searched_like_any(world: World, search: str) -> None:
    assert numbers(world, search=search) == []
    world.put(submitted(registration_no="9", name=f"a{search}b"))
    assert numbers(world, search=search) == ["9"]


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"search": "x" * 33}, "search"),
        ({"cursor": "x" * 513}, "cursor"),
        ({"search": "x", "cursor": "draft."}, "cursor"),
        ({"search": "x", "cursor": "nonsense."}, "cursor"),
        ({"search": "x", "cursor": "."}, "cursor"),
        ({"search": "x", "cursor": "submitted.nonsense"}, "cursor"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_searches_and_cursors_are_bounded(world: World, wanted: dict[str, Any], field: str) -> None:
    assert refusal(world.reviews.queue, REVIEWER, QueueQuery(**wanted)) == (Code.BAD_REQUEST, {"field": field})


def test_the_queue_says_where_it_is_of_and_how_much_there_is(world: World) -> None:
    world.put(returned(registration_no="5"))
    world.put(submitted(registration_no="6", site="3702"))
    queue = world.reviews.queue(REVIEWER, QueueQuery())
    jinan, qingdao = SiteView("3701", text("济南")), SiteView("3702", text("青岛"))
    assert (queue.site, queue.sites) == (jinan, [jinan])
    assert queue.counts == {"submitted": 3, "returned": 1, "approved": 0}
    assert (queue.now.isoformat(), queue.time_zone) == ("2026-03-05T12:00:00+08:00", "Asia/Shanghai")
    lead = world.reviews.queue(LEAD, QueueQuery())
    assert (lead.site, lead.sites, [item.registration_no for item in lead.items]) == (
        jinan,
        [jinan, qingdao],
        ["1", "2", "3"],
    )
    other = world.reviews.queue(LEAD, QueueQuery(site="3702"))
    assert (other.site, other.counts["submitted"], [item.registration_no for item in other.items]) == (
        qingdao,
        1,
        ["6"],
    )


def test_counts_are_at_most_fifteen_seconds_old(world: World) -> None:
    def waiting(reviewer: Reviewer, site: str = "") -> int:
        counted: int = world.reviews.queue(reviewer, QueueQuery(site=site)).counts["submitted"]
        return counted

    assert (waiting(REVIEWER), waiting(LEAD, "3702")) == (3, 0)
    world.put(submitted(registration_no="4"))
    world.clock.advance(15 * SECOND - SECOND)
    assert waiting(COLLEAGUE) == 3
    world.clock.advance(SECOND)
    assert (waiting(REVIEWER), waiting(ELSEWHERE)) == (4, 0)


@pytest.mark.parametrize("lead", [replace(LEAD, area="99"), replace(LEAD, area=""), replace(LEAD, exam="2025-med")])
def test_a_lead_without_an_area_has_no_queue(world: World, lead: Reviewer) -> None:
    assert refusal(world.reviews.queue, lead, QueueQuery()) == (Code.NOT_FOUND, {})
    assert refusal(world.reviews.next, lead) == (Code.NOT_FOUND, {})


def test_threat_10_no_queue_but_ones_own(world: World) -> None:
    for reviewer, site in ((REVIEWER, "3702"), (LEAD, "1101"), (replace(LEAD, area="11"), "3701")):
        assert refusal(world.reviews.queue, reviewer, QueueQuery(site=site)) == (Code.NOT_FOUND, {})
        assert refusal(world.reviews.next, reviewer, site) == (Code.NOT_FOUND, {})


# ---- claims


def test_next_claims_the_oldest_that_nobody_holds(world: World) -> None:
    case = world.reviews.next(REVIEWER)
    assert (case.application, case.claim) == (id_of("1"), ClaimView("reviewer-1", NOON + 10 * MINUTE, mine=True))
    assert world.application(id_of("1")).claim == Claim("reviewer-1", NOON + 10 * MINUTE)
    assert world.reviews.next(COLLEAGUE).application == id_of("2")
    assert world.reviews.next(COLLEAGUE).application == id_of("3")
    assert world.reviews.next(REVIEWER) is None


def test_an_empty_queue_has_no_next(world: World) -> None:
    assert world.reviews.next(ELSEWHERE) is None


def test_next_takes_over_what_has_expired(world: World) -> None:
    for _ in range(2):
        world.reviews.next(COLLEAGUE)
    world.clock.advance(10 * MINUTE)
    assert world.reviews.next(REVIEWER).application == id_of("1")


def test_nobody_holds_more_than_three(world: World) -> None:
    world.put(submitted(registration_no="4", submitted_at=NOON))
    assert [world.reviews.next(REVIEWER).application for _ in range(3)] == [id_of("1"), id_of("2"), id_of("3")]
    full = (Code.CLAIM_LIMIT, {"max": 3})
    assert refusal(world.reviews.next, REVIEWER) == full
    assert refusal(world.reviews.claim, REVIEWER, id_of("4")) == full
    world.reviews.claim(REVIEWER, id_of("1"))
    world.reviews.release(REVIEWER, id_of("1"))
    assert world.reviews.next(REVIEWER).application == id_of("1")
    world.clock.advance(10 * MINUTE)
    assert world.reviews.next(REVIEWER).application == id_of("1")


def test_a_leads_claims_are_counted_at_all_sites(world: World) -> None:
    for no in ("4", "5"):
        world.put(submitted(registration_no=no, site="3702"))
    taken = [world.reviews.next(LEAD, site).application for site in ("3702", "", "3702")]
    assert taken == [id_of("4"), id_of("1"), id_of("5")]
    full = (Code.CLAIM_LIMIT, {"max": 3})
    assert refusal(world.reviews.next, LEAD) == refusal(world.reviews.claim, LEAD, id_of("2")) == full
    world.reviews.release(LEAD, id_of("5"))
    assert world.reviews.claim(LEAD, id_of("2")).mine


def test_a_lapsed_claim_is_not_a_fourth(world: World) -> None:
    world.put(submitted(registration_no="4", submitted_at=NOON))
    world.reviews.claim(REVIEWER, id_of("1"))
    world.clock.advance(10 * MINUTE)
    for no in ("2", "3", "4"):
        world.reviews.claim(REVIEWER, id_of(no))
    assert refusal(world.reviews.claim, REVIEWER, id_of("1")) == (Code.CLAIM_LIMIT, {"max": 3})
    for no in ("2", "3", "4"):
        assert world.reviews.claim(REVIEWER, id_of(no)).mine


def test_what_cannot_be_claimed_is_said_before_the_limit(world: World) -> None:
    world.put(submitted(registration_no="4", submitted_at=NOON))
    world.reviews.claim(COLLEAGUE, id_of("4"))
    for no in ("1", "2", "3"):
        world.reviews.claim(REVIEWER, id_of(no))
    assert refusal(world.reviews.claim, REVIEWER, id_of("4")) == (Code.CLAIMED_BY_OTHER, {})
    world.put(returned(registration_no="4"))
    assert refusal(world.reviews.claim, REVIEWER, id_of("4")) == (Code.ALREADY_DECIDED, {})


def test_next_looks_at_so_many_and_then_says_that_there_are_more(world: World) -> None:
    """As many colleagues as it looks at are faster, each by a moment."""
    for no in range(CANDIDATES + 1):
        world.put(submitted(registration_no=f"x{no:02}", submitted_at=NOON - HOUR))

    def taken(n: int) -> Callable[[], object]:
        case = submitted(registration_no=f"x{n:02}", claim=Claim(f"other-{n}", NOON + MINUTE), submitted_at=NOON - HOUR)
        return lambda: world.put(case)

    world.meanwhile(*map(taken, range(CANDIDATES)))
    assert refusal(world.reviews.next, REVIEWER) == (Code.BUSY, {})
    assert world.reviews.next(REVIEWER).application == id_of(f"x{CANDIDATES:02}")


def test_next_with_everything_taken_this_moment_has_nothing(world: World) -> None:
    taken = [replace(world.application(id_of(no)), claim=Claim(f"o-{no}", NOON + MINUTE)) for no in ("1", "2", "3")]
    world.meanwhile(*(lambda case=case: world.put(case) for case in taken))  # type: ignore[misc]
    assert world.reviews.next(REVIEWER) is None


def test_a_faster_colleague_leaves_the_one_after(world: World) -> None:
    world.meanwhile(lambda: world.reviews.claim(COLLEAGUE, id_of("1")))
    assert world.reviews.next(REVIEWER).application == id_of("2")
    assert world.application(id_of("1")).claim.by == "reviewer-2"  # type: ignore[union-attr]


def test_what_was_decided_meanwhile_is_passed_over(world: World) -> None:
    world.meanwhile(lambda: world.decide(Outcome.APPROVE, reviewer=COLLEAGUE, id=id_of("1")))
    assert world.reviews.next(REVIEWER).application == id_of("2")


def test_claiming_again_renews(world: World) -> None:
    world.reviews.claim(REVIEWER, id_of("1"))
    world.clock.advance(9 * MINUTE)
    shown = world.reviews.claim(REVIEWER, id_of("1"))
    assert shown == ClaimView("reviewer-1", NOON + 19 * MINUTE, mine=True)
    assert world.application(id_of("1")).claim == Claim("reviewer-1", NOON + 19 * MINUTE)


def test_claims_are_respected_until_they_expire(world: World) -> None:
    world.reviews.claim(COLLEAGUE, id_of("1"))
    world.clock.advance(10 * MINUTE - SECOND)
    assert refusal(world.reviews.claim, REVIEWER, id_of("1")) == (Code.CLAIMED_BY_OTHER, {})
    world.clock.advance(SECOND)
    assert world.reviews.claim(REVIEWER, id_of("1")).by == "reviewer-1"


def test_of_two_who_claim_at_once_one_wins(world: World) -> None:
    world.meanwhile(lambda: world.reviews.claim(COLLEAGUE, id_of("1")))
    assert refusal(world.reviews.claim, REVIEWER, id_of("1")) == (Code.CLAIMED_BY_OTHER, {})
    assert world.application(id_of("1")).claim.by == "reviewer-2"  # type: ignore[union-attr]


def test_only_what_waits_is_claimed(world: World) -> None:
    world.put(returned(registration_no="1"))
    assert refusal(world.reviews.claim, REVIEWER, id_of("1")) == (Code.ALREADY_DECIDED, {})


def test_releasing_gives_back_only_ones_own(world: World) -> None:
    world.reviews.claim(REVIEWER, id_of("1"))
    world.reviews.release(COLLEAGUE, id_of("1"))
    assert world.application(id_of("1")).claim.by == "reviewer-1"  # type: ignore[union-attr]
    for _ in range(2):
        world.reviews.release(REVIEWER, id_of("1"))
        assert world.application(id_of("1")).claim is None


def test_a_lease_that_passed_on_meanwhile_stays_with_its_new_holder(world: World) -> None:
    world.reviews.claim(REVIEWER, id_of("1"))
    taken = Claim("reviewer-2", NOON + 30 * MINUTE)
    world.meanwhile(lambda: world.put(replace(world.application(id_of("1")), claim=taken)))
    world.reviews.release(REVIEWER, id_of("1"))
    assert world.application(id_of("1")).claim == taken


# ---- one case


def test_looking_at_a_case_claims_nothing(world: World) -> None:
    before = world.application(id_of("1"))
    case = world.reviews.case(REVIEWER, id_of("1"))
    assert (case.application, case.claim) == (id_of("1"), None)
    assert world.application(id_of("1")) == before


def test_threat_10_other_sites_and_drafts_do_not_exist(world: World) -> None:
    world.put(draft(registration_no="3"))
    for reviewer, id in ((ELSEWHERE, id_of("1")), (REVIEWER, id_of("3")), (REVIEWER, id_of("999"))):
        for act in (world.reviews.case, world.reviews.identity, world.reviews.claim, world.reviews.release):
            assert refusal(act, reviewer, id) == (Code.NOT_FOUND, {})


def test_a_case_without_its_roster_line_is_still_shown(world: World) -> None:
    world.roster.entries.clear()
    assert world.reviews.case(REVIEWER, id_of("1")).candidate.id_number == ""


def test_a_case_shows_what_changed_since_the_round_before() -> None:
    world = World()
    world.submit_filled()
    world.decide(Outcome.RETURN, "diploma-1")
    world.workflow.settle()
    before = world.application().slots["diploma-1"].upload_id
    world.presign.release(ID, "diploma-1")
    world.upload("diploma", b"sharper")
    world.submit(ID, 2)
    case = world.reviews.case(REVIEWER, ID)
    changed = {slot.slot: slot.previous for c in case.categories for slot in c.slots if slot.changed}
    assert list(changed) == ["diploma-1"]
    assert changed["diploma-1"].image_url.endswith(f"/diploma-1/{before}")
    assert changed["diploma-1"].code == "unreadable"


def test_a_returned_case_shows_what_was_submitted_and_not_what_came_since() -> None:
    world = World()
    world.submit_filled()
    shown = {s.slot: s.sha256 for c in world.reviews.case(REVIEWER, ID).categories for s in c.slots}
    world.decide(Outcome.RETURN, "diploma-1")
    world.presign.release(ID, "diploma-1")
    world.upload("diploma", b"another image", "diploma-1")
    after = {s.slot: s.sha256 for c in world.reviews.case(REVIEWER, ID).categories for s in c.slots}
    assert after == shown


# ---- who has looked


def test_the_identity_is_shown_unmasked_with_the_candidates_own_phone_first(world: World) -> None:
    assert world.reviews.identity(REVIEWER, id_of("1")) == Identity("370102199001011234", "13800000001")
    world.put(replace(world.application(id_of("1")), phone="13911112222"))
    assert world.reviews.identity(LEAD, id_of("1")).phone == "13911112222"
    world.roster.entries.clear()
    assert world.reviews.identity(REVIEWER, id_of("2")) == Identity("", "")


def test_every_look_is_journalled_once_per_person_round_thing_and_ten_minutes(world: World) -> None:
    world.reviews.case(REVIEWER, id_of("1"))
    world.clock.advance(MINUTE)
    world.reviews.case(REVIEWER, id_of("1"))
    world.reviews.identity(REVIEWER, id_of("1"))
    world.reviews.case(LEAD, id_of("1"))
    world.clock.advance(10 * MINUTE)
    world.reviews.case(REVIEWER, id_of("1"))
    assert world.applications.viewings(id_of("1")) == [
        Viewing("reviewer-1", NOON + MINUTE, 1, "case"),
        Viewing("reviewer-1", NOON + MINUTE, 1, "identity"),
        Viewing("lead-1", NOON + MINUTE, 1, "case"),
        Viewing("reviewer-1", NOON + 11 * MINUTE, 1, "case"),
    ]
    world.reviews.next(COLLEAGUE)
    assert [seen.by for seen in world.applications.viewings(id_of("1"))][-1] == "reviewer-2"
    assert world.applications.viewings(id_of("2")) == []


def test_who_may_not_look_leaves_no_trace(world: World) -> None:
    for look in (world.reviews.case, world.reviews.identity):
        refusal(look, ELSEWHERE, id_of("1"))
    assert world.applications.viewings(id_of("1")) == []


def test_what_cannot_be_journalled_is_not_shown(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(application_id: str, viewing: Viewing) -> None:
        raise Unavailable

    monkeypatch.setattr(world.applications, "record_viewing", fail)
    for look in (world.reviews.case, world.reviews.identity):
        with pytest.raises(Unavailable):
            look(REVIEWER, id_of("1"))
    with pytest.raises(Unavailable):
        world.reviews.next(REVIEWER)


# ---- the same image from others


def sent(world: World, *candidates: str) -> dict[str, str]:
    """Each of them submits; the diploma is one and the same picture. Slot → hash of the first one's case."""
    for no in candidates:
        world.put(draft(registration_no=no))
        world.upload("identity", no.encode(), id=id_of(no))
        world.upload("diploma", b"one for all", id=id_of(no))
        world.submit(id_of(no), 1)
    return {slot: image.sha256 for slot, image in world.application(id_of(candidates[0])).snapshot().items()}


def others_of(world: World, no: str, reviewer: Reviewer = REVIEWER) -> dict[str, int]:
    """Slot → how many others have sent its image, as the case shows it; without those that nobody else has sent."""
    slots = [slot for category in world.reviews.case(reviewer, id_of(no)).categories for slot in category.slots]
    return {slot.slot: slot.sent_by_others for slot in slots if slot.sent_by_others}


@pytest.fixture
def empty() -> World:
    """Nobody requires anything but a diploma."""
    first, diploma, work = exam().categories
    return World(exam(categories=(replace(first, required=False), diploma, work)), candidates=())


def test_a_case_says_how_many_others_have_sent_the_same_image(empty: World) -> None:
    sent(empty, "1")
    assert others_of(empty, "1") == {}
    sent(empty, "2", "3")
    assert [others_of(empty, no) for no in ("1", "2", "3")] == [{"diploma-1": 2}] * 3


def test_ones_own_image_in_another_slot_is_not_anothers(empty: World) -> None:
    empty.put(draft(registration_no="1"))
    for category in ("identity", "diploma"):
        empty.upload(category, b"the same", id=id_of("1"))
    empty.submit(id_of("1"), 1)
    assert others_of(empty, "1") == {}


def test_what_another_has_deleted_or_replaced_is_ignored(empty: World) -> None:
    sent(empty, "1")
    for no in ("2", "3", "4"):
        empty.put(draft(registration_no=no))
        empty.upload("diploma", b"one for all", id=id_of(no))
    assert others_of(empty, "1") == {"diploma-1": 3}
    empty.presign.release(id_of("2"), "diploma-1")
    assert others_of(empty, "1") == {"diploma-1": 2}
    empty.presign.release(id_of("3"), "diploma-1")
    empty.upload("diploma", b"another one", id=id_of("3"))
    assert others_of(empty, "1") == {"diploma-1": 1}
    empty.applications.items.pop(id_of("4"))
    assert others_of(empty, "1") == {}


def test_another_exam_has_nothing_to_do_with_it(empty: World) -> None:
    hashes = sent(empty, "1")
    empty.put(submitted(registration_no="9", exam="2025-med", slots=empty.application(id_of("1")).slots))
    empty.images.note("2025-med", hashes["diploma-1"], "9", NOON)
    assert others_of(empty, "1") == {}


def test_a_spot_check_shows_the_same_number(empty: World) -> None:
    sent(empty, "1", "2")
    empty.lot = 0.0
    empty.decide(Outcome.RETURN, "diploma-1", id=id_of("1"))
    assert empty.reviews.next(ELSEWHERE) is not None
    assert others_of(empty, "1", ELSEWHERE) == others_of(empty, "1") == {"diploma-1": 1}


def test_each_other_candidate_is_asked_once(empty: World) -> None:
    """However many images they share."""
    for no in ("1", "2"):
        empty.put(draft(registration_no=no))
        for category in ("identity", "diploma"):
            empty.upload(category, category.encode(), id=id_of(no))
        empty.submit(id_of(no), 1)
    with empty.watch(Watch()) as watch:
        assert others_of(empty, "1") == {"identity-1": 1, "diploma-1": 1}
    assert watch.calls.count("applications.get") == 1
    assert watch.calls.count("images.senders") == 2
