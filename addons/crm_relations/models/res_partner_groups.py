from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .. import const
from ..tools.customer_group import party_kind

READERS = "crm_relations.group_user,crm_relations.group_auditor"
WITHOUT_COLUMN = frozenset(("crm_group", "crm_party_kind"))


class ResPartner(models.Model):
    """Groups I to IV, kind of party and customer groups: filters and groupings without a column per partner."""

    _inherit = "res.partner"

    crm_group = fields.Selection(
        selection=const.CUSTOMER_GROUPS,
        string="Group (I-IV)",
        compute="_compute_crm_group",
        search="_search_crm_group",
        groups=READERS,
        help="General or specific requirements, uniform or variable over time: from the needs, or set by hand.",
    )
    crm_group_reason = fields.Char(string="Why This Group", compute="_compute_crm_group", groups=READERS)
    crm_party = fields.Selection(
        selection=const.PARTY_KINDS, string="Kind of Party (set by hand)", groups=READERS, prefetch=const.PREFETCH
    )
    crm_party_kind = fields.Selection(
        selection=const.PARTY_KINDS,
        string="Kind of Party",
        compute="_compute_crm_party_kind",
        inverse="_inverse_crm_party_kind",
        search="_search_crm_party_kind",
        groups=READERS,
        help="A company is a business and a person a citizen, unless set by hand.",
    )
    crm_customer_group_ids = fields.Many2many(
        "crm.customer.group",
        "crm_customer_group_member",
        "partner_id",
        "group_id",
        string="Customer Groups",
        readonly=True,
        copy=False,
        groups=READERS,
    )

    # === COMPUTE METHODS === #

    @api.depends("commercial_partner_id")
    def _compute_crm_group(self):
        rows = self.env["crm.partner.group"].search([("partner_id", "in", self.commercial_partner_id.ids)])
        by_partner = {row.partner_id: row for row in rows}
        for partner in self:
            row = by_partner.get(partner.commercial_partner_id._origin)
            partner.crm_group = row and row.crm_group
            partner.crm_group_reason = row and partner._crm_group_words(row)

    def _crm_group_words(self, row):
        """One line on why a customer is in a group."""
        if row.override_group:
            return self.env._(
                "Set by %(user)s on %(date)s: %(reason)s",
                user=row.override_uid.sudo().name or self.env._("somebody"),  # sudo: a colleague's name
                date=fields.Date.to_string(row.override_date),
                reason=row.override_reason,
            )
        return self.env._(
            "Votes: %(general)s general, %(specific)s specific; %(uniform)s uniform, %(variable)s variable",
            general=row.votes_general,
            specific=row.votes_specific,
            uniform=row.votes_uniform,
            variable=row.votes_variable,
        )

    @api.depends("commercial_partner_id.crm_party", "commercial_partner_id.is_company")
    def _compute_crm_party_kind(self):
        for partner in self:
            whole = partner.commercial_partner_id or partner
            partner.crm_party_kind = party_kind(whole.crm_party, whole.is_company)

    def _inverse_crm_party_kind(self):
        """Remember only what differs from the rule, so that the rule goes on for the others."""
        for partner in self:
            whole = partner.commercial_partner_id or partner
            rule = party_kind(None, whole.is_company)
            whole.crm_party = partner.crm_party_kind if partner.crm_party_kind != rule else False

    def _field_to_sql(self, alias, field_expr, query=None):
        """Values of the two fields that have no column: from the narrow table, or from the commercial entity."""
        # another name than the table's: somebody came here by a link, and no search for customers was asked. Here, and
        # not beside the other checks: every column that is read passes, and one step more would be felt
        if alias != self._table:
            self._crm_check_used([field_expr.partition(".")[0]])
        if field_expr not in WITHOUT_COLUMN or query is None:
            return super()._field_to_sql(alias, field_expr, query)
        self._check_field_access(self._fields[field_expr], "read")
        joined = query.make_alias(alias, field_expr)
        whole = SQL.identifier(alias, "commercial_partner_id", to_flush=self._fields["commercial_partner_id"])
        if field_expr == "crm_group":
            condition = SQL("%s = %s", SQL.identifier(joined, "partner_id"), whole)
            query.add_join("LEFT JOIN", joined, "crm_partner_group", condition)
            return SQL.identifier(joined, "crm_group", to_flush=self.env["crm.partner.group"]._fields["crm_group"])
        query.add_join("LEFT JOIN", joined, "res_partner", SQL("%s = %s", SQL.identifier(joined, "id"), whole))
        return SQL(
            "COALESCE(%s, CASE WHEN %s THEN 'business' ELSE 'citizen' END)",
            SQL.identifier(joined, "crm_party", to_flush=self._fields["crm_party"]),
            SQL.identifier(joined, "is_company", to_flush=self._fields["is_company"]),
        )

    def _search_crm_column(self, name, operator, value):
        if operator != "in":
            return NotImplemented
        field = self._fields[name]
        return Domain.custom(
            to_sql=lambda model, alias, query: field._condition_to_sql(name, "in", value, model, alias, query),
            predicate=lambda partner: partner[name] in value,
        )

    def _search_crm_group(self, operator, value):
        return self._search_crm_column("crm_group", operator, value)

    def _search_crm_party_kind(self, operator, value):
        return self._search_crm_column("crm_party_kind", operator, value)

    # === ACTIONS === #

    def action_crm_group_override(self):
        """Open the dialog in which the group is set by hand."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Group of %(customer)s", customer=self.commercial_partner_id.display_name),
            "res_model": "crm.partner.group.override",
            "view_mode": "form",
            "target": "new",
            "context": {"default_partner_id": self.commercial_partner_id.id},
        }
