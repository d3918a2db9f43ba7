import json
from datetime import date

from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Domain
from odoo.tests import tagged
from odoo.tools import SQL

from ..models.crm_privacy_field import PERSONAL
from .privacy_common import PrivacyCommon

FORBIDDEN = "kept but not to be used"


@tagged("post_install", "-at_install")
class TestPrivacyField(PrivacyCommon):
    """Data declared as not to be used are seen on the customer's form and go into nothing else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.single.birthdate_date = date(1980, 5, 5)
        cls.agent.group_ids += cls.env.ref("base.group_allow_export")

    def _declare(self, name="birthdate_date", **values):
        field = self.env["ir.model.fields"]._get("res.partner", name)
        declared = self.env["crm.privacy.field"].with_user(self.officer).create(
            {"field_id": field.id, "reason": "Given for one contract", **values}
        )
        self.env.flush_all()
        return declared

    def _partners(self, user=None):
        self.env.invalidate_all()
        return self.env["res.partner"].with_user(user or self.agent)

    def test_no_search_filter_group_order_or_export_goes_by_it(self):
        partners = self._partners()
        acts = {
            "search": lambda: partners.search([("birthdate_date", "<", "1990-01-01")]),
            "derived": lambda: partners.search([("age", ">", 30)]),
            "count": lambda: partners.search_count([("crm_age_band", "!=", False)]),
            "web": lambda: partners.web_search_read([("birthdate_date", "!=", False)], {"name": {}}),
            "name search": lambda: partners.name_search("Ion", [("birthdate_date", "!=", False)]),
            "by way of a link": lambda: self.env["crm.interaction"].with_user(self.agent).search(
                [("partner_id.birthdate_date", "<", "1990-01-01")]
            ),
            "of the parent": lambda: partners.search([("parent_id.birthdate_date", "!=", False)]),
            "order": lambda: partners.search([], order="birthdate_date desc", limit=1),
            "group": lambda: partners.formatted_read_group([], ["birthdate_date:year"], ["__count"]),
            "aggregate": lambda: partners._read_group([], [], ["birthdate_date:max"]),
            "export": lambda: self.single.with_user(self.agent).export_data(["name", "birthdate_date"]),
            "export by way of a link": lambda: self.person.with_user(self.agent).export_data(
                ["name", "parent_id/birthdate_date"]
            ),
        }
        self._create_interaction(self.single)
        for act in acts.values():
            act()  # before it is declared, all of it works
        declared = self._declare()
        for name, act in acts.items():
            with self.subTest(name), self.assertRaisesRegex(AccessError, FORBIDDEN):
                self.env.invalidate_all()
                act()
        with self.assertRaisesRegex(AccessError, FORBIDDEN):  # nor programs on anybody's behalf
            self.env["res.partner"].sudo().search([("birthdate_date", "!=", False)])
        declared.active = False
        for act in acts.values():
            act()

    def test_it_is_seen_corrected_and_copied(self):
        self._declare()
        single = self._partners().browse(self.single.id)
        self.assertEqual(single.birthdate_date, date(1980, 5, 5))
        single.birthdate_date = date(1981, 5, 5)
        request = self._identified("access", partner=self.single)
        request.action_make_copy()
        self.assertIn("1981-05-05", json.dumps(request._copy_data(), default=str))

    def test_the_web_client_does_not_offer_it(self):
        self._declare()
        fields = self._partners().fields_get()
        for name in ("birthdate_date", "age", "crm_age_band"):
            attributes = ("searchable", "sortable", "groupable", "exportable")
            self.assertEqual([fields[name].get(attribute) for attribute in attributes], [False] * 4, name)
        self.assertTrue(fields["name"]["searchable"])

    def test_no_condition_rests_on_it(self):
        """A saved condition, also one of before, finds nobody and says why; a new one is refused."""
        condition = "[('birthdate_date', '<', '1990-01-01')]"
        values = {"name": "Older", "kind": "dynamic", "domain": condition}
        groups = self.env["crm.customer.group"].with_user(self.agent)
        group = groups.create(values)
        self.assertIn(self.single, self.env["res.partner"].browse(group._partner_query()))
        self._declare()
        with self.assertRaisesRegex(ValidationError, FORBIDDEN):
            group._partner_query()
        with self.assertRaisesRegex(ValidationError, FORBIDDEN), self.cr.savepoint():
            groups.create(values | {"name": "Again"})

    def test_no_alert_and_no_score_rests_on_it(self):
        today = date.today()
        self.single.birthdate_date = date(1980, today.month, min(today.day, 28))
        rule = self.env["crm.alert.rule"].create({"name": "Birthday", "condition": "birthday", "days": 7})
        cases = "SELECT partner_id FROM (%s) c"
        found = self.env.execute_query(self._sql(cases, rule))
        self.assertIn((self.single.id,), found)
        percent = self._partners().browse(self.single.id).crm_profile_percent
        self._declare()
        self.assertNotIn((self.single.id,), self.env.execute_query(self._sql(cases, rule)))
        self.assertNotEqual(self._partners().browse(self.single.id).crm_profile_percent, percent)
        names = [name for name, _kind, _weight in self.env["crm.profile.item"]._readable_items()]
        self.assertNotIn("birthdate_date", names)

    def _sql(self, text, rule):
        self.env.flush_all()
        return SQL(text, rule._cases_birthday())

    def test_no_file_has_it(self):
        """Neither the table nor the address card."""
        exchange = self.env["crm.exchange"].with_user(self.agent)
        dataset = exchange._datasets()["customer"]
        self.assertIn("birthdate_date", exchange._columns(dataset))
        self.assertEqual(exchange._to_card(self.single, "x").birthday, "1980-05-05")
        self._declare()
        self.assertNotIn("birthdate_date", exchange._columns(dataset))
        self.assertFalse(exchange._to_card(self.single, "x").birthday)

    def test_only_officers_declare_and_not_everything(self):
        field = self.env["ir.model.fields"]._get("res.partner", "birthdate_date")
        for user in (self.agent, self.manager, self.auditor):
            with self.assertRaises(AccessError):
                self.env["crm.privacy.field"].with_user(user).create({"field_id": field.id, "reason": "x"})
        for name in ("name", "email", "company_id", "crm_restricted"):
            with self.assertRaisesRegex(ValidationError, "cannot be declared"), self.cr.savepoint():
                self._declare(name)
        self.assertFalse(self.env["crm.privacy.field"].search(Domain("create_uid", "=", self.officer.id)))

    def test_everything_that_may_be_declared_can_be(self):
        """No list, form or job of ours searches by any of these: they still work when all are declared."""
        for name in sorted(PERSONAL & set(self.env["res.partner"]._fields)):
            self._declare(name)
        partners = self._partners()
        self.assertIn(self.single, partners.search([]))
        self.assertTrue(partners.name_search("Ion Popescu"))
        self.env["crm.customer.group"].create(
            {"name": "Companies", "kind": "dynamic", "domain": "[('is_company', '=', True)]"}
        )._refresh_members()
        self.env["crm.alert.rule"].search([]).action_evaluate()
        partner = partners.create({"name": "New", "birthdate_date": "1990-01-01", "city": "Koper", "zip": "6000"})
        self.env["crm.partner.duplicate"]._scan()
        self.assertEqual(partner.city, "Koper")
