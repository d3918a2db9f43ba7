import base64
import doctest

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools import content_lines, vcard
from ..tools.vcard import Address, Card, Contact

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=60).map(str.strip)
TYPES = st.sets(st.sampled_from(["home", "work", "cell", "pref"])).map(lambda types: tuple(sorted(types)))
FILLED = TEXT.filter(bool)


@st.composite
def cards(draw, version="4.0"):
    name = draw(FILLED)
    is_company = draw(st.booleans())
    person = not is_company
    birthday = draw(st.sampled_from(["", "1985-04-12", "2000-02-29"] + ["--02-29"] * (version == "4.0")))
    return Card(
        uid=draw(TEXT),
        name=name,
        family=draw(FILLED) if person else "",
        given=draw(TEXT) if person else "",
        is_company=is_company,
        company=draw(TEXT) if person else "",
        department=draw(TEXT),
        function=draw(TEXT),
        emails=[Contact(f"{i}@x.example", draw(TYPES)) for i in range(draw(st.integers(0, 2)))],
        phones=draw(st.lists(st.builds(Contact, st.sampled_from(["+421 2 555", "0800,1;2"]), TYPES), max_size=2)),
        addresses=draw(st.lists(st.builds(Address, FILLED, TEXT, TEXT, TEXT, TEXT, TEXT, TYPES), max_size=2)),
        website=draw(st.sampled_from(["", "https://x.example/a,b;c"])),
        birthday=birthday,
        note="\n".join(draw(st.lists(FILLED, max_size=3))),
        lang=draw(st.sampled_from(["", "sk"])) if version == "4.0" else "",
        vat=draw(TEXT),
        ref=draw(TEXT),
        categories=draw(st.lists(FILLED, max_size=2)),
        related=draw(st.lists(st.tuples(st.sampled_from(["", "spouse", "child"]), FILLED), max_size=2)),
        photo=draw(st.sampled_from([b"", PNG])),
    )


