"""Ratio of a full scoring run to the filtered scan of the same invoices, in one session.

    bin/odoo -d bench_rfm -i crm_rfm --stop-after-init
    bin/odoo shell -d bench_rfm < benchmarks/rfm_full_run.py
    RFM_CUSTOMERS=1000000 RFM_INVOICES=10000000 bin/odoo shell -d bench_rfm < benchmarks/rfm_full_run.py

Default: 20,000 customers, 200,000 invoices. It needs a database of its own, since it commits what it generates
(only a committed and vacuumed table shows what an index is worth) and refuses one that has other customer
invoices. The documents come by SQL from a heavy-tailed process: many customers with few invoices, some with very
many, 3 years, 4 % credit notes of which half give back a whole invoice. A second start uses what the first made.

What is measured, each as the best of RFM_ROUNDS (default 3) rounds run in turn:
  scan      count, sum and max over the posted customer invoices of the window: the least any run must do
  first     a run into an empty table
  again     a run that finds nothing changed
  day       a run as of the next day: thresholds anew, writes what changed
  refresh   1,000 customers, drawn by lot, with the stored limits (target: at most 5 % of a first run)
  heavy     the 1,000 customers with the most documents
  one       one customer drawn by lot, as after one posted invoice (target: at most 5 ms)
  roll      the roll of the day: only customers whom the new day concerns (target: at most 10 % of a first run)
  posting   what our triggers and our indexes take of the action_post of a real invoice (target: at most 1 %)
The verdict goes by processor time, that of the database and of this process, so other work on the machine does not
count; where the database runs elsewhere, by the clock.
"""
import os
import statistics
import sys
import time
from datetime import date, timedelta
from pathlib import Path

CUSTOMERS = int(os.environ.get("RFM_CUSTOMERS", 20_000))
INVOICES = int(os.environ.get("RFM_INVOICES", 10 * CUSTOMERS))
ROUNDS = int(os.environ.get("RFM_ROUNDS", 3))
AS_OF = date(2025, 12, 31)
LIMIT = 2.5
NAME = f"Benchmark of {CUSTOMERS} customers, {INVOICES} invoices"

cr = env.cr


cr.execute("SELECT pg_backend_pid()")
#: nanoseconds on a processor of the database process, which is exact while that waits for us
SCHEDSTAT = Path(f"/proc/{cr.fetchone()[0]}/schedstat")


def processor_seconds():
    """Processor time of the database process (None when it runs elsewhere) and of this one."""
    database = int(SCHEDSTAT.read_text().split()[0]) / 1e9 if SCHEDSTAT.exists() else None
    return database, time.process_time()


def timed(function, repeat=1):
    """Seconds for one call: of the clock, of the database's processor, of this process's processor."""
    env.flush_all()
    started, (database, own) = time.perf_counter(), processor_seconds()
    for _time in range(repeat):
        function()
        env.flush_all()
    elapsed, (database_after, own_after) = time.perf_counter() - started, processor_seconds()
    if database is None:
        return elapsed / repeat, elapsed / repeat, 0
    return elapsed / repeat, (database_after - database) / repeat, (own_after - own) / repeat


def copy_rows(table, template, names, select, params):
    """Insert rows that equal the template but for `names`, which `select` gives."""
    cr.execute("SELECT column_name FROM information_schema.columns WHERE table_name = %s", [table])
    copied = [name for [name] in cr.fetchall() if name not in ("id", *names)]
    columns = ", ".join(f'"{name}"' for name in [*copied, *names])
    values = ", ".join([*(f't."{name}"' for name in copied), *(f'g."{name}"' for name in names)])
    cr.execute(  # names come from the catalogue, values are parameters
        f"INSERT INTO {table} ({columns}) SELECT {values} FROM {table} t, ({select}) g WHERE t.id = %s",  # noqa: S608
        [*params, template],
    )


