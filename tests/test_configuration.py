"""What an administrator may set up is found in a menu: nothing that a consultant needs requires code."""

from access_matrix import models

from odoo.tests import TransactionCase, new_test_user, tagged

ELSEWHERE = {
    "crm.audit.check": "made by a button of the log",
    "crm.partner.relation": "on the customer's form",
    "crm.complaint.merge": "a step of a complaint",
}


@tagged("post_install", "-at_install")
class TestConfiguration(TransactionCase):
    def test_everything_that_may_be_created_is_reachable(self):
        """By a menu that the administrator sees, or as lines of something that is."""
        admin = new_test_user(self.env, "config_admin", groups="crm_relations.role_admin,crm_relations.group_privacy")
        names = [
            name for found in models(self.env).values() for name in found
            if self.env[name]._auto and not self.env[name]._transient
            and self.env[name].with_user(admin).has_access("create")
        ]
        self.assertGreater(len(names), 60)
        visible = self.env["ir.ui.menu"].with_user(admin)._visible_menu_ids()
        menus = self.env["ir.ui.menu"].browse(visible)
        reachable = {
            menu.action.res_model for menu in menus if menu.action and menu.action._name == "ir.actions.act_window"
        }
        reachable |= {"res.partner", "crm.lead", "sale.order", "project.task", "res.users", "res.company"}
        todo = list(reachable)
        while todo:
            model = self.env.get(todo.pop())
            for field in model._fields.values() if model is not None else ():
                if field.type == "one2many" and field.comodel_name not in reachable:
                    reachable.add(field.comodel_name)
                    todo.append(field.comodel_name)
        self.assertEqual([name for name in names if name not in reachable and name not in ELSEWHERE], [])
