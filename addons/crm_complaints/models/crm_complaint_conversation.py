from odoo import api, fields, models
from odoo.fields import Domain

INTERNAL = "base.group_user"


class CrmComplaint(models.Model):
    """Whose turn it is: what the customer wrote and nobody has answered yet, and which complaint comes next."""

    _inherit = "crm.complaint"

    date_customer_wrote = fields.Datetime(
        string="Customer Wrote on",
        readonly=True,
        copy=False,
        index="btree_not_null",
        groups=INTERNAL,
        help="The customer wrote and nobody has answered since. Empty after a message to the customer.",
    )

    # === MAIL === #

    def message_update(self, msg_dict, update_vals=None):
        """A mail of somebody outside on a complaint waits for an answer."""
        result = super().message_update(msg_dict, update_vals)
        # sudo: the gateway acts for everybody
        author = self.env["res.partner"].sudo().browse(msg_dict.get("author_id") or ())
        if not any(user._is_internal() for user in author.user_ids):
            self._note_customer_wrote(fields.Datetime.now())
        return result

    def _message_post_after_hook(self, message, msg_vals):
        result = super()._message_post_after_hook(message, msg_vals)
        # sudo: the customer reads neither users nor subtypes
        author, subtype = message.sudo().author_id, message.sudo().subtype_id
        if message.message_type not in ("comment", "email", "email_outgoing") or subtype.internal:
            return result
        if any(user._is_internal() for user in author.user_ids):
            self._note_customer_wrote(False)
            if self.env.context.get("complaint_then_wait") and self.phase != "closed":
                self.with_context(complaint_then_wait=False).action_wait_customer()
        elif message.message_type == "comment" and not self.env.context.get("complaint_intake_id"):
            # on the portal; what came with the complaint itself is no further word
            self._note_customer_wrote(message.date)
        return result

    def _write_move(self, vals):
        """Who closes has read what the customer wrote."""
        result = super()._write_move(vals)
        if vals.get("date_closed"):
            self._note_customer_wrote(False)
        return result

    def _note_customer_wrote(self, moment):
        # sudo: whoever writes, the mark follows
        self.sudo().filtered(lambda complaint: complaint.date_customer_wrote != moment).date_customer_wrote = moment

    def action_no_answer_needed(self):
        """What the customer wrote needs no answer ("thank you")."""
        self.check_access("write")
        self._note_customer_wrote(False)
        return True

    # === THE NEXT ONE === #

    @api.model
    def _next_case(self, current=None):
        """The complaint that the user should work on next.

        Somebody in danger first, then what the customer wrote, then the nearest deadline, then the oldest; what waits
        for the customer is left out. The user's own come before those that nobody took.

        :param current: ``crm.complaint`` that is not proposed
        :return: one ``crm.complaint`` or none
        """
        todo = Domain("phase", "!=", "closed") & Domain("date_waiting_since", "=", False)
        if current:
            todo &= Domain("id", "not in", current.ids)
        for owner in (self.env.uid, False):
            mine = todo & Domain("user_id", "=", owner)
            for urgent in (
                Domain("safety_risk", "=", True),
                Domain("date_customer_wrote", "!=", False),
                Domain.TRUE,
            ):
                # a missing deadline sorts last
                found = self.search(mine & urgent, order="date_deadline, date_received, id", limit=1)
                if found:
                    return found
        return self.browse()

    def action_next_case(self):
        """Open the next complaint to work on; says so when there is none."""
        complaint = self._next_case(self)
        if complaint:
            return {**complaint._get_records_action(), "target": "current"}
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": "success", "message": self.env._("Nothing is left to do: no open complaint is yours or "
                                                              "free, or all wait for the customer.")},
        }  # fmt: skip

    # === WRITING === #

    def action_ask_customer(self):
        """The mail that asks for what is missing, to be looked at; when it is sent, the complaint waits."""
        return self._compose("crm_complaints.mail_template_ask", complaint_then_wait=True)

    def action_write_customer(self):
        """A mail on how it goes, to be looked at; of several complaints each customer gets the own one."""
        return self._compose("crm_complaints.mail_template_progress")

    def _compose(self, template, **context):
        self.check_access("write")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Write to Customer"),
            "res_model": "mail.compose.message",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_model": self._name,
                "default_res_ids": self.ids,
                "default_template_id": self.env.ref(template).id,
                "default_composition_mode": "comment",
                "force_email": True,
                **context,
            },
        }
