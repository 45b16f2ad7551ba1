"""The roster as a file: CSV that comes in pieces of bytes, one candidate a line.

Nothing in the file can break off its reading: a line that is not good is given its number and its problems, and the
next one is read. What is held in memory does not grow with the file: a piece, a line of at most `MAX_LINE` bytes, and a
table of fingerprints of fixed size (`Seen`).
"""

import csv
import hashlib
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from songshen.domain.application import Application, Status
from songshen.domain.exam import Area, Exam, Text

MAX_BYTES = 512 * 1024 * 1024
"""Of a file."""
MAX_LINES = 3_000_000
"""Of a file; `Seen` has room for two fingerprints of each."""
MAX_LINE = 8192
"""Bytes."""


class FileProblem(StrEnum):
    """Why a file is refused as a whole; part of the HTTP contract."""

    EXCEL = "excel_file"
    UTF16 = "utf16_file"
    NOT_TEXT = "not_text"
    ENCODING = "unknown_encoding"
    EMPTY = "empty_file"
    SEPARATOR = "wrong_separator"
    MISSING_COLUMNS = "missing_columns"
    REPEATED_COLUMNS = "repeated_columns"
    TOO_MANY_LINES = "too_many_lines"


class LineProblem(StrEnum):
    """What is the matter with a line; part of the HTTP contract."""

    LINE_TOO_LONG = "line_too_long"
    OPEN_QUOTE = "open_quote"
    BAD_CHARACTERS = "bad_characters"
    FIELD_COUNT = "field_count"
    MISSING_FIELD = "missing_field"
    BAD_REGISTRATION_NO = "bad_registration_no"
    BAD_NAME = "bad_name"
    BAD_ID_NUMBER = "bad_id_number"
    UNKNOWN_AREA = "unknown_area"
    UNKNOWN_SITE = "unknown_site"
    SITE_ELSEWHERE = "site_elsewhere"
    BAD_PHONE = "bad_phone"
    BAD_USERNAME = "bad_username"
    PLAIN_PASSWORD = "plain_password"  # noqa: S105 - a code
    BAD_HASH = "bad_hash"
    COSTLY_HASH = "costly_hash"
    NO_REMOTE_CHECK = "no_remote_check"
    REPEATED_REGISTRATION_NO = "repeated_registration_no"
    REPEATED_USERNAME = "repeated_username"
    USERNAME_TAKEN = "username_taken"
    ALREADY_SUBMITTED = "already_submitted"


FILE_WORDS: dict[FileProblem, Text] = {
    FileProblem.EXCEL: Text(
        "这是 Excel 或压缩文件，不是 CSV。请在 Excel 中另存为“CSV UTF-8（逗号分隔）”，再上传。",
        "This is an Excel or zip file, not CSV. In Excel, save it as “CSV UTF-8 (comma delimited)” and upload that.",
    ),
    FileProblem.UTF16: Text(
        "文件编码是 UTF-16（Excel 的“Unicode 文本”）。请另存为“CSV UTF-8（逗号分隔）”，再上传。",
        "The file is UTF-16 (Excel's “Unicode text”). Save it as “CSV UTF-8 (comma delimited)” and upload that.",
    ),
    FileProblem.NOT_TEXT: Text(
        "文件不是文本。请上传 CSV 文件，第一行为列名。",
        "The file is not text. Upload a CSV file whose first line names the columns.",
    ),
    FileProblem.ENCODING: Text(
        "文件编码既不是 UTF-8，也不是 GB18030。请另存为“CSV UTF-8（逗号分隔）”，再上传。",
        "The file is neither UTF-8 nor GB18030. Save it as “CSV UTF-8 (comma delimited)” and upload that.",
    ),
    FileProblem.EMPTY: Text(
        "文件是空的，或只有列名。请检查导出的内容，再上传。",
        "The file is empty, or has column names only. Check what was exported and upload it again.",
    ),
    FileProblem.SEPARATOR: Text(
        "各列不是用逗号分隔的。请另存为“CSV UTF-8（逗号分隔）”，再上传。",
        "The columns are not separated by commas. Save it as “CSV UTF-8 (comma delimited)” and upload that.",
    ),
    FileProblem.MISSING_COLUMNS: Text(
        "第一行缺少下列列名。请补上后再上传。",
        "The first line lacks these column names. Add them and upload the file again.",
    ),
    FileProblem.REPEATED_COLUMNS: Text(
        "第一行中下列列名出现了两次。请只保留一列，再上传。",
        "The first line has these column names twice. Keep one column of each and upload the file again.",
    ),
    FileProblem.TOO_MANY_LINES: Text(
        "文件超过三百万行，其余的行没有导入。请把其余的行分成另一个文件上传。",
        "The file has more than three million lines; the rest was not imported. Upload the rest as another file.",
    ),
}

