from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from .. import const_call
from ..tools import call_distribution as distribution


class CrmCallQueue(models.Model):
    """Calls of one kind that wait for one of its members."""

    _name = "crm.call.queue"
    _description = "Call Queue"
    _order = "sequence, name, id"
    _check_company_auto = True

    name = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    team_id = fields.Many2one(
        "crm.team", string="Sales Team", check_company=True, index="btree_not_null", ondelete="set null"
    )
    lead_ids = fields.Many2many(
        "res.users",
        "crm_call_queue_lead_rel",
        string="Team Leads",
        domain="[('share', '=', False)]",
        help="They see all calls of the queue and its wallboard.",
    )
    member_ids = fields.Many2many(
        "crm.call.operator", "crm_call_queue_operator_rel", "queue_id", "operator_id", string="Operators",
        check_company=True,
    )  # fmt: skip
    line = fields.Char(string="Dialled Number", copy=False, help="Incoming calls to this number come into this queue.")
    calendar_id = fields.Many2one(
        "resource.calendar",
        string="Opening Hours",
        check_company=True,
        ondelete="restrict",
        help="Empty: always open. Calls outside are told apart in the reports.",
    )
    distribution = fields.Selection(const_call.DISTRIBUTIONS, required=True, default="auto")

    # what is promised
    target_seconds = fields.Integer(string="Answer Within (s)", required=True, default=20)
    target_percent = fields.Float(string="Of the Calls (%)", required=True, default=80.0)
    short_seconds = fields.Integer(
        string="Short Call (s)",
        required=True,
        default=5,
        help="Who hangs up before has probably dialled wrongly: counted apart.",
    )

    # who may have it
    skill_ids = fields.One2many("crm.call.queue.skill", "queue_id", string="Skills Needed", copy=True)
    lang_ids = fields.Many2many(
        "res.lang", string="Languages", help="A caller of one of these gets an operator who speaks it. Empty: any."
    )
    head_start = fields.Integer(
        string="Head Start (s)",
        required=True,
        default=0,
        help="Calls of this queue count as having waited so much longer: they go before others, not for ever.",
    )
    relax_after = fields.Integer(
        string="Ask for Less After (s)",
        required=True,
        default=60,
        help="Each time a caller has waited so long, one skill level less is asked for. 0: never.",
    )
    relax_language_after = fields.Integer(
        string="Any Language After (s)",
        required=True,
        default=0,
        help="0: a caller always waits for somebody of the language.",
    )
    fallback_queue_id = fields.Many2one(
        "crm.call.queue", check_company=True, index="btree_not_null", ondelete="restrict",
        help="Its operators help out after a while.",
    )  # fmt: skip
    fallback_after = fields.Integer(string="Help Out After (s)", required=True, default=120)
    ring_seconds = fields.Integer(
        string="Ring For (s)", required=True, default=20, help="Then the call goes on to another operator."
    )

    # callbacks
    callback_lost = fields.Boolean(string="Call Back Lost Calls", default=True)
    max_attempts = fields.Integer(string="Attempts", required=True, default=3)
    retry_minutes = fields.Integer(string="Try Again After (min)", required=True, default=60)

    _check_spans = models.Constraint(
        "CHECK (LEAST(target_seconds, short_seconds, head_start, relax_after, relax_language_after, fallback_after) "
        ">= 0 AND ring_seconds > 0 AND max_attempts > 0 AND retry_minutes >= 0)",
        "Times of a queue cannot be negative; it rings for a second at least and tries once at least.",
    )
    _check_target = models.Constraint(
        "CHECK (target_percent > 0 AND target_percent <= 100)", "“Of the Calls” is between 0 and 100 %."
    )
    _line_uniq = models.Constraint("UNIQUE(company_id, line)", "This dialled number belongs to another queue already.")

    @api.constrains("fallback_queue_id")
    def _check_fallback(self):
        for queue in self:
            if queue.fallback_queue_id == queue:
                raise ValidationError(self.env._("“%(queue)s” cannot be its own fallback queue.", queue=queue.name))

    def write(self, vals):
        """A changed head start moves the calls that wait already."""
        result = super().write(vals)
        if "head_start" in vals:
            self._place_again()
        return result

    def _place_again(self):
        self.env["crm.call"].flush_model()
        self.env.execute_query(
            SQL(
                """
                UPDATE crm_call c
                   SET date_place = c.date_queued - make_interval(secs => q.head_start),
                       place_step = floor(extract(epoch FROM c.date_queued - make_interval(secs => q.head_start)) / %s)
                  FROM crm_call_queue q
                 WHERE q.id = c.queue_id AND q.id = ANY(%s) AND c.state = 'queued' RETURNING 1
                """,
                distribution.TIE_SECONDS,
                self.ids,
            )
        )
        self.env["crm.call"].invalidate_model(["date_place", "place_step"])

    def _place(self, queued):
        """Place of a call that waits since ``queued`` (naive UTC), and the step of it.

        :rtype: dict
        """
        place = queued - timedelta(seconds=self.head_start)
        return {"date_place": place, "place_step": distribution.place_step(place)}

    def _demands(self):
        """What the rules of distribution know of these queues.

        :return: ``{queue id: call_distribution.Queue}``
        """
        return {
            queue.id: distribution.Queue(
                id=queue.id,
                skills={line.skill_id.id: int(line.level) for line in queue.skill_ids},
                relax_after=queue.relax_after,
                relax_language_after=queue.relax_language_after,
                fallback=queue.fallback_queue_id.id or None,
                fallback_after=queue.fallback_after,
            )
            for queue in self
        }

    def _is_open(self, at):
        """Whether the queue is open at a moment (naive UTC)."""
        self.ensure_one()
        if not self.calendar_id:
            return True
        start = fields.Datetime.context_timestamp(self.with_context(tz="UTC"), at)
        return bool(
            self.calendar_id._work_intervals_batch(start, start + timedelta(seconds=1), compute_leaves=True)[False]
        )

    def action_calls(self):
        """The calls of this queue."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_relations.crm_call_action")
        return action | {"domain": [("queue_id", "=", self.id)], "context": {"default_queue_id": self.id}}
