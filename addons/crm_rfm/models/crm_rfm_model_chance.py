from datetime import timedelta

from odoo import fields, models
from odoo.tools import SQL

from ..tools import btyd, factors

#: customers, drawn by a hash, on whom the two forecasts are compared
JUDGED = 20_000


class CrmRfmModel(models.Model):
    """Chance to buy by the purchase history of each customer, where that forecasts better than R and F.

    MBG/NBD is fitted on the histories as they were one horizon ago and compared, customer by
    customer, with the shares of the cells on the horizon that is over. It takes their place
    only if the squared error falls by more than chance would explain, as with the factors.
    """

    _inherit = "crm.rfm.model"

    chance_rule = fields.Selection(
        [
            ("best", "By scores, or by purchase histories where these forecast better"),
            ("scores", "By scores only"),
        ],
        "Chance from", required=True, default="best", tracking=True,
        help="By scores: the share of buyers among customers with the same R and F. By purchase histories: the"
             " customer's own days of purchase (MBG/NBD), which takes a year of history.",
    )  # fmt: skip
    chance_by = fields.Selection(
        [("scores", "Scores (R and F)"), ("history", "Purchase histories (MBG/NBD)")],
        "In Use", readonly=True, copy=False, default="scores",
    )  # fmt: skip
    forecast_scores_brier = fields.Float("Brier Score by R and F", readonly=True, copy=False, digits=(4, 4))
    forecast_history_brier = fields.Float("Brier Score by Histories", readonly=True, copy=False, digits=(4, 4))

    def _judge_histories(self, learned, shifts, codes):
        """Forecast the horizon that is over by both, for the same customers.

        :param dict learned: cells with flags of the period before it
        :param dict shifts: of the factors in use, fitted on that period
        :param codes: codes of all factors
        :return: two lists of ``(forecast, 1, bought)``, by scores and by histories; None without enough history
        """
        if self.chance_rule != "best":
            return None
        start = self.scored_as_of - timedelta(days=self.forecast_days)
        cases = self.env.execute_query(
            SQL(
                "SELECT * FROM (%s) x ORDER BY md5(partner_id::text) LIMIT %s",
                self._case_query(start, self.scored_as_of, codes),
                JUDGED,
            )
        )
        histories = self._get_histories(start, [case[0] for case in cases])
        fitted = self._fit_clv(histories)
        if not fitted:
            return None
        chances, rate = self._get_chances(histories, fitted[0]), factors.rates(learned)
        by_scores, by_histories = [], []
        for partner_id, r, f, flags, bought in cases:
            # without a purchase in the years that histories look back the scores alone can speak
            if partner_id in chances:
                key = (r, f, tuple(flags))
                by_scores.append((factors.apply(rate(key), shifts, key), 1, int(bought)))
                by_histories.append((chances[partner_id], 1, int(bought)))
        return by_scores, by_histories

    def _get_chances(self, histories, counting):
        """Chance of at least one purchase within the horizon: ``{partner id: chance}``."""
        weeks, known = self.forecast_days / 7, {}
        result = {}
        for partner_id, x, t_x, t, _mean in histories.values():
            if (x, t_x, t) not in known:
                known[x, t_x, t] = btyd.mbg_probability_any(counting, x, t_x, t, weeks)
            result[partner_id] = known[x, t_x, t]
        return result

    def _note_comparison(self, judged):
        """Store both Brier scores; tell whether the histories are proved to be better."""
        mean, error = factors.gain(*judged) if judged else (0.0, 0.0)
        better = mean > factors.PROOF * error
        self.write(
            {
                "chance_by": "history" if better else "scores",
                "forecast_scores_brier": factors.brier(judged[0]) if judged else 0.0,
                "forecast_history_brier": factors.brier(judged[1]) if judged else 0.0,
            }
        )
        return better

    def _describe_comparison(self):
        """Say which forecast is in use and how good the other one would have been; empty if not compared."""
        if self.forecast_state not in ("on", "off") or not self.forecast_history_brier:
            return ""
        values = {"scores": self.forecast_scores_brier, "history": self.forecast_history_brier}
        if self.chance_by == "history":
            return self.env._(
                "The forecast is made by purchase histories (MBG/NBD): Brier score %(history).4f; by R and F it would"
                " have been %(scores).4f.",
                **values,
            )
        return self.env._(
            "The forecast is made by R and F: Brier score %(scores).4f; by purchase histories (MBG/NBD) it would have"
            " been %(history).4f, which does not prove them better.",
            **values,
        )
