from datetime import timedelta

from odoo import fields
from odoo.addons.crm_relations.tests.users import new_test_users
from odoo.tests import TransactionCase, new_test_user


class RelationsCommon(TransactionCase):
    """Customers, users and contacts for the tests of this addon.

    ============ ============================== =====================
    user         groups                         may see
    ============ ============================== =====================
    agent        group_user                     own contacts
    colleague    group_user                     own contacts
    supervisor   group_user_all                 all contacts
    manager      group_manager                  all, may delete
    auditor      group_auditor                  all, read only
    clerk        base.group_user                nothing of ours
    seller       group_user, salesman (all)     leads as well
    ============ ============================== =====================
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent, cls.colleague, cls.supervisor, cls.manager, cls.auditor, cls.clerk, cls.seller = cls._create_users(
            agent="crm_relations.group_user",
            colleague="crm_relations.group_user",
            supervisor="crm_relations.group_user_all",
            manager="crm_relations.group_manager",
            auditor="crm_relations.group_auditor",
            clerk="base.group_user",
            seller="crm_relations.group_user,sales_team.group_sale_salesman_all_leads",
        )
        cls.company_partner = cls._create_partner("Vinograd d.o.o.", is_company=True)
        cls.person = cls._create_partner("Ana Kovač", parent_id=cls.company_partner.id)
        cls.single = cls._create_partner("Ion Popescu")

    @classmethod
    def _create_users(cls, **groups):
        return new_test_users(
            cls.env,
            {f"crm_{login}": {"groups": names, "name": login.capitalize()} for login, names in groups.items()},
        )

    @classmethod
    def _create_user(cls, login, groups, **values):
        return new_test_user(cls.env, login=f"crm_{login}", groups=groups, name=login.capitalize(), **values)

    @classmethod
    def _create_partner(cls, name, **values):
        return cls.env["res.partner"].create({"name": name, **values})

    @classmethod
    def _create_interaction(cls, partner, *, days_ago=1, user=None, **values):
        user = user or cls.agent
        return cls.env["crm.interaction"].create(
            {
                "partner_id": partner.id,
                "date": fields.Datetime.now() - timedelta(days=days_ago),
                "user_id": user.id,
                "objective": "Spring offer",
                **values,
            }
        )

    @classmethod
    def _timeline(cls, user, *domain):
        """The timeline as one user sees it, restricted by domain leaves."""
        # users share the cache of a transaction: forget what another one read
        cls.env.flush_all()
        cls.env.invalidate_all()
        return cls.env["crm.timeline"].with_user(user).search(list(domain))
