from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.tools import SQL

from ..tools import demo

#: customers of the demonstration company
CUSTOMERS = 250


class CrmRfmModel(models.Model):
    """Demonstration data: a company with three years of orders drawn from a known process (``tools/demo.py``)."""

    _inherit = "crm.rfm.model"

    @api.model
    def _load_demo_company(self):
        """Make the company, its customers, orders and model, once; called by the demonstration data only."""
        if self.env.ref("crm_rfm.demo_company", raise_if_not_found=False):
            return
        company = self.env["res.company"].create(
            {"name": "Demo: Three Years of Orders", "currency_id": self.env.company.currency_id.id}
        )
        self.env["ir.model.data"].create(
            {
                "module": "crm_rfm",
                "name": "demo_company",
                "model": company._name,
                "res_id": company.id,
                "noupdate": True,
            }
        )
        self.env.ref("base.user_admin").company_ids = [Command.link(company.id)]
        orders, _natures = demo.draw(CUSTOMERS)
        customers = self.env["res.partner"].create(
            [
                {"name": name, "is_company": True, "company_id": company.id}
                for name in demo.names(CUSTOMERS)
            ]
        )
        self._insert_demo_orders(company, customers, orders)
        model = self.create(
            {
                "name": "Orders of the last 12 months",
                "company_id": company.id,
                "source": "order",
                "shown_on_partner": True,
            }
        )
        model.action_compute()
        model.action_compute_values()
        model.action_take_past_snapshots(6)

    def _insert_demo_orders(self, company, customers, orders):
        """Insert orders as copies of one that Odoo made; two thousand by the ORM would take minutes."""
        template = (
            self.env["sale.order"]
            .with_company(company)
            .create({"partner_id": customers[0].id, "company_id": company.id, "state": "sale"})
        )
        self.env.flush_all()
        given = (
            "name", "partner_id", "partner_invoice_id", "partner_shipping_id", "date_order", "amount_untaxed",
            "amount_total", "access_token",
        )  # fmt: skip
        copied = [
            name
            for [name] in self.env.execute_query(
                SQL(
                    "SELECT column_name FROM information_schema.columns WHERE table_name = 'sale_order'"
                    " AND is_generated = 'NEVER'"
                )
            )
            if name not in ("id", *given)
        ]
        first = fields.Datetime.now().replace(hour=10, minute=0, second=0, microsecond=0) - timedelta(days=demo.DAYS)
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO sale_order (%(copied)s, %(given)s)
                SELECT %(values)s, 'DEMO/' || lpad(n.number::text, 5, '0'), n.partner_id, n.partner_id, n.partner_id,
                       n.day, n.amount, n.amount, NULL
                  FROM sale_order t,
                       unnest(%(numbers)s::int[], %(partners)s::int[], %(days)s::timestamp[], %(amounts)s::numeric[])
                         n (number, partner_id, day, amount)
                 WHERE t.id = %(template)s
                """,
                copied=SQL(", ").join(map(SQL.identifier, copied)),
                given=SQL(", ").join(map(SQL.identifier, given)),
                values=SQL(", ").join(SQL.identifier("t", name) for name in copied),
                numbers=list(range(1, len(orders) + 1)),
                partners=[customers[order.customer].id for order in orders],
                days=[first + timedelta(days=order.day) for order in orders],
                amounts=[order.amount for order in orders],
                template=template.id,
            )
        )
        template.state = "cancel"
        self.env.invalidate_all()
