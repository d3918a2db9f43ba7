from datetime import timedelta
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ComplaintsCommon


@tagged("post_install", "-at_install")
class TestRemedy(ComplaintsCommon):
    """Proposed by a clerk, approved by the team leader (100 a case, 300 a year), carried out once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.complaint.remedy.limit"].search([]).active = False
        cls.env["crm.complaint.remedy.policy"].search([]).active = False
        cls.env.flush_all()  # the database sees the old limits gone before the new one comes
        cls.limit = cls.env["crm.complaint.remedy.limit"].create(
            {"group_id": cls.env.ref("crm_complaints.group_user_all").id, "amount_case": 100, "amount_year": 300}
        )
        cls.complaint = cls._complaint()

    def _remedy(self, complaint=None, user=None, **values):
        values = {
            "complaint_id": (complaint or self.complaint).id,
            "kind": "gift",
            "amount": 40,
            "reason": "Late",
            **values,
        }
        return self.env["crm.complaint.remedy"].with_user(user or self.clerk).create(values)

    def _approved(self, **values):
        remedy = self._remedy(**values)
        remedy.with_user(self.lead).action_approve()
        return remedy

    # === APPROVAL === #

    def test_four_eyes(self):
        remedy = self._remedy()
        self.assertEqual((remedy.state, remedy.proposed_by_id), ("proposed", self.clerk))
        remedy.with_user(self.lead).action_approve()
        self.assertEqual((remedy.state, remedy.approved_by_id), ("approved", self.lead))

    def test_never_by_the_proposer(self):
        remedy = self._remedy(user=self.lead)
        with self.assertRaisesRegex(UserError, "proposed by you"):
            remedy.action_approve()
        self.assertEqual((remedy.state, remedy.approved_by_id.id), ("proposed", False))
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            remedy.sudo()._write_step({"approved_by_id": self.lead.id})
            remedy.flush_recordset()

    def test_who_changes_it_becomes_the_proposer(self):
        remedy = self._remedy()
        remedy.with_user(self.lead).amount = 90
        with self.assertRaisesRegex(UserError, "proposed by you"):
            remedy.with_user(self.lead).action_approve()
        self.assertEqual(remedy.state, "proposed")

    def test_a_clerk_has_no_limit(self):
        remedy = self._remedy(user=self.lead)
        remedy.complaint_id.user_id = self.clerk
        with self.assertRaisesRegex(UserError, "no limit for approvals"):
            remedy.with_user(self.clerk).action_approve()
        self.assertEqual(remedy.state, "proposed")

    def test_limit_of_the_case_holds_for_small_payments_together(self):
        self._approved(amount=60)
        remedy = self._remedy(amount=40.01)
        with self.assertRaisesRegex(UserError, "together are more than your role may approve"):
            remedy.with_user(self.lead).action_approve()
        self.assertEqual(remedy.state, "proposed")
        self._approved(amount=40)

    def test_a_batch_counts_its_own(self):
        remedies = self._remedy(amount=60) | self._remedy(amount=60)
        with self.assertRaisesRegex(UserError, "together are more"), self.env.cr.savepoint():
            remedies.with_user(self.lead).action_approve()
        self.assertEqual(remedies.mapped("state"), ["proposed", "proposed"])

    def test_limit_of_the_customer_in_a_year(self):
        """All contacts of one customer together; what was more than a year ago does not count."""
        for index in range(3):
            self._approved(complaint=self._complaint(partner_id=(self.ana | self.acme)[index % 2].id), amount=100)
        remedy = self._remedy(complaint=self._complaint(), amount=1)
        with self.assertRaisesRegex(UserError, "more in a year"):
            remedy.with_user(self.lead).action_approve()
        other = self._approved(complaint=self._complaint(partner_id=self.boris.id), amount=100)
        self.assertEqual(other.state, "approved")
        self.env.flush_all()
        self.env["crm.complaint.remedy"].sudo().search([("state", "=", "approved")])._write_step(
            {"date_approved": fields.Datetime.now() - timedelta(days=366)}
        )
        remedy.with_user(self.lead).action_approve()
        self.assertEqual(remedy.state, "approved")

    def test_limit_of_a_customer_who_is_no_contact(self):
        """Known by the address: to leave the complainant open opens no second purse."""
        def unknown(email):
            return self._complaint(partner_id=False, partner_name="X", email_from=email)

        for _index in range(3):
            self._approved(complaint=unknown("x@example.com"), amount=100)
        remedy = self._remedy(complaint=unknown("X <x@example.com>"), amount=1)
        with self.assertRaisesRegex(UserError, "more in a year"):
            remedy.with_user(self.lead).action_approve()
        self.assertEqual(self._approved(complaint=unknown("y@example.com"), amount=100).state, "approved")

    def test_the_order_is_known_to_all_remedies_of_the_complaint(self):
        self._approved(amount=30, order_amount=50)
        remedy = self._remedy(amount=20.01)
        with self.assertRaisesRegex(UserError, "more than the order was"):
            remedy.with_user(self.lead).action_approve()
        self.assertEqual(remedy.state, "proposed")

    def test_never_more_than_the_order(self):
        self._approved(amount=30, order_amount=50)
        remedy = self._remedy(amount=20.01, order_amount=50)
        with self.assertRaisesRegex(UserError, "more than the order was"):
            remedy.with_user(self.lead).action_approve()
        self.assertEqual(remedy.state, "proposed")

    def test_impossible_amounts(self):
        for amount in (-1, float("nan"), float("inf"), 1e308):
            with (
                self.subTest(amount=amount),
                mute_logger("odoo.sql_db"),
                self.assertRaises(IntegrityError),
                self.env.cr.savepoint(),
            ):
                self._remedy(amount=amount).flush_recordset()
        with self.assertRaisesRegex(ValidationError, "say how much"), self.env.cr.savepoint():
            self._remedy(kind="refund", amount=0)
        self.assertFalse(self.complaint.remedy_ids)

    def test_steps_are_not_written_by_hand(self):
        remedy = self._remedy()
        for values in (
            {"state": "done"},
            {"approved_by_id": self.lead.id},
            {"proposed_by_id": self.other.id},
            {"key": "x"},
        ):
            with self.subTest(values=values), self.assertRaisesRegex(UserError, "set by approving"):
                remedy.write(values)
        with self.assertRaisesRegex(UserError, "set by approving"):
            self._remedy(state="done")
        self.assertEqual((remedy.state, remedy.proposed_by_id), ("proposed", self.clerk))

    def test_decided_is_decided(self):
        remedy = self._approved()
        with self.assertRaisesRegex(UserError, "not changed any more"):
            remedy.amount = 99
        with self.assertRaisesRegex(UserError, "stays on file"):
            remedy.unlink()
        with self.assertRaisesRegex(UserError, "decided on before"):
            remedy.with_user(self.lead).action_approve()
        self.assertEqual(remedy.amount, 40)

    def test_the_form_says_why_not(self):
        remedy = self._remedy()
        self.assertFalse(remedy.can_approve)
        self.assertIn("proposed by you", remedy.refusal)
        self.assertTrue(remedy.with_user(self.lead).can_approve)

    # === EXECUTION === #

    def test_a_gift_is_noted_by_hand(self):
        remedy = self._approved()
        with self.assertRaisesRegex(UserError, "say how it was done"):
            remedy.action_execute()
        self.assertEqual(remedy.state, "approved")
        remedy.done_note = "Flowers on 3 May"
        remedy.action_execute()
        self.assertEqual(remedy.state, "done")
        self.assertTrue(remedy.date_done)
        self.assertEqual((self.complaint.remedy_amount, self.complaint.cost_total), (40, 40))

    def test_without_the_bridge_a_refund_says_so(self):
        remedy = self._approved(kind="refund")
        # also where another addon could carry it out
        with patch.object(type(remedy), "_execute_refund", None, create=True):
            remedy.action_execute()
        self.assertEqual((remedy.state, remedy.res_id), ("failed", 0))
        self.assertIn("ERP Bridge", remedy.error)
        self.assertEqual(self.complaint.remedy_amount, 0)

    def test_another_addon_carries_it_out_once(self):
        remedy = self._approved(kind="refund")
        calls = []

        def execute_refund(remedy):
            calls.append(remedy.key)
            return remedy.env["crm.complaint.category"].sudo().create({"name": f"Document {remedy.key}"})

        with patch.object(type(remedy), "_execute_refund", execute_refund, create=True):
            remedy.action_execute()
            remedy.action_execute()
        self.assertEqual(calls, [remedy.key])
        self.assertEqual((remedy.state, remedy.result.name), ("done", f"Document {remedy.key}"))

    def test_what_failed_can_be_rejected(self):
        remedy = self._approved(kind="refund")
        with patch.object(type(remedy), "_execute_refund", None, create=True):
            remedy.action_execute()
        remedy.action_reject()
        self.assertEqual(remedy.state, "rejected")

    def test_half_a_document_is_none(self):
        remedy = self._approved(kind="refund")

        def fail(remedy):
            remedy.env["crm.complaint.category"].sudo().create({"name": "Half"})
            raise UserError(remedy.env._("The journal is closed."))

        with patch.object(type(remedy), "_execute_refund", fail, create=True):
            remedy.action_execute()
        self.assertEqual((remedy.state, remedy.error), ("failed", "The journal is closed."))
        self.assertFalse(self.env["crm.complaint.category"].search([("name", "=", "Half")]))

    def test_one_document_pays_one_remedy(self):
        first, second = self._approved(kind="refund", amount=10), self._approved(kind="refund", amount=10)
        document = self.env["crm.complaint.category"].create({"name": "Document"})
        with patch.object(type(first), "_execute_refund", lambda remedy: document, create=True):
            first.action_execute()
            with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
                second.action_execute()
        self.assertEqual((first.state, second.state), ("done", "approved"))

    def test_proposed_is_not_carried_out(self):
        remedy = self._remedy(done_note="x")
        remedy.action_execute()
        self.assertEqual(remedy.state, "proposed")

    # === THE COMPLAINT === #

    def test_not_closed_while_a_remedy_is_pending(self):
        complaint = self._answered()
        remedy = self._approved(complaint=complaint)
        with self.assertRaisesRegex(UserError, "neither done nor rejected"):
            complaint._move_to("closed", "settled")
        self.assertEqual(complaint.phase, "response")
        remedy.action_reject()
        complaint._move_to("closed", "settled")
        self.assertEqual(complaint.phase, "closed")

    def test_proposal_of_the_policy(self):
        causes = self.env["crm.complaint.cause"]
        delivery = causes.create({"name": "Delivery"})
        packing = causes.create({"name": "Packing", "parent_id": delivery.id})
        self.env["crm.complaint.remedy.policy"].create(
            [
                {"name": "Other", "kind": "apology", "sequence": 90},
                {
                    "name": "Damaged: ten percent",
                    "kind": "discount",
                    "cause_id": delivery.id,
                    "least_severity": "2_moderate",
                    "percent": 10,
                    "amount": 5,
                    "most": 50,
                    "sequence": 10,
                },
            ]
        )
        self.complaint.write({"cause_id": packing.id, "severity": "3_major"})
        with patch.object(type(self.complaint), "_remedy_order_amount", lambda complaint: 200.0):
            self.complaint.action_propose_remedy()
        remedy = self.complaint.remedy_ids
        self.assertEqual(
            (remedy.kind, remedy.amount, remedy.order_amount, remedy.reason),
            ("discount", 25.0, 200.0, "Damaged: ten percent"),
        )
        with self.assertRaisesRegex(UserError, "proposed already"):
            self.complaint.action_propose_remedy()
        other = self._complaint()
        other.action_propose_remedy()
        self.assertEqual(other.remedy_ids.kind, "apology")

    def test_no_row_fits(self):
        with self.assertRaisesRegex(UserError, "No row of the remedy policy fits"):
            self.complaint.action_propose_remedy()

    # === ACCESS === #

    def test_seen_by_whoever_sees_the_complaint(self):
        remedy = self._remedy()
        self.complaint.message_unsubscribe(self.complaint.sudo().message_partner_ids.ids)
        remedies = self.env["crm.complaint.remedy"]
        for user, count in ((self.clerk, 1), (self.other, 0), (self.lead, 1), (self.auditor, 1)):
            with self.subTest(user=user.login):
                self.assertEqual(remedies.with_user(user).search_count([]), count)
                self.assertEqual(bool(remedy.with_user(user).has_access("read")), bool(count))
        with self.assertRaises(AccessError):
            remedy.with_user(self.other).reason = "x"
        with self.assertRaises(AccessError):
            remedy.with_user(self.auditor).action_approve()
        with self.assertRaises(AccessError):
            remedies.with_user(self.ana_user).search([])
        with self.assertRaises(AccessError):
            self._remedy(user=self.other)
        self.assertEqual((remedy.reason, remedy.state, len(self.complaint.remedy_ids)), ("Late", "proposed", 1))

    def test_customers_merged(self):
        """Approvals of both count for the one who is left."""
        self._approved(amount=100)
        self._approved(complaint=self._complaint(partner_id=self.boris.id), amount=100)
        merge = self.env["base.partner.merge.automatic.wizard"].create({})
        merge._merge([self.acme.id, self.boris.id], self.acme)
        self.env.invalidate_all()
        remedies = self.env["crm.complaint.remedy"].search([("amount", "=", 100)])
        self.assertEqual(remedies.commercial_partner_id, self.acme)
