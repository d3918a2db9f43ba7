from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import ComplaintsCommon

LEAK = "The kettle leaks at the base after one week, water runs over the table."


@tagged("post_install", "-at_install")
class TestSimilar(ComplaintsCommon):
    """Similar cases and experiences, found by a clerk who sees only the own cases."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.past = cls._answered(description=f"<p>{LEAK}</p>")
        cls.past._move_to("closed", "settled", reason="New kettle sent")
        cls.foreign = cls._complaint(
            user=cls.other, name="Kettle leaks badly", description=f"<p>{LEAK}</p>", user_id=cls.other.id
        )
        cls.unlike = cls._complaint(name="Invoice shows the old price", description="<p>The offer said 320.</p>")
        for complaint in (cls.past, cls.foreign, cls.unlike):
            complaint.sudo().message_unsubscribe(complaint.sudo().message_partner_ids.ids)

    def _found(self, user=None, complaint_id=0, **values):
        complaints = self.env["crm.complaint"].with_user(user or self.clerk)
        return complaints.crm_similar({"name": "Leaking kettle, water at the base", **values}, complaint_id)

    def test_the_likest_with_what_settled_it(self):
        card = self._found()["cases"][0]
        self.assertEqual(card["id"], self.past.id)
        self.assertEqual((card["settled"], card["decision"]), ("New kettle sent", "Upheld"))
        self.assertEqual((card["verdict"], card["answer"]), ("worked", True))
        self.assertEqual(self._found()["summary"], "1 decided like this, 1 of them upheld.")

    def test_only_what_the_user_may_read(self):
        self.assertEqual([card["id"] for card in self._found()["cases"]], [self.past.id])
        self.assertEqual({card["id"] for card in self._found(self.lead)["cases"]}, {self.past.id, self.foreign.id})

    def test_accents_marks_and_case_do_not_matter(self):
        slovak = self._complaint(name="Rýchlovarná kanvica tečie pri päte", user_id=self.clerk.id)
        found = self._found(name="RYCHLOVARNA KANVICA: tecie!")["cases"]
        self.assertEqual(found[0]["id"], slovak.id)

    def test_itself_is_left_out(self):
        self.assertEqual(self._found(complaint_id=self.past.id)["cases"], [])

    def test_nothing_typed_and_nothing_known(self):
        for name in ("", "a b", "' | & ! <->", "zzzqqq"):
            with self.subTest(name=name):
                self.assertEqual(self._found(name=name), {"solutions": [], "cases": [], "summary": ""})

    def test_changed_text_is_found_at_once(self):
        self.unlike.description = "<p>The gasket of the espresso machine is porous.</p>"
        self.assertEqual(self._found(name="Porous gasket, espresso machine")["cases"][0]["id"], self.unlike.id)

    def test_customers_do_not_search(self):
        for user in (self.ana_user, self.boris_user):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._found(user)
        with self.assertRaises(AccessError):
            self.past.with_user(self.ana_user).crm_take_over("case", self.past.id)

    # === TAKING OVER === #

    def _solution(self, **values):
        values = {"name": "Kettle leaks at the base", "answer": "<p>A new seal is on its way.</p>", **values}
        return self.env["crm.complaint.solution"].with_user(self.clerk).create(values)

    def test_an_experience_is_proposed_and_taken_over(self):
        cause = self.env["crm.complaint.cause"].create({"name": "Seal"})
        solution = self._solution(cause_id=cause.id)
        complaint = self._complaint(name="Kettle leaks at the base")
        card = self._found(complaint_id=complaint.id)["solutions"][0]
        self.assertEqual((card["id"], card["worked"], card["failed"]), (solution.id, 0, 0))
        complaint.crm_take_over("solution", solution.id)
        self.assertIn("A new seal is on its way.", complaint.response)
        self.assertEqual((complaint.cause_id, complaint.decision), (cause, False))
        complaint.crm_take_over("solution", solution.id)
        self.assertEqual(len(complaint.solution_use_ids), 1)

    def test_what_is_written_is_kept(self):
        complaint = self._complaint(response="<p>Dear Ana,</p>")
        complaint.crm_take_over("case", self.past.id)
        self.assertEqual(str(complaint.response).count("<p>"), 2)
        self.assertTrue(str(complaint.response).startswith("<p>Dear Ana,</p>"))

    def test_the_end_of_the_case_is_the_verdict(self):
        solution = self._solution()
        complaint = self._answered()
        complaint.crm_take_over("solution", solution.id)
        complaint._move_to("closed", "settled")
        self.assertEqual(complaint.solution_use_ids.verdict, "worked")
        self.assertEqual((solution.worked_count, solution.failed_count), (1, 0))
        complaint._move_to("investigation", reason="It leaks again")
        self.assertEqual(complaint.solution_use_ids.verdict, "failed")
        solution.invalidate_recordset()
        self.assertEqual((solution.worked_count, solution.failed_count), (0, 1))

    def test_what_did_not_work_comes_after_what_did(self):
        bad, good = self._solution(), self._solution(name="Kettle leaks at the spout and base")
        for solution, verdict in ((bad, "failed"), (good, "worked")):
            solution._note_use(self._complaint(), verdict)
        self.assertEqual([card["id"] for card in self._found()["solutions"]], [good.id, bad.id])

    def test_nothing_of_a_case_one_may_not_open(self):
        complaint = self._complaint()
        with self.assertRaises(AccessError):
            complaint.crm_take_over("case", self.foreign.id)
        self.assertFalse(complaint.response)

    def test_a_closed_complaint_takes_nothing(self):
        answer = self.past.response
        with self.assertRaisesRegex(UserError, "is closed"):
            self.past.with_user(self.clerk).crm_take_over("solution", self._solution().id)
        self.assertEqual(self.past.response, answer)

    def test_a_case_without_answer_has_nothing_to_give(self):
        with self.assertRaisesRegex(UserError, "no answer to take over"):
            self._complaint().crm_take_over("case", self.unlike.id)

    def test_keeping_an_experience_notes_where_it_comes_from(self):
        action = self.past.with_user(self.clerk).action_keep_experience()
        solution = self.env["crm.complaint.solution"].with_user(self.clerk).with_context(**action["context"]).create({})
        self.assertEqual((solution.use_ids.complaint_id, solution.name), (self.past, "Kettle leaks"))
        self.assertEqual(solution.use_ids.verdict, "worked")

    def test_as_many_queries_for_ten_as_for_a_hundred(self):
        def queries():
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._found(self.lead)
            return self.env.cr.sql_log_count - before

        for index in range(10):
            self._complaint(name=f"Kettle leaks at the base {index}")
        queries()
        few = queries()
        for index in range(90):
            self._complaint(name=f"Kettle leaks at the base {index}")
        self.env.flush_all()
        queries()  # caches of names that creating clears
        self.assertEqual(queries(), few)
