"""What every role really can do with every model and field of the suite, against what lines and rules say."""

from functools import partial

from access_common import READY_MADE, AccessCommon, Undo
from access_matrix import roles
from access_world import NEVER, OF_SOURCES, PLACES

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

HIDDEN = 5
"""How many of the records that a user may not see are asked for by their number."""


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
        """Search, count, groups, names, export, reading by number, creating, writing and deleting.

        In every ready-made role all of it is done again by JSON-2 (``test_access_outside``).
        """
        problems, acted = [], set()
        for role in roles(self.env):
            user, groups = self._take_role(role)
            for name in self.names:
                # roles that no line or rule of the model tells apart are one
                case = (user, name, self.rights.told_apart(name, groups))
                if name in OF_SOURCES or case in acted:
                    continue
                found = []
                acted.add(case)
                with self._taken_back():
                    self._reads(found, user, groups, name)
                    if not self.env[name]._transient:
                        self._changes(found, user, groups, name)
                problems += [f"{role} {name} {problem}" for problem in found]
        self.assertGreater(len(acted), 700)
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
        self.env[name].invalidate_model(flush=False)  # what was looked up with all rights is not in the user's cache
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
                raise Undo
        except Exception:  # noqa: BLE001 refused for whichever reason
            self.env.clear()

    @mute_logger("odoo.sql_db")
    def test_every_role_with_every_restricted_field(self):
        """A field with groups is refused to all others: read, search, group, export, list of fields."""
        restricted = self._restricted_fields()
        self.assertGreater(len(restricted), 150)
        problems, acted = [], set()
        for role in roles(self.env):
            user, groups = self._take_role(role)
            for name, field in restricted:
                case = (user, name, field.name, self.rights.told_apart(name, groups))
                refused = self.rights.may(name, "read", groups) and not self._has(groups, field.groups)
                if refused and case not in acted:
                    found = []
                    acted.add(case)
                    with self._taken_back():
                        self._field(found, user, name, field)
                    problems += [f"{role} {name}.{field.name} {problem}" for problem in found]
        self._assert_none(problems)

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

    @mute_logger("odoo.sql_db", "odoo.addons.base.models.ir_qweb")
    def test_reports_of_what_is_hidden(self):
        """Nobody prints what they may not read."""
        reports = self.env["ir.actions.report"].search([("model", "in", self.names)])
        self.assertGreater(len(reports), 3)
        problems, refused = [], 0
        for role in ("base.group_user", "base.group_portal", *(f"crm_relations.role_{one}" for one in READY_MADE)):
            user, groups = self._take_role(role)
            for report in reports:
                readable = self.rights.allowed(report.model, "read", user, groups)
                for place, record in self._fixtures(report.model).items():
                    if record in readable:
                        continue
                    refused += 1
                    with self._taken_back():
                        problem = self._prints(user, report, record)
                    if problem:
                        problems.append(f"{role} {report.report_name} {place}: {problem}")
        self.assertGreater(refused, 20)
        self._assert_none(problems)

    def _prints(self, user, report, record):
        """What is wrong; empty when the report is refused for want of rights."""
        self.env.invalidate_all()
        reports = self.env["ir.actions.report"].with_user(user).with_context(allowed_company_ids=self.companies)
        try:
            reports._render_qweb_html(report.report_name, record.ids)
        except Exception as error:  # noqa: BLE001 the template wraps what it meets
            causes = [error]
            while causes[-1].__cause__ or causes[-1].__context__:
                causes.append(causes[-1].__cause__ or causes[-1].__context__)
            refused = any(isinstance(cause, AccessError) for cause in causes)
            return "" if refused else f"{type(error).__name__} {error}"[:200]
        return "printed"
