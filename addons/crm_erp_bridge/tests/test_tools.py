from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools import bids, chain, projection, task_key

# on a busy machine values take longer to draw than hypothesis likes
unhurried = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
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


@tagged("post_install", "-at_install", "pure")
class TestTools(BaseCase):
    @unhurried
    @given(st.integers(1, 99), st.integers(1, 99), titles)
    def test_case_and_spacing_do_not_make_another_request(self, lead, project, title):
        key = task_key.task_key(lead, project, title)
        self.assertEqual(key, task_key.task_key(lead, project, f"  {title}\n "))
        self.assertEqual(task_key.normalized(task_key.normalized(title)), task_key.normalized(title))
        self.assertNotEqual(key, task_key.task_key(lead + 1, project, title))
        self.assertNotEqual(key, task_key.task_key(lead, project + 1, title))
        self.assertNotEqual(key, task_key.task_key(lead, project, f"{title} x"))

    @unhurried
    @given(st.sets(st.integers(0, 50)))
    def test_next_key_is_new(self, generations):
        earlier = [f"r:{number}" for number in generations]
        self.assertNotIn(task_key.next_key("r", earlier), earlier)
        self.assertEqual(task_key.next_key("r", earlier), task_key.next_key("r", reversed(earlier)))

    @unhurried
    @given(amounts, amounts)
    def test_progress(self, done, wanted):
        reached = chain.progress(done, wanted)
        self.assertEqual(reached == "none", not done)
        if done:
            self.assertEqual(reached == "done", done >= wanted)

    @unhurried
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

    @unhurried
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

    @unhurried
    @given(st.dates(max_value=date(9000, 1, 1)), st.integers(0, 800), st.integers(-50, 900), st.floats(0, 1e9))
    def test_projection(self, start, days, today, realised):
        end, now = start + timedelta(days=days), start + timedelta(days=today)
        part = projection.elapsed(start, end, now)
        projected = projection.project(realised, start, end, now)
        self.assertTrue(0 <= part <= 1)
        self.assertGreaterEqual(projected, realised)
        if today >= days or today < 0:
            self.assertEqual(projected, realised)
        else:
            self.assertAlmostEqual(projected * part, realised, delta=realised * 1e-9)
        ahead = projection.project(realised, start, end, now, "pipeline", 7)
        self.assertEqual(ahead, realised + 7 if today < days else realised)

    def test_projection_refuses_nonsense(self):
        day = date(2026, 1, 2)
        with self.assertRaises(ValueError):
            projection.project(1, day, date(2026, 1, 1), day)
        with self.assertRaises(ValueError):
            projection.project(1, day, day, day, "wish")

    @unhurried
    @given(
        st.integers(-500, 500),
        st.sampled_from(sorted(projection.GAP_SOURCES)),
        st.dictionaries(st.sampled_from(["overdue", "not_due", "to_invoice", "delivery", "pipeline"]),
                        st.integers(-100, 300)),
    )
    def test_causes_add_up_to_the_gap(self, gap, measure, amounts):
        parts = projection.causes(gap, measure, amounts)
        self.assertEqual(sum(parts.values()), max(gap, 0))
        self.assertEqual(list(parts), [*projection.GAP_SOURCES[measure], "missing"])
        for source, amount in parts.items():
            self.assertGreaterEqual(amount, 0)
            if source != "missing":
                self.assertLessEqual(amount, max(amounts.get(source, 0), 0))
        if parts["missing"]:
            self.assertTrue(all(parts[source] == max(amounts.get(source, 0), 0) for source in parts
                                if source != "missing"))
