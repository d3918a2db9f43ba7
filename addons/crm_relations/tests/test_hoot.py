from odoo.addons.web.tests.test_js import HOOTCommon, unit_test_error_checker
from odoo.tests import tagged


@tagged("post_install", "-at_install")
class TestHoot(HOOTCommon):
    def test_unit(self):
        """The JavaScript unit tests of this addon."""
        suite = self._generate_hash("@crm_relations")
        self.browser_js(
            f"/web/tests?headless&loglevel=2&preset=desktop&timeout=15000&id={suite}",
            "",
            "",
            login="admin",
            timeout=600,
            success_signal="[HOOT] Test suite succeeded",
            error_checker=unit_test_error_checker,
        )
