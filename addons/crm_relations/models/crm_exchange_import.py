import base64
import logging
from datetime import timedelta

import psycopg2
import pytz

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import html_escape
from odoo.tools.misc import format_datetime

from ..tools import icalendar, tabular, vcard
from .crm_exchange import BATCH

_logger = logging.getLogger(__name__)

AT_ONCE = 1000
MAX_BYTES = 50_000_000
MAX_ERRORS = 2000
PREVIEW_ROWS = 6
KEEP_DAYS = 30
GC_LIMIT = 1000


class CrmExchangeImport(models.Model):
    """One file on its way in: looked at, mapped, imported, with every refused row and its reason.

    Up to a thousand rows are imported at once, more of them in the background
    in batches that are kept when done. Runs with the rights of whoever made it.
    """

    _name = "crm.exchange.import"
    _description = "Import of Customer Data"
    _order = "id desc"

    name = fields.Char(string="File Name")
    file = fields.Binary(required=True, attachment=True)
    state = fields.Selection(
        selection=[
            ("draft", "Draft"),
            ("running", "Running"),
            ("done", "Imported"),
            ("refused", "Refused"),
        ],
        required=True,
        readonly=True,
        default="draft",
    )
    kind = fields.Selection(
        selection=[("csv", "CSV"), ("xlsx", "Excel"), ("vcf", "vCard"), ("ics", "iCalendar")],
        string="Format",
        compute="_compute_kind",
        store=True,
        help="Recognised by the content of the file.",
    )
    dataset = fields.Selection(
        selection=lambda self: self.env["crm.exchange"]._selection_datasets(), string="Content", default="customer"
    )
    mode = fields.Selection(
        selection=[
            ("keep", "Import the good rows, report the others"),
            ("refuse", "Import nothing if anything is wrong"),
        ],
        string="Errors",
        required=True,
        default="keep",
    )
    encoding = fields.Selection(
        selection=[
            ("utf-8", "Unicode (UTF-8)"),
            ("utf-16", "Unicode (UTF-16)"),
            ("cp1250", "Central European (Windows-1250)"),
            ("cp1251", "Cyrillic (Windows-1251)"),
            ("cp1252", "Western European (Windows-1252)"),
            ("cp1253", "Greek (Windows-1253)"),
            ("cp1254", "Turkish (Windows-1254)"),
            ("cp1255", "Hebrew (Windows-1255)"),
            ("cp1256", "Arabic, Persian (Windows-1256)"),
            ("cp1257", "Baltic (Windows-1257)"),
            ("iso8859-2", "Central European (ISO 8859-2)"),
        ]
    )
    delimiter = fields.Selection(
        selection=[(";", "Semicolon ;"), (",", "Comma ,"), ("\t", "Tab"), ("|", "Bar |")], string="Separator"
    )
    tz = fields.Selection(
        selection=lambda self: [(zone, zone) for zone in pytz.common_timezones],
        string="Time Zone",
        default=lambda self: self.env.user.tz or "UTC",
        help="For times in the file that have no zone or one that is not known.",
    )
    missing_zones = fields.Char(readonly=True)
    column_ids = fields.One2many("crm.exchange.import.column", "import_id", string="Columns")
    left_out = fields.Char(string="Columns Left Out", compute="_compute_left_out")
    preview = fields.Html(compute="_compute_preview", sanitize=False)
    total = fields.Integer(string="Rows", readonly=True)
    position = fields.Integer(string="Rows Looked At", readonly=True)
    done_count = fields.Integer(string="Imported", readonly=True)
    error_count = fields.Integer(string="Refused Rows", readonly=True)
    progress = fields.Float(compute="_compute_progress")
    error_ids = fields.One2many("crm.exchange.import.error", "import_id", string="Messages", readonly=True)

    # === COMPUTE METHODS === #

    @api.depends("file", "name")
    def _compute_kind(self):
        for job in self:
            kind = job.file and tabular.file_kind(job._data(), job.name or "")
            job.kind = kind if kind != "xls" else False

    @api.depends("position", "total")
    def _compute_progress(self):
        for job in self:
            job.progress = 100 * job.position / job.total if job.total else 0

    @api.depends("column_ids.path", "column_ids.name")
    def _compute_left_out(self):
        """Said before and after: nobody is to believe that a column came in which nobody understood."""
        for job in self:
            unread = job.column_ids.filtered(lambda column: not column.path)
            job.left_out = ", ".join(column.name or self.env._("without a heading") for column in unread) or False

    @api.depends("file", "encoding", "delimiter", "kind")
    def _compute_preview(self):
        """The first rows as they are understood, so that a wrong encoding is seen before it is in the database."""
        for job in self:
            rows = []
            if job.kind in ("csv", "xlsx"):
                try:
                    rows = [row.cells for row in job._rows()[:PREVIEW_ROWS]]
                except UserError as error:
                    job.preview = f'<div class="alert alert-danger">{html_escape(str(error))}</div>'
                    continue
            job.preview = self._render_preview(rows)

    @api.model
    def _render_preview(self, rows):
        if not rows:
            return False
        cell = '<td class="text-nowrap">%s</td>'
        body = "".join(
            f"<tr>{''.join(cell % html_escape(str(text)[:60]) for text in row[:30])}</tr>" for row in rows
        )
        return (
            '<div class="table-responsive">'
            '<table class="table table-sm table-bordered small" style="table-layout: auto; width: auto">'
            f"<tbody>{body}</tbody></table></div>"
        )

    # === ONCHANGES === #

    @api.onchange("file", "name")
    def _onchange_file(self):
        if not self.file:
            return
        data = self._data()
        if tabular.file_kind(data, self.name or "") == "csv":
            text, self.encoding = tabular.decode(data[:MAX_BYTES], self.env.user.lang)
            self.delimiter = tabular.find_delimiter(text)
        elif self.kind == "ics":
            self.missing_zones = ", ".join(icalendar.missing_zones(data)) or False
        self._onchange_layout()

    @api.onchange("encoding", "delimiter", "dataset")
    def _onchange_layout(self):
        """Columns of the file with what they mean, found by technical name or label."""
        if not self.file or self.kind not in ("csv", "xlsx") or not self.dataset:
            self.column_ids = [(5,)]
            return
        try:
            rows = self._rows()
        except UserError as error:
            self.column_ids = [(5,)]
            return {"warning": {"title": self.env._("The file cannot be read"), "message": str(error)}}
        self.column_ids = [(5,), *((0, 0, values) for values in self._column_values(rows))]

    @api.model
    def _paths(self, code):
        exchange = self.env["crm.exchange"]
        return exchange._import_choices(exchange._dataset(code))

    def _column_values(self, rows):
        choices = self._paths(self.dataset)
        header = rows[0].cells if rows else []
        taken, columns = set(), []
        for index, name in enumerate(header):
            path = self.env["crm.exchange"]._match_column(name, choices)
            path = False if path in taken else path
            taken.add(path)
            sample = next((row.cells[index] for row in rows[1:20] if len(row.cells) > index and row.cells[index]), "")
            columns.append(
                {
                    "sequence": index,
                    "name": name or self.env._("Column %(number)s", number=index + 1),
                    "sample": sample[:80],
                    "path": path and f"{self.dataset}:{path}",
                }
            )
        return columns

    # === READING === #

    def _data(self):
        """:raises UserError: when the file is too large"""
        content = self.with_context(bin_size=False).file or b""
        if len(content) > MAX_BYTES * 4 / 3:
            raise UserError(
                self.env._("The file is larger than %(size)s MB: please divide it.", size=MAX_BYTES // 1_000_000)
            )
        try:
            return base64.b64decode(content)
        except ValueError as error:
            raise UserError(self.env._("The file did not arrive whole: please choose it again.")) from error

    def _rows(self):
        """Rows of a table, the header first.

        :raises UserError: when it cannot be read
        """
        data = self._data()
        try:
            if self.kind == "xlsx":
                return tabular.read_xlsx(data)
            text, _encoding = tabular.decode(data, self.env.user.lang, self.encoding or "")
            return tabular.read_csv(text, self.delimiter or tabular.find_delimiter(text))
        except tabular.TableError as error:
            raise UserError(self.env["crm.exchange"]._reason(error.code, error.detail)) from error

    def _objects(self):
        """Cards or calendar items of a file.

        :raises UserError: when there are too many
        """
        try:
            if self.kind == "vcf":
                return vcard.read_cards(self._data())
            return icalendar.read_items(self._data(), self.tz or "UTC")
        except ValueError as error:
            raise UserError(self.env["crm.exchange"]._reason("rows", str(vcard.MAX_CARDS))) from error

    # === IMPORT === #

    def action_import(self):
        """Begin: small files at once, large ones in the background.

        :raises UserError: when the file cannot be read or says nothing; nothing is changed then
        """
        self.ensure_one()
        if self.state != "draft":
            raise UserError(self.env._("This file was imported already: make a new import for another try."))
        if not self.kind:
            raise UserError(self.env._("Please save the file as CSV or Excel workbook (.xlsx) and choose it again."))
        items = self._read_all()
        if not items:
            raise UserError(self.env._("The file has no rows to import."))
        self.write({"state": "running", "total": len(items), "position": 0})
        if len(items) > AT_ONCE:
            # sudo: anybody who may import may start the job; it runs with the rights of the owner
            self.env.ref("crm_relations.ir_cron_exchange_import").sudo()._trigger()
        else:
            self._run(items)
        return False

    def _read_all(self):
        if self.kind in ("vcf", "ics"):
            return self._objects()
        if not self.column_ids:
            self._onchange_file()
        self._check_columns()
        return self._rows()[1:]

    def _check_columns(self):
        used = [column.path for column in self.column_ids if column.path]
        if not used:
            raise UserError(self.env._("Please say for at least one column what it means."))
        if len(set(used)) < len(used):
            raise UserError(self.env._("Two columns of the file mean the same: leave one of them out."))
        if any(not path.startswith(f"{self.dataset}:") for path in used):
            raise UserError(self.env._("A column means something that does not belong to this content."))

    def _run(self, items):
        """Import everything that is left, in this transaction."""
        while self.state == "running":
            self._run_batch(items)

    def _run_whole(self, items):
        """All rows or none."""
        with self.env.cr.savepoint() as savepoint:
            imported, problems = self._import_slice(items, keep_good=False)
            if any(problem["severity"] == "error" for problem in problems):
                savepoint.rollback()
                imported = None
        self.write({"position": self.total})
        self._report(imported or 0, problems)
        self.state = "refused" if imported is None else "done"

    def _run_batch(self, items):
        """The next rows of a running import; :return: how many."""
        if self.mode == "refuse":
            self._run_whole(items)
            return len(items)
        items = items[self.position : self.position + BATCH]
        imported, problems = self._import_slice(items, keep_good=True)
        self.position += len(items)
        self._report(imported, problems)
        if self.position >= self.total or not items:
            self.state = "done"
        return len(items)

    def _import_slice(self, items, *, keep_good):
        return self._import_rows(items, keep_good) if self.kind in ("csv", "xlsx") else self._import_objects(items)

    def _import_rows(self, rows, keep_good):
        """:return: ``(number imported, [values of messages])``"""
        exchange = self.env["crm.exchange"]
        columns = [
            (column.sequence, column.path.split(":", 1)[1], column.name) for column in self.column_ids if column.path
        ]
        names = {path.split("/")[0]: name for _index, path, name in reversed(columns)}
        good, problems = [], []
        for row in rows:
            found = [(index, row.problems[index]) for index, _path, _name in columns if index in row.problems]
            problems += [
                self._problem(row.line, self._column_name(index), exchange._reason(code)) for index, code in found
            ]
            if not found:
                good.append(row)
        if problems and not keep_good:
            good = []
        table = [
            [row.cells[index] if index < len(row.cells) else "" for index, _path, _name in columns] for row in good
        ]
        model = exchange._dataset(self.dataset).model
        ids, found = exchange._load_table(model, [path for _index, path, _name in columns], table, keep_good=keep_good)
        problems += [
            self._problem(good[problem.row].line, names.get(problem.field, problem.field), problem.reason)
            for problem in found
        ]
        return len(ids), problems

    def _column_name(self, index):
        return self.column_ids.filtered(lambda column: column.sequence == index).name

    def _import_objects(self, items):
        imported, messages = self.env["crm.exchange"]._import_objects(self.kind, items)
        return imported, [self._problem(line, "", reason, severity) for line, reason, severity in messages]

    def _problem(self, line, column, reason, severity="error"):
        return {
            "import_id": self.id,
            "line": line,
            "column": column or "",
            "reason": reason[:2000],
            "severity": severity,
        }

    def _report(self, imported, problems):
        problems = sorted(problems, key=lambda problem: (problem["severity"], problem["line"]))
        lines = {problem["line"] for problem in problems if problem["severity"] == "error"}
        room = max(0, MAX_ERRORS - len(self.error_ids))
        # sudo: messages are written by the import only, never by hand
        self.env["crm.exchange.import.error"].sudo().create(problems[:room])
        self.write({"done_count": self.done_count + imported, "error_count": self.error_count + len(lines)})

    @api.model
    def _cron_import(self):
        """Go on with running imports, each with the rights of its owner; a batch is kept when done."""
        cron = self.env["ir.cron"]
        for job in self.search([("state", "=", "running")], order="id"):
            # who made the import: unlike a field, nobody can write it
            owner = job.create_uid
            own = job.with_user(owner).with_context(lang=owner.lang, tz=owner.tz)
            items = None
            while own.state == "running":
                try:
                    with self.env.cr.savepoint():
                        items = own._read_all() if items is None else items
                        count = own._run_batch(items)
                except (psycopg2.OperationalError, psycopg2.InternalError):
                    raise  # another transaction was in the way: all begins again
                except Exception as error:  # noqa: BLE001 - whatever one file causes, others go on
                    # the file or the rights have changed meanwhile, or it holds what nobody thought of
                    own._report(0, [own._problem(0, "", own._failure_words(error))])
                    own.state, count = "refused", 0
                if not cron._commit_progress(count or 1, remaining=max(0, own.total - own.position)):
                    return

    @api.model
    def _failure_words(self, error):
        """Why an import stopped, for its owner."""
        if isinstance(error, UserError):
            return str(error)
        _logger.error("An import failed", exc_info=error)
        return self.env._("The file cannot be imported (%(error)s).", error=f"{type(error).__name__}: {error}")

    @api.autovacuum
    def _gc_finished(self):
        """Files hold personal data: finished imports, and those nobody began, go after thirty days."""
        limit = fields.Datetime.now() - timedelta(days=KEEP_DAYS)
        old = self.search([("state", "!=", "running"), ("write_date", "<", limit)], limit=GC_LIMIT)
        old.unlink()
        return len(old), len(old) == GC_LIMIT

    def action_refresh(self):
        """Nothing to do: the form is read again."""
        return False

    @api.depends("name", "create_date")
    def _compute_display_name(self):
        for job in self:
            job.display_name = job.name or format_datetime(self.env, job.create_date or fields.Datetime.now())
