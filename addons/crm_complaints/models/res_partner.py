from odoo import api, fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    complaint_count = fields.Integer(
        string="Complaints",
        compute="_compute_complaint_counts",
        groups="crm_complaints.group_user,crm_complaints.group_auditor",
        help="Complaints of the customer with all its contacts, as far as the reader may see them.",
    )
    complaint_open_count = fields.Integer(
        string="Open Complaints",
        compute="_compute_complaint_counts",
        groups="crm_complaints.group_user,crm_complaints.group_auditor",
    )

    # === COMPUTE METHODS === #

    @api.depends("commercial_partner_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_complaint_counts(self):
        total, still_open = {}, {}
        customers = self.commercial_partner_id
        if customers.ids and self.env["crm.complaint"].has_access("read"):
            for customer, phase, count in self.env["crm.complaint"]._read_group(
                [("commercial_partner_id", "in", customers.ids)], ["commercial_partner_id", "phase"], ["__count"]
            ):
                total[customer] = total.get(customer, 0) + count
                if phase != "closed":
                    still_open[customer] = still_open.get(customer, 0) + count
        for partner in self:
            customer = partner.commercial_partner_id._origin
            partner.complaint_count = total.get(customer, 0)
            partner.complaint_open_count = still_open.get(customer, 0)

    # === CRUD METHODS === #

    def write(self, vals):
        """Who leaves a company loses its complaints: Odoo keeps evaluated record rules, with the company before."""
        before = self._companies_of_users() if {"parent_id", "is_company"} & set(vals) else {}
        result = super().write(vals)
        if before and before != self._companies_of_users():
            self.env.registry.clear_cache()
        return result

    def _belongs_to_complaints_of(self, company):
        """Whether a contact may be the complainant in a company: a common one, its own or one of its mother's."""
        return not self.company_id or self.company_id in company.sudo().parent_ids  # sudo: mothers of the company

    def _companies_of_users(self):
        """{user: company of its contact} of these contacts and those below them."""
        # sudo: whoever moves a contact, its user loses or gets access
        users = self.env["res.users"].sudo().search([("partner_id", "child_of", self.ids)])
        return {user.id: user.partner_id.commercial_partner_id.id for user in users}

    def _compute_application_statistics_hook(self):
        data_list = super()._compute_application_statistics_hook()
        if not self.env["crm.complaint"].has_access("read"):
            return data_list
        for partner in self.filtered("complaint_open_count"):
            data_list[partner.id].append(
                {
                    "iconClass": "fa-exclamation-circle",
                    "value": partner.complaint_open_count,
                    "label": self.env._("Open Complaints"),
                    "tagClass": "o_tag_color_1",
                }
            )
        return data_list

    # === ACTIONS === #

    def action_view_complaints(self):
        """The complaints of the customer with all its contacts."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_complaints.crm_complaint_action")
        action.update(
            domain=[("commercial_partner_id", "=", self.commercial_partner_id.id)],
            context={"default_partner_id": self.id},
            view_mode="list,kanban,form,graph,pivot,calendar,activity",
        )
        action["views"] = sorted(action["views"], key=lambda view: view[1] != "list")
        return action

    def action_new_complaint(self):
        """A blank complaint of this customer."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New Complaint"),
            "res_model": "crm.complaint",
            "view_mode": "form",
            "views": [(False, "form")],
            "context": {"default_partner_id": self.id},
        }
