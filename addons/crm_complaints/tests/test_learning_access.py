from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import ComplaintsCommon

CONFIGURATION = (
    ("crm.complaint.cause", {"name": "x"}),
    ("crm.complaint.department", {"name": "x"}),
    ("crm.complaint.remedy.policy", {"name": "x", "kind": "apology"}),
    ("crm.service.promise", {"name": "x"}),
)
"""Read by users and auditors, written by the administrator."""


@tagged("post_install", "-at_install")
class TestLearningAccess(ComplaintsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cause = cls.env["crm.complaint.cause"].create({"name": "Packing"})
        cls.complaint = cls._complaint(cause_id=cls.cause.id, cost=7)

    def _models(self):
        """Every model of this part that has a table or a view, with a record of the company."""
        env = self.env
        values = {"company_id": self.company.id}
        solution = env["crm.complaint.solution"].create({"name": "x", **values})
        chart = env["crm.complaint.chart"].create({"name": "x", "cause_id": self.cause.id, **values})
        return {
            "solution": solution,
            "use": env["crm.complaint.solution.use"].create(
                {"solution_id": solution.id, "complaint_id": self.complaint.id}
            ),
            "remedy": env["crm.complaint.remedy"].create(
                {"complaint_id": self.complaint.id, "kind": "apology", "reason": "x"}
            ),
            "policy": env["crm.complaint.remedy.policy"].create({"name": "x", "kind": "apology", **values}),
            "action": env["crm.complaint.action"].create(
                {"name": "x", "cause_id": self.cause.id, "date_due": "2026-01-01", **values}
            ),
            "chart": chart,
            "signal": env["crm.complaint.signal"].create(
                {"chart_id": chart.id, "date": "2026-01-01", "rule": "beyond", "up": True}
            ),
            "exposure": env["crm.complaint.exposure"].create({"date": "1999-01-01", "orders": 1, **values}),
            "ledger": env["crm.complaint.promise"].create({"name": "x", "complaint_id": self.complaint.id}),
            "promise": env["crm.service.promise"].create({"name": "x", **values}),
            "report": env["crm.complaint.report"].browse(self.complaint.id),
            "cause": self.cause,
        }

    def test_customers_see_nothing_of_it(self):
        for name, record in self._models().items():
            with self.subTest(model=name), self.assertRaises(AccessError):
                record.with_user(self.ana_user).search([])
        for field in ("cause_id", "cost", "remedy_ids", "similar_text", "promise_ids", "department_id"):
            with self.subTest(field=field), self.assertRaises(AccessError):
                self.complaint.with_user(self.ana_user).read([field])

    def test_auditors_read_and_change_nothing(self):
        for name, record in self._models().items():
            with self.subTest(model=name):
                mine = record.with_user(self.auditor)
                self.assertTrue(mine.has_access("read"))
                self.assertFalse(mine.has_access("write"))
                self.assertFalse(mine.has_access("unlink"))
                self.assertFalse(mine.browse().has_access("create"))
        tiles = self.env["crm.complaint"].with_user(self.auditor).crm_dashboard()["tiles"]
        self.assertTrue(tiles)

    def test_users_of_another_company_see_nothing(self):
        records = self._models()
        other = self.env["res.company"].create({"name": "Other"})
        user = self._user("cmp_elsewhere", "group_manager", company_id=other.id, company_ids=[other.id])
        for name, record in records.items():
            if name != "cause":  # causes are common to all companies
                with self.subTest(model=name):
                    self.assertFalse(record.with_user(user).search([("id", "=", record.id)]))
                    self.assertFalse(record.with_user(user).has_access("read"))

    def test_the_clerk_configures_nothing(self):
        for model, values in CONFIGURATION:
            with self.subTest(model=model):
                with self.assertRaises(AccessError):
                    self.env[model].with_user(self.lead).create(values)
                self.assertTrue(self.env[model].with_user(self.admin).create(values))

    def test_who_loses_the_complaint_loses_what_belongs_to_it(self):
        """Handed over to a colleague: the clerk sees neither the case nor its remedies, promises and row."""
        records = self._models()
        self.complaint.message_unsubscribe(self.complaint.sudo().message_partner_ids.ids)
        self.complaint.sudo().user_id = self.other
        self.complaint.message_unsubscribe(self.clerk.partner_id.ids)
        for name in ("use", "remedy", "ledger", "report"):
            with self.subTest(model=name):
                record = records[name].with_user(self.clerk)
                self.assertEqual(record.search_count([("id", "=", record.id)]), 0)
                self.assertEqual(record._read_group([("id", "=", record.id)], aggregates=["__count"]), [(0,)])
                with self.assertRaises(AccessError):
                    record.read(["complaint_id"])
                self.assertTrue(records[name].with_user(self.other).has_access("read"))

    def test_causes_make_no_circle(self):
        child = self.env["crm.complaint.cause"].create({"name": "Cardboard", "parent_id": self.cause.id})
        self.assertEqual(child.complete_name, "Packing / Cardboard")
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.cause.parent_id = child
        self.assertFalse(self.cause.parent_id)

    def test_counts_of_a_cause_with_narrower_ones(self):
        child = self.env["crm.complaint.cause"].create({"name": "Cardboard", "parent_id": self.cause.id})
        self._complaint(cause_id=child.id)
        causes = (self.cause | child).with_user(self.lead)
        self.assertEqual(causes.mapped("complaint_count"), [2, 1])

    def test_the_cause_names_the_department_and_a_person_may_differ(self):
        department, other = self.env["crm.complaint.department"].create([{"name": "Logistics"}, {"name": "Sales"}])
        self.cause.department_id = department
        complaint = self._complaint(cause_id=self.cause.id)
        self.assertEqual(complaint.department_id, department)
        complaint.department_id = other
        self.assertEqual(complaint.department_id, other)
