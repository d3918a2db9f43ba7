"""vCard 4.0 in and out, 3.0 out, 3.0 and 2.1 in (RFC 6350, RFC 2426), without the ORM.

Own reader over raw lines: the usual library cuts pictures of version 4.0 at
the comma, stops at the first line it does not understand, and knows nothing of
what telephones and address books really write (see ``tests/test_vcard.py``).
Nothing is ever fetched from an address found in a card.
"""

import base64
import datetime
import re
from dataclasses import dataclass, field, replace

from .content_lines import escape, fold, from_base64, parse_line, split_escaped, unescape, unfold

MAX_PHOTO = 3_000_000
MAX_CARDS = 50_000
PREFERRED_PHONES = ("cell", "work", "voice", "home")
IMAGE_TYPES = {b"\x89PNG": "png", b"\xff\xd8\xff": "jpeg", b"GIF8": "gif", b"RIFF": "webp"}
# known, but without a place at a customer: not worth a remark
IGNORED = {
    "VERSION",
    "PRODID",
    "REV",
    "BEGIN",
    "END",
    "SORT-STRING",
    "MAILER",
    "CLIENTPIDMAP",
    "X-ABUID",
    "X-ABADR",
    "CLASS",
}
NAME_LABEL = re.compile(r"_\$!<(.*)>!\$_")


@dataclass
class Contact:
    """An address, number or mailbox with its kinds (``home``, ``work``, ``cell``, ``pref``)."""

    value: str
    types: tuple = ()


@dataclass
class Address:
    street: str = ""
    street2: str = ""
    city: str = ""
    region: str = ""
    zip: str = ""
    country: str = ""
    types: tuple = ()


@dataclass
class Card:
    """One customer as a card carries them.

    :ivar birthday: ISO date, or ``--MM-DD`` where the year is not known
    :ivar related: ``[(kind, name or uid)]``
    :ivar extras: ``[(property, text)]`` that have no place of their own
    :ivar warnings: codes of what was left out, with the line number
    """

    uid: str = ""
    name: str = ""
    family: str = ""
    given: str = ""
    is_company: bool = False
    company: str = ""
    department: str = ""
    function: str = ""
    emails: list = field(default_factory=list)
    phones: list = field(default_factory=list)
    addresses: list = field(default_factory=list)
    website: str = ""
    birthday: str = ""
    note: str = ""
    lang: str = ""
    vat: str = ""
    ref: str = ""
    categories: list = field(default_factory=list)
    related: list = field(default_factory=list)
    photo: bytes = b""
    extras: list = field(default_factory=list)
    warnings: list = field(default_factory=list)
    line: int = 0


# === READING === #


def split_cards(data: bytes):
    """Lines of each card. A card that is not closed ends where the next one begins; cards within cards are left out.

    :return: yields ``(line number, [Line], [line numbers that are not content lines])``
    """
    lines, broken, start, depth = [], [], 0, 0
    for number, raw in unfold(data):
        mark = raw.strip().upper()
        if mark == b"BEGIN:VCARD":
            if depth and not _opens_agent(lines):
                yield start, lines, broken
                depth = 0
            depth += 1
            if depth == 1:
                lines, broken, start = [], [], number
        elif mark == b"END:VCARD":
            depth -= bool(depth)
            if not depth and start:
                yield start, lines, broken
                start = 0
        elif depth == 1 and mark:
            line = parse_line(number, raw)
            if line:
                lines.append(line)
            else:
                broken.append(number)
    if depth and start:
        yield start, lines, broken


def _opens_agent(lines) -> bool:
    return bool(lines) and lines[-1].name == "AGENT" and not lines[-1].value.strip()


def read_cards(data: bytes, limit: int = MAX_CARDS) -> list[Card]:
    """All cards of a file, in any version.

    :raises ValueError: with more than ``limit`` cards
    """
    cards = []
    for start, lines, broken in split_cards(data):
        if len(cards) >= limit:
            raise ValueError("cards")
        cards.append(_read_card(start, lines, broken))
    return cards


def _read_card(start: int, lines: list, broken: list) -> Card:
    card = Card(line=start, warnings=[("line", number) for number in broken])
    # Apple and Google tie a label to a value by the group
    labels = {
        line.group: NAME_LABEL.sub(r"\1", unescape(line.value)).lower()
        for line in lines
        if line.name in ("X-ABLABEL", "X-ABLABEL2") and line.group
    }
    formatted = ""
    for line in lines:
        if line.name == "FN":
            formatted = formatted or unescape(line.value).strip()
        elif reader := READERS.get(line.name):
            reader(card, line, labels)
        elif line.name not in IGNORED and line.name != "X-ABLABEL":
            if line.name == "AGENT":
                card.warnings.append(("agent", line.number))
            elif text := unescape(line.value).strip():
                card.extras.append((line.name, text[:2000]))
    composed = " ".join(filter(None, (card.given, card.family)))
    mailbox = card.emails[0].value if card.emails else ""
    card.name = formatted or composed or card.company or mailbox
    if not (card.given or card.family) and card.company and card.company == card.name:
        card.is_company = True
    if card.is_company and card.company == card.name:
        card.company = ""
    return card


