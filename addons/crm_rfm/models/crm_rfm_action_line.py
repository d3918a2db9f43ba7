from datetime import timedelta

from odoo import fields, models
from odoo.tools import SQL

#: states of a line that waits for something to be done
OPEN_STATES = ("waiting", "planned")


class CrmRfmActionLine(models.Model):
    """One customer in an action: group, state, and what was bought since the entry.

    Written by the runs of the action only.
    """

    _name = "crm.rfm.action.line"
    _description = "Customer in an Action"
    _inherit = ["crm.rfm.customer.mixin"]
    _order = "rank_value desc, id"
    _rec_name = "partner_id"
    _log_access = False

    action_id = fields.Many2one("crm.rfm.action", required=True, index=True, ondelete="cascade", readonly=True)
    partner_id = fields.Many2one(
        "res.partner", "Customer", required=True, index=True, ondelete="restrict", readonly=True
    )
    wave = fields.Integer("Entry", required=True, readonly=True, help="1 for the first entry, 2 for the next.")
    entered_on = fields.Date(required=True, readonly=True)
    entered_at = fields.Datetime("Moment of Entry", readonly=True)
    arm = fields.Selection(
        [("treated", "Treated"), ("control", "Control group")], "Group", required=True, readonly=True
    )
    state = fields.Selection(
        [
            ("waiting", "Waiting"),
            ("planned", "Planned"),
            ("done", "Contacted"),
            ("bought", "Bought"),
            ("refused", "Not to be contacted"),
            ("expired", "Time over"),
        ],
        required=True,
        readonly=True,
    )
    from_segment_id = fields.Many2one("crm.rfm.segment", "From", ondelete="set null", readonly=True)
    segment_id = fields.Many2one("crm.rfm.segment", ondelete="set null", readonly=True)
    currency_id = fields.Many2one(related="action_id.currency_id")
    score_monetary = fields.Monetary("Net Value at Entry", readonly=True)
    rank_value = fields.Float(
        "Rank",
        readonly=True,
        help="Chance to buy times net value times margin at entry; without a forecast the chance is not in it.",
    )
    user_id = fields.Many2one("res.users", "Assigned to", index="btree_not_null", ondelete="set null", readonly=True)
    planned_on = fields.Date(readonly=True)
    place = fields.Integer(
        "Place in the Day", readonly=True, aggregator=None, help="Number among what actions gave the user that day."
    )
    activity_id = fields.Many2one("mail.activity", index="btree_not_null", ondelete="set null", readonly=True)
    pricelist_id = fields.Many2one(
        "product.pricelist", "Price List Given", readonly=True, index="btree_not_null", ondelete="set null"
    )
    reason = fields.Text("Why Not", readonly=True)
    bought_on = fields.Date("First Purchase", readonly=True)
    revenue = fields.Monetary(readonly=True, help="Net value of the documents within the measured days.")
    revenue_squared = fields.Float(readonly=True)
    phone = fields.Char(related="partner_id.phone")
    email = fields.Char(related="partner_id.email")
    salesperson_id = fields.Many2one(related="partner_id.user_id", string="Salesperson", compute_sudo=True)

    _wave_uniq = models.Constraint("UNIQUE(action_id, partner_id, wave)", "A customer enters once at a time.")
    # of two actions that plan at the same moment neither sees the lines of the other, and both would fill the day
    _place_uniq = models.Constraint(
        "UNIQUE(user_id, planned_on, place)",
        "Another action has just given work to the same user. Run this one again.",
    )

    def _merge_partners(self, src_partners, dst_partner):
        """Keep one line per entry of the customer that remains: its own, else the oldest of the merged."""
        lines = self.search([("partner_id", "in", (src_partners + dst_partner).ids)], order="id")
        kept = {(line.action_id, line.wave) for line in lines if line.partner_id == dst_partner}
        gone = self.browse()
        for line in lines - lines.filtered(lambda line: line.partner_id == dst_partner):
            key = (line.action_id, line.wave)
            if key in kept:
                gone += line
            kept.add(key)
        gone.unlink()

    # === CRUD METHODS === #

    def unlink(self):
        """Leave with the customers neither the price list of the action nor an open activity."""
        self.check_access("unlink")
        # sudo: whoever deletes an action or merges customers need not be allowed to change activities of others
        lines = self.sudo()
        # restricted customers too: nothing would remember their price list
        lines._take_back_pricelist()
        lines.activity_id.filtered("active").unlink()
        return super().unlink()

    def _take_back_pricelist(self):
        """Remove the price lists that were given, from those customers who still have them."""
        given = self.filtered("pricelist_id")
        for (company, pricelist), lines in given.grouped(
            lambda line: (line.action_id.company_id, line.pricelist_id)
        ).items():
            still = lines.partner_id.with_company(company).filtered(
                lambda partner, pricelist=pricelist: partner.specific_property_product_pricelist == pricelist
            )
            still.specific_property_product_pricelist = False
        given.pricelist_id = False

    # === DOCUMENTS === #

    def _get_document_span(self):
        """Documents of the measured days: those of which the revenue is the sum."""
        self.ensure_one()
        action = self.sudo().action_id  # sudo: as in the mixin
        today = fields.Date.context_today(self)
        model = action._get_measuring_model(self.entered_on)
        return model, today, self.entered_on, self.entered_on + timedelta(days=action.horizon_days)

    def _get_document_condition(self, model):
        return SQL(
            "NOT (tx.date = %s AND %s)",
            self.entered_on,
            model._get_earlier_condition(SQL("tx.res_id"), SQL("%s::timestamp", self.entered_at or None)),
        )
