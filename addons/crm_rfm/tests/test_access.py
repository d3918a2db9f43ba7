from odoo import Command
from odoo.addons.crm_rfm.tests.common import AS_OF, RfmCommon
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger


@tagged("post_install", "-at_install")
class TestAccess(RfmCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mine = cls._create_customer("Mine", user_id=cls.seller.id)
        cls.theirs = cls._create_customer("Theirs", user_id=cls.reader.id)
        cls.unassigned = cls._create_customer("Unassigned")
        for customer in (cls.mine, cls.theirs, cls.unassigned):
            cls._create_rfm_invoice(customer, "2024-12-01", 100)
        cls.rfm.with_user(cls.manager).action_compute(AS_OF)

    def _seen(self, user):
        scores = self.env["crm.rfm.score"].with_user(user).search([("model_id", "=", self.rfm.id)])
        return set(scores.sudo().partner_id.mapped("name"))

    def test_who_sees_which_scores(self):
        self.assertEqual(self._seen(self.seller), {"Mine", "Unassigned"})
        for user in (self.reader, self.manager, self.auditor):
            with self.subTest(user=user.login):
                self.assertEqual(self._seen(user), {"Mine", "Theirs", "Unassigned"})
        with self.assertRaises(AccessError):
            self._seen(self.nobody)

    def test_seller_sees_only_own_customers_in_groups_of_customers(self):
        """Grouping customers by segment joins the scores: their rules hold there too."""
        domain = [("id", "in", (self.mine + self.theirs + self.unassigned).ids)]
        Partner = self.env["res.partner"].with_user(self.seller)
        groups = Partner._read_group(domain, ["rfm_segment_id"], ["__count"])
        self.assertEqual([(segment.code, count) for segment, count in groups], [("new", 2), (False, 1)])
        self.assertEqual(Partner.search([*domain, ("rfm_segment_id", "=", False)]).ids, self.theirs.ids)
        self.assertFalse(self.theirs.with_user(self.seller).rfm_score_id)
        self.assertEqual(self.mine.with_user(self.seller).rfm_code, "5-1-1")

    def test_customer_fields_are_closed_to_others(self):
        for name in ("rfm_segment_id", "rfm_code", "rfm_monetary", "rfm_explanation"):
            with self.subTest(name=name), self.assertRaises(AccessError):
                self.mine.with_user(self.nobody).read([name])
        with self.assertRaises(AccessError):
            self.env["res.partner"].with_user(self.nobody).search([("rfm_segment_id", "!=", False)])
        with self.assertRaises(AccessError):
            self.env["res.partner"].with_user(self.nobody)._read_group([], ["rfm_segment_id"], ["__count"])

    def test_only_managers_compute(self):
        before = self._stored()
        self._create_rfm_invoice(self.mine, "2024-12-02", 100)
        for user in (self.seller, self.reader, self.auditor, self.nobody):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.rfm.with_user(user).action_compute(AS_OF)
        self.assertEqual(self._stored(), before)

    def test_scores_are_written_by_nobody(self):
        score = self._score(self.mine)
        for user in (self.seller, self.reader, self.manager, self.auditor):
            with self.subTest(user=user.login):
                with self.assertRaises(AccessError):
                    score.with_user(user).write({"monetary": 10**6})
                with self.assertRaises(AccessError):
                    score.with_user(user).unlink()
                with self.assertRaises(AccessError):
                    score.with_user(user).copy()
        self.assertEqual(score.monetary, 100)

    def test_definitions_are_read_only_below_manager(self):
        for user in (self.seller, self.reader, self.auditor):
            for record in (self.rfm, self.rfm.cell_ids[0], self.rfm.band_ids[0], self.env.ref("crm_rfm.segment_new")):
                with self.subTest(user=user.login, record=record._name):
                    record.with_user(user).read()
                    with self.assertRaises(AccessError):
                        record.with_user(user).write({"id": record.id})
                    with self.assertRaises(AccessError):
                        record.with_user(user).unlink()

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_model_of_a_company_that_the_user_may_not_see(self):
        other = self.setup_other_company(name="Other company")["company"]
        self.manager.company_ids = [Command.link(other.id)]
        model = self._create_model(name="Other", company_id=other.id)
        self._compute(model.with_context(allowed_company_ids=[self.company.id, other.id]))
        self.manager.company_ids = [Command.unlink(other.id)]
        self.env.invalidate_all()
        computed_at = model.sudo().computed_at
        for record in (model, model.sudo().cell_ids[0], model.sudo().band_ids[0]):
            with self.subTest(record=record._name), self.assertRaises(AccessError):
                record.with_user(self.manager).read()
        with self.assertRaises(AccessError):
            model.with_user(self.manager).action_compute(AS_OF)
        with self.assertRaises(AccessError):
            self._create_model(name="Foreign", company_id=other.id)
        self.assertEqual(model.sudo().computed_at, computed_at)
        self.assertNotIn(model.id, self.env["crm.rfm.model"].with_user(self.manager).search([]).ids)
