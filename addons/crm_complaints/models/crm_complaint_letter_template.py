from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools import letter as rules


class CrmComplaintLetterTemplate(models.Model):
    """The wording of letters of one kind, in the languages of the customers."""

    _name = "crm.complaint.letter.template"
    _description = "Complaint Letter Template"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    kind = fields.Selection(rules.KINDS, required=True, default="final")
    company_id = fields.Many2one("res.company", index="btree_not_null", help="Empty: for all companies.")
    subject = fields.Char(required=True, translate=True)
    body = fields.Html(
        required=True,
        translate=True,
        help="Text with elements like {{number}}, {{decision}}, {{reasons}}, {{points}}, {{answer}}, {{external}}.",
    )
    elements = fields.Char(compute="_compute_elements")

    @api.depends_context("lang")
    def _compute_elements(self):
        for template in self:
            template.elements = ", ".join(map(rules.placeholder, rules.ELEMENTS))

    @api.constrains("subject", "body", "kind")
    def _check_elements(self):
        for template in self:
            unknown = rules.unknown_elements(f"{template.subject} {template.body}")
            if unknown:
                raise ValidationError(
                    self.env._("%(template)s: no letter knows %(names)s. Elements are: %(elements)s.",
                               template=template.name, names=", ".join(unknown), elements=template.elements)
                )  # fmt: skip
            blank = "".join(f'<i class="o_complaint_{name}">x</i>' for name in rules.elements(template.body))
            lacking = rules.missing_elements(blank, rules.REQUIRED[template.kind])
            if lacking:
                raise ValidationError(
                    self.env._("%(template)s: such a letter must contain %(names)s.",
                               template=template.name, names=", ".join(map(rules.placeholder, lacking)))
                )  # fmt: skip
