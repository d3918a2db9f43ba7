import logging
from collections.abc import Callable
from dataclasses import dataclass

import psycopg2
from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .. import const_call
from ..tools.privacy import ANONYMISE, DELETE

_logger = logging.getLogger(__name__)

BATCH = 200


@dataclass(frozen=True, slots=True)
class RetentionCategory:
    """Rows of a model that are not needed for ever.

    ``since``: field from which the time is counted; ``pending``: which rows are over and not yet treated;
    ``erasure``: the texts go (``anonymise``) or the rows (``delete``); ``carry_out``: a method that does it instead,
    where the texts do not stand in the row.
    """

    model: str
    label: str
    since: str
    pending: Domain
    erasure: str
    carry_out: Callable | None = None


class CrmPrivacyRetention(models.Model):
    """How long data of a category are kept, as data; a job carries it out in batches (GDPR, article 5(1)(e))."""

    _name = "crm.privacy.retention"
    _description = "Retention Period"
    _order = "sequence, id"
    _rec_name = "category"

    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    category = fields.Selection(selection="_selection_category", required=True)
    months = fields.Integer(required=True, default=36, help="Months after which nobody needs them any more.")
    reason = fields.Char(translate=True, help="Why so long; stands on the published page.")
    what = fields.Char(string="What Happens", compute="_compute_what")
    date_run = fields.Datetime(string="Last Carried Out", readonly=True, copy=False)
    count = fields.Integer(string="Rows So Far", readonly=True, copy=False)

    _category_uniq = models.Constraint("UNIQUE(category)", "There is a period for this category already.")
    _check_months = models.Constraint("CHECK (months BETWEEN 1 AND 600)", "A period lies between 1 and 600 months.")

    @api.depends("category")
    def _compute_display_name(self):
        """The words for the category, not its code."""
        labels = dict(self._fields["category"]._description_selection(self.env))
        for period in self:
            period.display_name = labels.get(period.category, period.category or "")

    @api.depends("category")
    def _compute_what(self):
        words = {ANONYMISE: self.env._("Texts and files are erased"), DELETE: self.env._("Deleted")}
        categories = self._categories()
        for period in self:
            category = categories.get(period.category)
            period.what = words[category.erasure] if category else False

    @api.model
    def _selection_category(self):
        return [(code, category.label) for code, category in self._categories().items()]

    @api.model
    def _categories(self):
        """What has an end; another addon calls ``super()`` and adds its own.

        :return: ``{code: RetentionCategory}``
        """
        written = Domain("outcome", "!=", False) | Domain("note", "!=", False)
        return {
            "interaction": RetentionCategory(
                "crm.interaction",
                self.env._("Notes of contacts"),
                "date",
                written & Domain("state", "!=", "planned"),
                ANONYMISE,
            ),
            "need": RetentionCategory(
                "crm.need",
                self.env._("Needs that are over"),
                "write_date",
                Domain("state", "!=", "open") & Domain("statement", "!=", "Erased"),
                ANONYMISE,
            ),
            "lead": RetentionCategory(
                "crm.lead",
                self.env._("Lost opportunities"),
                "date_closed",
                Domain("active", "=", False)
                & Domain("probability", "=", 0)
                & (
                    Domain("email_from", "!=", False)
                    | Domain("phone", "!=", False)
                    | Domain("contact_name", "!=", False)
                    | Domain("description", "!=", False)
                ),
                ANONYMISE,
            ),
            "decision": RetentionCategory(
                "crm.contact.decision",
                self.env._("Warnings and refusals of contact rules"),
                "date",
                Domain.TRUE,
                DELETE,
            ),
            "alert": RetentionCategory(
                "crm.alert", self.env._("Alerts that are over"), "date_closed", Domain("state", "!=", "open"), DELETE
            ),
            **self._categories_of_calls(),
            "privacy_request": RetentionCategory(
                "crm.privacy.request",
                self.env._("Privacy requests that were answered"),
                "date_closed",
                Domain("details", "!=", False) | Domain("answer", "!=", False) | Domain("email_from", "!=", False),
                ANONYMISE,
            ),
            "audit": RetentionCategory(
                "crm.audit.entry",
                self.env._("Values in the audit log"),
                "date",
                # the chain of hashes stays whole without them
                Domain("id", "any!", SQL("(SELECT entry_id FROM crm_audit_payload WHERE changes IS NOT NULL)")),
                ANONYMISE,
                self._empty_audit,
            ),
        }

    @api.model
    def _categories_of_calls(self):
        """Calls stay as numbers of the reports, without the number of who called and what was noted."""
        held = Domain("crm_legal_hold", "!=", False) | Domain("crm_restricted", "=", True)
        return {
            "call": RetentionCategory(
                "crm.call",
                self.env._("Telephone calls"),
                "date_ended",
                Domain("state", "not in", const_call.OPEN_STATES)
                & Domain("number", "!=", False)
                & Domain("candidate_ids", "not any", held),
                ANONYMISE,
            ),
            "callback": RetentionCategory(
                "crm.callback",
                self.env._("Callbacks that are over"),
                "date_closed",
                Domain("state", "!=", "waiting") & Domain("number", "!=", "Erased"),
                ANONYMISE,
            ),
        }

    @api.model
    def _empty_audit(self, entries):
        """Who changed which document and when stays; what was there before and after goes."""
        self.env.cr.execute(
            "UPDATE crm_audit_payload SET changes = NULL WHERE entry_id = ANY(%s) AND changes IS NOT NULL",
            [entries.ids],
        )
        self.env["crm.audit.payload"].invalidate_model(flush=False)

    # === CARRYING OUT === #

    def _due(self, category, limit=None):
        """Rows whose time is over, but for those under legal hold or restricted: both come before periods."""
        # sudo: periods hold for everybody's rows
        model = self.env[category.model].sudo().with_context(active_test=False)
        before = fields.Datetime.now() - relativedelta(months=self.months)
        domain = category.pending & Domain(category.since, "<", before)
        source = self.env["crm.privacy.request"]._crm_privacy_sources().get(category.model)
        for name in source.persons if source else ():
            for holder in (name, f"{name}.commercial_partner_id"):
                free = Domain(f"{holder}.crm_legal_hold", "=", False) & Domain(f"{holder}.crm_restricted", "=", False)
                domain &= Domain(name, "=", False) | free
        return model.search(domain, limit=limit, order="id")

    def _carry_out(self, rows, category):
        """Erase the texts of these rows, or the rows, with their messages and files."""
        if category.carry_out:
            category.carry_out(rows)
            return
        requests = self.env["crm.privacy.request"].sudo()  # sudo: the tools of erasure
        source = requests._crm_privacy_sources().get(category.model)
        if "message_ids" in rows:
            # sudo: as the rows
            self.env["mail.message"].sudo().search(
                [("model", "=", category.model), ("res_id", "in", rows.ids)]
            ).unlink()
        self.env.flush_all()
        if category.erasure == DELETE:
            requests._delete_rows(rows)
        elif source and source.erasure == ANONYMISE:
            requests._erase_rows(source, rows)  # with what hangs on them
        else:
            requests._drop_files(rows)
            requests._clear_texts(rows, source.keep_fields if source else ())
            for name in source.clear if source else ():
                requests._clear_field(rows, name)
        self.env.invalidate_all(flush=False)

    @api.model
    def _cron_carry_out(self):
        """All periods, a batch per transaction; what another process has locked is for the next run.

        A category that fails is for the log: the periods of the others are over as well.
        """
        categories = self._categories()
        for period in self.search([("active", "=", True)]):
            category = categories.get(period.category)
            while category:
                try:
                    with self.env.cr.savepoint():
                        count = period._carry_out_batch(category)
                except (psycopg2.OperationalError, psycopg2.InternalError):
                    raise  # another transaction was in the way: the job begins again
                except Exception:  # whatever the rows of any addon cause
                    _logger.exception("Retention period %s failed", period.category)
                    break
                if not count:
                    break
                if not self.env["ir.cron"]._commit_progress(count):
                    return

    def _carry_out_batch(self, category):
        """The next rows whose time is over; :return: how many."""
        rows = self._due(category, BATCH).try_lock_for_update()
        if rows:
            self._carry_out(rows, category)
            self.write({"count": self.count + len(rows), "date_run": fields.Datetime.now()})
        return len(rows)
