"""The roster as a file: every encoding, every way a line can be wrong, and nothing that breaks off the rest."""

import re
import tracemalloc
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from songshen import passwords
from songshen.domain.roster import (
    COLUMNS,
    FILE_WORDS,
    LINE_WORDS,
    STATE_WORDS,
    BadLine,
    FileProblem,
    FileRefused,
    ImportState,
    LineProblem,
    RosterChecks,
    RosterFile,
    RosterLine,
    Seen,
    moved,
    plausible_id_number,
)
from songshen.domain.sheet import row
from tests.support.exams import draft, exam, submitted

HASH = passwords.hashed("x")
HEAD = "报名号,姓名,证件号码,考区,考点,手机号码,密码"
ID_NUMBER = "11010519491231002X"


def line(no: str = "3701001", **changes: str) -> str:
    """A good line, with changes."""
    cells = {
        "registration_no": no,
        "name": "张三丰",
        "id_number": ID_NUMBER,
        "area": "37",
        "site": "3701",
        "phone": "13800000001",
        "password_hash": f'"{HASH}"',
    }
    return ",".join((cells | changes).values())


def read(text: str | bytes, encoding: str = "utf-8", step: int = 7, seen: Seen | None = None) -> list[Any]:
    """What the lines are: good or bad."""
    data = text if isinstance(text, bytes) else text.encode(encoding)
    pieces = (data[at : at + step] for at in range(0, len(data), step))
    checks = RosterChecks(exam(), passwords.unusable, seen or Seen(64))
    return [one if isinstance(one, BadLine) else checks(*one) for one in RosterFile(pieces)]


def codes(found: Any) -> list[str]:
    assert isinstance(found, BadLine), found
    return [finding.problem.value for finding in found.findings]


def only(text: str) -> list[str]:
    """The problems of a file's only line."""
    (found,) = read(f"{HEAD}\n{text}\n")
    return codes(found)


# ---- files


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("step", [1, 7, 4096])
def test_encodings_line_ends_and_pieces(encoding: str, end: str, step: int) -> None:
    text = end.join([HEAD, line(name="欧阳𠮷"), "", line("3701002")])
    first, second = read(text, encoding, step)
    assert (first.number, first.name, first.area, first.site) == (2, "欧阳𠮷", "37", "3701")
    assert (second.number, second.registration_no, second.username) == (4, "3701002", "3701002")
    assert (second.phone, second.id_number, second.password_hash) == ("13800000001", ID_NUMBER, HASH)


def test_the_encoding_is_told_as_soon_as_it_shows() -> None:
    names = ["registration_no,name,id_number,area,site,phone,password_hash"]
    for encoding in ("utf-8", "gb18030"):
        late = "\n".join([*names, *(line(str(no), name="Smith") for no in range(1000)), line("x1")])
        file = RosterFile([late.encode(encoding)])
        assert len(list(file)) == 1001
        assert file.encoding == encoding


def test_columns_in_any_order_in_either_language_and_others_besides() -> None:
    head = " 考点 ,AREA,备注,用户名,手机号,password_hash,姓名,身份证号,报名号"
    (found,) = read(f'{head}\n青岛 (en),山东,"两\n行, 备注",u-1,13800000001,"{HASH}",李四,E12345678,X-1\n')
    assert found == RosterLine(2, "X-1", "u-1", "李四", "E12345678", "37", "3702", "13800000001", HASH)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"PK\x03\x04rest of a workbook", FileProblem.EXCEL),
        (b"\xd0\xcf\x11\xe0 an old workbook", FileProblem.EXCEL),
        (f"{HEAD}\n".encode("utf-16"), FileProblem.UTF16),
        ("registration_no,name\n1,2\n".encode("utf-16-le"), FileProblem.UTF16),
        (b"\x7fELF\x02\x01\x01\0rest of a program", FileProblem.NOT_TEXT),
        ("登録番号,氏名\n1,佐藤ァ\n".encode("shift_jis") + b"\xff\xff\n" * 9, FileProblem.ENCODING),
        (b"", FileProblem.EMPTY),
        (b"\n\r\n , ,\n", FileProblem.EMPTY),
        (HEAD.replace(",", ";").encode(), FileProblem.SEPARATOR),
        (HEAD.replace(",", "\t").encode(), FileProblem.SEPARATOR),
        (b"1,2,3\n", FileProblem.MISSING_COLUMNS),
    ],
    ids=lambda value: value.value if isinstance(value, FileProblem) else "",
)
def test_files_that_are_refused(data: bytes, problem: FileProblem) -> None:
    with pytest.raises(FileRefused) as refused:
        read(data)
    assert refused.value.problem is problem


