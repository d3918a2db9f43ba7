"""A customer with history in every model is erased: the database and the files are searched for what is left."""

import base64
import json
import os
import uuid
from urllib.parse import quote

from odoo import fields
from odoo.addons.crm_erp_bridge.tests.common import BridgeCommon
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import SQL

NAME, EMAIL, PHONE = "Zdenka Petrovičová", "zdenka@petrovicova.example.com", "+421 2 5544 3322"
WORDS = [NAME, EMAIL, PHONE, "+421255443322", "5544 3322", "55443322", "SK7788990011"]

# models of the suite that name a contact who is no customer asking about data, or copy what others hold
NOT_OF_A_PERSON = {
    "crm.competitor": "a firm that we compete with",
    "crm.partner.key": "made anew from the erased contact",
    "crm.contact.counter": "a number that locks, no data",
    "crm.tender": "an authority; its texts are searched",
    "crm.exchange.export": "a choice that is forgotten after an hour",
}


@tagged("post_install", "-at_install")
class TestErasureOfEverything(BridgeCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.officer = new_test_user(
            cls.env, login="flow_officer", groups="crm_relations.group_privacy", email="officer@example.com"
        )
        cls.ana = cls.env["res.partner"].create(
            {
                "name": NAME,
                "email": EMAIL,
                "phone": PHONE,
                "street": "Hlavná 12",
                "company_id": False,
                "image_1920": base64.b64encode(cls._picture()),
                "comment": f"<p>{NAME}</p>",
            }
        )

    @staticmethod
    def _picture():
        return base64.b64decode(
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
        )

    # === HISTORY === #

    def _history(self):
        """Something in every model, by each with the person's name, address or number in its texts."""
        env, ana = self.env(su=True), self.ana.sudo()
        text = f"{NAME}, {EMAIL}, {PHONE} ({uuid.uuid4()})"  # files of their own in every run
        interaction = env["crm.interaction"].create(
            {"partner_id": ana.id, "objective": text, "outcome": text, "note": text, "date": fields.Datetime.now()}
        )
        interaction.message_post(body=text, attachments=[("letter.txt", text.encode())])
        env["crm.need"].create({"partner_id": ana.id, "statement": text})
        lead = self._create_lead(partner_id=ana.id, name=f"Wine for {NAME}", contact_name=NAME, email_from=EMAIL)
        lead.message_post(body=text, author_id=ana.id, email_from=f'"{NAME}" <{EMAIL}>')
        env["calendar.event"].create({"name": f"With {NAME}", "partner_ids": [Command.link(ana.id)]})
        ana.activity_schedule("mail.mail_activity_data_todo", summary=f"Ring {NAME}", user_id=self.env.uid)
        env["res.partner.bank"].create({"partner_id": ana.id, "acc_number": "SK7788990011", "acc_holder_name": NAME})
        self._complaint(text)
        self._money(lead, text)
        self._bridge(text)
        model = env["crm.rfm.model"].sudo().create({"name": "Erasure", "company_id": env.company.id})
        model.action_compute()
        env["crm.rfm.snapshot"]._take(model, fields.Date.today())
        # what colleagues wrote elsewhere
        self.customer.sudo().message_post(body=f"A friend of {text}")
        env["crm.interaction"].create(
            {"partner_id": self.customer.id, "objective": "Call", "outcome": text, "date": fields.Datetime.now()}
        )
        env["bus.bus"]._sendone("broadcast", "note", {"text": text})
        env["bus.bus"]._sendone("broadcast", "note", {"text": NAME})  # JSON spells it in another way
        self.customer.sudo().message_post(body=f"See https://example.com/?who={quote(NAME)}&mail={quote(EMAIL)}")
        self.env.flush_all()
        self.cr.precommit.run()  # notifications are written when a transaction ends
        return model

    def _tracked(self, record, **values):
        self.env.flush_all()
        self.cr.precommit.run()
        record.with_context(tracking_disable=False, mail_notrack=False).write(values)
        self.env.flush_all()
        self.cr.precommit.run()

    def _complaint(self, text):
        env = self.env(su=True)
        complaint = env["crm.complaint"].create(
            {
                "name": f"Broken, says {NAME}",
                "partner_id": self.ana.id,
                "channel": "email",
                "description": text,
                "findings": text,
                "remedy_sought": text,
                "decision_reason": text,
            }
        )
        env["crm.complaint.point"].create({"complaint_id": complaint.id, "name": text, "finding": text})
        complaint.message_post(body=text, attachments=[("photo.txt", f"Photo {text}".encode())])
        self._tracked(complaint, name=f"Very broken, says {NAME}")  # the old subject is a tracking value
        env["crm.complaint.intake"].sudo().create(
            {
                "fingerprint": "erasure-1",
                "raw": base64.b64encode(text.encode()),
                "email_from": f"{NAME} <{EMAIL}>",
                "email_normalized": EMAIL,
                "subject": text,
                "state": "done",
                "complaint_id": complaint.id,
            }
        )
        env["crm.complaint.intake"].sudo().create(
            {
                "fingerprint": "erasure-2",
                "raw": base64.b64encode(text.encode()),
                "email_from": EMAIL,
                "email_normalized": EMAIL,
                "subject": text,
                "state": "quarantine",
                "error": text,
            }
        )
        env["rating.rating"].create(
            {
                "res_model_id": env["ir.model"]._get_id("crm.complaint"),
                "res_id": complaint.id,
                "partner_id": self.ana.id,
                "rating": 1,
                "feedback": text,
                "consumed": True,
            }
        )

    def _money(self, lead, text):
        order = self._create_order(
            (100, 2, 0), partner_id=self.ana.id, opportunity_id=lead.id, note=text, client_order_ref=text
        )
        self.posted = self._invoice(order)
        self.payment = self._pay(self.posted)
        order.message_post(body=text, author_id=self.ana.id)
        self.posted.message_post(body=f"Sent to {text}")
        other = self._create_order((100, 1, 0), partner_id=self.ana.id)
        self.draft = self._invoice(other, post=False)

    def _bridge(self, text):
        env = self.env(su=True)
        env["crm.request"].create(
            {
                "name": text,
                "partner_id": self.ana.id,
                "description": text,
                "reference": text,
                "type_id": env["crm.request.type"].search([], limit=1).id,
            }
        )
        env["crm.contract"].create({"name": "Cellar", "partner_id": self.ana.id})
        env["crm.outbox"].sudo().create(
            {
                "key": "erasure",
                "type": "test.event",
                "subject": text,
                "company_id": env.company.id,
                "data": {"customer": NAME, "email": EMAIL},
            }
        )
        queue = env["crm.call.queue"].create({"name": "Erasure", "distribution": "pull"})
        started = fields.Datetime.subtract(fields.Datetime.now(), minutes=1)
        # lost, so called back later on the place it had
        env["crm.call"]._start(queue, "in", PHONE, date_started=started)._record("lost")
        env["crm.callback"].search([("queue_id", "=", queue.id)]).note = text
        # those who name people by their address or number only
        mailing = env["mailing.mailing"].create(
            {"subject": "News", "mailing_model_id": env["ir.model"]._get_id("mailing.contact")}
        )
        subscriber = env["mailing.contact"].create({"name": NAME, "email": EMAIL})
        env["mailing.trace"].create(
            {"mass_mailing_id": mailing.id, "model": "mailing.contact", "res_id": subscriber.id, "email": EMAIL}
        )
        env["sms.sms"].create({"number": "+421255443322", "body": text})
        env["project.task"].create({"name": f"Visit {NAME}", "partner_id": self.ana.id, "description": text})

    # === SEARCH === #

    def _found(self):
        """``{table: rows}`` with one of the words anywhere: all columns of all tables, raw bytes decoded."""
        self.env.flush_all()
        self.cr.execute(
            "SELECT c.relname FROM pg_class c WHERE c.relkind IN ('r', 'p') "
            "AND c.relnamespace = current_schema()::regnamespace"
        )
        found, patterns = {}, self._patterns()
        for (table,) in self.cr.fetchall():
            query = SQL("SELECT count(*) FROM %s t WHERE t::text ILIKE ANY(%s)", SQL.identifier(table), patterns)
            number = self.env.execute_query(query)[0][0]
            if number:
                found[table] = number
        return found

    @staticmethod
    def _patterns():
        """As text, as PostgreSQL shows bytes, in JSON and in addresses of the web."""
        return (
            [f"%{word}%" for word in WORDS]
            + [f"%{word.encode().hex()}%" for word in WORDS]
            + [f"%{base64.b64encode(NAME.encode()).decode()[:16]}%"]
            + ["%{}%".format(json.dumps(NAME)[1:-1].replace("\\", "\\\\"))]
            + ["%{}%".format(quote(word, safe="").replace("%", "\\%")) for word in (NAME, EMAIL)]
        )

    def _files(self):
        """Names of files that hold one of the words, of those that the database names and of those that it does not."""
        attachments = self.env["ir.attachment"].sudo()
        attachments._gc_file_store_unsafe()
        root = attachments._filestore()
        found = set()
        for folder, _folders, names in os.walk(root):
            for name in names:
                path = os.path.join(folder, name)
                if os.path.getsize(path) < 2_000_000 and "checklist" not in folder:
                    with open(path, "rb") as file:
                        content = file.read()
                    if any(word.encode() in content for word in WORDS):
                        found.add(os.path.relpath(path, root))
        return found

    # === TESTS === #

    def test_only_what_the_law_keeps_is_left(self):
        files = self._files()
        model = self._history()
        before = self._found()
        for table in (
            "res_partner",
            "crm_interaction",
            "crm_need",
            "crm_lead",
            "crm_complaint",
            "crm_complaint_point",
            "crm_complaint_intake",
            "rating_rating",
            "mail_message",
            "mail_tracking_value",
            "mail_activity",
            "calendar_event",
            "sale_order",
            "account_move",
            "crm_call",
            "crm_callback",
            "crm_request",
            "crm_outbox",
            "project_task",
            "res_partner_bank",
            "ir_attachment",
            "bus_bus",
            "mailing_contact",
            "mailing_trace",
            "sms_sms",
        ):
            self.assertIn(table, before)
        self.assertGreater(len(self._files() - files), 1)
        score = self.env["crm.rfm.score"].sudo().search([("model_id", "=", model.id), ("partner_id", "=", self.ana.id)])
        self.assertTrue(score)

        request = (
            self.env["crm.privacy.request"]
            .with_user(self.officer)
            .create(
                {"kind": "erasure", "partner_id": self.ana.id, "details": f"I am {NAME}", "identity_method": "document"}
            )
        )
        request.action_identify()
        request.action_answer()
        self.env["mail.mail"].sudo().search([("email_to", "ilike", EMAIL)]).unlink()  # as when the last mail is sent

        # the posted invoice with its lines, and whom it was issued to
        self.assertEqual(set(self._found()), {"account_move", "account_move_line"})
        for table, column in (("account_move", "id"), ("account_move_line", "move_id")):
            query = SQL(
                "SELECT DISTINCT %s FROM %s t WHERE t::text ILIKE ANY(%s)",
                SQL.identifier(column),
                SQL.identifier(table),
                self._patterns(),
            )
            moves = self.env["account.move"].browse(row[0] for row in self.env.execute_query(query))
            self.assertLessEqual(moves, self.posted | self.payment.move_id)
        kept = (
            self.env["ir.attachment"]
            .sudo()
            .search([("res_id", "=", self.posted.id), ("name", "=", "Issued to.txt")])
        )
        self.assertIn("Hlavná 12", kept.raw.decode())
        self.assertEqual(self._files() - files, {kept.store_fname} - files)

        # what is kept still works: the invoice, the order, the numbers
        self.assertEqual((self.posted.state, self.posted.amount_total > 0), ("posted", True))
        self.assertEqual(self.posted.partner_id, self.ana)
        model.action_compute()
        self.env.invalidate_all()
        self.assertFalse(score.exists() and not score.exclusion)
        report = request.report
        self.assertIn("Invoices and payments are kept", report)
        self.assertIn("Contracts are kept", report)

    def test_every_model_that_names_a_customer_is_covered(self):
        """A model of the suite that gets a field to contacts has to say what becomes of it."""
        sources = self.env["crm.privacy.request"]._crm_privacy_sources()
        missing = []
        for name in self.env.registry:
            model = self.env[name]
            if model._abstract or not model._auto or model._transient or not name.startswith("crm."):
                continue
            links = [
                field.name
                for field in model._fields.values()
                if field.type == "many2one" and field.comodel_name == "res.partner" and field.store
            ]
            if links and name not in sources and name not in NOT_OF_A_PERSON:
                missing.append((name, links))
        self.assertEqual(missing, [])

    def test_data_not_to_be_used_are_not_used_by_way_of_scores(self):
        """A field of customers that is declared: no score is searched, sorted or grouped by it either."""
        scores = self.env["crm.rfm.score"].sudo()
        acts = (
            lambda: scores.search([("country_id", "!=", False)], limit=1),
            lambda: scores.search([], order="country_id", limit=1),
            lambda: scores.formatted_read_group([], ["country_id"], ["__count"]),
            lambda: scores.formatted_read_group([], ["partner_id.country_id"], ["__count"]),
            lambda: scores.search([("partner_id.country_id", "!=", False)], limit=1),
        )
        for act in acts:
            act()
        field = self.env["ir.model.fields"]._get("res.partner", "country_id")
        self.env["crm.privacy.field"].with_user(self.officer).create({"field_id": field.id, "reason": "For one order"})
        self.env.invalidate_all()
        for act in acts:
            with self.assertRaisesRegex(AccessError, "not to be used"):
                act()
        model = self.env["crm.rfm.model"].sudo().create({"name": "Unused", "company_id": self.env.company.id})
        model.action_compute()
        overview = model.get_overview(model.id)
        self.assertEqual((overview["model_id"], overview["countries"]), (model.id, []))
        self.assertNotIn("country_id", [row["name"] for row in overview["breakdowns"]])

    def test_restricted_customers_get_no_score(self):
        self._money(self._create_lead(partner_id=self.ana.id), "x")
        model = self.env["crm.rfm.model"].sudo().create({"name": "Restricted", "company_id": self.env.company.id})
        model.action_compute()
        domain = [("model_id", "=", model.id), ("partner_id", "=", self.ana.id)]
        self.assertFalse(self.env["crm.rfm.score"].sudo().search(domain).exclusion)
        self.ana.sudo().crm_restricted = True
        model.action_compute()
        self.env.invalidate_all()
        self.assertEqual(self.env["crm.rfm.score"].sudo().search(domain).exclusion, "opt_out")
