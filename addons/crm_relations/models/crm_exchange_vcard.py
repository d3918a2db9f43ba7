import base64
import re

from odoo import api, models
from odoo.tools import html2plaintext, plaintext2html

from ..tools import duplicates, vcard
from ..tools.vcard import Address, Card, Contact

VCARD_MODULE = "__vcard__"
# lines of the notes that carry what has no field of its own, so that a card goes out as it came in
LABELS = {"phone": "TEL", "email": "EMAIL", "related": "RELATED", "department": "DEPARTMENT"}


class CrmExchange(models.AbstractModel):
    _inherit = "crm.exchange"

    # === OUT === #

    @api.model
    def _to_cards(self, partners):
        """Cards of customers whom the user may read."""
        uids = self._uids_of(VCARD_MODULE, partners)
        return [self._to_card(partner, uids[partner.id]) for partner in partners]

    @api.model
    def _to_card(self, partner, uid):
        name = partner.name or partner.email or ""
        company = partner.parent_id.commercial_company_name or partner.company_name or ""
        given, _space, family = name.rpartition(" ") if not partner.is_company else ("", "", "")
        unused = self.env["crm.privacy.field"]._names()
        birthday = "birthdate_date" in partner._fields and "birthdate_date" not in unused and partner["birthdate_date"]
        address = Address(
            partner.street or "",
            partner.street2 or "",
            partner.city or "",
            partner.state_id.name or "",
            partner.zip or "",
            partner.country_id.name or "",
            ("work",) if partner.is_company or partner.parent_id else ("home",),
        )
        return Card(
            uid=uid,
            name=name,
            family=family or (name if not partner.is_company else ""),
            given=given,
            is_company=partner.is_company,
            company="" if partner.is_company else company,
            function=partner.function or "",
            emails=[Contact(partner.email, ("pref",))] if partner.email else [],
            phones=[Contact(partner.phone, ("pref", "voice"))] if partner.phone else [],
            addresses=[address] if any((*vars(address).values(),)[:6]) else [],
            website=partner.website or "",
            birthday=birthday.isoformat() if birthday else "",
            note=html2plaintext(partner.comment or "").strip(),
            lang=(partner.lang or "").replace("_", "-"),
            vat=partner.vat or "",
            ref=partner.ref or "",
            categories=partner.category_id.mapped("name"),
            photo=base64.b64decode(partner.image_512 or b""),
        )

    # === IN === #

    @api.model
    def _import_card(self, card, partner):
        """Create or update one customer with the rights of the user.

        What the card does not say stays as it is; what has no field goes to the notes.

        :param partner: the customer that came with this UID before, or an empty recordset
        :return: ``(partner, [warning codes])``
        """
        warnings = [code if code != "line" else f"line {detail}" for code, detail in card.warnings]
        values = {
            "name": card.name,
            "is_company": card.is_company,
            "function": card.function,
            "email": vcard.main_email(card),
            "phone": vcard.main_phone(card),
            "website": card.website,
            "vat": card.vat,
            "ref": card.ref,
            "lang": self._find_language(card.lang),
            **self._address_values(card),
        }
        values = {name: value for name, value in values.items() if value not in ("", False, None)}
        if "birthdate_date" in partner._fields and re.match(r"\d{4}-", card.birthday):
            values["birthdate_date"] = card.birthday
        if card.company and not partner.parent_id:
            values |= self._company_values(card.company)
        if card.categories:
            values["category_id"] = [(4, category.id) for category in self._find_categories(card.categories)]
        if card.photo:
            values["image_1920"] = base64.b64encode(card.photo)
        note, extra = self._note_lines(card, values)
        warnings += extra
        if note and html2plaintext(partner.comment or "").strip() != note:
            values["comment"] = plaintext2html(note)
        partner = partner.with_context(mail_create_nosubscribe=True)
        if partner:
            partner.write(values)
        else:
            partner = partner.create(values)
        return partner, warnings

    @api.model
    def _note_lines(self, card, values):
        """Notes and everything without a field; codes of what moved there."""
        lines = [card.note] if card.note else []
        moved = [
            *(f"TEL: {phone.value}" for phone in card.phones if phone.value != values.get("phone")),
            *(f"EMAIL: {email.value}" for email in card.emails if email.value != values.get("email")),
            *([f"DEPARTMENT: {card.department}"] if card.department else []),
            *([f"BDAY: {card.birthday}"] if card.birthday and "birthdate_date" not in values else []),
            *(f"{name}: {text}" for name, text in card.extras),
        ]
        related = [f"RELATED: {' '.join(filter(None, pair))}" for pair in card.related]
        known = set(card.note.splitlines())
        lines += [line for line in (*moved, *related) if line not in known]
        return "\n".join(lines), ["extras"] * bool(moved) + ["related"] * bool(related)

    @api.model
    def _address_values(self, card):
        if not card.addresses:
            return {}
        preferred = [address for address in card.addresses if "pref" in address.types] or card.addresses
        address = preferred[0]
        country = self._find_country(address.country)
        state = self.env["res.country.state"]
        if address.region and country:
            state = state.search(
                [
                    ("country_id", "=", country.id),
                    "|",
                    ("name", "=ilike", address.region),
                    ("code", "=", address.region),
                ],
                limit=1,
            )
        city = address.city if state or not address.region else f"{address.city}, {address.region}".strip(", ")
        return {
            "street": address.street,
            "street2": address.street2,
            "city": city,
            "zip": address.zip,
            "state_id": state.id,
            "country_id": country.id,
        }

    @api.model
    def _find_country(self, name):
        countries = self.env["res.country"]
        name = name.strip()
        if not name:
            return countries
        return countries.search(["|", ("name", "=ilike", name), ("code", "=ilike", name)], limit=1) or (
            countries.with_context(lang="en_US").search([("name", "=ilike", name)], limit=1)
        )

    @api.model
    def _find_language(self, tag):
        wanted = tag.replace("-", "_")
        installed = [code for code, _name in self.env["res.lang"].get_installed()]
        return wanted in installed and wanted

    @api.model
    def _company_values(self, company):
        """The company of a person: the one customer of that name, else as text."""
        key = duplicates.normalise(company)
        self.env.cr.execute("SELECT partner_id FROM crm_partner_key WHERE name = %s LIMIT 5", [key])
        found = self.env["res.partner"].browse(row[0] for row in self.env.cr.fetchall())
        found = found._filtered_access("read").filtered("is_company")
        return {"parent_id": found.id} if len(found) == 1 else {"company_name": company}

    @api.model
    def _find_categories(self, names):
        """Tags of these names; missing ones only where the user may make them."""
        categories = self.env["res.partner.category"].search([("name", "in", names)])
        missing = [name for name in dict.fromkeys(names) if name not in categories.mapped("name")]
        if missing and categories.has_access("create"):
            categories |= categories.create([{"name": name} for name in missing])
        return categories
