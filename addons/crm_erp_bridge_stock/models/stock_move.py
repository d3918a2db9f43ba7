from odoo import models
from odoo.tools import format_date

FINISHED = ("done", "cancel")


class StockMove(models.Model):
    _inherit = "stock.move"

    def _crm_returnable_quantity(self):
        """What this delivery brought and no return has taken back, planned returns counted; in the move's unit."""
        self.ensure_one()
        returned = sum(
            move.product_uom._compute_quantity(
                move.quantity if move.state == "done" else move.product_uom_qty, self.product_uom
            )
            for move in self.returned_move_ids
            if move.state != "cancel"
        )
        return max(self.quantity - returned, 0.0)

    def _crm_read_chain(self):
        """Read what stands before these deliveries at once, so that looking at each asks the database no more.

        :return: the deliveries and all moves before them
        """
        chain = self.browse(self._rollup_move_origs())
        chain.mapped("state")
        chain.picking_id.mapped("name")
        return chain

    def _crm_open_origins(self):
        """All transfers, made goods and receipts before this delivery that are not done yet."""
        origins = self.env["stock.move"].browse(self._rollup_move_origs()) - self
        return origins.filtered(lambda move: move.state not in FINISHED)

    def _crm_supply_names(self):
        """Names of what supplies this delivery."""
        return [name for name in self._crm_open_origins().picking_id.mapped("name") if name]

    def _crm_waits_for(self):
        """What a delivery waits for.

        :return: (when it is expected to come in or False, in words what is waited for or False)
        """
        self.ensure_one()
        origins = self.move_orig_ids.filtered(lambda move: move.state not in FINISHED)
        if origins:
            last = max(origins, key=lambda move: (move.date, move.id))
            name = last.picking_id.name or last.reference or last.origin
            return last.date, self.env._(
                "Waits for %(document)s, expected %(date)s.",
                document=", ".join(filter(None, (name, last.origin if last.origin != name else None))),
                date=format_date(self.env, last.date.date()),
            )
        if self.state in ("confirmed", "waiting", "partially_available"):
            wanted = self.product_uom_qty
            if self.forecast_expected_date:
                return self.forecast_expected_date, self.env._(
                    "%(article)s: %(stock)s of %(wanted)s in stock, the rest comes %(date)s.",
                    article=self.product_id.display_name,
                    stock=self.quantity,
                    wanted=wanted,
                    date=format_date(self.env, self.forecast_expected_date.date()),
                )
            return False, self.env._(
                "%(article)s: %(stock)s of %(wanted)s in stock, nothing is on order.",
                article=self.product_id.display_name,
                stock=self.quantity,
                wanted=wanted,
            )
        return False, False
