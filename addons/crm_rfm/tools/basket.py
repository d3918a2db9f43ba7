"""What is bought together and what is due again: the definitions that the SQL is compared with."""

from collections import Counter
from itertools import permutations
from statistics import median


def pairs(baskets, max_size, min_both):
    """Count ordered pairs of products over baskets.

    :param baskets: iterable of sets of products
    :param int max_size: larger baskets are left out, as collections of everything
    :param int min_both: pairs in fewer baskets are left out
    :return: ``{(product, other): (both, baskets with product, with other, all)}``

    >>> pairs([{1, 2}, {1, 2}, {1}], 9, 2)
    {(1, 2): (2, 3, 2, 3), (2, 1): (2, 2, 3, 3)}
    """
    baskets = [basket for basket in baskets if 0 < len(basket) <= max_size]
    single = Counter(product for basket in baskets for product in basket)
    both = Counter(pair for basket in baskets for pair in permutations(sorted(basket), 2))
    return {
        (product, other): (count, single[product], single[other], len(baskets))
        for (product, other), count in sorted(both.items())
        if count >= min_both
    }


def measures(both, product, other, baskets):
    """Return support, confidence (other, given product) and lift of a pair.

    >>> measures(2, 4, 3, 10)
    (0.2, 0.5, 1.6666666666666667)
    """
    confidence = both / product
    return both / baskets, confidence, confidence / (other / baskets)


def due_in(days):
    """Return the median gap between distinct, rising days of purchase, or None with fewer than three days.

    >>> due_in([0, 10, 40]), due_in([0, 10])
    (20.0, None)
    """
    if len(days) < 3:
        return None
    return float(median(later - earlier for earlier, later in zip(days, days[1:], strict=False)))
