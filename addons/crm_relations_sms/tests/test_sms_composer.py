from unittest.mock import patch

from odoo.addons.sms.tools.sms_api import SmsApi
from odoo.exceptions import UserError
from odoo.tests import TransactionCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestSmsComposer(TransactionCase):
    """Nothing is sent: messages stay in the queue, where their state says what would happen."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.contact.rule"].search([]).active = False
        cls.env["crm.contact.rule"].create({"name": "No", "condition": "no_contact", "effect": "refuse"})
        cls.user = new_test_user(cls.env, login="crm_texter", groups="crm_relations.group_user")
        cls.manager = new_test_user(cls.env, login="crm_text_manager", groups="crm_relations.group_manager")
        belgium = cls.env.ref("base.be")
        cls.yes, cls.no = cls.env["res.partner"].create(
            [
                {"name": "Yes", "phone": "+32 456 00 11 22", "country_id": belgium.id},
                {
                    "name": "No",
                    "phone": "+32 456 00 11 33",
                    "country_id": belgium.id,
                    "crm_no_contact": "all",
                    "crm_no_contact_reason": "Asked",
                },
            ]
        )

    def _composer(self, user, partners, mode, **values):
        ids = {"res_id": partners.id} if mode == "comment" else {"res_ids": repr(partners.ids)}
        return (
            self.env["sms.composer"]
            .with_user(user)
            .create(
                {"res_model": "res.partner", "composition_mode": mode, "body": "Spring offer", **ids, **values}
            )
        )

    def _decisions(self):
        return [
            (entry.effect, entry.channel, entry.purpose, entry.partner_id)
            for entry in self.env["crm.contact.decision"].search([("partner_id", "in", (self.yes | self.no).ids)])
        ]

    def _states(self, composer):
        composer._action_send_sms()
        messages = self.env["sms.sms"].search([("partner_id", "in", (self.yes | self.no).ids)])
        return {message.partner_id: (message.state, message.failure_type) for message in messages}

    def test_a_batch_leaves_out_who_is_refused_and_counts_the_others(self):
        composer = self._composer(self.user, self.yes | self.no, "mass")
        self.assertEqual(composer.crm_purpose, "marketing")
        states = self._states(composer)
        self.assertEqual(states, {self.yes: ("outgoing", False), self.no: ("canceled", "sms_optout")})
        self.assertEqual(self._decisions(), [("refuse", "sms", "marketing", self.no)])
        touches = self.env["crm.contact.touch"].search([("partner_id", "in", (self.yes | self.no).ids)])
        self.assertEqual([(touch.partner_id, touch.channel) for touch in touches], [(self.yes, "sms")])

    def test_a_no_counts_for_what_is_queued(self):
        """Two messages wait; the one whose customer says no in between is cancelled when the queue is sent."""
        other = self.env["res.partner"].create(
            {"name": "Other", "phone": "+32 456 00 11 44", "country_id": self.env.ref("base.be").id}
        )
        messages = self._composer(self.user, self.yes | other, "mass")._action_send_sms()
        service = self._composer(self.user, self.yes, "mass", crm_purpose="service")._action_send_sms()
        self.assertEqual(messages.mapped("crm_purpose_code"), ["marketing", "marketing"])
        self.yes.write({"crm_no_contact": "all", "crm_no_contact_reason": "Said so"})
        sent = []
        with patch.object(
            SmsApi, "_send_sms_batch",
            lambda _self, batch, **_kwargs: sent.extend(batch) or [
                {"uuid": number["uuid"], "state": "success", "credit": 0}
                for message in batch for number in message["numbers"]
            ],
        ):  # fmt: skip
            (messages | service).send(unlink_sent=False)
        held = messages.filtered(lambda message: message.partner_id == self.yes)
        self.assertEqual((held.state, held.failure_type), ("canceled", "sms_optout"))
        numbers = sorted(number["number"] for message in sent for number in message["numbers"])
        self.assertEqual(numbers, ["+32456001122", "+32456001144"])
        self.assertEqual(self._decisions(), [("refuse", "sms", "marketing", self.yes)])

    def test_what_an_administrator_sent_all_the_same_goes(self):
        messages = self._composer(self.manager, self.no, "mass", crm_contact_override="Recall")._action_send_sms()
        self.assertFalse(messages._crm_hold_back())

    def test_an_administrator_sends_a_batch_all_the_same(self):
        composer = self._composer(self.manager, self.no, "mass", crm_contact_override="Recall")
        self.assertEqual(self._states(composer), {self.no: ("outgoing", False)})
        self.assertEqual(self._decisions(), [("override", "sms", "marketing", self.no)])

    def test_nobody_else_does(self):
        composer = self._composer(self.user, self.no, "mass", crm_contact_override="Recall")
        self.assertEqual(self._states(composer), {self.no: ("canceled", "sms_optout")})

    def test_a_single_message_is_for_service(self):
        composer = self._composer(self.user, self.no, "comment")
        self.assertEqual((composer.crm_purpose, composer.crm_contact_effect), ("service", "allow"))

    def test_a_single_message_for_sales_is_refused(self):
        composer = self._composer(self.user, self.no, "comment", crm_purpose="sales")
        self.assertEqual(composer.crm_contact_effect, "refuse")
        before = self.no.message_ids
        with self.assertRaisesRegex(UserError, "does not want to be contacted"), self.cr.savepoint():
            composer._action_send_sms()
        self.assertEqual(self.no.message_ids, before)

    def test_as_many_queries_for_a_hundred_decisions_as_for_ten(self):
        partners = self.env["res.partner"].create([{"name": f"Customer {number}"} for number in range(100)])
        counts = []
        for number in (10, 10, 100):  # the first warms up
            some = partners[:number]
            info = {partner.id: {"partner": partner} for partner in some}
            composer = self._composer(self.user, some, "mass")
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.assertEqual(composer._get_optout_record_ids(some, info), [])
            counts.append(self.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2])

    # === BY NUMBER === #

    def _lead(self, number):
        values = {"name": "Wine", "phone": number, "country_id": self.env.ref("base.be").id}
        return self.env["crm.lead"].create(values)

    def _to_leads(self, leads, **values):
        """``{number: (state, failure)}`` of a batch about opportunities of nobody."""
        self.assertFalse(leads.partner_id)
        composer = self._composer(self.manager, leads, "mass", res_model="crm.lead", **values)
        messages = composer.sudo()._action_send_sms()
        return {message.number: (message.state, message.failure_type) for message in messages}

    def test_a_number_of_somebody_who_said_no_is_left_out_whoever_the_document_names(self):
        states = self._to_leads(self._lead("+32 456 00 11 33") | self._lead("+32 456 00 11 22"))
        self.assertEqual(
            states, {"+32456001133": ("canceled", "sms_optout"), "+32456001122": ("outgoing", False)}
        )
        self.assertEqual(self._decisions(), [("refuse", "sms", "marketing", self.no)])
        touches = self.env["crm.contact.touch"].search([("partner_id", "in", (self.yes | self.no).ids)])
        self.assertEqual(touches.partner_id, self.yes)

    def test_a_number_of_somebody_who_was_erased_is_left_out(self):
        self.env["crm.privacy.suppression"]._suppress(phones=["+32456001155"])
        lead = self._lead("+32 456 00 11 55")
        self.assertEqual(self._to_leads(lead), {"+32456001155": ("canceled", "sms_optout")})
        self.assertEqual(self._to_leads(lead, crm_purpose="service"), {"+32456001155": ("outgoing", False)})

    def test_a_no_counts_for_what_is_queued_for_a_number(self):
        messages = self._composer(
            self.manager, self._lead("+32 456 00 11 22"), "mass", res_model="crm.lead"
        ).sudo()._action_send_sms()  # fmt: skip
        self.yes.write({"crm_no_contact": "all", "crm_no_contact_reason": "Said so"})
        self.assertEqual(messages._crm_hold_back(), messages)
        self.assertEqual((messages.state, messages.failure_type), ("canceled", "sms_optout"))
