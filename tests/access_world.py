"""Records of every model of the suite in two companies, and what the rights in the database say about them.

``World`` makes the records; ``Rights`` computes who may do what with them from the lines and rules alone, without
asking the ORM for any right, so that a test can compare it with what really happens.
"""

import re
from collections import defaultdict
from datetime import datetime

from access_matrix import models

from odoo import fields
from odoo.fields import Domain
from odoo.tests import new_test_user
from odoo.tools import SQL
from odoo.tools.safe_eval import safe_eval
from odoo.tools.safe_eval import time as safe_time

FOLLOWED = {
    "crm.complaint.promise": "complaint_id",
    "crm.complaint.remedy": "complaint_id",
    "crm.complaint.solution.use": "complaint_id",
    "crm.complaint.report": "complaint_id",
    "crm.complaint.remedy.line": "remedy_id",
    "crm.order.flow": "order_id",
    "crm.competitor.result": "lead_id",
}
"""Models whose records are seen by who sees the document that the field names, and changed by who may change it."""

OF_SOURCES = {"crm.timeline"}
"""Seen as far as the documents behind them are seen; has tests of its own."""

NEVER = {
    "crm.complaint.rate": "counts of addresses, by SQL only",
    "crm.contact.counter": "locks, by SQL only",
    "crm.partner.key": "made of the customers themselves",
    "crm.partner.group": "made of the needs",
    "crm.audit.entry": "written by triggers",
    "crm.audit.payload": "written by triggers",
    "crm.partner.claim": "locks, by the methods that make customers",
    "crm.rfm.dirty": "a list of what to compute again",
}
"""Models of which no record is made by hand."""

ADOPTED = {
    "crm.rfm.band": "model_id", "crm.rfm.cell": "model_id", "crm.contact.channel": None, "crm.privacy.retention": None,
}  # fmt: skip
"""Models whose records come with another one (the field that names it) or with the addon."""

HINTS = {
    ("crm.alert.rule", "condition"): "birthday",
    ("crm.complaint", "representative_id"): False,
    ("crm.complaint.remedy", "approved_by_id"): False,
    ("crm.complaint.remedy", "key"): None,
    ("crm.money.violation", "res_id"): 1,
    ("crm.outbox.subscriber", "url"): "https://example.com/events",
    ("crm.request.plan", "key"): None,
    ("crm.request.plan", "code"): None,
    ("crm.call", "state"): "queued",
    ("crm.call.operator", "extension"): None,
    ("crm.callback", "number"): "+421 2 5544 3300",
    ("crm.call.system", "code"): None,
    ("crm.interaction", "objective"): "Offer",
    ("crm.contact.rule", "kind"): "quiet_hours",
    ("crm.partner.child", "birth_year"): 2015,
    ("crm.company.fact", "year"): 2024,
}


