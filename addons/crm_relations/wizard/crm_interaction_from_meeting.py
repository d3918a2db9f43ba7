from odoo import api, fields, models
from odoo.exceptions import UserError

from .. import const
from ..tools.interaction import minutes_between


class CrmInteractionFromMeeting(models.TransientModel):
    """Outcome of a meeting, written once and logged for each customer who was there."""

    _name = "crm.interaction.from.meeting"
    _description = "Outcome of a Meeting"

    event_id = fields.Many2one("calendar.event", string="Meeting", required=True, readonly=True, ondelete="cascade")
    candidate_ids = fields.Many2many("res.partner", compute="_compute_candidate_ids")
    partner_ids = fields.Many2many(
        "res.partner",
        string="Who Was There",
        relation="crm_interaction_from_meeting_partner_rel",
        compute="_compute_partner_ids",
        store=True,
        readonly=False,
        help="Take out who did not come.",
    )
    duration = fields.Integer(
        string="Duration (min)", compute="_compute_duration", store=True, readonly=False, help="In minutes."
    )
    outcome = fields.Text(required=True, help="What came out of it, in one or two sentences.")
    result = fields.Selection(selection=const.RESULTS)
    next_step = fields.Char()
    next_step_date = fields.Date(string="Due")

    # === COMPUTE METHODS === #

    @api.depends("event_id")
    def _compute_candidate_ids(self):
        """Customers invited of whom nothing was logged yet."""
        for dialog in self:
            event = dialog.event_id
            # sudo: what a colleague has logged is logged
            done = event.sudo().with_context(active_test=False).crm_interaction_ids.commercial_partner_id.ids
            people = event._crm_customers() if event else event.partner_ids
            dialog.candidate_ids = people.filtered(
                lambda partner, done=done: partner.commercial_partner_id.id not in done
            )

    @api.depends("event_id")
    def _compute_partner_ids(self):
        for dialog in self:
            dialog.partner_ids = dialog.candidate_ids

    @api.depends("event_id")
    def _compute_duration(self):
        for dialog in self:
            event = dialog.event_id
            dialog.duration = 0 if event.allday else minutes_between(event.start, event.stop)

    # === ACTIONS === #

    def action_log(self):
        """Log the outcome; customers for whom it was logged meanwhile keep what is there.

        :raises UserError: when nobody of a customer was there
        """
        self.ensure_one()
        people = self.partner_ids & self.event_id._crm_customers()
        if not people:
            raise UserError(self.env._("Please choose which customers were there."))
        values = {name: self[name] for name in ("outcome", "result", "duration", "next_step", "next_step_date")}
        interactions = self.env["crm.interaction"]
        created, known = interactions._create_once(self.event_id._crm_prepare_interactions(people, values))
        if len(created) == 1:
            return created.get_formview_action()
        return self.event_id.action_crm_interactions()