def generate():
    """Customers and invoices of a company of their own; returns the model that scores them."""
    currency = env.company.currency_id
    company = env["res.company"].create({"name": f"{NAME} {time.time():.0f}", "currency_id": currency.id})
    journal = env["account.journal"].create(
        {"name": "Benchmark sales", "code": "BENCH", "type": "general", "company_id": company.id}
    )
    partner = env["res.partner"].create({"name": "Benchmark customer", "is_company": True})
    move = env["account.move"].create({"journal_id": journal.id, "move_type": "entry", "company_id": company.id})
    env.flush_all()
    copy_rows(
        "res_partner", partner.id, ["id", "commercial_partner_id", "name", "complete_name"],
        """SELECT id, id AS commercial_partner_id, 'Benchmark ' || id AS name, 'Benchmark ' || id AS complete_name
             FROM (SELECT nextval('res_partner_id_seq') AS id FROM generate_series(1, %s)) n""",
        [CUSTOMERS],
    )
    cr.execute("SELECT last_value FROM res_partner_id_seq")
    high = cr.fetchone()[0]
    low = high - CUSTOMERS + 1
    # the square of a uniform number: some customers with very many invoices, many with few
    copy_rows(
        "account_move", move.id,
        ["name", "state", "move_type", "partner_id", "commercial_partner_id", "invoice_date", "date",
         "amount_untaxed", "amount_untaxed_signed", "currency_id"],
        """SELECT '/' AS name, 'posted' AS state, kind AS move_type, customer AS partner_id,
                  customer AS commercial_partner_id, day AS invoice_date, day AS date, amount AS amount_untaxed,
                  CASE kind WHEN 'out_refund' THEN -amount ELSE amount END AS amount_untaxed_signed,
                  %s AS currency_id
             FROM (SELECT CASE WHEN random() < 0.04 THEN 'out_refund' ELSE 'out_invoice' END AS kind,
                          %s + floor(power(random(), 2) * %s)::int AS customer,
                          %s::date - floor(random() * 1095)::int AS day,
                          round((exp(3 + 1.2 * random() * random() * 4))::numeric, 2) AS amount
                     FROM generate_series(1, %s)) r""",
        [currency.id, low, CUSTOMERS, AS_OF + timedelta(days=1), INVOICES],
    )
    cr.execute("ANALYZE account_move")
    # every credit note names an invoice; half of the time it gives back all of it
    cr.execute(
        """WITH credit AS (SELECT id, row_number() OVER () AS n FROM account_move
                            WHERE company_id = %(company)s AND move_type = 'out_refund'),
                invoice AS (SELECT id, amount_untaxed, row_number() OVER () AS n FROM account_move
                             WHERE company_id = %(company)s AND move_type = 'out_invoice')
           UPDATE account_move m
              SET reversed_entry_id = invoice.id,
                  amount_untaxed = invoice.amount_untaxed / (1 + n %% 2),
                  amount_untaxed_signed = -invoice.amount_untaxed / (1 + n %% 2)
             FROM credit JOIN invoice USING (n)
            WHERE m.id = credit.id""",
        {"company": company.id},
    )
    env.invalidate_all()
    model = env["crm.rfm.model"].create({"name": NAME, "company_id": company.id, "window_value": 36})
    cr.commit()
    vacuum("account_move", "res_partner")
    return model


def vacuum(*tables):
    """VACUUM needs a session outside of any transaction."""
    cr.commit()
    cr._cnx.autocommit = True
    for table in tables:
        cr.execute(f"VACUUM ANALYZE {table}")
    cr._cnx.autocommit = False


def scan(model):
    cr.execute(
        """SELECT count(*), sum(amount_untaxed_signed), max(invoice_date) FROM account_move
            WHERE state = 'posted' AND move_type IN ('out_invoice', 'out_refund')
              AND company_id = %s AND invoice_date > %s AND invoice_date <= %s""",
        [model.company_id.id, model._window_start(AS_OF), AS_OF],
    )
    return cr.fetchone()


