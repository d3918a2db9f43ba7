from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

#: states of a line whose customer is still to be won
OPEN_STATES = ("waiting", "planned", "done")


class CrmRfmAction(models.Model):
    """The treated customers of an action as recipients: of a mailing, or as a mailing list.

    The control group is never among them, and who has bought gets no more.
    """

    _inherit = "crm.rfm.action"

    mailing_ids = fields.One2many(
        "mailing.mailing", "rfm_action_id", "Mailings", groups="mass_mailing.group_mass_mailing_user"
    )
    mailing_count = fields.Integer(
        compute="_compute_mailing_count", groups="mass_mailing.group_mass_mailing_user"
    )
    mailing_list_id = fields.Many2one(
        "mailing.list", readonly=True, copy=False, index="btree_not_null", ondelete="set null",
        groups="mass_mailing.group_mass_mailing_user",
    )  # fmt: skip

    @api.depends("mailing_ids")
    def _compute_mailing_count(self):
        counts = dict(
            self.env["mailing.mailing"]._read_group(
                [("rfm_action_id", "in", self.ids)], ["rfm_action_id"], ["__count"]
            )
        )
        for action in self:
            action.mailing_count = counts.get(action, 0)

    def _get_recipient_domain(self):
        """Domain of the customers (``res.partner``) who get the mailings of the action; restricted ones do not."""
        self.ensure_one()
        return [
            *self.env["res.partner"]._crm_unrestricted_domain(),
            (
                "rfm_action_line_ids",
                "any",
                [("action_id", "=", self.id), ("arm", "=", "treated"), ("state", "in", list(OPEN_STATES))],
            )
        ]

    def _check_started(self):
        if not self.line_ids:
            raise UserError(
                self.env._("Nobody has entered “%(name)s” yet: start it first.", name=self.name)
            )

    def action_new_mailing(self):
        """Open a new mailing whose recipients are the treated customers, whoever they are when it is sent.

        :raises UserError: when nobody has entered
        """
        self.ensure_one()
        self._check_started()
        return {
            "type": "ir.actions.act_window",
            "res_model": "mailing.mailing",
            "view_mode": "form",
            "context": {
                "default_mailing_type": "mail",
                "default_rfm_action_id": self.id,
                "default_subject": self.name,
                "default_campaign_id": self.campaign_id.id,
                "default_mailing_model_id": self.env["ir.model"]._get_id("res.partner"),
                "default_mailing_domain": repr(self._get_recipient_domain()),
            },
        }

    def action_open_mailings(self):
        """Open the mailings of the action."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("mass_mailing.mailing_mailing_action_mail")
        return action | {
            "domain": [("rfm_action_id", "=", self.id)],
            "context": {"default_rfm_action_id": self.id},
        }

    def action_fill_mailing_list(self):
        """Add the treated customers with an e-mail address to the action's mailing list and open it.

        Can be repeated: an address that is on the list stays as it is, also when it was
        unsubscribed there. Whoever has no address is counted in a message.

        :raises UserError: when nobody has entered, or there is nobody to begin a list with
        """
        self.ensure_one()
        self._check_started()
        self.check_access("read")
        self.env["mailing.list"].check_access("create")
        recipients = self.env["res.partner"].search(self._get_recipient_domain())
        reachable = recipients.filtered("email_normalized")
        # one at a time: two users would make two lists. sudo: those who may send mailings need
        # no right to change the action
        action = self.sudo()
        self.env.cr.execute(SQL("SELECT FROM crm_rfm_action WHERE id = %s FOR UPDATE", self.id))
        if not action.mailing_list_id:
            self._check_reachable(recipients)
            action.mailing_list_id = self.env["mailing.list"].create({"name": self.name})
        mailing_list = action.mailing_list_id.with_env(self.env)
        known = set(
            self.env["mailing.contact"].search([("list_ids", "in", mailing_list.ids)]).mapped("email_normalized")
        )
        by_email = {
            customer.email_normalized: customer for customer in reachable if customer.email_normalized not in known
        }
        self.env["mailing.contact"].create(
            [
                {
                    "name": customer.name,
                    "email": customer.email,
                    "country_id": customer.country_id.id,
                    "list_ids": mailing_list.ids,
                }
                for customer in by_email.values()
            ]
        )
        opened = {
            "type": "ir.actions.act_window",
            "res_model": "mailing.list",
            "res_id": mailing_list.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }
        return self._tell_unreachable(len(recipients) - len(reachable), opened)

    def _check_reachable(self, recipients):
        """Refuse to begin a list on which nobody would be."""
        if not recipients:
            raise UserError(self.env._("Nobody is left to be contacted: all have bought, or their time is over."))
        if not any(recipients.mapped("email_normalized")):
            raise UserError(
                self.env._(
                    "None of the %(count)s customers to be contacted has an e-mail address.", count=len(recipients)
                )
            )

    def _tell_unreachable(self, count, opened):
        """Return the action that opens the list, after a message about customers without an address."""
        if not count:
            return opened
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "sticky": True,
                "message": self.env._(
                    "Customers who are not on the list, having no e-mail address: %(count)s", count=count
                ),
                "next": opened,
            },
        }

    def _settle(self, today, lines=None):
        """Customers who got a mailing of the action were contacted."""
        super()._settle(today, lines)
        self.env["crm.rfm.action.line"].flush_model(["state"])
        self.env["mailing.trace"].flush_model(["trace_status"])
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_rfm_action_line l SET state = 'done'
                 WHERE l.action_id = %s AND l.state = 'waiting' AND l.arm = 'treated'
                   AND EXISTS (
                        SELECT FROM mailing_trace t JOIN mailing_mailing m ON m.id = t.mass_mailing_id
                         WHERE m.rfm_action_id = l.action_id AND t.model = 'res.partner' AND t.res_id = l.partner_id
                           AND t.trace_status IN ('pending', 'sent', 'open', 'reply'))
                """,
                self.id,
            )
        )
        self.env["crm.rfm.action.line"].invalidate_model(["state"])
