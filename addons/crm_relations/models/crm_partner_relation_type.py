from odoo import api, fields, models
from odoo.exceptions import ValidationError

PARTY_KINDS = [("any", "Anybody"), ("person", "Person"), ("company", "Company")]


class CrmPartnerRelationType(models.Model):
    """A kind of relation between two parties with its name from either end: is parent of, is child of."""

    _name = "crm.partner.relation.type"
    _description = "Type of Relation"
    _order = "sequence, name, id"
    _rec_names_search = ["name", "inverse_name"]

    name = fields.Char(string="From the First", required=True, translate=True, help="First … second: is parent of")
    inverse_name = fields.Char(
        string="From the Second",
        compute="_compute_inverse_name",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
        translate=True,
        help="Second … first: is child of",
    )
    symmetric = fields.Boolean(help="Reads the same from both ends: is spouse of.")
    left_kind = fields.Selection(selection=PARTY_KINDS, string="First Is", required=True, default="any")
    right_kind = fields.Selection(selection=PARTY_KINDS, string="Second Is", required=True, default="any")
    sensitive = fields.Boolean(help="Only people with the right to sensitive customer data see these relations.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    # === COMPUTE METHODS === #

    @api.depends("name", "symmetric")
    def _compute_inverse_name(self):
        for kind in self:
            if kind.symmetric or not kind.inverse_name:
                kind.inverse_name = kind.name

    # === CONSTRAINTS === #

    @api.constrains("symmetric", "left_kind", "right_kind")
    def _check_symmetric(self):
        for kind in self:
            if kind.symmetric and kind.left_kind != kind.right_kind:
                raise ValidationError(
                    self.env._("%(name)s reads the same from both ends: both must be of the same kind.", name=kind.name)
                )

    # === CRUD METHODS === #

    def write(self, vals):
        if "symmetric" in vals:
            changed = self.filtered(lambda kind: kind.symmetric != bool(vals["symmetric"]))
            # sudo: relations of any visibility count, so that nobody turns around what they cannot see
            relations = self.env["crm.partner.relation"].sudo()
            if changed and relations.search_count([("type_id", "in", changed.ids)], limit=1):
                raise ValidationError(
                    self.env._("Relations of this type exist: whether it reads the same from both ends stays.")
                )
        return super().write(vals)
