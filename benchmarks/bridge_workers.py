"""Requests worked off by one process and by two, each a process of its own that claims them with SKIP LOCKED.

    bin/odoo -d bench_workers -i crm_erp_bridge --without-demo --stop-after-init
    bin/odoo shell -d bench_workers < benchmarks/bridge_workers.py
    REQUESTS=200 bin/odoo shell -d bench_workers < benchmarks/bridge_workers.py

Default: 1,000 requests of 3 lines, each a quotation, a confirmed order, an invoice, posted. The processes run what the
scheduled job of the lane runs, from one signal to the end of the last; each has warmed up with a chunk that it took
back. The runs are in the order 1, 2, 2, 1 processes, so that the growing database falls on both alike. Everything is
committed: take a database of its own.

After each run it is checked that every request has one order and one posted invoice. Shown are the requests a second,
the processor time a request (Python and database connection), the repeated transactions, and how much of the
processors others used meanwhile. Limit: two processes are >= 1.8x as fast as one, on a machine with two processors
and nothing else to do.
"""
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from odoo.addons.crm_erp_bridge.models.crm_request_submit import QUIET
from odoo.tools import config

REQUESTS = int(os.environ.get("REQUESTS", 1_000))
ORDER = (1, 2, 2, 1)
LINES = 3
LIMIT = 1.8

WORKER = """
import json, logging, os, sys, time
from pathlib import Path
import odoo
from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry

odoo.tools.config.parse_config(["--config", sys.argv[1], "--log-level", "warn"])
conflicts = []
executor = logging.getLogger("odoo.addons.crm_erp_bridge.models.crm_request_executor")
executor.setLevel(logging.INFO)
executor.propagate = False
handler = logging.Handler()
handler.emit = lambda record: conflicts.append(record.getMessage())
executor.addHandler(handler)

with Registry(sys.argv[2]).cursor() as cr:
    env = api.Environment(cr, SUPERUSER_ID, {})
    cr.execute("SELECT pg_backend_pid()")
    stat = Path(f"/proc/{cr.fetchone()[0]}/stat")

    def used():
        seconds = time.process_time()
        if stat.exists():
            fields = stat.read_text().rsplit(")", 1)[1].split()
            seconds += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return seconds

    env["crm.request"]._claim("main", 25)._run(("main",))
    cr.rollback()
    env.transaction.reset()
    conflicts.clear()
    print("ready", flush=True)
    sys.stdin.readline()
    before = used()
    env["crm.request"]._cron_run("main")
    print(json.dumps({"end": time.time(), "used": used() - before, "conflicts": conflicts}), flush=True)
"""


def prepare():
    company = env.company
    if not company.chart_template:
        env["account.chart.template"].try_loading("generic_coa", company=company)
    mark = time.time_ns()
    partners = env["res.partner"].create([{"name": f"Customer {n} of {mark}"} for n in range(REQUESTS)])
    products = env["product.product"].create(
        [
            {"name": f"Product {n}", "type": "service", "invoice_policy": "order", "list_price": 10 + n}
            for n in range(50)
        ]
    )
    plan = ("quotation", "confirm", "invoice", "post")
    kind = env["crm.request.type"].create(
        {
            "name": "Benchmark",
            "code": f"benchmark-{mark}",
            "kind": "order",
            "post_invoices": True,
            "plan_ids": [
                (0, 0, {"name": code, "code": code, "kind": code, "after": plan[n - 1] if n else "", "sequence": n})
                for n, code in enumerate(plan)
            ],
        }
    )
    return partners, products, kind


def plan_requests(partners, products, kind):
    requests = env["crm.request"].with_context(**QUIET).create(
        [
            {
                "name": f"Request {number}",
                "type_id": kind.id,
                "partner_id": partner.id,
                "user_id": env.uid,
                "line_ids": [
                    (0, 0, {"product_id": products[(number * 7 + n) % 50].id, "quantity": 1 + (number + n) % 5})
                    for n in range(LINES)
                ],
            }
            for number, partner in enumerate(partners)
        ]
    )
    requests._start()
    env.cr.commit()
    env.cr.execute("ANALYZE")  # else each run would have other statistics than the one before
    env.cr.commit()
    return requests


def busy_seconds():
    """Of all processors of the machine, where the system tells."""
    try:
        fields = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    except OSError:
        return 0.0
    return (sum(fields[:3]) + sum(fields[5:8])) / os.sysconf("SC_CLK_TCK")


def work_off(requests, number):
    """(seconds, processor seconds, repeated transactions, share of the processors that others used)"""
    command = [sys.executable, "-c", WORKER, config["config"] or os.environ.get("ODOO_RC", ""), env.cr.dbname]
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(filter(None, sys.path)))
    workers = []
    for _worker in range(number):  # one after the other: what warms up claims the same requests
        worker = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        line = worker.stdout.readline().strip()
        assert line == "ready", line
        workers.append(worker)
    busy, started = busy_seconds(), time.time()
    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    results = [json.loads(worker.stdout.readline()) for worker in workers]
    elapsed = max(result["end"] for result in results) - started
    used = sum(result["used"] for result in results)
    others = max(0.0, busy_seconds() - busy - used) / elapsed / os.cpu_count()
    for worker in workers:
        assert worker.wait(60) == 0
    check(requests)
    return elapsed, used, sum(len(result["conflicts"]) for result in results), others


def check(requests):
    env.cr.rollback()
    env.invalidate_all()
    assert set(requests.mapped("phase")) == {"done"}, requests.step_ids.mapped("error")
    orders = requests.order_ids
    assert len(orders) == len(requests), (len(orders), len(requests))
    moves = [order.invoice_ids for order in orders]
    assert all(len(move) == 1 and move.state == "posted" for move in moves)
    assert len(set(env["account.move"].union(*moves).mapped("name"))) == len(requests)


partners, products, kind = prepare()
seconds = {1: [], 2: []}
print(f"{'processes':>9}{'requests/s':>12}{'CPU ms each':>13}{'repeated':>10}{'others':>9}")
for number in ORDER:
    elapsed, used, conflicts, others = work_off(plan_requests(partners, products, kind), number)
    seconds[number].append(elapsed)
    print(f"{number:9}{REQUESTS / elapsed:12.2f}{used / REQUESTS * 1000:13.1f}{conflicts:10}{others:9.0%}", flush=True)
# the better run of each: the first one of all pays for what the database has not read yet
ratio = min(seconds[1]) / min(seconds[2])
print(f"two processes are {ratio:.2f}x as fast as one (limit {LIMIT})")
if ratio < LIMIT:
    sys.exit("Outside the limit")
