from odoo import api, fields, models


class CrmSalesStrategy(models.Model):
    """What the company wants to achieve in sales, as a tree of strategies with measurable objectives."""

    _name = "crm.sales.strategy"
    _description = "Sales Strategy"
    _inherit = ["mail.thread"]
    _parent_store = True
    _order = "date_from desc, sequence, id"

    # === FIELDS === #

    name = fields.Char(required=True, tracking=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    parent_id = fields.Many2one(
        "crm.sales.strategy", string="Part Of", index=True, ondelete="restrict", check_company=True
    )
    parent_path = fields.Char(index=True)
    child_ids = fields.One2many("crm.sales.strategy", "parent_id", string="Parts")
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company, ondelete="restrict"
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    user_id = fields.Many2one(
        "res.users", string="Responsible", index="btree_not_null", default=lambda self: self.env.user, tracking=True,
        domain="[('share', '=', False)]",
    )
    date_from = fields.Date(
        string="From", required=True, tracking=True, default=lambda self: self._default_year("01-01")
    )
    date_to = fields.Date(
        string="To", required=True, tracking=True, default=lambda self: self._default_year("12-31")
    )
    description = fields.Html(string="What and How")
    objective_ids = fields.One2many("crm.sales.strategy.objective", "strategy_id", string="Objectives", copy=True)
    objective_count = fields.Integer(string="Number of Objectives", compute="_compute_progress")
    reached_count = fields.Integer(string="Objectives Reached", compute="_compute_progress")
    percent = fields.Float(
        string="Realised (%)", compute="_compute_progress",
        help="Mean of the objectives of the strategy and of its parts, none counting more than 100 %.",
    )

    _dates = models.Constraint("CHECK (date_to >= date_from)", "A strategy ends after it begins.")

    # === DEFAULTS === #

    @api.model
    def _default_year(self, day):
        return fields.Date.to_date(f"{fields.Date.context_today(self).year}-{day}")

    # === COMPUTE METHODS === #

    @api.depends("objective_ids.percent", "child_ids.objective_ids.percent")
    def _compute_progress(self):
        below = self.search([("id", "child_of", self._origin.ids)])
        objectives = (below | self).objective_ids
        objectives.mapped("percent")  # read once, for all strategies
        for strategy in self:
            path = strategy._origin.parent_path
            part = below.filtered(lambda child, path=path: path and child.parent_path.startswith(path))
            own = (part | strategy).objective_ids
            strategy.objective_count = len(own)
            strategy.reached_count = len(own.filtered(lambda objective: objective.percent >= 100))
            strategy.percent = sum(min(objective.percent, 100) for objective in own) / len(own) if own else 0

    # === ACTIONS === #

    def action_open_objectives(self):
        """The objectives of the strategy and of its parts."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_erp_bridge.crm_sales_strategy_objective_action")
        return action | {
            "domain": [("strategy_id", "child_of", self.id)],
            "context": {"default_strategy_id": self.id},
        }

    def action_open_realisation(self):
        """Target and realisation by month."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_erp_bridge.crm_sales_realisation_action")
        return action | {"domain": [("strategy_id", "child_of", self.id)]}
