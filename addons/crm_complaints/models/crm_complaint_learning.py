from odoo import api, fields, models

INTERNAL = "base.group_user"


class CrmComplaint(models.Model):
    """What the company learns from the complaint: cause, who answers for it, what it cost."""

    _name = "crm.complaint"
    _inherit = ["crm.complaint", "crm.complaint.similar.mixin"]

    cause_id = fields.Many2one(
        "crm.complaint.cause",
        index="btree_not_null",
        tracking=True,
        copy=False,
        ondelete="restrict",
        groups=INTERNAL,
        help="Why it went wrong, as the investigation found. The category says what the customer complains about.",
    )
    department_id = fields.Many2one(
        "crm.complaint.department",
        string="Responsible Department",
        compute="_compute_department_id",
        store=True,
        precompute=True,
        readonly=False,
        copy=False,
        index="btree_not_null",
        tracking=True,
        ondelete="restrict",
        groups=INTERNAL,
    )
    solution_use_ids = fields.One2many(
        "crm.complaint.solution.use", "complaint_id", string="Experiences Taken Over", groups=INTERNAL
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    cost = fields.Monetary(
        string="Own Cost",
        copy=False,
        groups=INTERNAL,
        help="Work, freight and the like. Remedies are counted apart.",
    )
    remedy_amount = fields.Monetary(
        string="Paid in Remedies", compute="_compute_remedy_amount", store=True, precompute=True, groups=INTERNAL
    )
    cost_total = fields.Monetary(
        string="Cost of the Complaint", compute="_compute_cost_total", store=True, groups=INTERNAL
    )
    _cost_positive = models.Constraint(
        # not a number is greater than every number
        "CHECK (cost IS NULL OR (cost >= 0 AND cost < 1e12))",
        "The cost of a complaint is a positive amount.",
    )

    # === COMPUTE METHODS === #

    @api.depends("cause_id")
    def _compute_department_id(self):
        for complaint in self:
            complaint.department_id = complaint.cause_id.department_id or complaint.department_id

    @api.depends("remedy_ids.state", "remedy_ids.amount")
    def _compute_remedy_amount(self):
        for complaint in self:
            done = complaint.remedy_ids.filtered(lambda remedy: remedy.state == "done")
            complaint.remedy_amount = sum(done.mapped("amount"))

    @api.depends("cost", "remedy_amount")
    def _compute_cost_total(self):
        for complaint in self:
            complaint.cost_total = complaint.cost + complaint.remedy_amount