LINE_WORDS: dict[LineProblem, Text] = {
    LineProblem.LINE_TOO_LONG: Text(
        "这一行太长（超过 8192 字节）。请检查是否缺少换行。",
        "The line is longer than 8192 bytes. Look for a missing line end.",
    ),
    LineProblem.OPEN_QUOTE: Text(
        "引号不成对。请补上或删去多余的引号。", "A quotation mark has no partner. Add it, or remove the one too many."
    ),
    LineProblem.BAD_CHARACTERS: Text(
        "含有无法识别的字节或控制字符。请改正该行的文字。",
        "There are unreadable bytes or control characters. Correct the text of this line.",
    ),
    LineProblem.FIELD_COUNT: Text(
        "列数与第一行不同。请检查是否多了或少了逗号；内容含逗号时请加引号。",
        "Not as many columns as in the first line. Look for missing or additional commas; quote text that has one.",
    ),
    LineProblem.MISSING_FIELD: Text("此列为空。请填写。", "This column is empty. Fill it in."),
    LineProblem.BAD_REGISTRATION_NO: Text(
        "报名号只能由字母、数字和“-”组成，并且不能太长。如果 Excel 显示为 3.7E+13，请把该列设为文本后重新导出。",
        "A registration number has letters, digits and “-” only, and is not too long. If Excel has made it 3.7E+13, "
        "format the column as text and export again.",
    ),
    LineProblem.BAD_NAME: Text("姓名应为 1 至 64 个字。请改正。", "A name has 1 to 64 characters. Correct it."),
    LineProblem.BAD_ID_NUMBER: Text(
        "证件号码不合规则（18 位身份证号的日期或校验码不对，或含有其他字符）。请核对；在 Excel 中请把该列设为文本。",
        "This cannot be an id number: wrong date or check digit of an 18-digit number, or other characters. Compare it "
        "with the document; in Excel, format the column as text.",
    ),
    LineProblem.UNKNOWN_AREA: Text(
        "考试设置中没有这个考区。请填写考试设置中的考区代码或名称。",
        "The exam has no such area. Give the area's code or name as in the exam's configuration.",
    ),
    LineProblem.UNKNOWN_SITE: Text(
        "考试设置中没有这个考点。请填写考试设置中的考点代码或名称。",
        "The exam has no such site. Give the site's code or name as in the exam's configuration.",
    ),
    LineProblem.SITE_ELSEWHERE: Text(
        "这个考点属于另一个考区。请改正考区或考点。", "This site belongs to another area. Correct the area or the site."
    ),
    LineProblem.BAD_PHONE: Text(
        "手机号码应为 11 位数字，以 1 开头。请改正。", "A mobile number has 11 digits and begins with 1. Correct it."
    ),
    LineProblem.BAD_USERNAME: Text(
        "用户名应为 1 至 128 个字符，不含空格。请改正。",
        "A user name has 1 to 128 characters and no spaces. Correct it.",
    ),
    LineProblem.PLAIN_PASSWORD: Text(
        "密码列不是散列值。请勿上传明文密码；请导出 PHC 格式的 scrypt、argon2 或 PBKDF2 散列值。",
        "This is not a hash. Never upload passwords themselves; export scrypt, argon2 or PBKDF2 hashes as PHC strings.",
    ),
    LineProblem.BAD_HASH: Text(
        "密码散列值不是可用的 PHC 字符串（scrypt、argon2、pbkdf2-sha256、pbkdf2-sha512）。请检查导出格式。",
        "The password hash is no PHC string of scrypt, argon2, pbkdf2-sha256 or pbkdf2-sha512. Check its export.",
    ),
    LineProblem.COSTLY_HASH: Text(
        "密码散列值的计算强度超出范围（scrypt、argon2 最多 64 MB 内存，PBKDF2 为一千至二百万次）。请调整导出参数。",
        "The hash costs too little or too much to check (scrypt, argon2 at most 64 MB, PBKDF2 1,000 to 2,000,000 "
        "rounds). Change its parameters.",
    ),
    LineProblem.NO_REMOTE_CHECK: Text(
        "密码列写着 $remote$，但本系统没有接入报名系统的密码核对。请填写散列值，或由系统管理员接入后重新导入。",
        "The password is $remote$, but the registration system cannot be asked. Give hashes, or have the operator set "
        "PasswordCheckUrl and import the file again.",
    ),
    LineProblem.REPEATED_REGISTRATION_NO: Text(
        "报名号与前面的行重复。请只保留一行。", "An earlier line has this registration number. Keep one of them."
    ),
    LineProblem.REPEATED_USERNAME: Text(
        "用户名与前面的行重复。请改正其中一行。", "An earlier line has this user name. Correct one of them."
    ),
    LineProblem.USERNAME_TAKEN: Text(
        "用户名已属于其他考生、其他考试或工作人员。请换一个用户名。",
        "The user name belongs to another candidate, another exam or a member of staff. Choose another one.",
    ),
    LineProblem.ALREADY_SUBMITTED: Text(
        "该考生已提交审核，姓名、考区和考点不再随名单更改，此行没有导入。请恢复原值后再导入其他改动。",
        "This candidate has submitted: name, area and site no longer change with the roster, so the line was left out. "
        "Put the former values back to import its other changes.",
    ),
}

