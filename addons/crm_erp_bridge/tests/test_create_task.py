from datetime import datetime

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import BridgeCommon


@tagged("post_install", "-at_install")
class TestCreateTask(BridgeCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project = cls.env["project.project"].create({"name": "Field work", "privacy_visibility": "employees"})
        cls.lead.user_id = cls.seller

    def _ask(self, name="Measure the rooms", user=None, lead=None, **values):
        """The dialog filled in and confirmed by the salesperson."""
        wizards = self.env["crm.lead.create.task"].with_user(user or self.seller)
        with Form(wizards.with_context(default_lead_id=(lead or self.lead).id)) as form:
            form.name = name
            form.project_id = values.pop("project", self.project)
            for field, value in values.items():
                form[field] = value
        return form.record, form.record.action_create_task()

    def _tasks(self):
        return self.env["project.task"].search([("lead_id", "=", self.lead.id)])

    def test_salesperson_asks_worker(self):
        # with to-dos installed everybody may create private tasks, but none in this project
        with self.assertRaises(AccessError):
            self.env["project.task"].with_user(self.seller).create({"name": "Mine", "project_id": self.project.id})
        deadline = datetime(2030, 5, 1, 12)
        _wizard, action = self._ask(user_id=self.worker, date_deadline=deadline, description="<p>Ask for the key</p>")
        task = self._tasks()
        self.assertEqual(len(task), 1)
        self.assertEqual(task.name, "Measure the rooms")
        self.assertEqual(task.project_id, self.project)
        self.assertEqual(task.partner_id, self.customer)
        self.assertEqual(task.user_ids, self.worker)
        self.assertEqual(task.date_deadline, deadline)
        self.assertIn("Ask for the key", task.description)
        self.assertEqual(task.create_uid, self.seller)
        self.assertEqual(action["params"]["type"], "success")
        self.env.invalidate_all()
        lead = self.lead.with_user(self.seller)
        self.assertEqual((lead.task_count, lead.task_done_count), (1, 0))
        self.assertEqual(lead.action_open_tasks()["res_id"], task.id)
        self.assertEqual(task.with_user(self.seller).action_open_lead()["res_id"], self.lead.id)

    def test_second_click_finds_the_first_task(self):
        wizard, _action = self._ask()
        again = wizard.action_create_task()
        self.assertEqual(again["params"]["type"], "warning")
        self._ask(name="  measure THE rooms ")
        self._ask(user=self.boss)
        self.assertEqual(len(self._tasks()), 1)

    def test_other_title_project_or_opportunity_is_another_request(self):
        self._ask()
        self._ask(name="Measure the cellar")
        self._ask(project=self.env["project.project"].create({"name": "Other"}))
        other_lead = self._create_lead(name="Other")
        self._ask(lead=other_lead)
        self.assertEqual(len(self._tasks()), 3)
        self.assertEqual(other_lead.task_count, 1)

    def test_finished_work_may_be_asked_for_again(self):
        self._ask()
        first = self._tasks()
        first.with_user(self.worker).state = "1_done"
        self._ask()
        self.assertEqual(len(self._tasks()), 2)
        self._ask()
        self.assertEqual(len(self._tasks()), 2)
        first.unlink()
        (self._tasks()).state = "1_canceled"
        self._ask()
        self.assertEqual(len(self._tasks()), 2)

    def test_copy_of_a_task_is_not_the_request(self):
        self._ask()
        copy = self._tasks().copy()
        self.assertFalse(copy.sudo().crm_key)
        self.assertFalse(copy.lead_id)

    def test_worker_sees_task_and_customer_not_the_lead(self):
        self._ask(user_id=self.worker)
        task = self._tasks().with_user(self.worker)
        self.env.invalidate_all()
        self.assertEqual(task.name, "Measure the rooms")
        self.assertEqual(task.partner_id.name, self.customer.name)
        self.assertNotIn("lead_id", task.fields_get())
        self.assertNotIn("lead_id", task.get_view(view_type="form")["arch"])
        with self.assertRaises(AccessError):
            task.read(["lead_id"])
        with self.assertRaises(AccessError):
            self.lead.with_user(self.worker).read(["name"])

    def test_done_is_told_to_the_opportunity(self):
        self._ask(user_id=self.worker)
        task = self._tasks()
        notes = self.lead.message_ids
        task.with_user(self.worker).state = "03_approved"
        self.assertEqual(self.lead.message_ids, notes)
        task.with_user(self.worker).state = "1_done"
        note = self.lead.message_ids - notes
        self.assertEqual(len(note), 1)
        self.assertIn("Task done", note.body)
        self.assertIn("Measure the rooms", note.body)
        self.assertEqual(note.author_id, self.worker.partner_id)
        task.with_user(self.worker).state = "1_done"
        self.assertEqual(len(self.lead.message_ids - notes), 1)
        self.env.invalidate_all()
        self.assertEqual((self.lead.task_count, self.lead.task_done_count), (1, 1))

    def test_customer_stays_in_a_project_without_billing(self):
        self.project.allow_billable = False
        self._ask()
        task = self._tasks()
        self.assertEqual(task.partner_id, self.customer)
        self.project.allow_billable = True
        self.project.allow_billable = False
        self.assertEqual(task.partner_id, self.customer)

    def test_without_customer_there_is_one_clear_message(self):
        lead = self._create_lead(partner_id=False)
        with self.assertRaisesRegex(UserError, "customer"):
            self._ask(lead=lead)
        self.assertFalse(lead.task_ids)

    def test_project_of_another_company_is_refused(self):
        other = self.setup_other_company(name="Second company")["company"]
        project = self.env["project.project"].sudo().create({"name": "Foreign", "company_id": other.id})
        self.lead.company_id = self.env.company
        self.boss.company_ids |= other
        lead = self.lead.with_user(self.boss).with_context(allowed_company_ids=self.boss.company_ids.ids)
        with self.assertRaisesRegex(UserError, "Foreign"):
            lead._create_task(project.with_env(lead.env), "Work")
        self.assertFalse(self._tasks())

    def test_who_may_not_change_the_lead_or_see_the_project_asks_for_nothing(self):
        with self.assertRaises(AccessError):
            self.lead.with_user(self.worker)._create_task(self.project, "Work")
        secret = self.env["project.project"].create({"name": "Secret", "privacy_visibility": "followers"})
        with self.assertRaises(AccessError):
            self.lead.with_user(self.seller)._create_task(secret.with_user(self.seller), "Work")
        self.assertFalse(self._tasks())

    def test_merged_opportunity_takes_the_work_along(self):
        self._ask()
        other = self._create_lead(name="The same wish")
        other.expected_revenue = 1
        merged = (self.lead | other).with_user(self.boss).merge_opportunity()
        self.assertEqual(self.env["project.task"].search([("lead_id", "=", merged.id)]).name, "Measure the rooms")
