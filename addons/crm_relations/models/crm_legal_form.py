from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError

from ..tools import duplicates


class CrmLegalForm(models.Model):
    """A legal form as it stands at the end of company names: not looked at when names are compared."""

    _name = "crm.legal.form"
    _description = "Legal Form"
    _order = "name"

    name = fields.Char(
        required=True,
        help="As written after the name, e.g. GmbH & Co. KG. Dots and spaces do not matter.",
    )
    country_ids = fields.Many2many("res.country", string="Countries", help="For information only.")
    active = fields.Boolean(default=True)

    @api.constrains("name")
    def _check_name(self):
        for form in self:
            if not duplicates.compact(form.name):
                raise ValidationError(self.env._("A legal form needs at least one letter."))

    @api.model_create_multi
    def create(self, vals_list):
        forms = super().create(vals_list)
        self._forms_changed()
        return forms

    def write(self, vals):
        result = super().write(vals)
        if not {"name", "active"}.isdisjoint(vals):
            self._forms_changed()
        return result

    def unlink(self):
        result = super().unlink()
        self._forms_changed()
        return result

    @api.model
    def _forms_changed(self):
        """Names are cut differently from now on: make their keys anew in the background."""
        self.env.registry.clear_cache()
        self.env["crm.partner.key"]._expire()

    @api.model
    @tools.ormcache()
    def _compact_forms(self):
        """:rtype: frozenset(str)"""
        # sudo: everybody's comparison uses the list, whoever may edit it
        return frozenset(duplicates.compact(form.name) for form in self.sudo().search([]))
