import datetime
import doctest

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools import icalendar
from ..tools.icalendar import Item

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=60).map(str.strip)
MOMENT = st.datetimes(datetime.datetime(1990, 1, 1), datetime.datetime(2090, 1, 1)).map(
    lambda moment: moment.replace(microsecond=0)
)
STAMP = datetime.datetime(2026, 1, 1)


@st.composite
def items(draw):
    kind = draw(st.sampled_from(["VEVENT", "VTODO"]))
    start = draw(MOMENT)
    end = start + draw(st.timedeltas(datetime.timedelta(), datetime.timedelta(days=3))) // 1000000 * 1000000
    end = end.replace(microsecond=0)
    if draw(st.booleans()):
        start, end = start.date(), end.date()
    todo = kind == "VTODO"
    return Item(
        kind=kind,
        uid=draw(TEXT),
        summary=draw(TEXT),
        description="\n".join(draw(st.lists(TEXT.filter(bool), max_size=3))),
        location=draw(TEXT),
        start=None if todo else start,
        end=None if todo else end,
        due=draw(st.dates(datetime.date(1990, 1, 1), datetime.date(2090, 1, 1))) if todo else None,
        rrule=draw(st.sampled_from(["", "FREQ=WEEKLY;COUNT=3"])),
        status=draw(st.sampled_from(["", "CANCELLED", "COMPLETED"])),
        sequence=draw(st.integers(0, 9)),
        attendees=draw(st.lists(st.sampled_from(["a@x.example", "b@x.example"]), max_size=2, unique=True)),
        organizer=draw(st.sampled_from(["", "o@x.example"])),
        categories=draw(st.lists(TEXT.filter(bool), max_size=2)),
    )


