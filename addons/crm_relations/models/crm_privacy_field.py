from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError
from odoo.tools import SQL
from odoo.tools.sql import table_exists

PERSONAL = frozenset(
    {
        # of Odoo's own
        "barcode", "city", "comment", "company_registry", "country_id", "function", "industry_id", "ref", "state_id",
        "street", "street2", "website", "zip",
        # the profile
        "birthdate_date", "nationality_id", "crm_income_id", "crm_marital_id", "crm_home_id", "crm_social_id",
        "crm_education_id", "crm_profession_id", "crm_pet_ids", "crm_hobby_ids", "crm_sport_ids", "crm_child_ids",
        "crm_attitude_ids", "crm_industry_code_id", "crm_industry_code_ids", "crm_fact_ids", "crm_party",
    }
)  # fmt: skip
"""What may be declared: the rest (name, address, number, company, responsible) is what work with customers rests on."""

DERIVED = {
    "birthdate_date": ("age", "crm_age_band"),
    "crm_child_ids": ("crm_child_count",),
    "crm_fact_ids": ("crm_fact_newest_ids",),
    "crm_party": ("crm_party_kind",),
}
"""Fields that are made of another one, and are not used either."""


class CrmPrivacyField(models.Model):
    """A field of customers that is kept (the customer gave it, the law wants it) but must not be used.

    Nobody searches, filters, groups or sorts customers by it, nor exports it; no rule, score or alert rests on it. It
    is still shown and corrected on the customer's form, and part of the copy that a customer asks for. With a field
    that shows a table of details (children, attitudes, figures) goes the whole table: ``crm.privacy.table``.
    """

    _name = "crm.privacy.field"
    _description = "Data Not to Be Used"
    _order = "field_id"
    _rec_name = "field_id"

    field_id = fields.Many2one(
        "ir.model.fields", required=True, index=True, ondelete="cascade",
        domain=lambda self: [("model", "=", "res.partner"), ("name", "in", sorted(PERSONAL))],
    )  # fmt: skip
    name = fields.Char(related="field_id.name", string="Technical Name")
    reason = fields.Char(required=True, help="Why it is kept and not used, e.g. given for one contract only.")
    active = fields.Boolean(default=True, string="In Force")

    _field_uniq = models.UniqueIndex("(field_id)", "This field is declared already.")

    @api.constrains("field_id")
    def _check_field(self):
        for declared in self:
            # sudo: the name of a field is no secret
            field = declared.field_id.sudo()
            if field.model != "res.partner" or field.name not in PERSONAL:
                raise ValidationError(
                    self.env._(
                        "“%(field)s” is what work with customers rests on and cannot be declared as not to be used.",
                        field=field.field_description,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        declared = super().create(vals_list)
        self.env.registry.clear_cache()
        return declared

    def write(self, vals):
        result = super().write(vals)
        self.env.registry.clear_cache()
        return result

    def unlink(self):
        result = super().unlink()
        self.env.registry.clear_cache()
        return result

    @api.model
    @tools.ormcache()
    def _names(self):
        """Names of the fields of ``res.partner`` that must not be used, those made of them included."""
        # customers are read while the addon is being installed, too
        if not table_exists(self.env.cr, self._table):
            return frozenset()
        self.flush_model()
        # by SQL: holds for everybody, and is asked before every search for customers
        rows = self.env.execute_query(
            SQL("SELECT f.name FROM crm_privacy_field d JOIN ir_model_fields f ON f.id = d.field_id WHERE d.active")
        )
        names = {row[0] for row in rows}
        return frozenset(names.union(*(DERIVED.get(name, ()) for name in names)))

    @api.model
    def _tables(self):
        """Models of details that must not be used, with the field of customers that shows them: ``{model: field}``."""
        fields = self.env["res.partner"]._fields
        found = ((name, fields[name]) for name in self._names())
        return {field.comodel_name: name for name, field in found if field.type == "one2many"}

    @api.model
    def _withhold(self, descriptions, attributes=None, names=None):
        """Take fields out of what the web client offers for filters, groups, sorting and export.

        :param dict descriptions: from ``fields_get``, changed here
        :param names: those fields, all when None
        """
        for name in descriptions if names is None else names:
            for attribute in ("searchable", "sortable", "groupable", "exportable"):
                if not attributes or attribute in attributes:
                    descriptions[name][attribute] = False

    @api.model
    def _published(self):
        """Labels for the public page: what is kept and not used."""
        declared = self.sudo().search([("active", "=", True)])  # sudo: published on purpose
        return [(one.field_id.field_description, one.reason) for one in declared]
