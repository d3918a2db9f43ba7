"""Arithmetic of remedies: an amount shared out over taxes, and what a remedy costs. No database here."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

GOODWILL = ("credit_note", "refund", "discount")
"""Kinds by which the customer pays less: their tax is given back by the state."""


def share_out(amount: float, weights: Sequence[float], rounding: float = 0.01) -> list[float]:
    """Share an amount out in proportion to weights, to the cent (largest remainder method).

    Parts of weights that are not positive are 0; the others add up to the amount exactly.

    :param rounding: smallest unit of the currency

    >>> share_out(10, [1, 1, 1])
    [3.34, 3.33, 3.33]
    >>> share_out(5, [-1, 3]), share_out(5, [])
    ([0.0, 5.0], [])
    """
    unit = Decimal(str(rounding))
    parts = [max(Decimal(str(weight)), Decimal(0)) for weight in weights]
    total = sum(parts)
    if not total:
        return [0.0] * len(parts)
    units = int((Decimal(str(amount)) / unit).to_integral_value(ROUND_HALF_UP))
    exact = [units * part / total for part in parts]
    whole = [int(value.to_integral_value(ROUND_FLOOR)) for value in exact]
    order = sorted(range(len(parts)), key=lambda index: (whole[index] - exact[index], -parts[index], index))
    for index in order[: units - sum(whole)]:
        whole[index] += 1
    return [float(count * unit) for count in whole]


@dataclass(frozen=True)
class Cost:
    """What a remedy costs the company, in one currency.

    :ivar own: what the company loses
    :ivar tax: part of the customer's amount that is tax and given back by the state
    :ivar margin_before: what the sale earned: its price without taxes less the cost of its goods
    :ivar margin_after: the same less the remedy
    """

    own: float
    tax: float
    margin_before: float
    margin_after: float


def cost(
    kind: str, amount: float, *, net: float = 0.0, gross: float = 0.0, goods_sold: float = 0.0, goods: float = 0.0,
    digits: int = 2,
) -> Cost:  # fmt: skip
    """Cost of one remedy.

    A credit note, refund or discount costs its amount without the taxes of the sale; a replacement costs the goods
    sent anew, at their cost price; goods that come back cost nothing by themselves; everything else costs its amount.

    :param amount: what the remedy is worth to the customer, taxes included
    :param net: price of the sale without taxes; 0 when there is none
    :param gross: the same with taxes
    :param goods_sold: cost of the goods of the sale
    :param goods: cost of the goods that the remedy moves

    >>> cost("credit_note", 115, net=600, gross=690, goods_sold=400)
    Cost(own=100.0, tax=15.0, margin_before=200.0, margin_after=100.0)
    >>> cost("replacement", 230, net=600, gross=690, goods_sold=400, goods=120)
    Cost(own=120.0, tax=0.0, margin_before=200.0, margin_after=80.0)
    >>> cost("voucher", 20)
    Cost(own=20.0, tax=0.0, margin_before=0.0, margin_after=-20.0)
    """
    tax = 0.0
    if kind == "replacement":
        own = goods
    elif kind == "return":
        own = 0.0
    else:
        if kind in GOODWILL and gross > 0:
            tax = _round(amount * (gross - net) / gross, digits)
        own = amount - tax
    before = net - goods_sold
    return Cost(_round(own, digits), tax, _round(before, digits), _round(before - own, digits))


def _round(value: float, digits: int) -> float:
    return float(Decimal(str(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)) + 0.0
