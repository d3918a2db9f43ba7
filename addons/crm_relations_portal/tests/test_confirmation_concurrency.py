import contextlib
import secrets
import threading

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import DummyRLock, Registry
from odoo.service.model import retrying
from odoo.sql_db import db_connect
from odoo.tests import BaseCase, get_db_name, tagged
from odoo.tools import mute_logger


@tagged("post_install", "-at_install")
class TestConfirmationConcurrency(BaseCase):
    """The link of a confirmation clicked twice at once: real transactions on connections of their own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = Registry(get_db_name())

    @contextlib.contextmanager
    def _transaction(self):
        cr = db_connect(self.registry.db_name).cursor()
        try:
            yield api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True})
        finally:
            cr.rollback()
            cr.close()

    def setUp(self):
        super().setUp()
        # Odoo's runner holds the registry's lock while it runs tests: other threads would wait for ever
        self.patch(Registry, "_lock", DummyRLock())
        self.token = secrets.token_urlsafe(24)
        with self._transaction() as env:
            purpose = env["crm.consent.purpose"].create({"name": "Race", "code": f"race_{secrets.token_hex(4)}"})
            partner = env["res.partner"].create({"name": "Race", "email": "race@example.com"})
            asked = env["crm.consent.confirmation"].create(
                {
                    "partner_id": partner.id,
                    "purpose_id": purpose.id,
                    "email": "race@example.com",
                    "token_digest": env["crm.consent.confirmation"]._digest(self.token),
                }
            )
            self.asked_id, self.partner_id, self.purpose_id = asked.id, partner.id, purpose.id
            env.cr.commit()  # pylint: disable=invalid-commit
        self.addCleanup(self._remove)

    def _remove(self):
        with self._transaction() as env:
            env["crm.consent.confirmation"].browse(self.asked_id).unlink()
            # the ledger is only added to; what the test committed goes all the same
            env.cr.execute("ALTER TABLE crm_consent DISABLE TRIGGER crm_consent_keep")
            env.cr.execute("DELETE FROM crm_consent WHERE partner_id = %s", [self.partner_id])
            env.cr.execute("ALTER TABLE crm_consent ENABLE TRIGGER crm_consent_keep")
            env["res.partner"].browse(self.partner_id).unlink()
            env["crm.consent.purpose"].browse(self.purpose_id).unlink()
            env.cr.commit()  # pylint: disable=invalid-commit

    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_two_clicks_are_one_consent(self):
        barrier, answers = threading.Barrier(2), []

        def click():
            with self._transaction() as env:
                asked = env["crm.consent.confirmation"].browse(self.asked_id)._by_link(self.token)
                self.assertEqual(asked.state, "pending")  # the snapshot of both is taken before either of them writes
                barrier.wait(20)
                answers.append(retrying(lambda: asked._confirm("10.0.0.1"), env))

        threads = [threading.Thread(target=click, daemon=True) for _click in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        self.assertEqual(answers, [True, True])
        with self._transaction() as env:
            entries = env["crm.consent"].search([("partner_id", "=", self.partner_id)])
            self.assertEqual(entries.mapped("state"), ["given"])
            self.assertEqual(env["crm.consent.confirmation"].browse(self.asked_id).consent_id, entries)
