from datetime import date

import psycopg2

from odoo.addons.crm_rfm.tests.common import AS_OF, RfmCommon
from odoo.addons.crm_rfm.tools import cohort
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger


@tagged("post_install", "-at_install")
class TestRetention(RfmCommon):
    """Four customers with known first purchases; as of 31 December 2024.

    | customer | first        | then                                        |
    |----------|--------------|---------------------------------------------|
    | A        | 2023-11 100  | 2024-02 50, credit note of 20 in 2024-02    |
    | B        | 2023-12 200  | nothing                                     |
    | C        | 2024-05 300  | 2024-06 30, 2024-12 40                      |
    | D        | only a credit note in 2024-05: no first purchase, no cohort |
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.a, cls.b, cls.c, cls.d = (cls._create_customer(name) for name in "ABCD")
        row = cls._invoice_row
        cls._insert_documents(
            [
                row(cls.a.id, "2023-11-30", 100),
                row(cls.a.id, "2024-02-01", 50),
                row(cls.a.id, "2024-02-29", -20, "out_refund"),
                row(cls.b.id, "2023-12-01", 200),
                row(cls.c.id, "2024-05-05", 300),
                row(cls.c.id, "2024-06-06", 30),
                row(cls.c.id, "2024-12-31", 40),
                row(cls.c.id, "2025-01-01", 999),
                row(cls.d.id, "2024-05-05", -70, "out_refund"),
            ]
        )
        cls.rfm.with_user(cls.manager).action_compute(AS_OF)

    def _retention(self, user, unit="quarter"):
        data = self.env["crm.rfm.model"].with_user(user).get_retention(self.rfm.id, unit)
        self.assertEqual(data["model_id"], self.rfm.id)
        return data

    def _table(self, data):
        """``{cohort: (size, {age: (customers, money)})}`` of the periods in which something happened."""
        return {
            row["name"]: (
                row["size"],
                {
                    cell["age"]: (cell["count"], cell["money"])
                    for cell in row["cells"]
                    if cell["money"] or cell["count"]
                },
            )
            for row in data["cohorts"]["rows"]
        }

    def test_quarters(self):
        data = self._retention(self.reader)
        table = self._table(data)
        self.assertEqual(table["Q4 2023"], (2, {0: (2, 300.0), 1: (1, 30.0)}))
        self.assertEqual(table["Q2 2024"], (1, {0: (1, 330.0), 2: (1, 40.0)}))
        # the quarter of the run is not over: it is shown as open and not in the totals
        last = next(row for row in data["cohorts"]["rows"] if row["name"] == "Q2 2024")["cells"][-1]
        self.assertEqual((last["open"], last["from"], last["until"]), (True, "2024-10-01", "2025-01-01"))
        totals = {item["age"]: (item["customers"], item["count"]) for item in data["cohorts"]["totals"]}
        self.assertEqual(totals, {1: (3, 1), 2: (2, 0), 3: (2, 0)})

    def test_months_and_years(self):
        self.assertEqual(
            self._table(self._retention(self.reader, "month"))["2024-05"],
            (1, {0: (1, 300.0), 1: (1, 30.0), 7: (1, 40.0)}),
        )
        self.assertEqual(
            self._table(self._retention(self.reader, "year"))["2023"], (2, {0: (2, 300.0), 1: (1, 30.0)})
        )

    def test_money_equals_the_documents(self):
        """Also what came before the first purchase is somewhere: the sum is that of the documents."""
        early = self._create_customer("Early")
        self._insert_documents(
            [
                self._invoice_row(early.id, "2024-01-10", -15, "out_refund"),
                self._invoice_row(early.id, "2024-03-10", 100),
            ]
        )
        rows = self.rfm.with_user(self.reader)._get_cohort_rows("year")
        self.env.cr.execute(
            "SELECT sum(amount_untaxed_signed) FROM account_move"
            " WHERE state = 'posted' AND company_id = %s AND move_type IN ('out_invoice', 'out_refund')"
            "   AND invoice_date BETWEEN '2000-01-01' AND %s AND partner_id <> %s",
            [self.company.id, AS_OF, self.d.id],
        )
        self.assertAlmostEqual(sum(row[3] for row in rows), self.env.cr.fetchone()[0])
        self.assertAlmostEqual(self._table(self._retention(self.reader, "month"))["2024-03"][1][0][1], 85)

    def test_drill_down_gives_the_customers_of_the_number(self):
        action = self.env["crm.rfm.cohort"].with_user(self.reader).open_period(
            self.rfm.id, "2023-10-01", "2024-01-01", "2024-01-01", "2024-04-01"
        )
        Cohort = self.env["crm.rfm.cohort"].with_user(self.reader).with_context(**action["context"])
        rows = Cohort.search(action["domain"])
        self.assertEqual(
            [(row.partner_id, row.cohort_date, row.age_months, row.purchases, row.amount) for row in rows],
            [(self.a, date(2023, 11, 1), 3, 1, 30.0)],
        )
        self.assertEqual(rows.action_open_partner()["res_id"], self.a.id)
        pivot = rows._read_group(action["domain"], ["cohort_date:quarter"], ["partner_id:count_distinct", "amount:sum"])
        self.assertEqual(pivot, [(date(2023, 10, 1), 1, 30.0)])

    def test_years_of_the_relationship(self):
        """C began in May 2024: its first year is not over. A and B have one year behind them."""
        self.assertEqual(
            self._retention(self.reader)["years"],
            [{"year": 1, "customers": 2, "count": 2, "purchases": 3, "money": 330.0}],
        )

    def test_costs_by_new_and_returning_customer(self):
        Cost = self.env["crm.rfm.cost"].with_user(self.manager)
        Cost.create(
            [
                {"name": "Fair", "kind": "win", "date_from": "2024-04-01", "date_to": "2024-04-30", "amount": 90},
                {"name": "Gifts", "kind": "keep", "date_from": "2024-03-31", "date_to": "2024-04-01", "amount": 50},
            ]
        )
        costs = {row["name"]: row for row in self._retention(self.reader)["costs"]}
        self.assertEqual(
            costs["Q2 2024"],
            {"name": "Q2 2024", "win": 90.0, "new": 1, "per_new": 90.0, "keep": 25.0, "kept": 0, "per_kept": False,
             "open": False},
        )  # fmt: skip
        self.assertEqual((costs["Q1 2024"]["kept"], costs["Q1 2024"]["per_kept"]), (1, 25.0))
        self.assertEqual((costs["Q4 2024"]["kept"], costs["Q4 2024"]["open"]), (1, True))

    def test_seller_sees_own_customers_and_no_costs(self):
        self.a.user_id = self.reader
        data = self._retention(self.seller)
        self.assertEqual(self._table(data)["Q4 2023"], (1, {0: (1, 200.0)}))
        self.assertIs(data["costs"], False)
        with self.assertRaises(AccessError):
            self.env["crm.rfm.cost"].with_user(self.seller).search([])
        with self.assertRaises(AccessError):
            self._retention(self.nobody)

    def test_who_refuses_profiling_is_in_no_cohort(self):
        self.a.rfm_opt_out = True
        self.assertEqual(self._table(self._retention(self.reader))["Q4 2023"], (1, {0: (1, 200.0)}))

    def test_orders_as_source(self):
        order = self.env["sale.order"].create({"partner_id": self.b.id, "date_order": "2024-07-07 12:00:00"})
        order.state = "sale"
        self.env.flush_all()
        self.env.cr.execute("UPDATE sale_order SET amount_untaxed = 60 WHERE id = %s", [order.id])
        self.env.invalidate_all()
        self.rfm.source = "order"
        self._compute()
        self.assertEqual(self._table(self._retention(self.reader)), {"Q3 2024": (1, {0: (1, 60.0)})})

    def test_nothing_computed(self):
        self.env["crm.rfm.model"].sudo().search([]).write({"scored_as_of": False})
        data = self.env["crm.rfm.model"].with_user(self.reader).get_retention(self.rfm.id)
        self.assertFalse(data["model_id"])
        self.assertFalse(self.env["crm.rfm.cohort"].with_user(self.reader).search([]))

    @mute_logger("odoo.sql_db")
    def test_impossible_costs_are_refused(self):
        good = {"name": "x", "kind": "win", "date_from": "2024-04-02", "date_to": "2024-04-30", "amount": 1}
        for bad in ({"date_to": "2024-04-01"}, {"amount": -1}, {"amount": 1e12}, {"date_from": "1000-01-01"}):
            with self.subTest(bad=bad), self.assertRaises(psycopg2.errors.CheckViolation), self.env.cr.savepoint():
                self.env["crm.rfm.cost"].with_user(self.manager).create(good | bad)
        with self.assertRaises(AccessError):
            self.env["crm.rfm.cost"].with_user(self.reader).create(good)

    def test_query_count_does_not_grow(self):
        def count():
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._retention(self.reader)
            return self.env.cr.sql_log_count - before

        count()
        few = count()
        customers = self.env["res.partner"].create([{"name": str(n), "is_company": True} for n in range(300)])
        self._insert_documents(
            [self._invoice_row(item.id, f"2024-{1 + n % 12:02}-05", 10) for n, item in enumerate(customers)]
        )
        self.assertEqual(count(), few)

    def test_spread_keeps_the_sum(self):
        parts = cohort.spread([(date(2023, 1, 17), date(2025, 2, 3), 1000)], "quarter")
        self.assertAlmostEqual(sum(parts.values()), 1000)
        self.assertEqual(len(parts), 9)
