from collections import defaultdict

from odoo import fields, models


class ResPartner(models.Model):
    """Open orders, unpaid invoices and open work on the card, as far as the reader may see these documents."""

    _inherit = "res.partner"

    def _crm_360_items(self):
        items = super()._crm_360_items()
        self._crm_360_add_orders(items)
        self._crm_360_add_invoices(items)
        self._crm_360_add_tasks(items)
        self._crm_360_add_requests(items)
        return items

    def _crm_360_by_customer(self, model, domain, aggregate):
        """Count and sum of documents by partner: a company with all its people, a person alone.

        :return: ``{partner id: [count, sum]}``
        """
        totals = defaultdict(lambda: [0, 0.0])
        heads = self.commercial_partner_id
        for partner, count, amount in self.env[model]._read_group(
            [*domain, ("partner_id.commercial_partner_id", "in", heads.ids)], ["partner_id"], ["__count", aggregate]
        ):
            for owner in {partner.id, partner.commercial_partner_id.id}:
                totals[owner][0] += count
                totals[owner][1] += amount or 0.0
        return totals

    def _crm_360_add_orders(self, items):
        if not self.env["crm.order.flow"].has_access("read"):
            return
        for partner in self.filtered("order_flow_due"):
            items[partner.id].append(
                {
                    "key": "orders",
                    "sequence": 20,
                    "label": self.env._("Open on orders"),
                    "icon": "fa-exchange",
                    "count": False,
                    "amount": partner.order_flow_due,
                    "tone": False,
                    "method": "action_open_order_flow",
                }
            )

    def _crm_360_add_invoices(self, items):
        if not self.env["account.move"].has_access("read"):
            return
        domain = [
            ("move_type", "=", "out_invoice"),
            ("state", "=", "posted"),
            ("payment_state", "in", ("not_paid", "partial")),
            ("invoice_date_due", "<", fields.Date.context_today(self)),
        ]
        totals = self._crm_360_by_customer("account.move", domain, "amount_residual_signed:sum")
        for partner in self:
            count, amount = totals.get(partner.id, (0, 0))
            if count:
                items[partner.id].append(
                    {
                        "key": "overdue",
                        "sequence": 2,
                        "label": self.env._("Overdue invoices"),
                        "icon": "fa-money",
                        "count": count,
                        "amount": amount,
                        "tone": "danger",
                        "method": "action_crm_360_overdue",
                    }
                )

    def _crm_360_add_tasks(self, items):
        if not self.env["project.task"].has_access("read"):
            return
        domain = [("state", "not in", ("1_done", "1_canceled")), ("project_id", "!=", False)]
        totals = self._crm_360_by_customer("project.task", domain, "allocated_hours:sum")
        for partner in self:
            count = totals.get(partner.id, (0, 0))[0]
            if count:
                items[partner.id].append(
                    {
                        "key": "tasks",
                        "sequence": 30,
                        "label": self.env._("Open tasks"),
                        "icon": "fa-tasks",
                        "count": count,
                        "amount": False,
                        "tone": False,
                        "method": "action_crm_360_tasks",
                    }
                )

    def _crm_360_add_requests(self, items):
        if not self.env["crm.request"].has_access("read") or not self.env.user.has_groups(
            "crm_erp_bridge.group_user,crm_erp_bridge.group_auditor"
        ):
            return
        for partner in self.filtered("crm_request_count"):
            items[partner.id].append(
                {
                    "key": "requests",
                    "sequence": 10,
                    "label": self.env._("Open requests"),
                    "icon": "fa-inbox",
                    "count": partner.crm_request_count,
                    "amount": False,
                    "tone": False,
                    "method": "action_open_crm_requests",
                }
            )

    def _crm_360_scope_domain(self):
        column = "partner_id.commercial_partner_id" if self.commercial_partner_id == self else "partner_id"
        return [(column, "=", self.id)]

    def action_crm_360_overdue(self):
        """The overdue invoices behind the figure."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("account.action_move_out_invoice_type")
        return action | {
            "domain": [
                *self._crm_360_scope_domain(),
                ("move_type", "=", "out_invoice"),
                ("state", "=", "posted"),
                ("payment_state", "in", ("not_paid", "partial")),
                ("invoice_date_due", "<", fields.Date.context_today(self)),
            ],
            "context": {"default_move_type": "out_invoice", "default_partner_id": self.id},
        }

    def action_crm_360_tasks(self):
        """The open tasks behind the figure."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Tasks of %(customer)s", customer=self.display_name),
            "res_model": "project.task",
            "views": [[False, "list"], [False, "form"]],
            "domain": [
                *self._crm_360_scope_domain(),
                ("state", "not in", ("1_done", "1_canceled")),
                ("project_id", "!=", False),
            ],
        }
