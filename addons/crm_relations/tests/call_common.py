from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields

from .common import RelationsCommon


class CallCommon(RelationsCommon):
    """A queue, two operators (``agent`` and ``colleague``) and a team lead (``supervisor``).

    The databases may hold demo calls: tests look only at the queues made here.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.company.country_id = cls.env.ref("base.si")
        operator_group = cls.env.ref("crm_relations.group_call_agent")
        (cls.agent | cls.colleague).group_ids += operator_group
        cls.supervisor.group_ids += cls.env.ref("crm_relations.group_call_lead")
        cls.queue = cls._queue("Service", lead_ids=[Command.set(cls.supervisor.ids)])
        cls.first, cls.second = (cls._operator(user) for user in (cls.agent, cls.colleague))
        cls.single.phone = "+386 40 123 456"

    @classmethod
    def _queue(cls, name, **values):
        # what other queues hold is not to be offered to the operators of the test
        return cls.env["crm.call.queue"].create({"name": name, "distribution": "pull", **values})

    @classmethod
    def _operator(cls, user, **values):
        operator = cls.env["crm.call.operator"].create(
            {"user_id": user.id, "queue_ids": [Command.set(cls.queue.ids)], "state": "offline", **values}
        )
        operator._set_state("available")
        return operator

    @classmethod
    def _call(cls, number="", *, ago=0, queue=None, **values):
        values.setdefault("date_started", fields.Datetime.now() - timedelta(seconds=ago))
        return cls.env["crm.call"]._start(queue or cls.queue, "in", number, **values)

    def _as(self, user, record):
        self.env.flush_all()
        self.env.invalidate_all()
        return record.with_user(user).sudo(False)

    def _next(self, user=None):
        """The call that a user gets by "Next", in superuser mode."""
        self.env.flush_all()
        self.env.invalidate_all()
        call_id = self.env["crm.call.operator"].with_user(user or self.agent).action_next()
        return self.env["crm.call"].browse(call_id or ())

    def _frozen(self, now):
        return patch.object(fields.Datetime, "now", staticmethod(lambda *args: now))
