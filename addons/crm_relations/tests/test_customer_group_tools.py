import doctest

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools import customer_group as rules

REQUIREMENTS = st.sampled_from([None, "general", "specific"])
STABILITIES = st.sampled_from([None, "uniform", "variable"])
VOTES = st.lists(st.tuples(REQUIREMENTS, STABILITIES), max_size=8)


@tagged("post_install", "-at_install", "pure")
class TestCustomerGroupTools(BaseCase):
    def test_doctests(self):
        result = doctest.testmod(rules)
        self.assertEqual(result.failed, 0)
        self.assertGreater(result.attempted, 3)

    def test_table(self):
        """The rules, case by case: votes (general, specific, uniform, variable) and the group."""
        table = [
            ((0, 0, 0, 0), None),
            ((1, 0, 0, 0), None),
            ((0, 0, 0, 1), None),
            ((1, 0, 1, 0), "I"),
            ((1, 0, 0, 1), "II"),
            ((0, 1, 1, 0), "III"),
            ((0, 1, 0, 1), "IV"),
            ((1, 1, 1, 0), "III"),
            ((1, 0, 1, 1), "II"),
            ((1, 1, 1, 1), "IV"),
            ((3, 2, 5, 1), "I"),
            ((2, 3, 5, 1), "III"),
            ((3, 2, 1, 5), "II"),
        ]
        for (general, specific, uniform, variable), group in table:
            votes = [("general", None)] * general + [("specific", None)] * specific
            votes += [(None, "uniform")] * uniform + [(None, "variable")] * variable
            with self.subTest(votes=(general, specific, uniform, variable)):
                self.assertEqual(rules.derive_group(votes), group)

    @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(VOTES)
    def test_order_does_not_matter_and_abstaining_changes_nothing(self, votes):
        group = rules.derive_group(votes)
        self.assertEqual(rules.derive_group(reversed(votes)), group)
        self.assertEqual(rules.derive_group([*votes, (None, None)]), group)

    @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(VOTES)
    def test_one_more_vote_for_the_winner_keeps_the_group(self, votes):
        group = rules.derive_group(votes)
        if group:
            winner = next(pair for pair, name in rules.GROUPS.items() if name == group)
            self.assertEqual(rules.derive_group([*votes, winner]), group)

    @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(VOTES)
    def test_repeating_all_votes_keeps_the_group(self, votes):
        self.assertEqual(rules.derive_group(votes * 3), rules.derive_group(votes))
