"""Requests and documents of colleagues and of other companies."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from .request_common import RequestCommon


@tagged("post_install", "-at_install")
class TestRequestOfAnotherCompany(RequestCommon):
    def test_the_type_is_of_the_company_of_the_opportunity(self):
        """Both companies are open in the browser; the usual type of the first one is not for the other."""
        other = self.env["res.company"].create({"name": "Another company"})
        self.seller.company_ids |= other
        self.env["crm.request.type"].search([]).company_id = self.env.company
        elsewhere = self.work_type.copy({"name": "Elsewhere", "code": "elsewhere", "plan_ids": []})
        elsewhere.company_id = other
        lead = self._create_lead(company_id=other.id, team_id=False)
        both = (self.env.company | other).ids
        request = lead.with_user(self.seller).with_context(allowed_company_ids=both)._make_crm_request()
        self.assertEqual((request.company_id, request.type_id, request.env.companies.ids), (other, elsewhere, both))


@tagged("post_install", "-at_install")
class TestRequestCancel(RequestCommon):
    def _of_a_colleague(self, automatic):
        """A request of the seller whose order has been given to a colleague, so that the seller does not see it."""
        self.order_type.plan_ids[1].automatic = automatic
        self.order_type.plan_ids[2].automatic = False
        request = self._request(self.order_type, (self.service, 1))
        request.action_start()
        order = request.order_ids
        order.user_id = self.colleague
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertFalse(order.with_user(self.seller).has_access("read"))
        return request, order

    def test_an_order_of_a_colleague_is_binding_too(self):
        request, order = self._of_a_colleague(automatic=True)
        with self.assertRaisesRegex(UserError, f"{order.name} is binding already"):
            request.with_user(self.seller).action_cancel()
        self.assertEqual((request.phase, order.state), ("in_progress", "sale"))

    def test_a_quotation_of_a_colleague_is_dropped_too(self):
        request, order = self._of_a_colleague(automatic=False)
        request.with_user(self.seller).action_cancel()
        self.assertEqual((request.phase, order.state), ("cancelled", "cancel"))
