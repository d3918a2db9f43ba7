from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .. import const


class CrmInteractionTemplate(models.Model):
    """How a kind of contact usually goes: chosen at entry, it fills in what is the same each time."""

    _name = "crm.interaction.template"
    _description = "Interaction Template"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one("res.company", index=True, help="Empty: for all companies.")
    direction = fields.Selection(selection=const.DIRECTIONS, string="Initiated by", required=True, default="out")
    channel = fields.Selection(selection=const.CHANNELS, required=True, default="phone")
    kind = fields.Selection(selection=const.KINDS, help="Only for contacts that we initiate.")
    objective = fields.Char(translate=True)
    outcome = fields.Text(translate=True, help="What usually comes out of it; to be corrected at entry.")
    duration = fields.Integer(string="Duration (min)", help="Usual duration in minutes.")
    note = fields.Html(string="Notes", translate=True, help="For instance the questions to ask.")
    next_step = fields.Char(translate=True)
    next_step_days = fields.Integer(string="Next Step After", default=7, help="Days after the contact.")

    _check_numbers = models.Constraint(
        "CHECK (duration >= 0 AND next_step_days BETWEEN 0 AND 3650)",
        "Minutes are not negative, and the next step is due within ten years.",
    )

    @api.constrains("kind", "direction")
    def _check_kind(self):
        for template in self:
            if template.kind and template.direction != "out":
                raise ValidationError(
                    self.env._("Offers, letters, calls and visits of ours are contacts that we initiated.")
                )

    def _interaction_values(self, date=None):
        """What the template fills in, in the reader's language; empty texts fill in nothing.

        :param datetime date: when the contact is (now)
        :rtype: dict
        """
        self.ensure_one()
        values = {"direction": self.direction, "channel": self.channel}
        names = ("kind", "duration", "objective", "outcome", "note", "next_step")
        values |= {name: self[name] for name in names if self[name]}
        if self.next_step:
            moment = fields.Datetime.to_datetime(date) or fields.Datetime.now()
            # of the user's clock: in the evening of one country it is the next day in another
            day = fields.Datetime.context_timestamp(self, moment).date()
            values["next_step_date"] = day + timedelta(days=self.next_step_days)
        return values
