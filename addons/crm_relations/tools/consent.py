"""May a purpose be followed, by its lawful basis and what the customer said? Without the ORM."""

CONSENT = "consent"
LEGITIMATE_INTEREST = "legitimate_interest"
GIVEN, WITHDRAWN, SOFT = "given", "withdrawn", "soft"


def allowed(basis: str, state: str | None, soft: bool) -> bool:
    """Whether a customer may be contacted for a purpose.

    A withdrawal (an objection) ends what rests on consent or on our interest. A soft opt-in (Directive 2002/58/EC,
    article 13(2)) stands in for consent where all four conditions are met: address obtained in a sale, own
    similar goods, objection offered then, and in every message.

    :param basis: lawful basis of the purpose (GDPR, article 6)
    :param state: the customer's last word, None: nothing said
    :param soft: the conditions of the soft opt-in are met

    >>> allowed("consent", None, True), allowed("consent", "soft", True), allowed("consent", "soft", False)
    (False, True, False)
    >>> allowed("legitimate_interest", None, False), allowed("legitimate_interest", "withdrawn", False)
    (True, False)
    >>> allowed("contract", "withdrawn", False)
    True
    """
    if basis == CONSENT:
        return state == GIVEN or (state == SOFT and soft)
    if basis == LEGITIMATE_INTEREST:
        return state != WITHDRAWN
    return True


def state_at(entries, channel: str, at):
    """The last word at a moment: of entries about this channel or about all, the latest; of two at once, the later one.

    :param entries: tuples (moment, sequence, channel or None, state)

    >>> state_at([(1, 1, None, "given"), (3, 2, "email", "withdrawn")], "email", 2)
    'given'
    >>> state_at([(1, 1, None, "given"), (3, 2, "email", "withdrawn")], "phone", 9)
    'given'
    """
    found = [entry for entry in entries if entry[0] <= at and entry[2] in (None, channel)]
    return max(found, key=lambda entry: entry[:2])[3] if found else None