@tagged("post_install", "-at_install", "pure")
class TestVcard(BaseCase):
    def _read(self, text, **kwargs):
        data = text if isinstance(text, bytes) else text.encode()
        [card] = vcard.read_cards(b"BEGIN:VCARD\r\n" + data.replace(b"\n", b"\r\n") + b"\r\nEND:VCARD\r\n")
        return card

    def test_doctests(self):
        self.assertEqual(doctest.testmod(vcard).failed, 0)
        self.assertEqual(doctest.testmod(content_lines).failed, 0)

    # === WHAT WAS WRITTEN COMES BACK === #

    @given(cards())
    @settings(max_examples=250, deadline=None)
    def test_round_trip_4(self, card):
        [read] = vcard.read_cards(vcard.write_card(card, "4.0"))
        self.assertEqual(vcard.without_position(read), card)
        self.assertFalse(read.warnings)

    @given(cards("3.0"))
    @settings(max_examples=250, deadline=None)
    def test_round_trip_3(self, card):
        [read] = vcard.read_cards(vcard.write_card(card, "3.0"))
        self.assertEqual(vcard.losses(card, "3.0"), [])
        self.assertEqual(vcard.without_position(read), card)

    @given(st.binary(max_size=300))
    def test_any_bytes(self, data):
        vcard.read_cards(b"BEGIN:VCARD\n" + data + b"\nEND:VCARD")

    def test_losses(self):
        self.assertEqual(vcard.losses(Card(birthday="--04-12", lang="sk"), "3.0"), ["birthday_year", "lang"])
        self.assertEqual(vcard.losses(Card(birthday="--04-12", lang="sk"), "4.0"), [])

    # === WRITERS OF THE WORLD === #

    def test_21_quoted_printable_soft_break(self):
        card = self._read(
            "VERSION:2.1\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=4E=6F=76=C3=A1=6B;J=C3=A1=\nn;;;\n"
            "TEL;CELL;PREF:0905 555 011\nEMAIL;INTERNET:jan@x.example"
        )
        self.assertEqual((card.name, card.family, card.given), ("Ján Novák", "Novák", "Ján"))
        self.assertEqual(card.phones, [Contact("0905 555 011", ("cell", "pref"))])
        self.assertEqual(card.emails, [Contact("jan@x.example", ())])

    def test_21_without_or_with_charset(self):
        self.assertEqual(self._read("FN;ENCODING=QUOTED-PRINTABLE:Dvo=F8=E1k").name, "Dvořák")
        self.assertEqual(self._read("FN;CHARSET=Windows-1252;ENCODING=QUOTED-PRINTABLE:M=FCller").name, "Müller")
        self.assertEqual(self._read("FN:Dvořák".encode("cp1250")).name, "Dvořák")

    def test_byte_order_marks(self):
        text = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Žofia\r\nEND:VCARD\r\n"
        for data in (text.encode("utf-8-sig"), text.encode("utf-16"), b"\xfe\xff" + text.encode("utf-16-be")):
            self.assertEqual([card.name for card in vcard.read_cards(data)], ["Žofia"])

    def test_fold_within_a_letter(self):
        raw = "FN:Žofia".encode()
        self.assertEqual(self._read(raw[:4] + b"\n " + raw[4:]).name, "Žofia")

    def test_garbage_line_spoils_nothing_else(self):
        data = b"BEGIN:VCARD\nFN:A\n<<garbage>>\nTEL:1234567\nEND:VCARD \nnoise\nBEGIN:VCARD\nFN:B\nEND:VCARD\t\n"
        first, second = vcard.read_cards(data)
        self.assertEqual((first.name, first.phones[0].value, first.warnings), ("A", "1234567", [("line", 3)]))
        self.assertEqual((second.name, second.line), ("B", 7))

    def test_card_not_closed(self):
        data = b"BEGIN:VCARD\nFN:A\nBEGIN:VCARD\nFN:B\nEND:VCARD\nBEGIN:VCARD\nFN:C\n"
        self.assertEqual([card.name for card in vcard.read_cards(data)], ["A", "B", "C"])

    def test_photo_of_4_is_whole(self):
        payload = base64.b64encode(PNG).decode()
        self.assertEqual(self._read(f"VERSION:4.0\nFN:A\nPHOTO:data:image/png;base64,{payload}").photo, PNG)
        self.assertEqual(self._read(f"FN:A\nPHOTO;ENCODING=BASE64;PNG:{payload[:40]}\n {payload[40:]}").photo, PNG)

    def test_photo_is_never_fetched(self):
        for line in ("PHOTO:http://10.0.0.1/x,y.png", "PHOTO;VALUE=URI:file:///etc/passwd"):
            card = self._read(f"FN:A\n{line}")
            self.assertEqual((card.photo, card.warnings), (b"", [("photo_url", 3)]))
        bomb = base64.b64encode(PNG + b"\0" * (vcard.MAX_PHOTO + 1)).decode()
        for value in (f"png;base64,{bomb}", "svg+xml;base64,PHN2Zz4=", "png;base64,%%"):
            card = self._read(f"FN:A\nPHOTO:data:image/{value}")
            self.assertEqual((card.photo, card.warnings), (b"", [("photo", 3)]))

    def test_quoted_types(self):
        card = self._read('VERSION:4.0\nFN:A\nTEL;TYPE="voice,cell";PREF=1;VALUE=uri:tel:+421-2-555\nTEL;TYPE=fax:1')
        self.assertEqual(card.phones[0], Contact("+421-2-555", ("cell", "pref", "voice")))
        self.assertEqual(vcard.main_phone(card), "+421-2-555")

    def test_4_properties(self):
        card = self._read("VERSION:4.0\nKIND:org\nFN:Acme\nBDAY:--0412\nRELATED;TYPE=child;VALUE=text:Eva\nGENDER:F")
        self.assertEqual(
            (card.is_company, card.birthday, card.related, card.extras),
            (True, "--04-12", [("child", "Eva")], [("GENDER", "F")]),
        )

    def test_labels_by_group(self):
        card = self._read("FN:A\nitem1.X-ABRELATEDNAMES:Eva\nitem1.X-ABLabel:_$!<Spouse>!$_")
        self.assertEqual(card.related, [("spouse", "Eva")])

    def test_company_of_an_address_book(self):
        card = self._read("FN:Acme\nN:;;;;\nORG:Acme;Sales\nX-ABShowAs:COMPANY")
        self.assertEqual((card.is_company, card.company, card.department), (True, "", "Sales"))

    def test_names_that_are_missing(self):
        self.assertEqual(self._read("FN:de la Cruz").family, "")
        self.assertEqual(self._read("N:Novák;Ján;;;\nFN:").name, "Ján Novák")
        self.assertEqual(self._read("EMAIL:a@x.example").name, "a@x.example")
        self.assertEqual(self._read("TEL:1").name, "")

    def test_address_lines_agent_and_categories(self):
        card = self._read(
            "VERSION:2.1\nFN:A\nADR;WORK;ENCODING=QUOTED-PRINTABLE:;;Dom 1=0D=0AVchod B;Brno;;602 00;CZ\n"
            "AGENT:\nBEGIN:VCARD\nFN:Agent\nTEL:999\nEND:VCARD\nCATEGORIES:VIP,Wine\\, red"
        )
        self.assertEqual(card.addresses, [Address("Dom 1", "Vchod B", "Brno", "", "602 00", "CZ", ("work",))])
        self.assertEqual((card.name, card.categories, card.phones), ("A", ["VIP", "Wine, red"], []))
        self.assertIn(("agent", 5), card.warnings)

    def test_five_thousand_cards(self):
        data = b"".join(vcard.write_card(Card(name=f"N {i}", family=f"{i}")) for i in range(5000))
        self.assertEqual([card.family for card in vcard.read_cards(data)][-1], "4999")
        with self.assertRaises(ValueError):
            vcard.read_cards(data, limit=4999)
