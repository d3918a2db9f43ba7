"""A full scoring run against an ORM loop, pandas and DuckDB, on the same invoices, in one session.

    RFM_CUSTOMERS=100000 RFM_INVOICES=1000000 bin/odoo shell -d bench_rfm < benchmarks/rfm_full_run.py
    RFM_CUSTOMERS=100000 RFM_INVOICES=1000000 bin/odoo shell -d bench_rfm < benchmarks/rfm_engines.py

Needs the documents of `rfm_full_run.py`. pandas and DuckDB are no dependencies of the product: install them into an
environment of their own and name its packages in RFM_PACKAGES; what is missing is left out and said.

Everybody ends with the same: recency, frequency, value, scores and segment of all customers in a table of the database
with the keys, indexes and constraints of ours, of posted invoices net of credit notes, without those that were given
back. pandas and DuckDB get the documents by COPY, the fastest way out of PostgreSQL, and give the rows back the same
way, straight into that table; beside that stands what they take when the scores go into a bare table without any key,
where nothing could use them. They do not look for opt-outs, archived customers and contacts of companies, as we do. The
ORM loop is measured on RFM_SAMPLE customers (default 200) and multiplied. Their scores are compared with ours: a fast
wrong answer does not count. What counts is processor time, of this process with all its threads and of the database's,
so other work on the machine does not; the clock stands beside.
"""
# ruff: noqa: S608, PLC0415 - values are our own; who does not have an engine can do without it
import itertools
import math
import os
import sys
import time
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

CUSTOMERS = int(os.environ.get("RFM_CUSTOMERS", 20_000))
INVOICES = int(os.environ.get("RFM_INVOICES", 10 * CUSTOMERS))
SAMPLE = int(os.environ.get("RFM_SAMPLE", 200))
ROUNDS = int(os.environ.get("RFM_ROUNDS", 3))
AS_OF = date(2025, 12, 31)
if os.environ.get("RFM_PACKAGES"):
    sys.path.append(os.environ["RFM_PACKAGES"])

cr = env.cr
model = env["crm.rfm.model"].search([("name", "=", f"Benchmark of {CUSTOMERS} customers, {INVOICES} invoices")])
if not model:
    sys.exit("Make the documents first: benchmarks/rfm_full_run.py with the same numbers.")

#: what the engines outside get: the documents of the window, and which of them were given back
EXPORT = """
    SELECT m.commercial_partner_id, m.invoice_date, m.amount_untaxed_signed, m.move_type,
           COALESCE(back.amount >= m.amount_untaxed, FALSE) AS given_back
      FROM account_move m
      LEFT JOIN (SELECT reversed_entry_id, sum(amount_untaxed) AS amount FROM account_move
                  WHERE state = 'posted' AND move_type = 'out_refund' AND invoice_date <= '{as_of}'
                  GROUP BY 1) back ON back.reversed_entry_id = m.id
     WHERE m.state = 'posted' AND m.move_type IN ('out_invoice', 'out_refund') AND m.company_id = {company}
       AND m.invoice_date > '{first}' AND m.invoice_date <= '{as_of}'
""".format(as_of=AS_OF, company=model.company_id.id, first=model._window_start(AS_OF))


cr.execute("SELECT pg_backend_pid()")
SCHEDSTAT = Path(f"/proc/{cr.fetchone()[0]}/schedstat")
if not SCHEDSTAT.exists():
    sys.exit("The database has to run on this machine: its processor time is measured.")


def spent():
    """Seconds of the clock and of the processors of both processes."""
    return time.perf_counter(), time.process_time() + int(SCHEDSTAT.read_text().split()[0]) / 1e9


def timed(function):
    before = spent()
    function()
    return [now - then for now, then in zip(spent(), before, strict=True)]


def best_of(function, prepare=None):
    times = []
    for _round in range(ROUNDS):
        if prepare:
            prepare()
        times.append(timed(function))
    return tuple(map(min, zip(*times, strict=True)))


def without_scores(table="crm_rfm_score"):
    """An empty table, so that all rows are written; VACUUM needs a session outside of any transaction."""
    cr.execute(f"DELETE FROM {table} WHERE model_id = %s", [model.id])
    cr.commit()
    cr._cnx.autocommit = True
    for name in (table, "account_move"):
        cr.execute(f"VACUUM ANALYZE {name}")
    cr._cnx.autocommit = False
    session_settings()


