from unittest.mock import patch

from odoo.addons.base.models.ir_mail_server import IrMail_Server
from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger


@tagged("post_install", "-at_install")
class TestMailing(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.contact.rule"].search([]).active = False
        cls.rule = cls.env["crm.contact.rule"].create(
            {"name": "No", "condition": "no_contact", "effect": "refuse", "for_service": True}
        )
        cls.user = new_test_user(
            cls.env, login="crm_mailer", groups="crm_relations.group_user,mass_mailing.group_mass_mailing_user"
        )
        cls.yes, cls.no = cls.env["res.partner"].create(
            [
                {"name": "Yes", "email": "yes@customer.example.com"},
                {
                    "name": "No",
                    "email": "no@customer.example.com",
                    "crm_no_contact": "marketing",
                    "crm_no_contact_reason": "Asked",
                },
            ]
        )

    def setUp(self):
        super().setUp()
        self.enterContext(mute_logger("odoo.addons.mass_mailing.models.mailing", "odoo.addons.mail.models.mail_mail"))

    def _mailing(self, records=None, user=None, **values):
        records = self.yes | self.no if records is None else records
        return (
            self.env["mailing.mailing"]
            .with_user(user or self.user)
            .create(
                {
                    "subject": "Spring offer",
                    "body_html": "<p>Offer</p>",
                    "mailing_type": "mail",
                    "mailing_model_id": self.env["ir.model"]._get(records._name).id,
                    "mailing_domain": repr([("id", "in", records.ids)]),
                    "keep_archives": True,
                    **values,
                }
            )
        )

    def _traces(self, mailing):
        traces = self.env["mailing.trace"].search([("mass_mailing_id", "=", mailing.id)])
        return {trace.email.split("@")[0]: (trace.trace_status, trace.failure_type) for trace in traces}

    def _send(self, mailing):
        """As it goes out, but for the network: Odoo sends no mail in tests."""
        mailing.action_send_mail()
        return self._traces(mailing)

    def test_a_mailing_leaves_out_who_is_refused_and_says_so(self):
        mailing = self._mailing()
        self.assertEqual(mailing.crm_purpose, "marketing")
        traces = self._send(mailing)
        self.assertEqual(traces["no"], ("cancel", "mail_optout"))
        self.assertNotEqual(traces["yes"][0], "cancel")
        self._assert_never_written(mailing)
        self.assertEqual(mailing.crm_refused_count, 1)
        entry = self.env["crm.contact.decision"].search([("partner_id", "in", (self.yes | self.no).ids)])
        self.assertEqual(
            (entry.partner_id, entry.effect, entry.channel, entry.purpose, entry.user_id),
            (self.no, "refuse", "email", "marketing", self.user),
        )
        touches = self.env["crm.contact.touch"].search([("partner_id", "in", (self.yes | self.no).ids)])
        self.assertEqual(touches.partner_id, self.yes)

    def test_a_mailing_for_service_leaves_out_nobody(self):
        self.no.crm_no_contact = "all"
        traces = self._send(self._mailing(crm_purpose="service"))
        self.assertNotEqual(traces["no"][0], "cancel")
        entry = self.env["crm.contact.decision"].search([("partner_id", "=", self.no.id)])
        self.assertEqual((entry.effect, entry.purpose), ("warn", "service"))

    def test_mailing_contacts_are_known_by_their_address(self):
        contacts = self.env["mailing.contact"].create(
            [
                {"name": "Somebody", "email": "NO@customer.example.com"},
                {"name": "Else", "email": "yes@customer.example.com"},
            ]
        )
        traces = self._send(self._mailing(contacts))
        self.assertEqual(traces["no"], ("cancel", "mail_optout"))
        self.assertNotEqual(traces["yes"][0], "cancel")

    def test_only_an_administrator_sends_all_the_same(self):
        mailing = self._mailing()
        with self.assertRaises(AccessError):
            mailing.crm_contact_override = "Recall"
        mailing.sudo().crm_contact_override = "Recall"
        self.assertNotEqual(self._send(mailing)["no"][0], "cancel")
        entry = self.env["crm.contact.decision"].search([("partner_id", "=", self.no.id)])
        self.assertEqual((entry.effect, entry.override_reason), ("override", "Recall"))

    def test_a_cap_counts_earlier_mailings(self):
        self.env["crm.contact.rule"].create(
            {"name": "Once", "condition": "cap", "effect": "refuse", "max_count": 1, "days": 30}
        )
        self.assertNotEqual(self._send(self._mailing(self.yes))["yes"][0], "cancel")
        self.assertEqual(self._send(self._mailing(self.yes))["yes"], ("cancel", "mail_optout"))

    def test_a_no_counts_for_what_is_queued(self):
        """The mail stands in the queue; the customer says no; the queue holds it back."""
        mailing = self._mailing(self.yes)
        mail = self._queued(mailing)
        self.yes.write({"crm_no_contact": "marketing", "crm_no_contact_reason": "Asked on the phone"})
        self._leave(mail)
        self.assertEqual((mail.state, mail.failure_type), ("cancel", "mail_optout"))
        self.assertEqual(self._traces(mailing), {"yes": ("cancel", "mail_optout")})
        self.assertFalse(self.yes.message_ids.filtered(lambda message: message.subject == "Offer"))

    def test_a_withdrawal_counts_for_what_is_queued(self):
        self.env["crm.contact.rule"].create({"name": "Consent", "condition": "consent", "effect": "refuse"})
        letter = self.env["crm.consent.purpose"].create({"name": "Letter", "code": "mailing_letter"})
        word = {"partner_id": self.yes.id, "purpose_id": letter.id}
        self.env["crm.consent"].create(word | {"state": "given"})
        mailing = self._mailing(crm_consent_purpose_id=letter.id)
        self.assertEqual(self._send(mailing)["no"], ("cancel", "mail_optout"))
        self._assert_never_written(mailing)
        mail = self._queued(self._mailing(self.yes, crm_consent_purpose_id=letter.id))
        self.env["crm.consent"].create(word | {"state": "withdrawn", "channel": "email"})
        self._leave(mail)
        self.assertEqual((mail.state, mail.failure_type), ("cancel", "mail_optout"))
        entry = self.env["crm.contact.decision"].search([("partner_id", "=", self.yes.id)])
        self.assertEqual(entry.reasons, "Yes does not want “Letter” by E-mail (withdrawn)")

    def _assert_never_written(self, mailing):
        """Whoever is refused when the mailing starts has no mail, not a cancelled one."""
        trace = self.env["mailing.trace"].search(
            [("mass_mailing_id", "=", mailing.id), ("res_id", "=", self.no.id), ("model", "=", "res.partner")]
        )
        self.assertFalse(trace.mail_mail_id_int)
        self.assertFalse(self.no.message_ids.filtered(lambda message: message.subject == mailing.subject))

    def _queued(self, mailing):
        """The mail of a mailing to one customer, in the queue."""
        composer = (
            self.env["mail.compose.message"]
            .with_context(active_ids=self.yes.ids, default_composition_mode="mass_mail")
            .create(
                {
                    "mass_mailing_id": mailing.id,
                    "model": "res.partner",
                    "subject": "Offer",
                    "body": "<p>Offer</p>",
                    "force_send": False,
                    "email_from": "us@example.com",
                }
            )
        )
        mail, _messages = composer._action_send_mail()
        self.assertEqual(mail.state, "outgoing")
        return mail

    def _leave(self, mail):
        with patch.object(IrMail_Server, "_disable_send", lambda self: False):
            mail.send()

    def test_as_many_queries_for_a_hundred_decisions_as_for_ten(self):
        partners = self.env["res.partner"].create(
            [{"name": f"C{number}", "email": f"c{number}@customer.example.com"} for number in range(100)]
        )
        composer = self.env["mail.compose.message"].create(
            {"composition_mode": "mass_mail", "model": "res.partner", "subject": "x", "body": "x"}
        )
        counts = []
        for number in (10, 100, 10, 100):  # the first two warm up
            values = {partner.id: {"email_to": partner.email} for partner in partners[:number]}
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.assertEqual(composer._get_optout_emails(values), [])
            counts.append(self.cr.sql_log_count - before)
        self.assertEqual(counts[2], counts[3])

    # === ERASURE === #

    def _moved(self, name):
        """A customer who has another address now; the history of the contact knows the former one."""
        customer = self.env["res.partner"].create({"name": name, "email": "former@customer.example.com"})
        self.env.flush_all()
        self.cr.precommit.run()
        customer.with_context(tracking_disable=False, mail_notrack=False).email = "now@customer.example.com"
        self.env.flush_all()
        self.cr.precommit.run()
        return customer

    def _erase(self, customer):
        request = self.env["crm.privacy.request"].create(
            {"kind": "erasure", "partner_id": customer.id, "identity_method": "known"}
        )
        request.action_identify()
        request.action_answer()

    def test_subscriptions_under_a_former_address_go(self):
        customer = self._moved("Zdenka Novotná")
        subscribers = self.env["mailing.contact"].create(
            [{"name": customer.name, "email": f"{box}@customer.example.com"} for box in ("former", "now", "other")]
        )
        self._erase(customer)
        self.assertEqual(subscribers.exists().mapped("email"), ["other@customer.example.com"])

    def test_a_former_address_that_somebody_else_has_now_is_theirs(self):
        customer = self._moved("Zdenka Novotná")
        self.yes.email = "former@customer.example.com"
        subscriber = self.env["mailing.contact"].create({"name": "Yes", "email": "former@customer.example.com"})
        self._erase(customer)
        self.assertTrue(subscriber.exists())
