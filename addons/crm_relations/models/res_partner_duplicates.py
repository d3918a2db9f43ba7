from odoo import api, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..tools import duplicates
from .crm_partner_key import KEY_FIELDS

# a database index holds no more; nobody's name is longer
NAME_MAX = 500
SHOWN = 10
SUGGESTED = 3


class ResPartner(models.Model):
    _inherit = "res.partner"

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        self._check_name_length(vals_list)
        partners = super().create(vals_list)
        self.env["crm.partner.key"]._refresh(partners.sudo())  # sudo: keys are kept for everybody's searches
        return partners

    def write(self, vals):
        self._check_name_length([vals])
        result = super().write(vals)
        if not KEY_FIELDS.isdisjoint(vals):
            # sudo: keys are kept for everybody's searches, also where the writer may not read the whole customer
            self.env["crm.partner.key"]._refresh(self.sudo())
        return result

    @api.model
    def _check_name_length(self, vals_list):
        """A text pasted into the name: said in words, where the database would only fail."""
        for vals in vals_list:
            name = vals.get("name")
            if isinstance(name, str) and len(name) > NAME_MAX:
                raise ValidationError(
                    self.env._(
                        "The name “%(beginning)s…” has %(length)s characters, %(limit)s are the most. "
                        "Longer texts belong into the notes.",
                        beginning=name[:40],
                        length=len(name),
                        limit=NAME_MAX,
                    )
                )

    @api.model
    @api.readonly
    def web_name_search(self, name, specification, domain=None, operator="ilike", limit=100):
        """Where a search field finds nobody, offer customers of a similar name before a new one is created."""
        found = super().web_name_search(name, specification, domain, operator, limit)
        key = duplicates.normalise(name)
        if found or operator != "ilike" or len(key) < 4 or not self.env.user.has_group("crm_relations.group_user"):
            return found
        verdicts = self._crm_verdicts(duplicates.Party(name=key))
        ids = [partner_id for partner_id, _verdict in verdicts]
        similar = self.search(Domain(domain or Domain.TRUE) & Domain("id", "in", ids), limit=SUGGESTED)
        return similar.sorted(lambda partner: ids.index(partner.id)).web_read(
            specification if len(specification) > 1 else {"display_name": {}}
        )

    # === DUPLICATES === #

    @api.model
    def _crm_verdicts(self, party, exclude_id=0, commercial_partner_id=0):
        """Likely duplicates of a customer in normal form, strongest first: ``[(id, Verdict)]``."""
        keys = self.env["crm.partner.key"]
        forms = self.env["crm.legal.form"]._compact_forms()
        verdicts = []
        for partner_id, (other, group) in keys._parties(keys._find_candidates(party, exclude_id)).items():
            verdict = duplicates.judge(party, other, forms, related=bool(commercial_partner_id == group))
            if verdict:
                verdicts.append((partner_id, verdict))
        return duplicates.rank(verdicts)

    @api.model
    @api.readonly
    def crm_check_duplicates(self, values, partner_id=0):
        """Customers that look like the one being typed.

        Names are shown only of customers whom the user may read; that somebody
        else has exactly the same number or address is said without a name.

        :param dict values: ``name, email, phone, vat, city, zip, birthdate_date, parent_id`` as on the form
        :param int partner_id: the customer being edited, 0 for a new one
        :return: list of dict ``id, name, detail, level, score, reasons``; ``id`` is False for a hidden one
        :raises AccessError: without the right to read customers
        """
        self.check_access("read")
        partner_id = partner_id if isinstance(partner_id, int) else 0
        text = {key: str(value) for key, value in dict(values).items() if value}
        party = self.env["crm.partner.key"]._party(
            duplicates.normalise(text.get("name")),
            duplicates.email_key(text.get("email")),
            duplicates.phone_key(text.get("phone")),
            duplicates.vat_key(text.get("vat")),
            duplicates.normalise(text.get("city")),
            text.get("zip"),
            text.get("birthdate_date"),
        )
        partner = self.browse(partner_id)
        parent = self.browse(values["parent_id"]) if isinstance(values.get("parent_id"), int) else self.browse()
        # sudo: only whether two customers belong together
        group = (parent or partner).sudo().exists().commercial_partner_id.id
        verdicts = self._crm_verdicts(party, partner_id, group)
        distinct = self._crm_distinct_ids(partner_id)
        verdicts = [item for item in verdicts if item[0] not in distinct and item[0] != parent.id]
        readable = self.browse([found for found, _verdict in verdicts])._filtered_access("read")
        result = []
        for found, verdict in verdicts:
            other = self.browse(found)
            visible = other in readable
            if visible or verdict.level == "red":
                result.append(
                    {
                        "id": visible and found,
                        "name": visible and other.display_name,
                        "detail": visible and " · ".join(filter(None, (other.email, other.phone, other.city))),
                        "level": verdict.level,
                        "score": verdict.score,
                        "reasons": self.env["crm.partner.duplicate"]._reason_labels(verdict.reasons),
                    }
                )
        return result[:SHOWN]

    @api.model
    def _crm_distinct_ids(self, partner_id):
        if not partner_id:
            return set()
        # sudo: a decision holds for everybody
        pairs = (
            self.env["crm.partner.duplicate"]
            .sudo()
            .search_fetch(
                [("state", "=", "distinct"), "|", ("partner_id", "=", partner_id), ("other_id", "=", partner_id)],
                ["partner_id", "other_id"],
            )
        )
        return set((pairs.partner_id | pairs.other_id).ids)

    def crm_mark_distinct(self, other_ids):
        """Remember that others are not the same customer as this one."""
        self.ensure_one()
        self.env["crm.partner.duplicate"]._mark_distinct(self, self.browse(other_ids).exists())
        return True

    def _crm_action_merge(self):
        """Core's merge wizard with these customers chosen.

        :raises UserError: when one of them is gone, or without the right to merge
        """
        if len(self.exists()) < 2:
            raise UserError(self.env._("One of these customers does not exist any more."))
        self.env["base.partner.merge.automatic.wizard"].check_access("create")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Merge"),
            "res_model": "base.partner.merge.automatic.wizard",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {"active_model": "res.partner", "active_ids": self.ids, "active_id": self.ids[0]},
        }

    def crm_action_merge_with(self, other_id):
        self.ensure_one()
        return (self | self.browse(other_id))._crm_action_merge()
