from odoo import api, fields, models
from odoo.exceptions import AccessError

from .. import const


class CrmAlert(models.Model):
    """One case in which a rule found something about a customer.

    The key (rule, customer, case) is unique in the database: however often and
    by however many workers a rule is evaluated, a case is delivered once.
    """

    _name = "crm.alert"
    _description = "Customer Alert"
    _order = "date_opened desc, id desc"

    rule_id = fields.Many2one("crm.alert.rule", required=True, index=True, ondelete="cascade", readonly=True)
    partner_id = fields.Many2one(
        "res.partner", string="Customer", required=True, index=True, ondelete="cascade", readonly=True
    )
    commercial_partner_id = fields.Many2one(
        related="partner_id.commercial_partner_id",
        string="Commercial Entity",
        store=True,
        index=True,
        ondelete="cascade",
    )
    case_key = fields.Char(string="Case", required=True, readonly=True, help="Tells one case from the next one.")
    detail = fields.Char(readonly=True)
    company_id = fields.Many2one(
        "res.company", readonly=True, ondelete="cascade", help="Of the document that the alert names."
    )
    state = fields.Selection(selection=const.ALERT_STATES, required=True, default="open", readonly=True)
    severity = fields.Selection(related="rule_id.severity")
    color = fields.Integer(compute="_compute_color")
    user_id = fields.Many2one("res.users", string="Assigned to", readonly=True, index=True, ondelete="set null")
    activity_id = fields.Many2one(
        "mail.activity", readonly=True, index="btree_not_null", ondelete="set null"
    )
    date_opened = fields.Datetime(string="Since", required=True, default=fields.Datetime.now, readonly=True)
    date_fired = fields.Date(string="Last Reminder", readonly=True)
    fire_count = fields.Integer(string="Reminders", readonly=True)
    date_closed = fields.Datetime(string="Over Since", readonly=True)
    dismissed_uid = fields.Many2one("res.users", string="Dismissed by", readonly=True, ondelete="set null")

    _case_uniq = models.Constraint("UNIQUE(rule_id, partner_id, case_key)", "This case has been reported already.")
    _open_idx = models.Index("(commercial_partner_id) WHERE state = 'open'")

    # === COMPUTE METHODS === #

    @api.depends("rule_id.name", "detail")
    def _compute_display_name(self):
        for alert in self:
            alert.display_name = " · ".join(filter(None, (alert.rule_id.name, alert.detail)))

    @api.depends("rule_id.severity")
    def _compute_color(self):
        colors = {"info": 4, "warning": 3, "danger": 1}
        for alert in self:
            alert.color = colors.get(alert.severity, 0)

    # === ACTIONS === #

    def action_dismiss(self):
        """Say no more of this case; its activity goes, a new case is reported again.

        :raises AccessError: for an auditor, and for an alert of somebody else without the right to all documents
        """
        user = self.env.user
        may_all = user.has_group("crm_relations.group_user_all")
        for alert in self:
            mine = user.has_group("crm_relations.group_user") and alert.user_id in (user, self.env["res.users"])
            if not (may_all or mine):
                # sudo: the name of a colleague
                name = alert.user_id.sudo().name or self.env._("others")
                raise AccessError(
                    self.env._("“%(alert)s” is for %(user)s to settle.", alert=alert.display_name, user=name)
                )
        # sudo: nobody writes alerts by hand; what may be written was checked above
        alerts = self.sudo().filtered(lambda alert: alert.state == "open")
        alerts._drop_activities()
        alerts.write({"state": "dismissed", "dismissed_uid": self.env.uid})

    def action_open_customer(self):
        self.ensure_one()
        return self.partner_id.get_formview_action()

    def _drop_activities(self):
        """Delete the activities that nobody did: the reason for them is gone."""
        self.activity_id.filtered("active").unlink()
