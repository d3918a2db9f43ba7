from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from ..const import PREFETCH
from ..tools import profile

STAFF = "base.group_user"
SENSITIVE = "crm_relations.group_sensitive"
DETAILS = ("crm.company.fact", "crm.partner.attitude", "crm.partner.child")


def _choice(kind, label, groups=STAFF, **options):
    return fields.Many2one(
        "crm.profile.tag",
        string=label,
        domain=[("kind", "=", kind)],
        groups=groups,
        ondelete="restrict",
        prefetch=PREFETCH,
        **options,
    )


def _choices(kind, label):
    return fields.Many2many(
        "crm.profile.tag",
        relation=f"crm_profile_{kind}_rel",
        column1="partner_id",
        column2="tag_id",
        string=label,
        domain=[("kind", "=", kind)],
        context={"default_kind": kind},
        groups=STAFF,
    )


class ResPartner(models.Model):
    _inherit = "res.partner"

    # persons
    birthdate_date = fields.Date(string="Birth Date", groups=STAFF, prefetch=PREFETCH)
    age = fields.Integer(compute="_compute_age", search="_search_age", groups=STAFF)
    crm_age_band = fields.Selection(
        selection=[
            (code, f"{low}–{high}" if high is not None else f"{low}+") for code, low, high in profile.AGE_BANDS
        ],
        string="Age Band",
        compute="_compute_age",
        search="_search_crm_age_band",
        groups=STAFF,
    )
    nationality_id = fields.Many2one("res.country", groups=SENSITIVE, prefetch=PREFETCH)
    crm_income_id = _choice("income", "Income Bracket", groups=SENSITIVE)
    crm_marital_id = _choice("marital", "Marital Status", groups=SENSITIVE)
    crm_home_id = _choice("home", "Home Ownership", groups=SENSITIVE)
    crm_social_id = _choice("social", "Social Situation", groups=SENSITIVE)
    crm_education_id = _choice("education", "Education")
    crm_profession_id = _choice("profession", "Profession")
    crm_pet_ids = _choices("pet", "Pets")
    crm_hobby_ids = _choices("hobby", "Hobbies")
    crm_sport_ids = _choices("sport", "Sports")
    crm_child_ids = fields.One2many("crm.partner.child", "partner_id", string="Children", groups=SENSITIVE)
    crm_child_count = fields.Integer(
        string="Number of Children", compute="_compute_crm_child_count", groups=SENSITIVE
    )
    crm_attitude_ids = fields.One2many("crm.partner.attitude", "partner_id", string="Attitudes", groups=SENSITIVE)

    # companies
    crm_industry_code_id = fields.Many2one(
        "crm.industry.code",
        string="Main Industry Code",
        index="btree_not_null",
        ondelete="restrict",
        groups=STAFF,
        prefetch=PREFETCH,
    )
    crm_industry_code_ids = fields.Many2many(
        "crm.industry.code",
        relation="crm_industry_code_partner_rel",
        column1="partner_id",
        column2="code_id",
        string="Other Industry Codes",
        groups=STAFF,
    )
    crm_fact_ids = fields.One2many("crm.company.fact", "partner_id", string="Company Figures", groups=STAFF)
    crm_fact_newest_ids = fields.Many2many(
        "crm.company.fact", string="Newest Figures", compute="_compute_crm_fact_newest_ids", groups=STAFF
    )

    crm_profile_percent = fields.Integer(
        string="Profile Completeness",
        compute="_compute_crm_profile_percent",
        search="_search_crm_profile_percent",
        groups=STAFF,
        help="How much of what should be known about a customer is known, of what you may see.",
    )

    # === COMPUTE METHODS === #

    @api.depends("birthdate_date")
    @api.depends_context("tz")
    def _compute_age(self):
        today = fields.Date.context_today(self)
        for partner in self:
            birth = partner.birthdate_date
            # a date in the future is refused when it is saved; until then the form shows no age
            known = birth and birth <= today
            partner.age = profile.age(birth, today) if known else 0
            partner.crm_age_band = profile.age_band(partner.age) if known else False

    @api.model
    def _birth_domain(self, youngest, oldest):
        limits = profile.birth_range(youngest, oldest, fields.Date.context_today(self))
        if limits is None:
            return Domain.FALSE
        first, last = limits
        domain = Domain("birthdate_date", "<=", last)
        return domain & Domain("birthdate_date", ">=", first) if first else domain

    @api.model
    def _search_age(self, operator, value):
        if operator == "in":
            known = Domain.OR(self._birth_domain(years, years) for years in value if years is not False)
            return known | Domain("birthdate_date", "=", False) if False in value else known
        if operator in (">", ">=", "<", "<=") and isinstance(value, (int, float)):
            years = int(value // 1)
            whole = years == value
            if operator in (">", ">="):
                return self._birth_domain(years if operator == ">=" and whole else years + 1, None)
            return self._birth_domain(0, years - 1 if operator == "<" and whole else years)
        return NotImplemented

    @api.model
    def _search_crm_age_band(self, operator, value):
        if operator != "in":
            return NotImplemented
        known = Domain.OR(self._birth_domain(*profile.band_limits(code)) for code in value if code)
        return known | Domain("birthdate_date", "=", False) if False in value else known

    @api.depends("crm_child_ids")
    def _compute_crm_child_count(self):
        for partner in self:
            partner.crm_child_count = len(partner.crm_child_ids)

    @api.depends("crm_fact_ids.kind_id", "crm_fact_ids.year")
    def _compute_crm_fact_newest_ids(self):
        """The newest figure of each kind: one query for all partners."""
        facts = self.env["crm.company.fact"]
        query = facts._search([("partner_id", "in", self._origin.ids)])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (%(table)s.partner_id, %(table)s.kind_id) %(table)s.partner_id, %(table)s.id
                  FROM %(from_clause)s
                 WHERE %(where_clause)s
              ORDER BY %(table)s.partner_id, %(table)s.kind_id, %(table)s.year DESC, %(table)s.id DESC
                """,
                table=SQL.identifier("crm_company_fact"),
                from_clause=query.from_clause,
                where_clause=query.where_clause or SQL("FALSE"),
            )
        )
        newest = {}
        for partner_id, fact_id in rows:
            newest.setdefault(partner_id, []).append(fact_id)
        for partner in self:
            partner.crm_fact_newest_ids = facts.browse(newest.get(partner._origin.id, ()))

    # depends on no field: which ones count is data, and the percentage is only read from screens
    @api.depends_context("uid", "su")
    def _compute_crm_profile_percent(self):
        items = self.env["crm.profile.item"]._readable_items()
        for partner in self:
            kinds = ("any", "company" if partner.is_company else "person")
            wanted = [(name, weight) for name, kind, weight in items if kind in kinds]
            filled = sum(weight for name, weight in wanted if partner[name])
            partner.crm_profile_percent = filled * 100 // (sum(weight for _name, weight in wanted) or 1)

    @api.model
    def _search_crm_profile_percent(self, operator, value):
        self._check_field_access(self._fields["crm_profile_percent"], "read")  # its parts may be readable to more
        operators = {"<": SQL("<"), "<=": SQL("<="), ">": SQL(">"), ">=": SQL(">=")}
        if operator == "in":
            value = tuple(int(number) for number in value if number is not None)
            compared = SQL("IN %s", value or (-1,))
        elif operator in operators:
            compared = SQL("%s %s", operators[operator], value)
        else:
            return NotImplemented
        items = self.env["crm.profile.item"]._readable_items()

        def to_sql(model, alias, query):
            def percent(kinds):
                wanted = [(name, weight) for name, kind, weight in items if kind in kinds]
                filled = [
                    SQL(
                        "CASE WHEN %s THEN %s ELSE 0 END",
                        Domain(name, "!=", False).optimize_full(model)._to_sql(model, alias, query),
                        weight,
                    )
                    for name, weight in wanted
                ]
                total = sum(weight for _name, weight in wanted) or 1
                return SQL("(%s) * 100 / %s", SQL(" + ").join(filled or [SQL("0")]), total)

            return SQL(
                "(CASE WHEN COALESCE(%s, FALSE) THEN %s ELSE %s END) %s",
                SQL.identifier(alias, "is_company"),
                percent(("any", "company")),
                percent(("any", "person")),
                compared,
            )

        return Domain.custom(to_sql=to_sql)

    # === CONSTRAINTS === #

    @api.constrains("birthdate_date")
    def _check_birthdate_date(self):
        today = fields.Date.context_today(self)
        for partner in self:
            if partner.birthdate_date and partner.birthdate_date > today:
                raise ValidationError(
                    self.env._("The birth date of %(name)s is in the future.", name=partner.display_name)
                )
            if partner.birthdate_date and profile.age(partner.birthdate_date, today) > profile.OLDEST:
                raise ValidationError(
                    self.env._(
                        "%(name)s would be more than %(years)s years old: please check the birth date.",
                        name=partner.display_name,
                        years=profile.OLDEST,
                    )
                )

    # === CRUD METHODS === #

    def unlink(self):
        # the profile goes with its customer, also the parts that the user may not see
        self.check_access("unlink")
        for model in DETAILS:
            self.env[model].sudo().search([("partner_id", "in", self.ids)]).unlink()  # sudo: as said
        return super().unlink()

    # === ACTIONS === #

    def action_crm_facts(self):
        """Open all figures of a company, year by year."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_relations.crm_company_fact_action")
        return action | {
            "name": self.env._("Figures of %(company)s", company=self.display_name),
            "domain": [("partner_id", "=", self.id)],
            "context": {"default_partner_id": self.id, "hide_company": True},
        }

    # === BUSINESS METHODS === #

    def _crm_merge_profile(self, src_partners):
        """Take over sensitive answers of partners that are merged into this one.

        Odoo copies only what the merging user may read; an answer must not be lost because a colleague without that
        right merges two records. What this partner has already wins, as for all other fields.

        :param src_partners: ``res.partner`` records that will be deleted
        """
        self.ensure_one()
        target = self.sudo()  # sudo: see above, the user may lack the right to these fields
        values = {}
        for name, field in self._fields.items():
            if field.groups == SENSITIVE and field.store and field.type == "many2one" and not target[name]:
                found = src_partners.sudo().mapped(name)[:1]  # sudo: as above
                if found:
                    values[name] = found.id
        if values:
            target.write(values)
