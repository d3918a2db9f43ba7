"""What the addon costs those who do not use it: stock operations on customers with crm_relations against without.

    STOCK_PLAIN=PLAIN bin/odoo shell -d NAME < benchmarks/relations_stock.py

NAME has crm_relations, PLAIN only what it depends on (crm, privacy_lookup); both empty of customers or filled alike.
Both databases are asked in one process, in turns, so that whatever else the machine does falls on both. Everything
is rolled back. Shown is the processor time of Odoo and its database connection together (median of the rounds, in
milliseconds), so that a busy machine does not blur the ratio, and the number of SQL statements. The ratio is the
median of the ratios of each turn, and beside it that of the best rounds. Where the database runs on another machine,
it is the time that passed.

  create 1, 1000   res.partner.create() of persons with e-mail and telephone, written to the database
  open form        web_read() of the fields of the stock form; and of the form as each database shows it
  new form         onchange() of a new customer, and of a changed name
  name_search      eight customers of 2,000 by a part of their name
  list             web_search_read() of 80 customers, the columns of the stock list

Goal: <= 1.1x for what the stock form and list show.
"""

import contextlib
import os
import pathlib
import statistics
import time

from odoo.api import Environment
from odoo.modules.registry import Registry

ROUNDS = int(os.environ.get("STOCK_ROUNDS", 25))
CUSTOMERS = int(os.environ.get("STOCK_CUSTOMERS", 2_000))
PLAIN = os.environ["STOCK_PLAIN"]


def specification(env, fields, view):
    """The fields of a view as the web client asks for them."""
    views = env["res.partner"].get_views([(False, view)])
    names, arch = views["models"]["res.partner"]["fields"], views["views"][view]["arch"]
    return {name: {} for name in names if name in fields and f'name="{name}"' in arch}


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
    """One database with its user and customers."""

    def __init__(self, env):
        group = "crm_relations.group_user_all"
        self.env = env
        self.clock = clock(env)
        names = ["base.group_user", "base.group_partner_manager", "sales_team.group_sale_salesman_all_leads"]
        if env.ref(group, raise_if_not_found=False):
            names.append(group)
        user = env["res.users"].with_context(no_reset_password=True).create(
            {"name": "Bench", "login": "stock_bench", "group_ids": [(6, 0, [env.ref(name).id for name in names])]}
        )
        self.partners = env["res.partner"].with_user(user)
        created = self.partners.create(self.values(CUSTOMERS))
        env.flush_all()
        env.cr.execute("ANALYZE res_partner")
        self.some = created[CUSTOMERS // 2]
        self.arch_fields = {
            view: specification(self.partners.env, self.partners._fields, view) for view in ("form", "list")
        }

    @staticmethod
    def values(number):
        return [
            {"name": f"Person {index:05} Novák", "email": f"p{index}@bench.example", "phone": f"+4212{index:07}"}
            for index in range(number)
        ]

    def create(self, number):
        with contextlib.suppress(InterruptedError), self.env.cr.savepoint():
            started = self.clock()
            self.partners.create(self.values(number))
            self.env.flush_all()
            self.env.cr.execute("SET CONSTRAINTS ALL IMMEDIATE")
            taken = self.clock() - started
            raise InterruptedError  # takes it back
        self.env.invalidate_all()
        return taken

    def timed(self, function):
        self.env.invalidate_all()
        started = self.clock()
        function()
        return self.clock() - started

    def open_form(self, fields):
        return self.timed(lambda: self.some.web_read(fields))

    def new_form(self, fields):
        return self.timed(lambda: self.partners.onchange({}, [], fields))

    def change_name(self, fields):
        return self.timed(lambda: self.partners.onchange({"name": "Ján Novák"}, ["name"], fields))

    def name_search(self):
        return self.timed(lambda: self.partners.name_search("00012", limit=8))

    def list(self, fields):
        return self.timed(lambda: self.partners.web_search_read([], fields, limit=80))


def compare(title, operation, rounds=ROUNDS):
    """Both sides in turns; the first rounds warm up."""
    times, statements = {"without": [], "with": []}, {}
    for turn in range(rounds + 3):
        for name, side in (SIDES if turn % 2 else dict(reversed(SIDES.items()))).items():
            before = side.env.cr.sql_log_count
            taken = operation(side) * 1000
            times[name].append(taken)
            statements[name] = side.env.cr.sql_log_count - before
    middle = {name: statistics.median(taken[3:]) for name, taken in times.items()}
    ratio = statistics.median(
        with_it / without for with_it, without in zip(times["with"][3:], times["without"][3:], strict=True)
    )
    best = min(times["with"][3:]) / min(times["without"][3:])
    cells = (f"{name} {middle[name]:8.2f} ms {statements[name]:5} SQL" for name in SIDES)
    print(f"{title:28} {'   '.join(cells)}   {ratio:5.2f}x   best {best:5.2f}x")


with Registry(PLAIN).cursor() as plain_cr:
    plain_env = Environment(plain_cr, env.uid, dict(env.context))
    try:
        SIDES = {"without": Side(plain_env), "with": Side(env)}
        stock = {
            view: {name: {} for name in SIDES["without"].arch_fields[view] if name in env["res.partner"]._fields}
            for view in ("form", "list")
        }
        print(f"{CUSTOMERS} customers; fields of the form: {len(stock['form'])} without, "
              f"{len(SIDES['with'].arch_fields['form'])} with")
        compare("create 1", lambda side: side.create(1))
        compare("create 1000", lambda side: side.create(1000), max(ROUNDS // 5, 3))
        compare("open form, stock fields", lambda side: side.open_form(stock["form"]))
        compare("new form, stock fields", lambda side: side.new_form(stock["form"]))
        compare("name changed, stock fields", lambda side: side.change_name(stock["form"]))
        compare("name_search", lambda side: side.name_search())
        compare("list of 80, stock columns", lambda side: side.list(stock["list"]))
        compare("open form, as it is", lambda side: side.open_form(side.arch_fields["form"]))
        compare("new form, as it is", lambda side: side.new_form(side.arch_fields["form"]))
        compare("list of 80, as it is", lambda side: side.list(side.arch_fields["list"]))
    finally:
        plain_cr.rollback()
        env.cr.rollback()
