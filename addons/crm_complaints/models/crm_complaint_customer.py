from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..const import DECISIONS

INTERNAL = "base.group_user"
SATISFACTION = [
    ("1", "Very Dissatisfied"),
    ("2", "Dissatisfied"),
    ("3", "Neither"),
    ("4", "Satisfied"),
    ("5", "Very Satisfied"),
]
SENT_HEADERS = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}


class CrmComplaint(models.Model):
    """What the customer does with the answer: accepts it, asks for a second look, rates how it went.

    The second look (stage two) is another person's: nobody who handled the complaint before answers it again.
    """

    _inherit = "crm.complaint"

    date_accepted = fields.Datetime(string="Accepted by the Customer on", readonly=True, copy=False)
    is_review = fields.Boolean(string="Second Stage", readonly=True, copy=False, index=True, groups=INTERNAL)
    date_review = fields.Datetime(string="Second Stage since", readonly=True, copy=False, groups=INTERNAL)
    first_handler_ids = fields.Many2many(
        "res.users", "crm_complaint_first_handler_rel", "complaint_id", "user_id",
        string="Handled the First Stage", readonly=True, copy=False, groups=INTERNAL,
        context={"active_test": False},  # who is away may come back
    )  # fmt: skip
    first_decision = fields.Selection(
        DECISIONS, string="Decision of the First Stage", readonly=True, copy=False, groups=INTERNAL
    )
    satisfaction_process = fields.Selection(
        SATISFACTION, string="Satisfied with the Handling", readonly=True, copy=False, groups=INTERNAL
    )
    satisfaction_outcome = fields.Selection(
        SATISFACTION, string="Satisfied with the Outcome", readonly=True, copy=False, groups=INTERNAL
    )
    satisfaction_comment = fields.Text(readonly=True, copy=False, groups=INTERNAL)
    date_rated = fields.Datetime(string="Rated on", readonly=True, copy=False, groups=INTERNAL)
    date_rating_asked = fields.Datetime(string="Rating Asked on", readonly=True, copy=False, groups=INTERNAL)

    # === CONSTRAINTS === #

    @api.constrains("user_id", "first_handler_ids")
    def _check_reviewer(self):
        for complaint in self.sudo().filtered("is_review"):  # sudo: whoever assigns, the rule holds
            if complaint.user_id in complaint.first_handler_ids:
                raise ValidationError(
                    self.env._(
                        "%(user)s handled the first stage of %(complaint)s: the second look is another person's.",
                        user=complaint.user_id.name,
                        complaint=complaint.display_name,
                    )
                )

    def _check_move(self, current, target, stage, reason):
        super()._check_move(current, target, stage, reason)
        if self.env.su or not self.is_review or target.phase not in ("response", "closed"):
            return
        if self.env.user in self.first_handler_ids and target.outcome != "withdrawn":
            raise UserError(
                self.env._("%(complaint)s is in its second stage: it is answered by somebody who did not handle "
                           "the first.", complaint=self.display_name)
            )  # fmt: skip

    def write(self, vals):
        """Who was responsible in the first stage is remembered: the second look is another person's."""
        if "user_id" in vals:
            # sudo: whoever reassigns need not see the stage of every complaint
            handled = self.sudo().filtered(lambda complaint: complaint.user_id and not complaint.is_review)
            for user, complaints in handled.grouped("user_id").items():
                if user.id != vals["user_id"]:
                    complaints._write_move({"first_handler_ids": [Command.link(user.id)]})
        self._end_access(vals)
        self._drop_contact(vals)
        return super().write(vals)

    def _end_access(self, vals):
        """Another complainant: the one before follows no more, and the secret link that was sent opens nothing.

        Who represented the complainant and does no more does not follow either.
        """
        # sudo: whoever corrects the representative, the access of the one before ends
        for complaint in self.sudo().filtered("representative_id") if "representative_id" in vals else ():
            stay = {vals["representative_id"], vals.get("partner_id", complaint.partner_id.id)}
            if complaint.representative_id.id not in stay:
                complaint.message_unsubscribe(complaint.representative_id.ids)
        if "partner_id" not in vals:
            return
        # sudo: whoever corrects the complainant, the access of the wrong one ends
        for complaint in self.sudo().filtered(lambda one: one.partner_id and one.partner_id.id != vals["partner_id"]):
            complaint.message_unsubscribe(complaint.partner_id.ids)
            complaint.access_token = False

    def _drop_contact(self, vals):
        """Another complainant: what was copied from the one before is not kept where the new one has nothing.

        Otherwise the next mail, with the secret link, would go to the wrong one.
        """
        # sudo: whoever corrects the complainant may not read the contact of the wrong one
        partner = self.env["res.partner"].sudo().browse(vals.get("partner_id"))
        if not partner:
            return
        copies = {"partner_name": "name", "email_from": "email", "phone": "phone"}
        for complaint in self.sudo().filtered("partner_id"):
            before = complaint.partner_id
            # a contact instead of the company: it is reached at the company
            if before.commercial_partner_id != partner.commercial_partner_id:
                kept = {name for name, copied in copies.items() if name in vals or complaint[name] != before[copied]}
                complaint._write_move(dict.fromkeys(copies.keys() - kept, False))

    # === ACCEPTING === #

    def _can_accept(self):
        self.ensure_one()
        return self.phase == "response" and not self.date_accepted

    def _move_values(self, current, target, reason, now):
        """An answer that is taken back was not accepted; the next one is another one."""
        values = super()._move_values(current, target, reason, now)
        if target.phase not in ("response", "closed"):
            values["date_accepted"] = False
        return values

    def _customer_accepts(self):
        """The customer is content with the answer; the responsible carries it out and closes.

        :raises UserError: when there is no answer to accept, or it was accepted before
        """
        self.ensure_one()
        self._lock_clocks()
        if not self._can_accept():
            raise UserError(self.env._("There is no answer to accept at the moment."))
        self._write_move({"date_accepted": fields.Datetime.now()})
        self._post_for_customer(self.env._("I accept the answer."))
        self._to_do(lambda env: env._("The customer accepts the answer: carry it out and close"))

    # === THE SECOND STAGE === #

    def _review_until(self):
        """Until when a closed complaint may be looked at again at the customer's wish."""
        self.ensure_one()
        # sudo: a setting of the company
        days = self.sudo().company_id.complaint_review_days
        return self.date_closed and self.date_closed + timedelta(days=days)

    def _can_review(self):
        """True when the customer may ask for a second look: answered, once, in time."""
        self.ensure_one()
        complaint = self.sudo()  # sudo: internal fields decide, the customer sees the button only
        if complaint.is_review or complaint.merged_into_id or complaint.outcome == "withdrawn":
            return False
        if complaint.phase == "closed":
            return fields.Datetime.now() <= complaint._review_until()
        return complaint.phase == "response"

    def _customer_is_unhappy(self, reason=""):
        """Stage two: another person looks at the complaint again. The customer needs to give no reason.

        :raises UserError: when there is no answer yet, the second look was had or too much time went by
        """
        self.ensure_one()
        self._lock_clocks()
        if not self._can_review():
            raise UserError(self.env._("A second look cannot be asked for at the moment."))
        complaint = self.sudo()  # sudo: customers may ask, they do not write complaints
        words = (reason or "").strip() or self.env._("no reason given")
        handlers = complaint.first_handler_ids | complaint.user_id
        complaint._keep_first_answer()
        if not complaint.severity:
            complaint.severity = "2_moderate"  # settled on the spot without being judged: work on it needs one
        reviewer = complaint._reviewer(handlers)
        if not complaint.user_id:
            complaint.user_id = reviewer  # who answered is gone: the investigation needs somebody
        if complaint.phase == "response":
            complaint._move_to("investigation")
        complaint._move_to("assessed", reason=self.env._("The customer asks for a second look: %(words)s", words=words))
        complaint.user_id = reviewer
        complaint._write_move(
            {
                "is_review": True,
                "date_review": fields.Datetime.now(),
                "date_accepted": False,
                "first_handler_ids": [Command.set(handlers.ids)],
                "first_decision": complaint.decision,
                "decision": False,
                "decision_reason": False,
                "response": False,
            }
        )
        self._post_for_customer(self.env._("I do not agree with the answer: %(words)s", words=words))
        self._to_do(lambda env: env._("Second stage: the customer does not agree"))

    def _reviewer(self, handlers):
        """Who takes the second look: the leader of the team, the complaints manager or an administrator."""
        self.ensure_one()
        barred = handlers | self.accused_user_ids
        for user in (self.team_id.user_id, self.company_id.complaint_manager_id):
            if (
                user.active
                and user not in barred
                and self.company_id in user.company_ids
                and user.has_group("crm_complaints.group_user")
            ):
                return user
        keeper = self.env["crm.complaint.intake"]._keeper(barred, self.company_id)
        # nobody is left: it stays unassigned, and everybody who may take it sees it
        return keeper if keeper != self.env.ref("base.user_root") else self.env["res.users"]

    def _keep_first_answer(self):
        """The first answer stays on file when the second one takes its place."""
        self.ensure_one()
        labels = dict(self._fields["decision"]._description_selection(self.env))
        self.message_post(
            body=self.env._(
                "Answer of the first stage (%(decision)s): %(reason)s",
                decision=labels.get(self.decision, "-"),
                reason=self.decision_reason or "-",
            ),
            subtype_xmlid="mail.mt_note",
        )
        if self.response:
            self.message_post(body=self.response, subtype_xmlid="mail.mt_note")

    # === RATING === #

    def _can_rate(self):
        self.ensure_one()
        complaint = self.sudo()  # sudo: internal fields decide
        return complaint.phase == "closed" and complaint.outcome != "withdrawn" and not complaint.date_rated

    def _customer_rates(self, process, outcome, comment=""):
        """How satisfied the customer is with the way it was handled and, apart from that, with what came out.

        :param str process: '1' (very dissatisfied) to '5'
        :param str outcome: the same
        :raises UserError: for other values, for open complaints and the second time
        """
        self.ensure_one()
        codes = dict(SATISFACTION)
        if process not in codes or outcome not in codes:
            raise UserError(self.env._("Please answer both questions."))
        self._lock_clocks()
        if not self._can_rate():
            raise UserError(self.env._("This complaint was rated already, or is not closed yet."))
        self._write_move(
            {
                "satisfaction_process": process,
                "satisfaction_outcome": outcome,
                "satisfaction_comment": (comment or "").strip() or False,
                "date_rated": fields.Datetime.now(),
            }
        )

    def _write_move(self, vals):
        result = super()._write_move(vals)
        if vals.get("date_closed"):
            self._ask_rating()
        return result

    def _ask_rating(self):
        """Once per complaint, where the company wants it: a question by mail, whatever the outcome."""
        # sudo: a setting of the company
        asked = self.sudo().filtered(
            lambda complaint: complaint.company_id.complaint_ask_rating
            and complaint.email_normalized
            and not complaint.date_rating_asked
            and complaint.outcome != "withdrawn"
            # who has the processing of their data restricted gets their answer and is not asked for opinions
            and not (complaint.partner_id.crm_restricted or complaint.commercial_partner_id.crm_restricted)
        )
        asked -= asked._rating_refused()
        if not asked:
            return
        asked._write_move({"date_rating_asked": fields.Datetime.now()})
        asked.flush_recordset()
        self.env.ref("crm_complaints.mail_template_rating").sudo().send_mail_batch(
            asked.ids,
            email_values={"headers": repr(SENT_HEADERS), "auto_delete": False},
            email_layout_xmlid="crm_complaints.mail_layout",
        )

    def _rating_refused(self):
        """Those whose customer, or anybody with that address, said no to surveys, to advertising or to any contact.

        Who said nothing is asked: the question belongs to the complaint.
        """
        partners = self.env["res.partner"]
        by_email = partners._crm_contact_by_email(self.mapped("email_normalized"))
        customers = {
            complaint: complaint.partner_id | by_email.get(complaint.email_normalized, partners) for complaint in self
        }
        origins = {partner.id: complaint for complaint, found in customers.items() for partner in found}
        code = "survey" if partners._crm_contact_knows("survey") else "marketing"
        everybody = partners.browse(origins)._crm_contact_customers()
        refused = everybody._crm_standing_refusals("email", code, origins, unasked=True)
        return self.filtered(lambda complaint: any(one.id in refused for one in customers[complaint]))

    # === HELPERS === #

    def _post_for_customer(self, body):
        """A message in the name of the complainant; who pressed the button came by login or by the secret link."""
        self.ensure_one()
        sender = {"author_id": self.partner_id.id} if self.partner_id else {"email_from": self.email_from}
        self.message_post(body=body, message_type="comment", subtype_xmlid="mail.mt_comment", **sender)

    def _customer_promise(self):
        """By when the customer may expect an answer, and since when we wait for the customer.

        :return: (datetime or False, datetime or False)
        """
        self.ensure_one()
        complaint = self.sudo()  # sudo: of the clocks the customer sees this moment only
        if complaint.phase in ("response", "closed"):
            return False, False
        clocks = complaint.clock_ids.filtered(
            lambda clock: clock.state == "running" and clock.kind in ("resolution", "statutory") and clock.date_due
        )
        return min(clocks.mapped("date_due"), default=False), complaint.date_waiting_since
