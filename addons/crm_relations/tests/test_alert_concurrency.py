import psycopg2

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_concurrency import CommittedCase


@tagged("post_install", "-at_install")
class TestAlertConcurrency(CommittedCase):
    """Real transactions on connections of their own; what they commit is removed again."""

    def setUp(self):
        super().setUp()
        with self._transaction() as env:
            self.partner_id = env["res.partner"].create({"name": "Concurrent", "ref": "CRM-CONCURRENT"}).id
            self.rule_id = (
                env["crm.alert.rule"]
                .create(
                    {
                        "name": "Once",
                        "condition": "domain",
                        "domain": "[('ref', '=', 'CRM-CONCURRENT')]",
                        "owner_id": env.ref("base.user_admin").id,
                    }
                )
                .id
            )
            env.cr.commit()  # pylint: disable=invalid-commit
        self.addCleanup(self._remove)

    def _remove(self):
        with self._transaction() as env:
            env["mail.activity"].search([("res_model", "=", "res.partner"), ("res_id", "=", self.partner_id)]).unlink()
            env["crm.alert.rule"].browse(self.rule_id).unlink()
            env["res.partner"].browse(self.partner_id).unlink()
            env.cr.commit()  # pylint: disable=invalid-commit

    def _delivered(self):
        with self._transaction() as env:
            activities = [("res_model", "=", "res.partner"), ("res_id", "=", self.partner_id)]
            return (
                env["crm.alert"].search_count([("rule_id", "=", self.rule_id)]),
                env["mail.activity"].search_count(activities),
            )

    def test_a_rule_that_is_being_evaluated_is_left_alone(self):
        with self._transaction() as one, self._transaction() as two:
            rule = one["crm.alert.rule"].browse(self.rule_id).try_lock_for_update()
            self.assertEqual(rule._evaluate(), 1)
            self.assertFalse(two["crm.alert.rule"].browse(self.rule_id).try_lock_for_update())
            with self.assertRaisesRegex(UserError, "being evaluated"):
                two["crm.alert.rule"].browse(self.rule_id).action_evaluate()
            one.cr.commit()  # pylint: disable=invalid-commit
            two.cr.rollback()
            second = two["crm.alert.rule"].browse(self.rule_id).try_lock_for_update()
            self.assertEqual(second._evaluate(), 0)
            two.cr.commit()  # pylint: disable=invalid-commit
        self.assertEqual(self._delivered(), (1, 1))

    @mute_logger("odoo.sql_db")
    def test_the_database_delivers_once_even_without_the_lock(self):
        """Both evaluate unlocked, both see nothing reported yet: the unique key lets one of them through."""

        def evaluate(wait):
            with self._transaction() as env:
                rule = env["crm.alert.rule"].browse(self.rule_id)
                rule.read(["name"])  # the snapshot of both is taken before either writes
                wait()
                try:
                    delivered = rule._evaluate()
                    env.cr.commit()  # pylint: disable=invalid-commit
                except psycopg2.errors.SerializationFailure:
                    return "refused"
                return delivered

        results = self._at_once(evaluate, evaluate)
        self.assertEqual(results.count(1), 1, results)
        self.assertEqual(self._delivered(), (1, 1))