def test_columns_that_are_missing_or_repeated_are_named() -> None:
    with pytest.raises(FileRefused) as refused:
        read("报名号,姓名,考区,考点,密码\n")
    assert refused.value.columns == ("id_number", "phone")
    with pytest.raises(FileRefused) as refused:
        read(f"{HEAD},phone\n")
    assert (refused.value.problem, refused.value.columns) == (FileProblem.REPEATED_COLUMNS, ("phone",))


def test_a_broken_letter_does_not_make_a_file_another_encoding() -> None:
    text = "\n".join([HEAD, line("1"), line("2", name="坏"), line("3")]).encode()
    first, second, third = read(text.replace("坏".encode(), "坏".encode()[:2]))
    assert (first.name, codes(second), third.name) == ("张三丰", ["bad_characters"], "张三丰")


def test_memory_does_not_grow_with_the_file_or_a_line() -> None:
    def flood(kind: bytes) -> Iterator[bytes]:
        yield f"{HEAD}\n".encode()
        for _ in range(64):
            yield kind * (1 << 16)  # 4 MB in all

    for kind in (b"x", b'"', b","):
        tracemalloc.start()
        problems = {code for found in RosterFile(flood(kind)) for code in codes(found)}
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 1_000_000, kind
        assert problems <= {"line_too_long"}


# ---- lines


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        (line("37 01"), ["bad_registration_no"]),
        (line("3.7E+13"), ["bad_registration_no"]),
        (line("3" * 52), ["bad_registration_no"]),
        (line(name=""), ["missing_field"]),
        (line(name="张" * 65), ["bad_name"]),
        (line(name="张\x01三"), ["bad_characters"]),
        (line(id_number="110105194912310021"), ["bad_id_number"]),
        (line(id_number="110105194902300021"), ["bad_id_number"]),
        (line(id_number="1.10105E+17"), ["bad_id_number"]),
        (line(area="99"), ["unknown_area"]),
        (line(site="9999"), ["unknown_site"]),
        (line(site="1101"), ["site_elsewhere"]),
        (line(phone="1380000000"), ["bad_phone"]),
        (line(phone="+8613800000001"), ["bad_phone"]),
        (line(password_hash="Geheim-2026"), ["plain_password"]),
        (line(password_hash='"$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaGhhc2hoYXNoaGFzaA"'), ["bad_hash"]),
        (line(password_hash="$2b$12$abcdefghijklmnopqrstuv"), ["bad_hash"]),
        (line(password_hash="$pbkdf2-sha256$i=1$c2FsdA$aGFzaGhhc2hoYXNoaGFzaA"), ["costly_hash"]),
        (line() + ",more", ["field_count"]),
        (line().rpartition(',"')[0], ["field_count"]),
        (line(name='"张三'), ["open_quote"]),
        (line(name="张" * 3000), ["line_too_long"]),
        (line(phone="1", area="", site="9999"), ["missing_field", "unknown_site", "bad_phone"]),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, list) else "",
)
def test_what_can_be_the_matter_with_a_line(text: str, problems: list[str]) -> None:
    assert sorted(only(text)) == sorted(problems)


def test_a_bad_line_says_where_it_stands_and_shows_nothing_personal() -> None:
    bad = line("3701001", site="9999", phone="12345678901234", id_number="1234!")
    (found,) = read(f"{HEAD}\n\n{bad}\n")
    assert (found.number, found.registration_no) == (3, "3701001")
    assert {(f.column, f.value) for f in found.findings} == {("site", "9999"), ("phone", ""), ("id_number", "")}


