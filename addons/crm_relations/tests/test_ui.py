from odoo.tests import HttpCase, tagged

from .common import RelationsCommon


@tagged("post_install", "-at_install")
class TestUi(RelationsCommon, HttpCase):
    browser_size = "1400x900"

    def test_log_contact(self):
        self.start_tour(f"/odoo/contacts/{self.single.id}", "crm_relations_log_contact", login=self.agent.login)
        interaction = self.single.crm_interaction_ids
        self.assertEqual(len(interaction), 1)
        self.assertEqual(
            (interaction.channel, interaction.direction, interaction.kind, interaction.objective, interaction.user_id),
            ("phone", "out", "call", "Offer the service contract", self.agent),
        )


@tagged("post_install", "-at_install")
class TestUiPhone(TestUi):
    allow_inherited_tests_method = True
    browser_size = "390x844"
    touch_enabled = True
