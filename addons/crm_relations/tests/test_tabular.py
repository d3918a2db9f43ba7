import datetime
import doctest
import io
import zipfile

import openpyxl
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools import tabular

CELL = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20),
    st.text("=+-@'0123456789\t\r\n a＝；;,|\"", max_size=8),
)


@tagged("post_install", "-at_install", "pure")
class TestTabular(BaseCase):
    def test_doctests(self):
        self.assertEqual(doctest.testmod(tabular).failed, 0)

    @given(CELL)
    @settings(max_examples=400)
    def test_guard_is_undone(self, text):
        guarded = tabular.guard(text)
        self.assertEqual(tabular.unguard(guarded), text)
        if guarded.lstrip()[:1] in ("=", "@"):
            self.fail(f"a formula: {guarded!r}")

    @given(st.lists(st.lists(CELL, min_size=2, max_size=4), min_size=1, max_size=5), st.sampled_from(";,\t|"))
    @settings(max_examples=300)
    def test_csv_round_trip(self, rows, delimiter):
        text, encoding = tabular.decode(tabular.write_csv(rows, delimiter))
        self.assertEqual(encoding, "utf-8")
        if text[:4].lower() == "sep=":
            return
        read = [row.cells for row in tabular.read_csv(text, delimiter)]
        self.assertEqual(read, [row for row in rows if any(row)])

    def test_formulas(self):
        for text in ('=HYPERLINK("x")', "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3", "\t=1", "\r=1", "＝1+1", "  =1"):
            self.assertEqual(tabular.guard(text), f"'{text}")
        for text in ("+421 2 555 0133", "+420123456789", "-5", "-5,20", "a=b", "", "'quoted'"):
            self.assertEqual(tabular.guard(text), text)

    def test_xlsx_has_no_formulas_and_links(self):
        rows = [["name", "url"], ["=1+1", "http://x.example"], ["007", "+421 2"], [5, 4.2]]
        data = tabular.write_xlsx(rows)
        cells = [
            [(cell.value, cell.data_type) for cell in row] for row in openpyxl.load_workbook(io.BytesIO(data)).active
        ]
        self.assertEqual(cells[1], [("=1+1", "s"), ("http://x.example", "s")])
        self.assertFalse(any("hyperlink" in name for name in zipfile.ZipFile(io.BytesIO(data)).namelist()))
        read = [row.cells for row in tabular.read_xlsx(data)]
        self.assertEqual(read, [["name", "url"], ["=1+1", "http://x.example"], ["007", "+421 2"], ["5", "4.2"]])

    def _workbook(self, rows, **options):
        book = openpyxl.Workbook()
        if options.get("epoch"):
            book.epoch = options["epoch"]
        for row in rows:
            book.active.append(row)
        target = io.BytesIO()
        book.save(target)
        return target.getvalue()

    def test_xlsx_of_others(self):
        read = tabular.read_xlsx(
            self._workbook([["a", "b"], [4.2e11, True], [datetime.date(2026, 2, 1), "=1+1"], [None, None]])
        )
        self.assertEqual(
            [row.cells for row in read], [["a", "b"], ["420000000000", "True"], ["2026-02-01 00:00:00", ""]]
        )
        self.assertEqual((read[2].line, read[2].problems), (3, {1: "formula"}))
        from openpyxl.utils.datetime import CALENDAR_MAC_1904  # noqa: PLC0415

        old = self._workbook([["d"], [datetime.datetime(2026, 2, 1)]], epoch=CALENDAR_MAC_1904)
        self.assertEqual(tabular.read_xlsx(old)[1].cells, ["2026-02-01 00:00:00"])

    def test_files_that_are_none(self):
        for data, code in ((b"PK\x03\x04rubbish", "zip"), (self._zip(), "xlsx")):
            with self.assertRaises(tabular.TableError) as caught:
                tabular.read_xlsx(data)
            self.assertEqual(caught.exception.code, code)
        with self.assertRaises(tabular.TableError) as caught:
            tabular.read_xlsx(self._workbook([[1]] * 12), max_rows=10)
        self.assertEqual(caught.exception.code, "rows")

    def _zip(self):
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w") as archive:
            archive.writestr("x.txt", "x")
        return target.getvalue()

    def test_encodings(self):
        text = "názov;obec\r\nŽofia Černá;Košice\r\n"
        cases = [
            (text.encode(), "sk_SK", "utf-8"),
            (text.encode("utf-8-sig"), "sk_SK", "utf-8"),
            (text.encode("utf-16"), "sk_SK", "utf-16"),
            (text.encode("cp1250"), "sk_SK", "cp1250"),
            (text.encode("cp1250"), "sr@latin", "cp1250"),
            ("Carter’s;Überlingen\r\n".encode("cp1252"), "en_US", "cp1252"),
            ("Carter’s;Überlingen\r\n".encode(), "en_US", "utf-8"),
            ("Фирма;Ниш".encode("cp1251"), "sr_RS", "cp1251"),
        ]
        for data, lang, encoding in cases:
            decoded, found = tabular.decode(data, lang)
            self.assertEqual(found, encoding)
            self.assertEqual(decoded.encode(), data.decode("utf-8-sig" if encoding == "utf-8" else encoding).encode())
        self.assertEqual(tabular.decode(b"\xe8", "en_US", "cp1250"), ("č", "cp1250"))

    def test_delimiters(self):
        cases = {
            "a;b\n1,5;2\n": ";",
            "a,b\n1,2\n": ",",
            "a\tb\n1\t2\n": "\t",
            "a|b|c\n1|2|3": "|",
            "sep=;\na;b": ";",
            'name;note\nx;"a, b\nc, d"\ny;"e, f"\n': ";",
            "only\none\n": ",",
            "": ",",
        }
        for text, expected in cases.items():
            self.assertEqual(tabular.find_delimiter(text), expected, text)

    def test_lines_of_quoted_rows(self):
        rows = tabular.read_csv('a,b\n"x\ny",1\n\n007,"say ""hi""",\n', ",")
        self.assertEqual(
            [(row.line, row.cells) for row in rows], [(1, ["a", "b"]), (2, ["x\ny", "1"]), (5, ["007", 'say "hi"', ""])]
        )
        rows = tabular.read_csv("sep=;\na;b\n1;2\n", ";")
        self.assertEqual([(row.line, row.cells) for row in rows], [(2, ["a", "b"]), (3, ["1", "2"])])
        with self.assertRaises(tabular.TableError) as caught:
            tabular.read_csv('a\n"b"c\n', ",")
        self.assertEqual((caught.exception.code, caught.exception.detail), ("csv", "2"))
        self.assertEqual(tabular.read_csv("a\n" + "x" * (tabular.MAX_CELL + 1), ",")[1].problems, {0: "long"})

    def test_kinds(self):
        cases = {
            b"PK\x03\x04": "xlsx",
            b"\xd0\xcf\x11\xe0": "xls",
            b"\xef\xbb\xbfBEGIN:VCARD": "vcf",
            "BEGIN:VCARD".encode("utf-16"): "vcf",
            b"begin:vcalendar": "ics",
            b"name,x": "csv",
            b"": "csv",
        }
        for data, kind in cases.items():
            self.assertEqual(tabular.file_kind(data), kind)
