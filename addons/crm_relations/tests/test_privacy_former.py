from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .call_common import CallCommon
from .privacy_common import PrivacyCommon
from .test_privacy_erase import find_everywhere

NAME, EMAIL, PHONE = "Zdenka Petrovičová", "zdenka@petrovicova.example.com", "+421 2 5544 3322"
FORMER, FORMER_EMAIL = "Zdenka Hrubšová", "zdenka@hrubsova.example.com"


@tagged("post_install", "-at_install")
class TestPrivacyFormer(PrivacyCommon, CallCommon):
    """What an erasure finds beyond the customer's own rows, and what it leaves alone."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._create_partner(FORMER, email=FORMER_EMAIL, phone=PHONE)

    def _renamed(self, tracked):
        """The customer takes another name; the history of the contact or the audit log knows the former one."""
        values = {"name": NAME, "email": EMAIL}
        if tracked:
            self.env.flush_all()
            self.cr.precommit.run()
            self.customer.with_context(tracking_disable=False, mail_notrack=False).write(values)
            self.env.flush_all()
            self.cr.precommit.run()
        else:
            partners = self.env["ir.model"]._get("res.partner")
            rules = self.env["crm.audit.rule"].with_context(active_test=False)
            rule = rules.search([("model_id", "=", partners.id)])
            if rule:
                rule.active = True
            else:
                rules.create({"model_id": partners.id})
            self.customer.with_context(tracking_disable=True).write(values)
            self.env.flush_all()

    def _erase(self):
        self._identified("erasure", partner=self.customer).action_answer()
        self.env["mail.mail"].sudo().search([("email_to", "ilike", EMAIL)]).unlink()  # as when it is sent

    def test_former_names_of_the_history_go(self):
        self._renamed(tracked=True)
        self.single.message_post(body=f"{FORMER} ({FORMER_EMAIL}) sent me")
        self.assertIn("mail_message", find_everywhere(self.env, [FORMER, FORMER_EMAIL]))
        self._erase()
        self.assertEqual(find_everywhere(self.env, [NAME, EMAIL, FORMER, FORMER_EMAIL]), {})

    def test_former_names_of_the_audit_log_go(self):
        self._renamed(tracked=False)
        note = self._create_interaction(self.single, outcome=f"Sent by {FORMER}, {FORMER_EMAIL}")
        self.assertEqual(set(find_everywhere(self.env, [FORMER])), {"crm_interaction", "crm_audit_payload"})
        self._erase()
        self.assertEqual(note.outcome, "Sent by Erased, Erased")
        self.assertEqual(find_everywhere(self.env, [NAME, EMAIL, FORMER, FORMER_EMAIL]), {})

    def test_a_former_name_that_somebody_else_bears_stays_theirs(self):
        self._renamed(tracked=True)
        self._create_partner(FORMER)
        note = self._create_interaction(self.single, outcome=f"Met {FORMER}")
        self._erase()
        self.assertEqual(note.outcome, f"Met {FORMER}")

    def test_an_address_that_only_resembles_another_one_goes(self):
        """An underscore is no wildcard."""
        self.customer.email = "zdenka_h@example.com"
        self._create_partner("Another", email="zdenka.h@example.com")
        note = self._create_interaction(self.single, outcome="Wrote zdenka_h@example.com and zdenka.h@example.com")
        self._erase()
        self.assertEqual(note.outcome, "Wrote Erased and zdenka.h@example.com")

    def test_an_address_and_a_number_that_others_have_are_not_closed_to_them(self):
        """A colleague with the number of the house is erased: the house is still called and written to."""
        self.company_partner.write({"email": "house@example.com", "phone": "+386 1 555 00 99"})
        self.customer.write(
            {"parent_id": self.company_partner.id, "email": "house@example.com", "phone": "+386 1 555 00 99"}
        )
        self._erase()
        effects = [self._effect(self.company_partner, channel, "sales", at=None) for channel in ("email", "phone")]
        self.assertEqual(effects, ["allow", "allow"])

    def test_calls_stay_as_numbers(self):
        """Wallboard and reports count the same before and after; nothing says any more who called."""
        lost, answered = self._call(PHONE, ago=50), self._call(PHONE, ago=40)
        lost._record("lost")
        answered._record("ringing", self.first)
        answered._record("answered", self.first)
        answered._record("ended", self.first)
        self.assertEqual((lost | answered).partner_id, self.customer)
        callback = self.env["crm.callback"].search([("lost_call_id", "=", lost.id)])
        self.assertEqual((callback.state, callback.call_ids.state), ("waiting", "queued"))

        def board():
            self.env.flush_all()
            self.env.invalidate_all()
            [row] = [one for one in self.env["crm.call.queue"].with_user(self.supervisor).wallboard()["queues"]
                     if one["id"] == self.queue.id]
            return {name: row["figures"][name] for name in ("offered", "answered", "lost", "asa", "service_level")}

        before = board()
        self.assertEqual((before["offered"], before["answered"], before["lost"]), (2, 1, 1))
        self._erase()
        self.assertEqual(board(), before)
        self.assertEqual((lost | answered).mapped("number"), [False, False])
        self.assertEqual((lost | answered).event_ids.filtered("number"), self.env["crm.call.event"])
        self.assertEqual((callback.state, callback.call_ids.state), ("cancelled", "cancelled"))
        self.assertEqual(find_everywhere(self.env, ["55443322", "5544 3322"]), {})

    def test_files_of_others_are_shown_not_deleted(self):
        contract = self.env["ir.attachment"].create(
            {"name": "contract.txt", "raw": f"Between us and {FORMER}".encode(), "res_model": "res.partner",
             "res_id": self.single.id, "mimetype": "text/plain"}
        )  # fmt: skip
        request = self._identified("erasure", partner=self.customer)
        request.action_answer()
        self.assertTrue(contract.exists())
        self.assertIn(f"/web/content/{contract.id}", request.report)
        self.assertIn("Please look whether they have to be kept", request.report)

    def test_only_an_officer_sets_a_legal_hold_on_a_new_contact(self):
        values = {"name": "Held", "crm_legal_hold": "Lawsuit 7"}
        partners = self.env["res.partner"]
        for user in (self.agent, self.manager):
            with self.assertRaisesRegex(AccessError, "Only a data protection officer"), self.cr.savepoint():
                partners.with_user(user).create(values)
            with self.assertRaisesRegex(AccessError, "Only a data protection officer"), self.cr.savepoint():
                partners.with_user(user).with_context(default_crm_restricted=True).create({"name": "Held"})
        self.assertFalse(partners.search([("name", "=", "Held")]))
        free = partners.with_user(self.agent).create({"name": "Free", "crm_legal_hold": False})
        self.assertFalse(free.crm_legal_hold)
        self.officer.group_ids += self.env.ref("crm_relations.group_user")
        self.assertEqual(partners.with_user(self.officer).create(values).crm_legal_hold, "Lawsuit 7")

    def test_a_callback_asked_for_is_not_made_any_more(self):
        callback, new = self.env["crm.callback"]._ask(
            {"queue_id": self.queue.id, "partner_id": self.customer.id, "note": f"{FORMER} about wine",
             "date_from": fields.Datetime.add(fields.Datetime.now(), days=1)}
        )  # fmt: skip
        self.assertTrue(new)
        self._erase()
        self.assertEqual((callback.state, callback.note, callback.number), ("cancelled", False, "Erased"))
        self.assertEqual(self.env["crm.call"]._claim(self.first), self.env["crm.call"])
