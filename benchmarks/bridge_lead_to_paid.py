"""From the lead to the paid invoice through the methods that the screens call: with the suite against without.

    bin/odoo -d PLAIN -i DEPENDENCIES --without-demo --stop-after-init
    bin/odoo -d NAME -i crm_erp_bridge --without-demo --stop-after-init
    LEAD_PLAIN=PLAIN bin/odoo shell -d NAME < benchmarks/bridge_lead_to_paid.py

NAME has the four addons of the suite, PLAIN only what they depend on: crm,privacy_lookup,portal,rating,product,sale,
sale_crm,sale_management,sale_project,sale_timesheet,hr_skills. Both databases are asked in one process, step by step in
turns, so that whatever else the machine does falls on both. Everything is rolled back.

Every form is opened, filled in and saved as the web client does it: onchange() of the new record and of each field and
line that is filled in, web_save(), the method of the button, web_read() of what is shown then. Each call begins with an
empty cache and ends with what a request writes at its end. Counted is what these calls take, not the client's own work,
in processor time of Odoo and its database connection together (median of the rounds, in milliseconds); where the
database runs on another machine, the time that passed. The ratio is the median of the ratios of each turn.

The suite is measured twice: "with" shows and fills in what Odoo's own forms show, "as it is" also what the suite's
forms show besides: the chain of documents, debts, requests, tenders, ...

Goal: the whole way "with" <= 1.05x.
"""

import contextlib
import os
import pathlib
import statistics
import sys
import time
from copy import deepcopy

from odoo.api import Environment
from odoo.modules.registry import Registry
from odoo.tests import Form

ROUNDS = int(os.environ.get("LEAD_ROUNDS", 15))
PLAIN = os.environ["LEAD_PLAIN"]
LIMIT = 1.05
GROUPS = ("base.group_user", "sales_team.group_sale_manager", "account.group_account_invoice",
          "base.group_partner_manager", "crm.group_use_lead", "crm_relations.group_user_all")  # fmt: skip
MODELS = ("crm.lead", "crm.lead2opportunity.partner", "sale.order", "sale.order.line", "sale.advance.payment.inv",
          "account.move", "account.move.line", "account.payment.register")  # fmt: skip
STEPS = ("lead", "convert", "quotation", "confirm", "invoice", "post", "pay")


def clock(env):
    """Seconds that the processors worked for this process and its database connection; else those that passed."""
    env.cr.execute("SELECT pg_backend_pid()")
    path = pathlib.Path(f"/proc/{env.cr.fetchone()[0]}/schedstat")
    try:
        path.read_text()
    except OSError:
        return time.perf_counter
    return lambda: time.process_time() + int(path.read_text().split()[0]) / 1e9


