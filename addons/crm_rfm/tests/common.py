import json

from odoo import Command, fields
from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.addons.crm_relations.tests.users import new_test_users
from odoo.tools import SQL

#: All cases score as of this day, with a window of 12 months: 2024-01-01 .. 2024-12-31.
AS_OF = fields.Date.to_date("2024-12-31")


class RfmCommon(AccountTestInvoicingCommon):
    """Customers and invoices of the past, one model, and users with nothing but our groups.

    | user    | group                     | may                              |
    |---------|---------------------------|----------------------------------|
    | seller  | crm_rfm.group_user        | see own and unassigned customers |
    | reader  | crm_rfm.group_user_all    | see all                          |
    | manager | crm_rfm.group_manager     | define and compute               |
    | auditor | crm_rfm.group_auditor     | read everything                  |
    | nobody  | base.group_user           | nothing of ours                  |
    """

    @classmethod
    def get_default_groups(cls):
        """The user behind the set-up makes invoices, orders and segments; the tests use the users above."""
        return (
            super().get_default_groups()
            | cls.quick_ref("sales_team.group_sale_manager")
            | cls.quick_ref("crm_rfm.group_manager")
        )

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.company_data["company"]
        cls.seller, cls.reader, cls.manager, cls.auditor, cls.nobody = new_test_users(
            cls.env(su=True),
            {
                f"rfm_{name}": {
                    "groups": groups,
                    "company_id": cls.company.id,
                    "company_ids": [Command.set(cls.company.ids)],
                }
                for name, groups in (
                    ("seller", "crm_rfm.group_user"),
                    ("reader", "crm_rfm.group_user_all"),
                    ("manager", "crm_rfm.group_manager"),
                    ("auditor", "crm_rfm.group_auditor"),
                    ("nobody", "base.group_user"),
                )
            },
        )
        cls.rfm = cls._create_model()
        # outside every window of the tests
        cls.template_invoice = cls._create_rfm_invoice(cls._create_customer("Template"), "1900-01-01", 1)

    # === FACTORIES === #

    @classmethod
    def _create_model(cls, **values):
        """A model of the test company, as the manager makes it."""
        return (
            cls.env["crm.rfm.model"]
            .with_user(cls.manager)
            .create({"name": "Test model", "company_id": cls.company.id, **values})
        )

    @classmethod
    def _create_customer(cls, name="Customer", **values):
        return cls.env["res.partner"].create({"name": name, "is_company": True, **values})

    @classmethod
    def _create_rfm_invoice(cls, partner, date, amount, move_type="out_invoice", post=True, **values):
        """A posted customer invoice (or credit note) of one line without tax."""
        move = cls.env["account.move"].create(
            {
                "move_type": move_type,
                "partner_id": partner.id,
                "invoice_date": date,
                "invoice_line_ids": [
                    Command.create({"name": "x", "quantity": 1, "price_unit": amount, "tax_ids": [Command.clear()]})
                ],
                **values,
            }
        )
        if post:
            move.action_post()
        return move

    @classmethod
    def _credit(cls, invoice, date, amount=None):
        """A posted credit note that names the invoice, over all of it or a part."""
        credit = invoice._reverse_moves([{"invoice_date": date, "date": date}])
        if amount is not None:
            credit.invoice_line_ids.write({"price_unit": amount})
        credit.action_post()
        return credit

    @classmethod
    def _insert_documents(cls, rows, template=None, table="account_move"):
        """Insert many documents by SQL as copies of a posted one.

        :param list rows: dicts of the columns that differ from the template
        :param template: record to copy; default an invoice
        """
        if not rows:
            return
        template = template or cls.template_invoice
        cls.env.flush_all()
        names = [
            name
            for [name] in cls.env.execute_query(
                SQL("SELECT column_name FROM information_schema.columns WHERE table_name = %s", table)
            )
            if name not in ("id", *rows[0])
        ]
        # the unknown columns come from the template, the given ones from the rows
        given = list(rows[0])
        cls.env.cr.execute(
            SQL(
                "INSERT INTO %(table)s (%(names)s, %(given)s) SELECT %(copied)s, %(new)s"
                " FROM %(table)s t, json_populate_recordset(NULL::%(table)s, %(rows)s::json) r WHERE t.id = %(id)s",
                table=SQL.identifier(table),
                names=SQL(", ").join(map(SQL.identifier, names)),
                given=SQL(", ").join(map(SQL.identifier, given)),
                copied=SQL(", ").join(SQL.identifier("t", name) for name in names),
                new=SQL(", ").join(SQL.identifier("r", name) for name in given),
                rows=json.dumps(rows, default=str),
                id=template.id,
            )
        )
        cls.env.invalidate_all()

    @classmethod
    def _invoice_row(cls, partner_id, date, amount, move_type="out_invoice", **values):
        """Row for :meth:`_insert_documents`; a credit note has a negative amount."""
        return {
            "name": "/",
            "partner_id": partner_id,
            "commercial_partner_id": partner_id,
            "invoice_date": date,
            "move_type": move_type,
            "amount_untaxed": abs(amount),
            "amount_untaxed_signed": amount,
            **values,
        }

    # === HELPERS === #

    def _compute(self, model=None, as_of=AS_OF):
        """Compute as the manager does."""
        (model or self.rfm).with_user(self.manager).action_compute(as_of)

    def _score(self, partner, model=None):
        """The score of a customer, or an empty record."""
        return self.env["crm.rfm.score"].search(
            [("model_id", "=", (model or self.rfm).id), ("partner_id", "=", partner.id)]
        )

    def _stored(self, model=None):
        """All stored scores: ``{partner id: (columns)}``."""
        rows = self.env.execute_query(
            SQL(
                "SELECT partner_id, last_date, frequency, monetary, r_score, f_score, m_score, fm_score, exclusion"
                " FROM crm_rfm_score WHERE model_id = %s",
                (model or self.rfm).id,
            )
        )
        return {row[0]: row[1:] for row in rows}
