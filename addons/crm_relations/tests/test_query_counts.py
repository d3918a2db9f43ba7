from odoo.tests import tagged

from .common import RelationsCommon

FEW, MANY = 10, 1000


@tagged("post_install", "-at_install")
class TestQueryCounts(RelationsCommon):
    """What is read for a list of customers takes as many statements for ten as for a thousand."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.many = cls.env["res.partner"].create(
            [{"name": f"Kováč Number {index:04}", "email": f"k{index}@x.example"} for index in range(MANY)]
        )
        quiet = {"tracking_disable": True, "mail_create_nosubscribe": True}
        cls.env["crm.interaction"].with_context(**quiet).create(
            [{"partner_id": partner.id, "user_id": cls.supervisor.id, "outcome": "x"} for partner in cls.many]
        )
        cls.env["crm.need"].with_context(**quiet).create(
            [
                {"partner_id": partner.id, "statement": "A press", "requirement": "general", "stability": "uniform"}
                for partner in cls.many
            ]
        )
        friend = cls.env.ref("crm_relations.relation_type_relative").id
        cls.env["crm.partner.relation"].create(
            [
                {"left_partner_id": partner.id, "right_partner_id": cls.single.id, "type_id": friend}
                for partner in cls.many
            ]
        )
        rule = cls.env["crm.alert.rule"].create({"name": "Look", "condition": "birthday"})
        cls.env["crm.alert"].create(
            [{"rule_id": rule.id, "partner_id": partner.id, "case_key": "1"} for partner in cls.many]
        )
        group = cls.env["crm.customer.group"].create({"name": "Chosen", "kind": "static"})
        cls.env["crm.customer.group.member"].create(
            [{"group_id": group.id, "partner_id": partner.id} for partner in cls.many]
        )
        cls.env["crm.lead"].with_context(**quiet).create(
            [{"name": "Cellar", "partner_id": partner.id, "type": "opportunity"} for partner in cls.many]
        )
        cls.env.flush_all()
        groups = ("crm_relations.group_user_all", "crm_relations.group_sensitive")
        cls.reader = cls._create_user("reader", ",".join((*groups, "sales_team.group_sale_salesman_all_leads")))

    def _statements(self, read, partners):
        partners = self.env["res.partner"].with_user(self.reader).browse(partners.ids)
        read(partners)  # rights, views and languages are kept by the process
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        read(partners)
        return self.cr.sql_log_count - before

    def test_reading_customers(self):
        cases = {
            "at a glance": lambda partners: partners.crm_360(),
            "application statistics": lambda partners: partners.mapped("application_statistics"),
            "alerts": lambda partners: partners.mapped("crm_alert_ids.display_name"),
            "groups": lambda partners: partners.read(
                ["crm_group", "crm_group_reason", "crm_party_kind", "crm_customer_group_ids"]
            ),
            "needs": lambda partners: partners.read(["crm_need_count"]),
            "relations": lambda partners: partners.read(["crm_relation_count"]),
            "profile": lambda partners: partners.read(["age", "crm_age_band", "crm_profile_percent"]),
            "latest entries by customer": lambda partners: partners._crm_360_contacts(),
        }
        for name, read in cases.items():
            with self.subTest(name):
                few = self._statements(read, self.many[:FEW])
                self.assertGreater(few, 0)
                self.assertEqual(self._statements(read, self.many), few)

    def test_what_was_read_is_there(self):
        """The counts above would be equal for nothing at all, too."""
        cards = self.many.with_user(self.reader).crm_360()
        self.assertEqual(len(cards), MANY)
        self.assertEqual({len(card["alerts"]) for card in cards}, {1})
        self.assertTrue(all(card["last"] for card in cards))
        self.assertEqual(set(self.many.with_user(self.reader).mapped("crm_need_count")), {1})
        self.assertEqual(set(self.many.with_user(self.reader).mapped("crm_relation_count")), {1})

    def test_duplicates_among_ten_and_a_thousand(self):
        values = {"name": "Kovač Number 0001", "email": "k1@x.example"}
        check = lambda partners: partners.crm_check_duplicates(values)  # noqa: E731
        many = self._statements(check, self.many)
        self.many[FEW:].with_context(tracking_disable=True).write({"active": False})
        self.env.flush_all()
        self.assertEqual(self._statements(check, self.many[:FEW]), many)

    def test_what_follows_a_customer(self):
        """What depends on a customer's fields is looked for whenever one is created: these documents, and no more."""
        tree = self.registry.get_trigger_tree(list(self.env["res.partner"]._fields.values()), select=lambda field: True)
        own = {str(label) for label, branch in tree.items() if any(map(self._is_ours, self._dependents(branch)))}
        rolled_up = {
            f"{model}.partner_id"
            for model in ("crm.alert", "crm.call", "crm.consent", "crm.contact.decision", "crm.interaction", "crm.need")
        } | {"calendar.attendee.partner_id", "crm.lead.partner_id", "mail.activity.crm_partner_id"}
        persons = {"res.partner.commercial_partner_id", "res.users.partner_id"}  # fields of the customer itself
        self.assertEqual(own - persons, rolled_up)
        for name in rolled_up:
            model, _dot, field = name.rpartition(".")
            lists = self.registry.field_inverses[self.env[model]._fields[field]]
            # read with defaults for each empty form
            self.assertFalse([one for one in lists if not one.domain], name)

    def _dependents(self, tree):
        yield from tree.root
        for branch in tree.values():
            yield from self._dependents(branch)

    @staticmethod
    def _is_ours(field):
        return field._module == "crm_relations"
