import re

from odoo.tests import HttpCase, new_test_user, tagged

from .request_common import RequestCommon


@tagged("post_install", "-at_install")
class TestRequestPortal(RequestCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ana = new_test_user(cls.env, "bridge_ana", "base.group_portal", name="Ana", email="ana@example.com")
        cls.work_type.in_portal = True
        cls.anas = cls._request(cls.work_type, (cls.service, 4), partner_id=cls.ana.partner_id.id)
        cls.others = cls._request(cls.work_type, (cls.service, 1), name="Of somebody else")

    def _csrf(self):
        page = self.url_open("/my/requests/new").text
        return {name: re.search(rf'name="{name}" value="([^"]+)"', page)[1] for name in ("csrf_token", "form_key")}

    def test_list_page_and_tracker(self):
        self.anas.action_start()
        self.anas.sudo().task_ids.write({"state": "1_done"})
        self.authenticate("bridge_ana", "bridge_ana")
        self.assertIn("/my/requests", self.url_open("/my").text)
        page = self.url_open("/my/requests").text
        self.assertIn(self.anas.code, page)
        self.assertNotIn(self.others.code, page)
        page = self.url_open(f"/my/requests/{self.anas.id}").text
        for text in (self.anas.code, "Customer reads work", "Customer reads tell", "Pruning", "Under way"):
            self.assertIn(text, page)
        self.assertNotIn("Field work", page)

    def test_of_others_only_with_their_secret(self):
        self.authenticate("bridge_ana", "bridge_ana")
        response = self.url_open(f"/my/requests/{self.others.id}")
        self.assertNotIn(self.others.code, response.text)
        url = self.others.get_portal_url()
        self.assertIn("access_token=", url)
        self.authenticate(None, None)
        self.assertIn(self.others.code, self.url_open(url).text)
        self.assertNotIn(self.others.code, self.url_open(f"/my/requests/{self.others.id}?access_token=wrong").text)

    def test_what_the_database_shows_a_customer(self):
        requests = self.env["crm.request"].with_user(self.ana).search([])
        self.assertEqual(requests, self.anas)
        for name in ("source", "ext_key", "step_ids", "order_ids", "task_ids"):
            self.assertFalse(requests._has_field_access(requests._fields[name], "read"), name)
        for model in ("crm.request.line", "crm.request.step", "crm.request.type", "crm.request.plan"):
            self.assertFalse(self.env[model].with_user(self.ana).has_access("read"), model)
        internal = self._type("Inside", "internal", ("do", "manual", ""))
        self._request(internal, partner_id=self.ana.partner_id.id)
        self.assertEqual(self.env["crm.request"].with_user(self.ana).search([]), self.anas)

    def test_filters_bad_values_and_pages(self):
        self.authenticate("bridge_ana", "bridge_ana")
        for query in ("?sortby=promised", "?filterby=done", "?sortby=nonsense&filterby='", "/page/99"):
            self.assertEqual(self.url_open("/my/requests" + query).status_code, 200, query)

    def test_ask_for_something_once(self):
        self.authenticate("bridge_ana", "bridge_ana")
        values = self._csrf() | {
            "type_id": self.work_type.id, "name": "Prune the hedge", "description": "Behind <b>the</b> house",
        }  # fmt: skip
        pages = [self.url_open("/my/requests/new", data=values).text for _sending in range(2)]
        request = self.env["crm.request"].search([("name", "=", "Prune the hedge")])
        self.assertEqual(len(request), 1)
        self.assertTrue(all(request.code in page for page in pages))
        self.assertEqual(
            (request.partner_id, request.source, request.phase, request.user_id.ids),
            (self.ana.partner_id, "portal", "new", []),
        )
        self.assertIn("&lt;b&gt;", request.description)
        self.url_open("/my/requests/new", data=values | self._csrf())
        self.assertEqual(self.env["crm.request"].search_count([("name", "=", "Prune the hedge")]), 2)

    def test_an_incomplete_form_says_what_is_missing(self):
        self.authenticate("bridge_ana", "bridge_ana")
        page = self.url_open("/my/requests/new", data=self._csrf() | {"type_id": self.order_type.id, "name": "x" * 201})
        for text in ("Please choose what it is about.", "At most 200 characters, please.", "Please fill this in."):
            self.assertIn(text, page.text)
        self.assertFalse(self.env["crm.request"].search([("name", "=", "x" * 201)]))
