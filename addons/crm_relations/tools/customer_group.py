"""Groups I to IV of customers, derived from what they need, without the ORM.

=============  =======  ========
requirements   uniform  variable
=============  =======  ========
general        I        II
specific       III      IV
=============  =======  ========

Every need that is open or was met is one vote on both questions; a need that
says nothing on a question abstains there. The majority decides; a tie goes to
the more demanding side (specific, variable), because taking a demanding
customer for an easy one costs more than the reverse. Without any vote on one of
the questions there is no group.
"""

from collections.abc import Iterable
from types import MappingProxyType

GROUPS = MappingProxyType(
    {
        ("general", "uniform"): "I",
        ("general", "variable"): "II",
        ("specific", "uniform"): "III",
        ("specific", "variable"): "IV",
    }
)


def majority(easy: int, demanding: int) -> bool | None:
    """Whether the demanding side wins; None without votes.

    >>> majority(2, 1), majority(1, 1), majority(0, 0)
    (False, True, None)
    """
    if not easy and not demanding:
        return None
    return demanding >= easy


def derive_group(votes: Iterable[tuple[str | None, str | None]]) -> str | None:
    """The group of a customer from (requirement, stability) of each need.

    >>> derive_group([("general", "uniform"), ("general", None), ("specific", "variable")])
    'II'
    >>> derive_group([("general", None)])
    """
    votes = list(votes)
    requirements = [requirement for requirement, _stability in votes]
    stabilities = [stability for _requirement, stability in votes]
    specific = majority(requirements.count("general"), requirements.count("specific"))
    variable = majority(stabilities.count("uniform"), stabilities.count("variable"))
    if specific is None or variable is None:
        return None
    return GROUPS["specific" if specific else "general", "variable" if variable else "uniform"]


def party_kind(by_hand: str | None, is_company: bool) -> str:
    """Citizen, business or public institution: as set by hand, else a company is a business.

    >>> party_kind(None, True), party_kind(None, False), party_kind("public", True)
    ('business', 'citizen', 'public')
    """
    return by_hand or ("business" if is_company else "citizen")
