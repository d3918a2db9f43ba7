from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import RelationsCommon

OPERATIONS = {"c": "create", "r": "read", "w": "write", "d": "unlink"}

# what each group may do with each model at all: create, read, write, delete
MODELS = """
                             own  all  manager auditor sensitive none portal
crm.alert                    -r-- -r-- -r-d -r-- ---- ---- ----
crm.alert.rule               -r-- -r-- crwd -r-- ---- ---- ----
crm.audit.check              ---- ---- ---- ---- ---- ---- ----
crm.audit.entry              ---- ---- ---- ---- ---- ---- ----
crm.audit.payload            ---- ---- ---- ---- ---- ---- ----
crm.audit.rule               ---- ---- ---- ---- ---- ---- ----
crm.call                     ---- -r-- -r-d -r-- ---- ---- ----
crm.call.event               ---- ---- -r-- -r-- ---- ---- ----
crm.call.load                ---- ---- -r-- -r-- ---- ---- ----
crm.call.operator            ---- ---- crwd -r-- ---- ---- ----
crm.call.operator.skill      ---- ---- crwd -r-- ---- ---- ----
crm.call.operator.state      ---- ---- -r-- -r-- ---- ---- ----
crm.call.queue               ---- -r-- crwd -r-- ---- ---- ----
crm.call.queue.skill         ---- ---- crwd -r-- ---- ---- ----
crm.call.reason              ---- -r-- crwd -r-- ---- ---- ----
crm.call.report              ---- ---- -r-- -r-- ---- ---- ----
crm.call.skill               ---- ---- crwd -r-- ---- ---- ----
crm.call.staffing            ---- ---- crwd ---- ---- ---- ----
crm.call.staffing.line       ---- ---- crwd ---- ---- ---- ----
crm.call.system              ---- ---- crwd -r-- ---- ---- ----
crm.callback                 ---- ---- crwd -r-- ---- ---- ----
crm.company.fact             crwd crwd crwd -r-- -r-- -r-- ----
crm.consent                  cr-- cr-- cr-- -r-- ---- ---- ----
crm.consent.basis            -r-- -r-- crwd -r-- -r-- -r-- ----
crm.consent.purpose          -r-- -r-- crwd -r-- -r-- -r-- ----
crm.consent.wording          -r-- -r-- crwd -r-- -r-- -r-- ----
crm.contact.channel          -r-- -r-- -rw- -r-- -r-- -r-- ----
crm.contact.counter          ---- ---- ---- ---- ---- ---- ----
crm.contact.decision         -r-- -r-- -r-- -r-- ---- ---- ----
crm.contact.rule             -r-- -r-- crwd -r-- ---- ---- ----
crm.contact.touch            -r-- -r-- -r-- -r-- ---- ---- ----
crm.contact.window           crwd crwd crwd -r-- -r-- -r-- ----
crm.customer.group           crwd crwd crwd -r-- ---- ---- ----
crm.customer.group.add       crwd crwd crwd ---- ---- ---- ----
crm.customer.group.member    crwd crwd crwd -r-- ---- ---- ----
crm.exchange.export          crw- crw- crw- crw- ---- ---- ----
crm.exchange.import          crwd crwd crwd ---- ---- ---- ----
crm.exchange.import.column   crwd crwd crwd ---- ---- ---- ----
crm.exchange.import.error    -r-- -r-- -r-- ---- ---- ---- ----
crm.industry.code            -r-- -r-- crwd -r-- -r-- -r-- ----
crm.interaction              crw- crw- crwd -r-- ---- ---- ----
crm.interaction.bulk         crwd crwd crwd ---- ---- ---- ----
crm.interaction.from.meeting crwd crwd crwd ---- ---- ---- ----
crm.interaction.from.number  crwd crwd crwd ---- ---- ---- ----
crm.interaction.template     -r-- -r-- crwd -r-- ---- ---- ----
crm.legal.form               -r-- -r-- crwd -r-- -r-- -r-- ----
crm.need                     crw- crw- crwd -r-- ---- ---- ----
crm.partner.attitude         ---- ---- ---d ---- cr-- ---- ----
crm.partner.channel          crwd crwd crwd -r-- -r-- -r-- ----
crm.partner.child            ---- ---- ---- ---- crwd ---- ----
crm.partner.claim            ---- ---- ---- ---- ---- ---- ----
crm.partner.duplicate        -rw- -rw- -rwd -r-- ---- ---- ----
crm.partner.group            -r-- -r-- -r-- -r-- ---- ---- ----
crm.partner.group.override   crwd crwd crwd ---- ---- ---- ----
crm.partner.key              ---- ---- ---- ---- ---- ---- ----
crm.partner.relation         crwd crwd crwd -r-- ---- ---- ----
crm.partner.relation.add     crwd crwd crwd ---- ---- ---- ----
crm.partner.relation.label   -r-- -r-- -r-- -r-- ---- ---- ----
crm.partner.relation.side    -r-- -r-- -r-- -r-- ---- ---- ----
crm.partner.relation.type    -r-- -r-- crwd -r-- -r-- -r-- ----
crm.privacy.field            ---- ---- -r-- -r-- ---- ---- ----
crm.privacy.request          cr-- cr-- cr-- -r-- ---- ---- ----
crm.privacy.request.erase    ---- ---- ---- ---- ---- ---- ----
crm.privacy.request.step     ---- ---- ---- ---- ---- ---- ----
crm.privacy.retention        ---- ---- ---- -r-- ---- ---- ----
crm.privacy.suppression      ---- ---- ---- ---- ---- ---- ----
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


# a field of each model to try to write
WRITTEN = ("note", "year", "date_since", "birth_year", "color", "unit", "days", "state", "crm_group", "name")


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

    def _records(self, company):
        """One record of each model of RECORDS: made by the agent, or by nobody in particular."""
        partner = self.company_partner if not company else self._create_partner(
            "Theirs", company_id=company.id, is_company=True
        )
        maker = self.agent
        if company:
            maker = self._create_user("maker", "crm_relations.group_manager", company_id=company.id,
                                      company_ids=[(6, 0, company.ids)])
        mine = {name: self.env[name].with_user(maker) for name in _table(RECORDS)}
        tag = self.env["crm.profile.tag"].create({"name": "Vineyards", "kind": "figure"})
        rule = self.env["crm.alert.rule"].create(
            {"name": "Look", "condition": "birthday", "company_id": company and company.id}
        )
        group = mine["crm.customer.group"].create(
            {"name": "Chosen", "kind": "static", "company_id": company and company.id}
        )
        need = mine["crm.need"].create({"partner_id": partner.id, "statement": "A press", "requirement": "general"})
        self.env["crm.partner.group"]._refresh(partner)
        pair = (partner | self._create_partner(
            "Vinograd doo", company_id=company and company.id, is_company=True
        )).sorted("id")
        return {
            "crm.alert": self.env["crm.alert"].create(
                {"rule_id": rule.id, "partner_id": partner.id, "case_key": "1"}
            ),
            "crm.alert.rule": rule,
            "crm.company.fact": mine["crm.company.fact"].create(
                {"partner_id": partner.id, "kind_id": tag.id, "year": 2024, "value": 5}
            ),
            "crm.customer.group": group,
            "crm.customer.group.member": mine["crm.customer.group.member"].create(
                {"group_id": group.id, "partner_id": partner.id}
            ),
            "crm.exchange.import": mine["crm.exchange.import"].create({"name": "x.csv", "file": b"bmFtZQ=="}),
            "crm.interaction": mine["crm.interaction"].create({"partner_id": partner.id, "objective": "Spring offer"}),
            "crm.need": need,
            "crm.partner.attitude": self.env["crm.partner.attitude"].create(
                {"partner_id": partner.id, "note": "Likes us"}
            ),
            "crm.partner.child": self.env["crm.partner.child"].create({"partner_id": partner.id, "birth_year": 2015}),
            "crm.partner.duplicate": self.env["crm.partner.duplicate"].create(
                {"partner_id": pair[0].id, "other_id": pair[1].id, "level": "1red"}
            ),
            "crm.partner.group": self.env["crm.partner.group"].search([("partner_id", "=", partner.id)]),
            "crm.partner.relation": mine["crm.partner.relation"].create(
                {
                    "left_partner_id": partner.id,
                    "right_partner_id": pair[1].id if pair[0] == partner else pair[0].id,
                    "type_id": self.env.ref("crm_relations.relation_type_competitor").id,
                }
            ),
        }

    def _rights(self, records, user, operations):
        records = records.with_user(user)
        return "".join(
            letter if records.has_access(OPERATIONS[letter]) else "-" for letter in operations
        )

    def test_every_model_has_its_line(self):
        self.assertEqual(set(_table(MODELS)), self._own_models())

    def test_models(self):
        table = _table(MODELS)
        if "crm.consent.confirmation" in self.env:  # crm_relations_portal: customers follow their requests
            table["crm.privacy.request"]["portal"] = "-r--"
        for model, cells in table.items():
            for group, expected in cells.items():
                with self.subTest(model=model, group=group):
                    self.assertEqual(self._rights(self.env[model], self.readers[group], "crwd"), expected)

    def test_records(self):
        records = self._records(company=None)
        self.env.flush_all()
        for model, cells in _table(RECORDS).items():
            self.assertEqual(len(records[model]), 1, model)
            for group, expected in cells.items():
                with self.subTest(model=model, group=group):
                    self.assertEqual(self._rights(records[model], self.readers[group], "rwd"), expected)

    def test_records_of_another_company_are_nobodys(self):
        """Except what its maker alone sees anyway, and what hangs on no company."""
        records = self._records(company=self.elsewhere)
        self.env.flush_all()
        for model, record in records.items():
            for group, user in self.readers.items():
                with self.subTest(model=model, group=group):
                    self.assertEqual(self._rights(record, user, "rwd"), "---")

    def test_what_is_denied_changes_nothing(self):
        """Not only is the right missing: the call itself is refused and nothing is written."""
        records = self._records(company=None)
        self.env.flush_all()
        for model, cells in _table(RECORDS).items():
            record = records[model]
            name = next(field for field in WRITTEN if field in record._fields)
            before = record[name]
            for group, rights in cells.items():
                denied = record.with_user(self.readers[group])
                with self.subTest(model=model, group=group):
                    if rights[1] == "-":
                        with self.assertRaises(AccessError), self.cr.savepoint():
                            denied.write({name: before})
                    if rights[2] == "-":
                        with self.assertRaises(AccessError), self.cr.savepoint():
                            denied.unlink()
                    self.assertEqual(record.exists()[name], before)
