from odoo import api, models
from odoo.exceptions import AccessError

#: fields of the customer by which value can be broken down, in the order in which they are offered
BREAKDOWNS = (
    "user_id", "team_id", "country_id", "state_id", "city", "industry_id", "crm_industry_code_id",
    "crm_age_band", "crm_education_id", "crm_profession_id", "crm_hobby_ids", "crm_sport_ids", "crm_pet_ids",
    "crm_income_id", "crm_marital_id", "crm_home_id", "crm_social_id", "nationality_id",
)  # fmt: skip

#: rows of each breakdown; what is smaller is one row of its own
TOP = 8


class CrmRfmModel(models.Model):
    """Scored customers and their value by what is known about them: geography, demography, way of life."""

    _inherit = "crm.rfm.model"

    @api.model
    def _get_breakdown_fields(self):
        """Fields of the customer that the user may read, with their labels; sensitive ones not for everybody.

        Nobody gets those that are declared as not to be used.

        :return: ``{name: description}`` in the order in which they are offered
        """
        known = self.env["res.partner"].fields_get(list(BREAKDOWNS), ["string", "type", "selection"])
        unused = self.env["crm.privacy.field"]._names()
        return {name: known[name] for name in BREAKDOWNS if name in known and name not in unused}

    @api.readonly
    def get_breakdown(self, field_name):
        """Return customers and value by a field of the customer, the largest value first and the rest together.

        Where a customer can have several (hobbies), it counts in each of its rows.

        :param str field_name: one of :meth:`_get_breakdown_fields`
        :raises AccessError: when the user may not read that field
        :return: list of dicts with ``id`` (-1: the rest), ``name``, ``count``, ``money``
        """
        self.ensure_one()
        description = self._get_breakdown_fields().get(field_name)
        if description is None:
            raise AccessError(self.env._("You may not break down the value by “%(name)s”.", name=field_name))
        if description["type"] == "selection":
            return self._get_breakdown_by_selection(field_name, description["selection"])
        groups = self.env["crm.rfm.score"]._read_group(
            [("model_id", "=", self.id), ("r_score", ">", 0)],
            [f"partner_id.{field_name}"],
            ["__count", "monetary:sum"],
        )
        rows = [
            {
                "id": item.id if isinstance(item, models.Model) else item,
                "name": (item.display_name if isinstance(item, models.Model) else item) or self.env._("None"),
                "count": count,
                "money": money,
            }
            for item, count, money in sorted(groups, key=lambda row: (-row[2], -row[1]))
        ]
        rest = rows[TOP:]
        if rest:
            rows[TOP:] = [
                {
                    "id": -1,
                    "name": self.env._("Others"),
                    "count": sum(row["count"] for row in rest),
                    "money": sum(row["money"] for row in rest),
                }
            ]
        return rows

    def _get_breakdown_by_selection(self, field_name, selection):
        """The same for a selection that is not stored, as the age band: in its own order, one query per choice."""
        rows = []
        for code, label in [*selection, (False, self.env._("Not known"))]:
            [(count, money)] = self.env["crm.rfm.score"]._read_group(
                [("model_id", "=", self.id), ("r_score", ">", 0), (f"partner_id.{field_name}", "=", code)],
                [],
                ["__count", "monetary:sum"],
            )
            if count:
                rows.append({"id": code, "name": label, "count": count, "money": money})
        return rows
