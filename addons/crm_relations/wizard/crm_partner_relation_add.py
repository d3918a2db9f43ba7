from odoo import api, fields, models


class CrmPartnerRelationAdd(models.TransientModel):
    """A relation entered from one end: this party … that party, in the words of the chosen label."""

    _name = "crm.partner.relation.add"
    _description = "Add a Relation"

    partner_id = fields.Many2one("res.partner", string="Party", required=True)
    partner_kind = fields.Char(compute="_compute_partner_kind")
    label_id = fields.Many2one("crm.partner.relation.label", string="Relation", required=True)
    other_kind = fields.Selection(related="label_id.other_kind")
    other_partner_id = fields.Many2one("res.partner", string="Related To", required=True)
    date_from = fields.Date(string="Since")
    date_to = fields.Date(string="Until")
    note = fields.Char()
    sentence = fields.Char(compute="_compute_sentence")

    # === COMPUTE METHODS === #

    @api.depends("partner_id")
    def _compute_partner_kind(self):
        for dialog in self:
            dialog.partner_kind = "company" if dialog.partner_id.is_company else "person"

    @api.depends("partner_id", "label_id", "other_partner_id")
    def _compute_sentence(self):
        for dialog in self:
            names = (dialog.partner_id.name, dialog.label_id.display_name, dialog.other_partner_id.name)
            dialog.sentence = " ".join(name or "…" for name in names)

    # === ACTIONS === #

    def action_add(self):
        """Store the relation in its own direction."""
        self.ensure_one()
        ends = [self.partner_id.id, self.other_partner_id.id]
        if self.label_id.inverse:
            ends.reverse()
        self.env["crm.partner.relation"].create(
            {
                "left_partner_id": ends[0],
                "right_partner_id": ends[1],
                "type_id": self.label_id.type_id.id,
                "date_from": self.date_from,
                "date_to": self.date_to,
                "note": self.note,
            }
        )
        return {"type": "ir.actions.act_window_close"}
