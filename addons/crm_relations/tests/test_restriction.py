from datetime import date

from dateutil.relativedelta import relativedelta

from odoo import fields
from odoo.tests import tagged

from .privacy_common import PrivacyCommon


@tagged("post_install", "-at_install")
class TestRestriction(PrivacyCommon):
    """A restricted customer is seen, but no nightly job touches what belongs to them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.both = cls.single | cls.person
        cls.single.sudo().crm_restricted = True

    def test_retention_leaves_them_alone(self):
        old = fields.Datetime.now() - relativedelta(years=9)
        notes = [self._create_interaction(one, outcome="Likes red", date=old) for one in self.both]
        period = self.env["crm.privacy.retention"].with_context(active_test=False).search(
            [("category", "=", "interaction")], limit=1
        )
        period.write({"active": True, "months": 36})
        with self.enter_registry_test_mode():
            self.env.ref("crm_relations.ir_cron_privacy_retention").method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual([note.outcome for note in notes], ["Likes red", False])

    def test_their_needs_do_not_lapse(self):
        needs = self.env["crm.need"].create(
            [{"partner_id": one.id, "statement": "A press", "date_wanted": date(2020, 1, 1), "confirmed_on": False,
              "date": "2019-12-01"} for one in self.both]
        )
        with self.enter_registry_test_mode():
            self.env.ref("crm_relations.ir_cron_need_lapse").method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(needs.mapped("state"), ["open", "lapsed"])

    def test_they_neither_come_into_a_group_nor_leave_it(self):
        group = self.env["crm.customer.group"].create(
            {"name": "These", "kind": "dynamic", "domain": repr([("id", "in", self.both.ids)])}
        )
        group._refresh_members()
        self.assertEqual(group.member_ids.partner_id, self.person)
        self.single.sudo().crm_restricted = False
        group._refresh_members()
        self.assertEqual(group.member_ids.partner_id, self.both)
        self.single.sudo().crm_restricted = True
        group.domain = repr([("id", "=", self.company_partner.id)])
        group._refresh_members()
        self.assertEqual(group.member_ids.partner_id, self.single | self.company_partner)

    def test_no_sender_reaches_them_for_advertising(self):
        for channel in ("email", "phone", "sms", "letter"):
            with self.subTest(channel):
                self.assertEqual(self._effect(self.single, channel, "marketing"), "refuse")
