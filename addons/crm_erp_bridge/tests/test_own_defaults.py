"""What only the code writes is not begun by a default of a context, nor by one that users set for themselves."""

from odoo.tests import tagged

from .remedy_common import RemedyCommon


@tagged("post_install", "-at_install")
class TestOwnDefaults(RemedyCommon):
    def _created(self, user, model, values, defaults):
        """A record that this user creates: with the defaults in the context, and as defaults of the own."""
        records = self.env[model].with_user(user)
        for name, value in defaults.items():
            self.env["ir.default"].with_user(user).set(model, name, value, user_id=True)
        context = {f"default_{name}": value for name, value in defaults.items()}
        return (records.create(values) | records.with_context(**context).create(values)).sudo()

    def test_a_request_begins_new(self):
        defaults = {"phase": "done", "source": "shop", "ext_key": "77", "code": "MINE"}
        values = {"name": "Pruning", "partner_id": self.customer.id}
        for request in self._created(self.seller, "crm.request", values, defaults):
            self.assertEqual((request.phase, request.source, request.ext_key), ("new", "screen", False))
            self.assertTrue(request.code.startswith("REQ"), request.code)

    def test_no_order_is_allowed_or_free_of_charge(self):
        remedy = self._remedy(kind="replacement", amount=50)
        defaults = {"crm_credit_user_id": self.boss.id, "crm_credit_amount": 1e9, "crm_remedy_id": remedy.id}
        for order in self._created(self.seller, "sale.order", {"partner_id": self.customer.id}, defaults):
            self.assertEqual((order.crm_credit_user_id.id, order.crm_credit_amount), (False, 0))
            self.assertFalse(order.crm_remedy_id)

    def test_no_remedy_is_approved_and_of_another_invoice(self):
        other = self._invoice(self._create_order((1000, 1, 0)))
        values = {"complaint_id": self.complaint.id, "kind": "credit_note", "amount": 5, "reason": "Wrong row"}
        defaults = {"state": "approved", "approved_by_id": self.lead_agent.id, "invoice_id": other.id}
        for remedy in self._created(self.agent, "crm.complaint.remedy", values, defaults):
            self.assertEqual(
                (remedy.state, remedy.approved_by_id.id, remedy.proposed_by_id, remedy.invoice_id),
                ("proposed", False, self.agent, self.invoice),
            )

    def test_a_complaint_begins_open(self):
        values = {"name": "Broken", "partner_id": self.customer.id, "channel": "phone"}
        defaults = {"date_closed": "2020-01-01 00:00:00", "code": "MINE"}
        for complaint in self._created(self.agent, "crm.complaint", values, defaults):
            self.assertFalse(complaint.date_closed)
            self.assertNotEqual(complaint.code, "MINE")
