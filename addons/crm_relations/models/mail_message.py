from odoo import models
from odoo.exceptions import UserError

from .. import const
from ..tools.interaction import first_line
from ..tools.timeline import index_expression
from ..tools.timeline_sources import PEOPLE_TYPES, SENT_TYPES

CHANNEL_BY_TYPE = {"sms": "sms", "snailmail": "letter"}


class MailMessage(models.Model):
    _inherit = "mail.message"

    # the latest messages of a document, for a page of the timeline: without the
    # log entries, which are most of the table
    _crm_document_date_idx = models.Index(
        "(model, res_id, date DESC, id DESC) WHERE model IN ('res.partner', 'crm.lead') "
        "AND message_type IN ('email', 'email_outgoing', 'comment', 'sms', 'snailmail')"
    )
    # mail_message is the longest table of all: partial indexes only. The stock
    # one on (model, res_id) serves the customer's filter.
    _crm_timeline_partner_id_idx = models.Index(
        f"{index_expression(const.SLOT_MESSAGE_PARTNER)} WHERE model = 'res.partner'"
    )
    _crm_timeline_lead_id_idx = models.Index(f"{index_expression(const.SLOT_MESSAGE_LEAD)} WHERE model = 'crm.lead'")

    # === INTERACTIONS === #

    def _crm_prepare_interaction(self):
        """Values of the contact that a message is: who wrote to whom, when, and about what.

        :rtype: dict
        :raises UserError: when it was not written by or to a customer
        """
        self.ensure_one()
        names = self.env["mail.activity"]._crm_partner_fields()
        note = self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_note", raise_if_not_found=False)
        said = self.message_type in SENT_TYPES or (
            self.message_type in PEOPLE_TYPES
            and not self.is_internal
            and self.subtype_id
            and self.subtype_id.id != note
        )
        if self.model not in names or self.model == "crm.interaction" or not said:
            raise UserError(self.env._("Only what was written by or to a customer can be logged as a contact."))
        document = self.env[self.model].browse(self.res_id)
        document.check_access("read")
        customer = document if self.model == "res.partner" else document[names[self.model]]
        # sudo: whether the author is one of us
        ours = bool(self.author_id.sudo().user_ids.filtered(lambda user: not user.share))
        incoming = not ours and self.message_type in ("email", "comment")
        if incoming and self.author_id and self.author_id.commercial_partner_id == customer.commercial_partner_id:
            customer = self.author_id
        channel = "web" if incoming and self.message_type == "comment" else "email"
        return {
            **(self.env["crm.interaction"]._party_values(customer) if customer else {}),
            "lead_id": document.id if self.model == "crm.lead" else False,
            "direction": "in" if incoming else "out",
            "channel": CHANNEL_BY_TYPE.get(self.message_type, channel),
            "date": self.date,
            "objective": first_line(self.subject) or first_line(self.body) or self.env._("Message without text"),
            "message_id": self.id,
            "origin_key": f"mail.message,{self.id}",
        }

    def _crm_log_interaction(self, **values):
        """Make a contact of a message, once.

        :param values: outcome, next step and so on, added to what the message says
        :rtype: crm.interaction
        """
        created, known = self.env["crm.interaction"]._create_once([self._crm_prepare_interaction() | values])
        return created or known

    def action_crm_log_interaction(self):
        """Open the contact made of a message, or the dialog in which it is made."""
        self.ensure_one()
        values = self._crm_prepare_interaction()
        interactions = self.env["crm.interaction"]
        # sudo: a colleague may have logged it
        known = (
            interactions.sudo()
            .with_context(active_test=False)
            .search([("origin_key", "=", values["origin_key"])], limit=1)
        )
        if known and not known.with_env(self.env).has_access("read"):
            raise UserError(
                self.env._(
                    "%(user)s has logged this message already.", user=known.user_id.name or known.create_uid.name
                )
            )
        if known:
            return known.with_env(self.env).get_formview_action()
        if "partner_id" not in values:
            raise UserError(self.env._("Please choose the customer of the opportunity first."))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Log This Message"),
            "res_model": "crm.interaction",
            "view_mode": "form",
            "views": [(self.env.ref("crm_relations.crm_interaction_view_form_quick").id, "form")],
            "target": "new",
            "context": {f"default_{name}": value for name, value in values.items()},
        }
