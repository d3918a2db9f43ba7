"""May this customer be contacted? The rules of contact, without the ORM.

Moments are naive and in UTC, as Odoo stores them; hours of a day are minutes
of the customer's own wall clock. A window holds by what that clock shows, so a
night on which it is put forward or back needs no special case.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from . import consent

ALLOW, WARN, REFUSE = "allow", "warn", "refuse"
SEVERITY = {ALLOW: 0, WARN: 1, REFUSE: 2}
ALWAYS_ON = ("restricted", "suppressed")
"""Conditions that hold whatever rules there are: processing is restricted, the address asked for was erased."""
SERVICE = "service"
MARKETING = "marketing"
DAY_MINUTES = 24 * 60
SEARCH_DAYS = 15
"""Weekly hours repeat after 7 days; one more week for an hour that a clock change swallowed."""

DAY_GROUPS = {"all": range(7), "workdays": range(5), "weekend": (5, 6), **{str(day): (day,) for day in range(7)}}


@dataclass(frozen=True, slots=True)
class Window:
    """Minutes ``start <= minute < end`` of one day of the week (Monday is 0)."""

    weekday: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. ``windows`` and ``channels`` are for customers who said nothing themselves."""

    id: int
    condition: str
    effect: str
    windows: tuple[Window, ...] = ()
    channels: tuple[str, ...] = ()
    limit: int = 0
    days: int = 0
    basis: str | None = None
    soft: bool = False


