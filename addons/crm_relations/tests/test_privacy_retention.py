from datetime import timedelta

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .privacy_common import PrivacyCommon


@tagged("post_install", "-at_install")
class TestPrivacyRetention(PrivacyCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.periods = cls.env["crm.privacy.retention"]
        cls.periods.with_context(active_test=False).search([]).unlink()

    def _period(self, category="interaction", months=12):
        return self.periods.create({"category": category, "months": months})

    def _run(self):
        with self.enter_registry_test_mode():
            self.env.ref("crm_relations.ir_cron_privacy_retention").method_direct_trigger()
        self.env.invalidate_all()

    def test_old_notes_go_and_new_ones_stay(self):
        old = self._create_interaction(self.single, days_ago=400, outcome="Old", note="<p>Old</p>")
        new = self._create_interaction(self.single, days_ago=300, outcome="New")
        old.message_post(body="Old words", attachments=[("a.txt", b"old")])
        period = self._period()
        self._run()
        self.assertEqual((old.outcome, old.note, old.partner_id, old.channel), (False, False, self.single, "phone"))
        self.assertFalse(old.message_ids)
        self.assertEqual(new.outcome, "New")
        self.assertEqual(period.count, 1)
        self._run()
        self.assertEqual(period.count, 1)

    def test_a_legal_hold_comes_first(self):
        old = self._create_interaction(self.single, days_ago=400, outcome="Old")
        theirs = self._create_interaction(self.person, days_ago=400, outcome="Old")
        self.single.crm_legal_hold = self.company_partner.crm_legal_hold = "Lawsuit"
        self._period()
        self._run()
        self.assertEqual((old.outcome, theirs.outcome), ("Old", "Old"))
        self.company_partner.crm_legal_hold = False
        self._run()
        self.assertEqual((old.outcome, theirs.outcome), ("Old", False))

    def test_what_is_not_in_force_does_nothing(self):
        old = self._create_interaction(self.single, days_ago=400, outcome="Old")
        self._period().active = False
        self._run()
        self.assertEqual(old.outcome, "Old")

    def test_decisions_are_deleted(self):
        values = {
            "partner_id": self.single.id,
            "channel": "email",
            "purpose": "sales",
            "effect": "warn",
            "reasons": "x",
        }
        old, new = self.env["crm.contact.decision"].create(
            [{**values, "date": fields.Datetime.now() - timedelta(days=days)} for days in (400, 300)]
        )
        self._period("decision")
        self._run()
        self.assertEqual((old | new).exists(), new)

    def test_calls_stay_without_their_numbers(self):
        """What reports count stays; number, words and what the telephone system sent go, of calls that are over."""
        queue = self.env["crm.call.queue"].create({"name": "Retention", "distribution": "pull"})
        long_ago = fields.Datetime.now() - timedelta(days=400)
        with freeze_time(long_ago):
            old = self.env["crm.call"]._start(queue, "in", "+386 1 555 77 88", date_started=long_ago)
            waiting = self.env["crm.call"]._start(queue, "in", "+386 1 555 77 99", date_started=long_ago)
            old._record("lost", moment=long_ago.timestamp() + 60)
        callback = self.env["crm.callback"].search([("lost_call_id", "=", old.id)])
        callback.action_cancel()
        callback.write({"note": "About the press", "date_closed": long_ago})
        old.event_ids.flush_recordset()
        self._period("call")
        self._period("callback")
        self._run()
        self.assertEqual((old.number, old.number_key, old.state, old.queue_id), (False, False, "lost", queue))
        self.assertEqual(set(old.event_ids.mapped("number")), {False})
        self.assertEqual((callback.number, callback.note, callback.state), ("Erased", False, "cancelled"))
        self.assertEqual((waiting.state, waiting.number), ("queued", "+386 1 555 77 99"))

    def test_the_audit_log_forgets_values_and_stays_whole(self):
        self.env.ref("crm_relations.audit_rule_customers").active = True
        customer = self._create_partner("Old words")
        self.env.flush_all()
        entry = self.env["crm.audit.entry"].search(
            [("res_model", "=", "res.partner"), ("res_id", "=", customer.id)], order="id", limit=1
        )
        self.assertIn("Old words", entry.changes)
        self._period("audit", months=1)
        self._run()
        self.assertIn("Old words", entry.changes)
        with freeze_time(fields.Datetime.now() + timedelta(days=60)):
            self._run()
        self.assertEqual((entry.changes, entry.res_id, entry.operation), ("Erased", customer.id, "INSERT"))
        check = self.env["crm.audit.check"]._check()
        self.assertEqual((check.broken, check.erased > 0), (0, True))

    def test_answered_requests_keep_number_and_days(self):
        request = self._file("rectification", details="My street is wrong")
        request.action_withdraw()
        request.sudo().date_closed = self._ago(400)
        self._period("privacy_request")
        self._run()
        self.assertEqual((request.details, request.state), (False, "withdrawn"))
        self.assertRegex(request.name, r"^PR/")

    def test_more_than_a_batch(self):
        rows = self.env["crm.interaction"].create(
            [
                {
                    "partner_id": self.single.id,
                    "date": fields.Datetime.now() - timedelta(days=400),
                    "objective": "x",
                    "outcome": f"Old {number}",
                }
                for number in range(205)
            ]
        )
        period = self._period()
        self._run()
        self.assertFalse(any(rows.mapped("outcome")))
        self.assertEqual(period.count, 205)

    def test_officers_decide_and_auditors_read(self):
        period = self._period()
        period.with_user(self.officer).months = 24
        self.assertEqual(period.with_user(self.auditor).months, 24)
        for user in (self.agent, self.manager):
            with self.assertRaises(AccessError):
                period.with_user(user).months = 1
        with self.assertRaises(AccessError):
            period.with_user(self.auditor).active = False

    @mute_logger("odoo.sql_db")
    def test_bad_input(self):
        for months in (0, 601):
            with self.assertRaisesRegex(IntegrityError, "check_months"), self.cr.savepoint():
                self._period(months=months)

    def test_a_category_that_fails_does_not_stop_the_others(self):
        old = self._create_interaction(self.single, days_ago=400, outcome="Old")
        self.env["crm.contact.decision"].create(
            {
                "partner_id": self.single.id,
                "channel": "email",
                "purpose": "sales",
                "effect": "warn",
                "reasons": "x",
                "date": fields.Datetime.now() - timedelta(days=400),
            }
        )
        self._period("decision").sequence = 1
        self._period().sequence = 2
        requests = type(self.env["crm.privacy.request"])
        self.patch(requests, "_delete_rows", lambda *args: 1 / 0)
        with mute_logger("odoo.addons.crm_relations.models.crm_privacy_retention"):
            self._run()
        self.assertFalse(old.outcome)
