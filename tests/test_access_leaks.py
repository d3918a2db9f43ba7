"""What the values of readable records tell of hidden ones, and what portal users are told of the inside."""

import contextlib
import json
from datetime import timedelta

from access_common import READY_MADE, AccessCommon
from access_world import OF_SOURCES, PLACES

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

#: documents of Odoo that carry fields of ours
STOCK = ("res.partner", "crm.lead", "sale.order", "calendar.event", "project.task", "mail.activity", "crm.team")
#: words of no company, made on the way to other records
VOCABULARY = {"crm.industry.code", "crm.partner.relation.label", "crm.profile.tag"}
ROLES = ("base.group_user", "base.group_portal", *(f"crm_relations.role_{one}" for one in READY_MADE))


@tagged("post_install", "-at_install")
class TestAccessLeaks(AccessCommon, HttpCase):
    @mute_logger("odoo.sql_db")
    def test_no_value_tells_of_another_company(self):
        """Computed and related fields, names of links, cards and timelines: nothing made elsewhere is in any of them.

        All records of the other company bear its word in their texts.
        """
        problems, looked_at = [], 0
        for role in ROLES:
            user, groups = self._take_role(role)
            for name in (*self.names, *STOCK):
                if name in VOCABULARY or self.env[name]._transient or not self.rights.may(name, "read", groups):
                    continue
                rows = self._everything(user, name)
                looked_at += len(rows)
                shared = self._shared(name)
                for row in rows:
                    if row["id"] in shared:
                        continue
                    problems += [
                        f"{role} {name} {row['id']}.{key}: {value!r}"[:300]
                        for key, value in row.items() if "elsewhere" in json.dumps(value, default=str).lower()
                    ]  # fmt: skip
            for method in ("crm_360", "crm_relation_graph"):
                problems += self._partner_method(role, user, method)
        self.assertGreater(looked_at, 3000)
        self._assert_none(sorted(set(problems)))

    def _shared(self, name):
        """Records of no company, which are everybody's although they were made elsewhere."""
        if name == "res.partner":  # companies themselves, and people who work there
            return set(self.env[name].sudo().with_context(active_test=False).search([("company_id", "=", False)]).ids)
        if name == "crm.audit.entry":  # of users and configuration; documents of a company are told apart by a rule
            apart = {
                model for model, rules in self.rights.rules.items()
                if any(not groups and operations["read"] for groups, _domain, operations in rules)
            } - {"res.users"}  # fmt: skip
            return set(self.env[name].sudo().search([("res_model", "not in", list(apart))]).ids)
        return {record.id for record in self.world.records[name]["elsewhere"] if record}

    def _everything(self, user, name):
        """All that the user gets of a model, but files."""
        model = self._as(user, name)
        self.env.clear()
        names = [key for key, found in model.fields_get(attributes=["type"]).items() if found["type"] != "binary"]
        records = model.search([], limit=200)
        try:
            return records.read(names)
        except AccessError:  # of some of them: all others
            rows = {record.id: {"id": record.id} for record in records}
            for name in names:
                with contextlib.suppress(AccessError):
                    for row in records.read([name]):
                        rows[row["id"]] |= row
            return list(rows.values())

    def _partner_method(self, role, user, method):
        partners = self._as(user, "res.partner").browse(self.world.fixed["mine"]["res.partner"].id)
        if not hasattr(partners, method):
            return []
        try:
            found = getattr(partners, method)()
        except AccessError:
            return []
        return [f"{role} {method}: {found}"[:300]] if "elsewhere" in json.dumps(found, default=str).lower() else []

    @mute_logger("odoo.sql_db")
    def test_own_documents_tell_nothing_of_colleagues(self):
        """Who sees the own documents only is not told the texts of others' by the values of the own ones."""
        problems, looked_at = [], 0
        for role in ("crm_relations.role_employee", "crm_relations.role_agent", "crm_relations.role_accountant"):
            user, groups = self._take_role(role)
            for name in self.names:
                if self.env[name]._transient or name in OF_SOURCES:
                    continue
                mine, theirs = (self._fixtures(name).get(place) for place in PLACES[:2])
                allowed = self.rights.allowed(name, "read", user, groups)
                if not mine or not theirs or mine not in allowed or theirs in allowed:
                    continue
                looked_at += 1
                rows = [row for row in self._everything(user, name) if row["id"] == mine.id]
                problems += [
                    f"{role} {name}.{key}: {value!r}"[:300]
                    for row in rows for key, value in row.items()
                    if f"{name} theirs" in json.dumps(value, default=str)
                ]  # fmt: skip
        self.assertGreater(looked_at, 10)
        self._assert_none(problems)

    # === FROM OUTSIDE === #

    def _headers(self, user):
        key = self.env["res.users.apikeys"].with_user(user).sudo()._generate(
            "rpc", "leaks", fields.Datetime.now() + timedelta(days=1)
        )
        self.env.flush_all()
        return {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def _post(self, headers, model, method, **arguments):
        answer = self.url_open(
            f"/json/2/{model}/{method}", data=json.dumps(arguments), headers=headers, allow_redirects=False
        )
        return answer.status_code, answer.json()

    @mute_logger("odoo.http", "odoo.sql_db")
    def test_every_restricted_field_by_json2(self):
        """Read, condition, order, group: refused to who lacks the group, in every ready-made role."""
        problems, asked = [], 0
        for role in ROLES:
            user, groups = self._take_role(role)
            headers = self._headers(user)
            for name, field in self._restricted_fields():
                if not self.rights.may(name, "read", groups) or self._has(groups, field.groups):
                    continue
                asked += 1
                tries = {"read": {"fields": [field.name]}}
                if field.store and field.column_type:
                    tries |= {
                        "condition": {"fields": ["id"], "domain": [(field.name, "!=", False)]},
                        "order": {"fields": ["id"], "order": f"{field.name} desc"},
                    }
                for what, arguments in tries.items():
                    status, rows = self._post(headers, name, "search_read", limit=1, **arguments)
                    if status == 200 and (rows or what != "read"):
                        problems.append(f"{role} {name}.{field.name} {what}: {rows}"[:200])
        self.assertGreater(asked, 150)
        self._assert_none(problems)

    @mute_logger("odoo.http", "odoo.sql_db")
    def test_customers_are_not_told_internal_notes(self):
        """The own complaint, request and privacy request in the portal: notes, changes of fields, activities and files
        of the inside are in none of what a customer can ask."""
        user, _groups = self._take_role("base.group_portal")
        partner = user.partner_id
        partner.sudo().email = "portal@example.com"
        documents = self._own_documents(partner)
        headers = self._headers(user)
        self.authenticate(user.login, user.login)
        for record in documents:
            with self.subTest(model=record._name):
                self._inside(record)
                status, rows = self._post(
                    headers, record._name, "search_read", domain=[("id", "=", record.id)], fields=["id"]
                )
                self.assertEqual((status, len(rows)), (200, 1))
                self._assert_silent(headers, record)

    def _own_documents(self, partner):
        make = self.env(su=True, context={"tracking_disable": False, "crm_privacy_quiet": True})
        kind = make["crm.request.type"].search([("company_id", "in", (False, self.env.company.id))], limit=1)
        return [
            make["crm.complaint"].create({"name": "Mine", "partner_id": partner.id, "channel": "portal"}),
            make["crm.request"].create({"name": "Mine", "partner_id": partner.id, "type_id": kind.id}),
            make["crm.privacy.request"].create({"kind": "access", "partner_id": partner.id}),
        ]

    def _inside(self, record):
        """What colleagues say among themselves."""
        record.message_post(
            body="Between us: sekret", message_type="comment", subtype_xmlid="mail.mt_note",
            attachments=[("sekret.txt", b"sekret")],
        )  # fmt: skip
        record.activity_schedule("mail.mail_activity_data_todo", summary="sekret", user_id=self.world.colleague.id)
        record.message_post(body="To you", message_type="comment", subtype_xmlid="mail.mt_comment")
        self.env.flush_all()

    def _assert_silent(self, headers, record):
        of_record = [("model", "=", record._name), ("res_id", "=", record.id)]
        asked = {
            "messages": ("mail.message", "search_read", {"domain": of_record, "fields": ["body", "subject"]}),
            "grouped": ("mail.message", "formatted_read_group", {"domain": [*of_record, ("body", "ilike", "sekret")],
                                                                 "groupby": ["res_id"], "aggregates": ["__count"]}),
            "names": ("mail.message", "name_search", {"name": "sekret", "domain": of_record}),
            "activities": ("mail.activity", "search_read", {"domain": [("summary", "ilike", "sekret")],
                                                            "fields": ["summary"]}),
            "files": ("ir.attachment", "search_read", {"domain": [("name", "=", "sekret.txt")], "fields": ["name"]}),
            "changes": ("mail.tracking.value", "search_read", {"domain": [], "fields": ["new_value_char"]}),
            "followers": ("mail.followers", "search_read", {"domain": [], "fields": ["partner_id"]}),
            "export": (record._name, "export_data", {"ids": record.ids, "fields_to_export": ["message_ids/body"]}),
            "below": (record._name, "read", {"ids": record.ids, "fields": ["message_ids"]}),
        }  # fmt: skip
        for what, (name, method, arguments) in asked.items():
            status, answer = self._post(headers, name, method, **arguments)
            self.assertNotIn("sekret", json.dumps(answer), what)
            if what in ("activities", "changes", "followers"):
                self.assertIn(status, (403, 404), what)
            if what == "messages" and status == 200:
                self.assertIn("To you", json.dumps(answer))
            if what == "below" and status == 200:
                notes = record.sudo().message_ids.filtered(lambda one: "sekret" in (one.body or ""))
                self.assertTrue(notes)
                self.assertFalse(set(notes.ids) & set(answer[0]["message_ids"]))
            if what == "grouped" and status == 200:
                self.assertEqual(answer, [])
        page = self.make_jsonrpc_request(
            "/mail/chatter_fetch", {"thread_model": record._name, "thread_id": record.id, "fetch_params": {}}
        )
        self.assertNotIn("sekret", json.dumps(page))
        self.assertIn("To you", json.dumps(page))
