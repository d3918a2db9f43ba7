from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from .common import RelationsCommon

ROLES = ("employee", "lead", "agent", "accountant", "auditor", "admin")


@tagged("post_install", "-at_install")
class TestRoles(RelationsCommon):
    """One choice in the user form, and a user can do the work of the role and no more."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.roles = {name: cls.env.ref(f"crm_relations.role_{name}") for name in ROLES}
        cls.users = {name: cls._create_user(f"role_{name}", f"crm_relations.role_{name}") for name in ROLES}

    def _letters(self, role, model):
        records = self.env[model].with_user(self.users[role])
        return "".join(
            letter if records.has_access(operation) else "-"
            for letter, operation in zip("crwd", ("create", "read", "write", "unlink"), strict=True)
        )

    def test_roles_exclude_each_other_and_stand_in_the_user_form(self):
        """All roles are of one privilege, which the user form shows as one choice, in this order."""
        privilege = self.env.ref("crm_relations.privilege_crm_role")
        shown = self.env["res.groups"]._get_view_group_hierarchy()["privileges"][privilege.id]
        self.assertEqual(shown["group_ids"], [self.roles[name].id for name in ROLES])
        for role in self.roles.values():
            self.assertFalse(role.all_implied_ids & (privilege.group_ids - role), role.name)

    def test_one_choice_gives_and_takes_all(self):
        """Set in the user form as an administrator sees it: the rights come with the role and go with it."""
        admin = self.users["admin"]
        user = self._create_user("newcomer", "base.group_user")
        form = Form(self.env["res.users"].with_user(admin).browse(user.id), view="base.view_users_form")
        form.group_ids.add(self.roles["agent"])
        form.save()
        self.assertTrue(user.has_group("crm_relations.group_call_agent"))
        user.with_user(admin).write({"group_ids": [Command.unlink(self.roles["agent"].id)]})
        self.assertFalse(user.has_group("crm_relations.group_call_agent"))
        self.assertFalse(user.has_group("crm_relations.group_user"))

    def test_rights(self):
        for model, expected in {
            #                   employee lead  agent accountant auditor admin
            "crm.interaction": ("crw-", "crw-", "crw-", "crw-", "-r--", "crwd"),
            "crm.lead": ("crw-", "crw-", "----", "----", "----", "crwd"),
            "crm.call": ("----", "-r--", "-r--", "----", "-r--", "-r-d"),
            "crm.callback": ("----", "crw-", "crw-", "----", "-r--", "crwd"),
            "crm.call.queue": ("----", "-r--", "-r--", "----", "-r--", "crwd"),
            "crm.alert.rule": ("-r--", "-r--", "-r--", "-r--", "-r--", "crwd"),
            "crm.audit.entry": ("----", "----", "----", "----", "-r--", "-r--"),
            "crm.audit.rule": ("----", "----", "----", "----", "-r--", "crwd"),
            "crm.partner.child": ("----", "----", "----", "----", "----", "----"),
            "res.groups": ("-r--", "-r--", "-r--", "-r--", "-r--", "crwd"),
        }.items():
            for role, letters in zip(ROLES, expected, strict=True):
                with self.subTest(model=model, role=role):
                    self.assertEqual(self._letters(role, model), letters)

    def test_auditor_changes_nothing_of_ours(self):
        """Neither a document nor configuration; what an auditor fills in to take data along is forgotten."""
        models = [name for name in self.env.registry if name.startswith("crm.")]
        writable = [
            name for name in models
            if not self.env[name]._abstract and not self.env[name]._transient
            and self._letters("auditor", name).strip("r-")
        ]
        self.assertEqual(writable, [])

    def test_main_work(self):
        partner = self.single
        for role in ("employee", "lead", "agent", "accountant"):
            with self.subTest(role=role):
                user = self.users[role]
                contact = self.env["crm.interaction"].with_user(user).create(
                    {"partner_id": partner.id, "objective": f"Called by {role}"}
                )
                self.assertEqual(contact.user_id, user)
        self.env.flush_all()
        with self.assertRaises(AccessError):
            self.env["crm.interaction"].with_user(self.users["auditor"]).create({"partner_id": partner.id})
        with self.assertRaises(AccessError):
            contact.with_user(self.users["auditor"]).outcome = "Changed"
        self.assertFalse(contact.outcome)
        read = self.env["crm.interaction"].with_user(self.users["auditor"]).search([("partner_id", "=", partner.id)])
        self.assertEqual(len(read), 4)
