from odoo import fields, models
from odoo.addons.crm_relations import const

MAILED = ("email",)


class CrmConsentPurpose(models.Model):
    """What is published of a purpose, and whether a "yes" has to be confirmed."""

    _inherit = "crm.consent.purpose"

    double_opt_in = fields.Boolean(
        string="Confirm by E-mail",
        help="A yes by e-mail on the preference page counts once the customer opens the link sent to the address.",
    )

    def _published(self):
        """What everybody may read of it.

        :return: ``{"name", "description", "bases": [{"label", "channels"}], "soft", "double"}``

        Channels that rest on the same basis stand together; the basis of all others comes last.
        """
        self.ensure_one()
        labels = dict(self._fields["lawful_basis"]._description_selection(self.env))
        channels = dict(self.env["crm.consent"]._fields["channel"]._description_selection(self.env))
        order = [code for code, _label in const.CHANNELS]
        bases = []
        for basis, rows in self.basis_ids.grouped("lawful_basis").items():
            codes = sorted(rows.mapped("channel"), key=order.index)
            bases.append({"label": labels[basis], "channels": ", ".join(channels[code] for code in codes)})
        rest = self.env._("every other channel") if bases else ""
        bases.append({"label": labels[self.lawful_basis], "channels": rest})
        return {
            "name": self.name,
            "description": self.description,
            "bases": bases,
            "soft": self.soft_opt_in,
            "double": self.double_opt_in,
        }
