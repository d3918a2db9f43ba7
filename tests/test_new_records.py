"""Whatever is new, with all addons: the same follows it as by Odoo's own method (see ``base_new.py``)."""

from odoo.addons.crm_erp_bridge.tests.common import BridgeCommon
from odoo.addons.crm_relations.tests.new_records import compared_with_odoo
from odoo.tests import Form, tagged


@tagged("post_install", "-at_install")
class TestNewRecords(BridgeCommon):
    def test_from_the_opportunity_to_the_posted_invoice(self):
        with compared_with_odoo(self) as compared:
            lead = self.env["crm.lead"].create(
                {"name": "Garden", "type": "opportunity", "partner_id": self.customer.id}
            )
            form = Form(self.env["sale.order"].with_context(default_opportunity_id=lead.id))
            form.partner_id = self.customer
            for quantity in (2, 3):
                with form.order_line.new() as line:
                    line.product_id = self.service
                    line.product_uom_qty = quantity
            with form.order_line.edit(0) as line:
                line.product_uom_qty = 4
            order = form.save()
            order.action_confirm()
            invoice = order._create_invoices()
            with Form(invoice) as form, form.invoice_line_ids.edit(0) as line:
                line.quantity = 1
            invoice.action_post()
        self.assertEqual(order.order_line.mapped("product_uom_qty"), [4, 3])
        self.assertEqual(invoice.invoice_line_ids.filtered("product_id").mapped("quantity"), [1, 3])
        models = {"crm.lead", "sale.order", "sale.order.line", "account.move", "account.move.line"}
        self.assertLessEqual(models, {name for name, count in compared if count})
