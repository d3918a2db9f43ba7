from odoo import models
from odoo.exceptions import AccessError
from odoo.fields import Domain


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    def _check_access(self, operation):
        """Files of a complaint: a customer gets those of the messages he may read, not the evidence of the staff.

        Core lets everybody who may read a document read all files attached to it, internal notes included.
        """
        result = super()._check_access(operation)
        if self.env.su or self.env.user._is_internal():
            return result
        forbidden = result[0] if result else self.browse()
        forbidden |= (self - forbidden)._complaint_files_withheld()
        if not forbidden:
            return result
        return forbidden, result[1] if result else lambda: AccessError(
            self.env._("Sorry, you are not allowed to access this document.")
        )

    def _complaint_files_withheld(self):
        """Files of complaints that were never sent to or by the customer."""
        # sudo: the question is asked before the right to read is known
        files = self.sudo().filtered(
            lambda file: file.res_model == "crm.complaint" and file.res_id and not file.public and not file.res_field
        )
        if not files:
            return self.browse()
        messages = self.env["mail.message"].sudo()
        shared = messages.search(
            messages._get_search_domain_share()
            & Domain([("model", "=", "crm.complaint"), ("attachment_ids", "in", files.ids)])
        )
        return (files - shared.attachment_ids).sudo(False)
