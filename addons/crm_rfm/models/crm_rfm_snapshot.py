import hashlib
import json

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL, format_date

LINE_COLUMNS = (
    "partner_id", "last_date", "frequency", "monetary",
    "r_score", "f_score", "m_score", "fm_score", "segment_id", "exclusion",
)  # fmt: skip


class CrmRfmSnapshot(models.Model):
    """The scores of one model as of one day, with what they were made by.

    A snapshot is a full run as of its day over the documents as they are when it is taken;
    it does not depend on the present scores. Its hash covers the day, the limits, the grid
    and every line in the order of the customers: the same documents give the same hash,
    in whatever order they are stored.
    """

    _name = "crm.rfm.snapshot"
    _description = "Snapshot of Customer Scores"
    _order = "date desc, id desc"
    _log_access = True

    model_id = fields.Many2one("crm.rfm.model", required=True, index=True, ondelete="cascade", readonly=True)
    company_id = fields.Many2one(related="model_id.company_id")
    currency_id = fields.Many2one(related="model_id.company_id.currency_id")
    date = fields.Date("As of", required=True, readonly=True)
    taken_at = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    keep = fields.Boolean("Keep for Good", help="The retention of the model does not delete this snapshot.")
    definition = fields.Json(
        "Stored Definition", readonly=True, help="Documents, window, methods and limits of the bands."
    )
    definition_text = fields.Text("Definition", compute="_compute_definition_text")
    map_hash = fields.Char("Hash of the Grid", readonly=True)
    content_hash = fields.Char(readonly=True, help="SHA-256 of day, limits, grid and all lines by customer.")
    document_count = fields.Integer("Documents", readonly=True)
    document_total = fields.Monetary("Sum of Documents", readonly=True)
    document_max_id = fields.Integer("Latest Document", readonly=True, help="Highest identifier of a document.")
    customer_count = fields.Integer("Scored Customers", readonly=True)
    unscored_count = fields.Integer("Customers without a Score", readonly=True)
    erased_count = fields.Integer("Erased Customers", readonly=True, help="Customers erased after it was taken.")
    line_ids = fields.One2many("crm.rfm.snapshot.line", "snapshot_id", string="Customers")
    day = fields.Char(
        compute="_compute_day", store=True, help="The day as text: groups by it are single snapshots."
    )
    last_of = fields.Selection(
        [("day", "Days"), ("week", "Weeks"), ("month", "Months"), ("quarter", "Quarters"), ("year", "Years")],
        "One per", compute="_compute_last_of", search="_search_last_of",
        help="The longest period of which it is the last snapshot of its model.",
    )  # fmt: skip

    _date_uniq = models.Constraint("UNIQUE(model_id, date)", "A model has one snapshot of a day.")

    # === COMPUTE METHODS === #

    @api.depends("date", "model_id.name")
    def _compute_display_name(self):
        for snapshot in self:
            snapshot.display_name = f"{snapshot.model_id.name}, {format_date(self.env, snapshot.date)}"

    @api.depends("definition")
    def _compute_definition_text(self):
        for snapshot in self:
            definition = snapshot.definition or {}
            snapshot.definition_text = "\n".join(
                f"{dimension.upper()}: {', '.join(f'{limit:g}' for limit in definition.get(dimension) or [])}"
                for dimension in ("r", "f", "m")
            )

    @api.depends("date")
    def _compute_day(self):
        for snapshot in self:
            snapshot.day = fields.Date.to_string(snapshot.date)

    def _compute_last_of(self):
        self.last_of = "day"
        for period in ("week", "month", "quarter", "year"):
            (self & self.search([("last_of", "in", [period])])).last_of = period

    def _search_last_of(self, operator, value):
        """The last snapshot of each model in each of the periods; a trend over them counts every customer once."""
        if operator != "in":
            return NotImplemented
        periods = [period for period, _label in self._fields["last_of"].selection if period in value]
        self.flush_model(["model_id", "date"])
        return Domain.OR(
            Domain(
                "id",
                "in",
                SQL(
                    "(SELECT DISTINCT ON (model_id, date_trunc(%(period)s, date)) id FROM crm_rfm_snapshot"
                    " ORDER BY model_id, date_trunc(%(period)s, date), date DESC)",
                    period=period,
                ),
            )
            for period in periods
        )

    # === CRUD METHODS === #

    def write(self, vals):
        """Let people change nothing but whether a snapshot is kept for good.

        :raises AccessError: for anything else
        """
        if not self.env.su and set(vals) - {"keep"}:
            raise AccessError(self.env._("A snapshot is not changed by hand. Take it again instead."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_lines(self):
        self._delete_lines()

    # === TAKING === #

    @api.model
    def _take(self, model, as_of):
        """Take the snapshot of a model as of a day, in place of an earlier one of that day.

        :param model: one scoring model
        :param date as_of: last day that counts
        """
        model._lock_for_compute()
        model._check_limits()
        before = self.search([("model_id", "=", model.id), ("date", "=", as_of)])
        keep = any(before.mapped("keep"))
        before._delete_lines()
        before.unlink()
        snapshot = self.create({"model_id": model.id, "date": as_of, "keep": keep, "map_hash": model._get_map_hash()})
        snapshot._fill()
        return snapshot

    def _fill(self):
        """Write the lines in one statement, then the figures and the hash."""
        self.ensure_one()
        model = self.model_id
        model._flush_for_scores()
        self.flush_recordset()
        previous = model._raise_work_mem()
        names = SQL(", ").join(map(SQL.identifier, LINE_COLUMNS))
        limits = self.env.execute_query(
            SQL(
                """
                WITH %(target)s,
                     written AS (
                        INSERT INTO crm_rfm_snapshot_line (snapshot_id, %(names)s)
                        SELECT %(snapshot)s, %(names)s FROM target
                         WHERE exclusion IS DISTINCT FROM 'opt_out'
                        RETURNING 1)
                SELECT qr, qf, qm, (SELECT count(*) FROM written) FROM cut
                """,
                target=model._get_target_ctes(self.date),
                names=names,
                snapshot=self.id,
            )
        )[0]
        figures = self.env.execute_query(
            SQL(
                "SELECT count(*), COALESCE(sum(amount), 0), COALESCE(max(res_id), 0) FROM (%s) tx",
                model._get_transaction_query(self.date),
            )
        )[0]
        self.env.cr.execute(SQL("SELECT set_config('work_mem', %s, true)", previous))
        self.line_ids.invalidate_model()
        self.definition = model._get_definition() | {
            dimension: [float(limit) for limit in cuts or []]
            for dimension, cuts in zip("rfm", limits[:3], strict=True)
        }
        self.document_count, self.document_total, self.document_max_id = figures
        self._rehash()

    def _rehash(self):
        """Set numbers of customers and hash by the lines as they are."""
        self.flush_recordset()
        for snapshot in self:
            lines, scored, unscored = self.env.execute_query(
                SQL(
                    """
                    SELECT encode(sha256(convert_to(COALESCE(string_agg(concat_ws('|', partner_id,
                                COALESCE(last_date::text, '-'), frequency, trim_scale(monetary),
                                r_score, f_score, m_score, fm_score, segment_id, COALESCE(exclusion, '-')),
                                E'\n' ORDER BY partner_id), ''), 'UTF8')), 'hex'),
                           count(*) FILTER (WHERE r_score > 0), count(*) FILTER (WHERE r_score = 0)
                      FROM crm_rfm_snapshot_line WHERE snapshot_id = %s
                    """,
                    snapshot.id,
                )
            )[0]
            header = json.dumps([str(snapshot.date), snapshot.definition, snapshot.map_hash, lines], sort_keys=True)
            snapshot.write(
                {
                    "content_hash": hashlib.sha256(header.encode()).hexdigest(),
                    "customer_count": scored,
                    "unscored_count": unscored,
                }
            )

    def _delete_lines(self):
        """Delete the lines in one statement; they have no rows depending on them."""
        self.env["crm.rfm.snapshot.line"].flush_model()
        self.env.cr.execute(
            SQL("DELETE FROM crm_rfm_snapshot_line WHERE snapshot_id IN %s", tuple(self.ids) or (0,))
        )
        self.env["crm.rfm.snapshot.line"].invalidate_model()

    # === RETENTION AND ERASURE === #

    @api.model
    def _delete_expired(self, model, today):
        """Delete the snapshots which were taken longer ago than the model wants to keep them.

        Not by their day: one of a day long ago, taken by hand, would be gone after the next night.
        """
        if model.snapshot_retention_months:
            limit = today - relativedelta(months=model.snapshot_retention_months)
            self.search([("model_id", "=", model.id), ("taken_at", "<", limit), ("keep", "=", False)]).unlink()

    @api.model
    def _erase(self, partners):
        """Remove customers from all snapshots; what remains keeps a hash that fits it."""
        lines = self.env["crm.rfm.snapshot.line"].search([("partner_id", "in", partners.ids)])
        if not lines:
            return
        groups = lines._read_group([("id", "in", lines.ids)], ["snapshot_id"], ["__count"])
        lines.unlink()
        for snapshot, count in groups:
            snapshot.erased_count += count
        self.browse(snapshot.id for snapshot, _count in groups)._rehash()

    @api.model
    def _merge_partners(self, src_partners, dst_partner):
        """Give the remaining customer the history of the merged ones where it has none itself."""
        affected = self.env.execute_query(
            SQL(
                "SELECT DISTINCT snapshot_id FROM crm_rfm_snapshot_line WHERE partner_id IN %s",
                tuple(src_partners.ids),
            )
        )
        if not affected:
            return
        self.env["crm.rfm.snapshot.line"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM crm_rfm_snapshot_line x
                 WHERE x.partner_id IN %(src)s
                   AND EXISTS (SELECT FROM crm_rfm_snapshot_line y
                                WHERE y.snapshot_id = x.snapshot_id
                                  AND (y.partner_id = %(dst)s OR y.partner_id IN %(src)s AND y.id < x.id))
                """,
                src=tuple(src_partners.ids),
                dst=dst_partner.id,
            )
        )
        self.env.cr.execute(
            SQL(
                "UPDATE crm_rfm_snapshot_line SET partner_id = %s WHERE partner_id IN %s",
                dst_partner.id,
                tuple(src_partners.ids),
            )
        )
        self.env["crm.rfm.snapshot.line"].invalidate_model()
        self.browse(id_ for [id_] in affected)._rehash()

    # === ACTION METHODS === #

    def action_verify(self):
        """Run the model again as of the day and tell whether the same comes out; changes nothing."""
        self.ensure_one()
        self.check_access("read")
        # sudo: managers may take snapshots, and this one is taken back
        probe = self.sudo()
        stored = self.content_hash
        savepoint = self.env.cr.savepoint(flush=True)
        fresh = probe._take(probe.model_id, self.date).content_hash
        savepoint.close(rollback=True)
        self.env.invalidate_all(flush=False)
        same = fresh == stored
        message = (
            self.env._("The documents of today give the same snapshot, to the last digit.")
            if same
            else self.env._(
                "Another snapshot comes out today: documents, customers or the definition changed since %(date)s."
                " Take it again if the new one is to be kept.",
                date=format_date(self.env, self.taken_at),
            )
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": "success" if same else "warning", "message": message},
        }

    def action_retake(self):
        """Take the snapshot again with the documents of today."""
        self.ensure_one()
        self.model_id.check_access("write")
        # sudo: whoever may compute the model may take its snapshots, nobody may write them
        snapshot = self.sudo()._take(self.model_id, self.date)
        return snapshot._get_form_action()

    def _get_form_action(self):
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "main",
        }

    def action_open_lines(self):
        """Open the customers of the snapshot."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.display_name,
            "res_model": "crm.rfm.snapshot.line",
            "view_mode": "list,graph,pivot",
            "domain": [("snapshot_id", "=", self.id)],
        }
