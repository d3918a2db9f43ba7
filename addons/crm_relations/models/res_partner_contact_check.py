from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime

from ..tools import contact_rules

STANDING_CONDITIONS = ("no_contact", "excluded", "consent", "always", *contact_rules.ALWAYS_ON)
"""Rules that something in a queue can come to break."""


class ResPartner(models.Model):
    """Senders keep to the decision here: ask, log, and refuse."""

    _inherit = "res.partner"

    def _crm_contact_check(self, channel, purpose, at=None, *, origins=None, override=None, happened=False, own=False):
        """Ask whether these customers may be contacted, log what was warned about, and refuse.

        Colleagues are no customers and never asked about.

        :param at: as in :meth:`_crm_may_contact`
        :param origins: ``{partner id: record}``: the document, for the log
        :param override: the reason for which an administrator makes the contact all the same
        :param happened: the contact took place already: it is logged, nothing is refused
        :param own: the contact is in the database already
        :return: ``{partner id: Decision}``
        :raises UserError: when one of them is refused, or somebody overrides who may not
        """
        customers = self._crm_contact_customers()
        decisions = customers._crm_contact_decide(channel, purpose, at, own=own)
        customers._crm_contact_lock(decisions, purpose)
        override = (override or self.env.context.get("crm_contact_override") or "").strip()
        refused = {key: value for key, value in decisions.items() if value.effect == contact_rules.REFUSE}
        overridden = bool(refused and override and not happened)
        if overridden and not self._crm_contact_may_override():
            raise UserError(
                self.env._("Only an administrator of customers and contacts may contact a customer all the same.")
            )
        effects = {"warn": "warn", "refuse": "breach" if happened else ("override" if overridden else "refuse")}
        rows = customers._crm_contact_log_rows(decisions, effects, channel, purpose, origins, override)
        decision_log = self.env["crm.contact.decision"]
        if refused and not overridden and not happened:
            decision_log._log_whatever_happens(rows)
            raise UserError(customers._crm_contact_refusal(refused))
        decision_log._log(rows)
        return decisions

    def _crm_contact_filter(self, channel, purpose, origins=None, override=None):
        """As :meth:`_crm_contact_check` for a batch: those refused are logged and left out, nothing is raised.

        :param override: the reason not to leave out anybody; the caller has to know that it may be given
        :return: the customers (and colleagues) who may be contacted
        """
        customers = self._crm_contact_customers()
        decisions = customers._crm_contact_decide(channel, purpose)
        customers._crm_contact_lock(decisions, purpose)
        overridden = bool(override)
        effects = {"warn": "warn", "refuse": "override" if overridden else "refuse"}
        rows = customers._crm_contact_log_rows(decisions, effects, channel, purpose, origins, override)
        self.env["crm.contact.decision"]._log(rows)
        if overridden:
            return self
        return self.filtered(
            lambda partner: partner.id not in decisions or decisions[partner.id].effect != contact_rules.REFUSE
        )

    def _crm_standing_refusals(self, channel, purpose, origins, *, unasked=False):
        """Who may no longer be sent what is on its way already: judged by what a customer said, and logged.

        Hours and numbers were judged when it was written. What was written for a purpose that nobody follows any more
        (archived, renamed, deleted) is held back, and whatever else waits goes out.

        :param origins: ``{partner id: record or None}``, for the log
        :param unasked: it belongs to what is done for the customer, so no consent has to be asked for; a "no" counts
        :return: ``{partner id: Decision}``
        """
        if not self._crm_contact_knows(purpose):
            words = self.env._("Nobody is contacted for “%(purpose)s” any more", purpose=purpose)
            refused = contact_rules.Decision(contact_rules.REFUSE, fields.Datetime.now(), None, reasons=(words,))
            return dict.fromkeys(self.ids, refused)
        silent = set()
        if unasked:
            aim = self.env["crm.consent.purpose"]._by_code(purpose)
            words = self.env["crm.consent"]._states(self, aim, channel) if aim else {}
            silent = {partner_id for partner_id in self.ids if words.get(partner_id) != "withdrawn"}

        def stands(partner_id, finding):
            condition = finding.rule.condition
            return (
                finding.effect == contact_rules.REFUSE
                and condition in STANDING_CONDITIONS
                and not (condition == "consent" and partner_id in silent)
            )

        decisions = {
            partner_id: decision
            for partner_id, decision in self._crm_may_contact(channel, purpose).items()
            if any(stands(partner_id, finding) for finding in decision.findings)
        }
        rows = self._crm_contact_log_rows(
            decisions, {"warn": "warn", "refuse": "refuse"}, channel, purpose, origins, None
        )
        self.env["crm.contact.decision"]._log(rows)
        return decisions

    @api.model
    def _crm_contact_may_override(self):
        return self.env.su or self.env.user.has_group("crm_relations.group_manager")

    def _crm_contact_customers(self):
        """Those of ``self`` who do not work here."""
        # sudo: whether somebody works here is no secret
        return self.exists().sudo().filtered("partner_share").sudo(self.env.su)

    @api.model
    def _crm_contact_by_email(self, emails):
        """Everybody with these (normalized) addresses: one who does not want to be contacted is found by any of them.

        :return: ``{address: partners}``
        """
        return self._crm_contact_by_address("email_normalized", emails)

    @api.model
    def _crm_contact_by_phone(self, numbers):
        """The same by telephone numbers in international form."""
        return self._crm_contact_by_address("phone_sanitized", numbers)

    @api.model
    def _crm_contact_by_address(self, name, addresses):
        """Those in use; where nobody has it any more, those put away: what they said about it still holds."""
        addresses = set(addresses)
        if not addresses:
            return {}
        # sudo: whoever may read them
        everybody = self.sudo().with_context(active_test=False).search([(name, "in", list(addresses))])
        return {
            address: (partners.filtered("active") or partners).with_env(self.env)
            for address, partners in everybody.grouped(name).items()
        }

    def _crm_contact_lock(self, decisions, purpose):
        """Where numbers of contacts decide, write the customer's counter: two at once cannot both be the last."""
        if self._crm_contact_kind(purpose) == contact_rules.SERVICE:
            return
        # sudo: rules hold for whoever may not read them
        if decisions and self.env["crm.contact.rule"].sudo().search_count(
            [("condition", "in", ("cap", "wish"))], limit=1
        ):
            self.env["crm.contact.counter"]._bump(list(decisions))

    def _crm_contact_log_rows(self, decisions, effects, channel, purpose, origins, override):
        now, origins, kind = fields.Datetime.now(), origins or {}, self._crm_contact_kind(purpose)
        rows = []
        for partner_id, decision in decisions.items():
            if decision.effect == contact_rules.ALLOW:
                continue
            origin = origins.get(partner_id)
            effect = effects[decision.effect]
            rows.append(
                {
                    "date": now,
                    "user_id": self.env.uid,
                    "company_id": self.env.company.id,
                    "partner_id": partner_id,
                    "channel": channel,
                    "purpose": kind,
                    "date_contact": decision.at,
                    "effect": effect,
                    "rule_id": decision.findings[0].rule.id or False,
                    "reasons": "\n".join(decision.reasons),
                    "override_reason": override if effect == "override" else False,
                    "res_model": origin._name if origin else False,
                    "res_id": origin.id if origin else False,
                }
            )
        return rows

    def _crm_contact_refusal(self, refused):
        """What to tell the user: who, why, from when on, and what can be done."""
        lines = []
        for partner in self.browse(list(refused)[:5]):
            decision = refused[partner.id]
            # sudo: whom the sender has named
            lines.append(f"{partner.sudo().display_name}: {'; '.join(decision.reasons)}.")
            if decision.next_moment:
                lines.append(
                    self.env._(
                        "Possible from %(moment)s on.", moment=self._crm_contact_local(decision.next_moment)
                    )
                )
        if len(refused) > 5:
            lines.append(self.env._("and %(count)s others", count=len(refused) - 5))
        if self._crm_contact_may_override():
            lines.append(self.env._("You may contact them all the same if you say why."))
        return self.env._("The rules of contact do not allow this.") + "\n" + "\n".join(lines)

    @api.model
    def _crm_contact_local(self, moment):
        """A moment in the user's time zone and format."""
        return format_datetime(self.env, moment, dt_format="short")

    def _crm_contact_advice_all(self, channel, purpose, at=None):
        """What a form that addresses several customers shows before.

        :return: (the strictest effect, lines)
        """
        effect, lines = contact_rules.ALLOW, []
        customers = self._crm_contact_customers()
        decisions = customers._crm_may_contact(channel, purpose, at)
        for customer in customers:
            decision = decisions[customer.id]
            advice = customer._crm_contact_advice(decision)
            if advice:
                lines.append(f"{customer.display_name}: {advice}" if len(customers) > 1 else advice)
                effect = max(effect, decision.effect, key=contact_rules.SEVERITY.get)
        return effect, "\n".join(lines[:10])

    @api.model
    def _crm_contact_advice(self, decision):
        """What a form shows before the contact: empty when nothing speaks against it."""
        if not decision or decision.effect == contact_rules.ALLOW:
            return False
        text = "; ".join(decision.reasons)
        if decision.next_moment:
            text += ". " + self.env._(
                "Possible from %(moment)s on.", moment=self._crm_contact_local(decision.next_moment)
            )
        return text
