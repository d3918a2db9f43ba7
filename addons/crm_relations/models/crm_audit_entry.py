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
    document_kind = fields.Char(string="Kind of Document", compute="_compute_document_kind")
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
    changes = fields.Text(compute="_compute_changes", help="Secrets, and what is not yours to see, are left out.")

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

    @api.depends("res_model")
    def _compute_document_kind(self):
        for entry in self:
            model = self.env.get(entry.res_model)
            entry.document_kind = entry.res_model if model is None else self.env["ir.model"]._get(model._name).name

    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_document(self):
        """Name of the document, for those who may read it."""
        for model, entries in self.grouped("res_model").items():
            names = {}
            if model in self.env and not self.env[model]._abstract:
                records = self.env[model].browse(filter(None, entries.mapped("res_id"))).exists()
                names = {record.id: record.display_name for record in records._filtered_access("read")}
            for entry in entries:
                entry.document = names.get(entry.res_id) or f"{entry.document_kind} {entry.res_id or ''}".strip()

    @api.depends("document", "operation")
    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_display_name(self):
        words = dict(self._fields["operation"]._description_selection(self.env))
        for entry in self:
            entry.display_name = f"{entry.document}: {words.get(entry.operation, '')}"

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
        """Download entries as JSON lines, with what a third party needs to make their hashes again.

        :raises UserError: when nothing is sealed yet
        """
        lines = self._export_lines()
        if not lines:
            raise UserError(self.env._("Nothing is sealed yet: the log is sealed every ten minutes."))
        content = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines)
        # sudo: whoever may read the log may take it along; of no document, so it is its maker's alone
        attachment = (
            self.env["ir.attachment"]
            .sudo()
            .create({"name": "audit-log.jsonl", "raw": content.encode(), "mimetype": "application/jsonl"})
        )
        return {"type": "ir.actions.act_url", "url": f"/web/content/{attachment.id}?download=1", "target": "download"}

    def _export_lines(self):
        """The sealed of these entries (without any: all that the reader may see) in the order of the chain.

        ``hash`` is SHA-256 of ``previous|seq|date|entry|model|id|operation|user|digest``, where what is empty is "-";
        the rest says the same in words. Nothing in it is personal data of a customer.
        """
        entries = (self or self.search([("seq", "!=", False)])).filtered("seq").sorted("seq")
        entries.check_access("read")
        rows = self.env.execute_query_dict(
            SQL(
                """
                SELECT e.seq, to_char(e.date, 'YYYY-MM-DD"T"HH24:MI:SS.US') AS date, e.id AS entry,
                       e.res_model AS model, e.res_id AS id, e.operation, e.actor_id AS user, e.digest,
                       b.hash AS previous, e.hash
                  FROM crm_audit_entry e LEFT JOIN crm_audit_entry b ON b.seq = e.seq - 1
                 WHERE e.id = ANY(%s) ORDER BY e.seq
                """,
                entries.ids,
            )
        )
        operations = dict(self._fields["operation"]._description_selection(self.env))
        return [
            row
            | {
                "previous": row["previous"] or "",
                "document_kind": entry.document_kind,
                "what": operations[row["operation"]],
                "by": entry.actor,
            }
            for row, entry in zip(rows, entries, strict=True)
        ]

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
