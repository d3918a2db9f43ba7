from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.addons.crm_relations.tools.need import NeedMatch
from odoo.exceptions import ConcurrencyError, LockError, UserError
from odoo.fields import Command
from odoo.tools import format_date

from ..tools import need_match

PROPOSED_ANEW = frozenset({"statement", "partner_id", "user_id", "company_id"})


class CrmNeed(models.Model):
    """A need and the products that could meet it; quotation and opportunity are made of those chosen."""

    _inherit = "crm.need"

    product_line_ids = fields.One2many("crm.need.product", "need_id", string="Products", copy=False)
    quotation_ids = fields.One2many(
        "sale.order", "crm_need_id", string="Quotations", groups="sales_team.group_sale_salesman"
    )
    quotation_count = fields.Integer(
        string="Number of Quotations",
        compute="_compute_quotation_count",
        groups="sales_team.group_sale_salesman",
    )

    # === COMPUTE METHODS === #

    def _compute_quotation_count(self):
        groups = self.env["sale.order"]._read_group([("crm_need_id", "in", self.ids)], ["crm_need_id"], ["__count"])
        counts = dict(groups)
        for need in self:
            need.quotation_count = counts.get(need._origin, 0)

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        needs = super().create(vals_list)
        needs._propose_products()
        return needs

    def write(self, vals):
        result = super().write(vals)
        if not PROPOSED_ANEW.isdisjoint(vals):
            self._propose_products()
        return result

    # === MATCHING === #

    @api.model
    def _match_products(self, limit=5):
        """Products that could meet these needs: by name, category and what the customer ordered before.

        One query for any number of needs; the judgement is ``tools/need_match.py``.
        """
        result = super()._match_products(limit)
        found = {need.id: [] for need in self}
        statements = {need.id: need_match.words(need.statement) for need in self}
        for need_id, product_id, names, category, times, last in self._match_rows():
            said = statements[need_id]
            name, share = max(((text, need_match.coverage(said, text)) for text in names), key=lambda pair: pair[1])
            in_category = need_match.coverage(said, category)
            value = need_match.score(share, in_category, times)
            if value >= need_match.LEAST_SCORE:
                reason = self._match_reason(name if share else None, category if in_category else None, times, last)
                found[need_id].append(NeedMatch("product.product", product_id, round(value, 4), reason))
        for need in self:
            best = sorted(found[need.id], key=lambda match: (-match.score, match.res_id))
            result[need] = sorted(result[need] + best, key=lambda match: -match.score)[:limit]
        return result

    @api.model
    def _match_reason(self, name, category, times, last):
        reasons = []
        if name:
            reasons.append(self.env._("its name: %(name)s", name=name))
        if category:
            reasons.append(self.env._("its category: %(category)s", category=category))
        if times:
            reasons.append(
                self.env._(
                    "ordered before: %(times)s×, last on %(date)s", times=times, date=format_date(self.env, last)
                )
            )
        return "; ".join(reasons)

    def _proposals(self):
        """Matches in the eyes of who is responsible for each need: what they say is read by all who read the need.

        A need of nobody is for everybody, so orders keep silent there.
        """
        matches = {}
        for (user, company), needs in self.grouped(lambda need: (need.user_id, need.company_id)).items():
            # sudo: the companies of another user
            companies = company & user.sudo().company_ids or user.sudo().company_ids
            seen = needs.with_user(user).with_context(allowed_company_ids=companies.ids)
            if not (user and user.sudo().active and seen.has_access("read")):
                seen = needs.with_context(crm_need_without_orders=True)
            found = seen._match_products()
            matches |= {need.with_env(self.env): proposals for need, proposals in found.items()}
        return matches

    def _propose_products(self):
        """Bring the proposals up to date; what somebody chose stays, with its quantity."""
        if not self:
            return
        lines = self.env["crm.need.product"]
        kept, stale = {}, lines
        matches = self._proposals()
        for line in lines.search([("need_id", "in", self.ids)]):
            wanted = {match.res_id for match in matches[line.need_id]}
            if line.chosen or line.product_id.id in wanted:
                kept[line.need_id.id, line.product_id.id] = line
            else:
                stale += line
            if line.chosen and line.reason and line.product_id.id not in wanted:
                line.write({"score": 0, "reason": False})
        # sudo: a proposal is nobody's record; those chosen are never among the stale ones
        stale.sudo().unlink()
        fresh = []
        for need, proposals in matches.items():
            for match in proposals:
                if match.res_model != "product.product":
                    continue
                values = {"score": match.score, "reason": match.reason}
                if line := kept.get((need.id, match.res_id)):
                    if (line.score, line.reason) != (match.score, match.reason):
                        line.write(values)
                else:
                    fresh.append(
                        values | {"need_id": need.id, "product_id": match.res_id, "quantity": need.quantity or 1}
                    )
        lines.create(fresh)

    # === OPPORTUNITY AND QUOTATION === #

    def _chosen_lines(self):
        return self.product_line_ids.filtered("chosen")

    def _prepare_lead_values(self):
        """The opportunity is worth what was chosen, at list prices."""
        values = super()._prepare_lead_values()
        chosen = self._chosen_lines()
        if chosen:
            company = self.company_id or self.env.company
            values["expected_revenue"] = sum(
                line.product_id.currency_id._convert(
                    line.product_id.lst_price * line.quantity, company.currency_id, company, fields.Date.today()
                )
                for line in chosen
            )
            values["description"] += self.env["ir.qweb"]._render(
                "crm_erp_bridge.crm_need_lead_products", {"lines": chosen}, raise_if_not_found=False
            )
        return values

    def _prepare_quotation_values(self):
        """Values of the quotation of one need, at the prices of the customer's price list.

        :rtype: dict
        """
        self.ensure_one()
        return {
            "partner_id": self.partner_id.id,
            "opportunity_id": self.lead_id.id,
            "user_id": (self.user_id or self.env.user).id,
            "company_id": (self.company_id or self.env.company).id,
            "crm_need_id": self.id,
            "order_line": [
                Command.create({"product_id": line.product_id.id, "product_uom_qty": line.quantity})
                for line in self._chosen_lines()
            ],
        }

    def _create_quotation(self):
        try:
            with self.env.cr.savepoint():
                return self.env["sale.order"].create(self._prepare_quotation_values())
        except UniqueViolation as error:
            if error.diag.constraint_name != "sale_order_crm_need_uniq":
                raise
            # made since our snapshot was taken: Odoo repeats the call, which finds it
            raise ConcurrencyError(f"the quotation of need {self.id} is being created") from error

    def action_create_quotation(self):
        """Open the quotation of a need; made on the first click, however many click.

        The lock lets only one of two users at a time pass; the unique index on the order's side is the last line.

        :raises UserError: when somebody else is doing it at this moment, nothing is chosen, or the need is closed
        """
        self.ensure_one()
        self.check_access("write")
        try:
            self.lock_for_update(allow_referencing=True)
        except LockError as error:
            raise UserError(
                self.env._("Somebody else is making a quotation of this need right now: try again in a moment.")
            ) from error
        self.invalidate_recordset(["lead_id", "state", "quotation_ids", "product_line_ids"])
        # sudo: a colleague's quotation of this need is the quotation
        order = (
            self.env["sale.order"].sudo().search([("crm_need_id", "=", self.id), ("state", "!=", "cancel")], limit=1)
        )
        if not order:
            if self.state != "open":
                raise UserError(self.env._("This need is closed: open it again to make a quotation of it."))
            if not self._chosen_lines():
                raise UserError(self.env._("Please choose at least one product for the quotation."))
            order = self._create_quotation()
        if not order.with_env(self.env).has_access("read"):
            raise UserError(
                self.env._(
                    "%(user)s has made the quotation %(order)s already.",
                    user=order.user_id.name or order.create_uid.name,
                    order=order.name,
                )
            )
        return order.with_env(self.env).get_formview_action()

    def action_propose_products(self):
        """Look for products again."""
        self.check_access("write")
        self._propose_products()
