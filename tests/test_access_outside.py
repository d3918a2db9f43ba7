"""What can be reached from outside in every role: the public methods of the models, and JSON-2."""

import inspect
import json
from datetime import timedelta

from access_common import READY_MADE, AccessCommon, Undo
from access_matrix import our_addons
from access_world import OF_SOURCES

from odoo import fields
from odoo.exceptions import AccessError
from odoo.service.model import get_public_method
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger


@tagged("post_install", "-at_install")
class TestPublicMethods(AccessCommon):
    """Methods that anybody can call from outside: who has no right to a model changes nothing through them."""

    #: what a method may be given, by the name of the argument
    ARGUMENTS = {"values": {}, "vals": {}, "vals_list": [{}], "domain": [], "payloads": [{}], "keys": ["x"],
                 "number": "+421 2 5544 3300", "state": "offline", "reason": "x", "ids": [1]}  # fmt: skip

    #: what auditors may have done: a check notes its result, a link for customers, and the secret of links, is made
    #: when it is asked for
    NOTED = frozenset({
        "crm.audit.check.action_verify", "crm.audit.entry.action_verify", "crm.audit.entry.action_export",
        "crm.rfm.snapshot.action_verify", "res.partner.crm_360", "crm.money.violation.action_check",
        "crm.request.action_preview",
    })  # fmt: skip

    def _methods(self, name):
        model, ours = self.env[name], our_addons()
        for cls in type(model).mro():
            if cls.__module__.split(".")[:2] != ["odoo", "addons"] or cls.__module__.split(".")[2] not in ours:
                continue
            for key, member in vars(cls).items():
                if key.startswith("_") or not callable(member) or isinstance(member, type):
                    continue
                if f"{name}.{key}" in self.NOTED or key == "message_post":  # who follows may answer
                    continue
                try:
                    get_public_method(model, key)
                except (AttributeError, AccessError):
                    continue
                signature = inspect.signature(getattr(type(model), key))
                arguments = {
                    parameter.name: self.ARGUMENTS.get(parameter.name, 1)
                    for parameter in list(signature.parameters.values())[1:]
                    if parameter.default is parameter.empty
                    and parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
                }
                yield key, arguments

    @mute_logger("odoo.sql_db", "odoo.models.unlink", "odoo.addons")
    def test_methods_change_nothing_for_who_has_no_right(self):
        problems, called = [], 0
        ours = sorted({*self.names, "res.partner", "crm.lead", "calendar.event", "sale.order", "account.move"})
        for role in ("base.group_portal", "base.group_user", "crm_relations.role_auditor"):
            user, groups = self._take_role(role)
            for name in ours:
                if self.env[name]._transient and self.rights.may(name, "create", groups):
                    continue
                for method, arguments in dict(self._methods(name)).items():
                    for place in ("mine", "elsewhere"):
                        record = self._fixtures(name).get(place) or self.world.fixed[place].get(name)
                        called += 1
                        self._call(problems, f"{role} {name}.{method} {place}", user, name, record, method, arguments)
        self.assertGreater(called, 1000)
        self._assert_none(problems)

    def _call(self, problems, what, user, name, record, method, arguments):
        records = self._as(user, name).browse(record.ids if record else [])
        self.env.flush_all()
        before = self.writes.number
        try:
            with self.cr.savepoint(flush=False):
                getattr(records, method)(**arguments)
                self.env.flush_all()
                if self.writes.number != before:
                    problems.append(f"{what}: written by {self.writes.last}")
                raise Undo
        except Exception:  # noqa: BLE001 refused, or the arguments make no sense
            self.env.clear()


