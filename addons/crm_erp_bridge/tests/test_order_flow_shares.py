import random

from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import SQL

from ..tools import order_flow
from .common import BridgeCommon


@tagged("post_install", "-at_install")
class TestOrderFlowShares(BridgeCommon):
    """Whatever an invoice looks like, its shares add up to it, to the cent."""

    def _shares(self, move):
        self.env.flush_all()
        return self.env.execute_query_dict(
            SQL(
                """
                SELECT share.*
                  FROM account_move move
                  JOIN res_currency move_currency ON move_currency.id = move.currency_id
                  JOIN res_company company ON company.id = move.company_id
                  JOIN res_currency company_currency ON company_currency.id = company.currency_id
                 CROSS JOIN LATERAL (%s) share
                 WHERE move.id = %s
                """,
                order_flow.shares("move", "move_currency", "company_currency"),
                move.id,
            )
        )

    def _assert_adds_up(self, move, message):
        shares = self._shares(move)
        for column, booked, currency in (
            ("amount", move.amount_total, move.currency_id),
            ("due", move.amount_residual, move.currency_id),
            ("company_amount", abs(move.amount_total_signed), move.company_currency_id),
            ("company_due", abs(move.amount_residual_signed), move.company_currency_id),
        ):
            # exact: decimals from the database, not floats
            total = sum(share[column] for share in shares)
            self.assertEqual(f"{total:.2f}", f"{booked:.2f}", (message, column, shares))
            for share in shares:
                self.assertEqual(share[column], round(share[column], currency.decimal_places), (message, column))
        return shares

    def test_random_invoices(self):
        euro = self.setup_other_currency("EUR", rates=[("1900-01-01", 1.0), ("2016-01-01", 0.87)])
        orders = [self._create_order((10, 1, 0)) for _number in range(4)]
        for seed in range(12):
            dice = random.Random(seed)
            self.env.company.tax_calculation_rounding_method = dice.choice(["round_per_line", "round_globally"])
            lines = [
                Command.create(
                    {
                        "name": "Line",
                        "quantity": dice.choice([1, 3, 7]),
                        "price_unit": dice.choice([0, 0.01, 0.05, 1 / 3, 9.995, 33.33, dice.random() * 1000]),
                        "discount": dice.choice([0, 0, 7.5, 100]),
                        "tax_ids": [Command.set(dice.choice([[], self.tax_sale_a.ids]))],
                        "sale_line_ids": [
                            Command.set([order.order_line.id for order in dice.sample(orders, dice.randint(0, 2))])
                        ],
                    }
                )
                for _number in range(dice.randint(1, 7))
            ]
            invoice = self.env["account.move"].create(
                {
                    "move_type": "out_invoice",
                    "partner_id": self.customer.id,
                    "currency_id": dice.choice([self.env.company.currency_id, euro]).id,
                    "invoice_line_ids": lines,
                }
            )
            invoice.action_post()
            self._assert_adds_up(invoice, seed)
            if not invoice.currency_id.is_zero(invoice.amount_total):
                amount = max(0.01, invoice.currency_id.round(invoice.amount_total * dice.random()))
                self._pay(invoice, amount, currency_id=invoice.currency_id.id)
                self._assert_adds_up(invoice, seed)
                refund = self._credit(invoice, amounts=dice.choice([None, [0.01], [invoice.amount_total / 3]]))
                self._assert_adds_up(refund, seed)

    def test_shares_of_unrounded_tax_follow_the_lines(self):
        """The example in the documentation of the module."""
        first, second = self._create_order(), self._create_order()
        no_tax = [Command.clear()]
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.customer.id,
                "invoice_line_ids": [
                    Command.create({"name": name, "price_unit": price, "tax_ids": no_tax, "sale_line_ids": links})
                    for name, price, links in (
                        ("A", 60, [Command.link(first.order_line.id)]),
                        ("B", 30, [Command.link(second.order_line.id)]),
                        ("typed in", 10, []),
                    )
                ],
            }
        )
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE account_move SET amount_total = 100.01, amount_residual = 50.01,"
            " amount_total_signed = 100.01, amount_residual_signed = 50.01 WHERE id = %s",
            [invoice.id],
        )
        shares = {share["order_id"]: share for share in self._shares(invoice)}
        self.assertEqual([float(shares[key]["amount"]) for key in (first.id, second.id, None)], [60.01, 30.0, 10.0])
        self.assertEqual([float(shares[key]["due"]) for key in (first.id, second.id, None)], [30.01, 15.0, 5.0])
        self.assertEqual(float(shares[first.id]["company_due"]), 30.01)
