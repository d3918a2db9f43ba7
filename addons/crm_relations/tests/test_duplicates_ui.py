from odoo.tests import HttpCase, tagged

from .common import RelationsCommon


@tagged("post_install", "-at_install")
class TestDuplicatesUi(RelationsCommon, HttpCase):
    browser_size = "1400x900"

    def test_used_instead_of_entered_again(self):
        self.start_tour("/odoo/contacts/new", "crm_relations_duplicates", login=self.agent.login)
        self.assertFalse(self.env["res.partner"].search([("name", "=", "Popescu Ion")]))
