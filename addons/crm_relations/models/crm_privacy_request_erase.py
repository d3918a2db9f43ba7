from markupsafe import Markup
from psycopg2.extras import Json

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date
from odoo.tools.sql import escape_psql, table_exists

from ..tools import privacy

LINKED_TEXTS = ("char", "text", "html", "json")
TECHNICAL = {"res_model", "access_token", "code", "key", "origin_key"}
"""Fields that say nothing about a person and that programs rely on."""
UNIQUE_TABLES = {"res_partner", "res_users", "res_company"}


class CrmPrivacyRequest(models.Model):
    """Erasure of a person (GDPR, article 17): rows by their source, then chatter, then what colleagues wrote elsewhere.

    Written past the ORM where the ORM would keep the old value (tracking), refuse (closed documents), or answer to
    somebody who is no longer there (mails).
    """

    _inherit = "crm.privacy.request"

    def action_erase(self):
        """The same as answering, from the dialog that asks twice."""
        return self.action_answer()

    def _carry_out_erasure(self):
        self.ensure_one()
        partner = self.partner_id.sudo()  # sudo: officers need not edit customers
        if partner.crm_legal_hold:
            raise UserError(
                self.env._(
                    "The data of %(person)s are under legal hold (%(reason)s): nothing is erased before it ends.",
                    person=partner.name,
                    reason=partner.crm_legal_hold,
                )
            )
        if partner.user_ids.filtered(lambda user: user.active and not user.share):
            raise UserError(self.env._("%(person)s works here and cannot be erased.", person=partner.name))
        persons = partner._crm_privacy_persons()
        person = partner._crm_privacy_person()
        goodbye = self._goodbye(partner)
        self._log_privacy(partner)
        self._before_erasure(persons)
        self.env.flush_all()
        counts = {}
        documents = {}
        sources = self._crm_privacy_sources()
        for source in sources.values():
            documents[source.model] = self._privacy_rows(source, persons)
        self._suppress(persons)
        self._erase_mail(documents, persons, person)
        for source in sources.values():
            rows = documents[source.model].exists()
            if rows and source.model not in ("res.partner", self._name):
                counts[source.model] = (source, self._erase_rows(source, rows))
        self._erase_linked(sources, documents, persons, person)
        self._erase_person(persons)
        files = self._named_files(person, persons)
        self._erase_texts(person, persons)
        self._erase_own_words(documents[self._name])
        self.env.invalidate_all()
        self.report = self._erasure_report(counts) + self._files_report(files)
        self.env["mail.mail"].sudo().create(goodbye)  # sudo: as the messages themselves
        self.env.ref("base.autovacuum_job")._trigger()  # files that nothing names any more go with it
        return True

    # === BEFORE === #

    def _before_erasure(self, persons):
        """What has to be done while names and addresses are there; for other addons."""

    def _goodbye(self, partner):
        """Values of the mail that tells the person, made while there is an address; it deletes itself when sent."""
        if not partner.email:
            return []
        request = self.with_context(lang=partner.lang or self.env.lang)
        # sudo: the template belongs to administrators
        body = (
            self.env["ir.qweb"]
            .sudo()
            ._render("crm_relations.privacy_mail", {"asked": request, "step": "done", "person": partner})
        )
        return [
            {
                "subject": request._subject("done"),
                "body_html": body,
                "email_to": partner.email_formatted,
                "auto_delete": True,
                "is_notification": False,
            }
        ]

    def _log_privacy(self, partner):
        """The log of core, with name and address masked by it."""
        if partner.email_normalized:
            self.env["privacy.log"].sudo().create(  # sudo: officers need not be administrators
                {
                    "anonymized_name": partner.name or "-",
                    "anonymized_email": partner.email_normalized,
                    "execution_details": self.env._("Erased by request %(number)s", number=self.name),
                    "user_id": self.env.uid,
                }
            )

    def _suppress(self, persons):
        """Whoever was erased is not advertised to again, also when the address comes back with an import."""
        emails, phones = self._addresses_alone(persons)
        self.env["crm.privacy.suppression"]._suppress(emails, phones)
        self.env.cr.execute("DELETE FROM mail_blacklist WHERE email = ANY(%s)", [emails])
        self.env.cr.execute("DELETE FROM phone_blacklist WHERE number = ANY(%s)", [phones])

    @api.model
    def _addresses_alone(self, persons):
        """Addresses and numbers of the person that no other customer in use has: of a house, or a family, it is theirs
        to say whether they are written to.

        :return: (normalized addresses, numbers in international form)
        """
        # sudo: whoever has them
        others = self.env["res.partner"].sudo()
        found = []
        for name in ("email_normalized", "phone_sanitized"):
            values = set(filter(None, persons.mapped(name)))
            shared = others.search([("id", "not in", persons.ids), (name, "in", list(values))]).mapped(name)
            found.append(sorted(values.difference(shared)))
        return tuple(found)

    # === ROWS === #

    def _erase_rows(self, source, rows):
        """Anonymise, delete or keep the rows of a source; how many."""
        number = len(rows)
        if source.erasure == privacy.DELETE:
            self._delete_rows(rows)
        elif source.erasure == privacy.ANONYMISE:
            self._drop_files(rows)
            self._clear_texts(rows, source.keep_fields)
            for name in source.clear:
                self._clear_field(rows, name)
        elif rows._name == "crm.consent":
            self.env.cr.execute("UPDATE crm_consent SET evidence = NULL, actor = NULL WHERE id = ANY(%s)", [rows.ids])
        else:
            for name in source.clear:
                self._clear_field(rows, name)
        return number

    def _delete_rows(self, rows):
        """Delete with what hangs on them; past rules that keep rows from users."""
        self._drop_files(rows)
        self.env.cr.execute(SQL("DELETE FROM %s WHERE id = ANY(%s)", SQL.identifier(rows._table), rows.ids))

    def _drop_files(self, rows):
        """Files of these rows; what nothing else names is removed from the filestore."""
        # sudo: erasure covers what the officer may not read
        attachments = self.env["ir.attachment"].sudo().with_context(skip_res_field_check=True)
        attachments.search([("res_model", "=", rows._name), ("res_id", "in", rows.ids)]).unlink()

    def _clear_texts(self, rows, keep=()):
        """Empty the words of these rows; where something has to stand, it says "Erased"."""
        names = [name for name in self._privacy_text_fields(rows) if name not in keep and name not in TECHNICAL]
        columns = self._columns(rows._table)
        values = []
        for name in names:
            if name not in columns:
                continue
            kind, required = columns[name]
            value = SQL("NULL")
            if required:
                value = SQL("%s", Json({"en_US": "Erased"}) if kind == "jsonb" else "Erased")
            values.append(SQL("%s = %s", SQL.identifier(name), value))
        if values:
            self.env.cr.execute(
                SQL(
                    "UPDATE %s SET %s WHERE id = ANY(%s)", SQL.identifier(rows._table), SQL(", ").join(values), rows.ids
                )
            )
            rows.invalidate_recordset(flush=False)

    def _clear_field(self, rows, name):
        field = rows._fields.get(name)
        if field is None:
            return
        if field.type == "many2many":
            self.env.cr.execute(
                SQL(
                    "DELETE FROM %s WHERE %s = ANY(%s)",
                    SQL.identifier(field.relation),
                    SQL.identifier(field.column1),
                    rows.ids,
                )
            )
        elif field.type in ("binary", "image") and field.attachment:
            attachments = (
                self.env["ir.attachment"]
                .sudo()
                .search(  # sudo: as the rows
                    [("res_model", "=", rows._name), ("res_id", "in", rows.ids), ("res_field", "=", name)]
                )
            )
            attachments.unlink()
        elif name in self._columns(rows._table):
            self.env.cr.execute(
                SQL(
                    "UPDATE %s SET %s = NULL WHERE id = ANY(%s)",
                    SQL.identifier(rows._table),
                    SQL.identifier(name),
                    rows.ids,
                )
            )

    @api.model
    def _columns(self, table):
        """``{column: (type, must not be empty)}`` of a table."""
        rows = self.env.execute_query(
            SQL(
                "SELECT column_name, udt_name, is_nullable = 'NO' FROM information_schema.columns "
                "WHERE table_name = %s AND table_schema = current_schema()",
                table,
            )
        )
        return {name: (kind, required) for name, kind, required in rows}

    # === THE REST === #

    def _erase_linked(self, sources, documents, persons, person):
        """Rows of any other model that name the person by a field: names and addresses are taken out of their texts.

        Of models that the law keeps in part (posted invoices): the rows that it does not keep (drafts).
        """
        known = {source.model for source in sources.values() if source.erasure != privacy.KEEP}
        pattern = person.pattern()
        if not pattern:
            return
        for model in self._stored_models():
            if model._name in known or model._table in UNIQUE_TABLES:
                continue
            links = [
                name
                for name, field in model._fields.items()
                if field.type == "many2one"
                and field.comodel_name == "res.partner"
                and field.store
                and field.column_type
            ]
            if links:
                condition = SQL(" OR ").join(SQL("%s = ANY(%s)", SQL.identifier(name), persons.ids) for name in links)
                kept = documents.get(model._name, model.browse())
                self._replace(model, pattern, SQL("(%s) AND id <> ALL(%s)", condition, kept.ids))

    def _erase_texts(self, person, persons):
        """What colleagues wrote elsewhere: names, addresses and numbers of which there is no other bearer."""
        pattern = self._unique_person(person, persons).pattern()
        if not pattern:
            return
        for name in self._crm_privacy_texts():
            if name in self.env and table_exists(self.env.cr, self.env[name]._table):
                # sudo: erasure covers what the officer may not read
                self._replace(self.env[name].sudo(), pattern, SQL("TRUE"))

    @api.model
    def _crm_privacy_texts(self):
        """Models in which people write about others: searched as a whole after an erasure."""
        return [
            "mail.message",
            "mail.tracking.value",
            "mail.mail",
            "mail.activity",
            "mail.scheduled.message",
            "calendar.event",
            "calendar.attendee",
            "crm.lead",
            "crm.interaction",
            "crm.need",
            "crm.alert",
            "crm.contact.decision",
            "crm.partner.relation",
            "crm.partner.child",
            "crm.partner.attitude",
            "crm.customer.group",
            "crm.saved.domain",
            "crm.exchange.import",
            "crm.exchange.import.column",
            "crm.exchange.import.error",
            "crm.exchange.export",
            "crm.privacy.request",
            "privacy.lookup.wizard",
            "privacy.lookup.wizard.line",
            "ir.attachment",
            "mail.compose.message",
        ]

    def _unique_person(self, person, persons):
        """Without names and addresses that somebody else bears as well."""
        # sudo: whoever bears the same name
        partners = self.env["res.partner"].sudo().with_context(active_test=False)
        others = [("id", "not in", persons.ids)]

        def free(name, values):
            return tuple(
                value
                for value in values
                # the value itself, whatever its letters mean to the database
                if not partners.search_count([*others, (name, "=ilike", escape_psql(value))], limit=1)
            )

        # however a number is written, others have it in its international form
        country = persons[:1].country_id or self.env.company.country_id
        normal = {phone: partners._crm_phone_normal(phone, country) or phone for phone in person.phones}
        alone = set(free("phone_sanitized", set(normal.values())))
        return privacy.Person(
            names=free("name", [name for name in person.names if len(name.split()) > 1]),
            emails=free("email_normalized", person.emails),
            phones=tuple(phone for phone in person.phones if normal[phone] in alone),
            numbers=free("vat", person.numbers),
        )

    @api.model
    def _stored_models(self):
        for name in self.env.registry:
            # sudo: erasure covers what the officer may not read
            model = self.env[name].sudo()
            if model._auto and not model._abstract and table_exists(self.env.cr, model._table):
                yield model

    def _replace(self, model, pattern, condition):
        """Take what the pattern names out of all texts of the rows that fulfil a condition: one statement a table."""
        columns = self._columns(model._table)
        texts = [
            (name, columns[name][0])
            for name, field in self._privacy_text_fields(model).items()
            if field.type in LINKED_TEXTS
            and name in columns
            and columns[name][0] in ("varchar", "text", "jsonb", "json")
        ]
        if not texts:
            return
        hits = SQL(" OR ").join(SQL("%s::text ~* %s", SQL.identifier(name), pattern) for name, _kind in texts)
        values = SQL(", ").join(
            SQL(
                "%s = regexp_replace(%s::text, %s, %s, 'gi')::%s",
                SQL.identifier(name),
                SQL.identifier(name),
                pattern,
                "Erased",
                SQL(kind),
            )
            for name, kind in texts
        )
        self.env.cr.execute(
            SQL("UPDATE %s SET %s WHERE (%s) AND (%s)", SQL.identifier(model._table), values, condition, hits)
        )
        model.invalidate_model(flush=False)

    # === REPORT === #

    def _erasure_report(self, counts):
        """What was done, by model, and what stays for which reason; no personal data."""
        done, kept = Markup(), Markup()
        words = {privacy.ANONYMISE: self.env._("anonymised"), privacy.DELETE: self.env._("deleted")}
        for source, number in counts.values():
            if source.erasure == privacy.KEEP:
                kept += Markup("<li>%s: %s. %s</li>") % (source.label, number, source.reason)
            else:
                done += Markup("<li>%s: %s %s</li>") % (source.label, number, words[source.erasure])
        page = Markup("<p>%s</p><ul>%s</ul>") % (
            self.env._("Erased on %(day)s", day=format_date(self.env, fields.Date.context_today(self))),
            done,
        )
        if kept:
            page += Markup("<p>%s</p><ul>%s</ul>") % (self.env._("Kept, because the law says so:"), kept)
        return page
