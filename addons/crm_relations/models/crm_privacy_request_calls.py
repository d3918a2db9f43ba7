from odoo import models


class CrmPrivacyRequest(models.Model):
    """Erasure of calls: they stay as numbers of the reports, with the events that they were made of."""

    _inherit = "crm.privacy.request"

    def _before_erasure(self, persons):
        """Nobody calls somebody who was erased: callbacks and attempts that wait are cancelled."""
        super()._before_erasure(persons)
        sources = self._crm_privacy_sources()
        callbacks = self._privacy_rows(sources["crm.callback"], persons)
        callbacks.filtered(lambda one: one.state == "waiting")._close("cancelled")
        calls = self._privacy_rows(sources["crm.call"], persons) | callbacks.call_ids
        calls.filtered(lambda call: call.direction == "out" and call.state == "queued")._record("cancelled")

    def _erase_rows(self, source, rows):
        if source.model == "crm.call":
            # past the ORM, which refuses any change; the database lets these two be emptied and nothing else
            self.env["crm.call.event"].flush_model()
            self.env.cr.execute(
                "UPDATE crm_call_event SET number = NULL, payload = NULL "
                "WHERE call_id = ANY(%s) AND COALESCE(number, payload) IS NOT NULL",
                [rows.ids],
            )
            self.env["crm.call.event"].invalidate_model(flush=False)
        return super()._erase_rows(source, rows)

    def _erase_texts(self, person, persons):
        """What telephone systems reported and nobody could understand may hold numbers: it goes."""
        super()._erase_texts(person, persons)
        pattern = self._unique_person(person, persons).pattern()
        if pattern:
            self.env.cr.execute(
                "DELETE FROM crm_call_event WHERE error IS NOT NULL AND concat_ws(' ', number, payload, error) ~* %s",
                [pattern],
            )
            self.env["crm.call.event"].invalidate_model(flush=False)
