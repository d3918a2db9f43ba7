from odoo import api, fields, models
from odoo.tools import SQL

from .. import const
from ..tools import request_plan


class CrmRequestStep(models.Model):
    """The ledger: what is done about a request, each step exactly once.

    Written by the executor alone; see ``crm_request_executor`` and the handlers
    in ``crm_request_step_handlers``.
    """

    _name = "crm.request.step"
    _description = "Step of a Request"
    _order = "request_id, sequence, id"

    request_id = fields.Many2one("crm.request", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="request_id.company_id")
    plan_id = fields.Many2one("crm.request.plan", readonly=True, index="btree_not_null", ondelete="set null")
    key = fields.Char(required=True, readonly=True, help="Names the step within its request: carried out once.")
    name = fields.Char(string="Step", required=True, readonly=True)
    sequence = fields.Integer(readonly=True)
    kind = fields.Selection(const.STEP_KINDS, required=True, readonly=True)
    lane = fields.Selection(const.LANES, required=True, readonly=True)
    automatic = fields.Boolean(readonly=True)
    after = fields.Char(readonly=True, help="Keys of the steps that must be finished first.")
    state = fields.Selection(const.STEP_STATES, required=True, default="planned", readonly=True)
    is_ready = fields.Boolean(compute="_compute_is_ready")
    can_recreate = fields.Boolean(compute="_compute_can_recreate")
    res_model = fields.Char(string="Document Model", readonly=True)
    res_id = fields.Many2oneReference(string="Document", model_field="res_model", readonly=True)
    document_name = fields.Char(string="Result", compute="_compute_document_name")
    attempts = fields.Integer(readonly=True)
    date_next = fields.Datetime(string="Not before", readonly=True)
    date_done = fields.Datetime(string="Done on", readonly=True)
    user_id = fields.Many2one("res.users", string="Started by", readonly=True)
    error = fields.Text(string="Note", readonly=True, help="Why it failed, or what it waits for.")

    # the guarantee: a step of a request exists once, and so does what it makes
    _key_uniq = models.UniqueIndex("(request_id, key)", "This step exists already.")
    _planned_idx = models.Index("(lane, request_id) WHERE state = 'planned'")
    _document_idx = models.Index("(res_model, res_id) WHERE res_id IS NOT NULL")

    # === COMPUTE METHODS === #

    @api.depends("state", "request_id.step_ids.state", "request_id.phase")
    def _compute_is_ready(self):
        for request, steps in self.grouped("request_id").items():
            ready = request._ready_keys()
            for step in steps:
                step.is_ready = step.key in ready

    def _get_documents(self):
        """The records that the steps made, by step id; without those that are deleted. One query for each model."""
        found = {}
        for model, steps in self.filtered(lambda step: step.res_id and step.res_model in self.env).grouped(
            "res_model"
        ).items():
            # sudo: whether a document still lives does not depend on who looks
            living = set(self.env[model].sudo().browse(steps.mapped("res_id")).exists().ids)
            found |= {step.id: self.env[model].sudo().browse(step.res_id) for step in steps if step.res_id in living}
        return found

    @api.model
    def _is_void(self, document):
        """Whether what a step made is gone: deleted, or cancelled."""
        if not document:
            return True
        if document._name == "project.task":
            return document.state == "1_canceled"
        return document._name in ("sale.order", "account.move") and document.state == "cancel"

    @api.depends("state", "res_model", "res_id")
    def _compute_can_recreate(self):
        documents = self._get_documents()
        for step in self:
            step.can_recreate = bool(
                step.state in ("done", "started", "failed")
                and step.res_id
                and step.res_model != "mail.activity"
                and self._is_void(documents.get(step.id))
            )

    @api.depends("res_model", "res_id")
    def _compute_document_name(self):
        documents = self._get_documents()
        for step in self:
            document = documents.get(step.id)
            if not document:
                step.document_name = self.env._("(deleted)") if step.res_id else False
            elif step.res_model == "account.move":
                step.document_name = document.name if document.name not in (False, "/") else self.env._("Draft")
            elif step.res_model == "mail.activity":
                step.document_name = document.user_id.name
            else:
                step.document_name = document.display_name

    # === ACTIONS === #

    def action_open_document(self):
        """Open what the step made."""
        self.ensure_one()
        document = self._get_documents().get(self.id)
        if not document or self.res_model == "mail.activity":
            return self.request_id.get_formview_action()
        return document.sudo(False).get_formview_action()

    # === STATE === #

    def _mark_done(self, documents, actor=None):
        """Done, with what was made, and the event for other systems, in one transaction.

        :param dict documents: record, or none, by step id
        """
        # what is the same for many is written at once: each write looks for what depends on it
        now = fields.Datetime.now()
        user_id = (actor or self.env.user).id
        for (attempts, by, waited, model), steps in self.grouped(
            lambda step: (
                step.attempts,
                step.user_id.id,
                bool(step.error or step.date_next),
                bool(documents.get(step.id)) and documents[step.id]._name,
            )
        ).items():
            values = {"state": "done", "date_done": now, "attempts": attempts + 1}
            if waited:
                values |= {"error": False, "date_next": False}
            if model:
                values["res_model"] = model
            if not by:
                values["user_id"] = user_id
            steps.write(values)
            if model:
                for step in steps:
                    step.res_id = documents[step.id].id
        self._emit_done()

    def _emit_done(self):
        """The events for other systems, in the transaction of what they tell: exactly one for each done step.

        Written by the database from the steps themselves: a fifth of what it takes to create them one by one.
        """
        if not self:
            return
        self.flush_recordset(["request_id", "key", "kind", "res_model", "res_id"])
        self.request_id.flush_recordset(["code", "source", "ext_key", "company_id"])
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO crm_outbox
                       (event_id, key, type, subject, company_id, data, create_uid, create_date, write_uid, write_date)
                SELECT gen_random_uuid()::text, 'crm.request.step:' || s.id, 'crm.request.step.done', r.code,
                       r.company_id,
                       jsonb_build_object(
                           'request', r.code, 'source', r.source, 'ext_key', r.ext_key, 'step', s.key, 'kind', s.kind,
                           'document', CASE WHEN s.res_id > 0
                               THEN jsonb_build_object('model', s.res_model, 'id', s.res_id) END),
                       %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM crm_request_step s
                  JOIN crm_request r ON r.id = s.request_id
                 WHERE s.id IN %(steps)s
                 ORDER BY array_position(%(order)s, s.id)
                """,
                uid=self.env.uid,
                now=self.env.cr.now(),
                steps=tuple(self.ids),
                order=self.ids,
            )
        )

    def _predecessor_documents(self, model):
        """The latest living document of a model that the requests of these steps have, by request id."""
        made = self.request_id.step_ids.filtered(
            lambda step: step.res_model == model and step.state in ("done", "started")
        )
        documents = made._get_documents()
        return {step.request_id.id: documents[step.id] for step in made if step.id in documents}

    def _after_keys(self):
        self.ensure_one()
        return request_plan.split_keys(self.after)
