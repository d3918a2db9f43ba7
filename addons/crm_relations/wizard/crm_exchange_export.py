import base64

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..tools import icalendar, tabular, vcard

MAX_RECORDS = 50_000


class CrmExchangeExport(models.TransientModel):
    """Customers or their history as a file: only what the user may read leaves."""

    _name = "crm.exchange.export"
    _description = "Export of Customer Data"

    format = fields.Selection(
        selection=[
            ("xlsx", "Excel"),
            ("csv", "CSV"),
            ("vcf4", "vCard 4.0"),
            ("vcf3", "vCard 3.0 (older Outlook and telephones)"),
            ("ics", "iCalendar (meetings and next steps)"),
        ],
        required=True,
        default="xlsx",
    )
    dataset = fields.Selection(
        selection=lambda self: self.env["crm.exchange"]._selection_datasets(), string="Content", default="customer"
    )
    delimiter = fields.Selection(
        selection=[(",", "Comma ,"), (";", "Semicolon ;"), ("\t", "Tab")], string="Separator", default=","
    )
    template_id = fields.Many2one(
        "ir.exports",
        domain="[('resource', '=', resource)]",
        help="Columns to be written. Without a template everything is, and can be imported again without loss.",
    )
    resource = fields.Char(compute="_compute_resource")
    # archived ones, too: whoever chose only such would get everybody
    partner_ids = fields.Many2many(
        "res.partner", string="Customers", context={"active_test": False}, help="All customers when empty."
    )
    state = fields.Selection(selection=[("draft", "Draft"), ("done", "Done")], default="draft", required=True)
    file = fields.Binary(readonly=True)
    name = fields.Char(string="File Name", readonly=True)
    count = fields.Integer(string="Records", readonly=True)
    losses = fields.Text(string="What the File Does Not Carry", readonly=True)

    @api.model
    def default_get(self, fields):
        values = super().default_get(fields)
        if self.env.context.get("active_model") == "res.partner" and self.env.context.get("active_ids"):
            values["partner_ids"] = [(6, 0, self.env.context["active_ids"])]
        return values

    @api.depends("dataset")
    def _compute_resource(self):
        datasets = self.env["crm.exchange"]._datasets()
        for export in self:
            export.resource = datasets[export.dataset].model if export.dataset in datasets else False

    @api.onchange("dataset")
    def _onchange_dataset(self):
        self.template_id = False

    # === ACTIONS === #

    def action_export(self):
        """Write the file.

        :raises AccessError: without the right to export
        :raises UserError: when there is nothing, or more than fits
        """
        self.ensure_one()
        if not self.env.user.has_group("base.group_allow_export"):
            raise AccessError(self.env._("You may not export data: ask your administrator for the right to export."))
        writer = getattr(self, f"_export_{self.format[:3]}", None) or self._export_table
        data, count, losses = writer()
        self.write(
            {
                "state": "done",
                "file": base64.b64encode(data),
                "name": self._file_name(),
                "count": count,
                "losses": "\n".join(losses),
            }
        )
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
            "name": self.env._("Export"),
        }

    def _file_name(self):
        content = self.dataset if self.format in ("csv", "xlsx") else {"ics": "calendar"}.get(self.format, "customer")
        return f"{content}-{fields.Date.context_today(self)}.{self.format[:3] if self.format != 'xlsx' else 'xlsx'}"

    def _partners(self):
        """:raises UserError: when there is none, or more than one file takes"""
        partners = self.partner_ids.filtered_domain([]) or self.env["res.partner"].search(
            [("type", "=", "contact")], order="parent_id NULLS FIRST, id", limit=MAX_RECORDS + 1
        )
        return self._check_count(partners._filtered_access("read"))

    def _check_count(self, records):
        if not records:
            raise UserError(self.env._("There is nothing to export."))
        if len(records) > MAX_RECORDS:
            raise UserError(
                self.env._("More than %(count)s records: please select some of the customers.", count=MAX_RECORDS)
            )
        return records

    # === WRITERS === #

    def _records(self, dataset):
        domain = [] if dataset.partner_field == "id" else [(dataset.partner_field, "!=", False)]
        if self.partner_ids:
            # contacts of a chosen company belong to it
            customers = self.partner_ids
            domain = [(dataset.partner_field, "child_of" if dataset.partner_field == "id" else "in", customers.ids)]
            if dataset.partner_field != "id":
                people = self.env["res.partner"].with_context(active_test=False)
                family = people.search([("id", "child_of", customers.ids)])
                domain = [(dataset.partner_field, "in", family.ids)]
        model = self.env[dataset.model]
        if "active" in model._fields:
            domain.append(("active", "in", [True, False]))
        return self._check_count(model.search(domain, order=dataset.order, limit=MAX_RECORDS + 1))

    def _export_table(self):
        exchange = self.env["crm.exchange"]
        if not self.dataset:
            raise UserError(self.env._("Please choose what to export."))
        dataset = exchange._dataset(self.dataset)
        columns = exchange._columns(dataset)
        paths = list(columns)
        if self.template_id:
            paths = [line.name for line in self.template_id.export_fields if line.name]
            self._check_paths(dataset, paths)
        records = self._records(dataset)
        rows = [paths, *exchange._export_table(dataset, records, paths)]
        if self.format == "xlsx":
            return tabular.write_xlsx(rows), len(records), self._table_losses(dataset, columns)
        return tabular.write_csv(rows, self.delimiter or ","), len(records), self._table_losses(dataset, columns)

    def _check_paths(self, dataset, paths):
        """:raises UserError: when a template names what does not exist (any more) or may not be seen"""
        readable = self.env[dataset.model].fields_get(attributes=["type"])
        for path in paths:
            name = path.split("/")[0].split(".")[0]
            if name not in readable and path not in ("id", ".id"):
                raise UserError(self.env._("The template names a column that does not exist: %(name)s", name=path))

    def _table_losses(self, dataset, columns):
        """Fields with content that tables do not carry, in words."""
        model = self.env[dataset.model]
        kept = {path.removesuffix("/id") for path in columns}
        described = model.fields_get(attributes=["string", "type"])
        lost = [
            described[name]["string"]
            for name, field in model._fields.items()
            if name in described
            and field.store
            and name not in kept
            and field.type in ("binary", "image", "properties")
        ]
        return [self.env._("Not in the table: %(fields)s", fields=", ".join(lost))] if lost else []

    def _export_vcf(self):
        partners = self._partners()
        version = "4.0" if self.format == "vcf4" else "3.0"
        exchange = self.env["crm.exchange"]
        cards = exchange._to_cards(partners)
        codes = {code for card in cards for code in vcard.losses(card, version)}
        losses = [exchange._reason(code) for code in sorted(codes)]
        losses.append(self.env._("A card carries the address of a customer, not the profile, needs and interactions."))
        return b"".join(vcard.write_card(card, version) for card in cards), len(cards), losses

    def _export_ics(self):
        items = self.env["crm.exchange"]._to_items(self._partners())
        if not items:
            raise UserError(self.env._("There are no meetings or next steps with these customers."))
        losses = [self.env._("Series are written as single meetings; reminders and attachments are not written.")]
        return icalendar.write_calendar(items, fields.Datetime.now()), len(items), losses
