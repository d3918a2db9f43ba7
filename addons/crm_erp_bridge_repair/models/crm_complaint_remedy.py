from odoo import models
from odoo.exceptions import UserError


class CrmComplaintRemedy(models.Model):
    """Repairs: a repair order under warranty of the article complained about."""

    _inherit = "crm.complaint.remedy"

    def _execute_repair(self):
        """A repair order, of the chosen line or of the product of the complaint.

        It is taken from the return transfer of the same complaint, where there is one.

        :return: the repair order
        :raises UserError: when no article is known, or several
        """
        self.ensure_one()
        # sudo: who carries a remedy out has no right on repairs; the article follows from the approved remedy
        remedy = self.sudo().with_company(self.company_id)
        repairs = remedy.env["repair.order"]
        if made := repairs.search([("crm_remedy_id", "=", self.id), ("state", "!=", "cancel")]):
            return made
        lines = remedy.line_ids.filtered(lambda line: line.quantity > 0)
        product = lines.product_id or remedy.complaint_id.product_id
        if len(product) != 1 or product.type != "consu":
            raise UserError(
                self.env._("%(remedy)s: say which one article is repaired.", remedy=self.display_name)
            )
        returned = remedy.env["stock.picking"].search(
            [
                ("crm_remedy_id.complaint_id", "=", remedy.complaint_id.id),
                ("product_id", "=", product.id),
                ("state", "!=", "cancel"),
            ],
            order="id desc", limit=1,
        )  # fmt: skip
        repair = repairs.create(
            {
                "product_id": product.id,
                # in the article's own unit: sold by the dozen are twelve to repair
                "product_qty": sum(
                    line.quantity * (line._unit() or product.uom_id)._compute_quantity(1.0, product.uom_id, round=False)
                    for line in lines
                ) or 1.0,
                "picking_id": returned.id,
                "partner_id": remedy.complaint_id.partner_id.id,
                "company_id": remedy.company_id.id,
                "under_warranty": True,
                "user_id": False,
                "crm_remedy_id": remedy.id,
                "internal_notes": remedy.description or remedy.reason,
            }
        )
        repair.message_post(
            body=self.env._("Repair for complaint %(complaint)s", complaint=remedy.complaint_id.code)
        )
        return repair

    def _execution_values(self, document):
        """A repair order repairs nothing before it is done."""
        values = super()._execution_values(document)
        if document and document._name == "repair.order" and document.state != "done":
            return {"res_model": document._name, "res_id": document.id, "error": False}
        return values
