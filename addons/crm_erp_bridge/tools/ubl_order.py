"""UBL 2.x orders (PEPPOL BIS Ordering among them) become a payload of ``crm.request.submit``.

A file from outside is read without its document type, entities or anything that the parser would have to fetch.
"""

from lxml import etree

from ..const import PIECES

CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
ORDER = "{urn:oasis:names:specification:ubl:schema:xsd:Order-2}Order"
NAMES = {"cac": CAC, "cbc": CBC}
BUYER = "cac:BuyerCustomerParty/cac:Party"
MAX_TEXT = 2000


class OrderError(Exception):
    """The document is no order that can be read; ``code`` says why, a word."""

    def __init__(self, code: str, value: str = ""):
        super().__init__(f"{code} {value}".strip())
        self.code = code
        self.value = value


def payload(content: bytes) -> dict:
    """The request of an order: who buys, the number that the buyer gave it, what is wanted until when.

    The key is the buyer's identification with that number: the same order sent again is the same request.

    :raises OrderError: for what is no well-formed UBL order with a number and a buyer
    """
    order = _root(content)
    number = _text(order, "cbc:ID")
    partner = _partner(order)
    if not number:
        raise OrderError("ubl_number")
    if not partner:
        raise OrderError("ubl_buyer")
    found = {
        "ext_key": f"{_buyer_key(order, partner)}:{number}"[:128],
        "name": f"UBL {number}"[:200],
        "reference": number[:100],
        "partner": partner,
        "lines": [_line(line) for line in order.iterfind("cac:OrderLine/cac:LineItem", NAMES)],
    }
    if note := "\n".join(filter(None, (element.text for element in order.iterfind("cbc:Note", NAMES)))).strip():
        found["description"] = note[:20_000]
    if day := _day(order, "cac:Delivery/cac:RequestedDeliveryPeriod/cbc:EndDate"):
        found["date_promised"] = day
    return found


def _root(content: bytes):
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise OrderError("xml", str(error)[:200]) from error
    if root.getroottree().docinfo.doctype:
        raise OrderError("doctype")
    if root.tag != ORDER:
        raise OrderError("ubl_order", etree.QName(root).localname[:64])
    return root


def _text(element, path: str) -> str:
    return " ".join((element.findtext(path, "", NAMES) or "").split())


def _day(element, path: str) -> str:
    return _text(element, path)[:10]


def _partner(order) -> dict:
    """The buyer by everything that identifies it; what identifies best is used first by ``submit``."""
    candidates = {
        "ref": _text(order, f"{BUYER}/cac:PartyIdentification/cbc:ID"),
        "vat": _text(order, f"{BUYER}/cac:PartyTaxScheme/cbc:CompanyID"),
        "email": _text(order, f"{BUYER}/cac:Contact/cbc:ElectronicMail"),
        "name": _text(order, f"{BUYER}/cac:PartyLegalEntity/cbc:RegistrationName")
        or _text(order, f"{BUYER}/cac:PartyName/cbc:Name"),
    }
    limits = {"vat": 64}
    return {kind: value[: limits.get(kind, 200)] for kind, value in candidates.items() if value}


def _buyer_key(order, partner: dict) -> str:
    return _text(order, f"{BUYER}/cbc:EndpointID") or next(iter(partner.values()))


def _unit(item) -> str:
    found = item.find("cbc:Quantity", NAMES)
    code = "" if found is None else (found.get("unitCode") or "").strip()
    return code[:10] or "C62"


def _line(item) -> dict:
    """What is wanted: our number of the article, else its bar code, else its name."""
    name = _text(item, "cac:Item/cbc:Name")
    product = (
        _text(item, "cac:Item/cac:SellersItemIdentification/cbc:ID")
        or _text(item, "cac:Item/cac:StandardItemIdentification/cbc:ID")
        or name
    )
    line = {"product": product[:200]}
    text = "\n".join(filter(None, (name, _text(item, "cac:Item/cbc:Description"))))
    if text and text != product:
        line["name"] = text[:MAX_TEXT]
    quantity = _text(item, "cbc:Quantity")
    try:
        line["quantity"] = float(quantity) if quantity else 1.0
    except ValueError:
        line["quantity"] = quantity  # refused by the schema, with the line that has it
    # most orders count pieces and mean the unit of the product; a dozen or a kilogram is checked by the product
    if (unit := _unit(item)) not in PIECES:
        line["unit"] = unit
    if day := _day(item, "cac:Delivery/cac:RequestedDeliveryPeriod/cbc:EndDate"):
        line["date_wanted"] = day
    return line
