import logging
import time
from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import LockError, UserError
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

#: memory for the sorts and hashes of one run; more than most servers give by default
WORK_MEM_KB = 256 * 1024


class CrmRfmModel(models.Model):
    """Runs: by the button, at night, and for some customers only."""

    _inherit = "crm.rfm.model"

    # apart from computed_at: a run by the button takes no snapshot and forecasts nothing
    night_at = fields.Datetime("Last Work of the Night", readonly=True, copy=False)

    def _flush_for_scores(self):
        """Send to the database what the statement reads, and nothing else."""
        if self.categ_ids or self.team_ids:
            self.env["account.move"].flush_model(["team_id"])
            self.env["account.move.line"].flush_model(["balance", "product_id", "display_type"])
            self.env["sale.order"].flush_model(["team_id"])
            self.env["sale.order.line"].flush_model(["price_subtotal", "product_id"])
            self.env["product.template"].flush_model(["categ_id"])
        for name, names in {
            "account.move": [
                "state", "move_type", "company_id", "currency_id", "invoice_date", "commercial_partner_id",
                "amount_untaxed", "amount_untaxed_signed", "reversed_entry_id",
            ],
            "account.move.line": ["move_id", "sale_line_ids"],
            "sale.order": ["state", "company_id", "partner_id", "date_order", "amount_untaxed", "currency_rate"],
            "sale.order.line": ["order_id", "is_downpayment", "display_type"],
            "res.partner": ["commercial_partner_id", "active", "rfm_opt_out", "crm_restricted"],
            "res.company": ["partner_id", "parent_id"],
            "crm.rfm.model": None,
            "crm.rfm.cell": None,
            "crm.rfm.segment": ["kind", "sequence"],
            "crm.rfm.band": None,
            "crm.rfm.score": None,
        }.items():  # fmt: skip
            self.env[name].flush_model(names)

    def _raise_work_mem(self):
        """Allow the transaction more memory for sorting, if it has less; return the setting before."""
        previous, kilobytes = self.env.execute_query(
            # asked so, since the view of all settings takes a millisecond
            SQL("SELECT current_setting('work_mem'), pg_size_bytes(current_setting('work_mem')) / 1024")
        )[0]
        if kilobytes < WORK_MEM_KB:
            self.env.cr.execute(SQL("SELECT set_config('work_mem', %s, true)", f"{WORK_MEM_KB}kB"))
        return previous

    def _lock_for_compute(self):
        """Make sure that nobody else computes these models until the end of the transaction.

        :raises UserError: when somebody does; nothing is waited for
        """
        try:
            self.lock_for_update(allow_referencing=True)
        except LockError as error:
            raise UserError(
                self.env._(
                    "“%(names)s” is being computed at this moment. Try again when it is done.",
                    names=", ".join(self.mapped("name")),
                )
            ) from error

    def action_compute(self, as_of=None):
        """Compute the scores of the models now.

        :param as_of: date or ISO string; default the model's fixed date, else today
        :raises UserError: when one is being computed by somebody else
        :raises ValidationError: when the date is in the future or fixed limits do not rise
        :return: client action that tells what was done
        """
        self.check_access("write")
        for model in self:
            model._compute_scores(model._resolve_as_of(as_of))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "%(count)s customers scored, %(changed)s changed.",
                    count=sum(self.mapped("customer_count")),
                    changed=sum(self.mapped("changed_count")),
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _compute_scores(self, as_of):
        """Run one model: lock, one statement, figures of the run.

        :param date as_of: last day that counts
        """
        self.ensure_one()
        self._lock_for_compute()
        self._check_limits()
        started = time.monotonic()
        changed, removed, scored, unscored = self._run_score_query(as_of)
        self.write(
            {
                "scored_as_of": as_of,
                "scored_from": self._get_first_day(as_of),
                # limits that nobody was there to set are no limits: the next night sets them
                "calibrated_as_of": as_of if scored else False,
                "computed_at": fields.Datetime.now(),
                "compute_seconds": time.monotonic() - started,
                "customer_count": scored,
                "unscored_count": unscored,
                "changed_count": changed + removed,
                "is_outdated": False,
                "last_error": False,
            }
        )

    def _refresh_partners(self, partners, as_of=None):
        """Score some commercial entities again with the limits of the last run.

        :param partners: commercial entities; what is stored of them and not found any more is removed
        :param date as_of: last day that counts; default that of the last run
        """
        for model in self.filtered("scored_as_of"):
            _written, _removed, scored, unscored = model._run_score_query(as_of or model.scored_as_of, partners)
            if scored or unscored:
                # sudo: figures of the model; whoever merges customers needs no right on models
                model.sudo().write(
                    {
                        "customer_count": model.customer_count + scored,
                        "unscored_count": model.unscored_count + unscored,
                    }
                )

    @api.model
    def _cron_compute(self):
        """Compute all models, the one that waits longest first, one transaction each.

        A model that fails keeps its scores and shows the error; the others go on. What the job
        did in the last hour is not repeated, so when it was cut off it continues where it stopped.
        """
        recent = fields.Datetime.now() - timedelta(hours=1)
        todo = self.search(
            ["|", ("night_at", "=", False), ("night_at", "<", recent)], order="night_at NULLS FIRST, id"
        )
        self.env["ir.cron"]._commit_progress(remaining=len(todo))
        for model in todo:
            locked = model.try_lock_for_update(allow_referencing=True)
            if locked:
                model._compute_or_note_error()
            if not self.env["ir.cron"]._commit_progress(1):
                break
        self.env["res.partner"]._erase_rfm_left_over()

    def _compute_or_note_error(self):
        """Do the work of the night for one model; a step that fails is undone and noted, and ends it.

        The scores come first, so that a snapshot or a forecast that fails does not cost them.
        """
        self.ensure_one()
        # also where it fails: its turn is over, and it does not keep the others waiting
        self.night_at = fields.Datetime.now()
        for step in (
            self._compute_scores_of_the_night,
            self._take_due_snapshot,
            self._compute_values,
            self._compute_recommendations,
            self._compute_demand,
        ):
            try:
                with self.env.cr.savepoint():
                    step()
            except psycopg2.OperationalError:
                # serialization failures and lost connections are for the caller to retry
                raise
            except Exception as error:
                # whatever it is, the other models have their turn
                _logger.exception("Scoring model %s could not be computed", self.id)
                self.last_error = str(error) or type(error).__name__
                return

    def _compute_scores_of_the_night(self):
        """Set the limits anew when their time has come; on other nights only the day moves on."""
        as_of = self._resolve_as_of()
        if self._needs_calibration(as_of):
            self._compute_scores(as_of)
        else:
            self._roll_day(as_of)
            self.last_error = False
