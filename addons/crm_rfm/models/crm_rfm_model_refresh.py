import logging

import psycopg2

from odoo import api, fields, models
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

#: share of a model's customers from which all of them are scored again rather than some
FULL_SHARE = 0.15


class CrmRfmModel(models.Model):
    """Scores between two settings of the limits: changed customers only, and the roll of the day.

    Both use the stored limits, so a score changes because of what the customer did or did
    not do, never because others bought.
    """

    _inherit = "crm.rfm.model"

    recalibration_days = fields.Integer(
        "Set Limits Anew Every",
        required=True,
        default=7,
        tracking=True,
        help="Days from one full run, which sets the limits of the bands by all customers, to the next."
        " Between them scores are kept up to date with the limits as they are.",
    )
    calibrated_as_of = fields.Date("Limits Set as of", readonly=True, copy=False)
    refreshed_at = fields.Datetime("Last Refresh", readonly=True, copy=False)

    _recalibration_days_range = models.Constraint(
        "CHECK(recalibration_days BETWEEN 1 AND 366)", "The limits must be set anew every 1 to 366 days."
    )

    # === CHANGED CUSTOMERS === #

    @api.model
    def _cron_refresh(self):
        """Score again the customers whose documents changed since the last time.

        A model that is being computed at this moment makes the worker wait for its next
        turn: rows leave the queue only in the transaction that has used them for all models.
        """
        # where the definition changed, scores of both would mix: the night runs these models in full
        rfm_models = self.search([("scored_as_of", "!=", False), ("is_outdated", "=", False)])
        Dirty = self.env["crm.rfm.dirty"]
        remaining = Dirty.search_count([])
        self.env["ir.cron"]._commit_progress(remaining=remaining)
        while remaining:
            if rfm_models and len(rfm_models.try_lock_for_update(allow_referencing=True)) < len(rfm_models):
                return
            rows, taken = Dirty._take()
            if not taken:
                return
            for model in rfm_models:
                model._refresh_or_note_error(rows)
            remaining = max(remaining - taken, 0)
            if not self.env["ir.cron"]._commit_progress(taken, remaining=remaining):
                return

    def _refresh_or_note_error(self, rows):
        """Score the customers of some rows of the queue; on failure ask for a full run at night."""
        self.ensure_one()
        companies = set(self._get_source_company_ids())
        keys = {
            key for key, company, source in rows if source in (None, self.source) and company in (None, 0, *companies)
        }
        if not keys:
            return
        try:
            with self.env.cr.savepoint():
                self._roll_to_today()
                self.env["crm.rfm.action"]._settle_customers(self, self._refresh_keys(keys))
                self.refreshed_at = fields.Datetime.now()
        except psycopg2.OperationalError:
            # serialization failures and lost connections are for the caller to retry
            raise
        except Exception as error:
            # whatever it is, the other models have their turn
            _logger.exception("Scoring model %s could not be refreshed", self.id)
            self.write({"last_error": str(error) or type(error).__name__, "calibrated_as_of": False})

    def _refresh_keys(self, keys, as_of=None):
        """Score the commercial entities of some contacts with the stored limits.

        :param set keys: ids of contacts; those that do not exist any more are passed over
        :param date as_of: last day that counts; default that of the last run
        :return: ids of these commercial entities
        """
        partner_ids = [
            id_
            for [id_] in self.env.execute_query(
                SQL(
                    "SELECT DISTINCT commercial_partner_id FROM res_partner"
                    " WHERE id IN %s AND commercial_partner_id IS NOT NULL",
                    tuple(keys) or (0,),
                )
            )
        ]
        # scores of entities that became contacts of another one go away
        partners = self.env["res.partner"].browse({*partner_ids, *keys})
        as_of = as_of or self.scored_as_of
        if len(partner_ids) > FULL_SHARE * (self.customer_count + self.unscored_count):
            self._refresh_all(as_of)
        else:
            self._refresh_partners(partners, as_of)
        self._drop_forecasts_of_excluded(partners)
        return partner_ids

    def _drop_forecasts_of_excluded(self, partners):
        """Delete forecasts and recommendations of those among some customers who get no score whatever they buy."""
        for name in ("crm.rfm.value", "crm.rfm.recommendation"):
            self.env.cr.execute(
                SQL(
                    """
                    DELETE FROM %(table)s x
                     WHERE x.model_id = %(model)s AND x.partner_id IN %(partners)s
                       AND NOT EXISTS (
                            SELECT FROM crm_rfm_score s
                             WHERE s.model_id = x.model_id AND s.partner_id = x.partner_id
                               AND (s.exclusion IS NULL OR s.exclusion IN ('no_purchase', 'no_value')))
                    """,
                    table=SQL.identifier(self.env[name]._table),
                    model=self.id,
                    partners=tuple(partners.ids) or (0,),
                )
            )
            if self.env.cr.rowcount:
                self.env[name].invalidate_model()

    def _refresh_all(self, as_of):
        """Score all customers with the stored limits: cheaper than one by one when many changed."""
        _written, _removed, scored, unscored = self._run_score_query(as_of, calibrate=False)
        self.write({"customer_count": scored, "unscored_count": unscored})

    def _recount(self):
        """Count customers and bands again, after scores were removed beside the runs."""
        self.env["crm.rfm.score"].flush_model()
        for model in self.filtered("scored_as_of"):
            self.env.cr.execute(
                SQL(
                    """
                    UPDATE crm_rfm_band b
                       SET customer_count = (
                            SELECT count(*) FROM crm_rfm_score s
                             WHERE s.model_id = b.model_id
                               AND b.score = CASE b.dimension WHEN 'r' THEN s.r_score WHEN 'f' THEN s.f_score
                                                              ELSE s.m_score END)
                     WHERE b.model_id = %s
                    """,
                    model.id,
                )
            )
            Score = self.env["crm.rfm.score"].sudo()  # sudo: numbers of the model, whoever triggers them
            domain = [("model_id", "=", model.id)]
            scored = Score.search_count([*domain, ("r_score", ">", 0)])
            # sudo: whoever may merge or delete customers needs no right on models
            model.sudo().write(
                {"customer_count": scored, "unscored_count": Score.search_count([*domain, ("r_score", "=", 0)])}
            )
        self.env["crm.rfm.band"].invalidate_model(["customer_count"])

    # === A NEW DAY === #

    def _needs_calibration(self, as_of):
        """Tell whether a run as of a day has to set the limits anew."""
        self.ensure_one()
        return (
            not self.computed_at
            or not self.scored_as_of
            or not self.calibrated_as_of
            or self.is_outdated
            or as_of < self.scored_as_of
            or (as_of - self.calibrated_as_of).days >= self.recalibration_days
        )

    def _roll_to_today(self):
        """Let documents of a new day count before the night, where the limits hold for that day."""
        self.ensure_one()
        if self.as_of_date:
            return
        today = self._resolve_as_of()
        if today > self.scored_as_of and not self._needs_calibration(today):
            self._roll_day(today)

    def _roll_day(self, as_of):
        """Move the scores to a later day with the stored limits; only customers whom it concerns.

        These are the customers of documents that leave or enter the window, and those whose
        last purchase has passed a limit of recency.

        :param date as_of: the new day, not before that of the last run
        """
        self.ensure_one()
        if as_of > self.scored_as_of:
            self._flush_for_scores()
            keys = {id_ for [id_] in self.env.execute_query(self._roll_query(as_of))}
            if keys:
                self._refresh_keys(keys, as_of)
        self.write(
            {
                "scored_as_of": as_of,
                "scored_from": self._get_first_day(as_of),
                "computed_at": fields.Datetime.now(),
            }
        )

    def _roll_query(self, as_of):
        """SELECT the contacts whose scores change between the last run and a later day."""
        before = self.scored_as_of
        passed = [
            SQL("(last_date >= %s::date - %s AND last_date < %s::date - %s)", before, int(cut), as_of, int(cut))
            for cut in self._get_cuts("r")
        ]
        return SQL(
            """
            SELECT partner_id FROM (%(old)s) leaving WHERE date <= %(date_from)s AND partner_id IS NOT NULL
             UNION
            SELECT partner_id FROM (%(new)s) entering WHERE date > %(before)s AND partner_id IS NOT NULL
             UNION
            SELECT partner_id FROM crm_rfm_score WHERE model_id = %(model)s AND r_score > 1 AND (%(passed)s)
            """,
            old=self._get_transaction_query(before),
            new=self._get_transaction_query(as_of),
            date_from=self._window_start(as_of),
            before=before,
            model=self.id,
            passed=SQL(" OR ").join(passed),
        )
