from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import privacy


class CrmPrivacyRequestErase(models.TransientModel):
    """Names the person, counts what goes and what stays, and asks for the name before anything is erased."""

    _name = "crm.privacy.request.erase"
    _description = "Erase a Person"

    request_id = fields.Many2one("crm.privacy.request", required=True, ondelete="cascade", readonly=True)
    person = fields.Char(compute="_compute_person")
    known_by = fields.Char(compute="_compute_person")
    legal_hold = fields.Char(compute="_compute_person")
    summary = fields.Html(compute="_compute_summary", sanitize=False)
    typed = fields.Char(string="Type the Name")

    @api.depends("request_id")
    def _compute_person(self):
        # a dialog can be opened on any number: the person of a request that may not be read is not named
        self.request_id.check_access("read")
        for dialog in self:
            # sudo: officers answer about everybody
            partner = dialog.request_id.sudo().partner_id
            dialog.person = partner.name
            dialog.known_by = ", ".join(
                filter(None, (partner.ref, partner.email, partner.phone, partner.city, partner.country_id.name))
            )
            dialog.legal_hold = partner.crm_legal_hold

    @api.depends("request_id")
    def _compute_summary(self):
        for dialog in self:
            dialog.summary = dialog.request_id and not dialog.legal_hold and dialog._summary()

    def _summary(self):
        preview = self.request_id._erasure_preview()
        words = {privacy.ANONYMISE: self.env._("made anonymous"), privacy.DELETE: self.env._("deleted")}
        page = self._list(
            self.env._("Goes for good"),
            [Markup("<b>%s</b> %s: %s") % (count, label, words[erasure]) for label, count, erasure in preview["gone"]],
        )
        page += self._list(
            self.env._("Stays"),
            [Markup("<b>%s</b> %s: %s") % (count, label, reason) for label, count, reason in preview["kept"]],
        )
        page += self._list(self.env._("Unfinished with this person; it goes on without a name"), preview["open"])
        page += self._list(
            self.env._("Borne by others, too, so it stays in what colleagues wrote about others"), preview["shared"]
        )
        return page + Markup('<p class="text-muted mb-0">%s</p>') % self.env._(
            "Also taken out: name, address and number in what colleagues wrote elsewhere. Files of other documents "
            "that name the person are listed afterwards for you to look at."
        )

    @staticmethod
    def _list(title, lines):
        if not lines:
            return Markup()
        items = Markup().join(Markup("<li>%s</li>") % line for line in lines)
        return Markup('<h6 class="mb-1">%s</h6><ul class="mb-3">%s</ul>') % (title, items)

    def action_confirm(self):
        """Erase.

        :raises UserError: when the name was not typed as it stands
        """
        self.ensure_one()
        if " ".join((self.typed or "").split()).casefold() != " ".join((self.person or "").split()).casefold():
            raise UserError(
                self.env._("Please type the name as it stands above: “%(name)s”. Nothing was erased.", name=self.person)
            )
        self.request_id.action_erase()
        return {"type": "ir.actions.act_window_close"}
