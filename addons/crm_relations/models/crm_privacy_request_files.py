from markupsafe import Markup

from odoo import api, models
from odoo.tools import SQL

from ..tools import privacy
from .crm_privacy_request_erase_mail import MAX_FILE


class CrmPrivacyRequest(models.Model):
    """Files on other people's documents that name an erased person: shown to the officer, who decides.

    What stands in a scanned contract of two parties cannot be taken out by a program, and the file is not the person's
    own: it is neither deleted nor forgotten.
    """

    _inherit = "crm.privacy.request"

    @api.model
    def _named_files(self, person, persons):
        """Files that name the person in their name or words; asked before the words are taken out of the index.

        :return: ``ir.attachment`` in superuser mode
        """
        attachments = self.env["ir.attachment"].sudo()  # sudo: officers answer about everything
        named = self._unique_person(person, persons)
        pattern = named.pattern()
        if not pattern:
            return attachments
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                "SELECT id, COALESCE(index_content ~* %(pattern)s, FALSE) OR name ~* %(pattern)s FROM ir_attachment "
                "WHERE type = 'binary' AND res_field IS NULL AND res_id > 0 "
                "AND (index_content ~* %(pattern)s OR name ~* %(pattern)s "
                "OR mimetype LIKE 'text/%%' AND index_content ILIKE ANY(%(runs)s)) ORDER BY id",
                pattern=pattern,
                runs=[f"%{run}%" for run in named.ascii_runs()],
            )
        )
        found = attachments
        for number, certain in rows:
            file = attachments.browse(number)
            if certain or self._names_person(file, pattern):
                found += file
        return found

    @api.model
    def _names_person(self, attachment, pattern):
        """The index of a text file holds its ASCII letters only: the file itself is read."""
        content = (attachment.raw or b"")[:MAX_FILE].decode(errors="ignore")
        return privacy.redact(content, pattern, "") != content

    def _files_report(self, files):
        """A list of files to look at, by number and document: their names may be the person's."""
        items = [
            Markup('<li><a href="/odoo/%s/%s">%s</a> (<a href="/web/content/%s">%s</a>)</li>')
            % (one.res_model, one.res_id, self._document_words(one), one.id, one.id)
            for one in files.exists()
        ]
        if not items:
            return Markup()
        return Markup("<p>%s</p><ul>%s</ul>") % (
            self.env._("Files of other documents name the person. Please look whether they have to be kept:"),
            Markup().join(items),
        )

    @api.model
    def _document_words(self, attachment):
        model = self.env.get(attachment.res_model)
        return f"{model._description if model is not None else attachment.res_model} {attachment.res_id}"
