from datetime import datetime, time
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from .crm_complaint_exposure import MONTH_DAYS


class CrmComplaintScopeMixin(models.AbstractModel):
    """Which complaints an action or a chart is about, and how often they come."""

    _name = "crm.complaint.scope.mixin"
    _description = "Scope of Complaints"
    _check_company_auto = True

    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    cause_id = fields.Many2one("crm.complaint.cause", index=True, ondelete="restrict", help="With all narrower causes.")
    category_id = fields.Many2one(
        "crm.complaint.category", index="btree_not_null", ondelete="restrict", help="With all subcategories."
    )
    product_id = fields.Many2one("product.product", index="btree_not_null", ondelete="restrict", check_company=True)

    @api.constrains("cause_id", "category_id", "product_id")
    def _check_scope(self):
        for record in self:
            if not (record.cause_id or record.category_id or record.product_id):
                raise ValidationError(
                    self.env._("%(name)s: say which complaints it is about (cause, category or product).",
                               name=record.display_name)
                )  # fmt: skip

    def _scope_domain(self):
        self.ensure_one()
        domain = Domain("company_id", "=", self.company_id.id) & Domain("outcome", "!=", "withdrawn")
        if self.cause_id:
            domain &= Domain("cause_id", "child_of", self.cause_id.id)
        if self.category_id:
            domain &= Domain("category_id", "child_of", self.category_id.id)
        if self.product_id:
            domain &= Domain("product_id", "=", self.product_id.id)
        return domain

    def _midnight(self, day):
        """Beginning of a day of the company, in UTC without zone."""
        zone = ZoneInfo(self.company_id.partner_id.tz or self.company_id.resource_calendar_id.tz or "UTC")
        return datetime.combine(day, time(), zone).astimezone(ZoneInfo("UTC")).replace(tzinfo=None)

    def _count_between(self, start, end):
        """Complaints received in a period, first day to the day after the last, whoever may see them."""
        self.ensure_one()
        # sudo: the rate is the same for everybody; only numbers leave this method
        return (
            self.env["crm.complaint"]
            .sudo()
            .with_context(active_test=False)
            .search_count(
                self._scope_domain()
                & Domain("date_received", ">=", self._midnight(start))
                & Domain("date_received", "<", self._midnight(end))
            )
        )

    def _exposures(self, spans):
        """What complaints of some periods are counted against: thousands of orders where all are known, else months.

        :return: (list of float, "orders" or "months")
        """
        self.ensure_one()
        orders = self.env["crm.complaint.exposure"]._orders_between(self.company_id, self.product_id, spans)
        if spans and all(orders):
            return [number / 1000 for number in orders], "orders"
        return [(end - start).days / MONTH_DAYS for start, end in spans], "months"

    def _told_user(self):
        """Who is told of it: whom it names, who made it, or who looks after what nobody else does."""
        self.ensure_one()
        for user in (self.user_id, self.create_uid):
            # who has left reads no list any more
            if user.active and self.company_id in user.company_ids:
                return user
        # sudo: the leaders of teams, whoever may see the teams
        return self.env["crm.complaint.intake"].sudo()._keeper(None, self.company_id)

    def _unit_label(self, unit):
        return self.env._("per 1,000 orders") if unit == "orders" else self.env._("per month")

    def action_view_complaints(self):
        """The complaints it is about."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_complaints.crm_complaint_action")
        action.update(
            domain=list(self._scope_domain()), context={}, view_mode="list,kanban,form,graph,pivot,calendar,activity"
        )
        action["views"] = sorted(action["views"], key=lambda view: view[1] != "list")
        return action