def test_a_quotation_mark_without_partner_costs_its_own_line_only() -> None:
    lines = [line("1", name='"张'), line("2"), line("3", name='李"'), line("4")]
    first, second, third, fourth = read("\n".join([HEAD, *lines]))
    assert [codes(first), codes(third)] == [["open_quote"], ["open_quote"]]
    assert [first.number, second.number, third.number, fourth.number] == [2, 3, 4, 5]
    assert (second.registration_no, fourth.registration_no) == ("2", "4")


def test_no_line_is_lost_and_none_told_twice() -> None:
    kinds = [line("{}"), line("{}", name='"'), "", line("{}", phone="x"), "a,b", line("{}", name='"甲"'), '"']
    text = [kinds[number * 5 % 7].replace("{}", str(number)) for number in range(200)]
    found = read("\n".join([HEAD, *text]), seen=Seen(1024))
    assert [one.number for one in found] == [number for number, each in enumerate(text, 2) if each.strip(' \t\r,"')]


def test_quoted_cells_keep_commas_and_quotation_marks() -> None:
    (found,) = read(f"{HEAD}\n{line(name='"Smith, ""Jo"" A."')}\n")
    assert found.name == 'Smith, "Jo" A.'


def test_repeated_keys_name_the_line_they_repeat_and_bad_lines_take_none() -> None:
    head = f"{HEAD},用户名"
    lines = [
        line("1", phone="x") + ",u1",
        line("1") + ",u1",
        line("1") + ",u2",
        line("2") + ",u1",
        line("3") + ",",
        line("4") + ",3",
    ]
    bad, good, same_no, same_name, own, taken = read("\n".join([head, *lines]))
    assert (codes(bad), good.username, own.username) == (["bad_phone"], "u1", "3")
    assert [(codes(one), one.findings[0].earlier) for one in (same_no, same_name, taken)] == [
        (["repeated_registration_no"], 3),
        (["repeated_username"], 3),
        (["repeated_username"], 6),
    ]


def test_a_file_with_too_many_lines_is_told_so() -> None:
    with pytest.raises(FileRefused) as refused:
        read("\n".join([HEAD, *(line(str(no)) for no in range(100))]), seen=Seen(64))
    assert refused.value.problem is FileProblem.TOO_MANY_LINES


@pytest.mark.parametrize(
    ("number", "plausible"),
    [
        (ID_NUMBER, True),
        (ID_NUMBER.lower(), True),
        ("110105491231002", True),
        ("E12345678", True),
        ("H1234567(8)", True),
        ("370100180001010001", False),
        ("3701021990010110000", False),
        ("1234", False),
        ("ABCDEFG", False),
    ],
)
def test_id_numbers(number: str, plausible: bool) -> None:
    assert plausible_id_number(number) is plausible


# ---- words


def test_every_code_has_its_words() -> None:
    texts = [*FILE_WORDS.items(), *LINE_WORDS.items(), *STATE_WORDS.items()]
    assert {code for code, _ in texts} == {*FileProblem, *LineProblem, *ImportState}
    for _, text in texts:
        assert re.search("[\u4e00-\u9fff].*。$", text.zh)
        assert re.search(r"^[A-Za-z].*\.$", text.en)


def test_a_column_is_found_by_one_name_only() -> None:
    names: Iterable[str] = [name for names in COLUMNS.values() for name in names]
    assert len(list(names)) == len(set(names))


def test_a_report_is_no_program() -> None:
    assert row(["=1+1", "+1", "-1", "@a", 3, 'a"b', "c,d"]) == '\'=1+1,\'+1,\'-1,\'@a,3,"a""b","c,d"\r\n'


# ---- what a line may change


def test_a_draft_moves_and_what_was_submitted_stays() -> None:
    (given,) = read(f"{HEAD}\n{line(name='张三', site='3702')}\n")
    application = draft()
    after = moved(application, given)
    assert after is not None
    assert (after.name, after.site, after.area) == ("张三", "3702", "37")
    assert moved(after, given) is None
    with pytest.raises(ValueError, match="already_submitted"):
        moved(submitted(), given)
