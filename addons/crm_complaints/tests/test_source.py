import psycopg2

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import ComplaintsCommon


@tagged("post_install", "-at_install")
class TestSource(ComplaintsCommon):
    """What came in as something else becomes a complaint, once, received when it came."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent = new_test_user(
            cls.env, "cmp_agent", groups="crm_complaints.group_user,crm_relations.group_user_all"
        )

    def _made(self, action):
        return self.env["crm.complaint"].browse(action["res_id"])

    def test_an_interaction(self):
        interaction = self.env["crm.interaction"].with_user(self.agent).create(
            {"partner_id": self.boris.id, "channel": "phone", "direction": "in", "date": "2026-03-02 09:00:00",
             "outcome": "Says the kettle leaks\nand is angry", "state": "done"}
        )  # fmt: skip
        complaint = self._made(interaction.action_make_complaint())
        self.assertEqual(
            (complaint.partner_id, complaint.channel, str(complaint.date_received), complaint.user_id),
            (self.boris, "phone", "2026-03-02 09:00:00", self.agent),
        )
        self.assertEqual(complaint.name, "Says the kettle leaks")
        self.assertEqual(self._made(interaction.action_make_complaint()), complaint)
        self.assertEqual(complaint.action_open_source()["res_id"], interaction.id)

    def test_a_message_on_the_customer(self):
        message = self.boris.message_post(
            body="The <b>kettle</b> leaks", subject="Kettle", author_id=self.boris.id, message_type="email",
            email_from="boris@example.com", attachments=[("photo.txt", b"photo")],
        )  # fmt: skip
        message.date = "2026-03-02 09:00:00"
        complaint = self._made(message.with_user(self.clerk).action_make_complaint())
        self.assertEqual(
            (complaint.name, complaint.partner_id, complaint.channel, str(complaint.date_received)),
            ("Kettle", self.boris, "email", "2026-03-02 09:00:00"),
        )
        again = self._made(message.with_user(self.clerk).action_make_complaint())
        self.assertEqual(again, complaint)
        files = self.env["ir.attachment"].search([("res_model", "=", complaint._name), ("res_id", "=", complaint.id)])
        self.assertEqual(files.mapped("raw"), [b"photo"])

    def test_what_was_merged_is_found_where_it_went_on(self):
        message = self.boris.message_post(body="Kettle", author_id=self.boris.id, message_type="email")
        made = self._made(message.with_user(self.clerk).action_make_complaint())
        target = self._complaint(partner_id=self.boris.id)
        made.with_user(self.clerk)._merge_into(target.with_user(self.clerk))
        self.assertEqual(self._made(message.with_user(self.clerk).action_make_complaint()), target)

    def test_in_the_company_of_the_customer(self):
        second = self.env["res.company"].create({"name": "Second"})
        partner = self.env["res.partner"].create({"name": "Theirs", "company_id": second.id})
        self.clerk.company_ids += second
        message = partner.message_post(body="x", author_id=partner.id, message_type="email")
        both = [self.company.id, second.id]
        made = message.with_user(self.clerk).with_context(allowed_company_ids=both).action_make_complaint()
        self.assertEqual(self._made(made).company_id, second)

    def test_our_own_message_is_no_complaint(self):
        message = self.boris.with_user(self.agent).message_post(body="Hello", message_type="comment")
        with self.assertRaisesRegex(UserError, "Only a message of a customer"):
            message.action_make_complaint()

    def test_a_bad_rating(self):
        rating = self.env["rating.rating"].create(
            {"res_model_id": self.env["ir.model"]._get_id("res.partner"), "res_id": self.acme.id, "rating": 1,
             "partner_id": self.ana.id, "feedback": "Never again", "consumed": True}
        )  # fmt: skip
        complaint = self._made(rating.with_user(self.clerk).action_make_complaint())
        self.assertEqual((complaint.partner_id, complaint.description), (self.ana, "<p>Never again</p>"))
        self.assertEqual(self._made(rating.with_user(self.clerk).action_make_complaint()), complaint)
        rating.rating = 5
        with self.assertRaisesRegex(UserError, "Only a bad rating"):
            rating.with_user(self.clerk).action_make_complaint()

    @mute_logger("odoo.sql_db")
    def test_the_database_knows_it_too(self):
        first, second = self._complaint(), self._complaint()
        first._write_move({"source_model": "mail.message", "source_id": 7})
        with self.assertRaises(psycopg2.IntegrityError) as caught, self.cr.savepoint():
            second._write_move({"source_model": "mail.message", "source_id": 7})
            second.flush_recordset()
        self.assertIn("source_uniq", str(caught.exception))

    def test_whose_complaint_is_somebody_elses(self):
        message = self.boris.message_post(body="x", author_id=self.boris.id, message_type="email")
        complaint = self._made(message.with_user(self.other).action_make_complaint())
        with self.assertRaisesRegex(UserError, "Somebody else"):
            message.with_user(self.clerk).action_make_complaint()
        message = self.boris.message_post(body="y", author_id=self.boris.id, message_type="email")
        with self.assertRaises(AccessError):
            message.with_user(self.auditor).action_make_complaint()
        self.assertEqual(len(complaint), 1)
