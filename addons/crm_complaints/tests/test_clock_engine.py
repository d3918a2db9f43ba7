from datetime import date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools import clock
from ..tools.clock import Term, WorkCalendar

NINE_TO_FIVE = (((540, 720), (780, 1020)),) * 5 + ((), ())
"""Monday to Friday, 9 to 12 and 13 to 17: a break."""
EASTER_2026 = (date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 4), date(2026, 5, 25))
"""Bank holidays of England and Wales in the months of the vectors."""


def holidays(zone, days):
    open_all = clock.always_open(zone)
    return tuple((open_all.midnight(day), open_all.midnight(day + clock.DAY)) for day in days)


def bank(zone="Europe/London", days=EASTER_2026):
    return WorkCalendar(zone, NINE_TO_FIVE, holidays(zone, days))


def at(text):
    return datetime.fromisoformat(text)


MINUTES = st.integers(0, 60 * 24 * 21).map(lambda minutes: datetime(2026, 3, 16) + timedelta(minutes=minutes))
"""Three weeks around the change to summer time in Europe (29 March 2026)."""
PAUSES = st.lists(st.tuples(MINUTES, MINUTES), max_size=4)
CALENDARS = st.sampled_from(
    [
        bank(),
        bank("America/New_York"),
        WorkCalendar("Europe/Prague", NINE_TO_FIVE),
        WorkCalendar("Australia/Lord_Howe", (((0, 1440),),) * 7),
        WorkCalendar("Europe/Prague", (((60, 150), (150, 300)),) * 7),
        WorkCalendar("UTC", (NINE_TO_FIVE[0],) * 7 + ((),) * 7),
    ]
)


