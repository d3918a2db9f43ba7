from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tools import SQL

from ..tools import commission, realisation
from ..tools.touch import touch

FACTS = {"invoiced": realisation.invoiced, "collected": realisation.collected, "margin": realisation.margin}
FIXED_ONCE_CONFIRMED = frozenset({"base", "period", "date_from", "company_id", "team_id", "categ_id", "user_ids"})


class CrmCommissionRule(models.Model):
    """Who earns what on which business. The statements follow from the documents, as often as it is reckoned."""

    _name = "crm.commission.rule"
    _description = "Commission Rule"
    _inherit = ["mail.thread"]
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related="company_id.currency_id")
    base = fields.Selection(
        [("invoiced", "Invoiced"), ("collected", "Paid"), ("margin", "Margin")], required=True, default="collected",
        tracking=True, help="Without taxes, in company currency. Paid: when the customer's money has come.",
    )  # fmt: skip
    period = fields.Selection(
        [("month", "Month"), ("quarter", "Quarter"), ("year", "Year")], required=True, default="month", tracking=True
    )
    date_from = fields.Date(string="From", required=True, default=lambda self: self._default_date_from(), tracking=True)
    date_to = fields.Date(string="Until", tracking=True)
    # those who left, too: a rule for one of them is none for everybody
    user_ids = fields.Many2many(
        "res.users", string="Salespeople", context={"active_test": False}, help="Left empty: everybody who sells."
    )
    team_id = fields.Many2one("crm.team", string="Only of the Team", index="btree_not_null", check_company=True)
    categ_id = fields.Many2one("product.category", string="Only Products of", index="btree_not_null")
    progressive = fields.Boolean(
        string="Each Rate on Its Own Part", default=True, tracking=True,
        help="Otherwise the rate of the tier that is reached counts for everything.",
    )  # fmt: skip
    tier_ids = fields.One2many("crm.commission.tier", "rule_id", string="Rates", copy=True)
    statement_ids = fields.One2many("crm.commission.statement", "rule_id", string="Statements", readonly=True)

    _dates = models.Constraint(
        "CHECK (date_to IS NULL OR date_to >= date_from)", "The rule ends before it begins."
    )

    @api.model
    def _default_date_from(self):
        return fields.Date.context_today(self).replace(day=1)

    @api.constrains("tier_ids")
    def _check_tiers(self):
        for rule in self:
            if not rule.tier_ids:
                raise ValidationError(self.env._("Name at least one rate in “%(rule)s”.", rule=rule.name))

    def write(self, vals):
        """What statements were reckoned by stays as it is: other terms are another rule.

        :raises UserError: for such a field when a statement is confirmed
        """
        settled = FIXED_ONCE_CONFIRMED & vals.keys() and self.statement_ids.filtered(lambda one: one.state != "draft")
        if settled:
            raise UserError(
                self.env._(
                    "Statements of “%(rule)s” are confirmed: end it and make a new rule with the other terms.",
                    rule=settled[0].rule_id.name,
                )
            )
        before = {rule: (rule.period, rule.date_from) for rule in self}
        result = super().write(vals)
        # sudo: statements are written by the reckoning only. Drafts of other periods would count beside the new ones,
        # and the first of them for all that came before.
        self.filtered(lambda rule: before[rule] != (rule.period, rule.date_from)).sudo().statement_ids.unlink()
        return result

    # === RECKONING === #

    def action_compute(self):
        """Reckon the open periods up to today."""
        self.check_access("write")
        for rule in self:
            # sudo: statements are written by the reckoning only
            rule.sudo()._reckon(fields.Date.context_today(rule))
        return True

    @api.model
    def _cron_compute(self):
        """Reckon all rules, each in a transaction of its own."""
        today = fields.Date.context_today(self)
        rules = self.search([("date_from", "<=", today)])
        for left, rule in enumerate(rules, 1):
            rule._reckon(today)
            if not self.env["ir.cron"]._commit_progress(1, remaining=len(rules) - left):
                return

    def _reckon(self, today):
        """Make the draft statements of the open periods follow from the documents; confirmed ones stay.

        What changed after a statement was confirmed comes into the next open one: whatever was paid too much, at the
        rate at which it was paid.
        """
        self.ensure_one()
        touch(self)  # of two that reckon at once the second is repeated and finds the statements of the first
        start = self._first_open_day()
        until = min(today, self.date_to) if self.date_to else today
        while start <= today:
            end = commission.last_day(start, self.period)
            self._reckon_period(start, end, min(end, until))
            start = commission.next_first_day(start, self.period)

    def _first_open_day(self):
        drafts = self.statement_ids.filtered(lambda one: one.state == "draft").mapped("date_from")
        if drafts:
            return min(drafts)
        if settled := self.statement_ids.mapped("date_from"):
            return commission.next_first_day(max(settled), self.period)
        return commission.first_day(self.date_from, self.period)

    def _reckon_period(self, start, end, until):
        """One period: a query for all salespeople and documents."""
        # the query reads documents of many models, and the rates of the periods reckoned just before
        self.env.flush_all()
        rows = {}
        for user_id, *row in self.env.execute_query(self._period_query(start, until)):
            rows.setdefault(user_id, []).append(row)
        known = {one.user_id.id: one for one in self.statement_ids if one.date_from == start}
        settled = {user_id for user_id, one in known.items() if one.state != "draft"}
        made = self.statement_ids.create(
            [
                {"rule_id": self.id, "user_id": user_id, "date_from": start, "date_to": end}
                for user_id in rows
                if user_id not in known
            ]
        )
        known |= {one.user_id.id: one for one in made}
        drafts = made.union(*(one for user_id, one in known.items() if user_id not in settled))
        drafts.line_ids.unlink()
        self.env["crm.commission.line"].create(
            [
                {
                    "statement_id": known[user_id].id, "source": source, "move_id": move_id, "partner_id": partner_id,
                    "date": date, "amount": amount, "claw_rate": rate or 0.0, "is_claw": rate is not None,
                }
                for user_id, found in rows.items()
                if user_id not in settled
                for source, move_id, partner_id, date, amount, rate in found
            ]
        )  # fmt: skip
        drafts._set_amounts()

    def _only_users(self):
        """The salespeople that the rule names, also those who have left: else it would be for everybody."""
        return self.with_context(active_test=False).user_ids

    def _period_query(self, start, until):
        """Rows ``(user, document's id, document, customer, day, amount, rate of what is taken back)``.

        The facts up to the end of the period, less what earlier statements counted of the same documents.
        """
        # the margin of what was settled stays as it was: the cost price is today's
        frozen = SQL("AND settled.amount IS NULL") if self.base == "margin" else SQL()
        return SQL(
            """
            WITH fact AS (
                SELECT f.user_id, f.move_id, SUM(f.amount) AS amount, MAX(f.date) AS date,
                       MIN(f.partner_id) AS partner_id
                  FROM (SELECT id, company_id, team_id, categ_id, NULL::int AS user_id, NULL::int AS country_id,
                               NULL::int AS group_id FROM crm_commission_rule WHERE id = %(rule)s) o
                  JOIN (%(facts)s) f ON %(scope)s
                 WHERE f.date BETWEEN %(begin)s AND %(until)s AND f.user_id <> %(system)s
                   AND (%(everybody)s OR f.user_id IN %(users)s)
                 GROUP BY f.user_id, f.move_id
            ), settled AS (
                SELECT statement.user_id, line.source AS move_id, SUM(line.amount) AS amount
                  FROM crm_commission_line line
                  JOIN crm_commission_statement statement ON statement.id = line.statement_id
                 WHERE statement.rule_id = %(rule)s AND statement.date_from < %(start)s
                 GROUP BY statement.user_id, line.source
            )
            SELECT user_id, move_id, move.id, COALESCE(fact.partner_id, move.commercial_partner_id),
                   COALESCE(fact.date, %(until)s), delta.amount, CASE WHEN delta.amount < 0 THEN paid.rate END
              FROM fact
              FULL JOIN settled USING (user_id, move_id)
              LEFT JOIN account_move move ON move.id = move_id
              JOIN LATERAL (SELECT COALESCE(fact.amount, 0) - COALESCE(settled.amount, 0) AS amount) delta ON TRUE
              LEFT JOIN LATERAL (
                    SELECT statement.rate
                      FROM crm_commission_line line
                      JOIN crm_commission_statement statement ON statement.id = line.statement_id
                     WHERE statement.rule_id = %(rule)s AND statement.user_id = COALESCE(fact.user_id, settled.user_id)
                       AND statement.date_from < %(start)s AND line.amount > 0
                       AND line.source IN (move_id, move.reversed_entry_id)
                     ORDER BY statement.date_from DESC
                     LIMIT 1
              ) paid ON TRUE
             WHERE delta.amount <> 0 %(frozen)s
             ORDER BY user_id, move_id
            """,
            rule=self.id,
            facts=FACTS[self.base](),
            scope=realisation.in_scope("o", "f"),
            system=SUPERUSER_ID,  # what jobs invoice is nobody's business
            begin=self.date_from,
            start=start,
            until=until,
            everybody=not self._only_users(),
            users=tuple(self._only_users().ids or [0]),
            frozen=frozen,
        )

    def _tiers(self):
        return [(tier.amount_from, tier.rate) for tier in self.tier_ids]

    def action_open_statements(self):
        """The statements of this rule."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_erp_bridge.crm_commission_statement_action")
        return action | {"domain": [("rule_id", "=", self.id)], "context": {}}

    def copy_data(self, default=None):
        vals_list = super().copy_data(default)
        for rule, vals in zip(self, vals_list, strict=True):
            vals.setdefault("name", self.env._("%(name)s (copy)", name=rule.name))
            vals["user_ids"] = [Command.set(rule._only_users().ids)]
        return vals_list