class World:
    """Two of each model in company A (of the subject, of a colleague), and one in company B, of somebody there."""

    def __init__(self, env):
        self.env = env(su=True)
        self.a = env.company
        self.b = env["res.company"].sudo().create({"name": "Elsewhere", "country_id": self.a.country_id.id})
        both = [(6, 0, (self.a | self.b).ids)]
        make = {"company_id": self.a.id, "company_ids": [(6, 0, self.a.ids)]}
        self.subject = new_test_user(self.env, "access_subject", groups="base.group_user", **make)
        self.colleague = new_test_user(self.env, "access_colleague", groups="base.group_user", **make)
        self.stranger = new_test_user(
            self.env, "access_stranger", groups="base.group_user", company_id=self.b.id, company_ids=both
        )
        self.portal = new_test_user(self.env, "access_portal", groups="base.group_portal", **make)
        self.public = self.env.ref("base.public_user")
        self.records = defaultdict(lambda: defaultdict(list))  # model: place: [record]
        self.values = {}
        self.failed = {}
        self.fixed = {}
        for place in ("mine", "theirs", "elsewhere"):
            self.fixed[place] = self._fixed(place)

    # === WHAT IS THERE === #

    def _fixed(self, place):
        """Records of Odoo's own models that ours name."""
        company = self.b if place == "elsewhere" else self.a
        user = {"mine": self.subject, "theirs": self.colleague, "elsewhere": self.stranger}[place]
        env = self.env(context={"allowed_company_ids": company.ids, "tracking_disable": True})
        partner = env["res.partner"].create(
            {"name": f"Customer {place}", "company_id": company.id, "email": f"{place}@example.com",
             "phone": "+421 2 5544 3300", "user_id": user.id, "is_company": True}
        )  # fmt: skip
        team = env["crm.team"].create({"name": f"Team {place}", "company_id": company.id,
                                       "member_ids": [(6, 0, user.ids)]})
        lead = env["crm.lead"].create(
            {"name": place, "type": "opportunity", "partner_id": partner.id, "user_id": user.id, "team_id": team.id,
             "company_id": company.id}
        )  # fmt: skip
        product = env["product.product"].search([("name", "=", "Access"), ("company_id", "=", False)], limit=1)
        product = product or env["product.product"].create({"name": "Access", "type": "service"})
        order = env["sale.order"].create(
            {"partner_id": partner.id, "user_id": user.id, "opportunity_id": lead.id, "company_id": company.id,
             "order_line": [(0, 0, {"product_id": product.id, "price_unit": 10, "tax_ids": False})]}
        )  # fmt: skip
        return {
            "res.company": company, "res.users": user, "res.partner": partner, "crm.team": team, "crm.lead": lead,
            "product.product": product, "sale.order": order, "res.currency": company.currency_id,
            "sale.order.line": order.order_line,
            "res.country": self.env.ref("base.sk"), "res.lang": self.env["res.lang"].search([], limit=1),
            "ir.model": self.env["ir.model"]._get("crm.lead"),
        }  # fmt: skip

    # === MAKING === #

    def build(self):
        """One record of each model in each place; what could not be made is in ``failed``."""
        names = [name for found in models(self.env).values() for name in found]
        for name in names:
            model = self.env[name]
            if not model._auto or model._transient or name in NEVER or name in ADOPTED:
                continue
            for place in self.fixed:
                self.one(name, place)
        for name in ADOPTED:
            self._adopt(name)
        self.env["crm.partner.group"]._refresh(
            self.env["res.partner"].union(*(fixed["res.partner"] for fixed in self.fixed.values()))
        )
        self.env.flush_all()
        return self

    def one(self, name, place):
        """The record of a model in a place; made when it is not there."""
        if name in ADOPTED and not self.records[name][place]:
            self._adopt(name)
        if not self.records[name][place]:
            self.records[name][place] = [self.env[name]]  # whoever needs it while it is being made gets none
            try:
                with self.env.cr.savepoint():
                    self.records[name][place] = [self._make(name, place)]
            except Exception as error:  # noqa: BLE001 the test shows it
                self.failed[name] = f"{type(error).__name__}: {error}"[:400]
                for places in self.records.values():  # what was made on the way is gone with it
                    for other in [key for key, found in places.items() if found[0] and not found[0].exists()]:
                        del places[other]
        return self.records[name][place][0]

    def _adopt(self, name):
        """Records that come with others, or of which there is one of each kind from the beginning."""
        parent = ADOPTED[name]
        for place in self.fixed:
            domain = [(parent, "=", self.one(self.env[name]._fields[parent].comodel_name, place).id)] if parent else []
            self.records[name][place] = [self.env[name].with_context(active_test=False).search(domain, limit=1)]

    def _make(self, name, place):
        values = {}
        model = self.env[name]
        for field in model._fields.values():
            if field.name in ("id", "create_uid", "write_uid", "create_date", "write_date", "active", "parent_id"):
                continue
            wanted = field.required or field.comodel_name in ("res.company", "res.users", "crm.team", "res.partner")
            if not field.store or field.related or not wanted or field.type in ("one2many", "many2many"):
                continue
            if field.compute and field.readonly:
                continue
            if (name, field.name) in HINTS:
                value = HINTS[name, field.name]
                if value is None:
                    value = f"{field.name}-{place}"
            elif field.default and field.required and not field.comodel_name and field.type != "char":
                continue
            else:
                value = self._value(field, name, place)
            if value is not None:
                values[field.name] = value
        values |= RECIPES.get(name, lambda world, place: {})(self, place)
        user = self.fixed[place]["res.users"]
        company = self.fixed[place]["res.company"]
        maker = model.with_user(user).sudo().with_company(company).with_context(
            allowed_company_ids=company.ids, tracking_disable=True, crm_privacy_quiet=True, mail_create_nolog=True
        )
        self.values[name, place] = values
        made = maker.create(values)
        self.env.flush_all()
        return made.with_env(self.env)

    def _value(self, field, name, place):
        if field.type == "many2one":
            fixed = self.fixed[place].get(field.comodel_name)
            if fixed is not None:
                return fixed.id
            comodel = self.env[field.comodel_name]
            if comodel._original_module.startswith("crm_") and not comodel._transient and comodel._auto:
                return self.one(field.comodel_name, place).id
            return comodel.search([], limit=1).id
        if field.type == "selection":
            options = field.get_values(self.env)
            return options[0] if options else None
        return {
            "char": f"{name} {place}", "text": f"{name} {place}", "html": f"<p>{place}</p>", "integer": 1,
            "float": 1.0, "monetary": 1.0, "date": fields.Date.today(), "datetime": fields.Datetime.now(),
            "binary": b"bmFtZQ==", "json": {}, "boolean": None,
        }.get(field.type)  # fmt: skip


