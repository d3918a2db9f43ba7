"""Tables as CSV and XLSX, read and written without the ORM and without surprises.

Written cells never become formulas of a spreadsheet, and what was written is
read back the same. Read files may have any of the usual encodings and separators.
"""

import csv
import datetime
import io
import re
import zipfile
from collections import Counter
from typing import NamedTuple

ENCODING_BY_LANGUAGE = {
    "cs": "cp1250", "sk": "cp1250", "pl": "cp1250", "hu": "cp1250", "ro": "cp1250", "hr": "cp1250", "sl": "cp1250",
    "bs": "cp1250", "ru": "cp1251", "bg": "cp1251", "uk": "cp1251", "mk": "cp1251", "sr": "cp1251", "el": "cp1253",
    "tr": "cp1254", "he": "cp1255", "ar": "cp1256", "fa": "cp1256", "et": "cp1257", "lv": "cp1257", "lt": "cp1257",
}  # fmt: skip
BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
DELIMITERS = (";", ",", "\t", "|")
MAX_ROWS = 50_000
MAX_UNZIPPED = 200_000_000
MAX_CELL = 100_000

# what a spreadsheet takes for a formula, full-width forms and leading blanks included
DANGEROUS = re.compile(r"'*\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|'*[\t\r\n]")
GUARDED = re.compile(r"'+\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|'+[\t\r\n]")
HARMLESS = re.compile(r"[+-]?\d+(?:[.,]\d+)?|\+\d[\d ()/.\-]{3,30}", re.ASCII)


class TableError(ValueError):
    """The file as a whole cannot be read; ``code`` says why, ``detail`` where."""

    def __init__(self, code, detail=""):
        super().__init__(f"{code} {detail}".strip())
        self.code = code
        self.detail = detail


class Row(NamedTuple):
    """:ivar line: number in the file, from 1; :ivar cells: texts; :ivar problems: ``{column index: reason code}``"""

    line: int
    cells: list
    problems: dict


# === FORMULAS === #


