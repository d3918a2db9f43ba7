from odoo import api, fields, models
from odoo.addons.crm_relations.tools.own_defaults import own_defaults
from odoo.addons.crm_relations.tools.timeline import index_expression
from odoo.exceptions import UserError
from odoo.tools import formatLang, str2bool

from .. import const
from ..tools.request_link import refuse_request
from ..tools.touch import touch


class SaleOrder(models.Model):
    _inherit = "sale.order"

    crm_need_id = fields.Many2one(
        "crm.need",
        string="Made from Need",
        copy=False,
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        groups="crm_relations.group_user,crm_relations.group_auditor",
    )
    crm_request_id = fields.Many2one(
        "crm.request", string="Request", readonly=True, copy=False, index="btree_not_null", ondelete="set null",
        groups="base.group_user",
    )  # fmt: skip

    # timeline entries are found by identifier, an expression over the id
    _crm_timeline_id_idx = models.Index(index_expression(const.SLOT_ORDER))
    # and, of each customer, in order of time
    _crm_timeline_idx = models.Index("(partner_id, date_order DESC, id DESC)")
    # of a need there is one quotation, until it is cancelled
    _crm_need_uniq = models.UniqueIndex(
        "(crm_need_id) WHERE crm_need_id IS NOT NULL AND state <> 'cancel'", "This need has a quotation already."
    )

    # === CRUD METHODS === #

    @api.model
    def default_get(self, fields):
        return own_defaults(self, super().default_get(fields), {"crm_request_id"})

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            refuse_request(self, vals)
        return super().create(vals_list)

    def write(self, vals):
        refuse_request(self, vals)
        return super().write(vals)

    # === THE REQUEST'S STEPS === #

    def _action_confirm(self):
        """What was needed is met; the step of the request that confirms is done, whoever did it."""
        result = super()._action_confirm()
        self._meet_needs()
        if not self.env.context.get("crm_request_running"):
            self._finish_confirm_steps()
        return result

    def _meet_needs(self):
        # sudo: who confirms the order need not see the needs behind it
        for order in self.sudo().filtered(lambda order: order.crm_need_id.state == "open"):
            order.crm_need_id._set_state("met", reason=self.env._("Ordered: %(order)s", order=order.name))

    def _action_cancel(self):
        """What was to be met by an order that is cancelled is needed again."""
        # sudo: who cancels the order need not see the needs behind it
        confirmed = self.sudo().filtered(lambda order: order.state == "sale" and order.crm_need_id.state == "met")
        result = super()._action_cancel()
        for order in confirmed:
            order.crm_need_id._set_state("open")
            order.crm_need_id.message_post(body=self.env._("%(order)s was cancelled.", order=order.name))
        return result

    def _finish_confirm_steps(self):
        # sudo: whoever confirms the order, a customer in the portal among them, need not see the request
        requests = self.sudo().crm_request_id.filtered(lambda request: request.phase in ("in_progress", "stuck"))
        orders = {order.crm_request_id: order for order in self.sudo()}
        steps = requests.step_ids.filtered(
            lambda step: step.kind == "confirm" and step.key in step.request_id._ready_keys()
        )
        if steps:
            steps.request_id._touch()
            steps._mark_done({step.id: orders[step.request_id] for step in steps})
            steps.request_id._update_phase()
            steps.request_id._wake_lanes()

    # === GUARDS === #

    def _create_invoices(self, grouped=False, final=False, date=None):
        """
        :raises UserError: when more would be invoiced than was ordered
        """
        touch(self)
        invoices = super()._create_invoices(grouped=grouped, final=final, date=date)
        if any(line.is_downpayment for line in self.order_line):
            self._check_not_overbilled()
        return invoices

    def _check_not_overbilled(self):
        """Down payments and invoices together never exceed the order, whoever makes them and at the same time.

        Compared without taxes, drafts included. What was delivered beyond the order may be invoiced. The system
        parameter ``crm_erp_bridge.allow_overbilling`` switches the check off.
        """
        if self._crm_may_overbill():
            return
        for order in self.sudo():  # sudo: invoices of everybody count
            invoiced, count = order._crm_invoiced_untaxed()
            lines = order.order_line.filtered(lambda line: not line.display_type and not line.is_downpayment)
            ordered = sum(line._crm_orderable_untaxed() for line in lines)
            # each line of each invoice may be rounded by half a cent, each order line too
            tolerance = order.currency_id.rounding * (count + len(order.order_line)) / 2
            if invoiced > ordered + tolerance:
                raise UserError(
                    self.env._(
                        "%(invoiced)s would be invoiced of %(order)s, but only %(ordered)s was ordered (without "
                        "taxes). Look at the invoices that exist: a down payment may have been made twice.",
                        invoiced=formatLang(self.env, invoiced, currency_obj=order.currency_id),
                        order=order.name,
                        ordered=formatLang(self.env, ordered, currency_obj=order.currency_id),
                    )
                )

    @api.model
    def _crm_may_overbill(self):
        """Whether the administrator switched the guards off; "0" and "False" leave them on."""
        # sudo: the parameter is the administrator's
        value = self.env["ir.config_parameter"].sudo().get_param("crm_erp_bridge.allow_overbilling")
        return str2bool(value or "", default=False)

    def _crm_invoiced_untaxed(self):
        """What the invoices of the order amount to without taxes, less what may be invoiced again; and how many lines.

        :return: (amount in the order's currency, number of invoice lines)
        """
        self.ensure_one()
        total, count = 0.0, 0
        for line in self.order_line.invoice_lines:
            move = line.move_id
            if move.state == "cancel" or (move.move_type == "out_refund" and move.crm_keep_invoiced):
                continue
            amount = line.currency_id._convert(
                line.price_subtotal, self.currency_id, self.company_id, move.invoice_date or move.create_date.date()
            )
            total += -amount if move.move_type == "out_refund" else amount
            count += 1
        return total, count