PLACES = ("mine", "theirs", "elsewhere")

RECIPES = {
    "crm.audit.rule": lambda world, place: {
        "model_id": world.env["ir.model"]._get(f"res.country{('', '.state', '.group')[PLACES.index(place)]}").id
    },
    "crm.company.fact": lambda world, place: {
        "kind_id": world.env["crm.profile.tag"].create({"name": f"Vineyards {place}", "kind": "figure"}).id
    },
    "crm.complaint.exposure": lambda world, place: {"date": f"20{20 + PLACES.index(place)}-01-01"},
    "crm.complaint.letter.template": lambda world, place: {
        "body": "<p>{{number}} {{decision}} {{reasons}} {{answer}}</p>"
    },
    "crm.complaint.remedy.limit": lambda world, place: {
        "group_id": world.env["res.groups"].create({"name": f"Limit {place}"}).id
    },
    "crm.partner.duplicate": lambda world, place: {
        "other_id": world.env["res.partner"].create(
            {"name": f"Twin {place}", "company_id": world.fixed[place]["res.company"].id}
        ).id
    },
    "crm.request.door": lambda world, place: {
        "user_id": world.env["res.users"].create(
            {"name": f"Door {place}", "login": f"door_{place}", "company_id": world.fixed[place]["res.company"].id,
             "company_ids": [(6, 0, world.fixed[place]["res.company"].ids)],
             "group_ids": [(6, 0, world.env.ref("crm_erp_bridge.group_integration").ids)]}
        ).id
    },
    "crm.request.plan": lambda world, place: {"code": f"step_{place}"},
    "crm.privacy.field": lambda world, place: {
        "field_id": world.env["ir.model.fields"]._get(
            "res.partner", ("website", "function", "barcode")[PLACES.index(place)]
        ).id
    },
    "crm.rfm.score": lambda world, place: {
        "recency_days": 1, "frequency": 1, "monetary": 1, "r_score": 1, "f_score": 1, "m_score": 1, "fm_score": 1,
        "last_date": "2026-01-01",
    },
    "crm.partner.relation": lambda world, place: {
        "right_partner_id": world.env["res.partner"].create(
            {"name": f"Other {place}", "is_company": True, "company_id": world.fixed[place]["res.company"].id}
        ).id,
        "type_id": world.env.ref("crm_relations.relation_type_competitor").id,
    },
    "crm.call": lambda world, place: {"queue_id": world.one("crm.call.queue", place).id, "operator_id":
                                      world.one("crm.call.operator", place).id, "date_started": datetime.now(),
                                      "date_place": datetime.now(), "place_step": 1},
    "crm.call.queue": lambda world, place: {"lead_ids": [(6, 0, world.fixed[place]["res.users"].ids)]},
    "crm.call.operator": lambda world, place: {"queue_ids": [(6, 0, world.one("crm.call.queue", place).ids)]},
}


