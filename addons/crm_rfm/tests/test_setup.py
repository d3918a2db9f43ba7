from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from odoo import Command, fields
from odoo.addons.crm_rfm.tests.common import RfmCommon
from odoo.addons.crm_rfm.tools import proposal
from odoo.exceptions import AccessError, UserError
from odoo.tests import BaseCase, tagged


@tagged("post_install", "-at_install", "pure")
class TestProposalRules(BaseCase):
    @given(
        st.one_of(st.none(), st.floats(0, 5000)), st.integers(0, 10**6), st.integers(0, 10000), st.integers(0, 10**7)
    )
    def test_always_a_valid_model(self, gap_days, gaps, history_days, customers):
        self.assertIn(proposal.window_months(gap_days, gaps, history_days), proposal.WINDOWS)
        self.assertIn(proposal.band_count(customers), (3, 4, 5))

    @given(st.floats(0, 2000), st.floats(0, 2000), st.integers(0, 10000))
    def test_slower_customers_never_shorten_the_window(self, one, other, history_days):
        fast, slow = sorted((one, other))
        self.assertLessEqual(
            proposal.window_months(fast, 100, history_days), proposal.window_months(slow, 100, history_days)
        )


@tagged("post_install", "-at_install")
class TestSetup(RfmCommon):
    """Twenty-four customers who buy every hundred days."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = fields.Date.context_today(cls.rfm)
        cls.rfm.unlink()
        rows = []
        for number in range(24):
            customer = cls._create_customer(f"Regular {number}")
            rows += [
                cls._invoice_row(customer.id, str(cls.today - timedelta(days=number + 100 * step)), 10 + number)
                for step in range(5)
            ]
        cls._insert_documents(rows)

    def _open(self):
        action = self.env["crm.rfm.setup"].with_user(self.manager).action_open()
        return self.env["crm.rfm.setup"].with_user(self.manager).browse(action["res_id"])

    def test_proposal_follows_the_rhythm_of_the_customers(self):
        setup = self._open()
        # twice 100 days are more than six months
        self.assertEqual((setup.source, setup.window_value, setup.band_count), ("invoice", 12, 3))
        self.assertEqual(setup.name, "Invoices of the last 12 months")
        self.assertIn("24 customers bought on 120 days", setup.facts)
        self.assertIn("nine of ten customers who buy again do so within 100 days", setup.reasons)

    def test_orders_when_there_are_no_invoices(self):
        self.env["account.move"].search([("move_type", "=", "out_invoice")]).button_draft()
        order = self.env["sale.order"].create(
            {
                "partner_id": self._create_customer("Orders").id,
                "order_line": [Command.create({"product_id": self.product_a.id, "price_unit": 10})],
            }
        )
        order.action_confirm()
        setup = self._open()
        self.assertEqual((setup.source, setup.window_value), ("order", 12))
        self.assertIn("Posted invoices: none.", setup.facts)

    def test_preview_equals_the_run_and_leaves_nothing(self):
        before = self.env["crm.rfm.model"].with_context(active_test=False).search_count([])
        setup = self._open()
        preview = {
            line.segment_id: (line.customer_count, line.monetary) for line in setup.line_ids
        }
        self.assertEqual(self.env["crm.rfm.model"].with_context(active_test=False).search_count([]), before)
        self.assertEqual(setup.scored_count, 24)
        self.assertAlmostEqual(sum(setup.line_ids.mapped("share")), 1)
        setup.action_save()
        model = setup.model_id
        self.assertTrue(model.shown_on_partner)
        self.assertEqual(model.customer_count, 24)
        # 8 customers each bought last 0 to 7, 8 to 15 and 16 to 23 days ago
        self.assertEqual(
            setup.limits_text.splitlines()[0], "Recency (days): R3: 0 to 7; R2: 8 to 15; R1: 16 or more"
        )
        for dimension, line in zip("rfm", setup.limits_text.splitlines(), strict=True):
            for band in model._get_bands(dimension):
                self.assertIn(f"{dimension.upper()}{band.score}: {band.range_text}", line)
        groups = self.env["crm.rfm.score"]._read_group(
            [("model_id", "=", model.id)], ["segment_id"], ["__count", "monetary:sum"]
        )
        self.assertEqual({segment: (count, money) for segment, count, money in groups}, preview)

    def test_other_values_are_shown_again(self):
        setup = self._open()
        setup.write({"window_value": 1, "band_count": 5})
        setup.action_preview()
        # 24 customers whose last purchase is 0 to 23 days old
        self.assertEqual(setup.scored_count, 24)
        self.assertIn("Only 24 customers have a score", setup.warning_text)

    def test_model_shown_is_changed_rather_than_doubled(self):
        model = self._create_model(name="Old", shown_on_partner=True, band_count=5)
        setup = self._open()
        self.assertEqual(setup.model_id, model)
        setup.action_save()
        self.assertEqual(
            (model.name, model.band_count, model.customer_count), ("Invoices of the last 12 months", 3, 24)
        )

    def test_preview_of_a_model_that_is_changed_knows_what_that_keeps(self):
        excluded = self.env["res.partner"].search([("name", "like", "Regular ")], limit=6)
        self._create_model(name="Old", shown_on_partner=True, excluded_partner_ids=[Command.set(excluded.ids)])
        setup = self._open()
        self.assertEqual((setup.scored_count, setup.unscored_count), (18, 6))
        setup.action_save()
        self.assertEqual((setup.model_id.customer_count, setup.model_id.unscored_count), (18, 6))

    def test_bad_values(self):
        setup = self._open()
        for values, words in (({"window_value": 0}, "Window"), ({"window_value": 12, "band_count": 1}, "Bands")):
            setup.write(values)
            with self.assertRaisesRegex(UserError, words):
                setup.action_preview()
            with self.assertRaisesRegex(UserError, words):
                setup.action_save()

    def test_managers_only(self):
        for user in (self.seller, self.reader, self.auditor):
            with self.assertRaises(AccessError):
                self.env["crm.rfm.setup"].with_user(user).action_open()
