from odoo.addons.crm_erp_bridge.tests.remedy_common import RemedyCommon
from odoo.tests import Form, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestAccountant(RemedyCommon):
    """Whoever invoices opens an order without a right on cards."""

    def test_order_opens(self):
        accountant = new_test_user(
            self.env, "loyalty_accountant", "account.group_account_invoice",
            company_id=self.company.id, company_ids=[(6, 0, self.company.ids)],
        )  # fmt: skip
        order = self.env["sale.order"].create({"partner_id": self.customer.id})
        order.action_confirm()
        order.invalidate_recordset()
        self.assertFalse(self.env["loyalty.card"].with_user(accountant).has_access("read"))
        seen = order.with_user(accountant)
        self.assertEqual((seen.gift_card_count, seen.reward_amount, seen.loyalty_data), (0, 0, False))
        self.assertEqual(Form(seen).name, order.name)
