from unittest.mock import patch

from odoo.addons.crm_rfm.tests.common import RfmCommon
from odoo.tests import tagged
from odoo.tools import SQL


@tagged("post_install", "-at_install")
class TestPort(RfmCommon):
    """Documents of another kind reach the scores through the port; screens only read."""

    def test_another_source_counts_through_the_port(self):
        """Receipts of a shop beside the invoices: runs, refreshed customers, snapshots and cohorts all know them."""
        both, shop = self._create_customer("both"), self._create_customer("shop")
        self._create_rfm_invoice(both, "2024-06-06", 100)
        original = type(self.rfm)._get_transaction_query
        receipts = SQL(
            "VALUES (%s, '2024-12-01'::date, 7.50, TRUE, -1), (%s, '2024-12-30'::date, 20.00, TRUE, -2)",
            both.id,
            shop.id,
        )

        def with_receipts(model, as_of=None, partner_ids=None):
            invoices = original(model, as_of, partner_ids)
            return SQL("SELECT * FROM (%s) a UNION ALL SELECT * FROM (%s) b", invoices, receipts)

        def found():
            return {
                score.partner_id: (score.recency_days, score.frequency, score.monetary)
                for score in self.env["crm.rfm.score"].search([("model_id", "=", self.rfm.id)])
            }

        expected = {both: (30, 2, 107.5), shop: (1, 1, 20.0)}
        with patch.object(type(self.rfm), "_get_transaction_query", with_receipts):
            self._compute()
            self.assertEqual(found(), expected)
            self.rfm.sudo()._refresh_keys({both.id, shop.id})
            self.assertEqual(found(), expected)
            self.rfm.with_user(self.manager).action_take_snapshot("2024-12-31")
            self.assertEqual(self.rfm.snapshot_ids.document_total, 127.5)
            cohorts = self.env["crm.rfm.cohort"].with_context(rfm_model=self.rfm.id)
            rows = cohorts.search([("model_id", "=", self.rfm.id)])
            self.assertEqual(sum(rows.mapped("amount")), 127.5)

    def test_screens_work_where_nothing_can_be_written(self):
        """As on a replica: what the screens ask for is marked as reading, and reads."""
        customer = self._create_customer()
        self._create_rfm_invoice(customer, "2024-06-06", 100)
        self._compute()
        manager = self.rfm.with_user(self.manager)
        manager.action_take_snapshot("2024-06-30")
        manager.action_take_snapshot("2024-12-31")
        Model = self.env["crm.rfm.model"].with_user(self.reader)
        Migration = self.env["crm.rfm.migration"].with_user(self.reader)
        for method in (Model.get_overview, Model.get_breakdown, Model.get_retention, Migration.get_matrix):
            self.assertTrue(method._readonly, method.__name__)
        self.env.flush_all()
        savepoint = self.env.cr.savepoint()
        self.env.cr.execute("SET TRANSACTION READ ONLY")
        self.assertEqual(Model.get_overview(self.rfm.id)["pareto"]["customers"], 1)
        self.assertEqual(Model.browse(self.rfm.id).get_breakdown("country_id")[0]["money"], 100)
        self.assertEqual(len(Model.get_retention(self.rfm.id)["cohorts"]["rows"]), 1)
        self.assertEqual(sum(cell["count"] for cell in Migration.get_matrix(self.rfm.id)["matrix"].values()), 1)
        for name in ("crm.rfm.score", "crm.rfm.snapshot.line", "crm.rfm.migration", "crm.rfm.cohort"):
            records = self.env[name].with_user(self.reader).with_context(rfm_model=self.rfm.id)
            domain = [("model_id", "=", self.rfm.id), ("partner_id", "=", customer.id)]
            found = records.web_search_read(domain, {"partner_id": {"fields": {"display_name": {}}}})
            self.assertEqual(
                {row["partner_id"]["display_name"] for row in found["records"]}, {"Customer"}, name
            )
        self.assertIn("R=5", self._score(customer).with_user(self.reader).explain())
        savepoint.close(rollback=True)
