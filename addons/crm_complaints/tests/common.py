from odoo import Command
from odoo.addons.base.tests.common import BaseCommon
from odoo.addons.crm_relations.tests.users import new_test_users
from odoo.tests import new_test_user


class ComplaintsCommon(BaseCommon):
    """Two clerks, a team lead, an administrator and an auditor; two customers on the portal.

    ============ ======================= ===============================
    login        group                   sees
    ============ ======================= ===============================
    cmp_clerk    group_user              own, unassigned, followed
    cmp_other    group_user              own, unassigned, followed
    cmp_lead     group_user_all          all
    cmp_admin    group_manager           all, and the configuration
    cmp_auditor  group_auditor           all, changes nothing
    cmp_ana      portal (Ana, Acme)      Ana's and Acme's
    cmp_boris    portal (Boris)          Boris's
    ============ ======================= ===============================
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        # acknowledgements only where a test asks for them
        cls.company.complaint_auto_acknowledge = False
        cls.clerk, cls.other, cls.lead, cls.admin, cls.auditor = cls._users(
            cmp_clerk="group_user",
            cmp_other="group_user",
            cmp_lead="group_user_all",
            cmp_admin="group_manager",
            cmp_auditor="group_auditor",
        )
        partners = cls.env["res.partner"]
        cls.acme = partners.create({"name": "Acme", "is_company": True, "email": "office@acme.example.com"})
        cls.ana = partners.create({"name": "Ana", "parent_id": cls.acme.id, "email": "ana@acme.example.com"})
        cls.boris = partners.create({"name": "Boris", "email": "boris@example.com", "phone": "+421 2 5555 0000"})
        cls.ana_user, cls.boris_user = cls._portal_users(cmp_ana=cls.ana, cmp_boris=cls.boris)
        cls.team = cls.env["crm.team"].create({"name": "Care", "use_complaints": True, "sequence": -10})

    @classmethod
    def _users(cls, **groups):
        return new_test_users(
            cls.env,
            {
                login: {"groups": f"crm_complaints.{group}", "email": f"{login}@our.example.com"}
                for login, group in groups.items()
            },
        )

    @classmethod
    def _user(cls, login, group, **values):
        return new_test_user(
            cls.env, login, groups=f"crm_complaints.{group}", email=f"{login}@our.example.com", **values
        )

    @classmethod
    def _portal_users(cls, **partners):
        return cls.env["res.users"].create(
            [
                {
                    "login": login,
                    "password": login,
                    "partner_id": partner.id,
                    "group_ids": [Command.set(cls.env.ref("base.group_portal").ids)],
                }
                for login, partner in partners.items()
            ]
        )

    @classmethod
    def _complaint(cls, user=None, **values):
        """A complaint logged by a clerk (by default), with the least that a clerk types."""
        values = {"name": "Kettle leaks", "partner_id": cls.ana.id, "channel": "phone", **values}
        return cls.env["crm.complaint"].with_user(user or cls.clerk).create(values)

    @classmethod
    def _stage(cls, phase, outcome=False):
        return cls.env["crm.complaint.stage"].search([("phase", "=", phase), ("outcome", "=", outcome)], limit=1)

    @classmethod
    def _answered(cls, **values):
        """A complaint with its answer proposed."""
        complaint = cls._complaint(
            severity="2_moderate",
            decision="upheld",
            decision_reason="The seal was missing.",
            response="<p>You get a new kettle.</p>",
            **values,
        )
        complaint._register_acknowledgement("phone")
        complaint.action_investigate()
        complaint.action_propose()
        return complaint

    def _run_acknowledgements(self):
        """The job that what came in has woken."""
        job = self.env.ref("crm_complaints.ir_cron_complaint_acknowledge")
        if self.env["ir.cron.trigger"].search_count([("cron_id", "=", job.id)], limit=1):
            with self.enter_registry_test_mode():
                job.method_direct_trigger()
        self.env.invalidate_all()
