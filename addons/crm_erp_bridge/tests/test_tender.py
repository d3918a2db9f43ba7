import base64
from datetime import timedelta

import psycopg2
from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, HttpCase, tagged
from odoo.tools import mute_logger

from .common import BridgeCommon


class TenderCommon(BridgeCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # demo data may have changed the standard list
        types = cls.env["crm.tender.document.type"].with_context(active_test=False).search([])
        types.active = False
        cls.env["crm.tender.document.type"].create(
            [{"name": "Price schedule"}, {"name": "Tax certificate"}, {"name": "References", "is_required": False}]
        )
        cls.tender = cls._create_tender()

    @classmethod
    def _create_tender(cls, **values):
        values = {
            "name": "Town hall",
            "lead_id": cls.lead.id,
            "deadline": fields.Datetime.now() + timedelta(days=5),
        } | values
        return cls.env["crm.tender"].with_user(cls.seller).create(values)


@tagged("post_install", "-at_install")
class TestTender(TenderCommon):
    def test_new_tender_starts_with_the_list_of_documents(self):
        form = Form(self.env["crm.tender"].with_user(self.seller).with_context(default_lead_id=self.lead.id))
        form.name = "Library"
        form.deadline = "2026-12-24 12:00:00"
        tender = form.save()
        self.assertEqual(tender.partner_id, self.customer)
        self.assertRecordValues(
            tender.document_ids,
            [
                {"name": "Price schedule", "is_required": True, "is_done": False},
                {"name": "Tax certificate", "is_required": True, "is_done": False},
                {"name": "References", "is_required": False, "is_done": False},
            ],
        )

    def test_warns_of_what_is_missing(self):
        tender = self.tender
        self.assertEqual(tender.warning, "Documents are missing: Price schedule, Tax certificate.")
        tender.document_ids[0].is_done = True
        self.assertEqual(tender.missing_documents, "Tax certificate")
        self.assertEqual((tender.document_done_count, tender.document_count), (1, 3))
        tender.document_ids[1].is_done = True
        self.assertFalse(tender.warning)
        tender.bond_amount = 100
        self.assertEqual(tender.warning, "The bid bond has not been given.")
        tender.bond_date = fields.Date.today()
        self.assertFalse(tender.warning)
        tender.deadline = fields.Datetime.now() - timedelta(minutes=1)
        self.assertEqual(tender.warning, "The deadline is over.")

    def test_handed_in_without_documents_is_written_down(self):
        self.tender.action_submit()
        self.assertEqual(self.tender.state, "submitted")
        self.assertTrue(self.tender.date_submitted)
        self.assertIn(
            "Handed in all the same. Documents are missing: Price schedule, Tax certificate.",
            self.tender.message_ids[0].body,
        )
        self.assertFalse(self.tender.warning)

    def test_handed_in_complete_says_nothing(self):
        self.tender.document_ids.is_done = True
        messages = self.tender.message_ids
        self.tender.action_submit()
        self.assertFalse((self.tender.message_ids - messages).filtered(lambda message: "all the same" in message.body))

    def test_file_makes_the_document_ready_and_is_readable_by_the_boss(self):
        document = self.tender.document_ids[0]
        file = self.env["ir.attachment"].with_user(self.seller).create(
            {"name": "prices.txt", "datas": base64.b64encode(b"12"), "res_model": "crm.tender.document", "res_id": 0}
        )
        document.attachment_ids = [Command.link(file.id)]
        self.assertTrue(document.is_done)
        self.assertEqual((file.res_model, file.res_id), ("crm.tender.document", document.id))
        self.assertEqual(file.with_user(self.boss).raw, b"12")
        with self.assertRaises(AccessError):
            file.with_user(self.colleague).read(["raw"])

    def test_lots_follow_the_outcome(self):
        rival = self.env["crm.competitor"].create({"name": "Hrast"})
        self.tender.lot_ids = [
            Command.create({"name": "Tables", "amount": 100}),
            Command.create({"name": "Chairs", "amount": 50, "outcome": "lost", "competitor_id": rival.id}),
            Command.create({"name": "Lamps", "amount": 10, "outcome": "skipped"}),
        ]
        self.assertEqual((self.tender.amount_lots, self.tender.amount_won), (150, 0))
        self.tender.action_submit()
        self.tender.action_won()
        self.assertEqual(self.tender.lot_ids.mapped("outcome"), ["won", "lost", "skipped"])
        self.assertEqual(self.tender.amount_won, 100)

    def test_states_follow_each_other(self):
        for action in ("action_won", "action_lost", "action_reopen"):
            with self.assertRaisesRegex(UserError, "“Town hall” is Preparing"):
                getattr(self.tender, action)()
            self.assertEqual(self.tender.state, "preparing")
        self.tender.action_submit()
        self.tender.action_lost()
        self.tender.action_reopen()
        self.assertEqual((self.tender.state, self.tender.date_submitted), ("preparing", False))
        self.tender.action_cancel()
        self.assertEqual(self.tender.state, "cancelled")

    @freeze_time("2026-06-15 10:00:00")
    def test_bond(self):
        tender = self._create_tender()
        self.assertEqual(tender.bond_state, "none")
        for name, value, state in (
            ("bond_amount", 500, "missing"),
            ("bond_date", "2026-06-01", "given"),
            ("bond_valid_until", "2026-06-15", "given"),
            ("bond_valid_until", "2026-06-14", "expired"),
            ("bond_date_returned", "2026-06-15", "returned"),
        ):
            tender[name] = value
            self.assertEqual(tender.bond_state, state)

    def test_bond_does_not_end_before_it_was_given(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(psycopg2.IntegrityError):
            self._create_tender(bond_date="2026-06-02", bond_valid_until="2026-06-01")

    def test_shown_on_the_opportunity(self):
        lead = self.lead.with_user(self.seller)
        self.assertEqual((lead.tender_count, lead.tender_deadline), (1, self.tender.deadline))
        self.assertEqual(lead.action_open_tenders()["res_id"], self.tender.id)
        self._create_tender(deadline=fields.Datetime.now() + timedelta(days=2))
        self.assertEqual(lead.tender_count, 2)
        self.assertFalse(lead.action_open_tenders()["res_id"])

    def test_merged_opportunities_keep_their_tenders(self):
        other = self._create_lead(name="Double", probability=1)
        self.lead.probability = 90
        second = self._create_tender(lead_id=other.id)
        merged = (self.lead | other).with_user(self.seller).merge_opportunity()
        self.assertEqual(merged.tender_ids, self.tender | second)
        self.assertEqual(len(second.document_ids), 3)

    def test_merged_contacts_keep_their_tenders(self):
        twin = self.env["res.partner"].create({"name": "Vinograd", "is_company": True})
        self.tender.partner_id = twin
        self.env["base.partner.merge.automatic.wizard"]._merge((self.customer | twin).ids, self.customer)
        self.assertEqual(self.tender.partner_id, self.customer)

    # === RIGHTS === #

    def test_tender_of_a_colleague_is_not_seen(self):
        lot = self.env["crm.tender.lot"].create({"tender_id": self.tender.id, "name": "Tables"})
        for record in (self.tender, lot, self.tender.document_ids):
            with self.assertRaises(AccessError):
                record.with_user(self.colleague).read(["name"])
            self.assertTrue(record.with_user(self.boss).read(["name"]))
        with self.assertRaises(AccessError):
            self.tender.with_user(self.colleague).action_submit()
        self.assertEqual(self.tender.state, "preparing")

    def test_nothing_for_who_has_no_opportunities(self):
        portal = self._create_user("portal", "base.group_portal")
        for user in (self.accountant, self.worker, self.auditor, portal):
            for record in (self.tender, self.tender.document_ids, self.env["crm.tender.document.type"].search([])):
                with self.assertRaises(AccessError):
                    record.with_user(user).read(["name"])

    def test_list_of_documents_is_the_managers(self):
        types = self.env["crm.tender.document.type"]
        with self.assertRaises(AccessError):
            types.with_user(self.seller).create({"name": "Extract"})
        types.with_user(self.boss).create({"name": "Extract"})


@tagged("post_install", "-at_install")
class TestTenderAlerts(TenderCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.alert.rule"].sudo().search([]).active = False
        cls.owner = cls._create_user("owner", "crm_relations.group_manager,sales_team.group_sale_manager")

    def _alerts(self, condition, days):
        rules = self.env["crm.alert.rule"].with_user(self.owner)
        rule = rules.search([("condition", "=", condition)]) or rules.create(
            {"name": "Look here", "condition": condition, "days": days}
        )
        rule.action_evaluate()
        self.env.invalidate_all()
        return self.env["crm.alert"].sudo().search([("rule_id", "=", rule.id), ("state", "=", "open")])

    def test_deadline_is_told_once(self):
        later = self._create_tender(deadline=fields.Datetime.now() + timedelta(days=8))
        handed_in = self._create_tender()
        handed_in.action_submit()
        alerts = self._alerts("tender_deadline", 7)
        self.assertRecordValues(alerts, [{"partner_id": self.customer.id, "user_id": self.seller.id}])
        self.assertIn("Town hall", alerts.detail)
        self.assertEqual(alerts.activity_id.user_id, self.seller)
        self.assertEqual(self._alerts("tender_deadline", 7), alerts)
        self.assertEqual(alerts.fire_count, 1)
        later.deadline = fields.Datetime.now() + timedelta(days=6)
        self.assertEqual(len(self._alerts("tender_deadline", 7)), 2)
        (later | self.tender).action_submit()
        self.assertFalse(self._alerts("tender_deadline", 7))

    def test_bond_that_ends_or_does_not_come_back(self):
        today = fields.Date.today()
        bond = {"bond_amount": 100, "bond_date": today - timedelta(days=90)}
        ending = self._create_tender(**bond, bond_valid_until=today + timedelta(days=10))
        self._create_tender(**bond, bond_valid_until=today + timedelta(days=15))
        kept = self._create_tender(**bond, bond_valid_until=today - timedelta(days=14))
        kept.action_cancel()
        alerts = self._alerts("tender_bond", 14)
        self.assertEqual(
            sorted(alerts.mapped("case_key")),
            sorted(f"crm.tender,{tender.id} bond {tender.bond_valid_until}" for tender in (ending, kept)),
        )
        (ending | kept).bond_date_returned = today
        self.assertFalse(self._alerts("tender_bond", 14))


@tagged("post_install", "-at_install")
class TestTenderTour(TenderCommon, HttpCase):
    def test_tour(self):
        self.tender.unlink()
        self.start_tour(f"/odoo/crm/{self.lead.id}", "crm_erp_bridge_tender", login=self.seller.login)
        tender = self.lead.tender_ids
        self.assertRecordValues(tender, [{"name": "Pruning for the season", "state": "submitted", "reference": "JN-7"}])
        self.assertEqual(tender.document_ids.mapped("is_done"), [True, False, False])
        told = tender.message_ids.filtered(lambda message: "all the same" in message.body)
        self.assertIn("Tax certificate", told.body)
