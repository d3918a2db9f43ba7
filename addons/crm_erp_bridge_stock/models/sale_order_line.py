from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date

OPEN = ("draft", "waiting", "confirmed", "partially_available", "assigned")
INTERNAL = "base.group_user"
"""Customers read their orders in the portal, but not what is bought where for them."""


class SaleOrderLine(models.Model):
    """When goods were promised, when they are expected, and why later."""

    _inherit = "sale.order.line"

    crm_promised_date = fields.Datetime(
        string="Promised", compute="_compute_crm_delivery", groups=INTERNAL,
        help="Deadline of the delivery, else the order's date.",
    )  # fmt: skip
    crm_expected_date = fields.Datetime(
        string="Expected", compute="_compute_crm_delivery", groups=INTERNAL,
        help="The latest of: when the transfer is planned, and when what it waits for comes in.",
    )  # fmt: skip
    crm_slip_days = fields.Integer(string="Days Late", compute="_compute_crm_delivery", groups=INTERNAL)
    crm_slip_reason = fields.Char(string="Why Later", compute="_compute_crm_delivery", groups=INTERNAL)
    crm_supply = fields.Char(
        string="Comes from", compute="_compute_crm_delivery", groups=INTERNAL,
        help="What has to come in, be bought or be made for it.",
    )  # fmt: skip

    crm_to_deliver = fields.Boolean(
        string="Still to Come", compute="_compute_crm_delivery", search="_search_crm_to_deliver", groups=INTERNAL
    )

    @api.depends(
        "move_ids.state", "move_ids.date", "move_ids.date_deadline", "order_id.commitment_date", "qty_delivered",
        "move_ids.move_orig_ids.date",
    )  # fmt: skip
    def _compute_crm_delivery(self):
        # sudo: see below
        self.sudo().move_ids._crm_read_chain()
        for line in self:
            # sudo: whoever sells sees when goods come, without a right on transfers or purchases
            moves = line.sudo().move_ids.filtered(
                lambda move: move.state in OPEN and move.location_dest_id.usage == "customer"
            )
            promised = line.order_id.commitment_date or max(
                (move.date_deadline for move in moves if move.date_deadline), default=False
            )
            waits = [move._crm_waits_for() for move in moves] + line.sudo()._crm_waits_without_moves()
            if waits and not promised and not moves:
                promised = line._expected_date()
            line.crm_to_deliver = bool(moves or waits)
            dates = [move.date for move in moves] + [date for date, _reason in waits if date]
            expected = max(dates, default=False)
            late = bool(promised and expected) and (expected.date() - promised.date()).days
            line.crm_promised_date = promised
            line.crm_expected_date = expected
            line.crm_slip_days = max(late or 0, 0)
            line.crm_supply = ", ".join(dict.fromkeys(line.sudo()._crm_supply_names(moves))) or False
            reasons = dict.fromkeys(reason for _date, reason in waits if reason)
            line.crm_slip_reason = "; ".join(reasons) or (
                self.env._("Planned for %(date)s.", date=format_date(self.env, expected.date())) if late > 0 else False
            )
            if late <= 0 and not any(date and promised and date > promised for date, _reason in waits):
                line.crm_slip_reason = False

    def _search_crm_to_deliver(self, operator, value):
        if operator != "in":
            return NotImplemented
        domain = self._crm_to_deliver_domain()
        return domain if True in value else ~domain

    @api.model
    def _crm_to_deliver_domain(self):
        """Lines of which something is still to come."""
        return Domain("move_ids", "any", [("state", "in", OPEN), ("location_dest_id.usage", "=", "customer")])

    def _crm_waits_without_moves(self):
        """What a line without transfers (a service) waits for: list of (date, reason)."""
        return []

    def _crm_supply_names(self, moves):
        """Names of the documents that supply the open transfers of a line, or the line itself."""
        return [name for move in moves for name in move._crm_supply_names()]

    def _crm_delivered_moves(self):
        """Moves that brought goods of these lines to the customer, the latest first."""
        return self.move_ids.filtered(
            lambda move: move.state == "done" and move.location_dest_id.usage == "customer"
        ).sorted(lambda move: (move.date, move.id), reverse=True)
