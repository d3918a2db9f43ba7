from datetime import datetime, time

import pytz
from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import formatLang

from ..const_learning import PARETO_DIMENSIONS
from ..tools import pareto as rules

SHOWN = 40
"""Bars drawn; the shares are counted over all."""


class CrmComplaintPareto(models.TransientModel):
    """The vital few: what most complaints, or most of their cost, come from."""

    _name = "crm.complaint.pareto"
    _description = "Pareto of Complaints"

    name = fields.Char(compute="_compute_name")
    date_from = fields.Date(
        string="Received from", default=lambda self: fields.Date.context_today(self) - relativedelta(years=1)
    )
    date_to = fields.Date(string="To", default=fields.Date.context_today)
    dimension = fields.Selection(PARETO_DIMENSIONS, string="By", required=True, default="cause_id,product_id")
    measure = fields.Selection(
        [("nbr", "Number of Complaints"), ("cost_total", "Cost of Complaints")], required=True, default="nbr"
    )
    team_id = fields.Many2one("crm.team", domain="[('use_complaints', '=', True)]")
    upheld_only = fields.Boolean()
    data = fields.Json(compute="_compute_data")

    def _compute_name(self):
        for record in self:
            record.name = self.env._("Pareto")

    @api.depends("date_from", "date_to", "dimension", "measure", "team_id", "upheld_only")
    def _compute_data(self):
        for record in self:
            record.data = record._pareto_data()

    def _rows(self):
        """:return: list of :class:`~..tools.pareto.Row`; the keys are tuples of the dimension's values"""
        self.ensure_one()
        names = (self.dimension or "cause_id").split(",")
        money = self.measure != "nbr"
        groups = self.env["crm.complaint.report"]._read_group(
            self._complaint_domain(), [*names, *(["currency_id"] if money else [])], [f"{self.measure}:sum"]
        )
        company, today = self.env.company, fields.Date.context_today(self)
        values = {}
        for group in groups:
            key, total = tuple(group[: len(names)]), group[-1] or 0
            if money:
                # of companies with several currencies: euros and dollars do not add up
                total = group[-2]._convert(total, company.currency_id, company, today)
            values[key] = values.get(key, 0) + total
        return rules.pareto(values)

    def _pareto_data(self):
        """What the widget draws, with the domain behind each bar."""
        self.ensure_one()
        rows = self._rows()
        names = (self.dimension or "cause_id").split(",")
        base = self._complaint_domain()
        return {
            "kind": "pareto",
            "total": formatLang(self.env, sum(row.value for row in rows), digits=self._digits()),
            "more": max(0, len(rows) - SHOWN),
            "rows": [
                {
                    "label": " × ".join(self._label(value) for value in row.key),
                    "value": row.value,
                    "text": formatLang(self.env, row.value, digits=self._digits()),
                    "share": round(100 * row.share, 1),
                    "cumulative": round(100 * row.cumulative, 1),
                    "rank": row.rank,
                    "domain": [*base, *self._key_domain(names, row.key)],
                }
                for row in rows[:SHOWN]
            ],
        }

    def _digits(self):
        return 0 if self.measure == "nbr" else 2

    def _label(self, value):
        if isinstance(value, models.BaseModel):
            # sudo: the name of a product or supplier that a complaint of the user's speaks of
            return value.sudo().display_name or self.env._("Not stated")
        return value or self.env._("Not stated")

    def _complaint_domain(self):
        """The complaints of the period, as the web client takes it."""
        domain = [("company_id", "in", self.env.companies.ids)]
        if self.date_from:
            domain.append(("date_received", ">=", self._midnight(self.date_from)))
        if self.date_to:
            domain.append(("date_received", "<", self._midnight(self.date_to + relativedelta(days=1))))
        if self.team_id:
            domain.append(("team_id", "=", self.team_id.id))
        if self.upheld_only:
            domain.append(("decision", "in", ("upheld", "partly")))
        return domain

    @api.model
    def _midnight(self, day):
        """Beginning of a day of the user, in UTC as text: the lists behind the bars show the user's days, too."""
        start = self.env.tz.localize(datetime.combine(day, time())).astimezone(pytz.utc)
        return fields.Datetime.to_string(start.replace(tzinfo=None))

    @api.model
    def _key_domain(self, names, key):
        columns = {"lot": "product_reference"}
        for name, value in zip(names, key, strict=True):
            value_id = value.id if isinstance(value, models.BaseModel) else value
            if name == "supplier_id":
                yield from self._supplier_domain(value_id)
                continue
            yield (columns.get(name, name), "=", value_id or False)

    @api.model
    def _supplier_domain(self, supplier_id):
        """The complaints behind the bar of a supplier, who counts where he is the first one of the product."""
        if not supplier_id:
            return ["|", ("product_id", "=", False), ("product_id.product_tmpl_id.seller_ids", "=", False)]
        # sudo: the products of a supplier, to open the complaints behind a bar
        prices = self.env["product.supplierinfo"].sudo()
        his = prices.search([("partner_id", "=", supplier_id)]).product_tmpl_id
        first = {}
        for price in prices.search([("product_tmpl_id", "in", his.ids)], order="sequence, id"):
            first.setdefault(price.product_tmpl_id.id, price.partner_id.id)
        own = [template_id for template_id, partner_id in first.items() if partner_id == supplier_id]
        return [("product_id.product_tmpl_id", "in", own)]
