from datetime import timedelta

import psycopg2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo import Command, fields
from odoo.addons.crm_rfm.tests.common import AS_OF, RfmCommon
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger


@tagged("post_install", "-at_install")
class TestDirty(RfmCommon):
    """What changes a document puts its customer into the queue, and the worker scores it again."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.rfm.model"].sudo().search([("id", "!=", cls.rfm.id)]).active = False
        cls.customers = cls.env["res.partner"].create(
            [{"name": f"Customer {number}", "is_company": True} for number in range(40)]
        )
        cls._insert_documents(
            [cls._invoice_row(partner.id, "2024-06-06", 10 + partner.id % 7) for partner in cls.customers]
        )
        cls.first, cls.second = cls.customers[:2]
        cls.rfm.with_user(cls.manager).action_compute(AS_OF)
        cls._empty()

    @classmethod
    def _empty(cls):
        cls.env.flush_all()
        cls.env.cr.execute("DELETE FROM crm_rfm_dirty")

    def _queued(self):
        """Distinct contacts in the queue."""
        self.env.flush_all()
        self.env.cr.execute("SELECT DISTINCT partner_key FROM crm_rfm_dirty")
        return {key for [key] in self.env.cr.fetchall()}

    def _work(self):
        with self.enter_registry_test_mode():
            self.env.ref("crm_rfm.ir_cron_refresh").sudo().method_direct_trigger()
        self.env.invalidate_all()

    def test_draft_is_not_queued_and_posting_is(self):
        invoice = self._create_rfm_invoice(self.first, "2024-12-01", 100, post=False)
        self.assertEqual(self._queued(), set())
        invoice.action_post()
        self.assertEqual(self._queued(), {self.first.id})

    def test_what_changes_nothing_is_not_queued(self):
        invoice = self._create_rfm_invoice(self.first, "2024-12-01", 100)
        self._empty()
        invoice.write({"ref": "Changed", "narration": "Changed"})
        self.first.write({"name": "New name", "street": "Elsewhere"})
        self.assertEqual(self._queued(), set())

    def test_reset_to_draft_and_deletion(self):
        invoice = self._create_rfm_invoice(self.first, "2024-12-01", 100)
        self._empty()
        invoice.button_draft()
        self.assertEqual(self._queued(), {self.first.id})
        self._empty()
        self.env.cr.execute(
            "DELETE FROM account_move WHERE id = (SELECT min(id) FROM account_move WHERE commercial_partner_id = %s)",
            [self.second.id],
        )
        self.assertEqual(self._queued(), {self.second.id})

    def test_credit_note(self):
        invoice = self._create_rfm_invoice(self.first, "2024-12-01", 100)
        self._empty()
        self._credit(invoice, "2024-12-05")
        self.assertEqual(self._queued(), {self.first.id})

    def test_credit_note_for_another_customer(self):
        """Who gets the invoice back is queued as well: when it is so, and when it is not any more."""
        invoice = self._create_rfm_invoice(self.first, "2024-12-01", 100)
        self._empty()
        credit = self._create_rfm_invoice(
            self.second, "2024-12-05", 100, move_type="out_refund", reversed_entry_id=invoice.id
        )
        self.assertEqual(self._queued(), {self.first.id, self.second.id})
        self._empty()
        credit.reversed_entry_id = False
        self.assertEqual(self._queued(), {self.first.id, self.second.id})
        credit_id = 2_000_000_000
        self._insert_documents(
            [
                self._invoice_row(
                    self.second.id, "2024-12-05", -100, "out_refund", id=credit_id, reversed_entry_id=invoice.id
                )
            ]
        )
        self._empty()
        self.env.cr.execute("DELETE FROM account_move WHERE id = %s", [credit_id])
        self.assertEqual(self._queued(), {self.first.id, self.second.id})

    def test_order_confirmed_and_cancelled(self):
        order = self.env["sale.order"].create({"partner_id": self.first.id})
        self.assertEqual(self._queued(), set())
        order.action_confirm()
        self.assertEqual(self._queued(), {self.first.id})
        self._empty()
        order.action_cancel()
        self.assertEqual(self._queued(), {self.first.id})

    def test_new_parent_queues_both_companies(self):
        contact = self.env["res.partner"].create({"name": "Contact", "parent_id": self.first.id})
        self.assertEqual(self._queued(), set())
        contact.parent_id = self.second
        self.assertEqual(self._queued(), {self.first.id, self.second.id})

    def test_archiving_and_opting_out(self):
        self.first.active = False
        self.second.rfm_opt_out = True
        self.assertEqual(self._queued(), {self.first.id, self.second.id})
        self._work()
        self.assertEqual(self._score(self.first).exclusion, "archived")
        self.assertEqual(self._score(self.second).exclusion, "opt_out")
        self.assertEqual(
            self._score(self.second).explain(), "No score: the customer does not want to be profiled."
        )

    def test_worker_scores_the_customer_with_the_stored_limits(self):
        limits = [self.rfm._get_cuts(dimension) for dimension in "rfm"]
        before = self._stored()
        self._create_rfm_invoice(self.first, "2024-12-31", 1000)
        self._work()
        score = self._score(self.first)
        self.assertEqual((score.frequency, score.recency_days, score.code), (2, 0, "5-5-5"))
        self.assertEqual([self.rfm._get_cuts(dimension) for dimension in "rfm"], limits)
        after = self._stored()
        self.assertEqual({key for key in after if after[key] != before[key]}, {self.first.id})
        self.assertEqual(self._queued(), set())

    def test_customers_are_counted(self):
        """Numbers of the model and of its bands follow the refreshed customers."""
        new = self._create_customer("New")
        self._create_rfm_invoice(new, "2024-12-31", 1000)
        self.first.rfm_opt_out = True
        self._work()
        self.assertEqual((self.rfm.customer_count, self.rfm.unscored_count), (40, 1))
        for dimension in "rfm":
            sizes = dict(
                self.env["crm.rfm.score"]._read_group(
                    [("model_id", "=", self.rfm.id), ("exclusion", "=", False)], [f"{dimension}_score"], ["__count"]
                )
            )
            for band in self.rfm._get_bands(dimension):
                self.assertEqual(band.customer_count, sizes.get(band.score, 0), (dimension, band.score))

    def test_customer_without_documents_leaves(self):
        invoice = self._create_rfm_invoice(self._create_customer("Once"), "2024-12-31", 5)
        self._work()
        self.assertEqual(self._score(invoice.partner_id).frequency, 1)
        invoice.button_draft()
        self._work()
        self.assertFalse(self._score(invoice.partner_id))
        self.assertEqual(self.rfm.customer_count, 40)

    def test_invoice_of_today_counts_before_the_night(self):
        """The worker moves the day on where the model follows it and the limits hold."""
        today = fields.Date.context_today(self.rfm)
        yesterday = today - timedelta(days=1)
        self.rfm.window_value = 100
        self._compute(as_of=yesterday)
        self.rfm.last_error = "The forecast of last night failed"
        limits = self.rfm._get_cuts("m")
        self._create_rfm_invoice(self.first, today, 1000)
        self._work()
        score = self._score(self.first)
        self.assertEqual((score.last_date, score.frequency, score.recency_days), (today, 2, 0))
        self.assertEqual((self.rfm.scored_as_of, self.rfm.calibrated_as_of), (today, yesterday))
        self.assertEqual(self.rfm._get_cuts("m"), limits)
        self.assertEqual(self.rfm.last_error, "The forecast of last night failed")

    def test_fixed_day_is_not_moved_on(self):
        today = fields.Date.context_today(self.rfm)
        yesterday = today - timedelta(days=1)
        self.rfm.write({"window_value": 100, "as_of_date": yesterday})
        self._compute(as_of=None)
        self._create_rfm_invoice(self.first, today, 1000)
        self._work()
        self.assertEqual((self._score(self.first).frequency, self.rfm.scored_as_of), (1, yesterday))

    def test_many_changes_make_a_run_over_all(self):
        self._insert_documents([self._invoice_row(partner.id, "2024-11-11", 30) for partner in self.customers[:20]])
        limits = self.rfm._get_cuts("m")
        self._work()
        self.assertEqual(self.rfm._get_cuts("m"), limits)
        stored = self._stored()
        self.assertEqual({stored[partner.id][1] for partner in self.customers[:20]}, {2})
        self.assertEqual({stored[partner.id][1] for partner in self.customers[20:]}, {1})
        self.assertEqual(self.rfm.customer_count, 40)

    def test_model_of_orders_does_not_care_for_invoices(self):
        orders = self._create_model(name="Orders", source="order")
        self._compute(orders)
        self._create_rfm_invoice(self.first, "2024-12-31", 1000)
        self._work()
        self.assertFalse(orders.refreshed_at)
        self.assertTrue(self.rfm.refreshed_at)

    def test_changed_definition_waits_for_the_full_run(self):
        self.rfm.window_value = 24
        self._create_rfm_invoice(self.first, "2024-12-31", 1000)
        self._work()
        self.assertEqual(self._score(self.first).frequency, 1)
        self.assertTrue(self.rfm._needs_calibration(AS_OF))

    def test_deleted_contact_in_the_queue_is_passed_over(self):
        self.env.cr.execute("INSERT INTO crm_rfm_dirty (partner_key) VALUES (2147483647)")
        before = self._stored()
        self._work()
        self.assertEqual(self._stored(), before)
        self.assertEqual(self._queued(), set())

    def test_queue_is_closed_to_users(self):
        for user in (self.seller, self.reader, self.auditor):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.env["crm.rfm.dirty"].with_user(user).search([])
        with self.assertRaises(AccessError):
            self.env["crm.rfm.dirty"].with_user(self.manager).create({"partner_key": 1})

    def test_days_between_calibrations(self):
        for days in (0, 367):
            with self.subTest(days=days), mute_logger("odoo.sql_db"):
                with self.assertRaises(psycopg2.errors.CheckViolation), self.env.cr.savepoint():
                    self.rfm.recalibration_days = days
                    self.env.flush_all()
                self.env.invalidate_all(flush=False)

    def test_erasure_of_a_person_keeps_the_counts(self):
        """Also for an officer who may neither see nor compute scores."""
        person = self.env["res.partner"].create({"name": "Ida Example"})
        self._insert_documents([self._invoice_row(person.id, "2024-06-06", 12)])
        self._compute()
        self.assertEqual(self.rfm.customer_count, 41)
        officer = new_test_user(
            self.env, "rfm_officer", "crm_relations.group_privacy",
            company_id=self.company.id, company_ids=[Command.set(self.company.ids)],
        )  # fmt: skip
        Request = self.env["crm.privacy.request"].with_user(officer).with_context(crm_privacy_quiet=True)
        request = Request.create({"kind": "erasure", "partner_id": person.id, "identity_method": "known"})
        request.action_identify()
        request.action_answer()
        self.assertEqual(request.state, "done")
        self.assertFalse(self._score(person))
        self.assertEqual(self.rfm.customer_count, 40)
        for dimension in "rfm":
            self.assertEqual(sum(self.rfm._get_bands(dimension).mapped("customer_count")), 40, dimension)

    def test_merge_and_deletion_keep_the_counts(self):
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.first + self.second).ids, self.second)
        self.assertEqual(self.rfm.customer_count, 39)
        self.assertEqual(sum(self.rfm._get_bands("f").mapped("customer_count")), 39)


@tagged("post_install", "-at_install")
class TestDayRoll(RfmCommon):
    """A new day with the stored limits gives what a run over everybody with these limits gives."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers = cls.env["res.partner"].create(
            [{"name": f"Customer {number}", "is_company": True} for number in range(30)]
        )
        cls.rfm.write({"window_value": 60, "window_unit": "day"})

    documents = st.lists(
        st.tuples(
            st.integers(0, 29),
            st.integers(-8, 70),
            st.sampled_from(["out_invoice", "out_invoice", "out_refund"]),
            st.sampled_from([10, 20, 50, 99.99]),
        ),
        min_size=20,
        max_size=60,
    )

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(documents, st.integers(1, 7))
    def test_roll_equals_a_run_over_all(self, rows, days):
        with self.env.cr.savepoint() as savepoint:
            self._insert_documents(
                [
                    self._invoice_row(
                        self.customers[index].id,
                        AS_OF - timedelta(days=age),
                        -amount if move_type == "out_refund" else amount,
                        move_type,
                    )
                    for index, age, move_type, amount in rows
                ]
            )
            self._compute()
            model = self.rfm.sudo()
            model._roll_day(AS_OF + timedelta(days=days))
            rolled, counts = self._stored(), (model.customer_count, model.unscored_count)
            written, removed, scored, unscored = model._run_score_query(
                AS_OF + timedelta(days=days), calibrate=False
            )
            self.assertEqual((written, removed), (0, 0))
            self.assertEqual(self._stored(), rolled)
            self.assertEqual((scored, unscored), counts)
            savepoint.rollback()
        self.env.invalidate_all()

    def test_night_rolls_until_the_limits_are_due(self):
        self._insert_documents([self._invoice_row(p.id, "2024-12-01", 5 + p.id % 9) for p in self.customers])
        today = fields.Date.today()
        self.rfm.write({"window_value": 100, "window_unit": "month", "recalibration_days": 3})
        self._compute(as_of=today - timedelta(days=2))
        night = self.rfm.sudo()  # the scheduled job is the system's
        night._compute_or_note_error()
        self.assertEqual((self.rfm.scored_as_of, self.rfm.calibrated_as_of), (today, today - timedelta(days=2)))
        self._compute(as_of=today - timedelta(days=3))
        night._compute_or_note_error()
        self.assertEqual((self.rfm.scored_as_of, self.rfm.calibrated_as_of), (today, today))

    def test_only_customers_whose_recency_falls_today_are_written(self):
        for number, customer in enumerate(self.customers):
            self._insert_documents([self._invoice_row(customer.id, AS_OF - timedelta(days=number), 5)])
        for dimension, limits in {"r": (5, 10, 15, 20), "f": (1, 2, 3, 4), "m": (1, 2, 3, 4)}.items():
            self.rfm[f"{dimension}_method"] = "fixed"
            for band, limit in zip(self.rfm._get_bands(dimension)[:-1], limits, strict=True):
                band.upper_limit = limit
        self._compute()
        before = self._stored()
        self.rfm._roll_day(AS_OF + timedelta(days=1))
        after = self._stored()
        changed = [self.customers.ids.index(key) for key in after if after[key] != before[key]]
        self.assertEqual(sorted(changed), [5, 10, 15, 20])
