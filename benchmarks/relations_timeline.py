"""The timeline of a customer with 10,000 entries against the bare query and against one with 10 entries.

    bin/odoo shell -d NAME < benchmarks/relations_timeline.py
    TIMELINE_ROWS=5000000 TIMELINE_KEEP=1 bin/odoo shell -d NAME < benchmarks/relations_timeline.py

Needs a database with crm_relations; with the other addons of the suite (and sales, invoicing, projects) their
sources are filled and measured too. Rows are generated in one transaction that is rolled back at the end;
TIMELINE_KEEP=1 keeps them for the next run, in a database for nothing else. All ratios come from one run on the
same rows. Shown is the processor time of Odoo and its database connection together (median, and the fastest), which
a busy machine does not blur as much as the time that passes:

* the first page (31 rows) as SQL, and `timeline_page` as the web client calls
  it, against the same number of rows from one table by its index;
* a deep page; the list view's first 80;
* how each source's index serves its branch of the page: rows read, and what is read without a fitting index;
* reading the customer's form plus the first page, 10,000 entries against 10.

Goals: page SQL <= 7x bare, opening the big customer <= 1.3x the small one.
"""
# ruff: noqa: E501, S608
import os
import pathlib
import statistics
import time

from odoo.addons.crm_relations.tools import planned, timeline, timeline_page
from odoo.tools import SQL

ROWS = int(os.environ.get("TIMELINE_ROWS", "200000"))
RUNS = int(os.environ.get("TIMELINE_RUNS", "60"))
BIG = 10_000
SMALL = 10
cr = env.cr
cr.execute("SET LOCAL synchronous_commit = off")


def run(sql, *args):
    cr.execute(sql, args)


def required(table, given):
    """What an installed app wants of each row beside the given columns: ``{column: default}``, for a formatted statement."""
    run("SELECT column_name FROM information_schema.columns "
        "WHERE table_name = %s AND is_nullable = 'NO' AND column_default IS NULL", table)
    names = [row[0] for row in cr.fetchall() if row[0] not in given]
    model = next(model for model in env.values() if model._table == table and not model._abstract)
    defaults = model.default_get(names)
    return {name: cr.mogrify("%s", [defaults[name]]).decode().replace("%", "%%") for name in names if name in defaults}


def people(customers):
    """Companies with three people each, in one range of ids; returns (first id, last id) of the companies."""
    run("SELECT COALESCE(max(id), 0) FROM res_partner")
    base = cr.fetchone()[0]
    columns = "id, name, complete_name, active, is_company, type, partner_share, create_date, parent_id, commercial_partner_id"
    wanted = required("res_partner", columns.split(", "))
    more, answer = ("".join(f", {item}" for item in items) for items in (wanted, wanted.values()))
    run(
        f"INSERT INTO res_partner ({columns}{more}) SELECT %s + i, 'Customer ' || i, 'Customer ' || i, true, true, "
        f"'contact', true, now(), NULL, %s + i{answer} FROM generate_series(1, %s) i", base, base, customers)
    run(
        f"INSERT INTO res_partner ({columns}{more}) SELECT %s + i, 'Person ' || i, 'Person ' || i, true, false, 'contact', "
        f"true, now(), %s + 1 + ((i - 1) %% %s), %s + 1 + ((i - 1) %% %s){answer} FROM generate_series(%s + 1, %s) i",
        base, base, customers, base, customers, customers, 4 * customers)
    run("SELECT setval('res_partner_id_seq', (SELECT max(id) FROM res_partner))")
    return base + 1, base + customers


def insert(table, n, lateral, columns):
    """`n` rows of one table; :return: their ids, in order. In the expressions: i row, c customer, p person, m moment."""
    columns = columns | required(table, columns)
    run(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(columns.values())} FROM {lateral} RETURNING id", n)
    return sorted(row[0] for row in cr.fetchall())


USER, COMPANY, CURRENCY = str(env.uid), str(env.company.id), str(env.company.currency_id.id)
NOTE, COMMENT = env.ref("mail.mt_note").id, env.ref("mail.mt_comment").id
run("SELECT table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE'")
PRESENT = {row[0] for row in cr.fetchall()}


def one(table, condition="TRUE"):
    """The id of any row that something has to refer to."""
    if table not in PRESENT:
        return "NULL"
    run(f"SELECT min(id) FROM {table} WHERE {condition}")
    return str(cr.fetchone()[0])


