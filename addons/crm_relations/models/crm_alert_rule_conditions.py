from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.alert import BIRTHDAY_GRACE_DAYS, AlertCondition


class CrmAlertRule(models.Model):
    """The ready-made conditions of this addon, and the port through which others add theirs."""

    _inherit = "crm.alert.rule"

    # === THE PORT === #

    @api.model
    def _conditions(self):
        """What a rule can watch for; other addons add theirs.

        A condition's method runs on one rule and returns the cases as SQL, see :class:`AlertCondition`. It states
        facts only; which customers, who is told and how often is the rule's business.

        :return: ``{code: AlertCondition}``
        """
        conditions = {
            "quiet": AlertCondition(self.env._("Quiet for so many days"), "_cases_quiet"),
            "promise": AlertCondition(self.env._("Promised next step not done"), "_cases_promise"),
            "review": AlertCondition(self.env._("Need to review"), "_cases_review"),
            "birthday": AlertCondition(self.env._("Birthday"), "_cases_birthday"),
            "domain": AlertCondition(self.env._("Customers of the condition below"), "_cases_domain", needs_days=False),
        }
        if not self._has_birth_dates():
            del conditions["birthday"]
        return conditions

    @api.model
    def _contact_kinds(self):
        """Kinds of timeline entries by which a customer is not quiet; other addons add theirs."""
        return ("interaction", "message", "meeting")

    # === CONDITIONS === #

    def _cases_quiet(self):
        """The last contact of a customer is more than so many days ago; who never had one is not quiet.

        The case is named after the day of that contact: the next silence is the next case.
        """
        # sudo: contacts that the owner may not see end a silence as well
        timeline = self.env["crm.timeline"].sudo()
        return SQL(
            """
            SELECT t.commercial_partner_id AS partner_id, 'quiet since ' || max(t.date)::date AS case_key,
                   max(t.date)::date AS detail, NULL::int AS user_id
              FROM %(timeline)s AS t
             WHERE t.kind IN %(kinds)s AND t.state = 'done' AND t.active AND t.commercial_partner_id IS NOT NULL
          GROUP BY t.commercial_partner_id
            HAVING max(t.date) < %(limit)s
            """,
            timeline=timeline._table_sql,
            kinds=tuple(self._contact_kinds()),
            limit=fields.Datetime.now() - timedelta(days=self.days),
        )

    def _cases_promise(self):
        """A next step promised in a contact is so many days overdue; told to whoever has to do it."""
        return SQL(
            """
            SELECT i.commercial_partner_id AS partner_id,
                   'crm.interaction,' || i.id || ' ' || a.date_deadline AS case_key,
                   concat_ws(' ', left(i.next_step, 100), a.date_deadline) AS detail, a.user_id,
                   i.company_id AS company
              FROM crm_interaction i
              JOIN mail_activity a ON a.id = i.next_activity_id AND a.active
             WHERE i.active AND i.state <> 'cancelled' AND i.commercial_partner_id IS NOT NULL
               AND a.date_deadline < %(limit)s
            """,
            limit=fields.Date.today() - timedelta(days=self.days),
        )

    def _cases_review(self):
        """The review of an open need is so many days overdue; told to the need's responsible."""
        return SQL(
            """
            SELECT n.partner_id, 'crm.need,' || n.id || ' ' || n.review_by AS case_key,
                   concat_ws(' ', left(n.name, 100), n.review_by) AS detail, n.user_id,
                   n.company_id AS company
              FROM crm_need n
             WHERE n.active AND n.state = 'open' AND n.review_by < %(limit)s
            """,
            limit=fields.Date.today() - timedelta(days=self.days),
        )

    @api.model
    def _has_birth_dates(self):
        field = self.env["res.partner"]._fields.get("birthdate_date")
        return bool(field and field.store)

    def _cases_birthday(self):
        """A birthday within the next so many days, or up to three days ago (``tools/alert.birthday_near``)."""
        return SQL(
            """
            SELECT b.partner_id, 'birthday ' || b.day AS case_key, b.day AS detail, NULL::int AS user_id
              FROM (
                    SELECT p.id AS partner_id, p.birthdate_date AS birth,
                           (p.birthdate_date + make_interval(
                               years => year - extract(year FROM p.birthdate_date)::int))::date AS day
                      FROM res_partner p
                CROSS JOIN generate_series(%(year)s - 1, %(year)s + 1) AS year
                     WHERE p.birthdate_date IS NOT NULL
                   ) AS b
             WHERE %(used)s AND b.day > b.birth
               AND b.day BETWEEN %(today)s::date - %(grace)s AND %(today)s::date + %(ahead)s
            """,
            # nobody is congratulated on what is not to be used
            used="birthdate_date" not in self.env["crm.privacy.field"]._names(),
            year=fields.Date.today().year,
            today=fields.Date.today(),
            grace=BIRTHDAY_GRACE_DAYS,
            ahead=min(self.days, 300),
        )

    def _cases_domain(self):
        """Who fulfils the condition of the rule; each time somebody comes to fulfil it anew is a case of its own.

        The episode that runs keeps its name; the next one is numbered after all there were.
        """
        return SQL(
            """
            SELECT p.id AS partner_id,
                   COALESCE(
                       (SELECT min(running.case_key) FROM crm_alert running
                         WHERE running.rule_id = %(rule)s AND running.partner_id = p.id
                           AND running.state IN ('open', 'dismissed')),
                       'episode ' || (SELECT count(*) + 1 FROM crm_alert past
                                       WHERE past.rule_id = %(rule)s AND past.partner_id = p.id)
                   ) AS case_key, NULL AS detail, NULL::int AS user_id
              FROM res_partner p
            """,
            rule=self.id,
        )
