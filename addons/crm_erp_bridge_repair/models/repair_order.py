from odoo import fields, models


class RepairOrder(models.Model):
    """A repair that carries out a remedy; the remedy is done when the repair is."""

    _inherit = "repair.order"

    crm_remedy_id = fields.Many2one(
        "crm.complaint.remedy", string="Remedy", copy=False, readonly=True, index="btree_not_null",
        ondelete="restrict", groups="base.group_user",
    )  # fmt: skip

    # the key of a repair: there is one for a remedy, until it is cancelled
    _crm_remedy_uniq = models.UniqueIndex(
        "(crm_remedy_id) WHERE crm_remedy_id IS NOT NULL AND state <> 'cancel'", "This repair was ordered already."
    )

    def action_repair_done(self):
        result = super().action_repair_done()
        # sudo: whoever repairs need not see the complaint
        done = self.sudo().filtered(lambda repair: repair.state == "done")
        for remedy in done.crm_remedy_id.filtered(lambda remedy: remedy.state == "executing"):
            remedy._write_step({"state": "done", "date_done": fields.Datetime.now()})
        return result

    def action_repair_cancel(self):
        # sudo: whoever cancels the repair need not see the complaint
        remedies = self.sudo().crm_remedy_id
        result = super().action_repair_cancel()
        names = ", ".join(self.mapped("name"))
        remedies._document_lost(self.env._("%(document)s was cancelled.", document=names))
        return result

    def unlink(self):
        # sudo: whoever deletes the repair need not see the complaint
        remedies = self.sudo().crm_remedy_id.filtered(
            lambda remedy: remedy.res_model == self._name and remedy.res_id in self.ids
        )
        result = super().unlink()
        remedies._document_lost(self.env._("The repair was deleted."))
        return result
