import base64

from markupsafe import Markup

from odoo import api, fields, models
from odoo.addons.crm_relations.tools.own_defaults import own_defaults
from odoo.exceptions import UserError
from odoo.tools import format_date, is_html_empty

from ..const import CHANNELS
from ..tools import letter as rules

PROOF = frozenset({"state", "date_sent", "user_id", "message_id", "pdf"})
"""Written by sending only, whatever interface asks."""
SENT_BY = [(code, label) for code, label in CHANNELS if code in ("email", "letter", "in_person", "fax", "other")]


class CrmComplaintLetter(models.Model):
    """One letter to a complainant, with the proof that and how it was sent. A letter that was sent never changes."""

    _name = "crm.complaint.letter"
    _description = "Complaint Letter"
    _order = "id desc"
    _rec_name = "subject"

    complaint_id = fields.Many2one("crm.complaint", required=True, index=True, ondelete="restrict")
    company_id = fields.Many2one(related="complaint_id.company_id")
    kind = fields.Selection(rules.KINDS, string="Type", required=True, default="final")
    template_id = fields.Many2one(
        "crm.complaint.letter.template",
        compute="_compute_template_id",
        store=True,
        readonly=False,
        precompute=True,
        domain="[('kind', '=', kind), ('company_id', 'in', (company_id, False))]",
    )
    lang = fields.Selection(
        selection=lambda self: self.env["res.lang"].get_installed(),
        string="Language",
        compute="_compute_lang",
        store=True,
        readonly=False,
        precompute=True,
    )
    delay_reason = fields.Char(string="Why It Takes Longer")
    expected_on = fields.Date(string="Answer Expected by")
    subject = fields.Char(compute="_compute_text", store=True, readonly=False)
    body = fields.Html(compute="_compute_text", store=True, readonly=False)
    missing = fields.Char(compute="_compute_missing", string="Must Contain", help="What the letter does not say yet.")

    # --- the proof: written by sending alone
    state = fields.Selection(
        [("draft", "Draft"), ("sent", "Sent")], required=True, default="draft", readonly=True, copy=False
    )
    channel = fields.Selection(SENT_BY, string="Sent by", default="email")
    proof = fields.Char(copy=False, help="Registered mail number, or who took it. For what is not sent by e-mail.")
    date_sent = fields.Datetime(string="Sent on", readonly=True, copy=False)
    user_id = fields.Many2one("res.users", string="Sent by User", readonly=True, copy=False)
    message_id = fields.Many2one(
        "mail.message", readonly=True, copy=False, ondelete="restrict", index="btree_not_null"
    )
    delivery = fields.Selection(
        [("queued", "In the Queue"), ("sent", "Handed Over"), ("failed", "Not Delivered")],
        compute="_compute_delivery",
        help="What the mail server said.",
    )
    pdf = fields.Binary(string="PDF", readonly=True, copy=False, attachment=True)

    # === COMPUTE METHODS === #

    @api.depends("kind", "complaint_id")
    def _compute_template_id(self):
        templates = self.env["crm.complaint.letter.template"]
        for letter in self:
            if letter.template_id.kind != letter.kind:
                company = letter.complaint_id.company_id or self.env.company
                domain = [("kind", "=", letter.kind), ("company_id", "in", (company.id, False))]
                letter.template_id = templates.search(domain, order="company_id, sequence, id", limit=1)

    @api.depends("complaint_id")
    def _compute_lang(self):
        for letter in self:
            complaint = letter.complaint_id
            letter.lang = letter.lang or complaint.lang or complaint.partner_id.lang or self.env.lang

    @api.depends("template_id", "lang", "delay_reason", "expected_on", "complaint_id")
    def _compute_text(self):
        for letter in self:
            if letter.state == "sent":
                continue
            template = letter.template_id.with_context(lang=letter.lang)
            values = letter._element_values()
            letter.subject = rules.fill_text(template.subject, values)
            letter.body = rules.fill(template.body, values)

    @api.depends("body", "kind", "complaint_id.company_id.complaint_adr_name", "complaint_id.point_ids")
    def _compute_missing(self):
        labels = self._element_labels()
        for letter in self:
            letter.missing = ", ".join(labels[name] for name in letter._missing_elements())

    @api.depends("message_id.notification_ids.notification_status", "message_id.mail_ids.state")
    def _compute_delivery(self):
        for letter in self.sudo():  # sudo: mails are not read by clerks, their fate is
            states = set(letter.message_id.mail_ids.mapped("state"))
            notes = set(letter.message_id.notification_ids.mapped("notification_status"))
            if letter.state != "sent" or letter.channel != "email":
                letter.delivery = False
            elif notes & {"bounce", "exception"} or "exception" in states:
                letter.delivery = "failed"
            else:
                letter.delivery = "queued" if "outgoing" in states or "ready" in notes else "sent"

    # === CRUD METHODS === #

    @api.model
    def default_get(self, fields):
        """A letter begins as a draft, whatever a context or an own default says."""
        return own_defaults(self, super().default_get(fields), PROOF)

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._refuse_proof(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._check_draft()
        self._refuse_proof(vals)
        return super().write(vals)

    def _refuse_proof(self, vals):
        if not self.env.su and (refused := PROOF & set(vals)):
            labels = [self._fields[name].get_description(self.env, ["string"])["string"] for name in sorted(refused)]
            raise UserError(self.env._("These fields are set by sending: %(fields)s.", fields=", ".join(labels)))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sent(self):
        self._check_draft()

    def _check_draft(self):
        if not self.env.su and (sent := self.filtered(lambda letter: letter.state == "sent")):
            raise UserError(self.env._("What was sent stays as it was: %(letter)s.", letter=sent[0].subject))

    # === CONTENT === #

    def _missing_elements(self):
        self.ensure_one()
        complaint = self.complaint_id.sudo()  # sudo: points and settings decide, whoever reads the letter
        required = rules.required_elements(
            self.kind, bool(complaint.point_ids), bool(complaint.company_id.complaint_adr_name)
        )
        return rules.missing_elements(self.body, required)

    def _element_labels(self):
        return {
            "number": self.env._("the number of the complaint"),
            "decision": self.env._("the decision"),
            "reasons": self.env._("the reasons of the decision"),
            "points": self.env._("an answer on each point"),
            "answer": self.env._("the answer"),
            "resolution": self.env._("how it was resolved"),
            "delay_reason": self.env._("why it takes longer"),
            "expected_on": self.env._("when the answer is expected"),
            "external": self.env._("the external body"),
        }

    def _element_values(self):
        """Values of the elements, in the language of the letter."""
        self.ensure_one()
        complaint = self.complaint_id.with_context(lang=self.lang)
        env = complaint.env
        company = complaint.company_id
        decisions = dict(complaint._fields["decision"]._description_selection(env))
        external = company.complaint_adr_name and env._(
            "If you do not agree, you may turn to %(name)s (%(url)s) within %(months)s months of this letter.",
            name=company.complaint_adr_name,
            url=company.complaint_adr_url or "-",
            months=company.complaint_adr_months,
        )
        return {
            "number": complaint.code,
            "received": format_date(env, complaint.date_received, lang_code=self.lang),
            "complainant": complaint.partner_id.name or complaint.partner_name,
            "decision": decisions.get(complaint.decision),
            "reasons": complaint.decision_reason,
            "points": complaint._points_for_letter(decisions),
            "answer": not is_html_empty(complaint.response) and Markup(complaint.response),
            "resolution": complaint.closing_note
            or (complaint.date_accepted and env._("You accepted our answer."))
            or complaint.decision_reason,
            "delay_reason": self.delay_reason,
            "expected_on": self.expected_on and format_date(env, self.expected_on, lang_code=self.lang),
            "external": external,
            "company": company.name,
            "handler": complaint.user_id.name,
        }

    # === SENDING === #

    def action_send(self):
        """Send by e-mail, with the letter as PDF; or note that it was sent in another way, with the proof.

        :raises UserError: naming what the letter must contain and does not, or what is missing for sending
        """
        for letter in self:
            letter.check_access("write")
            letter._check_sendable()
            letter.lock_for_update()  # twice clicked: the second is told so, or is tried again and finds it sent
            pdf = letter._render_pdf()
            # sudo: the proof is written by sending alone
            letter.sudo().write(
                {
                    "state": "sent",
                    "date_sent": fields.Datetime.now(),
                    "user_id": self.env.uid,
                    "channel": letter.channel,
                    "pdf": pdf,
                }
            )
            letter._tell_complaint(pdf)
        return True

    def _check_sendable(self):
        self.ensure_one()
        if self.state == "sent":
            raise UserError(self.env._("This letter was sent already."))
        if missing := self._missing_elements():
            labels = self._element_labels()
            raise UserError(
                self.env._("The letter cannot be sent. It must contain: %(missing)s.",
                           missing=", ".join(labels[name] for name in missing))
            )  # fmt: skip
        if not self.channel:
            raise UserError(self.env._("Say how the letter is sent."))
        if self.channel == "email" and not self.complaint_id.email_normalized:
            raise UserError(self.env._("The complainant has no valid e-mail address. Send it in another way."))
        if self.channel != "email" and not (self.proof or "").strip():
            raise UserError(self.env._("Note the proof of sending: a registered mail number, or who took it."))

    def _render_pdf(self):
        """The letter as base64, nothing where the programme for PDF is missing and the mail carries the text."""
        self.ensure_one()
        reports = self.env["ir.actions.report"].with_context(lang=self.lang)
        if reports.get_wkhtmltopdf_state() == "install" and self.channel == "email":
            return False
        # sudo: the layout reads the company's settings
        content, _kind = reports.sudo()._render_qweb_pdf("crm_complaints.action_report_complaint_letter", self.ids)
        return base64.b64encode(content)

    def _tell_complaint(self, pdf):
        """The letter in the file of the complaint: as the mail that was sent, or as a note of how it went out."""
        self.ensure_one()
        complaint = self.complaint_id
        files = [(f"{self.subject}.pdf".replace("/", "-"), base64.b64decode(pdf))] if pdf else []
        if self.channel != "email":
            label = dict(self._fields["channel"]._description_selection(self.env))[self.channel]
            note = self.env._(
                "%(letter)s sent by %(channel)s. %(proof)s", letter=self.subject, channel=label, proof=self.proof
            )
            message = complaint.message_post(body=note, attachments=files, subtype_xmlid="mail.mt_note")
            # sudo: whoever sends the letter moves the clocks by it
            complaint.sudo().date_last_contact = self.date_sent
            complaint._sync_clocks()
        else:
            partner = complaint.partner_id
            known = partner and partner.email_normalized == complaint.email_normalized
            message = complaint.with_context(lang=self.lang).message_post(
                body=Markup(self.body),
                subject=self.subject,
                attachments=files,
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
                email_layout_xmlid="crm_complaints.mail_layout",
                **({"partner_ids": partner.ids} if known else {"outgoing_email_to": complaint.email_normalized}),
            )
        self.sudo().message_id = message  # sudo: the proof is written by sending alone
        if self.kind == "final" and complaint.phase not in ("response", "closed"):
            complaint._move_to("response")
