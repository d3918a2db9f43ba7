from odoo.fields import Command

from .common import BridgeCommon

YEAR = {"date_from": "2026-01-01", "date_to": "2026-12-31"}


class StrategyCommon(BridgeCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.strategy = cls.env["crm.sales.strategy"].create({"name": "Grow", **YEAR})

    @classmethod
    def _objective(cls, measure="booked", target=1000, **values):
        return cls.env["crm.sales.strategy.objective"].create(
            {"strategy_id": cls.strategy.id, "measure": measure, "target": target} | values
        )

    @classmethod
    def _product(cls, **values):
        return cls.env["product.product"].create(
            {
                "name": "Work",
                "type": "service",
                "invoice_policy": "order",
                "taxes_id": [Command.set(cls.tax_sale_a.ids)],
            }
            | values
        )

    @classmethod
    def _order_on(cls, day, *lines, **values):
        order = cls._create_order(*lines, **values)
        order.date_order = f"{day} 12:00:00"
        return order

    @classmethod
    def _invoice_on(cls, order, day):
        invoice = cls._invoice(order, post=False)
        invoice.invoice_date = day
        invoice.action_post()
        return invoice

    def _realised(self, *objectives):
        self.env.flush_all()
        self.env.invalidate_all()
        return [objective.realised for objective in objectives]
