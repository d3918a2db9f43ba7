from odoo.tests import Form, tagged

from .common import ComplaintsCommon


@tagged("post_install", "-at_install")
class TestCustomer(ComplaintsCommon):
    def test_counts_cover_the_company_and_its_contacts(self):
        self._complaint(partner_id=self.ana.id)
        self._complaint(partner_id=self.acme.id)
        done = self._complaint(partner_id=self.acme.id)
        done._move_to("closed", "withdrawn", reason="x")
        self._complaint(partner_id=self.boris.id)
        for partner, expected in ((self.ana, (2, 3)), (self.acme, (2, 3)), (self.boris, (1, 1))):
            partner = partner.with_user(self.lead)
            self.assertEqual((partner.complaint_open_count, partner.complaint_count), expected)

    def test_customer_at_a_glance(self):
        self._complaint(partner_id=self.ana.id)
        self._complaint(self.other, partner_id=self.boris.id)
        items = (self.acme | self.boris).with_user(self.clerk)._crm_360_items()
        [item] = items[self.acme.id]
        self.assertEqual((item["key"], item["count"], item["tone"]), ("complaints", 1, "danger"))
        self.assertEqual(items[self.boris.id], [], "of a colleague")

    def test_counts_show_only_what_the_reader_may_see(self):
        self._complaint(self.other, partner_id=self.boris.id)
        self.assertEqual(self.boris.with_user(self.clerk).complaint_count, 0)
        self.assertEqual(self.boris.with_user(self.other).complaint_count, 1)

    def test_one_query_for_any_number_of_customers(self):
        def cost(size):
            partners = self.env["res.partner"].create([{"name": f"P{n}"} for n in range(size)])
            self.env["crm.complaint"].create([{"name": "x", "partner_id": partner.id} for partner in partners])
            self.env.flush_all()
            self.env.invalidate_all()
            partners = partners.with_user(self.lead)
            partners.mapped("commercial_partner_id")
            partners.env["crm.complaint"].has_access("read")
            start = self.cr.sql_log_count
            partners.mapped("complaint_count")
            return self.cr.sql_log_count - start

        cost(2)
        self.assertEqual(cost(10), cost(300))

    def test_new_complaint_from_the_customer(self):
        action = self.ana.with_user(self.clerk).action_new_complaint()
        form = Form(self.env["crm.complaint"].with_user(self.clerk).with_context(**action["context"]))
        self.assertEqual(form.partner_id, self.ana)
        self.assertEqual(form.email_from, "ana@acme.example.com")
        form.name = "Late"
        complaint = form.save()
        action = self.acme.with_user(self.clerk).action_view_complaints()
        self.assertEqual(self.env["crm.complaint"].search(action["domain"]), complaint)
        self.assertEqual(action["views"][0][1], "list")

    # === TIMELINE === #

    def _entries(self, partner, user):
        self.env.flush_all()
        user.sudo().group_ids |= self.env.ref("crm_relations.group_user")
        return (
            self.env["crm.timeline"]
            .with_user(user)
            .search(
                [("commercial_partner_id", "=", partner.commercial_partner_id.id), ("res_model", "=", "crm.complaint")]
            )
        )

    def test_receipt_and_closing_are_on_the_timeline(self):
        complaint = self._complaint(date_received="2026-01-05 10:00:00", channel="letter")
        entry = self._entries(self.ana, self.clerk)
        self.assertEqual(
            (entry.kind, entry.channel, entry.direction, entry.summary, entry.partner_id, entry.res_id),
            ("complaint", "letter", "in", complaint.display_name, self.ana, complaint.id),
        )
        self.assertEqual(str(entry.date), "2026-01-05 10:00:00")
        complaint._move_to("closed", "withdrawn", reason="x")
        entries = self._entries(self.ana, self.clerk)
        self.assertEqual(entries.sorted("date").mapped("kind"), ["complaint", "complaint_closed"])
        self.assertEqual(entries.sorted("date")[1].date, complaint.date_closed)

    def test_the_timeline_shows_no_more_than_the_complaints(self):
        complaint = self._complaint()
        complaint.sudo().message_unsubscribe(complaint.sudo().message_partner_ids.ids)
        self.assertFalse(self._entries(self.ana, self.other))
        self.assertEqual(len(self._entries(self.ana, self.lead)), 1)

    def test_without_the_group_there_is_no_entry(self):
        self._complaint()
        stranger = self.env["res.users"].create({"login": "cmp_stranger", "name": "Stranger"})
        self.assertFalse(self._entries(self.ana, stranger))
