from markupsafe import Markup

from odoo import fields, models
from odoo.exceptions import UserError

from ..const import LATER

ACKNOWLEDGEMENT_HEADERS = {
    # RFC 3834: tells other robots not to answer
    "Auto-Submitted": "auto-replied",
    # the same for Exchange
    "X-Auto-Response-Suppress": "All",
}


# A file of its own, so that none grows beyond reading: pylint: disable=consider-merging-classes-inherited
class CrmComplaint(models.Model):
    _inherit = "crm.complaint"

    # === ACKNOWLEDGEMENT === #

    def action_acknowledge(self):
        """Send the acknowledgement by e-mail; complaints acknowledged before or closed are left alone.

        :raises UserError: when a complaint has no e-mail address
        """
        todo = self.filtered(lambda complaint: not complaint.date_acknowledged and complaint.phase != "closed")
        if without := todo.filtered(lambda complaint: not complaint.email_normalized):
            raise UserError(
                self.env._(
                    "No valid e-mail address: %(complaints)s. Acknowledge in another way and note it with "
                    "'Acknowledged Otherwise'.",
                    complaints=", ".join(without.mapped("display_name")),
                )
            )
        todo._send_acknowledgement()
        return True

    def _acknowledge_at_registration(self):
        """Acknowledge new complaints where the team, or else the company, wants that automatically."""
        self.filtered(lambda complaint: complaint._wants_acknowledgement())._send_acknowledgement()

    def _wants_acknowledgement(self):
        """True when the complaint gets an acknowledgement by itself."""
        self.ensure_one()
        if self.date_acknowledged or self.phase != "received" or not self.email_normalized:
            return False
        # sudo: settings, the customer who files a complaint reads neither
        setting = self.sudo().team_id.complaint_acknowledge or "company"
        if setting == "company":
            return self.sudo().company_id.complaint_auto_acknowledge
        return setting == "auto"

    def _send_acknowledgement(self):
        """Queue the acknowledgement of complaints not acknowledged yet.

        The date is written first: of two users who press at once one waits for the other's row, is
        refused by the database and, tried again, finds the date.
        """
        todo = self.filtered(lambda complaint: not complaint.date_acknowledged)
        if not todo:
            return
        todo._register_acknowledgement("email")
        todo.flush_recordset()
        # sudo: whoever registers a complaint, Odoo's queue of mails is emptied now and not within the hour
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()
        template = self.env.ref("crm_complaints.mail_template_acknowledgement")
        template.send_mail_batch(
            todo.ids,
            email_values={
                "headers": repr(ACKNOWLEDGEMENT_HEADERS),
                # the customer finds it on the portal, the company keeps it as proof
                "subtype_id": self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_comment"),
                "auto_delete": False,
            },
            email_layout_xmlid="crm_complaints.mail_layout",
        )

    def _register_acknowledgement(self, channel, note=None):
        """The only writer of ``date_acknowledged``; once per complaint.

        :param str channel: a code of ``const.CHANNELS``
        :param str note: how it was done, kept in the chatter
        """
        now = fields.Datetime.now()
        for complaint in self.with_context(complaint_clocks=LATER):
            if complaint.date_acknowledged:
                continue
            complaint._write_move(
                {
                    "date_acknowledged": now,
                    "acknowledge_channel": channel,
                    "acknowledge_user_id": self.env.user.id if self.env.user._is_internal() else False,
                }
            )
            if complaint.phase == "received":
                complaint._move_to("acknowledged")
            if note:
                complaint.message_post(
                    body=self.env._("Acknowledged: %(note)s", note=note), subtype_xmlid="mail.mt_note"
                )
        # once, for all of them and for both facts
        self._sync_clocks()

    # === ANSWER === #

    def action_send_answer(self):
        """The mail with the answer, to be looked at before it is sent; the letter is attached."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Send Answer"),
            "res_model": "mail.compose.message",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_model": "crm.complaint",
                "default_res_ids": self.ids,
                "default_template_id": self.env.ref("crm_complaints.mail_template_answer").id,
                "default_composition_mode": "comment",
                "force_email": True,
            },
        }

    # === MAIL === #

    def _mail_get_operation_for_mail_message_operation(self, message_operation):
        """A customer who may read the complaint may write to us about it; employees need the right to edit it."""
        if message_operation == "create" and not self.env.user._is_internal():
            return dict.fromkeys(self, "read")
        return super()._mail_get_operation_for_mail_message_operation(message_operation)

    def _message_post_after_hook(self, message, msg_vals):
        """A word of the customer on a closed complaint must not stay unread."""
        result = super()._message_post_after_hook(message, msg_vals)
        # sudo: the customer reads no users
        complaint, author = self.sudo(), message.sudo().author_id
        from_outside = message.message_type in ("comment", "email") and not any(
            user._is_internal() for user in author.user_ids
        )
        if from_outside and (complaint.phase == "closed" or not complaint.active):
            closed = complaint.phase == "closed"
            complaint._to_do(
                lambda env: env._("The customer wrote about a closed complaint: reopen it?")
                if closed
                else env._("The customer wrote about an archived complaint: take it out again?")
            )
        return result

    def _track_subtype(self, init_values):
        self.ensure_one()
        if "stage_id" in init_values:
            if self.phase == "closed":
                return self.env.ref("crm_complaints.mt_complaint_closed")
            return self.env.ref("crm_complaints.mt_complaint_stage")
        return super()._track_subtype(init_values)

    def _creation_subtype(self):
        subtypes = self.env["mail.message.subtype"]
        return subtypes.browse(self.env["ir.model.data"]._xmlid_to_res_id("crm_complaints.mt_complaint_new"))

    # === PORTAL === #

    def _compute_access_url(self):
        super()._compute_access_url()
        for complaint in self:
            complaint.access_url = f"/my/complaints/{complaint.id}"

    def _get_report_base_filename(self):
        self.ensure_one()
        return self.env._("Complaint %(number)s", number=(self.code or "").replace("/", "-"))

    def _customer_stage_name(self):
        """What the customer reads as the state of the complaint."""
        self.ensure_one()
        # sudo: the stage is not a document of the customer
        stage = self.sudo().stage_id
        return stage.customer_name or stage.name

    def _customer_steps(self):
        """Steps done, with their dates, as the customer may see them.

        :return: list of (label, datetime), in order
        """
        self.ensure_one()
        steps = [
            (self.env._("Received"), self.date_received),
            (self.env._("Acknowledged"), self.date_acknowledged),
            (self.env._("Assessed"), self.date_assessed),
            (self.env._("Investigation started"), self.date_investigated),
            (self.env._("Answered"), self.date_responded),
            (self.env._("Closed"), self.date_closed),
        ]
        return [(label, date) for label, date in steps if date]

    def _shows_answer(self):
        """The answer is the customer's business once it was proposed, not while it is drafted."""
        self.ensure_one()
        return bool(self.date_responded or (self.phase == "closed" and self.outcome != "withdrawn"))

    def _letter_response(self):
        self.ensure_one()
        return self.response if self._shows_answer() else Markup("")