def session_settings():
    cr.execute("SET max_parallel_workers_per_gather = 0")  # a parallel worker's time would not be seen
    cr.execute("SET jit = off")


def ours():
    model.action_compute(AS_OF)
    env.flush_all()


COLUMNS = "model_id, partner_id, last_date, frequency, monetary, r_score, f_score, m_score, fm_score, segment_id"


def make_tables():
    """A table like ours, and a bare one."""
    cr.execute("DROP TABLE IF EXISTS bench_scores, bench_bare")
    cr.execute("CREATE TABLE bench_scores (LIKE crm_rfm_score INCLUDING ALL)")
    parents = {"model_id": "crm_rfm_model", "partner_id": "res_partner", "segment_id": "crm_rfm_segment"}
    for column, parent in parents.items():
        cr.execute(f"ALTER TABLE bench_scores ADD FOREIGN KEY ({column}) REFERENCES {parent} (id)")
    cr.execute(f"CREATE TABLE bench_bare AS SELECT {COLUMNS} FROM crm_rfm_score WITH NO DATA")
    cr.commit()


def take_back(path, table):
    """The scores of an engine outside, back into the database."""
    with path.open() as file:
        cr._obj.copy_expert(f"COPY {table} ({COLUMNS}) FROM STDIN CSV", file)
    cr.execute("SET CONSTRAINTS ALL IMMEDIATE")


def segments():
    """{(r, fm): id of the segment}, what the engines outside know of the grid."""
    cr.execute("SELECT r, fm, segment_id FROM crm_rfm_cell WHERE model_id = %s", [model.id])
    return {(r, fm): segment for r, fm, segment in cr.fetchall()}


def differing(table):
    cr.execute(
        f"""SELECT count(*) FROM {table} b
             FULL JOIN (SELECT * FROM crm_rfm_score WHERE model_id = %s AND r_score > 0) s USING (partner_id)
            WHERE (b.r_score, b.f_score, b.m_score, b.last_date, b.segment_id)
                  IS DISTINCT FROM (s.r_score, s.f_score, s.m_score, s.last_date, s.segment_id)""",
        [model.id],
    )
    return cr.fetchone()[0]


def with_pandas(folder, into):
    import pandas

    path = folder / "out.csv"
    with path.open("w") as file:
        cr._obj.copy_expert(f"COPY ({EXPORT}) TO STDOUT CSV", file)
    moves = pandas.read_csv(
        path, names=["partner", "day", "amount", "kind", "back"], parse_dates=["day"],
        true_values=["t"], false_values=["f"],
    )
    bought = moves[(moves.kind == "out_invoice") & (moves.amount > 0) & ~moves.back]
    table = pandas.DataFrame(
        {
            "m": moves.groupby("partner").amount.sum().round(2),
            "f": bought.groupby("partner").size().astype("Int64"),
            "last": bought.groupby("partner").day.max(),
        }
    )
    table = table[(table.f > 0) & (table.m > 0)]
    table["days"] = (pandas.Timestamp(AS_OF) - table["last"]).dt.days
    steps = [0.2, 0.4, 0.6, 0.8]

    def passed(column):
        # the smallest value up to which a fifth lies, as percentile_disc
        ordered = column.sort_values()
        cuts = [ordered.iloc[max(math.ceil(round(step * len(ordered), 6)) - 1, 0)] for step in steps]
        return sum((column > cut).astype(int) for cut in cuts)

    r, f, m = 5 - passed(table.days), 1 + passed(table.f), 1 + passed(table.m)
    fm = (f + m + 1) // 2
    segment = pandas.Series(segments()).reindex(pandas.MultiIndex.from_arrays([r, fm])).to_numpy()
    result = pandas.DataFrame(
        {"model": model.id, "partner": table.index, "last": table["last"].dt.date, "frequency": table.f,
         "monetary": table.m, "r": r, "f": f, "score": m, "fm": fm, "segment": segment}
    )  # fmt: skip
    result.to_csv(folder / "back.csv", header=False, index=False)
    take_back(folder / "back.csv", into)


