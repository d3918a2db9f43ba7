from odoo import models

from .mrp_production import FINISHED


class StockMove(models.Model):
    """Deliveries that wait for a production."""

    _inherit = "stock.move"

    def _crm_read_chain(self):
        chain = super()._crm_read_chain()
        if components := chain.production_id.move_raw_ids - chain:
            components._crm_read_chain()
        return chain

    def _crm_productions(self):
        """Productions behind a delivery that are not finished."""
        productions = self._crm_open_origins().production_id
        return productions.filtered(lambda production: production.state not in FINISHED)

    def _crm_supply_names(self):
        return super()._crm_supply_names() + self._crm_productions().mapped("name")

    def _crm_waits_for(self):
        productions = self._crm_productions()
        return productions._crm_wait() if productions else super()._crm_waits_for()
