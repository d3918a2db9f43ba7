import functools

from odoo.service.model import retrying
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common_concurrency import CommittedCase


@tagged("post_install", "-at_install")
class TestClaimConcurrency(CommittedCase):
    """An unknown number that several users enter at once: real transactions on connections of their own."""

    TAIL = "40999777"

    def setUp(self):
        super().setUp()
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

        def user(user_id, number, name, wait):
            with self._transaction(user_id) as env:
                values = {"number": number, "new_name": name, "country_id": env.ref("base.si").id}
                dialog = env["crm.interaction.from.number"].create(values)
                self.assertEqual(dialog.seen_count, 0)
                env.cr.commit()  # pylint: disable=invalid-commit
                env["res.partner"].search_count([])  # the snapshot of both is taken before either of them writes
                wait()
                action = retrying(dialog.action_continue, env)
                action = action.get("params", {}).get("next", action)
                return action["context"]["default_partner_id"]

        users = zip(self.user_ids, dialogs, strict=True)
        return self._at_once(*[functools.partial(user, user_id, *dialog) for user_id, dialog in users])

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
