from odoo import api, fields, models

CHAIN_LIMIT = 5


class ResPartner(models.Model):
    _inherit = "res.partner"

    order_flow_count = fields.Integer(
        string="Quotations and Orders", compute="_compute_order_flow_amounts", groups="crm_erp_bridge.group_user,"
        "crm_erp_bridge.group_auditor,account.group_account_invoice,account.group_account_readonly",
    )
    order_flow_due = fields.Monetary(
        string="Open Amount", compute="_compute_order_flow_amounts", groups="crm_erp_bridge.group_user,"
        "crm_erp_bridge.group_auditor,account.group_account_invoice,account.group_account_readonly",
        help="What the customer still owes for orders, in company currency.",
    )
    order_flow_chain = fields.Json(
        compute="_compute_order_flow_chain", groups="crm_erp_bridge.group_user,"
        "crm_erp_bridge.group_auditor,account.group_account_invoice,account.group_account_readonly",
        export_string_translation=False,
        help="The latest quotations and orders only.",
    )

    crm_request_count = fields.Integer(
        string="Open Requests",
        compute="_compute_crm_request_count",
        groups="crm_erp_bridge.group_user,crm_erp_bridge.group_auditor",
    )

    # === COMPUTE METHODS === #

    def _compute_crm_request_count(self):
        """Requests that are not settled; a company rolls up those of all its contacts."""
        counts = {}
        for column in ("commercial_partner_id", "partner_id"):
            for partner, count in self.env["crm.request"]._read_group(
                [(column, "in", self._origin.ids), ("phase", "not in", ("done", "cancelled"))], [column], ["__count"]
            ):
                counts[column, partner.id] = count
        for partner in self:
            column = "commercial_partner_id" if partner.commercial_partner_id == partner else "partner_id"
            partner.crm_request_count = counts.get((column, partner._origin.id), 0)

    def _order_flow_domain(self):
        """Orders shown for these partners: a company rolls up those of all its contacts."""
        whole = self.filtered(lambda partner: partner.commercial_partner_id == partner)
        return fields.Domain("commercial_partner_id", "in", whole._origin.ids) | fields.Domain(
            "partner_id", "in", (self - whole)._origin.ids
        )

    @api.depends_context("company")
    def _compute_order_flow_amounts(self):
        flows = self.env["crm.order.flow"]
        totals = {}
        today = fields.Date.context_today(self)
        for column in ("commercial_partner_id", "partner_id"):
            for partner, currency, count, due in flows._read_group(
                [(column, "in", self._origin.ids), ("order_state", "!=", "cancel")],
                [column, "company_currency_id"],
                ["__count", "company_amount_due:sum"],
            ):
                amount = currency._convert(due, self.env.company.currency_id, self.env.company, today)
                before = totals.get((column, partner.id), (0, 0))
                totals[column, partner.id] = (before[0] + count, before[1] + amount)
        for partner in self:
            column = "commercial_partner_id" if partner.commercial_partner_id == partner else "partner_id"
            partner.order_flow_count, partner.order_flow_due = totals.get((column, partner._origin.id), (0, 0))

    @api.depends_context("company")
    def _compute_order_flow_chain(self):
        latest = {}
        for partner in self:
            flows = self.env["crm.order.flow"]
            if partner._origin:
                flows = flows.search(partner._order_flow_domain(), limit=CHAIN_LIMIT)
            latest[partner] = flows
        chains = self.env["crm.order.flow"].union(*latest.values())._get_chains()
        for partner, flows in latest.items():
            partner.order_flow_chain = [chains[flow.id] for flow in flows]

    # === ACTIONS === #

    def action_open_order_flow(self):
        """The quotations and orders of the customer with how far they have come."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_erp_bridge.crm_order_flow_action")
        return action | {"domain": list(self._order_flow_domain()), "context": {"create": False}}

    def action_open_crm_requests(self):
        """The requests of the customer, the open ones first; a new one is for this customer."""
        self.ensure_one()
        column = "commercial_partner_id" if self.commercial_partner_id == self else "partner_id"
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_erp_bridge.crm_request_action")
        return action | {
            "domain": [(column, "=", self.id)],
            "context": {"default_partner_id": self.id, "search_default_open": 1},
        }
