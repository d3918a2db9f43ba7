from datetime import date, datetime, timedelta

from odoo import fields
from odoo.exceptions import AccessError, MissingError
from odoo.tests import tagged
from odoo.tools import SQL

from ..tools.timeline import TimelineSource, entry_id, split_entry_id
from .common import RelationsCommon


@tagged("post_install", "-at_install")
class TestTimeline(RelationsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # the chatter is a subject here
        cls.env = cls.env(context={k: v for k, v in cls.env.context.items() if k != "tracking_disable"})
        cls.note = cls.env.ref("mail.mt_note")
        cls.comment = cls.env.ref("mail.mt_comment")

    def _message(self, record, **values):
        values = {"message_type": "email", "subtype_id": self.comment.id, "body": "<p>Hello</p>", **values}
        return self.env["mail.message"].create({"model": record._name, "res_id": record.id, **values})

    def _lead(self, partner, **values):
        return self.env["crm.lead"].create({"name": "Big deal", "partner_id": partner.id, **values})

    def _event(self, *partners, **values):
        return self.env["calendar.event"].create(
            {
                "name": "Kick-off",
                "start": datetime(2026, 2, 3, 9),
                "stop": datetime(2026, 2, 3, 10),
                "partner_ids": [(6, 0, [partner.id for partner in partners])],
                "user_id": self.seller.id,
                **values,
            }
        )

    # === WHAT IS ON IT === #

    def test_text_messages_are_on_it_although_odoo_files_them_as_notes(self):
        sent = self._message(self.single, subtype_id=self.note.id, body="<p>Your order is ready</p>")
        self.env.flush_all()
        # the kind of message comes with Odoo's SMS application, which may not be installed here
        self.env.cr.execute("UPDATE mail_message SET message_type = 'sms' WHERE id = %s", [sent.id])
        (entry,) = self._timeline(self.agent, ("commercial_partner_id", "=", self.single.id))
        self.assertEqual(
            (entry.kind, entry.channel, entry.direction, entry.summary),
            ("message", "sms", "out", "Your order is ready"),
        )

    def test_every_source_in_order_of_time(self):
        self._create_interaction(self.single, user=self.seller, date=datetime(2026, 1, 5), channel="visit")
        self._message(self.single, date=datetime(2026, 1, 4), subject="Question", author_id=self.single.id)
        self._event(self.single, start=datetime(2026, 1, 3, 9), stop=datetime(2026, 1, 3, 10))
        activity = self.single.activity_schedule("mail.mail_activity_data_call", user_id=self.seller.id)
        activity.action_done()
        activity.write({"date_done": date(2026, 1, 2)})
        lead = self._lead(self.single, expected_revenue=1200)
        self.env.flush_all()
        self.env.cr.execute("UPDATE crm_lead SET create_date = '2026-01-01' WHERE id = %s", [lead.id])
        entries = self._timeline(self.seller, ("commercial_partner_id", "=", self.single.id))
        self.assertEqual(
            [(e.kind, e.summary, e.date, e.direction, e.channel, e.state) for e in entries],
            [
                ("interaction", "Spring offer", datetime(2026, 1, 5), "in", "visit", "done"),
                ("message", "Question", datetime(2026, 1, 4), "in", "email", "done"),
                ("meeting", "Kick-off", datetime(2026, 1, 3, 9), False, "meeting", "done"),
                ("activity", "Call", datetime(2026, 1, 2, 12), "out", "phone", "done"),
                ("lead", "Big deal", datetime(2026, 1, 1), False, False, "done"),
            ],
        )
        self.assertEqual(entries[-1].amount, 1200)
        self.assertEqual(entries[-1].currency_id, self.env.company.currency_id)

    def test_a_thing_done_is_one_entry(self):
        """A done activity posts a message, a meeting makes an activity, tracking posts: none of it twice."""
        activity = self.single.activity_schedule("mail.mail_activity_data_call", summary="Ring up")
        activity.action_feedback(feedback="Talked")
        meeting_type = self.env["mail.activity.type"].search([("category", "=", "meeting")], limit=1)
        planned = self.single.activity_schedule(activity_type_id=meeting_type.id, summary="See them")
        self._event(self.single, name="See them", activity_ids=[(4, planned.id)])
        self.assertEqual(planned.calendar_event_id.name, "See them")
        self.single.message_post(body="internal remark", subtype_xmlid="mail.mt_note")
        entries = self._timeline(self.seller, ("partner_id", "=", self.single.id))
        self.assertEqual(sorted(entries.mapped("summary")), ["Ring up", "See them"])
        self.assertEqual(sorted(entries.mapped("kind")), ["activity", "meeting"])

    def test_only_what_people_wrote_to_each_other(self):
        employee = self.agent.partner_id
        self._message(self.single, subject="in", author_id=self.single.id)
        self._message(self.single, subject="out", author_id=employee.id, message_type="comment")
        self._message(self.single, subject="bulk", author_id=employee.id, message_type="email_outgoing")
        self._message(self.single, subject="web", author_id=self.single.id, message_type="comment")
        self._message(self.single, subject="note", subtype_id=self.note.id)
        self._message(self.single, subject="internal", is_internal=True)
        self._message(self.single, subject="log", subtype_id=False)
        self._message(self.single, subject="system", message_type="notification")
        self._message(self.single, subject="bot", message_type="auto_comment")
        self._message(self.single, subject=False, body="<p>No <b>subject</b>&nbsp;here</p>", author_id=self.single.id)
        entries = self._timeline(self.agent, ("partner_id", "=", self.single.id), ("kind", "=", "message"))
        self.assertEqual(
            sorted((e.summary, e.direction, e.channel) for e in entries),
            [
                ("No subject here", "in", "email"),
                ("bulk", "out", "email"),
                ("in", "in", "email"),
                ("out", "out", "email"),
                ("web", "in", "web"),
            ],
        )

    def test_open_things_are_planned(self):
        due = fields.Date.today() + timedelta(days=3)
        self._create_interaction(self.single, user=self.agent, next_step="Call back", next_step_date=due)
        planned = self._timeline(self.agent, ("partner_id", "=", self.single.id), ("state", "=", "planned"))
        self.assertEqual((planned.kind, planned.summary, planned.date.date()), ("activity", "Call back", due))
        self.assertEqual((planned.res_model, planned.res_id), ("crm.interaction", self.single.crm_interaction_ids.id))

    def test_roll_up_to_the_company(self):
        self._create_interaction(self.company_partner, contact_id=self.person.id)
        self._create_interaction(self.company_partner)
        self._message(self.person, author_id=self.person.id)
        company = self._timeline(self.agent, ("commercial_partner_id", "=", self.company_partner.id))
        self.assertEqual(len(company), 3)
        person = self._timeline(self.agent, ("partner_id", "=", self.person.id))
        self.assertEqual(sorted(person.mapped("kind")), ["interaction", "message"])
        company_form = self.company_partner.with_user(self.agent)
        self.assertEqual(company_form.crm_timeline_ids.ids, company.ids)
        self.assertEqual(self.person.with_user(self.agent).crm_timeline_ids.ids, person.ids)

    def test_the_person_moves_to_another_company(self):
        interaction = self._create_interaction(self.company_partner, contact_id=self.person.id)
        self._message(self.person, author_id=self.person.id)
        new_home = self._create_partner("New Home Ltd", is_company=True)
        self.person.parent_id = new_home
        self.assertEqual(interaction.commercial_partner_id, self.company_partner)
        moved = self._timeline(self.agent, ("commercial_partner_id", "=", new_home.id))
        self.assertEqual(moved.kind, "message")

    def test_archived_documents_leave_and_lost_leads_stay(self):
        interaction = self._create_interaction(self.single, user=self.seller)
        lost, dropped = self._lead(self.single, name="Lost"), self._lead(self.single, name="Dropped")
        lost.action_set_lost()
        dropped.active = False
        dropped.won_status = "pending"
        domain = ("partner_id", "=", self.single.id)
        self.assertEqual(set(self._timeline(self.seller, domain).mapped("summary")), {"Spring offer", "Lost"})
        interaction.active = False
        self.assertEqual(set(self._timeline(self.seller, domain).mapped("summary")), {"Lost"})
        everything = self.env["crm.timeline"].with_context(active_test=False).with_user(self.seller).search([domain])
        self.assertEqual(set(everything.mapped("summary")), {"Spring offer", "Lost", "Dropped"})

    # === IDENTIFIERS === #

    def test_identifiers_are_unique_and_lead_back(self):
        self._event(self.single, self.person, self.company_partner)
        for partner in (self.single, self.person):
            self._create_interaction(partner)
            self._message(partner)
            self._lead(partner)
            self._message(self._lead(partner))
            partner.activity_schedule("mail.mail_activity_data_todo")
        entries = self.env["crm.timeline"].with_context(active_test=False).search([])
        self.assertEqual(len(entries.ids), len(set(entries.ids)))
        meetings = entries.filtered(lambda e: e.kind == "meeting" and e.summary == "Kick-off")
        self.assertEqual(len(meetings), 3)
        self.assertEqual(len(set(meetings.mapped("res_id"))), 1)
        slots = {source.slot: source for source in self.env["crm.timeline"]._sources().values()}
        for entry in entries:
            source_id, slot = split_entry_id(entry.id)
            self.assertTrue(self.env[slots[slot].model].browse(source_id).exists())
            self.assertTrue(self.env[entry.res_model].browse(entry.res_id).exists())

    def test_entries_are_read_again_by_identifier(self):
        interaction = self._create_interaction(self.single)
        entry = self.env["crm.timeline"].with_user(self.agent).browse(entry_id(interaction.id, 1))
        self.assertTrue(entry.exists())
        self.assertEqual(entry.summary, "Spring offer")
        interaction.objective = "Autumn offer"
        entry.invalidate_recordset()
        self.assertEqual(entry.summary, "Autumn offer", "pending changes are written before the view is read")

    # === WHO SEES IT === #

    def test_contacts_of_others(self):
        self._create_interaction(self.single, user=self.agent)
        domain = ("partner_id", "=", self.single.id)
        for user, count in {self.agent: 1, self.colleague: 0, self.supervisor: 1, self.auditor: 1}.items():
            with self.subTest(user=user.name):
                self.assertEqual(len(self._timeline(user, domain)), count)
                self.assertEqual(self.env["crm.timeline"].with_user(user).search_count([domain]), count)
                groups = self.env["crm.timeline"].with_user(user)._read_group([domain], ["kind"], ["__count"])
                self.assertEqual(groups, [("interaction", count)] if count else [])
        with self.assertRaises(AccessError):
            self._timeline(self.clerk, domain)

    def test_portal_users_have_no_timeline(self):
        portal = self._create_user("portal", "base.group_portal")
        self._message(portal.partner_id)
        with self.assertRaises(AccessError):
            self._timeline(portal)
        with self.assertRaises(AccessError):
            portal.partner_id.with_user(portal).read(["crm_timeline_ids"])

    def test_hidden_entry_cannot_be_read_by_its_identifier(self):
        interaction = self._create_interaction(self.single, user=self.agent)
        identifier = entry_id(interaction.id, 1)
        stranger = self.env["crm.timeline"].with_user(self.colleague).browse(identifier)
        self.assertFalse(stranger.exists())
        self.assertEqual(stranger.read(["summary"]), [])
        with self.assertRaises(MissingError):
            stranger.action_open_source()

    def test_leads_need_the_right_to_leads(self):
        seller = self._create_user("own_seller", "crm_relations.group_user,sales_team.group_sale_salesman")
        own = self._lead(self.single, user_id=seller.id, name="Own")
        foreign = self._lead(self.single, user_id=self.agent.id, name="Foreign")
        for lead in own | foreign:
            self._message(lead, subject=f"about {lead.name}", author_id=self.single.id)
            lead.activity_schedule("mail.mail_activity_data_todo", summary=f"do {lead.name}", user_id=seller.id)
        domain = ("partner_id", "=", self.single.id)
        self.assertFalse(self._timeline(self.agent, domain))
        self.assertEqual(set(self._timeline(seller, domain).mapped("summary")), {"Own", "about Own", "do Own"})
        self.assertEqual(len(self._timeline(self.seller, domain)), 6)

    def test_private_meetings_are_busy_to_others(self):
        self._event(self.single, name="Salary talk", privacy="private")
        domain = ("partner_id", "=", self.single.id)
        self.assertEqual(self._timeline(self.agent, domain).summary, "Busy")
        self.assertEqual(self._timeline(self.seller, domain).summary, "Salary talk")

    def test_default_privacy_of_the_organiser_counts(self):
        self.seller.with_user(self.seller).calendar_default_privacy = "private"
        self._event(self.single, name="Secret")
        domain = ("partner_id", "=", self.single.id)
        self.assertEqual(self._timeline(self.agent, domain).summary, "Busy")
        self.assertEqual(self._timeline(self.seller, domain).summary, "Secret")

    def test_other_companies(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        hidden = self._create_partner("Hidden customer", company_id=elsewhere.id)
        self._create_interaction(hidden, company_id=elsewhere.id, user=self.manager)
        self._message(hidden)
        self._create_interaction(self.single, company_id=elsewhere.id, user=self.manager)
        self._create_interaction(self.single, company_id=False, user=self.manager)
        both = ("partner_id", "in", (hidden | self.single).ids)
        self.assertEqual(len(self._timeline(self.manager, both)), 1)
        self.manager.company_ids |= elsewhere
        companies = {"allowed_company_ids": (self.env.company | elsewhere).ids}
        allowed = self.env["crm.timeline"].with_user(self.manager).with_context(**companies)
        self.assertEqual(allowed.search_count([both]), 4)

    def test_rule_that_joins_other_tables(self):
        """A record rule over related fields is applied as well as a plain one."""
        self.env["ir.rule"].create(
            {
                "name": "Only customers in Ptuj",
                "model_id": self.env["ir.model"]._get_id("crm.interaction"),
                "domain_force": "[('partner_id.city', '=', 'Ptuj')]",
            }
        )
        self.single.city = "Ptuj"
        self._create_interaction(self.single)
        self._create_interaction(self.company_partner)
        self.assertEqual(self._timeline(self.manager, ("kind", "=", "interaction")).partner_id, self.single)

    def test_source_opens(self):
        interaction = self._create_interaction(self.single)
        entry = self._timeline(self.agent, ("partner_id", "=", self.single.id))
        action = entry.action_open_source()
        self.assertEqual((action["res_model"], action["res_id"]), ("crm.interaction", interaction.id))

    # === THE PORT === #

    def test_another_addon_adds_its_kind(self):
        columns = {
            "partner_id": SQL("s.id"),
            "commercial_partner_id": SQL("s.commercial_partner_id"),
            "date": SQL("s.create_date"),
            "kind": SQL("'birth'"),
            "summary": SQL("s.name"),
        }
        timeline = type(self.env["crm.timeline"])
        original = timeline._sources
        source = TimelineSource(slot=50, model="res.partner", columns=columns, where=SQL("s.name LIKE 'Ion%%'"))
        self.patch(timeline, "_sources", lambda model: original(model) | {"birth": source})
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL("SELECT id, summary FROM %s AS t WHERE kind = 'birth'", self.env["crm.timeline"]._table_sql)
        )
        self.assertEqual(rows, [(entry_id(self.single.id, 50), "Ion Popescu")])

    def test_slot_taken_twice_is_an_error(self):
        timeline = type(self.env["crm.timeline"])
        original = timeline._sources
        self.patch(timeline, "_sources", lambda m: original(m) | {"copy": original(m)["interaction"]})
        with self.assertRaisesRegex(ValueError, "'interaction' and 'copy' both use slot 1"):
            self.env["crm.timeline"].search([])

    def test_no_source_at_all_is_an_empty_timeline(self):
        self.patch(type(self.env["crm.timeline"]), "_sources", lambda model: {})
        self.assertEqual(self.env["crm.timeline"].search_count([]), 0)

    def test_nobody_writes_the_view(self):
        for user in (self.manager, self.auditor):
            with self.assertRaises(AccessError):
                self.env["crm.timeline"].with_user(user).create({"summary": "x"})

    # === COST === #

    def test_queries_do_not_grow_with_the_history(self):
        def count(partner):
            self.env.flush_all()
            self.env.invalidate_all()
            # groups, rules and access lists are cached per process: warm them first
            partner.with_user(self.agent).crm_timeline_ids.mapped("summary")
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            form = partner.with_user(self.agent)
            fields_read = ["summary", "partner_id", "date", "kind", "user_id", "amount"]
            form.crm_timeline_ids.read(fields_read)
            return self.cr.sql_log_count - before

        few, many = self._create_partner("Few"), self._create_partner("Many")
        values = {"user_id": self.agent.id, "outcome": "x"}
        model = self.env["crm.interaction"].with_context(tracking_disable=True)
        model.create([{"partner_id": few.id, **values}] * 10)
        model.create([{"partner_id": many.id, **values}] * 1000)
        small = count(few)
        self.assertEqual(count(many), small)

    def test_creating_contacts_in_bulk_costs_the_same_queries(self):
        def count(number):
            values = [{"partner_id": self.single.id, "outcome": "x"} for _index in range(number)]
            self.env.flush_all()
            before = self.cr.sql_log_count
            self.env["crm.interaction"].with_context(tracking_disable=True, mail_create_nosubscribe=True).create(values)
            self.env.flush_all()
            return self.cr.sql_log_count - before

        count(10)
        self.assertEqual(count(10), count(100))
