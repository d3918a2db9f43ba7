from odoo import models
from odoo.exceptions import UserError
from odoo.tools import SQL


class CrmRfmCustomerMixin(models.AbstractModel):
    """A row of figures about one customer (``partner_id``): the way to the customer and to the documents behind it.

    A row says by :meth:`_get_document_span` of which model and days its figures are.
    """

    _name = "crm.rfm.customer.mixin"
    _description = "Figures of a Customer"

    def _get_document_span(self):
        """Return ``(scoring model, as-of date, first day, last day)``; None as a day: as the window goes."""
        self.ensure_one()
        # sudo: the model of figures that may be read gives their definition
        model = self.sudo().model_id
        return model, model.scored_as_of, None, None

    def _get_document_condition(self, model):
        """Condition, on ``tx`` of the transaction query, for a document of these days to be one of them."""
        return SQL("TRUE")

    def _get_document_ids(self):
        """Ids of the documents that make the figures: ``(all, purchases)``.

        Taken from the same transaction query as the figures, so that their sum and number are
        the figures as long as no document changed since.
        """
        model, as_of, first, last = self._get_document_span()
        model._flush_for_scores()
        contact_ids = model._get_contact_ids(self.partner_id)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT res_id, is_purchase FROM (%s) tx
                 WHERE partner_id IN %s AND date >= %s AND date <= %s AND %s ORDER BY res_id
                """,
                model._get_transaction_query(as_of, contact_ids),
                contact_ids or (0,),
                first or model._get_first_day(as_of),
                last or as_of,
                self._get_document_condition(model),
            )
        )
        return [res_id for res_id, _purchase in rows], [res_id for res_id, purchase in rows if purchase]

    def action_open_documents(self):
        """Open all documents of which the net value is the sum."""
        return self._open_documents(self._get_document_ids()[0])

    def action_open_purchases(self):
        """Open the documents that count for recency and frequency."""
        return self._open_documents(self._get_document_ids()[1])

    def _open_documents(self, ids):
        """Return the action for some documents.

        :raises UserError: when the user may not read documents of that kind
        """
        res_model = self._get_document_span()[0]._get_document_model()
        if not self.env[res_model].has_access("read"):
            raise UserError(
                self.env._(
                    "You may see the score but not the documents behind it (%(name)s). Ask for access to them.",
                    name=self.env["ir.model"]._get(res_model).name,
                )
            )
        xmlid = {"account.move": "account.action_move_out_invoice", "sale.order": "sale.action_orders"}.get(res_model)
        action = (
            self.env["ir.actions.act_window"]._for_xml_id(xmlid)
            if xmlid
            else {"type": "ir.actions.act_window", "res_model": res_model, "view_mode": "list,form"}
        )
        return action | {
            "name": self.partner_id.display_name,
            "domain": [("id", "in", ids)],
            "context": {"create": False},
        }

    def action_open_partner(self):
        """Open the customer."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "res.partner",
            "res_id": self.partner_id.id,
            "view_mode": "form",
        }
