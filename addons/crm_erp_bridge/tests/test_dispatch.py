from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo import fields
from odoo.fields import Command
from odoo.tests import BaseCase, tagged

from ..tools import dispatch
from .request_common import RequestCommon


@tagged("post_install", "-at_install")
class TestDispatch(RequestCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        skill_type = cls.env["hr.skill.type"].sudo().create(
            {
                "name": "Trees",
                "skill_ids": [Command.create({"name": "Pruning"})],
                "skill_level_ids": [
                    Command.create({"name": "Learner", "level_progress": 30}),
                    Command.create({"name": "Master", "level_progress": 90}),
                ],
            }
        )
        cls.skill = skill_type.skill_ids
        cls.learner, cls.master = skill_type.skill_level_ids.sorted("level_progress")
        cls.env["hr.employee"].sudo().search([("company_id", "=", cls.env.company.id)]).active = False
        cls.old, cls.young = (
            cls.env["hr.employee"].sudo().create(
                {
                    "name": user.name,
                    "user_id": user.id,
                    "company_id": cls.env.company.id,
                    "employee_skill_ids": [
                        Command.create(
                            {"skill_type_id": skill_type.id, "skill_id": cls.skill.id, "skill_level_id": level.id}
                        )
                    ],
                }
            )
            for user, level in ((cls.worker, cls.master), (cls.colleague, cls.learner))
        )
        cls.step_plan = cls.work_type.plan_ids[0]
        cls.step_plan.write(
            {"choose_best": True, "skill_id": cls.skill.id, "skill_level_id": cls.master.id, "hours": 4, "days": 14}
        )

    def _started(self):
        request = self._request(self.work_type)
        request.action_start()
        return request

    def test_only_who_has_the_level(self):
        task = self._started().sudo().task_ids
        self.assertEqual(task.user_ids, self.worker)
        note = str(task.message_ids.mapped("body"))
        self.assertIn("Worker was chosen", note)
        self.assertIn("Pruning: 90", note)

    def test_less_loaded_goes_first_and_given_work_counts(self):
        self.step_plan.write({"skill_level_id": self.learner.id, "hours": 20})
        requests = self._request(self.work_type) + self._request(self.work_type)
        requests.action_start()
        users = requests.sudo().task_ids.mapped("user_ids")
        self.assertEqual(users, self.worker + self.colleague)

    def test_who_is_away_gets_nothing(self):
        self.step_plan.skill_level_id = self.learner
        now = fields.Datetime.now()
        self.env["resource.calendar.leaves"].sudo().create(
            {
                "name": "Away",
                "resource_id": self.old.resource_id.id,
                "calendar_id": self.old.resource_calendar_id.id,
                "date_from": datetime.combine(now.date(), datetime.min.time()) - timedelta(days=1),
                "date_to": now + timedelta(days=40),
            }
        )
        self.assertEqual(self._started().sudo().task_ids.user_ids, self.colleague)

    def test_who_has_left_gets_nothing(self):
        """The user is archived, the employee not yet; chosen or named by the plan, nobody would see the task."""
        self.worker.sudo().active = False
        self.step_plan.skill_level_id = self.learner
        self.assertEqual(self._started().sudo().task_ids.user_ids, self.colleague)
        self.step_plan.write({"choose_best": False, "user_id": self.worker.id})
        request = self._started()
        step = request.step_ids.filtered(lambda step: step.key == "work")
        self.assertEqual((step.state, request.task_count), ("failed", 0))
        self.assertEqual(
            step.error, "Worker, who does “Work” by the plan, has left: name somebody else there."
        )
        self.work_type.plan_ids[0].write({"user_id": False})
        self.work_type.plan_ids[1].write({"after": False, "user_id": self.worker.id})
        tell = self._started().step_ids.filtered(lambda step: step.key == "tell")
        self.assertEqual(tell.state, "failed")
        self.assertIn("Nobody is responsible", tell.error)

    def test_nobody_can_and_why(self):
        self.step_plan.hours = 500
        request = self._started()
        step = request.step_ids.filtered(lambda step: step.key == "work")
        self.assertEqual((step.state, request.phase), ("failed", "stuck"))
        self.assertIn("Worker: has no time left until then", step.error)
        self.assertIn("Colleague: has less than Master in Pruning", step.error)
        self.assertIn("has no time left", str(request.activity_ids.note))
        self.assertFalse(request.sudo().task_ids)


candidates = st.lists(
    st.builds(
        dispatch.Candidate,
        id=st.integers(1, 50),
        skill=st.none() | st.floats(0, 100),
        capacity=st.floats(0, 200),
        load=st.floats(0, 200),
        speaks=st.booleans(),
        knows=st.booleans(),
    ),
    max_size=8,
    unique_by=lambda candidate: candidate.id,
)


@tagged("post_install", "-at_install", "pure")
class TestDispatchRule(BaseCase):
    @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(candidates, st.none() | st.floats(0, 100), st.floats(0, 100))
    def test_the_best_of_those_who_can_whatever_the_order(self, found, wanted, hours):
        best = dispatch.choose(found, wanted, hours)
        self.assertEqual(best, dispatch.choose(found[::-1], wanted, hours))
        able = [one for one in found if dispatch.refusal(one, wanted, hours) is None]
        self.assertEqual(best is None, not able)
        for one in able:
            self.assertGreaterEqual(dispatch.score(best, wanted, hours), dispatch.score(one, wanted, hours))
            self.assertTrue(0 <= dispatch.score(one, wanted, hours) <= 1.0000001)