def _types(line) -> tuple:
    kinds = [kind for kind in line.params.get("TYPE", ()) if kind not in ("internet", "x400")]
    if "PREF" in line.params:
        kinds.append("pref")
    return tuple(sorted(set(kinds)))


def _read_n(card, line, labels):
    parts = [part.strip() for part in split_escaped(line.value)] + [""] * 5
    card.family, card.given = parts[0], " ".join(filter(None, (parts[1], parts[2])))


def _read_org(card, line, labels):
    parts = [part.strip() for part in split_escaped(line.value)]
    card.company, card.department = parts[0], " / ".join(filter(None, parts[1:]))


def _read_adr(card, line, labels):
    parts = [part.strip() for part in split_escaped(line.value)] + [""] * 7
    box, extended, street, city, region, zip_code, country = parts[:7]
    lines = [text.strip() for text in street.splitlines() if text.strip()]
    street2 = ", ".join(filter(None, (extended, *lines[1:], box)))
    if any(parts[:7]):
        card.addresses.append(
            Address(lines[0] if lines else "", street2, city, region, zip_code, country, _types(line))
        )


def _read_photo(card, line, labels):
    """Only data inside the card; a reference is named and left alone (it could point into our own network)."""
    value = line.value.strip()
    if value.lower().startswith("data:"):
        head, _comma, payload = value.partition(",")
        photo = from_base64(payload, MAX_PHOTO) if head.lower().endswith(";base64") else None
    elif line.params.get("ENCODING", [""])[0] in ("B", "BASE64"):
        photo = from_base64(value, MAX_PHOTO)
    else:
        card.warnings.append(("photo_url", line.number))
        return
    if photo and image_type(photo):
        card.photo = photo
    else:
        card.warnings.append(("photo", line.number))


def _read_related(card, line, labels):
    kind = labels.get(line.group) or next(iter(line.params.get("TYPE", ())), "")
    text = unescape(line.value).strip()
    if text:
        card.related.append((kind, text))


def _read_kind(card, line, labels):
    card.is_company = line.value.strip().lower() in ("org", "organization", "company")


def _contact_reader(target):
    def read(card, line, labels):
        value = unescape(line.value).strip()
        value = re.sub(r"^(?:tel|mailto):", "", value, flags=re.IGNORECASE)
        if value:
            getattr(card, target).append(Contact(value, _types(line)))

    return read


def _text_reader(target):
    def read(card, line, labels):
        value = unescape(line.value).strip()
        if value and not getattr(card, target):
            setattr(card, target, value)

    return read


def _read_note(card, line, labels):
    card.note = "\n".join(filter(None, (card.note, unescape(line.value).strip())))


def _read_categories(card, line, labels):
    card.categories += [part.strip() for part in split_escaped(line.value, ",") if part.strip()]


def _read_bday(card, line, labels):
    birthday = parse_birthday(line.value)
    if birthday:
        card.birthday = birthday
    else:
        card.warnings.append(("bday", line.number))


READERS = {
    "N": _read_n,
    "ORG": _read_org,
    "ADR": _read_adr,
    "PHOTO": _read_photo,
    "KIND": _read_kind,
    "X-ABSHOWAS": _read_kind,
    "X-ADDRESSBOOKSERVER-KIND": _read_kind,
    "TEL": _contact_reader("phones"),
    "EMAIL": _contact_reader("emails"),
    "UID": _text_reader("uid"),
    "TITLE": _text_reader("function"),
    "ROLE": _text_reader("function"),
    "URL": _text_reader("website"),
    "LANG": _text_reader("lang"),
    "X-CRM-VAT": _text_reader("vat"),
    "X-CRM-REF": _text_reader("ref"),
    "NOTE": _read_note,
    "CATEGORIES": _read_categories,
    "BDAY": _read_bday,
    "RELATED": _read_related,
    "X-ABRELATEDNAMES": _read_related,
    "X-SPOUSE": lambda card, line, labels: card.related.append(("spouse", unescape(line.value).strip())),
}


