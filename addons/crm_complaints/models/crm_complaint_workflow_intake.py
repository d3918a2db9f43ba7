from odoo import Command, api, fields, models
from odoo.tools import email_normalize
from odoo.tools.mail import email_split_tuples

from ..tools import intake as reader


class CrmComplaint(models.Model):
    """Complaints that come by mail."""

    _inherit = "crm.complaint"

    intake_ids = fields.One2many("crm.complaint.intake", "complaint_id", groups="crm_complaints.group_user_all")

    @api.model
    def message_new(self, msg_dict, custom_values=None):
        """A complaint from a mail: received when the gateway got it, whatever the sender's clock says."""
        names = email_split_tuples(msg_dict.get("email_from") or "")
        values = {
            "name": (msg_dict.get("subject") or "").strip() or self.env._("(no subject)"),
            "channel": "email",
            "description": msg_dict.get("body"),
            "partner_id": msg_dict.get("author_id"),
            "partner_name": names[0][0] if names else False,
            "user_id": False,
            **(custom_values or {}),
        }
        # the address alone: in the name beside it a sender could write what our answer then carries
        address = names[0][1] if names else msg_dict.get("email_from")
        # sudo: the gateway knows all users; a colleague forwards what a customer wrote, and is not who complains
        author = self.env["res.partner"].sudo().browse(msg_dict.get("author_id") or ())
        if any(user._is_internal() for user in author.user_ids):
            values |= {"partner_id": False, "partner_name": False}
            address = False
        values |= self._mail_owner(values)
        complaint = super().message_new({**msg_dict, "email_from": address}, values)
        complaint._note_intake()
        return complaint

    @api.model
    def _mail_owner(self, values):
        """Team, company and complainant that go together, of what a mail and its address say.

        The address of a team outlives its change of company, and may outlive the team. Who is a contact of another
        company complains all the same: known by name and address.
        """
        team = self.env["crm.team"].browse(values.get("team_id")).exists()
        partner = self.env["res.partner"].browse(values.get("partner_id"))
        companies = self.env["res.company"]
        company = team.company_id or companies.browse(values.get("company_id")) or partner.company_id
        company = company or self.env.company
        return {
            "team_id": team.filtered("active").id,
            "company_id": company.id,
            "partner_id": partner._belongs_to_complaints_of(company) and partner.id,
        }

    def message_update(self, msg_dict, update_vals=None):
        result = super().message_update(msg_dict, update_vals)
        self._note_intake()
        return result

    def _note_intake(self):
        """Tell the ledger which complaint a message belongs to, in the transaction of the complaint."""
        if intake_id := self.env.context.get("complaint_intake_id"):
            # sudo: the gateway writes the ledger, nobody else does
            intake = self.env["crm.complaint.intake"].sudo().browse(intake_id)
            # a row that is finished is nobody's to write, whatever the context says
            if intake.state in ("received", "quarantine") and not intake.complaint_id:
                intake._write_row({"complaint_id": self.id})

    def message_post(self, **kwargs):
        """Nobody follows a complaint because a mail says so: copied people and strangers are added by hand."""
        if self.env.context.get("complaint_intake_id") and kwargs.get("author_id") != self.partner_id.id:
            self = self.with_context(mail_post_autofollow_author_skip=True)
        return super().message_post(**kwargs)

    # === ROUTES === #

    @api.model
    def _routes_to_complaints(self, routes, message, message_dict, model, custom_values):
        """What came into a mailbox for complaints is a complaint, though it answers another mail of ours.

        Odoo would file it on the customer or the offer that the headers name, where nobody looks for complaints. Who
        wrote to the common address of all answers, or to another alias, is served there.

        :param list routes: of ``message_route``
        :param message: the mail, as ``email.message.Message``
        :param str model: what the mailbox is for
        """
        if model != self._name or not routes or any(route[0] == self._name for route in routes):
            return routes
        # sudo: the gateway knows all addresses
        domains = self.env["mail.alias.domain"].sudo().search([])  # pylint: disable=no-search-all
        wanted = reader.addresses(message)
        aliases = self.env["mail.alias"].sudo()
        if wanted & set(domains.mapped("catchall_email")) or aliases.search_count(
            [("alias_full_name", "in", list(wanted))], limit=1
        ):
            return routes
        message_dict.pop("parent_id", None)
        return [(self._name, 0, custom_values, self.env.uid, None)]

    @api.model
    def _checked_route(self, route, message_dict):
        """The route of a mail, to where its sender may write.

        A mail for a merged complaint goes to the one it was merged into. A sender who has nothing to do with the
        complaint named in the headers, which anybody can write, gets a complaint of the own, linked for the staff.

        :param tuple route: (model, thread id, values, user id, alias) of ``message_route``
        """
        model, thread_id, custom_values, user_id, alias = route
        if model != self._name or not thread_id:
            return route
        complaint = self.sudo().browse(thread_id)._survivor()  # sudo: the gateway acts for everybody
        if complaint._is_correspondent(email_normalize(message_dict.get("email_from") or "", strict=False)):
            return model, complaint.id, custom_values, user_id, alias
        message_dict.pop("parent_id", None)
        values = {
            **(custom_values or {}),
            "related_ids": [Command.link(complaint.id)],
            # it may quote what those complained about must not read
            "accused_user_ids": [Command.set(complaint.accused_user_ids.ids)],
        }
        return model, 0, values, user_id, alias

    def _is_correspondent(self, email):
        """True for who complains, who represents or follows, the own company's people and our own."""
        self.ensure_one()
        if not email:
            return False
        if email == self.email_normalized:
            return True
        partners = self.env["res.partner"].search([("email_normalized", "=", email)])
        known = self.partner_id | self.representative_id | self.message_partner_ids
        return any(
            partner in known
            or (self.commercial_partner_id and partner.commercial_partner_id == self.commercial_partner_id)
            or any(user._is_internal() for user in partner.user_ids)
            for partner in partners
        )

    # === BOUNCES === #

    def _message_receive_bounce(self, email, partner):
        """What we wrote did not arrive: somebody has to reach the customer in another way."""
        result = super()._message_receive_bounce(email, partner)
        for complaint in self:
            address = email or complaint.email_from or "?"
            complaint._to_do(
                lambda env: env._("A mail did not arrive: reach the customer in another way"),
                lambda env, address=address: env._("Not delivered to %(email)s.", email=address),
                once=True,
            )
        return result

    def _to_do(self, summary, note=None, once=False, **values):
        """An activity for whoever looks after the complaint, in the language of that person, not of who acts.

        :param summary: function of an environment, as ``lambda env: env._("...")``
        :param note: the same
        :param bool once: not while there is one that says the same
        :param values: of the activity
        """
        self.ensure_one()
        # sudo: whoever acts, customers and the gateway too; they plan nothing, the company does
        complaint = self.sudo()
        user = complaint._activity_user()
        env = complaint.with_context(lang=user.lang).env
        text = summary(env)
        if once and text in complaint.activity_ids.mapped("summary"):
            return
        complaint.activity_schedule(
            "mail.mail_activity_data_todo", summary=text, note=note and note(env), user_id=user.id, **values
        )

    def _activity_user(self):
        """Who is told what the customer did: the responsible, the leader of the team, an administrator."""
        self.ensure_one()
        # sudo: whoever acts, customers too, the right person is told
        complaint = self.sudo()
        barred = complaint.accused_user_ids
        for user in (complaint.user_id, complaint.team_id.user_id, complaint.company_id.complaint_manager_id):
            # who does not belong to the company could not open it
            if user.active and user not in barred and complaint.company_id in user.company_ids:
                return user
        return self.env["crm.complaint.intake"].sudo()._keeper(barred, complaint.company_id)