def with_duckdb(folder, into):
    import duckdb

    def passed(column, cuts):
        return " + ".join(f"({column} > {cuts}[{position}])::INTEGER" for position in range(1, 5))

    path, back = folder / "out.csv", folder / "back.csv"
    with path.open("w") as file:
        cr._obj.copy_expert(f"COPY ({EXPORT}) TO STDOUT CSV", file)
    session = duckdb.connect()
    session.execute(
        f"""COPY (
        WITH move AS (SELECT * FROM read_csv('{path}', header=false, columns={{'partner': 'INTEGER', 'day': 'DATE',
                          'amount': 'DECIMAL(18,2)', 'kind': 'VARCHAR', 'back': 'BOOLEAN'}})),
             agg AS (SELECT partner, sum(amount) AS m,
                            count(*) FILTER (WHERE kind = 'out_invoice' AND amount > 0 AND NOT back) AS f,
                            max(day) FILTER (WHERE kind = 'out_invoice' AND amount > 0 AND NOT back) AS last
                       FROM move GROUP BY 1),
             pop AS (SELECT *, DATE '{AS_OF}' - last AS days FROM agg WHERE f > 0 AND m > 0),
             cut AS (SELECT quantile_disc(days, [.2, .4, .6, .8]) AS qr, quantile_disc(f, [.2, .4, .6, .8]) AS qf,
                            quantile_disc(m, [.2, .4, .6, .8]) AS qm FROM pop),
             scored AS (SELECT pop.*, 5 - ({passed('days', 'qr')}) AS rs, 1 + {passed('f', 'qf')} AS fs,
                            1 + {passed('m', 'qm')} AS ms FROM pop, cut),
             cell(r, fm, segment) AS (VALUES {', '.join(f'({r}, {fm}, {one})' for (r, fm), one in segments().items())})
        SELECT {model.id}, partner, last, s.f, s.m, rs, fs, ms, (fs + ms + 1) // 2, segment
          FROM scored s JOIN cell ON cell.r = rs AND cell.fm = (fs + ms + 1) // 2) TO '{back}' (HEADER false)"""
    )
    session.close()
    take_back(back, into)


def orm_loop():
    """As it is often written: documents of each customer by search, sums in Python; thresholds not even counted."""
    partners = env["crm.rfm.score"].search([("model_id", "=", model.id)], limit=SAMPLE, order="id").partner_id
    env.invalidate_all()
    before = spent()
    for partner in partners:
        moves = env["account.move"].search(
            [
                ("commercial_partner_id", "child_of", partner.id), ("state", "=", "posted"),
                ("move_type", "in", ("out_invoice", "out_refund")), ("company_id", "=", model.company_id.id),
                ("invoice_date", ">", model._window_start(AS_OF)), ("invoice_date", "<=", AS_OF),
            ]
        )  # fmt: skip
        invoices = moves.filtered(lambda move: move.move_type == "out_invoice" and move.amount_untaxed_signed > 0)
        last = max(invoices.mapped("invoice_date"), default=None)
        partner.comment = str((last, len(invoices), sum(moves.mapped("amount_untaxed_signed"))))
        env.flush_all()
    return [(now - then) / len(partners) * CUSTOMERS for now, then in zip(spent(), before, strict=True)]


def main():
    session_settings()
    rows = [("this addon, one statement, all rows written", *best_of(ours, without_scores), 0)]
    rows.append(("this addon, one statement, a night that changes nothing", *best_of(ours), 0))
    make_tables()
    engines = {"DuckDB": with_duckdb, "pandas": with_pandas}
    tables = {"bench_scores": "into a table like ours", "bench_bare": "into a bare table"}
    with TemporaryDirectory() as name:
        for (table, into), (label, function) in itertools.product(tables.items(), engines.items()):
            try:
                times = best_of(
                    lambda function=function, table=table: function(Path(name), table),
                    lambda table=table: without_scores(table),
                )
            except ImportError as error:
                print(f"{label}: left out ({error})")
                continue
            rows.append((f"{label}, export and import {into}", *times, differing(table)))
    cr.execute("DROP TABLE bench_scores, bench_bare")
    cr.execute("SAVEPOINT loop")
    rows.append((f"ORM loop ({SAMPLE} customers, multiplied)", *orm_loop(), None))
    cr.execute("ROLLBACK TO SAVEPOINT loop")
    print(f"{CUSTOMERS:,} customers, {INVOICES:,} invoices; {model.customer_count:,} scored; best of {ROUNDS}")
    print(f"{'':48} {'processor':>9} {'clock':>9}")
    for label, clock, processor, wrong in rows:
        note = "" if wrong is None else f"  differing scores: {wrong}"
        print(f"{label:48} {processor:9.2f} {clock:9.2f} {processor / rows[0][2]:8.1f} x{note}")
    cr.commit()


main()
