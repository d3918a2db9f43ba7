from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools import bids, chain, task_key

amounts = st.integers(0, 10_000).map(lambda cents: cents / 100)
titles = st.text(min_size=1, max_size=30)
bids_ = st.fixed_dictionaries(
    {
        "amount": st.integers(0, 3),
        "currency_id": st.integers(1, 2),
        "outcome": st.sampled_from(["pending", "won", "lost", "withdrawn"]),
        "reason": st.sampled_from(["", "late", "dear", "far"]),
        "date": st.none() | st.dates(),
    }
)


@tagged("post_install", "-at_install")
class TestTools(BaseCase):
    # on a busy machine the tables of Unicode take longer to load than hypothesis likes
    @settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
    @given(st.integers(1, 99), st.integers(1, 99), titles)
    def test_case_and_spacing_do_not_make_another_request(self, lead, project, title):
        key = task_key.task_key(lead, project, title)
        self.assertEqual(key, task_key.task_key(lead, project, f"  {title}\n "))
        self.assertEqual(task_key.normalized(task_key.normalized(title)), task_key.normalized(title))
        self.assertNotEqual(key, task_key.task_key(lead + 1, project, title))
        self.assertNotEqual(key, task_key.task_key(lead, project + 1, title))
        self.assertNotEqual(key, task_key.task_key(lead, project, f"{title} x"))

    @given(st.sets(st.integers(0, 50)))
    def test_next_key_is_new(self, generations):
        earlier = [f"r:{number}" for number in generations]
        self.assertNotIn(task_key.next_key("r", earlier), earlier)
        self.assertEqual(task_key.next_key("r", earlier), task_key.next_key("r", reversed(earlier)))

    @given(amounts, amounts)
    def test_progress(self, done, wanted):
        reached = chain.progress(done, wanted)
        self.assertEqual(reached == "none", not done)
        if done:
            self.assertEqual(reached == "done", done >= wanted)

    @given(
        st.fixed_dictionaries(
            {name: amounts for name in ("total", "ordered", "delivered", "invoiced", "paid", "credited", "due")}
        ),
        st.sampled_from(["draft", "sent", "sale", "cancel"]),
    )
    def test_stages_are_in_order_and_complete(self, values, state):
        stages = chain.stages(values, state, {"order": [{"id": 1}]})
        keys = [stage["key"] for stage in stages]
        self.assertEqual(keys, sorted(keys, key=["order", "delivery", "invoice", "payment", "credit"].index))
        self.assertLessEqual({"order", "invoice", "payment"}, set(keys))
        self.assertEqual("credit" in keys, bool(values["credited"]))
        self.assertEqual(stages[0]["documents"], [{"id": 1}])

    @given(bids_, st.lists(bids_, max_size=4))
    def test_merged_bids_lose_nothing(self, kept, others):
        result = kept | bids.merged(kept, others)
        every = [kept, *others]
        self.assertEqual(bool(result["amount"]), any(bid["amount"] for bid in every))
        self.assertIn((result["amount"], result["currency_id"]), [(bid["amount"], bid["currency_id"]) for bid in every])
        self.assertEqual(result["outcome"] == "pending", all(bid["outcome"] == "pending" for bid in every))
        for bid in every:
            self.assertIn(bid["reason"], result["reason"])
        for name in ("amount", "outcome", "date"):
            if kept[name] and kept[name] != "pending":
                self.assertEqual(result[name], kept[name])
        self.assertEqual(bids.merged(result, [kept, *others]), {})
