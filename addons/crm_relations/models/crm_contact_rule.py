from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from .. import const
from ..tools import contact_rules


class CrmContactRule(models.Model):
    """What has to be kept to when customers are contacted, as data.

    Channels, hours and numbers of a rule hold for customers (and the companies
    they belong to) who said nothing themselves. A rule refuses or warns;
    contacts for service and contract are never refused.
    """

    _name = "crm.contact.rule"
    _description = "Rule of Contact"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one("res.company", index=True, help="Empty: for all companies.")
    condition = fields.Selection(selection=const.RULE_CONDITIONS, required=True, default="hours")
    effect = fields.Selection(
        selection=const.RULE_EFFECTS,
        required=True,
        default="warn",
        help="Contacts for service and contract are warned about at most, never refused.",
    )
    for_service = fields.Boolean(string="Service and Contract")
    for_sales = fields.Boolean(string="Sales", default=True)
    for_marketing = fields.Boolean(string="Advertising", default=True)
    channel_ids = fields.Many2many("crm.contact.channel", string="Channels", help="Empty: all channels.")
    group_id = fields.Many2one(
        "crm.customer.group",
        string="Customer Group",
        index="btree_not_null",
        ondelete="restrict",
        help="Only customers of this group, or of companies in it. Empty: all.",
    )
    default_channel_ids = fields.Many2many(
        "crm.contact.channel",
        "crm_contact_rule_default_channel_rel",
        string="Unless the Customer Said",
        help="Channels of customers who said nothing themselves. Empty: any.",
    )
    window_ids = fields.One2many("crm.contact.window", "rule_id", string="Hours", copy=True)
    max_count = fields.Integer(string="At Most", default=4)
    days = fields.Integer(string="Within Days", default=30, help="Days of 24 hours before the contact.")
    message = fields.Char(translate=True, help="What to say instead of the rule's own words.")
    decision_count = fields.Integer(string="Decisions", compute="_compute_decision_count")

    _check_numbers = models.Constraint(
        "CHECK (max_count BETWEEN 1 AND 1000 AND days BETWEEN 1 AND 366)",
        "The number of contacts lies between 1 and 1000, the number of days between 1 and 366.",
    )

    # === COMPUTE METHODS === #

    def _compute_decision_count(self):
        counts = dict(
            self.env["crm.contact.decision"]._read_group([("rule_id", "in", self.ids)], ["rule_id"], ["__count"])
        )
        for rule in self:
            rule.decision_count = counts.get(rule, 0)

    # === CONSTRAINTS === #

    @api.constrains("for_service", "for_sales", "for_marketing")
    def _check_purposes(self):
        for rule in self:
            if not (rule.for_service or rule.for_sales or rule.for_marketing):
                raise ValidationError(self.env._("Please say for which purposes “%(rule)s” holds.", rule=rule.name))

    @api.constrains("condition", "window_ids")
    def _check_windows(self):
        for rule in self:
            if rule.condition == "quiet" and not rule.window_ids:
                raise ValidationError(self.env._("Please say which hours are quiet in “%(rule)s”.", rule=rule.name))

    @api.constrains("condition", "group_id")
    def _check_always(self):
        for rule in self:
            if rule.condition == "always" and not rule.group_id:
                raise ValidationError(
                    self.env._("Please choose a group of customers: else “%(rule)s” would mean all.", rule=rule.name)
                )

    # === BUSINESS METHODS === #

    @api.model
    def _applicable(self, channel, purpose):
        """The rules of the current company, and of those it is a branch of, about this channel and kind of purpose.

        :param purpose: a code of ``const.PURPOSES``
        """
        domain = Domain("company_id", "in", [False, *self.env.company.parent_ids.ids])
        domain &= Domain("channel_ids", "=", False) | Domain("channel_ids.code", "=", channel)
        domain &= Domain(f"for_{purpose}", "=", True)
        # sudo: rules hold for everybody, whoever may read them
        return self.sudo().search(domain)

    def _tool_rule(self, purpose, channel):
        """This rule as the pure functions know it.

        :param purpose: what is asked about; its own lawful basis by the channel decides where consent does
        """
        self.ensure_one()
        aim = self.env["crm.consent.purpose"]._by_code(purpose) if self.condition == "consent" else None
        return contact_rules.Rule(
            id=self.id,
            condition=self.condition,
            effect=self.effect,
            windows=self.window_ids._windows() if self.condition in ("hours", "quiet") else (),
            channels=tuple(self.default_channel_ids.mapped("code")) if self.condition == "channel" else (),
            limit=self.max_count,
            days=self.days,
            basis=aim._basis(channel) if aim else None,
            soft=bool(aim and aim._soft(channel)),
        )

    def _counted_purposes(self):
        """Which contacts count for the limit of this rule."""
        self.ensure_one()
        return tuple(code for code, _label in const.PURPOSES if self[f"for_{code}"])

    # === ACTIONS === #

    def action_decisions(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_relations.crm_contact_decision_action")
        return action | {"domain": [("rule_id", "=", self.id)], "context": {}}
