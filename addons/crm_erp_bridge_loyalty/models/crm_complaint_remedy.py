from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError

from .res_company import MONEY_PROGRAMS


class CrmComplaintRemedy(models.Model):
    """Vouchers as gift cards of the customer, sent by the program's own message."""

    _inherit = "crm.complaint.remedy"

    def _execute_voucher(self):
        """A card worth the amount, made by Odoo's own dialog.

        :return: the card
        :raises UserError: when there is no customer, or no program in the company's currency
        """
        self.ensure_one()
        # sudo: who carries a remedy out has no right on loyalty programs; the amount is the approved one
        remedy = self.sudo().with_company(self.company_id)
        cards = remedy.env["loyalty.card"]
        if made := cards.search([("crm_remedy_id", "=", self.id)]):
            return made
        partner = remedy.complaint_id.partner_id
        if not partner:
            raise UserError(self.env._("Choose the customer on the complaint first."))
        program = remedy._voucher_program()
        days = remedy.company_id.crm_voucher_days
        dialog = remedy.env["loyalty.generate.wizard"].create(
            {
                "program_id": program.id,
                "mode": "selected",
                "customer_ids": [fields.Command.set(partner.ids)],
                "points_granted": remedy.amount,
                "valid_until": fields.Date.context_today(remedy) + timedelta(days=days) if days else False,
                "description": remedy.env._("Complaint %(complaint)s", complaint=remedy.complaint_id.code),
            }
        )
        card = dialog.generate_coupons()
        card.crm_remedy_id = remedy
        return card

    def _voucher_program(self):
        """The program of the company's vouchers.

        :raises UserError: when there is none whose points are money in the company's currency, or when there are
            several and nobody has said which
        """
        self.ensure_one()
        company = self.company_id
        program = company.crm_voucher_program_id or self.env["loyalty.program"].search(
            [("program_type", "=", "gift_card"), ("company_id", "in", (company.id, False))]
        )
        if len(program) > 1:
            raise UserError(
                self.env._(
                    "There are several gift card programs (%(programs)s): an administrator chooses the one for "
                    "complaints under Settings > Complaints > Vouchers.",
                    programs=", ".join(program.mapped("name")),
                )
            )
        if not program or program.program_type not in MONEY_PROGRAMS:
            raise UserError(
                self.env._("There is no gift card program. Make one under Sales > Products > Gift Cards & eWallets.")
            )
        if program.currency_id != company.currency_id:
            raise UserError(
                self.env._(
                    "The program %(program)s is in %(currency)s, remedies of %(company)s are in %(own)s.",
                    program=program.name,
                    currency=program.currency_id.name,
                    company=company.name,
                    own=company.currency_id.name,
                )
            )
        return program
