from odoo.addons.web.controllers.export import CSVExport, ExcelExport, ExportXlsxWriter, GroupExportXlsxWriter

from ..tools import tabular


class TextMixin:
    """A workbook in which what customers wrote stays text: Odoo's own would run ``=HYPERLINK(...)``."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.worksheet.strings_to_formulas = False


class TextXlsxWriter(TextMixin, ExportXlsxWriter):
    pass


class TextGroupXlsxWriter(TextMixin, GroupExportXlsxWriter):
    pass


class CrmExcelExport(ExcelExport):
    """Export from any list of Odoo: names and notes of customers get there by web forms and mails, too."""

    def from_data(self, fields, columns_headers, rows):
        with TextXlsxWriter(fields, columns_headers, len(rows)) as writer:
            for y, row in enumerate(rows, start=1):
                for x, value in enumerate(row):
                    writer.write_cell(y, x, value)
        return writer.value

    def from_group_data(self, fields, columns_headers, groups):
        with TextGroupXlsxWriter(fields, columns_headers, groups.count) as writer:
            place = (1, 0)
            for name, group in groups.children.items():
                place = writer.write_group(*place, name, group)
        return writer.value


class CrmCsvExport(CSVExport):
    """Odoo guards ``=``, ``+`` and ``-`` in cells; spreadsheets take more for formulas, and headers can be typed."""

    def from_data(self, fields, columns_headers, rows):
        headers, *rows = (
            [tabular.guard(cell) if isinstance(cell, str) else cell for cell in row] for row in (columns_headers, *rows)
        )
        return super().from_data(fields, headers, rows)
