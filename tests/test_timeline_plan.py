"""The first page of a customer's timeline with the sources of all addons: each branch by an index of its own."""

from odoo.addons.crm_relations.tools import planned, timeline, timeline_page
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import SQL

READER = (
    "base.group_user,crm_relations.group_user_all,crm_complaints.group_user_all,crm_erp_bridge.group_user_all,"
    "sales_team.group_sale_salesman_all_leads,account.group_account_invoice,project.group_project_user"
)
LEAST = (
    "crm_relations.group_user,crm_relations.group_call_agent,crm_complaints.group_user,crm_erp_bridge.group_user,"
    "sales_team.group_sale_salesman,account.group_account_invoice,project.group_project_user"
)
SOURCES = {
    "interaction", "meeting", "message_partner", "message_lead", "activity", "lead", "need", "consent", "complaint",
    "complaint_closed", "order", "invoice", "payment", "task", "task_done", "request", "contract", "call",
}


@tagged("post_install", "-at_install")
class TestTimelinePlan(TransactionCase):
    """What PostgreSQL plans when it may neither sort nor read a whole table: a missing index shows as one of both.

    The tables of a test are too small for an index to pay, so the switches decide, not the costs. Indexes on the
    date alone, made for lists, could stand in for a missing one and are dropped for the test.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reader = new_test_user(cls.env, "crm_plan_reader", READER)
        cls.least = new_test_user(cls.env, "crm_plan_least", LEAST)
        cls.customer = cls.env["res.partner"].create({"name": "Planned", "is_company": True})
        cls.person = cls.env["res.partner"].create({"name": "Person", "parent_id": cls.customer.id})
        cls.env.flush_all()
        tables = {cls.env[source.model]._table for source in cls.env["crm.timeline"]._sources().values()}
        cls.env.cr.execute(
            "SELECT indexname FROM pg_indexes WHERE tablename = ANY(%s) AND indexdef !~ 'UNIQUE' "
            "AND indexdef ~* 'btree \\((date|date_order|date_started)[ ,)]'",
            [sorted(tables)],
        )
        for (index,) in cls.env.cr.fetchall():
            cls.env.cr.execute(SQL("DROP INDEX %s", SQL.identifier(index)))

    def setUp(self):
        super().setUp()
        self._switch("off", "seqscan", "bitmapscan", "sort", "incremental_sort", "hashjoin", "mergejoin")

    def _switch(self, state, *names):
        for name in names:
            self.env.cr.execute(SQL("SET LOCAL %s = %s", SQL.identifier(f"enable_{name}"), SQL(state)))

    def _nodes(self, node, subplans=True):
        """The node and all below it; what record rules ask row by row are subplans."""
        yield node
        for child in node.get("Plans", ()):
            if subplans or child.get("Parent Relationship") not in ("SubPlan", "InitPlan"):
                yield from self._nodes(child, subplans)

    def _plan(self, query, value):
        """The plan that the database connection keeps, for a customer not known when it is made."""
        planned.execute_planned(self.env.cr, query, [value])
        self.env.cr.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        name = SQL.identifier(planned.statement_name(query))
        self.env.cr.execute(SQL("EXPLAIN (FORMAT JSON) EXECUTE %s(%s)", name, value))
        (plan,) = self.env.cr.fetchone()[0]
        return plan["Plan"]

    def _faults(self, user, column, partner):
        """What is wrong with the branches of a page: in words, for the message of a failed test."""
        entries = self.env["crm.timeline"].with_user(user)
        page = timeline.Page(column, SQL("$1::int4"), 31)
        codes = {source.slot: code for code, source in entries._sources().items()}
        seen = set()
        for source, table, conditions in entries._readable_sources():
            code = codes[source.slot]
            seen.add(code)
            query = timeline_page.render_page_branch(source, table, page, conditions)
            nodes = list(self._nodes(self._plan(query, partner.id), subplans=False))
            kinds = {node["Node Type"] for node in nodes}
            own = [node for node in nodes if node.get("Alias") == source.alias]
            if kinds & {"Sort", "Incremental Sort"}:
                yield f"{code}: rows are sorted, an index on (customer, date DESC, id DESC) is missing"
            for node in own:
                if node["Node Type"] not in ("Index Scan", "Index Only Scan"):
                    yield f"{code}: {node['Node Type']} of {node['Relation Name']}"
                elif "$1" not in node.get("Index Cond", "") and source.documents is None:
                    yield f"{code}: {node['Index Name']} is not searched by customer"
            if len(own) != 1:
                yield f"{code}: the plan has no single scan of {source.model}"
        for code in sorted(SOURCES - seen):
            yield f"{code}: not readable, so not tested"

    def test_each_branch_of_a_customer_is_read_in_order_from_an_index(self):
        self.assertEqual(list(self._faults(self.reader, "commercial_partner_id", self.customer)), [])

    def test_each_branch_of_a_person_is_read_in_order_from_an_index(self):
        self.assertEqual(list(self._faults(self.reader, "partner_id", self.person)), [])

    def test_the_rules_of_those_who_see_their_own_documents_break_no_index(self):
        self.assertEqual(list(self._faults(self.least, "commercial_partner_id", self.customer)), [])

    def test_the_page_is_merged_and_its_rows_are_found_by_identifier(self):
        """The whole statement: the branches merged in order, the columns of what hangs on documents by primary key."""
        self._switch("on", "sort", "incremental_sort")
        entries = self.env["crm.timeline"].with_user(self.reader)
        sources = [(source, SQL.identifier(self.env[source.model]._table)) for source in entries._sources().values()]
        entries.timeline_page(self.customer.id)
        name, _fields, _write = entries._page_statement("commercial_partner_id", 31, False)
        self.env.cr.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        self.env.cr.execute(
            SQL(
                "EXPLAIN (FORMAT JSON) EXECUTE %s(%s, %s, %s, NULL, NULL)",
                SQL.identifier(name), self.customer.id, self.reader.id, self.reader.partner_id.id,
            )
        )
        (plan,) = self.env.cr.fetchone()[0]
        whole = list(self._nodes(plan["Plan"]))
        nodes = list(self._nodes(plan["Plan"], False))
        for node in whole:
            if node.get("Parent Relationship") == "InitPlan":
                nodes += self._nodes(node, False)
        self.assertIn("Merge Append", {node["Node Type"] for node in nodes})
        tables = {self.env[source.model]._table for source, _table in sources}
        scans = {(node["Relation Name"], node["Node Type"]) for node in nodes if node.get("Relation Name") in tables}
        self.assertEqual(
            {table for table, kind in scans if kind in ("Index Scan", "Index Only Scan")}, tables, "each by an index"
        )
        self.assertFalse({scan for scan in scans if scan[1] not in ("Index Scan", "Index Only Scan")})