@tagged("post_install", "-at_install", "pure")
class TestIcalendar(BaseCase):
    def _read(self, text, zone="Europe/Ljubljana", **kwargs):
        data = f"BEGIN:VCALENDAR\nBEGIN:VEVENT\n{text}\nEND:VEVENT\nEND:VCALENDAR\n".replace("\n", "\r\n").encode()
        [item] = icalendar.read_items(data, zone)
        return item

    def test_doctests(self):
        self.assertEqual(doctest.testmod(icalendar).failed, 0)

    @given(st.lists(items(), max_size=3))
    @settings(max_examples=200, deadline=None)
    def test_round_trip(self, written):
        read = icalendar.read_items(icalendar.write_calendar(written, STAMP))
        for item in read:
            item.line = 0
        self.assertEqual(read, written)

    @given(st.binary(max_size=300))
    def test_any_bytes(self, data):
        icalendar.read_items(b"BEGIN:VEVENT\nDTSTART:" + data + b"\nEND:VEVENT")

    def test_zones(self):
        nine = datetime.datetime(2026, 1, 15, 8)
        for tzid in (
            "W. Europe Standard Time",
            "/freeassociation.sourceforge.net/Europe/Prague",
            '"(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna"',
            "Europe/Prague",
        ):
            item = self._read(f"DTSTART;TZID={tzid}:20260115T090000", zone="UTC")
            self.assertEqual((item.start, item.warnings), (nine, []), tzid)
        summer = self._read("DTSTART;TZID=Europe/Prague:20260715T090000")
        self.assertEqual(summer.start, datetime.datetime(2026, 7, 15, 7))

    def test_zone_not_known_is_said(self):
        item = self._read("DTSTART;TZID=Customized Time Zone:20260115T090000")
        self.assertEqual(
            (item.start, item.warnings), (datetime.datetime(2026, 1, 15, 8), [("tzid", "Customized Time Zone")])
        )
        data = b"BEGIN:VEVENT\nDTSTART;TZID=Customized:20260115T090000\nDTEND;TZID=Europe/Prague:20260115T1\nEND:VEVENT"
        self.assertEqual(icalendar.missing_zones(data), ["Customized"])
        self.assertEqual(self._read("DTSTART:20260115T090000").warnings, [("floating", 3)])

    def test_whole_days(self):
        item = self._read("DTSTART;VALUE=DATE:20260115\nDTEND;VALUE=DATE:20260118")
        self.assertEqual((item.start, item.end), (datetime.date(2026, 1, 15), datetime.date(2026, 1, 17)))
        self.assertEqual(self._read("DTSTART;VALUE=DATE:20260115").end, datetime.date(2026, 1, 15))

    def test_duration_and_absurd_ends(self):
        self.assertEqual(
            self._read("DTSTART:20260115T090000Z\nDURATION:PT90M").end, datetime.datetime(2026, 1, 15, 10, 30)
        )
        self.assertEqual(
            self._read("DTSTART:20260115T090000Z\nDTEND:20250101T090000Z").end, datetime.datetime(2026, 1, 15, 9)
        )
        self.assertIsNone(self._read("DTSTART:20261315T090000Z").start)

    def test_recurrence_zone_and_alarm(self):
        data = (
            b"BEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VTIMEZONE\nTZID:Europe/Prague\nBEGIN:STANDARD\n"
            b"DTSTART:19701025T030000\nRRULE:FREQ=YEARLY;BYMONTH=10\nEND:STANDARD\nEND:VTIMEZONE\nBEGIN:VEVENT\n"
            b"UID:1\nDTSTART;TZID=Europe/Prague:20260115T090000\nRRULE:FREQ=WEEKLY\nEXDATE:20260122T090000\n"
            b"BEGIN:VALARM\nDESCRIPTION:Alarm\nEND:VALARM\nSUMMARY:Weekly\nEND:VEVENT\nBEGIN:VEVENT\nUID:1\n"
            b"RECURRENCE-ID:20260129T090000\nDTSTART:20260129T100000Z\nEND:VEVENT\nEND:VCALENDAR"
        )
        first, second = icalendar.read_items(data)
        self.assertEqual(
            (first.rrule, first.exdates, first.description, first.summary),
            ("FREQ=WEEKLY", ["20260122T090000"], "", "Weekly"),
        )
        self.assertEqual((second.recurrence_id, second.warnings), ("20260129T090000", [("exception", 22)]))

    def test_cancel(self):
        data = b"BEGIN:VCALENDAR\nMETHOD:CANCEL\nBEGIN:VEVENT\nUID:1\nSEQUENCE:3\nEND:VEVENT\nEND:VCALENDAR"
        [item] = icalendar.read_items(data)
        self.assertEqual((item.cancelled, item.sequence), (True, 3))

    def test_people(self):
        item = self._read('ATTENDEE;CN="A, B":MAILTO:A@x.example,b@x.example\nORGANIZER:mailto:o@x.example')
        self.assertEqual((item.attendees, item.organizer), (["a@x.example", "b@x.example"], "o@x.example"))

    def test_folded_letters(self):
        raw = "SUMMARY:Žofia".encode()
        data = b"BEGIN:VEVENT\r\n" + raw[:9] + b"\r\n " + raw[9:] + b"\r\nEND:VEVENT"
        self.assertEqual(icalendar.read_items(data)[0].summary, "Žofia")

    def test_a_step_is_due_on_the_day_that_is_written(self):
        for line, day in (
            ("DUE;TZID=America/New_York:20260301T200000", 1),
            ("DUE;TZID=Asia/Tehran:20260302T010000", 2),
            ("DUE:20260301T233000", 1),
            ("DUE:20260301T233000Z", 2),
            ("DUE;VALUE=DATE:20260301", 1),
        ):
            data = f"BEGIN:VTODO\n{line}\nEND:VTODO".encode()
            [item] = icalendar.read_items(data, "Europe/Ljubljana")
            self.assertEqual((line, item.due), (line, datetime.date(2026, 3, day)))

    def test_ends_beyond_the_last_year(self):
        item = self._read("DTSTART:99991231T000000Z\nDURATION:P1W")
        self.assertEqual((item.end, item.warnings), (item.start, [("time", item.line)]))
        item = self._read("DTSTART;VALUE=DATE:00010101\nDTEND;VALUE=DATE:00010101")
        self.assertEqual((item.end, item.warnings), (item.start, [("time", item.line)]))
