"""What is said of an exam's document: every field that is wrong, where it is, and what to change."""

import re
from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
import yaml

from scripts import demo
from songshen.domain.checking import checked
from songshen.domain.exam import Exam, WarningThresholds
from songshen.domain.sms import LONGEST
from tests.support import exams

type Document = dict[str, Any]


def document(**changes: Any) -> Document:
    """The exam of the tests as an administrator writes it, with changes."""
    return dict(msgspec.json.decode(msgspec.json.encode(exams.exam()))) | changes


def found(raw: object) -> dict[str, str]:
    """Path → code of everything that is wrong."""
    return {note.path: note.code for note in checked(raw)[1]}


def wrong(path: str, value: object) -> dict[str, str]:
    """What is wrong once the value stands at this path of a document that was right."""
    raw = document()
    *steps, last = [int(step) if step.isdigit() else step for step in re.split(r"[.\[\]]+", path) if step]
    place: Any = raw
    for step in steps:
        place = place[step]
    place[last] = value
    return found(raw)


@pytest.mark.parametrize(("days", "problems"), [(36, {"records_days": "out_of_range"}), (37, {})])
def test_records_last_for_what_is_returned_at_the_last_moment(days: int, problems: dict[str, str]) -> None:
    assert found(document() | {"min_correction_hours": 720, "records_days": days}) == problems


def test_nothing_is_wrong_with_a_good_document() -> None:
    exam, notes = checked(document())
    assert notes == []
    assert exam == exams.exam()


def test_the_annotated_example_is_right_but_for_its_windows() -> None:
    example = yaml.safe_load(demo.EXAM.read_text(encoding="utf-8"))
    assert found(example) == {"windows": "missing"}
    whole = example | {"windows": msgspec.to_builtins(demo.exam(datetime.now(UTC)).windows)}
    exam, notes = checked(whole)
    assert notes == []
    assert exam == msgspec.convert(whole, Exam)


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("id", "2026_med", "bad_id"),
        ("id", "x" * 25, "bad_id"),
        ("name.zh", " ", "empty"),
        ("name.en", "", "empty"),
        ("name.zh", "一\n二", "control_characters"),
        ("time_zone", "Asia/Shangai", "unknown_zone"),
        ("time_zone", "../etc", "unknown_zone"),
        ("time_zone", "Asia", "unknown_zone"),
        ("windows.upload.opens", "2026-03-01T09:00:00", "wrong_type"),
        ("windows.upload.opens", "9999-12-31T23:59:59+08:00", "wrong_type"),
        ("windows.upload.closes", "2026-03-01T09:00:00+08:00", "closes_before_opens"),
        ("windows.correction.opens", "2026-02-01T00:00:00+08:00", "does_not_fit"),
        ("windows.correction.closes", "2026-03-09T00:00:00+08:00", "does_not_fit"),
        ("windows.review.opens", "2026-03-13T00:00:00+08:00", "does_not_fit"),
        ("windows.review.closes", "2026-03-12T17:59:59+08:00", "does_not_fit"),
        ("areas", [], "none"),
        ("areas", {"id": "37"}, "wrong_type"),
        ("areas[1].id", "37", "duplicate"),
        ("areas[0].id", "3 7", "bad_id"),
        ("areas[0].id", 37, "wrong_type"),
        ("areas[0].sites", [], "none"),
        ("areas[0].sites[0].id", "37-01", "bad_id"),
        ("areas[1].sites[0].id", "3701", "duplicate"),
        ("areas[0].sites[1].name.en", "", "empty"),
        ("categories", [], "none"),
        ("categories[1].id", "identity", "duplicate"),
        ("categories[0].id", "身份", "bad_id"),
        ("categories[2].slots", [], "none"),
        ("categories[2].slots[0].id", "work_1", "bad_id"),
        ("categories[2].slots[0].id", "identity-1", "duplicate"),
        ("categories[0].title.zh", "", "empty"),
        ("categories[0].hint.en", "", "empty"),
        ("categories[0].required", "yes", "wrong_type"),
        ("categories[0].example", "https://elsewhere.test/a.jpg", "bad_example"),
        ("categories[0].example", "//elsewhere.test/a.jpg", "bad_example"),
        ("categories[0].example", "/examples/../a.jpg", "bad_example"),
        ("reasons", [], "none"),
        ("reasons[1].code", "unreadable", "duplicate"),
        ("reasons[0].code", "not legible", "bad_id"),
        ("reasons[0].text.en", "", "empty"),
        ("image.types", [], "none"),
        ("image.types[1]", "image/gif", "unknown_value"),
        ("image.max_bytes", 0, "out_of_range"),
        ("image.max_bytes", 99_999_999, "out_of_range"),
        ("image.min_edge", 5000, "out_of_range"),
        ("image.max_pixels", 60_000_000, "out_of_range"),
        ("image.max_scans", 101, "out_of_range"),
        ("image.max_bytes", True, "wrong_type"),
        ("min_correction_hours", -1, "out_of_range"),
        ("uploads_per_day", 0, "out_of_range"),
        ("spot_check_share", 1.1, "out_of_range"),
        ("spot_check_share", float("nan"), "out_of_range"),
        ("images_known_days", -1, "out_of_range"),
        ("sms_prefix", "86", "bad_prefix"),
        ("sms.returned", "请于{until}前" + "很" * 70, "too_long"),
        ("sms.returned", "请登录查看。", "no_deadline"),
        ("sms.returned", "{name}请于{until}前登录", "unknown_value"),
        ("image.warnings", {"blurred": 1.01}, None),
    ],
)
def test_what_is_wrong_is_named(path: str, value: object, code: str | None) -> None:
    if code is None:
        path, code = "image.warnings.blurred", "out_of_range"
        assert wrong("image.warnings", value) == {path: code}
    else:
        assert wrong(path, value) == {path: code}


