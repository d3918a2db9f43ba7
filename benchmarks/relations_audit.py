"""Price of the audit log: single writes with the trigger on the documents against without it.

    bin/odoo shell -d NAME < benchmarks/relations_audit.py
    AUDIT_WRITES=200 bin/odoo shell -d NAME < benchmarks/relations_audit.py

Default: 1,000 customers and 1,000 quotations (where sales are installed), each written once per round and flushed by
itself, as one click of a user; rounds with and without the rule take turns. Rolled back at the end. Needs
crm_relations. Shown is the processor time of Odoo and its database connection together. Then sealing: entries a second.
"""

import os
import pathlib
import statistics
import time

WRITES = int(os.environ.get("AUDIT_WRITES", 1_000))
ROUNDS = int(os.environ.get("AUDIT_ROUNDS", 5))


def clock():
    """Seconds that the processors worked for this process and its database connection; else those that passed."""
    cr.execute("SELECT pg_backend_pid()")
    path = pathlib.Path(f"/proc/{cr.fetchone()[0]}/schedstat")
    try:
        path.read_text()
    except OSError:
        return time.perf_counter
    return lambda: time.process_time() + int(path.read_text().split()[0]) / 1e9


def write_all(records, field, turn):
    """Seconds for one write of each record."""
    start = now()
    for record in records:
        record[field] = f"Round {turn} of {record.id}"
        record.flush_recordset()
    return now() - start


cr = env.cr
now = clock()
env = env(context={"tracking_disable": True})
partners = env["res.partner"].create([{"name": f"Bench {number}"} for number in range(WRITES)])
cases = [(partners, "function")]
if "sale.order" in env:
    orders = env["sale.order"].create([{"partner_id": partner.id} for partner in partners])
    cases.append((orders, "client_order_ref"))
env.flush_all()
rules = env["crm.audit.rule"].with_context(active_test=False)
for records, field in cases:
    model = env["ir.model"]._get(records._name)
    rule = rules.search([("model_id", "=", model.id), ("relation", "=", False)]) or rules.create({"model_id": model.id})
    times = {True: [], False: []}
    for turn in range(ROUNDS * 2 + 2):
        audited = bool(turn % 2)
        rule.active = audited
        env.flush_all()
        before = env["crm.audit.entry"].search_count([("res_model", "=", records._name)])
        seconds = write_all(records, field, turn)
        written = env["crm.audit.entry"].search_count([("res_model", "=", records._name)]) - before
        assert written == (len(records) if audited else 0), written
        if turn > 1:  # the first of each is to get warm
            times[audited].append(seconds)
    rule.active = False
    without, with_rule = (statistics.median(times[audited]) for audited in (False, True))
    print(
        f"{records._name}: {len(records):,} writes, {1000 * without / len(records):.2f} ms each without, "
        f"{1000 * with_rule / len(records):.2f} ms with the rule: ratio {with_rule / without:.2f}"
    )

start, sealed = now(), 0
while number := env["crm.audit.entry"]._seal():
    sealed += number
print(f"sealing: {sealed:,} entries, {sealed / (now() - start):,.0f} a second")
cr.rollback()
