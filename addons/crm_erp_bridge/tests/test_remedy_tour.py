from odoo.tests import HttpCase, tagged

from .remedy_common import RemedyCommon


@tagged("post_install", "-at_install")
class TestRemedyTour(RemedyCommon, HttpCase):
    """Three people, three sets of rights, one credit note."""

    browser_size = "1400x900"

    def test_propose_approve_post(self):
        # the complaint of the tour names no invoice yet
        self.complaint.sudo().write({"crm_invoice_id": False, "crm_order_id": False})
        self.start_tour(
            f"/odoo/complaints/{self.complaint.id}", "crm_erp_bridge_remedy_propose", login="remedy_agent"
        )
        remedy = self.complaint.sudo().remedy_ids
        self.assertEqual((remedy.kind, remedy.amount, remedy.proposed_by_id), ("credit_note", 115, self.agent))
        self.start_tour("/odoo/complaint-remedies", "crm_erp_bridge_remedy_approve", login="remedy_lead_agent")
        self.assertEqual((remedy.state, remedy.approved_by_id), ("executing", self.lead_agent))
        note = remedy.result
        self.assertEqual((note.state, note.amount_total), ("draft", 115))
        self.start_tour(
            f"/odoo/action-account.action_move_out_refund_type/{note.id}", "crm_erp_bridge_remedy_post",
            login="bridge_accountant",
        )  # fmt: skip
        self.assertEqual((note.state, remedy.state), ("posted", "done"))


@tagged("post_install", "-at_install")
class TestRemedyTourPhone(RemedyCommon, HttpCase):
    browser_size = "390x844"
    touch_enabled = True

    def test_approve_on_a_phone(self):
        remedy = self._remedy(reason="Wrong row pruned")
        remedy.with_user(self.lead_agent).action_approve()
        remedy.action_execute()
        self.start_tour(
            f"/odoo/action-account.action_move_out_refund_type/{remedy.sudo().res_id}", "crm_erp_bridge_remedy_post",
            login="bridge_accountant",
        )  # fmt: skip
        self.assertEqual(remedy.state, "done")
