"""Rules about alerts, without the ORM."""

from dataclasses import dataclass
from datetime import date, timedelta

BIRTHDAY_GRACE_DAYS = 3
"""A birthday found late (the job slept over a weekend) is still worth a call."""

MAX_DAYS = 3650


@dataclass(frozen=True)
class AlertCondition:
    """One ready-made condition of alert rules.

    :ivar label: what the administrator chooses, in the reader's language
    :ivar method: name of the method of ``crm.alert.rule`` that returns the cases as
        SQL: a SELECT with the columns ``partner_id``, ``case_key`` (names the case:
        the same case has the same key at every evaluation), ``detail`` (one or two
        words shown after the rule's name, may be NULL) and ``user_id`` (who should
        care, may be NULL: the customer's salesperson). A case that names a document of a
        company has that company in a column ``company``: nobody else sees the alert.
    :ivar needs_days: whether the number of days of the rule means something
    """

    label: str
    method: str
    needs_days: bool = True


def birthday_in(birth: date, year: int) -> date:
    """The birthday in a year; who was born on a leap day has it on 28 February otherwise.

    >>> birthday_in(date(2000, 2, 29), 2026), birthday_in(date(2000, 2, 29), 2028)
    (datetime.date(2026, 2, 28), datetime.date(2028, 2, 29))
    """
    try:
        return birth.replace(year=year)
    except ValueError:
        return birth.replace(year=year, day=28)


def birthday_near(birth: date, today: date, ahead: int, grace: int = BIRTHDAY_GRACE_DAYS) -> date | None:
    """The birthday between ``grace`` days ago and ``ahead`` days from now; None when there is none.

    >>> birthday_near(date(1980, 1, 2), date(2026, 12, 30), ahead=7)
    datetime.date(2027, 1, 2)
    >>> birthday_near(date(1980, 7, 2), date(2026, 12, 30), ahead=7)
    """
    for year in (today.year - 1, today.year, today.year + 1):
        day = birthday_in(birth, year)
        if day > birth and today - timedelta(days=grace) <= day <= today + timedelta(days=ahead):
            return day
    return None


def fires_again(last: date, today: date, every: int) -> bool:
    """Whether a case that fired on a day fires again; never twice for days that were slept over.

    >>> fires_again(date(2026, 3, 1), date(2026, 3, 8), 7), fires_again(date(2026, 3, 1), date(2026, 3, 8), 0)
    (True, False)
    """
    return every > 0 and today - last >= timedelta(days=every)
