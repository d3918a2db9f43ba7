from odoo import api, fields, models
from odoo.tools import SQL


class CrmRfmModel(models.Model):
    """What a customer leaves: net value x margin - hours x cost of an hour - amounts given.

    Hours and amounts are those of the window of the scores. Another addon adds a kind to
    ``_get_service_kinds`` and a method ``_service_query_<kind>``.
    """

    _inherit = "crm.rfm.model"

    hour_cost = fields.Monetary(
        "Cost of an Hour", tracking=True, help="What an hour spent on a customer costs the company, all included."
    )
    margin_percent = fields.Float(
        "Margin (%)",
        required=True,
        default=100.0,
        tracking=True,
        help="Part of the net value that is left after the goods are paid; the same for all customers."
        " Call lists are ranked by chance x net value x margin.",
    )

    _hour_cost_range = models.Constraint(
        "CHECK(hour_cost IS NULL OR hour_cost >= 0 AND hour_cost < 1e6)",
        "The cost of an hour is not negative and has less than seven digits.",
    )
    _margin_range = models.Constraint(
        "CHECK(margin_percent > 0 AND margin_percent <= 100)", "The margin must be above 0 % and at most 100 %."
    )

    @api.model
    def _get_service_kinds(self):
        """``{kind: name}`` of what serving customers costs, the name in the language of the user."""
        return {"contact": self.env._("contacts")}

    def _service_query_contact(self, as_of):
        """Minutes of the contacts that took place (calls, visits, talks)."""
        return SQL(
            """
            SELECT i.commercial_partner_id AS partner_id, i.duration / 60.0 AS hours, 0::numeric AS amount
              FROM crm_interaction i
             WHERE i.state = 'done' AND i.active AND i.duration > 0
               AND (i.company_id IS NULL OR i.company_id IN %(companies)s)
               AND i.date >= %(first)s AND i.date < %(end)s
            """,
            companies=self._get_source_company_ids(),
            **self._service_days(as_of),
        )

    def _service_days(self, as_of):
        """First day of the window and the day after its last one, as parameters for moments in UTC."""
        return {"first": self._get_first_day(as_of), "end": fields.Date.add(as_of, days=1)}

    def _service_query(self, as_of):
        """SELECT ``kind``, ``partner_id`` (commercial entity), ``hours`` and ``amount``, summed."""
        parts = [
            SQL(
                "SELECT %s AS kind, partner_id, hours, amount FROM (%s) q",
                kind,
                getattr(self, f"_service_query_{kind}")(as_of),
            )
            for kind in self._get_service_kinds()
        ]
        return SQL(
            """
            SELECT x.kind, p.commercial_partner_id AS partner_id, sum(x.hours)::numeric AS hours,
                   sum(x.amount)::numeric AS amount
              FROM (%s) x JOIN res_partner p ON p.id = x.partner_id
             GROUP BY 1, 2
            """,
            SQL(" UNION ALL ").join(parts),
        )

    def _store_service(self, as_of):
        """Write hours, cost and what is left of all valued customers, where they differ."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_rfm_value v
                   SET service_hours = n.hours, service_cost = n.cost, contribution = n.contribution
                  FROM (SELECT w.id, COALESCE(s.hours, 0) AS hours,
                               round(COALESCE(s.hours, 0) * %(rate)s + COALESCE(s.amount, 0), %(digits)s) AS cost,
                               round(w.monetary * %(margin)s
                                     - COALESCE(s.hours, 0) * %(rate)s - COALESCE(s.amount, 0), %(digits)s)
                                 AS contribution
                          FROM crm_rfm_value w
                          LEFT JOIN (SELECT partner_id, sum(hours) AS hours, sum(amount) AS amount
                                       FROM (%(service)s) k GROUP BY 1) s ON s.partner_id = w.partner_id
                         WHERE w.model_id = %(model)s) n
                 WHERE v.id = n.id
                   AND (v.service_hours, v.service_cost, v.contribution)
                       IS DISTINCT FROM (n.hours, n.cost, n.contribution)
                """,
                rate=str(self.hour_cost or 0),
                margin=str(self.margin_percent / 100),
                digits=self.currency_id.decimal_places,
                service=self._service_query(as_of),
                model=self.id,
            )
        )
        self.env["crm.rfm.value"].invalidate_model(["service_hours", "service_cost", "contribution"])
