"""The screens' lists of orders and requests: as many queries for ten rows as for a thousand."""

from odoo.tests import tagged
from odoo.tools import SQL

from .request_common import RequestCommon

ROWS = 1000


@tagged("post_install", "-at_install")
class TestListQueries(RequestCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        order = cls._create_order((100, 2, 0), (50, 1, 10))
        request = cls._request(cls.order_type, (cls.service, 3))
        request.action_start()
        cls.env.flush_all()
        # copied in the database: each row has a customer of its own, so that nothing is read once for all of them
        partners = cls._copies(cls.customer, name=SQL("t.name || n"))
        cls.env.cr.execute("UPDATE res_partner SET commercial_partner_id = id WHERE id = ANY(%s)", [partners])
        customer = SQL("(%s::int[])[n]", partners)
        orders = cls._copies(order, name=SQL("t.name || '-' || n"), partner_id=customer, access_token=SQL("NULL"))
        for line in order.order_line:
            cls._copies(line, order_id=SQL("(%s::int[])[n]", orders))
        requests = cls._copies(
            request, code=SQL("t.code || '-' || n"), partner_id=customer, commercial_partner_id=customer,
            access_token=SQL("NULL"),
        )  # fmt: skip
        for step in request.step_ids:
            cls._copies(step, request_id=SQL("(%s::int[])[n]", requests))
        cls.env.invalidate_all()
        cls.orders, cls.requests = orders, requests

    @classmethod
    def _copies(cls, record, **changes):
        """Ids of copies of a row; ``n`` in the changes counts them."""
        columns = [
            name
            for name, field in record._fields.items()
            if field.store and field.column_type and not field.company_dependent and name != "id"
        ]
        values = [changes.get(name) or SQL("t.%s", SQL.identifier(name)) for name in columns]
        rows = cls.env.execute_query(
            SQL(
                "INSERT INTO %(table)s (%(columns)s) SELECT %(values)s FROM %(table)s t"
                " CROSS JOIN generate_series(1, %(rows)s) n WHERE t.id = %(id)s RETURNING id",
                table=SQL.identifier(record._table),
                columns=SQL(", ").join(map(SQL.identifier, columns)),
                values=SQL(", ").join(values),
                rows=ROWS,
                id=record.id,
            )
        )
        return [number for [number] in rows]

    def _assert_same_queries(self, user, model, domain, view):
        """Read a page as the web client does, as this user."""
        records = self.env[model].with_user(user)
        views = records.get_views([(False, view)])
        arch, names = views["views"][view]["arch"], views["models"][model]["fields"]
        fields = {
            name: {"fields": {"display_name": {}}} if names[name]["type"] == "many2one" else {}
            for name in names
            if f'name="{name}"' in arch
        }
        counts = []
        for size in (1, 10, ROWS):  # the first warms up
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            answer = records.web_search_read(domain, fields, limit=size, count_limit=10_001)
            counts.append(self.cr.sql_log_count - before)
            self.assertEqual(len(answer["records"]), size)
        self.assertEqual(counts[1], counts[2], (model, view, user.login))

    def test_orders(self):
        domain = [("order_id", "in", self.orders)]
        for user in (self.seller, self.accountant):
            self._assert_same_queries(user, "crm.order.flow", domain, "list")
        self._assert_same_queries(self.boss, "crm.order.flow", domain, "kanban")

    def test_requests(self):
        domain = [("id", "in", self.requests)]
        for user in (self.seller, self.accountant):
            self._assert_same_queries(user, "crm.request", domain, "list")
        self._assert_same_queries(self.boss, "crm.request", domain, "kanban")
