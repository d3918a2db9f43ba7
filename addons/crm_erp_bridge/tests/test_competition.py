import psycopg2

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import Form, HttpCase, tagged
from odoo.tools import mute_logger

from .common import BridgeCommon


class CompetitionCommon(BridgeCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.hrast, cls.swift, cls.sonne = cls.env["crm.competitor"].create(
            [{"name": "Hrast"}, {"name": "SwiftSeat"}, {"name": "Sonne"}]
        )
        cls.reason = cls.env["crm.lost.reason"].create({"name": "Too dear"})
        cls.lead.expected_revenue = 1000

    @classmethod
    def _bid(cls, competitor, amount=0, lead=None, **values):
        return cls.env["crm.competitor.bid"].create(
            {"lead_id": (lead or cls.lead).id, "competitor_id": competitor.id, "amount": amount} | values
        )

    def _lose(self, lead, user, competitor=None):
        form = Form(self.env["crm.lead.lost"].with_user(user).with_context(default_lead_ids=lead.ids))
        form.lost_reason_id = self.reason
        if competitor:
            form.lost_to_id = competitor
        form.save().action_lost_reason_apply()


@tagged("post_install", "-at_install")
class TestCompetition(CompetitionCommon):
    # === OUTCOMES FOLLOW THE OPPORTUNITY === #

    def test_lost_to_a_rival(self):
        winner, loser, gone = self._bid(self.hrast, 900), self._bid(self.swift, 950), self._bid(self.sonne)
        gone.outcome = "withdrawn"
        self._lose(self.lead, self.seller, self.hrast)
        self.assertEqual(self.lead.lost_to_id, self.hrast)
        self.assertEqual(self.lead.lost_reason_id, self.reason)
        self.assertEqual((winner | loser | gone).mapped("outcome"), ["won", "lost", "withdrawn"])

    def test_lost_to_somebody_without_a_bid_notes_it(self):
        self._lose(self.lead, self.seller, self.sonne)
        self.assertRecordValues(
            self.lead.competitor_bid_ids, [{"competitor_id": self.sonne.id, "outcome": "won", "amount": 0}]
        )

    def test_lost_to_nobody_leaves_the_bids(self):
        bid = self._bid(self.hrast, 900)
        self._lose(self.lead, self.seller)
        self.assertFalse(self.lead.lost_to_id)
        self.assertEqual(bid.outcome, "pending")

    def test_won_means_that_the_rivals_lost(self):
        bids = self._bid(self.hrast, 900) | self._bid(self.swift, outcome="excluded")
        self.lead.with_user(self.seller).action_set_won()
        self.assertEqual(bids.mapped("outcome"), ["lost", "excluded"])

    def test_restored_is_open_again(self):
        bids = self._bid(self.hrast, 900) | self._bid(self.swift)
        self._lose(self.lead, self.seller, self.hrast)
        self.lead.with_user(self.seller).action_restore()
        self.assertFalse(self.lead.lost_to_id)
        self.assertEqual(bids.mapped("outcome"), ["pending", "pending"])

    def test_winner_is_corrected_afterwards(self):
        bids = self._bid(self.hrast, 900) | self._bid(self.swift, 800)
        self._lose(self.lead, self.seller, self.hrast)
        lead = self.lead.with_user(self.seller)
        lead.lost_to_id = self.swift
        self.assertEqual(bids.mapped("outcome"), ["lost", "won"])
        bids.with_user(self.seller)[0].outcome = "won"
        self.assertEqual(lead.lost_to_id, self.hrast)
        self.assertEqual(bids.mapped("outcome"), ["won", "lost"])
        lead.lost_to_id = False
        self.assertEqual(bids.mapped("outcome"), ["pending", "lost"])

    def test_bid_noted_as_the_winner_tells_to_whom_it_was_lost(self):
        self._bid(self.hrast, 900, outcome="won")
        self._lose(self.lead, self.seller)
        self.assertEqual(self.lead.lost_to_id, self.hrast)

    # === BIDS AND COMPETITORS === #

    def test_one_bid_per_competitor(self):
        self._bid(self.hrast, 900)
        with mute_logger("odoo.sql_db"), self.assertRaises(psycopg2.IntegrityError):
            self._bid(self.hrast, 800)

    def test_amount_is_not_negative(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(psycopg2.IntegrityError):
            self._bid(self.hrast, -1)

    def test_names_are_unique_whatever_the_case(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(psycopg2.IntegrityError):
            self.env["crm.competitor"].create({"name": "HRAST"})

    def test_name_comes_from_the_contact(self):
        form = Form(self.env["crm.competitor"].with_user(self.seller))
        form.partner_id = self.customer
        self.assertEqual(form.save().name, "Vinograd d.o.o.")

    def test_difference_in_percent(self):
        euro = self.setup_other_currency("EUR", rates=[("1900-01-01", 0.5)])
        self.assertEqual(self._bid(self.hrast, 900).difference, -10)
        self.assertEqual(self._bid(self.swift, 600, currency_id=euro.id).difference, 20)
        self.assertEqual(self._bid(self.sonne).difference, 0)

    # === RESULTS === #

    def test_results_by_rival(self):
        other = self._create_lead(name="Other", expected_revenue=200)
        third = self._create_lead(name="Third", expected_revenue=50)
        self._bid(self.hrast, 900)
        self._bid(self.hrast, 150, other)
        self._bid(self.swift, 100, other)
        self._bid(self.hrast, 40, third)
        self._lose(self.lead, self.seller, self.hrast)
        self._lose(other, self.seller, self.swift)
        third.action_set_won()
        results = self.env["crm.competitor.result"].with_user(self.seller)
        rows = results.search([("competitor_id", "in", (self.hrast | self.swift).ids)], order="id")
        self.assertRecordValues(
            rows,
            [
                {"lead_id": self.lead.id, "competitor_id": self.hrast.id, "result": "lost", "our_amount": 1000,
                 "their_amount": 900, "won_count": 0, "lost_count": 1, "lost_reason_id": self.reason.id},
                {"lead_id": other.id, "competitor_id": self.hrast.id, "result": "other", "our_amount": 200,
                 "their_amount": 150, "won_count": 0, "lost_count": 0, "lost_reason_id": self.reason.id},
                {"lead_id": other.id, "competitor_id": self.swift.id, "result": "lost", "our_amount": 200,
                 "their_amount": 100, "won_count": 0, "lost_count": 1, "lost_reason_id": self.reason.id},
                {"lead_id": third.id, "competitor_id": self.hrast.id, "result": "won", "our_amount": 50,
                 "their_amount": 40, "won_count": 1, "lost_count": 0, "lost_reason_id": False},
            ],
        )
        self.assertEqual(
            results._read_group(
                [("competitor_id", "=", self.hrast.id)], [], ["won_count:sum", "lost_count:sum", "win_rate:avg"]
            ),
            [(1, 1, 50)],
        )
        hrast = self.hrast.with_user(self.seller)
        self.assertEqual(
            (hrast.contest_count, hrast.won_count, hrast.lost_count, hrast.win_rate), (3, 1, 1, 50)
        )

    def test_their_amount_at_the_rate_of_the_closing_day(self):
        euro = self.setup_other_currency("EUR", rates=[("1900-01-01", 0.5), ("2020-01-01", 0.8)])
        bid = self._bid(self.hrast, 600, currency_id=euro.id)
        self._lose(self.lead, self.seller, self.hrast)
        result = self.env["crm.competitor.result"].browse(bid.id)
        self.assertEqual(result.their_amount, 750)
        self.lead.date_closed = "2019-05-05 12:00:00"
        self.env.invalidate_all()
        self.assertEqual(result.their_amount, 1200)

    def test_as_many_queries_for_ten_as_for_five_hundred(self):
        rivals = self.env["crm.competitor"].create([{"name": f"Rival {number}"} for number in range(500)])
        self._bid(rivals[0], 10)

        def queries(some):
            self.env.flush_all()
            self.env.invalidate_all()
            some = some.with_user(self.seller)
            before = self.env.cr.sql_log_count
            some.mapped("win_rate")
            return self.env.cr.sql_log_count - before

        queries(rivals[:1])
        self.assertEqual(queries(rivals[:10]), queries(rivals))

    # === MERGING === #

    def test_merged_opportunities_keep_their_bids(self):
        other = self._create_lead(name="Double", probability=1)
        self.lead.probability = 90
        self._bid(self.hrast, 0, reason="Short of wood")
        self._bid(self.swift, 700)
        double = self._bid(self.hrast, 900, other, reason="Late", outcome="withdrawn", date="2026-03-01")
        self._bid(self.sonne, 650, other)
        merged = (self.lead | other).with_user(self.seller).merge_opportunity()
        self.assertEqual(merged, self.lead)
        self.assertRecordValues(
            merged.competitor_bid_ids.sorted(lambda bid: bid.competitor_id.name),
            [
                {"competitor_id": self.hrast.id, "amount": 900, "outcome": "withdrawn",
                 "reason": "Short of wood; Late"},
                {"competitor_id": self.sonne.id, "amount": 650, "outcome": "pending", "reason": False},
                {"competitor_id": self.swift.id, "amount": 700, "outcome": "pending", "reason": False},
            ],
        )
        self.assertFalse(double.exists())

    def test_merged_contacts_keep_the_competitor(self):
        twin = self.env["res.partner"].create({"name": "Vinograd", "is_company": True})
        self.hrast.partner_id = twin
        self.env["base.partner.merge.automatic.wizard"]._merge((self.customer | twin).ids, self.customer)
        self.assertFalse(twin.exists())
        self.assertEqual(self.hrast.partner_id, self.customer)
        self.assertEqual(self.hrast.name, "Hrast")

    # === RIGHTS === #

    def test_bids_of_a_colleague_are_not_seen(self):
        bid = self._bid(self.hrast, 900)
        with self.assertRaises(AccessError):
            bid.with_user(self.colleague).read(["amount"])
        with self.assertRaises(AccessError):
            bid.with_user(self.colleague).amount = 1
        self.assertEqual(bid.amount, 900)
        domain = [("competitor_id", "=", self.hrast.id)]
        count = self.env["crm.competitor.result"].with_user(self.colleague).search_count(domain)
        self.assertEqual(count, 0)
        self.assertEqual(self.env["crm.competitor.result"].with_user(self.boss).search_count(domain), 1)

    def test_nothing_for_who_has_no_opportunities(self):
        portal = self._create_user("portal", "base.group_portal")
        bid = self._bid(self.hrast, 900)
        for user in (self.accountant, self.worker, portal):
            for record in (bid, self.hrast, self.env["crm.competitor.result"].browse(bid.id)):
                with self.assertRaises(AccessError):
                    record.with_user(user).read(["competitor_id" if record != self.hrast else "name"])

    def test_salesperson_may_not_delete_a_competitor(self):
        with self.assertRaises(AccessError):
            self.swift.with_user(self.seller).unlink()
        self.assertTrue(self.swift.exists())
        self.swift.with_user(self.boss).unlink()

    def test_competitor_of_another_company(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.hrast.company_id = company
        with self.assertRaises(AccessError):
            self.hrast.with_user(self.seller).read(["name"])


@tagged("post_install", "-at_install")
class TestCompetitionTour(CompetitionCommon, HttpCase):
    def test_tour(self):
        self._bid(self.hrast, 900)
        self.seller.group_ids = [Command.link(self.env.ref("sales_team.group_sale_salesman").id)]
        self.start_tour(f"/odoo/crm/{self.lead.id}", "crm_erp_bridge_competition", login=self.seller.login)
        self.assertEqual(self.lead.lost_to_id, self.swift)
        self.assertRecordValues(
            self.lead.competitor_bid_ids.sorted("id"),
            [
                {"competitor_id": self.hrast.id, "amount": 900, "outcome": "lost"},
                {"competitor_id": self.swift.id, "amount": 800, "outcome": "won"},
            ],
        )
