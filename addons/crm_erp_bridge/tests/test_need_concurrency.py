import threading
import uuid

from odoo.addons.crm_relations.tests.common_concurrency import CommittedCase
from odoo.exceptions import UserError
from odoo.service.model import retrying
from odoo.tests import tagged
from odoo.tools import mute_logger


@tagged("post_install", "-at_install")
class TestNeedConcurrency(CommittedCase):
    """One quotation of a need, whoever clicks when: real transactions; what they commit is removed again."""

    def setUp(self):
        super().setUp()
        self.title = f"Concurrent {uuid.uuid4()}"
        with self._transaction() as env:
            self.partner_id = env["res.partner"].create({"name": self.title}).id
            self.product_id = env["product.product"].create({"name": self.title, "type": "service"}).id
            need = env["crm.need"].create({"partner_id": self.partner_id, "statement": "Something"})
            env["crm.need.product"].create({"need_id": need.id, "product_id": self.product_id, "chosen": True})
            self.need_id = need.id
            env.cr.commit()
        self.addCleanup(self._remove)

    def _remove(self):
        with self._transaction() as env:
            env["sale.order"].search([("partner_id", "=", self.partner_id)]).unlink()
            env["crm.need"].browse(self.need_id).unlink()
            env["product.product"].browse(self.product_id).unlink()
            env["res.partner"].browse(self.partner_id).unlink()
            env.cr.commit()

    def _quote(self, env):
        return env["crm.need"].browse(self.need_id).action_create_quotation()["res_id"]

    def _count(self):
        with self._transaction() as env:
            return env["sale.order"].search_count([("crm_need_id", "=", self.need_id)])

    @mute_logger("odoo.sql_db")
    def test_six_at_once_make_one(self):
        barrier = threading.Barrier(6)
        made, refused = [], []

        def user():
            with self._transaction() as env:
                env["sale.order"].search_count([])  # the snapshot of all is taken before any of them writes
                barrier.wait(20)
                try:
                    made.append(retrying(lambda: self._quote(env), env))
                except UserError:
                    refused.append(1)

        threads = [threading.Thread(target=user, daemon=True) for _number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        self.assertEqual(len(made) + len(refused), 6)
        self.assertEqual(len(set(made)), 1, "who is not told to wait gets the same one")
        self.assertEqual(self._count(), 1)
        with self._transaction() as env:
            self.assertEqual(self._quote(env), made[0])

    def test_a_crash_before_the_commit_leaves_nothing(self):
        with self._transaction() as env:
            self._quote(env)
        self.assertEqual(self._count(), 0)
