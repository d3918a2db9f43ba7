from datetime import datetime, timedelta

from odoo import Command, fields
from odoo.tests import tagged

from .test_alert import AlertCommon


@tagged("post_install", "-at_install")
class TestAlertCompany(AlertCommon):
    """A customer whom several companies share: an alert names a document of one of them."""

    def test_only_those_of_the_company_see_what_the_alert_names(self):
        there = self.env["res.company"].create({"name": "There"})
        them = self._create_user(
            "them", "crm_relations.group_user", company_id=there.id, company_ids=[Command.set(there.ids)]
        )
        today = fields.Date.today()
        values = {
            "confirmed_on": today - timedelta(days=60),
            "date": datetime.now() - timedelta(days=60),
            "review_by": today - timedelta(days=1),
        }
        here = self._create_need(self.person, statement="Barrels for here", company_id=self.env.company.id, **values)
        away = self._create_need(
            self.person, statement="Barrels for there", company_id=there.id, user_id=them.id, **values
        )
        rule = self._rule(condition="review", days=0, domain="[]")
        rule.owner_id = self.agent
        self._run_cron()
        alerts = self._alerts(rule)
        self.assertEqual({alert.company_id: alert.user_id for alert in alerts}, {
            here.company_id: self.agent, away.company_id: them,
        })
        for user, word in ((self.agent, "here"), (self.supervisor, "here"), (them, "there")):
            with self.subTest(user=user.name):
                self.env.invalidate_all()
                person = self.person.with_user(user)
                self.assertEqual(person.crm_alert_count, 1)
                self.assertIn(f"Barrels for {word}", person.crm_alert_ids.display_name)
                (card,) = person.crm_360()
                self.assertEqual([word in alert["text"] for alert in card["alerts"]], [True])

    def test_nobody_of_another_company_is_told(self):
        """Without anybody of that company there is an alert, and no activity that the others could read."""
        there = self.env["res.company"].create({"name": "There"})
        today = fields.Date.today()
        self._create_need(
            self.person, company_id=there.id, user_id=False, review_by=today - timedelta(days=1),
            confirmed_on=today - timedelta(days=60), date=datetime.now() - timedelta(days=60),
        )  # fmt: skip
        rule = self._rule(condition="review", days=0, domain="[]")
        rule.owner_id = self.agent
        self._run_cron()
        alert = self._alerts(rule)
        self.assertEqual((alert.company_id, alert.user_id.id), (there, False))
        self.assertFalse(self._activities(self.person))
