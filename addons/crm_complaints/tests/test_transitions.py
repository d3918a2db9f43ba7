from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..const import OUTCOMES as OUTCOME_LABELS
from ..const import PHASES as PHASE_LABELS
from ..tools import completeness, file_names, transitions
from ..tools.transitions import OPEN_PHASES, OUTCOMES, PHASES, Target

# how fast examples come depends on what else the machine does, not on the code
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

KNOWN = frozenset(
    {"acknowledgement", "severity", "owner", "decision", "decision_reason", "response", "reason"},
)

targets = st.one_of(
    st.sampled_from(OPEN_PHASES).map(Target),
    st.sampled_from(OUTCOMES).map(lambda outcome: Target("closed", outcome)),
)
# mostly everything is known, or no path leads far
knowledge = st.one_of(st.just(KNOWN), st.frozensets(st.sampled_from(sorted(KNOWN))))
decisions = st.sampled_from([None, "upheld", "partly", "not_upheld"])
paths = st.lists(st.tuples(targets, knowledge, decisions), min_size=15, max_size=40)


def walk(path):
    """Follow a path as far as the rules allow; yields (before, after, dates, changes, known) of each move made."""
    current, dates = Target("received"), {}
    for moment, (target, known, decision) in enumerate(path):
        if transitions.refusals(current, target, known, decision):
            continue
        changes = transitions.date_changes(current, target, frozenset(dates))
        before, current = current, target
        old_dates = dict(dates)
        dates = {name: date for name, date in dates.items() if name not in changes.clear}
        dates |= dict.fromkeys(changes.set_now, moment)
        yield before, current, old_dates, dates, known, decision


@tagged("post_install", "-at_install", "pure")
class TestTransitions(BaseCase):
    def test_vocabularies_agree(self):
        self.assertEqual(tuple(code for code, _label in PHASE_LABELS), PHASES)
        self.assertEqual(tuple(code for code, _label in OUTCOME_LABELS), OUTCOMES)
        self.assertEqual(set(transitions.TRANSITIONS), set(PHASES))

    @unhurried
    @given(paths)
    def test_closed_if_and_only_if_closing_date(self, path):
        for _before, current, _old, dates, _known, _decision in walk(path):
            self.assertEqual("date_closed" in dates, current.phase == "closed")

    @unhurried
    @given(paths)
    def test_first_dates_never_change(self, path):
        for _before, _current, old, dates, _known, _decision in walk(path):
            for name in set(old) - transitions.STANDING_DATES:
                self.assertEqual(dates.get(name), old[name])

    @unhurried
    @given(paths)
    def test_an_answer_stands_only_while_it_is_proposed_or_final(self, path):
        for _before, current, _old, dates, _known, _decision in walk(path):
            if "date_responded" in dates:
                self.assertIn(current.phase, ("response", "closed"))

    @unhurried
    @given(paths)
    def test_nobody_closes_without_decision_or_reason(self, path):
        for before, current, _old, _dates, known, decision in walk(path):
            if current.phase == "closed" != before.phase:
                if current.outcome == "withdrawn":
                    self.assertIn("reason", known)
                else:
                    self.assertLessEqual({"decision", "decision_reason"}, known)
                if current.outcome == "rejected":
                    self.assertEqual(before.phase, "response")
                    self.assertNotIn(decision, ("upheld", "partly"))

    @unhurried
    @given(paths)
    def test_nobody_reopens_without_reason(self, path):
        for before, current, _old, _dates, known, _decision in walk(path):
            if transitions.is_reopening(before, current):
                self.assertIn("reason", known)
                self.assertIn(current.phase, ("assessed", "investigation"))

    @unhurried
    @given(targets, targets, knowledge, decisions)
    def test_knowing_more_never_closes_a_path(self, current, target, known, decision):
        refused = transitions.refusals(current, target, known, decision)
        self.assertLessEqual(set(transitions.refusals(current, target, KNOWN, decision)), set(refused))

    @unhurried
    @given(targets, targets)
    def test_a_move_writes_at_most_one_date(self, current, target):
        changes = transitions.date_changes(current, target, frozenset(transitions.DATE_OF_PHASE.values()))
        self.assertLessEqual(len(changes.set_now), 1)
        self.assertFalse(changes.set_now & changes.clear)

    def test_every_open_phase_reaches_every_outcome(self):
        for phase in OPEN_PHASES:
            for outcome in OUTCOMES:
                seen, todo = {Target(phase)}, [Target(phase)]
                while todo:
                    here = todo.pop()
                    for there in [Target(p) for p in OPEN_PHASES] + [Target("closed", outcome)]:
                        if there not in seen and not transitions.refusals(here, there, KNOWN, "not_upheld"):
                            seen.add(there)
                            todo.append(there)
                self.assertIn(Target("closed", outcome), seen, phase)

    def test_rejection_differs_from_decision(self):
        refused = transitions.refusals(Target("response"), Target("closed", "rejected"), KNOWN, "upheld")
        self.assertEqual(refused, ("decision_differs",))

    def test_missing_facts_in_the_order_of_asking(self):
        self.assertEqual(completeness.missing_facts(frozenset()), completeness.WANTED)
        self.assertEqual(completeness.missing_facts(frozenset(completeness.WANTED)), ())
        self.assertEqual(completeness.missing_facts(frozenset(completeness.WANTED), True), ("authority",))

    @unhurried
    @given(st.text(st.characters(codec=None), max_size=300))
    def test_file_names_are_harmless(self, name):
        safe = file_names.safe_file_name(name)
        self.assertTrue(0 < len(safe) <= file_names.MAX_LENGTH)
        self.assertNotIn("/", safe)
        self.assertNotIn("\\", safe)
        self.assertTrue(safe.isprintable() or " " in safe or any(ord(char) > 127 for char in safe))
        safe.encode()
        self.assertEqual(file_names.safe_file_name(safe), safe)

    def test_file_names_keep_their_extension(self):
        self.assertEqual(file_names.safe_file_name("x" * 300 + ".jpeg")[-6:], "x.jpeg")
        self.assertEqual(len(file_names.safe_file_name("x" * 300 + ".jpeg")), 100)
