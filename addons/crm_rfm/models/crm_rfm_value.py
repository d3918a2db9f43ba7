from odoo import api, fields, models
from odoo.tools import SQL, format_date

#: from this difference on it is said that the chance is not the share of a cell alone
NOTABLE = 0.02


class CrmRfmValue(models.Model):
    """What a customer may bring and what is at stake: a narrow table beside the scores.

    Written by the nightly forecast of the model only (``crm_rfm_model_value``).
    """

    _name = "crm.rfm.value"
    _description = "Customer Value"
    _inherit = ["crm.rfm.customer.mixin"]
    _order = "at_risk desc NULLS LAST, monetary desc, id"
    _rec_name = "partner_id"
    _log_access = False

    model_id = fields.Many2one("crm.rfm.model", required=True, index=True, ondelete="cascade", readonly=True)
    partner_id = fields.Many2one(
        "res.partner", "Customer", required=True, index=True, ondelete="restrict", readonly=True
    )
    currency_id = fields.Many2one(related="model_id.currency_id")
    segment_id = fields.Many2one("crm.rfm.segment", index=True, ondelete="set null", readonly=True)
    segment_color = fields.Integer(related="segment_id.color")
    r_score = fields.Integer("R", readonly=True, aggregator="avg")
    f_score = fields.Integer("F", readonly=True, aggregator="avg")
    last_date = fields.Date("Last Purchase", readonly=True)
    monetary = fields.Monetary("Net Value", readonly=True, help="In the window of the model.")
    p_order = fields.Float("Chance to Buy", readonly=True, aggregator="avg", help="At least once in the horizon.")
    at_risk = fields.Monetary(
        "Value at Risk", readonly=True, help="Net value of the window times the chance that no order comes."
    )
    factor_codes = fields.Char(readonly=True, help="Factors in use that concern the customer.")
    service_hours = fields.Float("Hours Spent", readonly=True, digits=(16, 1), help="In the window of the model.")
    service_cost = fields.Monetary(
        "Cost to Serve", readonly=True, help="Hours times the cost of an hour, and what was given."
    )
    contribution = fields.Monetary(
        "Left after Service", readonly=True, help="Net value times margin, less the cost to serve."
    )
    expected_orders = fields.Float(readonly=True, digits=(16, 2), help="In the next 12 months.")
    clv = fields.Monetary("Value of 12 Months", readonly=True, help="Expected orders times expected amount.")
    purchase_days = fields.Integer(
        "Days with Purchases", readonly=True, aggregator="avg", help="Within five years; with a year of history."
    )
    first_date = fields.Date("First Purchase", readonly=True, help="Within five years; with a year of history.")
    user_id = fields.Many2one(related="partner_id.user_id", string="Who Should Act", compute_sudo=True)
    country_id = fields.Many2one(related="partner_id.country_id", compute_sudo=True)
    forecast_state = fields.Selection(
        string="State of the Forecast", related="model_id.forecast_state", compute_sudo=True
    )
    explanation = fields.Text("Why", compute="_compute_explanation")
    service_explanation = fields.Text("Cost to Serve in Words", compute="_compute_service_explanation")

    _partner_uniq = models.Constraint("UNIQUE(model_id, partner_id)", "A customer has one value in each model.")

    @api.depends_context("lang")
    @api.depends("p_order", "r_score", "f_score", "model_id.forecast_state", "model_id.chance_by", "purchase_days")
    def _compute_explanation(self):
        # sudo: whoever may see the value may see the rates it rests on
        rates = {
            (rate.model_id.id, rate.r, rate.f): rate
            for rate in self.env["crm.rfm.rate"].sudo().search([("model_id", "in", self.model_id.ids)])
        }
        why_not = {
            "off": self.env._("No chance is shown: it was no better than the average."),
            "data": self.env._("No chance is shown: too few data."),
        }
        for value in self:
            if value.forecast_state != "on":
                # the same for all customers: how bad the forecast was is said on the model and by explain()
                value.explanation = why_not.get(value.forecast_state, False)
                continue
            if value.sudo().model_id.chance_by == "history" and value.purchase_days:
                value.explanation = value._explain_history()
                continue
            rate = rates.get((value.model_id.id, value.r_score, value.f_score))
            # none between a change of the bands and the next forecast
            value.explanation = rate and value._explain_rate(rate) + value._explain_factors(rate.rate)

    def _explain_rate(self, rate):
        """Say of whom the chance is the share; of few or none it is not that share alone."""
        # sudo on the model: as in explain()
        values = {
            "customers": rate.customers,
            "buyers": rate.buyers,
            "r": self.r_score,
            "f": self.f_score,
            "days": self.sudo().model_id.forecast_days,
        }
        if not rate.customers:
            return self.env._(
                "Nobody had R=%(r)s and F=%(f)s %(days)s days ago: the share of buyers among all customers.", **values
            )
        text = self.env._(
            "Of %(customers)s customers with R=%(r)s and F=%(f)s %(days)s days ago, %(buyers)s bought since.",
            **values,
        )
        if abs(rate.rate - rate.buyers / rate.customers) < NOTABLE:
            return text
        return self.env._("%(text)s They are few, so the share is drawn towards that of all customers.", text=text)

    def explain(self):
        """Say in words what to expect of the customer and how good such forecasts were.

        :return: several lines of text in the language of the user
        :rtype: str
        """
        self.ensure_one()
        # sudo: whoever may see the value may see how good the forecast was
        model = self.sudo().model_id
        lines = []
        if self.forecast_state == "on":
            lines.append(
                self.env._(
                    "Chance to buy within %(days)s days: %(share).0f%%. %(why)s",
                    days=model.forecast_days,
                    share=100 * self.p_order,
                    why=self.explanation or "",
                )
            )
        if sentence := model._describe_forecast():
            lines.append(sentence)
        if self.clv:
            lines.append(
                self.env._(
                    "Next 12 months: %(orders).1f days with orders and %(value)s expected.",
                    orders=self.expected_orders,
                    value=self.currency_id.format(self.clv),
                )
            )
        return "\n".join(lines)

    def _explain_history(self):
        """Say from which purchases the chance was made."""
        # sudo on the model: as in explain()
        return self.env._(
            "Bought on %(times)s days from %(first)s to %(last)s: of customers with such a history (MBG/NBD)"
            " %(share).0f%% buy within %(days)s days.",
            times=self.purchase_days,
            first=format_date(self.env, self.first_date),
            last=format_date(self.env, self.last_date),
            share=100 * self.p_order,
            days=self.sudo().model_id.forecast_days,
        )

    def _explain_factors(self, rate):
        """Say what moved the chance away from the share of the cell, as another sentence; empty if nothing."""
        if not self.factor_codes:
            return ""
        labels = self.env["crm.rfm.model"]._get_factors()
        values = {
            "reasons": ", ".join(labels.get(code, code) for code in self.factor_codes.split(",")),
            "before": 100 * rate,
            "after": 100 * self.p_order,
        }
        if self.p_order < rate:
            return " " + self.env._("Lowered from %(before).0f%% to %(after).0f%%: %(reasons)s.", **values)
        return " " + self.env._("Raised from %(before).0f%% to %(after).0f%%: %(reasons)s.", **values)

    @api.depends_context("lang")
    @api.depends("service_cost", "model_id.hour_cost", "model_id.margin_percent")
    def _compute_service_explanation(self):
        """The formula with the figures of the customer: one query for all of one model."""
        for model, values in self.grouped("model_id").items():
            # sudo: whoever may see the cost may see of what it is made; the parts are sums
            model = model.sudo()
            labels = model._get_service_kinds()
            found = {}
            if model.scored_as_of:
                self.env.flush_all()
                for kind, partner_id, hours, amount in self.env.execute_query(
                    SQL(
                        "SELECT * FROM (%s) q WHERE partner_id IN %s ORDER BY kind",
                        model._service_query(model.scored_as_of),
                        tuple(values.partner_id.ids) or (0,),
                    )
                ):
                    found.setdefault(partner_id, []).append((labels[kind], hours, amount))
            for value in values:
                value.service_explanation = value._explain_service(model, found.get(value.partner_id.id, []))

    def _explain_service(self, model, parts):
        currency = model.currency_id
        lines = []
        for label, hours, amount in parts:
            if hours:
                lines.append(self.env._("%(hours).1f h of %(kind)s", hours=hours, kind=label))
            if amount:
                lines.append(self.env._("%(amount)s of %(kind)s", amount=currency.format(amount), kind=label))
        return self.env._(
            "Net value %(value)s × margin %(margin)g%% − %(cost)s cost to serve (%(parts)s; an hour costs %(rate)s)"
            " = %(left)s.",
            value=currency.format(self.monetary),
            margin=model.margin_percent,
            cost=currency.format(self.service_cost),
            parts=", ".join(lines) or self.env._("nothing recorded"),
            rate=currency.format(model.hour_cost),
            left=currency.format(self.contribution),
        )
