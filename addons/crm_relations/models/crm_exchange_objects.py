import psycopg2

from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import mute_logger

from .crm_exchange_icalendar import ICALENDAR_MODULE
from .crm_exchange_vcard import VCARD_MODULE

MODEL_BY_KIND = {"VEVENT": "calendar.event", "VTODO": "mail.activity"}


class CrmExchange(models.AbstractModel):
    _inherit = "crm.exchange"

    # === CARDS AND CALENDARS === #

    @api.model
    def _import_objects(self, kind, items):
        """Import cards or calendar items, each on its own; what came before with the same UID is updated.

        :param kind: ``vcf`` or ``ics``
        :return: ``(number imported, [(line, reason, severity)])``
        """
        cards = kind == "vcf"
        module = VCARD_MODULE if cards else ICALENDAR_MODULE
        uids = [self._uid(item) for item in items]
        known = {
            model: self._find_by_uid(module, model, uids)
            for model in (["res.partner"] if cards else MODEL_BY_KIND.values())
        }
        people = {} if cards else self._find_people({mail for item in items for mail in item.attendees})
        imported, messages = 0, []
        for item in items:
            model = "res.partner" if cards else MODEL_BY_KIND[item.kind]
            uid = self._uid(item)
            record = known[model].get(uid, self.env[model])
            try:
                # what the database refuses is for the user, not for the log
                with mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                    result, notes = self._import_object(item, record, people if not cards else None)
                    if result and not record and uid:
                        self._store_uid(module, result, uid)
                if result and uid:
                    known[model][uid] = result
                imported += 1
                messages += [(item.line, note, "note") for note in notes]
            except (UserError, ValueError, psycopg2.IntegrityError) as error:
                # go on looking also when nothing will be kept, so that everything wrong is told at once
                messages.append((item.line, self._error_text(error), "error"))
        return imported, messages

    @api.model
    def _import_object(self, item, record, people):
        if people is not None:
            return self._import_item(item, record, people)
        if not item.name:
            raise UserError(self.env._("The card has no name."))
        result, codes = self._import_card(item, record)
        return result, [self._reason(*code.split(" ", 1)) for code in codes]

    @api.model
    def _uid(self, item):
        """Changed occurrences of a series share its UID: they are told apart by the time they replace."""
        recurrence = getattr(item, "recurrence_id", "")
        return f"{item.uid}/{recurrence}" if item.uid and recurrence else item.uid

    @api.model
    def _error_text(self, error):
        if isinstance(error, AccessError):
            return self.env._("You may not write this record.")
        if isinstance(error, psycopg2.Error):
            return self.env["res.partner"]._sql_error_to_message(error)
        return str(error)
