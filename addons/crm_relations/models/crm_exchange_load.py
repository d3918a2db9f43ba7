import logging
from collections import defaultdict
from typing import NamedTuple

import psycopg2

from odoo import api, models
from odoo.exceptions import UserError
from odoo.models import fix_import_export_id_paths
from odoo.tools import SQL, mute_logger
from odoo.tools.lru import LRU

_logger = logging.getLogger(__name__)

PARTS = 8
"""What fails together is tried again in so many parts: of 500 rows with 5 wrong ones, each is created 2.6 times."""
MODULE = "__import__"


class Problem(NamedTuple):
    """:ivar row: index of the row; :ivar field: name of the field or ''; :ivar reason: for the user"""

    row: int
    field: str
    reason: str


class Entry(NamedTuple):
    """A row as it can be written: its index, external ID, database ID and values."""

    row: int
    xml_id: str | None
    values: dict


class Loading:
    """One table on its way into a model: what waits to be created, what was, and what is wrong."""

    def __init__(self, model):
        self.model = model
        self.waiting = []
        self.xml_ids = set()
        self.ids = {}
        self.problems = defaultdict(list)


class CrmExchange(models.AbstractModel):
    """Tables into models.

    Core reads the cells (:meth:`_extract_records`, :meth:`_convert_records`);
    but where one row of a batch fails, it creates the whole batch row by row
    and keeps nothing. Here good rows are written in batches whatever is wrong
    with others: what fails is divided until the wrong rows are alone.
    """

    _inherit = "crm.exchange"

    @api.model
    def _load_table(self, model, paths, rows, *, keep_good):
        """Load rows into a model with the rights of the user.

        :param rows: lists of texts, one per path
        :param keep_good: load what is right and report the rest; else nothing is loaded when anything is wrong
        :return: ``(ids, [Problem])``
        """
        model = self.env[model].with_context(
            tz="UTC",
            tracking_disable=True,
            mail_create_nosubscribe=True,
            _import_current_module=MODULE,
            crm_exchange=True,
        )
        loading = Loading(model)
        # rows that the database refuses are for the user, not for the log
        with mute_logger("odoo.sql_db"), self.env.cr.savepoint() as savepoint:
            wrong = self._load_convert(loading, paths, rows, savepoint)
            self._load_waiting(loading)
            self._load_look_again(loading, wrong)
            problems = [problem for row in sorted(loading.problems) for problem in loading.problems[row]]
            if problems and not keep_good:
                savepoint.rollback()
                self.pool.reset_changes()
                return [], problems
        return [loading.ids[row] for row in sorted(loading.ids)], problems

    @api.model
    def _load_convert(self, loading, paths, rows, savepoint):
        """Read the cells; what core would only warn of (and guess) counts as an error.

        :return: the entries of rows with such errors, without the cells in question
        """

        def log(message):
            where = message["rows"]
            for row in range(where["from"], min(where["to"], len(rows) - 1) + 1):
                problem = Problem(row, message.get("field") or "", str(message["message"]))
                loading.problems[row].append(problem)

        def flush(*, xml_id=None, model=None):
            """Asked before a reference is looked up: what it could mean has to be there."""
            if xml_id in loading.xml_ids or model == loading.model._name:
                self._load_waiting(loading)

        model = loading.model.with_context(import_flush=flush, import_cache=LRU(1024))
        wrong = []
        extracted = model._extract_records([fix_import_export_id_paths(path) for path in paths], rows, log=log)
        for db_id, xml_id, values, info in model._convert_records(extracted, log=log, savepoint=savepoint):
            row = info["rows"]["from"]
            if xml_id and "." not in xml_id:
                xml_id = f"{MODULE}.{xml_id}"
            if db_id and not xml_id:
                values["id"] = db_id
            entry = Entry(row, xml_id or None, values)
            if row in loading.problems:
                wrong.append(entry)
            else:
                loading.waiting.append(entry)
                loading.xml_ids.add(xml_id)
        return wrong

    @api.model
    def _load_waiting(self, loading):
        """Create or change what waits."""
        entries = loading.waiting[:]
        loading.waiting.clear()
        loading.xml_ids.clear()
        self._load_entries(loading, entries)

    @api.model
    def _load_look_again(self, loading, wrong):
        """Whatever else is wrong with rows that are refused anyway is told at once; nothing of them stays."""
        if wrong:
            with self.env.cr.savepoint() as savepoint:
                other = Loading(loading.model)
                self._load_entries(other, wrong)
                savepoint.rollback()
            for row, problems in other.problems.items():
                loading.problems[row] += problems

    @api.model
    def _load_entries(self, loading, entries, *, looked=False):
        """All together if that goes, else in parts; a single row that does not go is a problem.

        :param looked: what could be said about the rows beforehand was said
        """
        if not entries:
            return
        model = loading.model
        try:
            with self.env.cr.savepoint():
                # what the database refuses is said within the savepoint, which flushes at its end
                records = model._load_records([
                    {"xml_id": entry.xml_id, "values": dict(entry.values), "noupdate": False} for entry in entries
                ])
        except (psycopg2.OperationalError, psycopg2.InternalError):
            raise  # another transaction was in the way: all begins again
        except Exception as error:  # noqa: BLE001 - whatever a row causes is said of that row
            if len(entries) == 1:
                loading.problems[entries[0].row].append(self._load_problem(model, entries[0].row, error))
                return
            doubtful = set() if looked else self._load_doubtful(model, entries)
        else:
            loading.ids.update((entry.row, record_id) for entry, record_id in zip(entries, records.ids, strict=True))
            return
        if doubtful:
            parts = [[entry for entry in entries if entry.row not in doubtful]]
            parts += [[entry] for entry in entries if entry.row in doubtful]
        else:
            size = -(-len(entries) // PARTS)
            parts = [entries[start : start + size] for start in range(0, len(entries), size)]
        for part in parts:
            self._load_entries(loading, part, looked=True)

    @api.model
    def _load_doubtful(self, model, entries):
        """Rows that the model's own checks find fault with before anything is written: a guess, but a cheap one.

        :return: numbers of rows to try on their own; none when the guess blames too many to be of use
        """
        doubtful = set()
        for entry in entries:
            try:
                with self.env.cr.savepoint(flush=False):  # a check that breaks on the database leaves it usable
                    model.new(entry.values)._validate_fields(entry.values)
            except Exception:  # noqa: BLE001 - whatever it is will be said when the row is written
                doubtful.add(entry.row)
        return doubtful if len(doubtful) <= max(1, len(entries) // PARTS) else set()

    @api.model
    def _load_problem(self, model, row, error):
        """Why a row was refused, in words."""
        if isinstance(error, UserError):
            return Problem(row, "", str(error))
        if isinstance(error, psycopg2.Error):
            columns = self._load_columns(model, error.diag)
            return Problem(row, columns[0] if len(columns) == 1 else "", model._sql_error_to_message(error))
        _logger.warning("A row of an import failed", exc_info=error)
        return Problem(
            row, "", self.env._("The row cannot be written (%(error)s).", error=f"{type(error).__name__}: {error}")
        )

    @api.model
    def _load_columns(self, model, diagnostics):
        """Columns of the model's table that an error of the database is about."""
        if diagnostics.table_name != model._table:
            return []
        if diagnostics.column_name:
            return [diagnostics.column_name]
        rows = self.env.execute_query(
            SQL(
                "SELECT a.attname FROM pg_constraint c "
                "JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY(c.conkey) "
                "WHERE c.conname = %s AND c.conrelid = %s::regclass",
                diagnostics.constraint_name,
                model._table,
            )
        )
        return [name for [name] in rows]
