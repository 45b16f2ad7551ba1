"""The environment of each function, and what a log may say of an error."""

import inspect
import logging

import pytest

from songshen import settings
from songshen.domain.errors import TEXTS, Code, Refused
from songshen.logs import log, where

ENVIRONMENTS = [
    made for _, made in inspect.getmembers(settings, inspect.isclass) if issubclass(made, settings.Environment)
]


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda made: str(made.__name__))
def test_every_setting_is_a_variable_in_capitals(
    environment: type[settings.Environment], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = environment.__struct_fields__
    assert names[0] == "table"
    for name in names:
        monkeypatch.setenv(name.upper(), f"the {name}")
    read = environment.read()
    assert {name: getattr(read, name) for name in names} == {name: f"the {name}" for name in names}


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda made: str(made.__name__))
def test_a_variable_that_is_not_set_is_named(
    environment: type[settings.Environment], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [name.upper() for name in environment.__struct_fields__]
    for name in names:
        monkeypatch.setenv(name, "x")
    for name in names:
        monkeypatch.delenv(name)
        with pytest.raises(KeyError, match=f"^'{name}'$"):
            environment.read()
        monkeypatch.setenv(name, "x")


def test_where_tells_kind_and_lines_but_no_message() -> None:
    class ClientError(Exception):
        response = {"Error": {"Code": "ThrottlingException", "Message": "张三丰"}}  # noqa: RUF012

    def fail() -> None:
        raise ClientError("13800001234")

    try:
        fail()
    except ClientError as error:
        told = where(error)
    kind, code, *lines = told.split()
    assert (kind, code) == ("ClientError", "ThrottlingException")
    assert [line.split(":")[0] for line in lines] == [
        "test_where_tells_kind_and_lines_but_no_message",
        ">",
        "fail",
    ]
    assert all(line.split(":")[-1].isdigit() for line in lines if line != ">")


def test_where_knows_other_errors_too() -> None:
    assert where(ValueError("13800001234")).split() == ["ValueError"]


def test_information_is_logged() -> None:
    assert (log.name, log.level) == ("songshen", logging.INFO)


@pytest.mark.parametrize("code", list(Code))
def test_a_refusal_knows_its_text(code: Code) -> None:
    refused = Refused(code, field="x")
    assert (refused.code, refused.facts, refused.text) == (code, {"field": "x"}, TEXTS[code])
    assert str(refused) == code.value
