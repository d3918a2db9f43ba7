from datetime import datetime, timedelta

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import freeze_time, tagged

from ..tools import clock, yearly_return
from ..tools.yearly_return import Case
from .clock_common import ClockCommon

# received, closed, decision; Monday to Friday, 2026-04-03 and -06 are holidays (Easter)
FIXTURE = (
    ("2026-04-02 10:00", "2026-04-09 16:59", "upheld", "in_3_days"),  # the 3rd business day, see the FCA's example
    ("2026-04-02 10:00", "2026-04-09 17:01", "upheld", "in_8_weeks"),  # after its close of business
    ("2026-04-02 10:00", "2026-05-28 20:00", "partly", "in_8_weeks"),  # the last day of the 8th week
    ("2026-04-02 10:00", "2026-05-29 00:01", "not_upheld", "later"),
    ("2025-12-30 10:00", "2026-01-02 09:00", None, "in_3_days"),  # of last year, closed in this one
    ("2025-06-01 10:00", "2025-07-01 10:00", "upheld", None),  # closed last year
    ("2026-12-31 22:00", "2027-01-04 10:00", "upheld", None),  # opened, still open at the end
    ("2026-06-01 10:00", None, None, None),
    ("2027-01-01 00:00", None, None, None),  # next year
)


def at(text):
    return datetime.fromisoformat(text) if text else None


