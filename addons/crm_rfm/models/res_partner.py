from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

READERS = "crm_rfm.group_user,crm_rfm.group_auditor"


class ResPartner(models.Model):
    """Scores on the customer: of the model shown in the current company, nothing stored.

    Contacts show the score of their commercial entity.
    """

    _inherit = "res.partner"

    rfm_opt_out = fields.Boolean(
        "No Profiling",
        groups=READERS,
        tracking=True,
        help="The customer objects to being profiled: no score, no forecast, no recommendation, and the"
        " scores of the past are erased.",
    )
    rfm_score_id = fields.Many2one(
        "crm.rfm.score",
        "Score",
        compute="_compute_rfm_score",
        search="_search_rfm_score_id",
        groups=READERS,
    )
    rfm_segment_id = fields.Many2one(
        "crm.rfm.segment",
        "Segment",
        compute="_compute_rfm_score",
        search="_search_rfm_segment_id",
        groups=READERS,
    )
    rfm_segment_color = fields.Integer(compute="_compute_rfm_score", groups=READERS)
    rfm_code = fields.Char("R-F-M", compute="_compute_rfm_score", groups=READERS)
    rfm_monetary = fields.Monetary(
        "Net Value in the Window",
        compute="_compute_rfm_score",
        currency_field="rfm_currency_id",
        groups=READERS,
    )
    rfm_currency_id = fields.Many2one("res.currency", compute="_compute_rfm_score", groups=READERS)
    rfm_explanation = fields.Text("Why This Score", compute="_compute_rfm_explanation", groups=READERS)
    rfm_forecast = fields.Text("What to Expect", compute="_compute_rfm_explanation", groups=READERS)

    # few: found without reading all customers
    _crm_rfm_opt_out_idx = models.Index("(id) WHERE rfm_opt_out")
    # who needs more than the sum of the own documents, as a full run asks: _special_query has this condition
    _crm_rfm_special_idx = models.Index(
        "(id) WHERE commercial_partner_id <> id OR rfm_opt_out OR crm_restricted OR active IS NOT TRUE"
    )

    # === COMPUTE METHODS === #

    @api.depends("commercial_partner_id")
    @api.depends_context("allowed_company_ids", "uid")
    def _compute_rfm_score(self):
        domain = Domain("partner_id", "in", self.commercial_partner_id.ids) & self._rfm_shown_domain()
        by_partner = {score.partner_id: score for score in self.env["crm.rfm.score"].search(domain)}
        for partner in self:
            score = by_partner.get(partner.commercial_partner_id, self.env["crm.rfm.score"])
            partner.rfm_score_id = score
            partner.rfm_segment_id = score.segment_id
            partner.rfm_segment_color = score.segment_color
            partner.rfm_code = score.code
            partner.rfm_monetary = score.monetary
            # the shown model is one of this company, or of a parent, whose currency its branches share
            partner.rfm_currency_id = self.env.company.currency_id

    @api.depends("rfm_score_id")
    @api.depends_context("allowed_company_ids", "uid", "lang")
    def _compute_rfm_explanation(self):
        for partner in self:
            partner.rfm_explanation = partner.rfm_score_id.explanation
            partner.rfm_forecast = partner.rfm_score_id.forecast_text

    # === SEARCH METHODS === #

    @api.model
    def _rfm_shown_domain(self):
        """Domain of the scores that appear on customers in the current company."""
        company = self.env.company
        if company.parent_id:
            company = self.env["crm.rfm.model"]._get_shown(company).company_id or company
        return (
            Domain("model_id.company_id", "=", company.id)
            & Domain("model_id.shown_on_partner", "=", True)
            & Domain("model_id.active", "=", True)
        )

    def _search_rfm_score_id(self, operator, value):
        return NotImplemented if operator == "any" else self._search_by_score("id", operator, value)

    def _search_rfm_segment_id(self, operator, value):
        return self._search_by_score("segment_id", operator, value)

    def _search_by_score(self, field_name, operator, value):
        """Turn a condition on the shown score into one on the commercial entity.

        ``False`` among the values means customers without a shown score.
        """
        shown = self._rfm_shown_domain()
        if operator == "any":
            matching = self._rfm_partner_query(shown & Domain(field_name, "any", value))
            return Domain("commercial_partner_id", "any", matching)
        if operator != "in":
            return NotImplemented
        wanted = [item for item in value if item]
        matching = self._rfm_partner_query(shown & Domain(field_name, "in", wanted))
        domain = Domain("commercial_partner_id", "any", matching)
        if len(wanted) < len(value):
            domain |= Domain("commercial_partner_id", "not any", self._rfm_partner_query(shown))
        return domain

    def _rfm_partner_query(self, domain):
        """Return the SELECT of the customers of the scores that match and that the user may see."""
        return self.env["crm.rfm.score"]._search(domain).select(SQL.identifier("crm_rfm_score", "partner_id"))

    # === GROUPING === #

    def _field_to_sql(self, alias, field_expr, query=None):
        """Let customers be grouped by segment and summed by value, through the shown score.

        The scores come through ``_search``: their access rules hold.
        """
        column = {"rfm_segment_id": "segment_id", "rfm_score_id": "id", "rfm_monetary": "monetary"}.get(field_expr)
        if column and query is not None:
            self._check_field_access(self._fields[field_expr], "read")
            return self._rfm_join(alias, column, query)
        return super()._field_to_sql(alias, field_expr, query)

    def _rfm_join(self, alias, column, query):
        score_alias = query.make_alias(alias, "rfm_shown_score")
        if score_alias not in query._joins:
            scores = self.env["crm.rfm.score"]._search(self._rfm_shown_domain())
            columns = [SQL.identifier("crm_rfm_score", name) for name in ("id", "partner_id", "segment_id", "monetary")]
            query.add_join(
                "LEFT JOIN",
                score_alias,
                SQL("(%s)", scores.select(*columns)),
                SQL(
                    "%s = %s",
                    SQL.identifier(score_alias, "partner_id"),
                    SQL.identifier(alias, "commercial_partner_id", to_flush=self._fields["commercial_partner_id"]),
                ),
            )
        return SQL.identifier(score_alias, column)

    # === CRUD METHODS === #

    def write(self, vals):
        """Erase the scores of the past of customers who do not want to be profiled any more."""
        result = super().write(vals)
        if vals.get("rfm_opt_out"):
            # sudo: the wish of the customer counts, whatever the user may do with snapshots
            self.sudo()._erase_rfm_history()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_rfm_scores(self):
        """A derived score never keeps a customer from being deleted."""
        # sudo: scores are written by nobody
        scores = self.env["crm.rfm.score"].sudo().search([("partner_id", "in", self.ids)])
        rfm_models = scores.model_id
        scores.unlink()
        rfm_models._recount()
        self.sudo()._erase_rfm_history()

    def _erase_rfm_history(self):
        """Remove customers from snapshots, actions, forecasts and recommendations."""
        self.env["crm.rfm.snapshot"]._erase(self)
        for name in ("crm.rfm.action.line", "crm.rfm.value", "crm.rfm.recommendation"):
            self.env[name].search([("partner_id", "in", self.ids)]).unlink()

    @api.model
    def _erase_rfm_left_over(self):
        """Erase again who refuses profiling: what was being made while they said so knew nothing of it."""
        # sudo: as in write()
        partners = self.sudo().with_context(active_test=False)
        partners.search([("rfm_opt_out", "=", True)])._erase_rfm_history()

    # === ACTION METHODS === #

    def action_open_rfm_score(self):
        """Open the shown score with its explanation."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Score of %(name)s", name=self.commercial_partner_id.display_name),
            "res_model": "crm.rfm.score",
            "res_id": self.rfm_score_id.id,
            "view_mode": "form",
        }
