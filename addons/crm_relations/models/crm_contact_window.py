from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .. import const
from ..tools import contact_rules


class CrmContactWindow(models.Model):
    """Hours of contact of a customer, or of a rule, on the customer's own clock.

    An end before the start lies on the next day: every day 20:00 to 8:00 is one line.
    """

    _name = "crm.contact.window"
    _description = "Hours of Contact"
    _order = "days, hour_from, id"

    partner_id = fields.Many2one("res.partner", string="Customer", index="btree_not_null", ondelete="cascade")
    rule_id = fields.Many2one("crm.contact.rule", index="btree_not_null", ondelete="cascade")
    days = fields.Selection(selection=const.WINDOW_DAYS, required=True, default="workdays")
    hour_from = fields.Float(string="From", default=9.0, required=True)
    hour_to = fields.Float(string="To", default=17.0, required=True)

    _check_owner = models.Constraint(
        "CHECK (num_nonnulls(partner_id, rule_id) = 1)", "Hours belong to one customer or to one rule."
    )

    @api.constrains("hour_from", "hour_to")
    def _check_hours(self):
        for window in self:
            start, end = window._minutes()
            if not (0 <= start < contact_rules.DAY_MINUTES and 0 <= end <= contact_rules.DAY_MINUTES):
                raise ValidationError(self.env._("Hours of contact lie between 0:00 and 24:00."))
            if start == end:
                raise ValidationError(self.env._("Hours of contact cannot end at the minute at which they begin."))

    def _minutes(self):
        self.ensure_one()
        return round(self.hour_from * 60), round(self.hour_to * 60)

    def _windows(self):
        """All windows of these lines, day by day.

        :rtype: tuple[contact_rules.Window]
        """
        return tuple(
            window for line in self for window in contact_rules.expand(line.days, *line._minutes())
        )

    def _text(self):
        """The hours in words."""
        labels = dict(self._fields["days"]._description_selection(self.env))
        return contact_rules.hours_text([(line.days, *line._minutes()) for line in self], labels)