@tagged("post_install", "-at_install")
class TestLearningReport(ClockCommon):
    """Return, review, Pareto, analysis and dashboard, exact against fixtures."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.partner_id.tz = "UTC"
        cls.env["crm.complaint"].search([("company_id", "=", cls.company.id)]).active = False
        cls.env["resource.calendar.leaves"].create(
            [
                {"name": "Easter", "date_from": f"{day} 00:00:00", "date_to": f"{day} 23:59:59", "resource_id": False,
                 "calendar_id": cls.calendar.id, "company_id": cls.company.id}
                for day in ("2026-04-03", "2026-04-06")
            ]
        )  # fmt: skip

    def _year(self):
        """The fixture as complaints."""
        complaints = self.env["crm.complaint"]
        for received, closed, decision, _speed in FIXTURE:
            complaint = self.env["crm.complaint"].create(
                {"name": "x", "partner_id": self.boris.id, "date_received": at(received), "date_logged": at(received),
                 "decision": decision, "date_closed": at(closed),
                 **({"stage_id": self._stage("closed", "settled").id} if closed else {})}
            )  # fmt: skip
            complaints |= complaint
        return complaints

    # === RETURN === #

    def test_the_rules_alone(self):
        calendar = self.calendar._complaint_calendar(self.company)
        for received, closed, decision, speed in FIXTURE:
            if speed:
                with self.subTest(closed=closed):
                    self.assertEqual(yearly_return.speed(Case(at(received), at(closed), decision), calendar), speed)

    def test_a_calendar_without_hours_counts_every_day(self):
        empty = clock.WorkCalendar("UTC", ((),) * 7)
        case = Case(at("2026-04-02 10:00"), at("2026-04-05 23:00"))
        self.assertEqual(yearly_return.speed(case, empty), "in_3_days")

    def _review(self, user=None):
        return (
            self.env["crm.complaint.review"]
            .with_user(user or self.lead)
            .create({"date_from": "2026-01-01", "date_to": "2026-12-31"})
        )

    def test_exact_against_the_fixture(self):
        self.env.cr.execute("DELETE FROM crm_complaint_remedy")
        complaints = self._year()
        remedies = self.env["crm.complaint.remedy"].sudo()
        for amount, done in ((40.5, "2026-01-01 00:00:00"), (9.5, "2026-12-31 23:59:59"), (7, "2027-01-01 00:00:00")):
            remedies.create(
                {"complaint_id": complaints[0].id, "kind": "gift", "amount": amount, "reason": "x", "state": "done",
                 "date_done": done}
            )  # fmt: skip
        review = self._review()
        expected = {
            "opened": 6, "closed": 5, "in_3_days": 2, "in_8_weeks": 2, "later": 1, "still_open": 2, "decided": 4,
            "upheld": 2, "partly": 1, "in_3_days_share": 40.0, "in_8_weeks_share": 40.0, "later_share": 20.0,
            "upheld_share": 75.0, "redress": 50.0, "redress_count": 2,
        }  # fmt: skip
        self.assertEqual({name: review[name] for name in expected}, expected)

    def test_what_was_merged_is_counted_once(self):
        cause = self.env["crm.complaint.cause"].create({"name": "Packing"})
        first, second = (self._at("2026-03-02 09:00:00", cause_id=cause.id) for _index in range(2))
        (first | second).with_user(self.clerk)._merge_into(first.with_user(self.clerk))
        review = self._review()
        self.assertEqual((review.opened, review.closed, review.still_open), (1, 0, 1))
        self.assertEqual([row.value for row in review._top_causes()], [1])

    def test_nothing_at_all(self):
        review = (
            self.env["crm.complaint.review"]
            .with_user(self.lead)
            .create({"date_from": "1999-01-01", "date_to": "1999-12-31"})
        )
        self.assertEqual((review.opened, review.closed, review.upheld_share), (0, 0, 0.0))
        html = self.env["ir.actions.report"]._render_qweb_html("crm_complaints.report_return", review.ids)[0].decode()
        self.assertNotIn("0.0 %", html)  # nothing was closed or decided: there is no share
        self.assertEqual(html.count("–"), 4)

    def test_a_period_that_ends_before_it_begins(self):
        with self.assertRaisesRegex(ValidationError, "ends before it begins"):
            self._review().date_to = "2025-12-31"

    def test_the_clerk_makes_no_return(self):
        with self.assertRaises(AccessError):
            self._review(self.clerk)

    def test_printed(self):
        self._year()
        review = self._review(self.auditor)
        reports = self.env["ir.actions.report"].with_user(self.auditor)
        html = reports._render_qweb_html("crm_complaints.report_return", review.ids)[0].decode()
        for text in ("Complaints Return", "75.0 %", "2026"):
            self.assertIn(text, html)
        self.env["crm.complaint.action"].create(
            {"name": "Two layers", "product_id": self.env["product.product"].create({"name": "Kettle"}).id,
             "date_due": "2026-02-01"}
        )  # fmt: skip
        html = reports._render_qweb_html("crm_complaints.report_review", review.ids)[0].decode()
        for text in ("Management Review", "Two layers", "Decisions of the review"):
            self.assertIn(text, html)

    # === ANALYSIS === #

    def test_each_complaint_once_with_what_it_cost(self):
        supplier = self.env["res.partner"].create({"name": "Springs Ltd"})
        product = self.env["product.product"].create({"name": "Chair"})
        self.env["product.supplierinfo"].create(
            [
                {"partner_id": partner.id, "product_tmpl_id": product.product_tmpl_id.id, "sequence": sequence}
                for partner, sequence in ((self.boris, 20), (supplier, 10))
            ]
        )
        complaint = self._at("2026-03-02 09:00:00", product_id=product.id, product_reference=" L1 ", cost=12.5)
        complaint.sudo()._write_move({"date_acknowledged": "2026-03-02 12:00:00"})
        row = self.env["crm.complaint.report"].with_user(self.lead).search([("complaint_id", "=", complaint.id)])
        self.assertEqual(
            (row.supplier_id, row.lot, row.hours_acknowledge, row.cost_total, row.nbr, row.upheld, row.is_open),
            (supplier, "L1", 3.0, 12.5, 1, 0.0, True),
        )
        complaint.decision = "partly"
        row.invalidate_recordset()
        self.assertEqual(row.upheld, 1.0)

    def test_reads_what_the_user_may_read(self):
        complaint = self._at("2026-03-02 09:00:00")
        rows = self.env["crm.complaint.report"]
        for user, seen in ((self.clerk, 1), (self.other, 0), (self.lead, 1), (self.auditor, 1)):
            with self.subTest(user=user.login):
                domain = [("complaint_id", "=", complaint.id)]
                self.assertEqual(rows.with_user(user).search_count(domain), seen)
                self.assertEqual(rows.with_user(user)._read_group(domain, aggregates=["__count"]), [(seen,)])
        with self.assertRaises(AccessError):
            rows.with_user(self.ana_user).search_count([])
        with self.assertRaises(AccessError):
            rows.browse(complaint.id).with_user(self.lead).unlink()

    # === PARETO === #

    def test_pareto_of_cause_and_product(self):
        causes = self.env["crm.complaint.cause"]
        packing, picking = causes.create([{"name": "Packing"}, {"name": "Picking"}])
        desk, chair = self.env["product.product"].create([{"name": "Desk"}, {"name": "Chair"}])
        for cause, product, count, cost in ((packing, desk, 5, 1), (packing, chair, 3, 100), (picking, desk, 2, 1)):
            for _index in range(count):
                self._at("2026-03-02 09:00:00", cause_id=cause.id, product_id=product.id, cost=cost)
        self._at("2025-03-02 09:00:00", cause_id=packing.id)  # out of the period
        wizard = (
            self.env["crm.complaint.pareto"]
            .with_user(self.lead)
            .create({"date_from": "2026-03-01", "date_to": "2026-03-02", "dimension": "cause_id,product_id"})
        )
        rows = wizard.data["rows"]
        self.assertEqual(
            [(row["label"], row["value"], row["share"], row["cumulative"], row["rank"]) for row in rows],
            [
                ("Packing × Desk", 5, 50.0, 50.0, "A"),
                ("Packing × Chair", 3, 30.0, 80.0, "A"),
                ("Picking × Desk", 2, 20.0, 100.0, "B"),
            ],
        )
        complaints = self.env["crm.complaint"].with_user(self.lead)
        self.assertEqual([complaints.search_count(row["domain"]) for row in rows], [5, 3, 2])
        wizard.write({"dimension": "cause_id", "measure": "cost_total"})
        self.assertEqual(
            [(row["label"], row["value"]) for row in wizard.data["rows"]], [("Packing", 305.0), ("Picking", 2.0)]
        )

    def test_pareto_by_the_days_of_the_user(self):
        """23:30 UTC on 31 December is January in Bratislava."""
        self.lead.tz = "Europe/Bratislava"
        cause = self.env["crm.complaint.cause"].create({"name": "Packing"})
        for moment in ("2025-12-31 22:59:59", "2025-12-31 23:30:00", "2026-01-31 22:59:59", "2026-01-31 23:00:00"):
            self._at(moment, cause_id=cause.id)
        wizard = (
            self.env["crm.complaint.pareto"]
            .with_user(self.lead)
            .create({"date_from": "2026-01-01", "date_to": "2026-01-31", "dimension": "cause_id"})
        )
        self.assertEqual([(row["label"], row["value"]) for row in wizard.data["rows"]], [("Packing", 2)])

    def test_pareto_adds_up_one_currency(self):
        currency = (self.env.ref("base.USD") | self.env.ref("base.EUR")) - self.company.currency_id
        currency[0].active = True
        self.env["res.currency.rate"].search([("currency_id", "=", currency[0].id)]).unlink()
        self.env["res.currency.rate"].create({"currency_id": currency[0].id, "rate": 2, "name": "2020-01-01"})
        second = self.env["res.company"].create({"name": "Second", "currency_id": currency[0].id})
        self.lead.company_ids += second
        cause = self.env["crm.complaint.cause"].create({"name": "Packing"})
        self._at("2026-03-02 09:00:00", cause_id=cause.id, cost=10)
        self._at("2026-03-02 09:00:00", cause_id=cause.id, cost=10, user=self.lead, company_id=second.id, team_id=False)
        wizard = (
            self.env["crm.complaint.pareto"]
            .with_user(self.lead)
            .with_context(allowed_company_ids=[self.company.id, second.id])
            .create({"date_from": "2026-03-01", "dimension": "cause_id", "measure": "cost_total"})
        )
        self.assertEqual([(row["label"], row["value"]) for row in wizard.data["rows"]], [("Packing", 15.0)])

    def test_the_bar_of_a_supplier_opens_what_it_counts(self):
        supplier = self.env["res.partner"].create({"name": "Springs Ltd"})
        chair, desk, shelf = self.env["product.product"].create([{"name": name} for name in ("Chair", "Desk", "Shelf")])
        self.env["product.supplierinfo"].create(
            [
                {"partner_id": partner.id, "product_tmpl_id": product.product_tmpl_id.id, "sequence": sequence}
                for product, partner, sequence in (
                    (chair, supplier, 10), (desk, self.boris, 10), (desk, supplier, 20),
                )
            ]
        )  # fmt: skip
        for product, count in ((chair, 3), (desk, 2), (shelf, 1)):
            for _index in range(count):
                self._at("2026-03-02 09:00:00", product_id=product.id)
        self._at("2026-03-02 09:00:00")
        wizard = (
            self.env["crm.complaint.pareto"]
            .with_user(self.lead)
            .create({"date_from": "2026-03-01", "date_to": "2026-03-02", "dimension": "supplier_id"})
        )
        rows = {row["label"]: row for row in wizard.data["rows"]}
        complaints = self.env["crm.complaint"].with_user(self.lead)
        self.assertEqual(
            {label: (row["value"], complaints.search_count(row["domain"])) for label, row in rows.items()},
            {"Springs Ltd": (3, 3), "Boris": (2, 2), "Not stated": (2, 2)},
        )

    def test_pareto_of_what_the_user_may_read(self):
        self._at("2026-03-02 09:00:00")
        wizard = (
            self.env["crm.complaint.pareto"]
            .with_user(self.other)
            .create({"date_from": "2026-03-01", "date_to": "2026-03-02"})
        )
        self.assertEqual(wizard.data["rows"], [])

    # === DASHBOARD === #

    def test_dashboard(self):
        with freeze_time("2026-03-20 12:00:00"):
            self._rule(amount=8)
        for moment, values in (
            ("2026-03-20 11:00:00", {}),
            ("2026-03-13 09:00:00", {"user_id": self.other.id, "severity": "4_critical"}),
            ("2026-02-20 09:00:00", {"user_id": False}),
            ("2026-01-02 09:00:00", {"team_id": self.env["crm.team"].create({"name": "B", "use_complaints": True}).id}),
        ):
            self._at(moment, user=self.lead, **{"user_id": self.clerk.id, **values})
        with freeze_time("2026-03-20 12:00:00"):
            self.env.invalidate_all()
            board = self.env["crm.complaint"].with_user(self.lead).crm_dashboard(self.team.id)
            tiles = {tile["key"]: tile for tile in board["tiles"]}
            self.assertEqual(
                {key: tiles[key]["count"] for key in ("open", "unassigned", "not_acknowledged", "overdue")},
                {"open": 3, "unassigned": 1, "not_acknowledged": 3, "overdue": 2},
            )
            for tile in board["tiles"]:
                with self.subTest(tile=tile["key"]):
                    self.assertEqual(
                        self.env[tile["model"]].with_user(self.lead).search_count(tile["domain"]), tile["count"]
                    )
            self.assertEqual([age["count"] for age in board["ages"]], [2, 1, 0, 0])
            self.assertEqual(
                {person["name"]: (person["open"], person["overdue"], person["severe"]) for person in board["people"]},
                {self.clerk.name: (1, 0, 0), self.other.name: (1, 1, 1), "Nobody": (1, 1, 0)},
            )
            self.assertEqual([row["tone"] for row in board["clocks"]][:2], ["danger", "danger"])
            everybody = self.env["crm.complaint"].with_user(self.lead).crm_dashboard()
            self.assertEqual(everybody["tiles"][0]["count"], 4)
            with self.assertRaises(AccessError):
                self.env["crm.complaint"].with_user(self.ana_user).crm_dashboard()

    def test_as_many_queries_for_ten_as_for_a_hundred(self):
        def queries():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["crm.complaint"].with_user(self.lead).with_context(tz="UTC").crm_dashboard()
            return self.env.cr.sql_log_count - before

        moment = datetime(2026, 3, 2, 9)
        for index in range(10):
            self._at(str(moment + timedelta(minutes=index)))
        queries()
        few = queries()
        for index in range(90):
            self._at(str(moment + timedelta(minutes=index)))
        queries()  # caches of names that creating clears
        self.assertEqual(queries(), few)
