from odoo import fields, models
from odoo.exceptions import UserError


class CalendarEvent(models.Model):
    """A meeting that took place: what came out of it, for each customer who was there."""

    _inherit = "calendar.event"

    crm_interaction_ids = fields.One2many(
        "crm.interaction",
        "meeting_id",
        string="Outcomes",
        groups="crm_relations.group_user,crm_relations.group_auditor",
    )
    crm_interaction_count = fields.Integer(
        string="Outcomes Logged",
        compute="_compute_crm_interaction_count",
        groups="crm_relations.group_user,crm_relations.group_auditor",
    )
    crm_has_customers = fields.Boolean(compute="_compute_crm_has_customers")

    # === COMPUTE METHODS === #

    def _compute_crm_interaction_count(self):
        groups = self.env["crm.interaction"]._read_group([("meeting_id", "in", self.ids)], ["meeting_id"], ["__count"])
        counts = dict(groups)
        for event in self:
            event.crm_interaction_count = counts.get(event._origin, 0)

    def _compute_crm_has_customers(self):
        for event in self:
            event.crm_has_customers = bool(event._crm_customers())

    # === CUSTOMERS === #

    def _crm_customers(self):
        """The people of customers who are invited, without our own.

        :rtype: res.partner
        """
        people = self.partner_ids.filtered("partner_share")
        # sudo: whether a partner is one of our own companies
        own = self.env["res.company"].sudo().search([("partner_id", "in", people.commercial_partner_id.ids)])
        return people.filtered(lambda partner: partner.commercial_partner_id not in own.partner_id)

    def _crm_prepare_interactions(self, people, values):
        """What came out of the meeting, for each customer among ``people``: one contact per company.

        :param people: ``res.partner`` who were there
        :param dict values: outcome, result, duration and whatever else is the same for all
        :return: values for ``crm.interaction._create_once``
        :raises UserError: before the meeting begins, and for a private meeting of others
        """
        self.ensure_one()
        self.check_access("read")
        if self._check_private_event_conditions():
            raise UserError(self.env._("This is a private meeting of somebody else."))
        if self.start > fields.Datetime.now():
            raise UserError(self.env._("“%(meeting)s” has not begun yet.", meeting=self.name))
        result = []
        for whole, group in people.grouped("commercial_partner_id").items():
            persons = group.filtered(lambda partner, whole=whole: partner != whole and not partner.is_company)
            result.append(
                {
                    "partner_id": whole.id,
                    "contact_id": persons[:1].id,
                    "channel": "meeting",
                    "direction": "out",
                    "kind": False,
                    "date": self.start,
                    "objective": self.name,
                    "state": "done",
                    "meeting_id": self.id,
                    "origin_key": f"calendar.event,{self.id}:{whole.id}",
                    **values,
                }
            )
            if self.opportunity_id.partner_id.commercial_partner_id == whole:
                result[-1]["lead_id"] = self.opportunity_id.id
        return result

    # === ACTIONS === #

    def action_crm_log_outcome(self):
        """Open the dialog in which the outcome of a meeting is logged."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Outcome of %(meeting)s", meeting=self.display_name),
            "res_model": "crm.interaction.from.meeting",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_event_id": self.id},
        }

    def action_crm_interactions(self):
        """The contacts logged of this meeting."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_relations.crm_interaction_action")
        return action | {"domain": [("meeting_id", "=", self.id)], "context": {"create": False}, "path": False}
