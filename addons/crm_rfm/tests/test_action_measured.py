from datetime import timedelta
from itertools import count

from odoo.addons.crm_rfm.tests.test_action import ActionCommon
from odoo.addons.crm_rfm.tools import uplift
from odoo.tests import tagged


@tagged("post_install", "-at_install")
class TestActionMeasured(ActionCommon):
    """What becomes of the entries."""

    def _create_split_action(self, **values):
        """An action with customers in both groups."""
        groups = ({uplift.in_control(str(salt), id_, 50) for id_ in self.customers.ids} for salt in count())
        salt = next(salt for salt, arms in enumerate(groups) if len(arms) == 2)
        return self._create_action(control_percent=50, salt=str(salt), **values)

    def test_nothing_again_while_something_is_open(self):
        """Who is still to be contacted does not enter again; of the control group nothing is open."""
        action = self._create_split_action(repeat_days=1, daily_cap=1)
        action.action_start()
        tomorrow = self.today + timedelta(days=1)
        first = action.sudo().line_ids
        control = first.filtered(lambda line: line.arm == "control")
        action.sudo()._run(tomorrow)
        again = action.sudo().line_ids - first
        self.assertEqual(again.partner_id, control.partner_id)
        activities = self.env["mail.activity"].search(
            [("res_model", "=", "res.partner"), ("res_id", "in", self.customers.ids)]
        )
        self.assertEqual(len(activities), len(set(activities.mapped("res_id"))))