SALE_JOURNAL, BANK_JOURNAL = one("account_journal", "type = 'sale'"), one("account_journal", "type = 'bank'")
OWN = {"company_id": COMPANY, "user_id": USER}
WHOLE = {"partner_id": "p", "commercial_partner_id": "c"}
# table, share of the rows, columns
MORE = [
    ("crm_need", 0.02, OWN | WHOLE | {
        "name": "'Need ' || i", "statement": "'x'", "state": "'open'", "priority": "'0'", "source": "'asked'",
        "active": "true", "date": "m"}),
    ("crm_consent", 0.02, WHOLE | {
        "name": "'Consent ' || i", "purpose_id": one("crm_consent_purpose"), "state": "'given'", "source": "'phone'",
        "date": "m", "date_recorded": "m", "user_id": USER}),
    ("crm_complaint", 0.02, OWN | WHOLE | {
        "name": "'Complaint ' || i", "date_logged": "m", "date_received": "m", "channel": "'phone'", "active": "true",
        "stage_id": one("crm_complaint_stage"), "date_closed": "CASE WHEN i %% 2 = 0 THEN m + interval '3 days' END"}),
    ("crm_request", 0.02, OWN | WHOLE | {
        "name": "'Request ' || i", "phase": "'done'", "type_id": one("crm_request_type"), "source": "'manual'",
        "date_requested": "m", "active": "true"}),
    ("crm_contract", 0.002, OWN | WHOLE | {
        "name": "'Contract ' || i", "date_start": "m::date", "document": "'none'", "renewal": "'none'",
        "state": "'active'", "active": "true"}),
    ("sale_order", 0.05, OWN | {
        "name": "'S' || i", "partner_id": "p", "partner_invoice_id": "p", "partner_shipping_id": "p", "state": "'sale'",
        "date_order": "m", "currency_id": CURRENCY, "amount_total": "i"}),
    ("account_move", 0.06, WHOLE | {
        "name": "'INV/' || c || '/' || i", "move_type": "'out_invoice'", "state": "'posted'", "journal_id": SALE_JOURNAL,
        "currency_id": CURRENCY, "company_id": COMPANY, "date": "m::date", "invoice_date": "m::date",
        "create_date": "m", "auto_post": "'no'", "amount_total": "i", "invoice_user_id": USER}),
    ("account_payment", 0.05, {
        "name": "'P' || i", "payment_type": "'inbound'", "partner_type": "'customer'", "journal_id": BANK_JOURNAL,
        "company_id": COMPANY, "currency_id": CURRENCY, "state": "'paid'", "date": "m::date", "partner_id": "p",
        "amount": "i"}),
    ("project_task", 0.03, {
        "name": "'Task ' || i", "partner_id": "p", "company_id": COMPANY, "active": "true", "create_date": "m",
        "state": "CASE WHEN i %% 2 = 0 THEN '1_done' ELSE '01_in_progress' END",
        "project_id": one("project_project"), "date_last_stage_update": "m"}),
]


# a source row's customer is the first of the three numbers of WHO; person: one of four of that customer
def fill(customer_sql, n, first, customers, seed):
    """`n` source rows over all sources for the customer given by an SQL expression of the row number i."""
    person = (
        f"(CASE WHEN i % 4 = 0 THEN c ELSE {first + customers} + c - {first} + {customers} * (i % 3) END)"
    )
    rows = f"(SELECT i, {customer_sql} AS c FROM generate_series(1, %s) i) AS rows"
    moment = f"(timestamp '2026-11-01' - ((i::bigint * 7919 + {seed}) %% 1500000) * interval '1 minute')"
    lateral = f"{rows}, LATERAL (SELECT {person.replace('%', '%%')} AS p, {moment} AS m) AS x"
    mails = 0.596
    for table, share, columns in MORE:
        if table in PRESENT:
            mails -= share
            insert(table, max(int(n * share), 1), lateral, columns)
    insert("crm_interaction", int(n * 0.25), lateral, {
        "name": "'Contact ' || i", "active": "true", "state": "'done'", "direction": "'out'", "channel": "'phone'",
        "partner_id": "c", "person_id": "p", "commercial_partner_id": "c", "company_id": COMPANY, "user_id": USER,
        "date": "m", "duration": "5", "objective": "'x'"})
    leads = insert("crm_lead", max(int(n * 0.004), 1), lateral, {
        "name": "'Lead ' || i", "type": "'opportunity'", "active": "true", "partner_id": "p",
        "crm_commercial_partner_id": "c", "company_id": COMPANY, "user_id": USER, "create_date": "m",
        "won_status": "'pending'", "expected_revenue": "i"})
    message = {
        "message_type": "CASE WHEN i %% 3 = 0 THEN 'notification' ELSE 'email' END", "date": "m", "author_id": "p",
        "subtype_id": f"CASE WHEN i %% 3 = 0 THEN {NOTE} ELSE {COMMENT} END", "is_internal": "false",
        "subject": "CASE WHEN i %% 2 = 0 THEN 'Mail ' || i END",
        "body": "'<p>Good day, the offer that we spoke about is <b>attached</b>.</p>'"}
    insert("mail_message", int(n * (mails - 0.13)), lateral, message | {"model": "'res.partner'", "res_id": "p"})
    insert("mail_message", int(n * 0.13), lateral,
           message | {"model": "'crm.lead'", "res_id": f"{leads[0]} + i %% {len(leads)}"})
    insert("mail_activity", int(n * 0.1), lateral, {
        "res_model": "'res.partner'", "res_id": "p", "active": "false", "date_deadline": "m", "date_done": "m",
        "summary": "'Activity ' || i", "user_id": USER, "activity_type_id": str(env.ref("mail.mail_activity_data_call").id),
        "crm_partner_id": "p", "crm_commercial_partner_id": "c", "crm_date": "m"})
    events = insert("calendar_event", int(n * 0.05), lateral, {
        "name": "'Meeting ' || i", "active": "true", "start": "m", "stop": "m", "user_id": USER, "privacy": "'public'",
        "show_as": "'busy'"})
    if events:
        insert("calendar_attendee", len(events), lateral, {
            "event_id": f"{events[0]} + i - 1", "partner_id": "p", "state": "'accepted'",
            "crm_commercial_partner_id": "c", "crm_date": "m"})


