import threading
import uuid

import psycopg2

from odoo.addons.crm_relations.tests.common_concurrency import CommittedCase
from odoo.exceptions import ConcurrencyError
from odoo.service.model import retrying
from odoo.tests import tagged
from odoo.tools import mute_logger


@tagged("post_install", "-at_install")
class TestContractConcurrency(CommittedCase):
    """Real transactions on real connections; what they commit is removed at the end."""

    def setUp(self):
        super().setUp()
        title = f"Care {uuid.uuid4()}"
        with self._transaction() as env:
            partner = env["res.partner"].create({"name": title})
            product = env["product.product"].create({"name": title, "type": "service"})
            contract = env["crm.contract"].create(
                {
                    "name": title,
                    "partner_id": partner.id,
                    "interval_months": 100,
                    "line_ids": [(0, 0, {"product_id": product.id, "price_unit": 5})],
                }
            )
            contract.action_start()
            self.contract_id, self.product_id, self.partner_id = contract.id, product.id, partner.id
            env.cr.commit()
        self.addCleanup(self._remove)

    def _remove(self):
        with self._transaction() as env:
            contract = env["crm.contract"].browse(self.contract_id)
            contract.order_ids.unlink()
            contract.state = "cancelled"
            contract.unlink()
            env["product.product"].browse(self.product_id).product_tmpl_id.unlink()
            env["res.partner"].browse(self.partner_id).unlink()
            env.cr.commit()

    def _count(self):
        with self._transaction() as env:
            return env["sale.order"].search_count([("contract_id", "=", self.contract_id)])

    @mute_logger("odoo.sql_db")
    def test_eight_at_once_make_one_order(self):
        barrier = threading.Barrier(8)
        results = []

        def user():
            with self._transaction() as env:
                env["sale.order"].search_count([])  # the snapshot is taken: what the others commit is invisible
                barrier.wait(20)

                def call():
                    contract = env["crm.contract"].browse(self.contract_id)
                    return contract._create_due().ids

                results.append(retrying(call, env))

        threads = [threading.Thread(target=user, daemon=True) for _number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(90)
        self.assertEqual(len(results), 8)
        self.assertEqual(self._count(), 1)
        self.assertEqual(sum(len(ids) for ids in results), 1)

    @mute_logger("odoo.sql_db")
    def test_database_refuses_what_the_code_does_not_see(self):
        with self._transaction() as first, self._transaction() as second:
            second["sale.order"].search_count([])
            first["crm.contract"].browse(self.contract_id)._create_due()
            first.cr.commit()
            with self.assertRaises(ConcurrencyError):
                second["crm.contract"].browse(self.contract_id)._create_due()
            second.cr.rollback()
        self.assertEqual(self._count(), 1)

    @mute_logger("odoo.sql_db")
    def test_connection_killed_in_the_middle_leaves_nothing_and_the_next_run_makes_it(self):
        with self.assertRaises(psycopg2.Error), self._transaction() as env:
            env["crm.contract"].browse(self.contract_id)._create_due()
            env.flush_all()
            env.cr.execute("SELECT pg_backend_pid()")
            backend = env.cr.fetchone()[0]
            with self._transaction() as killer:
                killer.cr.execute("SELECT pg_terminate_backend(%s)", [backend])
            env.cr.execute("SELECT 1")
        self.assertEqual(self._count(), 0)
        with self._transaction() as env:
            env["crm.contract"].browse(self.contract_id)._create_due()
            env.cr.commit()
        self.assertEqual(self._count(), 1)
