from datetime import date

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from .common import RelationsCommon

SENSITIVE_FIELDS = [
    "nationality_id",
    "crm_income_id",
    "crm_marital_id",
    "crm_home_id",
    "crm_social_id",
    "crm_child_ids",
    "crm_child_count",
    "crm_attitude_ids",
]


class ProfileCommon(RelationsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.confidant = cls._create_user("confidant", "crm_relations.group_user,crm_relations.group_sensitive")
        cls.high = cls.env.ref("crm_relations.profile_tag_income_high")
        cls.employees = cls.env.ref("crm_relations.profile_tag_figure_employees")
        cls.revenue = cls.env.ref("crm_relations.profile_tag_figure_revenue")

    @classmethod
    def _create_fact(cls, partner, kind, year, value, **values):
        return cls.env["crm.company.fact"].create(
            {"partner_id": partner.id, "kind_id": kind.id, "year": year, "value": value, **values}
        )


@tagged("post_install", "-at_install")
@freeze_time("2026-03-15 10:00:00")
class TestProfile(ProfileCommon):
    def test_age(self):
        partner = self.single.with_user(self.agent)
        partner.birthdate_date = date(1990, 3, 16)
        self.assertEqual((partner.age, partner.crm_age_band), (35, "35_44"))
        partner.birthdate_date = date(2008, 3, 15)
        self.assertEqual((partner.age, partner.crm_age_band), (18, "18_24"))
        partner.birthdate_date = False
        self.assertEqual((partner.age, partner.crm_age_band), (0, False))

    def test_age_of_today_in_the_zone_of_the_user(self):
        self.single.birthdate_date = date(1990, 3, 16)
        with freeze_time("2026-03-15 23:30:00"):
            self.assertEqual(self.single.with_context(tz="UTC").age, 35)
            self.assertEqual(self.single.with_context(tz="Europe/Ljubljana").age, 36)

    def test_search_by_age(self):
        born = [date(2008, 3, 15), date(2008, 3, 16), date(1961, 3, 15), date(1990, 1, 1)]
        people = self.env["res.partner"].create(
            [{"name": f"Person {day}", "birthdate_date": day} for day in born]
        )
        nobody = self._create_partner("Without a date")
        mine = people | nobody

        def found(*leaf):
            result = self.env["res.partner"].with_user(self.agent).search([("id", "in", mine.ids), leaf])
            return [mine.ids.index(partner.id) for partner in result.sorted("id")]

        self.assertEqual(people.mapped("age"), [18, 17, 65, 36])
        self.assertEqual(found("age", "=", 18), [0])
        self.assertEqual(found("age", "!=", 18), [1, 2, 3, 4])
        self.assertEqual(found("age", ">=", 18), [0, 2, 3])
        self.assertEqual(found("age", ">", 18), [2, 3])
        self.assertEqual(found("age", "<", 18), [1])
        self.assertEqual(found("age", "<=", 18), [0, 1])
        self.assertEqual(found("age", "in", [17, 65]), [1, 2])
        self.assertEqual(found("age", ">", 5000), [])
        self.assertEqual(found("crm_age_band", "=", "18_24"), [0])
        self.assertEqual(found("crm_age_band", "in", ["0_17", "65"]), [1, 2])
        self.assertEqual(found("crm_age_band", "=", False), [4])

    def test_birth_in_the_future_is_refused(self):
        self.single.birthdate_date = date(1980, 1, 1)
        with self.assertRaisesRegex(ValidationError, "birth date of Ion Popescu is in the future"), self.cr.savepoint():
            self.single.with_user(self.agent).birthdate_date = date(2026, 3, 16)
        self.assertEqual(self.single.birthdate_date, date(1980, 1, 1))
        self.single.birthdate_date = date(2026, 3, 15)

    def test_children(self):
        partner = self.single.with_user(self.confidant)
        partner.crm_child_ids = [Command.create({"birth_year": 2020}), Command.create({"birth_year": 2015})]
        self.assertEqual(partner.crm_child_count, 2)
        self.assertEqual(partner.crm_child_ids.sorted("birth_year").mapped("age"), [11, 6])
        for year in (2027, 1899, 0):
            with (
                self.assertRaisesRegex(ValidationError, "between 1900 and 2026"),
                self.cr.savepoint(),
            ):
                partner.crm_child_ids = [Command.create({"birth_year": year})]
            self.assertEqual(partner.crm_child_count, 2)

    def test_attitude_is_signed_and_never_changed(self):
        attitude = (
            self.env["crm.partner.attitude"]
            .with_user(self.confidant)
            .create(
                {
                    "partner_id": self.single.id,
                    "note": "<script>alert(1)</script> likes our service",
                    "user_id": self.manager.id,
                    "date": "2001-01-01",
                }
            )
        )
        self.assertEqual(attitude.user_id, self.confidant)
        self.assertEqual(attitude.date.date(), date(2026, 3, 15))
        with self.assertRaises(AccessError), self.cr.savepoint():
            attitude.note = "Something else"
        with self.assertRaises(AccessError), self.cr.savepoint():
            attitude.unlink()
        self.env.invalidate_all()
        self.assertEqual(attitude.note, "<script>alert(1)</script> likes our service")
        with self.assertRaises(AccessError):
            self.env["crm.partner.attitude"].with_user(self.agent).search([])

    def test_facts_newest_first(self):
        for year, value in ((2023, 40), (2025, 52), (2024, 47)):
            self._create_fact(self.company_partner, self.employees, year, value)
        corrected = self._create_fact(self.company_partner, self.employees, 2025, 53)
        revenue = self._create_fact(self.company_partner, self.revenue, 2024, 1_200_000)
        self.assertEqual(revenue.currency_id, self.env.company.currency_id)
        self.assertFalse(corrected.currency_id)
        newest = self.company_partner.with_user(self.agent).crm_fact_newest_ids
        self.assertEqual(newest, corrected | revenue)
        self.assertEqual(len(self.company_partner.crm_fact_ids), 5)
        later = self._create_fact(self.company_partner, self.revenue, 2025, 1_300_000)
        self.assertEqual(self.company_partner.crm_fact_newest_ids, corrected | later)

    def test_newest_facts_in_one_query_for_many(self):
        def count(size):
            partners = self.env["res.partner"].create(
                [{"name": f"Company {n}", "is_company": True} for n in range(size)]
            )
            for kind in (self.employees, self.revenue):
                self.env["crm.company.fact"].create(
                    [
                        {"partner_id": partner.id, "kind_id": kind.id, "year": year, "value": year}
                        for partner in partners
                        for year in (2024, 2025)
                    ]
                )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.assertEqual(set(partners.mapped("crm_fact_newest_ids.year")), {2025})
            self.assertEqual(len(partners.crm_fact_newest_ids), 2 * size)
            return self.cr.sql_log_count - before

        count(1)  # fills the caches of the registry
        self.assertEqual(count(10), count(200))

    def test_bad_facts_are_refused(self):
        bad = [
            (self.company_partner, self.employees, 2027, 5, "between 1900 and 2026"),
            (self.company_partner, self.employees, 2025, -5, "Employees of a company cannot be negative"),
            (self.company_partner, self.high, 2025, 5, "High is not a company figure"),
            (self.single, self.employees, 2025, 5, "Ion Popescu is a person"),
        ]
        for partner, kind, year, value, message in bad:
            with self.assertRaisesRegex(ValidationError, message), self.cr.savepoint():
                self._create_fact(partner, kind, year, value)
        partners = self.company_partner | self.single
        self.assertFalse(self.env["crm.company.fact"].search([("partner_id", "in", partners.ids)]))

    def test_completeness(self):
        self.env["crm.profile.item"].search([]).unlink()
        self.env["crm.profile.item"].create(
            [
                {"field_name": "email", "applies_to": "any", "weight": 2},
                {"field_name": "birthdate_date", "applies_to": "person"},
                {"field_name": "crm_hobby_ids", "applies_to": "person"},
                {"field_name": "crm_income_id", "applies_to": "person", "weight": 4},
                {"field_name": "crm_fact_ids", "applies_to": "company", "weight": 2},
            ]
        )
        person = self._create_partner(
            "Known", email="known@example.com", birthdate_date="1980-01-01", crm_income_id=self.high.id
        )
        company = self._create_partner("Firm", is_company=True)
        self._create_fact(company, self.employees, 2025, 3)
        both = person | company
        # the income counts only for those who may see it
        self.assertEqual(both.with_user(self.agent).mapped("crm_profile_percent"), [75, 50])
        self.assertEqual(both.with_user(self.confidant).mapped("crm_profile_percent"), [87, 50])

        def found(user, *leaf):
            domain = [("id", "in", both.ids), ("crm_profile_percent", *leaf)]
            return self.env["res.partner"].with_user(user).search(domain)

        self.assertEqual(found(self.agent, "<", 75), company)
        self.assertEqual(found(self.agent, ">=", 75), person)
        self.assertEqual(found(self.agent, "=", 75), person)
        self.assertFalse(found(self.agent, "=", 87))
        self.assertEqual(found(self.confidant, "=", 87), person)
        self.assertEqual(found(self.agent, "!=", 50), person)
        self.env["crm.profile.item"].search([]).unlink()
        self.env.invalidate_all()
        self.assertEqual(both.mapped("crm_profile_percent"), [0, 0])
        self.assertEqual(found(self.agent, "=", 0), both)

    def test_completeness_search_equals_the_computed_value(self):
        partners = self.env["res.partner"].with_user(self.agent).search([])
        for limit in (10, 40, 60):
            self.assertEqual(
                partners.search([("crm_profile_percent", "<", limit)]),
                partners.filtered(lambda partner, limit=limit: partner.crm_profile_percent < limit),
            )

    def test_form(self):
        """Odoo's own properties are on the form beside the profile, for facts that only one business has."""
        form = Form(self.env["res.partner"].with_user(self.agent), view="base.view_partner_form")
        self.assertIn("properties", form._view["fields"])
        self.assertNotIn("crm_income_id", form._view["fields"])
        form.name = "Maja Novak"
        form.birthdate_date = date(1995, 5, 5)
        partner = form.save()
        self.assertEqual(partner.age, 30)
        form = Form(self.single.with_user(self.confidant), view="base.view_partner_form")
        form.crm_income_id = self.high
        form.save()
        self.assertEqual(self.single.crm_income_id, self.high)

    def test_unlink_takes_the_profile_along(self):
        partner = self._create_partner("Short-lived", is_company=True)
        self._create_fact(partner, self.employees, 2025, 3)
        self.env["crm.partner.child"].create({"partner_id": partner.id, "birth_year": 2015})
        partner.unlink()
        self.assertFalse(self.env["crm.partner.child"].search([("partner_id", "=", partner.id)]))
        with self.assertRaises(AccessError):
            self.single.with_user(self.agent).unlink()


@tagged("post_install", "-at_install")
class TestProfileRights(ProfileCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.single.write({"crm_income_id": cls.high.id, "nationality_id": cls.env.ref("base.ro").id})
        cls.env["crm.partner.child"].create({"partner_id": cls.single.id, "birth_year": 2015})

    def test_sensitive_fields_are_closed(self):
        """Read, search, grouping, sorting and export are refused without the group, to managers and auditors too."""
        for user in (self.agent, self.manager, self.auditor, self.clerk):
            user.group_ids |= self.env.ref("base.group_allow_export")
            partner = self.single.with_user(user)
            described = partner.fields_get()
            for name in SENSITIVE_FIELDS:
                self.assertNotIn(name, described)
                with self.assertRaises(AccessError):
                    partner.read([name])
                with self.assertRaises(AccessError):
                    partner.search([(name, "!=", False)])
                with self.assertRaises(AccessError):
                    partner.export_data([name])
            for name in ("nationality_id", "crm_income_id"):
                with self.assertRaises(AccessError):
                    partner.read_group([], ["__count"], [name])
                with self.assertRaises(AccessError):
                    partner._read_group([], [name], ["__count"])
                with self.assertRaises(AccessError):
                    partner.formatted_read_group([], [name], ["__count"])
                with self.assertRaises(AccessError):
                    partner.search([], order=name)
                with self.assertRaises(AccessError), self.cr.savepoint():
                    partner.write({name: False})
            with self.assertRaises(AccessError):
                partner.env["crm.partner.child"].search([])
        self.env.invalidate_all()
        self.assertEqual(self.single.crm_income_id, self.high)

    def test_sensitive_fields_are_open_with_the_group(self):
        self.confidant.group_ids |= self.env.ref("base.group_allow_export")
        partner = self.single.with_user(self.confidant)
        self.assertEqual(partner.crm_income_id, self.high)
        self.assertEqual(partner.crm_child_count, 1)
        self.assertEqual(partner.search([("crm_income_id", "=", self.high.id), ("id", "=", partner.id)]), partner)
        self.assertEqual(partner.export_data(["crm_income_id"])["datas"], [["High"]])

    def test_income_does_not_leak_through_the_choice(self):
        """The choices can be read by everybody; who chose them cannot be reached from there."""
        tags = self.env["crm.profile.tag"]
        back = [field.name for field in tags._fields.values() if field.comodel_name == "res.partner"]
        self.assertEqual(back, [])

    def test_portal_sees_no_profile(self):
        portal = new_test_user(self.env, login="crm_portal", groups="base.group_portal")
        for name in ("birthdate_date", "crm_hobby_ids", "crm_fact_ids", "crm_profile_percent"):
            with self.assertRaises(AccessError):
                portal.partner_id.with_user(portal).read([name])

    def test_facts_by_user(self):
        fact = self._create_fact(self.company_partner, self.employees, 2025, 3)
        fact.with_user(self.agent).value = 4
        self.assertEqual(fact.with_user(self.auditor).value, 4)
        for user in (self.auditor, self.clerk):
            with self.assertRaises(AccessError), self.cr.savepoint():
                fact.with_user(user).value = 5
        self.env.invalidate_all()
        self.assertEqual(fact.value, 4)
        with self.assertRaises(AccessError):
            self.env["crm.profile.tag"].with_user(self.agent).search([], limit=1).name = "Renamed"
        self.env["crm.profile.tag"].with_user(self.manager).create({"kind": "sport", "name": "Chess boxing"})

    def test_company(self):
        other = self.env["res.company"].create({"name": "Another company"})
        fact = self._create_fact(
            self._create_partner("Theirs", is_company=True, company_id=other.id), self.employees, 2025, 3
        )
        child = self.env["crm.partner.child"].create(
            {"partner_id": self._create_partner("Their parent", company_id=other.id).id, "birth_year": 2012}
        )
        confidant = fact.with_user(self.confidant).env
        self.assertFalse(confidant["crm.company.fact"].search([("id", "=", fact.id)]))
        self.assertFalse(confidant["crm.partner.child"].search([("id", "=", child.id)]))
        with self.assertRaises(AccessError):
            fact.with_user(self.confidant).read(["value"])

    def test_merge_keeps_what_the_merging_user_may_not_see(self):
        merger = self._create_user("merger", "crm_relations.group_manager,base.group_partner_manager")
        kept = self._create_partner("Ion Popescu", email="same@example.com")
        self.single.email = "same@example.com"
        self.env["crm.partner.attitude"].create({"partner_id": self.single.id, "note": "Friendly"})
        wizard = self.env["base.partner.merge.automatic.wizard"].with_user(merger)
        wizard._merge((kept | self.single).ids, kept.with_user(merger))
        self.env.invalidate_all()
        self.assertFalse(self.single.exists())
        self.assertEqual((kept.crm_income_id, kept.nationality_id), (self.high, self.env.ref("base.ro")))
        self.assertEqual(kept.crm_child_ids.birth_year, 2015)
        self.assertEqual(kept.crm_attitude_ids.note, "Friendly")


@tagged("post_install", "-at_install")
class TestIndustryCode(ProfileCommon):
    def test_official_counts(self):
        """Sections, divisions, groups and classes as their publishers give them.

        NACE Rev. 2: Regulation (EC) No 1893/2006; NACE Rev. 2.1: Delegated Regulation (EU) 2023/137; ISIC Rev. 4:
        UN Statistical Papers M/4/Rev.4; SIC 1987: ten divisions and nonclassifiable establishments.
        """
        expected = {
            "nace_2": [21, 88, 272, 615],
            "nace_21": [22, 87, 287, 651],
            "isic_4": [21, 88, 238, 419],
            "sic": [11, 83, 416, 1005],
        }
        codes = self.env["crm.industry.code"]
        for scheme, counts in expected.items():
            level = codes.search([("scheme", "=", scheme), ("parent_id", "=", False)])
            found = []
            while level:
                found.append(len(level))
                level = codes.search([("parent_id", "in", level.ids)])
            self.assertEqual(found, counts, scheme)

    def test_search(self):
        codes = self.env["crm.industry.code"].with_user(self.agent)

        def first(text):
            return codes.browse([found[0] for found in codes.name_search(text, limit=20)]).mapped(
                lambda code: (code.scheme, code.code)
            )

        self.assertIn(("nace_21", "62.10"), first("62.10"))
        self.assertIn(("nace_21", "62.10"), first("6210"))
        self.assertIn(("nace_2", "62.01"), first("J6201"))
        self.assertIn(("nace_2", "01.21"), first("growing of grapes"))
        self.assertEqual(first("no such industry"), [])

    def test_correspondence_reads_from_both_sides(self):
        codes = self.env["crm.industry.code"]

        def code(scheme, number):
            return codes.search([("scheme", "=", scheme), ("code", "=", number)])

        self.assertIn(code("nace_2", "62.01"), code("nace_21", "62.10").match_ids)
        self.assertIn(code("nace_21", "62.10"), code("nace_2", "62.01").match_ids)
        self.assertIn(code("isic_4", "6201"), code("nace_2", "62.01").match_ids)
        self.assertIn(code("isic_4", "0111"), code("sic", "0111").match_ids)

    def test_customers_by_section(self):
        codes = self.env["crm.industry.code"]
        section = codes.search([("scheme", "=", "nace_21"), ("code", "=", "A")])
        grapes = codes.search([("scheme", "=", "nace_21"), ("code", "=", "01.21")])
        programming = codes.search([("scheme", "=", "nace_21"), ("code", "=", "62.10")])
        self.company_partner.with_user(self.agent).write(
            {"crm_industry_code_id": grapes.id, "crm_industry_code_ids": [Command.set(programming.ids)]}
        )
        partners = self.env["res.partner"].with_user(self.agent)
        self.assertEqual(
            partners.search([("crm_industry_code_id", "child_of", section.id), ("id", "=", self.company_partner.id)]),
            self.company_partner,
        )
        self.assertEqual(
            partners.search([("crm_industry_code_ids", "child_of", programming.parent_id.id)]), self.company_partner
        )

    def test_bad_codes_are_refused(self):
        codes = self.env["crm.industry.code"]
        wine, isic = codes.search([("scheme", "=", "nace_21"), ("code", "=", "11.02")]), codes.search(
            [("scheme", "=", "isic_4"), ("code", "=", "110")]
        )
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.cr.savepoint():
            codes.create({"scheme": "nace_21", "code": "11.02", "name": "Wine again"})
        with self.assertRaisesRegex(ValidationError, "another classification"), self.cr.savepoint():
            wine.parent_id = isic
        with self.assertRaisesRegex(UserError, "part of itself|Recursion|recursive"), self.cr.savepoint():
            wine.parent_id = wine

    def test_loading_again_changes_nothing(self):
        codes = self.env["crm.industry.code"]
        wine = codes.search([("scheme", "=", "nace_21"), ("code", "=", "11.02")])
        wine.name = "Wine as we call it"
        before = codes.search_count([])
        codes._load_catalogue()
        self.assertEqual(codes.search_count([]), before)
        self.assertEqual(wine.name, "Wine as we call it")
