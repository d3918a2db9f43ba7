from odoo import Command
from odoo.addons.crm_rfm.tests.common import RfmCommon
from odoo.tests import Form, tagged


@tagged("post_install", "-at_install")
class TestPartner(RfmCommon):
    """Scores on the customer: shown, searched, grouped, and out of the way of merging and deleting."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.good, cls.poor, cls.none = (cls._create_customer(name) for name in ("Good", "Poor", "None"))
        cls.contact = cls.env["res.partner"].create({"name": "Contact of Good", "parent_id": cls.good.id})
        for _number in range(3):
            cls._create_rfm_invoice(cls.good, "2024-12-01", 100)
        cls._create_rfm_invoice(cls.poor, "2024-02-01", 1)
        cls.rfm.with_user(cls.manager).action_compute("2024-12-31")
        cls.all = cls.good + cls.poor + cls.none + cls.contact

    def test_fields(self):
        good = self.good.with_user(self.reader)
        self.assertEqual(good.rfm_code, "5-3-3")
        self.assertEqual(good.rfm_segment_id, self.env.ref("crm_rfm.segment_potential"))
        self.assertEqual(good.rfm_monetary, 300)
        self.assertIn("R=5: last purchase 30 days before", good.rfm_explanation)
        self.assertEqual(self.contact.with_user(self.reader).rfm_score_id, good.rfm_score_id)
        none = self.none.with_user(self.reader)
        self.assertEqual((none.rfm_score_id.id, none.rfm_code, none.rfm_monetary), (False, False, 0))

    def test_other_company_shows_its_own(self):
        other = self.setup_other_company(name="Other company")["company"]
        self.reader.company_ids = [Command.link(other.id)]
        good = self.good.with_user(self.reader).with_context(allowed_company_ids=[other.id])
        self.assertFalse(good.rfm_score_id)

    def test_branch_shows_the_score_of_its_parent_to_who_works_there_too(self):
        """The nearest model counts: the branch's own before that of the company."""
        branch = self._create_company(name="Branch", parent_id=self.company.id)
        self.reader.company_ids = [Command.link(branch.id)]
        good = self.good.with_user(self.reader)
        within = good.with_context(allowed_company_ids=[branch.id, self.company.id])
        self.assertEqual((within.rfm_code, within.rfm_monetary), ("5-3-3", 300))
        self.assertEqual(within.search([("rfm_segment_id", "=", within.rfm_segment_id.id), ("id", "=", good.id)]), good)
        alone = good.with_context(allowed_company_ids=[branch.id])
        self.assertEqual((alone.rfm_score_id.id, alone.rfm_monetary), (False, 0))
        self._insert_documents([self._invoice_row(self.good.id, "2024-12-20", 40, company_id=branch.id)])
        self.manager.write({"company_ids": [Command.link(branch.id)], "company_id": branch.id})
        self._create_model(company_id=branch.id).action_compute("2024-12-31")
        self.env.invalidate_all()
        self.assertEqual((within.rfm_monetary, alone.rfm_monetary), (40, 40))

    def test_model_that_is_not_shown(self):
        self.rfm.shown_on_partner = False
        self.assertFalse(self.good.with_user(self.reader).rfm_score_id)

    def test_archived_model_is_not_shown(self):
        """However it came to be shown and archived: the domain leaves it out, so nobody counts twice."""
        self._create_model(name="Second")
        self.env.flush_all()
        self.env.cr.execute("UPDATE crm_rfm_model SET active = FALSE WHERE id = %s", [self.rfm.id])
        self.env.invalidate_all()
        good = self.good.with_user(self.reader)
        self.assertEqual((good.rfm_score_id.id, good.rfm_monetary), (False, 0))

    def test_form_of_the_customer(self):
        with Form(self.good.with_user(self.reader)) as form:
            self.assertEqual(form.rfm_code, "5-3-3")
        self.assertNotIn("rfm_code", Form(self.good.with_user(self.nobody))._values)

    def test_search_by_segment(self):
        Partner = self.env["res.partner"].with_user(self.reader)
        potential = self.env.ref("crm_rfm.segment_potential")
        ours = ("id", "in", self.all.ids)
        found = Partner.search([ours, ("rfm_segment_id", "=", potential.id)])
        self.assertEqual(found.ids, (self.good + self.contact).ids)
        self.assertEqual(
            Partner.search([ours, ("rfm_segment_id", "!=", potential.id)]).ids, (self.none + self.poor).ids
        )
        self.assertEqual(Partner.search([ours, ("rfm_segment_id", "=", False)]), self.none.with_user(self.reader))
        self.assertEqual(len(Partner.search([ours, ("rfm_segment_id", "!=", False)])), 3)
        self.assertEqual(len(Partner.search([ours, ("rfm_segment_id", "in", [potential.id, False])])), 3)
        self.assertEqual(len(Partner.search([ours, ("rfm_segment_id", "ilike", "Potential")])), 2)
        self.assertEqual(len(Partner.search([ours, ("rfm_segment_id.code", "=", "potential")])), 2)

    def test_group_by_segment(self):
        groups = (
            self.env["res.partner"]
            .with_user(self.reader)
            ._read_group([("id", "in", self.all.ids)], ["rfm_segment_id"], ["__count", "rfm_monetary:sum"])
        )
        self.assertEqual(
            {segment.code: (count, value) for segment, count, value in groups},
            {"potential": (2, 600.0), "about_to_sleep": (1, 1.0), False: (1, False)},
        )

    def test_group_by_segment_as_the_web_client_does(self):
        result = (
            self.env["res.partner"]
            .with_user(self.reader)
            .web_read_group([("id", "in", self.all.ids)], ["rfm_segment_id"], ["__count"], auto_unfold=True)
        )
        self.assertEqual([group["__count"] for group in result["groups"]], [2, 1, 1])

    # === MERGE AND DELETION === #

    def _merge(self, source, target):
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((source + target).ids, target)

    def test_merge_of_two_scored_customers(self):
        untouched = self._score(self.poor)
        third = self._create_customer("Third")
        self._create_rfm_invoice(third, "2024-12-31", 50)
        self._compute()
        self._merge(third, self.good)
        self.assertFalse(third.exists())
        score = self._score(self.good)
        self.assertEqual((score.frequency, score.monetary, str(score.last_date)), (4, 350, "2024-12-31"))
        self.assertEqual(untouched.monetary, 1)
        self.assertEqual(self.env["crm.rfm.score"].search_count([("model_id", "=", self.rfm.id)]), 2)

    def test_merge_into_a_customer_without_score(self):
        self._merge(self.poor, self.none)
        self.assertEqual(self._score(self.none).monetary, 1)

    def test_refresh_equals_a_run_with_the_same_limits(self):
        for dimension, limits in {"r": (10, 50, 100, 200), "f": (1, 2, 3, 4), "m": (10, 100, 500, 900)}.items():
            for band, limit in zip(self.rfm._get_bands(dimension)[:-1], limits, strict=True):
                band.upper_limit = limit
            self.rfm[f"{dimension}_method"] = "fixed"
        self._compute()
        self._create_rfm_invoice(self.poor, "2024-12-31", 1000)
        self.rfm.with_user(self.manager)._refresh_partners(self.poor)
        refreshed = self._stored()
        self.assertEqual(self._score(self.poor).monetary, 1001)
        self._compute()
        self.assertEqual(self._stored(), refreshed)
        self.assertEqual(self.rfm.changed_count, 0)

    def test_customer_whose_documents_are_gone_can_be_deleted(self):
        customer = self._create_customer("Order only")
        order = self.env["sale.order"].create({"partner_id": customer.id, "date_order": "2024-06-06 12:00:00"})
        order.state = "sale"
        self.rfm.source = "order"
        self._compute()
        self.assertTrue(self._score(customer))
        order.state = "cancel"
        order.unlink()
        customer.unlink()
        self.assertFalse(customer.exists())

    def test_privacy_lookup_finds_the_score(self):
        self.good.email = "good@example.com"
        wizard = self.env["privacy.lookup.wizard"].create({"name": "Good", "email": "good@example.com"})
        wizard.action_lookup()
        found = wizard.line_ids.filtered(lambda line: line.res_model == "crm.rfm.score")
        self.assertEqual(found.mapped("res_id"), self._score(self.good).ids)
