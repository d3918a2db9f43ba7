import random
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.addons.crm_rfm.tests.common import AS_OF, RfmCommon
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger


class SnapshotCommon(RfmCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers = cls.env["res.partner"].create(
            [{"name": f"Customer {number:02}", "is_company": True} for number in range(20)]
        )
        cls.rows = [
            cls._invoice_row(partner.id, f"2024-{1 + index % 9:02}-1{repeat}", 10.5 * (1 + index) + repeat)
            for index, partner in enumerate(cls.customers)
            for repeat in range(1 + index % 4)
        ]

    @classmethod
    def _take(cls, date, model=None):
        model = (model or cls.rfm).with_user(cls.manager)
        action = model.action_take_snapshot(date)
        return cls.env["crm.rfm.snapshot"].browse(action["res_id"])

    def _lines(self, snapshot):
        return {
            line.partner_id.id: (line.r_score, line.f_score, line.m_score, line.monetary, line.segment_id.code)
            for line in snapshot.line_ids
        }


@tagged("post_install", "-at_install")
class TestSnapshot(SnapshotCommon):
    def test_snapshot_equals_a_run(self):
        self._insert_documents(self.rows)
        snapshot = self._take(AS_OF)
        self.assertFalse(self._stored())
        self._compute()
        self.assertEqual(
            self._lines(snapshot),
            {
                score.partner_id.id: (
                    score.r_score, score.f_score, score.m_score, score.monetary, score.segment_id.code,
                )
                for score in self.env["crm.rfm.score"].search([("model_id", "=", self.rfm.id)])
            },
        )  # fmt: skip
        self.assertEqual(snapshot.definition["m"], self.rfm._get_cuts("m"))
        self.assertEqual((snapshot.customer_count, snapshot.document_count), (20, len(self.rows)))
        self.assertEqual(snapshot.document_total, sum(row["amount_untaxed_signed"] for row in self.rows))

    def test_hash_does_not_depend_on_the_order_of_the_documents(self):
        hashes = set()
        for seed in range(3):
            with self.env.cr.savepoint() as savepoint:
                rows = list(self.rows)
                random.Random(seed).shuffle(rows)
                self._insert_documents(rows)
                hashes.add(self._take(AS_OF).content_hash)
                savepoint.rollback()
            self.env.invalidate_all()
        self.assertEqual(len(hashes), 1)
        self.assertEqual(len(hashes.pop()), 64)

    def test_hash_changes_with_a_cent_and_with_the_grid(self):
        self._insert_documents(self.rows)
        first = self._take(AS_OF).content_hash
        self._insert_documents([self._invoice_row(self.customers[0].id, "2024-03-03", 0.01)])
        second = self._take(AS_OF).content_hash
        cell = self.rfm.cell_ids.filtered(lambda cell: (cell.r, cell.fm) == (1, 1))
        cell.segment_id = self.env.ref("crm_rfm.segment_champions")
        third = self._take(AS_OF).content_hash
        self.assertEqual(len({first, second, third}), 3)

    def test_verify(self):
        self._insert_documents(self.rows)
        snapshot = self._take(AS_OF).with_user(self.auditor)
        lines = self._lines(snapshot)
        self.assertEqual(snapshot.action_verify()["params"]["type"], "success")
        self._insert_documents([self._invoice_row(self.customers[0].id, "2024-03-03", 0.01)])
        self.assertEqual(snapshot.action_verify()["params"]["type"], "warning")
        self.assertEqual(self._lines(snapshot), lines)

    def test_one_snapshot_a_day(self):
        self._insert_documents(self.rows)
        self._take(AS_OF).with_user(self.manager).keep = True
        again = self._take(AS_OF)
        self.assertEqual(self.rfm.snapshot_ids, again)
        self.assertTrue(again.keep)
        self.assertEqual(len(again.line_ids), 20)

    def test_future_is_refused(self):
        with self.assertRaisesRegex(UserError, "lies in the future"):
            self._take(fields.Date.today() + timedelta(days=1))
        self.assertFalse(self.rfm.snapshot_ids)

    def test_past_month_ends(self):
        self._insert_documents(self.rows)
        with patch.object(fields.Date, "context_today", return_value=fields.Date.to_date("2025-01-15")):
            self.rfm.with_user(self.manager).action_take_past_snapshots(months=3)
            self.rfm.with_user(self.manager).action_take_past_snapshots(months=4)
        self.assertEqual(
            sorted(str(date) for date in self.rfm.snapshot_ids.mapped("date")),
            ["2024-09-30", "2024-10-31", "2024-11-30", "2024-12-31"],
        )

    def test_past_month_ends_are_so_many(self):
        for months in (0, -3, 121, 10**9):
            with self.assertRaisesRegex(UserError, f"for 1 to 120 months, not for {months}"):
                self.rfm.with_user(self.manager).action_take_past_snapshots(months=months)
        self.assertFalse(self.rfm.snapshot_ids)

    def test_night_takes_the_month_end_and_forgets_the_expired(self):
        self._insert_documents(self.rows)
        old, kept = self._take("2022-01-31"), self._take("2022-02-28")
        kept.keep = True
        (old + kept).sudo().taken_at = "2022-03-01"
        self.rfm.snapshot_retention_months = 12
        self.rfm.sudo()._take_due_snapshot(fields.Date.to_date("2025-01-15"))
        self.rfm.sudo()._take_due_snapshot(fields.Date.to_date("2025-01-16"))
        self.assertFalse(old.exists())
        self.assertEqual([str(date) for date in self.rfm.snapshot_ids.mapped("date")], ["2024-12-31", "2022-02-28"])

    def test_old_day_taken_by_hand_is_kept_as_long_as_the_others(self):
        self._insert_documents(self.rows)
        snapshot = self._take("2020-06-30")
        today = fields.Date.today()
        self.assertEqual(self.rfm.snapshot_retention_months, 36)
        self.rfm.sudo()._take_due_snapshot(today)
        self.assertTrue(snapshot.exists())
        snapshot.sudo().taken_at = today - timedelta(days=3 * 366 + 1)
        self.rfm.sudo()._take_due_snapshot(today)
        self.assertFalse(snapshot.exists())

    def test_customer_who_refuses_profiling_is_erased(self):
        self._insert_documents(self.rows)
        snapshot = self._take(AS_OF)
        before = snapshot.content_hash
        self.customers[3].with_user(self.env.ref("base.user_admin")).rfm_opt_out = True
        self.assertNotIn(self.customers[3].id, self._lines(snapshot))
        self.assertEqual((snapshot.customer_count, snapshot.erased_count), (19, 1))
        self.assertNotEqual(snapshot.content_hash, before)
        self.assertNotIn(self.customers[3].id, self._lines(self._take("2024-11-30")))

    def test_deleted_customer_is_erased(self):
        order_model = self._create_model(name="Orders", source="order")
        customer = self._create_customer("Order only")
        order = self.env["sale.order"].create({"partner_id": customer.id, "date_order": "2024-06-06 12:00:00"})
        order.state = "sale"
        snapshot = self._take(AS_OF, order_model)
        order.state = "cancel"
        order.unlink()
        customer.unlink()
        self.assertFalse(snapshot.line_ids)
        self.assertEqual(snapshot.erased_count, 1)

    def test_merge_keeps_the_history(self):
        """The remaining customer keeps its own lines and takes over those of days when it had none."""
        new, source, target = self._create_customer("New"), self.customers[0], self.customers[1]
        self._insert_documents(self.rows)
        snapshot = self._take(AS_OF)
        target_line = self._lines(snapshot)[target.id]
        self.env["base.partner.merge.automatic.wizard"].create({})._merge((source + target).ids, target)
        self.assertEqual(self._lines(snapshot)[target.id], target_line)
        self.assertEqual(len(snapshot.line_ids), 19)
        third = self.customers[2]
        third_line = self._lines(snapshot)[third.id]
        self.env["base.partner.merge.automatic.wizard"].create({})._merge((third + new).ids, new)
        self.assertEqual(self._lines(snapshot)[new.id], third_line)
        self.assertEqual(snapshot.customer_count, 19)

    def test_segment_in_a_snapshot_cannot_be_deleted(self):
        segment = self.env["crm.rfm.segment"].create({"name": "Temporary"})
        self._insert_documents(self.rows)
        self.rfm.cell_ids.segment_id = segment
        self._take(AS_OF)
        self.rfm.cell_ids.segment_id = self.env.ref("crm_rfm.segment_new")
        with self.assertRaisesRegex(UserError, "snapshots of the past"):
            segment.unlink()

    def test_who_may_do_what(self):
        self._insert_documents(self.rows)
        snapshot = self._take(AS_OF)
        for user in (self.seller, self.reader, self.auditor):
            with self.subTest(user=user.login):
                snapshot.with_user(user).read()
                with self.assertRaises(AccessError):
                    self.rfm.with_user(user).action_take_snapshot(AS_OF)
                with self.assertRaises(AccessError):
                    snapshot.with_user(user).action_retake()
                with self.assertRaises(AccessError):
                    snapshot.with_user(user).write({"keep": True})
        with self.assertRaises(AccessError):
            snapshot.with_user(self.manager).write({"content_hash": "forged"})
        portal = new_test_user(self.env, "rfm_portal", groups="base.group_portal")
        for name in ("crm.rfm.snapshot", "crm.rfm.snapshot.line", "crm.rfm.migration"):
            for user in (self.nobody, portal):
                with self.subTest(name=name, user=user.login), self.assertRaises(AccessError):
                    self.env[name].with_user(user).search([])

    def test_form_shows_the_definition(self):
        self._insert_documents(self.rows)
        form = Form(self._take(AS_OF).with_user(self.auditor))
        self.assertIn("F: ", form.definition_text)


@tagged("post_install", "-at_install")
class TestMigration(SnapshotCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._insert_documents(cls.rows)
        cls.before = cls._take("2024-10-31")
        cls.mover, cls.newcomer = cls.customers[0], cls._create_customer("Newcomer", user_id=cls.reader.id)
        cls._insert_documents(
            [cls._invoice_row(cls.mover.id, "2024-12-20", 5000)]
            + [cls._invoice_row(cls.newcomer.id, "2024-12-21", 7)]
        )
        cls.after = cls._take("2024-12-31")

    def _rows(self, user=None, **context):
        rows = self.env["crm.rfm.migration"].with_user(user or self.reader).with_context(**context)
        return rows.search([("model_id", "=", self.rfm.id)])

    def test_trend_runs_forward(self):
        """The graph and the pivot of the trend group by snapshot, the oldest first."""
        for kind in ("graph", "pivot"):
            arch = self.env["crm.rfm.snapshot.line"].with_user(self.seller).get_view(view_type=kind)["arch"]
            self.assertIn('<field name="day"', arch, kind)
        lines = self.env["crm.rfm.snapshot.line"].with_user(self.seller)
        groups = lines.formatted_read_group([("model_id", "=", self.rfm.id)], ["day"], ["__count"])
        self.assertEqual([group["day"] for group in groups], ["2024-10-31", "2024-12-31"])

    def test_trend_of_one_snapshot_per_period(self):
        """Each period shows its last snapshot, so a customer is never counted twice in one."""
        for day in ("2024-10-15", "2024-12-02", "2024-12-04", "2024-12-30"):
            self.rfm.with_user(self.manager).action_take_snapshot(day)
        self._create_model(name="Another").with_user(self.manager).action_take_snapshot("2024-12-31")
        lines = self.env["crm.rfm.snapshot.line"].with_user(self.reader)
        for period, days in {
            "day": ["2024-10-15", "2024-10-31", "2024-12-02", "2024-12-04", "2024-12-30", "2024-12-31"],
            "week": ["2024-10-15", "2024-10-31", "2024-12-04", "2024-12-31"],
            "month": ["2024-10-31", "2024-12-31"],
            "quarter": ["2024-12-31"],
            "year": ["2024-12-31"],
        }.items():
            groups = lines._read_group(
                [("model_id", "=", self.rfm.id), ("snapshot_id.last_of", "in", [period])],
                ["day"],
                ["__count", "partner_id:count_distinct"],
            )
            self.assertEqual([group[0] for group in groups], days, period)
            self.assertEqual([count for _day, count, _customers in groups], [row[2] for row in groups])
        snapshots = self.rfm.snapshot_ids.sorted("date")
        self.assertEqual(
            snapshots.mapped("last_of"), ["week", "month", "day", "week", "day", "year"]
        )

    def test_every_customer_once(self):
        rows = self._rows()
        self.assertEqual(len(rows), 21)
        self.assertEqual(len(rows.partner_id), 21)
        self.assertEqual(rows.filtered(lambda row: row.direction == "new").partner_id, self.newcomer)

    def test_reasons(self):
        row = self._rows().filtered(lambda row: row.partner_id == self.mover)
        self.assertEqual((row.r_from, row.r_to, row.direction), (1, 5, "up"))
        self.assertEqual(
            row.reason,
            "R 1 → 5: last purchase on 12/20/2024, 295 days became 11. F 1 → 2: 2 purchases instead of 1."
            " M 1 → 5: $\xa05,010.50 instead of $\xa010.50.",
        )
        new = self._rows().filtered(lambda row: row.direction == "new")
        self.assertEqual(new.reason, "No documents in the window of 10/31/2024.")

    def test_other_direction_of_time(self):
        rows = self._rows(rfm_from=self.after.id, rfm_to=self.before.id)
        self.assertEqual(rows.filtered(lambda row: row.direction == "gone").partner_id, self.newcomer)

    def test_matrix_adds_up_and_opens_what_it_counts(self):
        Migration = self.env["crm.rfm.migration"].with_user(self.reader)
        matrix = Migration.get_matrix(self.rfm.id)
        self.assertEqual((matrix["from_id"], matrix["to_id"]), (self.before.id, self.after.id))
        self.assertEqual(sum(cell["count"] for cell in matrix["matrix"].values()), 21)
        chosen = Migration.with_context(rfm_from=self.before.id, rfm_to=self.after.id)
        for key, cell in matrix["matrix"].items():
            old, new = (int(part) or False for part in key.split("-"))
            domain = [
                ("model_id", "=", self.rfm.id), ("from_segment_id", "=", old), ("to_segment_id", "=", new),
            ]  # fmt: skip
            self.assertEqual(chosen.search_count(domain), cell["count"], key)
        self.assertAlmostEqual(sum(row["expected"] for row in matrix["outlook"]), 22)

    def test_seller_sees_own_customers_only(self):
        self.assertEqual(len(self._rows(self.seller)), 20)
        matrix = self.env["crm.rfm.migration"].with_user(self.seller).get_matrix(self.rfm.id)
        self.assertEqual(sum(cell["count"] for cell in matrix["matrix"].values()), 20)

    def test_matrix_without_snapshots(self):
        self.rfm.snapshot_ids.unlink()
        matrix = self.env["crm.rfm.migration"].with_user(self.reader).get_matrix(self.rfm.id)
        self.assertEqual((matrix["matrix"], matrix["outlook"]), ({}, []))

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_forged_snapshot_of_another_company(self):
        other = self.setup_other_company(name="Other company")["company"]
        rows = self.env["crm.rfm.migration"].with_user(self.reader)
        self.rfm.sudo().flush_recordset()
        self.env.cr.execute("UPDATE crm_rfm_model SET company_id = %s WHERE id = %s", [other.id, self.rfm.id])
        self.env.invalidate_all()
        self.assertFalse(rows.with_context(rfm_from=self.before.id, rfm_to=self.after.id).search([]))

    def test_same_number_of_queries_for_many(self):
        rows = self._rows()
        rows[:1].mapped("reason")
        self.env.invalidate_all()

        def queries(records):
            before = self.env.cr.sql_log_count
            records.mapped("reason")
            return self.env.cr.sql_log_count - before

        few = queries(self._rows()[:3])
        self.env.invalidate_all()
        self.assertEqual(queries(self._rows()), few)
