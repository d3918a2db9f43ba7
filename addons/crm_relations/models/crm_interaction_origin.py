from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError


class CrmInteraction(models.Model):
    """What a contact was started from: a template, a meeting, a message, an event with many customers.

    ``origin_key`` names the source and the customer; the database keeps it unique, so that a second click, a
    retry or a colleague with the same idea makes no second contact of it. It names no foreign key, so merging
    customers never contradicts it.
    """

    _inherit = "crm.interaction"

    template_id = fields.Many2one(
        "crm.interaction.template",
        index="btree_not_null",
        ondelete="set null",
        check_company=True,
        help="Fills in what is the same each time.",
    )
    meeting_id = fields.Many2one(
        "calendar.event", readonly=True, copy=False, index="btree_not_null", ondelete="set null"
    )
    message_id = fields.Many2one("mail.message", readonly=True, copy=False, index="btree_not_null", ondelete="set null")
    message_body = fields.Html(
        string="Text of the Message",
        compute="_compute_message_body",
        help="As long as the reader may read the message itself.",
    )
    origin_key = fields.Char(
        copy=False, readonly=True, help="Names where the contact comes from: of each source one contact per customer."
    )
    attachment_ids = fields.Many2many(
        "ir.attachment", string="Files", relation="crm_interaction_attachment_rel", copy=False
    )

    _origin_key_uniq = models.Constraint("UNIQUE(origin_key)", "This contact has been logged already.")

    # === COMPUTE METHODS === #

    @api.depends("message_id")
    def _compute_message_body(self):
        # sudo: whether there is a message; its text is read with the rights of the reader
        messages = self.sudo().message_id.sudo(False)
        readable = messages._filtered_access("read") if messages else messages
        for interaction in self:
            message = interaction.sudo().message_id.sudo(False)
            interaction.message_body = message.body if message in readable else False

    # === ONCHANGES === #

    @api.onchange("template_id")
    def _onchange_template_id(self):
        if self.template_id:
            self.update(self.template_id._interaction_values(self.date))

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """A template fills in what is not given; files uploaded before the contact was saved become its own."""
        filled = []
        for vals in vals_list:
            template = self.env["crm.interaction.template"].browse(vals.get("template_id"))
            given = template._interaction_values(vals.get("date")) if template else {}
            filled.append(given | vals)
        interactions = super().create(filled)
        if any(vals.get("attachment_ids") for vals in vals_list):
            interactions._adopt_attachments()
        return interactions

    def write(self, vals):
        result = super().write(vals)
        if "attachment_ids" in vals:
            self._adopt_attachments()
        return result

    def _adopt_attachments(self):
        """Files that belong to nothing yet become readable to whoever reads the contact.

        Only the user's own uploads: naming somebody else's file gives nobody access to it.
        """
        for interaction in self:
            own = interaction.attachment_ids.sudo().filtered(  # sudo: who uploaded is asked here
                lambda file: not file.res_id and file.create_uid.id == self.env.uid
            )
            own.write({"res_model": self._name, "res_id": interaction.id})

    # === ONCE === #

    @api.model
    def _create_once(self, vals_list):
        """Log contacts in one batch, each once: those whose ``origin_key`` is known already are left as they are.

        :param vals_list: values with an ``origin_key`` each
        :return: (new interactions, those that were there; maybe out of the user's sight)
        :raises ConcurrencyError: when another transaction logs one of them right now; Odoo then repeats the call,
            which finds it
        """
        # sudo: what a colleague has logged counts too
        everything = self.sudo().with_context(active_test=False)
        known = everything.search([("origin_key", "in", [vals["origin_key"] for vals in vals_list])])
        keys = set(known.mapped("origin_key"))
        fresh = {vals["origin_key"]: vals for vals in vals_list if vals["origin_key"] not in keys}
        try:
            with self.env.cr.savepoint():
                created = self.create(list(fresh.values()))
        except UniqueViolation as error:
            if error.diag.constraint_name != "crm_interaction_origin_key_uniq":
                raise
            raise ConcurrencyError("a contact of the same source is being logged") from error
        return created, known.with_env(self.env)

    # === PARTIES === #

    @api.model
    def _party_values(self, partner):
        """Customer and contact person of a contact with ``partner``: the person of a company stands for it.

        :rtype: dict
        """
        whole = partner.commercial_partner_id
        if partner.is_company or whole == partner:
            return {"partner_id": partner.id}
        return {"partner_id": whole.id, "contact_id": partner.id}
