import contextlib
import threading
import uuid

from odoo import SUPERUSER_ID, api
from odoo.exceptions import UserError
from odoo.modules.registry import DummyRLock, Registry
from odoo.service.model import retrying
from odoo.sql_db import db_connect
from odoo.tests import BaseCase, get_db_name, new_test_user, tagged
from odoo.tools import mute_logger


@tagged("post_install", "-at_install")
class TestPrivacyConcurrency(BaseCase):
    """Two officers at the same request: real transactions on connections of their own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = Registry(get_db_name())

    @contextlib.contextmanager
    def _transaction(self, uid=SUPERUSER_ID):
        cr = db_connect(self.registry.db_name).cursor()
        try:
            yield api.Environment(cr, uid, {"tracking_disable": True})
        finally:
            cr.rollback()
            cr.close()

    def setUp(self):
        super().setUp()
        # Odoo's runner holds the registry's lock while it runs tests: other threads would wait for ever
        self.patch(Registry, "_lock", DummyRLock())
        with self._transaction() as env:
            logins = [f"crm_race_{uuid.uuid4()}" for _user in range(2)]
            users = [new_test_user(env, login, "crm_relations.group_privacy") for login in logins]
            partner = env["res.partner"].create({"name": "Race", "email": "race@example.com"})
            self.user_ids, self.partner_id, self.request_ids = [user.id for user in users], partner.id, []
            env.cr.commit()  # pylint: disable=invalid-commit
        self.addCleanup(self._remove)

    def _remove(self):
        with self._transaction() as env:
            requests = env["crm.privacy.request"].browse(self.request_ids)
            # the ledger is only added to; what the test committed goes all the same
            env.cr.execute("ALTER TABLE crm_consent DISABLE TRIGGER crm_consent_keep")
            env.cr.execute("DELETE FROM crm_consent WHERE partner_id = %s", [self.partner_id])
            env.cr.execute("ALTER TABLE crm_consent ENABLE TRIGGER crm_consent_keep")
            requests.unlink()
            users = env["res.users"].browse(self.user_ids)
            people = users.partner_id
            env["mail.message"].search([("author_id", "in", people.ids)]).unlink()
            env["mail.mail"].search([("email_to", "like", "race@example.com")]).unlink()
            users.unlink()
            (people | env["res.partner"].browse(self.partner_id)).unlink()
            env.cr.commit()  # pylint: disable=invalid-commit

    def _request(self, kind):
        with self._transaction(self.user_ids[0]) as env:
            request = env["crm.privacy.request"].create(
                {"kind": kind, "partner_id": self.partner_id, "identity_method": "known"}
            )
            request.action_identify()
            self.request_ids.append(request.id)
            env.cr.commit()  # pylint: disable=invalid-commit
        return self.request_ids[-1]

    def _race(self, request_id, *names):
        """Each officer calls a method at the same moment, as the web client would have it called."""
        barrier, errors = threading.Barrier(2), []

        def officer(uid, name):
            with self._transaction(uid) as env:
                request = env["crm.privacy.request"].browse(request_id)
                self.assertEqual(request.state, "open")  # the snapshot of both is taken before either of them writes
                barrier.wait(20)
                try:
                    retrying(lambda: getattr(request, name)(), env)
                except UserError as error:
                    errors.append(error)

        threads = [
            threading.Thread(target=officer, args=args, daemon=True)
            for args in zip(self.user_ids, names, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        self.assertFalse(any(thread.is_alive() for thread in threads))
        return errors

    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_two_answers_are_one(self):
        """An objection answered twice at once: one withdrawal for each purpose, one mail."""
        request_id = self._request("objection")
        self._race(request_id, "action_answer", "action_answer")
        with self._transaction() as env:
            request = env["crm.privacy.request"].browse(request_id)
            self.assertEqual(request.state, "done")
            entries = env["crm.consent"].search([("partner_id", "=", self.partner_id)])
            self.assertTrue(entries)
            self.assertEqual(len(entries), len(entries.purpose_id))
            mails = request.message_ids.filtered(lambda message: request.partner_id in message.partner_ids)
            self.assertEqual(len(mails), 2)  # that it arrived, and the answer

    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_answered_or_withdrawn_but_not_both(self):
        request_id = self._request("objection")
        self._race(request_id, "action_answer", "action_withdraw")
        with self._transaction() as env:
            request = env["crm.privacy.request"].browse(request_id)
            entries = env["crm.consent"].search_count([("partner_id", "=", self.partner_id)])
            self.assertIn((request.state, bool(entries)), [("done", True), ("withdrawn", False)])
