from odoo import fields, models
from odoo.fields import Domain

# who handles complaints or accounts: they see that there is one
HANDLERS = "crm_complaints.group_user,account.group_account_invoice,account.group_account_readonly"


class CrmComplaintDocument(models.AbstractModel):
    """Documents of the ERP that complaints are about or that settle them: the complaints behind a button."""

    _name = "crm.complaint.document"
    _description = "Document with Complaints"

    crm_complaint_count = fields.Integer(string="Complaints", compute="_compute_crm_complaint_count", groups=HANDLERS)

    def _compute_crm_complaint_count(self):
        for document in self:
            document.crm_complaint_count = len(document._crm_complaints())

    def _crm_complaints(self):
        """The complaints about these documents and those that they settle, seen by the user."""
        complaints = self.env["crm.complaint"]
        if not complaints.has_access("read"):
            return complaints
        return complaints.with_context(active_test=False).search(self._crm_complaints_domain())

    def _crm_complaints_domain(self):
        """Condition on complaints, none unless a model says which; what the user sees is asked by the search."""
        return Domain.FALSE

    def action_open_crm_complaints(self):
        complaints = self._crm_complaints()
        if len(complaints) == 1:
            return complaints.get_formview_action()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_complaints.crm_complaint_action")
        return action | {"domain": [("id", "in", complaints.ids)], "context": {"create": False, "active_test": False}}
