from dataclasses import replace
from datetime import datetime

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_date
from odoo.tools.misc import format_time

from .. import const
from ..tools import contact_rules


class ResPartner(models.Model):
    """How customers want to be contacted, and the one place that says whether they may be.

    What a person did not say is taken from the company the person belongs to,
    then from the rules of our company.
    """

    _inherit = "res.partner"

    crm_no_contact = fields.Selection(
        selection=const.NO_CONTACT,
        string="Do Not Contact",
        tracking=True,
        help="Empty: as the company says that the person belongs to.",
    )
    crm_no_contact_until = fields.Date(
        string="Do Not Contact Until", tracking=True, help="Empty: until further notice."
    )
    crm_no_contact_reason = fields.Char(string="Reason Not to Contact", tracking=True)
    crm_channel_ids = fields.One2many("crm.partner.channel", "partner_id", string="Preferred Channels")
    crm_window_ids = fields.One2many("crm.contact.window", "partner_id", string="Hours of Contact")
    crm_contact_hours = fields.Char(string="Hours in Words", compute="_compute_crm_contact_hours")
    crm_contact_limit = fields.Integer(
        string="Contacts at Most",
        prefetch=const.PREFETCH,
        help="How many contacts for sales and advertising the customer wants. 0: not said.",
    )
    crm_contact_days = fields.Integer(string="Days of That Limit", default=30, prefetch=const.PREFETCH)
    crm_decision_ids = fields.One2many(
        "crm.contact.decision", "partner_id", string="Contact Decisions", domain=const.OF_CUSTOMER
    )

    _email_normalized_idx = models.Index("(email_normalized) WHERE email_normalized IS NOT NULL")
    _check_crm_contact_limit = models.Constraint(
        "CHECK (COALESCE(crm_contact_limit, 0) BETWEEN 0 AND 1000 "
        "AND (COALESCE(crm_contact_limit, 0) = 0 OR COALESCE(crm_contact_days, 0) BETWEEN 1 AND 366))",
        "A customer's limit of contacts lies between 1 and 1000 within 1 to 366 days (0: no limit).",
    )

    # === COMPUTE METHODS === #

    @api.depends("crm_window_ids.days", "crm_window_ids.hour_from", "crm_window_ids.hour_to")
    @api.depends_context("lang")
    def _compute_crm_contact_hours(self):
        for partner in self:
            partner.crm_contact_hours = partner.crm_window_ids._text()

    # === CONSTRAINTS === #

    @api.constrains("crm_no_contact", "crm_no_contact_reason")
    def _check_crm_no_contact(self):
        for partner in self:
            refused = partner.crm_no_contact in ("marketing", "all")
            if refused and not (partner.crm_no_contact_reason or "").strip():
                raise ValidationError(
                    self.env._("Please say why %(customer)s is not to be contacted.", customer=partner.name or "")
                )

    # === THE DECISION === #

    def _crm_may_contact(self, channel, purpose, at=None):
        """May these customers be contacted? Every sender asks here.

        All of ``self`` is answered by one query for the rules and one for the customers, however many they are.

        :param channel: code of ``const.CHANNELS``
        :param purpose: code of ``const.PURPOSES`` or of a ``crm.consent.purpose``
        :param at: naive UTC datetime, or a date of the customer's (answered for the best time of that day); now
        :return: ``{partner id: contact_rules.Decision}`` with ``effect`` ("allow", "warn", "refuse"),
            ``reasons`` (sentences) and ``next_moment`` (naive UTC: the earliest with a milder answer, None: never)
        :raises ValueError: for a channel or purpose that does not exist
        """
        return self._crm_contact_decide(channel, purpose, at)

    def _crm_contact_decide(self, channel, purpose, at=None, words=True, own=False):
        """:meth:`_crm_may_contact`.

        :param at: also ``{partner id: moment}``
        :param own: the contact asked about is in the database, and not to be counted
        """
        if channel not in dict(const.CHANNELS):
            raise ValueError(f"Unknown channel {channel!r}")
        kind = self._crm_contact_kind(purpose)
        at = at or fields.Datetime.now()
        rules = self.env["crm.contact.rule"]._applicable(channel, kind)
        customers = self._crm_contact_facts(rules, channel, purpose, at)
        by_group = {rule: (rule.group_id.id, rule._tool_rule(purpose, channel)) for rule in rules}
        whole = [contact_rules.Rule(0, condition, contact_rules.REFUSE) for condition in contact_rules.ALWAYS_ON]
        whole += [rule for group, rule in by_group.values() if not group]
        grouped = [(group, rule) for group, rule in by_group.values() if group]
        decisions, known = {}, {}
        for partner_id, (customer, groups) in customers.items():
            moment = at[partner_id] if isinstance(at, dict) else at
            # customers of whom the same is known are one object: the answer is the same too
            same = (id(customer), groups, moment)
            if same not in known:
                own_rules = whole + [rule for group, rule in grouped if group in groups] if grouped else whole
                decide = contact_rules.decide if isinstance(moment, datetime) else contact_rules.decide_day
                facts = _without(customer, moment) if own else customer
                known[same] = decide(own_rules, facts, channel, kind, moment)
            decisions[partner_id] = known[same]
        if words:
            self._crm_contact_put_in_words(decisions, customers, channel, purpose)
        return decisions

    @api.model
    def _crm_contact_kind(self, purpose):
        """The kind of a purpose: a code of ``const.PURPOSES``."""
        if purpose in dict(const.PURPOSES):
            return purpose
        kind = self.env["crm.consent.purpose"]._by_code(purpose).kind
        if not kind:
            raise ValueError(f"Unknown purpose {purpose!r}")
        return kind

    @api.model
    def _crm_contact_knows(self, purpose):
        """Whether there is a purpose, or a kind of purpose, of that code."""
        return purpose in dict(const.PURPOSES) or bool(self.env["crm.consent.purpose"]._by_code(purpose))

    # === WORDS === #

    def _crm_contact_put_in_words(self, decisions, customers, channel, purpose):
        """Add the reasons, in the language of the user, where there are any."""
        found = self.browse([partner_id for partner_id, decision in decisions.items() if decision.findings])
        rules = {}
        for partner in found.sudo():  # sudo: whoever sends has to know why not
            decision = decisions[partner.id]
            reasons = []
            values = (customers[partner.id][0], decision, channel, purpose)
            for finding in decision.findings:
                rule = rules.setdefault(
                    finding.rule.id, self.env["crm.contact.rule"].sudo().browse(finding.rule.id)
                )
                sentence = rule.message or partner._crm_contact_sentence(rule, finding.rule.condition, *values)
                reasons.append(sentence)
            decisions[partner.id] = replace(decision, reasons=tuple(reasons))

    def _crm_contact_sentence(self, rule, condition, customer, decision, channel, purpose):
        """Why not, in one sentence."""
        self.ensure_one()
        if condition == "consent":
            return self._crm_contact_say_consent(customer, channel, purpose)
        method = getattr(self, f"_crm_contact_say_{condition}", None)
        return method(rule, customer, decision, channel) if method else rule.name

    def _crm_contact_owner(self, name):
        """Who answered a question of the preferences: the person, else the company it belongs to."""
        return self if self[name] else self.commercial_partner_id

    def _crm_contact_say_no_contact(self, rule, customer, decision, channel):
        owner = self._crm_contact_owner("crm_no_contact")
        values = {"customer": owner.name, "reason": owner.crm_no_contact_reason}
        if customer.until:
            values["day"] = format_date(self.env, customer.until)
            if customer.no_contact == "marketing":
                return self.env._("%(customer)s wants no advertising until %(day)s: %(reason)s", **values)
            return self.env._("%(customer)s does not want to be contacted until %(day)s: %(reason)s", **values)
        if customer.no_contact == "marketing":
            return self.env._("%(customer)s wants no advertising: %(reason)s", **values)
        return self.env._("%(customer)s does not want to be contacted: %(reason)s", **values)

    def _crm_contact_say_channel(self, rule, customer, decision, channel):
        lines = self._crm_contact_owner("crm_channel_ids").crm_channel_ids.sorted()
        names = lines.mapped("name") or rule.default_channel_ids.mapped("name")
        labels = dict(self.env["crm.interaction"]._fields["channel"]._description_selection(self.env))
        return self.env._("Prefers %(channels)s to %(channel)s", channels=", ".join(names), channel=labels[channel])

    def _crm_contact_say_hours(self, rule, customer, decision, channel):
        windows = self._crm_contact_owner("crm_window_ids").crm_window_ids or rule.window_ids
        return self.env._(
            "%(time)s at the customer's is outside the hours of contact (%(hours)s)",
            time=self._crm_contact_clock(customer, decision.at),
            hours=windows._text(),
        )

    def _crm_contact_say_quiet(self, rule, customer, decision, channel):
        return self.env._(
            "%(time)s at the customer's is within the quiet hours (%(hours)s)",
            time=self._crm_contact_clock(customer, decision.at),
            hours=rule.window_ids._text(),
        )

    def _crm_contact_say_wish(self, rule, customer, decision, channel):
        return self.env._(
            "Wants at most %(count)s contacts within %(days)s days", count=customer.limit, days=customer.days
        )

    def _crm_contact_say_cap(self, rule, customer, decision, channel):
        return self.env._(
            "%(rule)s: at most %(count)s contacts within %(days)s days",
            rule=rule.name,
            count=rule.max_count,
            days=rule.days,
        )

    def _crm_contact_say_excluded(self, rule, customer, decision, channel):
        if channel == "email":
            return self.env._("The e-mail address is on the exclusion list")
        return self.env._("The telephone number is on the exclusion list")

    def _crm_contact_say_consent(self, customer, channel, purpose):
        labels = dict(self.env["crm.interaction"]._fields["channel"]._description_selection(self.env))
        values = {
            "customer": self.name,
            "purpose": self.env["crm.consent.purpose"]._by_code(purpose).name,
            "channel": labels[channel],
        }
        if customer.consent == "withdrawn":
            return self.env._("%(customer)s does not want “%(purpose)s” by %(channel)s (withdrawn)", **values)
        return self.env._("%(customer)s has not agreed to “%(purpose)s” by %(channel)s", **values)

    @api.model
    def _crm_contact_clock(self, customer, moment):
        """A moment on the customer's clock: weekday and time."""
        wall = contact_rules.wall_clock(moment, customer.zone)
        days = dict(self.env["crm.contact.window"]._fields["days"]._description_selection(self.env))
        return f"{days[str(wall.weekday())]} {format_time(self.env, wall.time(), time_format='HH:mm')}"

    # === ACTIONS === #

    def action_crm_contact_decisions(self):
        """What the rules of contact said about this customer so far."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_relations.crm_contact_decision_action")
        column = "commercial_partner_id" if self.commercial_partner_id == self else "partner_id"
        return action | {"domain": [(column, "=", self.id)], "context": {}}


def _without(customer, at):
    """The customer without the contact asked about among those counted."""
    touches = {}
    for rule_id, moments in customer.touches.items():
        moments = list(moments)
        if at in moments:
            moments.remove(at)
        touches[rule_id] = tuple(moments)
    return replace(customer, touches=touches)
