from odoo import api, models
from odoo.exceptions import UserError

from ..tools import request_file
from .crm_request_submit import MAX_PAYLOADS


class NothingKept(Exception):
    """Takes back what was handed in: it was a trial, or the file has to be mended first."""


class CrmRequest(models.Model):
    """Files and messages on their way to :meth:`submit`: read, completed, handed in, and answered row by row."""

    _inherit = "crm.request"

    @api.model
    def _submit_file(self, kind, content, defaults, trial=False, key_prefix=None):
        """Hand in the requests of a file.

        A file whose requests have keys of their own is taken as far as it is in order: mended and handed in again,
        the rest follows. Without keys it is taken as a whole or not at all, because a mended file is another file.

        :param str kind: "csv", "xlsx", "json" or "xml" (a UBL order)
        :param bytes content: the file
        :param dict defaults: what each payload has: ``source`` is set, ``kind`` only where it is missing
        :param bool trial: say what would happen, and keep nothing
        :param str key_prefix: makes the keys of requests without one, instead of the content of the file
        :return: list of dicts for each request: ``rows``, ``status``, ``ext_key``, ``id`` and ``number`` or ``errors``
        :raises UserError: when the file cannot be read
        """
        try:
            entries, keyed = request_file.read(kind, content)
        except request_file.FileError as error:
            raise UserError(self._file_problem_text(error.code, error.value)) from error
        if key_prefix and not keyed:
            prefix = request_file.digest(content)[:32]
            for entry in entries:
                entry.payload["ext_key"] = entry.payload["ext_key"].replace(prefix, key_prefix, 1)
            keyed = True
        payloads = [{"kind": defaults["kind"]} | entry.payload | {"source": defaults["source"]} for entry in entries]
        try:
            with self.env.cr.savepoint():
                results = self._submit_entries(entries, payloads)
                if trial or (not keyed and any(result["status"] == "error" for result in results)):
                    raise NothingKept
        except NothingKept:
            self.env.invalidate_all()
            for result in results:
                if result["status"] == "created":
                    result["status"] = "valid"
                    del result["id"], result["number"]
        return results

    def _submit_entries(self, entries, payloads):
        """The results of entries, in order; those that could not be read well are not handed in."""
        good = [number for number, entry in enumerate(entries) if not entry.problems]
        results = {}
        for start in range(0, len(good), MAX_PAYLOADS):
            numbers = good[start : start + MAX_PAYLOADS]
            results |= dict(zip(numbers, self.submit([payloads[number] for number in numbers]), strict=True))
        for number, entry in enumerate(entries):
            if entry.problems:
                errors = [(path, self._file_problem_text(code, value)) for path, code, value in entry.problems]
                results[number] = self._submit_error(payloads[number], errors)
        return [results[number] | {"rows": list(entry.rows)} for number, entry in enumerate(entries)]

    @api.model
    def _file_problem_text(self, code, value):
        """What is wrong with a file, in words."""
        texts = {
            "kind": self.env._("Hand in a file of one of these kinds: %(kinds)s.", kinds=value),
            "size": self.env._("The file is larger than %(limit)s MB.", limit=value),
            "empty": self.env._("The file is empty."),
            "rows": self.env._("The file has more than %(limit)s rows: divide it.", limit=value),
            "encoding": self.env._("The file is not in UTF-8: save it as “CSV UTF-8”."),
            "csv": self.env._("The file is no readable CSV: %(error)s", error=value),
            "xlsx": self.env._("The file is no readable Excel file (.xlsx)."),
            "json": self.env._("The file is no readable JSON: %(error)s", error=value),
            "object": self.env._("Number %(number)s of the list is no request.", number=value),
            "xml": self.env._("The file is no readable XML: %(error)s", error=value),
            "doctype": self.env._("XML files with a document type declaration are not read."),
            "ubl_order": self.env._("The document is no UBL order but “%(name)s”.", name=value),
            "ubl_number": self.env._("The order has no number."),
            "ubl_buyer": self.env._("The order does not say who buys."),
            "header": self.env._("The first row has to name the columns, each once."),
            "column": self.env._(
                "There are no columns called: %(names)s. Known are: %(known)s.",
                names=value,
                known=", ".join(request_file.COLUMNS),
            ),
            "long": self.env._("Row %(row)s has more cells than there are columns.", row=value),
            "differs": self.env._("Row %(row)s says something else than the rows before with the same key.", row=value),
            "number": self.env._("“%(text)s” is no number.", text=value),
            "thousand": self.env._(
                "“%(text)s” may be thousands or decimals: write it without comma, or with a point.", text=value
            ),
        }
        return texts[code]

    @api.model
    def _results_text(self, results):
        """The results that are errors as lines of text, for whoever mends the file."""
        lines = []
        for result in results:
            rows = ", ".join(map(str, result["rows"]))
            for error in result.get("errors", ()):
                path = f" ({error['path']})" if error["path"] else ""
                lines.append(self.env._("Row %(rows)s: %(error)s", rows=rows, error=error["message"]) + path)
        return "\n".join(lines)
