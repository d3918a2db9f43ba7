"""What every role really can do with every model and field of the suite, against what lines and rules say."""

import contextlib
import json
from datetime import timedelta
from functools import partial
from unittest.mock import patch

from access_matrix import models, our_addons, roles
from access_world import NEVER, OF_SOURCES, PLACES, Rights, World, Writes

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.service.model import get_public_method
from odoo.sql_db import Cursor
from odoo.tests import HttpCase, TransactionCase, tagged
from odoo.tools import mute_logger

READY_MADE = ("employee", "lead", "agent", "accountant", "auditor", "admin")
HIDDEN = 5
"""How many of the records that a user may not see are asked for by their number."""
TECHNICAL = "base.group_no_one"
"""Says what is shown in developer mode, not who may see it."""


class _Undo(Exception):
    """What was done is taken back."""


class AccessCommon(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={"tracking_disable": True})
        with mute_logger("odoo.sql_db"):
            cls.world = World(cls.env).build()
        cls.env.flush_all()
        cls.rights = Rights(cls.world)
        cls.writes = Writes()
        patcher = patch.object(Cursor, "execute", cls.writes.patched(Cursor.execute))
        patcher.start()
        cls.addClassCleanup(patcher.stop)
        # the words of a refusal list groups, by a query each: what is tested is that it comes
        for model in ("ir.model.access", "ir.rule"):
            words = patch.object(
                cls.env.registry[model], "_make_access_error", lambda self, *args, **kwargs: AccessError("refused")
            )
            words.start()
            cls.addClassCleanup(words.stop)
        cls.names = [name for found in models(cls.env).values() for name in found]

    def _take_role(self, role):
        """The user of a role, with nothing else, and the numbers of all its groups."""
        if role in ("base.group_portal", "base.group_public"):
            user = self.world.portal if role == "base.group_portal" else self.world.public
        else:
            user = self.world.subject
            groups = self.env.ref(role) | self.env.ref("base.group_user") | self.env.ref("base.group_allow_export")
            user.sudo().group_ids = [(6, 0, groups.ids)]
        self.env.flush_all()
        self.env.invalidate_all()
        self.companies = user.company_ids.ids
        return user, self.rights.groups(user)

    def _as(self, user, name):
        """The model as that user asks for it from outside: nothing in the cache, archived records too."""
        self.env[name].invalidate_model(flush=False)
        return self.env[name].with_user(user).with_context(active_test=False, allowed_company_ids=self.companies)

    def _fixtures(self, name):
        """``{place: record}``: in the subject's name, in a colleague's, in another company."""
        return {place: found[0] for place, found in self.world.records[name].items() if found and found[0]}

    def _refused(self, problems, what, act, errors=AccessError, right=None, rolled_back=False):
        """``act`` is refused or finds nothing, and nothing was written; what was done the caller takes back.

        :param right: says whether there is a right, where other rules may refuse before anybody asks for it
        :param rolled_back: Odoo writes first and asks then; the refusal takes it back
        """
        self.env.flush_all()
        before = self.writes.number
        try:
            result = act()
            self.env.flush_all()
        except errors:
            pass
        except UserError as error:
            if right is None or right():
                problems.append(f"{what}: {type(error).__name__} {error}"[:200])
        except Exception as error:  # noqa: BLE001 another refusal is none of access
            problems.append(f"{what}: {type(error).__name__} {error}"[:200])
        else:
            rows = result["datas"] if isinstance(result, dict) else result
            if rows is None or rows is True or any(any(self._content(row)) for row in rows):
                problems.append(f"{what}: done")
        if self.writes.number != before and not rolled_back:
            problems.append(f"{what}: written by {self.writes.last}")

    @staticmethod
    def _content(row):
        """Values of a row; that somebody asked for a number is no news."""
        return [value for name, value in row.items() if name != "id"] if isinstance(row, dict) else row

    def _assert_none(self, problems):
        """Fails with all of them, a line each."""
        if problems:
            self.fail("\n".join([f"{len(problems)} problems", *problems]))

    @contextlib.contextmanager
    def _taken_back(self):
        """Whatever is done inside is undone."""
        with contextlib.suppress(_Undo), self.cr.savepoint(flush=False):
            yield
            self.env.clear()
            raise _Undo

    @staticmethod
    def _written_field(record):
        """A value to write: what is there already."""
        for name, field in record._fields.items():
            if field.store and not field.related and not field.compute and not field.groups and field.type in (
                "char", "text", "integer", "boolean", "float", "selection", "date", "datetime",
            ) and name not in ("create_date", "write_date"):  # fmt: skip
                return {name: record.sudo()[name]}
        return {"write_date": fields.Datetime.now()}


