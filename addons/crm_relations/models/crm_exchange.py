import hashlib
import re
import uuid
from typing import NamedTuple
from urllib.parse import quote, unquote

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import split_every

from ..const import INTERACTION_ORIGIN
from ..tools import duplicates, tabular

BATCH = 500
LOSSY_TYPES = ("binary", "image", "one2many", "properties", "properties_definition", "reference", "many2one_reference")
TECHNICAL = re.compile(
    r"id$|(?:message|activity|website|signup|rating|image|avatar|create|write)_|__|email_normalized$"
)


class Dataset(NamedTuple):
    """One kind of record that can be written to a table and read back.

    :ivar model: name of the model
    :ivar label: what users call it, translated
    :ivar partner_field: the field that leads to the customer (``id`` for customers themselves)
    :ivar order: owners before what refers to them
    :ivar exclude: fields that follow from others
    :ivar include: fields that no form writes, but a file carries; the model says who may
    """

    model: str
    label: str
    partner_field: str = "partner_id"
    order: str = "id"
    exclude: tuple = ()
    include: tuple = ()


class CrmExchange(models.AbstractModel):
    """Customers and their history as files, in and out.

    The port: a model joins by an entry in :meth:`_datasets`. Its columns are
    all stored fields that people write, so a field added by any addon travels
    along without being named here.
    """

    _name = "crm.exchange"
    _description = "Exchange of Customer Data"

    # === THE PORT === #

    @api.model
    def _datasets(self):
        """``{code: Dataset}``; extended by every addon that keeps something about customers."""
        datasets = {
            "customer": Dataset(
                "res.partner",
                self.env._("Customers"),
                partner_field="id",
                order="parent_id NULLS FIRST, id",
                # a legal hold is set by a data protection officer, not by a file
                exclude=(
                    "company_name",
                    "commercial_company_name",
                    "partner_latitude",
                    "partner_longitude",
                    "crm_legal_hold",
                ),
            ),
            "interaction": Dataset(
                "crm.interaction",
                self.env._("Interactions"),
                exclude=("date_end", "next_activity_id", "name", *INTERACTION_ORIGIN),
            ),
        }
        datasets["attitude"] = Dataset(
            "crm.partner.attitude", self.env["ir.model"]._get("crm.partner.attitude").name, include=("date", "user_id")
        )
        for code, model in (
            ("company_fact", "crm.company.fact"),
            ("consent", "crm.consent"),
            ("need", "crm.need"),
            ("relation", "crm.partner.relation"),
            ("child", "crm.partner.child"),
            ("preferred_channel", "crm.partner.channel"),
            ("contact_hours", "crm.contact.window"),
        ):
            known = self.env[model]._fields if model in self.env else ()
            partner_field = next((name for name in ("partner_id", "left_partner_id", "left_id") if name in known), None)
            if partner_field:
                # hours of a rule of contact are no customer's
                excluded = ("rule_id",) if "rule_id" in known else ()
                datasets[code] = Dataset(model, self.env["ir.model"]._get(model).name, partner_field, exclude=excluded)
        # tables of details that are kept, but not to be used
        unused = self.env["crm.privacy.field"]._tables()
        return {code: dataset for code, dataset in datasets.items() if dataset.model not in unused}

    @api.model
    def _dataset(self, code):
        """:raises UserError: for content that does not exist, or is not to be used (any more)"""
        dataset = self._datasets().get(code)
        if not dataset:
            raise UserError(self.env._("This content is not exchanged, or not any more: please choose another one."))
        return dataset

    @api.model
    def _selection_datasets(self):
        """Only what the user may read at all."""
        return [
            (code, dataset.label)
            for code, dataset in self._datasets().items()
            if self.env[dataset.model].has_access("read")
        ]

    # === COLUMNS === #

    @api.model
    def _columns(self, dataset):
        """What is exchanged of a dataset, the external identifier first.

        :return: ``{path: label}`` in the language of the user
        """
        model = self.env[dataset.model]
        columns = {"id": self.env._("External ID")}
        descriptions = model.fields_get(attributes=["string", "type"])
        # kept, but not to be used
        unused = self.env["crm.privacy.field"]._names() if dataset.model == "res.partner" else ()
        for name, field in model._fields.items():
            # fields_get has only the fields that the user may see
            if name in unused:
                continue
            exchanged = name in dataset.include or self._is_exchanged(field)
            if name in descriptions and exchanged and name not in dataset.exclude:
                label = descriptions[name]["string"]
                if field.relational:
                    columns[f"{name}/id"] = self.env._("%(field)s (external ID)", field=label)
                else:
                    columns[name] = label
        return columns

    @api.model
    def _is_exchanged(self, field):
        written = not field.compute or not field.readonly
        return (
            field.store
            and written
            and not field.related
            and not field.company_dependent
            and not (field.readonly and not field.compute)
            and field.type not in LOSSY_TYPES
            and not TECHNICAL.match(field.name)
        )

    @api.model
    def _import_choices(self, dataset):
        """Columns for the import: related records by their name as well."""
        choices = {}
        for path, label in self._columns(dataset).items():
            choices[path] = label
            name = path.removesuffix("/id")
            if name != path:
                choices[name] = self.env[dataset.model]._fields[name]._description_string(self.env)
        return choices

    @api.model
    def _match_column(self, header, choices):
        """The path a column of a file means: by technical name, by label, or none."""
        header = (header or "").strip()
        if header in choices:
            return header
        # as it stands, and else without marks: "E-mail", "e mail" and "Email" are one
        for plain in (str.casefold, duplicates.compact):
            if wanted := plain(header):
                for path, label in choices.items():
                    if wanted in (plain(label), plain(path)):
                        return path
        return False

    # === TABLES === #

    @api.model
    def _export_table(self, dataset, records, paths):
        """Rows of values; the number of queries does not depend on the number of records within a batch."""
        rows = []
        for batch in split_every(BATCH * 2, records.ids, records.browse):
            exported = batch.with_context(import_compat=True, tz="UTC", lang=self.env.lang).export_data(paths)
            rows += exported["datas"]
            batch.invalidate_recordset()
        return rows

    # === IDENTIFIERS OF OTHERS === #

    @api.model
    def _uid_name(self, uid):
        """A foreign identifier as the name of an external ID: no dots, commas or spaces in it."""
        name = quote(uid, safe="").replace(".", "%2E")
        return name if len(name) <= 400 else f"sha256-{hashlib.sha256(uid.encode()).hexdigest()}"

    @api.model
    def _find_by_uid(self, module, model, uids):
        """Records that came with, or were given, these identifiers: ``{uid: record}``."""
        names = {self._uid_name(uid): uid for uid in uids if uid}
        # sudo: external identifiers are of no model of the user; writing the records stays subject to their rights
        found = (
            self.env["ir.model.data"]
            .sudo()
            .search_fetch(
                [("module", "=", module), ("model", "=", model), ("name", "in", list(names))], ["name", "res_id"]
            )
        )
        records = self.env[model].browse(found.mapped("res_id")).exists()
        return {names[data.name]: records.browse(data.res_id) for data in found if data.res_id in records._ids}

    @api.model
    def _store_uid(self, module, record, uid):
        self.env["ir.model.data"].sudo().create(  # sudo: identifiers are kept for users without rights on them
            {
                "module": module,
                "name": self._uid_name(uid),
                "model": record._name,
                "res_id": record.id,
                "noupdate": True,
            }
        )

    @api.model
    def _uids_of(self, module, records):
        """The identifier of each record, made where there is none: ``{id: uid}``."""
        found = (
            self.env["ir.model.data"]
            .sudo()  # sudo: as above
            .search_fetch(
                [("module", "=", module), ("model", "=", records._name), ("res_id", "in", records.ids)],
                ["name", "res_id"],
            )
        )
        uids = {data.res_id: unquote(data.name) for data in found}
        missing = {record.id: f"urn:uuid:{uuid.uuid4()}" for record in records if record.id not in uids}
        self.env["ir.model.data"].sudo().create(  # sudo: as above
            [
                {
                    "module": module,
                    "name": self._uid_name(uid),
                    "model": records._name,
                    "res_id": res_id,
                    "noupdate": True,
                }
                for res_id, uid in missing.items()
            ]
        )
        return uids | missing

    # === WORDS === #

    @api.model
    def _reason(self, code, detail=""):
        """What a code of the readers means, in the user's language."""
        reasons = {
            "csv": self.env._("The quotation marks do not match near line %(detail)s.", detail=detail),
            "rows": self.env._("The file has more than %(detail)s rows: please divide it.", detail=detail),
            "zip": self.env._("The workbook cannot be opened: it is damaged or not an Excel file."),
            "xlsx": self.env._("The workbook cannot be read: please save it anew as Excel workbook (.xlsx)."),
            "size": self.env._("The workbook would unpack to more than %(detail)s MB.", detail=detail),
            "formula": self.env._("The cell is a formula without a stored result."),
            "long": self.env._("The cell has more than %(limit)s characters.", limit=tabular.MAX_CELL),
            "line": self.env._("Line %(detail)s is not understood and was left out.", detail=detail),
            "agent": self.env._("A card within the card was left out."),
            "photo": self.env._("The picture is broken, of an unknown kind or too large; it was left out."),
            "photo_url": self.env._("The picture is only a link; it was not fetched."),
            "bday": self.env._("The birth date is not understood."),
            "birthday_year": self.env._("Birth dates without a year cannot be written in this version."),
            "lang": self.env._("The language cannot be written in this version."),
            "related": self.env._("Related persons were written to the notes."),
            "extras": self.env._("Details without a place of their own were written to the notes."),
            "tzid": self.env._("The time zone “%(detail)s” is not known; the chosen one was used.", detail=detail),
            "floating": self.env._("The time has no zone; the chosen one was used."),
            "exception": self.env._("A changed occurrence of a series: imported as a meeting of its own."),
            "time": self.env._("The time in line %(detail)s is not understood.", detail=detail),
        }
        return reasons.get(code, code)
