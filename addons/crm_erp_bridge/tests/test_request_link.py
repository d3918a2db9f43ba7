from odoo.exceptions import UserError
from odoo.tests import tagged

from .request_common import RequestCommon


@tagged("post_install", "-at_install")
class TestRequestLink(RequestCommon):
    """Confirming an order and ending a task finish steps of their request: only the plan says which request."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.request = cls._request(cls.quotation_type, (cls.service, 2))
        cls.request.action_start()
        cls.own_order = cls.env["sale.order"].with_user(cls.seller).create({"partner_id": cls.customer.id})

    def _refused(self):
        return self.assertRaisesRegex(UserError, "Orders and tasks of a request are made by its plan")

    def test_an_own_order_confirms_no_request(self):
        with self._refused():
            self.own_order.crm_request_id = self.request
        with self._refused():
            self.own_order.copy({"crm_request_id": self.request.id})
        order = self.own_order.with_context(default_crm_request_id=self.request.id).create(
            {"partner_id": self.customer.id}
        )
        self.assertFalse(order.crm_request_id)
        self.assertEqual(self.request.order_ids.mapped("crm_request_id"), self.request)

    def test_no_own_task_ends_a_step(self):
        self.seller.group_ids |= self.quick_ref("project.group_project_user")
        tasks = self.env["project.task"].with_user(self.seller)
        with self._refused():
            tasks.create({"name": "Mine", "project_id": self.project.id, "crm_request_id": self.request.id})
        own = tasks.create({"name": "Mine", "project_id": self.project.id})
        with self._refused():
            own.crm_request_id = self.request

    def test_the_order_of_a_request_stays_its_order(self):
        order = self.request.order_ids.with_user(self.seller)
        with self._refused():
            order.crm_request_id = False
        order.action_confirm()
        self.assertEqual(self.request.step_ids.filtered(lambda step: step.kind == "confirm").state, "done")
