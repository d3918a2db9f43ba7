from odoo.addons.crm_rfm.tests.common import RfmCommon
from odoo.tests import HttpCase, tagged


@tagged("post_install", "-at_install")
class TestTour(RfmCommon, HttpCase):
    """A manager computes a model and sees the score on the customer, on a desktop and on a phone."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rfm.as_of_date = "2024-12-31"
        names = ("Tour Champion", "Tour Middle", "Tour Low")
        cls.champion, middle, low = (cls._create_customer(name) for name in names)
        cls._insert_documents(
            [cls._invoice_row(cls.champion.id, "2024-12-24", 500)] * 9
            + [cls._invoice_row(middle.id, "2024-06-24", 50)] * 2
            + [cls._invoice_row(low.id, "2024-01-24", 5), cls._invoice_row(cls.champion.id, "2024-01-02", 5)]
        )

    def _walk(self):
        login = self.manager.login
        self.start_tour(f"/odoo/action-crm_rfm.crm_rfm_model_action/{self.rfm.id}", "crm_rfm_compute", login=login)
        self.assertEqual(self._score(self.champion).segment_id, self.env.ref("crm_rfm.segment_champions"))
        self.start_tour(f"/odoo/res.partner/{self.champion.id}", "crm_rfm_customer", login=login)
        self.start_tour("/odoo/customer-segments", "crm_rfm_overview", login=login)
        self.start_tour("/odoo/customer-retention", "crm_rfm_retention", login=login)
        for day in ("2024-03-31", "2024-12-31"):
            self.rfm.with_user(self.manager).action_take_snapshot(day)
        self.start_tour("/odoo/customer-movements", "crm_rfm_migration", login=login)
        action = self.env["crm.rfm.action"].create(
            {
                "name": "Call them",
                "model_id": self.rfm.id,
                "to_segment_ids": self._score(self.champion).segment_id.ids,
                "control_percent": 0,
            }
        )
        self.start_tour(f"/odoo/action-crm_rfm.crm_rfm_action_action/{action.id}", "crm_rfm_action", login=login)
        self.assertEqual(action.line_ids.mapped("state"), ["planned"])

    def test_desktop(self):
        self._walk()

    def test_phone(self):
        self.browser_size = "390x844"
        self.touch_enabled = True
        self._walk()
