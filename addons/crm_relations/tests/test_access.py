from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import RelationsCommon

OPERATIONS = {"c": "create", "r": "read", "w": "write", "d": "unlink"}

# what each group may do with each model at all: create, read, write, delete
MODELS = """
                             own  all  manager auditor sensitive none portal
crm.alert                    -r-- -r-- -r-d -r-- ---- ---- ----
crm.alert.rule               -r-- -r-- crwd -r-- ---- ---- ----
crm.company.fact             crwd crwd crwd -r-- -r-- -r-- ----
crm.customer.group           crwd crwd crwd -r-- ---- ---- ----
crm.customer.group.add       crwd crwd crwd ---- ---- ---- ----
crm.customer.group.member    crwd crwd crwd -r-- ---- ---- ----
crm.exchange.export          crw- crw- crw- crw- ---- ---- ----
crm.exchange.import          crwd crwd crwd ---- ---- ---- ----
crm.exchange.import.column   crwd crwd crwd ---- ---- ---- ----
crm.exchange.import.error    -r-- -r-- -r-- ---- ---- ---- ----
crm.industry.code            -r-- -r-- crwd -r-- -r-- -r-- ----
crm.interaction              crw- crw- crwd -r-- ---- ---- ----
crm.legal.form               -r-- -r-- crwd -r-- -r-- -r-- ----
crm.need                     crw- crw- crwd -r-- ---- ---- ----
crm.partner.attitude         ---- ---- ---d ---- cr-- ---- ----
crm.partner.child            ---- ---- ---- ---- crwd ---- ----
crm.partner.duplicate        -rw- -rw- -rwd -r-- ---- ---- ----
crm.partner.group            -r-- -r-- -r-- -r-- ---- ---- ----
crm.partner.group.override   crwd crwd crwd ---- ---- ---- ----
crm.partner.key              ---- ---- ---- ---- ---- ---- ----
crm.partner.relation         crwd crwd crwd -r-- ---- ---- ----
crm.partner.relation.add     crwd crwd crwd ---- ---- ---- ----
crm.partner.relation.label   -r-- -r-- -r-- -r-- ---- ---- ----
crm.partner.relation.side    -r-- -r-- -r-- -r-- ---- ---- ----
crm.partner.relation.type    -r-- -r-- crwd -r-- -r-- -r-- ----
crm.profile.item             ---- ---- crwd ---- ---- ---- ----
crm.profile.tag              cr-- cr-- crwd -r-- -r-- -r-- ----
crm.timeline                 -r-- -r-- -r-- -r-- ---- ---- ----
"""

# the same for a record that the agent ("own") made: "rwd", nothing is created
RECORDS = """
                             own colleague all manager auditor sensitive none portal
crm.alert                    r-- r-- r-- r-d r-- --- --- ---
crm.alert.rule               r-- r-- r-- rwd r-- --- --- ---
crm.company.fact             rwd rwd rwd rwd r-- r-- r-- ---
crm.customer.group           rwd r-- rwd rwd r-- --- --- ---
crm.customer.group.member    rwd r-- rwd rwd r-- --- --- ---
crm.exchange.import          rwd --- --- --- --- --- --- ---
crm.interaction              rw- --- rw- rwd r-- --- --- ---
crm.need                     rw- --- rw- rwd r-- --- --- ---
crm.partner.attitude         --- --- --- --d --- r-- --- ---
crm.partner.child            --- --- --- --- --- rwd --- ---
crm.partner.duplicate        rw- rw- rw- rwd r-- --- --- ---
crm.partner.group            r-- r-- r-- r-- r-- --- --- ---
crm.partner.relation         rwd r-- rwd rwd r-- --- --- ---
"""


def _table(text):
    """{row name: {column name: cell}} of a table written with blanks."""
    head, *rows = (line.split() for line in text.strip().splitlines())
    return {name: dict(zip(head, cells, strict=True)) for name, *cells in rows}


@tagged("post_install", "-at_install")
class TestAccess(RelationsCommon):
    """Who may do what, as one table: an access line added or lost anywhere shows here."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.readers = {
            "own": cls.agent,
            "colleague": cls.colleague,
            "all": cls.supervisor,
            "manager": cls.manager,
            "auditor": cls.auditor,
            "sensitive": cls._create_user("sensitive", "crm_relations.group_sensitive"),
            "none": cls.clerk,
            "portal": cls._create_user("portal", "base.group_portal"),
        }
        cls.elsewhere = cls.env["res.company"].create({"name": "Elsewhere"})

    def _own_models(self):
        return {name for name, model in self.env.items() if model._original_module == "crm_relations"
                and not model._abstract}

    def _records(self):
        """One record of each model of RECORDS, made by the agent or for everybody."""
        mine = lambda model: self.env[model].with_user(self.agent)  # noqa: E731
        partner, other = self.company_partner, self.single
        fact = self.env["crm.profile.tag"].search([("kind", "=", "fact")], limit=1)
        rule = self.env["crm.alert.rule"].create({"name": "Rule", "condition": "birthday"})
        group = mine("crm.customer.group").create({"name": "Group", "kind": "static"})
        self.env["crm.need"].create({"partner_id": other.id, "name": "Vote"})._flush()
        return {
            "crm.alert": self.env["crm.alert"].create(
                {"rule_id": rule.id, "partner_id": partner.id, "case_key": "x", "name": "x"}
            ),
            "crm.alert.rule": rule,
            "crm.company.fact": mine("crm.company.fact").create(
                {"partner_id": partner.id, "kind_id": fact.id, "year": 2024, "value": 1}
            ),
            "crm.customer.group": group,
        }

    def _rights(self, records, user, operations):
        records = records.with_user(user)
        return "".join(
            letter if records.has_access(OPERATIONS[letter]) else "-" for letter in operations
        )

    def test_every_model_has_its_line(self):
        self.assertEqual(set(_table(MODELS)), self._own_models())

    def test_models(self):
        for model, cells in _table(MODELS).items():
            for group, expected in cells.items():
                with self.subTest(model=model, group=group):
                    self.assertEqual(self._rights(self.env[model], self.readers[group], "crwd"), expected)
