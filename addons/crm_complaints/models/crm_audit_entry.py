from odoo import models


class CrmAuditEntry(models.Model):
    """Who is complained about does not learn of the complaint from the audit log either."""

    _inherit = "crm.audit.entry"

    def _closed_documents(self, documents, entries, by_entry):
        """Also what hangs on a complaint that is closed to the reader."""
        closed = super()._closed_documents(documents, entries, by_entry)
        field = documents._fields.get("complaint_id")
        if field is not None and field.comodel_name == "crm.complaint":
            complaints = super()._closed_documents(documents.complaint_id, entries.browse(), {})
            closed |= set(documents.filtered(lambda document: document.complaint_id.id in complaints).ids)
        return closed
