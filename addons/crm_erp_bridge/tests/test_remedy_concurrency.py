"""Remedies carried out by several people at the same moment, on connections of their own."""


from odoo.tests import tagged
from odoo.tools import mute_logger

from .test_request_concurrency import CommittedRequests


@tagged("post_install", "-at_install")
class TestRemedyConcurrency(CommittedRequests):
    """An invoice of 60 units at 10, without taxes; the remedies are approved."""

    def _prepare(self, env):
        super()._prepare(env)
        order = env["sale.order"].create(
            {
                "partner_id": self.partner_id,
                "order_line": [(0, 0, {"product_id": self.product_id, "product_uom_qty": 60})],
            }
        )
        order.action_confirm()
        invoice = order._create_invoices()
        invoice.action_post()
        self.invoice_id = invoice.id
        self.complaint_id = env["crm.complaint"].create(
            {
                "name": self.title,
                "partner_id": self.partner_id,
                "channel": "phone",
                "crm_invoice_id": invoice.id,
                "crm_order_id": order.id,
            }
        ).id

    def _remove(self):
        with self._transaction() as env:
            remedies = env["crm.complaint.remedy"].search([("complaint_id", "=", self.complaint_id)])
            notes = env["account.move"].search([("crm_remedy_id", "in", remedies.ids)])
            notes.with_context(force_delete=True).unlink()
            env["sale.order.line"].search([("crm_remedy_id", "in", remedies.ids)]).crm_remedy_id = False
            remedies.state = "proposed"
            remedies.unlink()
            env["crm.complaint"].browse(self.complaint_id).unlink()
            env.cr.commit()
        super()._remove()

    def _approved(self, *amounts, kind="credit_note", **values):
        with self._transaction() as env:
            remedies = env["crm.complaint.remedy"].create(
                [
                    {"complaint_id": self.complaint_id, "kind": kind, "amount": amount, "reason": "Broken"} | values
                    for amount in amounts
                ]
            )
            remedies.state = "approved"
            env.cr.commit()
            return remedies.ids

    def _execute(self, env, remedy_id):
        return env["crm.complaint.remedy"].browse(remedy_id).action_execute()

    @mute_logger("odoo.sql_db")
    def test_three_carry_out_the_same_remedy(self):
        [remedy_id] = self._approved(100)
        errors = self._each_at_once([remedy_id] * 3, self._execute)
        with self._transaction() as env:
            notes = env["account.move"].search([("crm_remedy_id", "=", remedy_id)])
            self.assertEqual((errors, notes.mapped("amount_total")), ([], [100]))

    @mute_logger("odoo.sql_db")
    def test_two_remedies_of_one_invoice_never_exceed_it(self):
        ids = self._approved(400, 400)
        self._each_at_once(ids, self._execute)
        with self._transaction() as env:
            remedies = env["crm.complaint.remedy"].browse(ids)
            notes = env["account.move"].browse(self.invoice_id)._crm_credit_notes()
            self.assertEqual((sorted(remedies.mapped("state")), notes.mapped("amount_total")),
                             (["executing", "failed"], [400]))

    @mute_logger("odoo.sql_db")
    def test_a_promised_discount_is_given_on_one_of_two_quotations(self):
        [remedy_id] = self._approved(50, kind="discount", discount_on="next")
        with self._transaction() as env:
            env["crm.complaint.remedy"].browse(remedy_id).action_execute()
            line = {"product_id": self.product_id, "product_uom_qty": 10}
            orders = env["sale.order"].create(
                [{"partner_id": self.partner_id, "order_line": [(0, 0, line)]} for _quotation in range(2)]
            )
            # the product that carries discounts is there already, as after the first discount ever given
            env["sale.order.discount"].create({"sale_order_id": orders[0].id})._get_discount_product()
            ids = orders.ids
            env.cr.commit()
        self._each_at_once(ids, lambda env, number: env["sale.order"].browse(number).action_apply_promised_discount())
        with self._transaction() as env:
            self.assertEqual(sorted(env["sale.order"].browse(ids).mapped("amount_total")), [50, 100])