# What a column may be called, the names that are asked for first.
COLUMNS: dict[str, tuple[str, ...]] = {
    "registration_no": ("报名号", "registration_no", "报名序号"),
    "name": ("姓名", "name"),
    "id_number": ("证件号码", "id_number", "证件号", "身份证号", "身份证号码"),
    "area": ("考区", "area"),
    "site": ("考点", "site"),
    "phone": ("手机号码", "phone", "手机号", "报名电话"),
    "username": ("用户名", "username"),
    "password_hash": ("密码", "password_hash", "密码散列"),
}
OPTIONAL = {"username"}
_COLUMN = {name: column for column, names in COLUMNS.items() for name in names}
# Shown in the report as they were given; everything else could be personal, and its line number says where it stands.
_SHOWN = {"registration_no", "area", "site", "username"}
_ONCE = {
    "registration_no": LineProblem.REPEATED_REGISTRATION_NO,
    "username": LineProblem.REPEATED_USERNAME,
}

_REGISTRATION_NO = re.compile(r"[A-Za-z0-9-]{1,40}")
_APPLICATION_ID = 60
_PHONE = re.compile(r"1[0-9]{10}")
_USERNAME = re.compile(r"\S{1,128}")
_ID_NUMBER = re.compile(r"(?=.*[0-9])[A-Za-z0-9()（）-]{5,30}")
_MAINLAND = re.compile(r"[0-9]{17}[0-9Xx]")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\ufffe\uffff]")


