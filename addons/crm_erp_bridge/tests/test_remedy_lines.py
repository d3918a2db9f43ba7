"""Which and how many goods a remedy concerns."""

from odoo.tests import tagged

from .remedy_common import RemedyCommon


@tagged("post_install", "-at_install")
class TestRemedyLines(RemedyCommon):
    def test_goods_sold_by_the_dozen_cost_as_many_pieces(self):
        """Two dozens at 1,200; one is sent anew: twelve pieces that cost 40 each."""
        order = self._create_order((1200, 2, 0), confirm=False)
        order.order_line.write({"product_uom_id": self.quick_ref("uom.product_uom_dozen").id, "price_unit": 1200})
        order.action_confirm()
        invoice = self._invoice(order)
        for document in ({"order": order}, {"invoice": invoice}):
            remedy = self._remedy(self._complaint(**document), kind="replacement", amount=0, quantity=1)
            self.assertEqual(remedy.own_cost, 480)
        self._carried_out(remedy)
        sent = self.env["sale.order"].search([("crm_remedy_id", "=", remedy.id)]).order_line
        self.assertEqual(
            (sent.product_uom_qty, sent.product_uom_id.name, sent.price_unit, sent.discount), (1, "Dozens", 1200, 100)
        )

    def test_what_may_be_claimed_of_an_invoice_credited_at_another_rate(self):
        """Of 115 euros, 230 dollars in May, 50 were credited in July at another rate: 130 dollars are left."""
        euro = self.setup_other_currency("EUR", rates=[("1900-01-01", 0.5), ("2026-06-01", 0.4)])
        pricelist = self.env["product.pricelist"].create({"name": "EUR", "currency_id": euro.id})
        invoice = self._invoice(self._create_order((100, 1, 0), pricelist_id=pricelist.id), post=False)
        invoice.invoice_date = "2026-05-01"
        invoice.action_post()
        note = self._credit(invoice, amounts=[50], post=False)
        note.invoice_date = "2026-07-01"
        note.action_post()
        complaint = self._complaint(invoice=invoice)
        self.assertEqual(complaint._crm_claimable_amount(), 130)
        note = self._carried_out(self._remedy(complaint, amount=130))
        self.assertEqual((note.state, note.error, note.document_amount), ("executing", False, 65))

    def test_the_whole_invoice_by_lines_where_taxes_are_rounded_once(self):
        """Lines of 0.43 three times are 1.29, the invoice is 1.28: all lines are all of it, to the cent. Of three
        at 0.40 the invoice is a cent more, and nothing is left over."""
        self.company.tax_calculation_rounding_method = "round_globally"
        for price, total in ((0.37, 1.28), (0.35, 1.21)):
            invoice = self._invoice(self._create_order(*[(price, 1, 0)] * 3))
            self.assertEqual(invoice.amount_total, total)
            remedy = self._remedy(self._complaint(invoice=invoice))
            remedy.action_take_lines()
            for line in remedy.line_ids:
                line.quantity = 1
            self.assertEqual(remedy.amount, total)
            self._carried_out(remedy)
            note = self.env["account.move"].search([("crm_remedy_id", "=", remedy.id)])
            self.assertEqual((remedy.error, note.amount_total, invoice._crm_creditable_amount()), (False, total, 0))

    def test_a_line_that_is_taken_off_lowers_the_amount(self):
        invoice = self._invoice(self._create_order((100, 2, 0), (50, 2, 0)))
        remedy = self._remedy(self._complaint(invoice=invoice))
        remedy.action_take_lines()
        for line in remedy.line_ids:
            line.quantity = 1
        self.assertEqual(remedy.amount, 172.5)
        remedy.line_ids[1].unlink()
        self.assertEqual((remedy.amount, remedy.by_lines), (115, True))

    def test_lines_of_another_invoice_leave_the_proposal(self):
        """The invoice complained about is corrected while a remedy is proposed: nothing of the old one is credited."""
        other = self._invoice(self._create_order((50, 4, 0)))
        remedy = self._remedy(quantity=2)
        decided = self._carried_out(self._remedy(quantity=1))
        wizard = self.env["crm.complaint.document"].with_user(self.agent)._for_complaint(self.complaint)
        wizard.line_ids.filtered(lambda line: line.sudo().invoice_id == other).action_choose()
        self.assertEqual((remedy.invoice_id.id, len(remedy.line_ids), remedy.by_lines), (other.id, 0, False))
        self.assertEqual((decided.invoice_id.id, decided.line_ids.quantity), (self.invoice.id, 1))
        remedy.action_take_lines()
        self.assertEqual((remedy.line_ids.quantity_max, remedy.line_ids.price_total), (4, 230))
