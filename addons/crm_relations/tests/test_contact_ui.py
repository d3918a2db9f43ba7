from odoo.tests import HttpCase, tagged

from .contact_common import ContactCommon


@tagged("post_install", "-at_install")
class TestContactUi(ContactCommon, HttpCase):
    browser_size = "1400x900"

    def test_contact_rules(self):
        self._rule("no_contact")
        self.start_tour(f"/odoo/contacts/{self.single.id}", "crm_relations_contact_rules", login=self.agent.login)
        self.assertEqual(
            (self.single.crm_no_contact, self.single.crm_no_contact_reason), ("all", "Asked us on the phone")
        )


@tagged("post_install", "-at_install")
class TestContactUiPhone(TestContactUi):
    allow_inherited_tests_method = True
    browser_size = "390x844"
    touch_enabled = True
