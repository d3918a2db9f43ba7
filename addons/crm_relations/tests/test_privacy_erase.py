from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import SQL

from .privacy_common import PrivacyCommon

NAME, EMAIL, PHONE = "Zdenka Petrovičová", "zdenka@petrovicova.example.com", "+421 2 5544 3322"


def find_everywhere(env, words):
    """Every table of the database searched as text: ``{table: number of rows that hold one of the words}``.

    Independent of what the erasure knows: all columns of all tables, whatever their type.
    """
    env.flush_all()
    tables = env.execute_query(
        SQL("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace")
    )
    found = {}
    patterns = [f"%{word}%" for word in words]
    for (table,) in tables:
        query = SQL("SELECT count(*) FROM %s AS t WHERE t::text ILIKE ANY(%s)", SQL.identifier(table), patterns)
        number = env.execute_query(query)[0][0]
        if number:
            found[table] = number
    return found


@tagged("post_install", "-at_install")
class TestPrivacyErase(PrivacyCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.words = [NAME, EMAIL, PHONE, "+421255443322", "5544 3322", "55443322"]
        cls.customer = cls._create_partner(
            NAME, email=EMAIL, phone=PHONE, street="Hlavná 12", birthdate_date="1980-05-05", comment=f"<p>{NAME}</p>"
        )

    def _history(self):
        customer = self.customer
        interaction = self._create_interaction(
            customer,
            objective="Offer",
            outcome=f"{NAME} rang from {PHONE}",
            note=f"<p>{EMAIL}</p>",
            next_step="Call",
            next_step_date=fields.Date.today(),
        )
        interaction.message_post(body=f"Note about {NAME}", attachments=[("a.txt", f"To {NAME}".encode())])
        self.env["crm.need"].create({"partner_id": customer.id, "statement": f"{NAME} needs wine"})
        lead = self.env["crm.lead"].create(
            {"name": f"Wine for {NAME}", "partner_id": customer.id, "contact_name": NAME, "email_from": EMAIL}
        )
        lead.message_post(body=f"From {EMAIL}", author_id=customer.id, email_from=f'"{NAME}" <{EMAIL}>')
        customer.with_context(tracking_disable=False).message_post(body="x", partner_ids=customer.ids)
        self.env["crm.consent"].create(
            {
                "partner_id": customer.id,
                "purpose_id": self.env["crm.consent.purpose"].search([], limit=1).id,
                "evidence": f"Mail of {EMAIL}",
                "actor": NAME,
            }
        )
        # colleagues write the name elsewhere, too
        self.single.message_post(body=f"Recommended by {NAME}, {PHONE}")
        self._create_interaction(self.single, outcome=f"Knows {NAME} <{EMAIL}>")
        self.env["mail.mail"].create({"subject": f"To {NAME}", "body_html": NAME, "email_to": EMAIL})
        self.env["mail.blacklist"]._add(EMAIL)
        return interaction, lead

    def test_nothing_is_left_but_the_mail_that_says_so(self):
        interaction, lead = self._history()
        before = find_everywhere(self.env, self.words)
        for table in (
            "res_partner",
            "mail_message",
            "crm_interaction",
            "crm_lead",
            "crm_need",
            "mail_mail",
            "crm_consent",
        ):
            self.assertIn(table, before)
        request = self._identified("erasure", partner=self.customer, details=f"I am {NAME}")
        request.action_answer()
        goodbye = self.env["mail.mail"].search([("email_to", "ilike", EMAIL)])
        self.assertEqual((len(goodbye), goodbye.auto_delete), (1, True))
        self.assertIn("we erased the data about you", goodbye.body_html)
        goodbye.unlink()  # as when it is sent
        self.assertEqual(find_everywhere(self.env, self.words), {})
        self.assertEqual((self.customer.name, self.customer.active), (f"Erased {self.customer.id}", False))
        self.assertEqual(
            (self.customer.email, self.customer.street, self.customer.birthdate_date), (False, False, False)
        )
        self.assertEqual((request.state, request.partner_id), ("done", self.customer))
        self.assertTrue(interaction.exists())
        self.assertEqual(lead.exists().contact_name, False)
        self.assertIn("GDPR, article 7", request.report)

    def test_the_dialog_names_the_person_and_says_what_goes_and_stays(self):
        """Counted by the same sources as the erasure; the name has to be typed."""
        self._history()
        self._file("access", partner=self.customer)
        request = self._identified("erasure", partner=self.customer)
        action = request.action_erase_dialog()
        dialog = (
            self.env["crm.privacy.request.erase"].with_user(self.officer).with_context(**action["context"]).create({})
        )
        self.assertEqual((dialog.person, dialog.known_by), (NAME, f"{EMAIL}, {PHONE}"))
        preview = request._erasure_preview()
        labels = {self.env[name]._description: name for name in ("crm.interaction", "crm.need", "crm.lead")}
        counted = {labels[label]: (count, kind) for label, count, kind in preview["gone"] if label in labels}
        self.assertEqual(
            counted,
            {
                "crm.interaction": (1, "anonymise"),
                "crm.need": (1, "anonymise"),
                "crm.lead": (1, "anonymise"),
            },
        )
        kept = {label: count for label, count, _reason in preview["kept"]}
        self.assertEqual(
            (kept[self.env["crm.consent"]._description], kept["Addresses and numbers"], kept["Privacy Request"]),
            (1, 2, 2),
        )
        self.assertEqual(
            preview["open"], ["Opportunities: 1", "Open needs: 1", "Other privacy requests to answer: 1"]
        )
        self.assertEqual(preview["shared"], [])
        self.assertIn("<b>1</b> Consent: The words of consent", dialog.summary)
        for typed in (False, "Zdenka"):
            dialog.typed = typed
            with self.assertRaisesRegex(UserError, f"“{NAME}”. Nothing was erased"):
                dialog.action_confirm()
        self.assertEqual((request.state, self.customer.name), ("open", NAME))
        done = sum(count for _label, count, _kind in preview["gone"])
        dialog.typed = f" {NAME.upper()} "
        dialog.action_confirm()
        self.assertEqual((request.state, self.customer.name), ("done", f"Erased {self.customer.id}"))
        self.assertGreater(done, 5)

    def test_the_dialog_names_nobody_of_another_company(self):
        request = self._identified("erasure", partner=self.customer)
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        request.sudo().company_id = elsewhere  # sudo: no officer moves a request to another company
        self.env.invalidate_all()
        dialogs = self.env["crm.privacy.request.erase"].with_user(self.officer)
        for field in ("person", "known_by", "summary"):
            with self.subTest(field), self.assertRaises(AccessError):
                dialogs.create({"request_id": request.id}).read([field])
        with self.assertRaises(AccessError):
            request.with_user(self.officer)._erasure_preview()

    def test_the_dialog_says_what_cannot_be_taken_out(self):
        """A namesake and a shared number stay in other people's texts; a legal hold comes before everything."""
        self._create_partner(NAME, phone=PHONE)
        request = self._identified("erasure", partner=self.customer)
        self.assertEqual(set(request._erasure_preview()["shared"]), {NAME, PHONE})
        self.customer.crm_legal_hold = "Lawsuit 12/2026"
        dialog = self.env["crm.privacy.request.erase"].with_user(self.officer).create({"request_id": request.id})
        self.assertEqual((dialog.legal_hold, dialog.summary), ("Lawsuit 12/2026", False))
        dialog.typed = NAME
        with self.assertRaisesRegex(UserError, "Lawsuit 12/2026"):
            dialog.action_confirm()
        for user in (self.manager, self.auditor, self.agent):
            with self.assertRaises(AccessError):
                request.with_user(user)._erasure_preview()
            with self.assertRaises(AccessError):
                request.with_user(user).action_erase_dialog()

    def test_files_go_from_the_disk(self):
        interaction, _lead = self._history()
        attachment = self.env["ir.attachment"].search(
            [("res_model", "=", "crm.interaction"), ("res_id", "=", interaction.id)]
        )
        path = attachment._full_path(attachment.store_fname)
        with open(path, "rb") as file:
            self.assertIn(NAME.encode(), file.read())
        self._identified("erasure", partner=self.customer).action_answer()
        self.assertFalse(attachment.exists())
        self.env["ir.attachment"]._gc_file_store_unsafe()
        with self.assertRaises(FileNotFoundError), open(path, "rb"):
            pass

    def test_others_of_the_same_name_keep_theirs(self):
        namesake = self._create_partner(NAME, email="other@example.com")
        note = self._create_interaction(namesake, outcome=f"{NAME} likes red, {EMAIL} is the other one")
        self._identified("erasure", partner=self.customer).action_answer()
        self.assertEqual((namesake.name, namesake.active), (NAME, True))
        self.assertEqual(note.outcome, f"{NAME} likes red, Erased is the other one")

    def test_the_address_is_not_advertised_to_when_it_comes_back(self):
        self._identified("erasure", partner=self.customer).action_answer()
        again = self._create_partner(
            "Somebody", email=EMAIL.upper(), phone=PHONE, country_id=self.env.ref("base.sk").id
        )
        for channel in ("email", "phone", "sms"):
            self.assertEqual(
                self._ask(again, channel, "marketing").reasons,
                ("Somebody with this address or number asked to be erased and not contacted again",),
            )
        self.assertEqual(self._effect(again, "email", "service"), "allow")
        self.assertEqual(self._effect(self.single, "email", "marketing"), "allow")
        digests = self.env["crm.privacy.suppression"].search([]).mapped("digest")
        self.assertEqual([len(digest) for digest in digests[-2:]], [64, 64])

    def test_legal_hold_comes_first(self):
        request = self._identified("erasure", partner=self.customer)
        steps = self.env["crm.privacy.request.step"].with_user(self.officer)
        action = request.with_context(privacy_step="hold").action_step()
        dialog = steps.with_context(**action["context"]).create({"reason": " "})
        with self.assertRaisesRegex(UserError, "say why the data have to be kept"):
            dialog.action_confirm()
        dialog.reason = "Lawsuit 7"
        dialog.action_confirm()
        self.assertEqual((self.customer.crm_legal_hold, request.partner_legal_hold), ("Lawsuit 7", "Lawsuit 7"))
        with self.assertRaisesRegex(UserError, r"under legal hold \(Lawsuit 7\)"):
            request.action_answer()
        self.assertEqual((request.state, self.customer.name), ("open", NAME))
        with self.assertRaises(AccessError):
            request.with_user(self.manager).action_end_hold()
        request.action_end_hold()
        self.assertFalse(self.customer.crm_legal_hold)
        self.assertEqual(request.state, "open")

    def test_erasing_twice_is_erasing_once(self):
        request = self._identified("erasure", partner=self.customer)
        request.action_answer()
        report = request.report
        request.action_answer()
        self.assertEqual(request.report, report)

    def test_words_of_consent_stay_without_their_author(self):
        purpose = self.env["crm.consent.purpose"].search([], limit=1)
        entry = self.env["crm.consent"].create(
            {
                "partner_id": self.customer.id,
                "purpose_id": purpose.id,
                "evidence": EMAIL,
                "actor": NAME,
                "state": "given",
            }
        )
        self._identified("erasure", partner=self.customer).action_answer()
        self.assertEqual((entry.state, entry.partner_id), ("given", self.customer))
        self.assertEqual((entry.evidence, entry.actor), (False, False))

    def test_colleagues_of_the_person_stay(self):
        boss = self._create_partner("Boss", parent_id=self.company_partner.id, email="boss@example.com")
        self._identified("erasure", partner=self.person).action_answer()
        self.assertEqual((boss.name, boss.email), ("Boss", "boss@example.com"))
        self.assertEqual(self.company_partner.name, "Vinograd d.o.o.")
        self.assertEqual(self.company_partner.email, "office@vinograd.example.com")

    def test_the_portal_account_ends(self):
        user = self._create_user("portal", "base.group_portal", email="port@example.com")
        self._identified("erasure", partner=user.partner_id).action_answer()
        self.assertEqual((user.active, user.login), (False, f"erased-{user.id}"))

    def test_groups_and_relations_lose_the_person(self):
        group = self.env["crm.customer.group"].create({"name": "Wine", "kind": "static"})
        group.member_ids = [Command.create({"partner_id": self.customer.id})]
        kind = self.env["crm.partner.relation.type"].create(
            {"name": "taught", "inverse_name": "was taught by", "left_kind": "any", "right_kind": "any"}
        )
        relation = self.env["crm.partner.relation"].create(
            {"left_partner_id": self.customer.id, "right_partner_id": self.single.id, "type_id": kind.id}
        )
        self._identified("erasure", partner=self.customer).action_answer()
        self.env.invalidate_all()
        self.assertFalse(group.member_ids)
        self.assertFalse(relation.exists())

    def test_a_mail_that_waits_for_others_too_still_goes_to_them(self):
        mail = self.env["mail.mail"].create(
            {
                "subject": "Closed on Monday",
                "body_html": "x",
                "recipient_ids": [Command.set((self.customer | self.single).ids)],
            }
        )
        own = self.env["mail.mail"].create(
            {"subject": "For you", "body_html": "x", "recipient_ids": [Command.set(self.customer.ids)]}
        )
        self._identified("erasure", partner=self.customer).action_answer()
        self.env.invalidate_all()
        self.assertEqual(((mail | own).exists(), mail.recipient_ids), (mail, self.single))

    def test_a_file_of_another_customer_stays_though_the_person_got_it_too(self):
        prices, own = self.env["ir.attachment"].create(
            [
                {"name": "prices.txt", "raw": b"12", "res_model": "res.partner", "res_id": self.single.id},
                {"name": "offer.txt", "raw": b"13", "res_model": "res.partner", "res_id": self.customer.id},
            ]
        )
        kept = self.single.message_post(body="Prices")
        gone = self.customer.message_post(body="Prices")
        kept.attachment_ids = prices
        gone.attachment_ids = prices | own
        self._identified("erasure", partner=self.customer).action_answer()
        self.env.invalidate_all()
        self.assertFalse(gone.exists())
        self.assertEqual(((prices | own).exists(), kept.attachment_ids), (prices, prices))
