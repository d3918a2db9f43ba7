import psycopg2

from odoo.addons.crm_rfm.tests.common import RfmCommon
from odoo.addons.crm_rfm.tools import grid
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger


@tagged("post_install", "-at_install")
class TestGrid(RfmCommon):
    """Gap and overlap are impossible, in the application and in the database."""

    def _check_now(self):
        """Fire the deferred triggers, as a commit does."""
        self.env.flush_all()
        self.env.cr.execute("SET CONSTRAINTS ALL IMMEDIATE")
        self.env.cr.execute("SET CONSTRAINTS ALL DEFERRED")

    def test_new_model_has_the_default_grid(self):
        self.assertEqual({(c.r, c.fm): c.segment_id.code for c in self.rfm.cell_ids}, grid.default_grid())
        self._check_now()

    def test_every_number_of_bands_has_a_complete_grid(self):
        for band_count in range(grid.MIN_BANDS, grid.MAX_BANDS + 1):
            with self.subTest(band_count=band_count):
                model = self._create_model(name=str(band_count), band_count=band_count)
                self.assertEqual(len(model.cell_ids), band_count**2)
                self.assertEqual(len(model.band_ids), 3 * band_count)
                self._check_now()

    def test_changing_the_number_of_bands_rebuilds_grid_and_bands(self):
        self._create_rfm_invoice(self._create_customer(), "2024-03-03", 1)
        self._compute()
        self.rfm.with_user(self.manager).band_count = 3
        self.assertEqual((len(self.rfm.cell_ids), len(self.rfm.band_ids)), (9, 9))
        self.assertFalse(self._stored())
        self.assertFalse(self.rfm.computed_at)
        self._check_now()

    @mute_logger("odoo.sql_db")
    def test_database_refuses_a_gap(self):
        cell = self.rfm.cell_ids[:1]
        with self.assertRaises(psycopg2.errors.CheckViolation), self.env.cr.savepoint():
            self.env.cr.execute("DELETE FROM crm_rfm_cell WHERE id = %s", [cell.id])
            self._check_now()
        self.assertEqual(self.env["crm.rfm.cell"].search_count([("model_id", "=", self.rfm.id)]), 25)

    @mute_logger("odoo.sql_db")
    def test_database_refuses_a_gap_by_more_bands(self):
        with self.assertRaises(psycopg2.errors.CheckViolation), self.env.cr.savepoint():
            self.env.cr.execute("UPDATE crm_rfm_model SET band_count = 6 WHERE id = %s", [self.rfm.id])
            self._check_now()

    @mute_logger("odoo.sql_db")
    def test_database_refuses_moving_a_cell_out_of_the_grid(self):
        cell = self.rfm.cell_ids[:1]
        with self.assertRaises(psycopg2.errors.CheckViolation), self.env.cr.savepoint():
            self.env.cr.execute("UPDATE crm_rfm_cell SET r = 9 WHERE id = %s", [cell.id])
            self._check_now()

    @mute_logger("odoo.sql_db")
    def test_database_refuses_an_overlap(self):
        cell = self.rfm.cell_ids[:1]
        with self.assertRaises(psycopg2.errors.UniqueViolation), self.env.cr.savepoint():
            self.env.cr.execute(
                "INSERT INTO crm_rfm_cell (model_id, r, fm, segment_id) SELECT model_id, r, fm, segment_id"
                " FROM crm_rfm_cell WHERE id = %s",
                [cell.id],
            )

    @mute_logger("odoo.sql_db")
    def test_database_refuses_a_cell_without_segment(self):
        cell = self.rfm.cell_ids[:1]
        with self.assertRaises(psycopg2.errors.NotNullViolation), self.env.cr.savepoint():
            self.env.cr.execute("UPDATE crm_rfm_cell SET segment_id = NULL WHERE id = %s", [cell.id])

    def test_manager_cannot_add_or_remove_cells(self):
        cell = self.rfm.cell_ids[:1].with_user(self.manager)
        with self.assertRaises(AccessError):
            cell.unlink()
        with self.assertRaises(AccessError):
            cell.create({"model_id": self.rfm.id, "r": 6, "fm": 6, "segment_id": cell.segment_id.id})
        self.assertEqual(len(self.rfm.cell_ids), 25)

    def test_deleting_a_model_deletes_its_grid(self):
        self._create_rfm_invoice(self._create_customer(), "2024-03-03", 1)
        self._compute()
        self.rfm.with_user(self.manager).unlink()
        self._check_now()
        self.assertFalse(self.env["crm.rfm.cell"].search([("model_id", "=", self.rfm.id)]))

    # === SEGMENTS OF CELLS === #

    def test_changing_a_cell_moves_its_customers_at_once(self):
        customer, other = self._create_customer(), self._create_customer("other")
        self._create_rfm_invoice(customer, "2024-03-03", 1)
        for day in ("2024-03-03", "2024-12-31"):
            self._create_rfm_invoice(other, day, 100)
        self._compute()
        score = self._score(customer)
        untouched = self._score(other).segment_id
        new = self.env["crm.rfm.segment"].create({"name": "Special"})
        cell = self.rfm.cell_ids.filtered(lambda c: (c.r, c.fm) == (score.r_score, score.fm_score))
        self.assertEqual(cell.customer_count, 1)
        cell.with_user(self.manager).segment_id = new
        self.assertEqual(score.segment_id, new)
        self.assertEqual(self._score(other).segment_id, untouched)
        self._compute()
        self.assertEqual(self.rfm.changed_count, 0)

    def test_cell_does_not_take_the_segments_outside_the_grid(self):
        cell = self.rfm.cell_ids[:1].with_user(self.manager)
        before = cell.segment_id
        with self.assertRaisesRegex(ValidationError, "customers without a score"), self.env.cr.savepoint():
            cell.segment_id = self.env.ref("crm_rfm.segment_excluded")
        cell.invalidate_recordset()
        self.assertEqual(cell.segment_id, before)

    def test_segment_in_use_cannot_be_deleted(self):
        segment = self.env.ref("crm_rfm.segment_champions").with_user(self.manager)
        with self.assertRaisesRegex(UserError, "“Champions” fills .* cells"):
            segment.unlink()
        self.assertTrue(segment.exists())

    def test_built_in_segments_cannot_be_deleted(self):
        for name in ("prospect", "excluded"):
            segment = self.env.ref(f"crm_rfm.segment_{name}").with_user(self.manager)
            with self.subTest(name=name), self.assertRaisesRegex(UserError, "built in"):
                segment.unlink()

    def test_unused_segment_can_be_deleted(self):
        segment = self.env["crm.rfm.segment"].with_user(self.manager).create({"name": "Unused"})
        segment.unlink()
        self.assertFalse(segment.exists())

    @mute_logger("odoo.sql_db")
    def test_there_is_one_segment_for_prospects(self):
        with self.assertRaises(psycopg2.IntegrityError), self.env.cr.savepoint():
            self.env["crm.rfm.segment"].create({"name": "Second", "kind": "prospect"})

    def test_model_can_be_made_after_a_default_segment_was_deleted(self):
        lost = self.env.ref("crm_rfm.segment_lost")
        other = self.env.ref("crm_rfm.segment_hibernating")
        self.env["crm.rfm.cell"].sudo().search([("segment_id", "=", lost.id)]).segment_id = other
        lost.unlink()
        model = self._create_model(name="New")
        corner = model.cell_ids.filtered(lambda c: (c.r, c.fm) == (1, 1))
        self.assertEqual(corner.segment_id, self.env.ref("crm_rfm.segment_champions"))
        self.assertEqual(len(model.cell_ids), 25)
