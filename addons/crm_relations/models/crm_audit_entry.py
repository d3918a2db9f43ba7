import json

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

#: entries that one sealing transaction takes
SEAL_BATCH = 20000


class CrmAuditEntry(models.Model):
    """Who changed what and when: written by triggers of the database, sealed into a chain of hashes.

    An entry holds no personal data: what changed stands in a payload of its own (``crm.audit.payload``) that can be
    emptied by an erasure. The entry keeps the payload's salted digest, so the chain stays whole without it.

    Sealing gives entries their place: ``hash = sha256(previous hash | number | moment | document | operation | actor |
    digest)``. It runs apart from the changes, so nobody who writes waits for a chain.
    """

    _name = "crm.audit.entry"
    _description = "Entry of the Audit Log"
    _order = "id desc"
    _rec_name = "res_model"
    _log_access = False

    date = fields.Datetime(required=True, readonly=True, index=True)
    res_model = fields.Char(string="Model", required=True, readonly=True)
    res_id = fields.Many2oneReference(string="Document ID", model_field="res_model", readonly=True, aggregator=None)
    company_id = fields.Many2one("res.company", readonly=True, index="btree_not_null")
    operation = fields.Selection(
        [("INSERT", "Created"), ("UPDATE", "Changed"), ("DELETE", "Deleted")], required=True, readonly=True
    )
    # a number, not a link: an entry outlives the user
    actor_id = fields.Integer(string="User ID", readonly=True, aggregator=None)
    actor = fields.Char(string="By", compute="_compute_actor")
    digest = fields.Char(required=True, readonly=True)
    seq = fields.Integer(string="Place in the Chain", readonly=True, aggregator=None)
    hash = fields.Char(readonly=True)
    document = fields.Char(compute="_compute_document")
    changes = fields.Text(compute="_compute_changes")

    _seq_uniq = models.UniqueIndex("(seq) WHERE seq IS NOT NULL")
    _unsealed_idx = models.Index("(id) WHERE seq IS NULL")
    _document_idx = models.Index("(res_model, res_id, id)")

    # === COMPUTE METHODS === #

    def _compute_actor(self):
        # sudo: a name for a number, also of users who left
        users = self.env["res.users"].sudo().with_context(active_test=False)
        names = {user.id: user.name for user in users.browse(set(self.mapped("actor_id"))).exists()}
        for entry in self:
            entry.actor = names.get(entry.actor_id) or (
                self.env._("User %(id)s", id=entry.actor_id) if entry.actor_id else self.env._("Not known")
            )

    def _compute_document(self):
        """Name of the document, for those who may read it."""
        for model, entries in self.grouped("res_model").items():
            names = {}
            if model in self.env and not self.env[model]._abstract:
                records = self.env[model].browse(filter(None, entries.mapped("res_id"))).exists()
                names = {record.id: record.display_name for record in records._filtered_access("read")}
            for entry in entries:
                entry.document = names.get(entry.res_id) or f"{model},{entry.res_id or ''}"

    def _compute_changes(self):
        """What changed, a line for each field."""
        # sudo: payloads are read through their entries only
        payloads = self.env["crm.audit.payload"].sudo().search([("entry_id", "in", self.ids)])
        by_entry = {payload.entry_id.id: payload.changes or None for payload in payloads}
        links = {entry: entry._linked_models(by_entry.get(entry.id) or {}) for entry in self}
        names = self._linked_names(links, by_entry)
        for entry in self:
            changes = by_entry.get(entry.id)
            if changes is None:
                entry.changes = self.env._("Erased")
                continue
            fields_of = self.env[entry.res_model]._fields if entry.res_model in self.env else {}
            lines = []
            for name, values in sorted(changes.items()):
                if name == "id":
                    continue
                model = links[entry].get(name)
                label = name
                if name in fields_of:
                    label = fields_of[name]._description_string(self.env)
                elif model:
                    label = self.env[model]._description
                for suffix, before, after in _by_language(values):
                    before, after = (
                        (model and names.get((model, value))) or _word(value) for value in (before, after)
                    )
                    lines.append(f"{label}{suffix}: {before} → {after}")
            entry.changes = "\n".join(lines)

    def _linked_models(self, changes):
        """``{column: model}`` of the columns of a change that hold numbers of other records."""
        self.ensure_one()
        model = self.env.get(self.res_model)
        if model is None:
            return {}
        found = {
            name: model._fields[name].comodel_name
            for name in changes
            if name in model._fields
            and model._fields[name].type == "many2one"
            and not model._fields[name].company_dependent  # an object by company
        }
        if not found:  # a table of links: the field that keeps them there knows both sides
            for field in model._fields.values():
                if field.type == "many2many" and field.store and {field.column1, field.column2} == set(changes):
                    return {field.column1: self.res_model, field.column2: field.comodel_name}
        return found

    @api.model
    def _linked_names(self, links, by_entry):
        """``{(model, id): name}`` of what was linked, as far as the reader may see it and it is still there."""
        wanted = {}
        for entry, models_of in links.items():
            for column, model in models_of.items():
                wanted.setdefault(model, set()).update(value for value in by_entry[entry.id][column] if value)
        names = {}
        for model, ids in wanted.items():
            records = self.env[model].browse(ids).exists()._filtered_access("read")
            names |= {(model, record.id): f"{record.display_name} ({record.id})" for record in records}
        return names

    # === CHAIN === #

    @api.model
    def _cron_seal(self):
        """Give the new entries their place in the chain, in batches."""
        while True:
            number = self._seal(SEAL_BATCH)
            if not self.env["ir.cron"]._commit_progress(number, remaining=1 if number == SEAL_BATCH else 0):
                break
            if number < SEAL_BATCH:
                break

    @api.model
    def _seal(self, limit=SEAL_BATCH):
        """Seal the oldest entries that have no place yet; one transaction at a time does so.

        :return: how many were sealed; 0 when somebody else is sealing
        """
        self.env.flush_all()
        [[number]] = self.env.execute_query(SQL("SELECT crm_audit_seal(%s)", limit))
        self.invalidate_model()
        return number

    @api.model
    def _verify(self):
        """Recompute the whole chain.

        :return: dict ``entries, head, erased, unsealed`` and ``broken``: the first place where the chain is not as it
            was sealed (0 when it is whole)
        """
        self.env.flush_all()
        [row] = self.env.execute_query_dict(SQL("SELECT * FROM crm_audit_verify()"))
        return row

    def action_verify(self):
        """Check the chain, note the result and say it."""
        self.env["crm.audit.check"].check_access("read")
        return self.env["crm.audit.check"]._check()._notification()

    def action_export(self):
        """Download the entries as JSON lines, with what a third party needs to check the chain.

        :raises UserError: when nothing is sealed yet
        """
        entries = (self or self.search([("seq", "!=", False)])).filtered("seq").sorted("seq")
        if not entries:
            raise UserError(self.env._("Nothing is sealed yet: the log is sealed every ten minutes."))
        lines = [
            json.dumps(
                {
                    "seq": entry.seq,
                    "date": fields.Datetime.to_string(entry.date),
                    "model": entry.res_model,
                    "id": entry.res_id,
                    "operation": entry.operation,
                    "user": entry.actor_id,
                    "digest": entry.digest,
                    "hash": entry.hash,
                }
            )
            for entry in entries
        ]
        # sudo: whoever may read the log may take it along; the file is the reader's own
        attachment = (
            self.env["ir.attachment"]
            .sudo()
            .create({"name": "audit-log.jsonl", "raw": "\n".join(lines).encode(), "mimetype": "application/jsonl"})
        )
        attachment.with_user(self.env.uid).sudo().write({"res_model": "res.users", "res_id": self.env.uid})
        return {"type": "ir.actions.act_url", "url": f"/web/content/{attachment.id}?download=1", "target": "download"}

    def action_open_document(self):
        """Open the document of the entry.

        :raises UserError: when it does not exist any more
        """
        self.ensure_one()
        record = self.env[self.res_model].browse(self.res_id).exists() if self.res_model in self.env else None
        if not record:
            raise UserError(self.env._("This document does not exist any more."))
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "view_mode": "form",
        }

    # === ERASURE === #

    @api.model
    def _forget(self, documents, pattern):
        """Empty what the log holds of a person: the payloads of documents, and those that name the person.

        :param dict documents: ``{model name: records}``
        :param str pattern: regular expression of names, addresses and numbers; may be empty
        """
        for model, records in documents.items():
            if records:
                self.env.cr.execute(
                    SQL(
                        "UPDATE crm_audit_payload p SET changes = NULL FROM crm_audit_entry e "
                        "WHERE e.id = p.entry_id AND e.res_model = %s AND e.res_id = ANY(%s) AND p.changes IS NOT NULL",
                        model,
                        records.ids,
                    )
                )
        if pattern:
            self.env.cr.execute(
                SQL("UPDATE crm_audit_payload SET changes = NULL WHERE changes::text ~* %s", pattern)
            )
        self.env["crm.audit.payload"].invalidate_model()


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


def _word(value):
    """A stored value as a reader wants to see it."""
    if value is None:
        return "–"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else text[:199] + "…"