class FileRefused(Exception):
    """The file is refused as a whole; `columns` are those that the problem is about."""

    def __init__(self, problem: FileProblem, columns: Sequence[str] = ()) -> None:
        super().__init__(problem)
        self.problem = problem
        self.columns = tuple(columns)


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem of a line, in one of its columns or in all of it."""

    problem: LineProblem
    column: str = ""
    value: str = ""
    earlier: int = 0
    """The line that it repeats."""


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is left out. Numbers are those an editor shows: the column names are in line 1."""

    number: int
    findings: tuple[Finding, ...]
    registration_no: str = ""


@dataclass(frozen=True, slots=True)
class RosterLine:
    """A good line: what the registration system says about one candidate. `password_hash` is a PHC string."""

    number: int
    registration_no: str
    username: str
    name: str
    id_number: str
    area: str
    site: str
    phone: str
    password_hash: str


# ---- bytes to lines ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Raw:
    """What stands between two line ends, without them."""

    number: int
    data: bytes

    @property
    def open(self) -> bool:
        """Whether a quoted text is not closed in it."""
        return self.data.count(b'"') % 2 == 1


@dataclass
class RosterFile:
    """The lines of a file whose bytes come in pieces of any length.

    `encoding` is known once something beyond ASCII was seen: the first piece that has it decides by what most of its
    lines can be, so that a broken letter in a UTF-8 file does not make it another encoding.
    """

    pieces: Iterable[bytes]
    encoding: str = "ascii"
    read: int = 0
    """Bytes taken until now."""
    columns: list[str] = field(default_factory=list)
    """By place; "" for those that mean nothing here."""

    def __iter__(self) -> Iterator[tuple[int, dict[str, str]] | BadLine]:
        """Line number and its cells by column, or what is the matter. Raises FileRefused."""
        lines = self._raw()
        waiting: deque[_Raw] = deque()
        while True:
            raw = waiting.popleft() if waiting else next(lines, None)
            if raw is None:
                break
            if not raw.data.strip(b' \t\r,"'):
                continue
            if not self.columns:
                self._name_columns(raw)
                continue
            if len(raw.data) > MAX_LINE:
                yield BadLine(raw.number, (Finding(LineProblem.LINE_TOO_LONG),))
                continue
            if raw.open:
                whole = self._closed(raw, waiting, lines)
                yield whole or BadLine(raw.number, (Finding(LineProblem.OPEN_QUOTE),))
                continue
            yield self._cells(raw.number, raw.data) or BadLine(raw.number, (Finding(LineProblem.BAD_CHARACTERS),))
        if not self.columns:
            raise FileRefused(FileProblem.EMPTY)

    def _raw(self) -> Iterator[_Raw]:
        number, rest = 0, b""
        for place, taken in enumerate(_gathered(self.pieces)):
            self.read += len(taken)
            piece = taken if place else _without_mark(taken)
            if self.encoding == "ascii" and not (rest + piece).isascii():
                self.encoding = _encoding_of(rest + piece)
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                number += 1
                yield _Raw(number, line.removesuffix(b"\r"))
            # Of a line without end only so much is kept that it is known to be too long.
            rest = rest[: MAX_LINE + 1]
        if rest:
            if self.encoding == "ascii" and not rest.isascii():
                self.encoding = _encoding_of(rest)
            yield _Raw(number + 1, rest.removesuffix(b"\r"))

    def _name_columns(self, raw: _Raw) -> None:
        names = _split(self._text(raw.data))
        found = [_COLUMN.get(name.strip().strip("\ufeff").lower(), "") for name in names]
        missing = [column for column in COLUMNS if column not in found and column not in OPTIONAL]
        if len(missing) == len(COLUMNS) - len(OPTIONAL):
            for other in "\t;；，|":
                if any(name.strip() in _COLUMN for name in self._text(raw.data).split(other)):
                    raise FileRefused(FileProblem.SEPARATOR)
        if missing:
            raise FileRefused(FileProblem.MISSING_COLUMNS, missing)
        if repeated := [column for column in COLUMNS if found.count(column) > 1]:
            raise FileRefused(FileProblem.REPEATED_COLUMNS, repeated)
        self.columns = found

    def _text(self, data: bytes) -> str:
        return data.decode(self.encoding, "replace")

    def _closed(
        self, raw: _Raw, waiting: deque[_Raw], lines: Iterator[_Raw]
    ) -> tuple[int, dict[str, str]] | BadLine | None:
        """The line with those that its quotation mark goes on to, if that makes sense; else they go back to wait.

        It makes sense if the columns are as many as they should be, and none that means something here has line ends.
        """
        taken: list[_Raw] = []
        data = raw.data
        while len(data) <= MAX_LINE:
            following = waiting.popleft() if waiting else next(lines, None)
            if following is None:
                break
            taken.append(following)
            data += b"\n" + following.data
            if following.open:
                made = self._cells(raw.number, data)
                if isinstance(made, tuple) and not any("\n" in cell for cell in made[1].values()):
                    return made
                break
        waiting.extendleft(reversed(taken))
        return None

    def _cells(self, number: int, data: bytes) -> tuple[int, dict[str, str]] | BadLine | None:
        """None if there are bytes that are not text."""
        try:
            cells = _split(data.decode(self.encoding))
        except UnicodeDecodeError:
            return None
        if len(cells) < len(self.columns) or any(cells[len(self.columns) :]):
            return BadLine(number, (Finding(LineProblem.FIELD_COUNT),))
        named = zip(self.columns, cells, strict=False)
        return number, {column: cell.strip() for column, cell in named if column}


