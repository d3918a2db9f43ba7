from odoo import api, fields, models
from odoo.exceptions import UserError


class CrmConsentWording(models.Model):
    """The words in which customers were asked; those somebody agreed to never change: add a version."""

    _name = "crm.consent.wording"
    _description = "Wording of a Consent"
    _order = "purpose_id, version desc"

    purpose_id = fields.Many2one("crm.consent.purpose", required=True, index=True, ondelete="cascade")
    version = fields.Integer(readonly=True)
    text = fields.Text(required=True)
    date = fields.Date(string="In Use Since", required=True, default=fields.Date.context_today)
    consent_ids = fields.One2many(
        "crm.consent", "wording_id", string="Consents", groups="crm_relations.group_user,crm_relations.group_auditor"
    )

    _version_uniq = models.Constraint("UNIQUE(purpose_id, version)", "There is such a version already.")

    @api.depends("purpose_id.name", "version")
    def _compute_display_name(self):
        for wording in self:
            wording.display_name = self.env._("Version %(number)s", number=wording.version)

    @api.model_create_multi
    def create(self, vals_list):
        """Number the versions of each purpose."""
        # sudo: numbers of all wordings count
        newest = dict(self.sudo()._read_group([], ["purpose_id"], ["version:max"]))
        numbers = {purpose.id: number for purpose, number in newest.items()}
        for vals in vals_list:
            purpose_id = vals.get("purpose_id")
            numbers[purpose_id] = vals["version"] = numbers.get(purpose_id, 0) + 1
        return super().create(vals_list)

    def write(self, vals):
        # the same words again are no change: loading the data of the addon once more is possible
        changed = self.filtered(
            lambda wording: vals.get("text", wording.text) != wording.text
            or vals.get("purpose_id", wording.purpose_id.id) != wording.purpose_id.id
        )
        # sudo: consents of customers that the user may not see count as well
        if changed and self.env["crm.consent"].sudo().search_count([("wording_id", "in", changed.ids)], limit=1):
            raise UserError(
                self.env._("Customers have agreed to these words, so they stay: add a new version instead.")
            )
        return super().write(vals)
