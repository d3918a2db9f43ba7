from datetime import date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import BaseCase, tagged

from ..tools import replan
from .request_common import RequestCommon


class WorkCommon(RequestCommon):
    """Worker and colleague are the company's only employees with a user; the planner plans for everybody."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.planner = cls._create_user("planner", "project.group_project_manager,hr_timesheet.group_hr_timesheet_user")
        cls.env["hr.employee"].sudo().search([("company_id", "=", cls.env.company.id)]).active = False
        cls.old, cls.young = (
            cls.env["hr.employee"].sudo().create(
                {"name": user.name, "user_id": user.id, "company_id": cls.env.company.id}
            )
            for user in (cls.worker, cls.colleague)
        )
        cls.request = cls._request(cls.work_type)

    @classmethod
    def _task(cls, *users, hours=8, days=5, **values):
        # as the plan of the request makes it
        return cls.env["project.task"].sudo().create(
            {
                "name": "Prune",
                "project_id": cls.project.id,
                "partner_id": cls.customer.id,
                "crm_request_id": cls.request.id,
                "user_ids": [Command.set([user.id for user in users])],
                "allocated_hours": hours,
                "date_deadline": datetime.now() + timedelta(days=days),
            }
            | values
        ).sudo(False)

    def _book(self, task, employee, hours):
        self.env["account.analytic.line"].sudo().create(
            {"name": "work", "task_id": task.id, "project_id": task.project_id.id, "employee_id": employee.id,
             "unit_amount": hours}
        )  # fmt: skip
        self.env.flush_all()


@tagged("post_install", "-at_install")
class TestWorkReport(WorkCommon):
    def _rows(self, user=None):
        self.env.flush_all()
        self.env.invalidate_all()
        report = self.env["crm.work.report"].with_user(user or self.boss)
        return {
            (row.task_id.id, row.user_id): (
                row.outcome, row.hours_planned, row.hours_spent, row.hours_left, row.tasks
            )
            for row in report.search([("project_id", "=", self.project.id)])
        }  # fmt: skip

    def test_shared_work_is_shared_and_adds_up(self):
        both = self._task(self.worker, self.colleague, hours=8)
        late = self._task(self.worker, hours=2, days=-1)
        self._book(both, self.old, 3)
        self._book(late, self.young, 1)  # helped without having it
        self.assertEqual(
            self._rows(),
            {
                (both.id, self.worker): ("open", 4, 3, 2.5, 0.5),
                (both.id, self.colleague): ("open", 4, 0, 2.5, 0.5),
                (late.id, self.worker): ("late", 2, 0, 1, 1),
                (late.id, self.colleague): ("late", 0, 1, 0, 0),
            },
        )
        self.assertEqual(self.request.with_user(self.seller).hours_spent, 4)
        self.assertEqual(self.customer.with_user(self.boss).crm_hours_spent, 4)
        contact = self.env["res.partner"].create({"name": "Ana", "parent_id": self.customer.id})
        self.assertEqual(contact.with_user(self.boss).crm_hours_spent, 4)

    def test_results(self):
        in_time, too_late = self._task(self.worker), self._task(self.worker, days=-2)
        dropped = self._task(self.worker)
        (in_time | too_late).state = "1_done"
        dropped.state = "1_canceled"
        rows = self._rows()
        self.assertEqual(
            [rows[task.id, self.worker][0] for task in (in_time, too_late, dropped)],
            ["in_time", "done_late", "cancelled"],
        )
        self.assertEqual({row[3] for row in rows.values()}, {0})

    def test_who_sees_whose_work(self):
        mine, other = self._task(self.worker), self._task(self.colleague)
        self.assertEqual(set(self._rows(self.worker)), {(mine.id, self.worker)})
        self.assertEqual({task for task, _user in self._rows(self.planner)}, {mine.id, other.id})
        with self.assertRaises(AccessError):
            self._rows(self.accountant)
        row = self.env["crm.work.report"].with_user(self.worker).search([("task_id", "=", mine.id)])
        with self.assertRaises(AccessError):
            row.read(["request_id"])

    def test_only_work_for_customers(self):
        task = self._task(self.worker, crm_request_id=False)
        self.assertFalse(self.env["crm.work.report"].search([("task_id", "=", task.id)]))


@tagged("post_install", "-at_install")
class TestReplan(WorkCommon):
    def _wizard(self, **values):
        """Until the tenth working day, today included: 80 hours, whatever weekday it is."""
        days = [fields.Date.add(fields.Date.today(), days=number) for number in range(14)]
        values = {"date_until": [day for day in days if day.weekday() < 5][9]} | values
        return self.env["crm.task.replan"].with_user(self.planner).create(values)

    def _away(self):
        return self._wizard(away_id=self.old.id)

    def test_shown_first_then_done(self):
        first, second = self._task(self.worker, hours=8), self._task(self.worker, hours=6, days=3)
        self._task(self.colleague, hours=5)
        wizard = self._away()
        wizard.action_propose()
        self.assertEqual(
            [(line.task_id, line.from_ids, line.to_id, line.hours) for line in wizard.line_ids],
            [(second, self.worker, self.colleague, 6), (first, self.worker, self.colleague, 8)],
        )
        self.assertEqual(
            {load.employee_id.id: (load.capacity, load.before, load.after) for load in wizard.load_ids},
            {self.old.id: (0, 14, 0), self.young.id: (80, 5, 19)},
        )
        self.assertEqual((first | second).user_ids, self.worker)
        wizard.action_apply()
        self.assertEqual((first | second).user_ids, self.colleague)
        self.assertIn("Re-planned from Worker to Colleague.", str(first.message_ids.mapped("body")))

    def test_no_more_than_there_is_time_for(self):
        self._task(self.colleague, hours=70)
        small, large = self._task(self.worker, hours=8, days=3), self._task(self.worker, hours=8)
        wizard = self._away()
        wizard.action_propose()
        self.assertEqual([line.to_id for line in wizard.line_ids], [self.colleague, self.env["res.users"]])
        self.assertEqual(wizard.unplaced_count, 1)
        wizard.action_apply()
        self.assertEqual((small.user_ids, large.user_ids), (self.colleague, self.worker))

    def test_by_hand_and_what_it_makes_of_the_load(self):
        task = self._task(self.worker, hours=100)
        wizard = self._wizard(task_ids=[Command.set(task.ids)])
        wizard.action_propose()
        self.assertFalse(wizard.line_ids.to_id)
        with self.assertRaises(UserError):
            wizard.action_apply()
        wizard.line_ids.to_id = self.colleague
        wizard.action_show_load()
        load = wizard.load_ids.filtered(lambda load: load.employee_id.id == self.young.id)
        self.assertEqual((load.before, load.after, load.is_over), (0, 100, True))

    def test_what_somebody_else_changed_is_not_overwritten(self):
        task, other = self._task(self.worker), self._task(self.worker)
        wizard = self._away()
        wizard.action_propose()
        task.user_ids = self.seller
        with self.assertRaises(UserError):
            wizard.action_apply()
        self.assertEqual((task.user_ids, other.user_ids), (self.seller, self.worker))

    def test_the_skill_that_the_plan_asks_for(self):
        skill_type = self.env["hr.skill.type"].sudo().create(
            {
                "name": "Trees",
                "skill_ids": [Command.create({"name": "Pruning"})],
                "skill_level_ids": [Command.create({"name": "Master", "level_progress": 90, "default_level": True})],
            }
        )
        self.work_type.plan_ids[0].write(
            {"choose_best": True, "skill_id": skill_type.skill_ids.id,
             "skill_level_id": skill_type.skill_level_ids.id, "hours": 4, "days": 5}
        )  # fmt: skip
        self.old.employee_skill_ids = [
            Command.create({"skill_type_id": skill_type.id, "skill_id": skill_type.skill_ids.id,
                            "skill_level_id": skill_type.skill_level_ids.id})
        ]  # fmt: skip
        self.request.with_user(self.seller).action_start()
        self.assertEqual(self.request.sudo().task_ids.user_ids, self.worker)
        wizard = self._away()
        wizard.action_propose()
        self.assertFalse(wizard.line_ids.to_id)

    def test_least_rights(self):
        for user in (self.worker, self.seller, self.accountant):
            with self.assertRaises(AccessError):
                self.env["crm.task.replan"].with_user(user).create({})

    def test_queries_do_not_grow_with_the_tasks(self):
        counts = []
        for size in (2, 20):
            tasks = self.env["project.task"].union(*[self._task(self.worker, hours=0.1) for _number in range(size)])
            self.env.flush_all()
            self.env.invalidate_all()
            wizard = self._wizard(task_ids=[Command.set(tasks.ids)])
            before = self.cr.sql_log_count
            wizard._works(wizard._tasks_to_move(), wizard._employees())
            counts.append(self.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])


works = st.lists(
    st.builds(
        replan.Work,
        id=st.integers(1, 40),
        due=st.dates(date(2026, 1, 1), date(2026, 2, 1)),
        hours=st.integers(0, 40),
        wanted=st.none() | st.integers(0, 100),
        skills=st.dictionaries(st.integers(1, 5), st.integers(0, 100)),
        never=st.frozensets(st.integers(1, 5)),
    ),
    unique_by=lambda work: work.id,
    max_size=12,
)
hours = st.fixed_dictionaries({person: st.integers(0, 60) for person in range(1, 6)})


@tagged("post_install", "-at_install", "pure")
class TestReplanRule(BaseCase):
    @settings(max_examples=200, deadline=None)
    @given(works, hours, hours)
    def test_nobody_gets_more_than_there_is_time_for(self, work_list, capacity, load):
        given_to, after = replan.plan(work_list, capacity, load)
        self.assertEqual(set(given_to), {work.id for work in work_list})
        for work in work_list:
            person = given_to[work.id]
            if person:
                self.assertNotIn(person, work.never)
                self.assertLessEqual(after[person], capacity[person])
                if work.wanted is not None:
                    self.assertGreaterEqual(work.skills[person], work.wanted)
        for person, total in after.items():
            self.assertEqual(total, load[person] + sum(work.hours for work in work_list if given_to[work.id] == person))

    @settings(max_examples=100, deadline=None)
    @given(works, hours, hours, st.randoms())
    def test_the_order_of_the_list_does_not_matter(self, work_list, capacity, load, random):
        shuffled = list(work_list)
        random.shuffle(shuffled)
        self.assertEqual(replan.plan(work_list, capacity, load), replan.plan(shuffled, capacity, load))
