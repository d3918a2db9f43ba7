import psycopg2

from odoo import SUPERUSER_ID, api
from odoo.exceptions import UserError
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, get_db_name, tagged
from odoo.tools import mute_logger


@tagged("post_install", "-at_install")
class TestRemedyConcurrency(BaseCase):
    """Two real transactions: paid once, and never over the limit together. What they commit is removed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = Registry(get_db_name())

    def setUp(self):
        super().setUp()
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True})
            self.complaint_id = env["crm.complaint"].create({"name": "x"}).id
            admin = env.ref("base.user_admin")
            admin.group_ids += env.ref("crm_complaints.group_manager")
            self.admin_id = admin.id
            self.limit_id = (
                env["crm.complaint.remedy.limit"]
                .create({"group_id": env.ref("base.group_system").id, "amount_case": 0})
                .id
            )
            cr.commit()  # pylint: disable=invalid-commit
        self.addCleanup(self._remove)

    def _remove(self):
        with self.registry.cursor() as cr:
            cr.execute("DELETE FROM crm_complaint_remedy WHERE complaint_id = %s", [self.complaint_id])
            cr.execute("DELETE FROM crm_complaint_remedy_limit WHERE id = %s", [self.limit_id])
            env = api.Environment(cr, SUPERUSER_ID, {})
            complaint = env["crm.complaint"].browse(self.complaint_id)
            complaint.message_ids.unlink()
            complaint.unlink()
            cr.commit()  # pylint: disable=invalid-commit

    def _remedies(self, count, **values):
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True})
            ids = [
                env["crm.complaint.remedy"]
                .create({"complaint_id": self.complaint_id, "kind": "gift", "amount": 60, "reason": "x",
                         "done_note": "x", **values})
                .id
                for _index in range(count)
            ]  # fmt: skip
            cr.commit()  # pylint: disable=invalid-commit
        return ids

    def _as_admin(self, cr, remedy_id):
        return api.Environment(cr, self.admin_id, {"tracking_disable": True})["crm.complaint.remedy"].browse(remedy_id)

    @mute_logger("odoo.sql_db")
    def test_two_press_at_once_one_is_carried_out(self):
        [remedy_id] = self._remedies(1, state="approved")
        with self.registry.cursor() as cr1, self.registry.cursor() as cr2:
            first, second = self._as_admin(cr1, remedy_id), self._as_admin(cr2, remedy_id)
            self.assertEqual(second.state, "approved")  # read before the first one commits
            self.assertTrue(first._claim())
            first._run()
            first.env.flush_all()
            cr1.commit()  # pylint: disable=invalid-commit
            with self.assertRaises(psycopg2.errors.SerializationFailure):
                second._claim()
            # tried again, as the web server does
            cr2.rollback()
            second.env.invalidate_all()
            self.assertFalse(second._claim())
            self.assertEqual(second.state, "done")

    def test_a_crash_in_the_middle_leaves_it_to_be_done(self):
        [remedy_id] = self._remedies(1, state="approved")
        with self.registry.cursor() as cr:
            remedy = self._as_admin(cr, remedy_id)
            self.assertTrue(remedy._claim())
            remedy._run()
            cr.rollback()
        with self.registry.cursor() as cr:
            remedy = self._as_admin(cr, remedy_id)
            self.assertEqual((remedy.state, remedy.date_done), ("approved", False))
            self.assertTrue(remedy._claim())
            cr.rollback()

    @mute_logger("odoo.sql_db")
    def test_two_approved_at_once_do_not_pass_the_limit_together(self):
        """60 and 60 of an order of 100."""
        ids = self._remedies(2, order_amount=100)
        with self.registry.cursor() as cr1, self.registry.cursor() as cr2:
            first, second = self._as_admin(cr1, ids[0]), self._as_admin(cr2, ids[1])
            self.assertEqual(second.state, "proposed")  # its snapshot is older than the first approval
            first.action_approve()
            first.env.flush_all()
            cr1.commit()  # pylint: disable=invalid-commit
            with self.assertRaises(psycopg2.errors.SerializationFailure):
                second.action_approve()
            cr2.rollback()
            second.env.invalidate_all()
            with self.assertRaisesRegex(UserError, "more than the order was"):
                second.action_approve()
            cr2.rollback()
