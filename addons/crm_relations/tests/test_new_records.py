from odoo import Command
from odoo.tests import Form, tagged

from .common import RelationsCommon
from .new_records import compared_with_odoo


@tagged("post_install", "-at_install")
class TestNewRecords(RelationsCommon):
    """Odoo is asked for less when a record is new, and finds the same."""

    def test_what_follows_created_customers(self):
        with compared_with_odoo(self) as compared:
            company = self.env["res.partner"].create(
                {
                    "name": "Vrt d.o.o.",
                    "is_company": True,
                    "child_ids": [Command.create({"name": "Ana"}), Command.create({"name": "Bor", "type": "invoice"})],
                }
            )
            self.env["crm.lead"].create({"name": "Garden", "partner_id": company.id, "type": "opportunity"})
            self.env.flush_all()
        self.assertLessEqual({"res.partner", "crm.lead", "mail.message"}, {name for name, _count in compared})
        self.assertIn("res.partner", {name for name, count in compared if count})
        self.assertEqual(company.child_ids.commercial_partner_id, company)

    def test_what_follows_a_customer_that_is_typed_in(self):
        with compared_with_odoo(self) as compared:
            form = Form(self.env["res.partner"])
            form.name = "Vrt d.o.o."
            form.company_type = "company"
            with form.child_ids.new() as child:
                child.name = "Ana"
            form.name = "Vrt in cvet d.o.o."
            company = form.save()
        self.assertIn("res.partner", {name for name, count in compared if count})
        self.assertEqual(company.child_ids.complete_name, "Vrt in cvet d.o.o., Ana")

    def test_what_follows_a_changed_customer_in_its_form(self):
        company = self.company_partner
        with compared_with_odoo(self), Form(company) as form:
            form.name = "Vinogradi d.o.o."
            with form.child_ids.edit(0) as child:
                child.name = "Ana Novak"
        self.assertEqual(self.person.complete_name, "Vinogradi d.o.o., Ana Novak")

    def test_a_default_of_the_context_counts(self):
        partner = self.env["res.partner"].with_context(default_ref="K-7", default_crm_party="citizen")
        found = partner.default_get(["ref", "crm_party", "city", "active"])
        self.assertEqual(found, {"ref": "K-7", "crm_party": "citizen", "active": True})

    def test_a_default_that_somebody_set_counts(self):
        self.env["ir.default"].set("res.partner", "city", "Koper")
        self.assertEqual(self.env["res.partner"].create({"name": "Vrt"}).city, "Koper")

    def test_a_default_of_the_parent_model_counts(self):
        """Users inherit from customers."""
        inherited = self.env["res.users"].default_get(["lang", "tz", "crm_contact_days"])
        self.assertEqual(inherited["crm_contact_days"], 30)

    def test_a_field_added_later_has_its_default(self):
        self.env["res.partner"].create({"name": "Before"})
        model = self.env["ir.model"]._get("res.partner")
        field = self.env["ir.model.fields"].create(
            {"name": "x_vine", "model_id": model.id, "ttype": "char", "field_description": "Vine"}
        )
        self.env["ir.default"].set("res.partner", field.name, "Teran")
        self.assertEqual(self.env["res.partner"].create({"name": "After"}).x_vine, "Teran")
