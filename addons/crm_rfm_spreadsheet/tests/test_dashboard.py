import json

from odoo.addons.crm_rfm.tests.common import AS_OF, RfmCommon
from odoo.addons.spreadsheet.utils.validate_data import (
    fields_in_spreadsheet,
    menus_xml_ids_in_spreadsheet,
)
from odoo.tests import HttpCase, tagged


@tagged("post_install", "-at_install")
class TestDashboard(RfmCommon, HttpCase):
    """The file names fields and menus that exist, and what it asks for are the numbers of the scores."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dashboard = cls.env.ref("crm_rfm_spreadsheet.spreadsheet_dashboard_segments")
        cls.data = json.loads(cls.dashboard.sudo().spreadsheet_data)
        cls.rfm.shown_on_partner = True
        mine = cls._create_customer("Mine", user_id=cls.seller.id)
        theirs = cls._create_customer("Theirs", user_id=cls.reader.id)
        cls._insert_documents(
            [cls._invoice_row(mine.id, "2024-12-01", 100), cls._invoice_row(theirs.id, "2024-12-02", 900)]
        )
        cls.rfm.with_user(cls.manager).action_compute(AS_OF)

    def test_fields_and_menus_exist(self):
        for name, field_names in fields_in_spreadsheet(self.data).items():
            for field_name in field_names:
                model = self.env[name]
                for part in field_name.split(":")[0].split("."):
                    self.assertIn(part, model._fields, f"{name}.{field_name}")
                    field = model._fields[part]
                    model = self.env[field.comodel_name] if field.relational else model
        menus = menus_xml_ids_in_spreadsheet(self.data)
        self.assertTrue(menus)
        for xmlid in menus:
            self.assertEqual(self.env.ref(xmlid)._name, "ir.ui.menu")

    def _totals(self, user, pivot_id):
        """What a pivot without groups shows to a user."""
        pivot = self.data["pivots"][pivot_id]
        measures = [measure["id"] for measure in pivot["measures"]]
        return self.env[pivot["model"]].with_user(user)._read_group(pivot["domain"], [], measures)[0]

    def test_numbers_are_those_of_the_scores(self):
        scores = self.env["crm.rfm.score"].search([("model_id", "=", self.rfm.id), ("r_score", ">", 0)])
        self.assertEqual(self._totals(self.reader, "1"), (2, 1000.0))
        self.assertEqual(self._totals(self.reader, "1"), (len(scores), sum(scores.mapped("monetary"))))
        self.assertEqual(self._totals(self.seller, "1"), (1, 100.0))
        for pivot in self.data["pivots"].values():
            rows = [row["fieldName"] for row in pivot["rows"]]
            measures = [measure["id"] for measure in pivot["measures"]]
            groups = self.env[pivot["model"]].with_user(self.reader)._read_group(pivot["domain"], rows, measures)
            if pivot["model"] == "crm.rfm.score":
                self.assertEqual(sum(group[-1] for group in groups), 1000.0, pivot["name"])

    def test_trend_shows_one_snapshot_per_period(self):
        """By its filter, months unless the user chooses another period: nobody is counted twice."""
        for day in ("2024-11-30", "2024-12-15", "2024-12-31"):
            self.rfm.with_user(self.manager).action_take_snapshot(day)
        chart = next(
            figure["data"]
            for sheet in self.data["sheets"]
            for figure in sheet["figures"]
            if figure["id"] == "rfm-chart-trend"
        )
        selector = next(item for item in self.data["globalFilters"] if item["type"] == "selection")
        options = self.env[selector["resModel"]]._fields[selector["selectionField"]].selection
        self.assertEqual(selector["defaultValue"]["selectionValues"], ["month"])
        lines = self.env[chart["metaData"]["resModel"]].with_user(self.reader)
        found = {}
        for period, _label in options:
            domain = [
                *chart["searchParams"]["domain"],
                (chart["fieldMatching"][selector["id"]]["chain"], "in", [period]),
                ("model_id", "=", self.rfm.id),
            ]
            groups = lines._read_group(domain, chart["metaData"]["groupBy"], ["__count"])
            found[period] = {day: 0 for day, _segment, _count in groups}
            for day, _segment, count in groups:
                found[period][day] += count
        self.assertEqual(found["day"], {"2024-12-15": 2, "2024-12-31": 2})
        self.assertEqual(found["month"], {"2024-12-31": 2})
        self.assertEqual(found["year"], {"2024-12-31": 2})

    def test_who_sees_it(self):
        for user in (self.seller, self.reader, self.manager, self.auditor):
            self.assertTrue(self.dashboard.with_user(user).search([("id", "=", self.dashboard.id)]), user.login)
        self.assertFalse(self.dashboard.with_user(self.nobody).search([("id", "=", self.dashboard.id)]))

    def test_it_is_served(self):
        self.authenticate(self.seller.login, self.seller.login)
        answer = self.url_open(f"/spreadsheet/dashboard/data/{self.dashboard.id}").json()
        self.assertEqual([sheet["name"] for sheet in answer["snapshot"]["sheets"]], ["Dashboard", "Data"])
        self.assertEqual(answer["translation_namespace"], "crm_rfm_spreadsheet")
