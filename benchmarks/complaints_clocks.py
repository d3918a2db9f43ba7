"""The sweep of the deadlines: 100,000 open complaints of which 100 are due, against one statement.

    bin/odoo shell -d NAME < benchmarks/complaints_clocks.py

Needs a database with crm_complaints. Rows are generated in one transaction that is rolled back at the end. Each
figure is the median of several sweeps in one run, each of other due clocks:

* bare: one hand-written statement that writes the events of the due clocks and moves them on;
* `_sweep`, what the scheduled job calls for a batch;
* the same with 10,000 open complaints, and with 1,000 due: the cost has to follow the due ones;
* `_notify`, the activities of 100 warnings, for comparison: it is Odoo's own cost of an activity.

Goals: `_sweep` <= 3x bare; 100,000 open <= 1.5x 10,000 open.
"""
# ruff: noqa: E501
import os
import statistics
import time

from odoo import fields
from odoo.addons.crm_complaints.models.crm_complaint_clock import SWEEP_BATCH

RUNS = int(os.environ.get("CLOCK_RUNS", "9"))
cr = env.cr
cr.execute("SET LOCAL synchronous_commit = off")
now = fields.Datetime.now()
stage = env["crm.complaint.stage"].search([("phase", "=", "acknowledged")], limit=1)
rule = env["crm.complaint.clock.rule"].search([("kind", "=", "resolution")], limit=1)
clocks = env["crm.complaint.clock"]
env.flush_all()
# the clocks of the database itself would be swept too
cr.execute("UPDATE crm_complaint_clock SET date_next = NULL")
made = 0


def grow(rows):
    """Add open complaints, each with a clock that is due in a month."""
    global made
    cr.execute("SELECT COALESCE(max(id), 0) FROM crm_complaint")
    base = cr.fetchone()[0]
    cr.execute(
        "INSERT INTO crm_complaint (id, name, code, active, company_id, channel, stage_id, phase, date_received, date_logged, user_id) "
        "SELECT %s + i, 'Case ' || i, 'B/' || (%s + i), true, %s, 'email', %s, 'acknowledged', now(), now(), %s FROM generate_series(1, %s) i",
        [base, base, env.company.id, stage.id, env.uid, rows])
    cr.execute(
        "INSERT INTO crm_complaint_clock (complaint_id, rule_id, round, kind, company_id, amount, unit, state, date_start, date_half, "
        "date_three_quarters, date_nine_tenths, date_due, date_next) SELECT %s + i, %s, 0, 'resolution', %s, 10, 'days', 'running', %s, "
        "%s + interval '15 days', %s + interval '22 days', %s + interval '27 days', %s + interval '30 days' + i * interval '1 second', "
        "%s + interval '15 days' FROM generate_series(1, %s) i",
        [base, rule.id, env.company.id, *[now] * 6, rows])
    cr.execute("SELECT setval('crm_complaint_id_seq', (SELECT max(id) FROM crm_complaint))")
    cr.execute("ANALYZE crm_complaint_clock")
    made += rows


used = 0


def make_due(count):
    """The next clocks have used half of their time. Never the same twice: in one transaction the old versions of a row
    stay in the indexes, and later runs would measure them."""
    global used
    cr.execute(
        "UPDATE crm_complaint_clock SET date_half = %s - interval '1 minute', date_next = %s - interval '1 minute' "
        "WHERE id IN (SELECT id FROM crm_complaint_clock WHERE round = 0 AND date_due > %s + interval '30 days' ORDER BY id OFFSET %s LIMIT %s)",
        [now, now, now, used, count])
    used += count
    env.invalidate_all()


BARE = """
    WITH due AS (
        UPDATE crm_complaint_clock SET level = '1_half', date_next = date_three_quarters
         WHERE state = 'running' AND date_next <= %s RETURNING id, complaint_id, company_id, date_half)
    INSERT INTO crm_complaint_clock_event (clock_id, complaint_id, company_id, level, date_planned, date)
    SELECT id, complaint_id, company_id, '1_half', date_half, now() FROM due RETURNING id"""


def measure(due, function):
    times = []
    for _index in range(RUNS):
        make_due(due)
        began = time.perf_counter()
        done = function()
        times.append((time.perf_counter() - began) * 1000)
        assert done == due, (done, due)
    return statistics.median(times)


def bare():
    cr.execute(BARE, [now])
    return len(cr.fetchall())


def sweep():
    """All due clocks, in the batches of the scheduled job."""
    given = 0
    while True:
        done, events = clocks._sweep(now, SWEEP_BATCH)
        given += len(events)
        if done < SWEEP_BATCH:
            return given


figures = {}
for rows, due in ((10_000, 100), (100_000, 100), (100_000, 1000)):
    grow(rows - made)
    figures[rows, due] = measure(due, bare), measure(due, sweep)
    one, ours = figures[rows, due]
    print(f"{rows:7} open, {due:5} due: bare {one:7.2f} ms, sweep {ours:7.2f} ms, {ours / one:.2f}x")
print(f"100,000 open against 10,000 open: {figures[100_000, 100][1] / figures[10_000, 100][1]:.2f}x")
print(f"1,000 due against 100 due: {figures[100_000, 1000][1] / figures[100_000, 100][1]:.2f}x")
make_due(100)
_done, events = clocks._sweep(now, SWEEP_BATCH)
began = time.perf_counter()
events._notify()
env.flush_all()
print(f"activities of 100 warnings: {(time.perf_counter() - began) * 1000:.0f} ms")
cr.rollback()
