import os
import signal
import time
import traceback
import uuid
from unittest.mock import patch

import psycopg2

from odoo import SUPERUSER_ID, api, fields, sql_db
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, get_db_name, tagged
from odoo.tools import mute_logger

from ..tools import intake as reader
from .test_intake import LOGGERS, mail


@tagged("post_install", "-at_install")
class TestKilledWorker(BaseCase):
    """A worker is killed (SIGKILL) while it makes a complaint of a mail: nothing is lost, nothing is there twice."""

    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())
        # of its own, whatever a run that was broken off left behind
        self.address = f"{uuid.uuid4().hex}@killed.example.com"
        self.raw = mail(None, sender=f"Kim <{self.address}>", subject="Killed in the middle")
        self.addCleanup(self._remove)

    def _env(self, cr):
        return api.Environment(cr, SUPERUSER_ID, {})

    def _killed_in_the_middle(self):
        """A process of its own takes the mail and dies when the complaint has its number and is not committed."""
        reading, writing = os.pipe()
        pid = os.fork()
        if not pid:
            try:
                os.close(reading)
                # connections are not shared between processes; those of the parent are kept, for closing one here
                # would close it there
                parents = sql_db._Pool, sql_db._Pool_readonly, self.registry._db, self.registry._db_readonly
                sql_db._Pool = sql_db._Pool_readonly = self.registry._db_readonly = None
                self.registry._db = sql_db.db_connect(get_db_name())
                model = self.registry["crm.complaint"]
                note = model._note_intake

                def in_the_middle(complaint):
                    note(complaint)
                    complaint.env.flush_all()
                    os.write(writing, b"x")
                    time.sleep(60)

                with patch.object(model, "_note_intake", in_the_middle), self.registry.cursor() as cr:
                    self._env(cr)["mail.thread"].message_process("crm.complaint", self.raw)
                os.write(writing, b"it was not held up")
            except BaseException:  # noqa: BLE001 - the child ends in one way only, the parent says what it was
                os.write(writing, traceback.format_exc()[-2000:].encode())
            finally:
                os._exit(len(parents))
        os.close(writing)
        try:
            self.assertEqual(os.read(reading, 2000).decode(), "x")
        finally:
            os.close(reading)
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)

    def _found(self):
        with self.registry.cursor() as cr:
            env = self._env(cr)
            rows = env["crm.complaint.intake"].search([("fingerprint", "=", reader.fingerprint(self.raw))])
            complaints = env["crm.complaint"].search([("email_normalized", "=", self.address)])
            return rows.mapped("state"), len(complaints), rows.complaint_id == complaints and len(rows.complaint_id)

    def _resume(self):
        """What the scheduled job does when the row is old enough."""
        with self.registry.cursor() as cr, mute_logger(*LOGGERS):
            intakes = self._env(cr)["crm.complaint.intake"]
            row = intakes.search([("fingerprint", "=", reader.fingerprint(self.raw))])
            row.date = fields.Datetime.subtract(fields.Datetime.now(), minutes=11)
            cr.commit()  # pylint: disable=invalid-commit
            intakes._cron_resume()

    def test_nothing_is_lost_and_nothing_is_twice(self):
        self._killed_in_the_middle()
        self.assertEqual(self._found(), (["received"], 0, 0))
        # the mail server gives the mail out again, for nobody told it that it was handled
        with self.registry.cursor() as cr, mute_logger(*LOGGERS):
            self.assertFalse(self._env(cr)["mail.thread"].message_process("crm.complaint", self.raw))
        self._wait_for_the_database()
        self._resume()
        self.assertEqual(self._found(), (["done"], 1, 1))
        self._resume()
        self.assertEqual(self._found(), (["done"], 1, 1))

    def _wait_for_the_database(self):
        """It ends the transaction of a dead client as soon as it sees that nobody listens."""
        for _attempt in range(50):
            try:
                with mute_logger("odoo.sql_db"), self.registry.cursor() as cr:
                    cr.execute(
                        "SELECT 1 FROM crm_complaint_intake WHERE fingerprint = %s FOR UPDATE NOWAIT",
                        [reader.fingerprint(self.raw)],
                    )
                    return
            except psycopg2.errors.LockNotAvailable:
                os.sched_yield()
        self.fail("the transaction of the killed worker is still there")

    def _remove(self):
        with self.registry.cursor() as cr:
            env = self._env(cr)
            rows = env["crm.complaint.intake"].search([("fingerprint", "=", reader.fingerprint(self.raw))])
            complaints = env["crm.complaint"].search([("email_normalized", "=", self.address)])
            env["mail.mail"].search([("model", "=", "crm.complaint"), ("res_id", "in", complaints.ids)]).unlink()
            rows.unlink()
            complaints.message_ids.unlink()
            complaints.unlink()
