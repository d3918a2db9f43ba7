import doctest
import hashlib
import json

from psycopg2 import errors

from odoo import Command, api
from odoo.exceptions import AccessError, ValidationError
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, get_db_name, tagged
from odoo.tools import SQL, mute_logger

from ..tools import audit_sql
from .common import RelationsCommon
from .privacy_common import PrivacyCommon


class AuditCase(RelationsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.inspector = cls._create_user("inspector", "crm_relations.group_audit")
        cls.decider = cls._create_user("decider", "crm_relations.group_audit_manager")
        cls.rule = cls.env.ref("crm_relations.audit_rule_customers")
        cls.rule.with_user(cls.decider).active = True

    def _entries(self, record, user=None):
        self.env.flush_all()
        return (
            self.env["crm.audit.entry"]
            .with_user(user or self.inspector)
            .search([("res_model", "=", record._name), ("res_id", "in", record.ids)], order="id")
        )

    def _content(self, entry):
        return entry.env["crm.audit.payload"].sudo().search([("entry_id", "=", entry.id)]).changes


@tagged("post_install", "-at_install")
class TestAuditLog(AuditCase):
    def test_links_are_shown_by_name(self):
        """Who got which right, and who a customer's responsible was, in words and not in numbers."""
        group = self.env.ref("crm_relations.group_privacy")
        self.agent.group_ids += group
        entry = self._entries(self.agent)[-1]
        self.assertEqual(
            set(entry.changes.splitlines()),
            {
                f"{self.env['res.users']._description}: – → {self.agent.display_name} ({self.agent.id})",
                f"{self.env['res.groups']._description}: – → {group.display_name} ({group.id})",
            },
        )
        self.single.user_id = self.agent
        self.assertIn(f"– → {self.agent.name} ({self.agent.id})", self._entries(self.single)[-1].changes)

    def test_translated_texts_are_shown_by_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        purpose = self.env["crm.consent.purpose"].create({"name": "Wine fair", "code": "wine_fair"})
        purpose.with_context(lang="fr_FR").name = "Foire aux vins"
        created, changed = self._entries(purpose)
        self.assertIn("Name: – → Wine fair", created.changes.splitlines())
        self.assertEqual(changed.changes, "Name (fr_FR): – → Foire aux vins")
        purpose.name = "Fair"
        self.assertEqual((self._entries(purpose) - created - changed).changes, "Name: Wine fair → Fair")

    def test_change_has_who_before_and_after(self):
        customer = self._create_partner("Before")
        before = self._entries(customer)
        self.assertEqual(before[0].operation, "INSERT")
        customer.with_user(self.manager).sudo().name = "After"
        changed = self._entries(customer) - before
        self.assertEqual((changed.operation, changed.actor_id, changed.actor), ("UPDATE", self.manager.id, "Manager"))
        content = self._content(changed)
        self.assertEqual(content["name"], ["Before", "After"])
        self.assertNotIn("write_date", content)
        self.assertIn("Name: Before → After", changed.changes)

    def test_deletion_says_who(self):
        customer = self._create_partner("Gone")
        customer.with_user(self.manager).sudo().unlink()
        deleted = self._entries(customer)[-1]
        self.assertEqual((deleted.operation, deleted.actor_id), ("DELETE", self.manager.id))
        self.assertEqual(self._content(deleted)["name"], ["Gone", None])

    def test_change_past_odoo(self):
        customer = self._create_partner("Before")
        self.env.flush_all()
        self.env.cr.execute("UPDATE res_partner SET name = 'By SQL' WHERE id = %s", [customer.id])
        self.assertEqual(self._content(self._entries(customer)[-1])["name"], ["Before", "By SQL"])

    def test_same_value_leaves_no_trace(self):
        customer = self._create_partner("Same")
        before = self._entries(customer)
        self.env.cr.execute("UPDATE res_partner SET name = name, write_date = now() WHERE id = %s", [customer.id])
        self.assertEqual(self._entries(customer), before)

    def test_membership_of_a_group_says_who_gave_it(self):
        group = self.env.ref("crm_relations.group_user_all")
        admin = self.env.ref("base.user_admin")
        self.env["res.users"].with_user(admin).browse(self.clerk.id).write({"group_ids": [Command.link(group.id)]})
        entry = self._entries(self.clerk)[-1]
        self.assertEqual((entry.operation, entry.actor_id), ("INSERT", admin.id))
        self.assertEqual(self._content(entry), {"gid": [None, group.id], "uid": [None, self.clerk.id]})

    def test_every_way_to_more_rights_leaves_a_trace(self):
        """A group that implies another, a record rule for other groups, a company more: with who did it."""
        admin = self.env.ref("base.user_admin")
        group, implied = self.env["res.groups"].create([{"name": "Small"}, {"name": "Great"}])
        rule = self.env["ir.rule"].create({"name": "R", "model_id": self.env["ir.model"]._get_id("res.country")})
        company = self.env["res.company"].create({"name": "Second"})
        before = {record: self._entries(record, self.env.ref("base.user_root")) for record in (group, rule, self.clerk)}
        group.with_user(admin).implied_ids += implied
        rule.with_user(admin).groups += group
        self.clerk.with_user(admin).company_ids += company
        for record, columns in (
            (group, {"gid": [None, group.id], "hid": [None, implied.id]}),
            (rule, {"rule_group_id": [None, rule.id], "group_id": [None, group.id]}),
            (self.clerk, {"user_id": [None, self.clerk.id], "cid": [None, company.id]}),
        ):
            entries = self._entries(record, self.env.ref("base.user_root")) - before[record]
            entry = entries.filtered(lambda one, columns=columns: self._content(one) == columns)
            self.assertEqual((entry.operation, entry.actor_id), ("INSERT", admin.id), record)
        self.assertEqual(
            sorted(entry.changes.splitlines()),
            [
                f"{self.env['res.company']._description}: – → Second ({company.id})",
                f"{self.env['res.users']._description}: – → {self.clerk.display_name} ({self.clerk.id})",
            ],
        )

    def test_left_out_columns(self):
        self.rule.left_out = "name, comment"
        customer = self._create_partner("Not written down", ref="R1")
        content = self._content(self._entries(customer)[0])
        self.assertEqual(content["ref"], [None, "R1"])
        self.assertNotIn("name", content)

    def test_archived_rule_writes_nothing(self):
        self.rule.with_user(self.decider).active = False
        self.assertFalse(self._entries(self._create_partner("Unseen")))

    def test_wrong_rules(self):
        partner_rule = self.rule.with_user(self.decider)
        with self.assertRaisesRegex(ValidationError, "Not Written Down"):
            partner_rule.left_out = "no_such_field"
        with self.assertRaisesRegex(ValidationError, "no table"):
            partner_rule.create({"model_id": self.env["ir.model"]._get_id("mail.thread")})

    def test_codes_are_shown_in_words(self):
        """Choices, yes and no, and days as a reader knows them."""
        request = self.env["crm.privacy.request"].with_context(crm_privacy_quiet=True).create(
            {"partner_id": self.single.id, "kind": "rectification", "source": "phone", "date_received": "2026-03-02"}
        )
        lines = self._entries(request)[0].changes.splitlines()
        for line in ("Kind: – → Correction", "Source: – → By phone", "Received On: – → 03/02/2026", "Active: – → Yes"):
            self.assertIn(line, lines)
        self.assertEqual(self._entries(request)[0].document_kind, "Privacy Request")
        root = self.env.ref("base.user_root")
        self.assertEqual(self._entries(request, root)[0].display_name, f"{request.name} Correction: Created")
        self.assertRegex(self._entries(request)[0].display_name, r"^Privacy Request \d+: Created$")

    # === WHAT IS NOT SHOWN === #

    def test_doctests(self):
        result = doctest.testmod(audit_sql)
        self.assertEqual((result.failed, result.attempted > 0), (0, True))

    def _audit(self, model):
        rules = self.env["crm.audit.rule"].with_context(active_test=False)
        rule = rules.search([("model", "=", model), ("relation", "=", False)])
        if not rule:
            return rules.create({"model_id": self.env["ir.model"]._get_id(model)})
        rule.active = True
        return rule

    def test_secrets_are_not_written_down(self):
        """That a secret was replaced stands in the log, neither the old nor the new one."""
        self._audit("crm.call.system")
        system = self.env["crm.call.system"].create({"name": "Exchange", "code": "audited"})
        first = system.secret
        system.action_new_secret()
        created, changed = self._entries(system)[:2]
        self.assertEqual(self._content(created)["secret"], [None, "***"])
        self.env.cr.execute(
            "SELECT count(*) FROM crm_audit_payload WHERE changes::text LIKE ANY(%s)",
            [[f"%{first}%", f"%{system.secret}%"]],
        )
        self.assertEqual(self.env.cr.fetchone()[0], 0)
        self.assertIn("Secret: changed, not shown", created.changes.splitlines())
        self.assertNotIn(system.secret, "".join((created + changed).mapped("changes")))
        self.assertEqual(self.env["crm.audit.check"]._check().broken, 0)

    def test_keys_of_secret_links_leave_no_trace(self):
        self._audit("ir.attachment")
        file = self.env["ir.attachment"].create({"name": "a.txt", "raw": b"a"})
        before = self._entries(file)
        file.access_token = "0123456789abcdef"
        self.assertEqual(self._entries(file), before)

    def test_parameters_leave_no_value(self):
        self._audit("ir.config_parameter")
        parameter = self.env["ir.config_parameter"].create({"key": "audit.test", "value": "s3cret"})
        self.assertEqual(self._content(self._entries(parameter)[0])["value"], [None, "***"])

    def test_entries_of_before_show_no_token(self):
        """What was written down before is part of the chain and stays; nobody is shown it."""
        entry = self._entries(self._create_partner("Old"))[0]
        self.env.cr.execute(
            "INSERT INTO crm_audit_entry (date, res_model, res_id, operation, digest) SELECT now(), 'res.partner', %s, "
            "'UPDATE', encode(sha256(convert_to('s' || %s, 'UTF8')), 'hex') RETURNING id",
            [entry.res_id, '{"access_token": [null, "f00d"], "signup_token": [null, "beef"]}'],
        )
        old = self.env["crm.audit.entry"].with_user(self.inspector).browse(self.env.cr.fetchone()[0])
        self.env.cr.execute(
            "INSERT INTO crm_audit_payload (entry_id, salt, changes) VALUES (%s, 's', %s::jsonb)",
            [old.id, '{"access_token": [null, "f00d"], "signup_token": [null, "beef"]}'],
        )
        self.assertEqual(old.changes, "signup_token: changed, not shown")
        self.assertEqual(self.env["crm.audit.check"]._check().broken, 0)

    def test_sensitive_data_are_not_shown_to_every_reader(self):
        """The log is no way around *Sensitive Customer Data*: fields, models and types of relations."""
        confidant = self._create_user("confidant", "crm_relations.group_audit,crm_relations.group_sensitive")
        tag = self.env["crm.profile.tag"].create({"name": "Twice divorced", "kind": "marital"})
        self.single.crm_marital_id = tag
        self._audit("crm.partner.child")
        child = self.env["crm.partner.child"].create({"partner_id": self.single.id, "birth_year": 2015})
        relation = self.env["crm.partner.relation"].create(
            {
                "left_partner_id": self.single.id,
                "right_partner_id": self._create_partner("Guardian").id,
                "type_id": self.env.ref("crm_relations.relation_type_guardian").id,
                "note": "By the court",
            }
        )
        self.assertTrue(relation.type_id.sensitive)
        self.assertEqual(self._entries(self.single)[-1].changes, "Marital Status: changed, not shown")
        self.assertIn("Twice divorced", self._entries(self.single, confidant)[-1].changes)
        for record, word in ((child, "2015"), (relation, "By the court")):
            self.assertEqual(self._entries(record)[0].changes, "You may not see this document.")
            self.assertIn(word, self._entries(record, confidant)[0].changes)
        number = relation.id
        relation.unlink()
        self.env.flush_all()
        gone = self.env["crm.audit.entry"].with_user(self.inspector).search(
            [("res_model", "=", "crm.partner.relation"), ("res_id", "=", number)]
        )
        self.assertEqual(set(gone.mapped("changes")), {"You may not see this document."})
        self.assertEqual(len(gone), 2)

    # === WHO MAY === #

    def test_readers_and_others(self):
        self._create_partner("Read")
        self.assertTrue(self.env["crm.audit.entry"].with_user(self.inspector).search_count([]))
        for user in (self.agent, self.manager, self.auditor, self.clerk):
            with self.assertRaises(AccessError):
                self.env["crm.audit.entry"].with_user(user).search_count([])
        with self.assertRaises(AccessError):
            self.env["crm.audit.payload"].with_user(self.inspector).search_count([])
        with self.assertRaises(AccessError):
            self.rule.with_user(self.inspector).active = False

    def test_entries_of_another_company(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        customer = self._create_partner("Elsewhere's", company_id=other.id)
        self.assertFalse(self._entries(customer))
        self.assertTrue(self._entries(customer, self.env.ref("base.user_root")))


@tagged("post_install", "-at_install")
class TestAuditChain(AuditCase):
    def setUp(self):
        super().setUp()
        self.customer = self._create_partner("One")
        self.customer.name = "Two"
        self.env.flush_all()
        self.log = self.env["crm.audit.entry"].with_user(self.inspector)

    def _without_guard(self, statement, *values):
        self.env.flush_all()
        for table in ("crm_audit_entry", "crm_audit_payload"):
            self.env.cr.execute(SQL(
                "ALTER TABLE %s DISABLE TRIGGER %s", SQL.identifier(table), SQL.identifier(f"{table}_keep")))
        self.env.cr.execute(statement, values)
        for table in ("crm_audit_entry", "crm_audit_payload"):
            self.env.cr.execute(SQL(
                "ALTER TABLE %s ENABLE TRIGGER %s", SQL.identifier(table), SQL.identifier(f"{table}_keep")))
        self.env.invalidate_all()

    def _check(self):
        return self.env["crm.audit.check"].with_user(self.inspector)._check()

    def test_whole(self):
        check = self._check()
        self.assertEqual((check.broken, check.unsealed, check.user_id), (0, 0, self.inspector))
        self.assertEqual(check.entries, self.log.search_count([]))
        self.assertEqual(check.result, f"Whole: {check.entries} entries")

    def test_nothing_is_changed_or_deleted(self):
        self._check()
        entry = self._entries(self.customer)[-1]
        for statement in (
            "UPDATE crm_audit_entry SET actor_id = 1 WHERE id = %s",
            "DELETE FROM crm_audit_entry WHERE id = %s",
            "UPDATE crm_audit_payload SET changes = '{}' WHERE entry_id = %s",
            "DELETE FROM crm_audit_payload WHERE entry_id = %s",
        ):
            with mute_logger("odoo.sql_db"), self.assertRaises(errors.RestrictViolation), self.env.cr.savepoint():
                self.env.cr.execute(statement, [entry.id])

    def test_changed_entry_is_found(self):
        self._check()
        entry = self._entries(self.customer)[-1]
        self._without_guard("UPDATE crm_audit_entry SET actor_id = -7 WHERE id = %s", entry.id)
        self.assertEqual(self._check().broken, entry.seq)

    def test_changed_content_is_found(self):
        self._check()
        entry = self._entries(self.customer)[-1]
        self._without_guard(
            "UPDATE crm_audit_payload SET changes = '{\"name\": [\"One\", \"Three\"]}' WHERE entry_id = %s", entry.id
        )
        self.assertEqual(self._check().broken, entry.seq)

    def test_removed_entry_is_found(self):
        self._check()
        entry = self._entries(self.customer)[0]
        place = entry.seq
        self._without_guard("DELETE FROM crm_audit_payload WHERE entry_id = %s", entry.id)
        self._without_guard("DELETE FROM crm_audit_entry WHERE id = %s", entry.id)
        self.assertEqual(self._check().broken, place + 1)

    def test_chain_that_was_cut_is_found_by_the_last_check(self):
        last = self._check()
        self._without_guard(
            "DELETE FROM crm_audit_payload WHERE entry_id = (SELECT id FROM crm_audit_entry WHERE seq = %s)",
            last.entries,
        )
        self._without_guard("DELETE FROM crm_audit_entry WHERE seq = %s", last.entries)
        self.assertEqual(self._check().broken, last.entries)

    def test_emptied_content_keeps_the_chain(self):
        self._check()
        entry = self._entries(self.customer)[-1]
        self.env.cr.execute("UPDATE crm_audit_payload SET changes = NULL WHERE entry_id = %s", [entry.id])
        self.env.invalidate_all()
        check = self._check()
        self.assertEqual((check.broken, check.erased), (0, 1))
        self.assertEqual(entry.changes, "Erased")

    def test_export_can_be_checked(self):
        """A third party makes each hash again from the file alone, and reads what it is about in words."""
        self._check()
        entries = self._entries(self.customer)
        action = entries.action_export()
        attachment = self.env["ir.attachment"].browse(int(action["url"].split("/")[3].split("?")[0]))
        lines = [json.loads(line) for line in attachment.raw.decode().splitlines()]
        self.assertEqual([line["hash"] for line in lines], entries.sorted("seq").mapped("hash"))
        self.assertTrue(attachment.with_user(self.inspector).has_access("read"))
        for user in (self.clerk, self.manager, self.auditor):
            self.assertFalse(attachment.with_user(user).has_access("read"))
        for line in lines:
            parts = [line[name] for name in (
                "previous", "seq", "date", "entry", "model", "id", "operation", "user", "digest"
            )]  # fmt: skip
            words = "|".join("-" if part is None else str(part) for part in parts)
            self.assertEqual(hashlib.sha256(words.encode()).hexdigest(), line["hash"])
        self.assertEqual([line["operation"] for line in lines[:2]], ["INSERT", "UPDATE"])
        self.assertEqual(
            [(line["document_kind"], line["what"]) for line in lines[:2]],
            [("Contact", "Created"), ("Contact", "Changed")],
        )

    def test_export_of_everything_is_one_chain(self):
        self._check()
        lines = self.log._export_lines()
        self.assertEqual([line["seq"] for line in lines], list(range(1, len(lines) + 1)))
        self.assertEqual([line["previous"] for line in lines[1:]], [line["hash"] for line in lines[:-1]])


@tagged("post_install", "-at_install")
class TestAuditErasure(PrivacyCommon):
    def test_log_forgets_the_person(self):
        self.env.ref("crm_relations.audit_rule_customers").active = True
        person = self._create_partner("Zdravka Unikatna", email="zdravka@unikatna.example")
        person.name = "Zdravka Unikatna-Nova"
        other = self._create_partner("Notes", comment="<p>Ask Zdravka Unikatna-Nova</p>")
        self.env.flush_all()
        request = self._identified("erasure", partner=person)
        request.action_erase()
        self.env.flush_all()
        self.env.cr.execute("SELECT count(*) FROM crm_audit_payload WHERE changes::text ~* 'unikatna'")
        self.assertEqual(self.env.cr.fetchone()[0], 0)
        check = self.env["crm.audit.check"]._check()
        self.assertEqual(check.broken, 0)
        self.assertTrue(other.exists())


@tagged("post_install", "-at_install")
class TestAuditConcurrency(BaseCase):
    """Two writers and a sealer: what commits late gets its place later, nothing gets two."""

    def test_late_commit(self):
        registry = Registry(get_db_name())
        self.addCleanup(self._remove, registry)
        with registry.cursor() as early, registry.cursor() as late:
            env = api.Environment(early, api.SUPERUSER_ID, {})
            self._insert(late, "Late")
            self._insert(early, "Early")
            early.commit()
            env["crm.audit.entry"]._seal()
            early.commit()
            late.commit()
            env["crm.audit.entry"]._seal()
            early.commit()
            rows = env.execute_query(
                SQL(
                    "SELECT e.seq FROM crm_audit_entry e JOIN crm_audit_payload p ON p.entry_id = e.id "
                    "WHERE e.operation = 'INSERT' AND p.changes::text LIKE %s ORDER BY e.id DESC LIMIT 2",
                    "%audit test%",
                )
            )
            self.assertEqual(len(rows), 2)
            # newest first: the early one has its place before the late one
            self.assertLess(rows[0][0], rows[1][0])
            self.assertEqual(env["crm.audit.entry"]._verify()["broken"], 0)

    @staticmethod
    def _insert(cr, name):
        cr.execute(
            "INSERT INTO ir_rule (name, model_id, active, domain_force) SELECT %s, id, FALSE, '[]' FROM ir_model "
            "WHERE model = 'res.country'",
            [f"audit test {name}"],
        )

    @staticmethod
    def _remove(registry):
        with registry.cursor() as cr:
            cr.execute("DELETE FROM ir_rule WHERE name LIKE 'audit test %'")
