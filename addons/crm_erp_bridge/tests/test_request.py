from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged, users

from .request_common import RequestCommon


@tagged("post_install", "-at_install")
class TestRequest(RequestCommon):
    # === FROM THE SCREEN TO THE INVOICE === #

    def test_an_order_runs_to_the_draft_invoice_at_once(self):
        request = self._request(self.order_type, (self.service, 3)).with_user(self.seller)
        request.action_start()
        order = request.order_ids
        self.assertEqual(len(order), 1)
        self.assertEqual(order.state, "sale")
        self.assertEqual(order.order_line.mapped("product_uom_qty"), [3])
        self.assertEqual(order.amount_untaxed, 300)
        self.assertEqual(order.user_id, self.seller)
        self.assertEqual(order.origin, request.code)
        self.assertEqual(request.line_ids.sale_line_id, order.order_line)
        self.assertEqual(order.invoice_ids.mapped("state"), ["draft"])
        self.assertEqual(self._states(request), {"quotation": "done", "confirm": "done", "invoice": "done"})
        self.assertEqual(request.phase, "done")
        self.assertTrue(request.date_done)

    def test_starting_again_makes_nothing_twice(self):
        request = self._request(self.order_type, (self.service, 3)).with_user(self.seller)
        for _click in range(3):
            request.action_start()
            request.action_run()
        self.assertEqual(len(request.order_ids), 1)
        self.assertEqual(len(request.order_ids.invoice_ids), 1)
        self.assertEqual(len(request.step_ids), 3)

    def test_no_job_takes_requests_of_a_restricted_customer(self):
        request = self._request(self.order_type, (self.service, 3))
        request._start()
        self.env.flush_all()
        self.assertIn(request, self.env["crm.request"].sudo()._claim("main", 1000))
        self.customer.sudo().crm_restricted = True
        self.env.flush_all()
        self.assertNotIn(request, self.env["crm.request"].sudo()._claim("main", 1000))
        request.with_user(self.seller).action_run()
        self.assertEqual(request.phase, "done")

    def test_a_copy_of_the_job_of_a_lane_is_woken_too(self):
        job = self.env.ref("crm_erp_bridge.ir_cron_request_main").sudo()
        jobs = job | job.copy({"active": True})
        triggers = self.env["ir.cron.trigger"].sudo()
        triggers.search([("cron_id", "in", jobs.ids)]).unlink()
        request = self._request(self.order_type, (self.service, 3)).with_user(self.seller)
        request._start()
        request._wake_lanes()
        self.assertEqual(triggers.search([("cron_id.code", "=", job.code)]).cron_id, jobs)

    def test_confirmation_waits_for_a_person(self):
        request = self._request(self.quotation_type, (self.service, 1)).with_user(self.seller)
        request.action_start()
        self.assertEqual(self._states(request), {"quotation": "done", "confirm": "planned", "invoice": "planned"})
        self.assertEqual(request.order_ids.state, "draft")
        self.assertEqual(request.phase, "in_progress")
        confirm = request.step_ids.filtered(lambda step: step.key == "confirm")
        self.assertTrue(confirm.is_ready)
        confirm.action_do()
        self.assertEqual(request.order_ids.state, "sale")
        self.assertEqual(confirm.user_id, self.seller)
        self.assertEqual(self._states(request), {"quotation": "done", "confirm": "done", "invoice": "done"})

    def test_confirming_the_order_itself_finishes_the_step(self):
        request = self._request(self.quotation_type, (self.service, 1)).with_user(self.seller)
        request.action_start()
        request.order_ids.action_confirm()
        self.assertEqual(self._states(request), {"quotation": "done", "confirm": "done", "invoice": "planned"})
        request.action_run()
        self.assertEqual(request.phase, "done")

    def test_an_invoice_made_by_hand_is_the_result_of_the_step(self):
        request = self._request(self.quotation_type, (self.service, 1))
        request.action_start()
        request.order_ids.action_confirm()
        invoice = self._invoice(request.order_ids, post=False)
        request.action_run()
        step = request.step_ids.filtered(lambda step: step.key == "invoice")
        self.assertEqual((step.state, step.res_id), ("done", invoice.id))
        self.assertEqual(request.order_ids.invoice_ids, invoice)

    def test_nothing_to_invoice_yet_waits_with_a_reason(self):
        self.service.invoice_policy = "delivery"
        request = self._request(self.order_type, (self.service, 2))
        request.action_start()
        step = request.step_ids.filtered(lambda step: step.key == "invoice")
        self.assertEqual((step.state, request.phase), ("planned", "in_progress"))
        self.assertEqual(step.error, f"{request.order_ids.name}: nothing to invoice yet.")
        self.assertTrue(step.date_next)
        request.order_ids.order_line.qty_delivered = 2
        request.action_run()
        self.assertEqual((step.state, step.error, request.phase), ("done", False, "done"))

    def test_posting_needs_the_leave_of_the_type(self):
        with self.assertRaisesRegex(ValidationError, "May Post Invoices"):
            self._type("Not allowed", "order", ("post", "post", ""))
        posting = self._type(
            "Post",
            "order",
            ("quotation", "quotation", ""),
            ("confirm", "confirm", "quotation"),
            ("invoice", "invoice", "confirm"),
            ("post", "post", "invoice"),
            post_invoices=True,
        )
        request = self._request(posting, (self.service, 1)).with_user(self.seller)
        request.action_start()
        self.assertEqual(request.order_ids.sudo().invoice_ids.state, "posted")

    # === PEOPLE === #

    def test_a_task_is_done_when_its_worker_says_so(self):
        request = self._request(self.work_type, (self.service, 2)).with_user(self.seller)
        request.action_start()
        task = request.sudo().task_ids
        self.assertEqual(len(task), 1)
        self.assertEqual((task.partner_id, task.project_id), (self.customer, self.project))
        self.assertIn("Pruning", task.description)
        self.assertEqual(self._states(request), {"work": "started", "tell": "planned"})
        task.user_ids = self.worker
        task.with_user(self.worker).write({"state": "1_done"})
        self.assertEqual(self._states(request), {"work": "done", "tell": "planned"})
        request.action_run()
        self.assertEqual(self._states(request), {"work": "done", "tell": "started"})
        activity = request.activity_ids
        self.assertEqual((activity.summary, activity.user_id), ("Tell", self.seller))
        activity.action_feedback()
        self.assertEqual(request.phase, "done")

    def test_a_cancelled_task_stops_the_request_until_it_is_made_again(self):
        request = self._request(self.work_type).with_user(self.seller)
        request.action_start()
        first = request.sudo().task_ids
        first.with_user(self.worker).write({"state": "1_canceled"})
        step = request.step_ids.filtered(lambda step: step.key == "work")
        self.assertEqual((step.state, request.phase), ("failed", "stuck"))
        self.assertEqual(request.activity_ids.user_id, self.seller)
        self.assertTrue(step.can_recreate)
        step.action_recreate()
        self.assertEqual(self._states(request), {"work": "replaced", "work#2": "started", "tell": "planned"})
        self.assertEqual(len(request.sudo().task_ids), 2)
        self.assertEqual(request.step_ids.filtered(lambda step: step.key == "tell").after, "work#2")

    def test_a_step_of_a_person_is_done_by_its_button(self):
        request = self._request(self._type("Ask", "information", ("answer", "manual", ""))).with_user(self.seller)
        request.action_start()
        self.assertEqual(request.activity_ids.summary, "Answer")
        request.step_ids.action_done()
        self.assertEqual((request.phase, request.activity_ids.ids), ("done", []))

    # === TROUBLE === #

    def test_a_failing_step_says_why_and_can_be_tried_again(self):
        request = self._request(self.order_type).with_user(self.seller)
        request.action_start()
        step = request.step_ids.filtered(lambda step: step.key == "quotation")
        self.assertEqual((step.state, request.phase, step.attempts), ("failed", "stuck", 1))
        self.assertIn("names no product", step.error)
        self.assertFalse(request.order_ids)
        self.assertEqual(request.activity_ids.mapped("summary"), ["Stuck at: Quotation"])
        # nothing was made of the lines yet: who asked can still say what is wanted
        request.line_ids = [Command.create({"product_id": self.service.id})]
        step.action_retry()
        self.assertEqual(request.phase, "done")
        self.assertIn("Step tried again: Quotation", str(request.message_ids.mapped("body")))

    def test_one_bad_request_spoils_no_other(self):
        requests = self.env["crm.request"]
        for number in range(7):
            requests += self._request(self.order_type, (self.service, 1), name=f"Number {number}")
        bad = requests[3]
        bad.line_ids.unlink()
        requests.action_start()
        self.assertEqual(requests.filtered(lambda request: request.phase == "done"), requests - bad)
        self.assertEqual(bad.phase, "stuck")
        self.assertEqual((requests - bad).mapped(lambda request: len(request.order_ids)), [1] * 6)

    def test_what_went_well_before_the_failure_stays(self):
        request = self._request(self.order_type, (self.service, 1))
        # Odoo refuses to confirm an order whose line has lost its product
        self.patch(type(self.env["sale.order"]), "_confirmation_error_message", lambda order: "No credit")
        request.action_start()
        self.assertEqual(self._states(request), {"quotation": "done", "confirm": "failed", "invoice": "planned"})
        self.assertEqual(request.step_ids[1].error, "No credit")
        self.assertEqual(request.order_ids.state, "draft")

    def test_skipping_goes_on_behind(self):
        request = self._request(self.work_type).with_user(self.seller)
        request.action_start()
        request.step_ids.filtered(lambda step: step.key == "work").action_skip()
        self.assertEqual(self._states(request), {"work": "skipped", "tell": "started"})

    def test_making_again_is_refused_while_the_document_lives(self):
        request = self._request(self.quotation_type, (self.service, 1)).with_user(self.seller)
        request.action_start()
        quotation = request.step_ids.filtered(lambda step: step.key == "quotation")
        self.assertFalse(quotation.can_recreate)
        with self.assertRaisesRegex(UserError, "still exists"):
            quotation.action_recreate()
        request.order_ids._action_cancel()
        self.env.invalidate_all()
        self.assertTrue(quotation.can_recreate)
        quotation.action_recreate()
        self.assertEqual(request.order_ids.sorted("id").mapped("state"), ["cancel", "draft"])
        self.assertEqual(
            self._states(request),
            {"quotation": "replaced", "quotation#2": "done", "confirm": "planned", "invoice": "planned"},
        )

    def test_cancelling_takes_quotation_and_task_along(self):
        both = self._type("Both", "order", ("quotation", "quotation", ""), ("work", "task", ""))
        request = self._request(both, (self.service, 1)).with_user(self.seller)
        request.action_start()
        request.action_cancel()
        self.assertEqual((request.phase, request.order_ids.state), ("cancelled", "cancel"))
        self.assertEqual(request.sudo().task_ids.state, "1_canceled")
        self.assertEqual(set(self._states(request).values()), {"done", "cancelled"})

    def test_a_binding_order_is_not_cancelled_from_here(self):
        self.service.invoice_policy = "delivery"
        request = self._request(self.order_type, (self.service, 1)).with_user(self.seller)
        request.action_start()
        with self.assertRaisesRegex(UserError, "binding"):
            request.action_cancel()
        self.assertEqual((request.phase, request.order_ids.state), ("in_progress", "sale"))

    # === PLANS === #

    def test_impossible_plans_are_refused(self):
        with self.assertRaisesRegex(ValidationError, "wait for each other"):
            self._type("Loop", "service", ("a", "manual", "b"), ("b", "manual", "a"))
        with self.assertRaisesRegex(ValidationError, "does not have"):
            self._type("Gap", "service", ("a", "manual", "nothing"))
        with self.assertRaisesRegex(ValidationError, "small letters"):
            self._type("Code", "service", ("A b", "manual", ""))
        with self.assertRaisesRegex(ValidationError, "is not a filter"):
            self.work_type.plan_ids[0].condition = "[('no_such_field', '=', 1)]"

    def test_a_condition_leaves_steps_out(self):
        self.work_type.plan_ids[0].condition = "[('priority', '=', '1')]"
        plain = self._request(self.work_type)
        urgent = self._request(self.work_type, priority="1")
        (plain + urgent).action_start()
        self.assertEqual(self._states(plain), {"tell": "started"})
        self.assertEqual(self._states(urgent), {"work": "started", "tell": "planned"})

    def test_a_type_that_plans_nothing_is_named(self):
        request = self._request(self._type("Empty", "service"))
        with self.assertRaisesRegex(UserError, "plans nothing"):
            request.action_start()
        self.assertEqual(request.phase, "new")

    # === WHAT IS KEPT === #

    def test_started_requests_keep_what_was_asked(self):
        request = self._request(self.quotation_type, (self.service, 1)).with_user(self.seller)
        request.action_start()
        other = self.env.company.partner_id
        for values in ({"partner_id": other.id}, {"type_id": self.work_type.id}, {"phase": "done"}):
            with self.assertRaises(UserError):
                request.write(values)
        with self.assertRaises(UserError):
            request.line_ids.quantity = 7
        with self.assertRaises(UserError):
            request.write({"line_ids": [Command.create({"name": "One more"})]})

    def test_no_line_without_words_and_no_request_without_customer(self):
        with self.assertRaises(ValidationError):
            self._request(self.work_type, line_ids=[Command.create({"name": " "})])
        with self.assertRaisesRegex(ValidationError, "Choose the customer"):
            self._request(self.work_type, partner_id=False)
        with self.assertRaisesRegex(ValidationError, "what the request is about"):
            self._request(self.work_type, name="   ")
        internal = self._type("Inside", "internal", ("do", "manual", ""))
        self.assertTrue(self._request(internal, partner_id=False))

    def test_promise_and_lateness(self):
        self.work_type.promise_days = 3
        request = self._request(self.work_type, date_requested="2026-01-05 10:00:00")
        self.assertEqual(str(request.date_promised), "2026-01-08")
        self.assertTrue(request.is_late)
        late = self.env["crm.request"].search([("is_late", "=", True), ("partner_id", "=", self.customer.id)])
        self.assertEqual(late, request)
        request.date_promised = "2199-01-01"
        self.assertFalse(request.is_late)
        self.assertFalse(self.env["crm.request"].search([("is_late", "=", True), ("id", "=", request.id)]))

    @users("bridge_seller")
    def test_the_form_as_a_salesperson_fills_it_in(self):
        with Form(self.env["crm.request"]) as form:
            form.name = "Vines"
            form.partner_id = self.customer
            form.type_id = self.order_type
            with form.line_ids.new() as line:
                line.product_id = self.service
                self.assertEqual(line.name, "Pruning")
        request = form.record
        self.assertEqual((request.user_id, request.phase, request.source), (self.env.user, "new", "screen"))
        self.assertRegex(request.code, r"^REQ\d{5}$")

    # === ONCE FROM EACH SOURCE === #

    def test_once_from_each_source(self):
        need = self.env["crm.need"].create(
            {"statement": "Six parasols", "quantity": 6, "partner_id": self.customer.id, "user_id": self.seller.id}
        )
        interaction = self.env["crm.interaction"].create(
            {"partner_id": self.customer.id, "objective": "Asked for a visit", "outcome": "Tuesday", "state": "done"}
        )
        complaint = self.env["crm.complaint"].create({"name": "Loose base", "partner_id": self.customer.id})
        for source in (self.lead, need, interaction, complaint):
            first = source._make_crm_request()
            self.assertEqual(source._make_crm_request(), first, source._name)
            self.assertEqual(source.crm_request_count, 1)
            self.assertEqual(first.partner_id, self.customer)
            first.action_cancel()
            self.assertNotEqual(source._make_crm_request(), first)
        request = self.env["crm.request"].search([("need_id", "=", need.id)], limit=1)
        self.assertEqual((request.line_ids.name, request.line_ids.quantity), ("Six parasols", 6))

    def test_merged_opportunities_keep_their_requests(self):
        other = self._create_lead(name="The same")
        request = other._make_crm_request()
        task, _new = other._create_task(self.project, "Measure")
        self.lead.priority = "3"
        (self.lead + other)._merge_opportunity(max_length=0)
        self.env.invalidate_all()
        head = self.lead.exists() or other.exists()
        self.assertEqual((request.lead_id, task.lead_id), (head, head))

    def test_merged_customers_keep_their_requests(self):
        request = self._request(self.work_type)
        twin = self.env["res.partner"].create({"name": "Vinograd", "is_company": True})
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.customer + twin).ids, twin)
        self.env.invalidate_all()
        self.assertEqual((request.partner_id, request.commercial_partner_id), (twin, twin))

    # === RIGHTS === #

    def test_rights(self):
        own = self._request(self.order_type, (self.service, 1))
        theirs = self._request(self.order_type, (self.service, 1), user_id=self.colleague.id)
        found = {
            user.login: self.env["crm.request"].with_user(user).search([("id", "in", (own + theirs).ids)])
            for user in (self.seller, self.boss, self.accountant, self.auditor)
        }
        self.assertEqual(
            found,
            {
                "bridge_seller": own,
                "bridge_boss": own + theirs,
                "bridge_accountant": own + theirs,
                "bridge_auditor": own + theirs,
            },
        )
        with self.assertRaises(AccessError):
            theirs.with_user(self.seller).action_start()
        for user in (self.accountant, self.auditor, self.worker):
            with self.assertRaises(AccessError):
                own.with_user(user).action_start()
            with self.assertRaises(AccessError):
                own.with_user(user).name = "Other"
        self.assertEqual(own.phase, "new")
        with self.assertRaises(AccessError):
            self.order_type.with_user(self.seller).post_invoices = True
        own.action_start()
        with self.assertRaises(AccessError):
            own.step_ids.with_user(self.boss).write({"state": "planned"})

    def test_every_role_reads_the_form(self):
        request = self._request(self.order_type, (self.service, 1))
        request.action_start()
        for user in (self.seller, self.boss, self.accountant, self.auditor):
            form = Form(request.with_user(user))
            self.assertEqual(form.phase, "done")

    def test_other_companies_are_apart(self):
        other = self.env["res.company"].create({"name": "Other"})
        request = self._request(self.work_type, company_id=other.id, user_id=False)
        self.assertFalse(self.env["crm.request"].with_user(self.boss).search([("id", "=", request.id)]))

    def test_timeline_and_card(self):
        request = self._request(self.work_type)
        entry = self.env["crm.timeline"].with_user(self.seller).search(
            [("commercial_partner_id", "=", self.customer.id), ("kind", "=", "request")]
        )
        self.assertEqual((entry.res_model, entry.res_id), ("crm.request", request.id))
        self.assertEqual(self.customer.with_user(self.seller).crm_request_count, 1)
        items = self.customer.with_user(self.seller)._crm_360_items()[self.customer.id]
        self.assertEqual([item["count"] for item in items if item["key"] == "requests"], [1])
