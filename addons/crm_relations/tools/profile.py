"""Ages and age bands: what a birth date means today, and which birth dates mean an age."""
import calendar
from datetime import date, timedelta

# code, youngest age, oldest age (None: open)
AGE_BANDS = [
    ("0_17", 0, 17),
    ("18_24", 18, 24),
    ("25_34", 25, 34),
    ("35_44", 35, 44),
    ("45_54", 45, 54),
    ("55_64", 55, 64),
    ("65", 65, None),
]

OLDEST = 130
"""Years; whoever would be older was born in another year."""


def age(birth, today):
    """Completed years on a day; who was born on 29 February is a year older on 1 March of other years.

    :param date birth: the birth date, not after `today`
    :rtype: int
    """
    return today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))


def latest_birth(years, today):
    """The latest birth date with which somebody is at least `years` old, or None when no date is that old.

    :param int years: completed years, 0 or more
    :rtype: date | None
    """
    year = today.year - years
    if year < date.min.year:
        return None
    if (today.month, today.day) == (2, 29) and not calendar.isleap(year):
        return date(year, 2, 28)
    return today.replace(year=year)


def birth_range(youngest, oldest, today):
    """The birth dates of everybody from `youngest` to `oldest` completed years.

    :param int youngest: at least this old
    :param oldest: at most this old; None for no limit
    :return: ``(first, last)`` or None when nobody can be of that age. `first` is None without an oldest age.
    """
    youngest = max(youngest, 0)
    last = latest_birth(youngest, today)
    if last is None or (oldest is not None and oldest < youngest):
        return None
    if oldest is None:
        return None, last
    before = latest_birth(oldest + 1, today)
    return (before + timedelta(days=1) if before else None), last


def age_band(years):
    """The code of the band that an age falls in.

    :param int years: completed years, 0 or more
    """
    return next(code for code, low, high in AGE_BANDS if low <= years and (high is None or years <= high))


def band_limits(code):
    """The youngest and oldest age of a band; the oldest is None when open.

    :raises KeyError: there is no such band
    """
    return {band: (low, high) for band, low, high in AGE_BANDS}[code]
