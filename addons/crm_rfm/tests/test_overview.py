from dateutil.relativedelta import relativedelta

from odoo import Command, fields
from odoo.addons.crm_rfm.tests.common import AS_OF, RfmCommon
from odoo.exceptions import AccessError
from odoo.tests import tagged


@tagged("post_install", "-at_install")
class TestOverview(RfmCommon):
    """The numbers on the screen are those of the scores, within what the user may see."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers = cls.env["res.partner"].create(
            [
                {"name": f"Customer {number:02}", "is_company": True, "country_id": cls.quick_ref("base.be").id}
                for number in range(10)
            ]
        )
        cls.customers[0].write({"user_id": cls.reader.id, "country_id": False})
        # 1000, 100, 100, ...: the best tenth makes more than half
        cls._insert_documents(
            [
                cls._invoice_row(partner.id, "2024-06-06", 100 if index else 1000)
                for index, partner in enumerate(cls.customers)
            ]
        )
        cls.rfm.with_user(cls.manager).action_compute(AS_OF)

    def _overview(self, user):
        return self.env["crm.rfm.model"].with_user(user).get_overview(self.rfm.id)

    def test_numbers(self):
        data = self._overview(self.reader)
        self.assertEqual(data["model_id"], self.rfm.id)
        self.assertEqual(sum(cell["count"] for cell in data["cells"]), 10)
        self.assertEqual(sum(cell["money"] for cell in data["cells"]), 1900)
        self.assertEqual(sum(segment["count"] for segment in data["segments"]), 10)
        self.assertEqual([round(item["share"], 4) for item in data["tenths"][:2]], [0.5263, 0.5789])
        self.assertAlmostEqual(data["tenths"][-1]["share"], 1)
        self.assertEqual(
            [(row["name"], row["count"], row["money"]) for row in data["countries"]],
            [("None", 1, 1000), ("Belgium", 9, 900)],
        )
        self.assertEqual(
            [(row["id"], row["money"]) for row in data["salespeople"]], [(self.reader.id, 1000), (False, 900)]
        )

    def test_models_of_two_companies_can_be_told_apart(self):
        self.assertIn({"id": self.rfm.id, "name": "Test model"}, self._overview(self.reader)["models"])
        other = self.setup_other_company(name="Other company")["company"]
        self.reader.company_ids = [Command.link(other.id)]
        self.manager.company_ids = [Command.link(other.id)]
        model = self._create_model(name="Test model", company_id=other.id)
        model.with_context(allowed_company_ids=other.ids).action_compute(AS_OF)
        reader = self.env["crm.rfm.model"].with_user(self.reader)
        data = reader.with_context(allowed_company_ids=[self.company.id, other.id]).get_overview(self.rfm.id)
        self.assertEqual(
            {item["name"] for item in data["models"]},
            {f"Test model ({self.company.name})", "Test model (Other company)"},
        )

    def test_seller_sees_own_and_unassigned_customers(self):
        data = self._overview(self.seller)
        self.assertEqual(sum(cell["count"] for cell in data["cells"]), 9)
        self.assertEqual([round(item["share"], 4) for item in data["tenths"][:1]], [0.1111])
        with self.assertRaises(AccessError):
            self._overview(self.nobody)

    def test_concentration(self):
        """1000 and five times 100 are less than four fifths of 1900, so it takes seven customers."""
        data = self._overview(self.reader)
        self.assertEqual(data["pareto"], {"share": 0.8, "needed": 7, "customers": 10})
        self.assertEqual([item["lowest"] for item in data["tenths"][:2]], [1000, 100])

    def test_breakdown_by_age_and_hobbies_and_city(self):
        today = fields.Date.context_today(self.rfm)
        hobbies = self.env["crm.profile.tag"].sudo().create(
            [{"name": name, "kind": "hobby"} for name in ("Chess", "Go")]
        )
        self.customers[0].write(
            {"is_company": False, "birthdate_date": today - relativedelta(years=30), "city": "Ghent"}
        )
        self.customers[1].write(
            {"is_company": False, "birthdate_date": today - relativedelta(years=70), "crm_hobby_ids": hobbies.ids}
        )
        model = self.rfm.with_user(self.reader)

        def rows(name):
            return [(row["name"], row["count"], row["money"]) for row in model.get_breakdown(name)]

        self.assertEqual(rows("crm_age_band"), [("25–34", 1, 1000), ("65+", 1, 100), ("Not known", 8, 800)])
        # a customer with two hobbies counts in both
        self.assertEqual(rows("crm_hobby_ids"), [("None", 9, 1800), ("Chess", 1, 100), ("Go", 1, 100)])
        self.assertEqual(rows("city"), [("Ghent", 1, 1000), ("None", 9, 900)])
        # the domain by which the screen opens a row gives the customers of that row
        for name in ("crm_age_band", "crm_hobby_ids", "city"):
            for row in model.get_breakdown(name):
                domain = [("model_id", "=", model.id), ("r_score", ">", 0), (f"partner_id.{name}", "=", row["id"])]
                scores = self.env["crm.rfm.score"].with_user(self.reader).search(domain)
                with self.subTest(name=name, row=row["name"]):
                    self.assertEqual((len(scores), sum(scores.mapped("monetary"))), (row["count"], row["money"]))

    def test_sensitive_breakdowns_only_for_those_who_may_see_them(self):
        income = self.env["crm.profile.tag"].sudo().create({"name": "Much", "kind": "income"})
        self.customers[0].sudo().crm_income_id = income
        names = [item["name"] for item in self._overview(self.reader)["breakdowns"]]
        self.assertIn("crm_age_band", names)
        for name in ("crm_income_id", "nationality_id", "crm_marital_id"):
            self.assertNotIn(name, names)
            with self.assertRaises(AccessError):
                self.rfm.with_user(self.reader).get_breakdown(name)
        # nor any other field by a call from outside
        with self.assertRaises(AccessError):
            self.rfm.with_user(self.reader).get_breakdown("comment")
        self.reader.group_ids += self.quick_ref("crm_relations.group_sensitive")
        self.assertIn("crm_income_id", [item["name"] for item in self._overview(self.reader)["breakdowns"]])
        self.assertEqual(
            [(row["name"], row["count"]) for row in self.rfm.with_user(self.reader).get_breakdown("crm_income_id")],
            [("Much", 1), ("None", 9)],
        )

    def test_data_not_to_be_used_break_nothing_down(self):
        self.env["crm.privacy.field"].sudo().create(
            {"field_id": self.env["ir.model.fields"]._get("res.partner", "city").id, "reason": "For the delivery only"}
        )
        self.assertNotIn("city", [item["name"] for item in self._overview(self.reader)["breakdowns"]])
        with self.assertRaises(AccessError):
            self.rfm.with_user(self.reader).get_breakdown("city")

    def test_nothing_computed(self):
        self.env["crm.rfm.model"].sudo().search([]).write({"computed_at": False})
        self.assertFalse(self._overview(self.reader)["model_id"])

    def test_a_country_not_to_be_used_is_in_no_view_for_bi_tools(self):
        def countries():
            self.env.flush_all()
            self.env.cr.execute(
                "SELECT DISTINCT country_id FROM crm_rfm_bi_customer WHERE model_id = %s AND country_id IS NOT NULL",
                [self.rfm.id],
            )
            return [row[0] for row in self.env.cr.fetchall()]

        score = self.env["crm.rfm.score"].search([("model_id", "=", self.rfm.id)], limit=1)
        score.partner_id.country_id = self.env.ref("base.sk")
        self.assertIn(self.env.ref("base.sk").id, countries())
        # sudo: declared by the privacy officer
        self.env["crm.privacy.field"].sudo().create(
            {"field_id": self.env["ir.model.fields"]._get("res.partner", "country_id").id, "reason": "For bills only"}
        )
        self.assertEqual(countries(), [])

    def test_views_for_bi_tools_equal_the_scores(self):
        self.env.cr.execute(
            "SELECT partner_id, segment_code, recency_days, frequency, monetary, r_score, f_score, m_score"
            " FROM crm_rfm_bi_customer WHERE model_id = %s ORDER BY partner_id",
            [self.rfm.id],
        )
        rows = self.env.cr.fetchall()
        scores = self.env["crm.rfm.score"].search([("model_id", "=", self.rfm.id)], order="partner_id")
        self.assertEqual(
            rows,
            [
                (
                    score.partner_id.id, score.segment_id.code, score.recency_days, score.frequency, score.monetary,
                    score.r_score, score.f_score, score.m_score,
                )
                for score in scores
            ],
        )  # fmt: skip
        self.rfm.with_user(self.manager).action_take_snapshot(AS_OF)
        self.env.cr.execute(
            "SELECT count(*), sum(monetary) FROM crm_rfm_bi_history WHERE model_id = %s AND as_of = %s",
            [self.rfm.id, AS_OF],
        )
        self.assertEqual(self.env.cr.fetchone(), (10, 1900))
