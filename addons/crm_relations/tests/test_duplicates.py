from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import RelationsCommon


@tagged("post_install", "-at_install")
class TestDuplicates(RelationsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.duplicates = cls.env["crm.partner.duplicate"]
        cls.jan = cls._create_partner(
            "Ján Nováček", email="jan.novacek@firma.example", phone="+421 2 555 0133", city="Bratislava"
        )
        cls.firm = cls._create_partner("Stavby Hron s.r.o.", is_company=True, vat="SK2020202020")

    def _check(self, user=None, partner_id=0, **values):
        partners = self.env["res.partner"].with_user(user or self.agent)
        return [(row["id"], row["level"], row["reasons"]) for row in partners.crm_check_duplicates(values, partner_id)]

    # === KEYS === #

    def _key(self, partner):
        self.env.cr.execute(
            "SELECT name, token_key, email, phone, vat FROM crm_partner_key WHERE partner_id = %s", [partner.id]
        )
        return self.env.cr.fetchone()

    def test_keys_follow_the_customer(self):
        self.assertEqual(
            self._key(self.jan), ("jan novacek", "jan novacek", "jan.novacek@firma.example", "125550133", None)
        )
        self.assertEqual(self._key(self.firm), ("stavby hron sro", "hron stavby", None, None, "SK2020202020"))
        self.jan.write({"name": "Ján  NOVÁK", "email": False})
        self.assertEqual(self._key(self.jan), ("jan novak", "jan novak", None, "125550133", None))
        self.jan.active = False
        self.assertIsNone(self._key(self.jan))
        self.jan.active = True
        self.assertEqual(self._key(self.jan)[0], "jan novak")
        address = self._create_partner("Sklad", parent_id=self.firm.id, type="delivery")
        self.assertIsNone(self._key(address))

    def test_key_statements_do_not_grow(self):
        counts = []
        for size in (10, 200):
            partners = self.env["res.partner"].create([{"name": f"Row {i}"} for i in range(size)])
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.env["crm.partner.key"]._refresh(partners)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts, [1, 1])

    def test_missing_keys_are_filled(self):
        self.env.cr.execute("DELETE FROM crm_partner_key WHERE partner_id = %s", [self.jan.id])
        self.assertEqual(self.env["crm.partner.key"]._fill_missing(), 1)
        self.assertEqual(self._key(self.jan)[0], "jan novacek")

    def test_legal_forms_are_data(self):
        form = self.env["crm.legal.form"].with_user(self.manager)
        firm = self._create_partner("Hron n.f.x.", is_company=True)
        self.assertEqual(self._key(firm)[1], "hron nfx")
        new = form.create({"name": "n.f.x."})
        self.env["crm.partner.key"]._refresh_stale(limit=100000)
        self.assertEqual(self._key(firm)[1], "hron")
        new.active = False
        self.env["crm.partner.key"]._refresh_stale(limit=100000)
        self.assertEqual(self._key(firm)[1], "hron nfx")
        with self.assertRaises(ValidationError):
            form.create({"name": " . "})
        with self.assertRaises(AccessError):
            self.env["crm.legal.form"].with_user(self.agent).create({"name": "x.y."})

    # === AT ENTRY === #

    def test_levels_and_reasons(self):
        jan = self.jan.id
        self.assertEqual(self._check(name="Novacek Jan"), [(jan, "red", ["same name"])])
        self.assertEqual(self._check(email="Jan.Novacek@firma.example "), [(jan, "red", ["same e-mail"])])
        self.assertEqual(self._check(phone="02/55501 33", name="Eva"), [])
        self.assertEqual(self._check(phone="00421 (2) 5550133"), [(jan, "red", ["same phone number"])])
        self.assertEqual(
            self._check(name="Jan Novacke", city="BRATISLAVA"), [(jan, "amber", ["similar name", "same city"])]
        )
        self.assertEqual(self._check(name="Jan Nowaczek"), [])
        self.assertEqual(self._check(name="Jan Novacekk"), [(jan, "grey", ["similar name"])])
        self.assertEqual(self._check(name="Stavby Hron a.s."), [(self.firm.id, "red", ["same name"])])
        self.assertEqual(self._check(name="X", vat="sk 2020 2020 20"), [(self.firm.id, "red", ["same tax number"])])
        self.assertEqual(self._check(name="Jan Novacek", partner_id=jan), [])

    def test_strange_input(self):
        self.assertEqual(self._check(), [])
        self.assertEqual(self._check(name="%_'\"; --", email="@", phone="x", vat="/"), [])
        self.assertEqual(self._check(name="x" * 100_000, city=3, parent_id="no"), [])

    def test_family_shares_numbers(self):
        child = self._create_partner("Eva Malá", parent_id=self.firm.id, phone="+421 911 222 333")
        self.assertEqual(self._check(name="Petr Velký", phone="+421 911 222 333", parent_id=self.firm.id), [])
        self.assertEqual(self._check(name="Mala Eva", parent_id=self.firm.id), [(child.id, "red", ["same name"])])

    def test_names_only_for_readers(self):
        other = self.env["res.company"].create({"name": "Other"})
        self._create_partner("Tajný Zákazník", email="tajny@tajny.example", company_id=other.id)
        self.assertEqual(self._check(email="tajny@tajny.example"), [(False, "red", ["same e-mail"])])
        self.assertEqual(self._check(name="Tajny Zakaznikk"), [])
        [row] = self.env["res.partner"].with_user(self.agent).crm_check_duplicates({"email": "tajny@tajny.example"})
        self.assertEqual((row["name"], row["detail"]), (False, False))
        portal = self._create_user("portal", "base.group_portal")
        self.assertNotIn("Ján", str(self._check(user=portal, name="Novacek Jan")))

    def test_not_a_duplicate_is_remembered(self):
        twin = self._create_partner("Jan Novacek")
        self.assertEqual(self._check(name=twin.name, partner_id=twin.id), [(self.jan.id, "red", ["same name"])])
        twin.with_user(self.agent).crm_mark_distinct(self.jan.ids)
        self.assertEqual(self._check(name=twin.name, partner_id=twin.id), [])
        self.assertEqual(self._check(name=twin.name, partner_id=self.jan.id), [])
        twin.with_user(self.agent).crm_mark_distinct(self.jan.ids)
        pair = self.duplicates.search([("partner_id", "=", self.jan.id), ("other_id", "=", twin.id)])
        self.assertEqual((pair.state, pair.user_id), ("distinct", self.agent))
        with self.assertRaises(AccessError):
            twin.with_user(self.clerk).crm_mark_distinct(self.firm.ids)
        with self.assertRaises(AccessError):
            twin.with_user(self.auditor).crm_mark_distinct(self.firm.ids)
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.duplicates.create({"partner_id": twin.id, "other_id": self.jan.id})

    def test_similar_names_where_the_search_finds_nobody(self):
        partners = self.env["res.partner"].with_user(self.agent)
        found = partners.web_name_search("Jan Novacekk", {"display_name": {}})
        self.assertEqual([row["id"] for row in found], self.jan.ids)
        domain = [("is_company", "=", True)]
        self.assertEqual(partners.web_name_search("Jan Novacekk", {"display_name": {}}, domain), [])
        clerk = self.env["res.partner"].with_user(self.clerk)
        self.assertEqual(clerk.web_name_search("Jan Novacekk", {"display_name": {}}), [])

    # === WHOLE DATABASE === #

    def _scan_all(self):
        while self.duplicates._scan():
            pass

    def test_scan(self):
        twin = self._create_partner("Nováček Ján", city="Bratislava")
        self._scan_all()
        pair = self.duplicates.with_user(self.agent).search([("partner_id", "=", self.jan.id)])
        self.assertEqual((pair.other_id, pair.level, pair.reason_text), (twin, "1red", "same name"))
        twin.name = "Somebody Else"
        self._scan_all()
        self.assertFalse(pair.exists())
        twin.name = "Novacek Jan"
        self._scan_all()
        pair = self.duplicates.with_user(self.agent).search([("partner_id", "=", self.jan.id)])
        pair.action_distinct()
        twin.city = "Brno"
        twin.name = "Jan Novacek"
        self._scan_all()
        self.assertEqual(pair.state, "distinct")
        pair.action_reopen()
        self.assertEqual(pair.state, "open")
        with self.assertRaises(AccessError):
            pair.with_user(self.auditor).action_reopen()
        with self.assertRaises(AccessError):
            self.duplicates.with_user(self.auditor).action_scan_now()
        with self.assertRaises(AccessError):
            self.duplicates.with_user(self.clerk).search([])

    def test_scan_statements_do_not_grow(self):
        self._scan_all()
        counts = []
        for size in (10, 200):
            self.env["res.partner"].create([{"name": f"Twin {size} {i // 2}"} for i in range(size)])
            self.env.flush_all()
            self.duplicates.flush_model()
            before = self.env.cr.sql_log_count
            self.assertEqual(self.duplicates._scan(size), size)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])

    def test_scan_of_another_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        self._create_partner("Nováček Ján", company_id=other.id)
        self._scan_all()
        self.assertFalse(self.duplicates.with_user(self.supervisor).search([("partner_id", "=", self.jan.id)]))

    def test_cron(self):
        twin = self._create_partner("Nováček Ján")
        self.env["crm.partner.key"].search([]).invalidate_model()
        self.env.cr.execute("UPDATE crm_partner_key SET stale = TRUE WHERE partner_id = %s", [twin.id])
        cron = self.env.ref("crm_relations.ir_cron_duplicates")
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.assertTrue(self.duplicates.search([("partner_id", "=", self.jan.id), ("other_id", "=", twin.id)]))

    # === MERGE === #

    def test_decisions_survive_a_merge(self):
        a, b, c, d = (self._create_partner("Jan Novacek", email="jan@merge.example") for _i in range(4))
        self._scan_all()
        b.crm_mark_distinct(d.ids)
        self.env["base.partner.merge.automatic.wizard"]._merge((a | b | c).ids, a)
        pairs = self.duplicates.search([("partner_id", "in", (a | b | c).ids)])
        self.assertEqual([(pair.partner_id, pair.other_id, pair.state) for pair in pairs], [(a, d, "distinct")])
        self.assertIsNone(self._key(b))
        self.assertEqual(self._key(a)[0], "jan novacek")

    def test_merge_button(self):
        twin = self._create_partner("Jan Novacek", email=self.jan.email)
        merger = self._create_user("merger", "crm_relations.group_user,base.group_partner_manager")
        action = twin.with_user(merger).crm_action_merge_with(self.jan.id)
        wizard = self.env[action["res_model"]].with_user(merger).with_context(**action["context"]).create({})
        self.assertEqual(wizard.partner_ids, twin | self.jan)
        with self.assertRaises(AccessError):
            twin.with_user(self.agent).crm_action_merge_with(self.jan.id)