def test_every_threshold_has_its_range() -> None:
    for name in (field.name for field in fields(WarningThresholds)):
        most = 255 if name in ("blank", "dark", "background", "uneven") else 1
        for value in (-0.01, most + 0.01, float("nan")):
            assert wrong("image.warnings", {name: value}) == {f"image.warnings.{name}": "out_of_range"}
        for value in (0, most, None):
            assert wrong("image.warnings", {name: value}) == {}


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"width": 0, "height": 441}, "width"),
        ({"width": 358, "height": 9999}, "height"),
        ({"width": 358, "height": 441, "tolerance": -1}, "tolerance"),
        ({"width": 358, "height": 199}, "height"),  # less than min_edge
    ],
)
def test_what_no_image_could_measure_is_named(said: dict[str, int], field: str) -> None:
    assert wrong("categories[1].geometry", said) == {f"categories[1].geometry.{field}": "out_of_range"}
    assert wrong("categories[1].geometry", {"width": 200, "height": 300}) == {}


def test_an_areas_own_window_is_looked_at_too() -> None:
    window = {"opens": "2026-03-01T00:00:00+08:00", "closes": "2026-03-13T00:00:00+08:00"}
    assert wrong("areas[0].upload", window) == {"areas[0].upload.closes": "does_not_fit"}
    backwards = {"opens": window["closes"], "closes": window["opens"]}
    assert wrong("areas[0].upload", backwards) == {"areas[0].upload.closes": "closes_before_opens"}


def test_switches_name_areas_and_what_these_want() -> None:
    assert wrong("categories[0].by_area", {"37": "off", "11": "optional"}) == {}
    assert wrong("categories[0].by_area", {"99": "off"}) == {"categories[0].by_area.99": "unknown_area"}
    assert wrong("categories[0].by_area", {"37": "no"}) == {"categories[0].by_area.37": "unknown_value"}
    nothing = [category | {"by_area": {"11": "off"}} for category in document()["categories"]]
    assert wrong("categories", nothing) == {"areas[1].id": "none"}


def test_more_slots_than_an_application_holds() -> None:
    first = document()["categories"][0]
    many = [{"id": f"i-{n}", "title": first["title"]} for n in range(51)]
    assert wrong("categories", [first | {"slots": many}]) == {"categories": "too_many"}


def test_a_reviewers_notes_fit_into_a_note() -> None:
    notes = ["好", "", "长" * 201, "一\n二"]
    said = {"code": "c", "text": {"zh": "一", "en": "one"}, "notes": notes}
    assert wrong("reasons", [said]) == {
        "reasons[0].notes[1]": "empty",
        "reasons[0].notes[2]": "too_long",
        "reasons[0].notes[3]": "empty",
    }


def test_the_sms_is_measured_as_it_is_sent() -> None:
    # With 12月31日23:59 and a round of two digits in it.
    fits = "很" * (LONGEST - len("12月31日23:59") - 2)
    assert wrong("sms.returned", "{until}{round}" + fits) == {}
    assert wrong("sms.returned", "{until}{round}很" + fits) == {"sms.returned": "too_long"}
    assert wrong("sms.returned", "{until}{round}😀" + fits[2:]) == {}  # two UCS-2 characters
    assert wrong("sms.returned", "{until}{round}😀" + fits[1:]) == {"sms.returned": "too_long"}


def test_a_name_that_is_not_known_is_said_with_the_one_that_was_meant() -> None:
    category = document()["categories"][0]
    category["requierd"] = category["required"]
    [note] = checked(document(categories=[category]))[1]
    assert (note.path, note.code) == ("categories[0].requierd", "unknown_field")
    assert note.text.en == "There is no “requierd” here. Did you mean “required”?"


def test_all_is_said_at_once_and_nothing_twice() -> None:
    raw = document(time_zone="Mars/Olympus", nonsense=1)
    raw["windows"]["upload"] = {"opens": "tomorrow", "closes": raw["windows"]["upload"]["closes"]}
    del raw["categories"][0]["title"]
    raw["categories"][1]["slots"][0]["id"] = "identity-1"
    raw["categories"][2] = "work"
    del raw["reasons"]
    assert found(raw) == {
        "nonsense": "unknown_field",
        "time_zone": "unknown_zone",
        "windows.upload.opens": "wrong_type",
        "categories[0].title": "missing",
        "categories[1].slots[0].id": "duplicate",
        "categories[2]": "wrong_type",
        "reasons": "missing",
    }
    assert len(checked(raw)[1]) == 7


@pytest.mark.parametrize("raw", [None, [], "exam", 3, {}])
def test_anything_at_all_is_answered(raw: object) -> None:
    required = {"id", "name", "windows", "areas", "categories", "reasons"}
    assert found(raw) == (dict.fromkeys(required, "missing") if raw == {} else {"": "wrong_type"})


def test_everything_is_said_in_both_languages() -> None:
    raw = document(areas=[], id="x x", sms={"returned": "x"}, categories=None)
    chinese: Callable[[str], object] = re.compile("[\u4e00-\u9fff]").search
    for note in checked(raw)[1]:
        assert chinese(note.text.zh)
        assert note.text.en
        assert not chinese(note.text.en)
