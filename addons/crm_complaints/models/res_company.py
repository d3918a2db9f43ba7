from odoo import api, fields, models

from ..const import SECTORS


class ResCompany(models.Model):
    _inherit = "res.company"

    complaint_auto_acknowledge = fields.Boolean(
        string="Acknowledge Complaints by E-mail",
        default=True,
        help="A new complaint with an e-mail address is acknowledged at registration.",
    )
    complaint_sector = fields.Selection(
        SECTORS, string="Regulated Sector", help="Decides, with the country, which statutory deadlines apply."
    )
    complaint_manager_id = fields.Many2one(
        "res.users",
        string="Complaints Manager",
        domain="[('share', '=', False)]",
        help="Learns of missed deadlines that nobody below has mended.",
    )
    complaint_head_id = fields.Many2one(
        "res.users",
        string="Head of the Company",
        domain="[('share', '=', False)]",
        help="Learns of missed deadlines that not even the complaints manager has mended. Empty: it ends there.",
    )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        companies._create_complaint_sequence()
        return companies

    # === BUSINESS METHODS === #

    @api.model
    def _create_all_complaint_sequences(self):
        """For the companies that exist when the addon is installed."""
        # every company is meant, once, at installation
        self.search([])._create_complaint_sequence()  # pylint: disable=no-search-all

    def _create_complaint_sequence(self):
        """Give each company its own register number; companies that have one keep it."""
        # sudo: sequences belong to the administrator, numbering must work for everybody
        sequences = self.env["ir.sequence"].sudo()
        done = sequences.search([("code", "=", "crm.complaint"), ("company_id", "in", self.ids)]).company_id
        sequences.create(
            [
                {
                    "name": f"Complaint ({company.name})",
                    "code": "crm.complaint",
                    "company_id": company.id,
                    "prefix": "CMP/%(year)s/",
                    "padding": 5,
                    # A database sequence: no waiting between users and no number twice, at the price of
                    # gaps when a registration is rolled back. The numbering is not reset each year: a
                    # subsequence per year is created on demand, and two users could create it at once.
                    "implementation": "standard",
                }
                for company in self - done
            ]
        )
