from odoo import api, fields, models


class CrmTenderDocument(models.Model):
    """A document that has to be handed in with a tender, with its files and whether it is ready."""

    _name = "crm.tender.document"
    _description = "Document of a Tender"
    _order = "tender_id, sequence, id"

    tender_id = fields.Many2one("crm.tender", required=True, index=True, ondelete="cascade")
    sequence = fields.Integer(default=10)
    name = fields.Char(string="Document", required=True)
    is_required = fields.Boolean(string="Required", default=True)
    is_done = fields.Boolean(
        string="Ready", compute="_compute_is_done", store=True, readonly=False, copy=False,
        help="Ticked by itself when a file is added.",
    )
    attachment_ids = fields.Many2many("ir.attachment", string="Files", copy=False)
    note = fields.Char(string="Remark")

    @api.depends("attachment_ids")
    def _compute_is_done(self):
        for document in self:
            document.is_done = document.is_done or bool(document.attachment_ids)

    @api.model_create_multi
    def create(self, vals_list):
        documents = super().create(vals_list)
        documents._own_attachments()
        return documents

    def write(self, vals):
        result = super().write(vals)
        if "attachment_ids" in vals:
            self._own_attachments()
        return result

    def _own_attachments(self):
        """The files belong to the document: whoever sees the tender may open them, not only who uploaded them."""
        for document in self:
            document.attachment_ids.filtered(lambda file: not file.res_id).write(
                {"res_model": self._name, "res_id": document.id}
            )
