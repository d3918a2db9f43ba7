from odoo import api, models
from odoo.fields import Command, Domain
from odoo.tools import email_normalize

from .. import const

PARTNER_KEYS = ("id", "ref", "vat", "email", "name")


class CrmRequestLookup(models.AbstractModel):
    """Finds the customers, products and types that payloads name, a query for each kind of name."""

    _name = "crm.request.lookup"
    _description = "Lookup for Requests of Other Systems"

    @api.model
    def _prepare(self, payloads):
        """A :class:`Lookup` for these payloads; called in superuser mode with the company of the payloads."""
        return Lookup(self.env, payloads)


class Lookup:
    """What the payloads name, found in bulk.

    :ivar partners: {(kind of name, name): partners}
    :ivar products: {name: products}
    :ivar types: {code or kind: type}
    """

    def __init__(self, env, payloads):
        self.env = env
        company = Domain("company_id", "in", (False, env.company.id))
        self.types = self._find_types(company)
        self.partners = self._find_partners(payloads, company)
        self.products = self._find_products(payloads, company)

    def values_of(self, payload):
        """Values of the request of a payload, and what is wrong with it: ``(values, [(path, message)])``."""
        errors = []
        values = self.env["crm.request"]._submit_values(payload)
        request_type = self.types.get(payload["kind"])
        if request_type:
            values["type_id"] = request_type.id
        else:
            errors.append(("kind", self.env._("There is no request type “%(kind)s”.", kind=payload["kind"])))
        if payload.get("partner"):
            partner = self._partner(payload["partner"], errors)
            values["partner_id"] = partner.id if partner else False
        elif request_type and request_type.kind != "internal":
            errors.append(("partner", self.env._("Say who the customer is.")))
        values["line_ids"] = [
            Command.create(self._line(number, line, errors)) for number, line in enumerate(payload.get("lines", ()))
        ]
        return values, errors

    # === TYPES === #

    def _find_types(self, company):
        types = self.env["crm.request.type"].search(company)
        # a kind stands for the first of its types; a code is more exact and wins
        return {found.kind: found for found in reversed(types)} | {found.code: found for found in types}

    # === CUSTOMERS === #

    @staticmethod
    def _plain(kind, value):
        """A name as it is compared."""
        if kind == "email":
            return email_normalize(value) or value.strip().lower()
        if kind == "vat":
            return "".join(value.split()).upper()
        return value if kind == "id" else value.strip()

    def _find_partners(self, payloads, company):
        wanted = {}
        for payload in payloads:
            for kind, value in payload.get("partner", {}).items():
                wanted.setdefault(kind, set()).add(self._plain(kind, value))
        columns = {"email": "email_normalized"}
        found = {}
        for kind, values in wanted.items():
            column = columns.get(kind, kind)
            for partner in self.env["res.partner"].search_fetch(
                company & Domain(column, "in", list(values)), [column, "commercial_partner_id"]
            ):
                name = (kind, self._plain(kind, partner[column]))
                found[name] = found.get(name, self.env["res.partner"]) | partner
        return found

    def _partner(self, names, errors):
        """The customer of a payload, or none with the reason among the errors."""
        for kind in PARTNER_KEYS:
            partners = self.partners.get((kind, self._plain(kind, names[kind]))) if kind in names else None
            if not partners:
                continue
            if len(partners) > 1 and len(partners.commercial_partner_id & partners) == 1:
                # a company and its people share a name or an address: the company asks
                partners &= partners.commercial_partner_id
            if len(partners) == 1:
                return partners
            errors.append(
                (
                    f"partner.{kind}",
                    self.env._(
                        "%(count)s customers go by “%(name)s”: name one by its id or ref.",
                        count=len(partners),
                        name=names[kind],
                    ),
                )
            )
            return None
        named = ", ".join(f"{kind} “{names[kind]}”" for kind in PARTNER_KEYS if kind in names)
        errors.append(("partner", self.env._("No customer was found by %(names)s.", names=named)))
        return None

    # === PRODUCTS === #

    def _find_products(self, payloads, company):
        wanted = {
            line["product"].strip() for payload in payloads for line in payload.get("lines", ()) if line.get("product")
        }
        if not wanted:
            return {}
        found = {}
        products = self.env["product.product"].search_fetch(
            company
            & Domain("sale_ok", "=", True)
            & Domain.OR(Domain(name, "in", list(wanted)) for name in ("default_code", "barcode", "name")),
            # the unit too: read here, it is one query for all of them
            ["default_code", "barcode", "name", "uom_id"],
        )
        # a code is more exact than a name: it is looked at last and wins
        for column in ("name", "barcode", "default_code"):
            by_name = {}
            for product in products:
                if product[column] in wanted:
                    by_name[product[column]] = by_name.get(product[column], products.browse()) | product
            found |= by_name
        return found

    def _unit(self, code, product):
        """The unit of a quantity, or none when the product is not sold in it."""
        if not code or code in const.PIECES:
            return product.uom_id
        unit = code in const.UNITS and self.env.ref(const.UNITS[code], raise_if_not_found=False)
        return unit if unit and unit._has_common_reference(product.uom_id) else None

    def _line(self, number, line, errors):
        values = {"quantity": line.get("quantity", 1.0), "date_wanted": line.get("date_wanted", False)}
        if line.get("name"):
            values["name"] = line["name"]
        if line.get("product"):
            products = self.products.get(line["product"].strip())
            path = f"lines[{number}].product"
            if not products:
                errors.append((path, self.env._("There is no product “%(name)s”.", name=line["product"])))
            elif len(products) > 1:
                errors.append(
                    (path, self.env._("%(count)s products go by “%(name)s”: use the internal reference.",
                                      count=len(products), name=line["product"]))
                )  # fmt: skip
            else:
                values["product_id"] = products.id
                if unit := self._unit(line.get("unit"), products):
                    values["product_uom_id"] = unit.id
                else:
                    errors.append(
                        (f"lines[{number}].unit", self.env._("“%(name)s” is not sold in the unit “%(unit)s”.",
                                                             name=line["product"], unit=line["unit"]))
                    )  # fmt: skip
        elif not line.get("name"):
            errors.append((f"lines[{number}]", self.env._("Name a product, or say in words what is wanted.")))
        return values
