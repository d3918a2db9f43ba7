"""Content lines, the common ground of vCard (RFC 6350, 2426, vCard 2.1) and iCalendar (RFC 5545)."""

import binascii
import quopri
import re
from typing import NamedTuple

FALLBACKS = ("utf-8", "cp1250", "cp1252", "latin-1")
MAX_LINE = 8_000_000
PARAMETER = re.compile(r';([A-Za-z0-9-]+)(?:=((?:"[^"]*"|[^";:,])*(?:,(?:"[^"]*"|[^";:,])*)*))?')


class Line(NamedTuple):
    """:ivar number: in the file, from 1; :ivar params: ``{UPPER NAME: [values]}``; :ivar value: still escaped"""

    number: int
    group: str
    name: str
    params: dict
    value: str


def decode_bytes(raw: bytes, charset: str = "") -> str:
    """Text of one line: its own charset, else UTF-8, else the Windows encodings of Europe."""
    for name in (charset, *FALLBACKS):
        if name:
            try:
                return raw.decode(name)
            except (LookupError, UnicodeDecodeError):
                continue
    return raw.decode("utf-8", "replace")


def to_bytes(data: bytes) -> bytes:
    """UTF-8 (or the file's 8-bit encoding) without byte order mark."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace").encode()
    return data.removeprefix(b"\xef\xbb\xbf")


def unfold(data: bytes):
    """Logical lines as bytes with the number of their first line.

    On bytes, because writers fold inside a multi-byte letter. The soft breaks
    of quoted-printable (2.1) end in ``=`` and are not indented.
    """
    pending, number = None, 0
    for index, raw in enumerate(re.split(rb"\r\n|\n|\r", to_bytes(data)), 1):
        if pending is not None and raw[:1] in (b" ", b"\t") and not _is_quoted_printable(pending):
            pending += raw[1:]
        elif pending is not None and _is_quoted_printable(pending) and pending.endswith(b"="):
            pending = pending[:-1] + raw.lstrip(b" \t")
        else:
            if pending is not None:
                yield number, pending
            pending, number = raw, index
    if pending is not None:
        yield number, pending


def _is_quoted_printable(line: bytes) -> bool:
    return b"QUOTED-PRINTABLE" in line.partition(b":")[0].upper()


def parse_line(number: int, raw: bytes) -> Line | None:
    """One logical line, ``None`` when it is not a content line.

    >>> line = parse_line(1, b'item1.TEL;TYPE="voice,cell";PREF=1:+421 2')
    >>> line.group, line.name, line.params, line.value
    ('item1', 'TEL', {'TYPE': ['voice', 'cell'], 'PREF': ['1']}, '+421 2')
    """
    raw = raw[:MAX_LINE].rstrip()
    match = re.match(rb"(?:([A-Za-z0-9-]+)\.)?([A-Za-z0-9-]+)(?=[;:])", raw)
    if not match:
        return None
    # one character per byte, so that the value can be cut from the bytes
    head = raw.decode("latin-1")
    params, position = {}, match.end()
    while found := PARAMETER.match(head, position):
        _add_parameter(params, found[1].upper(), found[2])
        position = found.end()
    if head[position : position + 1] != ":":
        return None
    body = raw[position + 1 :]
    if "QUOTED-PRINTABLE" in params.get("ENCODING", ()):
        body = quopri.decodestring(body)
    charset = params.get("CHARSET", [""])[0]
    params = {name: [decode_bytes(value.encode("latin-1")) for value in values] for name, values in params.items()}
    group = (match[1] or b"").decode()
    return Line(number, group, match[2].decode().upper(), params, decode_bytes(body, charset))


def _add_parameter(params: dict, name: str, text: str | None):
    if text is None:
        # 2.1: a bare value, TEL;CELL:
        upper = name
        target = "ENCODING" if upper in ("QUOTED-PRINTABLE", "BASE64", "B", "8BIT", "7BIT") else "TYPE"
        params.setdefault(target, []).append(upper if target == "ENCODING" else upper.lower())
        return
    found = re.findall(r'"([^"]*)"|([^",]+)', text)
    values = [part for quoted, plain in found for part in (quoted or plain).split(",")]
    if name in ("TZID", "CN", "X-LABEL", "LABEL", "X-ADDRESSBOOKSERVER-KIND"):
        values = [text.strip('"')]
    if name == "TYPE":
        values = [value.strip().lower() for value in values]
    elif name in ("ENCODING", "VALUE"):
        values = [value.strip().upper() for value in values]
    params.setdefault(name, []).extend(values)


def unescape(text: str) -> str:
    r"""
    >>> unescape("a\\, b\\; c\\nd \\\\ e")
    'a, b; c\nd \\ e'
    """
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], text, flags=re.DOTALL)


def escape(text: str) -> str:
    """The opposite of :func:`unescape`; all kinds of line ends become one."""
    text = re.sub(r"\r\n|\r|\x85|\u2028|\u2029|\x0b|\x0c", "\n", text)
    # control characters cannot be written in a content line
    text = re.sub(r"[\x00-\x08\x0e-\x1f\x7f]", "", text)
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace(",", "\\,").replace(";", "\\;")


def split_escaped(text: str, separator: str = ";") -> list[str]:
    r"""Parts of a structured value, unescaped.

    >>> split_escaped("a\\;b;c")
    ['a;b', 'c']
    """
    parts, current, escaped = [], "", False
    for char in text:
        if escaped or char == "\\":
            current += char
            escaped = not escaped
        elif char == separator:
            parts.append(current)
            current = ""
        else:
            current += char
    return [unescape(part) for part in (*parts, current)]


def fold(line: str) -> bytes:
    """One logical line as physical lines of at most 75 bytes, never cut inside a letter."""
    chunks, current = [], b""
    for char in line:
        piece = char.encode("utf-8", "replace")
        if len(current) + len(piece) > (75 if not chunks else 74):
            chunks.append(current)
            current = b""
        current += piece
    chunks.append(current)
    return b"\r\n ".join(chunks) + b"\r\n"


def from_base64(text: str, limit: int) -> bytes | None:
    """Decoded data, ``None`` when it is broken or longer than ``limit`` bytes."""
    text = re.sub(r"\s", "", text)
    if len(text) > limit * 4 // 3 + 4:
        return None
    try:
        return binascii.a2b_base64(text + "=" * (-len(text) % 4))
    except binascii.Error:
        return None
