"""Movement between segments as pure arithmetic on counts: shares and what follows if they repeat."""


def shares(counts):
    """Return the share of each state's customers that went to each other state.

    :param dict counts: ``{(from, to): customers}``; ``None`` as a state means absent
    :return: ``{from: {to: share}}``, the shares of a state summing to 1

    >>> shares({("a", "a"): 3, ("a", "b"): 1, (None, "a"): 5})
    {'a': {'a': 0.75, 'b': 0.25}}
    """
    totals = {}
    for (before, _after), count in counts.items():
        totals[before] = totals.get(before, 0) + count
    result = {}
    for (before, after), count in counts.items():
        if before is not None and count:
            result.setdefault(before, {})[after] = count / totals[before]
    return result


def outlook(counts):
    """Return the expected customers per state after one more period like the last (a Markov chain).

    Newcomers have no state to come from: as many as in the last period are expected again.
    Customers in a state from which nobody came before stay where they are.

    :param dict counts: ``{(from, to): customers}`` of the last period
    :return: ``{state: (now, expected)}``; the state ``None`` is left out

    >>> outlook({("a", "a"): 3, ("a", "b"): 1, ("b", "b"): 1, (None, "a"): 1})
    {'a': (4, 4.0), 'b': (2, 3.0)}
    """
    now, expected = {}, {}
    for (_before, after), count in counts.items():
        now[after] = now.get(after, 0) + count
    chain = shares(counts)
    for state, count in now.items():
        if state is None:
            continue
        for after, share in chain.get(state, {state: 1.0}).items():
            expected[after] = expected.get(after, 0.0) + count * share
    for (before, after), count in counts.items():
        if before is None:
            expected[after] = expected.get(after, 0.0) + count
    states = {state for state in (*now, *expected) if state is not None}
    return {state: (now.get(state, 0), expected.get(state, 0.0)) for state in sorted(states)}


def direction(before, after):
    """Classify a movement by the rank of the segments, 1 being the best; ``None`` means absent.

    >>> direction(3, 1), direction(1, 3), direction(2, 2), direction(None, 4), direction(4, None)
    ('up', 'down', 'same', 'new', 'gone')
    """
    if before is None:
        return "new"
    if after is None:
        return "gone"
    if before == after:
        return "same"
    return "up" if after < before else "down"
