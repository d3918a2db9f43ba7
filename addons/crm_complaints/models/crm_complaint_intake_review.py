from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import plaintext2html

UNFINISHED_AFTER = timedelta(hours=1)
"""A message that is still being processed after this needs a person."""


class CrmComplaintIntake(models.Model):
    """What people do with messages that the machine could not finish, and the daily look at the ledger."""

    _inherit = "crm.complaint.intake"

    # === ACTIONS === #

    def action_register(self):
        """Make a complaint of a message in quarantine by hand: the message is attached, a person reads it.

        :raises UserError: when a message is not in quarantine
        """
        for intake in self._in_quarantine():
            # to a machine nothing is sent, whoever registers what it wrote
            complaints = self.env["crm.complaint"].with_context(complaint_silent=intake.verdict != "human")
            complaint = complaints.create(intake._complaint_by_hand()).with_env(self.env)
            # sudo: the ledger is written by its own methods only
            intake.sudo().write({"state": "done", "complaint_id": complaint.id})
            intake.message_post(body=self.env._("Registered by hand as %(complaint)s.", complaint=complaint.code))
            complaint.message_post(
                body=self.env._("The message as it was received"),
                attachments=[(f"intake-{intake.id}{intake._raw_suffix()}", intake.sudo()._raw_bytes())],
                subtype_xmlid="mail.mt_note",
            )
        self._activities_done()
        return self.action_open_complaint() if len(self) == 1 else True

    def action_set_aside(self):
        """What is in quarantine is no complaint: it stays in the ledger, with who said so.

        :raises UserError: when a message is not in quarantine
        """
        for intake in self._in_quarantine():
            # sudo: the ledger is written by its own methods only
            intake.sudo().state = "ignored"
            intake.message_post(body=self.env._("No complaint, says %(user)s.", user=self.env.user.name))
        self._activities_done()
        return True

    def _in_quarantine(self):
        self.check_access("read")
        if not self.env.user.has_group("crm_complaints.group_user_all"):
            raise UserError(self.env._("Only who handles all complaints decides on messages in quarantine."))
        self.sudo().lock_for_update()  # sudo: a lock is a write; of two who decide at once the second is told so
        if other := self.filtered(lambda intake: intake.state != "quarantine"):
            raise UserError(
                self.env._("Not in quarantine: %(subjects)s.",
                           subjects=", ".join(intake.subject or str(intake.id) for intake in other))
            )  # fmt: skip
        return self

    def _complaint_by_hand(self):
        self.ensure_one()
        return {
            "name": self.subject or self.env._("(no subject)"),
            "email_from": self.email_from,
            "channel": self.channel if self.channel in ("email", "web") else "other",
            "date_received": self.date,
            **({} if self.channel == "email" else self._payload_owner()),
        }

    def _raw_suffix(self):
        return ".eml" if self.channel == "email" else ".json"

    def _mail_get_operation_for_mail_message_operation(self, message_operation):
        """Nobody writes the ledger; who decides on its rows may write beside them, who only reads may not."""
        if message_operation == "create" and self.env.user.has_group("crm_complaints.group_user_all"):
            return dict.fromkeys(self, "read")
        if message_operation == "create":
            return dict.fromkeys(self, "write")
        return super()._mail_get_operation_for_mail_message_operation(message_operation)

    # === RECONCILIATION === #

    @api.model
    def _unfinished(self, now):
        """Rows that are in no final state, or say 'done' without a complaint."""
        return self.search(
            Domain("state", "=", "quarantine")
            | Domain("state", "=", "received") & Domain("date", "<", now - UNFINISHED_AFTER)
            | Domain("state", "=", "done") & Domain("complaint_id", "=", False)
        )

    @api.model
    def _cron_reconcile(self):
        """Daily: each row of the ledger is finished, or a person has an activity on it; once per row."""
        unfinished = self._unfinished(fields.Datetime.now())
        self.search([("activity_ids", "!=", False), ("id", "not in", unfinished.ids)])._activities_done()
        todo = unfinished.filtered(lambda intake: not intake.activity_ids)
        keeper = self._keeper()
        env = self.with_context(lang=keeper.lang).env  # in the words of who is told
        for number, intake in enumerate(todo, 1):
            intake.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=env._("A message for complaints waits in the intake"),
                note=plaintext2html(
                    env._(
                        "From %(sender)s: %(reason)s",
                        sender=intake.email_from or "?",
                        reason=intake.error or env._("not finished"),
                    )
                ),
                user_id=keeper.id,
            )
            if not self.env["ir.cron"]._commit_progress(1, remaining=len(todo) - number):
                return

    @api.model
    def _keeper(self, barred=None, company=None):
        """Who looks after what nobody else does: the leader of the first team for complaints, else an administrator.

        :param barred: ``res.users`` who must not hear of it
        :param company: ``res.company`` to which who is told has to belong
        """
        barred = barred or self.env["res.users"]
        group = "crm_complaints.group_user_all"
        teams = self.env["crm.team"].search([("use_complaints", "=", True), ("user_id", "!=", False)])
        if company:
            teams = teams.filtered(lambda team: team.company_id in (company, company.browse()))
        root = self.env.ref("base.user_root")
        managers = self.env.ref("crm_complaints.group_manager").all_user_ids.sorted("id")
        people = teams.user_id.filtered(lambda user: user.has_group(group)) | managers
        if company:
            people = people.filtered(lambda user: company in user.company_ids)
        return people.filtered(lambda user: user.active and user not in barred | root)[:1] or root

    def _activities_done(self):
        # sudo: whoever finished the row, its activity is done
        self.sudo().activity_ids.filtered(lambda activity: activity.state != "done").unlink()
