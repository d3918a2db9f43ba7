"""What a complaint file should hold so that it can be handled (ISO 10002, 7.2)."""

from collections.abc import Set

WANTED = ("complainant", "contact", "description", "remedy_sought", "product_or_practice")
"""Facts wanted at receipt, in the order in which they are asked for."""


def missing_facts(known: Set[str], has_representative: bool = False) -> tuple[str, ...]:
    """Facts still to be asked for, in order.

    A complaint is registered at once with whatever is known: this list is
    advice to the handler, never a reason to refuse the complaint.

    :param known: names of the facts on file, see :data:`WANTED`
    :param has_representative: somebody complains for the complainant; then the
        authority to do so is wanted too

    >>> missing_facts({"complainant", "contact", "description", "product_or_practice"})
    ('remedy_sought',)
    """
    wanted = WANTED + (("authority",) if has_representative else ())
    return tuple(fact for fact in wanted if fact not in known)
