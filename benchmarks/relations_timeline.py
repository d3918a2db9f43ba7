"""The timeline of a customer with 10,000 entries against the bare query and against one with 10 entries.

    bin/odoo shell -d NAME < benchmarks/relations_timeline.py
    TIMELINE_ROWS=5000000 TIMELINE_KEEP=1 bin/odoo shell -d NAME < benchmarks/relations_timeline.py

Needs a database with crm_relations. Rows are generated in one transaction that
is rolled back at the end; TIMELINE_KEEP=1 keeps them for the next run, in a
database for nothing else. All ratios come from one run on the same rows:

* the first page (31 rows) as SQL, and `timeline_page` as the web client calls
  it, against the same number of rows from one table by its index;
* a deep page; the list view's first 80;
* reading the customer's form plus the first page, 10,000 entries against 10.

Goals: page SQL <= 7x bare, opening the big customer <= 1.3x the small one.
"""
# ruff: noqa: E501, S608
import os
import statistics
import time

from odoo.addons.crm_relations.tools import planned, timeline
from odoo.tools import SQL

ROWS = int(os.environ.get("TIMELINE_ROWS", "200000"))
RUNS = int(os.environ.get("TIMELINE_RUNS", "60"))
BIG = 10_000
SMALL = 10
cr = env.cr
cr.execute("SET LOCAL synchronous_commit = off")


def run(sql, *args):
    cr.execute(sql, args)


def people(customers):
    """Companies with three people each, in one range of ids; returns (first id, last id) of the companies."""
    run("SELECT COALESCE(max(id), 0) FROM res_partner")
    base = cr.fetchone()[0]
    columns = "id, name, complete_name, active, is_company, type, partner_share, create_date, parent_id, commercial_partner_id"
    run(
        f"INSERT INTO res_partner ({columns}) SELECT %s + i, 'Customer ' || i, 'Customer ' || i, true, true, 'contact', "
        "true, now(), NULL, %s + i FROM generate_series(1, %s) i", base, base, customers)
    run(
        f"INSERT INTO res_partner ({columns}) SELECT %s + i, 'Person ' || i, 'Person ' || i, true, false, 'contact', "
        "true, now(), %s + 1 + ((i - 1) %% %s), %s + 1 + ((i - 1) %% %s) FROM generate_series(%s + 1, %s) i",
        base, base, customers, base, customers, customers, 4 * customers)
    run("SELECT setval('res_partner_id_seq', (SELECT max(id) FROM res_partner))")
    return base + 1, base + customers


# a source row's customer is the first of the three numbers of WHO; person: one of four of that customer
def fill(customer_sql, n, first, customers, seed):
    """`n` source rows over all sources for the customer given by an SQL expression of the row number i."""
    person = (
        f"(CASE WHEN i % 4 = 0 THEN c ELSE {first + customers} + c - {first} + {customers} * (i % 3) END)"
    )
    rows = f"(SELECT i, {customer_sql} AS c FROM generate_series(1, %s) i) AS rows"
    moment = f"(timestamp '2026-11-01' - ((i::bigint * 7919 + {seed}) %% 1500000) * interval '1 minute')"
    lateral = f"{rows}, LATERAL (SELECT {person.replace('%', '%%')} AS p, {moment} AS m) AS x"
    run(
        "INSERT INTO crm_interaction (name, active, state, direction, channel, partner_id, person_id, "
        "commercial_partner_id, company_id, user_id, date, duration, objective) SELECT 'Contact ' || i, true, 'done', 'out', "
        f"'phone', c, p, c, %s, %s, m, 5, 'x' FROM {lateral}", env.company.id, env.uid, int(n * 0.25))
    leads = max(int(n * 0.004), 1)
    run(
        "INSERT INTO crm_lead (name, type, active, partner_id, crm_commercial_partner_id, company_id, user_id, "
        f"create_date, won_status, expected_revenue) SELECT 'Lead ' || i, 'opportunity', true, p, c, %s, %s, m, 'pending', i "
        f"FROM {lateral} RETURNING id", env.company.id, env.uid, leads)
    lead_ids = sorted(row[0] for row in cr.fetchall())
    note, comment = env.ref("mail.mt_note").id, env.ref("mail.mt_comment").id
    message = (
        "INSERT INTO mail_message (model, res_id, message_type, subtype_id, date, subject, body, author_id, is_internal) "
        "SELECT '{model}', {document}, CASE WHEN i %% 3 = 0 THEN 'notification' ELSE 'email' END, "
        "CASE WHEN i %% 3 = 0 THEN {note} ELSE {comment} END, m, CASE WHEN i %% 2 = 0 THEN 'Mail ' || i END, "
        "'<p>Good day, the offer that we spoke about is <b>attached</b>.</p>', p, false FROM {lateral}")
    run(message.format(model="res.partner", document="p", note=note, comment=comment, lateral=lateral), int(n * 0.466))
    document = f"(%s + i %% {len(lead_ids)})"
    run(message.format(model="crm.lead", document=document, note=note, comment=comment, lateral=lateral),
        lead_ids[0], int(n * 0.13))
    run(
        "INSERT INTO mail_activity (res_model, res_id, active, date_deadline, date_done, summary, user_id, "
        "activity_type_id, crm_partner_id, crm_commercial_partner_id, crm_date) SELECT 'res.partner', p, false, m, m, "
        f"'Activity ' || i, %s, %s, p, c, m FROM {lateral}",
        env.uid, env.ref("mail.mail_activity_data_call").id, int(n * 0.1))
    run(
        "INSERT INTO calendar_event (name, active, start, stop, user_id, privacy, show_as) SELECT 'Meeting ' || i, true, m, m, "
        f"%s, 'public', 'busy' FROM {lateral} RETURNING id", env.uid, int(n * 0.05))
    events = sorted(row[0] for row in cr.fetchall())
    if events:
        run(
            "INSERT INTO calendar_attendee (event_id, partner_id, state, crm_commercial_partner_id, crm_date) "
            f"SELECT %s + i - 1, p, 'accepted', c, m FROM {lateral}", events[0], int(n * 0.05))


