import csv
import math
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

from odoo.addons.crm_rfm.tests.common import RfmCommon
from odoo.tests import tagged

DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "rfm_r"
AS_OF = date(2006, 12, 31)

#: Segment map of the R package rfm 0.3.0: the first rule that fits wins (r, f, m from .. to).
#: It is no partition (58 of 125 cells fit several rules, 10 none), so it cannot be a grid.
MAP = (
    ("Champions", (5, 5), (5, 5), (5, 5)),
    ("Potential Loyalist", (3, 5), (3, 5), (2, 5)),
    ("Loyal Customers", (2, 4), (2, 4), (2, 4)),
    ("Promising", (3, 4), (1, 3), (3, 5)),
    ("New Customers", (4, 5), (1, 3), (1, 5)),
    ("Can't Lose Them", (1, 2), (3, 4), (4, 5)),
    ("At Risk", (1, 2), (2, 5), (4, 5)),
    ("Need Attention", (1, 3), (3, 5), (3, 5)),
    ("About To Sleep", (2, 3), (1, 3), (1, 4)),
    ("Lost", (1, 1), (1, 5), (1, 5)),
)


def published_segment(r, f, m):
    for name, r_range, f_range, m_range in MAP:
        if r_range[0] <= r <= r_range[1] and f_range[0] <= f <= f_range[1] and m_range[0] <= m <= m_range[1]:
            return name
    return "Others"


def published_limits(values):
    """Limits of the package, in our form.

    The package cuts at the interpolated quantiles (type 7) plus 1 and takes intervals closed
    below: ``score = 1 + count(x >= quantile + 1)``. For whole numbers that is
    ``count(x > ceil(quantile))``, hence our inclusive upper limits.
    """
    ordered = sorted(values)
    limits = []
    for fifth in (1, 2, 3, 4):
        # exact: position in fifths of a rank
        whole, part = divmod((len(ordered) - 1) * fifth, 5)
        following = ordered[min(whole + 1, len(ordered) - 1)]
        numerator = ordered[whole] * 5 + (following - ordered[whole]) * part
        limits.append(math.ceil(numerator / 5))
    return limits


@tagged("post_install", "-at_install")
class TestPublished(RfmCommon):
    """Real documents in, the published table out."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rfm.write({"window_value": 1200, "r_method": "fixed", "f_method": "fixed", "m_method": "fixed"})

    def _score_orders(self, orders, limits):
        """Load orders as posted invoices and score them with fixed limits; names -> score."""
        names = sorted({name for name, _date, _amount in orders})
        partners = self.env["res.partner"].create([{"name": name, "is_company": True} for name in names])
        ids = dict(zip(names, partners.ids, strict=True))
        self._insert_documents([self._invoice_row(ids[name], day, amount) for name, day, amount in orders])
        for dimension, values in limits.items():
            for band, limit in zip(self.rfm._get_bands(dimension)[:-1], values, strict=True):
                band.upper_limit = limit
        self._compute(as_of=AS_OF)
        scores = self.env["crm.rfm.score"].search([("model_id", "=", self.rfm.id), ("partner_id", "in", partners.ids)])
        return {score.partner_id.name: score for score in scores}

    def test_limits_of_a_made_up_sample(self):
        self.assertEqual(published_limits([1, 2, 3, 4, 5, 6]), [2, 3, 4, 5])
        self.assertEqual(published_limits(range(10, 21)), [12, 14, 16, 18])
        self.assertEqual(published_limits([0, 1]), [1, 1, 1, 1])

    def test_made_up_sample(self):
        """Six customers by hand: limits 2, 3, 4, 5 for every dimension of 1 .. 6."""
        orders = []
        for number in range(1, 7):
            # customer n: n invoices of 1, the last one n days before the as-of date
            orders += [(f"C{number}", date(2006, 12, 31 - number), 1)] * number
        scores = self._score_orders(orders, dict.fromkeys("rfm", [2, 3, 4, 5]))
        self.assertEqual(
            {name: score.code for name, score in scores.items()},
            {"C1": "5-1-1", "C2": "5-1-1", "C3": "4-2-2", "C4": "3-3-3", "C5": "2-4-4", "C6": "1-5-5"},
        )

    def test_published_table(self):
        """All ten rows of segments, customers, orders and revenue of the R package's data set."""
        if not DATA.exists():
            self.skipTest(f"the data with the published result is not there: {DATA}")
        with (DATA / "rfm_data_orders.csv").open() as stream:
            orders = [
                (row["customer_id"], date.fromisoformat(row["order_date"]), int(row["revenue"]))
                for row in csv.DictReader(stream)
            ]
        totals = defaultdict(lambda: [date.min, 0, 0])
        for name, day, amount in orders:
            last, frequency, monetary = totals[name]
            totals[name] = [max(last, day), frequency + 1, monetary + amount]
        limits = {
            "r": published_limits([(AS_OF - last).days for last, _f, _m in totals.values()]),
            "f": published_limits([frequency for _r, frequency, _m in totals.values()]),
            "m": published_limits([monetary for _r, _f, monetary in totals.values()]),
        }
        self.assertEqual(limits, {"r": [114, 180, 297, 481], "f": [3, 4, 5, 7], "m": [255, 381, 506, 665]})
        scores = self._score_orders(orders, limits)
        self.assertEqual(len(scores), 995)
        self.assertEqual(scores["Abbey O'Reilly"].code, "3-4-3")
        customers, counts, revenue = Counter(), Counter(), Counter()
        for score in scores.values():
            name = published_segment(score.r_score, score.f_score, score.m_score)
            customers[name] += 1
            counts[name] += score.frequency
            revenue[name] += score.monetary
        with (DATA / "published_segments_v0.3.csv").open() as stream:
            published = {
                row["segment"]: (int(row["customers"]), int(row["orders"]), float(row["revenue"]))
                for row in csv.DictReader(stream)
            }
        self.assertEqual({name: (customers[name], counts[name], revenue[name]) for name in customers}, published)
