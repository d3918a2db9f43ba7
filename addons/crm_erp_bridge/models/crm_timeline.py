from odoo import api, fields, models
from odoo.addons.crm_relations.tools.timeline import TimelineSource
from odoo.tools import SQL

from .. import const


class CrmTimeline(models.Model):
    _inherit = "crm.timeline"
    _depends = {
        "account.move": [
            "amount_total", "commercial_partner_id", "company_id", "currency_id", "invoice_date", "invoice_user_id",
            "move_type", "name", "partner_id", "state",
        ],
        "account.payment": [
            "amount", "company_id", "currency_id", "date", "memo", "name", "partner_id", "partner_type",
            "payment_type", "state",
        ],
        "crm.request": [
            "active", "code", "commercial_partner_id", "company_id", "date_requested", "name", "partner_id", "phase",
            "user_id",
        ],
        "project.task": [
            "active", "company_id", "date_end", "date_last_stage_update", "name", "partner_id", "state",
        ],
        "res.partner": ["commercial_partner_id"],
        "sale.order": [
            "amount_total", "company_id", "currency_id", "date_order", "name", "partner_id", "state", "user_id",
        ],
    }

    kind = fields.Selection(
        selection_add=[
            ("quotation", "Quotation"),
            ("order", "Order"),
            ("invoice", "Invoice"),
            ("credit_note", "Credit Note"),
            ("payment", "Payment"),
            ("refund", "Refund"),
            ("task", "Task"),
            ("task_done", "Task Done"),
            ("request", "Request"),
        ],
    )

    @api.model
    def _sources(self):
        return super()._sources() | {
            "order": self._source_order(),
            "invoice": self._source_invoice(),
            "payment": self._source_payment(),
            "task": self._source_task(),
            "task_done": self._source_task_done(),
            "request": self._source_request(),
        }

    @api.model
    def _source_order(self):
        """Quotations by their date, orders by the day of confirmation (Odoo keeps both in ``date_order``)."""
        return TimelineSource(
            slot=const.SLOT_ORDER,
            model="sale.order",
            documents=SQL("res_partner p"),
            link=SQL("p.id = s.partner_id"),
            kinds=("quotation", "order"),
            columns={
                "partner_id": SQL("p.id"),
                "commercial_partner_id": SQL("p.commercial_partner_id"),
                "date": SQL("s.date_order"),
                "kind": SQL("CASE WHEN s.state = 'sale' THEN 'order' ELSE 'quotation' END"),
                "summary": SQL("s.name"),
                "state": SQL("CASE s.state WHEN 'sale' THEN 'done' WHEN 'cancel' THEN 'cancelled' ELSE 'planned' END"),
                "user_id": SQL("s.user_id"),
                "company_id": SQL("s.company_id"),
                "amount": SQL("s.amount_total"),
                "currency_id": SQL("s.currency_id"),
            },
        )

    @api.model
    def _source_invoice(self):
        """Customer invoices and credit notes by the date they bear; drafts by the day they were made."""
        return TimelineSource(
            slot=const.SLOT_INVOICE,
            model="account.move",
            kinds=("invoice", "credit_note"),
            columns={
                "partner_id": SQL("s.partner_id"),
                "commercial_partner_id": SQL("s.commercial_partner_id"),
                "date": SQL("COALESCE(s.invoice_date::timestamp, s.create_date)"),
                "kind": SQL("CASE WHEN s.move_type = 'out_refund' THEN 'credit_note' ELSE 'invoice' END"),
                "summary": SQL("CASE WHEN s.name IS NULL OR s.name = '/' THEN s.invoice_origin ELSE s.name END"),
                "state": SQL(
                    "CASE s.state WHEN 'posted' THEN 'done' WHEN 'cancel' THEN 'cancelled' ELSE 'planned' END"
                ),
                "user_id": SQL("s.invoice_user_id"),
                "company_id": SQL("s.company_id"),
                "amount": SQL("CASE WHEN s.move_type = 'out_refund' THEN -s.amount_total ELSE s.amount_total END"),
                "currency_id": SQL("s.currency_id"),
            },
            where=SQL(
                "s.move_type IN ('out_invoice', 'out_refund', 'out_receipt') AND s.partner_id IS NOT NULL"
            ),
        )

    @api.model
    def _source_payment(self):
        """Money received from customers, and paid back to them."""
        return TimelineSource(
            slot=const.SLOT_PAYMENT,
            model="account.payment",
            documents=SQL("res_partner p"),
            link=SQL("p.id = s.partner_id"),
            kinds=("payment", "refund"),
            columns={
                "partner_id": SQL("p.id"),
                "commercial_partner_id": SQL("p.commercial_partner_id"),
                "date": SQL("s.date::timestamp"),
                "kind": SQL("CASE WHEN s.payment_type = 'outbound' THEN 'refund' ELSE 'payment' END"),
                "summary": SQL("CONCAT_WS(' ', NULLIF(s.name, '/'), s.memo)"),
                "state": SQL(
                    "CASE WHEN s.state IN ('canceled', 'rejected') THEN 'cancelled' "
                    "WHEN s.state = 'draft' THEN 'planned' ELSE 'done' END"
                ),
                "direction": SQL("CASE WHEN s.payment_type = 'outbound' THEN 'out' ELSE 'in' END"),
                "company_id": SQL("s.company_id"),
                "amount": SQL("CASE WHEN s.payment_type = 'outbound' THEN -s.amount ELSE s.amount END"),
                "currency_id": SQL("s.currency_id"),
            },
            where=SQL("s.partner_type = 'customer'"),
        )

    @api.model
    def _task_columns(self):
        return {
            "partner_id": SQL("p.id"),
            "commercial_partner_id": SQL("p.commercial_partner_id"),
            "summary": SQL("s.name"),
            "company_id": SQL("s.company_id"),
            "active": SQL("s.active"),
        }

    @api.model
    def _source_task(self):
        """Work for the customer, on the day it was asked for."""
        return TimelineSource(
            slot=const.SLOT_TASK,
            model="project.task",
            documents=SQL("res_partner p"),
            link=SQL("p.id = s.partner_id"),
            columns=self._task_columns()
            | {
                "date": SQL("s.create_date"),
                "kind": SQL("'task'"),
                "state": SQL(
                    "CASE s.state WHEN '1_done' THEN 'done' WHEN '1_canceled' THEN 'cancelled' ELSE 'planned' END"
                ),
                "user_id": SQL("s.create_uid"),
            },
        )

    @api.model
    def _source_task_done(self):
        """The same work, on the day it was finished."""
        return TimelineSource(
            slot=const.SLOT_TASK_DONE,
            model="project.task",
            documents=SQL("res_partner p"),
            link=SQL("p.id = s.partner_id"),
            columns=self._task_columns()
            | {
                "date": SQL("COALESCE(s.date_last_stage_update, s.date_end, s.write_date)"),
                "kind": SQL("'task_done'"),
                "direction": SQL("'out'"),
            },
            where=SQL("s.state = '1_done'"),
        )

    @api.model
    def _source_request(self):
        """What the customer asked for, on the day it was asked."""
        return TimelineSource(
            slot=const.SLOT_REQUEST,
            model="crm.request",
            columns={
                "partner_id": SQL("s.partner_id"),
                "commercial_partner_id": SQL("s.commercial_partner_id"),
                "date": SQL("s.date_requested"),
                "kind": SQL("'request'"),
                "summary": SQL("CONCAT_WS(' ', s.code, s.name)"),
                "state": SQL(
                    "CASE s.phase WHEN 'done' THEN 'done' WHEN 'cancelled' THEN 'cancelled' ELSE 'planned' END"
                ),
                "direction": SQL("'in'"),
                "user_id": SQL("s.user_id"),
                "company_id": SQL("s.company_id"),
                "active": SQL("s.active"),
            },
            where=SQL("s.partner_id IS NOT NULL"),
        )

    @api.model
    def _kind_icons(self):
        return super()._kind_icons() | {
            "quotation": "fa-file-text-o",
            "order": "fa-shopping-cart",
            "invoice": "fa-file-o",
            "credit_note": "fa-undo",
            "payment": "fa-money",
            "refund": "fa-reply",
            "task": "fa-tasks",
            "task_done": "fa-check-circle-o",
            "request": "fa-inbox",
        }
