from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

from ..tools import factors

#: days after the due date from which a payment is late, and how long it is remembered
LATE_DAYS, MEMORY_DAYS = 14, 365


class CrmRfmModel(models.Model):
    """What beside R and F may tell who buys: kept only where the customers' own past says that it does.

    Another addon adds a factor to ``_get_factors`` and a method ``_factor_query_<code>``.
    """

    _inherit = "crm.rfm.model"

    @api.model
    def _get_factors(self):
        """``{code: name}`` of the factors that are tried, the name in the language of the user."""
        return {
            "late": self.env._("paid more than %(days)s days late within a year, or owes so long", days=LATE_DAYS)
        }

    def _get_factor_query(self, code, as_of):
        """SELECT ``partner_id`` (any contact) of those whom a factor concerned, as it was known on a day."""
        return getattr(self, f"_factor_query_{code}")(as_of)

    def _factor_query_late(self, as_of):
        """Customers with an invoice that was not settled two weeks after it was due, of the year before a day."""
        return SQL(
            """
            SELECT m.commercial_partner_id AS partner_id
              FROM account_move_line l
              JOIN account_account a ON a.id = l.account_id AND a.account_type = 'asset_receivable'
              JOIN account_move m ON m.id = l.move_id
             WHERE m.state = 'posted' AND m.move_type = 'out_invoice' AND m.company_id IN %(companies)s
               AND l.date_maturity > %(first)s AND l.date_maturity < %(last)s
               AND NOT (l.reconciled
                        AND COALESCE((SELECT max(r.max_date) FROM account_partial_reconcile r
                                       WHERE r.debit_move_id = l.id), l.date_maturity) <= l.date_maturity + %(days)s)
            """,
            companies=self._get_source_company_ids(),
            first=as_of - timedelta(days=MEMORY_DAYS),
            last=as_of - timedelta(days=LATE_DAYS),
            days=LATE_DAYS,
        )

    def _factor_ctes(self, codes, as_of):
        """CTEs ``factor_0``, ``factor_1``, ... of commercial entities, each preceded by a comma."""
        return SQL("").join(
            SQL(
                """,
                %s AS MATERIALIZED (
                    SELECT DISTINCT p.commercial_partner_id AS partner_id
                      FROM (%s) x JOIN res_partner p ON p.id = x.partner_id)""",
                SQL.identifier(f"factor_{number}"),
                self._get_factor_query(code, as_of),
            )
            for number, code in enumerate(codes)
        )

    def _choose_factors(self, learned, tested):
        """Judge the factors on the held-out period and store what was found.

        :param dict learned: cells with flags of the earlier period
        :param dict tested: those of the later one
        :return: ``{position: (without, with)}`` of the kept ones, fitted for the coming period; and for the test
        """
        codes = list(self._get_factors())
        verdicts = factors.choose(learned, tested, len(codes))
        kept = [verdict.position for verdict in verdicts if verdict.kept]
        shifts = factors.fit(tested, kept)
        self.factor_ids.unlink()
        self.env["crm.rfm.factor"].create(
            [
                {
                    "model_id": self.id,
                    "code": codes[verdict.position],
                    "kept": verdict.kept,
                    "customers": verdict.customers,
                    "buyer_share": verdict.buyers / verdict.customers if verdict.customers else 0.0,
                    "other_share": verdict.other_buyers / verdict.other_customers if verdict.other_customers else 0.0,
                    "judged": verdict.brier is not None,
                    "brier_before": verdict.brier_before or 0.0,
                    "brier": verdict.brier or 0.0,
                    "auc_before": verdict.auc_before or 0.0,
                    "auc": verdict.auc or 0.0,
                    "shift_without": shifts.get(verdict.position, (0.0, 0.0))[0],
                    "shift_with": shifts.get(verdict.position, (0.0, 0.0))[1],
                }
                for verdict in verdicts
            ]
        )
        return shifts, factors.fit(learned, kept)
