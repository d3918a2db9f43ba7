from datetime import time

from odoo import models
from odoo.addons.project.models.project_task import CLOSED_STATES
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import is_html_empty


class CrmRequest(models.Model):
    """How people move a request: start, run, cancel; and what its documents are made of."""

    _inherit = "crm.request"

    # === ACTIONS === #

    def action_start(self):
        """Plan the steps and carry out at once what needs nobody; a second click changes nothing.

        :raises UserError: when the type plans nothing for one of the requests
        """
        self.check_access("write")
        self._touch()
        fresh = self.filtered(lambda request: request.phase == "new")
        fresh._start()
        fresh._run()
        fresh._wake_lanes()
        return True

    def _start(self):
        """Plan new requests and set them on their way."""
        self._plan_steps()
        # sudo: the phase is written by the executor only; the caller has checked who may start
        self.sudo().write({"phase": "in_progress"})

    def action_run(self):
        """Carry out now what is ready, without waiting for the scheduled job."""
        self.check_access("write")
        # sudo: the ledger is written by the executor only
        self.sudo().step_ids.filtered(lambda step: step.state == "planned" and step.date_next).date_next = False
        self._run()
        self._wake_lanes()
        return True

    def action_cancel(self):
        """Drop the request with what has not taken effect: quotations, open tasks, steps to come.

        :raises UserError: when an order is confirmed or an invoice exists: these are cancelled where they are
        """
        self.check_access("write")
        self._touch()
        for request in self.filtered(lambda request: request.phase not in ("done", "cancelled")):
            request._cancel_documents()
            # sudo: the ledger is written by the executor only
            steps = request.sudo().step_ids.filtered(lambda step: step.state in ("planned", "started", "failed"))
            steps.write({"state": "cancelled", "date_next": False})
            request.sudo().activity_ids.unlink()
            request.sudo().write({"phase": "cancelled"})
        return True

    def _cancel_documents(self):
        self.ensure_one()
        # sudo: orders and invoices count whoever sees them, a colleague's too; only what was made for the request is
        # closed
        orders, tasks = self.sudo().order_ids, self.sudo().task_ids
        binding = orders.filtered(
            lambda order: order.state == "sale" or any(move.state != "cancel" for move in order.invoice_ids)
        )
        if binding:
            raise UserError(
                self.env._(
                    "%(orders)s is binding already: cancel it first, then %(request)s.",
                    orders=", ".join(binding.mapped("name")),
                    request=self.display_name,
                )
            )
        orders.filtered(lambda order: order.state != "cancel")._action_cancel()
        open_tasks = tasks.filtered(lambda task: task.state not in CLOSED_STATES)
        open_tasks.with_context(crm_request_running=True).write({"state": "1_canceled"})

    def action_open_order_flow(self):
        """The quotations and orders of the request with how far they have come."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_erp_bridge.crm_order_flow_action")
        return action | {"domain": [("order_id", "in", self.order_ids.ids)], "context": {"create": False}}

    def action_open_tasks(self):
        """The tasks of the request, as far as the reader may see them."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Tasks of %(request)s", request=self.display_name),
            "res_model": "project.task",
            "views": [(False, "list"), (False, "form")],
            "domain": [("crm_request_id", "=", self.id)],
            "context": {"create": False},
        }

    def action_open_lead(self):
        """The opportunity that the request came from."""
        self.ensure_one()
        return self.lead_id.get_formview_action()

    def action_preview(self):
        """The request as the customer sees it."""
        self.ensure_one()
        return {"type": "ir.actions.act_url", "target": "self", "url": self.get_portal_url()}

    # === VALUES OF DOCUMENTS === #

    def _prepare_order(self):
        """Values of the quotation: the lines as they are wanted, prices by Odoo.

        :raises UserError: when no line names a product
        """
        self.ensure_one()
        if not any(line.product_id for line in self.line_ids):
            raise UserError(
                self.env._(
                    "%(request)s names no product: a quotation needs at least one line with a product.",
                    request=self.display_name,
                )
            )
        # noon where the company is: midnight in Greenwich would be the day before in America
        promised = self.date_promised and self.company_id._crm_moment(self.date_promised, time(12))
        return {
            "partner_id": self.partner_id.id,
            "company_id": self.company_id.id,
            "user_id": self.user_id.id,
            "opportunity_id": self.lead_id.id,
            "crm_request_id": self.id,
            "origin": self.code,
            "client_order_ref": self.reference,
            "commitment_date": promised,
            "order_line": [Command.create(line._prepare_order_line()) for line in self.line_ids],
        }

    def _task_description(self):
        """What whoever does the work is told: the words of the request and what is wanted."""
        self.ensure_one()
        return self.env["ir.qweb"]._render(
            "crm_erp_bridge.crm_request_task_description",
            {"crm_request": self, "has_description": not is_html_empty(self.description)},
        )

    # === PORTAL === #

    def _customer_steps(self):
        """What the customer sees of the plan: ``(label, state, date)`` of the steps that have a customer's label."""
        self.ensure_one()
        # sudo: the plan is internal; only its labels for customers are shown
        steps = self.sudo().step_ids.filtered(
            lambda step: step.plan_id.customer_label and step.state not in ("replaced", "cancelled", "skipped")
        )
        return [(step.plan_id.customer_label, step.state, step.date_done) for step in steps]

    def _customer_phase(self):
        """The phase in words for the customer, who need not know that something is stuck."""
        self.ensure_one()
        return {
            "new": self.env._("Received"),
            "in_progress": self.env._("Under way"),
            "stuck": self.env._("Under way"),
            "done": self.env._("Done"),
            "cancelled": self.env._("Cancelled"),
        }[self.phase]
