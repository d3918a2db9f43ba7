from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged

from .common import RelationsCommon


@tagged("post_install", "-at_install")
class TestTimelineRights(RelationsCommon):
    """What was written for a reader is used again, and never after it stopped being true."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.own = cls._create_interaction(cls.single, user=cls.agent, objective="Mine")
        cls.other = cls._create_interaction(cls.single, user=cls.colleague, objective="Theirs")
        cls.env.flush_all()
        cls.timeline = cls.env["crm.timeline"]
        cls.rule = cls.env.ref("crm_relations.crm_interaction_rule_user")

    def _seen(self, user, **context):
        self.env.invalidate_all()
        page = self.timeline.with_user(user).with_context(**context).timeline_page(self.single.id)
        return {entry["summary"] for entry in page["entries"]}

    def _written(self, user):
        """How often the statement of a page is written when the page is read."""
        model = type(self.timeline)
        render = model._render_page_statement
        with patch.object(model, "_render_page_statement", autospec=True, side_effect=render) as written:
            self._seen(user)
        return written.call_count

    def test_the_statement_is_written_once(self):
        self._seen(self.agent)
        self.assertEqual(self._written(self.agent), 0)
        self.rule.domain_force = "[(1, '=', 1)]"
        self.assertGreater(self._written(self.agent), 0)
        self.assertEqual(self._written(self.agent), 0)

    def test_each_reader_sees_the_own_contacts(self):
        for _again in range(2):
            self.assertEqual(self._seen(self.agent), {self.own.name})
            self.assertEqual(self._seen(self.colleague), {self.other.name})
            self.assertEqual(self._seen(self.supervisor), {self.own.name, self.other.name})

    def test_a_changed_rule_holds_at_once(self):
        self.assertEqual(self._seen(self.agent), {self.own.name})
        self.rule.domain_force = "[(1, '=', 1)]"
        self.assertEqual(self._seen(self.agent), {self.own.name, self.other.name})
        self.rule.domain_force = "[(0, '=', 1)]"
        self.assertEqual(self._seen(self.agent), set())

    def test_a_changed_right_holds_at_once(self):
        self.assertEqual(self._seen(self.agent), {self.own.name})
        self.agent.group_ids = [Command.link(self.env.ref("crm_relations.group_user_all").id)]
        self.assertEqual(self._seen(self.agent), {self.own.name, self.other.name})
        access = self.env["ir.model.access"].search([("model_id.model", "=", "crm.interaction")])
        access.perm_read = False
        self.assertEqual(self._seen(self.agent), set())

    def test_companies_chosen_by_the_reader(self):
        here, there = self.env.company, self.env["res.company"].create({"name": "There"})
        self.supervisor.company_ids = [Command.link(there.id)]
        self.own.company_id, self.other.company_id = here, there
        self.env.flush_all()
        names = {here: {self.own.name}, there: {self.other.name}, here | there: {self.own.name, self.other.name}}
        for _again in range(2):
            for companies, expected in names.items():
                self.assertEqual(self._seen(self.supervisor, allowed_company_ids=companies.ids), expected)

    def test_a_rule_that_looks_into_the_database_is_asked_each_time(self):
        """Hierarchies and searches of computed fields are resolved when the condition is written."""
        parent = self._create_partner("Group", is_company=True)
        self.rule.domain_force = f"[('partner_id', 'child_of', {parent.id})]"
        self.assertEqual(self._seen(self.agent), set())
        self.assertGreater(self._written(self.agent), 0)
        self.single.parent_id = parent
        self.assertEqual(self._seen(self.agent), {self.own.name, self.other.name})
        self.single.parent_id = False
        self.assertEqual(self._seen(self.agent), set())

    def test_what_lasts(self):
        cases = {
            "[('user_id', '=', user.id)]": True,
            "[('partner_id.company_id', 'in', company_ids + [False])]": True,
            "[('company_id', 'parent_of', company_ids)]": True,
            "[('message_partner_ids', 'in', [user.partner_id.id])]": True,
            "[('partner_id', 'child_of', user.partner_id.id)]": False,
            "[('partner_id', 'any', [('parent_id', 'child_of', 1)])]": False,
            "[('date', '>', '-30d')]": False,
            "[('partner_id.crm_group', '=', '1')]": False,
            "[('activity_state', '=', 'today')]": False,
        }
        for domain, lasts in cases.items():
            with self.subTest(domain=domain):
                self.rule.domain_force = domain
                timeline = self.timeline.with_user(self.agent)
                rule = timeline._read_rule("crm.interaction")
                self.assertEqual(timeline._lasts(rule, self.env["crm.interaction"].sudo()), lasts)
