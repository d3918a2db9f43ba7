from odoo.service.model import retrying
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_concurrency import CommittedCase


@tagged("post_install", "-at_install")
class TestInteractionConcurrency(CommittedCase):
    """The same event entered by several at once: real transactions on connections of their own."""

    NAME = "CRM-BULK-CONCURRENT"

    def setUp(self):
        super().setUp()
        with self._transaction() as env:
            partners = env["res.partner"].create([{"name": f"{self.NAME} {i}"} for i in range(5)])
            self.partner_ids = partners.ids
            env.cr.commit()  # pylint: disable=invalid-commit
        self.addCleanup(self._remove)

    def _remove(self):
        with self._transaction() as env:
            env["crm.interaction"].search([("objective", "=", self.NAME)]).unlink()
            env["res.partner"].browse(self.partner_ids).unlink()
            env.cr.commit()  # pylint: disable=invalid-commit

    def _log(self, env):
        dialog = env["crm.interaction.bulk"].create(
            {"objective": self.NAME, "date": "2026-04-01 10:00:00", "partner_ids": [(6, 0, self.partner_ids)]}
        )
        created, known = dialog._log()
        return len(created), known

    def _count(self):
        with self._transaction() as env:
            return env["crm.interaction"].search_count([("objective", "=", self.NAME)])

    @mute_logger("odoo.sql_db")
    def test_four_at_once_log_everybody_once(self):
        def user(wait):
            with self._transaction() as env:
                env["crm.interaction"].search_count([])  # the snapshot of all is taken before any of them writes
                wait()
                return retrying(lambda: self._log(env), env)

        results = self._at_once(*[user] * 4)
        self.assertEqual(sorted(results), [(0, 5), (0, 5), (0, 5), (5, 0)])
        self.assertEqual(self._count(), 5)

    def test_a_crash_in_the_middle_leaves_nothing(self):
        with self._transaction() as env:
            self.assertEqual(self._log(env), (5, 0))
        self.assertEqual(self._count(), 0)
        with self._transaction() as env:
            self.assertEqual(self._log(env), (5, 0))
            env.cr.commit()  # pylint: disable=invalid-commit
        self.assertEqual(self._count(), 5)
