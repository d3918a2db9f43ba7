"""iCalendar (RFC 5545) in and out for meetings and next steps, without the ORM.

Times come out as UTC, or as dates for whole days. A time zone that is not a
known one is never guessed silently: the caller's zone is used and said so.
"""

import datetime
import re
from dataclasses import dataclass, field

import pytz

from .content_lines import escape, fold, parse_line, split_escaped, unescape, unfold

MAX_ITEMS = 50_000
KINDS = ("VEVENT", "VTODO")
TIMES = {"DTSTART": "start", "DTEND": "end", "DUE": "due"}
DURATION = re.compile(r"([+-]?)P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", re.IGNORECASE)
# the names that Windows and Outlook write, for the places our customers are at
WINDOWS_ZONES = {
    "utc": "UTC",
    "gmt standard time": "Europe/London",
    "greenwich standard time": "Atlantic/Reykjavik",
    "w. europe standard time": "Europe/Berlin",
    "central europe standard time": "Europe/Budapest",
    "central european standard time": "Europe/Warsaw",
    "romance standard time": "Europe/Paris",
    "e. europe standard time": "Europe/Chisinau",
    "gtb standard time": "Europe/Bucharest",
    "fle standard time": "Europe/Kyiv",
    "turkey standard time": "Europe/Istanbul",
    "russian standard time": "Europe/Moscow",
    "iran standard time": "Asia/Tehran",
    "arabian standard time": "Asia/Dubai",
    "israel standard time": "Asia/Jerusalem",
    "india standard time": "Asia/Kolkata",
    "china standard time": "Asia/Shanghai",
    "tokyo standard time": "Asia/Tokyo",
    "eastern standard time": "America/New_York",
    "central standard time": "America/Chicago",
    "mountain standard time": "America/Denver",
    "pacific standard time": "America/Los_Angeles",
}


@dataclass
class Item:
    """A meeting (``kind="VEVENT"``) or a next step (``kind="VTODO"``).

    :ivar start: naive UTC datetime, or a date for whole days; ``None`` when absent
    :ivar end: as ``start``; of whole days the last day itself
    :ivar due: date of a next step
    :ivar warnings: codes: ``tzid`` (with the name), ``floating``, ``exception``, ``line``
    """

    kind: str = "VEVENT"
    uid: str = ""
    summary: str = ""
    description: str = ""
    location: str = ""
    start: object = None
    end: object = None
    due: object = None
    rrule: str = ""
    status: str = ""
    sequence: int = 0
    attendees: list = field(default_factory=list)
    organizer: str = ""
    categories: list = field(default_factory=list)
    recurrence_id: str = ""
    exdates: list = field(default_factory=list)
    warnings: list = field(default_factory=list)
    line: int = 0

    @property
    def cancelled(self):
        return self.status == "CANCELLED"


def find_zone(name: str) -> str:
    """The IANA name behind a TZID, '' when there is none.

    >>> find_zone("W. Europe Standard Time"), find_zone("/freeassociation.sourceforge.net/Europe/Prague")
    ('Europe/Berlin', 'Europe/Prague')
    >>> find_zone('(UTC+01:00) Amsterdam, Berlin'), find_zone("Customized")
    ('Europe/Amsterdam', '')
    """
    name = name.strip().strip('"')
    known = pytz.all_timezones_set
    if name in known:
        return name
    if zone := WINDOWS_ZONES.get(name.lower()):
        return zone
    parts = [part for part in name.split("/") if part]
    for length in (3, 2):
        if "/".join(parts[-length:]) in known:
            return "/".join(parts[-length:])
    if name.startswith("(UTC") or name.startswith("(GMT"):
        cities = re.sub(r"^\([^)]*\)", "", name).split(",")
        for city in cities:
            zone = next((zone for zone in sorted(known) if zone.endswith("/" + city.strip().replace(" ", "_"))), "")
            if zone:
                return zone
    return ""


# === READING === #


