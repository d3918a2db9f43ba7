from datetime import date

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import SQL

#: before every document: the first purchase is looked for in the whole history
BEGINNING = date(1900, 1, 1)

#: factor that makes one identifier of a customer and a month; months are counted from year 0
MONTHS = 131072


class CrmRfmCohort(models.Model):
    """What each customer bought in each month, counted from the month of the first purchase: a view.

    Of the scoring model ``rfm_model`` in the context (an id), else of the one shown on the
    customers of the current company. Unlike the scores it knows no window: all documents of
    the model's source count, up to the day of its last run. Amounts of documents before the
    first purchase (credit notes, reversed invoices) belong to the first month, so that the
    sums are those of the documents.
    """

    _name = "crm.rfm.cohort"
    _description = "Purchases since the First One"
    _inherit = ["crm.rfm.customer.mixin"]
    _auto = False
    _order = "cohort_date desc, partner_id, period_date"
    _rec_name = "partner_id"

    model_id = fields.Many2one("crm.rfm.model", readonly=True)
    partner_id = fields.Many2one("res.partner", "Customer", readonly=True)
    cohort_date = fields.Date("Month of the First Purchase", readonly=True)
    period_date = fields.Date("Month", readonly=True)
    age_months = fields.Integer("Months since the First", readonly=True, aggregator=None)
    relation_year = fields.Integer("Year of the Relationship", readonly=True, aggregator=None)
    purchases = fields.Integer(readonly=True)
    amount = fields.Monetary("Net Value", readonly=True, help="Without tax, credit notes deducted.")
    currency_id = fields.Many2one(related="model_id.currency_id")
    user_id = fields.Many2one(related="partner_id.user_id", string="Salesperson", compute_sudo=True)
    country_id = fields.Many2one(related="partner_id.country_id", compute_sudo=True)

    _depends = {
        "account.move": [
            "state", "move_type", "company_id", "currency_id", "invoice_date", "commercial_partner_id",
            "amount_untaxed", "amount_untaxed_signed", "reversed_entry_id",
        ],
        "sale.order": ["state", "company_id", "partner_id", "date_order", "amount_untaxed", "currency_rate"],
        "crm.rfm.model": ["source", "company_id", "scored_as_of", "include_archived", "excluded_partner_ids"],
        "res.partner": ["commercial_partner_id", "active", "rfm_opt_out", "crm_restricted"],
    }  # fmt: skip

    @property
    def _table_query(self):
        # sudo: the definition of the view; whose rows a user sees is said by the rules on the view
        model = self.env["crm.rfm.model"].sudo()._get_cohort_model(self.env.context.get("rfm_model"))
        if not model:
            return SQL(
                """SELECT NULL::bigint AS id, NULL::int AS model_id, NULL::int AS partner_id, NULL::date AS cohort_date,
                          NULL::date AS period_date, NULL::int AS age_months, NULL::int AS relation_year,
                          NULL::int AS purchases, NULL::numeric AS amount
                    WHERE FALSE"""
            )
        return SQL(
            """
            WITH special AS (%(special)s),
                 exempt AS (%(exempt)s),
                 part AS (
                    SELECT partner_id, date_trunc('month', date)::date AS month,
                           count(*) FILTER (WHERE is_purchase) AS purchases, sum(amount) AS amount
                      FROM (%(transactions)s) tx
                     WHERE partner_id IS NOT NULL
                     GROUP BY 1, 2),
                 month AS (
                    SELECT p.commercial_partner_id AS partner_id, part.month,
                           sum(part.purchases)::int AS purchases, sum(part.amount) AS amount
                      FROM part JOIN res_partner p ON p.id = part.partner_id
                     WHERE p.commercial_partner_id NOT IN (SELECT partner_id FROM exempt)
                     GROUP BY 1, 2),
                 known AS (
                    SELECT *, min(month) FILTER (WHERE purchases > 0) OVER (PARTITION BY partner_id) AS cohort
                      FROM month),
                 dated AS (
                    SELECT partner_id, cohort, greatest(month, cohort) AS month,
                           sum(purchases)::int AS purchases, sum(amount) AS amount
                      FROM known
                     WHERE cohort IS NOT NULL
                     GROUP BY 1, 2, 3),
                 aged AS (
                    SELECT *, ((extract(year FROM month) - extract(year FROM cohort)) * 12
                                + extract(month FROM month) - extract(month FROM cohort))::int AS age
                      FROM dated)
            SELECT partner_id::bigint * %(months)s + (extract(year FROM month) * 12 + extract(month FROM month))::int
                        AS id,
                   %(model)s AS model_id, partner_id, cohort AS cohort_date, month AS period_date,
                   age AS age_months, age / 12 + 1 AS relation_year, purchases, amount
              FROM aged
            """,
            special=model._special_query(None),
            exempt=model._exempt_query(),
            transactions=model.with_context(rfm_date_from=BEGINNING)._get_transaction_query(model.scored_as_of),
            months=MONTHS,
            model=model.id,
        )

    # === ACTION METHODS === #

    @api.model
    def open_period(self, model_id, cohort_from, cohort_until, period_from, period_until):
        """Open the customers of a cohort with what they bought in a period.

        All four are ISO dates: first days of months; the last ones are not included.
        """
        model = self.env["crm.rfm.model"].browse(model_id)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._(
                "First purchase from %(cohort)s, bought from %(period)s", cohort=cohort_from, period=period_from
            ),
            "res_model": self._name,
            "views": [(False, "list"), (False, "kanban"), (False, "pivot"), (False, "graph")],
            "domain": [
                ("model_id", "=", model.id),
                ("cohort_date", ">=", cohort_from),
                ("cohort_date", "<", cohort_until),
                ("period_date", ">=", period_from),
                ("period_date", "<", period_until),
            ],
            "context": {"rfm_model": model.id},
        }

    def _get_document_span(self):
        """Documents of the month; in the first month also those before the first purchase."""
        self.ensure_one()
        model = self.sudo().model_id  # sudo: as in the mixin
        first = self.period_date if self.age_months else BEGINNING
        last = self.period_date + relativedelta(months=1, days=-1)
        return model.with_context(rfm_date_from=BEGINNING), model.scored_as_of, first, last
