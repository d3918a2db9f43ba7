from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL


class CrmPartnerRelationSide(models.Model):
    """A relation seen from one of its ends: two rows per relation, read only.

    Lists, counts and searches start here, so that nobody has to ask both ends. The rows cannot be edited: that is
    done on the relation itself, of which there is one.
    """

    _name = "crm.partner.relation.side"
    _description = "Relation of a Party"
    _auto = False
    _order = "date_to desc nulls first, label_id, date_from desc, id"
    _rec_name = "label_id"
    _depends = {
        "crm.partner.relation": ["date_from", "date_to", "left_partner_id", "note", "right_partner_id", "type_id"],
        "crm.partner.relation.type": ["symmetric"],
    }

    relation_id = fields.Many2one("crm.partner.relation", string="Record", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Party", readonly=True)
    other_partner_id = fields.Many2one("res.partner", string="Related To", readonly=True)
    type_id = fields.Many2one("crm.partner.relation.type", readonly=True)
    label_id = fields.Many2one("crm.partner.relation.label", string="Relation", readonly=True)
    date_from = fields.Date(string="Since", readonly=True)
    date_to = fields.Date(string="Until", readonly=True)
    note = fields.Char(readonly=True)
    current = fields.Boolean(compute="_compute_current", search="_search_current")

    @property
    def _table_query(self):
        # a condition on the party reaches both branches, and each is read by the index on its own end
        return SQL(
            """
            SELECT r.id * 2 AS id, r.id AS relation_id, r.left_partner_id AS partner_id,
                   r.right_partner_id AS other_partner_id, r.type_id, r.type_id * 2 AS label_id,
                   r.date_from, r.date_to, r.note
              FROM crm_partner_relation r
         UNION ALL
            SELECT r.id * 2 + 1, r.id, r.right_partner_id, r.left_partner_id, r.type_id,
                   r.type_id * 2 + (NOT COALESCE(t.symmetric, FALSE))::int, r.date_from, r.date_to, r.note
              FROM crm_partner_relation r
              JOIN crm_partner_relation_type t ON t.id = r.type_id
            """
        )

    # === COMPUTE METHODS === #

    @api.depends("date_from", "date_to")
    def _compute_current(self):
        today = fields.Date.context_today(self)
        for side in self:
            side.current = (not side.date_from or side.date_from <= today) and (
                not side.date_to or side.date_to >= today
            )

    @api.model
    def _search_current(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = fields.Date.context_today(self)
        current = (Domain("date_from", "=", False) | Domain("date_from", "<=", today)) & (
            Domain("date_to", "=", False) | Domain("date_to", ">=", today)
        )
        if True in value and False in value:
            return Domain.TRUE
        return current if True in value else ~current

    # === ACTIONS === #

    def action_open_other(self):
        """Open the party at the other end."""
        self.ensure_one()
        return self.other_partner_id.get_formview_action()

    def action_edit(self):
        """Open the relation itself in a dialog: its period, its note, its end."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Relation"),
            "res_model": "crm.partner.relation",
            "res_id": self.relation_id.id,
            "view_mode": "form",
            "target": "new",
        }
