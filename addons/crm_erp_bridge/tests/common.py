from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.addons.crm_relations.tests.users import new_test_users
from odoo.fields import Command
from odoo.tests import new_test_user

AMOUNTS = ("ordered", "delivered", "invoiced", "paid", "credited", "due")


class BridgeCommon(AccountTestInvoicingCommon):
    """A company with accounting, a customer with an opportunity, and one user per role.

    =========== ================================== ==========================================
    user        group                              sees of the order flow
    =========== ================================== ==========================================
    seller      sales_team.group_sale_salesman     own orders and those of nobody
    colleague   sales_team.group_sale_salesman     own orders and those of nobody
    boss        sales_team.group_sale_manager      all orders
    accountant  account.group_account_invoice      all orders, no lead
    auditor     crm_erp_bridge.group_auditor       all orders, no lead, changes nothing
    worker      project.group_project_user         nothing; tasks and their customers
    =========== ================================== ==========================================

    Prices exclude 15 % tax. The company's currency is the dollar.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller, cls.colleague, cls.boss, cls.accountant, cls.auditor, cls.worker = cls._create_users(
            seller="sales_team.group_sale_salesman",
            colleague="sales_team.group_sale_salesman",
            boss="sales_team.group_sale_manager",
            accountant="account.group_account_invoice",
            auditor="crm_erp_bridge.group_auditor",
            worker="project.group_project_user",
        )
        cls.customer = cls.env["res.partner"].create({"name": "Vinograd d.o.o.", "is_company": True})
        cls.service = cls.env["product.product"].create(
            {
                "name": "Pruning",
                "type": "service",
                "invoice_policy": "order",
                "list_price": 100,
                "taxes_id": [Command.set(cls.tax_sale_a.ids)],
            }
        )
        cls.lead = cls._create_lead()

    @classmethod
    def get_default_groups(cls):
        return (
            super().get_default_groups()
            | cls.quick_ref("sales_team.group_sale_manager")
            | cls.quick_ref("project.group_project_manager")
        )

    @classmethod
    def _create_users(cls, **groups):
        company = {"company_id": cls.env.company.id, "company_ids": [Command.link(cls.env.company.id)]}
        return new_test_users(
            cls.env,
            {
                f"bridge_{role}": {"groups": names, "name": role.capitalize()} | company
                for role, names in groups.items()
            },
        )

    @classmethod
    def _create_user(cls, role, groups, **values):
        values = {"company_id": cls.env.company.id, "name": role.capitalize()} | values
        return new_test_user(cls.env, login=f"bridge_{role}", groups=groups, **values)

    @classmethod
    def _create_lead(cls, **values):
        return cls.env["crm.lead"].create(
            {
                "name": "Pruning for the season",
                "type": "opportunity",
                "partner_id": cls.customer.id,
                "user_id": cls.seller.id,
            }
            | values
        )

    @classmethod
    def _create_order(cls, *lines, confirm=True, **values):
        """A sales order of the seller.

        :param lines: tuples (unit price, quantity, discount in percent)
        """
        order = cls.env["sale.order"].create(
            {
                "partner_id": cls.customer.id,
                "opportunity_id": cls.lead.id,
                "user_id": cls.seller.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": cls.service.id,
                            "price_unit": price,
                            "product_uom_qty": quantity,
                            "discount": discount,
                        }
                    )
                    for price, quantity, discount in (lines or [(100, 1, 0)])
                ],
            }
            | values
        )
        if confirm:
            order.action_confirm()
        return order

    @classmethod
    def _invoice(cls, orders, *, post=True):
        # sudo: as the button "Create Invoice" does it for who may not write invoices
        invoice = orders._create_invoices(final=True)
        if post:
            invoice.action_post()
        return invoice

    @classmethod
    def _pay(cls, invoice, amount=None, **values):
        if amount is not None:
            values["amount"] = amount
        register = cls.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        return register.create(values)._create_payments()

    @classmethod
    def _credit(cls, invoice, *, amounts=None, post=True):
        """A credit note reversing ``invoice``.

        :param amounts: prices of untraced lines that replace the copied ones ("goodwill"), or none for a full reversal
        """
        wizard = cls.env["account.move.reversal"].with_context(active_model="account.move", active_ids=invoice.ids)
        result = wizard.create({"journal_id": invoice.journal_id.id, "reason": "complaint"}).reverse_moves()
        refund = cls.env["account.move"].browse(result["res_id"])
        if amounts is not None:
            refund.invoice_line_ids = [Command.clear()] + [
                Command.create({"name": "Goodwill", "price_unit": amount, "tax_ids": [Command.clear()]})
                for amount in amounts
            ]
        if post:
            refund.action_post()
        return refund

    @classmethod
    def _credit_at_another_rate(cls):
        """An invoice over 100 euros of May, worth 200, and the credit note over all of it of July, worth 250."""
        euro = cls.setup_other_currency("EUR", rates=[("1900-01-01", 0.5), ("2026-06-01", 0.4)])
        pricelist = cls.env["product.pricelist"].create({"name": "EUR", "currency_id": euro.id})
        invoice = cls._invoice(cls._create_order((100, 1, 0), pricelist_id=pricelist.id), post=False)
        invoice.invoice_date = "2026-05-01"
        invoice.action_post()
        note = cls._credit(invoice, post=False)
        note.invoice_date = "2026-07-01"
        note.action_post()
        return invoice, note

    def _flow(self, order, user=None):
        self.env.invalidate_all()
        flow = self.env["crm.order.flow"].with_user(user or self.env.user).search([("order_id", "=", order.id)])
        return flow

    def assertFlow(self, order, user=None, **expected):
        """Exact amounts (those not named are 0), state and reason of the flow of one order."""
        flow = self._flow(order, user)
        self.assertEqual(len(flow), 1)
        for name in AMOUNTS:
            self.assertEqual(
                order.currency_id.round(flow[f"amount_{name}"]), expected.pop(name, 0), f"amount_{name}"
            )
            self.assertEqual(flow[f"amount_{name}"], order.currency_id.round(flow[f"amount_{name}"]))
        for name, value in expected.items():
            self.assertEqual(flow[name], value, name)
