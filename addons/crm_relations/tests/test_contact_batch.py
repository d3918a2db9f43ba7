from datetime import timedelta
from itertools import product
from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged

from ..tools import contact_rules
from .contact_common import NOON, ContactCommon


@tagged("post_install", "-at_install")
class TestContactBatch(ContactCommon):
    """Many customers at once get the answers that each of them gets alone, for less work."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.news = cls.env.ref("crm_relations.consent_purpose_newsletter")
        cls._rule("consent")
        cls._rule("wish")
        cls._rule("channel", "warn")
        cls.cap = cls._rule("cap", max_count=2, days=30)

    def _customers(self):
        """Of every combination of last word, number of counted contacts and limit of their own; some of a company."""
        partners = self.env["res.partner"]
        values = list(product((None, "given", "withdrawn"), (0, 1, 2, 3), (0, 1, 3)))
        created = partners.create(
            [
                {
                    "name": f"{word} {touches} {limit}",
                    "email": f"c{number}@example.com",
                    "tz": "Europe/Belgrade",
                    "crm_contact_limit": limit,
                    "crm_contact_days": 30,
                    "parent_id": self.company_partner.id if number % 5 == 0 else False,
                    "crm_channel_ids": [Command.create({"channel_id": self.channel["phone"].id})] * (number % 7 == 0),
                }
                for number, (word, touches, limit) in enumerate(values)
            ]
        )
        self.env["crm.consent"].create(
            [
                {
                    "partner_id": partner.id,
                    "purpose_id": self.news.id,
                    "state": state,
                    "date": NOON - timedelta(days=age),
                }
                for partner, (word, _touches, _limit) in zip(created, values, strict=True)
                for state, age in (("given", 9), (word, 3))
                if word
            ]
        )
        self.env["crm.contact.touch"].create(
            [
                {
                    "partner_id": partner.id,
                    "channel": "email",
                    "purpose": "marketing",
                    "date": NOON - timedelta(days=10 * number + 1),
                }
                for partner, (_word, touches, _limit) in zip(created, values, strict=True)
                for number in range(touches)
            ]
        )
        return created

    def test_as_each_alone(self):
        customers = self._customers()
        for at in (NOON, NOON.date(), NOON - timedelta(days=5)):
            with self.subTest(at=at):
                together = customers._crm_may_contact("email", "newsletter", at)
                alone = {one.id: one._crm_may_contact("email", "newsletter", at)[one.id] for one in customers}
                self.assertEqual(together, alone)

    def test_each_combination(self):
        """Against the rule in words: refused without a word or after "no", and at a limit reached."""
        customers = self._customers()
        self.cap.max_count = 3
        decisions = customers._crm_may_contact("email", "newsletter", NOON)
        for customer in customers:
            word, touches, limit = customer.name.split()
            refused = word != "given" or int(touches) >= 3 or (0 < int(limit) <= int(touches))
            with self.subTest(customer=customer.name):
                self.assertEqual(decisions[customer.id].effect == "refuse", refused)

    def test_equal_customers_are_decided_once(self):
        partners = self.env["res.partner"].create(
            [{"name": f"Equal {number}", "tz": "Europe/Belgrade"} for number in range(50)]
        )
        with patch.object(contact_rules, "decide", wraps=contact_rules.decide) as decide:
            decisions = partners._crm_contact_decide("email", "newsletter", NOON, words=False)
        self.assertEqual(decide.call_count, 1)
        self.assertEqual({decision.effect for decision in decisions.values()}, {"refuse"})

    def test_refusals_are_logged_by_one_statement(self):
        """With all that an entry says, whoever asks."""
        partners = self._customers().filtered(lambda partner: not partner.name.startswith("given"))
        partners = partners.with_user(self.agent)
        rows = partners._crm_contact_log_rows(
            partners._crm_may_contact("email", "newsletter", NOON),
            {"warn": "warn", "refuse": "refuse"}, "email", "newsletter", {partners[0].id: self.single}, None,
        )  # fmt: skip
        decisions = self.env["crm.contact.decision"].with_user(self.agent)
        self.env.flush_all()
        before = self.cr.sql_log_count
        entries = decisions._log(rows)
        self.assertEqual((len(entries), self.cr.sql_log_count - before), (24, 1))
        first = entries.filtered(lambda entry: entry.partner_id == partners[0])
        self.assertEqual(
            (first.user_id, first.company_id, first.commercial_partner_id, first.channel, first.purpose, first.effect),
            (self.agent, self.env.company, self.company_partner, "email", "marketing", "refuse"),
        )
        self.assertEqual((first.date_contact, first.res_model, first.res_id), (NOON, "res.partner", self.single.id))
        self.assertIn("has not agreed to", first.reasons)
        self.assertFalse(first.override_reason)

    # === WHAT WAITS ALREADY === #

    def test_a_purpose_that_nobody_follows_any_more_holds_back_its_mails_and_no_others(self):
        mails = self.env["mail.mail"].create(
            [
                {"subject": "News", "body_html": "x", "email_to": "ion@example.com", "crm_purpose_code": "newsletter"},
                {"subject": "Gone", "body_html": "x", "email_to": "ion@example.com", "crm_purpose_code": "test_gone"},
                {"subject": "Invoice", "body_html": "x", "email_to": "ion@example.com"},
            ]
        )
        self.news.active = False
        self.assertEqual(mails._crm_hold_back().mapped("subject"), ["News", "Gone"])
        self.assertEqual(mails.mapped("state"), ["cancel", "cancel", "outgoing"])

    def test_the_writer_is_told_that_a_purpose_is_followed_no_more(self):
        scheduled = self.env["mail.scheduled.message"].create(
            {
                "model": "res.partner",
                "res_id": self.single.id,
                "author_id": self.env.user.partner_id.id,
                "subject": "News",
                "body": "x",
                "partner_ids": [Command.set(self.single.ids)],
                "scheduled_date": NOON + timedelta(days=9999),
                "crm_purpose_code": "newsletter",
            }
        )
        self.news.active = False
        scheduled._post_message(raise_exception=False)
        self.assertFalse(scheduled.exists())
        told = self.env["mail.message"].search([("subject", "=", "A scheduled message was not sent")], limit=1)
        self.assertIn("Nobody is contacted for “newsletter” any more", told.body)

    # === BY ADDRESS === #

    def test_what_a_customer_said_holds_for_the_address_when_the_contact_is_archived(self):
        self._rule("no_contact")
        self.single.write({"crm_no_contact": "all", "crm_no_contact_reason": "Asked", "active": False})
        lead = self.env["crm.lead"].create({"name": "Wine", "email_from": "ion@example.com"})
        composer = self.env["mail.compose.message"].create(
            {
                "composition_mode": "mass_mail",
                "model": "crm.lead",
                "res_ids": repr(lead.ids),
                "subject": "News",
                "body": "x",
                "crm_purpose": "marketing",
            }
        )
        mails, _messages = composer._action_send_mail()
        self.assertEqual((mails.state, mails.failure_type), ("cancel", "mail_optout"))

    def test_of_an_address_in_use_the_archived_contact_is_not_asked(self):
        twin = self._create_partner("Ion", email="ion@example.com", active=False)
        found = self.env["res.partner"]._crm_contact_by_email(["ion@example.com"])
        self.assertEqual(found, {"ion@example.com": self.single})
        self.single.email = False
        found = self.env["res.partner"]._crm_contact_by_email(["ion@example.com"])
        self.assertEqual(found, {"ion@example.com": twin})

    # === BRANCHES === #

    def test_a_rule_of_the_company_holds_in_its_branches(self):
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.env.company.id})
        abroad = self.env["res.company"].create({"name": "Abroad"})
        self._rule("no_contact", company_id=self.env.company.id)
        self.single.write({"crm_no_contact": "all", "crm_no_contact_reason": "Asked"})
        for company, effect in ((self.env.company, "refuse"), (branch, "refuse"), (abroad, "allow")):
            decisions = self.single.with_company(company)._crm_may_contact("letter", "sales", NOON)
            self.assertEqual((company.name, decisions[self.single.id].effect), (company.name, effect))

    def test_a_branch_sees_and_records_what_customers_of_the_company_say(self):
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.env.company.id})
        user = self._create_user(
            "branch", "crm_relations.group_user", company_id=branch.id, company_ids=[Command.set(branch.ids)]
        )
        self.single.company_id = self.env.company
        self.env["crm.consent"].create({"partner_id": self.single.id, "purpose_id": self.news.id})
        self.single.crm_window_ids = [Command.create({"days": "0"})]
        self.env.invalidate_all()
        customer = self.single.with_user(user)
        self.assertEqual(len(customer.crm_consent_ids), 1)
        self.assertEqual(len(customer.crm_window_ids), 1)
        consents = self.env["crm.consent"].with_user(user)
        consents.create({"partner_id": customer.id, "purpose_id": self.news.id, "state": "withdrawn"})
        customer.crm_channel_ids = [Command.create({"channel_id": self.channel["phone"].id})]
        self.assertEqual(customer.crm_consent_summary, "Newsletter: Withdrawn")
