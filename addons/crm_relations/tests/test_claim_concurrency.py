import contextlib
import threading

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import DummyRLock, Registry
from odoo.service.model import retrying
from odoo.sql_db import db_connect
from odoo.tests import BaseCase, get_db_name, new_test_user, tagged
from odoo.tools import mute_logger


@tagged("post_install", "-at_install")
class TestClaimConcurrency(BaseCase):
    """An unknown number that several users enter at once: real transactions on connections of their own."""

    TAIL = "40999777"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = Registry(get_db_name())

    @contextlib.contextmanager
    def _transaction(self, uid=SUPERUSER_ID):
        cr = db_connect(self.registry.db_name).cursor()
        try:
            yield api.Environment(cr, uid, {"tracking_disable": True})
        finally:
            cr.rollback()
            cr.close()

    def setUp(self):
        super().setUp()
        # Odoo's runner holds the registry's lock while it runs tests: other threads would wait for ever
        self.patch(Registry, "_lock", DummyRLock())
        with self._transaction() as env:
            users = [new_test_user(env, f"crm_claim_{i}", "crm_relations.group_user") for i in range(2)]
            self.user_ids = [user.id for user in users]
            env.cr.commit()  # pylint: disable=invalid-commit
        self.addCleanup(self._remove)

    def _remove(self):
        with self._transaction() as env:
            self._customers(env).unlink()
            users = env["res.users"].browse(self.user_ids)
            people = users.partner_id
            env["crm.interaction.from.number"].search([("create_uid", "in", users.ids)]).unlink()
            users.unlink()
            people.unlink()
            env.cr.commit()  # pylint: disable=invalid-commit

    def _customers(self, env):
        return env["res.partner"].search([("phone", "like", "999")]).filtered(
            lambda partner: (partner.phone or "").replace(" ", "").endswith(self.TAIL)
        )

    def _race(self, dialogs):
        """Each user's dialog, continued at once: the ids of the customers that the users end with.

        :param dialogs: (number, name) of each user
        """
        barrier = threading.Barrier(len(dialogs))
        results = [None] * len(dialogs)

        def user(index, number, name):
            with self._transaction(self.user_ids[index]) as env:
                values = {"number": number, "new_name": name, "country_id": env.ref("base.si").id}
                dialog = env["crm.interaction.from.number"].create(values)
                self.assertEqual(dialog.seen_count, 0)
                env.cr.commit()  # pylint: disable=invalid-commit
                env["res.partner"].search_count([])  # the snapshot of both is taken before either of them writes
                barrier.wait(20)
                action = retrying(dialog.action_continue, env)
                action = action.get("params", {}).get("next", action)
                results[index] = action["context"]["default_partner_id"]

        threads = [
            threading.Thread(target=user, args=(index, *dialog), daemon=True) for index, dialog in enumerate(dialogs)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        return results

    def _assert_one_customer(self, results):
        with self._transaction() as env:
            customers = self._customers(env)
            self.assertEqual(len(customers), 1)
            self.assertEqual(results, customers.ids * 2)

    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_one_number_one_customer(self):
        self._assert_one_customer(self._race([("+386 40 999 777", "Maja"), ("+386 40 999 777", "Maja")]))

    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_other_name_and_other_way_of_writing(self):
        self._assert_one_customer(self._race([("+386 40 999 777", "Maja Novak"), ("00386 (0)40/999-777", "Novak")]))

    def test_a_crash_of_the_first_leaves_the_number_free(self):
        """A crash of the first lets the second make the customer."""
        with self._transaction(self.user_ids[0]) as first:
            values = {"number": "+386 40 999 777", "new_name": "Maja"}
            first["crm.interaction.from.number"].create(values).action_continue()
            first.flush_all()
        with self._transaction(self.user_ids[1]) as second:
            second["crm.interaction.from.number"].create(values).action_continue()
            second.cr.commit()  # pylint: disable=invalid-commit
        with self._transaction() as env:
            self.assertEqual(len(self._customers(env)), 1)
