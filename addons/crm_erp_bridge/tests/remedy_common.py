from odoo.tests import new_test_user

from .common import BridgeCommon


def plain(text):
    """Without the special spaces of amounts."""
    return (text or "").replace("\xa0", " ")


class RemedyCommon(BridgeCommon):
    """A service agent who proposes and a lead who approves, neither with any right on orders or accounting.

    =========== ================================= ==========================
    agent       crm_complaints.group_user         proposes, carries out
    lead_agent  crm_complaints.group_user_all     approves up to 1,000 / 5,000
    =========== ================================= ==========================
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.agent = cls._agent("agent", "group_user")
        cls.lead_agent = cls._agent("lead_agent", "group_user_all")
        limits = cls.env["crm.complaint.remedy.limit"].sudo()  # the limits are the administrator's
        limits.search([]).active = False
        cls.env.flush_all()  # the database sees the old limits gone before the new one comes
        limits.create(
            {"group_id": cls.env.ref("crm_complaints.group_user_all").id, "amount_case": 1000, "amount_year": 5000}
        )
        cls.service.standard_price = 40
        cls.order = cls._create_order((100, 6, 0))
        cls.invoice = cls._invoice(cls.order)
        cls.complaint = cls._complaint()

    @classmethod
    def _agent(cls, login, group):
        return new_test_user(
            cls.env, f"remedy_{login}", groups=f"crm_complaints.{group}", email=f"{login}@our.example.com",
            company_id=cls.company.id,
        )  # fmt: skip

    @classmethod
    def _complaint(cls, invoice=None, order=None, **values):
        complaint = cls.env["crm.complaint"].with_user(cls.agent).create(
            {"name": "Pruned the wrong row", "partner_id": cls.customer.id, "channel": "phone", **values}
        )
        invoice = cls.invoice if invoice is None and order is None else invoice
        wizard = cls.env["crm.complaint.document"].with_user(cls.agent)._for_complaint(complaint)
        lines = wizard.line_ids.sudo()
        line = lines.filtered(lambda line: line.invoice_id == invoice if invoice else line.order_id == order)
        line.with_user(cls.agent).action_choose()
        return complaint

    def _remedy(self, complaint=None, quantity=None, **values):
        values = {"kind": "credit_note", "amount": 115, "reason": "Wrong row", **values}
        remedy = self.env["crm.complaint.remedy"].with_user(self.agent).create(
            {"complaint_id": (complaint or self.complaint).id, **values}
        )
        if quantity is not None:
            remedy.action_take_lines()
            remedy.line_ids[:1].quantity = quantity
        return remedy

    def _carried_out(self, remedy):
        """Approved by the lead, carried out by the agent."""
        remedy.with_user(self.lead_agent).action_approve()
        remedy.with_user(self.agent).action_execute()
        return remedy
