from datetime import timedelta

from odoo import Command, fields
from odoo.tests import new_test_user, tagged

from .common import RfmCommon


@tagged("post_install", "-at_install")
class TestAlertRule(RfmCommon):
    @classmethod
    def get_default_groups(cls):
        return super().get_default_groups() | cls.quick_ref("crm_relations.group_manager")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.alert.rule"].search([]).active = False
        cls.watcher = new_test_user(
            cls.env(su=True),
            login="rfm_watcher",
            groups="crm_relations.group_manager",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        cls.rule = (
            cls.env["crm.alert.rule"]
            .with_user(cls.watcher)
            .create({"name": "Quiet", "condition": "valuable_quiet", "days": 60})
        )
        cls.good, cls.small = cls._create_customer("Good"), cls._create_customer("Small")
        cls.segment = cls.env["crm.rfm.segment"].search([("kind", "=", "grid")], limit=1)
        for partner, value in ((cls.good, 4), (cls.small, 3)):
            cls._score_row(partner, value)
            cls._contact(partner, 90)

    @classmethod
    def _score_row(cls, partner, value):
        # sudo: scores are written by the runs only
        return (
            cls.env["crm.rfm.score"]
            .sudo()
            .create(
                {
                    "model_id": cls.rfm.id,
                    "partner_id": partner.id,
                    "segment_id": cls.segment.id,
                    "last_date": "2024-06-01",
                    "frequency": value,
                    "r_score": 1,
                    "f_score": value,
                    "m_score": value,
                    "fm_score": value,
                }
            )
        )

    @classmethod
    def _contact(cls, partner, days_ago):
        return (
            cls.env["crm.interaction"]
            .sudo()
            .create(
                {
                    "partner_id": partner.id,
                    "outcome": "Talked",
                    "date": fields.Datetime.now() - timedelta(days=days_ago),
                    "company_id": cls.company.id,
                }
            )
        )

    def _alerts(self):
        self.rule.action_evaluate()
        return self.env["crm.alert"].sudo().search([("rule_id", "=", self.rule.id), ("state", "=", "open")])

    def test_valuable_and_quiet(self):
        self.assertEqual(self._alerts().partner_id, self.good)
        self._contact(self.good, 1)
        self.assertFalse(self._alerts())

    def test_never_spoken_with_is_not_quiet(self):
        self._score_row(self._create_customer("Silent"), 5)
        self.assertEqual(self._alerts().partner_id, self.good)

    def test_best_two_fifths_of_ten_bands(self):
        self.env.flush_all()
        self.env.cr.execute("UPDATE crm_rfm_model SET band_count = 10 WHERE id = %s", [self.rfm.id])
        self.env.invalidate_all()
        score = self.env["crm.rfm.score"].sudo().search([("partner_id", "=", self.good.id)])
        score.fm_score = 7
        self.assertEqual(self._alerts().partner_id, self.good)
        score.fm_score = 6
        self.assertFalse(self._alerts())

    def test_the_number_of_bands_counts(self):
        # by hand: changing the definition would drop the scores until the next run
        self.env.flush_all()
        self.env.cr.execute("UPDATE crm_rfm_model SET band_count = 4 WHERE id = %s", [self.rfm.id])
        self.env.invalidate_all()
        self.assertEqual(self._alerts().partner_id, self.good)
        self.env["crm.rfm.score"].sudo().search([("partner_id", "=", self.good.id)]).fm_score = 3
        self.assertFalse(self._alerts())

    def test_models_not_in_use_and_of_other_companies(self):
        self.rfm.sudo().active = False
        self.assertFalse(self._alerts())
        self.rfm.sudo().active = True
        elsewhere = self.env["res.company"].sudo().create({"name": "Elsewhere"})
        self.watcher.sudo().write({"company_ids": [Command.set(elsewhere.ids)], "company_id": elsewhere.id})
        self.assertFalse(self._alerts())

    def test_ready_made_rule(self):
        ready = self.env.ref("crm_rfm.alert_rule_valuable_quiet")
        self.assertEqual((ready.condition, ready.days), ("valuable_quiet", 60))
