"""Files of requests: tables (CSV, XLSX), JSON and UBL orders become payloads of ``crm.request.submit``.

A table has a row for each wanted item; rows with the same ``ext_key`` are one request. Without keys each row is a
request of its own and its key is made of the file's digest and the row, so that the same file is the same requests.
"""

import csv
import hashlib
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any, NamedTuple

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from . import ubl_order

MAX_BYTES = 10 * 1024 * 1024
MAX_ROWS = 20_000
KINDS = ("csv", "xlsx", "json", "xml")

REQUEST_COLUMNS = {
    "ext_key": "ext_key", "kind": "kind", "subject": "name", "description": "description", "reference": "reference",
    "priority": "priority", "date_promised": "date_promised",
}  # fmt: skip
PARTNER_COLUMNS = {f"customer_{name}": name for name in ("id", "ref", "vat", "email", "name")}
LINE_COLUMNS = {"product": "product", "item": "name", "quantity": "quantity", "date_wanted": "date_wanted"}
COLUMNS = (*REQUEST_COLUMNS, *PARTNER_COLUMNS, *LINE_COLUMNS)
"""Names of the columns of a table, in the order of the template."""
THOUSANDS = re.compile(r"-?[1-9][0-9]{0,2},[0-9]{3}")
"""1,250: one and a quarter for some, twelve hundred and fifty for others."""


class FileError(Exception):
    """The file as a whole cannot be read.

    :ivar code: what is wrong, a word
    :ivar value: of what
    """

    def __init__(self, code: str, value: str = ""):
        super().__init__(f"{code} {value}".strip())
        self.code = code
        self.value = value


class Entry(NamedTuple):
    """One request of a file.

    :ivar rows: numbers of its rows, or of its place in the document
    :ivar payload: what is handed in
    :ivar problems: ``[(path, code, value)]`` that were found on the way; then it is not handed in
    """

    rows: tuple[int, ...]
    payload: dict
    problems: tuple[tuple[str, str, str], ...] = ()


def digest(content: bytes) -> str:
    """The name of a content.

    >>> digest(b"")[:8]
    'e3b0c442'
    """
    return hashlib.sha256(content).hexdigest()


def kind_of(name: str) -> str:
    """The kind of file by its name.

    >>> kind_of("Orders.CSV"), kind_of("a.tar.gz"), kind_of("x")
    ('csv', '', '')
    """
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    return ending if ending in KINDS else ""


