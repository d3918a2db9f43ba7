from odoo import models
from odoo.tools import SQL

from ..tools import privacy

MAX_FILE = 5_000_000
"""Bytes of a file in which a name is looked for."""


class CrmPrivacyRequest(models.Model):
    """Erasure of what was said: chatter, mails, activities, files of exchanges, notifications on their way."""

    _inherit = "crm.privacy.request"

    # === CHATTER, MAIL, BUS === #

    def _erase_mail(self, documents, persons, person):
        """Messages on the person's documents and by the person go, with files, changes of fields and queued mails.

        Documents that the law keeps, keep their messages without the person's name.
        """
        sources = self._crm_privacy_sources()
        gone = {name: rows for name, rows in documents.items() if sources[name].erasure != privacy.KEEP}
        messages = self._privacy_messages(gone, persons)
        # sudo: erasure covers what the officer may not read
        received = self.env["mail.message"].sudo().search([("partner_ids", "in", persons.ids)])
        kept_models = set(documents) - set(gone)
        # what was sent to nobody else (an invitation, a notification) is the person's own
        messages |= received.filtered(lambda one: one.partner_ids <= persons and one.model not in kept_models)
        attachments = messages.attachment_ids
        self._drop_named_files((received - messages).attachment_ids, kept_models, person)
        mails = (
            self.env["mail.mail"]
            .sudo()
            .search(["|", ("mail_message_id", "in", messages.ids), ("recipient_ids", "in", persons.ids)])
            .filtered(lambda mail: not mail.auto_delete or mail.recipient_ids or mail.model)
        )
        # what waits for others as well still goes to them
        shared = mails.filtered(lambda mail: mail.mail_message_id not in messages and mail.recipient_ids - persons)
        self._clear_recipients(shared, persons)
        (mails - shared).unlink()
        messages = messages.exists()
        self.env.cr.execute("DELETE FROM mail_tracking_value WHERE mail_message_id = ANY(%s)", [messages.ids])
        self.env.cr.execute("DELETE FROM mail_notification WHERE res_partner_id = ANY(%s)", [persons.ids])
        self.env.cr.execute("DELETE FROM mail_message_res_partner_rel WHERE res_partner_id = ANY(%s)", [persons.ids])
        self.env.cr.execute("DELETE FROM mail_followers WHERE partner_id = ANY(%s)", [persons.ids])
        self.env.cr.execute("UPDATE mail_message SET parent_id = NULL WHERE parent_id = ANY(%s)", [messages.ids])
        attachments = attachments.filtered(lambda one: one.res_model not in kept_models)
        messages.unlink()
        self._drop_unshared_files(attachments.exists(), gone)
        activities = self.env["mail.activity"].sudo().with_context(active_test=False)
        for name, rows in gone.items():
            if rows and name != self._name and "activity_ids" in rows:
                activities.search([("res_model", "=", name), ("res_id", "in", rows.ids)]).unlink()
        self.env.flush_all()
        self._erase_exchange()
        for name, rows in documents.items():
            if name not in gone and rows and "message_ids" in rows:
                self._clean_messages(rows, person.pattern())
        self._erase_bus(person)

    def _clear_recipients(self, mails, persons):
        """The person is no longer among those to whom mails go that wait for others, too."""
        self.env.flush_all()
        self.env.cr.execute(
            "DELETE FROM mail_mail_res_partner_rel WHERE mail_mail_id = ANY(%s) AND res_partner_id = ANY(%s)",
            [mails.ids, persons.ids],
        )
        mails.invalidate_recordset(["recipient_ids"])

    def _drop_unshared_files(self, attachments, gone):
        """Files of messages that went, but for those that hang on other messages or belong to other documents."""
        # sudo: erasure covers what the officer may not read
        messages = self.env["mail.message"].sudo()
        shared = messages.search([("attachment_ids", "in", attachments.ids)]).attachment_ids

        def belongs_to_others(file):
            rows = gone.get(file.res_model)
            return file in shared and (rows is None or file.res_id not in rows.ids)

        attachments.filtered(lambda file: not belongs_to_others(file)).unlink()

    def _drop_named_files(self, attachments, kept_models, person):
        """Files that were sent to the person among others go when they name the person."""
        pattern = person.pattern()
        for attachment in attachments.filtered(lambda one: one.res_model not in kept_models):
            content = (attachment.raw or b"")[:MAX_FILE].decode(errors="ignore")
            if pattern and privacy.redact(content, pattern, "") != content:
                attachment.unlink()

    def _clean_messages(self, rows, pattern):
        """Messages on documents that the law keeps stay, without the person."""
        if not pattern:
            return
        messages = self.env["mail.message"].sudo()  # sudo: as the rows
        of_rows = SQL("model = %s AND res_id = ANY(%s)", rows._name, rows.ids)
        self._replace(messages, pattern, of_rows)
        self._replace(
            self.env["mail.tracking.value"].sudo(),
            pattern,
            SQL("mail_message_id IN (SELECT id FROM mail_message WHERE %s)", of_rows),
        )

    def _erase_exchange(self):
        """Files of finished imports and exports hold customers by the hundred: they go, the counts stay."""
        # sudo: files of imports belong to others
        done = self.env["crm.exchange.import"].sudo().search([("state", "in", ("done", "refused"))])
        exports = self.env["crm.exchange.export"].sudo().search([("state", "=", "done")])
        attachments = self.env["ir.attachment"].sudo().with_context(skip_res_field_check=True)
        for rows in (done, exports):
            attachments.search([("res_model", "=", rows._name), ("res_id", "in", rows.ids)]).unlink()

    def _erase_bus(self, person):
        """Notifications on their way to open browsers."""
        pattern = person.pattern()
        if pattern:
            self.env.cr.execute("DELETE FROM bus_bus WHERE message ~* %s", [pattern])
