import base64
import io

from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from odoo.exceptions import AccessError, UserError
from odoo.tests import BaseCase, tagged

from ..tools import request_file
from ..tools.request_file import FileError
from .test_request_submit import SubmitCommon

ORDER = """<?xml version="1.0" encoding="UTF-8"?>
<Order xmlns="urn:oasis:names:specification:ubl:schema:xsd:Order-2"
       xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
       xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
  <cbc:ID>PO-34</cbc:ID>
  <cbc:Note>Ring twice</cbc:Note>
  <cac:BuyerCustomerParty><cac:Party>
    <cbc:EndpointID schemeID="0088">7300010000001</cbc:EndpointID>
    <cac:PartyName><cbc:Name>Vinograd d.o.o.</cbc:Name></cac:PartyName>
    <cac:PartyTaxScheme><cbc:CompanyID>BE0477472701</cbc:CompanyID></cac:PartyTaxScheme>
  </cac:Party></cac:BuyerCustomerParty>
  <cac:Delivery><cac:RequestedDeliveryPeriod><cbc:EndDate>2027-02-15</cbc:EndDate></cac:RequestedDeliveryPeriod></cac:Delivery>
  <cac:OrderLine><cac:LineItem>
    <cbc:ID>1</cbc:ID><cbc:Quantity unitCode="C62">120</cbc:Quantity>
    <cac:Price><cbc:PriceAmount currencyID="SEK">0.01</cbc:PriceAmount></cac:Price>
    <cac:Item><cbc:Name>Pruning by hand</cbc:Name>
      <cac:SellersItemIdentification><cbc:ID>PRUNE</cbc:ID></cac:SellersItemIdentification></cac:Item>
  </cac:LineItem></cac:OrderLine>
</Order>"""
BOMB = ORDER.replace(
    "<Order ", '<!DOCTYPE Order [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n<Order ', 1
).replace("Ring twice", "&x;")