@dataclass(frozen=True, slots=True)
class Customer:
    """What the rules have to know about one customer; own answers before those of the company they belong to."""

    zone: str = "UTC"
    channels: tuple[str, ...] = ()
    windows: tuple[Window, ...] = ()
    no_contact: str | None = None
    until: date | None = None
    limit: int = 0
    days: int = 0
    excluded: bool = False
    consent: str | None = None
    barred: str | None = None
    touches: dict[int, tuple[datetime, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that the contact would break, and until when (None: for as long as nothing changes)."""

    rule: Rule
    effect: str
    clear: datetime | None


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer; ``next_moment``: the earliest with a milder one, ``at`` itself when allowed, None: there is none."""

    effect: str
    at: datetime
    next_moment: datetime | None
    findings: tuple[Finding, ...] = ()
    reasons: tuple[str, ...] = ()


# === HOURS === #


@lru_cache(maxsize=4096)
def expand(days: str, start: int, end: int) -> tuple[Window, ...]:
    """Windows of a line such as "all days 20:00 to 8:00"; an end before the start lies on the next day.

    >>> expand("workdays", 540, 1020)[0]
    Window(weekday=0, start=540, end=1020)
    >>> expand("6", 1200, 480)
    (Window(weekday=6, start=1200, end=1440), Window(weekday=0, start=0, end=480))
    """
    windows = []
    for day in DAY_GROUPS[days]:
        if start < end:
            windows.append(Window(day, start, end))
        else:
            windows.append(Window(day, start, DAY_MINUTES))
            if end:
                windows.append(Window((day + 1) % 7, 0, end))
    return tuple(windows)


def holds(windows: tuple[Window, ...], wall: datetime) -> bool:
    """Whether the wall clock stands within one of the windows."""
    minute = wall.hour * 60 + wall.minute
    weekday = wall.weekday()
    return any(window.weekday == weekday and window.start <= minute < window.end for window in windows)


@lru_cache(maxsize=512)
def zone_of(name: str) -> ZoneInfo:
    """The zone of that name; UTC for a name that nobody knows."""
    try:
        return ZoneInfo(name or "UTC")
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def wall_clock(at: datetime, zone: str) -> datetime:
    """What the customer's clock shows.

    >>> wall_clock(datetime(2026, 7, 1, 12), "Europe/Belgrade")
    datetime.datetime(2026, 7, 1, 14, 0)
    """
    return at.replace(tzinfo=UTC).astimezone(zone_of(zone)).replace(tzinfo=None, fold=0)


def _moments(wall: datetime, zone: str):
    """The one or two moments at which the clock shows this (for a time that is skipped: moments around it)."""
    aware = wall.replace(tzinfo=zone_of(zone))
    return {aware.replace(fold=fold).astimezone(UTC).replace(tzinfo=None) for fold in (0, 1)}


@lru_cache(maxsize=4096)
def _clock_changes(day: date, zone: str) -> tuple[datetime, ...]:
    """Moments within a day of UTC from which on the clock goes differently."""
    low = datetime.combine(day, time()).replace(tzinfo=UTC)
    high = low + timedelta(days=1)
    info = zone_of(zone)

    def offset(moment):
        return moment.astimezone(info).utcoffset()

    if offset(low) == offset(high):
        return ()
    before = offset(low)
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        middle = middle.replace(microsecond=0)
        if offset(middle) == before:
            low = middle
        else:
            high = middle
    return (high.replace(tzinfo=None),)


def first_moment(at: datetime, zone: str, test: Callable[[datetime], bool], minutes) -> datetime | None:
    """The earliest moment from ``at`` on when the wall clock passes the test.

    :param minutes: minutes of the day at which the answer of the test may change
    :return: None when there is none within two weeks
    """
    if test(wall_clock(at, zone)):
        return at
    today = wall_clock(at, zone).date()
    for number in range(SEARCH_DAYS):
        day = today + timedelta(days=number)
        midnight = datetime.combine(day, time())
        candidates = set()
        for minute in minutes:
            # the end of a day is the start of the next one, and looked at with that one
            candidates |= _moments(midnight + timedelta(minutes=minute % DAY_MINUTES), zone)
        for utc_day in (day - timedelta(days=1), day, day + timedelta(days=1)):
            candidates.update(_clock_changes(utc_day, zone))
        # a change of the clock may lie on the day after, of which the other moments are still to come
        found = [
            moment
            for moment in candidates
            if moment > at and (wall := wall_clock(moment, zone)).date() <= day and test(wall)
        ]
        if found:
            return min(found)
    return None


# === RULES === #


def cap_clear(at: datetime, touches, limit: int, days: int) -> datetime | None:
    """The earliest moment from ``at`` on with fewer than ``limit`` contacts in the ``days`` times 24 hours before.

    >>> cap_clear(datetime(2026, 1, 8), [datetime(2026, 1, 2), datetime(2026, 1, 5)], 2, 7)
    datetime.datetime(2026, 1, 9, 0, 0)
    """
    if limit <= 0:
        return None
    period = timedelta(days=days)
    while True:
        within = sorted(touch for touch in touches if at - period < touch <= at)
        if len(within) < limit:
            return at
        at = within[-limit] + period


def _clear_no_contact(customer, purpose, at):
    applies = customer.no_contact == "all" or (customer.no_contact == "marketing" and purpose == MARKETING)
    if not applies:
        return at
    until = customer.until
    if not until:
        return None
    if wall_clock(at, customer.zone).date() > until:
        return at
    start = max(at, datetime.combine(until, time()) - timedelta(days=1))
    return first_moment(start, customer.zone, lambda wall: wall.date() > until, (0,))


def clear_after(rule: Rule, customer: Customer, channel: str, purpose: str, at: datetime) -> datetime | None:
    """The earliest moment from ``at`` on at which the contact does not break this rule; None: never by itself."""
    if rule.condition == "no_contact":
        return _clear_no_contact(customer, purpose, at)
    if rule.condition == "channel":
        channels = customer.channels or rule.channels
        return at if not channels or channel in channels else None
    if rule.condition == "hours":
        windows = customer.windows or rule.windows
        if not windows:
            return at
        return first_moment(
            at, customer.zone, lambda wall: holds(windows, wall), {window.start for window in windows}
        )
    if rule.condition == "quiet":
        ends = {window.end for window in rule.windows}
        return first_moment(at, customer.zone, lambda wall: not holds(rule.windows, wall), ends)
    if rule.condition == "wish":
        if not customer.limit:
            return at
        return cap_clear(at, customer.touches.get(rule.id, ()), customer.limit, customer.days)
    if rule.condition == "cap":
        return cap_clear(at, customer.touches.get(rule.id, ()), rule.limit, rule.days)
    if rule.condition == "excluded":
        return None if customer.excluded else at
    if rule.condition in ALWAYS_ON:
        return None if customer.barred == rule.condition else at
    if rule.condition == "consent":
        return at if not rule.basis or consent.allowed(rule.basis, customer.consent, rule.soft) else None
    return None  # "always": whoever the rule is about


def effect_of(rule: Rule, purpose: str) -> str:
    """What breaking the rule leads to: service is never refused, at most warned about.

    >>> effect_of(Rule(1, "quiet", "refuse"), "service")
    'warn'
    """
    return WARN if purpose == SERVICE and rule.effect == REFUSE else rule.effect


def decide(rules, customer: Customer, channel: str, purpose: str, at: datetime) -> Decision:
    """The answer for one customer, channel, purpose and moment."""
    findings = []
    for rule in rules:
        clear = clear_after(rule, customer, channel, purpose, at)
        if clear != at:
            findings.append(Finding(rule, effect_of(rule, purpose), clear))
    if not findings:
        return Decision(ALLOW, at, at)
    findings.sort(key=lambda finding: -SEVERITY[finding.effect])
    effect = findings[0].effect
    strict = [rule for rule in rules if SEVERITY[effect_of(rule, purpose)] >= SEVERITY[effect]]
    return Decision(effect, at, _all_clear(strict, customer, channel, purpose, at), tuple(findings))


def _all_clear(rules, customer, channel, purpose, at):
    """The earliest moment at which none of these rules is broken: each in turn pushes it later."""
    moment, settled = at, 0
    for turn in range(200):
        rule = rules[turn % len(rules)]
        clear = clear_after(rule, customer, channel, purpose, moment)
        if clear is None:
            return None
        settled = settled + 1 if clear == moment else 1
        moment = clear
        if settled == len(rules):
            return moment
    return None


def decide_day(rules, customer: Customer, channel: str, purpose: str, day: date) -> Decision:
    """The mildest answer within a day of the customer's: for what has a day, but not a time."""
    midnight = datetime.combine(day, time()) - timedelta(days=2)
    start = first_moment(midnight, customer.zone, lambda wall: wall.date() >= day, (0,))
    decision = decide(rules, customer, channel, purpose, start)
    while decision.effect != ALLOW and decision.next_moment:
        if wall_clock(decision.next_moment, customer.zone).date() > day:
            break
        decision = decide(rules, customer, channel, purpose, decision.next_moment)
    lasting = tuple(
        finding
        for finding in decision.findings
        if not finding.clear or wall_clock(finding.clear, customer.zone).date() > day
    )
    # what is over later that day is not the reason; unless only several such together are
    return replace(decision, findings=lasting) if lasting and lasting[0].effect == decision.effect else decision


# === WORDS === #


def hours_text(lines, labels: dict[str, str]) -> str:
    """Hours in words, as they were entered.

    >>> hours_text([("workdays", 540, 1020), ("5", 600, 720)], {"workdays": "Mon-Fri", "5": "Sat"})
    'Mon-Fri 9:00-17:00, Sat 10:00-12:00'
    """

    def clock(minute):
        return f"{minute // 60}:{minute % 60:02d}"

    return ", ".join(f"{labels[days]} {clock(start)}-{clock(end)}" for days, start, end in lines)
