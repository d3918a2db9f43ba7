from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from ..const import PRIVACY_READERS
from ..tools import privacy

FORMER = ("name", "email", "phone", "vat")
"""Fields of which earlier values are looked for as well."""
DPO = "crm_relations.group_privacy"
PROTECTED = frozenset({"crm_restricted", "crm_legal_hold", "crm_erased"})


class ResPartner(models.Model):
    """Restriction of processing, legal hold, and the requests of a person."""

    _inherit = "res.partner"

    crm_restricted = fields.Boolean(
        string="Processing Restricted",
        readonly=True,
        copy=False,
        tracking=True,
        help="Visible, but untouched by mailings, alerts, scoring and actions (GDPR, article 18).",
    )
    crm_legal_hold = fields.Char(
        string="Legal Hold",
        copy=False,
        tracking=True,
        groups=PRIVACY_READERS,
        help="Why the data have to be kept, for instance a lawsuit: nothing is erased before this is empty.",
    )
    crm_erased = fields.Boolean(string="Erased", readonly=True, copy=False)
    crm_privacy_request_ids = fields.One2many(
        "crm.privacy.request", "partner_id", string="Privacy Requests", groups=PRIVACY_READERS
    )
    crm_privacy_request_count = fields.Integer(
        string="Number of Privacy Requests", compute="_compute_crm_privacy_request_count", groups=PRIVACY_READERS
    )

    def _compute_crm_privacy_request_count(self):
        counts = dict(
            self.env["crm.privacy.request"]._read_group([("partner_id", "in", self.ids)], ["partner_id"], ["__count"])
        )
        for partner in self:
            partner.crm_privacy_request_count = counts.get(partner._origin, 0)

    @api.model_create_multi
    def create(self, vals_list):
        # defaults count, too: of the context, or set by a user
        given = {name for name in PROTECTED if self.env.context.get(f"default_{name}")}
        defaults = self.env["ir.default"]._get_model_defaults(self._name)
        given.update(name for name in PROTECTED if defaults.get(name))
        for vals in vals_list:
            if not PROTECTED.isdisjoint(vals):
                given.update(name for name in PROTECTED if vals.get(name))
        self._check_crm_protected(given)
        return super().create(vals_list)

    def write(self, vals):
        given = PROTECTED.intersection(vals)
        if given and not self.env.su:
            # sudo: what stands there already changes nothing, whoever may read it: merging customers writes it again
            given = {name for name in given if any(partner[name] != vals[name] for partner in self.sudo())}
        self._check_crm_protected(given)
        return super().write(vals)

    def _check_crm_protected(self, names):
        """:raises AccessError: when one of the names is the officer's to write, and the user is none"""
        if PROTECTED.intersection(names) and not (self.env.su or self.env.user.has_group(DPO)):
            raise AccessError(self.env._("Only a data protection officer restricts processing or sets a legal hold."))

    # === WHO IT IS === #

    def _crm_privacy_persons(self):
        """This person under all addresses: further addresses of theirs are no other people.

        :return: the partner, first, and its addresses
        """
        self.ensure_one()
        everybody = self.sudo().with_context(active_test=False)  # sudo: whatever is archived or of another company
        return everybody | everybody.child_ids.filtered(
            lambda child: not child.is_company and child.type in ("invoice", "delivery", "other")
        )

    def _crm_privacy_person(self):
        """What names this person in texts."""
        persons = self._crm_privacy_persons()
        users = persons.user_ids
        former = self._crm_privacy_former(persons)
        return privacy.Person(
            names=_words(persons.mapped("name"), former["name"]),
            emails=_words(
                persons.mapped("email_normalized"), persons.mapped("email"), users.mapped("login"), former["email"]
            ),
            phones=_words(persons.mapped("phone"), persons.mapped("phone_sanitized"), former["phone"]),
            numbers=_words(persons.mapped("vat"), former["vat"]),
        )

    @api.model
    def _crm_privacy_former(self, persons):
        """Names, addresses and numbers that the person had before: from the history of the contact and the audit log.

        :return: ``{field: [values]}``
        """
        self.env.flush_all()
        former = {name: [] for name in FORMER}
        rows = self.env.execute_query(
            SQL(
                """
                SELECT f.name, t.old_value_char
                  FROM mail_tracking_value t
                  JOIN mail_message m ON m.id = t.mail_message_id
                  JOIN ir_model_fields f ON f.id = t.field_id
                 WHERE m.model = 'res.partner' AND m.res_id = ANY(%(persons)s) AND f.name = ANY(%(names)s)
                 UNION ALL
                SELECT c.key, word.value
                  FROM crm_audit_entry e
                  JOIN crm_audit_payload p ON p.entry_id = e.id,
                       jsonb_each(p.changes) c, jsonb_array_elements_text(c.value) word
                 WHERE e.res_model = 'res.partner' AND e.res_id = ANY(%(persons)s)
                   AND jsonb_typeof(p.changes) = 'object' AND c.key = ANY(%(names)s)
                """,
                persons=persons.ids,
                names=list(FORMER),
            )
        )
        for name, value in rows:
            former[name].append(value)
        return former

    # === WORDS === #

    def _crm_contact_say_restricted(self, rule, customer, decision, channel):
        return self.env._("The processing of %(customer)s's data is restricted", customer=self.name)

    def _crm_contact_say_suppressed(self, rule, customer, decision, channel):
        return self.env._("Somebody with this address or number asked to be erased and not contacted again")

    # === ACTIONS === #

    def action_crm_privacy_requests(self):
        """The requests of this person."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_relations.crm_privacy_request_action")
        return action | {
            "domain": [("partner_id", "=", self.id)],
            "context": {"default_partner_id": self.id},
        }

    def action_crm_lift_restriction(self):
        """Process the data again; the person is told first (GDPR, article 18(3))."""
        self.ensure_one()
        if not self.env.user.has_group(DPO):
            raise AccessError(self.env._("Only a data protection officer lifts a restriction."))
        partner = self.sudo()  # sudo: officers need not edit customers
        partner._crm_privacy_persons().crm_restricted = False
        partner.message_post(
            body=self.env._("The restriction of processing your data is lifted."),
            subject=self.env._("Restriction lifted"),
            partner_ids=partner.ids,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )

    @api.model
    def _crm_unrestricted_domain(self):
        """Customers whom programs may touch by themselves."""
        return [("crm_restricted", "=", False), ("commercial_partner_id.crm_restricted", "=", False)]


def _words(*lists):
    """What is not empty, each once."""
    return tuple({word.strip() for words in lists for word in words if word and word.strip()})
