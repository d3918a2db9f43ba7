import hashlib
import json
from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import fields, models
from odoo.exceptions import UserError

MAX_PAST_MONTHS = 120


class CrmRfmModel(models.Model):
    """Snapshots of a model: every month by itself, any past day by hand."""

    _inherit = "crm.rfm.model"

    snapshot_ids = fields.One2many("crm.rfm.snapshot", "model_id", string="Snapshots", copy=False)
    snapshot_count = fields.Integer(compute="_compute_snapshot_count")
    snapshot_retention_months = fields.Integer(
        "Keep Snapshots (months)",
        default=36,
        tracking=True,
        help="From the day they were taken; 0 keeps them for good.",
    )

    _snapshot_retention_positive = models.Constraint(
        "CHECK(snapshot_retention_months >= 0)", "Snapshots cannot be kept for less than 0 months."
    )

    def _compute_snapshot_count(self):
        counts = dict(
            self.env["crm.rfm.snapshot"]._read_group([("model_id", "in", self.ids)], ["model_id"], ["__count"])
        )
        for model in self:
            model.snapshot_count = counts.get(model, 0)

    def _get_definition(self):
        """What a snapshot says of the definition, beside the limits."""
        self.ensure_one()
        restrictions = {
            "teams": sorted(self.team_ids.ids),
            "categories": sorted(self.categ_ids.ids),
        }
        return {
            "source": self.source,
            "window": [self.window_value, self.window_unit],
            "bands": self.band_count,
            "methods": [self.r_method, self.f_method, self.m_method],
            "archived": self.include_archived,
        } | {name: ids for name, ids in restrictions.items() if ids}

    def _get_map_hash(self):
        """Hash of the grid: which cell leads to which segment."""
        self.ensure_one()
        cells = sorted((cell.r, cell.fm, cell.segment_id.id) for cell in self.cell_ids)
        return hashlib.sha256(json.dumps(cells).encode()).hexdigest()

    def _take_due_snapshot(self, today=None):
        """Take the snapshot of the end of last month, unless there is one; delete expired ones.

        :param date today: default the day of the scores
        """
        self.ensure_one()
        today = today or self.scored_as_of
        month_end = today.replace(day=1) - timedelta(days=1)
        Snapshot = self.env["crm.rfm.snapshot"]
        if not Snapshot.search_count([("model_id", "=", self.id), ("date", "=", month_end)], limit=1):
            Snapshot._take(self, month_end)
        Snapshot._delete_expired(self, today)

    def action_take_snapshot(self, as_of=None):
        """Take a snapshot as of a day, by default of the day of the last run or today.

        :raises UserError: when the model is being computed by somebody else
        :raises ValidationError: when the day lies in the future
        """
        self.ensure_one()
        self.check_access("write")
        # sudo: nobody writes snapshots by hand; the right on the model was checked
        snapshot = self.env["crm.rfm.snapshot"].sudo()._take(self, self._resolve_as_of(as_of))
        return snapshot._get_form_action() | {"target": "current"}

    def action_take_past_snapshots(self, months=12):
        """Take the snapshots of past month ends which do not exist yet.

        :param int months: how many, the latest first; up to ten years
        :raises UserError: for another number
        """
        self.ensure_one()
        self.check_access("write")
        if not 1 <= months <= MAX_PAST_MONTHS:
            raise UserError(
                self.env._(
                    "Past snapshots are taken for 1 to %(maximum)s months, not for %(months)s.",
                    maximum=MAX_PAST_MONTHS,
                    months=months,
                )
            )
        today = fields.Date.context_today(self)
        dates = {today.replace(day=1) - timedelta(days=1) - relativedelta(months=back) for back in range(months)}
        dates = {date + relativedelta(day=31) for date in dates}
        for date in sorted(dates - set(self.snapshot_ids.mapped("date"))):
            # sudo: no group may write snapshots; whoever may compute the model may take them
            self.env["crm.rfm.snapshot"].sudo()._take(self, date)
        return self.action_open_snapshots()

    def action_open_snapshots(self):
        """Open the snapshots of the model."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_rfm.crm_rfm_snapshot_action")
        return action | {"domain": [("model_id", "=", self.id)], "context": {}}

    def action_open_migration(self):
        """Open the matrix of movements between two snapshots of the model."""
        self.ensure_one()
        action = self.env["ir.actions.client"]._for_xml_id("crm_rfm.crm_rfm_migration_action")
        return action | {"params": {"model_id": self.id}}
