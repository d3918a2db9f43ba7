from datetime import datetime, timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import SQL

from ..tools import planned
from .common import RelationsCommon

TABLES = {"crm_interaction", "mail_message", "mail_activity", "calendar_attendee", "crm_lead"}
PAGE_INDEXES = (
    "crm_interaction_commercial_date_idx",
    "crm_need_commercial_date_idx",
    "mail_message_crm_document_date_idx",
    "mail_activity_crm_timeline_idx",
    "calendar_attendee_crm_timeline_idx",
    "crm_lead_crm_timeline_idx",
)


@tagged("post_install", "-at_install")
class TestTimelinePage(RelationsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        comment = cls.env.ref("mail.mt_comment").id
        cls.lead_reader = cls._create_user(
            "lead_reader", "crm_relations.group_user_all,sales_team.group_sale_salesman_all_leads"
        )
        partners = cls.company_partner | cls.person
        for index in range(12):
            partner = partners[index % 2]
            moment = datetime(2026, 1, 1 + index // 3, 9 + index % 2)
            cls._create_interaction(
                cls.company_partner,
                contact_id=cls.person.id if index % 2 else False,
                date=moment,
                user=cls.agent if index % 3 else cls.colleague,
                channel="phone" if index % 2 else "visit",
                objective=f"100% contact {index}",
            )
            cls.env["mail.message"].create(
                {
                    "model": "res.partner",
                    "res_id": partner.id,
                    "message_type": "email",
                    "subtype_id": comment,
                    "date": moment,
                    "subject": f"Mail {index}",
                    "author_id": partner.id,
                }
            )
        cls.lead = cls.env["crm.lead"].create({"name": "Cellar", "partner_id": cls.person.id, "user_id": cls.seller.id})
        cls.lead.message_post(body="About the cellar", message_type="comment", subtype_xmlid="mail.mt_comment")
        cls.lead.activity_schedule("mail.mail_activity_data_call", summary="Ring", user_id=cls.seller.id)
        cls.person.activity_schedule("mail.mail_activity_data_todo", summary="Write", user_id=cls.agent.id)
        cls.event = cls.env["calendar.event"].create(
            {
                "name": "Tasting",
                "start": datetime(2026, 1, 2, 9),
                "stop": datetime(2026, 1, 2, 10),
                "partner_ids": [(6, 0, partners.ids)],
                "user_id": cls.seller.id,
            }
        )
        cls.env.flush_all()

    def _page(self, user, partner=None, **options):
        self.env.invalidate_all()
        return self.env["crm.timeline"].with_user(user).timeline_page((partner or self.company_partner).id, **options)

    def _all_pages(self, user, partner, limit):
        found, before = [], None
        while True:
            page = self._page(user, partner, before=before, limit=limit)
            found += [entry["id"] for entry in page["entries"]]
            before = page["next"]
            if not before:
                return found

    # === WHAT IS ON A PAGE === #

    def test_pages_put_together_are_the_timeline(self):
        """The pages and the ORM's search give the same entries in the same order, for every reader."""
        for user in (self.agent, self.colleague, self.supervisor, self.lead_reader, self.manager, self.auditor):
            for partner in (self.company_partner, self.person):
                expected = self._timeline(user, *partner._crm_timeline_domain()).ids
                self.assertGreater(len(expected), 5)
                for limit in (1, 4, 200):
                    with self.subTest(user=user.name, partner=partner.name, limit=limit):
                        self.assertEqual(self._all_pages(user, partner, limit), expected)

    def test_filters(self):
        domain = self.company_partner._crm_timeline_domain()
        cases = [
            ({"kinds": ["message"]}, [("kind", "=", "message")]),
            ({"kinds": ["meeting", "activity"]}, [("kind", "in", ("meeting", "activity"))]),
            ({"channels": ["visit"]}, [("channel", "=", "visit")]),
            ({"person_id": self.person.id}, [("partner_id", "=", self.person.id)]),
            ({"date_from": "2026-01-02 00:00:00", "date_to": "2026-01-03"},
             [("date", ">=", "2026-01-02"), ("date", "<", "2026-01-03")]),
            ({"search": "MAIL 1"}, [("summary", "ilike", "mail 1")]),
            ({"search": "100% contact"}, [("kind", "=", "interaction")]),
            ({"search": "1%0"}, [("id", "=", 0)]),
            ({"kinds": ["interaction"], "channels": ["phone"], "person_id": self.person.id},
             [("kind", "=", "interaction"), ("channel", "=", "phone"), ("partner_id", "=", self.person.id)]),
        ]
        for options, leaves in cases:
            with self.subTest(**options):
                expected = self._timeline(self.lead_reader, *domain, *leaves).ids
                found = [entry["id"] for entry in self._page(self.lead_reader, limit=100, **options)["entries"]]
                self.assertEqual(found, expected)
                self.assertEqual(bool(found), "1%0" not in options.values())

    def test_entry_as_the_client_gets_it(self):
        (entry,) = self._page(self.seller, kinds=["lead"])["entries"]
        self.assertEqual(entry["person"], [self.person.id, "Ana Kovač"])
        self.assertEqual(entry["user"], [self.seller.id, "Seller"])
        self.assertEqual((entry["kind"], entry["summary"], entry["res_model"]), ("lead", "Cellar", "crm.lead"))
        self.assertEqual(entry["res_id"], self.lead.id)

    def test_what_can_be_filtered_is_what_may_be_read(self):
        ours = {"interaction", "meeting", "message", "activity", "need", "lead"}  # other addons have more
        kinds = {kind["kind"] for kind in self._page(self.agent, meta=True)["meta"]["kinds"]}
        self.assertEqual(kinds & ours, ours - {"lead"})
        meta = self._page(self.seller, meta=True)["meta"]
        self.assertIn("lead", {kind["kind"] for kind in meta["kinds"]})
        self.assertEqual([person[1] for person in meta["people"]], ["Vinograd d.o.o.", "Ana Kovač"])
        self.assertTrue(meta["can_log"])
        self.assertFalse(self._page(self.auditor, meta=True)["meta"]["can_log"])

    # === WHO SEES IT === #

    def test_no_right_no_page(self):
        for user in (self.clerk, self._create_user("portal_page", "base.group_portal")):
            with self.assertRaises(AccessError):
                self._page(user)
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        hidden = self._create_partner("Hidden", company_id=elsewhere.id)
        with self.assertRaises(AccessError):
            self._page(self.agent, hidden)

    def test_other_companies_stay_out(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        before = len(self._page(self.manager, limit=200)["entries"])
        self._create_interaction(self.company_partner, company_id=elsewhere.id)
        self.env.flush_all()
        self.assertEqual(len(self._page(self.manager, limit=200)["entries"]), before)

    # === BAD INPUT === #

    def test_bad_input_is_one_sentence(self):
        for options in (
            {"before": "yesterday"},
            {"before": ["yesterday", 1]},
            {"before": ["2026-01-01 00:00:00", "x"]},
            {"limit": "many"},
            {"person_id": "'; DROP TABLE res_partner"},
            {"date_from": "31.12.2026"},
        ):
            with self.subTest(**options), self.assertRaises(UserError):
                self._page(self.agent, **options)
        self.assertEqual(self._page(self.agent, kinds=["'; DROP TABLE res_partner --"])["entries"], [])
        self.assertEqual(self._page(self.agent, search="'; --" * 1000)["entries"], [])
        self.assertEqual(self.env["crm.timeline"].with_user(self.agent).timeline_page(2**31 - 1)["entries"], [])

    # === WHAT IS KEPT BESIDE THE SOURCES === #

    def test_activities_follow_their_document(self):
        activity = self.lead.activity_ids
        self.assertEqual(activity.crm_partner_id, self.person)
        self.assertEqual(activity.crm_commercial_partner_id, self.company_partner)
        self.lead.partner_id = self.single
        self.assertEqual(activity.crm_commercial_partner_id, self.single)
        interaction = self._create_interaction(self.single)
        step = interaction.activity_schedule("mail.mail_activity_data_todo", summary="Step")
        self.assertEqual(step.crm_partner_id, self.single)
        interaction.write({"partner_id": self.company_partner.id, "contact_id": self.person.id})
        self.assertEqual(step.crm_partner_id, self.person)

    def test_moments_and_customers_follow(self):
        attendees = self.event.attendee_ids.filtered(lambda a: a.partner_id in self.company_partner | self.person)
        self.assertEqual(attendees.crm_commercial_partner_id, self.company_partner)
        self.event.write({"start": datetime(2026, 2, 2, 9), "stop": datetime(2026, 2, 2, 10)})
        self.assertEqual(set(attendees.mapped("crm_date")), {datetime(2026, 2, 2, 9)})
        other = self._create_partner("New Home", is_company=True)
        self.person.parent_id = other
        self.assertEqual(self.lead.crm_commercial_partner_id, other)
        own = self.env["calendar.attendee"].search([("partner_id", "=", self.seller.partner_id.id)])
        self.assertFalse(own.crm_commercial_partner_id, "our own people are nobody's customer")

    # === COST === #

    def _fill(self, partner, count):
        now = fields.Datetime.now()
        self.env.cr.execute(
            "INSERT INTO crm_interaction (name, active, state, direction, channel, partner_id, person_id, "
            "commercial_partner_id, user_id, date, duration) SELECT 'x', true, 'done', 'in', 'phone', %(p)s, %(p)s, "
            "%(p)s, %(u)s, %(now)s - i * interval '1 hour', 0 FROM generate_series(1, %(n)s) i; "
            "INSERT INTO mail_message (model, res_id, message_type, subtype_id, date, subject) SELECT 'res.partner', "
            "%(p)s, 'email', %(s)s, %(now)s - i * interval '1 hour', 'x' FROM generate_series(1, %(n)s) i",
            {"p": partner.id, "u": self.agent.id, "n": count, "now": now, "s": self.env.ref("mail.mt_comment").id},
        )

    def _nodes(self, node):
        yield node
        for child in node.get("Plans", ()):
            yield from self._nodes(child)

    def _page_plan(self, user, before=None):
        """The plan of a page as it is executed, planned once for all customers."""
        entries = self.env["crm.timeline"].with_user(user)
        # the tables of a test are too small for an index to pay: without seq scans, a missing index still shows
        self.env.cr.execute("SET LOCAL enable_seqscan = off")
        entries._page_rows("commercial_partner_id", self.company_partner.id, 31, before)
        name, _fields, _write = entries._page_statement("commercial_partner_id", 31, bool(before))
        values = [self.company_partner.id, user.id, user.partner_id.id, *(before or (None, None))]
        self.env.cr.execute("SET LOCAL enable_bitmapscan = off; SET LOCAL plan_cache_mode = force_generic_plan")
        arguments = SQL(", ").join(SQL("%s", value) for value in values)
        self.env.cr.execute(SQL("EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE %s(%s)", SQL.identifier(name), arguments))
        (plan,) = self.env.cr.fetchone()[0]
        return list(self._nodes(plan["Plan"]))

    def _plan_faults(self, nodes):
        """What reads more than a page of a source: in words, for the message of a failed test."""
        if not any(node["Node Type"] == "Merge Append" for node in nodes):
            yield "the sources are not merged in order"
        for node in nodes:
            table = node.get("Relation Name")
            read = (node.get("Actual Rows", 0) + node.get("Rows Removed by Filter", 0)) * node.get("Actual Loops", 1)
            if node["Node Type"] == "Sort" and read > 200:
                yield f"{read} rows are sorted"
            if table in TABLES and read > 200:
                yield f"{read} rows of {table} are read"
        used = {node.get("Index Name") for node in nodes}
        for index in set(PAGE_INDEXES) - used:
            yield f"{index} is not used"

    def _fill_many(self):
        """A customer with a long history among others: else the index on dates alone is as good."""
        self._fill(self.company_partner, 3000)
        others = self.env["res.partner"].create([{"name": f"Other {index}"} for index in range(40)])
        self.env.cr.execute(
            "INSERT INTO crm_interaction (name, active, state, direction, channel, partner_id, person_id, "
            "commercial_partner_id, user_id, date, duration) SELECT 'x', true, 'done', 'in', 'phone', p, p, p, %s, "
            "%s - i * interval '1 hour', 0 FROM generate_series(1, 100) i, unnest(%s::int[]) p",
            [self.agent.id, fields.Datetime.now(), others.ids],
        )
        rows = SQL("FROM generate_series(1, 20) i, unnest(%s::int[]) p", others.ids)
        moment = SQL("%s - i * interval '1 day'", fields.Datetime.now())
        self.env.cr.execute(
            SQL(
                "INSERT INTO crm_need (name, statement, state, priority, source, active, partner_id, "
                "commercial_partner_id, date) SELECT 'x', 'x', 'open', '0', 'asked', true, p, p, %s %s",
                moment, rows,
            )
        )
        self.env.cr.execute(
            SQL(
                "INSERT INTO crm_lead (name, type, active, partner_id, crm_commercial_partner_id, create_date, "
                "won_status) SELECT 'x', 'opportunity', true, p, p, %s, 'pending' %s", moment, rows,
            )
        )
        self.env.cr.execute(
            SQL(
                "INSERT INTO mail_activity (res_model, res_id, active, date_deadline, summary, user_id, "
                "crm_partner_id, crm_commercial_partner_id, crm_date) "
                "SELECT 'res.partner', p, false, %s, 'x', %s, p, p, %s %s", moment, self.agent.id, moment, rows,
            )
        )
        self.env.cr.execute(
            SQL(
                "INSERT INTO calendar_attendee (event_id, partner_id, state, crm_commercial_partner_id, crm_date) "
                "SELECT %s, p, 'accepted', p, %s %s", self.event.id, moment, rows,
            )
        )
        self.env.cr.execute(
            "ANALYZE crm_interaction, crm_need, mail_message, mail_activity, calendar_attendee, crm_lead"
        )

    def test_plan_reads_each_source_by_index_and_stops(self):
        self._fill_many()
        for before in (None, (fields.Datetime.now() - timedelta(days=20), 5)):
            nodes = self._page_plan(self.lead_reader, before)
            self.assertEqual(list(self._plan_faults(nodes)), [])
            self.assertEqual({node["Relation Name"] for node in nodes if "Relation Name" in node} & TABLES, TABLES)
            whole = {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"}
            self.assertEqual(whole, {"res_users"}, "the few employees, once, to tell their mails from the customer's")

    def test_a_missing_index_is_noticed(self):
        """The test above would fail without any one of the indexes."""
        self._fill_many()
        for index in PAGE_INDEXES:
            with self.subTest(index=index), self.cr.savepoint() as savepoint:
                self.env.cr.execute(SQL("DROP INDEX %s", SQL.identifier(index)))
                self.assertTrue(list(self._plan_faults(self._page_plan(self.lead_reader))))
                savepoint.rollback()

    def test_documents_are_read_down_to_the_page_only(self):
        """An opportunity with old messages gives none of them to a page that is full of newer entries."""
        self._fill(self.company_partner, 200)
        self.env.cr.execute(
            "INSERT INTO mail_message (model, res_id, message_type, subtype_id, date, subject) "
            "SELECT 'crm.lead', %s, 'email', %s, timestamp '2001-01-01' + i * interval '1 hour', 'x' "
            "FROM generate_series(1, 500) i",
            [self.lead.id, self.env.ref("mail.mt_comment").id],
        )
        nodes = self._page_plan(self.lead_reader)
        (scan,) = [
            node for node in nodes
            if node.get("Relation Name") == "mail_message" and "crm.lead" in node.get("Index Cond", "")
        ]
        self.assertEqual(scan["Actual Rows"] * scan["Actual Loops"], 1, "only the one of today")

    def _kept_plans(self):
        self.env.cr.execute("SELECT name FROM pg_prepared_statements WHERE starts_with(name, %s)", [planned.PREFIX])
        return {name for (name,) in self.env.cr.fetchall()}

    def test_a_plan_is_kept_per_rights_and_not_for_ever(self):
        self._page(self.agent)
        first = self._kept_plans()
        self._page(self.agent, self.single)
        self.assertEqual(self._kept_plans(), first, "another customer, the same plan")
        theirs = self._page(self.colleague)
        self.assertEqual(self._kept_plans(), first, "another reader with the same rights, the same plan")
        self.assertNotEqual(theirs["entries"], self._page(self.agent)["entries"], "but each sees the own contacts")
        self._page(self.supervisor)
        self.assertEqual(len(self._kept_plans() - first), 1, "other rights, another plan")
        for number in range(planned.KEPT_MAX + 5):
            query = SQL("SELECT $1::int4 + %s", number)
            self.assertEqual(planned.execute_planned(self.env.cr, query, [1]), [(number + 1,)])
        self.assertEqual(len(self._kept_plans()), planned.KEPT_MAX)
        self.env.cr.execute("SELECT current_setting('enable_bitmapscan'), current_setting('plan_cache_mode')")
        self.assertEqual(self.env.cr.fetchone(), ("on", "auto"), "the settings are for the page only")

    def test_a_connection_that_lost_its_plans(self):
        """Whoever shares connections between processes may hand out one on which nothing was prepared."""
        page = self._page(self.agent)
        self.assertTrue(self._kept_plans())
        self.env.cr.execute("DEALLOCATE ALL")
        self.assertEqual(self._page(self.agent), page)
        self.assertEqual(len(self._kept_plans()), 1)

    def test_entries_are_found_by_identifier_index(self):
        self._fill(self.company_partner, 3000)
        self.env.cr.execute("ANALYZE crm_interaction, mail_message, mail_activity, calendar_attendee, crm_lead")
        ids = self._timeline(self.seller, *self.company_partner._crm_timeline_domain()).ids[:80]
        query = self.env["crm.timeline"].with_user(self.seller)._search([("id", "in", ids)]).select()
        self.env.cr.execute("SET LOCAL enable_seqscan = off")
        self.env.cr.execute(SQL("EXPLAIN (FORMAT JSON) %s", query))
        (plan,) = self.env.cr.fetchone()[0]
        scans = [node for node in self._nodes(plan["Plan"]) if node.get("Relation Name") in TABLES - {"mail_message"}]
        self.assertNotIn("Seq Scan", {node["Node Type"] for node in scans})

    def test_queries_do_not_grow(self):
        def count(partner):
            self._page(self.agent, partner, meta=True)
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            page = self.env["crm.timeline"].with_user(self.agent).timeline_page(partner.id, meta=True)
            self.assertEqual(len(page["entries"]), 20 if partner == few else 30)
            return self.cr.sql_log_count - before

        few, many = self._create_partner("Few"), self._create_partner("Many")
        self._fill(few, 10)
        self._fill(many, 1000)
        small = count(few)
        self.assertEqual(count(many), small)
