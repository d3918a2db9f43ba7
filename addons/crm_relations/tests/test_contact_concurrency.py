import itertools

import psycopg2

from odoo import SUPERUSER_ID
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_concurrency import CommittedCase


@tagged("post_install", "-at_install")
class TestContactConcurrency(CommittedCase):
    """Real transactions on connections of their own; what they commit is removed again."""

    def setUp(self):
        super().setUp()
        with self._transaction() as env:
            env.cr.execute("UPDATE crm_contact_rule SET active = FALSE WHERE active RETURNING id")
            self.archived = [row[0] for row in env.cr.fetchall()]
            self.partner_id = env["res.partner"].create({"name": "Concurrent", "email": "concurrent@example.com"}).id
            self.rule_id = (
                env["crm.contact.rule"]
                .create({"name": "Once a week", "condition": "cap", "effect": "refuse", "max_count": 1, "days": 7})
                .id
            )
            env.cr.commit()  # pylint: disable=invalid-commit
        self.addCleanup(self._remove)

    def _remove(self):
        with self._transaction() as env:
            env.cr.execute("DELETE FROM crm_contact_decision WHERE partner_id = %s", [self.partner_id])
            env["crm.contact.rule"].browse(self.rule_id).unlink()
            env["res.partner"].browse(self.partner_id).unlink()
            env.cr.execute("UPDATE crm_contact_rule SET active = TRUE WHERE id = ANY(%s)", [self.archived])
            env.cr.commit()  # pylint: disable=invalid-commit

    def _send(self, env):
        partner = env["res.partner"].browse(self.partner_id)
        if not partner._crm_contact_filter("email", "marketing"):
            return "refused"
        env["crm.contact.touch"]._record(partner, "email", "marketing")
        env.flush_all()
        return "sent"

    def _touches(self):
        with self._transaction() as env:
            return env["crm.contact.touch"].search_count([("partner_id", "=", self.partner_id)])

    @mute_logger("odoo.sql_db")
    def test_two_at_once_send_once(self):
        """Both see no contact yet; the counter lets one through, the other begins again and is refused."""

        def send(wait):
            with self._transaction() as env:
                env["res.partner"].browse(self.partner_id).read(["name"])  # both snapshots before either writes
                wait()
                results = []
                try:
                    results.append(self._send(env))
                    env.cr.commit()  # pylint: disable=invalid-commit
                except psycopg2.errors.SerializationFailure:
                    env.cr.rollback()
                    results += ["again", self._send(env)]
                    env.cr.commit()  # pylint: disable=invalid-commit
                return results

        results = itertools.chain.from_iterable(self._at_once(send, send))
        self.assertEqual(sorted(results), ["again", "refused", "sent"])
        self.assertEqual(self._touches(), 1)

    def test_a_refusal_is_logged_although_everything_else_is_rolled_back(self):
        with self._transaction() as env:
            self.assertEqual(self._send(env), "sent")
            env.cr.commit()  # pylint: disable=invalid-commit
        with self._transaction() as env, self.assertRaisesRegex(UserError, "Once a week: at most 1 contacts"):
            partner = env["res.partner"].browse(self.partner_id)
            partner.comment = "Written in the same transaction"
            env.flush_all()
            partner._crm_contact_check("email", "marketing")
        with self._transaction() as env:
            entry = env["crm.contact.decision"].search([("partner_id", "=", self.partner_id)])
            self.assertEqual((entry.effect, entry.rule_id.id, entry.user_id.id), ("refuse", self.rule_id, SUPERUSER_ID))
            self.assertFalse(env["res.partner"].browse(self.partner_id).comment)

    def test_a_refusal_that_was_caught_is_logged_once(self):
        with self._transaction() as env:
            self._send(env)
            env.cr.commit()  # pylint: disable=invalid-commit
            partner = env["res.partner"].browse(self.partner_id)
            with self.assertRaises(UserError), env.cr.savepoint():
                partner._crm_contact_check("email", "marketing")
            env.cr.commit()  # pylint: disable=invalid-commit
            env.cr.rollback()
            self.assertEqual(env["crm.contact.decision"].search_count([("partner_id", "=", self.partner_id)]), 1)
