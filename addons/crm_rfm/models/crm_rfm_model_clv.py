from datetime import timedelta

from odoo import fields, models
from odoo.tools import SQL

from ..tools import btyd

#: days of history that the counting model looks back, and must have at least
HISTORY_DAYS, MIN_HISTORY_DAYS = 5 * 365, 365

#: customers by whom the counting model is fitted, and repeat buyers it needs
SAMPLE, MIN_REPEAT = 4000, 100


class CrmRfmModel(models.Model):
    """Purchase histories and what follows from them: expected orders and value of the next 12 months."""

    _inherit = "crm.rfm.model"

    clv_text = fields.Text("Value of 12 Months", readonly=True, copy=False)

    def _fit_clv(self, histories):
        """Fit both models on a sample of customers by their whole history.

        :return: parameters ``(counting, spending)``; None without a year of history and enough repeat buyers
        """
        repeat = [(x, mean) for _id, x, _t_x, _t, mean in histories.values() if x and mean and mean > 0]
        longest = max((t for _id, _x, _t_x, t, _mean in histories.values()), default=0) * 7
        if len(repeat) < MIN_REPEAT or longest < MIN_HISTORY_DAYS:
            return None
        counting, _value = btyd.fit_mbg(btyd.group(row[1:4] for row in list(histories.values())[:SAMPLE]))
        spending, _value = btyd.fit_gamma(repeat[:SAMPLE])
        return counting, spending

    def _store_clv(self, as_of, histories, fitted):
        """Expected orders and their value in the next 12 months: MBG/NBD and Gamma-Gamma.

        Every customer gets the expectation of the own history. Nothing is shown without a year of history.
        """
        if fitted:
            self._write_clv(as_of, histories, *fitted)
            # in a long window the last purchase can lie before the years that histories look back
            self._clear_clv(histories)
            self.clv_text = self._describe_clv(as_of, histories)
            return
        self._clear_clv()
        self.clv_text = self.env._(
            "Not shown: it takes a year of history and %(needed)s customers who bought again (%(found)s).",
            needed=MIN_REPEAT,
            found=sum(1 for _id, x, _t_x, _t, mean in histories.values() if x and mean and mean > 0),
        )

    def _clear_clv(self, kept=()):
        """Take the expectations away from all but some customers (ids)."""
        names = ("clv", "expected_orders", "purchase_days", "first_date")
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_rfm_value v SET (%(names)s) = ROW(%(nothing)s)
                 WHERE v.model_id = %(model)s AND v.clv IS NOT NULL
                   AND NOT EXISTS (SELECT FROM unnest(%(kept)s::int[]) k (id) WHERE k.id = v.partner_id)
                """,
                names=SQL(", ").join(map(SQL.identifier, names)),
                nothing=SQL(", ").join([SQL("NULL")] * len(names)),
                model=self.id,
                kept=list(kept),
            )
        )
        self.env["crm.rfm.value"].invalidate_model(names)

    def _get_histories(self, as_of, partner_ids=None):
        """Purchase days of each commercial entity within the last five years, in weeks.

        In the order of a hash, so that the first ones are a sample.

        :param partner_ids: commercial entities; default all that have a score now
        :return: ``{partner id: (id, x, t_x, t, mean amount of the repeat days)}``
        """
        model = self.with_context(rfm_date_from=as_of - timedelta(days=HISTORY_DAYS))
        wanted = SQL("SELECT partner_id FROM crm_rfm_score WHERE model_id = %s AND r_score > 0", self.id)
        rows = self.env.execute_query(
            SQL(
                """
                WITH day AS (
                    SELECT p.commercial_partner_id AS partner_id, tx.date, sum(tx.amount) AS amount
                      FROM (%(transactions)s) tx JOIN res_partner p ON p.id = tx.partner_id
                     WHERE tx.is_purchase
                     GROUP BY 1, 2),
                first AS (SELECT partner_id, min(date) AS first_date FROM day GROUP BY 1)
                SELECT d.partner_id, (count(*) - 1)::int, (max(d.date) - f.first_date) / 7.0,
                       (%(as_of)s - f.first_date) / 7.0,
                       avg(d.amount) FILTER (WHERE d.date > f.first_date)
                  FROM day d JOIN first f USING (partner_id)
                 WHERE d.partner_id IN (%(wanted)s)
                 GROUP BY d.partner_id, f.first_date
                 ORDER BY md5(d.partner_id::text)
                """,
                transactions=model._get_transaction_query(as_of),
                as_of=as_of,
                wanted=wanted if partner_ids is None else SQL("SELECT unnest(%s::int[])", list(partner_ids)),
            )
        )
        return {
            row[0]: (row[0], row[1], float(row[2]), float(row[3]), float(row[4]) if row[4] is not None else None)
            for row in rows
        }

    def _write_clv(self, as_of, histories, counting, spending):
        """Write the expectations; equal histories (to the week) are computed once."""
        orders, rows = {}, []
        for partner_id, x, t_x, t, mean in histories.values():
            key = (x, round(t_x), round(t))
            if key not in orders:
                orders[key] = btyd.mbg_expected_purchases(counting, x, min(t_x, t), t, 365 / 7)
            amount = btyd.expected_spending(spending, x, mean) if mean and mean > 0 else None
            amount = amount if amount is not None else btyd.expected_spending(spending, 0, 0.0)
            first_date = as_of - timedelta(days=round(7 * t))
            rows.append((partner_id, orders[key], orders[key] * amount, x + 1, first_date))
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_rfm_value v
                   SET expected_orders = n.orders, clv = n.clv,
                       purchase_days = n.purchase_days, first_date = n.first_date
                  FROM (SELECT partner_id, orders, round(clv::numeric, %s) AS clv, purchase_days, first_date
                          FROM unnest(%s::int[], %s::float8[], %s::float8[], %s::int[], %s::date[])
                                 u (partner_id, orders, clv, purchase_days, first_date)) n
                 WHERE v.model_id = %s AND v.partner_id = n.partner_id
                   AND (v.expected_orders, v.clv, v.purchase_days, v.first_date)
                       IS DISTINCT FROM (n.orders::numeric, n.clv, n.purchase_days, n.first_date)
                """,
                self.currency_id.decimal_places,
                *(list(column) for column in zip(*rows, strict=True)),
                self.id,
            )
        )
        self.env["crm.rfm.value"].invalidate_model(["clv", "expected_orders", "purchase_days", "first_date"])

    def _describe_clv(self, as_of, histories):
        """Say how the same model, made one horizon ago, would have forecast what came since."""
        days = self.forecast_days
        before = self._get_histories(as_of - timedelta(days=days))
        past = [row[1:4] for row in before.values()]
        counting, _value = btyd.fit_mbg(btyd.group(past[:SAMPLE]))
        expected = sum(btyd.mbg_expected_purchases(counting, *history, days / 7) for history in past)
        happened = sum(histories[id_][1] - row[1] for id_, row in before.items() if id_ in histories)
        return self.env._(
            "Expected orders and their value in the next 12 months (MBG/NBD, Gamma-Gamma; not discounted). Made"
            " %(days)s days ago, the same model would have forecast %(expected).0f days with orders of these"
            " customers; %(happened)s came.",
            days=days,
            expected=expected,
            happened=happened,
        )
