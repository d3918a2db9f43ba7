from odoo.tests import HttpCase, new_test_user, tagged

from .request_common import RequestCommon


@tagged("post_install", "-at_install")
class TestRequestTour(RequestCommon, HttpCase):
    browser_size = "1400x900"

    def test_salesperson(self):
        self.service.name = "Pruning by the hour"
        self.order_type.name = "Order on the screen"
        self.start_tour("/odoo/requests", "crm_erp_bridge_request_sales", login="bridge_seller")
        request = self.env["crm.request"].search([("name", "=", "Prune the lower field")])
        self.assertEqual((request.phase, request.user_id, request.order_ids.state), ("done", self.seller, "sale"))
        self.assertEqual(request.order_ids.order_line.product_id, self.service)


@tagged("post_install", "-at_install")
class TestRequestTourPhone(RequestCommon, HttpCase):
    browser_size = "390x844"
    touch_enabled = True

    def test_customer(self):
        ana = new_test_user(self.env, "bridge_ana", "base.group_portal", name="Ana", email="ana@example.com")
        self.work_type.in_portal = True
        self.start_tour("/my/requests", "crm_erp_bridge_request_portal", login="bridge_ana")
        request = self.env["crm.request"].search([("name", "=", "Prune the hedge")])
        self.assertEqual((request.partner_id, request.type_id), (ana.partner_id, self.work_type))
        self.assertEqual(request.source, "portal")
