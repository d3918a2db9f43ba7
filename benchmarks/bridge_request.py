"""What the ledger costs beside the same steps of stock Odoo, and what handing requests in costs.

    bin/odoo -d bench_request -i crm_erp_bridge --stop-after-init
    bin/odoo shell -d bench_request < benchmarks/bridge_request.py
    REQUESTS=200 ROUNDS=5 bin/odoo shell -d bench_request < benchmarks/bridge_request.py

Default: 100 orders of 3 lines in chunks of 25, 4 rounds. Chunks of stock and ledger follow each other in turns, so that
a change of the machine's speed falls on both; each begins with an empty cache, as a transaction does. The mean counts,
since the fastest of few is luck. Everything is rolled back.

  stock    create the quotations, action_confirm, _create_invoices(grouped=True), action_post; commit hooks run
  ledger   requests planned before; the executor does the same four steps with done marks and events
  submit   50 requests handed in, with their plan

Limits: ledger / stock <= 1.05 in processor time (of Python and of the database), at most 2 queries an order more;
submit <= 3 ms a request. Processor time where the database runs on this machine, else of Python alone.
"""
import os
import sys
import time
from functools import partial
from pathlib import Path

from odoo.addons.crm_erp_bridge.models.crm_request_submit import QUIET

REQUESTS = int(os.environ.get("REQUESTS", 100))
ROUNDS = int(os.environ.get("ROUNDS", 4))
CHUNK = 25
LINES = 3

cr = env.cr
cr.execute("SELECT pg_backend_pid()")
STAT = Path(f"/proc/{cr.fetchone()[0]}/schedstat")


def processor_seconds():
    """Of this process and, where it runs here, of its database process."""
    used = time.process_time()
    if STAT.exists():
        used += int(STAT.read_text().split()[0]) / 1e9
    return used


TABLES = (
    "res_partner, sale_order, sale_order_line, account_move, account_move_line, sale_order_line_invoice_rel,"
    " crm_request, crm_request_line, crm_request_step, crm_outbox, mail_message, mail_followers"
)


def measured(function):
    """(processor seconds, seconds, queries)"""
    env.flush_all()
    # what is not committed has no statistics otherwise, and Odoo's query of payment states takes minutes
    cr.execute(f"ANALYZE {TABLES}")
    env.invalidate_all()
    used, started, queries = processor_seconds(), time.perf_counter(), cr.sql_log_count
    function()
    cr.flush()
    return processor_seconds() - used, time.perf_counter() - started, cr.sql_log_count - queries


def prepare():
    company = env.company
    if not company.chart_template:
        env["account.chart.template"].try_loading("generic_coa", company=company)
    partners = env["res.partner"].create([{"name": f"Customer {n}", "ref": f"BENCH-{n}"} for n in range(REQUESTS)])
    products = env["product.product"].create(
        [
            {"name": f"Product {n}", "default_code": f"BENCH-{n}", "type": "consu", "list_price": 10 + n}
            | {"invoice_policy": "order"}
            for n in range(50)
        ]
    )
    plan = ("quotation", "confirm", "invoice", "post")
    kind = env["crm.request.type"].create(
        {
            "name": "Benchmark",
            "code": "benchmark",
            "kind": "order",
            "post_invoices": True,
            "plan_ids": [
                (0, 0, {"name": code, "code": code, "kind": code, "after": plan[n - 1] if n else "", "sequence": n})
                for n, code in enumerate(plan)
            ],
        }
    )
    return partners, products, kind


partners, products, kind = prepare()
# by identifier: reading the codes from the products would be measured with what hands them in
codes = dict(zip(products.ids, products.mapped("default_code"), strict=True))


def wanted(number):
    return [(products[(number * 7 + n) % 50], 1 + (number + n) % 5) for n in range(LINES)]


def stock(start):
    orders = env["sale.order"].create(
        [
            {
                "partner_id": partners[number].id,
                "user_id": env.uid,
                "order_line": [
                    (0, 0, {"product_id": product.id, "product_uom_qty": quantity})
                    for product, quantity in wanted(number)
                ],
            }
            for number in range(start, min(start + CHUNK, REQUESTS))
        ]
    )
    orders.action_confirm()
    invoices = orders._create_invoices(grouped=True)
    invoices.action_post()


def ledger_requests():
    requests = env["crm.request"].with_context(**QUIET).create(
        [
            {
                "name": f"Request {number}",
                "type_id": kind.id,
                "partner_id": partners[number].id,
                "user_id": env.uid,
                "line_ids": [
                    (0, 0, {"product_id": product.id, "quantity": quantity}) for product, quantity in wanted(number)
                ],
            }
            for number in range(REQUESTS)
        ]
    )
    requests._start()
    return env["crm.request"].browse(requests.ids)


def ledger(requests, start):
    requests[start : start + CHUNK]._run()


round_number = 0


def submit():
    global round_number
    round_number += 1
    results = env["crm.request"].submit(
        [
            {
                "source": "bench",
                "ext_key": f"{round_number}-{number}",
                "kind": "benchmark",
                "partner": {"ref": f"BENCH-{number % REQUESTS}"},
                "lines": [
                    {"product": codes[product.id], "quantity": quantity} for product, quantity in wanted(number)
                ],
            }
            for number in range(50)
        ]
    )
    assert {result["status"] for result in results} == {"created"}, results[0]


spent = {}
for number in range(ROUNDS + 1):
    requests = ledger_requests()
    runs = [
        (name, partial(function, start))
        for start in range(0, REQUESTS, CHUNK)
        for name, function in (("stock", stock), ("ledger", partial(ledger, requests)))
    ]
    if number % 2:
        runs.reverse()
    for name, function in [*runs, ("submit", submit)]:
        found = measured(function)
        if number:  # the first round warms up
            spent[name] = tuple(map(sum, zip(spent.get(name, (0, 0, 0)), found, strict=True)))
    bad = requests.filtered(lambda request: request.phase != "done")
    assert not bad, bad.step_ids.mapped("error")

print(f"{'':8}{'CPU ms':>10}{'ms':>10}{'queries':>10}   for each, mean of {ROUNDS} rounds")
mean = {name: tuple(value / ROUNDS for value in values) for name, values in spent.items()}
for name, count in (("stock", REQUESTS), ("ledger", REQUESTS), ("submit", 50)):
    used, elapsed, queries = mean[name]
    print(f"{name:8}{used / count * 1000:10.2f}{elapsed / count * 1000:10.2f}{queries / count:10.2f}")
ratio = mean["ledger"][0] / mean["stock"][0]
more = (mean["ledger"][2] - mean["stock"][2]) / REQUESTS
each = mean["submit"][0] / 50 * 1000
print(f"ledger / stock: {ratio:.3f} processor time (limit 1.05), {more:+.2f} queries an order (limit +2)")
print(f"submit: {each:.2f} ms processor time, {mean['submit'][1] / 50 * 1000:.2f} ms of the clock (limit 3)")
cr.rollback()
if ratio > 1.05 or more > 2 or each > 3:
    sys.exit("Outside the limits")
