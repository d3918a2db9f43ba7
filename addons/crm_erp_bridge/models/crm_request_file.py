from odoo import fields, models


class CrmRequestFile(models.Model):
    """A file that came by a folder: read once, whatever its name, as often as it is laid there.

    Its content is not kept here: the file itself lies in ``done`` or ``error``.
    """

    _name = "crm.request.file"
    _description = "File of Requests"
    _order = "id desc"

    door_id = fields.Many2one("crm.request.door", required=True, readonly=True, index=True, ondelete="restrict")
    company_id = fields.Many2one(related="door_id.company_id")
    name = fields.Char(string="File", required=True, readonly=True)
    digest = fields.Char(required=True, readonly=True, help="SHA-256 of the content.")
    state = fields.Selection([("done", "Read"), ("error", "With Errors")], required=True, readonly=True)
    note = fields.Text(string="Errors", readonly=True)
    created_count = fields.Integer(string="Requests", readonly=True)
    error_count = fields.Integer(string="Rows with Errors", readonly=True)
    copies = fields.Integer(string="Further Copies", readonly=True, help="How often the same content came again.")

    # the guarantee: a content is handed in by one door once
    _digest_uniq = models.UniqueIndex("(door_id, digest)", "This file has been read already.")