def _gathered(pieces: Iterable[bytes], least: int = 1 << 16) -> Iterator[bytes]:
    """Pieces that are long enough to tell what they are."""
    held: list[bytes] = []
    for piece in pieces:
        held.append(piece)
        if sum(map(len, held)) >= least:
            yield b"".join(held)
            held.clear()
    if any(held):
        yield b"".join(held)


def _split(text: str) -> list[str]:
    """The cells of one line, which may have line ends within quotation marks."""
    return next(csv.reader(text.splitlines(keepends=True) if "\n" in text else [text]))


def _without_mark(piece: bytes) -> bytes:
    """The file's first piece without its byte order mark. Raises FileRefused for what is not a text of single bytes."""
    if piece.startswith((b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0")):
        raise FileRefused(FileProblem.EXCEL)
    beginning = piece[:4096]
    if piece.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise FileRefused(FileProblem.UTF16)
    if b"\0" in beginning:
        # Every other byte is 0 in UTF-16 as long as there are column names in English, commas and digits.
        every_other = max(beginning[0::2].count(0), beginning[1::2].count(0)) * 5 > len(beginning)
        raise FileRefused(FileProblem.UTF16 if every_other else FileProblem.NOT_TEXT)
    return piece.removeprefix(b"\xef\xbb\xbf")


def _encoding_of(sample: bytes) -> str:
    """What most of the lines beyond ASCII can be read as. Raises FileRefused."""
    whole, _, rest = sample.rpartition(b"\n")
    lines = [line for line in (whole or rest).split(b"\n") if not line.isascii()]
    if not lines:
        return "ascii"
    for encoding, least in (("utf-8", 0.5), ("gb18030", 0.9)):
        if sum(_decodes(line, encoding) for line in lines) >= least * len(lines):
            return encoding
    raise FileRefused(FileProblem.ENCODING)


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


# ---- lines to candidates -------------------------------------------------------------------------------------------


class Seen:
    """Which keys there were in which line, in memory of a fixed size: 8 bytes for each of `room` keys.

    An open hash table of 40 bits of each key's hash and 24 of its line number. In a file of three million lines one is
    taken for a repeated one by mistake once in 50,000 files.
    """

    def __init__(self, room: int = 1 << 23) -> None:
        self._mask = room - 1
        self._slots = memoryview(bytearray(room * 8)).cast("Q")
        self._left = room * 3 // 4

    def before(self, key: str, number: int) -> int:
        """The earlier line that had the key, or 0; from now on it was seen. FileRefused when there is no room."""
        made = int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest())
        tag, at = made >> 24, made & self._mask
        while held := self._slots[at]:
            if held >> 24 == tag:
                return held & 0xFFFFFF
            at = (at + 1) & self._mask
        if not self._left:
            raise FileRefused(FileProblem.TOO_MANY_LINES)
        self._left -= 1
        self._slots[at] = tag << 24 | number & 0xFFFFFF
        return 0


class RosterChecks:
    """What a line must be for an exam. `unusable` says what is the matter with a password hash, "" if nothing is.

    Which keys there were before is part of it: a file needs checks of its own.
    """

    def __init__(self, exam: Exam, unusable: Callable[[str], str], seen: Seen | None = None) -> None:
        self._exam = exam
        self._unusable = unusable
        self._seen = seen or Seen()
        self._areas: dict[str, Area] = {}
        for area in exam.areas:
            self._areas |= {area.id: area, area.name.zh: area, area.name.en: area}
        self._sites = {
            (area.id, name): site.id
            for area in exam.areas
            for site in area.sites
            for name in (site.name.zh, site.name.en, site.id)
        }
        self._site_names = {name for _, name in self._sites}
        self._longest = _APPLICATION_ID - len(exam.id) - 1

    def __call__(self, number: int, cells: dict[str, str]) -> RosterLine | BadLine:
        """The line, or everything that is the matter with it."""
        cells = {"username": "", **cells}
        cells["username"] = cells["username"] or cells["registration_no"]
        found = [Finding(LineProblem.MISSING_FIELD, column) for column in COLUMNS if not cells[column]]
        given = {column: cell for column, cell in cells.items() if cell}
        if any(_CONTROLS.search(cell) for cell in given.values()):
            found.append(Finding(LineProblem.BAD_CHARACTERS))
        found += [
            Finding(problem, column, given[column] if column in _SHOWN else "")
            for column, problem in self._problems(given)
        ]
        registration_no = given.get("registration_no", "")
        if not found:
            for column, problem in _ONCE.items():
                if earlier := self._seen.before(f"{column} {given[column]}", number):
                    found.append(Finding(problem, column, given[column], earlier))
                    break
        if found:
            return BadLine(number, tuple(found), registration_no[:40])
        area = self._areas[given["area"]]
        return RosterLine(number, **given | {"area": area.id, "site": self._sites[area.id, given["site"]]})

    def _problems(self, given: dict[str, str]) -> Iterator[tuple[str, LineProblem]]:
        for column, cell in given.items():
            match column:
                case "registration_no" if not _REGISTRATION_NO.fullmatch(cell) or len(cell) > self._longest:
                    yield column, LineProblem.BAD_REGISTRATION_NO
                case "name" if len(cell) > 64:
                    yield column, LineProblem.BAD_NAME
                case "id_number" if not plausible_id_number(cell):
                    yield column, LineProblem.BAD_ID_NUMBER
                case "phone" if not _PHONE.fullmatch(cell):
                    yield column, LineProblem.BAD_PHONE
                case "username" if cell != given.get("registration_no") and not _USERNAME.fullmatch(cell):
                    yield column, LineProblem.BAD_USERNAME
                case "area" if cell not in self._areas:
                    yield column, LineProblem.UNKNOWN_AREA
                case "site" if cell not in self._site_names:
                    yield column, LineProblem.UNKNOWN_SITE
                case "password_hash" if unusable := self._unusable(cell):
                    yield column, LineProblem(unusable)
        area, site = self._areas.get(given.get("area", "")), given.get("site", "")
        if area and site in self._site_names and (area.id, site) not in self._sites:
            yield "site", LineProblem.SITE_ELSEWHERE


def plausible_id_number(number: str) -> bool:
    """Whether it can be a resident's number (18 digits: date and check digit) or that of another document."""
    if not _MAINLAND.fullmatch(number):
        # Seventeen digits and more that are not a resident's number are one that a spreadsheet has rounded or cut.
        return bool(_ID_NUMBER.fullmatch(number)) and not re.fullmatch(r"[0-9]{16,}", number)
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    total = sum(int(digit) * 2 ** (17 - place) for place, digit in enumerate(number[:17]))
    return number[17].upper() == "10X98765432"[total % 11]


# ---- the import ------------------------------------------------------------------------------------------------------


class ImportState(StrEnum):
    """How far an import has come; part of the HTTP contract."""

    WAITING = "waiting"
    """For its file."""
    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"
    """The file cannot be read as a roster: `refusal` says why."""
    FAILED = "failed"
    """Given up after several breakdowns at the same place."""


STATE_WORDS: dict[ImportState, Text] = {
    ImportState.WAITING: Text("等待上传文件。", "Waiting for the file."),
    ImportState.RUNNING: Text("正在导入。", "Being imported."),
    ImportState.DONE: Text("导入完毕。", "Imported."),
    ImportState.REFUSED: Text(
        "没有导入完：文件有问题，请改正后重新上传。", "Not imported to its end: correct the file and upload it again."
    ),
    ImportState.FAILED: Text(
        "导入多次中断，已停止。请重新上传同一文件，已导入的行不会重复。",
        "Broken off again and again. Upload the same file once more; what is imported already does no harm.",
    ),
}


@dataclass(frozen=True, slots=True)
class RosterImport:
    """One file on its way into the table.

    Every line up to `line` is done. `runner` is the one who works on it, until `due` at least; whoever comes after that
    may go on in its place.
    """

    exam: str
    id: str
    by: str
    created_at: datetime
    state: ImportState = ImportState.WAITING
    etag: str = ""
    size: int = 0
    """Bytes."""
    read: int = 0
    """Bytes of them that are behind."""
    encoding: str = ""
    line: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    bad: int = 0
    """Lines."""
    problems: Mapping[str, int] = field(default_factory=dict)
    """How often each `LineProblem`."""
    refusal: str = ""
    columns: tuple[str, ...] = ()
    """Those that the refusal is about."""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    attempts: int = 0
    """Since a line was done last."""
    runner: str = ""
    due: datetime | None = None

    @property
    def over(self) -> bool:
        """Nothing is left to do."""
        return self.state in (ImportState.DONE, ImportState.REFUSED, ImportState.FAILED)


LEASE = timedelta(minutes=5)
"""Longer than a thousand lines take, and than reading again what is behind."""
ATTEMPTS = 5


def begun(found: RosterImport, etag: str, runner: str, now: datetime) -> RosterImport | None:
    """The import as this runner works on it, or given up; None if it is over, another's, or of another file."""
    if found.over or (found.etag and found.etag != etag) or (found.due and found.due > now):
        return None
    if found.attempts >= ATTEMPTS:
        return replace(found, state=ImportState.FAILED, finished_at=now, due=None)
    return replace(
        found,
        state=ImportState.RUNNING,
        etag=etag,
        runner=runner,
        started_at=found.started_at or now,
        attempts=found.attempts + 1,
        due=now + LEASE,
    )


# ---- candidates to the table ---------------------------------------------------------------------------------------


def moved(application: Application, line: RosterLine) -> Application | None:
    """The application with the line's name, area and site; None if they are its own already.

    Raises ValueError once it has been submitted: what reviewers judged, and who may see it, does not change under them.
    """
    if (application.name, application.area, application.site) == (line.name, line.area, line.site):
        return None
    if application.status is not Status.DRAFT:
        raise ValueError(LineProblem.ALREADY_SUBMITTED)
    return replace(application, name=line.name, area=line.area, site=line.site)
