from odoo import api, fields, models


class CrmAuditCheck(models.Model):
    """A verification of the audit log: how far the chain was whole, and its head.

    The head of an earlier check has to stand in the chain for ever: a chain that was cut or made anew is found by it.
    Its hash can be printed or sent away, to be compared by somebody who does not trust the database.
    """

    _name = "crm.audit.check"
    _description = "Verification of the Audit Log"
    _order = "id desc"
    _rec_name = "date"

    date = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    user_id = fields.Many2one(
        "res.users", string="By", readonly=True, index=True, default=lambda self: self.env.user, ondelete="restrict"
    )
    entries = fields.Integer(readonly=True, aggregator=None)
    erased = fields.Integer(string="Without Content", readonly=True, aggregator=None, help="Emptied by erasures.")
    unsealed = fields.Integer(string="Not Sealed Yet", readonly=True, aggregator=None)
    head = fields.Char(string="Last Hash", readonly=True)
    broken = fields.Integer(string="Broken At", readonly=True, aggregator=None, help="0: the chain is whole.")
    result = fields.Char(compute="_compute_result")

    @api.depends("broken", "entries")
    def _compute_result(self):
        for check in self:
            check.result = (
                self.env._("Broken at place %(place)s", place=check.broken)
                if check.broken
                else self.env._("Whole: %(entries)s entries", entries=check.entries)
            )

    @api.model
    def _check(self):
        """Seal what is new, verify, and note the result.

        :return: the check
        """
        # sudo: auditors change nothing else; the result is noted by the system
        entry = self.env["crm.audit.entry"].sudo()
        while entry._seal():
            pass
        found = entry._verify()
        broken = found["broken"]
        last = self.sudo().search([("broken", "=", 0), ("head", "!=", False)], limit=1)
        if last and not broken and not entry.search_count([("seq", "=", last.entries), ("hash", "=", last.head)]):
            broken = last.entries
        return self.sudo().create({**found, "broken": broken}).with_env(self.env)

    def action_verify(self):
        """Check the chain, note the result and say it; the list shows it."""
        self.check_access("read")
        return self._check()._notification()

    def _notification(self):
        self.ensure_one()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "danger" if self.broken else "success",
                "sticky": bool(self.broken),
                "title": self.env._("Audit Log"),
                "message": self.result,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
