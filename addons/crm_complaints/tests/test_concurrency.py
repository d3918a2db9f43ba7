from ast import literal_eval

import psycopg2

from odoo import SUPERUSER_ID, api
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
