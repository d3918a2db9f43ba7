from odoo import api, fields, models
from odoo.exceptions import UserError

from .. import const
from ..tools.interaction import bulk_key, default_kind

SAME = ("template_id", "channel", "direction", "kind", "date", "duration", "objective", "outcome", "result")
LIMIT = 5000


class CrmInteractionBulk(models.TransientModel):
    """One event with many customers, entered once: a fair, a seminar, a letter to all."""

    _name = "crm.interaction.bulk"
    _description = "Contacts of an Event"

    partner_ids = fields.Many2many(
        "res.partner",
        string="Customers",
        relation="crm_interaction_bulk_partner_rel",
        default=lambda self: self._default_partner_ids(),
    )
    group_id = fields.Many2one(
        "crm.customer.group",
        string="Customer Group",
        ondelete="cascade",
        help="All of its members, besides those chosen.",
    )
    customer_count = fields.Integer(string="Customers in All", compute="_compute_customer_count")
    template_id = fields.Many2one(
        "crm.interaction.template", ondelete="cascade", help="Fills in what is the same each time."
    )
    channel = fields.Selection(selection=const.CHANNELS, required=True, default="event")
    direction = fields.Selection(selection=const.DIRECTIONS, string="Initiated by", required=True, default="out")
    kind = fields.Selection(selection=const.KINDS, compute="_compute_kind", store=True, readonly=False)
    date = fields.Datetime(
        string="Date and Time", required=True, default=lambda self: fields.Datetime.now().replace(second=0)
    )
    duration = fields.Integer(string="Duration (min)", help="In minutes.")
    objective = fields.Char(required=True, help="What the event was, or what the contacts are for.")
    outcome = fields.Text()
    result = fields.Selection(selection=const.RESULTS)
    next_step = fields.Char()
    next_step_date = fields.Date(string="Due")

    # === DEFAULTS AND COMPUTE METHODS === #

    @api.model
    def _default_partner_ids(self):
        if self.env.context.get("active_model") != "res.partner":
            return self.env["res.partner"]
        return self.env["res.partner"].browse(self.env.context.get("active_ids", []))

    @api.depends("partner_ids", "group_id")
    def _compute_customer_count(self):
        for dialog in self:
            dialog.customer_count = len(dialog._customers())

    @api.depends("direction", "channel")
    def _compute_kind(self):
        for dialog in self:
            dialog.kind = default_kind(dialog.direction, dialog.channel)

    @api.onchange("template_id")
    def _onchange_template_id(self):
        if self.template_id:
            values = self.template_id._interaction_values(self.date)
            self.update({name: value for name, value in values.items() if name in self._fields})

    # === BUSINESS METHODS === #

    def _customers(self):
        """Those chosen and those of the group, each once, as far as the user may read them."""
        members = self.group_id.member_ids.partner_id._origin
        return (self.partner_ids._origin | members)._filtered_access("read").filtered("active")

    def _log(self):
        """Log the contacts in one batch; whoever has been logged for this event already is left out.

        :return: (new interactions, number of customers that were there already)
        :raises UserError: without customers, or for more than a few thousand at once
        """
        self.ensure_one()
        customers = self._customers()
        if not customers:
            raise UserError(self.env._("Please choose the customers, or a group with members."))
        if len(customers) > LIMIT:
            raise UserError(self.env._("These are more than %(limit)s customers: enter them in parts.", limit=LIMIT))
        interactions = self.env["crm.interaction"]
        key = bulk_key(self.channel, self.direction, self.objective, self.date)
        same = {name: self[name] for name in SAME if name != "template_id"}
        same |= {"next_step": self.next_step, "next_step_date": self.next_step_date, "template_id": self.template_id.id}
        created, known = interactions.with_context(mail_create_nolog=True, mail_create_nosubscribe=True)._create_once(
            [
                same | interactions._party_values(partner) | {"origin_key": f"bulk,{key}:{partner.id}"}
                for partner in customers
            ]
        )
        return created.with_env(self.env), len(known)

    # === ACTIONS === #

    def action_log(self):
        """Log the contacts and show them."""
        created, known = self._log()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_relations.crm_interaction_action")
        action |= {"domain": [("id", "in", created.ids)], "context": {}, "path": False, "name": self.objective}
        message = self.env._("%(count)s contacts logged.", count=len(created))
        if known:
            message = self.env._(
                "%(count)s contacts logged, %(known)s had been logged already.", count=len(created), known=known
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if created else "warning",
                "message": message,
                "next": action if created else {"type": "ir.actions.act_window_close"},
            },
        }