def guard(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would run; numbers and phone numbers stay.

    >>> guard('=HYPERLINK("x")'), guard("+421 2 555 0133"), guard("-5"), guard("@SUM(A1)")
    ('\\'=HYPERLINK("x")', '+421 2 555 0133', '-5', "'@SUM(A1)")
    """
    return f"'{text}" if DANGEROUS.match(text) and not HARMLESS.fullmatch(text) else text


def unguard(text: str) -> str:
    """Take the apostrophe away that :func:`guard` put there: ``unguard(guard(x)) == x``."""
    return text[1:] if GUARDED.match(text) else text


# === CSV === #


def decode(data: bytes, lang: str = "", encoding: str = "") -> tuple[str, str]:
    """Text of a file and the encoding it was read in.

    Byte order mark, then strict UTF-8, then the Windows encoding of the user's
    language: guessing from the letters is wrong on short Central European texts.

    :param encoding: chosen by the user; undecodable bytes become U+FFFD then
    """
    for mark, name in BOMS:
        if data.startswith(mark) and not (encoding and encoding != name.removesuffix("-sig")):
            return data.decode(name, "replace").removeprefix("\ufeff"), name.removesuffix("-sig")
    if encoding:
        return data.decode(encoding, "replace"), encoding
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        encoding = ENCODING_BY_LANGUAGE.get((lang or "").split("_")[0].split("@")[0], "cp1252")
        if (lang or "").endswith("@latin"):
            encoding = "cp1250"
        return data.decode(encoding, "replace"), encoding


def find_delimiter(text: str) -> str:
    """The separator that cuts the first twenty lines into the same number of fields.

    >>> find_delimiter("name;amount\\nx;1,5\\ny;2,5"), find_delimiter("sep=|\\na|b"), find_delimiter("name")
    (';', '|', ',')
    """
    first = text[:10].splitlines()[0] if text else ""
    if first.lower().startswith("sep=") and first[4:5] in DELIMITERS:
        return first[4]
    best, best_score = ",", (0, 0)
    for delimiter in DELIMITERS:
        counts = Counter()
        try:
            for number, cells in enumerate(csv.reader(io.StringIO(text[:200_000], newline=""), delimiter=delimiter)):
                if number >= 20:
                    break
                if cells:
                    counts[len(cells)] += 1
        except csv.Error:
            continue
        if counts:
            width, lines = counts.most_common(1)[0]
            score = (lines / sum(counts.values()), width)
            if width > 1 and score > best_score:
                best, best_score = delimiter, score
    return best


def read_csv(text: str, delimiter: str, max_rows: int = MAX_ROWS) -> list[Row]:
    """All rows with their line numbers; empty lines are left out.

    :raises TableError: ``csv`` (broken quotes), ``rows`` (too many)
    """
    rows, line = [], 1
    text = text.replace("\0", "")
    source = io.StringIO(text, newline="")
    if text[:4].lower() == "sep=":
        source.readline()
        line = 2
    offset = line - 1
    csv.field_size_limit(max(csv.field_size_limit(), MAX_CELL * 10))
    reader = csv.reader(source, delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            if any(cells):
                cells = [unguard(cell) for cell in cells]
                problems = {index: "long" for index, cell in enumerate(cells) if len(cell) > MAX_CELL}
                rows.append(Row(line, cells, problems))
                if len(rows) > max_rows + 1:
                    raise TableError("rows", str(max_rows))
            line = reader.line_num + offset + 1
    except csv.Error as error:
        raise TableError("csv", str(line)) from error
    return rows


def write_csv(rows, delimiter: str = ",") -> bytes:
    """UTF-8 with a byte order mark, as spreadsheets expect it."""
    target = io.StringIO(newline="")
    writer = csv.writer(target, delimiter=delimiter)
    for row in rows:
        writer.writerow([guard(to_text(cell)) for cell in row])
    return target.getvalue().encode("utf-8-sig")


# === XLSX === #


def to_text(value) -> str:
    """A value as the import reads it.

    >>> to_text(datetime.datetime(2026, 1, 2, 3, 4)), to_text(4.2e11), to_text(True), to_text(None)
    ('2026-01-02 03:04:00', '420000000000', 'True', '')
    """
    if value is None:
        return ""
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, bool) or not isinstance(value, float):
        return str(value)
    return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)


def check_zip(data: bytes):
    """:raises TableError: ``zip`` when it is none, ``size`` when it would unpack to too much"""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(info.file_size for info in archive.infolist()) > MAX_UNZIPPED:
                raise TableError("size", str(MAX_UNZIPPED // 1_000_000))
    except zipfile.BadZipFile as error:
        raise TableError("zip") from error


def read_xlsx(data: bytes, max_rows: int = MAX_ROWS) -> list[Row]:
    """Rows of the first sheet. A formula counts by its stored result; one without a result is a problem.

    :raises TableError: ``zip``, ``size``, ``rows``, ``xlsx``
    """
    import openpyxl  # noqa: PLC0415  # half a second to import: only when a workbook is read

    check_zip(data)
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        raw = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=False)
        rows = []
        sheets = book.worksheets[0].iter_rows(), raw.worksheets[0].iter_rows()
        for line, (cells, formulas) in enumerate(zip(*sheets, strict=False), 1):
            texts = [to_text(cell.value) for cell in cells]
            problems = {
                index: "formula"
                for index, (cell, formula) in enumerate(zip(cells, formulas, strict=False))
                if formula.data_type == "f" and cell.value is None
            }
            problems |= {index: "long" for index, text in enumerate(texts) if len(text) > MAX_CELL}
            if any(texts) or problems:
                rows.append(Row(line, texts, problems))
            if len(rows) > max_rows + 1:
                raise TableError("rows", str(max_rows))
    except (KeyError, IndexError, ValueError, SyntaxError, TypeError, AttributeError) as error:
        if isinstance(error, TableError):
            raise
        raise TableError("xlsx") from error
    return rows


def write_xlsx(rows, sheet: str = "Data") -> bytes:
    """A workbook of texts and numbers: no cell is a formula or a link."""
    import xlsxwriter  # noqa: PLC0415  # only when a workbook is written

    target = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(target, options) as book:
        page = book.add_worksheet(sheet)
        bold = book.add_format({"bold": True})
        for y, row in enumerate(rows):
            for x, value in enumerate(row):
                if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 2**53:
                    page.write_number(y, x, value)
                elif text := to_text(value):
                    page.write_string(y, x, text[:32767], bold if y == 0 else None)
        page.freeze_panes(1, 0)
    return target.getvalue()


def file_kind(data: bytes, name: str = "") -> str:
    """``csv``, ``xlsx``, ``xls``, ``vcf`` or ``ics``, by content."""
    if data.startswith(b"PK\x03\x04"):
        return "xlsx"
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        return "xls"
    head = data[:4000].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").upper()
    if head.startswith(b"BEGIN:VCARD") or name.lower().endswith((".vcf", ".vcard")):
        return "vcf"
    if head.startswith(b"BEGIN:VCALENDAR") or name.lower().endswith((".ics", ".ical")):
        return "ics"
    return "csv"