def post_invoices(count=60):
    """Median seconds of processor that action_post takes for one invoice, and rows of account_move it updates.

    A company with a chart of accounts; invoices of three lines with tax, posted one by one as users do. Undone.
    """
    cr.execute("SAVEPOINT post")
    company = env["res.company"].create({"name": f"Posting {time.time():.0f}"})
    env["account.chart.template"].try_loading("generic_coa", company=company, install_demo=False)
    Move = env["account.move"].with_company(company)
    partners = env["res.partner"].create([{"name": f"Posting {number}"} for number in range(count)])
    line = {"name": "Service", "quantity": 2, "price_unit": 50}
    moves = Move.create(
        [
            {
                "move_type": "out_invoice", "partner_id": partner.id, "invoice_date": AS_OF,
                "invoice_line_ids": [(0, 0, line)] * 3,
            }
            for partner in partners
        ]
    )  # fmt: skip
    seconds = []
    updates = "SELECT pg_stat_get_xact_tuples_updated('account_move'::regclass)"
    for number, move in enumerate(moves):
        if number == count // 2:  # what comes before warms up
            cr.execute(updates)
            before = cr.fetchone()[0]
            seconds = []
        seconds.append(sum(timed(move.action_post)[1:]))
    cr.execute(updates)
    updated = (cr.fetchone()[0] - before) / len(seconds)
    cr.execute("SELECT count(*) FROM crm_rfm_dirty WHERE company_key = %s", [company.id])
    noted = cr.fetchone()[0]
    if noted < count or set(moves.mapped("state")) != {"posted"}:
        sys.exit(f"{count} invoices posted, {noted} noted in the queue")
    env.invalidate_all()
    cr.execute("ROLLBACK TO SAVEPOINT post")
    return statistics.median(seconds), updated


def update_costs(model, count=5000):
    """Seconds of processor for one invoice of an UPDATE that posts: without and with our triggers and our indexes.

    In bulk, since it is some microseconds each. Changes nothing.
    """
    cr.execute(
        "SELECT id FROM account_move WHERE company_id = %s AND move_type = 'out_invoice' ORDER BY id LIMIT %s",
        [model.company_id.id, count],
    )
    ids = [id_ for [id_] in cr.fetchall()]
    cr.execute("SELECT tgname FROM pg_trigger WHERE tgrelid = 'account_move'::regclass AND tgname LIKE 'crm_rfm_%'")
    ours = [name for [name] in cr.fetchall()]
    cr.execute("SELECT indexname FROM pg_indexes WHERE tablename = 'account_move' AND indexname LIKE '%crm_rfm_%'")
    indexes = [name for [name] in cr.fetchall()]
    costs = {False: [], True: []}
    for _round in range(2 * ROUNDS):
        for kept in costs:
            cr.execute("SAVEPOINT posting")
            cr.execute("UPDATE account_move SET state = 'draft' WHERE id = ANY(%s)", [ids])
            if not kept:
                for name in ours:
                    cr.execute(f"ALTER TABLE account_move DISABLE TRIGGER {name}")
                for name in indexes:
                    cr.execute(f"DROP INDEX {name}")
            post = "UPDATE account_move SET state = 'posted' WHERE id = ANY(%s)"
            costs[kept].append(timed(lambda post=post: cr.execute(post, [ids]))[1] / count)
            cr.execute("ROLLBACK TO SAVEPOINT posting")
        vacuum("account_move")
    return min(costs[False]), min(costs[True])


def get_model():
    """The model of an earlier start with the same numbers, or a new one with new documents."""
    model = env["crm.rfm.model"].search([("name", "=", NAME)])
    if model:
        # what the last start measured left dead rows behind, and indexes that have grown by them
        vacuum("account_move", "res_partner")
        cr.execute("REINDEX TABLE account_move")
        return model
    cr.execute("SELECT count(*) FROM account_move WHERE state = 'posted' AND move_type = 'out_invoice'")
    if cr.fetchone()[0] and not env["crm.rfm.model"].search_count([("name", "like", "Benchmark of")]):
        sys.exit("This database has customer invoices of its own. Make one for the benchmark only.")
    started = time.perf_counter()
    model = generate()
    print(f"generated in {time.perf_counter() - started:.0f} s")
    return model


