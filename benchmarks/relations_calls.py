"""Two processes pull calls from one queue: each call exactly once, and how many a second.

    bin/odoo shell -d NAME < benchmarks/relations_calls.py
    CALLS=500 bin/odoo shell -d NAME < benchmarks/relations_calls.py

Default: 10,000 calls, two worker processes with one operator each, one transaction a call as in the web client. What it
makes is committed and deleted again at the end: use a database that may be thrown away. Needs crm_relations.
"""

import logging
import multiprocessing
import os
import time

import psycopg2

import odoo
from odoo import SUPERUSER_ID, Command, api
from odoo.modules.registry import Registry

CALLS = int(os.environ.get("CALLS", 10_000))
DATABASE = env.cr.dbname

LOGINS = [f"bench_calls_{number}" for number in (1, 2)]


def clean_up():
    """Delete what a run made, also one that was broken off."""
    env.cr.rollback()
    env.invalidate_all()
    queues = env["crm.call.queue"].search([("name", "=", "Benchmark")])
    env.cr.execute("DELETE FROM crm_call WHERE queue_id = ANY(%s)", [queues.ids])
    users = env["res.users"].with_context(active_test=False).search([("login", "in", LOGINS)])
    env["crm.call.operator"].search([("user_id", "in", users.ids)]).unlink()
    queues.unlink()
    partners = users.partner_id
    users.unlink()
    partners.unlink()
    env.cr.commit()


clean_up()
queue = env["crm.call.queue"].create({"name": "Benchmark", "distribution": "pull", "callback_lost": False})
users = env["res.users"].create([{"name": login, "login": login} for login in LOGINS])
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


def work(operator_id, sender):
    """Pull until nothing waits; a claim that met the other process's is begun again."""
    # connections of its own; those of the parent must not be closed from here, so they are kept and forgotten
    work.inherited = odoo.sql_db._Pool, odoo.sql_db._Pool_readonly
    odoo.sql_db._Pool = odoo.sql_db._Pool_readonly = None
    logging.getLogger("odoo.sql_db").setLevel(logging.CRITICAL)  # what is begun again is counted below
    registry, taken, again = Registry(DATABASE), [], 0
    registry._db, registry._db_readonly = odoo.sql_db.db_connect(DATABASE), None
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
    sender.send((operator_id, taken, again))
    os._exit(0)


context = multiprocessing.get_context("fork")
pipes = [context.Pipe(duplex=False) for _operator in operators]
start = time.perf_counter()
workers = [
    context.Process(target=work, args=(operator.id, sender))
    for operator, (_receiver, sender) in zip(operators, pipes, strict=True)
]
for worker in workers:
    worker.start()
for _receiver, sender in pipes:
    sender.close()  # a worker that ends without a word is an error here, not silence
try:
    found = [receiver.recv() for receiver, _sender in pipes]
finally:
    for worker in workers:
        worker.join()
    seconds = time.perf_counter() - start
    clean_up()

everything = [call_id for _operator, taken, _again in found for call_id in taken]
print(
    f"{CALLS:,} calls by two processes in {seconds:.1f} s: {CALLS / seconds:.0f} a second; "
    f"{len(everything):,} taken, {len(set(everything)):,} different; by process "
    f"{' and '.join(str(len(taken)) for _operator, taken, _again in found)}; "
    f"begun again {sum(again for _operator, _taken, again in found)} times"
)
assert sorted(everything) == sorted(set(everything)) and len(everything) == CALLS