class Rights:
    """What lines and rules say, computed from their rows."""

    def __init__(self, world):
        self.world, self.env = world, world.env
        self.lines, self.rules = defaultdict(list), defaultdict(list)
        for model, group, *perms in self.env.execute_query(SQL(
            "SELECT m.model, a.group_id, a.perm_read, a.perm_write, a.perm_create, a.perm_unlink "
            "FROM ir_model_access a JOIN ir_model m ON m.id = a.model_id WHERE a.active"
        )):
            self.lines[model].append((group, dict(zip(("read", "write", "create", "unlink"), perms, strict=True))))
        for model, groups, domain, *perms in self.env.execute_query(SQL(
            "SELECT m.model, array_remove(array_agg(g.group_id), NULL), r.domain_force, "
            "r.perm_read, r.perm_write, r.perm_create, r.perm_unlink FROM ir_rule r "
            "JOIN ir_model m ON m.id = r.model_id LEFT JOIN rule_group_rel g ON g.rule_group_id = r.id "
            "WHERE r.active GROUP BY r.id, m.model"
        )):
            operations = dict(zip(("read", "write", "create", "unlink"), perms, strict=True))
            self.rules[model].append((groups, domain, operations))
        self.implied = defaultdict(set)
        for group, implied in self.env.execute_query(SQL("SELECT gid, hid FROM res_groups_implied_rel")):
            self.implied[group].add(implied)

    def groups(self, user):
        """The groups of a user with all that they imply."""
        rows = self.env.execute_query(SQL("SELECT gid FROM res_groups_users_rel WHERE uid = %s", user.id))
        found, todo = set(), [row[0] for row in rows]
        while todo:
            group = todo.pop()
            if group not in found:
                found.add(group)
                todo += self.implied[group]
        return found

    def told_apart(self, model, groups):
        """Those of the groups that a line or rule of the model, or of the document that it follows, names."""
        named = {group for group, _perms in self.lines[model]}.union(*(rule[0] for rule in self.rules[model]))
        found = frozenset(groups & named)
        if model in FOLLOWED:
            found |= self.told_apart(self.env[model]._fields[FOLLOWED[model]].comodel_name, groups)
        return found

    def may(self, model, operation, groups):
        """Whether a line allows it at all."""
        return any(
            perms[operation] and (group is None or group in groups) for group, perms in self.lines[model]
        )

    def domain(self, model, operation, user, groups):
        """The condition that the record rules make."""
        context = {
            "user": self.env["res.users"].browse(user.id), "time": safe_time,
            "company_ids": user.company_ids.ids, "company_id": user.company_id.id,
        }  # fmt: skip
        everybody, own = [], []
        found_own = False
        for rule_groups, domain, operations in self.rules[model]:
            if not operations[operation]:
                continue
            evaluated = Domain(safe_eval(domain, dict(context))) if domain else Domain.TRUE
            if not rule_groups:
                everybody.append(evaluated)
            elif groups.intersection(rule_groups):
                found_own = True
                own.append(evaluated)
        return Domain.AND([*everybody, Domain.OR(own) if found_own else Domain.TRUE])

    def allowed(self, model, operation, user, groups):
        """The records of a model with which the user may do it."""
        records = self.env[model].with_context(active_test=False)
        if not self.may(model, operation, groups):
            return records.browse()
        found = records.search(self.domain(model, operation, user, groups))
        followed = FOLLOWED.get(model)
        if followed:
            step = "read" if operation == "read" else "write"
            documents = self.allowed(records._fields[followed].comodel_name, step, user, groups)
            found = found.filtered(lambda record: record[followed] in documents)
        return found


class Writes:
    """Counts the statements that write, also those that are rolled back: ``Cursor.execute`` while it is patched."""

    STATEMENT = re.compile(r"\b(INSERT\s+INTO|DELETE\s+FROM|TRUNCATE|(?<!FOR )(?<!KEY )UPDATE)\b", re.IGNORECASE)

    def __init__(self):
        self.number = 0
        self.last = ""

    def patched(self, execute):
        """``execute`` of the cursor, counting."""
        writes = self

        def counting(cursor, query, *args, **kwargs):
            text = query.code if isinstance(query, SQL) else query
            if writes.STATEMENT.search(text if isinstance(text, str) else str(text)):
                writes.number += 1
                writes.last = " ".join(str(text).split())[:100]
            return execute(cursor, query, *args, **kwargs)

        return counting
