"""Importing 10,000 customers from a table: time and memory.

    bin/odoo shell -d NAME < benchmarks/relations_import.py
    IMPORT_ROWS=10000 IMPORT_BAD=100 bin/odoo shell -d NAME < benchmarks/relations_import.py

Needs crm_relations. A CSV file with name, e-mail, telephone, city, birth date and language is read, laid out, imported
in the batches of the scheduled job and exported again; some rows are wrong. Everything is rolled back. Shown is the
time that passed and, because a busy machine stretches it, the processor time of Odoo and its database connection.
"""

import base64
import os
import pathlib
import resource
import time

from odoo.addons.crm_relations.models import crm_exchange_import

ROWS = int(os.environ.get("IMPORT_ROWS", 10_000))
BAD = int(os.environ.get("IMPORT_BAD", 100))


def memory():
    """Most memory that the process ever had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def clock():
    """Processor time of this process and its database connection, where that can be read; else the time."""
    env.cr.execute("SELECT pg_backend_pid()")
    path = pathlib.Path(f"/proc/{env.cr.fetchone()[0]}/schedstat")
    try:
        path.read_text()
    except OSError:
        return time.perf_counter
    return lambda: time.process_time() + int(path.read_text().split()[0]) / 1e9


now = clock()


def begin():
    return time.perf_counter(), now(), memory()


def step(title, before):
    passed, worked, used = (after - start for after, start in zip(begin(), before, strict=True))
    print(f"{title:28} {passed:7.1f} s passed, {worked:7.1f} s of processor   {used:+6.0f} MB at most")


lines = ["id,name,email,phone,city,birthdate_date"]
for number in range(ROWS):
    birth = "2999-01-01" if number % (ROWS // BAD) == 7 else f"19{number % 60 + 40}-03-{number % 28 + 1:02}"
    lines.append(f"bench.c{number},Žofia {number:05} Nováková,z{number}@x.example,+4219015{number:05},Nitra,{birth}")
data = "\r\n".join(lines).encode("cp1250")

try:
    user = env["res.users"].with_context(no_reset_password=True).create(
        {"name": "Bench", "login": "import_bench", "group_ids": [(6, 0, [
            env.ref("crm_relations.group_user_all").id, env.ref("base.group_allow_export").id])]})
    jobs = env["crm.exchange.import"].with_user(user)
    before = begin()
    job = jobs.create({"name": "customers.csv", "file": base64.b64encode(data), "encoding": "cp1250", "delimiter": ","})
    job._onchange_layout()
    items = job._read_all()
    step(f"read {len(items)} rows", before)
    before = begin()
    job.write({"state": "running", "total": len(items), "position": 0})
    slowest = 0
    while job.state == "running":
        batch = time.perf_counter()
        job._run_batch(items)
        env.flush_all()
        env.invalidate_all()
        slowest = max(slowest, time.perf_counter() - batch)
    step(f"imported {job.done_count}, refused {job.error_count}", before)
    print(f"{'slowest batch':28} {slowest:7.1f} s   of {crm_exchange_import.BATCH} rows")
    before = begin()
    exported = env["crm.exchange.export"].with_user(user).create({"dataset": "customer"})
    exported.action_export()
    step("exported again", before)
finally:
    env.cr.rollback()