@tagged("post_install", "-at_install")
class TestAccessActs(AccessCommon):
    def test_every_model_has_records(self):
        """What could not be made would not be tested."""
        self.assertEqual(self.world.failed, {})
        without = [
            name for name in self.names
            if self.env[name]._auto and not self.env[name]._transient and name not in NEVER and not self._fixtures(name)
        ]
        self.assertEqual(without, [])

    @mute_logger("odoo.sql_db", "odoo.models.unlink")
    def test_every_role_with_every_model(self):
        """Search, count, groups, names, export, reading by number, creating, writing and deleting."""
        problems, acted = [], 0
        for role in roles(self.env):
            user, groups = self._take_role(role)
            for name in self.names:
                if name in OF_SOURCES:
                    continue
                found = []
                acted += 1
                with self._taken_back():
                    self._reads(found, user, groups, name)
                    if not self.env[name]._transient:
                        self._changes(found, user, groups, name)
                problems += [f"{role} {name} {problem}" for problem in found]
        self.assertGreater(acted, 4000)
        self._assert_none(problems)

    def _reads(self, problems, user, groups, name):
        everything = self.env[name].sudo().with_context(active_test=False).search([], limit=2000)
        model = self._as(user, name)
        if not self.rights.may(name, "read", groups):
            for what, act in {
                "search": lambda: [model.search([], limit=1).ids],
                "count": lambda: [[model.search_count([])]],
                "group": lambda: model.formatted_read_group([], [], ["__count"]),
                "names": lambda: model.name_search("", limit=1),
                "export": lambda: model.browse(everything[:1].ids or [1]).export_data(["display_name"]),
                "read": lambda: model.browse(everything[:1].ids or [1]).read(["display_name"]),
            }.items():
                self._refused(problems, what, act, UserError)  # exports have a right of their own
            return
        if self.env[name]._transient:
            return  # everybody sees the own ones only, by Odoo itself
        allowed = set(self.rights.allowed(name, "read", user, groups).ids)
        seen = model.search([])
        if set(seen.ids) != allowed:
            problems.append(f"search: {sorted(set(seen.ids) ^ allowed)[:10]} more or less than the rules say")
        if model.search_count([]) != len(allowed):
            problems.append("count differs from the rules")
        [group] = model.formatted_read_group([], [], ["__count"])
        if group["__count"] != len(allowed):
            problems.append("groups count differs from the rules")
        names = {found[0] for found in model.name_search("", limit=None)}
        if not names <= allowed:
            problems.append(f"name_search: {sorted(names - allowed)[:10]}")
        hidden = everything.filtered(lambda record: record.id not in allowed)[:HIDDEN]
        for record in hidden:
            record = model.browse(record.ids)
            self._refused(problems, f"read {record.id}", partial(record.read, ["display_name"]))
            self._refused(problems, f"export {record.id}", partial(record.export_data, ["display_name"]), UserError)

    def _changes(self, problems, user, groups, name):
        for operation in ("write", "unlink"):
            allowed = self.rights.allowed(name, operation, user, groups)
            for place, record in self._fixtures(name).items():
                mine = self._as(user, name).browse(record.ids)
                if record not in allowed:
                    values = self._written_field(record)
                    act = (lambda: mine.write(values)) if operation == "write" else mine.unlink  # noqa: B023
                    self._refused(problems, f"{operation} {place}", act, right=lambda: mine.has_access(operation))  # noqa: B023
                elif not mine.has_access(operation):
                    problems.append(f"{operation} {place}: refused, though lines and rules allow it")
        creates = self.rights.may(name, "create", groups)
        for place in PLACES:
            values = self.world.values.get((name, place))
            if values is None:
                continue
            model = self._as(user, name)
            if not creates:
                act = lambda: model.create(dict(values))  # noqa: B023, E731
                self._refused(problems, f"create {place}", act, right=lambda: model.has_access("create"))  # noqa: B023
            elif place == "elsewhere":
                self._creates_elsewhere(problems, model, values, user, groups)

    def _creates_elsewhere(self, problems, model, values, user, groups):
        """A record of another company is refused; what is made all the same is one's own to make."""
        try:
            with self.cr.savepoint(flush=False):
                made = model.create(dict(values))
                self.env.flush_all()
                if made.id not in self.rights.allowed(model._name, "create", user, groups).ids:
                    problems.append("create elsewhere: done")
                raise _Undo
        except Exception:  # noqa: BLE001 refused for whichever reason
            self.env.clear()

    @mute_logger("odoo.sql_db")
    def test_every_role_with_every_restricted_field(self):
        """A field with groups is refused to all others: read, search, group, export, list of fields."""
        restricted = self._restricted_fields()
        self.assertGreater(len(restricted), 150)
        problems = []
        for role in roles(self.env):
            user, groups = self._take_role(role)
            for name, field in restricted:
                if self.rights.may(name, "read", groups) and not self._has(groups, field.groups):
                    found = []
                    with self._taken_back():
                        self._field(found, user, name, field)
                    problems += [f"{role} {name}.{field.name} {problem}" for problem in found]
        self._assert_none(problems)

    def _restricted_fields(self):
        ours = set(our_addons())
        found = []
        for name in self.env.registry:
            model = self.env[name]
            found += [
                (name, field)
                for field in (() if model._abstract or model._transient else model._fields.values())
                if field.groups and field.groups != TECHNICAL and ours.intersection(field._modules)
            ]
        return found

    def _has(self, groups, spec):
        wanted, unwanted = set(), set()
        for word in spec.split(","):
            (unwanted if word.strip().startswith("!") else wanted).add(self.env.ref(word.strip().lstrip("!")).id)
        return bool(groups & wanted or not wanted) and not groups & unwanted

    def _field(self, problems, user, name, field):
        model = self._as(user, name)
        if field.name in model.fields_get():
            problems.append("is in the list of fields")
        record = model.search([], limit=1)
        if record:
            self._refused(problems, "read", lambda: record.read([field.name]))
            self._refused(problems, "export", lambda: record.export_data([field.name]), UserError)
        if field.store or field.search:
            self._refused(problems, "search", lambda: [[model.search_count([(field.name, "!=", False)]) or True]])
        if field.store and field.column_type and field.type not in ("binary", "json", "text", "html"):
            self._refused(problems, "group", lambda: model.formatted_read_group([], [field.name], ["__count"]))

    @mute_logger("odoo.sql_db")
    def test_files_and_messages_of_what_is_hidden(self):
        """Attachments and chatter follow their document."""
        threads = [name for name in self.names if "message_ids" in self.env[name]._fields and self._fixtures(name)]
        self.assertGreater(len(threads), 8)
        made = {}
        for name in threads:
            for record in self._fixtures(name).values():
                record.sudo().message_unsubscribe(record.sudo().message_partner_ids.ids)  # who follows may answer
                message = record.sudo().message_post(body="Between us", message_type="comment")
                file = self.env["ir.attachment"].sudo().create(
                    {"name": "secret.txt", "raw": b"secret", "res_model": name, "res_id": record.id}
                )
                made[record] = (message, file)
        self.env.flush_all()
        problems = []
        for role in ("base.group_user", "base.group_portal", *(f"crm_relations.role_{one}" for one in READY_MADE)):
            user, groups = self._take_role(role)
            for record, (message, file) in made.items():
                if record in self.rights.allowed(record._name, "read", user, groups):
                    continue
                with self._taken_back():
                    self._hidden_file(problems, f"{role} {record}", user, record, message, file)
        self._assert_none(problems)

    def _hidden_file(self, problems, what, user, record, message, file):
        for name, hidden in (("mail.message", message), ("ir.attachment", file)):
            model = self._as(user, name)
            if model.search([("id", "=", hidden.id)]):
                problems.append(f"{what} {name} found")
            self._refused(problems, f"{what} {name} read", lambda: model.browse(hidden.ids).read(["display_name"]))  # noqa: B023
        self._refused(problems, f"{what} file", lambda: [[self._as(user, "ir.attachment").browse(file.ids).raw]])
        self._refused(
            problems, f"{what} post", lambda: self._as(user, record._name).browse(record.ids).message_post(body="x"),
            rolled_back=True,
        )


