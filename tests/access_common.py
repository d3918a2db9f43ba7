"""What the tests that act in a role share: the records, who the user is, and what a refusal is."""

import contextlib
from unittest.mock import patch

from access_matrix import models, our_addons
from access_world import Rights, World, Writes

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.sql_db import Cursor
from odoo.tests import TransactionCase
from odoo.tools import mute_logger

READY_MADE = ("employee", "lead", "agent", "accountant", "auditor", "admin")
"""The roles of the user form."""
TECHNICAL = "base.group_no_one"
"""Says what is shown in developer mode, not who may see it."""


class Undo(Exception):
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
        with contextlib.suppress(Undo), self.cr.savepoint(flush=False):
            yield
            self.env.clear()
            raise Undo

    @staticmethod
    def _written_field(record):
        """A value to write: what is there already."""
        for name, field in record._fields.items():
            if field.store and not field.related and not field.compute and not field.groups and field.type in (
                "char", "text", "integer", "boolean", "float", "selection", "date", "datetime",
            ) and name not in ("create_date", "write_date"):  # fmt: skip
                return {name: record.sudo()[name]}
        return {"write_date": fields.Datetime.now()}

    # === FIELDS === #

    def _restricted_fields(self):
        """``[(model, field)]`` of the suite that not everybody who reads the model may read, on all models of Odoo."""
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
        """Whether these groups are let in by the groups of a field."""
        if spec == fields.NO_ACCESS:
            return False
        wanted, unwanted = set(), set()
        for word in spec.split(","):
            (unwanted if word.strip().startswith("!") else wanted).add(self.env.ref(word.strip().lstrip("!")).id)
        return bool(groups & wanted or not wanted) and not groups & unwanted
