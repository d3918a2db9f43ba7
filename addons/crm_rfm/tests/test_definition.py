from datetime import timedelta

import psycopg2

from odoo import Command, fields
from odoo.addons.crm_rfm.tests.common import RfmCommon
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger


@tagged("post_install", "-at_install")
class TestDefinition(RfmCommon):
    """What a model accepts as its definition."""

    @mute_logger("odoo.sql_db")
    def test_window_out_of_range_is_refused(self):
        for values in (
            {"window_value": 0},
            {"window_value": -3},
            {"window_value": 1201},
            {"window_value": 36526, "window_unit": "day"},
        ):
            with (
                self.subTest(values=values),
                self.assertRaises(psycopg2.errors.CheckViolation),
                self.env.cr.savepoint(),
            ):
                self._create_model(name="Wrong", **values)
                self.env.flush_all()

    def test_message_of_a_wrong_window(self):
        constraint = self.env["crm.rfm.model"]._table_objects["crm_rfm_model_window_positive"]
        self.assertIn("at least 1 day", constraint.get_error_message(self.env["crm.rfm.model"]))

    def test_window_of_fifty_years(self):
        customer = self._create_customer()
        self._insert_documents(
            [
                self._invoice_row(customer.id, "1974-12-31", 1),
                self._invoice_row(customer.id, "1975-01-01", 2),
                self._invoice_row(customer.id, "2024-12-31", 4),
            ]
        )
        self.rfm.write({"window_value": 600, "window_unit": "month"})
        self._compute()
        self.assertEqual((self._score(customer).frequency, self._score(customer).monetary), (2, 6))

    def test_window_of_one_day(self):
        customer = self._create_customer()
        self._create_rfm_invoice(customer, "2024-12-30", 1)
        self._create_rfm_invoice(customer, "2024-12-31", 2)
        self.rfm.write({"window_value": 1, "window_unit": "day"})
        self._compute()
        self.assertEqual((self._score(customer).frequency, self._score(customer).recency_days), (1, 0))

    def test_wrong_number_of_bands_is_refused(self):
        for band_count in (0, 1, 11):
            with self.subTest(band_count=band_count), self.assertRaisesRegex(ValidationError, "from 2 to 10"):
                self._create_model(name="Wrong", band_count=band_count)

    # === FIXED LIMITS === #

    def _limits(self, dimension, *limits):
        bands = self.rfm._get_bands(dimension)
        return [
            Command.update(band.id, {"upper_limit": limit}) for band, limit in zip(bands[:-1], limits, strict=True)
        ]

    def test_fixed_limits_decide_the_scores(self):
        self.rfm.with_user(self.manager).write(
            {
                "m_method": "fixed",
                "m_band_ids": self._limits("m", 10, 20, 30, 40),
            }
        )
        amounts = {10: 1, 10.01: 2, 20: 2, 40: 4, 40.01: 5}
        customers = {amount: self._create_customer(str(amount)) for amount in amounts}
        for amount, customer in customers.items():
            self._create_rfm_invoice(customer, "2024-03-03", amount)
        self._compute()
        self.assertEqual({amount: self._score(customer).m_score for amount, customer in customers.items()}, amounts)
        self.assertEqual(self.rfm._get_cuts("m"), [10, 20, 30, 40])

    def test_limits_out_of_order_are_refused(self):
        for limits in ((10, 9, 30, 40), (10, 10, 30, 40), (40, 30, 20, 10)):
            with (
                self.subTest(limits=limits),
                self.assertRaisesRegex(ValidationError, "Monetary: the limits must rise"),
                self.env.cr.savepoint(),
            ):
                self.rfm.with_user(self.manager).write({"m_method": "fixed", "m_band_ids": self._limits("m", *limits)})
        self.rfm.invalidate_recordset()
        self.assertEqual(self.rfm.m_method, "quantile")

    def test_limits_may_pass_through_a_wrong_order_within_one_change(self):
        self.rfm.write({"m_method": "fixed", "m_band_ids": self._limits("m", 10, 20, 30, 40)})
        self.rfm.write({"m_band_ids": self._limits("m", 25, 35, 45, 55)})
        self.assertEqual(self.rfm._get_cuts("m"), [25, 35, 45, 55])

    def test_limits_put_out_of_order_behind_the_model_are_refused_by_the_run(self):
        self.rfm.write({"r_method": "fixed", "r_band_ids": self._limits("r", 10, 20, 30, 40)})
        self.rfm._get_bands("r")[0].upper_limit = 99
        with self.assertRaisesRegex(ValidationError, "Recency: the limits must rise"):
            self._compute()
        self.assertFalse(self.rfm.computed_at)

    # === AS-OF DATE === #

    def test_fixed_as_of_date(self):
        customer = self._create_customer()
        self._create_rfm_invoice(customer, "2024-03-03", 1)
        self.rfm.as_of_date = "2024-04-03"
        self.rfm.with_user(self.manager).action_compute()
        self.assertEqual(str(self.rfm.scored_as_of), "2024-04-03")
        self.assertEqual(self._score(customer).recency_days, 31)

    def test_default_as_of_date_is_today(self):
        self.rfm.with_user(self.manager).action_compute()
        self.assertEqual(self.rfm.scored_as_of, fields.Date.context_today(self.rfm))

    def test_future_as_of_date_is_refused(self):
        tomorrow = fields.Date.context_today(self.rfm) + timedelta(days=2)
        with self.assertRaisesRegex(ValidationError, "lies in the future"):
            self._compute(as_of=tomorrow)
        with self.assertRaisesRegex(ValidationError, "lies in the future"), self.env.cr.savepoint():
            self.rfm.as_of_date = tomorrow
        self.assertFalse(self.rfm.computed_at)

    def test_as_of_date_before_the_calendar_of_the_suite_is_refused(self):
        self.rfm.window_value = 1200
        model = self.rfm.with_user(self.manager)
        for day in ("0025-11-30", "1899-12-31"):
            message = f"Scores cannot be computed as of {day}: the as-of date lies before 1900-01-01."
            with self.assertRaisesRegex(ValidationError, message), self.env.cr.savepoint():
                model.as_of_date = day
            model.invalidate_recordset()
            with self.assertRaisesRegex(ValidationError, message):
                model.action_compute(day)
        model.as_of_date = "1900-01-01"
        model.action_compute()
        model.action_compute_values()
        self.assertEqual(str(model.scored_from), "1800-01-02")

    def test_what_is_no_date_is_refused_with_a_sentence(self):
        for text in ("garbage", "2024-13-01", 20241231, ["2024-12-31"], {"day": 1}):
            with self.subTest(text=text), self.assertRaises(ValidationError) as caught:
                self.rfm.with_user(self.manager).action_compute(text)
            self.assertEqual(
                caught.exception.args[0],
                f"“{text}” is not an as-of date. Give it as year-month-day, for instance 2026-12-31.",
            )

    def test_as_of_date_as_text_from_outside(self):
        self._compute(as_of="2024-12-31")
        self.assertEqual(str(self.rfm.scored_as_of), "2024-12-31")

    # === CHANGES === #

    def test_changed_definition_marks_the_scores_as_outdated(self):
        self._compute()
        self.assertFalse(self.rfm.is_outdated)
        self.rfm.window_value = 6
        self.assertTrue(self.rfm.is_outdated)
        self._compute()
        self.assertFalse(self.rfm.is_outdated)
        self.rfm.name = "Another name"
        self.assertFalse(self.rfm.is_outdated)

    def test_segment_of_an_action_stays(self):
        segment, other = self.env["crm.rfm.segment"].with_user(self.manager).create([{"name": "A"}, {"name": "B"}])
        Action = self.env["crm.rfm.action"].with_user(self.manager)
        action = Action.create({"name": "Win back", "model_id": self.rfm.id, "to_segment_ids": segment.ids})
        hidden = Action.create({"name": "Secret", "model_id": self.rfm.id, "to_segment_ids": segment.ids})
        hidden.sudo().model_id = self.rfm.sudo().copy({"company_id": self.env["res.company"].create({"name": "X"}).id})
        action.active = False
        with self.assertRaises(UserError) as error:
            segment.unlink()
        self.assertEqual(
            str(error.exception),
            "Segments of the actions “Win back”, 1 of other companies cannot be deleted:"
            " give these actions others first.",
        )
        (action + hidden).sudo().to_segment_ids = other
        segment.unlink()
        self.assertEqual(action.to_segment_ids, other)

    def test_company_of_a_scored_model_stays(self):
        other = self.setup_other_company(name="Other company")["company"]
        self._compute()
        with self.assertRaisesRegex(UserError, "keeps its company"):
            self.rfm.company_id = other
        self.assertEqual(self.rfm.company_id, self.company)

    def test_company_of_a_model_with_a_snapshot_stays(self):
        """A snapshot of one company would become readable in the other, although there was no run."""
        other = self.setup_other_company(name="Other company")["company"]
        self.manager.company_ids = [Command.link(other.id)]
        model = self._create_model(name="New")
        model.action_take_snapshot("2024-12-31")
        self.assertFalse(model.computed_at)
        with self.assertRaisesRegex(UserError, "keeps its company"):
            model.company_id = other

    def test_archived_model_is_not_shown_and_outdated_when_it_returns(self):
        self._create_rfm_invoice(self._create_customer(), "2024-03-03", 1)
        self._compute()
        self.rfm.with_user(self.manager).active = False
        self.assertFalse(self.rfm.shown_on_partner)
        self.assertTrue(self._create_model(name="Next").shown_on_partner)
        self.rfm.active = True
        self.assertTrue(self.rfm.is_outdated)

    def test_limit_changed_by_itself_makes_the_scores_outdated(self):
        self._compute()
        self.rfm.with_user(self.manager)._get_bands("r")[0].upper_limit = 5
        self.assertTrue(self.rfm.is_outdated)

    def test_segments_keep_their_kind(self):
        prospect = self.env.ref("crm_rfm.segment_prospect").with_user(self.manager)
        with self.assertRaisesRegex(UserError, "keeps its kind"):
            prospect.kind = "grid"
        prospect.write({"kind": "prospect", "name": "Nobody yet"})

    def test_copy_keeps_limits_and_grid_but_no_scores(self):
        self._create_rfm_invoice(self._create_customer(), "2024-03-03", 1)
        self._compute()
        special = self.env["crm.rfm.segment"].create({"name": "Special"})
        self.rfm.cell_ids[0].segment_id = special
        self.rfm._get_bands("m")[0].upper_limit = 0.5
        copied = self.rfm.with_user(self.manager).copy()
        self.assertEqual(copied.name, "Test model (copy)")
        self.assertEqual(copied.cell_ids.sorted()[0].segment_id, self.rfm.cell_ids.sorted()[0].segment_id)
        self.assertEqual(copied._get_cuts("m"), self.rfm._get_cuts("m"))
        self.assertEqual((copied.computed_at, copied.customer_count, copied.shown_on_partner), (False, 0, False))
        self.assertFalse(self._stored(copied))

    def test_first_model_of_a_company_is_shown(self):
        self.assertTrue(self.rfm.shown_on_partner)
        self.assertFalse(self._create_model(name="Second").shown_on_partner)

    def test_showing_a_model_hides_the_one_before(self):
        second = self._create_model(name="Second", shown_on_partner=True)
        self.assertEqual((self.rfm.shown_on_partner, second.shown_on_partner), (False, True))
        self.rfm.with_user(self.manager).shown_on_partner = True
        self.assertEqual((self.rfm.shown_on_partner, second.shown_on_partner), (True, False))

    @mute_logger("odoo.sql_db")
    def test_database_refuses_two_shown_models(self):
        second = self._create_model(name="Second")
        self.env.flush_all()
        with self.assertRaises(psycopg2.errors.UniqueViolation), self.env.cr.savepoint():
            self.env.cr.execute("UPDATE crm_rfm_model SET shown_on_partner = TRUE WHERE id = %s", [second.id])
