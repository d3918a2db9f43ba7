import json
from datetime import date

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.exceptions import AccessError, UserError
from odoo.tests import BaseCase, HttpCase, tagged
from odoo.tools import mute_logger

from ..models.crm_request_submit import submit_schema
from ..tools.json_schema import problems
from .request_common import RequestCommon
from .test_request_concurrency import CommittedRequests


class SubmitCommon(RequestCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.robot = cls._create_user("robot", "crm_erp_bridge.group_integration")
        cls.customer.write({"ref": "C-77", "vat": "BE0477472701", "email": "office@vinograd.example.com"})
        cls.service.default_code = "PRUNE"
        cls.door = cls.env["crm.request"].with_user(cls.robot)

    def _payload(self, key, **values):
        return {
            "source": "shop",
            "ext_key": key,
            "kind": "test_order",
            "partner": {"ref": "C-77"},
            "lines": [{"product": "PRUNE", "quantity": 2}],
        } | values

    def _count(self):
        return self.env["crm.request"].search_count([("source", "=", "shop")])


@tagged("post_install", "-at_install")
class TestRequestSubmit(SubmitCommon):
    def test_one_result_for_each_payload_in_order(self):
        results = self.door.submit([self._payload("1"), {"source": "shop"}, self._payload("2", lines=[])])
        self.assertEqual([result["status"] for result in results], ["created", "error", "created"])
        request = self.env["crm.request"].browse(results[0]["id"])
        self.assertEqual(
            results[0],
            {"status": "created", "id": request.id, "number": request.code, "source": "shop", "ext_key": "1"},
        )
        self.assertEqual(
            (request.partner_id, request.type_id, request.phase, request.create_uid, request.name),
            (self.customer, self.order_type, "in_progress", self.robot, "1"),
        )
        self.assertEqual((request.line_ids.product_id, request.line_ids.quantity), (self.service, 2))
        self.assertEqual(len(request.step_ids), 3)
        self.assertFalse(request.order_ids)

    def test_the_status_of_a_request_for_another_company_of_the_user(self):
        other = self.env["res.company"].create({"name": "Another company"})
        self.robot.company_ids |= other
        for key, company in (("1", other), ("2", other), ("2", self.env.company)):
            [result] = self.door.submit([self._payload(key, company_id=company.id, lines=[])])
            self.assertEqual(result["status"], "created")
        here, there = self.door.status([{"source": "shop", "ext_key": key} for key in ("2", "1")])
        self.assertEqual((here["status"], here["id"], there["status"]), ("found", result["id"], "found"))

    def test_the_unit_of_a_quantity(self):
        """By the dozen where the product is sold by pieces; hours of it there are none."""
        self.service.uom_id = self.quick_ref("uom.product_uom_unit")
        lines = [{"product": "PRUNE", "quantity": 2, "unit": unit} for unit in ("DZN", "EA", "HUR", "BOX")]
        results = self.door.submit(
            [self._payload(line["unit"], lines=[line]) for line in lines] + [self._payload("none")]
        )
        self.assertEqual([result["status"] for result in results], ["created", "created", "error", "error", "created"])
        self.assertEqual(
            results[2]["errors"],
            [{"path": "lines[0].unit", "message": "“PRUNE” is not sold in the unit “HUR”."}],
        )
        requests = self.env["crm.request"].browse(results[number]["id"] for number in (0, 1, 4))
        self.assertEqual(requests.line_ids.mapped("product_uom_id.name"), ["Dozens", "Units"])
        requests[0].action_run()
        line = requests[0].order_ids.order_line
        self.assertEqual((line.product_uom_qty, line.product_uom_id.name, line.price_unit), (2, "Dozens", 1200))

    def test_what_only_the_database_refuses_spoils_no_other(self):
        """0.001 is more than nothing, but nothing once rounded as quantities are."""
        bad = self._payload("1", lines=[{"product": "PRUNE", "quantity": 0.001}])
        with mute_logger("odoo.sql_db"):
            results = self.door.submit([bad, self._payload("2")])
        self.assertEqual([result["status"] for result in results], ["error", "created"])
        self.assertEqual(results[0]["errors"], [{"path": "", "message": "The quantity must be more than 0."}])
        self.assertEqual(self._count(), 1)

    def test_the_scheduled_job_carries_it_out(self):
        [result] = self.door.submit([self._payload("1")])
        with self.enter_registry_test_mode():
            self.env.ref("crm_erp_bridge.ir_cron_request_main").method_direct_trigger()
        request = self.env["crm.request"].browse(result["id"])
        self.assertEqual((request.phase, request.order_ids.state), ("done", "sale"))
        [status] = self.door.status([{"source": "shop", "ext_key": "1"}])
        self.assertEqual((status["status"], status["phase"]), ("found", "done"))
        self.assertEqual(
            [(step["key"], step["state"], step["document"]) for step in status["steps"]],
            [("quotation", "done", request.order_ids.name), ("confirm", "done", request.order_ids.name),
             ("invoice", "done", "Draft")],
        )  # fmt: skip

    def test_the_same_again_gets_the_first_answer(self):
        [first] = self.door.submit([self._payload("1")])
        for _retry in range(3):
            [again] = self.door.submit([self._payload("1")])
            self.assertEqual(again, first | {"status": "replayed"})
        self.assertEqual(self._count(), 1)

    def test_twice_in_one_call(self):
        results = self.door.submit([self._payload("1"), self._payload("1"), self._payload("1", reference="x")])
        self.assertEqual([result["status"] for result in results], ["created", "replayed", "error"])
        self.assertEqual(self._count(), 1)

    def test_same_key_other_payload_is_an_error_and_changes_nothing(self):
        self.door.submit([self._payload("1")])
        [result] = self.door.submit([self._payload("1", lines=[{"product": "PRUNE", "quantity": 3}])])
        self.assertEqual((result["status"], result["errors"][0]["path"]), ("error", "ext_key"))
        self.assertIn("used before", result["errors"][0]["message"])
        request = self.env["crm.request"].search([("source", "=", "shop")])
        self.assertEqual((len(request), request.line_ids.quantity), (1, 2))

    def test_keys_are_kept_for_archived_requests_too(self):
        [first] = self.door.submit([self._payload("1")])
        self.env["crm.request"].browse(first["id"]).active = False
        [again] = self.door.submit([self._payload("1")])
        self.assertEqual(again["status"], "replayed")

    def test_customers_by_what_identifies_them(self):
        by = [
            {"id": self.customer.id}, {"ref": "C-77"}, {"vat": "be 0477 472 701"},
            {"email": "Office@Vinograd.example.com"}, {"name": "Vinograd d.o.o."},
            {"ref": "unknown", "email": "office@vinograd.example.com"},
        ]  # fmt: skip
        results = self.door.submit([self._payload(str(number), partner=names) for number, names in enumerate(by)])
        self.assertEqual({result["status"] for result in results}, {"created"})
        requests = self.env["crm.request"].search([("source", "=", "shop")])
        self.assertEqual((len(requests), requests.partner_id), (6, self.customer))

    def test_errors_in_words_and_nothing_half_created(self):
        self.env["res.partner"].create([{"name": "Twin"}, {"name": "Twin"}])
        bad = {
            "who": {"partner": {"email": "nobody@example.com"}},
            "twin": {"partner": {"name": "Twin"}},
            "product": {"lines": [{"product": "PRUNE"}, {"product": "NOPE"}]},
            "kind": {"kind": "no such kind"},
            "quantity": {"lines": [{"product": "PRUNE", "quantity": -1}]},
            "type": {"lines": "PRUNE"},
            "more": {"price": 3},
            "day": {"date_promised": "tomorrow"},
            "none": {"partner": {}},
            "company": {"company_id": 10**8},
        }
        results = self.door.submit([self._payload(key, **values) for key, values in bad.items()])
        self.assertEqual(
            {result["ext_key"]: (result["status"], result["errors"][0]["path"], result["errors"][0]["message"])
             for result in results},
            {
                "who": ("error", "partner", "No customer was found by email “nobody@example.com”."),
                "twin": ("error", "partner.name", "2 customers go by “Twin”: name one by its id or ref."),
                "product": ("error", "lines[1].product", "There is no product “NOPE”."),
                "kind": ("error", "kind", "There is no request type “no such kind”."),
                "quantity": ("error", "lines[0].quantity", "This should be more than 0."),
                "type": ("error", "lines", "This should be of the type “array”."),
                "more": ("error", "price", "Nothing of this name is known."),
                "day": ("error", "date_promised", "This should be a day like 2026-12-31."),
                "none": ("error", "partner", "This is empty."),
                "company": ("error", "company_id", "You may not hand in requests for this company."),
            },
        )  # fmt: skip
        self.assertEqual(self._count(), 0)

    def test_a_refused_record_spoils_no_other(self):
        self._type("Empty", "service")
        results = self.door.submit([self._payload("1"), self._payload("2", kind="test_empty"), self._payload("3")])
        self.assertEqual([result["status"] for result in results], ["created", "error", "created"])
        self.assertIn("plans nothing", results[1]["errors"][0]["message"])
        self.assertEqual(self._count(), 2)
        self.order_type.copy({"code": "x"}).plan_ids.unlink()

    def test_no_list_and_too_many(self):
        for payloads in ({"source": "x"}, [self._payload("1")] * 1001):
            with self.assertRaises(UserError):
                self.door.submit(payloads)
        self.assertEqual(self._count(), 0)

    def test_least_rights(self):
        self.assertEqual(self.door.submit([]), [])
        with self.assertRaises(AccessError):
            self.door.create({"name": "x", "type_id": self.order_type.id, "partner_id": self.customer.id})
        for model in ("crm.lead", "sale.order", "account.move", "crm.request.step", "crm.request.type"):
            self.assertFalse(self.env[model].with_user(self.robot).has_access("read"), model)
        for user in (self.worker, self.auditor):
            with self.assertRaises(AccessError):
                self.env["crm.request"].with_user(user).submit([self._payload("1")])
        self.assertEqual(self._count(), 0)
        self.door.submit([self._payload("1")])
        other = self._create_user("robot2", "crm_erp_bridge.group_integration")
        [status] = self.env["crm.request"].with_user(other).status([{"source": "shop", "ext_key": "1"}])
        self.assertEqual(status, {"status": "unknown", "source": "shop", "ext_key": "1"})

    def test_queries_do_not_grow_with_the_number(self):
        self.door.submit([self._payload("warm")])
        counts = []
        for size in (10, 30):  # Odoo inserts 100 rows at a time: more requests have more than 100 steps
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.door.submit([self._payload(f"{size}-{number}") for number in range(size)])
            self.env.flush_all()
            counts.append(self.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])

    def test_queries_do_not_grow_with_the_products(self):
        self.env["product.product"].create(
            [{"name": f"Article {number}", "default_code": f"ART-{number}"} for number in range(30)]
        )
        self.door.submit([self._payload("warm", lines=[{"product": "ART-0"}, {"product": "ART-1"}])])
        counts = []
        for size in (3, 30):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            lines = [{"product": f"ART-{number}"} for number in range(size)]
            [result] = self.door.submit([self._payload(f"articles {size}", lines=lines)])
            self.env.flush_all()
            counts.append(self.cr.sql_log_count - before)
            self.assertEqual(result["status"], "created")
        self.assertEqual(counts[0], counts[1])