@tagged("post_install", "-at_install", "pure")
class TestRequestFiles(BaseCase):
    """Reading files, without a database."""

    def _problem(self, kind, content):
        with self.assertRaises(FileError) as raised:
            request_file.read(kind, content if isinstance(content, bytes) else content.encode())
        return raised.exception.code, raised.exception.value

    def test_rows_with_one_key_are_one_request(self):
        text = "\ufeffext_key;customer_ref;product;quantity\nA;C-77;X;2,5\nB;C-77;Y;1\nA;;Z;3\n;;;\n"
        entries, keyed = request_file.read("csv", text.encode())
        self.assertTrue(keyed)
        self.assertEqual(
            [(entry.rows, entry.payload, entry.problems) for entry in entries],
            [
                ((2, 4), {"ext_key": "A", "partner": {"ref": "C-77"},
                          "lines": [{"product": "X", "quantity": 2.5}, {"product": "Z", "quantity": 3.0}]}, ()),
                ((3,), {"ext_key": "B", "partner": {"ref": "C-77"}, "lines": [{"product": "Y", "quantity": 1.0}]}, ()),
            ],
        )  # fmt: skip

    def test_without_keys_the_content_names_the_requests(self):
        content = b"customer_ref,product\nC,X\nC,X\n"
        entries, keyed = request_file.read("csv", content)
        prefix = request_file.digest(content)[:32]
        self.assertFalse(keyed)
        self.assertEqual([entry.payload["ext_key"] for entry in entries], [f"{prefix}-2", f"{prefix}-3"])

    def test_what_is_wrong_with_a_row(self):
        text = "ext_key,customer_ref,quantity\nA,C,two\nA,D,1\nB,C,1,9\n"
        entries, _keyed = request_file.read("csv", text.encode())
        self.assertEqual(
            [entry.problems for entry in entries],
            [(("quantity", "number", "two"), ("customer_ref", "differs", "3")), (("", "long", "4"),)],
        )

    def test_what_is_wrong_with_a_file(self):
        self.assertEqual(self._problem("csv", "Kunde,product\nA,B\n"), ("column", "kunde"))
        self.assertEqual(self._problem("csv", "product,product\nA,B\n"), ("header", ""))
        self.assertEqual(self._problem("csv", "subject\nČaj\n".encode("cp1250")), ("encoding", ""))
        self.assertEqual(self._problem("csv", "product\n"), ("empty", ""))
        self.assertEqual(self._problem("csv", " \n "), ("empty", ""))
        self.assertEqual(self._problem("csv", b"x" * (request_file.MAX_BYTES + 1)), ("size", "10"))
        self.assertEqual(self._problem("xlsx", "no zip"), ("xlsx", ""))
        self.assertEqual(self._problem("json", "[1]"), ("object", "1"))
        self.assertEqual(self._problem("json", "{")[0], "json")
        self.assertEqual(self._problem("pdf", "x"), ("kind", "csv, xlsx, json, xml"))
        self.assertEqual(self._problem("xml", "<a/>"), ("ubl_order", "a"))
        self.assertEqual(self._problem("xml", "<a")[0], "xml")
        self.assertEqual(self._problem("xml", ORDER.replace("PO-34", " ")), ("ubl_number", ""))

    def test_a_thousand_is_not_read_as_one(self):
        """In a file with commas between its columns "1,000" may be either; with semicolons it is a decimal."""
        def read(text):
            return [
                (entry.payload["lines"][0].get("quantity"), entry.problems)
                for entry in request_file.read("csv", text.encode())[0]
            ]  # fmt: skip

        self.assertEqual(
            read('product,quantity\nX,"1,000"\nX,"12,5"\nX,"0,125"\nX,1000\n'),
            [(None, (("quantity", "thousand", "1,000"),)), (12.5, ()), (0.125, ()), (1000.0, ())],
        )
        self.assertEqual(read("product;quantity\nX;1,250\n"), [(1.25, ())])

    def test_the_unit_of_an_order(self):
        """Pieces are the unit of the product; a dozen is told, so that 120 dozens are not 120 pieces."""
        units = []
        for code in ("C62", "EA", "DZN", ""):
            [entry], _keyed = request_file.read("xml", ORDER.replace("C62", code).encode())
            units.append(entry.payload["lines"][0].get("unit"))
        self.assertEqual(units, [None, None, "DZN", None])

    def test_no_entity_of_a_foreign_document_is_followed(self):
        self.assertEqual(self._problem("xml", BOMB), ("doctype", ""))

    def test_excel(self):
        book = Workbook()
        book.active.append(["ext_key", "customer_ref", "product", "quantity", "date_wanted"])
        book.active.append([1001.0, "C-77", "X", 2.5, request_file.date(2027, 1, 31)])
        content = io.BytesIO()
        book.save(content)
        [entry], keyed = request_file.read("xlsx", content.getvalue())
        self.assertTrue(keyed)
        self.assertEqual(
            entry.payload,
            {"ext_key": "1001", "partner": {"ref": "C-77"},
             "lines": [{"product": "X", "quantity": 2.5, "date_wanted": "2027-01-31"}]},
        )  # fmt: skip

    def test_an_order_of_another_firm(self):
        [entry], keyed = request_file.read("xml", ORDER.encode())
        self.assertTrue(keyed)
        self.assertEqual(
            entry.payload,
            {"ext_key": "7300010000001:PO-34", "name": "UBL PO-34", "reference": "PO-34", "description": "Ring twice",
             "partner": {"vat": "BE0477472701", "name": "Vinograd d.o.o."}, "date_promised": "2027-02-15",
             "lines": [{"product": "PRUNE", "name": "Pruning by hand", "quantity": 120.0}]},
        )  # fmt: skip

    @settings(max_examples=200, deadline=None)
    @given(st.sampled_from(request_file.KINDS), st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
    def test_any_content_is_read_or_refused(self, kind, content):
        try:
            entries, _keyed = request_file.read(kind, content)
        except FileError:
            return
        self.assertTrue(entries)
        for entry in entries:
            self.assertLessEqual(1, len(entry.payload["ext_key"]) if isinstance(entry.payload["ext_key"], str) else 1)


@tagged("post_install", "-at_install")
class TestRequestImport(SubmitCommon):
    """The dialog, as the salesperson who may use it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = cls._create_user("clerk", "crm_erp_bridge.group_user_all")

    def _import(self, text, name="orders.csv", user=None):
        wizard = self.env["crm.request.import"].with_user(user or self.clerk).create(
            {"file": base64.b64encode(text.encode()), "filename": name, "type_id": self.order_type.id}
        )
        return wizard

    def _made(self):
        return self.env["crm.request"].search([("source", "=", "file")], order="id")

    def test_checked_first_then_imported_and_known_the_second_time(self):
        text = "ext_key,customer_ref,product,quantity\n1,C-77,PRUNE,2\n1,,PRUNE,3\n2,C-77,PRUNE,1\n"
        wizard = self._import(text)
        wizard.action_check()
        self.assertEqual(wizard.line_ids.mapped("status"), ["valid", "valid"])
        self.assertEqual((wizard.state, wizard.created_count, len(self._made())), ("checked", 2, 0))
        wizard.action_import()
        made = self._made()
        self.assertEqual(wizard.line_ids.mapped("status"), ["created", "created"])
        self.assertEqual(wizard.line_ids.request_id, made)
        self.assertEqual((wizard.state, made.mapped("line_ids.quantity")), ("done", [2, 3, 1]))
        self.assertEqual((made.partner_id, made.type_id, made.create_uid), (self.customer, self.order_type, self.clerk))
        again = self._import(text)
        again.action_import()
        self.assertEqual(again.line_ids.mapped("status"), ["replayed", "replayed"])
        self.assertEqual(self._made(), made)

    def test_errors_stand_at_their_rows_and_the_rest_is_taken(self):
        text = "ext_key,customer_ref,product,quantity\n1,C-77,PRUNE,x\n2,NOBODY,PRUNE,1\n3,C-77,PRUNE,1\n"
        wizard = self._import(text)
        wizard.action_import()
        self.assertEqual(
            [(line.rows, line.status, line.message) for line in wizard.line_ids],
            [
                ("2", "error", "“x” is no number. (quantity)"),
                ("3", "error", "No customer was found by ref “NOBODY”. (partner)"),
                ("4", "created", ""),
            ],
        )
        self.assertEqual(self._made().mapped("ext_key"), ["3"])

    def test_without_keys_all_or_nothing(self):
        wizard = self._import("customer_ref,product\nC-77,PRUNE\nC-77,NOTHING\n")
        wizard.action_import()
        self.assertEqual(wizard.line_ids.mapped("status"), ["valid", "error"])
        self.assertEqual((wizard.state, len(self._made())), ("checked", 0))
        self._import("customer_ref,product\nC-77,PRUNE\nC-77,PRUNE\n").action_import()
        self._import("customer_ref,product\nC-77,PRUNE\nC-77,PRUNE\n").action_import()
        self.assertEqual(len(self._made()), 2)

    def test_an_order_in_ubl(self):
        wizard = self._import(ORDER, "order.xml")
        wizard.action_import()
        request = self._made()
        self.assertEqual(
            (request.partner_id, request.reference, str(request.date_promised), request.line_ids.product_id.name,
             request.line_ids.quantity),
            (self.customer, "PO-34", "2027-02-15", "Pruning", 120),
        )  # fmt: skip
        self._import(ORDER, "the same.xml").action_import()
        self.assertEqual(self._made(), request)

    def test_one_clear_error_for_a_file_that_cannot_be_read(self):
        for name, text, message in (
            ("order.xml", BOMB, "XML files with a document type declaration are not read."),
            ("x.pdf", "x", "Hand in a file of one of these kinds: csv, xlsx, json, xml."),
        ):
            with self.assertRaises(UserError) as raised:
                self._import(text, name).action_import()
            self.assertEqual(str(raised.exception), message)
        with self.assertRaises(UserError):
            self._import("", "x.csv").action_check()
        self.assertFalse(self._made())

    def test_the_template_can_be_read(self):
        wizard = self._import("x")
        wizard.action_template()
        [entry], _keyed = request_file.read("csv", base64.b64decode(wizard.file))
        self.assertEqual((entry.payload["ext_key"], entry.problems), ("A-1001", ()))

    def test_others_may_not(self):
        for user in (self.worker, self.accountant, self.auditor, self.robot):
            with self.assertRaises(AccessError):
                self._import("product\nPRUNE\n", user=user)
