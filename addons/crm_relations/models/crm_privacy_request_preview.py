from odoo import models
from odoo.exceptions import AccessError

from .. import const
from ..tools import privacy
from .crm_privacy_request import DPO


class CrmPrivacyRequest(models.Model):
    """What an erasure would do, said before it is done."""

    _inherit = "crm.privacy.request"

    def action_erase_dialog(self):
        """The dialog that names the person and counts what goes and what stays."""
        self.ensure_one()
        self._officer()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Erase a Person"),
            "res_model": "crm.privacy.request.erase",
            "views": [[False, "form"]],
            "target": "new",
            "context": {"default_request_id": self.id},
        }

    def _erasure_preview(self):
        """What an erasure would do now, by the same sources; nothing is changed.

        :return: ``{"gone": [(label, count, "anonymise" | "delete")], "kept": [(label, count, reason)],
            "open": [text], "shared": [text]}``: unfinished things of the person, and names and addresses that stay in
            other people's texts, because others bear them too
        :raises AccessError: for anybody but an officer of the company of the request
        """
        self.ensure_one()
        if not (self.env.su or self.env.user.has_group(DPO)):
            raise AccessError(self.env._("Only a data protection officer answers requests."))
        self.check_access("write")
        partner = self.partner_id.sudo()  # sudo: officers answer about everybody
        persons = partner._crm_privacy_persons()
        gone, kept, documents = [], [], {}
        for source in self._crm_privacy_sources().values():
            rows = self._privacy_rows(source, persons)
            if source.erasure == privacy.KEEP:
                if rows:
                    kept.append((source.label, len(rows), source.reason))
                continue
            documents[source.model] = rows
            if rows and source.model != self._name:
                gone.append((source.label, len(rows), source.erasure))
        gone += self._preview_said(documents, persons)
        return {
            "gone": gone,
            "kept": kept + self._preview_kept(documents, persons),
            "open": self._preview_open(partner),
            "shared": self._preview_shared(partner, persons),
        }

    def _preview_said(self, documents, persons):
        """Messages, files and accounts: they have no source of their own."""
        messages = self._privacy_messages(documents, persons)
        # sudo: officers answer about everything
        attachments = self.env["ir.attachment"].sudo().with_context(skip_res_field_check=True)
        files = messages.attachment_ids
        for name, rows in documents.items():
            if rows:
                files |= attachments.search([("res_model", "=", name), ("res_id", "in", rows.ids)])
        rows = [
            (self._model_label("mail.message"), len(messages), privacy.DELETE),
            (self.env._("Files"), len(files), privacy.DELETE),
            (self.env._("Accounts in the portal"), len(persons.user_ids), privacy.DELETE),
        ]
        return [row for row in rows if row[1]]

    def _preview_kept(self, documents, persons):
        """What stays whoever it is: the proof that the request was answered, and not to be written to again."""
        emails, phones = self._addresses_alone(persons)
        kept = [
            (
                self._model_label(self._name),
                len(documents[self._name]),
                self.env._("Number, kind, days and who answered stay as proof (GDPR, article 5(2))."),
            )
        ]
        if emails or phones:
            reason = self.env._("As a keyed hash only, so that nobody advertises to them again.")
            kept.append((self.env._("Addresses and numbers"), len(emails + phones), reason))
        return kept

    def _preview_open(self, partner):
        """Unfinished things: they go on without a name."""
        words = [
            f"{item['label']}: {item['count']}"
            for item in partner._crm_360_items()[partner.id]
            if item.get("count") and item["key"] not in ("consents", "profile")
        ]
        others = self.search_count(
            [("partner_id", "=", partner.id), ("state", "in", const.PRIVACY_OPEN), ("id", "!=", self.id)]
        )
        if others:
            words.append(self.env._("Other privacy requests to answer: %(count)s", count=others))
        return words

    def _preview_shared(self, partner, persons):
        """Names, addresses and numbers that somebody else bears as well."""
        person = partner._crm_privacy_person()
        alone = self._unique_person(person, persons)
        words = set()
        for name in ("names", "emails", "phones", "numbers"):
            # a name of one word is a word
            wanted = {word for word in getattr(person, name) if name != "names" or len(word.split()) > 1}
            words |= wanted - set(getattr(alone, name))
        # a number as it is written, not as it is compared
        return sorted(words - (set(persons.mapped("phone_sanitized")) - set(persons.mapped("phone"))))
