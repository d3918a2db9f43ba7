from odoo import fields, models
from odoo.exceptions import UserError

from ..const_learning import REMEDY_PENDING
from ..tools import remedy as rules

INTERNAL = "base.group_user"


class CrmComplaint(models.Model):
    """The remedies of a complaint: proposed by the policy, and none left open when it is closed."""

    _inherit = "crm.complaint"

    remedy_ids = fields.One2many("crm.complaint.remedy", "complaint_id", string="Remedies", groups=INTERNAL)

    def action_propose_remedy(self):
        """Propose the remedy of the first row of the policy that fits.

        :raises UserError: when none fits, or it was proposed before
        """
        self.ensure_one()
        self.check_access("write")
        if self.phase == "closed":
            raise UserError(self.env._("%(complaint)s is closed.", complaint=self.display_name))
        # sudo: everybody proposes by the policy, the manager writes it
        policies = (
            self.env["crm.complaint.remedy.policy"]
            .sudo()
            .search([("company_id", "in", (*self.company_id.sudo().parent_ids.ids, False))])
        )
        facts = self._remedy_facts()
        fit = rules.first_fit(policies._as_rules(), facts)
        if not fit:
            raise UserError(
                self.env._("No row of the remedy policy fits this complaint. Add a remedy by hand if one is due.")
            )
        policy = policies.browse(fit.id)
        if self.remedy_ids.filtered(lambda remedy: remedy.policy_id.id == fit.id and remedy.state != "rejected"):
            raise UserError(self.env._("'%(policy)s' was proposed already.", policy=policy.name))
        amount = rules.proposed_amount(fit, facts, self.currency_id.decimal_places)
        self.env["crm.complaint.remedy"].create(
            {
                "complaint_id": self.id,
                "kind": policy.kind,
                "amount": amount,
                "order_amount": facts.value or 0.0,
                "reason": policy.name,
                "policy_id": policy.id,
            }
        )
        return True

    def _remedy_facts(self):
        """What the policy looks at, see :class:`~..tools.remedy.Facts`."""
        self.ensure_one()
        path = (self.cause_id.parent_path or "").strip("/")
        return rules.Facts(
            frozenset(int(cause) for cause in path.split("/") if cause),
            self.severity or None,
            self.days_open,
            self._remedy_order_amount(),
        )

    def _remedy_order_amount(self):
        """Amount of the order or invoice complained about; None when unknown. The ERP bridge knows it."""
        self.ensure_one()
        return max(self.remedy_ids.mapped("order_amount"), default=0.0) or None

    def _check_move(self, current, target, stage, reason):
        """Nobody closes a complaint while the customer still waits for what was promised (ISO 10002, 7.9)."""
        result = super()._check_move(current, target, stage, reason)
        if target.phase == "closed" and current.phase != "closed":
            # sudo: a remedy left open counts whoever closes
            pending = self.sudo().remedy_ids.filtered(lambda remedy: remedy.state in REMEDY_PENDING)
            if pending:
                raise UserError(
                    self.env._(
                        "%(complaint)s cannot be closed: these remedies are neither done nor rejected: %(remedies)s.",
                        complaint=self.display_name,
                        remedies=", ".join(remedy._short_label() for remedy in pending),
                    )
                )
        return result
