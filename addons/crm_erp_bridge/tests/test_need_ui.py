from odoo.tests import HttpCase, tagged

from .common import BridgeCommon


@tagged("post_install", "-at_install")
class TestNeedUi(BridgeCommon, HttpCase):
    browser_size = "1400x900"

    @classmethod
    def get_default_groups(cls):
        return super().get_default_groups() | cls.quick_ref("crm_relations.group_manager")

    def test_from_the_need_to_the_quotation(self):
        agent = self._create_user("agent", "sales_team.group_sale_salesman,crm_relations.group_user")
        self.env["product.product"].create({"name": "Oak table", "list_price": 300})
        need = self.env["crm.need"].create(
            {
                "partner_id": self.customer.id,
                "statement": "Twelve oak tables for the tasting room",
                "quantity": 12,
                "user_id": agent.id,
            }
        )
        url = f"/odoo/action-crm_relations.crm_need_action/{need.id}"
        self.start_tour(url, "crm_erp_bridge_need_products", login=agent.login)
        order = self.env["sale.order"].search([("crm_need_id", "=", need.id)])
        self.assertEqual(order.order_line.mapped("product_uom_qty"), [12])
        self.assertEqual(order.user_id, agent)


@tagged("post_install", "-at_install")
class TestNeedUiPhone(TestNeedUi):
    allow_inherited_tests_method = True
    browser_size = "390x844"
    touch_enabled = True
