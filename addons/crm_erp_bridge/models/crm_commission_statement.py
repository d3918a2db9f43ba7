from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..tools import commission


class CrmCommissionStatement(models.Model):
    """What one salesperson earns by one rule in one period; written by the reckoning, confirmed by a person."""

    _name = "crm.commission.statement"
    _description = "Commission Statement"
    _inherit = ["mail.thread"]
    _order = "date_from desc, user_id, id"

    rule_id = fields.Many2one("crm.commission.rule", required=True, readonly=True, index=True, ondelete="restrict")
    user_id = fields.Many2one(
        "res.users", string="Salesperson", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="rule_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    date_from = fields.Date(string="From", required=True, readonly=True)
    date_to = fields.Date(string="To", required=True, readonly=True)
    state = fields.Selection(
        [("draft", "Draft"), ("confirmed", "Confirmed"), ("paid", "Paid")], required=True, default="draft",
        readonly=True, tracking=True,
    )  # fmt: skip
    line_ids = fields.One2many("crm.commission.line", "statement_id", string="Documents", readonly=True)
    base_amount = fields.Monetary(string="Base", readonly=True)
    claw_amount = fields.Monetary(string="Taken Back", readonly=True, help="Of commissions confirmed before.")
    earned_amount = fields.Monetary(string="Earned", readonly=True)
    amount = fields.Monetary(string="Commission", readonly=True)
    rate = fields.Float(
        string="Rate (%)", readonly=True, digits=(16, 6),
        help="Earned by the base: at this rate a later credit note takes it back.",
    )  # fmt: skip

    # the guarantee: reckoned twice, also by two at once, there is one statement
    _period_uniq = models.UniqueIndex("(rule_id, user_id, date_from)", "This statement exists already.")

    @api.depends("rule_id", "user_id", "date_from", "date_to")
    def _compute_display_name(self):
        for statement in self:
            statement.display_name = (
                f"{statement.rule_id.name}: {statement.user_id.name}, {statement.date_from} – {statement.date_to}"
            )

    def _set_amounts(self):
        """Add up the lines, and apply the rates to the sum."""
        for statement in self:
            currency = statement.currency_id
            claws = statement.line_ids.filtered("is_claw")
            base = sum((statement.line_ids - claws).mapped("amount"))
            earned = currency.round(commission.earned(base, statement.rule_id._tiers(), statement.rule_id.progressive))
            back = currency.round(commission.taken_back((line.amount, line.claw_rate) for line in claws))
            statement.write(
                {
                    "base_amount": base,
                    "earned_amount": earned,
                    "claw_amount": back,
                    "amount": earned + back,
                    "rate": earned / base * 100 if base > 0 else 0.0,
                }
            )

    # === ACTIONS === #

    def _check_manager(self):
        if not self.env.user.has_group("crm_erp_bridge.group_manager"):
            raise AccessError(self.env._("Commissions are confirmed by the administrator of CRM to ERP."))
        self.check_access("read")

    def action_confirm(self):
        """Settle statements of periods that are over; from then on they stay as they are.

        :raises UserError: before the end of the period, and before an earlier statement of the same rule and person
        """
        self._check_manager()
        drafts = self.filtered(lambda one: one.state == "draft").sorted("date_from")
        for statement in drafts:
            if statement.date_to >= fields.Date.context_today(statement):
                raise UserError(
                    self.env._("The period of “%(statement)s” is not over yet.", statement=statement.display_name)
                )
            earlier = statement.rule_id.sudo().statement_ids.filtered(
                lambda one, this=statement: one.state == "draft"
                and one.user_id == this.user_id
                and one.date_from < this.date_from
            )
            if earlier - drafts:
                raise UserError(
                    self.env._("Confirm the earlier statement first: %(statement)s.", statement=earlier[0].display_name)
                )
        for rule in drafts.rule_id:
            rule.action_compute()
        # sudo: statements are written by the reckoning and by these buttons only
        drafts.sudo().write({"state": "confirmed"})
        return True

    def action_paid(self):
        """Note that confirmed statements were paid out."""
        self._check_manager()
        self.filtered(lambda one: one.state == "confirmed").sudo().write({"state": "paid"})  # sudo: as above
        return True

    def action_reopen(self):
        """Take a confirmation back, as long as nothing was paid or confirmed after it."""
        self._check_manager()
        for statement in self.filtered(lambda one: one.state == "confirmed"):
            later = statement.rule_id.sudo().statement_ids.filtered(
                lambda one, this=statement: one.state != "draft"
                and one.user_id == this.user_id
                and one.date_from > this.date_from
            )
            if later:
                raise UserError(self.env._("A later statement is confirmed already: %(statement)s.",
                                           statement=later[0].display_name))  # fmt: skip
            statement.sudo().state = "draft"  # sudo: as above
        return True
