from itertools import chain

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import grid


class CrmRfmSegment(models.Model):
    """A named group of customers, reached through cells of the grid.

    Two segments have a fixed meaning and stand outside the grid: ``prospect`` (no counted
    purchase in the window) and ``excluded`` (not to be scored).
    """

    _name = "crm.rfm.segment"
    _description = "Customer Segment"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(
        help="Technical name used by the default grid and by exports. Does not change with the language.",
        copy=False,
    )
    kind = fields.Selection(
        [
            ("grid", "By the grid"),
            ("prospect", "No counted purchase"),
            ("excluded", "Not scored"),
        ],
        required=True,
        default="grid",
        copy=False,
        help="How customers get into the segment. There is exactly one segment for prospects"
        " and one for customers without a score.",
    )
    sequence = fields.Integer(default=10, help="From the most to the least valuable segment.")
    color = fields.Integer(string="Colour")
    description = fields.Text(translate=True, help="Who these customers are and what to do for them.")
    cell_ids = fields.One2many("crm.rfm.cell", "segment_id", string="Cells")
    score_count = fields.Integer(
        string="Customers",
        compute="_compute_score_count",
        help="Customers in this segment, over the models which you may see.",
    )

    _code_uniq = models.Constraint("UNIQUE(code)", "Another segment already has this code.")
    _kind_uniq = models.UniqueIndex(
        "(kind) WHERE kind IN ('prospect', 'excluded')",
        "There is already a segment of this kind.",
    )

    # === COMPUTE METHODS === #

    def _compute_score_count(self):
        counts = dict(
            self.env["crm.rfm.score"]._read_group(
                [("segment_id", "in", self.ids)], ["segment_id"], ["__count"]
            )
        )
        for segment in self:
            segment.score_count = counts.get(segment, 0)

    # === BUSINESS METHODS === #

    @api.model
    def _get_by_code(self):
        """Return ``{code: segment}`` with a segment for every code of the default grid.

        A built-in segment that was deleted is replaced by the first one of the grid, so that
        a new model always gets a complete grid.
        """
        segments = {segment.code: segment for segment in self.search([("code", "!=", False)])}
        fallback = self.search([("kind", "=", "grid")], limit=1)
        for code in set(chain.from_iterable(grid.DEFAULT_MAP)) - segments.keys():
            if not fallback:
                raise UserError(self.env._("There is no segment. Create one before making a scoring model."))
            segments[code] = fallback
        return segments

    # === CRUD METHODS === #

    def write(self, vals):
        """
        :raises UserError: when the kind is to be changed: runs need the segments outside the grid, and the grid its own
        """
        if "kind" in vals and any(segment.kind != vals["kind"] for segment in self):
            raise UserError(self.env._("A segment keeps its kind. Make a new segment for the grid instead."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        """Refuse what the foreign keys would refuse less politely.

        :raises UserError: when a cell or a score uses the segment, or it is built in
        """
        for segment in self:
            if segment.kind != "grid":
                raise UserError(
                    self.env._(
                        "The segment “%(name)s” is built in and cannot be deleted. You can rename it.",
                        name=segment.name,
                    )
                )
        # sudo: models of other companies use the segment too; only their number is shown
        used = self.env["crm.rfm.cell"].sudo()._read_group(
            [("segment_id", "in", self.ids)], ["segment_id"], ["__count", "model_id:count_distinct"]
        )
        for segment, cells, rfm_models in used:
            raise UserError(
                self.env._(
                    "The segment “%(name)s” fills %(cells)s cells in the grids of %(models)s models."
                    " Give these cells another segment first.",
                    name=segment.name,
                    cells=cells,
                    models=rfm_models,
                )
            )
        self._check_unused_in_actions()
        # sudo: as above
        if self.env["crm.rfm.snapshot.line"].sudo().search_count([("segment_id", "in", self.ids)], limit=1):
            raise UserError(
                self.env._(
                    "Customers stand in this segment in snapshots of the past. Rename it instead of deleting it."
                )
            )

    def _check_unused_in_actions(self):
        """Refuse to leave actions without their customers: the database would only cut the link.

        :raises UserError: when an action uses the segment, archived ones too
        """
        # sudo: actions of other companies use the segment too; only their number is shown
        used = self.env["crm.rfm.action"].sudo().with_context(active_test=False).search(
            ["|", ("to_segment_ids", "in", self.ids), ("from_segment_ids", "in", self.ids)], order="id"
        )
        if not used:
            return
        seen = used.sudo(False)._filtered_access("read")
        names = [f"“{name}”" for name in seen.mapped("name")]
        if used - seen:
            names.append(self.env._("%(count)s of other companies", count=len(used - seen)))
        raise UserError(
            self.env._(
                "Segments of the actions %(names)s cannot be deleted: give these actions others first.",
                names=", ".join(names),
            )
        )

    # === ACTION METHODS === #

    def action_new_action(self):
        """Start an action for the customers of the segment.

        The context key ``rfm_model`` (an id) names the scoring model, default the one shown on customers.
        """
        self.ensure_one()
        return self.env["crm.rfm.action"]._get_new_action(
            self.env.context.get("rfm_model"),
            name=self.env._("%(segment)s: contact", segment=self.name),
            to_segment_ids=self.ids,
        )

    def action_open_scores(self):
        """Open the customers of the segment."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_rfm.crm_rfm_score_action")
        return action | {
            "name": self.name,
            "domain": [("segment_id", "=", self.id)],
            "context": {},
        }
