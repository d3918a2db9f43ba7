from odoo import api, models
from odoo.tools import SQL, format_date

from ..tools import cohort

#: cohorts and ages that the screen shows at most
SHOWN = {"month": 24, "quarter": 16, "year": 10}

#: quarters of costs, and years of a relationship, that the screen shows at most
QUARTERS, YEARS = 8, 10


class CrmRfmModel(models.Model):
    """Figures of the screen on retention: always of the customers whom the user may see."""

    _inherit = "crm.rfm.model"

    @api.model
    def _get_cohort_model(self, model_id=None):
        """The model asked for, else the one shown on the customers of the current company."""
        if model_id:
            return self.browse(model_id).exists().filtered("scored_as_of")
        own = [("scored_as_of", "!=", False), ("company_id", "=", self.env.company.id)]
        return self._get_shown(self.env.company).filtered("scored_as_of") or self.search(own, limit=1)

    @api.model
    @api.readonly
    def get_retention(self, model_id=None, unit="quarter"):
        """Return cohorts, spending by year of the relationship, and costs for the screen.

        :param int model_id: scoring model; default the one shown on customers
        :param str unit: length of a period, ``month``, ``quarter`` or ``year``
        :return: dict of lists and numbers; ``model_id`` is False when nothing was computed yet
        """
        rfm_models = self.search([("scored_as_of", "!=", False)])
        model = rfm_models.filtered(lambda item: item.id == model_id) or rfm_models & self._get_cohort_model()
        model = model or rfm_models[:1]
        unit = unit if unit in cohort.LENGTHS else "quarter"
        result = {
            "models": rfm_models._get_choices(),
            "model_id": model.id,
            "currency_id": model.currency_id.id,
            "as_of": format_date(self.env, model.scored_as_of),
            "unit": unit,
        }
        if not model:
            return result
        rows = model._get_cohort_rows(unit)
        return result | {
            "cohorts": model._get_cohort_table(rows, unit),
            "years": model._get_relation_years(),
            "costs": model._get_cost_table(),
        }

    def _cohort_query(self):
        """SELECT the rows of the view that the user may see."""
        view = self.env["crm.rfm.cohort"].with_context(rfm_model=self.id)
        query = view._search([("model_id", "=", self.id)])
        names = ("partner_id", "cohort_date", "period_date", "age_months", "relation_year", "purchases", "amount")
        return query.select(*(SQL.identifier("crm_rfm_cohort", name) for name in names))

    def _get_cohort_rows(self, unit):
        """``(cohort, age, buyers, amount)`` with periods as numbers (see ``tools/cohort.py``)."""
        months = cohort.LENGTHS[unit]

        def period(name):
            return SQL(
                "((extract(year FROM %(name)s)::int * 12 + extract(month FROM %(name)s)::int - 1) / %(months)s)",
                name=SQL.identifier(name),
                months=months,
            )

        return self.env.execute_query(
            SQL(
                """
                SELECT cohort, period - cohort, count(DISTINCT partner_id) FILTER (WHERE purchases > 0),
                       sum(amount)::float8
                  FROM (SELECT %(cohort)s AS cohort, %(period)s AS period, partner_id, purchases, amount
                          FROM (%(rows)s) c) x
                 GROUP BY 1, 2 ORDER BY 1, 2
                """,
                cohort=period("cohort_date"),
                period=period("period_date"),
                rows=self._cohort_query(),
            )
        )

    def _get_cohort_table(self, rows, unit):
        last = cohort.number(self.scored_as_of, unit)
        sizes = {number: buyers for number, age, buyers, _amount in rows if age == 0}
        cells = {(number, age): (buyers, amount) for number, age, buyers, amount in rows}
        table = []
        for number in sorted(sizes, reverse=True)[: SHOWN[unit]]:
            parts = [
                {
                    "age": age,
                    "from": str(cohort.first_day(number + age, unit)),
                    "until": str(cohort.first_day(number + age + 1, unit)),
                    "count": cells.get((number, age), (0, 0.0))[0],
                    "money": cells.get((number, age), (0, 0.0))[1],
                    "open": number + age == last,
                }
                for age in range(min(last - number, SHOWN[unit]) + 1)
            ]
            name = self._name_period(number, unit)
            table.append({"number": number, "name": name, "size": sizes[number], "cells": parts})
        sums = cohort.totals(rows, last)
        return {
            "rows": table,
            "totals": [
                {"age": age, "customers": customers, "count": buyers, "money": amount}
                for age, (customers, buyers, amount) in sorted(sums.items())
                if age <= SHOWN[unit]
            ],
        }

    def _name_period(self, number, unit):
        day = cohort.first_day(number, unit)
        if unit == "year":
            return str(day.year)
        if unit == "quarter":
            return self.env._("Q%(quarter)s %(year)s", quarter=(day.month + 2) // 3, year=day.year)
        return f"{day.year}-{day.month:02}"

    def _get_relation_years(self):
        """Spending by year of the relationship, of the customers for whom that year is over.

        A customer who bought first in May 2022 has the first year from May 2022 to April
        2023; it counts once that April is over.
        """
        rows = self.env.execute_query(
            SQL(
                """
                WITH c AS MATERIALIZED (%(rows)s),
                     customer AS (SELECT DISTINCT partner_id, cohort_date FROM c),
                     spent AS (
                        SELECT partner_id, relation_year AS year, sum(purchases) AS purchases, sum(amount) AS amount
                          FROM c GROUP BY 1, 2)
                SELECT y, count(*), count(*) FILTER (WHERE s.purchases > 0), COALESCE(sum(s.purchases), 0)::int,
                       COALESCE(sum(s.amount), 0)::float8
                  FROM generate_series(1, %(years)s) y
                  JOIN customer k ON k.cohort_date + make_interval(years => y) <= date_trunc('month', %(as_of)s::date)
                  LEFT JOIN spent s ON s.partner_id = k.partner_id AND s.year = y
                 GROUP BY y ORDER BY y
                """,
                rows=self._cohort_query(),
                years=YEARS,
                as_of=self.scored_as_of,
            )
        )
        return [
            {"year": year, "customers": customers, "count": buyers, "purchases": purchases, "money": amount}
            for year, customers, buyers, purchases, amount in rows
        ]

    def _get_cost_table(self):
        """What it costs to win a customer and to keep one, by quarter; False for who may not see costs.

        Costs are those of the whole company, so they are shown to those only who see all customers.
        """
        Cost = self.env["crm.rfm.cost"]
        if not Cost.has_access("read"):
            return False
        costs = Cost.search([("company_id", "=", self.company_id.id)])
        spread = {
            kind: cohort.spread(
                [(cost.date_from, cost.date_to, cost.amount) for cost in costs if cost.kind == kind], "quarter"
            )
            for kind in ("win", "keep")
        }
        new, kept = {}, {}
        for number, age, buyers, _amount in self._get_cohort_rows("quarter"):
            target = kept if age else new
            target[number + age] = target.get(number + age, 0) + buyers
        last = cohort.number(self.scored_as_of, "quarter")
        first = min([last, *new, *spread["win"], *spread["keep"]])
        return [
            {
                "name": self._name_period(number, "quarter"),
                "win": spread["win"].get(number, 0.0),
                "new": new.get(number, 0),
                "per_new": spread["win"][number] / new[number]
                if spread["win"].get(number) and new.get(number)
                else False,
                "keep": spread["keep"].get(number, 0.0),
                "kept": kept.get(number, 0),
                "per_kept": spread["keep"][number] / kept[number]
                if spread["keep"].get(number) and kept.get(number)
                else False,
                "open": number == last,
            }
            for number in range(last, max(last - QUARTERS, first - 1), -1)
        ]
