from odoo import api, fields, models


class CrmComplaintMerge(models.TransientModel):
    """Merge complaints that are one: choose which number goes on."""

    _name = "crm.complaint.merge"
    _description = "Merge Complaints"

    complaint_ids = fields.Many2many(
        "crm.complaint",
        string="Complaints",
        required=True,
        default=lambda self: self._default_complaints(),
        # from the archive, too: otherwise one of them would be left out without a word
        context={"active_test": False},
    )
    target_id = fields.Many2one(
        "crm.complaint",
        string="Goes on as",
        required=True,
        domain="[('id', 'in', complaint_ids)]",
        compute="_compute_target_id",
        store=True,
        readonly=False,
        precompute=True,
        help="Its number stays in use. The earliest receipt counts, whichever goes on.",
    )

    @api.model
    def _default_complaints(self):
        return self.env["crm.complaint"].browse(self.env.context.get("active_ids", []))

    @api.depends("complaint_ids")
    def _compute_target_id(self):
        for wizard in self:
            chosen = wizard.target_id & wizard.complaint_ids
            complaints = wizard.complaint_ids._origin
            # an open one is not to end in a closed one
            first = complaints.sorted(lambda one: (one.phase == "closed", one.date_received, one.id))
            wizard.target_id = chosen or first[:1]

    def action_confirm(self):
        """:raises UserError: see ``crm.complaint._merge_into``"""
        self.ensure_one()
        self.complaint_ids._merge_into(self.target_id)
        return self.target_id._get_records_action()
