import logging
from datetime import time

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import SQL

from .crm_request_executor import RETRY_LATER, error_text

_logger = logging.getLogger(__name__)

WAIT_HOURS = 1
"""How long a step that waits for something (a delivery, say) rests before it looks again."""


class CrmRequestStep(models.Model):
    """How each kind of step is done: by Odoo's own methods, for a whole batch at once.

    A handler ``_handle_<kind>`` gets steps of one company and returns
    ``(made, waiting)``: the resulting record by step id, and by step id the
    reason of those that cannot go yet. What exists already (confirmed by hand,
    invoiced by the accountant) is taken for the result: nothing is made twice.
    """

    _inherit = "crm.request.step"

    def _carry_out(self, kind):
        """Do a batch of one kind and note the outcome; an error leaves it to the caller."""
        company = self.company_id
        steps = self.with_company(company).with_context(
            allowed_company_ids=company.ids, crm_request_running=True, mail_notify_author=False
        )
        made, waiting = getattr(steps, f"_handle_{kind}")()
        later = fields.Datetime.add(fields.Datetime.now(), hours=WAIT_HOURS)
        for step in self.filtered(lambda step: step.id in waiting):
            step.write({"date_next": later, "error": waiting[step.id], "attempts": step.attempts + 1})
        done = self.filtered(lambda step: step.id in made and not step._is_work())
        done._mark_done(made)
        for step in self.filtered(lambda step: step.id in made and step._is_work()):
            document = made[step.id]
            step.write(
                {
                    "state": "started",
                    "res_model": document._name,
                    "res_id": document.id,
                    "user_id": self.env.uid,
                    "error": False,
                    "date_next": False,
                    "attempts": step.attempts + 1,
                }
            )

    def _is_work(self):
        """Whether the step is done only when people have done it."""
        return self.kind in ("task", "manual")

    def _carry_out_alone(self):
        """Do one step in a savepoint of its own; mark it failed when it cannot be done."""
        self.ensure_one()
        self.env.cr.flush()
        try:
            with self.env.cr.savepoint(flush=False):
                self._carry_out(self.kind)
                self.env.flush_all()
        except RETRY_LATER:
            raise
        except Exception as error:  # whatever a document refuses is told on the step
            self.env.cr.clear()
            if not isinstance(error, UserError):
                _logger.exception("Step %s of request %s failed", self.key, self.request_id.code)
            self.write({"state": "failed", "attempts": self.attempts + 1, "error": error_text(self.env, error)})

    # === HANDLERS === #

    def _handle_quotation(self):
        orders = self.env["sale.order"].create([step.request_id._prepare_order() for step in self])
        made = dict(zip(self.ids, orders, strict=True))
        self._link_lines(made)
        return made, {}

    @api.model
    def _link_lines(self, made):
        """Each line of the requests knows its order line; in one statement for all of them.

        :param dict made: order by step id
        """
        pairs = [
            pair
            for step in self.browse(made)
            for pair in zip(step.request_id.line_ids.ids, made[step.id].order_line.ids, strict=True)
        ]
        self.env.cr.execute(
            SQL(
                "UPDATE crm_request_line SET sale_line_id = pair.order_line"
                " FROM (VALUES %s) AS pair (line, order_line) WHERE id = pair.line",
                SQL(", ").join(SQL("(%s, %s)", *pair) for pair in pairs),
            )
        )
        self.request_id.line_ids.invalidate_recordset(["sale_line_id"])

    def _request_orders(self):
        """The order of each request, by request id.

        :raises UserError: for a request without one
        """
        orders = self._predecessor_documents("sale.order")
        for step in self:
            order = orders.get(step.request_id.id)
            if not order or order.state == "cancel":
                raise UserError(
                    self.env._(
                        "%(request)s has no order to go on with: make its quotation again.",
                        request=step.request_id.display_name,
                    )
                )
        return orders

    def _handle_confirm(self):
        orders = self._request_orders()
        made = {step.id: orders[step.request_id.id].with_env(self.env) for step in self}
        drafts = self.env["sale.order"].union(*made.values()).filtered(lambda order: order.state in ("draft", "sent"))
        for order in drafts.filtered("partner_credit_warning"):
            # Odoo warns a person; here nobody looks, so a person has to decide and confirm the order itself
            raise UserError(order.partner_credit_warning)
        if drafts:
            drafts.action_confirm()
        return made, {}

    def _handle_invoice(self):
        orders = self._request_orders()
        by_step = {step.id: orders[step.request_id.id].with_env(self.env) for step in self}
        due = self.env["sale.order"].union(*by_step.values()).filtered(lambda o: o.invoice_status == "to invoice")
        # as Odoo's own dialog does it by default: what was invoiced in advance is deducted
        invoices = due._create_invoices(grouped=True, final=True) if due else self.env["account.move"]
        by_order = {}
        for invoice in invoices:
            for order in invoice.line_ids.sale_line_ids.order_id:
                by_order[order.id] = invoice
        made, waiting = {}, {}
        for step in self:
            order = by_step[step.id]
            invoice = by_order.get(order.id) or self._living_invoice(order)
            if invoice:
                made[step.id] = invoice
            else:
                waiting[step.id] = self.env._("%(order)s: nothing to invoice yet.", order=order.name)
        return made, waiting

    @api.model
    def _living_invoice(self, order):
        """The latest invoice that somebody made of an order that is fully invoiced."""
        if order.invoice_status != "invoiced":
            return self.env["account.move"]
        return order.invoice_ids.filtered(
            lambda move: move.move_type == "out_invoice" and move.state != "cancel"
        ).sorted("id")[-1:]

    def _handle_post(self):
        invoices = self._predecessor_documents("account.move")
        made = {}
        for step in self:
            invoice = invoices.get(step.request_id.id)
            if not invoice or invoice.state == "cancel":
                raise UserError(
                    self.env._(
                        "%(request)s has no invoice to post: make it again.", request=step.request_id.display_name
                    )
                )
            if not step.request_id.type_id.post_invoices:
                raise UserError(
                    self.env._("Invoices of “%(type)s” are posted by accounting.", type=step.request_id.type_id.name)
                )
            made[step.id] = invoice.with_env(self.env)
        drafts = self.env["account.move"].union(*made.values()).filtered(lambda move: move.state == "draft")
        if drafts:
            drafts.action_post()
        return made, {}

    def _handle_task(self):
        tasks = self.env["project.task"].with_context(active_test=False)
        keys = {step.id: f"crm.request:{step.request_id.id}:{step.key}" for step in self}
        existing = {task.crm_key: task for task in tasks.search([("crm_key", "in", list(keys.values()))])}
        missing = self.filtered(lambda step: keys[step.id] not in existing)
        users = missing._choose_users()
        vals_list = [step._prepare_task(keys[step.id]) for step in missing]
        for step, values in zip(missing, vals_list, strict=True):
            if step.id in users:
                values["user_ids"] = [Command.set(users[step.id][0].ids)]
        for step, task in zip(missing, tasks.create(vals_list), strict=True):
            existing[keys[step.id]] = task
            if step.id in users:
                task.message_post(body=users[step.id][1], subtype_xmlid="mail.mt_note")
        return {step.id: existing[keys[step.id]] for step in self}, {}

    def _handle_manual(self):
        made = {}
        for step in self:
            user = (step.plan_id.user_id or step.request_id.user_id).filtered("active")
            if not user:
                raise UserError(
                    self.env._(
                        "Nobody is responsible for %(request)s: choose somebody who does “%(step)s”.",
                        request=step.request_id.display_name,
                        step=step.name,
                    )
                )
            made[step.id] = step.request_id.activity_schedule(
                "mail.mail_activity_data_todo",
                date_deadline=step._deadline() or fields.Date.context_today(step),
                summary=step.name,
                user_id=user.id,
            )
        return made, {}

    # === VALUES === #

    def _deadline(self):
        """The day by which people should have done the step, or none."""
        if self.plan_id.days:
            return fields.Date.add(fields.Date.context_today(self), days=self.plan_id.days)
        return self.request_id.date_promised

    def _prepare_task(self, key):
        """Values of the task of a step.

        :raises UserError: when the plan no longer says in which project
        """
        self.ensure_one()
        request, plan = self.request_id, self.plan_id
        if not plan.project_id:
            raise UserError(self.env._("The plan names no project for the task “%(step)s”.", step=self.name))
        if plan.project_id.company_id and plan.project_id.company_id != request.company_id:
            raise UserError(
                self.env._(
                    "The project %(project)s belongs to another company than %(request)s.",
                    project=plan.project_id.display_name,
                    request=request.display_name,
                )
            )
        if plan.user_id and not plan.user_id.active:
            raise UserError(
                self.env._(
                    "%(user)s, who does “%(step)s” by the plan, has left: name somebody else there.",
                    user=plan.user_id.name,
                    step=self.name,
                )
            )
        deadline = self._deadline()
        return {
            "name": f"{self.name}: {request.name}",
            "project_id": plan.project_id.id,
            "partner_id": request.partner_id.id,
            "crm_request_id": request.id,
            "lead_id": request.lead_id.id,
            "user_ids": [Command.set(plan.user_id.ids)],
            # the day itself is still in time
            "date_deadline": request.company_id._crm_moment(deadline, time(23, 59, 59)) if deadline else False,
            "allocated_hours": plan.hours,
            "description": request._task_description(),
            "crm_key": key,
        }
