import base64

from odoo.tests import tagged
from odoo.tools import mute_logger

from .test_exchange import ExchangeCommon


@tagged("post_install", "-at_install")
class TestExchangeDatasets(ExchangeCommon):
    """What belongs to customers, beside customers and contacts themselves."""

    def test_round_trip_of_what_belongs_to_customers(self):
        """Exported, lost, imported: all as it was; words of consent, which cannot be lost, stay."""
        made = {
            "need": self.env["crm.need"].create(
                {"partner_id": self.jan.id, "statement": "Oak; 20 m³\n“dry”", "quantity": 20, "unit": "m³"}
            ),
            "relation": self.env["crm.partner.relation"].create(
                {
                    "left_partner_id": self.jan.id,
                    "right_partner_id": self.company_partner.id,
                    "type_id": self.env.ref("crm_relations.relation_type_employee").id,
                    "date_from": "2024-02-01",
                    "note": "=1+1",
                }
            ),
            "company_fact": self.env["crm.company.fact"].create(
                {
                    "partner_id": self.company_partner.id,
                    "kind_id": self.env.ref("crm_relations.profile_tag_figure_employees").id,
                    "year": 2025,
                    "value": 12,
                }
            ),
            "consent": self.env["crm.consent"].create(
                {
                    "partner_id": self.jan.id,
                    "purpose_id": self.env.ref("crm_relations.consent_purpose_newsletter").id,
                    "channel": "email",
                    "date": "2026-01-05 10:00:00",
                    "source": "paper",
                    "evidence": "Form 12; drawer “B”",
                }
            ),
        }
        made["preferred_channel"] = self.env["crm.partner.channel"].create(
            {"partner_id": self.jan.id, "channel_id": self.env.ref("crm_relations.channel_email").id}
        )
        made["contact_hours"] = self.env["crm.contact.window"].create(
            {"partner_id": self.jan.id, "days": "workdays", "hour_from": 8.5, "hour_to": 11}
        )
        made["child"] = self.env["crm.partner.child"].create({"partner_id": self.jan.id, "birth_year": 2015})
        self.exporter.group_ids = [(4, self.env.ref("crm_relations.group_sensitive").id)]
        people = self.jan | self.company_partner
        for code, record in made.items():
            dataset = self.exchange._datasets()[code]
            for kind in ("csv", "xlsx"):
                with self.subTest(code=code, kind=kind):
                    data, export = self._export(format=kind, dataset=code, partner_ids=[(6, 0, people.ids)])
                    self.assertEqual(export.count, 1)
                    before = self._snapshot(dataset, record)
                    if code != "consent":
                        record.unlink()
                    job = self._import(data, f"x.{kind}", dataset=code)
                    self.assertEqual((self._errors(job), job.state, job.done_count), ([], "done", 1))
                    record = self.env[dataset.model].search([(dataset.partner_field, "in", people.ids)])
                    self.assertEqual(self._snapshot(dataset, record), before)

    def test_attitudes_travel_with_author_and_date(self):
        """An administrator of customers brings them in as they were, and is named; a second time changes nothing."""
        groups = "crm_relations.group_manager,crm_relations.group_sensitive,base.group_allow_export"
        keeper = self._create_user("keeper", groups)
        attitude = self.env["crm.partner.attitude"].create(
            {
                "partner_id": self.jan.id,
                "note": "=Likes; “us”\nSecond line",
                "mood": "positive",
                "user_id": self.colleague.id,
                "date": "2025-11-03 08:15:00",
            }
        )
        dataset = self.exchange._datasets()["attitude"]
        for kind in ("csv", "xlsx"):
            with self.subTest(kind=kind):
                data, _export = self._export(
                    user=keeper, format=kind, dataset="attitude", partner_ids=[(6, 0, self.jan.ids)],
                    template_id=self.env.ref("crm_relations.ir_exports_attitudes").id,
                )  # fmt: skip
                exchange = self.exchange.with_user(keeper)
                paths = list(exchange._columns(dataset))
                before = exchange._export_table(dataset, attitude.with_user(keeper), paths)
                attitude.unlink()
                for _turn in range(2):
                    job = self._import(data, f"x.{kind}", user=keeper, dataset="attitude")
                    self.assertEqual((self._errors(job), job.state, job.done_count), ([], "done", 1))
                attitude = self.env["crm.partner.attitude"].search([("partner_id", "=", self.jan.id)])
                self.assertEqual(exchange._export_table(dataset, attitude.with_user(keeper), paths), before)
                self.assertEqual(attitude.user_id, self.colleague)
                self.assertEqual(str(attitude.date), "2025-11-03 08:15:00")
                self.assertEqual(attitude.imported_by_id, keeper)
        data = f"id,note\n{before[0][0]},Never said"
        job = self._import(data, user=keeper, dataset="attitude")
        ((_line, _column, reason),) = self._errors(job)
        self.assertIn("only added to", reason)
        self.assertEqual(attitude.note, "=Likes; “us”\nSecond line")

    def test_nobody_signs_an_attitude_in_anothers_name(self):
        """By a file neither, unless as administrator of customers; good rows are kept and signed by who imports."""
        confidant = self._create_user("confidant", "crm_relations.group_user_all,crm_relations.group_sensitive")
        jan = self.jan._export_rows([["id"]])[0][0]
        data = (
            "partner_id/id,note,user_id,date\n"
            f"{jan},Plain,,\n"
            f"{jan},Forged,{self.colleague.name},\n"
            f"{jan},Backdated,,2020-01-01 10:00:00\n"
        )
        job = self._import(data, user=confidant, dataset="attitude")
        words = "Only an administrator of customers"
        refused = [(line, words in reason) for line, _column, reason in self._errors(job)]
        self.assertEqual((job.done_count, refused), (1, [(3, True), (4, True)]))
        attitude = self.env["crm.partner.attitude"].search([("partner_id", "=", self.jan.id)])
        self.assertEqual((attitude.note, attitude.user_id), ("Plain", confidant))
        self.assertFalse(attitude.imported_by_id)
        # Odoo's own import is no way round
        own = self.env["crm.partner.attitude"].with_user(confidant).with_context(import_file=True)
        result = own.load(["partner_id/id", "note", "user_id"], [[jan, "Forged", self.colleague.name]])
        self.assertFalse(result["ids"])
        self.assertIn("Only an administrator of customers", result["messages"][0]["message"])
        keeper = self._create_user("keeper", "crm_relations.group_manager,crm_relations.group_sensitive")
        future = f"partner_id/id,note,date\n{jan},Foreseen,2999-01-01 10:00:00\n"
        job = self._import(future, user=keeper, dataset="attitude")
        ((_line, _column, reason),) = self._errors(job)
        self.assertIn("in the future", reason)

    def test_a_consent_is_not_changed_by_a_file(self):
        consent = self.env["crm.consent"].create(
            {
                "partner_id": self.jan.id,
                "purpose_id": self.env.ref("crm_relations.consent_purpose_newsletter").id,
                "date": "2026-01-05 10:00:00",
            }
        )
        data, _export = self._export(format="csv", dataset="consent", partner_ids=[(6, 0, self.jan.ids)])
        self.assertIn(b",Given,", data)
        job = self._import(data.replace(b",Given,", b",Withdrawn,"), dataset="consent")
        ((_line, _column, reason),) = self._errors(job)
        self.assertIn("only added to", reason)
        self.assertEqual(consent.state, "given")

    def test_every_template_can_be_read_back(self):
        """The ready-made templates name columns that exist, for whoever may see all of them."""
        self.exporter.group_ids = [(4, self.env.ref("crm_relations.group_sensitive").id)]
        datasets = self.exchange._datasets()
        by_model = {dataset.model: code for code, dataset in datasets.items()}
        templates = self.env["ir.exports"].browse(
            self.env["ir.model.data"]
            .search([("module", "=", "crm_relations"), ("model", "=", "ir.exports")])
            .mapped("res_id")
        )
        self.assertEqual(len(templates), 9)
        for template in templates:
            with self.subTest(template.name):
                dataset = datasets[by_model[template.resource]]
                choices = self.exchange.with_user(self.exporter)._import_choices(dataset)
                self.assertEqual([name for name in template.export_fields.mapped("name") if name not in choices], [])

    # === WHO IS CHOSEN === #

    def test_archived_customers_who_were_chosen_are_exported_and_nobody_else(self):
        self.jan.active = False
        for format in ("csv", "vcf4"):
            data, export = self._export(format=format, partner_ids=[(6, 0, self.jan.ids)])
            self.assertEqual((format, export.count), (format, 1))
            self.assertIn("Ján Nováček", data.decode())

    def test_what_belongs_to_archived_people_of_a_company_goes_with_it(self):
        self.env["crm.need"].create({"partner_id": self.person.id, "statement": "Oak"})
        self.person.active = False
        _data, export = self._export(dataset="need", format="csv", partner_ids=[(6, 0, self.company_partner.ids)])
        self.assertEqual(export.count, 1)

    # === CALENDARS === #

    def test_who_has_no_address_or_is_out_of_sight_stays_in_a_meeting_that_comes_back(self):
        self.exporter.partner_id.email = "exporter@x.example"
        quiet = self._create_partner("No Address")
        abroad = self.env["res.company"].create({"name": "Abroad"})
        hidden = self._create_partner("Hidden", email="hidden@x.example", company_id=abroad.id)
        gone = self._create_partner("Not Coming", email="gone@x.example")
        event = self.env["calendar.event"].create(
            {
                "name": "Tasting",
                "start": "2026-01-15 08:00:00",
                "stop": "2026-01-15 09:30:00",
                "partner_ids": [(6, 0, (self.jan | quiet | hidden | gone | self.exporter.partner_id).ids)],
                "user_id": self.exporter.id,
            }
        )
        data, _export = self._export(format="ics", partner_ids=[(6, 0, self.jan.ids)])
        job = self._import(data.replace(b"ATTENDEE:mailto:gone@x.example\r\n", b""), "x.ics")
        self.assertEqual(self._errors(job), [])
        self.env.invalidate_all()
        self.assertEqual(event.partner_ids, self.jan | quiet | hidden | self.exporter.partner_id)

    def test_a_file_that_fails_does_not_stop_the_others(self):
        card = b"BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Other Person\r\nEND:VCARD\r\n"
        values = {"file": base64.b64encode(card), "name": "x.vcf", "state": "running", "total": 1}
        bad, good = self.env["crm.exchange.import"].with_user(self.agent).create([values, values]).sudo()
        run = type(bad)._run_batch
        self.patch(type(bad), "_run_batch", lambda job, items: 1 / 0 if job == bad else run(job, items))
        with (
            self.enter_registry_test_mode(),
            mute_logger("odoo.addons.crm_relations.models.crm_exchange_import"),
        ):
            self.env.ref("crm_relations.ir_cron_exchange_import").method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual((bad.state, good.state, good.done_count), ("refused", "done", 1))
        self.assertIn("ZeroDivisionError", bad.error_ids.reason)