def read_items(data: bytes, zone: str = "UTC", limit: int = MAX_ITEMS) -> list[Item]:
    """Meetings and next steps of a file.

    :param zone: of the user, for times without a known zone
    :raises ValueError: with more than ``limit`` items
    """
    items, method = [], ""
    for kind, start, lines in _blocks(data):
        if kind == "METHOD":
            method = lines
        elif len(items) >= limit:
            raise ValueError("items")
        else:
            items.append(_read_item(kind, start, lines, zone))
    if method == "CANCEL":
        for item in items:
            item.status = "CANCELLED"
    return items


def _blocks(data: bytes):
    """``(kind, line number, lines)`` of each meeting and next step; alarms and zones in them are left out."""
    lines, stack, start = [], [], 0
    for number, raw in unfold(data):
        line = parse_line(number, raw)
        inside = bool(stack) and stack[-1] in KINDS
        if line and line.name == "BEGIN":
            stack.append(line.value.strip().upper())
            if stack[-1] in KINDS:
                lines, start = [], number
        elif line and line.name == "END":
            if stack and stack.pop() in KINDS and inside:
                yield line.value.strip().upper(), start, lines
        elif inside and (line or raw.strip()):
            lines.append((number, line))
        elif line and line.name == "METHOD":
            yield "METHOD", number, line.value.strip().upper()


def missing_zones(data: bytes) -> list[str]:
    """TZIDs of a file that are not known: to be asked for."""
    found = set()
    for number, raw in unfold(data):
        line = parse_line(number, raw)
        if line and line.name != "TZID" and "TZID" in line.params:
            name = line.params["TZID"][0]
            if not find_zone(name):
                found.add(name)
    return sorted(found)


def _read_item(kind: str, start: int, lines: list, zone: str) -> Item:
    item = Item(kind=kind, line=start)
    duration = None
    for number, line in lines:
        if line is None:
            item.warnings.append(("line", number))
        elif line.name in TIMES:
            read = _read_day if kind == "VTODO" else _read_time
            setattr(item, TIMES[line.name], read(item, line, zone))
        elif line.name == "DURATION":
            duration = parse_duration(line.value)
        elif line.name in ("ATTENDEE", "ORGANIZER"):
            _read_people(item, line)
        elif line.name in ("UID", "SUMMARY", "DESCRIPTION", "LOCATION"):
            setattr(item, line.name.lower(), unescape(line.value).strip())
        else:
            _read_detail(item, line)
    _complete(item, duration)
    return item


def _read_people(item: Item, line):
    """Some writers put several addresses into one line, some write MAILTO in capitals."""
    mails = re.findall(r"[^\s:;,<>]+@[^\s:;,<>]+", line.value.lower())
    if line.name == "ATTENDEE":
        item.attendees += [mail for mail in mails if mail not in item.attendees]
    elif mails:
        item.organizer = mails[0]


def _read_detail(item: Item, line):
    value = line.value.strip()
    if line.name == "RRULE":
        item.rrule = value
    elif line.name == "EXDATE":
        item.exdates += value.split(",")
    elif line.name == "RECURRENCE-ID":
        item.recurrence_id = value
        item.warnings.append(("exception", line.number))
    elif line.name == "SEQUENCE":
        item.sequence = int(value) if value.isascii() and value.isdigit() and len(value) < 9 else 0
    elif line.name == "STATUS":
        item.status = value.upper()
    elif line.name == "CATEGORIES":
        item.categories += [part.strip() for part in split_escaped(value, ",") if part.strip()]


def _complete(item: Item, duration):
    """The end: given, from the duration, or as the standard says when both are absent."""
    if item.kind == "VTODO":
        item.due = item.due or item.start
        return
    whole_day = item.start is not None and not isinstance(item.start, datetime.datetime)
    if item.start is None:
        return
    try:
        if item.end is None:
            item.end = item.start + duration if duration else item.start
        elif whole_day and not isinstance(item.end, datetime.datetime):
            # the end of whole days is the first day after
            item.end = max(item.start, item.end - datetime.timedelta(days=1))
    except OverflowError:  # beyond the first or the last year
        item.warnings.append(("time", item.line))
        item.end = item.start
    if isinstance(item.end, datetime.datetime) != isinstance(item.start, datetime.datetime) or item.end < item.start:
        item.end = item.start


