import json

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date, format_datetime
from odoo.tools.safe_eval import safe_eval

from ..tools import audit_sql

SENSITIVE = "crm_relations.group_sensitive"
MAX_WORD = 200
NO_SECRET = ("ir.model", "ir.model.fields", "res.groups", "res.users", "res.company")
"""Models whose names every reader of the log is told."""


class CrmAuditEntry(models.Model):
    """What an entry shows of a change: words instead of codes and numbers, and nothing that is not the reader's to see.

    The log is read by a privilege of its own, so it shows documents of everybody. It does not open what is closed to
    the reader by a rule that holds for all (another company, a complaint about the reader), sensitive data, or secrets.
    """

    _inherit = "crm.audit.entry"

    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_changes(self):
        """What changed, a line for each field."""
        # sudo: payloads are read through their entries only
        payloads = self.env["crm.audit.payload"].sudo().search([("entry_id", "in", self.ids)])
        by_entry = {payload.entry_id.id: payload.changes or None for payload in payloads}
        withheld = self._withheld(by_entry)
        links = {entry: entry._linked_models(by_entry.get(entry.id) or {}) for entry in self}
        names = self._linked_names(links, by_entry)
        for entry in self:
            changes = by_entry.get(entry.id)
            if changes is None:
                entry.changes = self.env._("Erased")
            elif entry in withheld:
                entry.changes = self.env._("You may not see this document.")
            else:
                entry.changes = "\n".join(entry._change_lines(changes, links[entry], names))

    def _change_lines(self, changes, links, names):
        model = self.env.get(self.res_model)
        of_links = self._link_field(changes) is not None  # a row of a table of links: its columns are no fields
        lines = []
        for name, values in sorted(changes.items()):
            if name in ("id", audit_sql.LINKS):
                continue
            field = model._fields.get(name) if model is not None and not of_links else None
            label = name
            if field is not None:
                label = field._description_string(self.env)
            elif name in links:
                label = self.env[links[name]]._description
            if self._is_hidden(name, field):
                lines.append(self.env._("%(field)s: changed, not shown", field=label))
                continue
            for suffix, before, after in _by_language(values):
                before, after = (
                    (name in links and names.get((links[name], value))) or self._word(field, value)
                    for value in (before, after)
                )
                lines.append(f"{label}{suffix}: {before} → {after}")
        return lines

    def _word(self, field, value):
        """A stored value as a reader wants to see it."""
        if value is None:
            return "–"
        kind = field.type if field is not None else None
        if isinstance(value, bool):
            value = self.env._("Yes") if value else self.env._("No")
        elif kind == "selection" and isinstance(value, str):
            value = dict(field._description_selection(self.env)).get(value, value)
        elif kind == "date" and isinstance(value, str):
            value = format_date(self.env, value)
        elif kind == "datetime" and isinstance(value, str):
            value = format_datetime(self.env, fields.Datetime.to_datetime(value.replace("T", " ")[:19]))
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        return text if len(text) <= MAX_WORD else text[: MAX_WORD - 1] + "…"

    # === WHAT IS NOT SHOWN === #

    def _is_hidden(self, name, field):
        """Whether the values of a column are not for this reader: secrets, and sensitive data."""
        if audit_sql.is_secret(self.res_model, name):
            return True
        groups = (field.groups or "") if field is not None else ""
        if groups == fields.NO_ACCESS:
            return True
        return SENSITIVE in groups.split(",") and not self.env.su and not self.env.user.has_groups(groups)

    def _withheld(self, by_entry):
        """Entries whose content is closed to the reader.

        :param by_entry: ``{entry id: changes}``
        """
        if self.env.su:
            return self.browse()
        withheld = self.browse()
        for name, entries in self.grouped("res_model").items():
            if name not in self.env or self.env[name]._abstract or not self.env[name]._auto:
                continue
            if self._only_for_sensitive(name):
                withheld |= entries
                continue
            # sudo: whoever reads the log needs no right to the documents; the rules for all are asked here
            documents = self.env[name].sudo().with_context(active_test=False)
            documents = documents.browse(filter(None, entries.mapped("res_id"))).exists()
            closed = self._closed_documents(documents, entries, by_entry)
            withheld |= entries.filtered(lambda entry, closed=closed: entry.res_id in closed)
        return withheld

    @api.model
    def _only_for_sensitive(self, name):
        """Whether a model is read with *Sensitive Customer Data* only, and the reader has it not."""
        if self.env.user.has_group(SENSITIVE):
            return False
        # sudo: access rights are read to be kept
        lines = self.env["ir.model.access"].sudo().search([("model_id.model", "=", name), ("perm_read", "=", True)])
        return bool(lines) and lines.group_id == self.env.ref(SENSITIVE) and all(line.group_id for line in lines)

    def _closed_documents(self, documents, entries, by_entry):
        """Numbers of documents that a rule for everybody closes to the reader; other addons and models add theirs.

        :param documents: those that are still there, in superuser mode
        """
        # sudo: rules are read to be kept
        rules = self.env["ir.rule"].sudo().search(
            [("model_id.model", "=", documents._name), ("groups", "=", False), ("perm_read", "=", True)]
        )
        context = self.env["ir.rule"]._eval_context()
        domain = Domain.AND(Domain(safe_eval(rule.domain_force or "[]", context)) for rule in rules)
        open_ones = documents.search(domain & Domain("id", "in", documents.ids))
        return set((documents - open_ones).ids) | self._closed_relations(documents, entries, by_entry)

    def _closed_relations(self, documents, entries, by_entry):
        """Relations of sensitive types; of one that is gone it counts what type it was."""
        if documents._name != "crm.partner.relation" or self.env.user.has_group(SENSITIVE):
            return set()
        # sudo: which types are sensitive, to keep them
        sensitive = set(self.env["crm.partner.relation.type"].sudo().search([("sensitive", "=", True)]).ids)
        types = {document.id: {document.type_id.id} for document in documents}
        for entry in entries:
            if entry.res_id not in documents.ids:
                types.setdefault(entry.res_id, set()).update((by_entry.get(entry.id) or {}).get("type_id") or ())
        return {number for number, found in types.items() if found & sensitive or not found - {None}}

    # === LINKS === #

    def _linked_models(self, changes):
        """``{column: model}`` of the columns of a change that hold numbers of other records."""
        self.ensure_one()
        model = self.env.get(self.res_model)
        if model is None:
            return {}
        field = self._link_field(changes)
        if field is not None:
            return {field.column1: self.res_model, field.column2: field.comodel_name}
        return {
            name: model._fields[name].comodel_name
            for name in changes
            if name in model._fields
            and model._fields[name].type == "many2one"
            and not model._fields[name].company_dependent  # an object by company
        }

    def _link_field(self, changes):
        """The field that keeps a table of links of which this change is a row: it knows both sides; else None."""
        model = self.env.get(self.res_model)
        if model is None or len(changes) != 2:
            return None
        for field in model._fields.values():
            if field.type == "many2many" and field.store and {field.column1, field.column2} == set(changes):
                return field
        return None

    @api.model
    def _linked_names(self, links, by_entry):
        """``{(model, id): name}`` of what was linked, as far as the reader may see it and it is still there."""
        wanted = {}
        for entry, models_of in links.items():
            for column, model in models_of.items():
                wanted.setdefault(model, set()).update(value for value in by_entry[entry.id][column] if value)
        names = {}
        for model, ids in wanted.items():
            # sudo: what kinds of documents, groups and users are called is no secret
            named = self.env[model].sudo() if model in NO_SECRET else self.env[model]
            records = named.browse(ids).exists()._filtered_access("read")
            names |= {(model, record.id): f"{record.display_name} ({record.id})" for record in records}
        return names


def _by_language(values):
    """A stored change, one by one for the languages in which a translated text changed.

    :return: [(what to put behind the name of the field, before, after)]
    """
    texts = [value or {} for value in values]
    if not any(texts) or not all(
        isinstance(text, dict) and all(isinstance(word, str) for word in text.values()) for text in texts
    ):
        return [("", *values)]
    before, after = texts
    changed = [code for code in sorted({*before, *after}) if before.get(code) != after.get(code)]
    return [("" if code == "en_US" else f" ({code})", before.get(code), after.get(code)) for code in changed]
