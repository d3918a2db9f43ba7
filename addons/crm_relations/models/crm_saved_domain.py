from ast import literal_eval

from psycopg2 import DataError, ProgrammingError

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

NOT_RUNNABLE = (
    # not a domain
    AssertionError,
    AttributeError,
    KeyError,
    MemoryError,
    RecursionError,
    SyntaxError,
    TypeError,
    ValueError,
    # a domain that says nonsense; errors of the database's state (locks, serialisation) are none of these
    UserError,
    DataError,
    ProgrammingError,
)


class CrmSavedDomain(models.AbstractModel):
    """A condition on customers kept as data, and on whose behalf it is evaluated.

    A domain can ask for fields and customers that its reader may not see, and
    its result tells about them. So it is evaluated with the rights of its
    owner, and the owner is whoever wrote it: writing a condition makes one its
    owner, and nobody can make somebody else the owner. A condition never finds
    more than its author could have found in the customers' list.
    """

    _name = "crm.saved.domain"
    _description = "Saved Condition on Customers"

    domain = fields.Char(string="Condition", default="[]")
    owner_id = fields.Many2one(
        "res.users",
        required=True,
        readonly=True,
        default=lambda self: self.env.user,
        index=True,
        ondelete="restrict",
        help="With whose rights the condition is evaluated: whoever wrote it last.",
    )
    company_id = fields.Many2one("res.company", index=True, help="Empty: customers of all companies of the owner.")

    # === CONSTRAINTS === #

    @api.constrains("domain", "company_id", "owner_id")
    def _check_domain(self):
        for record in self:
            record._partner_query()

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            vals_list = [vals | {"owner_id": self.env.uid} for vals in vals_list]
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            vals = {name: value for name, value in vals.items() if name != "owner_id"}
            if not self._domain_fields().isdisjoint(vals):
                vals["owner_id"] = self.env.uid
        return super().write(vals)

    @api.model
    def _domain_fields(self):
        """Fields that decide whom the condition finds: who writes them becomes the owner."""
        return {"domain", "company_id"}

    # === EVALUATION === #

    def _owner_partners(self):
        """``res.partner`` with the rights and the companies of the owner."""
        owner = self.owner_id
        # sudo: the companies of another user
        companies = self.company_id or owner.sudo().company_ids
        return (
            self.env["res.partner"]
            .with_user(owner)
            .with_context(allowed_company_ids=companies.ids, active_test=True, lang=None)
        )

    def _partner_query(self):
        """The customers that the owner finds by the condition, proved to run.

        :rtype: odoo.tools.Query
        :raises ValidationError: in one sentence, when the domain is none, or the owner may not ask that
        """
        self.ensure_one()
        # sudo: whether the owner still works here, and for which companies
        owner = self.owner_id.sudo()
        if not owner.active and owner.id != SUPERUSER_ID:
            raise ValidationError(
                self.env._("%(owner)s is no longer active: take the condition over.", owner=owner.name)
            )
        if self.company_id and self.company_id not in owner.company_ids:
            raise ValidationError(
                self.env._(
                    "%(owner)s does not work for %(company)s, so the condition would find nobody there.",
                    owner=owner.name,
                    company=self.company_id.sudo().name,
                )
            )
        partners = self._owner_partners()
        try:
            with self.env.cr.savepoint(flush=False):
                domain = Domain(self._parse_domain())
                if self.company_id:
                    domain &= Domain("company_id", "in", [self.company_id.id, False])
                query = partners._search(domain)
                partners.search_fetch(domain, ["id"], limit=1)
        except AccessError as error:
            raise ValidationError(
                self.env._("The condition asks for something that its owner may not read: %(error)s", error=error)
            ) from error
        except NOT_RUNNABLE as error:
            raise ValidationError(self._bad_domain_words(error)) from error
        return query

    def _parse_domain(self):
        """The domain as a list: constants only, no code.

        :raises ValueError: when it is something else
        """
        domain = literal_eval((self.domain or "").strip() or "[]")
        if not isinstance(domain, list):
            raise TypeError(self.env._("it is no list"))
        return domain

    def _bad_domain_words(self, error):
        words = str(error).strip().splitlines()
        return self.env._(
            "The condition cannot be understood: %(error)s", error=words[0][:200] if words else type(error).__name__
        )

    def action_take_over(self):
        """Become the owner: from now on it finds what the current user may read."""
        self.check_access("write")
        # sudo: the owner is set by this method and by writing the condition only
        self.sudo().write({"owner_id": self.env.uid})