def measure(function, runs=RUNS):
    for _index in range(3):
        function()
    times = []
    for _index in range(runs):
        started = time.perf_counter()
        function()
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


def sql_time(query):
    def once():
        cr.execute(query)
        cr.fetchall()
    return measure(once)


def generate():
    customers = max(ROWS // 160, 100)
    first, _last = people(customers)
    big, small = first, first + 1
    fill(f"{first} + 2 + (i * 31) % {customers - 2}".replace("%", "%%"), ROWS, first, customers, 17)
    fill(str(big), BIG * 1.25, first, customers, 5)
    fill(str(small), SMALL * 1.5, first, customers, 5)
    for table in ("res_partner", "crm_interaction", "crm_lead", "mail_message", "mail_activity", "calendar_event",
                  "calendar_attendee"):
        run(f"ANALYZE {table}")
    return first


started = time.time()
cr.execute("SELECT min(id) FROM res_partner WHERE name = 'Customer 1'")
big = cr.fetchone()[0] or generate()
small = big + 1
env.invalidate_all()
user = env["res.users"].search([("login", "=", "timeline_bench")]) or env["res.users"].with_context(
    no_reset_password=True).create({
        "name": "Bench", "login": "timeline_bench", "group_ids": [(6, 0, [
            env.ref("base.group_user").id, env.ref("crm_relations.group_user_all").id,
            env.ref("sales_team.group_sale_salesman_all_leads").id, env.ref("base.group_partner_manager").id])]})
env.flush_all()
model = env["crm.timeline"].with_user(user)
entries = {p: model.search_count([("commercial_partner_id", "=", p)]) for p in (big, small)}
cr.execute("SELECT count(*) FROM res_partner WHERE name LIKE 'Customer %'")
customers = cr.fetchone()[0]
tables = ("crm_interaction", "crm_lead", "mail_message", "mail_activity", "calendar_attendee")
cr.execute(" UNION ALL ".join(f"SELECT count(*) FROM {table}" for table in tables))
total = sum(row[0] for row in cr.fetchall())
print(f"{total} source rows, {customers} customers made in {time.time() - started:.0f} s; "
      f"entries: big {entries[big]}, small {entries[small]}")

bare = SQL(
    "SELECT id, person_id, commercial_partner_id, date, name, state, direction, channel, user_id, company_id, active "
    "FROM crm_interaction WHERE commercial_partner_id = %s ORDER BY date DESC, id DESC LIMIT 31", big)
base = sql_time(bare)
print(f"bare query, one table by its index:        {base:7.2f} ms   1.0x")
sources = [(source, SQL.identifier(env[source.model]._table)) for source in model._sources().values()]
query = model._page_query(timeline.Page("commercial_partner_id", SQL("$1::int4"), 31))
query = timeline.render_entries(sources, query)
page_sql = measure(lambda: planned.execute_planned(cr, query, [big], ["enable_bitmapscan"]))
print(f"first page, SQL with all columns:          {page_sql:7.2f} ms {page_sql / base:5.1f}x  goal <= 7x")
cr.execute("SET LOCAL plan_cache_mode = force_custom_plan; SET LOCAL enable_bitmapscan = off")
cr.execute(SQL("EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE %s(%s)", SQL.identifier(planned.statement_name(query)), big))
plan = cr.fetchone()[0][0]
print(f"    planned each time it would take {plan['Planning Time']:.2f} more; execution {plan['Execution Time']:.2f}, "
      f"{len(sources)} sources")
if os.environ.get("TIMELINE_EXPLAIN"):
    cr.execute(SQL("EXPLAIN (ANALYZE, BUFFERS) EXECUTE %s(%s)", SQL.identifier(planned.statement_name(query)), big))
    print("\n".join(row[0] for row in cr.fetchall()))
cr.execute("SET LOCAL plan_cache_mode TO DEFAULT; SET LOCAL enable_bitmapscan TO DEFAULT")


def read_page(partner, before=None):
    def once():
        env.invalidate_all()
        return model.timeline_page(partner, before=before)
    return once


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


# in turns, so that whatever else the machine does falls on both
times = {small: [], big: []}
for _index in range(max(RUNS // 3, 5) + 3):
    for partner, taken in times.items():
        moment = time.perf_counter()
        open_form(partner)()
        taken.append((time.perf_counter() - moment) * 1000)
few, many = statistics.median(times[small][3:]), statistics.median(times[big][3:])
print(f"form, customer 360 and first page: {entries[small]} entries {few:.1f} ms, {entries[big]} entries {many:.1f} ms: "
      f"{many / few:.2f}x  goal <= 1.3x")
if os.environ.get("TIMELINE_KEEP"):
    env.cr.commit()
env.cr.rollback()
