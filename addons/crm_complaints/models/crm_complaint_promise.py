from datetime import timedelta

from odoo import api, fields, models
from odoo.addons.crm_relations.tools.own_defaults import own_defaults
from odoo.exceptions import UserError

BATCH = 200
PROTECTED = frozenset({"state", "date_kept", "activity_id"})
STATES = [("open", "Open"), ("kept", "Kept"), ("broken", "Broken")]


class CrmComplaintPromise(models.Model):
    """What a customer was told ("we call you tomorrow"): with a date, on somebody's list, kept or broken."""

    _name = "crm.complaint.promise"
    _description = "Promise to a Customer"
    _inherit = ["crm.complaint.visible.mixin"]
    _order = "date_due, id"

    name = fields.Char(string="Promise", required=True)
    complaint_id = fields.Many2one("crm.complaint", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="complaint_id.company_id", store=True, index=True)
    team_id = fields.Many2one(related="complaint_id.team_id", store=True, index=True)
    user_id = fields.Many2one(
        "res.users", string="By Whom", required=True, default=lambda self: self.env.user, index=True,
        domain="[('share', '=', False)]",
    )  # fmt: skip
    date_due = fields.Datetime(
        string="Until", required=True, default=lambda self: fields.Datetime.now() + timedelta(days=1)
    )
    date_kept = fields.Datetime(string="Done on", readonly=True, copy=False)
    state = fields.Selection(STATES, required=True, default="open", readonly=True, copy=False)
    activity_id = fields.Many2one(
        "mail.activity", readonly=True, copy=False, ondelete="set null", index="btree_not_null"
    )

    # the sweep reads open promises in their order
    _due_idx = models.Index("(date_due, id) WHERE state = 'open'")

    # === CRUD METHODS === #

    @api.model
    def default_get(self, fields):
        """A promise begins open, whatever a context or an own default says."""
        return own_defaults(self, super().default_get(fields), PROTECTED)

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._refuse_protected(vals)
        promises = super().create(vals_list)
        for promise in promises.filtered(lambda promise: promise.state == "open"):
            promise.complaint_id.check_access("write")
            # sudo: the colleague who has to keep it may not be the one who gave it
            promise.sudo().activity_id = promise.complaint_id.sudo().activity_schedule(
                "mail.mail_activity_data_call", **promise._activity_values()
            )
        return promises

    def write(self, vals):
        self._refuse_protected(vals)
        if {"date_due", "complaint_id"} & set(vals) and any(promise.state != "open" for promise in self):
            raise UserError(self.env._("A promise that was kept or broken is not changed afterwards."))
        if not self.env.su and vals.get("date_due"):
            moved = fields.Datetime.to_datetime(vals["date_due"])
            if any(moved > promise.date_due for promise in self):
                raise UserError(self.env._("A promise is not put off: keep it, or give a new one."))
        result = super().write(vals)
        if {"user_id", "date_due", "name"} & set(vals):
            # sudo: the list of a colleague; who takes over has it, who had it is rid of it
            for promise in self.sudo().filtered(lambda promise: promise.state == "open" and promise.date_due):
                promise.activity_id.write(promise._activity_values())
        return result

    def unlink(self):
        activities = self.sudo().activity_id  # sudo: the list of a colleague
        result = super().unlink()
        activities.unlink()
        return result

    def _activity_values(self):
        self.ensure_one()
        return {
            "date_deadline": fields.Datetime.context_timestamp(self, self.date_due).date(),
            "summary": self.name,
            "user_id": self.user_id.id,
        }

    def _refuse_protected(self, vals):
        if not self.env.su and PROTECTED & set(vals):
            raise UserError(self.env._("Press 'Done' when the promise was kept."))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_decided(self):
        if any(promise.state != "open" for promise in self):
            raise UserError(self.env._("A promise that was kept or broken stays on file."))

    # === ACTIONS === #

    def action_kept(self):
        """Done: in time it is kept, later it stays broken, with the date on which it was done at last."""
        self.check_access("write")
        self._note_kept()
        return True

    def _note_kept(self):
        now = fields.Datetime.now()
        for promise in self.filtered(lambda promise: not promise.date_kept):
            in_time = promise.state == "open" and now <= promise.date_due
            # sudo: written by this step only
            promise.sudo().write({"state": "kept" if in_time else "broken", "date_kept": now})
            promise.sudo().activity_id.filtered("active").action_feedback(self.env._("Done"))

    # === CRON === #

    @api.model
    def _cron_broken(self):
        """Promises whose time has passed are broken; who looks after the complaint learns of it."""
        domain = [("state", "=", "open"), ("date_due", "<", fields.Datetime.now())]
        while promises := self.search(domain, limit=BATCH):
            locked = promises.try_lock_for_update().filtered_domain(domain)
            locked.write({"state": "broken"})
            for promise in locked:
                promise.complaint_id._to_do(
                    lambda env, name=promise.name: env._("Promise broken: %(promise)s", promise=name), automated=True
                )
            left = self.search_count(domain, limit=BATCH)
            if not self.env["ir.cron"]._commit_progress(len(locked), remaining=left) or not locked:
                return
