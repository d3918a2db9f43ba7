"""Two processes pull calls from one queue: each call exactly once, and how many a second.

    bin/odoo shell -d NAME < benchmarks/relations_calls.py
    CALLS=500 bin/odoo shell -d NAME < benchmarks/relations_calls.py

Default: 10,000 calls, two worker processes with one operator each, one transaction a call as in the web client. What it
makes is committed and deleted again at the end: use a database that may be thrown away. Needs crm_relations.
"""

import multiprocessing
import os
import time

import psycopg2

import odoo
from odoo import SUPERUSER_ID, Command, api
from odoo.modules.registry import Registry

CALLS = int(os.environ.get("CALLS", 10_000))
DATABASE = env.cr.dbname

queue = env["crm.call.queue"].create({"name": "Benchmark", "distribution": "pull", "callback_lost": False})
users = env["res.users"].create([{"name": f"Bench {n}", "login": f"bench_calls_{n}"} for n in (1, 2)])
operators = env["crm.call.operator"].create(
    [{"user_id": user.id, "queue_ids": [Command.set(queue.ids)]} for user in users]
)
operators._set_state("available")
env.flush_all()
env.cr.execute(
    """
    INSERT INTO crm_call (direction, queue_id, company_id, state, date_started, date_queued, date_place, place_step)
    SELECT 'in', %s, %s, 'queued', at, at, at, floor(extract(epoch FROM at) / 10)
      FROM (SELECT date_trunc('second', now() AT TIME ZONE 'UTC') - make_interval(secs => n) AS at
              FROM generate_series(1, %s) n) calls
    """,
    [queue.id, queue.company_id.id, CALLS],
)
env.cr.execute(
    "INSERT INTO crm_call_event (call_id, company_id, key, kind, moment, date, date_received) "
    "SELECT id, company_id, 'bench:' || id, 'queued', extract(epoch FROM date_queued), date_queued, date_queued "
    "FROM crm_call WHERE queue_id = %s",
    [queue.id],
)
env.cr.commit()
env.cr.execute("ANALYZE crm_call")
env.cr.commit()


def work(operator_id, results):
    """Pull until nothing waits; a claim that met the other process's is begun again."""
    odoo.sql_db.close_all()
    registry, taken, again = Registry(DATABASE), [], 0
    while True:
        with registry.cursor() as cr:
            worker = api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True})
            try:
                call = worker["crm.call"]._claim(worker["crm.call.operator"].browse(operator_id))
                if call:
                    # over at once: the next one is asked for
                    call._record("ended")
                cr.commit()
            except psycopg2.errors.SerializationFailure:
                cr.rollback()
                again += 1
                continue
            if not call:
                break
            taken.append(call.id)
    results.put((operator_id, taken, again))


context = multiprocessing.get_context("fork")
results = context.Queue()
start = time.perf_counter()
workers = [context.Process(target=work, args=(operator.id, results)) for operator in operators]
for worker in workers:
    worker.start()
found = [results.get() for _worker in workers]
seconds = time.perf_counter() - start
for worker in workers:
    worker.join()

everything = [call_id for _operator, taken, _again in found for call_id in taken]
print(
    f"{CALLS:,} calls by two processes in {seconds:.1f} s: {CALLS / seconds:.0f} a second; "
    f"{len(everything):,} taken, {len(set(everything)):,} different; by process "
    f"{' and '.join(str(len(taken)) for _operator, taken, _again in found)}; "
    f"begun again {sum(again for _operator, _taken, again in found)} times"
)
env.cr.rollback()
env.cr.execute("DELETE FROM crm_call WHERE queue_id = %s", [queue.id])
operators.unlink()
queue.unlink()
users.partner_id, users.unlink()
env.cr.commit()
assert sorted(everything) == sorted(set(everything)) and len(everything) == CALLS