def clock():
    """Milliseconds that the processors worked for this process and its database connection; else those that passed."""
    run("SELECT pg_backend_pid()")
    path = pathlib.Path(f"/proc/{cr.fetchone()[0]}/schedstat")
    try:
        path.read_text()
    except OSError:
        return lambda: time.perf_counter() * 1000
    return lambda: time.process_time() * 1000 + int(path.read_text().split()[0]) / 1e6


now = clock()


def measure(function, runs=RUNS):
    return measure_in_turns(function, runs=runs)[0][0]


def measure_in_turns(*functions, runs=RUNS):
    """(median, fastest) of functions that are called one after the other, again and again."""
    times = [[] for _function in functions]
    for _index in range(runs + 3):
        for function, taken in zip(functions, times, strict=True):
            started = now()
            function()
            taken.append(now() - started)
    return [(statistics.median(taken[3:]), min(taken[3:])) for taken in times]


def sql_time(query):
    def once():
        cr.execute(query)
        cr.fetchall()
    return measure(once)


SOURCE_TABLES = [
    "crm_interaction", "crm_lead", "mail_message", "mail_activity", "calendar_attendee",
    *(table for table, _share, _columns in MORE if table in PRESENT)]


def generate():
    customers = max(ROWS // 160, 100)
    first, _last = people(customers)
    big, small = first, first + 1
    fill(f"{first} + 2 + (i * 31) % {customers - 2}".replace("%", "%%"), ROWS, first, customers, 17)
    fill(str(big), BIG * 1.25, first, customers, 5)
    fill(str(small), SMALL * 1.5, first, customers, 5)
    for table in ("res_partner", "calendar_event", *SOURCE_TABLES):
        run(f"ANALYZE {table}")
    return first


GROUPS = (
    "base.group_user", "base.group_partner_manager", "crm_relations.group_user_all",
    "sales_team.group_sale_salesman_all_leads", "crm_complaints.group_user_all", "crm_erp_bridge.group_user_all",
    "account.group_account_invoice", "project.group_project_user")
started = time.time()
cr.execute("SELECT min(id) FROM res_partner WHERE name = 'Customer 1'")
big = cr.fetchone()[0] or generate()
small = big + 1
env.invalidate_all()
user = env["res.users"].search([("login", "=", "timeline_bench")]) or env["res.users"].with_context(
    no_reset_password=True).create({"name": "Bench", "login": "timeline_bench"})
user.group_ids = [(6, 0, [group.id for group in (env.ref(name, False) for name in GROUPS) if group])]
env.flush_all()
model = env["crm.timeline"].with_user(user)
entries = {p: model.search_count([("commercial_partner_id", "=", p)]) for p in (big, small)}
cr.execute("SELECT count(*) FROM res_partner WHERE name LIKE 'Customer %'")
customers = cr.fetchone()[0]
cr.execute(" UNION ALL ".join(f"SELECT count(*) FROM {table}" for table in SOURCE_TABLES))
total = sum(row[0] for row in cr.fetchall())
print(f"{total} source rows, {customers} customers made in {time.time() - started:.0f} s; "
      f"entries: big {entries[big]}, small {entries[small]}")

bare = SQL(
    "SELECT id, person_id, commercial_partner_id, date, name, state, direction, channel, user_id, company_id, active "
    "FROM crm_interaction WHERE commercial_partner_id = %s ORDER BY date DESC, id DESC LIMIT 31", big)
readable = len(list(model._readable_sources()))
name, _fields, write = model._page_statement("commercial_partner_id", 31, False)
values = (big, user.id, user.partner_id.id, None, None)


def read_bare():
    cr.execute(bare)
    cr.fetchall()


def read_rows():
    planned.execute_named(cr, name, write, values, ["enable_bitmapscan"], timeline_page.PARAMETER_TYPES)


# in turns, so that whatever else the machine does falls on both
(base, base_best), (page_sql, page_best) = measure_in_turns(read_bare, read_rows, runs=5 * RUNS)
print(f"bare query, one table by its index:        {base:7.2f} ms   1.0x  fastest {base_best:.2f}")
print(f"first page, SQL with all columns:          {page_sql:7.2f} ms {page_sql / base:5.1f}x  fastest {page_best:.2f}, "
      f"{page_best / base_best:.1f}x  goal <= 7x; {readable} sources, {page_sql / base / readable:.2f}x each")
arguments = SQL(", ").join(SQL("%s", value) for value in values)
execute = SQL("EXECUTE %s(%s)", SQL.identifier(name), arguments)
cr.execute("SET LOCAL plan_cache_mode = force_custom_plan; SET LOCAL enable_bitmapscan = off")
cr.execute(SQL("EXPLAIN (ANALYZE, FORMAT JSON) %s", execute))
plan = cr.fetchone()[0][0]
print(f"    planned each time it would take {plan['Planning Time']:.2f} more; execution {plan['Execution Time']:.2f}")


def served_by(node):
    """What a branch of the page reads of its own source: (index, rows read), and whether anything is sorted."""
    yield node
    for child in node.get("Plans", ()):
        if child.get("Parent Relationship") not in ("SubPlan", "InitPlan"):
            yield from served_by(child)


for source, table, conditions in model._readable_sources():
    page = timeline.Page("commercial_partner_id", SQL("%s", big), 31)
    cr.execute(SQL("EXPLAIN (ANALYZE, FORMAT JSON) %s", timeline_page.render_page_branch(source, table, page, conditions)))
    nodes = list(served_by(cr.fetchone()[0][0]["Plan"]))
    own = [node for node in nodes if node.get("Alias") == source.alias]
    rows = sum((node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"] for node in own)
    print(f"    slot {source.slot:2d} {source.model:18s} {rows:6.0f} rows by "
          f"{', '.join(node.get('Index Name') or node['Node Type'] for node in own)}"
          f"{', sorted' if any('Sort' in node['Node Type'] for node in nodes) else ''}")
if os.environ.get("TIMELINE_EXPLAIN"):
    cr.execute(SQL("EXPLAIN (ANALYZE, BUFFERS) %s", execute))
    print("\n".join(row[0] for row in cr.fetchall()))
cr.execute("SET LOCAL plan_cache_mode TO DEFAULT; SET LOCAL enable_bitmapscan TO DEFAULT")


def read_page(partner, before=None):
    def once():
        env.invalidate_all()
        return model.timeline_page(partner, before=before)
    return once


written = measure(lambda: model._page_statement("commercial_partner_id", 31, False))
anew = measure(write)
print(f"    to find its statement takes {written:.2f} ms, to write it {anew:.2f}")
whole = measure(read_page(big))
print(f"first page, timeline_page() with names:    {whole:7.2f} ms {whole / base:5.1f}x")
step, before = 0, None
while step < 100:
    before = model.timeline_page(big, before=before, limit=90)["next"]
    step += 1
    if not before or step == 60:
        break
deep = measure(read_page(big, before))
print(f"page after {step * 90} entries:                   {deep:7.2f} ms {deep / whole:5.1f}x the first page")
union = sql_time(model._search([("commercial_partner_id", "=", big)], order="date desc, id desc", limit=80).select(
    *[SQL.identifier(model._table, name) for name in ("id", "date", "kind", "summary", "partner_id", "user_id", "amount")]))
print(f"list view, first 80, SQL of the union:     {union:7.2f} ms {union / base:5.1f}x")

partners = env["res.partner"].with_user(user)
views = partners.get_views([(False, "form")])
specification = {name: {} for name in views["models"]["res.partner"]["fields"] if name in partners._fields}
arch = views["views"]["form"]["arch"]
specification = {name: {} for name in specification if f'name="{name}"' in arch}


def open_form(partner):
    def once():
        env.invalidate_all()
        partners.browse(partner).web_read(specification)
        model.timeline_page(partner, meta=True)
        if hasattr(partners, "crm_360"):
            partners.browse(partner).crm_360()
    return once


(few, _fastest), (many, _fastest) = measure_in_turns(open_form(small), open_form(big), runs=max(RUNS // 3, 5))
print(f"form, customer 360 and first page: {entries[small]} entries {few:.1f} ms, {entries[big]} entries {many:.1f} ms: "
      f"{many / few:.2f}x  goal <= 1.3x")
if os.environ.get("TIMELINE_KEEP"):
    env.cr.commit()
env.cr.rollback()