def parse_birthday(text: str) -> str:
    """ISO date, ``--MM-DD`` without the year, '' when it is neither.

    >>> parse_birthday("19850412"), parse_birthday("--0412"), parse_birthday("1604-04-12T00:00:00Z")
    ('1985-04-12', '--04-12', '--04-12')
    >>> parse_birthday("x")
    ''
    """
    text = text.strip()
    if match := re.match(r"--(\d\d)-?(\d\d)", text):
        year, month, day = 0, int(match[1]), int(match[2])
    elif match := re.match(r"(\d{4})-?(\d\d)-?(\d\d)", text):
        year, month, day = (int(part) for part in match.groups())
    else:
        return ""
    try:
        found = datetime.date(year or 2000, month, day)
    except ValueError:
        return ""
    # 1604 is how address books write "no year"
    return found.strftime("--%m-%d") if year in (0, 1604) else found.isoformat()


def image_type(data: bytes) -> str:
    return next((kind for mark, kind in IMAGE_TYPES.items() if data.startswith(mark)), "")


def main_phone(card: Card) -> str:
    """The preferred number, else a mobile one, else the first."""
    voices = [phone for phone in card.phones if "fax" not in phone.types] or card.phones
    for kind in ("pref", *PREFERRED_PHONES):
        for phone in voices:
            if kind in phone.types:
                return phone.value
    return voices[0].value if voices else ""


def main_email(card: Card) -> str:
    preferred = [email for email in card.emails if "pref" in email.types] or card.emails
    return preferred[0].value if preferred else ""


# === WRITING === #


def losses(card: Card, version: str) -> list[str]:
    """Codes of what a version cannot carry."""
    if version == "4.0":
        return []
    found = []
    if card.birthday.startswith("--"):
        found.append("birthday_year")
    if card.lang:
        found.append("lang")
    return found


def write_card(card: Card, version: str = "4.0") -> bytes:
    """One card; ``read_cards(write_card(card))`` gives it back, but for :func:`losses`."""
    new = version == "4.0"
    lines = ["BEGIN:VCARD", f"VERSION:{version}"]

    def add(name, value, params=""):
        if value:
            lines.append(f"{name}{params}:{value}")

    add("UID", escape(card.uid))
    if card.is_company:
        add("KIND" if new else "X-ABShowAs", "org" if new else "COMPANY")
    lines.append(f"FN:{escape(card.name)}")
    if card.family or card.given or not new:
        lines.append(f"N:{escape(card.family)};{escape(card.given)};;;")
    if card.company or card.department:
        add("ORG", escape(card.company) + (card.department and f";{escape(card.department)}"))
    add("TITLE", escape(card.function))
    for email in card.emails:
        add("EMAIL", escape(email.value), _params(email.types, new))
    for phone in card.phones:
        add("TEL", escape(phone.value), _params(phone.types, new))
    for address in card.addresses:
        parts = ("", address.street2, address.street, address.city, address.region, address.zip, address.country)
        add("ADR", ";".join(escape(part) for part in parts), _params(address.types, new))
    # an address is written as it is: commas and semicolons belong to it
    add("URL", re.sub(r"\s", "", card.website))
    yearless = card.birthday.startswith("--")
    if new or not yearless:
        add("BDAY", ("--" if yearless else "") + card.birthday.replace("-", ""))
    if new:
        add("LANG", escape(card.lang))
    add("CATEGORIES", ",".join(escape(category) for category in card.categories))
    add("X-CRM-VAT", escape(card.vat))
    add("X-CRM-REF", escape(card.ref))
    lines += _related_lines(card, new)
    add("NOTE", escape(card.note))
    if kind := image_type(card.photo):
        head = f"PHOTO:data:image/{kind};base64," if new else f"PHOTO;ENCODING=b;TYPE={kind.upper()}:"
        lines.append(head + base64.b64encode(card.photo).decode())
    lines.append("END:VCARD")
    return b"".join(fold(line) for line in lines)


def _related_lines(card: Card, new: bool):
    for index, (kind, text) in enumerate(card.related, 1):
        if new:
            yield f"RELATED{f';TYPE={_safe(kind)}' if kind else ''};VALUE=text:{escape(text)}"
        else:
            yield f"item{index}.X-ABRELATEDNAMES:{escape(text)}"
            if kind:
                yield f"item{index}.X-ABLABEL:{escape(kind)}"


def _params(types: tuple, new: bool) -> str:
    kinds = [_safe(kind) for kind in types if _safe(kind) and not (new and kind == "pref")]
    params = f";TYPE={','.join(kinds)}" if kinds else ""
    return params + (";PREF=1" if new and "pref" in types else "")


def _safe(kind: str) -> str:
    return re.sub(r"[^a-z0-9-]", "", kind.lower())


def without_position(card: Card) -> Card:
    """A card as it compares with another: wherever in a file it stood."""
    return replace(card, line=0, warnings=[])