@tagged("post_install", "-at_install")
class TestPublicMethods(AccessCommon):
    """Methods that anybody can call from outside: who has no right to a model changes nothing through them."""

    #: what a method may be given, by the name of the argument
    ARGUMENTS = {"values": {}, "vals": {}, "vals_list": [{}], "domain": [], "payloads": [{}], "keys": ["x"],
                 "number": "+421 2 5544 3300", "state": "offline", "reason": "x", "ids": [1]}  # fmt: skip

    #: what auditors may have done: a check notes its result, a link for customers is made when it is asked for
    NOTED = frozenset({
        "crm.audit.check.action_verify", "crm.audit.entry.action_verify", "crm.audit.entry.action_export",
        "crm.rfm.snapshot.action_verify", "crm.money.violation.action_check", "crm.request.action_preview",
    })  # fmt: skip

    def _methods(self, name):
        import inspect  # noqa: PLC0415 only here

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
                raise _Undo
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
        for place, record in self._fixtures(name).items():
            self._record_by_json(problems, headers, user, groups, place, record, allowed)
        values = self.world.values.get((name, "mine"))
        if values is not None and not self.rights.may(name, "create", groups):
            values = json.loads(json.dumps(values, default=str))
            self._forbidden(problems, headers, name, "create", vals_list=[values], refused=(403, 422))

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
