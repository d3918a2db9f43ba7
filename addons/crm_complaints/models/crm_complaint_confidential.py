from odoo import Command, api, fields, models
from odoo.exceptions import UserError, ValidationError


class CrmComplaint(models.Model):
    """Who is complained about hears nothing of the complaint.

    A record rule for everybody hides the complaint and all that hangs on it; this file keeps what rules do not reach
    (being responsible, following, activities, notifications) from arriving.
    """

    _inherit = "crm.complaint"

    accused_user_ids = fields.Many2many(
        "res.users", "crm_complaint_accused_rel", "complaint_id", "user_id",
        string="Employees Complained About", groups="base.group_user",
        domain="[('share', '=', False)]", help="They do not see this complaint anywhere.",
        context={"active_test": False},  # who is away may come back
    )  # fmt: skip
    is_vulnerable = fields.Boolean(
        string="Needs Special Care", groups="base.group_user", tracking=True,
        help="Age, illness, language or another reason to take more time and another way.",
    )  # fmt: skip
    vulnerability_note = fields.Char(
        string="What to Mind", groups="crm_complaints.group_user", help="Only what the handling needs to know."
    )

    # === CONSTRAINTS === #

    @api.constrains("accused_user_ids", "user_id")
    def _check_accused(self):
        for complaint in self.sudo():  # sudo: also who may not see the list gets the message
            if complaint.user_id & complaint.accused_user_ids:
                raise ValidationError(
                    self.env._("%(user)s is complained about and cannot be responsible.", user=complaint.user_id.name)
                )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get("accused_user_ids") and self._names_me(vals):
                raise UserError(self.env._("Let somebody else log a complaint about you."))
        complaints = super().create(vals_list)
        complaints._share_accused()
        complaints._shut_out()
        return complaints

    def write(self, vals):
        if vals.get("accused_user_ids") and self._names_me(vals):
            raise UserError(self.env._("Let somebody else add you here: you would not see the complaint any more."))
        result = super().write(vals)
        if "accused_user_ids" in vals or "parent_id" in vals:
            self._share_accused()
            self._shut_out()
        return result

    def _share_accused(self):
        """Parts of one complaint name each other, so who is complained about in one sees none of them."""
        for complaint in self.sudo():  # sudo: other parts may be other people's
            for other in complaint.parent_id | complaint.child_ids:
                if complaint.accused_user_ids - other.accused_user_ids:
                    other.accused_user_ids |= complaint.accused_user_ids
                if other.accused_user_ids - complaint.accused_user_ids:
                    complaint.accused_user_ids |= other.accused_user_ids

    def _names_me(self, vals):
        if self.env.su:
            return False
        ids = self.new({"accused_user_ids": vals["accused_user_ids"]}).accused_user_ids._origin.ids
        return self.env.uid in ids

    def _shut_out(self):
        """Take away what reaches the accused though they cannot read the complaint."""
        # sudo: what other people follow and have to do is not the user's to write
        for complaint in self.sudo().filtered("accused_user_ids"):
            complaint._take_from(complaint.accused_user_ids)

    def _take_from(self, users):
        partners = users.partner_id
        self.message_unsubscribe(partners.ids)
        # not message_ids: notices of an assignment are not among them
        messages = self.env["mail.message"].search([("model", "=", self._name), ("res_id", "in", self.ids)])
        messages.notification_ids.filtered(lambda note: note.res_partner_id in partners).unlink()
        messages.filtered(lambda message: message.partner_ids & partners).write(
            {"partner_ids": [Command.unlink(partner.id) for partner in partners]}
        )
        for activity in self.activity_ids.filtered(lambda activity: activity.user_id in users):
            activity.user_id = self._activity_user()

    # === MAIL === #

    def message_subscribe(self, partner_ids=None, subtype_ids=None):
        """The accused cannot follow, whoever adds them."""
        accused = self.sudo().accused_user_ids.partner_id  # sudo: counts whoever asks
        allowed = [partner_id for partner_id in partner_ids or () if partner_id not in accused.ids]
        return super().message_subscribe(allowed, subtype_ids) if allowed or not partner_ids else True

    def _notify_get_recipients(self, message, msg_vals=False, **kwargs):
        recipients = super()._notify_get_recipients(message, msg_vals, **kwargs)
        accused = set(self.sudo().accused_user_ids.partner_id.ids)  # sudo: counts whoever writes
        return [recipient for recipient in recipients if recipient["id"] not in accused]
