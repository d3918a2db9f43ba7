from odoo.tests import HttpCase, tagged

from .common import RelationsCommon


@tagged("post_install", "-at_install")
class TestNeedUi(RelationsCommon, HttpCase):
    browser_size = "1400x900"

    def test_from_the_need_to_the_opportunity(self):
        self.start_tour(f"/odoo/contacts/{self.single.id}", "crm_relations_need", login=self.seller.login)
        need = self.single.crm_need_ids
        self.assertEqual((len(need), need.lead_id.name), (1, "A desk for the home office"))
        self.assertEqual((need.user_id, self.single.crm_group), (self.seller, "IV"))
