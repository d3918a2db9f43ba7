"""What the order flow costs beside a plain list of orders, among many orders.

    bin/odoo -d bench_flow -i crm_erp_bridge --without-demo --stop-after-init
    bin/odoo shell -d bench_flow < benchmarks/bridge_flow.py
    ORDERS=100000 ROUNDS=9 bin/odoo shell -d bench_flow < benchmarks/bridge_flow.py

An order of three lines with its posted invoice is made by Odoo and copied in the database to so many; everything is
rolled back. Then, in turns, the first page of 80 with its count is read as the web client asks for it:

  orders   sale.order, the columns of Odoo's list
  flow     crm.order.flow, the columns of its list

Shown is the processor time of Odoo and its database connection together (median of the rounds). Limit: flow / orders
<= 3, the median of the ratios of each turn.
"""
import os
import statistics
import sys
import time
from pathlib import Path

ORDERS = int(os.environ.get("ORDERS", 100_000))
ROUNDS = int(os.environ.get("ROUNDS", 9))

cr = env.cr
cr.execute("SELECT pg_backend_pid()")
STAT = Path(f"/proc/{cr.fetchone()[0]}/stat")


def processor_seconds():
    used = time.process_time()
    if STAT.exists():
        fields = STAT.read_text().rsplit(")", 1)[1].split()
        used += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return used


def template():
    """An order with three lines and its posted invoice, made by Odoo."""
    company = env.company
    if not company.chart_template:
        env["account.chart.template"].try_loading("generic_coa", company=company)
    partner = env["res.partner"].create({"name": "Customer"})
    products = env["product.product"].create(
        [{"name": f"Product {n}", "type": "service", "invoice_policy": "order", "list_price": 10 + n} for n in range(3)]
    )
    order = env["sale.order"].create(
        {"partner_id": partner.id, "user_id": env.uid,
         "order_line": [(0, 0, {"product_id": product.id, "product_uom_qty": 2}) for product in products]}
    )  # fmt: skip
    order.action_confirm()
    order._create_invoices().action_post()
    env.flush_all()
    return order


def copy(table, wanted, count, step, **changes):
    """Copies of rows with identifiers moved by ``step`` each time; what points to a copied row moves along."""
    cr.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = %s"
        " AND is_generated = 'NEVER'",
        [table],
    )
    columns = [name for (name,) in cr.fetchall()]
    values = [changes.get(name, f"t.{name}") for name in columns]
    query = f"""
        INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)}
          FROM {table} t CROSS JOIN generate_series(1, {count}) n WHERE {wanted}
    """  # noqa: S608  all names are those of this file
    cr.execute(query.replace("STEP", str(step)))


order = template()
move = order.invoice_ids
lines, move_lines = order.order_line, move.line_ids
STEP = 10 + max(len(lines), len(move_lines))
started = time.perf_counter()
moved = {name: f"t.{name} + n * STEP" for name in ("id", "order_id", "move_id", "order_line_id", "invoice_line_id")}
copy(
    "sale_order", f"id = {order.id}", ORDERS, STEP, id=moved["id"], name="t.name || '-' || n",
    access_token="NULL", date_order="t.date_order - n * interval '1 minute'",
)  # fmt: skip
copy("account_move", f"id = {move.id}", ORDERS, STEP, id=moved["id"], name="t.name || '-' || n", access_token="NULL",
     sequence_number="t.sequence_number + n", payment_reference="NULL")  # fmt: skip
copy("sale_order_line", f"order_id = {order.id}", ORDERS, STEP, id=moved["id"], order_id=moved["order_id"])
copy("account_move_line", f"move_id = {move.id}", ORDERS, STEP, id=moved["id"], move_id=moved["move_id"],
     move_name="t.move_name || '-' || n")  # fmt: skip
copy("sale_order_line_invoice_rel", f"order_line_id IN ({', '.join(map(str, lines.ids))})", ORDERS, STEP,
     order_line_id=moved["order_line_id"], invoice_line_id=moved["invoice_line_id"])  # fmt: skip
cr.execute("ANALYZE sale_order, sale_order_line, account_move, account_move_line, sale_order_line_invoice_rel")
print(f"{ORDERS} orders in {time.perf_counter() - started:.0f} s")


def page(model):
    """The first page as the web client asks for it."""
    views = env[model].get_views([(False, "list")])
    arch, names = views["views"]["list"]["arch"], views["models"][model]["fields"]
    specification = {
        name: {"fields": {"display_name": {}}} if names[name]["type"] == "many2one" else {}
        for name in names
        if f'name="{name}"' in arch
    }
    return lambda: env[model].web_search_read([], specification, limit=80, count_limit=10_001)


runs = {"orders": page("sale.order"), "flow": page("crm.order.flow")}
found = {name: [] for name in runs}
for number in range(ROUNDS + 1):
    for name in sorted(runs, reverse=number % 2):
        env.invalidate_all()
        used = processor_seconds()
        answer = runs[name]()
        used = processor_seconds() - used
        assert len(answer["records"]) == 80, (name, len(answer["records"]))
        if number:  # the first round warms up
            found[name].append(used)
for name, times in found.items():
    print(f"{name:8}{statistics.median(times) * 1000:10.1f} ms")
ratio = statistics.median(flow / plain for flow, plain in zip(found["flow"], found["orders"], strict=True))
print(f"flow / orders: {ratio:.2f} (limit 3)")
cr.rollback()
if ratio > 3:
    sys.exit("Outside the limits")
