from odoo import api, fields, models
from odoo.tools import SQL

USERS = 1 << 20
"""Room for the users of one task in the identifiers."""


class CrmWorkReport(models.Model):
    """Who does what for customers: one row for each task and employee, with load, time spent and outcome.

    A read model over the tasks that were asked for by a request, an opportunity or an order, for everybody who has them
    and everybody who booked time on them. Planned hours of a task are shared out among those who have it.
    """

    _name = "crm.work.report"
    _description = "Work for Customers"
    _auto = False
    _rec_name = "task_id"
    _order = "date desc, id desc"

    task_id = fields.Many2one("project.task", readonly=True)
    project_id = fields.Many2one("project.project", readonly=True)
    user_id = fields.Many2one("res.users", string="Person", readonly=True)
    employee_id = fields.Many2one("hr.employee.public", readonly=True)
    department_id = fields.Many2one("hr.department", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    request_id = fields.Many2one(
        "crm.request", string="Customer Request", readonly=True,
        groups="crm_erp_bridge.group_user,crm_erp_bridge.group_auditor",
    )  # fmt: skip
    date = fields.Datetime(string="Given on", readonly=True)
    date_deadline = fields.Datetime(string="Deadline", readonly=True)
    date_done = fields.Datetime(string="Done on", readonly=True)
    outcome = fields.Selection(
        [("open", "Open"), ("late", "Open and Late"), ("in_time", "Done in Time"), ("done_late", "Done Late"),
         ("cancelled", "Cancelled")],
        readonly=True,
    )  # fmt: skip
    hours_planned = fields.Float(string="Planned Hours", readonly=True)
    hours_spent = fields.Float(readonly=True)
    hours_left = fields.Float(readonly=True, help="Planned and not spent, of open tasks.")
    tasks = fields.Float(readonly=True, help="A task that two people have counts half for each.")
    days_taken = fields.Float(readonly=True, aggregator="avg")

    _depends = {
        "account.analytic.line": ["task_id", "unit_amount", "user_id"],
        "hr.employee": ["active", "company_id", "current_version_id", "user_id"],
        "hr.version": ["department_id"],
        "project.task": [
            "allocated_hours", "company_id", "crm_request_id", "date_deadline", "date_end", "lead_id", "partner_id",
            "project_id", "sale_line_id", "state", "user_ids",
        ],
        "res.partner": ["commercial_partner_id"],
    }  # fmt: skip

    @property
    def _table_query(self):
        return SQL(
            """
            WITH work AS (
                SELECT task.id AS task_id, assigned.user_id, TRUE AS has_it
                  FROM project_task task
                  JOIN project_task_user_rel assigned ON assigned.task_id = task.id
                 WHERE %(asked_for)s
                 UNION
                SELECT task.id, spent.user_id, FALSE
                  FROM project_task task
                  JOIN account_analytic_line spent ON spent.task_id = task.id AND spent.user_id IS NOT NULL
                 WHERE %(asked_for)s
            ), shared AS (
                SELECT task_id, user_id, BOOL_OR(has_it) AS has_it,
                       SUM(BOOL_OR(has_it)::int) OVER (PARTITION BY task_id) AS people
                  FROM work
                 GROUP BY task_id, user_id
            )
            SELECT task.id::bigint * %(users)s + shared.user_id AS id,
                   task.id AS task_id, task.project_id, shared.user_id, employee.id AS employee_id,
                   employee.department_id, COALESCE(task.company_id, employee.company_id) AS company_id,
                   customer.commercial_partner_id AS partner_id, task.crm_request_id AS request_id,
                   task.create_date AS date, task.date_deadline,
                   CASE WHEN task.state = '1_done' THEN %(ended)s END AS date_done,
                   CASE WHEN task.state = '1_canceled' THEN 'cancelled'
                        WHEN task.state = '1_done' AND %(ended)s > task.date_deadline THEN 'done_late'
                        WHEN task.state = '1_done' THEN 'in_time'
                        WHEN task.date_deadline < (now() AT TIME ZONE 'UTC') THEN 'late'
                        ELSE 'open' END AS outcome,
                   part.share * task.allocated_hours AS hours_planned,
                   spent.hours AS hours_spent,
                   CASE WHEN task.state NOT IN ('1_done', '1_canceled')
                        THEN part.share * GREATEST(task.allocated_hours - task.effective_hours, 0)
                        ELSE 0 END AS hours_left,
                   part.share AS tasks,
                   CASE WHEN task.state = '1_done'
                        THEN EXTRACT(EPOCH FROM %(ended)s - task.create_date) / 86400 END AS days_taken
              FROM shared
              JOIN project_task task ON task.id = shared.task_id
              JOIN LATERAL (
                    SELECT CASE WHEN shared.has_it THEN 1.0 / shared.people ELSE 0 END AS share
              ) part ON TRUE
              JOIN LATERAL (
                    SELECT COALESCE(SUM(line.unit_amount), 0) AS hours
                      FROM account_analytic_line line
                     WHERE line.task_id = task.id AND line.user_id = shared.user_id
              ) spent ON TRUE
              LEFT JOIN LATERAL (
                    SELECT own.id, version.department_id, own.company_id
                      FROM hr_employee own
                      LEFT JOIN hr_version version ON version.id = own.current_version_id
                     WHERE own.user_id = shared.user_id AND own.active
                       AND (task.company_id IS NULL OR own.company_id = task.company_id)
                     ORDER BY own.id
                     LIMIT 1
              ) employee ON TRUE
              LEFT JOIN res_partner customer ON customer.id = task.partner_id
            """,
            asked_for=self._asked_for(),
            users=USERS,
            ended=SQL("COALESCE(task.date_end, task.date_last_stage_update, task.write_date)"),
        )

    @api.model
    def _asked_for(self):
        """Tasks that are work for a customer."""
        return SQL(
            "task.active AND (task.crm_request_id IS NOT NULL OR task.lead_id IS NOT NULL"
            " OR task.sale_line_id IS NOT NULL)"
        )
