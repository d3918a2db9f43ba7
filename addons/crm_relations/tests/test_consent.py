import doctest
from datetime import datetime, timedelta

import psycopg2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import BaseCase, Form, tagged
from odoo.tools import convert_file, mute_logger

from ..tools import consent
from .contact_common import ContactCommon

ENTRIES = st.lists(
    st.tuples(
        st.integers(0, 20),
        st.integers(0, 1000),
        st.sampled_from([None, "email", "phone"]),
        st.sampled_from(["given", "withdrawn", "soft"]),
    ),
    max_size=12,
    unique_by=lambda entry: entry[1],
)


@tagged("post_install", "-at_install", "pure")
class TestConsentTools(BaseCase):
    def test_doctests(self):
        result = doctest.testmod(consent)
        self.assertEqual(result.failed, 0)
        self.assertGreater(result.attempted, 3)

    @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(ENTRIES, st.sampled_from(["email", "phone"]), st.integers(0, 20))
    def test_what_is_said_later_does_not_change_the_past(self, entries, channel, at):
        earlier = [entry for entry in entries if entry[0] <= at]
        self.assertEqual(consent.state_at(entries, channel, at), consent.state_at(earlier, channel, at))

    @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.sampled_from(["consent", "legitimate_interest"]), st.booleans())
    def test_a_withdrawal_always_counts(self, basis, soft):
        self.assertFalse(consent.allowed(basis, "withdrawn", soft))


