from datetime import timedelta

from psycopg2 import IntegrityError

from odoo import fields
from odoo.addons.crm_erp_bridge.tests.remedy_common import RemedyCommon
from odoo.tests import tagged
from odoo.tools import mute_logger


@tagged("post_install", "-at_install")
class TestVoucher(RemedyCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        programs = cls.env["loyalty.program"].sudo()
        cls.program = programs.create(
            {"name": "Gift cards", "program_type": "gift_card", "currency_id": cls.company.currency_id.id}
        )
        cls.company.crm_voucher_program_id = cls.program

    def _cards(self, remedy):
        return self.env["loyalty.card"].sudo().search([("crm_remedy_id", "=", remedy.id)])

    def test_voucher(self):
        self.company.crm_voucher_days = 365
        remedy = self._carried_out(self._remedy(kind="voucher", amount=25))
        card = self._cards(remedy)
        self.assertEqual((remedy.state, remedy.error), ("done", False))
        self.assertEqual((card.points, card.partner_id, card.program_id), (25, self.customer, self.program))
        self.assertEqual(card.expiration_date, fields.Date.context_today(card) + timedelta(days=365))
        self.assertEqual((remedy.result_label, self.complaint.remedy_cost), (card.display_name, 25))

    def test_the_agent_has_no_right_on_cards(self):
        self.assertFalse(self.env["loyalty.card"].with_user(self.agent).has_access("read"))
        self.assertEqual(self._carried_out(self._remedy(kind="voucher", amount=25)).state, "done")

    def test_once(self):
        remedy = self._carried_out(self._remedy(kind="voucher", amount=25))
        remedy.action_execute()
        card = self._cards(remedy)
        self.assertEqual(len(card), 1)
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            card.copy({"code": "once-more"}).crm_remedy_id = remedy
            self.env.flush_all()

    def test_a_deleted_card_is_given_again(self):
        remedy = self._carried_out(self._remedy(kind="voucher", amount=25))
        self._cards(remedy).unlink()
        self.assertEqual((remedy.state, remedy.error), ("failed", "The voucher was deleted."))
        self.assertEqual(self.complaint.remedy_cost, 0)
        remedy.action_execute()
        self.assertEqual((remedy.state, self._cards(remedy).points), ("done", 25))

    def test_another_currency_is_refused(self):
        self.program.currency_id = self.setup_other_currency("EUR")
        remedy = self._carried_out(self._remedy(kind="voucher", amount=25))
        self.assertEqual((remedy.state, len(self._cards(remedy))), ("failed", 0))
        self.assertIn("is in EUR", remedy.error)

    def test_empty_setting(self):
        """The only program is taken; of several none is guessed."""
        self.company.crm_voucher_program_id = False
        programs = self.env["loyalty.program"].sudo()
        (programs.search([("program_type", "=", "gift_card")]) - self.program).active = False
        self.assertEqual(self._cards(self._carried_out(self._remedy(kind="voucher", amount=25))).points, 25)
        programs.create(
            {"name": "Christmas cards", "program_type": "gift_card", "currency_id": self.company.currency_id.id}
        )
        remedy = self._carried_out(self._remedy(kind="voucher", amount=10))
        self.assertEqual((remedy.state, len(self._cards(remedy))), ("failed", 0))
        for name in (self.program.name, "Christmas cards", "Settings"):
            self.assertIn(name, remedy.error)

    def test_without_a_program(self):
        self.company.crm_voucher_program_id = False
        self.env["loyalty.program"].sudo().search([("program_type", "=", "gift_card")]).active = False
        remedy = self._carried_out(self._remedy(kind="voucher", amount=25))
        self.assertIn("There is no gift card program", remedy.error)
