from odoo import api, fields, models
from odoo.exceptions import UserError


class CrmComplaint(models.Model):
    """Complaints made of something that came in as something else; each thing becomes one complaint at most."""

    _inherit = "crm.complaint"

    source_model = fields.Char(string="Made from Model", readonly=True, copy=False, groups="base.group_user")
    source_id = fields.Many2oneReference(
        string="Made from", model_field="source_model", readonly=True, copy=False, groups="base.group_user"
    )

    _source_uniq = models.UniqueIndex(
        "(source_model, source_id) WHERE source_id IS NOT NULL", "This became a complaint already. Reload the page."
    )

    @api.model
    def _make_from(self, source, values, attachments=()):
        """The complaint made of a record, at the first call a new one.

        :param source: one record that the user may read
        :param dict values: of the new complaint; what the record does not know may be missing
        :param attachments: files of the record that the user may read through it; the complaint gets copies
        :return: ``crm.complaint``
        :raises UserError: when the complaint of that record is not for this user
        """
        source.ensure_one()
        source.check_access("read")
        # sudo: also one that the user may not read was made of this record
        complaints = self.sudo().with_context(active_test=False)
        made = complaints.search([("source_model", "=", source._name), ("source_id", "=", source.id)])
        if made:
            made = made._survivor()
            if not made.sudo(False).has_access("read"):
                raise UserError(self.env._("Somebody else handles a complaint made of this."))
            return made.sudo(False)
        now = fields.Datetime.now()
        received = values.get("date_received") or now
        company = self.env["res.partner"].browse(values.get("partner_id")).company_id or self.env.company
        complaint = self.create({"company_id": company.id} | values | {"date_received": min(received, now)})
        complaint._write_move({"source_model": source._name, "source_id": source.id})
        # of two users who do it at once the database refuses the second here
        complaint.flush_recordset()
        for attachment in attachments:
            attachment.copy({"res_model": complaint._name, "res_id": complaint.id})
        complaint.message_post(
            body=self.env._("Made from: %(document)s", document=source.display_name), subtype_xmlid="mail.mt_note"
        )
        return complaint

    def action_open_source(self):
        """The record that the complaint was made of."""
        self.ensure_one()
        source = self.env[self.source_model].browse(self.source_id)
        if self.source_model == "mail.message":
            source = self.env[source.model].browse(source.res_id)
        return source._get_records_action()
