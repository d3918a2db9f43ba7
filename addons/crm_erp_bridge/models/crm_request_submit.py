import json
from functools import lru_cache

from psycopg2 import IntegrityError
from psycopg2.errors import UniqueViolation

from odoo import api, models
from odoo.exceptions import AccessError, ConcurrencyError, UserError, ValidationError
from odoo.tools import file_open, plaintext2html

from ..tools import request_plan
from ..tools.json_schema import problems

SCHEMA = "crm_erp_bridge/static/schema/request.submit.v1.json"
MAX_PAYLOADS = 1000
QUIET = {
    "tracking_disable": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_notrack": True,
}
"""Requests of other systems get no "created" message each: who handed them in is on the record."""


@lru_cache(maxsize=1)
def submit_schema():
    """The published schema of one payload."""
    with file_open(SCHEMA, "rb") as schema:
        return json.load(schema)


class CrmRequest(models.Model):
    """The one door for other systems; JSON-2, files and mails only build payloads for it."""

    _inherit = "crm.request"

    @api.model
    def submit(self, payloads):
        """Take requests of another system: all that are in order, each exactly once.

        A key (company, source, ``ext_key``) is one request for ever. The same payload again gets the first answer;
        another payload under the same key is an error. A payload with an error leaves nothing behind and does not
        disturb the others.

        :param list payloads: dicts after ``static/schema/request.submit.v1.json``, at most 1,000
        :return: list of one dict for each payload, in order: ``status`` ("created", "replayed" or "error"),
            ``source``, ``ext_key``, and ``id`` and ``number``, or ``errors``: a list of ``{"path", "message"}``
        :raises AccessError: for users who may not hand requests in
        :raises UserError: for something that is no list of at most 1,000 payloads
        """
        self._check_may_submit()
        if not isinstance(payloads, list) or len(payloads) > MAX_PAYLOADS:
            raise UserError(
                self.env._("Hand in a list of at most %(limit)s requests at a time.", limit=MAX_PAYLOADS)
            )
        intake = {}
        results = [self._submit_check(payload) for payload in payloads]
        for number, payload in enumerate(payloads):
            if results[number] is None:
                key = (payload.get("company_id") or self.env.company.id, payload["source"], payload["ext_key"])
                intake.setdefault(key, []).append((number, request_plan.payload_hash(payload)))
        answers = self._submit_known(intake)
        fresh = {key: payloads[entries[0][0]] for key, entries in intake.items() if key not in answers}
        answers |= self._submit_fresh(fresh, {key: intake[key][0][1] for key in fresh})
        for key, entries in intake.items():
            for position, (number, digest) in enumerate(entries):
                is_new = key in fresh and position == 0
                results[number] = self._submit_answer(key, digest, is_new, answers[key])
        return results

    def _check_may_submit(self):
        user = self.env.user
        if not self.env.su and not user.has_group("crm_erp_bridge.group_integration") and not self.has_access("create"):
            raise AccessError(self.env._("You may not hand in requests: ask for the group “Integration”."))

    # === ONE PAYLOAD === #

    @api.model
    def _submit_check(self, payload):
        """The error result of a payload that is not after the schema, or none."""
        found = list(problems(payload, submit_schema()))
        if not found and payload.get("company_id", self.env.company.id) not in self.env.companies.ids:
            return self._submit_error(
                payload, [("company_id", self.env._("You may not hand in requests for this company."))]
            )
        return self._submit_error(payload, [(one.path, self._problem_text(one)) for one in found]) if found else None

    @api.model
    def _submit_error(self, payload, errors):
        named = payload if isinstance(payload, dict) else {}
        return {
            "status": "error",
            "source": named.get("source"),
            "ext_key": named.get("ext_key"),
            "errors": [{"path": path, "message": message} for path, message in errors],
        }

    @api.model
    def _problem_text(self, problem):
        """What is wrong, in words."""
        wanted = problem.wanted
        if isinstance(wanted, list):
            wanted = ", ".join(map(str, wanted))
        texts = {
            "type": self.env._("This should be of the type “%(wanted)s”.", wanted=wanted),
            "enum": self.env._("This should be one of: %(wanted)s.", wanted=wanted),
            "required": self.env._("This is missing."),
            "additionalProperties": self.env._("Nothing of this name is known."),
            "minProperties": self.env._("This is empty."),
            "maxItems": self.env._("These are more than %(wanted)s.", wanted=wanted),
            "minLength": self.env._("This is too short."),
            "maxLength": self.env._("This is longer than %(wanted)s characters.", wanted=wanted),
            "minimum": self.env._("This should be at least %(wanted)s.", wanted=wanted),
            "maximum": self.env._("This should be at most %(wanted)s.", wanted=wanted),
            "exclusiveMinimum": self.env._("This should be more than %(wanted)s.", wanted=wanted),
            "format": self.env._("This should be a day like 2026-12-31."),
            "characters": self.env._("This has characters that cannot be stored."),
        }
        return texts[problem.rule]

    @api.model
    def _submit_answer(self, key, digest, is_new, answer):
        """The result of one payload.

        :param answer: (request id, number, hash of the first payload), or a list of (path, message)
        """
        named = {"source": key[1], "ext_key": key[2]}
        if isinstance(answer, list):
            return self._submit_error(named, answer)
        request_id, code, first = answer
        if digest != first:
            message = self.env._(
                "This key was used before for another request (%(number)s): give the new one a key of its own.",
                number=code,
            )
            return self._submit_error(named, [("ext_key", message)])
        return {"status": "created" if is_new else "replayed", "id": request_id, "number": code} | named

    # === ALL PAYLOADS === #

    @api.model
    def _submit_known(self, keys):
        """The requests that have these keys already: ``{key: (id, number, hash)}``; one query."""
        # sudo: a key is taken whoever used it; only its own number is told
        rows = (
            self.sudo()
            .with_context(active_test=False)
            .search_fetch(
                [("source", "in", list({key[1] for key in keys})), ("ext_key", "in", list({key[2] for key in keys}))],
                ["company_id", "source", "ext_key", "code", "payload_hash"],
            )
            if keys
            else ()
        )
        found = {(row.company_id.id, row.source, row.ext_key): (row.id, row.code, row.payload_hash) for row in rows}
        return {key: answer for key, answer in found.items() if key in keys}

    @api.model
    def _submit_fresh(self, fresh, digests):
        """Create the requests of new keys.

        :param dict fresh: payload by key
        :param dict digests: hash by key
        :return: ``{key: (id, number, hash) or [(path, message)]}``
        :raises ConcurrencyError: when another transaction uses one of the keys right now; Odoo then repeats the call
        """
        answers = {}
        by_company = {}
        for key, payload in fresh.items():
            by_company.setdefault(key[0], {})[key] = payload
        for company_id, batch in by_company.items():
            # sudo: an integration has no rights on customers, products and requests; what it names is looked up, no
            # more, and the request bears its name
            requests = self.with_company(company_id).sudo().with_context(**QUIET)
            values = {}
            lookup = requests.env["crm.request.lookup"]._prepare(list(batch.values()))
            for key, payload in batch.items():
                found, errors = lookup.values_of(payload)
                if errors:
                    answers[key] = errors
                else:
                    values[key] = found | {"payload_hash": digests[key], "company_id": company_id}
            answers |= requests._submit_create(values, batch)
        return answers

    def _submit_create(self, values, payloads):
        """Create and start in one go; when that is refused, in halves, so that one spoils no other."""
        if not values:
            return {}
        keys = list(values)
        try:
            with self.env.cr.savepoint():
                requests = self.create(list(values.values()))
                started = [
                    request.id
                    for request, key in zip(requests, keys, strict=True)
                    if payloads[key].get("start", True)
                ]
                self.browse(started)._start()
                self.browse(started)._wake_lanes()
            return {
                key: (request.id, request.code, request.payload_hash)
                for key, request in zip(keys, requests, strict=True)
            }
        except UniqueViolation as error:
            if error.diag.constraint_name != "crm_request_ext_key_uniq":
                raise
            raise ConcurrencyError(self.env._("These requests are being handed in already.")) from error
        except (UserError, ValidationError) as error:
            if len(keys) == 1:
                return {keys[0]: [("", str(error))]}
        except IntegrityError as error:
            # what only the database refuses, a quantity that is 0 once rounded among it, spoils no other payload either
            if len(keys) == 1:
                return {keys[0]: [("", self._refused_by_database(error))]}
        middle = len(keys) // 2
        answers = {}
        for part in (keys[:middle], keys[middle:]):
            answers |= self._submit_create({key: values[key] for key in part}, payloads)
        return answers

    @api.model
    def _refused_by_database(self, error):
        """What the database says against a request, in the words of the constraint."""
        tables = {self.env[name]._table: self.env[name] for name in ("crm.request", "crm.request.line")}
        return tables.get(error.diag.table_name, self)._sql_error_to_message(error)

    # === STATUS === #

    @api.model
    @api.readonly
    def status(self, keys):
        """Where requests stand that were handed in.

        :param list keys: dicts with ``source`` and ``ext_key``, at most 1,000
        :return: list of one dict for each key, in order: ``status`` ("found" or "unknown"), ``number``, ``phase``,
            ``date_promised``, ``late``, and ``steps``: ``key``, ``kind``, ``state``, ``error``, ``document``
        :raises UserError: for something that is no list of at most 1,000 keys
        """
        self._check_may_submit()
        if not isinstance(keys, list) or len(keys) > MAX_PAYLOADS:
            raise UserError(self.env._("Ask for a list of at most %(limit)s keys at a time.", limit=MAX_PAYLOADS))
        if not all(isinstance(key, dict) and {"source", "ext_key"} <= key.keys() for key in keys):
            raise UserError(self.env._("Each key needs a source and an ext_key."))
        wanted = [(str(key["source"]), str(key["ext_key"])) for key in keys]
        found = {}
        # a request may have been handed in for any company of the user; that of the user goes before
        for request in self.with_context(active_test=False).search(
            [
                ("company_id", "in", self.env.companies.ids),
                ("source", "in", list({source for source, _key in wanted})),
                ("ext_key", "in", list({key for _source, key in wanted})),
            ]
        ).sorted(lambda request: (request.company_id != self.env.company, request.id)):
            found.setdefault((request.source, request.ext_key), request)
        # sudo: the steps of a request that the user may read; of documents the name only
        steps = self.union(*found.values()).sudo().step_ids
        names = dict(zip(steps.ids, steps.mapped("document_name"), strict=True))
        return [self._status_of(key, found.get(key), names) for key in wanted]

    @api.model
    def _status_of(self, key, request, names):
        named = {"source": key[0], "ext_key": key[1]}
        if not request:
            return {"status": "unknown"} | named
        return named | {
            "status": "found",
            "id": request.id,
            "number": request.code,
            "phase": request.phase,
            "date_promised": request.date_promised and request.date_promised.isoformat(),
            "late": request.is_late,
            "steps": [
                {
                    "key": step.key,
                    "kind": step.kind,
                    "state": step.state,
                    "error": step.error or None,
                    "document": names[step.id] or None,
                }
                for step in request.sudo().step_ids  # sudo: whoever submitted is told how it went
            ],
        }

    @api.model
    def _submit_values(self, payload):
        """Values of a request that stand in the payload itself."""
        values = {
            "name": next((payload[key] for key in ("name", "reference") if payload.get(key, "").strip()), None)
            or payload["ext_key"],
            "reference": payload.get("reference"),
            "description": plaintext2html(payload["description"]) if payload.get("description") else False,
            "priority": payload.get("priority", "0"),
            "source": payload["source"],
            "ext_key": payload["ext_key"],
            "user_id": False,
        }
        if payload.get("date_promised"):
            values["date_promised"] = payload["date_promised"]
        return values
