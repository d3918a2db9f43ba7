import logging

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL, plaintext2html

from .. import const
from ..tools import alert as rules

_logger = logging.getLogger(__name__)

BATCH = 100
"""Activities delivered per transaction: as many rows as Odoo inserts at once."""


class CrmAlertRule(models.Model):
    """What somebody should be told about a customer, as data.

    A rule is a condition, ready-made (:meth:`_conditions`, extended by other
    addons) or a domain, for all customers or some; who gets an activity; and
    how often. It concerns only customers that its owner may read.
    """

    _name = "crm.alert.rule"
    _description = "Alert Rule"
    _inherit = ["crm.saved.domain"]
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True, help="Shown at the customer and as the title of the activity.")
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    severity = fields.Selection(selection=const.SEVERITIES, required=True, default="warning")
    condition = fields.Selection(selection="_selection_condition", required=True, default="domain")
    needs_days = fields.Boolean(compute="_compute_needs_days")
    days = fields.Integer(default=30)
    domain = fields.Char(string="Customers", help="Which customers the rule is about. Empty: all.")
    group_id = fields.Many2one(
        "crm.customer.group", string="Customer Group", index="btree_not_null", ondelete="restrict"
    )
    assign_to = fields.Selection(selection=const.ASSIGNEES, string="Activity for", required=True, default="responsible")
    user_id = fields.Many2one(
        "res.users",
        domain="[('share', '=', False)]",
        help="Who gets the activity, also when a customer has no salesperson. Empty: the owner of the rule.",
    )
    activity_type_id = fields.Many2one(
        "mail.activity.type",
        domain="[('res_model', 'in', (False, 'res.partner'))]",
        default=lambda self: self.env.ref("mail.mail_activity_data_todo", raise_if_not_found=False),
        ondelete="restrict",
    )
    deadline_days = fields.Integer(string="To Do Within", help="Days until the activity is due.")
    note = fields.Text(string="What to Do", translate=True)
    repeat_days = fields.Integer(
        string="Remind Again After",
        help="Days after which a case that still holds is reported again. 0: once per case.",
    )
    alert_ids = fields.One2many("crm.alert", "rule_id", string="Alerts")
    alert_count = fields.Integer(string="Open Alerts", compute="_compute_alert_count")
    date_evaluated = fields.Datetime(string="Evaluated On", readonly=True, copy=False)
    evaluation_error = fields.Char(readonly=True, copy=False)

    _check_days = models.Constraint(
        f"CHECK (days BETWEEN 0 AND {rules.MAX_DAYS} AND deadline_days BETWEEN 0 AND {rules.MAX_DAYS} "
        f"AND repeat_days BETWEEN 0 AND {rules.MAX_DAYS})",
        "Numbers of days lie between 0 and 3650.",
    )

    # === COMPUTE METHODS === #

    @api.model
    def _selection_condition(self):
        return [(code, condition.label) for code, condition in self._conditions().items()]

    @api.depends("condition")
    def _compute_needs_days(self):
        conditions = self._conditions()
        for rule in self:
            rule.needs_days = rule.condition in conditions and conditions[rule.condition].needs_days

    def _compute_alert_count(self):
        domain = [("rule_id", "in", self.ids), ("state", "=", "open")]
        counts = dict(self.env["crm.alert"]._read_group(domain, ["rule_id"], ["__count"]))
        for rule in self:
            rule.alert_count = counts.get(rule, 0)

    # === CONSTRAINTS === #

    @api.constrains("domain", "company_id", "owner_id", "condition", "group_id")
    def _check_domain(self):
        super()._check_domain()
        for rule in self:
            if rule.condition == "domain" and not rule._parse_domain() and not rule.group_id:
                raise ValidationError(
                    self.env._("Please say which customers the alert is about: without a condition, it would be all.")
                )

    @api.constrains("assign_to", "user_id")
    def _check_user(self):
        for rule in self:
            if rule.assign_to == "user" and not rule.user_id:
                raise ValidationError(self.env._("Please choose the user who gets the activities."))

    @api.model
    def _domain_fields(self):
        return super()._domain_fields() | {"condition", "group_id"}

    # === EVALUATION === #

    def _found_query(self):
        """SELECT of the cases that hold now: partner_id, commercial_partner_id, case_key, detail, company_id, user_id.

        :raises ValidationError: when the condition does not run
        """
        self.ensure_one()
        partners = self._partner_query()
        condition = self._conditions().get(self.condition)
        if not condition:
            raise ValidationError(self.env._("The addon of this condition is no longer installed."))
        who = [self.user_id.id, self.owner_id.id]
        candidates = SQL("ARRAY[%s, %s]::int[]", *who)
        if self.assign_to == "responsible":
            candidates = SQL("ARRAY[c.user_id, p.user_id, whole.user_id, %s, %s]::int[]", *who)
        in_group = SQL("TRUE")
        if self.group_id:
            # what happens with a contact person concerns the group of the company; who simply fulfils a condition
            # is meant in person
            member = SQL("p.id") if self.condition == "domain" else SQL("p.id, p.commercial_partner_id")
            in_group = SQL(
                "EXISTS (SELECT FROM crm_customer_group_member m WHERE m.group_id = %s AND m.partner_id IN (%s))",
                self.group_id.id,
                member,
            )
        return SQL(
            """
            SELECT c.partner_id, p.commercial_partner_id, c.case_key::varchar AS case_key, c.detail::varchar AS detail,
                   c.company_id, who.id AS user_id
              FROM (SELECT found.*, (to_jsonb(found) ->> 'company')::int AS company_id FROM (%(cases)s) AS found) AS c
              JOIN res_partner p ON p.id = c.partner_id AND p.active AND p.partner_share
               AND p.crm_restricted IS NOT TRUE
         LEFT JOIN res_partner whole ON whole.id = p.commercial_partner_id
         LEFT JOIN LATERAL ( -- the first in question who works here, for the companies of customer and case
                SELECT u.id
                  FROM unnest(%(candidates)s) WITH ORDINALITY AS candidate(id, place)
                  JOIN res_users u ON u.id = candidate.id AND u.active AND u.share IS NOT TRUE
                 WHERE NOT EXISTS (
                       SELECT FROM unnest(ARRAY[p.company_id, c.company_id]) AS needed(id)
                        WHERE needed.id IS NOT NULL AND NOT EXISTS (
                              SELECT FROM res_company_users_rel r WHERE r.user_id = u.id AND r.cid = needed.id))
              ORDER BY candidate.place LIMIT 1) AS who ON TRUE
             WHERE p.id IN %(readable)s AND whole.crm_restricted IS NOT TRUE
               AND NOT EXISTS (SELECT FROM res_company own WHERE own.partner_id = p.commercial_partner_id)
               AND %(in_group)s
            """,
            cases=getattr(self, condition.method)(),
            candidates=candidates,
            readable=partners.subselect(),
            in_group=in_group,
        )

    def _evaluate(self):
        """Close the cases that are over, report the next new ones and those to remind of.

        At most a batch of activities is delivered. The row of the rule must be locked by the caller.

        :return: number of cases delivered; a full batch means that there may be more
        """
        self.ensure_one()
        # sudo: activities and alerts are made in the name of the rule, for customers that its owner may read
        rule = self.sudo()
        try:
            found = self._found_query()
        except ValidationError as error:
            rule.write({"evaluation_error": error.args[0], "date_evaluated": fields.Datetime.now()})
            return 0
        self.env.flush_all()
        alerts = self.env["crm.alert"].sudo()
        over = [row[0] for row in self.env.execute_query(self._close_query(found))]
        fresh = [row[0] for row in self.env.execute_query(self._open_query(found))]
        again = [row[0] for row in self.env.execute_query(self._remind_query(BATCH - len(fresh)))]
        self.env.invalidate_all(flush=False)
        alerts.browse(over)._drop_activities()
        alerts.browse(fresh + again)._drop_activities()
        rule._deliver(alerts.browse(fresh + again))
        rule.write({"evaluation_error": False, "date_evaluated": fields.Datetime.now()})
        return len(fresh) + len(again)

    def _evaluate_or_say(self):
        """:meth:`_evaluate` for the job: a rule that fails says so, and the others go on."""
        try:
            with self.env.cr.savepoint():
                return self._evaluate()
        except (psycopg2.OperationalError, psycopg2.InternalError):
            raise  # another transaction was in the way: the job begins again
        except Exception as error:  # whatever a condition of any addon raises
            _logger.exception("Alert rule %s failed", self.id)
            # sudo: date and error of an evaluation are nobody's input
            self.sudo().write(
                {"evaluation_error": f"{type(error).__name__}: {error}"[:500], "date_evaluated": fields.Datetime.now()}
            )
            return 0

    def _close_query(self, found):
        return SQL(
            """
            UPDATE crm_alert a SET state = 'closed', date_closed = %(now)s, write_date = %(now)s
             WHERE a.rule_id = %(rule)s AND a.state IN ('open', 'dismissed')
               AND (a.partner_id, a.case_key) NOT IN (SELECT partner_id, case_key FROM (%(found)s) AS f)
         RETURNING a.id
            """,
            now=fields.Datetime.now(),
            rule=self.id,
            found=found,
        )

    def _open_query(self, found):
        return SQL(
            """
            INSERT INTO crm_alert (rule_id, partner_id, commercial_partner_id, case_key, detail, state, company_id,
                                   user_id, date_opened, date_fired, fire_count,
                                   create_uid, create_date, write_uid, write_date)
            SELECT %(rule)s, f.partner_id, f.commercial_partner_id, f.case_key, left(f.detail, 200), 'open',
                   f.company_id, f.user_id, %(now)s, %(today)s, 1, %(uid)s, %(now)s, %(uid)s, %(now)s
              FROM (%(found)s) AS f
             WHERE NOT EXISTS (SELECT FROM crm_alert a WHERE a.rule_id = %(rule)s AND a.partner_id = f.partner_id
                               AND a.case_key = f.case_key)
          ORDER BY f.partner_id, f.case_key
             LIMIT %(limit)s
       ON CONFLICT (rule_id, partner_id, case_key) DO NOTHING
         RETURNING id
            """,
            rule=self.id,
            uid=self.env.uid,
            now=fields.Datetime.now(),
            today=fields.Date.today(),
            limit=BATCH,
            found=found,
        )

    def _remind_query(self, limit):
        """Cases whose last reminder is long enough ago; days slept over count once (tools/alert.py)."""
        return SQL(
            """
            UPDATE crm_alert a SET date_fired = %(today)s, fire_count = fire_count + 1, write_date = %(now)s
             WHERE a.id IN (SELECT id FROM crm_alert
                             WHERE rule_id = %(rule)s AND state = 'open' AND %(every)s > 0
                               AND %(today)s::date - date_fired >= %(every)s
                          ORDER BY id LIMIT %(limit)s)
         RETURNING a.id
            """,
            rule=self.id,
            now=fields.Datetime.now(),
            today=fields.Date.today(),
            every=self.repeat_days,
            limit=limit,
        )

    def _deliver(self, alerts):
        """An activity at the customer for each alert, all at once."""
        alerts = alerts.filtered("user_id")
        if not alerts:
            return
        alerts.partner_id.mapped("display_name")  # read once: each activity asks for it alone
        deadline = fields.Date.add(fields.Date.today(), days=self.deadline_days)
        activities = (
            self.env["mail.activity"]
            .with_context(mail_activity_quick_update=True)  # on their list, not a mail for each of a hundred
            .create(
                [
                    {
                        "res_model_id": self.env["ir.model"]._get_id("res.partner"),
                        "res_id": alert.partner_id.id,
                        "user_id": alert.user_id.id,
                        "activity_type_id": self.activity_type_id.id,
                        "summary": alert.display_name,
                        "note": plaintext2html(self.note) if self.note else False,
                        "date_deadline": deadline,
                        "automated": True,
                    }
                    for alert in alerts
                ]
            )
        )
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                "UPDATE crm_alert a SET activity_id = given.activity FROM unnest(%s, %s) AS given(alert, activity) "
                "WHERE a.id = given.alert RETURNING 1",
                alerts.ids,
                activities.ids,
            )
        )
        alerts.invalidate_recordset(["activity_id"])

    @api.model
    def _cron_evaluate(self):
        """Evaluate all rules, a batch of activities per transaction.

        A rule that another worker evaluates at this moment is left to it.
        """
        # rules are a handful
        rule_ids = self.search([]).ids  # pylint: disable=no-search-all
        self.env["ir.cron"]._commit_progress(remaining=len(rule_ids))
        for rule_id in rule_ids:
            delivered = BATCH
            while delivered >= BATCH:
                rule = self.browse(rule_id).exists().try_lock_for_update().filtered("active")
                delivered = rule._evaluate_or_say() if rule else 0
                if not self.env["ir.cron"]._commit_progress(int(delivered < BATCH)):
                    return

    # === ACTIONS === #

    def action_evaluate(self):
        """Evaluate now.

        :raises UserError: when another evaluation is running, or the condition does not run
        """
        self.check_access("write")
        for rule in self:
            rule._found_query()
            if not rule.try_lock_for_update():
                raise UserError(self.env._("“%(rule)s” is being evaluated right now.", rule=rule.name))
            while rule._evaluate() >= BATCH:
                pass
        return self.action_alerts()

    def action_alerts(self):
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_relations.crm_alert_action")
        return action | {"domain": [("rule_id", "in", self.ids)], "context": {"search_default_open": 1}}
