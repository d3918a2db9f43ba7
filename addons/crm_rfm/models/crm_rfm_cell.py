from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL


class CrmRfmCell(models.Model):
    """One cell of a model's grid: a recency score and an FM score lead to a segment.

    A model with ``n`` bands has exactly ``n * n`` cells. Overlap is impossible by the unique
    constraint, a gap by deferred constraint triggers that count the cells at commit. Cells
    are made and removed by their model only; users choose the segment.
    """

    _name = "crm.rfm.cell"
    _description = "Cell of the Segment Grid"
    _order = "model_id, r desc, fm"
    _rec_name = "segment_id"

    model_id = fields.Many2one("crm.rfm.model", required=True, index=True, ondelete="cascade", readonly=True)
    r = fields.Integer("Recency Score", required=True, readonly=True)
    fm = fields.Integer(
        "FM Score",
        required=True,
        readonly=True,
        help="Mean of the frequency and monetary scores, a half rounded up.",
    )
    segment_id = fields.Many2one(
        "crm.rfm.segment",
        required=True,
        index=True,
        ondelete="restrict",
        domain=[("kind", "=", "grid")],
    )
    color = fields.Integer(related="segment_id.color")
    customer_count = fields.Integer("Customers", compute="_compute_scores")
    monetary = fields.Monetary(compute="_compute_scores", help="Net value of the customers of the cell.")
    currency_id = fields.Many2one(related="model_id.currency_id")

    _cell_uniq = models.Constraint("UNIQUE(model_id, r, fm)", "A cell of the grid exists only once.")
    _cell_range = models.Constraint(
        "CHECK(r BETWEEN 1 AND 10 AND fm BETWEEN 1 AND 10)", "Scores of a cell go from 1 to 10."
    )

    # === COMPUTE METHODS === #

    def _compute_scores(self):
        """Count the customers that the user may see, cell by cell, in one query."""
        groups = self.env["crm.rfm.score"]._read_group(
            [("model_id", "in", self.model_id.ids), ("r_score", ">", 0)],
            ["model_id", "r_score", "fm_score"],
            ["__count", "monetary:sum"],
        )
        found = {(model.id, r, fm): (count, value) for model, r, fm, count, value in groups}
        for cell in self:
            key = (cell.model_id.id, cell.r, cell.fm)
            cell.customer_count, cell.monetary = found.get(key, (0, 0.0))

    @api.constrains("segment_id")
    def _check_segment_kind(self):
        for cell in self:
            if cell.segment_id.kind != "grid":
                raise ValidationError(
                    self.env._(
                        "The segment “%(name)s” is for customers without a score and cannot stand in the grid.",
                        name=cell.segment_id.name,
                    )
                )

    # === CRUD METHODS === #

    def write(self, vals):
        """Move the customers of a cell together with its new segment."""
        if "segment_id" in vals:
            self.model_id._lock_for_compute()
        result = super().write(vals)
        if "segment_id" in vals:
            self._move_scores()
        return result

    def _move_scores(self):
        """Give the scores that lie in the cells the cells' segment; one statement, only what differs."""
        if not self:
            return
        self.flush_recordset(["segment_id"])
        self.env["crm.rfm.score"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_rfm_score s
                   SET segment_id = c.segment_id
                  FROM crm_rfm_cell c
                 WHERE c.id IN %s
                   AND s.model_id = c.model_id AND s.r_score = c.r AND s.fm_score = c.fm
                   AND s.segment_id <> c.segment_id
                """,
                tuple(self.ids),
            )
        )
        self.env["crm.rfm.score"].invalidate_model(["segment_id"])

    # === ACTION METHODS === #

    def action_open_scores(self):
        """Open the customers that lie in the cell."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_rfm.crm_rfm_score_action")
        return action | {
            "name": self.env._("R=%(r)s, FM=%(fm)s: %(segment)s", r=self.r, fm=self.fm, segment=self.segment_id.name),
            "domain": [
                ("model_id", "=", self.model_id.id),
                ("r_score", "=", self.r),
                ("fm_score", "=", self.fm),
            ],
            "context": {},
        }

    # === DATABASE === #

    def init(self):
        """Install the triggers that refuse a grid with a gap, after all tables exist."""
        self.pool.post_init(self._create_total_triggers)
        return super().init()

    def _create_total_triggers(self):
        """Create the constraint triggers: at commit every model has ``band_count ** 2`` cells in range.

        Deferred, since a model is inserted before its cells. The error is a ``check_violation``.
        """
        self.env.cr.execute(
            """
            CREATE OR REPLACE FUNCTION crm_rfm_cell_check_total() RETURNS trigger AS $$
            DECLARE
                owner integer;
            BEGIN
                IF TG_TABLE_NAME = 'crm_rfm_model' THEN
                    owner := NEW.id;
                ELSIF TG_OP = 'INSERT' THEN
                    owner := NEW.model_id;
                ELSE
                    owner := OLD.model_id;
                END IF;
                PERFORM 1
                   FROM crm_rfm_model m
                  WHERE m.id = owner
                    AND m.band_count * m.band_count <> (
                        SELECT count(*) FROM crm_rfm_cell c
                         WHERE c.model_id = m.id AND c.r <= m.band_count AND c.fm <= m.band_count);
                IF FOUND THEN
                    RAISE EXCEPTION 'the grid of customer scoring model % has a gap', owner
                        USING ERRCODE = 'check_violation';
                END IF;
                RETURN NULL;
            END $$ LANGUAGE plpgsql;

            DROP TRIGGER IF EXISTS crm_rfm_cell_total ON crm_rfm_cell;
            CREATE CONSTRAINT TRIGGER crm_rfm_cell_total
                AFTER INSERT OR DELETE OR UPDATE OF model_id, r, fm ON crm_rfm_cell
                DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION crm_rfm_cell_check_total();

            DROP TRIGGER IF EXISTS crm_rfm_model_total ON crm_rfm_model;
            CREATE CONSTRAINT TRIGGER crm_rfm_model_total
                AFTER INSERT OR UPDATE OF band_count ON crm_rfm_model
                DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION crm_rfm_cell_check_total();
            """
        )
