from odoo import api, models
from odoo.addons.crm_relations.tools.privacy import DELETE, KEEP, PrivacySource

POSTED = [("state", "!=", "draft")]


class CrmPrivacyRequest(models.Model):
    """Scores of a person, and the orders and invoices that they are made of."""

    _inherit = "crm.privacy.request"

    @api.model
    def _crm_privacy_sources(self):
        label, own = self._model_label, ("partner_id",)
        taxes = self.env._(
            "Invoices and payments are kept as they were issued until the periods of tax and commercial law are over."
        )
        trade = self.env._(
            "Orders are commercial papers; notes, references of the customer and signatures are taken out."
        )
        sources = [
            PrivacySource("crm.rfm.score", label("crm.rfm.score"), persons=own, erasure=DELETE),
            PrivacySource("crm.rfm.value", label("crm.rfm.value"), persons=own, erasure=DELETE),
            PrivacySource("crm.rfm.recommendation", label("crm.rfm.recommendation"), persons=own, erasure=DELETE),
            PrivacySource("crm.rfm.action.line", label("crm.rfm.action.line"), persons=own, erasure=DELETE),
            PrivacySource("crm.rfm.snapshot.line", label("crm.rfm.snapshot.line"), persons=own, erasure=DELETE),
            PrivacySource(
                "sale.order",
                label("sale.order"),
                persons=(*own, "partner_invoice_id", "partner_shipping_id"),
                erasure=KEEP,
                reason=trade,
                clear=("note", "client_order_ref", "signed_by", "signature", "internal_note"),
                hidden=("access_token", "currency_rate"),
            ),
            PrivacySource(
                "account.move",
                label("account.move"),
                rows=self._posted("account.move"),
                erasure=KEEP,
                reason=taxes,
                hidden=(
                    "access_token",
                    "inalterable_hash",
                    "sequence_prefix",
                    "sequence_number",
                    "secure_sequence_number",
                ),
            ),
            PrivacySource(
                "account.payment",
                label("account.payment"),
                rows=self._posted("account.payment"),
                erasure=KEEP,
                reason=taxes,
            ),
            PrivacySource(
                "account.bank.statement.line",
                label("account.bank.statement.line"),
                persons=own,
                erasure=KEEP,
                reason=taxes,
            ),
            PrivacySource(
                "account.move.line",
                label("account.move.line"),
                rows=self._posted_lines,
                erasure=KEEP,
                reason=taxes,
                copied=False,
            ),
        ]
        return super()._crm_privacy_sources() | {source.model: source for source in sources}

    @api.model
    def _crm_privacy_texts(self):
        return [*super()._crm_privacy_texts(), "sale.order", "sale.order.line"]

    def _posted(self, name):
        def rows(persons):
            # sudo: officers answer about everything
            model = self.env[name].sudo().with_context(active_test=False)
            return model.search([("partner_id", "in", persons.ids), *POSTED])

        return rows

    def _posted_lines(self, persons):
        lines = self.env["account.move.line"].sudo()  # sudo: as above
        return lines.search([("partner_id", "in", persons.ids), ("parent_state", "!=", "draft")])

    def _carry_out_erasure(self):
        """Scores that are deleted beside the runs are in the numbers of their models no more."""
        persons = self.partner_id.sudo()._crm_privacy_persons()  # sudo: officers need not edit customers
        scores = self.env["crm.rfm.score"].sudo().search([("partner_id", "in", persons.ids)])  # sudo: as above
        rfm_models = scores.model_id
        result = super()._carry_out_erasure()
        rfm_models._recount()
        return result

    def _before_erasure(self, persons):
        """An invoice names whom it was issued to: where no PDF says it, a text beside it does, kept with it."""
        super()._before_erasure(persons)
        # no trace in snapshots and actions, and no new score out of the invoices that are kept
        persons.with_context(tracking_disable=True).rfm_opt_out = True
        moves = self._posted("account.move")(persons).filtered(lambda move: move.is_invoice(include_receipts=True))
        attachments = self.env["ir.attachment"].sudo().with_context(skip_res_field_check=True)  # sudo: as above
        printed = attachments.search(
            [("res_model", "=", "account.move"), ("res_id", "in", moves.ids), ("mimetype", "=", "application/pdf")]
        )
        bare = moves.filtered(lambda move: move.id not in printed.mapped("res_id"))
        attachments.create(
            [
                {
                    "name": self.env._("Issued to.txt"),
                    "raw": "\n".join(
                        filter(
                            None,
                            (
                                move.partner_id.name,
                                move.partner_id._display_address(without_company=True),
                                move.partner_id.vat,
                            ),
                        )
                    ).encode(),
                    "mimetype": "text/plain",
                    "res_model": "account.move",
                    "res_id": move.id,
                }
                for move in bare
            ]
        )
