import base64
import csv
import io

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import request_file

TEMPLATE_LINE = {
    "ext_key": "A-1001", "kind": "order", "subject": "Spring order", "reference": "PO 77", "customer_ref": "C-1",
    "product": "PRODUCT-1", "quantity": "2", "date_wanted": "2026-12-31",
}  # fmt: skip


class CrmRequestImport(models.TransientModel):
    """Requests from a file of somebody at a screen: checked first, then handed in; what is wrong stands at its row."""

    _name = "crm.request.import"
    _description = "Import of Requests"

    file = fields.Binary(attachment=False)
    filename = fields.Char()
    type_id = fields.Many2one(
        "crm.request.type", string="Usual Type", required=True, ondelete="cascade",
        default=lambda self: self.env["crm.request"]._default_type_id(), help="Of rows that name none.",
    )  # fmt: skip
    state = fields.Selection([("new", "New"), ("checked", "Checked"), ("done", "Done")], default="new", readonly=True)
    line_ids = fields.One2many("crm.request.import.line", "import_id", readonly=True)
    created_count = fields.Integer(compute="_compute_counts")
    replayed_count = fields.Integer(compute="_compute_counts")
    error_count = fields.Integer(compute="_compute_counts")
    columns = fields.Char(compute="_compute_columns")

    @api.depends("line_ids.status")
    def _compute_counts(self):
        for wizard in self:
            statuses = wizard.line_ids.mapped("status")
            wizard.created_count = statuses.count("created") + statuses.count("valid")
            wizard.replayed_count = statuses.count("replayed")
            wizard.error_count = statuses.count("error")

    @api.depends("file")
    def _compute_columns(self):
        for wizard in self:
            wizard.columns = ", ".join(request_file.COLUMNS)

    def action_check(self):
        """Say what importing would do, row by row, and keep nothing."""
        return self._take(trial=True)

    def action_import(self):
        """Hand the requests in."""
        return self._take(trial=False)

    def _take(self, trial):
        self.ensure_one()
        if not self.file:
            raise UserError(self.env._("Choose a file first."))
        kind = request_file.kind_of(self.filename or "")
        content = base64.b64decode(self.with_context(bin_size=False).file)
        defaults = {"source": "file", "kind": self.type_id.code}
        results = self.env["crm.request"]._submit_file(kind, content, defaults, trial=trial)
        self.line_ids.unlink()
        self.env["crm.request.import.line"].create(
            [
                {
                    "import_id": self.id,
                    "rows": ", ".join(map(str, result["rows"])),
                    "ext_key": result.get("ext_key"),
                    "status": result["status"],
                    "request_id": result.get("id"),
                    "message": "\n".join(
                        error["message"] + (f" ({error['path']})" if error["path"] else "")
                        for error in result.get("errors", ())
                    ),
                }
                for result in results
            ]
        )
        kept = any(result["status"] in ("created", "replayed") for result in results)
        self.state = "done" if kept and not trial else "checked"
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Import Requests"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    def action_open_requests(self):
        """What was made of the file."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_erp_bridge.crm_request_action")
        return action | {"domain": [("id", "in", self.line_ids.request_id.ids)], "context": {}}

    def action_template(self):
        """A file with all columns and one row, to be filled in."""
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(request_file.COLUMNS)
        writer.writerow([TEMPLATE_LINE.get(name, "") for name in request_file.COLUMNS])
        self.write({"file": base64.b64encode(text.getvalue().encode("utf-8-sig")), "filename": "requests.csv"})
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self._name}/{self.id}/file/requests.csv?download=true",
            "target": "download",
        }


class CrmRequestImportLine(models.TransientModel):
    """What became of one request of a file."""

    _name = "crm.request.import.line"
    _description = "Imported Request"
    _order = "id"

    import_id = fields.Many2one("crm.request.import", required=True, index=True, ondelete="cascade")
    rows = fields.Char()
    ext_key = fields.Char(string="Key")
    status = fields.Selection(
        [("valid", "In Order"), ("created", "Imported"), ("replayed", "Known Already"), ("error", "Error")]
    )
    request_id = fields.Many2one("crm.request", ondelete="cascade", index=True)
    message = fields.Text()