class ConsentCommon(ContactCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule = cls._rule("consent")
        cls.news, cls.offers = cls.env["crm.consent.purpose"].create(
            [
                {"name": "Wine letter", "code": "wine_letter", "wording_ids": [Command.create({"text": "I want it."})]},
                {"name": "Wine offers", "code": "wine_offers", "lawful_basis": "legitimate_interest"},
            ]
        )

    @classmethod
    def _say(cls, partner, state, *, user=None, **values):
        return (
            cls.env["crm.consent"]
            .with_user(user or cls.agent)
            .create({"partner_id": partner.id, "purpose_id": cls.news.id, "state": state, **values})
        )

    def _may(self, partner, channel="email", purpose="wine_letter", at=None):
        return self._ask(partner, channel, purpose, at or fields.Datetime.now())


@tagged("post_install", "-at_install")
class TestConsent(ConsentCommon):
    # === THE DECISION === #

    def test_consent_is_needed(self):
        decision = self._may(self.single)
        self.assertEqual(
            (decision.effect, decision.reasons, decision.next_moment),
            ("refuse", ("Ion Popescu has not agreed to “Wine letter” by E-mail",), None),
        )
        self._say(self.single, "given")
        self.assertEqual(self._may(self.single).effect, "allow")
        self.assertEqual(self._may(self.person).effect, "refuse")

    def test_an_interest_holds_until_somebody_objects(self):
        self.assertEqual(self._may(self.single, purpose="wine_offers").effect, "allow")
        self._say(self.single, "withdrawn", purpose_id=self.offers.id)
        self.assertEqual(
            self._may(self.single, purpose="wine_offers").reasons,
            ("Ion Popescu does not want “Wine offers” by E-mail (withdrawn)",),
        )

    def test_what_is_said_about_a_channel_leaves_the_others(self):
        self._say(self.single, "given")
        self._say(self.single, "withdrawn", channel="email")
        self.assertEqual(self._may(self.single).effect, "refuse")
        self.assertEqual(self._may(self.single, "phone").effect, "allow")
        self._say(self.single, "given")
        self.assertEqual(self._may(self.single).effect, "allow")

    def test_every_date_of_the_past_keeps_its_answer(self):
        now = fields.Datetime.now()
        self._say(self.single, "given", date=now - timedelta(days=20))
        self._say(self.single, "withdrawn", date=now - timedelta(days=10))
        states = [
            self.env["crm.consent"]._states(self.single, self.news, "email", now - timedelta(days=days))
            for days in (30, 15, 5)
        ]
        self.assertEqual(states, [{self.single.id: None}, {self.single.id: "given"}, {self.single.id: "withdrawn"}])
        self.assertEqual(self._may(self.single, at=now - timedelta(days=15)).effect, "allow")

    def test_sql_and_python_agree(self):
        now = datetime(2026, 1, 20)
        entries = []
        for day, channel, state in (
            (1, None, "given"),
            (3, "email", "withdrawn"),
            (3, "email", "given"),
            (5, "phone", "withdrawn"),
            (9, None, "withdrawn"),
            (12, "email", "given"),
        ):
            entry = self._say(self.single, state, channel=channel, date=datetime(2026, 1, day))
            entries.append((entry.date, entry.id, channel, state))
        for day in range(1, 20):
            for channel in ("email", "phone", "sms"):
                at = datetime(2026, 1, day)
                self.assertEqual(
                    self.env["crm.consent"]._states(self.single, self.news, channel, at)[self.single.id],
                    consent.state_at(entries, channel, at),
                )
        self.assertEqual(self.env["crm.consent"]._states(self.single, self.news, "email", now)[self.single.id], "given")

    def test_soft_opt_in_needs_its_four_conditions_and_the_sale(self):
        with self.assertRaisesRegex(ValidationError, "allows no soft opt-in"):
            self._say(self.single, "soft", evidence="Sale 17")
        conditions = {"soft_sale": True, "soft_similar": True, "soft_at_collection": True}
        with self.assertRaisesRegex(ValidationError, "all four conditions"):
            self.news.write({"soft_opt_in": True, **conditions})
        self.news.write({"soft_opt_in": True, "soft_each_message": True, **conditions})
        with self.assertRaisesRegex(ValidationError, "in which sale"):
            self._say(self.single, "soft")
        self._say(self.single, "soft", evidence="Sale 17")
        self.assertEqual(self._may(self.single).effect, "allow")
        self.news.soft_opt_in = False
        self.assertEqual(self._may(self.single).effect, "refuse")

    def test_a_soft_opt_in_is_for_electronic_mail(self):
        conditions = ("soft_opt_in", "soft_sale", "soft_similar", "soft_at_collection", "soft_each_message")
        self.news.write(dict.fromkeys(conditions, True))
        with self.assertRaisesRegex(ValidationError, "for e-mail and SMS only"):
            self._say(self.single, "soft", channel="phone", evidence="Sale 17")
        self._say(self.single, "soft", evidence="Sale 17")
        effects = [self._may(self.single, channel).effect for channel in ("email", "sms", "phone", "letter")]
        self.assertEqual(effects, ["allow", "allow", "refuse", "refuse"])

    def test_each_channel_has_its_own_basis(self):
        self.offers.basis_ids = [
            Command.create({"channel": "email", "lawful_basis": "consent"}),
            Command.create({"channel": "letter", "lawful_basis": "contract"}),
        ]
        channels = ("email", "visit", "letter")
        may = {channel: self._may(self.single, channel, "wine_offers").effect for channel in channels}
        self.assertEqual(may, {"email": "refuse", "visit": "allow", "letter": "allow"})
        self._say(self.single, "withdrawn", purpose_id=self.offers.id)
        self._say(self.single, "given", purpose_id=self.offers.id, channel="email")
        may = {channel: self._may(self.single, channel, "wine_offers").effect for channel in may}
        self.assertEqual(may, {"email": "allow", "visit": "refuse", "letter": "allow"})
        with self.assertRaisesRegex(ValidationError, "does not rest on what the customer says"):
            self._say(self.single, "withdrawn", purpose_id=self.offers.id, channel="letter")

    def test_as_delivered_advertising_needs_consent_but_for_letters(self):
        """Directive 2002/58/EC, article 13; letters may be objected to (GDPR, article 21)."""
        self._deliver_again()
        offers = self.env.ref("crm_relations.consent_purpose_marketing")
        channels = ("email", "sms", "phone", "fax", "chat", "social", "letter", "visit")
        before = {channel: self._may(self.single, channel, "marketing").effect for channel in channels}
        self.assertEqual(before, dict.fromkeys(channels, "refuse") | {"letter": "allow", "visit": "allow"})
        with self.assertRaisesRegex(ValidationError, "allows no soft opt-in"):
            self._say(self.single, "soft", purpose_id=offers.id, channel="email", evidence="Sale 17")
        self._say(self.single, "given", purpose_id=offers.id, channel="email")
        self._say(self.single, "withdrawn", purpose_id=offers.id, channel="letter")
        after = {channel: self._may(self.single, channel, "marketing").effect for channel in channels}
        self.assertEqual(after, before | {"email": "allow", "letter": "refuse"})

    def _deliver_again(self):
        """Purposes as in a new database, whatever was changed in this one and whoever agreed to what."""
        former = self.env["crm.consent.purpose"].with_context(active_test=False).search([("code", "!=", False)])
        self._say(self.person, "given", purpose_id=self.env.ref("crm_relations.consent_purpose_newsletter").id)
        for purpose in former:
            purpose.code = f"former_{purpose.code}"
        self.env["ir.model.data"].search(
            [("module", "=", "crm_relations"), ("model", "in", ("crm.consent.purpose", "crm.consent.wording"))]
        ).unlink()
        convert_file(self.env, "crm_relations", "data/crm_consent_data.xml", {}, mode="init")

    def test_service_needs_no_consent(self):
        self._say(self.single, "withdrawn")
        self.assertEqual(self._may(self.single, purpose="service").effect, "allow")

    def test_an_unknown_purpose_is_a_mistake_of_the_caller(self):
        with self.assertRaises(ValueError):
            self._may(self.single, purpose="beer_letter")

    def test_a_purpose_of_contract_is_not_the_customers_to_decide(self):
        self.news.lawful_basis = "contract"
        with self.assertRaisesRegex(ValidationError, "does not rest on what the customer says"):
            self._say(self.single, "withdrawn")
        self.assertEqual(self._may(self.single).effect, "allow")

    # === THE LEDGER === #

    def test_who_recorded_it_is_not_for_the_caller_to_say(self):
        entry = self._say(
            self.single, "given", user_id=self.manager.id, actor="Somebody", date_recorded=datetime(2020, 1, 1)
        )
        self.assertEqual((entry.user_id, entry.actor), (self.agent, "Agent"))
        self.assertGreater(entry.date_recorded, datetime(2026, 1, 1))
        self.assertEqual(entry.wording_id, self.news.wording_id)
        self.assertEqual(entry.name, "Wine letter: Given")

    def test_no_word_lies_in_the_future(self):
        with self.assertRaisesRegex(ValidationError, "cannot lie in the future"):
            self._say(self.single, "given", date=fields.Datetime.now() + timedelta(days=1))

    def test_nobody_changes_or_deletes_an_entry(self):
        entry = self._say(self.single, "given")
        for user in (self.agent, self.manager, self.auditor):
            for change in (
                lambda mine: mine.write({"state": "withdrawn"}),
                lambda mine: mine.unlink(),
            ):
                with self.assertRaises(AccessError):
                    change(entry.with_user(user))
        with self.assertRaises(AccessError):
            entry.with_user(self.auditor).create({"partner_id": self.single.id, "purpose_id": self.news.id})
        with self.assertRaises(AccessError):
            entry.with_user(self.clerk).read(["state"])
        with self.assertRaises(AccessError):
            entry.sudo().write({"state": "withdrawn"})

    @mute_logger("odoo.sql_db")
    def test_nor_does_the_database(self):
        entry = self._say(self.single, "given")
        self.env.flush_all()
        for statement in (
            "UPDATE crm_consent SET state = 'withdrawn' WHERE id = %s",
            "UPDATE crm_consent SET date = date - interval '1 day' WHERE id = %s",
            "UPDATE crm_consent SET evidence = 'x' WHERE id = %s",
            "DELETE FROM crm_consent WHERE id = %s",
        ):
            with self.assertRaises(psycopg2.IntegrityError), self.cr.savepoint():
                self.cr.execute(statement, [entry.id])
        with self.assertRaises(psycopg2.IntegrityError), self.cr.savepoint():
            self.cr.execute("TRUNCATE crm_consent CASCADE")
        entry.invalidate_recordset()
        self.assertEqual(entry.state, "given")

    def test_words_to_which_somebody_agreed_stay(self):
        self.news.wording_id.text = "I want it!"
        self._say(self.single, "given")
        with self.assertRaisesRegex(UserError, "add a new version"):
            self.news.wording_id.text = "I want everything"
        self.news.wording_id.text = "I want it!"
        self.news.wording_ids = [Command.create({"text": "I want everything"})]
        self.assertEqual((self.news.wording_id.version, self.news.wording_id.text), (2, "I want everything"))
        self.assertEqual(self.single.crm_consent_ids.wording_id.version, 1)

    def test_a_customer_with_consents_is_kept(self):
        self._say(self.single, "given")
        with self.assertRaisesRegex(UserError, "kept as proof"):
            self.single.unlink()

    def test_merging_moves_the_entries(self):
        other = self._create_partner("Ion Popescu", email="ion@example.com")
        self._say(self.single, "given")
        self._say(other, "withdrawn", channel="phone")
        self.env["base.partner.merge.automatic.wizard"]._merge((self.single | other).ids, other)
        self.env.invalidate_all()
        entries = other.crm_consent_ids
        self.assertEqual(sorted(entries.mapped("state")), ["given", "withdrawn"])
        self.assertEqual(entries.commercial_partner_id, other)

    def test_privacy_lookup_finds_the_entries(self):
        entry = self._say(self.single, "given")
        self.env.flush_all()
        wizard = self.env["privacy.lookup.wizard"].create({"name": self.single.name, "email": self.single.email})
        wizard.action_lookup()
        self.assertIn((entry._name, entry.id), [(line.res_model, line.res_id) for line in wizard.line_ids])

    def test_as_many_queries_to_refuse_a_hundred_as_ten(self):
        partners = self.env["res.partner"].create([{"name": f"Customer {number}"} for number in range(100)])
        counts = []
        for number in (10, 10, 100):  # the first warms up
            some = partners[:number].with_user(self.agent)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.assertFalse(some._crm_contact_filter("email", "wine_letter"))
            self.env.flush_all()
            counts.append(self.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2])

    def test_a_purpose_that_is_archived_or_renamed_is_known_at_once(self):
        self.assertEqual(self._may(self.single).effect, "refuse")
        self.news.active = False
        with self.assertRaises(ValueError):
            self._may(self.single)
        self.news.write({"active": True, "code": "beer_letter"})
        self.assertEqual(self._may(self.single, purpose="beer_letter").effect, "refuse")

    # === ON SCREEN === #

    def test_the_dialog(self):
        action = self.single.with_user(self.agent).action_crm_record_consent()
        with Form(self.env["crm.consent"].with_user(self.agent).with_context(**action["context"])) as form:
            form.purpose_id, form.state, form.source = self.news, "withdrawn", "phone"
        self.assertEqual(self.single.crm_consent_summary, "Wine letter: Withdrawn")

    def test_the_summary_tells_the_last_word(self):
        now = fields.Datetime.now()
        self._say(self.single, "withdrawn", channel="sms", date=now - timedelta(days=9))
        self._say(self.single, "given", date=now - timedelta(days=8))
        self._say(self.single, "withdrawn", channel="email", date=now - timedelta(days=7))
        self.assertEqual(self.single.crm_consent_summary, "Wine letter: Withdrawn (E-mail); Wine letter: Given")

    def test_at_a_glance_and_on_the_timeline(self):
        entry = self._say(self.single, "withdrawn", channel="email")
        card = self.single.with_user(self.agent).crm_360()[0]
        item = [item for item in card["items"] if item["key"] == "consents"]
        self.assertEqual([(one["count"], one["text"]) for one in item], [(0, "1 withdrawn")])
        line = self._timeline(self.agent, ("commercial_partner_id", "=", self.single.id), ("kind", "=", "consent"))
        self.assertEqual((line.summary, line.res_id), ("Wine letter: Withdrawn (E-mail)", entry.id))

    def test_a_mail_about_a_purpose(self):
        composer = (
            self.env["mail.compose.message"]
            .with_user(self.agent)
            .create(
                {
                    "model": "res.partner",
                    "res_ids": repr((self.single | self.person).ids),
                    "composition_mode": "mass_mail",
                    "email_from": "us@example.com",
                    "subject": "Wine",
                    "body": "<p>Wine</p>",
                    "crm_purpose": "marketing",
                    "crm_consent_purpose_id": self.news.id,
                }
            )
        )
        self._say(self.person, "given")
        with mute_logger("odoo.addons.mail.models.mail_mail"):
            mails, _messages = composer._action_send_mail()
        states = {mail.res_id: mail.failure_type for mail in mails}
        self.assertEqual(states[self.single.id], "mail_optout")
        self.assertFalse(states[self.person.id])
