from odoo import fields, models

from .crm_rfm_score import EXCLUSIONS


class CrmRfmSnapshotLine(models.Model):
    """One customer in a snapshot; written by the snapshot's statement only."""

    _name = "crm.rfm.snapshot.line"
    _description = "Customer in a Snapshot"
    _inherit = ["crm.rfm.customer.mixin"]
    _order = "snapshot_id desc, monetary desc, id"
    _rec_name = "partner_id"
    _log_access = False

    snapshot_id = fields.Many2one("crm.rfm.snapshot", required=True, index=True, ondelete="cascade", readonly=True)
    model_id = fields.Many2one(related="snapshot_id.model_id")
    date = fields.Date(related="snapshot_id.date", store=False)
    day = fields.Char(related="snapshot_id.day", string="Snapshot of")
    currency_id = fields.Many2one(related="snapshot_id.currency_id")
    partner_id = fields.Many2one(
        "res.partner", "Customer", required=True, index=True, ondelete="restrict", readonly=True
    )
    last_date = fields.Date("Last Purchase", readonly=True)
    frequency = fields.Integer("Purchases", readonly=True)
    monetary = fields.Monetary("Net Value", readonly=True)
    r_score = fields.Integer("R", readonly=True, aggregator="avg")
    f_score = fields.Integer("F", readonly=True, aggregator="avg")
    m_score = fields.Integer("M", readonly=True, aggregator="avg")
    fm_score = fields.Integer("FM", readonly=True, aggregator="avg")
    segment_id = fields.Many2one("crm.rfm.segment", required=True, index=True, ondelete="restrict", readonly=True)
    segment_color = fields.Integer(related="segment_id.color")
    exclusion = fields.Selection(EXCLUSIONS, "Why without Score", readonly=True)

    _partner_uniq = models.Constraint(
        "UNIQUE(snapshot_id, partner_id)", "A customer stands once in a snapshot."
    )

    def _get_document_span(self):
        """Documents as of the day of the snapshot."""
        self.ensure_one()
        snapshot = self.sudo().snapshot_id  # sudo: as in the mixin
        return snapshot.model_id, snapshot.date, None, None
