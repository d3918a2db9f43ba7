from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .. import const
from ..tools import request_plan


class CrmRequestType(models.Model):
    """What customers ask for, and what the company then does about it: the plan."""

    _name = "crm.request.type"
    _description = "Request Type"
    _inherit = ["mail.alias.mixin.optional"]
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, copy=False, help="How other systems name the type.")
    kind = fields.Selection(const.KINDS, required=True, default="service")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", index=True, help="Left empty, every company may use it.")
    description = fields.Char(translate=True, help="Shown to whoever chooses the type.")
    promise_days = fields.Integer(
        string="Days to Promise", default=0, help="The promised day when nobody names another; 0: no promise."
    )
    post_invoices = fields.Boolean(
        string="May Post Invoices",
        help="Lets a plan post invoices without an accountant. Without it, drafts wait in accounting.",
    )
    in_portal = fields.Boolean(string="Offered in the Portal", help="Customers may ask for it themselves.")
    plan_ids = fields.One2many("crm.request.plan", "type_id", copy=True)
    request_count = fields.Integer(compute="_compute_request_count")

    alias_id = fields.Many2one(
        index="btree_not_null", help="Mails to this address become requests of this type; each is one request."
    )

    _code_uniq = models.UniqueIndex("(code)", "There is already a type with this code.")
    _promise_days_positive = models.Constraint("CHECK (promise_days >= 0)", "Days to promise cannot be negative.")

    def _compute_request_count(self):
        counts = dict(self.env["crm.request"]._read_group([("type_id", "in", self.ids)], ["type_id"], ["__count"]))
        for request_type in self:
            request_type.request_count = counts.get(request_type, 0)

    def copy_data(self, default=None):
        vals_list = super().copy_data(default)
        for request_type, vals in zip(self, vals_list, strict=True):
            vals.setdefault("name", self.env._("%(name)s (copy)", name=request_type.name))
            vals.setdefault("code", f"{request_type.code}_copy")
        return vals_list

    def _alias_get_creation_values(self):
        """Mails to the type's address become its requests."""
        values = super()._alias_get_creation_values()
        values["alias_model_id"] = self.env["ir.model"]._get_id("crm.request")
        if self.id:
            values["alias_defaults"] = repr({"type_id": self.id})
            values["alias_force_thread_id"] = False
        return values

    @api.constrains("plan_ids", "post_invoices")
    def _check_plan(self):
        """A plan must be possible: no step waits for itself, for one that is not there, or posts without leave."""
        for request_type in self:
            after = {plan.code: request_plan.split_keys(plan.after) for plan in request_type.plan_ids}
            for plan in request_type.plan_ids:
                if unknown := set(after[plan.code]) - set(after):
                    raise ValidationError(
                        self.env._(
                            "The step “%(step)s” comes after %(unknown)s, which the plan of %(type)s does not have.",
                            step=plan.name,
                            unknown=", ".join(sorted(unknown)),
                            type=request_type.name,
                        )
                    )
            if cycle := request_plan.find_cycle(after):
                raise ValidationError(
                    self.env._(
                        "These steps of %(type)s wait for each other and would never start: %(steps)s.",
                        type=request_type.name,
                        steps=", ".join(cycle),
                    )
                )
            if not request_type.post_invoices and "post" in request_type.plan_ids.mapped("kind"):
                raise ValidationError(
                    self.env._(
                        "%(type)s has a step that posts invoices: tick “May Post Invoices” to allow that.",
                        type=request_type.name,
                    )
                )

    def action_open_requests(self):
        """The requests of this type."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_erp_bridge.crm_request_action")
        return action | {"domain": [("type_id", "=", self.id)], "context": {"default_type_id": self.id}}
