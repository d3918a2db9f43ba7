from datetime import timedelta

from odoo import fields, models
from odoo.tools import SQL

from ..tools import calibration, factors


class CrmRfmModel(models.Model):
    """Chance to buy: learned on the customers' own past, and judged by it.

    Chance: share of buyers among the customers who had the same R and F one horizon ago.
    The same rule one horizon earlier, compared with what came then, is its test; when that
    is no better than the share of all customers, no chance is shown.
    """

    _inherit = "crm.rfm.model"

    forecast_days = fields.Integer(
        "Horizon (days)", required=True, default=90, tracking=True, help="Will the customer buy within so many days?"
    )
    factor_ids = fields.One2many("crm.rfm.factor", "model_id", string="Factors", copy=False)
    rate_ids = fields.One2many("crm.rfm.rate", "model_id", string="Chance by Score", copy=False)
    forecast_state = fields.Selection(
        [("on", "Shown"), ("off", "Not shown: no better than the average"), ("data", "Not shown: too few data")],
        "Chance to Buy", readonly=True, copy=False,
    )  # fmt: skip
    forecast_auc = fields.Float("AUC", readonly=True, copy=False, digits=(4, 3))
    forecast_brier = fields.Float("Brier Score", readonly=True, copy=False, digits=(4, 4))
    forecast_base_brier = fields.Float("Brier Score of the Average", readonly=True, copy=False, digits=(4, 4))
    forecast_lift = fields.Float("Lift of the Top Fifth", readonly=True, copy=False, digits=(4, 2))
    forecast_text = fields.Text("How Good Is It?", compute="_compute_forecast_text")
    forecast_tested = fields.Integer(readonly=True, copy=False)
    forecast_buyers = fields.Integer(readonly=True, copy=False)

    _forecast_days_range = models.Constraint(
        "CHECK(forecast_days BETWEEN 7 AND 366)", "The horizon must be from 7 to 366 days."
    )

    def _compute_forecast_text(self):
        for model in self:
            sentences = (model._describe_forecast(), model._describe_comparison())
            model.forecast_text = " ".join(filter(None, sentences)) or False

    def _describe_forecast(self):
        if not self.forecast_state:
            return False
        if self.forecast_state == "data":
            return self.env._(
                "No chance is shown: the last two periods of %(days)s days have too few customers or buyers to judge"
                " by.",
                days=self.forecast_days,
            )
        values = {
            "days": self.forecast_days,
            "customers": self.forecast_tested,
            "buyers": self.forecast_buyers,
            "auc": self.forecast_auc,
            "brier": self.forecast_brier,
            "base": self.forecast_base_brier,
            "lift": self.forecast_lift,
        }
        if self.forecast_state == "off":
            return self.env._(
                "No chance is shown: on the last %(days)s days it was no better than the average of all customers"
                " (AUC %(auc).3f, Brier score %(brier).4f against %(base).4f).",
                **values,
            )
        return self.env._(
            "Tested on the last %(days)s days, %(customers)s customers, %(buyers)s buyers: AUC %(auc).3f (0.5 is"
            " chance), Brier score %(brier).4f against %(base).4f of the average, the best fifth bought %(lift).1f"
            " times as often as all.",
            **values,
        )

    # === CHANCE === #

    def _compute_values(self):
        """Learn, judge and write the values of all scored customers."""
        self.ensure_one()
        as_of, days = self.scored_as_of, timedelta(days=self.forecast_days)
        previous = self._raise_work_mem()
        self.env.flush_all()  # payments, contacts and what else the factors look at
        codes = list(self._get_factors())
        flagged = self._get_cells(as_of - days, as_of, codes)
        flagged_before = self._get_cells(as_of - 2 * days, as_of - days, codes)
        shifts, test_shifts = self._choose_factors(flagged_before, flagged)
        learned, earlier = factors.collapse(flagged), factors.collapse(flagged_before)
        groups = factors.forecasts(flagged_before, flagged, test_shifts)
        quality = calibration.measure(earlier, learned, groups)
        histories = self._get_histories(as_of)
        fitted = self._fit_clv(histories)
        judged = self._judge_histories(flagged_before, test_shifts, codes) if quality and fitted else None
        by_history = self._note_comparison(judged)
        if by_history:
            quality = calibration.judge(judged[1], calibration.base_rate(earlier))
        useful = calibration.is_useful(quality)
        self._store_rates(learned)
        self.write(
            {
                "forecast_state": ("on" if useful else "off") if quality else "data",
                "forecast_tested": quality.customers if quality else 0,
                "forecast_buyers": quality.buyers if quality else 0,
                "forecast_auc": quality.auc if quality else 0,
                "forecast_brier": quality.brier if quality else 0,
                "forecast_base_brier": quality.base_brier if quality else 0,
                "forecast_lift": quality.lift if quality else 0,
            }
        )
        if by_history:
            self._store_values(useful, {}, self._get_chances(histories, fitted[0]))
        else:
            self._store_values(useful, {codes[position]: pair for position, pair in shifts.items()})
        self._store_service(as_of)
        self._store_clv(as_of, histories, fitted)
        self.env.cr.execute(SQL("SELECT set_config('work_mem', %s, true)", previous))

    def _case_query(self, as_of, until, codes=()):
        """SELECT the customers with a score as of a day, and whether they bought after it until another day.

        Columns: ``partner_id``, ``r``, ``f``, ``flags`` (one truth value per factor), ``bought``.
        """
        names = [f"factor_{number}" for number in range(len(codes))]
        return SQL(
            """
            WITH %(target)s,
                 buyer AS (
                    SELECT DISTINCT p.commercial_partner_id AS partner_id
                      FROM (%(transactions)s) tx JOIN res_partner p ON p.id = tx.partner_id
                     WHERE tx.is_purchase AND tx.date > %(as_of)s)
                 %(factors)s
            SELECT t.partner_id, t.r_score AS r, t.f_score AS f, ARRAY[%(flags)s]::bool[] AS flags,
                   b.partner_id IS NOT NULL AS bought
              FROM target t LEFT JOIN buyer b USING (partner_id) %(joins)s
             WHERE t.exclusion IS NULL
            """,
            target=self._get_target_ctes(as_of),
            # whatever the window is: it may be shorter than the horizon
            transactions=self.with_context(rfm_date_from=as_of)._get_transaction_query(until),
            as_of=as_of,
            factors=self._factor_ctes(codes, as_of),
            flags=SQL(", ").join(SQL("%s IS NOT NULL", SQL.identifier(name, "partner_id")) for name in names),
            joins=SQL(" ").join(SQL("LEFT JOIN %s USING (partner_id)", SQL.identifier(name)) for name in names),
        )

    def _get_cells(self, as_of, until, codes=()):
        """Customers by R and F as of a day, and how many of them bought after it until another day.

        :param codes: factors by which the cells are divided further
        :return: ``{(r, f): (customers, buyers)}``, with factors ``{(r, f, flags): (customers, buyers)}``
        """
        self._flush_for_scores()
        rows = self.env.execute_query(
            SQL(
                "SELECT r, f, flags, count(*), count(*) FILTER (WHERE bought) FROM (%s) x GROUP BY 1, 2, 3",
                self._case_query(as_of, until, codes),
            )
        )
        return {
            (r, f, tuple(flags)) if codes else (r, f): (customers, buyers) for r, f, flags, customers, buyers in rows
        }

    def _store_rates(self, cells):
        customers = sum(number for number, _buyers in cells.values())
        base = sum(buyers for _number, buyers in cells.values()) / customers if customers else 0.0
        every = range(1, self.band_count + 1)
        self.rate_ids.unlink()
        self.env["crm.rfm.rate"].create(
            [
                {
                    "model_id": self.id, "r": r, "f": f, "customers": number, "buyers": buyers,
                    "rate": calibration.smooth(buyers, number, base),
                }
                for r in every
                for f in every
                for number, buyers in [cells.get((r, f), (0, 0))]
            ]
        )  # fmt: skip

    def _store_values(self, useful, shifts, chances=None):
        """One row per scored customer; only what differs is written.

        :param bool useful: whether the chance is shown
        :param dict shifts: ``{code: (without, with)}`` of the factors in use (see ``tools/factors.py``)
        :param dict chances: ``{partner id: chance}`` that takes the place of that of the cells
        """
        self.env.flush_all()
        names = [f"factor_{number}" for number in range(len(shifts))]
        having = [SQL("%s IS NOT NULL", SQL.identifier(name, "partner_id")) for name in names]
        moved = SQL(" + ").join(
            SQL("CASE WHEN %s THEN %s ELSE %s END", flag, pair[1], pair[0])
            for flag, pair in zip(having, shifts.values(), strict=True)
        )
        chance, own_chances = SQL("q.rate"), SQL()
        if chances:
            chance = SQL("COALESCE(h.p, q.rate)")
            own_chances = SQL(
                "LEFT JOIN unnest(%s::int[], %s::float8[]) h (partner_id, p) ON h.partner_id = s.partner_id",
                list(chances),
                list(chances.values()),
            )
        if shifts:
            odds = SQL("least(greatest(q.rate, 0.001), 0.999)")
            chance = SQL("1 / (1 + exp(-(ln(%(odds)s / (1 - %(odds)s)) + %(moved)s)))", odds=odds, moved=moved)
        concerned = SQL(", ").join(
            SQL("CASE WHEN %s THEN %s END", flag, code) for flag, code in zip(having, shifts, strict=True)
        )
        self.env.cr.execute(
            SQL(
                """
                WITH own AS (SELECT * FROM crm_rfm_score WHERE model_id = %(model)s AND r_score > 0) %(factors)s,
                     forecast AS (
                        SELECT s.*, CASE WHEN %(useful)s THEN %(chance)s END AS p, %(concerned)s AS concerned
                          FROM own s
                          JOIN crm_rfm_rate q ON q.model_id = s.model_id AND q.r = s.r_score AND q.f = s.f_score
                          %(own_chances)s %(joins)s)
                INSERT INTO crm_rfm_value (model_id, partner_id, segment_id, r_score, f_score, last_date, monetary,
                                           p_order, factor_codes, at_risk)
                SELECT model_id, partner_id, segment_id, r_score, f_score, last_date, monetary,
                       p, concerned, round((monetary * (1 - p))::numeric, %(digits)s)
                  FROM forecast
                    ON CONFLICT (model_id, partner_id) DO UPDATE
                   SET segment_id = EXCLUDED.segment_id, r_score = EXCLUDED.r_score, f_score = EXCLUDED.f_score,
                       last_date = EXCLUDED.last_date, monetary = EXCLUDED.monetary,
                       p_order = EXCLUDED.p_order, at_risk = EXCLUDED.at_risk, factor_codes = EXCLUDED.factor_codes
                 WHERE (crm_rfm_value.segment_id, crm_rfm_value.last_date, crm_rfm_value.monetary,
                        crm_rfm_value.p_order, crm_rfm_value.r_score, crm_rfm_value.f_score,
                        crm_rfm_value.factor_codes)
                       IS DISTINCT FROM (EXCLUDED.segment_id, EXCLUDED.last_date, EXCLUDED.monetary,
                                         EXCLUDED.p_order, EXCLUDED.r_score, EXCLUDED.f_score,
                                         EXCLUDED.factor_codes)
                """,
                model=self.id,
                useful=useful,
                digits=self.currency_id.decimal_places,
                factors=self._factor_ctes(shifts, self.scored_as_of),
                chance=chance,
                own_chances=own_chances,
                concerned=SQL("NULLIF(concat_ws(',', %s), '')", concerned) if shifts else SQL("NULL::varchar"),
                joins=SQL(" ").join(
                    SQL("LEFT JOIN %(name)s ON %(name)s.partner_id = s.partner_id", name=SQL.identifier(name))
                    for name in names
                ),
            )
        )
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM crm_rfm_value v
                 WHERE v.model_id = %(model)s
                   AND NOT EXISTS (SELECT FROM crm_rfm_score s
                                    WHERE s.model_id = v.model_id AND s.partner_id = v.partner_id AND s.r_score > 0)
                """,
                model=self.id,
            )
        )
        self.env["crm.rfm.value"].invalidate_model()

    # === ACTIONS === #

    def action_compute_values(self):
        """Forecast now instead of waiting for the night."""
        self.check_access("write")
        for model in self.filtered("scored_as_of"):
            model._lock_for_compute()
            # sudo: rates and values are written by the forecast only
            model.sudo()._compute_values()

    def action_open_values(self):
        """Open who is leaving, what it is worth and who should act."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_rfm.crm_rfm_value_action")
        return action | {"domain": [("model_id", "=", self.id)], "context": {}}
