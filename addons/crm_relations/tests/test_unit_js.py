from odoo.addons.web.tests import test_js
from odoo.tests import HttpCase, tagged


@tagged("post_install", "-at_install")
class TestUnitJs(HttpCase):
    def test_unit_tests_of_this_addon(self):
        """Odoo's own runner in the browser, with the files of ``static/tests/unit``."""
        suite = test_js.HOOTCommon._generate_hash(self, "@crm_relations")
        self.browser_js(
            f"/web/tests?headless&loglevel=2&preset=desktop&timeout=15000&id={suite}",
            "",
            login="admin",
            timeout=300,
            success_signal="[HOOT] Test suite succeeded",
            error_checker=test_js.unit_test_error_checker,
        )
