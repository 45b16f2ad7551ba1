"""All that there is about one application: every round's images, the journal, the receipts, and that it was taken."""

import csv
import hashlib
import io
import json
import zipfile

import pytest

from songshen.domain.application import Outcome
from songshen.domain.errors import Code, Refused
from songshen.domain.png import PNG_START
from songshen.keys import Upload
from tests.support.exams import ID, MINUTE, NO
from tests.support.fakes import World


@pytest.fixture
def world() -> World:
    """Returned once, submitted again with another diploma."""
    world = World()
    world.submit_filled()
    world.clock.advance(MINUTE)
    world.decide(Outcome.RETURN, "diploma-1")
    world.workflow.settle()
    world.presign.release(ID, "diploma-1")
    world.upload("diploma", b"another diploma", "diploma-1")
    world.clock.advance(MINUTE)
    world.submit(ID, 2)
    return world


def opened(world: World) -> zipfile.ZipFile:
    made = world.bundle(ID, "admin-1")
    data = next(data for key, data in world.results.objects.items() if key.startswith("bundles/"))
    assert (made.bytes, made.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    archive = zipfile.ZipFile(io.BytesIO(data))
    assert archive.testzip() is None
    return archive


def test_every_round_is_there_as_it_was_submitted(world: World) -> None:
    archive = opened(world)
    images = [name for name in archive.namelist() if name.startswith("round-")]
    assert images == [
        f"round-{round}/{slot}.jpg" for round in (1, 2) for slot in ("diploma-1", "identity-1", "identity-2")
    ]
    assert archive.read("round-1/diploma-1.jpg") == b"clean:diploma" + ID.encode()
    assert archive.read("round-2/diploma-1.jpg") == b"clean:another diploma"
    assert archive.read("round-1/identity-1.jpg") == archive.read("round-2/identity-1.jpg")


def test_an_image_is_named_by_what_it_is(world: World) -> None:
    held = world.journal()[0].images["diploma-1"]
    key = Upload("2026-med", NO, "diploma-1", held.upload_id).material_key()
    world.materials.objects[key] = ("v1", PNG_START + b"pixels", "image/png")
    archive = opened(world)
    assert archive.read("round-1/diploma-1.png") == PNG_START + b"pixels"
    assert "round-1/diploma-1.png\n" in archive.read("SHA256SUMS").decode()
    assert "round-1/diploma-1.png" in archive.read("receipts.csv").decode()
    assert "round-2/diploma-1.jpg" in archive.namelist()


def test_receipts_and_hashes_can_be_compared_with_the_images(world: World) -> None:
    archive = opened(world)
    rows = list(csv.reader(io.StringIO(archive.read("receipts.csv").decode("utf-8-sig"))))[1:]
    assert [(one[0], one[1], one[3]) for one in rows[:3]] == [
        ("1", f"{NO}-1", slot) for slot in ("diploma-1", "identity-1", "identity-2")
    ]
    pairs = [line.split("  ") for line in archive.read("SHA256SUMS").decode().splitlines()]
    sums = {name: sha256 for sha256, name in pairs}
    assert {one[5]: one[4] for one in rows} == sums
    for entry in world.journal():
        for slot, image in entry.images.items():
            assert sums[f"round-{entry.round}/{slot}.jpg"] == image.sha256


def test_the_journal_is_whole_and_says_who_has_taken_the_bundle(world: World) -> None:
    archive = opened(world)
    lines = [json.loads(line) for line in archive.read("journal.jsonl").splitlines()]
    assert [(one["kind"], one["by"]) for one in lines] == [
        ("submitted", "candidate"),
        ("returned", "reviewer-1"),
        ("submitted", "candidate"),
        ("viewed", "admin-1"),
    ]
    assert lines[-1]["what"] == "bundle"
    assert [(seen.by, seen.what, seen.round) for seen in world.applications.viewings(ID)] == [("admin-1", "bundle", 2)]
    assert len(archive.read("journal.csv").decode("utf-8-sig").splitlines()) == 5
    state = json.loads(archive.read("application.json"))
    assert (state["registration_no"], state["id_number"], state["round"]) == (NO, "370102199001011234", 2)
    about = archive.read("README.txt").decode("utf-8-sig")
    assert f"registration number {NO}" in about
    assert "admin-1" in about
    assert "not kept any more" not in about


def test_images_that_are_not_kept_any_more_are_named(world: World) -> None:
    key = next(key for key in world.materials.objects if "identity-2" in key)
    del world.materials.objects[key]
    made = world.bundle(ID, "admin-1")
    assert (made.images, made.missing) == (4, 2)
    (data,) = (data for key, data in world.results.objects.items() if key.startswith("bundles/"))
    about = zipfile.ZipFile(io.BytesIO(data)).read("README.txt").decode("utf-8-sig")
    assert "not kept any more: round-1/identity-2, round-2/identity-2" in about


def test_one_that_there_is_not(world: World) -> None:
    with pytest.raises(Refused) as raised:
        world.bundle("2026-med_none", "admin-1")
    assert raised.value.code is Code.NOT_FOUND
    assert world.results.objects == {}


def test_it_is_noted_before_the_file_is_there(world: World) -> None:
    """Whoever has it is noted, even if the answer is lost."""
    world.results.store = None  # type: ignore[assignment]
    with pytest.raises(TypeError):
        world.bundle(ID, "admin-1")
    assert [seen.what for seen in world.applications.viewings(ID)] == ["bundle"]
