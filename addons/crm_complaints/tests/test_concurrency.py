from ast import literal_eval

import psycopg2

from odoo import SUPERUSER_ID, api
from odoo.exceptions import UserError
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, get_db_name, tagged
from odoo.tools import mute_logger


@tagged("post_install", "-at_install")
class TestConcurrency(BaseCase):
    """With real transactions of their own. What they write is rolled back or, where it must be committed, removed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = Registry(get_db_name())

    def _env(self, cr):
        return api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True})

    def test_two_users_never_get_one_number(self):
        """Both transactions are open while both number: neither sees the other, neither waits."""
        with self.registry.cursor() as cr1, self.registry.cursor() as cr2:
            codes = [self._env(cr)["crm.complaint"].create({"name": "x"}).code for cr in (cr1, cr2, cr1, cr2)]
            cr1.rollback()
            cr2.rollback()
        self.assertEqual(len(set(codes)), 4)

    @mute_logger("odoo.sql_db")
    def test_two_users_acknowledge_at_once_one_mail(self):
        with self.registry.cursor() as cr:
            complaint = self._env(cr)["crm.complaint"].create({"name": "x"})
            complaint.email_from = "x@example.com"  # now: at creation it could be acknowledged automatically
            complaint_id = complaint.id
            cr.commit()  # pylint: disable=invalid-commit
        try:
            with self.registry.cursor() as cr1, self.registry.cursor() as cr2:
                first = self._env(cr1)["crm.complaint"].browse(complaint_id)
                second = self._env(cr2)["crm.complaint"].browse(complaint_id)
                self.assertFalse(second.date_acknowledged)  # read before the first one commits
                first.action_acknowledge()
                first.env.flush_all()
                cr1.commit()  # pylint: disable=invalid-commit
                # the web server retries a transaction that the database refuses so
                with self.assertRaises(psycopg2.errors.SerializationFailure):
                    second.action_acknowledge()
                cr2.rollback()
                second.env.invalidate_all()
                second.action_acknowledge()
                cr2.commit()  # pylint: disable=invalid-commit
                mails = second.env["mail.mail"].search([("model", "=", "crm.complaint"), ("res_id", "=", complaint_id)])
                self.assertEqual(len(mails), 1)
                self.assertEqual(literal_eval(mails.headers)["Auto-Submitted"], "auto-replied")
        finally:
            self._remove(complaint_id)

    def _remove(self, complaint_id):
        with self.registry.cursor() as cr:
            env = self._env(cr)
            env["mail.mail"].search([("model", "=", "crm.complaint"), ("res_id", "=", complaint_id)]).unlink()
            complaint = env["crm.complaint"].browse(complaint_id)
            complaint.message_ids.unlink()
            complaint.unlink()
            cr.commit()  # pylint: disable=invalid-commit


@tagged("post_install", "-at_install")
class TestCaseConcurrency(BaseCase):
    """Two people act on one case at once: the database refuses the second, which is tried again and told so."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = Registry(get_db_name())

    def setUp(self):
        super().setUp()
        with self.registry.cursor() as cr:
            env = self._env(cr)
            complaint = env["crm.complaint"].create(
                {"name": "x", "email_from": "c@example.com", "severity": "2_moderate", "user_id": SUPERUSER_ID,
                 "decision": "upheld", "decision_reason": "y", "response": "<p>z</p>"}
            )  # fmt: skip
            complaint._register_acknowledgement("phone")
            complaint.action_investigate()
            self.letter_id = env["crm.complaint.letter"].create({"complaint_id": complaint.id, "kind": "final"}).id
            complaint.action_propose()
            self.complaint_id = complaint.id
            cr.commit()  # pylint: disable=invalid-commit
        self.addCleanup(self._remove)

    def _env(self, cr):
        return api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True})

    def _remove(self):
        with self.registry.cursor() as cr:
            env = self._env(cr)
            complaint = env["crm.complaint"].browse(self.complaint_id)
            complaint.letter_ids.message_id = False
            complaint.letter_ids.unlink()
            mails = [("model", "=", "crm.complaint"), ("res_id", "=", complaint.id)]
            env["mail.mail"].search(mails).unlink()
            env["mail.message"].search(mails).unlink()
            complaint.activity_ids.unlink()
            complaint.unlink()
            cr.commit()  # pylint: disable=invalid-commit

    @mute_logger("odoo.sql_db")
    def _at_once(self, model, record_id, act):
        """Run ``act`` in two transactions of the same beginning.

        :return: what the second one is told when it is tried again, as the web server does
        """
        with self.registry.cursor() as cr1, self.registry.cursor() as cr2:
            first, second = (self._env(cr)[model].browse(record_id) for cr in (cr1, cr2))
            second.read(["display_name"])  # its snapshot is from before the first one commits
            act(first)
            first.env.flush_all()
            cr1.commit()  # pylint: disable=invalid-commit
            with self.assertRaises(psycopg2.errors.SerializationFailure):
                act(second)
                second.env.flush_all()
            cr2.rollback()
            second.env.invalidate_all()
            with self.assertRaises(UserError) as told:
                act(second)
            cr2.rollback()
        return str(told.exception)

    def test_a_letter_sent_twice_at_once(self):
        told = self._at_once("crm.complaint.letter", self.letter_id, lambda letter: letter.action_send())
        self.assertIn("sent already", told)
        with self.registry.cursor() as cr:
            found = self._env(cr)["mail.message"].search_count(
                [("res_id", "=", self.complaint_id), ("subject", "like", "Our answer to your complaint")]
            )
        self.assertEqual(found, 1)

    def test_accepted_and_disagreed_at_once(self):
        told = self._at_once("crm.complaint", self.complaint_id, lambda complaint: complaint._customer_is_unhappy("no"))
        self.assertIn("second look", told)
        with self.registry.cursor() as cr:
            complaint = self._env(cr)["crm.complaint"].browse(self.complaint_id)
            self.assertEqual((complaint.is_review, complaint.date_accepted), (True, False))
