"""Deadlines: pure arithmetic of working calendars, pauses and legal periods.

All moments are naive UTC datetimes, as Odoo stores them. Days are days of the
calendar's time zone. Periods of days, weeks and months end at the end of a day
("within eight weeks"), periods of hours end at a moment.

Sources of the rules: FCA DISP 1.5.4R and 1.6.2R (business days following the
day of receipt, weeks), PSD2 art. 101 (business days), Regulation 1182/71
(last day rolls to the next working day), ICO guidance on time limits
(corresponding date, last day of a shorter month).
"""

from bisect import bisect_left
from calendar import monthrange
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
HORIZON = 800
"""Days without one working minute after which a calendar counts as having none."""

UNITS = ("hours", "elapsed_hours", "working_days", "days", "weeks", "months")
WORKING_UNITS = frozenset({"hours", "working_days"})
"""Units in which time outside working hours does not count."""
ROLLS = ("none", "next", "previous")

Span = tuple[datetime, datetime]


class NoWorkingTimeError(ValueError):
    """The calendar has no working time within :data:`HORIZON` days."""


@dataclass(frozen=True)
class WorkCalendar:
    """Working hours by the week, and what is closed.

    :ivar zone: IANA name of the time zone
    :ivar week: 7 days, or 14 for calendars of two alternating weeks; each day a sequence of
        (start, end) in minutes since midnight. Several spans make breaks.
    :ivar closed: (start, end) in UTC during which nobody works: holidays, closures; sorted by start
    """

    zone: str
    week: tuple[tuple[tuple[int, int], ...], ...]
    closed: tuple[Span, ...] = ()

    def local_day(self, moment: datetime) -> date:
        return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(self.zone)).date()

    def midnight(self, day: date) -> datetime:
        """The first moment of a day, in UTC."""
        return _to_utc(day, 0, self.zone)

    def windows(self, day: date) -> list[Span]:
        """Working time of one day in UTC, holidays taken out; empty when nobody works."""
        index = day.weekday()
        if len(self.week) == 14:  # the parity Odoo counts alternating weeks with
            index += 7 * ((day.toordinal() - 1) // 7 % 2)
        spans = merge((_to_utc(day, start, self.zone), _to_utc(day, end, self.zone)) for start, end in self.week[index])
        return subtract(spans, self.closed)

    def is_working_day(self, day: date) -> bool:
        return bool(self.windows(day))


def always_open(zone: str = "UTC") -> WorkCalendar:
    """The calendar of elapsed time."""
    return WorkCalendar(zone, (((0, 1440),),) * 7)


@dataclass(frozen=True)
class Term:
    """How long a clock may run.

    :ivar amount: number of units, not negative
    :ivar unit: one of :data:`UNITS`
    :ivar roll: where a last day that is no working day goes, one of :data:`ROLLS`
    :ivar close_of_business: the last day ends with its working time, not at midnight
    """

    amount: int
    unit: str
    roll: str = "none"
    close_of_business: bool = False

    def __post_init__(self):
        if self.unit not in UNITS or self.roll not in ROLLS or self.amount < 0:
            raise ValueError(f"no such term: {self}")


# --- spans


def merge(spans: Iterable[Span]) -> list[Span]:
    """Sorted and disjoint spans that cover the same time; empty and inverted ones vanish."""
    merged: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def subtract(spans: Sequence[Span], holes: Sequence[Span]) -> list[Span]:
    """What is left of disjoint ``spans`` without ``holes`` (both sorted)."""
    left = list(spans)
    for hole_start, hole_end in holes:
        if not left or hole_start >= left[-1][1]:
            break
        if hole_end <= left[0][0]:
            continue
        left = [
            piece
            for start, end in left
            for piece in ((start, min(end, hole_start)), (max(start, hole_end), end))
            if piece[0] < piece[1]
        ]
    return left


def _to_utc(day: date, minute: int, zone: str) -> datetime:
    """The UTC moment of a wall-clock time; the first one of a repeated hour, the jump for a skipped one."""
    wall = datetime.combine(day, time()) + timedelta(minutes=minute)
    info = ZoneInfo(zone)
    early, late = (
        wall.replace(tzinfo=info, fold=fold).astimezone(UTC).replace(tzinfo=None) for fold in (0, 1)
    )  # fmt: skip
    if early <= late:  # an ordinary or a repeated time
        return early
    # a skipped time: the zone jumps between the two readings (fold 0 gives the later one)
    seconds = int((early - late).total_seconds())
    offset = _offset(late, info)
    jump = bisect_left(range(seconds), True, key=lambda x: _offset(late + timedelta(seconds=x), info) != offset)
    return late + timedelta(seconds=jump)


def _offset(moment: datetime, info: ZoneInfo) -> timedelta:
    return moment.replace(tzinfo=UTC).astimezone(info).utcoffset()


def open_spans(start: datetime, calendar: WorkCalendar, pauses: Sequence[Span] = ()) -> Iterator[Span]:
    """Working time from ``start`` on, without the pauses.

    :raises NoWorkingTimeError: after :data:`HORIZON` days without any
    """
    pauses = merge(pauses)
    day = calendar.local_day(start) - DAY
    empty = 0
    while empty <= HORIZON:
        day += DAY
        windows = calendar.windows(day)
        empty = 0 if windows else empty + 1
        for span_start, span_end in subtract(windows, pauses):
            if span_end > start:
                yield max(span_start, start), span_end
    raise NoWorkingTimeError(calendar.zone)


def working_seconds(start: datetime, end: datetime, calendar: WorkCalendar, pauses: Sequence[Span] = ()) -> float:
    """Working seconds between two moments; 0 when ``end`` is not after ``start``."""
    total, day, last = 0.0, calendar.local_day(start), calendar.local_day(end)
    pauses = merge(pauses)
    while day <= last:
        for span_start, span_end in subtract(calendar.windows(day), pauses):
            total += max(0.0, (min(span_end, end) - max(span_start, start)).total_seconds())
        day += DAY
    return total


def add_seconds(start: datetime, seconds: float, calendar: WorkCalendar, pauses: Sequence[Span] = ()) -> datetime:
    """The moment at which ``seconds`` of working time have passed.

    :raises ValueError: for a negative amount
    :raises NoWorkingTimeError: when the calendar has no working time
    """
    if seconds < 0:
        raise ValueError("a clock does not run backwards")
    if not seconds:
        return start
    for span_start, span_end in open_spans(start, calendar, pauses):
        length = (span_end - span_start).total_seconds()
        if seconds <= length:
            return span_start + timedelta(seconds=seconds)
        seconds -= length
    raise AssertionError("unreachable: open_spans ends by an exception only")


# --- days


def working_day_after(day: date, count: int, calendar: WorkCalendar, pauses: Sequence[Span] = ()) -> date:
    """The ``count``-th working day following ``day``.

    A day on which the clock stood through all the working time does not count; one on which it ran for
    a moment does: a pause never gives more than it took.

    :raises NoWorkingTimeError: when the calendar has no working time
    """
    pauses, empty = merge(pauses), 0
    while count:
        day += DAY
        windows = calendar.windows(day)
        empty = 0 if windows else empty + 1
        if empty > HORIZON:
            raise NoWorkingTimeError(calendar.zone)
        count -= bool(subtract(windows, pauses))
    return day


def add_months(day: date, months: int) -> date:
    """The corresponding date; the last day of a month that is too short.

    >>> add_months(date(2026, 1, 31), 1)
    datetime.date(2026, 2, 28)
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def roll(day: date, rule: str, calendar: WorkCalendar) -> date:
    """The day itself when it is a working day, else the next or previous one as the rule says.

    :raises NoWorkingTimeError: when the calendar has no working time
    """
    step = {"none": 0, "next": 1, "previous": -1}[rule]
    for _attempt in range(HORIZON):
        if not step or calendar.is_working_day(day):
            return day
        day += step * DAY
    raise NoWorkingTimeError(calendar.zone)


def end_of_day(day: date, calendar: WorkCalendar, close_of_business: bool = False) -> datetime:
    """The last second of a day, or the close of business where there is business."""
    if close_of_business and (windows := calendar.windows(day)):
        return windows[-1][1]
    return calendar.midnight(day + DAY) - timedelta(seconds=1)


def _skip_paused_days(first: date, last: date, calendar: WorkCalendar, pauses: Sequence[Span]) -> date:
    """Move ``last`` by the calendar days after ``first`` that were paused from midnight to midnight."""
    pauses, day = merge(pauses), first
    while day < last:
        day += DAY
        if not subtract([(calendar.midnight(day), calendar.midnight(day + DAY))], pauses):
            last += DAY
    return last


# --- the clock


def deadline(start: datetime, term: Term, calendar: WorkCalendar, pauses: Sequence[Span] = ()) -> datetime:
    """The last moment at which what is due is still in time.

    :param start: when the clock starts; the day of it is day zero of periods in days
    :param pauses: when the clock stood, e.g. waiting for the customer
    :raises NoWorkingTimeError: when the term needs working time and the calendar has none
    """
    if term.unit == "hours":
        return add_seconds(start, term.amount * 3600, calendar, pauses)
    if term.unit == "elapsed_hours":
        return add_seconds(start, term.amount * 3600, always_open(), pauses)
    first = calendar.local_day(start)
    if term.unit == "working_days":
        day = working_day_after(first, term.amount, calendar, pauses)
    elif term.unit == "months":
        day = _skip_paused_days(first, add_months(first, term.amount), calendar, pauses)
    else:
        days = term.amount * (7 if term.unit == "weeks" else 1)
        day = _skip_paused_days(first, first + days * DAY, calendar, pauses)
    return end_of_day(roll(day, term.roll, calendar), calendar, term.close_of_business)


def moments(
    start: datetime,
    due: datetime,
    term: Term,
    calendar: WorkCalendar,
    fractions: Sequence[float],
    pauses: Sequence[Span] = (),
) -> list[datetime]:
    """When the given parts of the time between start and deadline are used up.

    Measured in working time where the term is, so that 'half the time is gone' means time to work in.
    """
    basis = calendar if term.unit in WORKING_UNITS else always_open()
    total = working_seconds(start, due, basis, pauses)
    if not total:
        return [start + (due - start) * fraction for fraction in fractions]
    return [min(due, add_seconds(start, total * fraction, basis, pauses)) for fraction in fractions]


def opening_after(moment: datetime, count: int, calendar: WorkCalendar) -> datetime:
    """The start of work on the ``count``-th working day following; where a late case is taken further up.

    >>> opening_after(datetime(2026, 4, 2, 12), 1, always_open())
    datetime.datetime(2026, 4, 3, 0, 0)
    """
    return calendar.windows(working_day_after(calendar.local_day(moment), count, calendar))[0][0]
