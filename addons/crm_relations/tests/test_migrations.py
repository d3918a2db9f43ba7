from pathlib import Path

from odoo.modules.migration import load_script
from odoo.tests import TransactionCase, tagged

FOLDER = Path(__file__).parent.parent / "migrations"


@tagged("post_install", "-at_install")
class TestMigrations(TransactionCase):
    """What an update of an older database changes by itself."""

    def test_branches_see_what_customers_of_the_company_say(self):
        consents, relations, own = (
            self.env.ref(f"crm_relations.crm_{name}_rule_company")
            for name in ("consent", "partner_relation", "interaction")
        )
        new = [rule.domain_force for rule in (consents, relations)]
        consents.domain_force = "[('partner_id.company_id', 'in', company_ids + [False])]"
        relations.domain_force = (
            "[('left_partner_id.company_id', 'in', company_ids + [False]),"
            " ('right_partner_id.company_id', 'in', company_ids + [False])]"
        )
        own.domain_force = "[('company_id', '=', company_id)]"  # as an administrator wrote it
        migrate = load_script(str(FOLDER / "19.0.1.1.0" / "end-branches.py"), "end-branches").migrate
        for _time in range(2):
            migrate(self.env.cr, "19.0.1.0.0")
            self.env.invalidate_all()
            self.assertEqual([rule.domain_force for rule in (consents, relations)], new)
            self.assertEqual(own.domain_force, "[('company_id', '=', company_id)]")
