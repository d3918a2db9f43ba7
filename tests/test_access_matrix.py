"""docs/access.md says what the database does."""

import os
from pathlib import Path

from access_matrix import PAGE, ROOT, models, page

from odoo.tests import TransactionCase, tagged


@tagged("post_install", "-at_install")
class TestAccessMatrix(TransactionCase):
    def test_every_model_has_access_lines(self):
        """A model without any line is the system's own; those that people work with are named nowhere else."""
        lines = self.env["ir.model.access"].search([("active", "=", True)]).mapped("model_id.model")
        missing = [
            name for names in models(self.env).values() for name in names
            if name not in lines and not self.env[name]._transient
        ]
        self.assertEqual(missing, [])

    def test_page_is_up_to_date(self):
        made = page(self.env)
        written = PAGE.read_text() if PAGE.exists() else ""
        if made != written:
            target = Path(os.environ.get("CRM_SUITE_HOME") or ROOT / ".local") / "access.md"
            target.write_text(made)
            self.fail(f"docs/access.md is out of date. Look at the difference to {target} and copy that file over it.")

    def test_portal_and_public_users_never_write_our_rules(self):
        """What a customer may write is a document of their own, never configuration."""
        public = self.env.ref("base.group_public") | self.env.ref("base.group_portal")
        lines = self.env["ir.model.access"].search([
            ("group_id", "in", public.ids), ("model_id.model", "in", sum(models(self.env).values(), [])),
            "|", ("perm_write", "=", True), ("perm_unlink", "=", True),
        ])
        self.assertEqual(lines.mapped("name"), [])
