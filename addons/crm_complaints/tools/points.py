"""Points of a complaint: what was decided on each and on the whole, as pure functions."""


def overall(decisions) -> str | None:
    """The decision on the whole that those on the points amount to; nothing while one is open or there are none.

    >>> overall(["upheld", "not_upheld"]), overall(["upheld", "upheld"]), overall(["upheld", None]), overall([])
    ('partly', 'upheld', None, None)
    """
    decisions = list(decisions)
    if not decisions or not all(decisions):
        return None
    found = set(decisions)
    return found.pop() if len(found) == 1 else "partly"
