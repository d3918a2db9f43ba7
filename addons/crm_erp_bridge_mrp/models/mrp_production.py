from odoo import models
from odoo.tools import format_date

FINISHED = ("done", "cancel")


class MrpProduction(models.Model):
    _inherit = "mrp.production"

    def _crm_wait(self):
        """What a customer's line waits for, when these are made for it: (date, reason) of the latest."""
        waits = [production._crm_expected() for production in self]
        return max(waits, key=lambda wait: (wait[0], wait[1]))

    def _crm_expected(self):
        """When the goods are made, and of what that depends: components that come after the planned start move it."""
        self.ensure_one()
        missing = [
            move._crm_waits_for()
            for move in self.move_raw_ids
            if move.state not in FINISHED and move.state != "assigned"
        ]
        late = [(date, reason) for date, reason in missing if date and date > self.date_start]
        takes = self.date_finished - self.date_start
        date = max([self.date_finished] + [start + takes for start, _reason in late])
        state = dict(self._fields["state"]._description_selection(self.env))[self.state]
        text = self.env._(
            "Made with %(order)s (%(state)s), expected %(date)s.",
            order=self.name,
            state=state,
            date=format_date(self.env, date.date()),
        )
        causes = [reason for _date, reason in (late or missing) if reason]
        return date, " ".join(dict.fromkeys([text, *causes]))
