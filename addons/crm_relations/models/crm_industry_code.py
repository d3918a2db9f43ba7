from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import file_open

from ..tools import industry


class CrmIndustryCode(models.Model):
    """A code of a classification of industries: NACE, ISIC or SIC.

    The same code means different things in different revisions, so it is always read together with its scheme.
    """

    _name = "crm.industry.code"
    _description = "Industry Code"
    _order = "code, scheme desc, id"
    _parent_store = True
    _rec_names_search = ["code", "name"]

    scheme = fields.Selection(
        selection=[
            ("nace_21", "NACE Rev. 2.1"),
            ("nace_2", "NACE Rev. 2"),
            ("isic_4", "ISIC Rev. 4"),
            ("sic", "SIC 1987"),
            ("other", "Other"),
        ],
        string="Classification",
        required=True,
        default="nace_21",
    )
    code = fields.Char(required=True)
    name = fields.Char(string="Title", required=True, translate=True)
    parent_id = fields.Many2one("crm.industry.code", string="Part of", index=True, ondelete="restrict")
    parent_path = fields.Char(index=True)
    child_ids = fields.One2many("crm.industry.code", "parent_id", string="Consists of")
    match_ids = fields.Many2many(
        "crm.industry.code",
        relation="crm_industry_code_match_rel",
        column1="code_id",
        column2="match_id",
        string="Corresponds to",
        help="Codes of other classifications with the same activities, wholly or in part.",
    )
    active = fields.Boolean(default=True)

    _code_scheme_uniq = models.Constraint("UNIQUE(code, scheme)", "This code exists already in the classification.")

    # === COMPUTE METHODS === #

    @api.depends("code", "name", "scheme")
    def _compute_display_name(self):
        schemes = dict(self._fields["scheme"]._description_selection(self.env))
        for code in self:
            code.display_name = f"{code.code} {code.name} · {schemes.get(code.scheme)}" if code.code else ""

    @api.model
    def _search_display_name(self, operator, value):
        domain = super()._search_display_name(operator, value)
        if operator in ("ilike", "like", "=ilike", "=like") and isinstance(value, str):
            for variant in industry.code_variants(value):
                domain = Domain(domain) | Domain("code", "=like", f"{variant}%")
        return domain

    # === CONSTRAINTS === #

    @api.constrains("parent_id")
    def _check_parent(self):
        if self._has_cycle():
            raise ValidationError(self.env._("An industry code cannot be part of itself."))
        for code in self:
            if code.parent_id and code.parent_id.scheme != code.scheme:
                raise ValidationError(
                    self.env._(
                        "%(code)s belongs to another classification than the code it is part of.", code=code.code
                    )
                )

    # === CATALOGUE === #

    @api.model
    def _load_catalogue(self):
        """Load the classifications shipped with the addon; codes that exist are left as they are.

        Called once at installation. One `create` per level of the tree instead of an import with an external
        identifier per row keeps the installation quick.
        """
        with file_open("crm_relations/data/industry_codes.csv") as lines:
            rows = industry.read_rows(lines)
        existing = self.with_context(active_test=False).search_fetch([], ["scheme", "code"])
        ids = {(code.scheme, code.code): code.id for code in existing}
        for layer in industry.by_level(rows):
            new = [row for row in layer if (row["scheme"], row["code"]) not in ids]
            created = self.with_context(tracking_disable=True).create(
                [
                    {
                        "scheme": row["scheme"],
                        "code": row["code"],
                        "name": row["title"],
                        "parent_id": ids.get((row["scheme"], row["parent"])),
                    }
                    for row in new
                ]
            )
            ids.update(((row["scheme"], row["code"]), code.id) for row, code in zip(new, created, strict=True))
        self._load_matches(ids)

    @api.model
    def _load_matches(self, ids):
        """Load the correspondences between the classifications, readable from both sides.

        :param dict ids: ``{(scheme, code): id}``
        """
        with file_open("crm_relations/data/industry_matches.csv") as lines:
            rows = industry.read_rows(lines)
        pairs = [(ids[row["scheme"], row["code"]], ids[row["other_scheme"], row["other_code"]]) for row in rows]
        self.env.flush_all()
        self.env.cr.execute_values(
            "INSERT INTO crm_industry_code_match_rel (code_id, match_id) VALUES %s ON CONFLICT DO NOTHING",
            [*pairs, *((other, code) for code, other in pairs)],
            page_size=5000,
        )
        self.invalidate_model(["match_ids"])
