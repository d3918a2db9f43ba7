from odoo import api, fields, models


class CrmExchangeImportColumn(models.Model):
    """A column of a file and what it means."""

    _name = "crm.exchange.import.column"
    _description = "Column of an Import"
    _order = "sequence, id"

    import_id = fields.Many2one("crm.exchange.import", required=True, index=True, ondelete="cascade")
    sequence = fields.Integer(string="Position", readonly=False)
    name = fields.Char(string="Column")
    sample = fields.Char(string="Example")
    path = fields.Selection(selection="_selection_paths", string="Means")

    def write(self, vals):
        if "import_id" in vals:
            # a column stays with its file: another one's import could be changed by it
            vals = {name: value for name, value in vals.items() if name != "import_id"}
        return super().write(vals)

    @api.model
    def _selection_paths(self):
        exchange = self.env["crm.exchange"]
        datasets = exchange._datasets()
        return [
            (f"{code}:{path}", label)
            for code, _label in exchange._selection_datasets()
            for path, label in exchange._import_choices(datasets[code]).items()
        ]