def _read_time(item: Item, line, zone: str):
    """A date, a naive UTC datetime, or ``None`` when it is neither."""
    text = line.value.strip()
    match = re.fullmatch(r"(\d{8})(?:T(\d{6})(Z?))?", text)
    try:
        day = datetime.datetime.strptime(match[1], "%Y%m%d").date() if match else None
        if day is None:
            item.warnings.append(("time", line.number))
            return None
        if not match[2]:
            return day
        moment = datetime.datetime.combine(day, datetime.datetime.strptime(match[2], "%H%M%S").time())
    except ValueError:
        item.warnings.append(("time", line.number))
        return None
    if match[3]:
        return moment
    tzid = line.params.get("TZID", [""])[0]
    found = find_zone(tzid) if tzid else ""
    if not found:
        item.warnings.append(("tzid", tzid) if tzid else ("floating", line.number))
    try:
        local = pytz.timezone(found or zone).localize(moment, is_dst=False)
        return local.astimezone(pytz.utc).replace(tzinfo=None)
    except OverflowError:
        item.warnings.append(("time", line.number))
        return None


def _read_day(item: Item, line, zone: str):
    """The day that is written there, whatever moment it is elsewhere; of a time in UTC the day in the user's zone."""
    moment = _read_time(item, line, zone)
    if not isinstance(moment, datetime.datetime):
        return moment
    if not line.value.strip().endswith("Z"):
        return datetime.datetime.strptime(line.value.strip()[:8], "%Y%m%d").date()
    try:
        return pytz.utc.localize(moment).astimezone(pytz.timezone(zone)).date()
    except OverflowError:
        return moment.date()


def parse_duration(text: str):
    """
    >>> parse_duration("PT1H30M"), parse_duration("x")
    (datetime.timedelta(seconds=5400), None)
    """
    match = DURATION.fullmatch(text.strip())
    if not match or not any(match.groups()[1:]):
        return None
    weeks, days, hours, minutes, seconds = (min(int(part or 0), 100_000) for part in match.groups()[1:])
    duration = datetime.timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    return -duration if match[1] == "-" else duration


# === WRITING === #


def write_calendar(items, stamp: datetime.datetime) -> bytes:
    """A calendar of UTC times and whole days; :func:`read_items` gives the items back.

    :param stamp: when it is written, naive UTC
    """
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//CRM Suite//Customer Relations//EN", "CALSCALE:GREGORIAN"]
    for item in items:
        lines += [f"BEGIN:{item.kind}", f"UID:{escape(item.uid)}", f"DTSTAMP:{stamp:%Y%m%dT%H%M%SZ}"]
        if item.kind == "VTODO":
            lines += [f"DUE;VALUE=DATE:{item.due:%Y%m%d}"] if item.due else []
        elif item.start:
            end = item.end or item.start
            if not isinstance(item.start, datetime.datetime):
                end += datetime.timedelta(days=1)
            lines += [_time_line("DTSTART", item.start), _time_line("DTEND", end)]
        for name in ("summary", "description", "location"):
            if text := getattr(item, name):
                lines.append(f"{name.upper()}:{escape(text)}")
        lines += [f"RRULE:{item.rrule}"] if item.rrule else []
        lines += [f"STATUS:{item.status}"] if item.status else []
        lines += [f"SEQUENCE:{item.sequence}"] if item.sequence else []
        lines += [f"ORGANIZER:mailto:{item.organizer}"] if item.organizer else []
        lines += [f"ATTENDEE:mailto:{mail}" for mail in item.attendees]
        if item.categories:
            lines.append("CATEGORIES:" + ",".join(map(escape, item.categories)))
        lines.append(f"END:{item.kind}")
    lines.append("END:VCALENDAR")
    return b"".join(fold(line) for line in lines)


def _time_line(name: str, value) -> str:
    if isinstance(value, datetime.datetime):
        return f"{name}:{value:%Y%m%dT%H%M%SZ}"
    return f"{name};VALUE=DATE:{value:%Y%m%d}"
