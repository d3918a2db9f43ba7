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

    def test_seller_sees_own_and_unassigned_customers(self):
        data = self._overview(self.seller)
        self.assertEqual(sum(cell["count"] for cell in data["cells"]), 9)
        self.assertEqual([round(item["share"], 4) for item in data["tenths"][:1]], [0.1111])
        with self.assertRaises(AccessError):
            self._overview(self.nobody)

    def test_nothing_computed(self):
        self.env["crm.rfm.model"].sudo().search([]).write({"computed_at": False})
        self.assertFalse(self._overview(self.reader)["model_id"])

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
