from odoo.tests import HttpCase, tagged

from .call_common import CallCommon


@tagged("post_install", "-at_install")
class TestCallUi(CallCommon, HttpCase):
    browser_size = "1400x900"

    def test_from_next_to_logged(self):
        twin = self._create_partner("Popescu Ion SRL", is_company=True, phone="+386 40 123 456")
        call = self._call("040 123 456", ago=30)
        self.assertEqual(call.candidate_ids, self.single | twin)
        self.start_tour("/odoo/action-crm_relations.crm_call_screen_action", "crm_relations_calls",
                        login=self.agent.login)
        self.assertEqual(
            (call.state, call.partner_id, call.operator_id, self.first.state),
            ("ended", self.single, self.first, "available"),
        )
        self.assertEqual(call.interaction_id.outcome, "Asks for the manual")
        self.assertEqual(call.outcome_id, self.env.ref("crm_relations.call_reason_solved"))
        self.assertEqual(self.single.crm_interaction_ids, call.interaction_id)

    def test_popup(self):
        """A call that rings shows on any page and opens the operator's screen."""
        call = self._call("+386 40 123 456", ago=30)
        self.env["crm.call"]._claim(self.first)
        self.assertEqual((call.state, call.partner_id), ("ringing", self.single))
        self.start_tour("/odoo/action-contacts.action_contacts", "crm_relations_call_popup", login=self.agent.login)


@tagged("post_install", "-at_install")
class TestCallUiPhone(TestCallUi):
    browser_size = "390x844"
    touch_enabled = True