class Side:
    """One database with its user, products and the calls of its web client."""

    def __init__(self, env):
        self.clock = clock(env)
        self.inside = False
        self.taken = {}
        self.statements = {}
        self.step = None
        self.views = {}
        self.shown_by = self
        if not env.company.chart_template:
            env["account.chart.template"].try_loading("generic_coa", company=env.company)
        groups = [group.id for name in GROUPS if (group := env.ref(name, raise_if_not_found=False))]
        user = env["res.users"].with_context(no_reset_password=True).create(
            {"name": "Bench", "login": "lead_bench", "email": "bench@bench.example", "group_ids": [(6, 0, groups)]}
        )
        self.products = env["product.product"].create(
            [{"name": f"Product {n}", "type": "consu", "invoice_policy": "order", "list_price": 10 + n}
             for n in range(3)]
        )  # fmt: skip
        env.flush_all()
        self.env = env(user=user)
        for name in MODELS:
            cls = type(env[name])
            for method in ("onchange", "web_save", "web_read"):
                setattr(cls, method, self.counted(getattr(cls, method)))
            cls.get_views = self.kept(cls.get_views)

    def kept(self, method):
        """The views as the client keeps them; those of the other side while it says what is shown."""

        def get_views(records, views, options=None):
            key = (records._name, str(views), str(records.env.context.get("default_move_type")))
            if self.shown_by is not self:
                return deepcopy(self.shown_by.views[key])
            if key not in self.views:
                self.views[key] = method(records, views, options)
            return deepcopy(self.views[key])

        return get_views

    def counted(self, method):
        """A method as a request of its own: with an empty cache, and with what is written at its end."""

        def call(records, *args, **kwargs):
            if self.inside:
                return method(records, *args, **kwargs)
            self.inside = True
            try:
                records.env.cr.flush()
                records.env.invalidate_all()
                count, started = records.env.cr.sql_log_count, self.clock()
                result = method(records, *args, **kwargs)
                records.env.cr.flush()
                self.taken[self.step] = self.taken.get(self.step, 0) + self.clock() - started
                self.statements[self.step] = self.statements.get(self.step, 0) + records.env.cr.sql_log_count - count
            finally:
                self.inside = False
            return result

        return call

    def button(self, records, name):
        """What a button calls."""
        return self.counted(getattr(type(records), name))(records)

    # === THE WAY === #

    def lead(self):
        form = Form(self.env["crm.lead"].with_context(default_type="lead"))
        form.name = "Garden of the school"
        form.partner_name = "Bench School"
        form.contact_name = "Jana Nováková"
        form.email_from = "jana@bench.example"
        form.phone = "+421 2 1234 5678"
        return form.save()

    def convert(self, lead):
        context = {"active_model": "crm.lead", "active_id": lead.id, "active_ids": lead.ids}
        form = Form(self.env["crm.lead2opportunity.partner"].with_context(**context))
        form.name = "convert"
        form.action = "create"
        self.button(form.save(), "action_apply")
        Form(lead)

    def quotation(self, lead):
        action = self.button(lead, "action_sale_quotations_new")
        form = Form(self.env["sale.order"].with_context(**action["context"]))
        form.partner_id = lead.partner_id
        for product in self.products.with_env(self.env):
            with form.order_line.new() as line:
                line.product_id = product
                line.product_uom_qty = 3
        return form.save()

    def confirm(self, order):
        self.button(order, "action_confirm")
        Form(order)

    def invoice(self, order):
        context = {"active_model": "sale.order", "active_id": order.id, "active_ids": order.ids}
        wizard = Form(self.env["sale.advance.payment.inv"].with_context(**context)).save()
        self.button(wizard, "create_invoices")
        Form(order.invoice_ids)
        return order.invoice_ids

    def post(self, invoice):
        self.button(invoice, "action_post")
        Form(invoice)

    def pay(self, invoice, order, lead):
        action = self.button(invoice, "action_register_payment")
        wizard = Form(self.env["account.payment.register"].with_context(**action["context"])).save()
        self.button(wizard, "action_create_payments")
        for record in (invoice, order, lead):
            Form(record)

    def walk(self):
        """The whole way, one step at a time, and taken back at the end."""
        self.taken, self.statements = {}, {}
        with contextlib.suppress(InterruptedError), self.env.cr.savepoint():
            self.step = "lead"
            lead = self.lead()
            yield
            self.step = "convert"
            self.convert(lead)
            yield
            self.step = "quotation"
            order = self.quotation(lead)
            yield
            self.step = "confirm"
            self.confirm(order)
            yield
            self.step = "invoice"
            invoice = self.invoice(order)
            yield
            self.step = "post"
            self.post(invoice)
            yield
            self.step = "pay"
            self.pay(invoice, order, lead)
            assert (order.amount_untaxed, invoice.amount_residual, invoice.payment_state in ("paid", "in_payment")) == (
                99, 0, True), (order.amount_untaxed, invoice.amount_residual, invoice.payment_state)  # fmt: skip
            raise InterruptedError  # takes it back
        self.env.invalidate_all()


def walk_together(sides):
    """Each step on both sides before the next one, so that a change of the machine's speed falls on both alike."""
    walks = [side.walk() for side in sides]
    while walks:
        for walk in list(walks):
            if next(walk, StopIteration) is StopIteration:
                walks.remove(walk)


with Registry(PLAIN).cursor() as plain_cr:
    plain_env = Environment(plain_cr, env.uid, dict(env.context))
    try:
        plain, suite = Side(plain_env), Side(env)
        RUNS = {"with": plain, "as it is": suite}  # whose views the suite is shown by
        times = {name: {plain: [], suite: []} for name in RUNS}
        statements = {}
        for turn in range(ROUNDS + 2):  # the first two rounds warm up
            for name, suite.shown_by in RUNS.items():
                walk_together((suite, plain) if turn % 2 else (plain, suite))
                statements[name] = suite.statements
                for side in (plain, suite) if turn > 1 else ():
                    times[name][side].append(side.taken)
        statements["without"] = plain.statements
    finally:
        plain_cr.rollback()
        env.cr.rollback()


def line(title, steps):
    """One line of the table: what these steps take, and the ratio to the same steps without the suite."""

    def taken(name, side):
        return [sum(walk[step] for step in steps) for walk in times[name][side]]

    def counted(name):
        return sum(statements[name][step] for step in steps)

    cells, ratios = f"{statistics.median(taken('with', plain)) * 1000:11.1f}{counted('without'):6}{'':8}", {}
    for name in RUNS:
        there, here = taken(name, suite), taken(name, plain)
        ratios[name] = statistics.median(one / other for one, other in zip(there, here, strict=True))
        cells += f"{statistics.median(there) * 1000:11.1f}{counted(name):6}{ratios[name]:7.3f}x"
    print(f"{title:11}{cells}")
    return ratios["with"]


print(f"{'':11}" + "".join(f"{name + ' ms':>11}{'SQL':>6}{'':8}" for name in ("without", *RUNS)))
for step in STEPS:
    line(step, [step])
ratio = line("whole way", STEPS)
print(f"goal: {LIMIT} with")
if ratio > LIMIT:
    sys.exit("Outside the goal")
