"""The key that makes one request one task."""

import hashlib
import unicodedata
from collections.abc import Iterable


def normalized(title: str) -> str:
    """The title as a reader would compare it: letter case, width and spacing do not matter.

    Folded and normalised twice, after Unicode's definition of a compatibility caseless match (D146): the one may
    undo the other.

    >>> normalized("  Site   Survey ")
    'site survey'
    """
    for _round in range(2):
        title = unicodedata.normalize("NFKC", title.casefold())
    return " ".join(title.split())


def task_key(lead_id: int, project_id: int, title: str) -> str:
    """What a request for work is, apart from who asks and when: the opportunity, the project and the title.

    >>> task_key(7, 3, "Site survey") == task_key(7, 3, "site  SURVEY")
    True
    """
    digest = hashlib.sha256(normalized(title).encode()).hexdigest()[:24]
    return f"crm.lead:{int(lead_id)}:{int(project_id)}:{digest}"


def next_key(request: str, earlier: Iterable[str]) -> str:
    """The key of the next task of a request; a finished one may be asked for again.

    Whoever sees the same earlier tasks gets the same key, and the database lets only one of them have it.

    :param earlier: keys of the tasks that the request has had

    >>> next_key("r", [])
    'r:0'
    >>> next_key("r", ["r:0", "r:4"])
    'r:5'
    """
    return f"{request}:{max((int(key.rpartition(':')[2]) for key in earlier), default=-1) + 1}"