@tagged("post_install", "-at_install")
class TestAccessJson(AccessCommon, HttpCase):
    """The same from outside, by JSON-2 with the key of the user."""

    def _key(self, user):
        key = self.env["res.users.apikeys"].with_user(user).sudo()._generate(
            "rpc", "access", fields.Datetime.now() + timedelta(days=1)
        )
        self.env.flush_all()
        return {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def _post(self, headers, name, method, **arguments):
        answer = self.url_open(
            f"/json/2/{name}/{method}", data=json.dumps(arguments), headers=headers, allow_redirects=False
        )
        return answer.status_code, answer.json()

    @mute_logger("odoo.http", "odoo.sql_db", "odoo.models.unlink")
    def test_every_ready_made_role_by_json2(self):
        problems, asked = [], 0
        for role in ("base.group_user", "base.group_portal", *(f"crm_relations.role_{one}" for one in READY_MADE)):
            user, groups = self._take_role(role)
            headers = self._key(user)
            for name in self.names:
                if self.env[name]._transient or name in OF_SOURCES:
                    continue
                found = []
                asked += 1
                self._model_by_json(found, headers, user, groups, name)
                problems += [f"{role} {name} {problem}" for problem in found]
        self.assertGreater(asked, 700)
        self._assert_none(problems)

    def _model_by_json(self, problems, headers, user, groups, name):
        context = {"active_test": False}
        allowed = self.rights.allowed(name, "read", user, groups)
        status, rows = self._post(headers, name, "search_read", fields=["id"], context=context)
        if not self.rights.may(name, "read", groups):
            if status != 403:
                problems.append(f"search_read: {status}")
        elif status != 200 or {row["id"] for row in rows} != set(allowed.ids):
            problems.append(f"search_read: {status}, not what the rules say")
        self._around_reading(problems, headers, groups, name, allowed, context)
        for place, record in self._fixtures(name).items():
            self._record_by_json(problems, headers, user, groups, place, record, allowed)
        values = self.world.values.get((name, "mine"))
        if values is not None and not self.rights.may(name, "create", groups):
            values = json.loads(json.dumps(values, default=str))
            self._forbidden(problems, headers, name, "create", vals_list=[values], refused=(403, 422))

    def _around_reading(self, problems, headers, groups, name, allowed, context):
        """Groups, names and exports show no more than reading does."""
        may = self.rights.may(name, "read", groups)
        status, found = self._post(
            headers, name, "formatted_read_group", domain=[], groupby=[], aggregates=["__count"], context=context
        )
        if (status, found[0]["__count"] if may and status == 200 else 0) != (200 if may else 403, len(allowed)):
            problems.append(f"formatted_read_group: {status}, not what the rules say")
        status, found = self._post(headers, name, "name_search", limit=None, context=context)
        if status != (200 if may else 403) or status == 200 and not {row[0] for row in found} <= set(allowed.ids):
            problems.append(f"name_search: {status}, not what the rules say")
        hidden = [record.id for record in self._fixtures(name).values() if record not in allowed]
        if hidden:
            self._forbidden(
                problems, headers, name, "export_data", ids=hidden[:1], fields_to_export=["id", "display_name"],
                refused=(403, 422),  # 422: exports have a right of their own
            )  # fmt: skip

    def _record_by_json(self, problems, headers, user, groups, place, record, readable):
        name = record._name
        if record not in readable:
            self._forbidden(problems, headers, name, "read", ids=record.ids, fields=["id", "display_name"])
        for operation in ("write", "unlink"):
            if place != "theirs" and record not in self.rights.allowed(name, operation, user, groups):
                values = json.loads(json.dumps(self._written_field(record), default=str))
                arguments = {"vals": values} if operation == "write" else {}
                # 422: refused before anybody asked for the right, which the same test by the ORM finds missing
                self._forbidden(problems, headers, name, operation, ids=record.ids, refused=(403, 422), **arguments)

    def _forbidden(self, problems, headers, name, method, refused=(403,), **arguments):
        self.env.flush_all()
        before = self.writes.number
        status, _answer = self._post(headers, name, method, **arguments)
        if status not in refused:
            problems.append(f"{method} {arguments.get('ids')}: {status}")
        if self.writes.number != before:
            problems.append(f"{method} {arguments.get('ids')}: written by {self.writes.last}")
