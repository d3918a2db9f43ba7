"""Views of other addons that rest on one that we extend, for another model too, still fit their model."""

from access_matrix import our_addons

from odoo.tests import TransactionCase, tagged


@tagged("post_install", "-at_install")
class TestViews(TransactionCase):
    def test_what_rests_on_an_extended_view_fits_its_model(self):
        """Odoo checks a view with its extensions when it is loaded, but not the views derived from it before."""
        views = self.env["ir.ui.view"]
        names = self.env["ir.model.data"].search([("model", "=", "ir.ui.view"), ("module", "in", our_addons())])
        extensions = views.browse(names.mapped("res_id")).filtered(lambda view: view.mode == "extension")
        self.assertTrue(extensions)
        # from each extended view down to everything derived from it, by extension or as a view of its own
        extended, level = views, extensions.inherit_id
        while level:
            extended |= level
            level = views.search([("inherit_id", "in", level.ids)]) - extended
        derived = extended.filtered(lambda view: view.mode == "primary" and view.inherit_id and view.type != "qweb")
        self.assertTrue(derived)
        for view in derived:
            with self.subTest(view.xml_id):
                view._check_xml()
