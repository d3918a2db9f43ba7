"""Two notes of one rival's bid become one."""

from collections.abc import Iterable, Mapping

DECIDED = ("won", "lost", "withdrawn", "excluded")


def merged(kept: Mapping, others: Iterable[Mapping]) -> dict:
    """What the bid that stays has to take over from its doubles: what it does not know itself, and every reason.

    An amount goes with its currency. A decided outcome is better than a pending one; of two decided ones the bid that
    stays is right.

    :param kept: ``amount``, ``currency_id``, ``outcome``, ``reason``, ``date`` of the bid that stays
    :return: values to write; empty when it knows everything already

    >>> merged({"amount": 0, "currency_id": 1, "outcome": "pending", "reason": "", "date": None},
    ...        [{"amount": 90, "currency_id": 2, "outcome": "lost", "reason": "late", "date": None}])
    {'amount': 90, 'currency_id': 2, 'outcome': 'lost', 'reason': 'late'}
    """
    result = dict(kept)
    reasons = (kept["reason"] or "").split("; ")
    for other in others:
        if not result["amount"] and other["amount"]:
            result["amount"], result["currency_id"] = other["amount"], other["currency_id"]
        if result["outcome"] not in DECIDED and other["outcome"] in DECIDED:
            result["outcome"] = other["outcome"]
        result["date"] = result["date"] or other["date"]
        reasons += (other["reason"] or "").split("; ")
    result["reason"] = "; ".join(filter(None, dict.fromkeys(reasons)))
    return {name: value for name, value in result.items() if (value or False) != (kept[name] or False)}
