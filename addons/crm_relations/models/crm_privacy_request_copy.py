import base64
import io
import json
import zipfile

from markupsafe import Markup

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import html2plaintext

from ..tools import privacy

SKIPPED = {"id", "create_uid", "write_uid", "create_date", "write_date", "parent_path", "access_token"}
VALUES = (
    "char",
    "text",
    "html",
    "selection",
    "date",
    "datetime",
    "integer",
    "float",
    "monetary",
    "boolean",
    "many2one",
)
PEOPLE = ("res.users", "res.partner")
MAX_FILES = 200


class CrmPrivacyRequest(models.Model):
    """A copy of everything about a person, to read and for machines (GDPR, articles 15 and 20)."""

    _inherit = "crm.privacy.request"

    def action_make_copy(self):
        """Make the copy of the data: a ZIP file with a page to read, the same as JSON, and files.

        :raises UserError: before the identity is checked
        """
        for request in self._officer():
            if request.state != "open":
                raise UserError(self.env._("Please check first who it is (Identity)."))
            old = request.bundle_id
            # sudo: officers need not write attachments elsewhere
            request.bundle_id = (
                self.env["ir.attachment"]
                .sudo()
                .create(
                    {
                        "name": f"{request.name.replace('/', '-')}.zip",
                        "raw": request._copy_zip(),
                        "mimetype": "application/zip",
                        "res_model": self._name,
                        "res_id": request.id,
                        "res_field": "bundle",
                    }
                )
            )
            request.bundle_date = fields.Datetime.now()
            old.sudo().unlink()
        return True

    def _carry_out_access(self):
        done = super()._carry_out_access()
        if done and self.delivery == "email":
            self._send_copy()
        return done

    def _send_copy(self):
        """The copy by a mail that deletes itself, with the file, when it is sent.

        :raises UserError: when the person has no address
        """
        self.ensure_one()
        person = self.partner_id.sudo()  # sudo: officers answer about everybody
        if not person.email:
            raise UserError(self.env._("%(person)s has no e-mail address: choose another way.", person=person.name))
        request = self.with_context(lang=person.lang or self.env.lang)
        # sudo: officers need not write mails of the system
        body = self.env["ir.qweb"].sudo()._render(
            "crm_relations.privacy_mail", {"asked": request, "step": "done", "person": person}
        )
        mail = self.env["mail.mail"].sudo().create(
            {
                "subject": request.env._("Copy of your data, request %(number)s", number=self.name),
                "body_html": body,
                "email_to": person.email_formatted,
                "auto_delete": True,
            }
        )
        mail.attachment_ids = self.bundle_id.sudo().copy(
            {"res_model": "mail.message", "res_id": mail.mail_message_id.id, "res_field": False}
        )

    def action_open_copy(self):
        """Download the copy."""
        self.ensure_one()
        return {"type": "ir.actions.act_url", "url": f"/web/content/{self.bundle_id.id}?download=true"}

    def _copy_zip(self):
        self.ensure_one()
        data = self._copy_data()
        files = self._copy_files()
        output = io.BytesIO()
        with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
            page = (
                self.env["ir.qweb"]
                .sudo()
                ._render(  # sudo: the template
                    "crm_relations.privacy_copy", {"data": data, "files": [name for name, _content in files]}
                )
            )
            archive.writestr("index.html", str(Markup("<!DOCTYPE html>\n") + page))
            archive.writestr("data.json", json.dumps(self._copy_json(data), ensure_ascii=False, indent=2, default=str))
            for name, content in files:
                archive.writestr(f"files/{name}", content)
        return output.getvalue()

    def _copy_json(self, data):
        """The same by technical names, without the labels for people."""
        return {
            "format": "crm.privacy.copy/1",
            "number": data["number"],
            "date": data["date"],
            "person": data["person"],
            "sections": {
                section["model"]: [{cell["field"]: cell["raw"] for cell in row} for row in section["rows"]]
                for section in data["sections"]
            },
        }

    def _copy_data(self):
        """Everything about the person, without other people.

        :return: ``{"number", "date", "person", "sections": [{"model", "label", "rows": [[{"field", "label", "value",
            "raw"}, ...], ...]}]}``
        """
        self.ensure_one()
        persons = self.partner_id._crm_privacy_persons()
        person = self.partner_id._crm_privacy_person()
        others = self._copy_others(persons).pattern()
        sections, documents = [], {}
        for source in self._crm_privacy_sources().values():
            rows = self._privacy_rows(source, persons)
            documents[source.model] = rows
            if not source.copied or not rows:
                continue
            names = self._copy_fields(rows, source)
            sections.append(
                {
                    "model": source.model,
                    "label": source.label,
                    "rows": [self._copy_row(row, names, others, person.emails) for row in rows],
                }
            )
        messages = self._copy_messages(documents, persons, others, person.emails)
        if messages:
            label = self._model_label("mail.message")
            sections.append({"model": "mail.message", "label": label, "rows": messages})
        # sudo: officers answer about everything
        return {
            "number": self.name,
            "date": fields.Date.to_string(fields.Date.context_today(self)),
            "person": self.partner_id.sudo().name,  # sudo: as above
            "sections": sections,
        }

    # === ROWS === #

    def _copy_fields(self, rows, source):
        """Fields that say something about a person: no technical ones, and none that name other people."""
        return [
            name
            for name, field in rows._fields.items()
            if field.store
            and field.type in VALUES
            and name not in SKIPPED
            and name not in source.hidden
            and not (field.type == "many2one" and field.comodel_name in PEOPLE)
            and not name.startswith(("message_", "activity_", "my_activity"))
        ]

    def _copy_row(self, row, names, others, emails):
        cells = []
        for name in names:
            field, value = row._fields[name], row[name]
            if value in (False, None, "") and field.type != "boolean" or not value and field.type == "boolean":
                continue
            if field.type == "many2one":
                value = value.display_name
            elif field.type == "selection":
                value = dict(field._description_selection(row.env)).get(value, value)
            elif field.type == "html":
                value = html2plaintext(value)
            if isinstance(value, str):
                value = privacy.redact_others(value, others, emails, self.env._("[another person]"))
            cells.append({"field": name, "label": field._description_string(self.env), "value": value, "raw": value})
        return cells

    def _copy_messages(self, documents, persons, others, emails):
        """What was written on the person's documents and by the person; who else wrote it is not said."""
        rows = []
        hidden = self.env._("[another person]")
        for message in self._privacy_messages(documents, persons):
            text = html2plaintext(message.body or "")
            if not text and not message.subject:
                continue
            cells = [
                ("date", self.env._("Date"), message.date),
                ("author", self.env._("Written by"), self._copy_author(message, persons)),
                ("subject", self.env._("Subject"), message.subject),
                ("body", self.env._("Text"), text),
            ]
            rows.append(
                [
                    {
                        "field": name,
                        "label": label,
                        "value": value
                        if name in ("date", "author")
                        else privacy.redact_others(value, others, emails, hidden),
                        "raw": value
                        if name in ("date", "author")
                        else privacy.redact_others(value, others, emails, hidden),
                    }
                    for name, label, value in cells
                    if value
                ]
            )
        return rows

    def _copy_author(self, message, persons):
        if message.author_id in persons:
            return self.env._("You")
        if message.author_id.user_ids or not message.author_id:
            # sudo: officers answer about everything
            return self.company_id.sudo().name
        return self.env._("[another person]")

    def _privacy_messages(self, documents, persons):
        """Messages on these documents or by the person, oldest first.

        :param documents: ``{model name: rows}``
        """
        message = self.env["mail.message"].sudo()  # sudo: as the rows themselves
        found = message.search([("author_id", "in", persons.ids)])
        for model, rows in documents.items():
            if rows and "message_ids" in rows:
                found |= message.search([("model", "=", model), ("res_id", "in", rows.ids)])
        return found.sorted(lambda one: (one.date, one.id))

    # === OTHER PEOPLE === #

    def _copy_others(self, persons):
        """People who stand beside this person: relations, colleagues at the same company, whoever wrote to the same
        documents. Their names are taken out of the texts."""
        # sudo: to leave them out, they have to be known
        partners = self.env["res.partner"].sudo().with_context(active_test=False)
        relations = (
            self.env["crm.partner.relation"]
            .sudo()
            .search(["|", ("left_partner_id", "in", persons.ids), ("right_partner_id", "in", persons.ids)])
        )
        others = relations.left_partner_id | relations.right_partner_id
        others |= partners.search([("parent_id", "in", (persons.parent_id | persons).ids), ("is_company", "=", False)])
        others |= partners.search([("user_ids.share", "=", False)])
        children = self.env["crm.partner.child"].sudo().search([("partner_id", "in", others.ids)])
        others = (others - persons).filtered(lambda one: not one.is_company)
        return privacy.Person(
            names=tuple(filter(None, {*others.mapped("name"), *(name for name in children.mapped("name") if name)})),
            phones=tuple(filter(None, {*others.mapped("phone")} - {*persons.mapped("phone")})),
        )

    # === FILES === #

    def _copy_files(self):
        """Files that the person sent or was sent: ``[(name, content)]``, each name once."""
        self.ensure_one()
        persons = self.partner_id._crm_privacy_persons()
        documents = {
            source.model: self._privacy_rows(source, persons)
            for source in self._crm_privacy_sources().values()
            if source.copied
        }
        messages = self._privacy_messages(documents, persons)
        public = messages.filtered(
            lambda one: one.author_id in persons or not one.is_internal and not one.subtype_id.internal
        )
        attachments = (public.attachment_ids - self.bundle_id).sorted("id")[:MAX_FILES]
        files = [(f"{one.id}-{one.name.replace('/', '-')}", one.raw or b"") for one in attachments]
        image = persons[0].image_1920
        if image:
            files.insert(0, ("picture.png", base64.b64decode(image)))
        return files
