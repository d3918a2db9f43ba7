from odoo import api, fields, models
from odoo.fields import Domain

from .crm_partner_relation_type import PARTY_KINDS


class CrmPartnerRelationLabel(models.Model):
    """A type of relation as it reads from one end: "is parent of" and "is child of" are two labels of one type."""

    _name = "crm.partner.relation.label"
    _description = "Relation as Read from One End"
    _auto = False
    _order = "sequence, type_id, id"
    _depends = {
        "crm.partner.relation.type": [
            "active",
            "inverse_name",
            "left_kind",
            "name",
            "right_kind",
            "sensitive",
            "sequence",
            "symmetric",
        ]
    }

    name = fields.Char(compute="_compute_name", search="_search_name")
    type_id = fields.Many2one("crm.partner.relation.type", readonly=True)
    inverse = fields.Boolean(readonly=True, help="Read from the second end.")
    partner_kind = fields.Selection(selection=PARTY_KINDS, readonly=True)
    other_kind = fields.Selection(selection=PARTY_KINDS, readonly=True)
    sensitive = fields.Boolean(readonly=True)
    sequence = fields.Integer(readonly=True)
    active = fields.Boolean(readonly=True)

    def init(self):
        # a view of the database and not only a query: other models are sorted and grouped by it
        self.env.cr.execute(
            """
            CREATE OR REPLACE VIEW crm_partner_relation_label AS
            SELECT t.id * 2 AS id, t.id AS type_id, FALSE AS inverse, t.left_kind AS partner_kind,
                   t.right_kind AS other_kind, t.sensitive, t.sequence, t.active
              FROM crm_partner_relation_type t
         UNION ALL
            SELECT t.id * 2 + 1, t.id, TRUE, t.right_kind, t.left_kind, t.sensitive, t.sequence, t.active
              FROM crm_partner_relation_type t
             WHERE t.symmetric IS NOT TRUE
            """
        )

    # === COMPUTE METHODS === #

    @api.depends("type_id.name", "type_id.inverse_name", "inverse")
    def _compute_name(self):
        for label in self:
            label.name = label.type_id.inverse_name if label.inverse else label.type_id.name

    @api.model
    def _search_name(self, operator, value):
        if operator in Domain.NEGATIVE_OPERATORS:
            return NotImplemented
        return (Domain("inverse", "=", False) & Domain("type_id.name", operator, value)) | (
            Domain("inverse", "=", True) & Domain("type_id.inverse_name", operator, value)
        )
