"""What the orders of a customer say about its group I to IV, without the ORM.

Confirmed orders of the last two years are one vote, like one need:

* **general** when at least half of what was ordered are repetitions: of the pairs (order, product), those whose
  product stands in two orders or more; otherwise **specific**;
* **uniform** when both the intervals between the days of order and the amounts vary little, that is with a
  coefficient of variation (standard deviation by mean) of at most one half; otherwise **variable**.

Fewer than three orders say nothing; orders on fewer than three days say nothing about uniformity. All comparisons
are of whole sums without division or root, so that the SQL of ``crm.partner.group`` and this function agree exactly.
"""

from collections import Counter
from collections.abc import Collection
from datetime import date

WINDOW_DAYS = 730
LEAST_ORDERS = 3


def varies_little(values: Collection) -> bool:
    """Whether the coefficient of variation is at most one half: ``4 n sum(x^2) <= 5 (sum x)^2``.

    >>> varies_little([10, 10, 10]), varies_little([1, 3]), varies_little([1, 4])
    (True, True, False)
    """
    total = sum(values)
    return 4 * len(values) * sum(value * value for value in values) <= 5 * total * total


def order_vote(orders: Collection[tuple[date, int, Collection[int]]]) -> tuple[str | None, str | None]:
    """The vote of a customer's orders on both questions; None where they say nothing.

    :param orders: (day, amount, products) of each confirmed order of the window
    :return: (requirement, stability)

    >>> order_vote([(date(2026, month, 1), 100, {1, 2}) for month in (1, 2, 3)])
    ('general', 'uniform')
    >>> order_vote([(date(2026, 1, 1), 100, {1}), (date(2026, 1, 3), 900, {2}), (date(2026, 9, 1), 20, {3})])
    ('specific', 'variable')
    >>> order_vote([(date(2026, 1, 1), 100, {1})])
    (None, None)
    """
    if len(orders) < LEAST_ORDERS:
        return None, None
    times = Counter(product for _day, _amount, products in orders for product in set(products))
    requirement = None
    if times:
        repeated = sum(count for count in times.values() if count >= 2)
        requirement = "general" if 2 * repeated >= sum(times.values()) else "specific"
    days = sorted({day for day, _amount, _products in orders})
    gaps = [(after - before).days for before, after in zip(days, days[1:], strict=False)]
    if len(gaps) < LEAST_ORDERS - 1:
        return requirement, None
    uniform = varies_little(gaps) and varies_little([amount for _day, amount, _products in orders])
    return requirement, "uniform" if uniform else "variable"
