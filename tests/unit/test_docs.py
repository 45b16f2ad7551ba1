"""The documents speak of what is there."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
COVERAGE = (TESTS.parent / "docs" / "guide-coverage.md").read_text(encoding="utf-8")
ROWS = [line for line in COVERAGE.splitlines() if line.startswith("|") and not re.match(r"\| 指南原文|\|-", line)]


THREATS = (TESTS.parent / "docs" / "threats.md").read_text(encoding="utf-8")
ANSWERED = [line.strip("|").split("|") for line in THREATS.splitlines() if re.match(r"\| \d", line)]


@cache
def functions(file: str) -> set[str]:
    """The tests of a file below `tests/`."""
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


@pytest.mark.parametrize("row", ROWS)
def test_every_sentence_of_the_guide_has_a_feature_and_tests_that_exist(row: str) -> None:
    sentence, feature, named = (cell.strip() for cell in row.strip("|").split("|"))
    assert sentence
    assert feature
    tests = [test.strip().strip("`") for test in named.split(",")]
    for test in tests:
        file, _, function = test.partition("::")
        assert function in functions(file), test


def test_every_part_of_the_guide_is_there() -> None:
    assert re.findall(r"^## (.)、", COVERAGE, re.MULTILINE) == list("一二三四五六七")
    assert len(ROWS) > 40


def test_every_threat_has_its_row() -> None:
    assert [int(number) for number, *_ in ANSWERED] == list(range(1, 37))


@pytest.mark.parametrize(("number", "threat", "answer", "named"), ANSWERED, ids=lambda cell: cell.strip()[:30])
def test_every_threat_is_answered_by_tests_named_after_it(number: str, threat: str, answer: str, named: str) -> None:
    assert threat.strip()
    assert answer.strip()
    tests = [test.strip().strip("`") for test in named.split(",")]
    for test in tests:
        file, _, function = test.partition("::")
        assert function in functions(file), test
        assert int(number) in {int(one) for one in re.findall(r"(?<=_)\d+", function)}, test
