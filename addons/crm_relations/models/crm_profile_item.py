from odoo import api, fields, models

FIELD_TYPES = ("char", "text", "html", "date", "datetime", "integer", "float", "selection", "many2one", "many2many")


class CrmProfileItem(models.Model):
    """One thing that should be known about a customer; together they make the completeness of a profile."""

    _name = "crm.profile.item"
    _description = "Customer Profile Item"
    _order = "sequence, id"
    _rec_name = "field_name"

    field_name = fields.Selection(selection="_selection_field_name", string="Field", required=True)
    applies_to = fields.Selection(
        selection=[("person", "Persons"), ("company", "Companies"), ("any", "Everybody")],
        required=True,
        default="any",
    )
    weight = fields.Integer(
        required=True, default=1, aggregator=None, help="How much it counts compared with the others."
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    _weight_positive = models.Constraint("CHECK(weight > 0)", "The weight of a profile item must be above zero.")

    # === SELECTION METHODS === #

    @api.model
    def _selection_field_name(self):
        """The fields of contacts that can be asked for: stored ones, and lists such as children."""
        described = self.env["res.partner"].fields_get(attributes=["string", "store", "type"])
        usable = [
            (name, description["string"])
            for name, description in described.items()
            if description["store"] and description["type"] in (*FIELD_TYPES, "one2many")
        ]
        return sorted(usable, key=lambda choice: (choice[1].casefold(), choice[0]))

    # === PROFILE === #

    @api.model
    def _readable_items(self):
        """The items whose field the current user may read.

        What is not to be used does not count. What somebody may not see does not count for them: otherwise the
        percentage would tell whether it is filled.

        :return: list of ``(field name, applies to, weight)``
        """
        partner = self.env["res.partner"]
        unused = self.env["crm.privacy.field"]._names()
        # sudo: the list is kept by managers and counts for everybody
        items = self.sudo().search_fetch([], ["field_name", "applies_to", "weight"])
        return [
            (item.field_name, item.applies_to, item.weight)
            for item in items
            if (field := partner._fields.get(item.field_name))
            and partner._has_field_access(field, "read")
            and item.field_name not in unused
        ]
