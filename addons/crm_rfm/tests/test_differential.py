from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.addons.crm_rfm.tests.common import AS_OF, RfmCommon
from odoo.addons.crm_rfm.tools import grid, scoring
from odoo.tests import tagged
from odoo.tools import SQL

# few distinct values on purpose: ties, zeros, days just outside the window
documents = st.lists(
    st.tuples(
        st.integers(0, 11),
        st.sampled_from([-3, 0, 1, 30, 30, 31, 90, 180, 364, 365, 366, 367, 500]),
        st.sampled_from(["out_invoice", "out_invoice", "out_invoice", "out_refund"]),
        st.sampled_from([0, 10, 10, 50, 100, 0.01, 99.99]),
    ),
    max_size=70,
)

# invoices (customer, days before, amount) and what is given back of them: (days before, share, by which customer).
# Few customers and days on purpose: several on the last day, of which some, all or none are given back.
returns = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.sampled_from([-1, 0, 1, 1, 2, 30, 365, 366]),
        st.sampled_from([0, 10, 10, 99.99]),
        st.lists(
            st.tuples(st.sampled_from([-1, 0, 1, 40]), st.sampled_from([0.5, 1, 1]), st.integers(0, 3)), max_size=2
        ),
    ),
    max_size=25,
)


@tagged("post_install", "-at_install")
class TestDifferential(RfmCommon):
    """The SQL of a run gives what the pure functions give, on random data."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers = cls.env["res.partner"].create(
            [{"name": f"Customer {number}", "is_company": True} for number in range(12)]
        )
        cls.excluded = cls.customers[-1]
        cls.models = {
            band_count: cls._create_model(
                name=f"{band_count} bands", band_count=band_count, excluded_partner_ids=cls.excluded.ids
            )
            for band_count in (2, 3, 5, 10)
        }
        cls.env.flush_all()

    def _expected(self, rows, band_count):
        """What tools/scoring.py makes of the documents."""
        transactions = [
            scoring.Transaction(
                self.customers[index].id,
                AS_OF - timedelta(days=days),
                round(-amount if move_type == "out_refund" else amount, 2),
                move_type == "out_invoice" and amount > 0,
            )
            for index, days, move_type, amount in rows
        ]
        date_from = scoring.window_start(AS_OF, 12, "month")
        totals = {
            partner_id: total._replace(monetary=round(total.monetary, 2))
            for partner_id, total in scoring.aggregate(transactions, AS_OF, date_from).items()
        }
        excluded = {self.excluded.id: "manual"}
        cuts = scoring.cut_points(totals, AS_OF, band_count, excluded)
        return scoring.score_all(totals, AS_OF, cuts, excluded), cuts

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(documents, st.sampled_from([2, 3, 5, 10]))
    def test_sql_equals_pure_functions(self, rows, band_count):
        model = self.models[band_count]
        with self.env.cr.savepoint() as savepoint:
            self._insert_documents(
                [
                    self._invoice_row(
                        self.customers[index].id,
                        AS_OF - timedelta(days=days),
                        -amount if move_type == "out_refund" else amount,
                        move_type,
                    )
                    for index, days, move_type, amount in rows
                ]
            )
            self._compute(model)
            expected, cuts = self._expected(rows, band_count)
            stored = self._stored(model)
            self.assertEqual(
                {key: (*row[:2], float(row[2]), *row[3:]) for key, row in stored.items()},
                {key: tuple(score) for key, score in expected.items()},
            )
            self._assert_segments(model, expected)
            if cuts[0]:
                self.assertEqual(tuple(model._get_cuts(dimension) for dimension in "rfm"), cuts)
            for dimension, name in zip("rfm", ("r_score", "f_score", "m_score"), strict=True):
                sizes = [
                    sum(getattr(score, dimension) == band.score for score in expected.values())
                    for band in model._get_bands(dimension)
                ]
                self.assertEqual(model._get_bands(dimension).mapped("customer_count"), sizes, name)
            savepoint.rollback()
        self.env.invalidate_all()

    def _assert_segments(self, model, expected):
        cells = grid.default_grid(model.band_count)
        scores = self.env["crm.rfm.score"].search([("model_id", "=", model.id)])
        self.assertEqual(
            {score.partner_id.id: score.segment_id.code for score in scores},
            {key: grid.lookup(cells, score) for key, score in expected.items()},
        )

    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(documents, documents)
    def test_second_run_writes_only_what_differs_and_equals_a_first_run(self, before, after):
        """A run over old scores ends as a run from nothing, and a third one writes nothing."""
        model = self.models[5]

        def insert(rows):
            self._insert_documents(
                [
                    self._invoice_row(
                        self.customers[index].id,
                        AS_OF - timedelta(days=days),
                        -amount if move_type == "out_refund" else amount,
                        move_type,
                    )
                    for index, days, move_type, amount in rows
                ]
            )

        with self.env.cr.savepoint() as savepoint:
            insert(before)
            self._compute(model)
            old = self._stored(model)
            insert(after)
            self._compute(model)
            new = self._stored(model)
            changed = model.changed_count
            self._compute(model)
            self.assertEqual((self._stored(model), model.changed_count), (new, 0))
            # segments follow from the scores, so the rows compared here tell all changes
            expected = sum(old.get(key) != row for key, row in new.items()) + len(old.keys() - new.keys())
            self.assertEqual(changed, expected)
            self.env.cr.execute("DELETE FROM crm_rfm_score WHERE model_id = %s", [model.id])
            self._compute(model)
            self.assertEqual(self._stored(model), new)
            savepoint.rollback()
        self.env.invalidate_all()

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(returns)
    def test_invoices_given_back(self, invoices):
        """Totals that take off what was given back are those of the pure functions, by document."""
        model, partner_ids = self.models[3], self.customers.ids
        rows, transactions = [], []
        for number, (index, days, amount, credits) in enumerate(invoices):
            invoice_id = 2_000_000_000 + 10 * number
            day = AS_OF - timedelta(days=days)
            rows.append(self._invoice_row(partner_ids[index], day, amount, id=invoice_id, reversed_entry_id=None))
            returned = 0
            for position, (credit_days, share, by) in enumerate(credits):
                credit_day, credit = AS_OF - timedelta(days=credit_days), round(share * amount, 2)
                rows.append(
                    self._invoice_row(
                        partner_ids[by], credit_day, -credit, "out_refund",
                        id=invoice_id + 1 + position, reversed_entry_id=invoice_id,
                    )
                )  # fmt: skip
                returned += credit if credit_day <= AS_OF else 0
                transactions.append(scoring.Transaction(partner_ids[by], credit_day, -credit, False))
            purchase = amount > 0 and round(returned, 2) < amount
            transactions.append(scoring.Transaction(partner_ids[index], day, amount, purchase))
        totals = {
            partner_id: total._replace(monetary=round(total.monetary, 2))
            for partner_id, total in scoring.aggregate(
                transactions, AS_OF, scoring.window_start(AS_OF, 12, "month")
            ).items()
        }
        expected = scoring.score_all(totals, AS_OF, scoring.cut_points(totals, AS_OF, 3))
        with self.env.cr.savepoint() as savepoint:
            self._insert_documents(rows)
            self._compute(model)
            self.assertEqual(
                {key: (*row[:2], float(row[2]), *row[3:]) for key, row in self._stored(model).items()},
                {key: tuple(score) for key, score in expected.items()},
            )
            # the totals of the source are those of its transactions
            totals = model._get_total_query(AS_OF)
            summed = model._sum_query(model._get_transaction_query(AS_OF), SQL("partner_id IS NOT NULL"))
            self.assertNotEqual(totals, summed)
            self.assertEqual(
                sorted(self.env.execute_query(SQL("SELECT * FROM (%s) t", totals))),
                sorted(self.env.execute_query(SQL("SELECT * FROM (%s) t", summed))),
            )
            # customer by customer each document is looked up instead
            written, removed = model._run_score_query(AS_OF, self.customers)[:2]
            self.assertEqual((written, removed), (0, 0))
            savepoint.rollback()
        self.env.invalidate_all()