def read(kind: str, content: bytes) -> tuple[list[Entry], bool]:
    """The requests of a file, and whether it names their keys itself.

    :raises FileError: when it cannot be read as what it claims to be
    """
    if len(content) > MAX_BYTES:
        raise FileError("size", str(MAX_BYTES // 1024 // 1024))
    if not content.strip():
        raise FileError("empty")
    if kind == "json":
        entries = list(_documents(content))
    elif kind == "xml":
        try:
            entries = [Entry((1,), ubl_order.payload(content))]
        except ubl_order.OrderError as error:
            raise FileError(error.code, error.value) from error
    elif kind in ("csv", "xlsx"):
        rows = _csv_rows(content) if kind == "csv" else _xlsx_rows(content)
        # where columns are not separated by commas, a comma is that of decimals
        entries = _table(rows, kind == "csv" and _delimiter(content) != ",")
    else:
        raise FileError("kind", ", ".join(KINDS))
    if not entries:
        raise FileError("empty")
    keyed = all(entry.payload.get("ext_key") for entry in entries)
    prefix = digest(content)[:32]
    for entry in entries:
        if not entry.payload.get("ext_key"):
            entry.payload["ext_key"] = f"{prefix}-{entry.rows[0]}"
    return entries, keyed


def _documents(content: bytes) -> Iterator[Entry]:
    try:
        found = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise FileError("json", str(error)[:200]) from error
    if isinstance(found, dict) and isinstance(found.get("payloads"), list):
        found = found["payloads"]
    for number, payload in enumerate(found if isinstance(found, list) else [found], 1):
        if not isinstance(payload, dict):
            raise FileError("object", str(number))
        yield Entry((number,), payload)


# === TABLES === #


def _csv_rows(content: bytes) -> Iterator[list]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileError("encoding") from error
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(content), strict=True)
    except csv.Error as error:
        raise FileError("csv", str(error)) from error


def _delimiter(content: bytes) -> str:
    """What separates the columns of a CSV file, by its first row.

    >>> _delimiter(b"a;b;c"), _delimiter(b"a,b"), _delimiter(b"a")
    (';', ',', ';')
    """
    head = content.partition(b"\n")[0].decode("utf-8", "replace")
    return max(";,\t", key=head.count)


def _xlsx_rows(content: bytes) -> Iterator[list]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(member.file_size for member in archive.infolist()) > 20 * MAX_BYTES:
                raise FileError("size", str(MAX_BYTES // 1024 // 1024))
        sheet = load_workbook(io.BytesIO(content), read_only=True, data_only=True).worksheets[0]
        yield from (list(row) for row in sheet.iter_rows(values_only=True))
    except (
        zipfile.BadZipFile, InvalidFileException, KeyError, IndexError, ValueError, OSError, SyntaxError, EOFError,
        TypeError, AttributeError, NotImplementedError, RuntimeError, zlib.error,
    ) as error:  # fmt: skip
        raise FileError("xlsx") from error


def _table(rows: Iterable[list], decimal_comma: bool = False) -> list[Entry]:
    rows = iter(rows)
    header = [_text(cell).lower() for cell in next(rows, [])]
    while header and not header[-1]:
        header.pop()
    if unknown := [name for name in header if name not in COLUMNS]:
        raise FileError("column", ", ".join(name or "?" for name in unknown))
    if len(set(header)) < len(header) or not header:
        raise FileError("header")
    requests: dict[Any, dict] = {}
    for number, cells in enumerate(rows, 2):
        if number > MAX_ROWS:
            raise FileError("rows", str(MAX_ROWS))
        values = {name: _text(cell) for name, cell in zip(header, cells, strict=False)}
        values = {name: value for name, value in values.items() if value}
        if values:
            request = requests.setdefault(values.get("ext_key") or number, {})
            _add_row(request, number, values, len(cells) > len(header), decimal_comma)
    return [
        Entry(tuple(found["rows"]), found["payload"], tuple(found["problems"])) for found in requests.values()
    ]


def _add_row(request: dict, number: int, values: dict, too_long: bool, decimal_comma: bool) -> None:
    """One row: the first of a request says what it is, each may add an item."""
    payload = request.setdefault("payload", {})
    problems = request.setdefault("problems", [])
    request.setdefault("rows", []).append(number)
    if too_long:
        problems.append(("", "long", str(number)))
    for columns, target in ((REQUEST_COLUMNS, payload), (PARTNER_COLUMNS, payload.setdefault("partner", {}))):
        for column, name in columns.items():
            if column not in values:
                continue
            value = _integer(values[column]) if column == "customer_id" else values[column]
            if target.setdefault(name, value) != value:
                problems.append((column, "differs", str(number)))
    if not payload["partner"]:
        del payload["partner"]
    line = {name: values[column] for column, name in LINE_COLUMNS.items() if column in values}
    if "quantity" in line:
        try:
            line["quantity"] = _number(line["quantity"], decimal_comma)
        except ValueError:
            text = line.pop("quantity")[:64]
            problems.append(("quantity", "thousand" if THOUSANDS.fullmatch(text) else "number", text))
    if line:
        payload.setdefault("lines", []).append(line)


def _text(cell) -> str:
    """A cell as a person reads it.

    >>> _text(12.0), _text(2.5), _text(date(2026, 1, 2)), _text(None), _text(" a ")
    ('12', '2.5', '2026-01-02', '', 'a')
    """
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def _integer(text: str):
    return int(text) if text.isdecimal() else text


def _number(text: str, decimal_comma: bool = False) -> float:
    """A number with a point or a comma. What may be a thousand as well as one is no number.

    :param decimal_comma: a comma is that of decimals for sure

    >>> _number("2,5"), _number("2.5"), _number("3"), _number("1,250", True), _number("0,125")
    (2.5, 2.5, 3.0, 1.25, 0.125)
    """
    if not decimal_comma and THOUSANDS.fullmatch(text):
        raise ValueError(text)
    plain = text.replace(",", ".") if text.count(",") == 1 and "." not in text else text
    if not plain.replace(".", "", 1).lstrip("-").isdecimal():
        raise ValueError(text)
    return float(plain)
