from odoo import api, models
from odoo.tools import SQL, format_date

#: share of the value for which the number of customers is told
PARETO = 0.8


class CrmRfmModel(models.Model):
    """Figures of the overview: always of the customers whom the user may see."""

    _inherit = "crm.rfm.model"

    @api.model
    @api.readonly
    def get_overview(self, model_id=None):
        """Return the segment map, the concentration of value and breakdowns for the screen.

        :param int model_id: scoring model; default the one shown on customers
        :return: dict of lists and numbers; ``model_id`` is False when nothing was computed yet
        """
        rfm_models = self.search([("computed_at", "!=", False)])
        shown = rfm_models & self._get_shown(self.env.company)
        model = rfm_models.filtered(lambda item: item.id == model_id) or shown[:1] or rfm_models[:1]
        result = {
            "models": rfm_models._get_choices(),
            "model_id": model.id,
            "currency_id": model.currency_id.id,
            "as_of": format_date(self.env, model.scored_as_of),
        }
        if not model:
            return result
        return result | {
            "bands": model.band_count,
            "cells": model._get_overview_cells(),
            "segments": model._get_overview_segments(),
            "tenths": model._get_overview_tenths(),
            "pareto": model._get_overview_pareto(),
            "salespeople": model.get_breakdown("user_id"),
            # a country that is kept and not to be used is not shown either
            "countries": model.get_breakdown("country_id") if "country_id" in model._get_breakdown_fields() else [],
            "breakdowns": [
                {"name": name, "label": field["string"]}
                for name, field in model._get_breakdown_fields().items()
                if name not in ("user_id", "country_id")
            ],
        }

    def _get_choices(self):
        """Models among which a screen lets choose; with the company where there are several."""
        several = len(self.company_id) > 1
        return [
            {"id": model.id, "name": f"{model.name} ({model.company_id.name})" if several else model.name}
            for model in self
        ]

    def _get_overview_cells(self):
        return [
            {
                "id": cell.id,
                "r": cell.r,
                "fm": cell.fm,
                "segment": cell.segment_id.name,
                "color": cell.segment_id.color,
                "count": cell.customer_count,
                "money": cell.monetary,
            }
            for cell in self.cell_ids
        ]

    def _get_overview_segments(self):
        groups = self.env["crm.rfm.score"]._read_group(
            [("model_id", "=", self.id)], ["segment_id"], ["__count", "monetary:sum"]
        )
        return [
            {
                "id": segment.id, "name": segment.name, "color": segment.color, "kind": segment.kind,
                "count": count, "money": money,
            }
            for segment, count, money in sorted(groups, key=lambda row: (row[0].sequence, row[0].id))
        ]  # fmt: skip

    def _get_overview_tenths(self):
        """Share of the value that the best tenth, two tenths, ... of the scored customers make."""
        query = self.env["crm.rfm.score"]._search([("model_id", "=", self.id), ("r_score", ">", 0)])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT tenth, sum(monetary)::float8, min(monetary)::float8
                  FROM (SELECT monetary, ntile(10) OVER (ORDER BY monetary DESC, partner_id) AS tenth FROM (%s) s) x
                 GROUP BY tenth ORDER BY tenth
                """,
                query.select(
                    SQL.identifier("crm_rfm_score", "monetary"), SQL.identifier("crm_rfm_score", "partner_id")
                ),
            )
        )
        total = sum(money for _tenth, money, _lowest in rows)
        shares, reached = [], 0.0
        for tenth, money, lowest in rows:
            reached += money
            shares.append({"tenth": tenth, "share": reached / total if total else 0.0, "lowest": lowest})
        return shares

    def _get_overview_pareto(self):
        """How many of the scored customers, the best first, make four fifths of the value."""
        query = self.env["crm.rfm.score"]._search([("model_id", "=", self.id), ("r_score", ">", 0)])
        [(needed, customers)] = self.env.execute_query(
            SQL(
                """
                SELECT count(*) FILTER (WHERE before < %s * total), count(*)
                  FROM (SELECT sum(monetary) OVER () AS total,
                               COALESCE(sum(monetary) OVER (ORDER BY monetary DESC, partner_id
                                   ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before
                          FROM (%s) s) x
                """,
                PARETO,
                query.select(
                    SQL.identifier("crm_rfm_score", "monetary"), SQL.identifier("crm_rfm_score", "partner_id")
                ),
            )
        )
        return {"share": PARETO, "needed": needed, "customers": customers}
