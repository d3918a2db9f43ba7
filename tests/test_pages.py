"""The pages that the suite shows to customers and to everybody: each says in its tab what it is."""

import re
import threading

from access_matrix import our_addons

from odoo.tests import HttpCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestPages(HttpCase):
    def _paths(self):
        """Addresses of our pages that need nothing but to be opened."""
        paths = {}
        thread = threading.current_thread()
        thread.dbname = self.env.cr.dbname  # as while a page is asked for
        self.addCleanup(vars(thread).pop, "dbname", None)
        for rule in self.env["ir.http"].routing_map().iter_rules():
            endpoint = rule.endpoint
            module = endpoint.func.__module__.split(".")
            if module[:2] == ["odoo", "addons"] and module[2] in our_addons() and not rule.arguments:
                routing = endpoint.routing
                reads = "GET" in (routing.get("methods") or ["GET"])
                if reads and routing["type"] == "http" and routing.get("website"):
                    paths[rule.rule] = routing["auth"]
        return paths

    def test_every_page_has_a_title(self):
        new_test_user(self.env, "pages_portal", groups="base.group_portal")
        paths = self._paths()
        known = {"/my/privacy", "/my/preferences", "/my/callback", "/privacy/purposes", "/callback", "/my/complaints"}
        self.assertLessEqual(known, set(paths))
        titles = {}
        for login in (None, "pages_portal"):
            if login:
                self.authenticate(login, login)
            for path, auth in paths.items():
                if (auth == "user") == bool(login):
                    answer = self.url_open(path)
                    self.assertEqual(answer.status_code, 200, path)
                    titles[path] = re.search(r"<title>(.*?)</title>", answer.text, re.DOTALL)[1].strip()
        self.assertEqual(set(titles), set(paths))
        untitled = {path: title for path, title in titles.items() if not re.match(r"(?!Odoo)\S.* \| \S", title)}
        self.assertEqual(untitled, {})
