from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .. import const_call

CHOSEN = ("available", "break", "offline")
"""States that operators choose; the others follow from their calls."""


class CrmCallOperator(models.Model):
    """A user who takes calls: what the operator can do, and is doing now."""

    _name = "crm.call.operator"
    _description = "Operator"
    _order = "user_id, id"
    _check_company_auto = True

    # not stored: every customer that is created or renamed would look for operators of that name
    name = fields.Char(related="user_id.name")
    user_id = fields.Many2one(
        "res.users", required=True, index=True, ondelete="restrict", domain="[('share', '=', False)]"
    )
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    extension = fields.Char(help="By which the telephone system names the operator.")
    capacity = fields.Integer(required=True, default=1, help="How many calls at once.")
    queue_ids = fields.Many2many(
        "crm.call.queue", "crm_call_queue_operator_rel", "operator_id", "queue_id", string="Queues", check_company=True
    )
    skill_ids = fields.One2many("crm.call.operator.skill", "operator_id", string="Skills")
    lang_ids = fields.Many2many("res.lang", string="Languages")
    state = fields.Selection(const_call.OPERATOR_STATES, required=True, readonly=True, default="offline")
    reason_id = fields.Many2one(
        "crm.call.reason", string="Reason of the Break", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    date_state = fields.Datetime(
        string="Since", required=True, readonly=True, default=fields.Datetime.now, help="Of the state."
    )
    state_ids = fields.One2many("crm.call.operator.state", "operator_id", string="Log")

    _user_uniq = models.Constraint("UNIQUE(user_id, company_id)", "This user is an operator already.")
    _extension_uniq = models.Constraint(
        "UNIQUE(company_id, extension)", "This extension belongs to another operator already."
    )
    _check_capacity = models.Constraint("CHECK (capacity BETWEEN 1 AND 20)", "An operator takes 1 to 20 calls at once.")

    @api.model
    def _mine(self):
        """The operator that the current user is in the current company; empty when none.

        :raises AccessError: for users who are not of the contact centre
        """
        self._check_works_here()
        return self.search([("user_id", "=", self.env.uid), ("company_id", "=", self.env.company.id)], limit=1)

    @api.model
    def _check_works_here(self):
        """:raises AccessError: for users who take no calls, also those who may read operators, as auditors do"""
        self.check_access("read")
        if not (self.env.su or self.env.user.has_group("crm_relations.group_call_agent")):
            raise AccessError(self.env._("Only operators of the contact centre take calls."))

    def _check_mine(self):
        """:raises AccessError: when it is somebody else, and not a team lead of one of the operator's queues"""
        self.ensure_one()
        self._check_works_here()
        if self.user_id == self.env.user or self.env.su:
            return
        leads = self.sudo().queue_ids.lead_ids  # sudo: who leads the queues of an operator one may read
        if self.env.user not in leads and not self.env.user.has_group("crm_relations.group_manager"):
            raise AccessError(self.env._("Only operators themselves and their team leads change what they are doing."))

    def write(self, vals):
        """Who does not work here any more leaves no call behind: nobody else could go on with it."""
        result = super().write(vals)
        if "active" in vals and not vals["active"]:
            self._leave()
        return result

    # === STATES === #

    def _leave(self):
        """What rings goes back to the queue, what is said to go on is over, and the operator is offline."""
        # sudo: who archives operators has no right to write their calls
        operators = self.sudo()
        calls = self.env["crm.call"].sudo().search(
            [("operator_id", "in", operators.ids), ("state", "in", const_call.WITH_OPERATOR)]
        )
        for call in calls:
            call._record("returned" if call.state == "ringing" else "ended", call.operator_id)
        operators._set_state("offline")
        if calls:
            self.env["crm.call"]._offer_calls()

    def action_set_state(self, state, reason_id=False):
        """What an operator chooses to do from now on.

        :param state: "available", "break" or "offline"
        :param reason_id: of a break
        :raises UserError: in a conversation, which has to be ended first
        """
        self._check_mine()
        if state not in CHOSEN:
            raise UserError(self.env._("An operator is available, has a break or is offline."))
        operator = self.sudo()  # sudo: checked above; operators have no right to write their settings
        operator._lock()
        if operator.state == "on_call":
            raise UserError(self.env._("There is a conversation going on: end the call first."))
        reason = self.env["crm.call.reason"].browse(reason_id or ()).exists()
        if reason != reason._for_breaks():
            raise UserError(self.env._("“%(reason)s” is not a reason for a break.", reason=reason.name))
        operator._set_state(state, reason if state == "break" else reason.browse())
        if state == "available":
            self.env["crm.call"]._offer_calls()
        else:
            ringing = self.env["crm.call"].sudo().search([("operator_id", "=", self.id), ("state", "=", "ringing")])
            ringing._record("returned", self)
            if ringing:
                self.env["crm.call"]._offer_calls()

    def _set_state(self, state, reason=None):
        """The only writer of states; each change is an entry in the log."""
        now = fields.Datetime.now()
        reason_id = reason.id if reason else False
        changed = self.filtered(lambda one: (one.state, one.reason_id.id) != (state, reason_id))
        changed.write({"state": state, "reason_id": reason_id, "date_state": now})
        self.env["crm.call.operator.state"].create(
            [{"operator_id": one.id, "state": state, "reason_id": reason_id, "date": now} for one in changed]
        )

    def _lock(self):
        """Two windows of one operator take their turns.

        :raises psycopg2.errors.SerializationFailure: when the other one changed it meanwhile; Odoo repeats the call
        """
        self.flush_recordset()
        self.env.cr.execute(
            "SELECT id FROM crm_call_operator WHERE id = ANY(%s) ORDER BY id FOR UPDATE", [sorted(self.ids)]
        )
        self.invalidate_recordset(["state", "date_state"])

    def _load(self):
        """How many calls these operators have now.

        :return: ``{operator id: number}``
        """
        groups = self.env["crm.call"].sudo()._read_group(  # sudo: a count, whoever may see the calls
            [("operator_id", "in", self.ids), ("state", "in", const_call.WITH_OPERATOR)], ["operator_id"], ["__count"]
        )
        return {operator.id: count for operator, count in groups}

    def _follow_calls(self):
        """Bring states in line with the calls: in a conversation or not any more."""
        busy = self.env["crm.call"].search([("operator_id", "in", self.ids), ("state", "=", "answered")]).operator_id
        talking = self & busy
        talking.filtered(lambda one: one.state != "on_call")._set_state("on_call")
        (self - talking).filtered(lambda one: one.state == "on_call")._set_state("wrap_up")