def main():
    model = get_model()
    cr.execute("SET max_parallel_workers_per_gather = 0")  # a run writes, so it never is parallel
    cr.execute("SET jit = off")
    print(f"{CUSTOMERS:,} customers, {scan(model)[0]:,} documents in the window")
    best = {}

    def measure(name, function, repeat=1):
        best[name] = tuple(map(min, best.get(name, (1e9, 1e9, 1e9)), timed(function, repeat)))

    def customers(order):
        cr.execute(
            f"SELECT partner_id FROM crm_rfm_score WHERE model_id = %s ORDER BY {order} LIMIT 1000",  # noqa: S608
            [model.id],
        )
        return env["res.partner"].browse([id_ for [id_] in cr.fetchall()])

    for _round in range(ROUNDS):
        cr.execute("DELETE FROM crm_rfm_score WHERE model_id = %s", [model.id])
        vacuum("crm_rfm_score")
        measure("scan", lambda: scan(model), 5)
        measure("first", lambda: model.action_compute(AS_OF - timedelta(days=1)))
        vacuum("crm_rfm_score")
        measure("day", lambda: model.action_compute(AS_OF))
        changed = model.changed_count
        measure("again", lambda: model.action_compute(AS_OF), 3)
        some, heavy = customers("md5(partner_id::text)"), customers("frequency DESC")
        measure("refresh", lambda some=some: model._refresh_partners(some), 10)
        measure("heavy", lambda some=heavy: model._refresh_partners(some), 5)
        statements = cr.sql_log_count
        measure("one", lambda some=some: model._refresh_partners(some[:1]), 50)
        statements = (cr.sql_log_count - statements) / 50
        model.action_compute(AS_OF - timedelta(days=1))
        vacuum("crm_rfm_score")
        model.scored_as_of  # noqa: B018 - read before the clock starts
        measure("roll", lambda: model._roll_day(AS_OF))
    print(f"scored {model.customer_count:,}, without a score {model.unscored_count:,}; a new day changed {changed:,}")
    print(f"{'what':10} {'clock':>9} {'database':>9} {'process':>9} {'x scan':>7}")
    for name, (elapsed, used, own) in best.items():
        print(f"{name:10} {elapsed:9.4f} {used:9.4f} {own:9.4f} {used / best['scan'][1]:7.2f}")

    def verdict(text, value, limit):
        print(f"{text} (target <= {limit:g}): {'kept' if value <= limit else 'MISSED'}")

    for name, percent in {"refresh": 5, "roll": 10}.items():
        share, of_day = (100 * best[name][1] / best[run][1] for run in ("first", "day"))
        verdict(f"{name}: {share:.1f} % of a first run, {of_day:.1f} % of that of a new day", share, percent)
    milliseconds = 1000 * sum(best["one"][1:])
    verdict(
        f"one customer: {milliseconds:.1f} ms ({1000 * best['one'][1]:.1f} of the database) in {statements:.0f}"
        f" statements, {1000 * best['one'][0]:.1f} ms by the clock",
        milliseconds,
        5,
    )
    ratio = best["again"][1] / best["scan"][1]
    verdict(f"full run / filtered scan = {ratio:.2f}", ratio, LIMIT)
    plain, ours = update_costs(model)
    whole, updated = post_invoices()
    share = 100 * (ours - plain) * updated / whole
    verdict(
        f"posting: {1e6 * (ours - plain):.1f} us for each of {updated:.1f} updates of the invoice"
        f" ({1e6 * plain:.1f} without us), {1000 * whole:.1f} ms for all of action_post: {share:.2f} %",
        share,
        1,
    )
    cr.commit()


main()
