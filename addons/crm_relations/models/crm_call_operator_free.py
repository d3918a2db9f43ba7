from odoo import api, models
from odoo.tools import SQL

from ..tools import call_distribution as distribution


class CrmCallOperator(models.Model):
    _inherit = "crm.call.operator"

    @api.model
    def _free_operators(self):
        """Operators who may take a call, locked; those whom another transaction serves are left out.

        :return: list of ``call_distribution.Operator``
        """
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM crm_call_operator WHERE active AND state IN ('available', 'on_call') "
                "ORDER BY id FOR UPDATE SKIP LOCKED"
            )
        )
        operators = self.browse([row[0] for row in rows])
        operators.invalidate_recordset(["state", "date_state"])
        load = operators._load()
        return [
            operator._as_operator(operator.capacity - load.get(operator.id, 0))
            for operator in operators
            if load.get(operator.id, 0) < operator.capacity
        ]

    def _as_operator(self, free):
        """What the rules of distribution know of an operator."""
        self.ensure_one()
        return distribution.Operator(
            id=self.id,
            queues=frozenset(self.queue_ids.ids),
            skills={line.skill_id.id: int(line.level) for line in self.skill_ids},
            langs=frozenset(self.lang_ids.ids),
            free=free,
            idle_since=self.date_state,
        )