@tagged("post_install", "-at_install")
class TestRequestJson2(SubmitCommon, HttpCase):
    def test_over_http_with_a_key(self):
        key = (
            self.env["res.users.apikeys"]
            .with_user(self.robot)
            .sudo()
            ._generate("rpc", "shop", date.today().replace(year=date.today().year + 1))
        )
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        body = json.dumps({"payloads": [self._payload("1")]})
        answers = [
            self.url_open("/json/2/crm.request/submit", data=body, headers=headers).json() for _sending in range(2)
        ]
        self.assertEqual([answer[0]["status"] for answer in answers], ["created", "replayed"])
        body = json.dumps({"keys": [{"source": "shop", "ext_key": "1"}]})
        [status] = self.url_open("/json/2/crm.request/status", data=body, headers=headers).json()
        self.assertEqual((status["status"], status["phase"]), ("found", "in_progress"))

    def test_the_schema_is_published(self):
        response = self.url_open("/crm_erp_bridge/static/schema/request.submit.v1.json")
        self.assertEqual(response.json(), submit_schema())


@tagged("post_install", "-at_install")
class TestSubmitConcurrency(CommittedRequests):
    @mute_logger("odoo.sql_db")
    def test_four_clients_hand_in_the_same_keys(self):
        payloads = [
            {"source": self.title[:64], "ext_key": str(number), "kind": self.title, "partner": {"id": self.partner_id},
             "lines": [{"product": self.title}]}
            for number in range(20)
        ]  # fmt: skip
        answers = []
        self._in_threads(4, lambda env: answers.append(env["crm.request"].submit(payloads)))
        ids = {tuple(result["id"] for result in results) for results in answers if "id" in results[0]}
        self.assertEqual(len(ids), 1)
        self.assertEqual(self._made()[0], 20)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["source", "ext_key", "kind", "partner", "lines", "product", "quantity", "name", "id", "email", "x"]
        ),
        inner,
        max_size=6,
    ),
    max_leaves=12,
)


@tagged("post_install", "-at_install", "pure")
class TestSchema(BaseCase):
    @settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(values)
    def test_any_document_is_judged_without_an_exception(self, document):
        found = list(problems(document, submit_schema()))
        if not isinstance(document, dict):
            self.assertEqual([(one.path, one.rule) for one in found], [("", "type")])
        elif not found:
            self.assertLessEqual({"source", "ext_key", "kind"}, document.keys())
