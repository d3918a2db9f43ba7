from odoo import api, fields, models

from .. import const_call
from ..tools.timeline import index_expression


class CrmCall(models.Model):
    """One telephone call, from the first ring to what was noted afterwards.

    What happened to it is told by its events (``crm.call.event``): state, moments and operator are made from them and
    from nothing else, see ``_fold``.
    """

    _name = "crm.call"
    _description = "Call"
    _order = "date_started desc, id desc"
    _check_company_auto = True

    name = fields.Char(compute="_compute_name")
    system_id = fields.Many2one("crm.call.system", readonly=True, index="btree_not_null", ondelete="restrict")
    external_id = fields.Char(readonly=True, copy=False, help="The call's name in its telephone system.")
    direction = fields.Selection(const_call.CALL_DIRECTIONS, required=True, default="in", readonly=True)
    number = fields.Char(readonly=True, help="The customer's.")
    number_key = fields.Char(readonly=True, help="The number in international form, to compare.")
    queue_id = fields.Many2one(
        "crm.call.queue", required=True, index=True, readonly=True, ondelete="restrict", check_company=True
    )
    company_id = fields.Many2one("res.company", required=True, index=True, readonly=True)
    partner_id = fields.Many2one(
        "res.partner", string="Customer", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    commercial_partner_id = fields.Many2one(
        related="partner_id.commercial_partner_id", string="Commercial Entity", store=True, ondelete="restrict"
    )
    candidate_ids = fields.Many2many(
        "res.partner", "crm_call_candidate_rel", string="Who It May Be", readonly=True, help="They share the number."
    )
    lang_id = fields.Many2one("res.lang", string="Language", readonly=True)
    value = fields.Float(readonly=True, help="Of the customer: decides between calls that wait equally long.")
    operator_id = fields.Many2one(
        "crm.call.operator", readonly=True, index="btree_not_null", ondelete="restrict", check_company=True
    )
    user_id = fields.Many2one(
        related="operator_id.user_id", string="Operator's User", store=True, index="btree_not_null", ondelete="restrict"
    )
    state = fields.Selection(const_call.CALL_STATES, required=True, default="queued", readonly=True, index=True)

    # moments
    date_started = fields.Datetime(string="Came In", required=True, readonly=True, default=fields.Datetime.now)
    date_queued = fields.Datetime(string="Waits Since", required=True, readonly=True, default=fields.Datetime.now)
    date_place = fields.Datetime(string="Place", required=True, readonly=True)
    place_step = fields.Integer(required=True, readonly=True)
    date_due = fields.Datetime(string="Not Before", readonly=True)
    date_until = fields.Datetime(string="Not After", readonly=True)
    date_ringing = fields.Datetime(string="Rang", readonly=True)
    date_answered = fields.Datetime(string="Answered On", readonly=True)
    date_ended = fields.Datetime(string="Ended On", readonly=True)
    date_wrapped = fields.Datetime(string="Wrapped Up", readonly=True)
    wait_seconds = fields.Integer(
        string="Wait (s)", compute="_compute_seconds", store=True, help="Until answered, or until the caller hung up."
    )
    talk_seconds = fields.Integer(string="Talk (s)", compute="_compute_seconds", store=True)
    wrap_seconds = fields.Integer(string="Wrap-up (s)", compute="_compute_seconds", store=True)
    outside_hours = fields.Boolean(readonly=True, help="Came while the queue was closed.")
    transfers = fields.Integer(readonly=True)
    offers = fields.Integer(readonly=True, help="At how many operators it rang.")

    # what came of it
    outcome_id = fields.Many2one(
        "crm.call.reason", domain="[('kind', '=', 'outcome')]", readonly=True, index="btree_not_null",
        ondelete="restrict",
    )  # fmt: skip
    interaction_id = fields.Many2one(
        "crm.interaction", string="Contact", readonly=True, copy=False, index="btree_not_null", ondelete="set null"
    )
    callback_id = fields.Many2one(
        "crm.callback", string="Attempt of", readonly=True, index="btree_not_null", ondelete="cascade"
    )
    event_ids = fields.One2many(
        "crm.call.event", "call_id", string="Events",
        groups="crm_relations.group_call_lead,crm_relations.group_auditor",
    )  # fmt: skip

    _external_uniq = models.Constraint("UNIQUE(system_id, external_id)", "This call is known already.")
    _check_moments = models.Constraint(
        "CHECK (state IN ('queued', 'ringing', 'answered') OR date_ended IS NOT NULL)",
        "A call that is over has an end.",
    )
    _place_idx = models.Index("(place_step, value DESC, date_place, id) WHERE state = 'queued'")
    _open_idx = models.Index("(operator_id) WHERE state IN ('ringing', 'answered')")
    _attempt_uniq = models.UniqueIndex(
        "(callback_id) WHERE callback_id IS NOT NULL AND state IN ('queued', 'ringing', 'answered')",
        "This callback has an attempt already.",
    )
    _queue_started_idx = models.Index("(queue_id, date_started)")
    _number_idx = models.Index("(number_key, date_started) WHERE number_key IS NOT NULL")
    _commercial_date_idx = models.Index("(commercial_partner_id, date_started DESC, id DESC)")
    _person_date_idx = models.Index("(partner_id, date_started DESC, id DESC)")
    _date_idx = models.Index("(date_started DESC, id DESC)")
    _timeline_id_idx = models.Index(index_expression(const_call.SLOT_CALL))

    # === COMPUTE METHODS === #

    @api.depends("direction", "number", "partner_id")
    def _compute_name(self):
        words = {"in": self.env._("Call from %s"), "out": self.env._("Call to %s")}
        for call in self:
            who = call.partner_id.display_name or call.number or self.env._("unknown number")
            call.name = words[call.direction or "in"] % who

    @api.depends("date_started", "date_answered", "date_ended", "date_wrapped", "state")
    def _compute_seconds(self):
        for call in self:
            waited_until = call.date_answered or call.date_ended
            call.wait_seconds = _seconds(call.date_started, waited_until)
            call.talk_seconds = _seconds(call.date_answered, call.date_ended)
            call.wrap_seconds = _seconds(call.date_ended, call.date_wrapped)

    # === CREATE === #

    @api.model_create_multi
    def create(self, vals_list):
        """A call takes its place in the queue, and who calls is looked up by the number."""
        self.check_access("create")
        queues = self.env["crm.call.queue"]
        for vals in vals_list:
            queue = queues.browse(vals["queue_id"])
            vals.setdefault("company_id", queue.company_id.id)
            vals.setdefault("date_started", fields.Datetime.now())
            vals.setdefault("date_queued", vals["date_started"])
            vals["date_queued"] = fields.Datetime.to_datetime(vals["date_queued"])
            vals.update(queue._place(vals["date_queued"]))
            vals.setdefault("outside_hours", not queue._is_open(vals["date_queued"]))
        calls = super().create(vals_list)
        calls._identify()
        return calls

    def _identify(self):
        """Find the customers of these calls by their numbers; several who share a number are left to be asked."""
        for call in self.filtered(lambda one: not one.partner_id and one.number and not one.interaction_id):
            partners = self.env["res.partner"].with_company(call.company_id)
            found = partners._crm_find_by_phone(call.number, call.company_id.country_id)
            found = found.filtered(lambda one, company=call.company_id: one.company_id.id in (False, company.id))
            if len(found) == 1:
                call.partner_id = found
            call.write(
                {
                    "candidate_ids": [(6, 0, found.ids if len(found) > 1 else [])],
                    "number_key": partners._crm_phone_normal(call.number, call.company_id.country_id) or call.number,
                }
            )
        self._value_customers()

    def _value_customers(self):
        """Language and value of the customers, once they are known."""
        known = self.filtered("partner_id")
        values = known.partner_id._crm_call_values()
        langs = {lang.code: lang.id for lang in self.env["res.lang"].search([])}
        for call in known:
            lang = langs.get(call.partner_id.lang)
            # a queue that names no languages asks for none
            call.lang_id = lang if lang in call.queue_id.lang_ids.ids else False
            call.value = values.get(call.partner_id.id, 0.0)


def _seconds(start, end):
    return max(0, int((end - start).total_seconds())) if start and end else 0