@tagged("post_install", "-at_install", "pure")
class TestClockEngine(BaseCase):
    def _day(self, start, amount, unit, calendar=None, **kwargs):
        calendar = calendar or bank()
        return calendar.local_day(clock.deadline(at(start), Term(amount, unit, **kwargs), calendar))

    # === VECTORS OF THE RULES === #

    def test_the_vectors_of_the_statutes(self):
        received = "2026-04-02 10:00"  # the Thursday before Easter
        self.assertEqual(self._day(received, 3, "working_days"), date(2026, 4, 9))  # DISP 1.5
        self.assertEqual(self._day(received, 8, "weeks"), date(2026, 5, 28))  # DISP 1.6.2
        self.assertEqual(self._day(received, 15, "working_days"), date(2026, 4, 27))  # PSD2 art. 101
        self.assertEqual(self._day(received, 35, "working_days"), date(2026, 5, 27))
        without = WorkCalendar("Europe/London", NINE_TO_FIVE)
        self.assertEqual(self._day(received, 15, "working_days", without), date(2026, 4, 23))

    def test_one_month_of_the_gdpr(self):
        self.assertEqual(self._day("2025-09-03 12:00", 1, "months", roll="next"), date(2025, 10, 3))
        self.assertEqual(self._day("2026-01-31 12:00", 1, "months", roll="next"), date(2026, 3, 2))
        self.assertEqual(self._day("2026-01-31 12:00", 1, "months"), date(2026, 2, 28))
        self.assertEqual(self._day("2026-01-31 12:00", 1, "months", roll="previous"), date(2026, 2, 27))

    def test_leap_days(self):
        self.assertEqual(self._day("2028-01-31 12:00", 1, "months"), date(2028, 2, 29))
        self.assertEqual(self._day("2028-02-29 12:00", 12, "months"), date(2029, 2, 28))
        self.assertEqual(self._day("2028-02-01 12:00", 4, "weeks"), date(2028, 2, 29))

    def test_the_day_ends_at_midnight_of_the_zone_or_with_business(self):
        due = clock.deadline(at("2026-04-02 10:00"), Term(3, "working_days"), bank())
        self.assertEqual(due, at("2026-04-09 22:59:59"))  # midnight of summer time
        due = clock.deadline(at("2026-04-02 10:00"), Term(3, "working_days", close_of_business=True), bank())
        self.assertEqual(due, at("2026-04-09 16:00"))

    def test_the_day_of_receipt_is_the_zone_s(self):
        # 23:30 UTC on Monday is Tuesday morning in Auckland and still Monday in New York
        week = {"calendar": WorkCalendar("Pacific/Auckland", NINE_TO_FIVE)}
        self.assertEqual(self._day("2026-06-01 23:30", 1, "days", **week), date(2026, 6, 3))
        week = {"calendar": WorkCalendar("America/New_York", NINE_TO_FIVE)}
        self.assertEqual(self._day("2026-06-01 23:30", 1, "days", **week), date(2026, 6, 2))

    # === HOURS === #

    def test_hours_with_a_break_over_night_and_weekend(self):
        calendar = WorkCalendar("UTC", NINE_TO_FIVE)
        for hours, due in ((1, "2026-03-06 12:00"), (2, "2026-03-06 14:00"), (6, "2026-03-09 10:00")):
            self.assertEqual(clock.deadline(at("2026-03-06 11:00"), Term(hours, "hours"), calendar), at(due))
        # received at night: runs from the opening
        self.assertEqual(clock.deadline(at("2026-03-06 22:00"), Term(1, "hours"), calendar), at("2026-03-09 10:00"))

    def test_both_changes_of_the_clocks(self):
        nights = WorkCalendar("Europe/Prague", (((0, 1440),),) * 7)
        # 29 March 2026 has 23 hours, 25 October 25
        for day, hours in ((date(2026, 3, 29), 23), (date(2026, 10, 25), 25)):
            start, end = nights.midnight(day), nights.midnight(day + clock.DAY)
            self.assertEqual(clock.working_seconds(start, end, nights), hours * 3600)
        # Friday 16:00 to Monday 10:00 are two working hours, whatever happens on Sunday
        calendar = WorkCalendar("Europe/Prague", NINE_TO_FIVE)
        spring = clock.deadline(at("2026-03-27 15:00"), Term(2, "hours"), calendar)
        autumn = clock.deadline(at("2026-10-23 14:00"), Term(2, "hours"), calendar)
        self.assertEqual((spring, autumn), (at("2026-03-30 08:00"), at("2026-10-26 09:00")))
        # 24 elapsed hours stay 24 hours
        self.assertEqual(
            clock.deadline(at("2026-03-28 12:00"), Term(24, "elapsed_hours"), calendar), at("2026-03-29 12:00")
        )

    def test_a_skipped_hour_is_no_working_time(self):
        shift = WorkCalendar("Europe/Prague", (((60, 150), (150, 240)),) * 7)  # 1:00 to 2:30 to 4:00
        windows = shift.windows(date(2026, 3, 29))
        self.assertEqual(windows, [(at("2026-03-29 00:00"), at("2026-03-29 02:00"))])

    def test_alternating_weeks(self):
        calendar = WorkCalendar("UTC", NINE_TO_FIVE + ((),) * 7)
        monday = next(day for day in (date(2026, 3, 2), date(2026, 3, 9)) if calendar.is_working_day(day))
        self.assertFalse(calendar.is_working_day(monday + 7 * clock.DAY))
        self.assertTrue(calendar.is_working_day(monday + 14 * clock.DAY))

    def test_no_working_time(self):
        empty = WorkCalendar("UTC", ((),) * 7)
        for unit in ("hours", "working_days"):
            with self.assertRaises(clock.NoWorkingTimeError):
                clock.deadline(at("2026-03-06 11:00"), Term(1, unit), empty)
        with self.assertRaises(clock.NoWorkingTimeError):
            clock.deadline(at("2026-03-06 11:00"), Term(1, "weeks", roll="next"), empty)
        self.assertEqual(clock.deadline(at("2026-03-06 11:00"), Term(1, "days"), empty), at("2026-03-07 23:59:59"))

    def test_bad_terms(self):
        for amount, unit, rule in ((-1, "days", "none"), (1, "fortnights", "none"), (1, "days", "sometimes")):
            with self.assertRaises(ValueError):
                Term(amount, unit, rule)

    # === PAUSES === #

    def test_pauses(self):
        calendar = WorkCalendar("UTC", NINE_TO_FIVE)
        start = at("2026-03-02 09:00")

        def due(term, *pauses):
            return clock.deadline(start, term, calendar, [(at(a), at(b)) for a, b in pauses])

        self.assertEqual(due(Term(2, "hours"), ("2026-03-02 10:00", "2026-03-02 10:30")), at("2026-03-02 11:30"))
        # outside working hours a pause costs nothing
        self.assertEqual(due(Term(8, "hours"), ("2026-03-02 17:00", "2026-03-03 09:00")), at("2026-03-03 10:00"))
        # a whole working day waits, a part of one does not
        self.assertEqual(
            calendar.local_day(due(Term(3, "working_days"), ("2026-03-03 00:00", "2026-03-04 08:00"))),
            date(2026, 3, 6),
        )
        self.assertEqual(
            calendar.local_day(due(Term(3, "working_days"), ("2026-03-03 10:00", "2026-03-03 23:00"))),
            date(2026, 3, 5),
        )
        # twice the same pause is one
        twice = (("2026-03-02 10:00", "2026-03-02 10:30"),) * 2
        self.assertEqual(due(Term(2, "hours"), *twice), at("2026-03-02 11:30"))

    def test_a_hundred_pauses(self):
        calendar = clock.always_open()
        start = at("2026-03-02 00:00")
        pauses = [(start + timedelta(minutes=2 * n), start + timedelta(minutes=2 * n + 1)) for n in range(100)]
        self.assertEqual(
            clock.deadline(start, Term(2, "elapsed_hours"), calendar, pauses), start + timedelta(minutes=220)
        )

    def test_warnings_in_working_time(self):
        calendar = WorkCalendar("UTC", NINE_TO_FIVE)
        start, term = at("2026-03-06 16:00"), Term(4, "hours")  # Friday; due Monday 13:00 + 0
        due = clock.deadline(start, term, calendar)
        self.assertEqual(due, at("2026-03-09 12:00"))
        self.assertEqual(
            clock.moments(start, due, term, calendar, (0.5, 0.75, 0.9)),
            [at("2026-03-09 10:00"), at("2026-03-09 11:00"), at("2026-03-09 11:36")],
        )
        self.assertEqual(clock.opening_after(due, 1, calendar), at("2026-03-10 09:00"))

    # === PROPERTIES === #

    @settings(max_examples=150, deadline=None)
    @given(start=MINUTES, minutes=st.integers(0, 3000), calendar=CALENDARS, pauses=PAUSES)
    def test_adding_and_measuring_agree(self, start, minutes, calendar, pauses):
        due = clock.add_seconds(start, minutes * 60, calendar, pauses)
        assert due >= start
        assert clock.working_seconds(start, due, calendar, pauses) == minutes * 60
        # nothing is given away: one second earlier the time is not yet used up
        if minutes:
            earlier = due - timedelta(seconds=1)
            assert clock.working_seconds(start, earlier, calendar, pauses) == minutes * 60 - 1

    @settings(max_examples=60, deadline=None)
    @given(start=MINUTES, length=st.integers(0, 4000), calendar=CALENDARS, pauses=PAUSES)
    def test_measuring_against_counting_minutes(self, start, length, calendar, pauses):
        """The oracle asks each minute whether somebody works and nobody waits."""
        end = start + timedelta(minutes=length)
        counted = 0
        for n in range(length):
            minute = start + timedelta(minutes=n)
            windows = calendar.windows(calendar.local_day(minute))
            works = any(a <= minute < b for a, b in windows)
            counted += works and not any(a <= minute < b for a, b in pauses)
        assert clock.working_seconds(start, end, calendar, pauses) == counted * 60

    @settings(max_examples=100, deadline=None)
    @given(
        start=MINUTES,
        amount=st.integers(0, 40),
        unit=st.sampled_from(clock.UNITS),
        rule=st.sampled_from(("none", "next")),
        calendar=CALENDARS,
        pauses=PAUSES,
    )
    def test_more_time_or_more_pause_is_never_earlier(self, start, amount, unit, rule, calendar, pauses):
        due = clock.deadline(start, Term(amount, unit, rule), calendar)
        assert due >= start
        assert clock.deadline(start, Term(amount + 1, unit, rule), calendar) >= due
        assert clock.deadline(start, Term(amount, unit, rule), calendar, pauses) >= due

    @settings(max_examples=60, deadline=None)
    @given(start=MINUTES, amount=st.integers(1, 30), unit=st.sampled_from(clock.UNITS), calendar=CALENDARS)
    def test_warnings_come_in_order(self, start, amount, unit, calendar):
        term = Term(amount, unit)
        due = clock.deadline(start, term, calendar)
        found = clock.moments(start, due, term, calendar, (0.5, 0.75, 0.9))
        assert [start, *found, due] == sorted([start, *found, due])
        assert clock.opening_after(due, 1, calendar) > due
