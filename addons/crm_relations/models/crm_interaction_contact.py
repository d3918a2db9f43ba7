from datetime import timedelta

from odoo import api, fields, models

from .. import const

RECENT = timedelta(days=2)
"""A contact entered later than this is history: today's rules do not judge it."""

JUDGED_FIELDS = {
    "direction",
    "channel",
    "kind",
    "purpose",
    "partner_id",
    "contact_id",
    "lead_id",
    "date",
    "state",
    "active",
}


class CrmInteraction(models.Model):
    """Contacts that we initiate keep to the rules of contact.

    One that is planned can be refused. One that took place is written down in
    any case; that it should not have been is in the log.
    """

    _inherit = "crm.interaction"

    purpose = fields.Selection(
        selection=const.PURPOSES,
        compute="_compute_purpose",
        store=True,
        readonly=False,
        precompute=True,
        help="What a contact of ours is for: the rules of contact differ.",
    )
    contact_override = fields.Char(
        string="Why All the Same",
        copy=False,
        tracking=True,
        help="The reason for which the rules of contact do not count here. Administrators only.",
    )
    contact_advice = fields.Char(string="Rules of Contact", compute="_compute_contact_advice")
    contact_effect = fields.Char(compute="_compute_contact_advice")

    # === COMPUTE METHODS === #

    @api.depends("direction", "kind")
    def _compute_purpose(self):
        for interaction in self:
            if interaction.direction != "out":
                interaction.purpose = False
            elif interaction.kind == "promotion":
                interaction.purpose = "marketing"
            elif not interaction.purpose:
                interaction.purpose = "sales"

    @api.depends("direction", "channel", "purpose", "state", "date", "person_id")
    @api.depends_context("lang", "tz", "company")
    def _compute_contact_advice(self):
        for interaction in self:
            decision = None
            person = interaction.person_id._origin
            if interaction._is_judged() and person:
                decision = person._crm_contact_decide(
                    interaction.channel, interaction.purpose, interaction.date, own=bool(interaction._origin)
                ).get(person.id)
            interaction.contact_effect = decision.effect if decision else "allow"
            interaction.contact_advice = person._crm_contact_advice(decision)

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        interactions = super().create(vals_list)
        interactions._check_contact_rules()
        return interactions

    def write(self, vals):
        result = super().write(vals)
        # merged opportunities take their contacts along: nobody is contacted by that
        if not JUDGED_FIELDS.isdisjoint(vals) and not self.env.context.get("crm_contact_moved"):
            self._check_contact_rules()
        return result

    # === BUSINESS METHODS === #

    def _is_judged(self):
        self.ensure_one()
        if self.direction != "out" or not self.purpose or not self.date or not self.active:
            return False
        return self.state == "planned" or (self.state == "done" and self.date >= fields.Datetime.now() - RECENT)

    def _check_contact_rules(self):
        """Ask for all these contacts: one question per channel, purpose and state, however many customers.

        :raises UserError: when a planned one is refused
        """
        judged = self.filtered(lambda interaction: interaction.person_id and interaction._is_judged())
        for (channel, purpose, state, override), alike in judged.grouped(
            lambda one: (one.channel, one.purpose, one.state, one.contact_override)
        ).items():
            while alike:
                origins = {}
                for interaction in alike:
                    origins.setdefault(interaction.person_id.id, interaction)
                first = self.browse([interaction.id for interaction in origins.values()])
                first.person_id._crm_contact_check(
                    channel,
                    purpose,
                    {person: interaction.date for person, interaction in origins.items()},
                    origins=origins,
                    override=override,
                    happened=state == "done",
                    own=True,
                )
                alike -= first
