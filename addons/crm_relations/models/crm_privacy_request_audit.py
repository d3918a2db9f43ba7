from odoo import models


class CrmPrivacyRequest(models.Model):
    _inherit = "crm.privacy.request"

    def _carry_out_erasure(self):
        """The audit log forgets too: the contents of the person's documents, and what names the person elsewhere.

        While rows are anonymised the log writes down that they were, not what they held.
        """
        persons = self.partner_id.sudo()._crm_privacy_persons()  # sudo: officers need not edit customers
        person = self.partner_id.sudo()._crm_privacy_person()
        pattern = self._unique_person(person, persons).pattern()
        documents = {
            source.model: self._privacy_rows(source, persons) for source in self._crm_privacy_sources().values()
        }
        self.env.cr.execute("SELECT set_config('crm.audit_quiet', 'on', true)")
        result = super()._carry_out_erasure()
        self.env.flush_all()
        # sudo: nobody may write to the log
        self.env["crm.audit.entry"].sudo()._forget(documents, pattern)
        self.env.cr.execute("SELECT set_config('crm.audit_quiet', 'off', true)")
        return result
