"""What a change of an exam affects, and what stands against it."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from songshen.domain.application import Application
from songshen.domain.changing import Use, effects, refusals, removed
from songshen.domain.exam import NOTICE, Category, Demand, Exam, Extension, Window
from songshen.domain.reading import Note
from tests.support.exams import (
    CLOSES,
    CORRECTED,
    DAY,
    HOUR,
    NOON,
    OPENS,
    SECOND,
    draft,
    exam,
    exam_with_area,
    ready,
    returned,
    text,
)

COUNTS = {
    "3701": {"draft": 5, "submitted": 3, "returned": 2, "approved": 1},
    "3702": {"draft": 7, "submitted": 0, "returned": 0, "approved": 0},
    "1101": {"draft": 0, "submitted": 0, "returned": 0, "approved": 0},
}


def codes(notes: list[Note]) -> dict[str, str]:
    """Path → code."""
    return {note.path: note.code for note in notes}


def with_windows(**changes: Any) -> Exam:
    return exam(windows=replace(exam().windows, **changes))


def with_category(id: str, **changes: Any) -> Exam:
    return exam(categories=tuple(replace(c, **changes) if c.id == id else c for c in exam().categories))


def without(id: str) -> Exam:
    return exam(categories=tuple(c for c in exam().categories if c.id != id))


def refused(before: Exam, after: Exam, now: datetime = NOON, use: Use | None = None) -> dict[str, str]:
    return codes(refusals(before, after, now, COUNTS, use or Use()))


# ---- what stands against it


def test_no_change_is_refused_nothing() -> None:
    assert refused(exam(), exam()) == {}
    assert effects(exam(), exam(), COUNTS, NOON) == []


def test_an_exam_keeps_its_id() -> None:
    assert refused(exam(), exam(id="another")) == {"id": "other_exam"}


def test_a_site_with_applications_stays_where_it_is() -> None:
    first, second = exam().areas
    gone = exam(areas=(replace(first, sites=first.sites[:1]), second))
    [note] = refusals(exam(), gone, NOON, COUNTS, Use())
    assert (note.path, note.code) == ("areas", "site_in_use")
    assert note.text.zh == "青岛（3702）有 7 份报名材料，不能删除，也不能移到其他考区。"
    assert refused(exam(), exam(areas=(first,))) == {}  # nobody is registered there
    moved = exam(areas=(replace(first, sites=first.sites[:1]), replace(second, sites=first.sites[1:])))
    assert refused(exam(), moved) == {"areas": "site_in_use"}


def test_an_end_is_not_moved_upon_those_who_are_uploading() -> None:
    def closing(at: datetime) -> dict[str, str]:
        return refused(exam(), with_windows(upload=Window(OPENS, at)))

    assert closing(NOON + NOTICE) == {}
    assert closing(NOON + NOTICE - SECOND) == {"windows.upload.closes": "too_soon"}
    assert closing(NOON - DAY) == {"windows.upload.closes": "too_soon"}
    # What has ended already hurts nobody.
    assert refused(exam(), with_windows(upload=Window(OPENS, CLOSES - HOUR)), CLOSES + DAY) == {}
    sooner = with_windows(correction=Window(at := exam().windows.correction.opens, NOON))
    assert refused(exam(), sooner) == {"windows.correction.closes": "too_soon"}
    assert at < NOON


def test_an_areas_extension_is_not_taken_back_from_under_it() -> None:
    extended = exam_with_area(extension=Extension(CLOSES + DAY, text("延长一天")))
    now = CLOSES + HOUR
    assert refused(extended, exam(), now) == {"windows.upload.closes": "too_soon"}
    assert refused(extended, exam(), CLOSES - DAY) == {}


def test_what_has_begun_is_not_put_off_where_there_are_candidates() -> None:
    later = with_windows(upload=Window(NOON + DAY, CLOSES))
    assert refused(exam(), later) == {"windows.upload.opens": "already_open"}
    assert refused(exam(), later, OPENS - SECOND) == {}
    nobody: dict[str, dict[str, int]] = {}
    assert refusals(exam(), later, NOON, nobody, Use()) == []
    own = exam_with_area(upload=Window(NOON + DAY, CLOSES))
    assert refused(exam(), own) == {"areas[0].upload.opens": "already_open"}


def test_what_is_taken_away_is_looked_for_where_uploading_has_begun() -> None:
    assert removed(exam(), without("work"), NOON).slots == {
        "37": frozenset({"work-1", "work-2"}),
        "11": frozenset({"work-1", "work-2"}),
    }
    assert not removed(exam(), without("work"), OPENS - SECOND)
    off = with_category("work", by_area={"37": Demand.OFF})
    assert removed(exam(), off, NOON).slots == {"37": frozenset({"work-1", "work-2"}), "11": frozenset()}
    assert removed(exam(), exam(reasons=exam().reasons[:1]), NOON).reasons == {"blurred"}
    assert not removed(exam(), with_category("work", required=True), NOON)


def test_who_uses_it() -> None:
    gone = removed(exam(), replace(without("work"), reasons=exam().reasons[1:]), NOON)

    def held(no: str, **changes: Any) -> Application:
        return draft(registration_no=no, **changes)

    found = gone.used_by(
        [
            held("1", slots={"work-1": ready(), "identity-1": ready()}),
            held("2", slots={"work-1": ready()}),
            held("3", slots={"work-2": ready()}, area="11", site="1101"),
            held("4", slots={"identity-1": ready()}),
            returned("diploma-1", "identity-1"),
        ],
        complete=True,
    )
    assert found == Use({("37", "work-1"): 2, ("11", "work-2"): 1}, {"unreadable": 1}, complete=True)


def test_images_and_reasons_in_use_stay() -> None:
    found = refusals(exam(), without("work"), NOON, COUNTS, Use({("37", "work-1"): 2}))
    assert [note.code for note in found] == ["slot_in_use"]
    assert "山东有 2 份材料在图位“work-1”中有图片" in found[0].text.zh
    assert refused(exam(), exam(), use=Use(reasons={"blurred": 1})) == {"reasons": "reason_in_use"}
    assert refused(exam(), exam(), use=Use(complete=False)) == {"": "too_many_to_check"}


# ---- what it affects


def said(after: Exam, before: Exam | None = None) -> dict[tuple[str, str], str]:
    return {(note.path, note.code): note.text.en for note in effects(before or exam(), after, COUNTS, NOON)}


def test_when_records_are_deleted_is_said_before_it_is_so() -> None:
    """The last window ends on the 15th at midnight; an end that has passed already is one of the next minutes."""
    key = ("records_days", "records_end")
    sooner = said(replace(exam(), records_days=30))
    assert "are deleted from 2026-04-13 24:00 on, for good" in sooner[key]
    long_ago = Window(OPENS - 90 * DAY, OPENS - 80 * DAY)
    over = with_windows(upload=long_ago, correction=long_ago, review=long_ago)
    assert key not in said(over, over)
    assert "are deleted within minutes of saving, for good" in said(replace(over, records_days=30), over)[key]


def test_the_only_area_is_called_by_its_name() -> None:
    only = replace(exam(), areas=exam().areas[:1])
    longer = replace(only, windows=replace(only.windows, upload=Window(OPENS, CLOSES + DAY)))
    assert said(longer, only)["windows.upload.closes", "upload_time"].startswith("山东 (en): ")


def test_a_moved_window_says_whom_it_concerns() -> None:
    longer = with_windows(
        upload=Window(OPENS, CLOSES + DAY), correction=Window(exam().windows.correction.opens, CORRECTED + DAY)
    )
    assert said(longer) == {
        ("windows.upload.closes", "changed"): "From 2026-03-10 18:00:00 to 2026-03-11 18:00:00.",
        ("windows.correction.closes", "changed"): "From 2026-03-12 18:00:00 to 2026-03-13 18:00:00.",
        ("windows.upload.closes", "upload_time"): "Every area: 12 applications that are not submitted have more time.",
        ("windows.correction.closes", "correction_time"): (
            "2 applications that are returned have more time; 48 hours after the return remain in any case."
        ),
    }
    own = exam_with_area(upload=Window(OPENS, CLOSES - DAY))
    assert said(own)["windows.upload.closes", "upload_time"] == (
        "山东 (en): 12 applications that are not submitted have less time."
    )


def test_a_category_says_where_it_is_asked_for_otherwise() -> None:
    needed = said(with_category("work", required=True))
    assert needed == {
        ("categories[2]", "now_required"): (
            "Every area: “work (en)” becomes required. It concerns 14 applications that are not submitted, or "
            "returned; 4 that are submitted or approved stay as they are."
        )
    }
    assert list(said(with_category("diploma", by_area={"11": Demand.OPTIONAL}))) == [("categories[1]", "now_optional")]
    assert list(said(with_category("diploma", by_area={"11": Demand.OFF}))) == [("categories[1]", "now_off")]
    # The same said in other words.
    assert said(with_category("work", by_area={"37": Demand.OPTIONAL})) == {}


def test_things_are_compared_by_their_ids() -> None:
    one, two, three = exam().categories
    new = Category("photo", text("照片"), text("近照"), False, (replace(one.slots[0], id="photo-1"),))
    after = exam(categories=(new, two, replace(one, slots=one.slots[:1], hint=text("两面"))))
    assert said(after) == {
        ("categories", "removed"): "Removed: “work (en)” (work).",
        ("categories[0]", "added"): "Added: “照片 (en)” (photo).",
        ("categories[2].slots", "removed"): "Removed: “identity 2 (en)” (identity-2).",
        ("categories[2].hint.zh", "changed"): "From “hint for identity” to “两面”.",
        ("categories[2].hint.en", "changed"): "From “hint for identity (en)” to “两面 (en)”.",
        ("categories", "changed"): "From “identity, diploma, work” to “photo, diploma, identity”.",
        ("categories[0]", "now_optional"): (
            "Every area: “照片 (en)” becomes optional. It concerns 14 applications that are not submitted, or "
            "returned; 4 that are submitted or approved stay as they are."
        ),
    }
    assert three.id == "work"


def test_in_chinese_there_is_no_space_before_a_full_stop() -> None:
    later = with_windows(review=Window(OPENS, exam().windows.review.closes + DAY))
    without_blank = exam(image=replace(exam().image, warnings=replace(exam().image.warnings, blank=None)))
    pairs = [(exam(), exam(uploads_per_day=100)), (exam(), later), (exam(), exam(sms_prefix="+852"))]
    pairs += [(exam(), without_blank), (without_blank, exam())]
    said = {note.text.zh for before, after in pairs for note in effects(before, after, COUNTS, NOON)}
    assert said >= {
        "由 200 改为 100。",
        "由 2026-03-15 00:00:00 改为 2026-03-16 00:00:00。",
        "由“+86”改为“+852”。",
        "去掉 3.5。",
        "新增 3.5。",
    }


def test_single_values_and_lists() -> None:
    after = exam(uploads_per_day=100, image=replace(exam().image, types=("image/jpeg",)), sms_prefix="+852")
    assert said(after) == {
        ("uploads_per_day", "changed"): "From 200 to 100.",
        ("image.types", "changed"): "From “image/jpeg, image/png” to “image/jpeg”.",
        ("sms_prefix", "changed"): "From “+86” to “+852”.",
    }
    warnings = replace(exam().image.warnings, blank=None)
    assert said(exam(image=replace(exam().image, warnings=warnings))) == {
        ("image.warnings.blank", "removed"): "Removed: 3.5."
    }
    assert said(exam_with_area(extension=Extension(CLOSES + DAY, text("延长")))) == {
        ("areas[0].extension", "added"): "Added: 2026-03-11 18:00:00, “延长 (en)”.",
        ("windows.upload.closes", "upload_time"): ("山东 (en): 12 applications that are not submitted have more time."),
    }


def test_long_texts_are_cut() -> None:
    [(_, words)] = said(exam(sms_prefix="9" * 100)).items()
    assert words == f"From “+86” to “{'9' * 59}…”."
