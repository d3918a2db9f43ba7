"""The picture of one order's way to the money, from plain data.

A chain is a list of stages (order, delivery, invoice, payment, credit note),
each with its amount, how far it has come, and its documents.
"""

from collections.abc import Mapping, Sequence


def progress(done: float, wanted: float) -> str:
    """How far a stage has come: ``"none"``, ``"partial"`` or ``"done"``.

    Amounts are rounded already (they come from monetary columns), so equality means equality.

    >>> progress(0, 100), progress(40, 100), progress(100, 100), progress(120, 100)
    ('none', 'partial', 'done', 'done')
    >>> progress(0, 0)
    'none'
    """
    if not done:
        return "none"
    return "done" if done >= wanted else "partial"


def stages(amounts: Mapping[str, float], state: str, documents: Mapping[str, Sequence[dict]]) -> list[dict]:
    """The stages of one order.

    :param amounts: total, ordered, delivered, invoiced, paid, credited, due
    :param state: of the sales order: draft, sent, sale, cancel
    :param documents: by stage (``order``, ``invoice``, ``payment``, ``credit``)
    :return: dicts with ``key``, ``amount``, ``progress`` and ``documents``; the credit note only where there is one
    """
    ordered = state == "sale"
    billed = amounts["invoiced"] - amounts["credited"]
    found = [
        ("order", amounts["total"], {"sale": "done", "cancel": "cancelled"}.get(state, "partial")),
        ("delivery", amounts["delivered"], progress(amounts["delivered"], amounts["ordered"])),
        ("invoice", amounts["invoiced"], progress(amounts["invoiced"], amounts["ordered"])),
        ("payment", amounts["paid"], "done" if billed > 0 >= amounts["due"] else progress(amounts["paid"], billed)),
        ("credit", amounts["credited"], "done"),
    ]
    return [
        {"key": key, "amount": amount, "progress": reached, "documents": list(documents.get(key, ()))}
        for key, amount, reached in found
        if not (
            (key == "credit" and not amount and not documents.get("credit"))
            or (key == "delivery" and not (ordered and amounts["ordered"]))
        )
    ]
