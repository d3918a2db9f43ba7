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


@tagged("post_install", "-at_install")
class TestMergedOpportunities(RequestCommon):
    def test_what_belongs_to_an_opportunity_goes_with_it(self):
        """Its contract, its request and its task, archived ones too; and no second request is made then."""
        other = self._create_lead(name="The same once more")
        contract = self.env["crm.contract"].create(
            {"name": "Care", "partner_id": self.customer.id, "lead_id": other.id}
        )
        request = other.with_user(self.seller)._make_crm_request()
        archived = self._request(self.work_type, lead_id=other.id, active=False)
        task = other.with_user(self.seller)._create_task(self.project, "Survey")[0].sudo()
        task.active = False
        merged = (self.lead | other).with_user(self.boss).merge_opportunity()
        self.assertEqual(merged, self.lead)
        self.assertFalse(other.exists())
        for document in (contract, request, archived, task):
            self.assertEqual(document.sudo().lead_id, merged, document._name)
        self.assertEqual(merged.with_user(self.seller)._make_crm_request(), request)
        request.sudo().phase = "cancelled"
        again = merged.with_user(self.seller)._make_crm_request()
        self.assertEqual((again.lead_id, again.sudo().origin_key), (merged, f"crm.lead:{merged.id}:0"))
