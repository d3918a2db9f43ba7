import json
from datetime import date

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .privacy_common import PrivacyCommon

FORBIDDEN = "kept but not to be used"
MODELS = {
    "crm_child_ids": "crm.partner.child",
    "crm_attitude_ids": "crm.partner.attitude",
    "crm_fact_ids": "crm.company.fact",
}


@tagged("post_install", "-at_install")
class TestPrivacyTable(PrivacyCommon):
    """Children, attitudes and figures that are not to be used: their tables go into nothing either."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent.group_ids += cls.env.ref("base.group_allow_export") + cls.env.ref("crm_relations.group_sensitive")
        figure = cls.env["crm.profile.tag"].create({"name": "Lorries", "kind": "figure"})
        cls.details = {
            "crm_child_ids": cls.env["crm.partner.child"].create({"partner_id": cls.single.id, "birth_year": 2015}),
            "crm_attitude_ids": cls.env["crm.partner.attitude"].create({"partner_id": cls.single.id, "note": "Keen"}),
            "crm_fact_ids": cls.env["crm.company.fact"].create(
                {"partner_id": cls.company_partner.id, "kind_id": figure.id, "value": 12, "year": 2020}
            ),
        }

    def _declare(self, name):
        declared = self.env["crm.privacy.field"].with_user(self.officer).create(
            {"field_id": self.env["ir.model.fields"]._get("res.partner", name).id, "reason": "Given in confidence"}
        )
        self.env.flush_all()
        self.env.invalidate_all()
        return declared

    def _acts(self, name):
        """Uses of a table by a user, and by a program."""
        detail = self.details[name].with_user(self.agent)
        rows = detail.browse()
        customer = ("partner_id", "=", detail.sudo().partner_id.id)
        return {
            "list": lambda: rows.web_search_read([], {"partner_id": {}}),
            "whose there are": lambda: rows.search([("partner_id", "!=", False)]),
            "of some": lambda: rows.search([("partner_id.name", "ilike", "a")]),
            "filter": lambda: rows.search([customer, ("create_date", "<", "2990-01-01")]),
            "either": lambda: rows.search(["|", customer, ("id", "!=", 0)]),
            "count": lambda: rows.search_count([]),
            "name": lambda: rows.name_search("e"),
            "group": lambda: rows.formatted_read_group([customer], ["partner_id"], ["__count"]),
            "aggregate": lambda: rows._read_group([customer], [], ["id:max"]),
            "export": lambda: detail.export_data(["partner_id/id"]),
            "export with the customer": lambda: detail.partner_id.export_data(["name", f"{name}/id"]),
            "customers with such": lambda: self.env["res.partner"].with_user(self.agent).search([(name, "!=", False)]),
            "by a program, by way of a link": lambda: self.env["crm.interaction"].sudo().search(
                [(f"partner_id.{name}", "!=", False)]
            ),
            "by way of the user": lambda: self.env["res.users"].sudo().search([(name, "!=", False)]),
            "by a program": lambda: rows.sudo().search([]),
        }

    def test_no_list_filter_count_group_or_export(self):
        for name in MODELS:
            acts = self._acts(name)
            for act in acts.values():
                act()  # before it is declared, all of it works
            declared = self._declare(name)
            for title, act in acts.items():
                with self.subTest(f"{name}: {title}"), self.assertRaisesRegex(AccessError, FORBIDDEN):
                    self.env.invalidate_all()
                    act()
            declared.active = False
            for act in acts.values():
                act()

    def test_a_declaration_of_one_table_leaves_the_others(self):
        self._declare("crm_child_ids")
        rows = self.env["crm.partner.attitude"].with_user(self.agent)
        self.assertIn(self.details["crm_attitude_ids"], rows.search([("partner_id", "!=", False)]))
        self.assertTrue(rows.fields_get(["note"])["note"]["exportable"])

    def test_they_are_read_corrected_copied_and_erased_with_their_customer(self):
        for name in MODELS:
            self._declare(name)
        single = self.env["res.partner"].with_user(self.agent).browse(self.single.id)
        self.assertEqual(single.crm_child_ids.mapped("birth_year"), [2015])
        child = self.details["crm_child_ids"].id
        shown = single.web_read({"crm_child_ids": {"fields": {"birth_year": {}}}})[0]["crm_child_ids"]
        self.assertEqual(shown, [{"id": child, "birth_year": 2015}])
        single.crm_child_ids = [(1, child, {"birth_year": 2016}), (0, 0, {"birth_year": 2020})]
        self.env.invalidate_all()
        self.assertEqual(single.crm_child_ids.mapped("birth_year"), [2016, 2020])
        company = single.browse(self.company_partner.id)
        self.assertEqual(company.crm_fact_newest_ids.mapped("value"), [12.0])
        action = company.action_crm_facts()
        self.assertEqual(self.env["crm.company.fact"].with_user(self.agent).search_count(action["domain"]), 1)
        request = self._identified("access", partner=self.single)
        request.action_make_copy()
        copied = json.dumps(request._copy_data(), default=str)
        self.assertIn("2016", copied)
        self.assertIn("Keen", copied)
        other = single.create({"name": "Gone Soon", "crm_child_ids": [(0, 0, {"birth_year": 2019})]})
        child = other.crm_child_ids
        other.sudo().unlink()
        self.assertFalse(child.exists())

    def test_no_file_has_them(self):
        """Neither what is offered, nor an export or import that was begun before."""
        exchange = self.env["crm.exchange"].with_user(self.agent)
        codes = {"child", "attitude", "company_fact"}
        self.assertLessEqual(codes, {code for code, _label in exchange._selection_datasets()})
        export = self.env["crm.exchange.export"].with_user(self.agent).create({"dataset": "child", "format": "csv"})
        job = self.env["crm.exchange.import"].with_user(self.agent).create({
            "name": "children.csv", "dataset": "child", "file": b"YmlydGhfeWVhcgoyMDE1Cg==",
            "column_ids": [(0, 0, {"sequence": 0, "name": "birth_year", "path": "child:birth_year"})],
        })  # fmt: skip
        for name in MODELS:
            self._declare(name)
        self.assertFalse(codes & {code for code, _label in exchange._selection_datasets()})
        for act in (export.action_export, job.action_import):
            with self.assertRaisesRegex(UserError, "not exchanged"):
                act()

    def test_the_web_client_does_not_offer_them(self):
        menu = self.env.ref("crm_relations.menu_reporting_facts")
        menus = self.env["ir.ui.menu"].with_user(self.agent)
        self.assertIn(menu.id, menus.load_menus(False))
        for name, model in MODELS.items():
            self._declare(name)
            described = self.env[model].with_user(self.agent).fields_get()
            for attribute in ("searchable", "sortable", "groupable", "exportable"):
                self.assertFalse(any(field.get(attribute) for field in described.values()), (model, attribute))
        self.assertNotIn(menu.id, menus.load_menus(False))

    def test_completeness_does_not_rest_on_them(self):
        self.env["crm.profile.item"].search([]).unlink()
        self.env["crm.profile.item"].create({"field_name": "crm_fact_ids", "applies_to": "company"})
        company = self.env["res.partner"].with_user(self.agent).browse(self.company_partner.id)
        self.assertEqual(company.crm_profile_percent, 100)
        self._declare("crm_fact_ids")
        self.assertEqual(company.crm_profile_percent, 0)

    def test_fields_of_customers_are_not_used_by_way_of_users_or_by_programs(self):
        """The rights of a program, and links that pass them by, join customers without searching for them."""
        self.agent.partner_id.birthdate_date = date(1990, 1, 1)
        users, contacts = self.env["res.users"].with_user(self.agent), self.env["crm.interaction"].sudo()
        acts = {
            "user": lambda: users.search([("birthdate_date", "<", "1995-01-01")]),
            "user's order": lambda: users.search([], order="birthdate_date", limit=1),
            "user's group": lambda: users.formatted_read_group([], ["birthdate_date:year"], ["__count"]),
            "user's hobbies": lambda: users.formatted_read_group([], ["crm_hobby_ids"], ["__count"]),
            "user's export": lambda: self.agent.with_user(self.agent).export_data(["name", "birthdate_date"]),
            "program": lambda: contacts.search([("partner_id.birthdate_date", "<", "1995-01-01")]),
            "program, hobbies": lambda: contacts.search([("partner_id.crm_hobby_ids", "!=", False)]),
            "program, age": lambda: contacts.search([("partner_id.age", ">", 3)]),
        }
        for act in acts.values():
            act()
        for name in ("birthdate_date", "crm_hobby_ids"):
            self._declare(name)
        for title, act in acts.items():
            with self.subTest(title), self.assertRaisesRegex(AccessError, FORBIDDEN):
                self.env.invalidate_all()
                act()
        self.assertFalse(users.fields_get(["birthdate_date"])["birthdate_date"]["exportable"])
        self.assertEqual(self.agent.with_user(self.agent).birthdate_date, date(1990, 1, 1))
