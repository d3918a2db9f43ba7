import base64
import io
from unittest.mock import patch

import openpyxl

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from ..models import crm_exchange_import
from ..tools import tabular
from .common import RelationsCommon


class ExchangeCommon(RelationsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.exporter = cls._create_user("exporter", "crm_relations.group_user_all,base.group_allow_export")
        cls.exchange = cls.env["crm.exchange"]
        cls.jan = cls._create_partner(
            "Ján Nováček",
            email="jan@x.example",
            phone="+421 2 555 0133",
            comment='<p>=HYPERLINK("http://x")</p>',
            street='=cmd|" /C calc"!A0',
            zip="007",
            country_id=cls.env.ref("base.sk").id,
            category_id=[(0, 0, {"name": "VIP, gold"}), (0, 0, {"name": "Wine"})],
        )

    def _import(self, data, name="file.csv", user=None, run=True, **values):
        jobs = self.env["crm.exchange.import"].with_user(user or self.exporter)
        if isinstance(data, str):
            data = data.encode()
        form = Form(jobs.with_context(default_name=name))
        form.file = base64.b64encode(data)
        for field, value in values.items():
            form[field] = value
        job = form.save()
        if run:
            job.action_import()
        return job

    def _export(self, user=None, **values):
        export = self.env["crm.exchange.export"].with_user(user or self.exporter).create(values)
        export.action_export()
        return base64.b64decode(export.file), export

    def _errors(self, job):
        return [(error.line, error.column, error.reason) for error in job.error_ids if error.severity == "error"]

    def _snapshot(self, dataset, records):
        exchange = self.exchange.with_user(self.exporter)
        paths = list(exchange._columns(dataset))
        return exchange._export_table(dataset, records.with_user(self.exporter), paths)


@tagged("post_install", "-at_install")
class TestExchange(ExchangeCommon):
    # === TABLES === #

    def test_round_trip(self):
        """Exported, spoilt in the database, imported: everything is as it was."""
        interaction = self._create_interaction(self.jan, outcome="Line 1\nLine; 2, “x”", note="<p>=1+1</p>")
        people = self.jan | self.company_partner | self.person
        for code, records, spoilt in (
            ("customer", people, {"name": "x", "phone": False, "street": "y", "category_id": [(5,)], "comment": False}),
            ("interaction", interaction, {"objective": "x", "outcome": False, "duration": 7, "note": False}),
        ):
            dataset = self.exchange._datasets()[code]
            before = self._snapshot(dataset, records)
            for kind in ("csv", "xlsx"):
                with self.subTest(code=code, kind=kind):
                    data, export = self._export(format=kind, dataset=code, partner_ids=[(6, 0, people.ids)])
                    self.assertEqual(export.count, len(records))
                    records.write(spoilt)
                    job = self._import(data, f"x.{kind}", dataset=code)
                    self.assertEqual((self._errors(job), job.state, job.done_count), ([], "done", len(records)))
                    self.assertEqual(self._snapshot(dataset, records), before)

    def test_export_has_no_formulas(self):
        data, _export = self._export(format="csv", dataset="customer", partner_ids=[(6, 0, self.jan.ids)])
        self.assertIn("'=cmd|", data.decode("utf-8-sig"))
        self.assertIn(",+421 2 555 0133,", data.decode("utf-8-sig"))
        data, _export = self._export(format="xlsx", dataset="customer", partner_ids=[(6, 0, self.jan.ids)])
        kinds = {cell.data_type for row in openpyxl.load_workbook(io.BytesIO(data)).active for cell in row}
        self.assertNotIn("f", kinds)

    def test_export_rights(self):
        with self.assertRaises(AccessError):
            self._export(user=self.agent, format="csv", dataset="customer")
        other = self.env["res.company"].create({"name": "Other"})
        hidden = self._create_partner("Hidden", company_id=other.id)
        data, _export = self._export(format="csv", dataset="customer")
        self.assertIn("Nováček", data.decode())
        self.assertNotIn("Hidden", data.decode())
        with self.assertRaises(UserError):
            self._export(format="vcf4", partner_ids=[(6, 0, hidden.ids)])
        own = self._create_user("own_exporter", "crm_relations.group_user,base.group_allow_export")
        self._create_interaction(self.jan, objective="Of a colleague")
        self._create_interaction(self.jan, objective="Mine", user=own)
        data, export = self._export(user=own, format="csv", dataset="interaction")
        self.assertEqual((export.count, b"Of a colleague" in data), (1, False))

    def test_template(self):
        template = self.env.ref("crm_relations.ir_exports_addresses")
        data, _export = self._export(
            format="csv", dataset="customer", template_id=template.id, partner_ids=[(6, 0, self.jan.ids)]
        )
        self.assertEqual(data.decode("utf-8-sig").splitlines()[0].split(",")[:3], ["id", "name", "is_company"])
        template.export_fields[0].name = "no_such_field"
        with self.assertRaisesRegex(UserError, "no_such_field"):
            self._export(format="csv", dataset="customer", template_id=template.id)

    def test_good_rows_kept_or_all_refused(self):
        text = (
            "name;Email;country_id;lang;note\nAlfa;a@x.example;Slovakia;;x\n"
            "Beta;;Nowhere;;\n;b@x.example;;;\nGama;;;xx_YY;\n"
        )
        partners = self.env["res.partner"]
        job = self._import(text)
        self.assertEqual((job.encoding, job.delimiter, job.kind), ("utf-8", ";", "csv"))
        self.assertEqual(
            [column.path for column in job.column_ids][:3], ["customer:name", "customer:email", "customer:country_id"]
        )
        self.assertEqual((job.state, job.total, job.done_count, job.error_count), ("done", 4, 1, 3))
        errors = self._errors(job)
        self.assertEqual([error[:2] for error in errors], [(3, "country_id"), (4, ""), (5, "lang")])
        self.assertIn("Nowhere", errors[0][2])
        alfa = partners.search([("name", "=", "Alfa")])
        self.assertEqual(
            (alfa.email, alfa.country_id, alfa.create_uid), ("a@x.example", self.env.ref("base.sk"), self.exporter)
        )
        self.assertFalse(partners.search([("name", "in", ["Beta", "Gama"])]))
        job = self._import(text.replace("Alfa", "Delta"), mode="refuse")
        self.assertEqual((job.state, job.done_count, job.error_count), ("refused", 0, 3))
        self.assertFalse(partners.search([("name", "=", "Delta")]))

    def test_a_good_row_is_not_blamed_for_another(self):
        rows = "name,birthdate_date,city\n{}Bad,2999-01-01,Brezno\nFine,1980-01-01,Brezno\nBad,2999-01-01,Brezno\n"
        for first, lines, names in (("Good,1980-01-01,Brezno\n", [3, 5], ["Fine", "Good"]), ("", [2, 4], ["Fine"])):
            for mode in ("keep", "refuse"):
                with self.subTest(first=first, mode=mode), self.cr.savepoint() as savepoint:
                    job = self._import(rows.format(first), mode=mode)
                    self.assertEqual([line for line, _column, _reason in self._errors(job)], lines)
                    found = self.env["res.partner"].search([("city", "=", "Brezno")], order="name")
                    self.assertEqual(found.mapped("name"), names if mode == "keep" else [])
                    savepoint.rollback()
                    self.env.invalidate_all()

    def test_many_bad_rows(self):
        text = "name,country_id\n" + "".join(f"Row {i},{'Slovakia' if i % 2 else 'Nowhere'}\n" for i in range(60))
        job = self._import(text)
        self.assertEqual((job.done_count, job.error_count), (30, 30))

    def test_encodings_and_mapping(self):
        job = self._import("název;město\nŽofie;Plzeň\n".encode("cp1250"), run=False, encoding="cp1250")
        self.assertIn("Plzeň", job.preview)
        self.assertEqual([column.path for column in job.column_ids], [False, False])
        with self.assertRaisesRegex(UserError, "at least one column"):
            job.action_import()
        job.column_ids[0].path = job.column_ids[1].path = "customer:name"
        with self.assertRaisesRegex(UserError, "mean the same"):
            job.action_import()
        job.column_ids[1].path = "customer:city"
        self.assertFalse(job.left_out)
        job.action_import()
        self.assertEqual(self.env["res.partner"].search([("name", "=", "Žofie")]).city, "Plzeň")
        with self.assertRaisesRegex(UserError, "imported already"):
            job.action_import()

    def test_a_separator_that_cannot_be_chosen_is_not_believed(self):
        job = self._import("sep=^\nname,email\nZita,zita@x.example\n", run=False)
        self.assertEqual(job.delimiter, ",")

    def test_every_encoding_that_is_guessed_can_be_chosen(self):
        offered = dict(self.env["crm.exchange.import"]._fields["encoding"].selection)
        guessed = set(tabular.ENCODING_BY_LANGUAGE.values()) | {"utf-8", "utf-16", "cp1252"}
        self.assertLessEqual(guessed, set(offered))

    def test_columns_that_nobody_understands_are_named(self):
        """However a header is written, and before as well as after the import."""
        job = self._import("Name;E-Mail;PHONE ;Obľúbená farba;*\nZora;z@x.example;+421 2 555 0199;blue;x\n", run=False)
        paths = ["customer:name", "customer:email", "customer:phone", False, False]
        self.assertEqual(job.column_ids.mapped("path"), paths)
        self.assertEqual(job.left_out, "Obľúbená farba, *")
        job.column_ids[4].name = False
        self.assertEqual(job.left_out, "Obľúbená farba, without a heading")
        job.column_ids[4].name = "*"
        job.action_import()
        zora = self.env["res.partner"].search([("email", "=", "z@x.example")])
        self.assertEqual((zora.name, zora.phone, job.left_out), ("Zora", "+421 2 555 0199", "Obľúbená farba, *"))

    def test_bad_files(self):
        before = self.env["res.partner"].search_count([])
        for data, name in (
            (b" \n", "x.csv"),
            (b"name\n", "x.csv"),
            (b"PK\x03\x04rubbish", "x.xlsx"),
            (b"\xd0\xcf\x11\xe0old", "x.xls"),
            (b'name\n"a"b\n', "x.csv"),
            (b"\x00\x01\x02\xff\xfe\x80", "x.bin"),
        ):
            with self.subTest(name=name, data=data), self.assertRaises(UserError):
                self._import(data, name)
        self.assertEqual(self.env["res.partner"].search_count([]), before)

    def test_import_rights(self):
        reader = self._create_user("import_reader", "crm_relations.group_auditor")
        with self.assertRaises(AccessError):
            self.env["crm.exchange.import"].with_user(reader).create({"file": base64.b64encode(b"name\nx")})
        job = self._import("name\nSecret\n", user=self.agent)
        self.assertEqual(job.done_count, 1)
        self.assertFalse(self.env["crm.exchange.import"].with_user(self.manager).search([("id", "=", job.id)]))
        # another company's customer cannot be changed by its external ID
        other = self.env["res.company"].create({"name": "Other"})
        hidden = self._create_partner("Hidden", company_id=other.id)
        xid = hidden.export_data(["id"])["datas"][0][0]
        job = self._import(f"id,name\n{xid},Stolen\n", user=self.agent)
        self.assertEqual((job.done_count, job.error_count, hidden.name), (0, 1, "Hidden"))
        colleagues = self._create_interaction(self.jan, user=self.colleague)
        xid = colleagues.export_data(["id"])["datas"][0][0]
        job = self._import(f"id,objective\n{xid},Stolen\n", user=self.agent, dataset="interaction")
        self.assertEqual((job.done_count, job.error_count, colleagues.objective), (0, 1, "Spring offer"))

    def test_background(self):
        text = "name\n" + "".join(f"Bulk {i}\n" for i in range(12))
        with patch.object(crm_exchange_import, "AT_ONCE", 5), patch.object(crm_exchange_import, "BATCH", 5):
            job = self._import(text, user=self.agent)
            self.assertEqual((job.state, job.position, job.total), ("running", 0, 12))
            items = job._read_all()
            job._run_batch(items)
            self.assertEqual((job.state, job.position, round(job.progress)), ("running", 5, 42))
            cron = self.env.ref("crm_relations.ir_cron_exchange_import")
            with self.enter_registry_test_mode():
                cron.method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual((job.state, job.done_count), ("done", 12))
        bulk = self.env["res.partner"].search([("name", "like", "Bulk ")])
        self.assertEqual((len(bulk), bulk.create_uid), (12, self.agent))

    def test_old_files_go(self):
        old, new = self._import("name\nA1\n"), self._import("name\nA2\n")
        forgotten, running = self._import("name\nA3\n", run=False), self._import("name\nA4\n", run=False)
        running.sudo().state = "running"
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_exchange_import SET write_date = write_date - interval '31 days' WHERE id = ANY(%s)",
            [(old | forgotten | running).ids],
        )
        self.env.invalidate_all()
        self.env["crm.exchange.import"]._gc_finished()
        self.assertEqual((old | new | forgotten | running).exists(), new | running)

    def test_import_queries_do_not_grow_by_row(self):
        """Reading and matching take the same queries; only the records themselves cost."""
        dataset = self.exchange._datasets()["customer"]
        paths = list(self.exchange._columns(dataset))
        counts = []
        for size in (10, 200):
            partners = self.env["res.partner"].create([{"name": f"Row {i}"} for i in range(size)])
            self.env.flush_all()
            self.env.invalidate_all()
            self.exchange._export_table(dataset, partners[:1], paths)
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.exchange._export_table(dataset, partners, paths)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])

    # === CARDS === #

    def test_vcard_round_trip(self):
        for version in ("vcf4", "vcf3"):
            data, export = self._export(format=version, partner_ids=[(6, 0, self.jan.ids)])
            self.assertTrue(export.losses)
            self.jan.write({"name": "x", "phone": False, "street": "y"})
            job = self._import(data, "x.vcf")
            self.assertEqual((job.kind, job.state, job.done_count, self._errors(job)), ("vcf", "done", 1, []))
            self.assertEqual(
                (self.jan.name, self.jan.phone, self.jan.street, self.jan.zip, self.jan.country_id.code),
                ("Ján Nováček", "+421 2 555 0133", '=cmd|" /C calc"!A0', "007", "SK"),
            )
            self.assertEqual(set(self.jan.category_id.mapped("name")), {"VIP, gold", "Wine"})
            self.assertEqual(self.env["res.partner"].search_count([("email", "=", "jan@x.example")]), 1)

    def test_vcard_uid_updates(self):
        card = (
            "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:u.1,x\r\nFN:{}\r\nTEL:{}\r\nTEL:{}\r\n"
            "ORG:Vinograd d.o.o.\r\nEND:VCARD\r\n"
        )
        job = self._import(card.format("Eva", "1234567", "7654321"), "x.vcf", user=self.agent)
        eva = self.env["res.partner"].search([("name", "=", "Eva")])
        self.assertEqual((eva.phone, eva.parent_id), ("1234567", self.company_partner))
        self.assertIn("TEL: 7654321", eva.comment)
        self.assertEqual(job.error_ids.mapped("severity"), ["note"])
        self._import(card.format("Eva Nová", "1234567", "7654321"), "x.vcf", user=self.agent)
        self.assertEqual((eva.name, str(eva.comment).count("7654321")), ("Eva Nová", 1))
        self.assertFalse(self.env["res.partner"].search([("name", "=", "Eva")]))

    def test_vcard_errors(self):
        text = "BEGIN:VCARD\nFN:Good\nPHOTO:http://10.0.0.1/x.png\nEND:VCARD\nBEGIN:VCARD\nTEL:1\nEND:VCARD\n"
        job = self._import(text, "x.vcf", mode="refuse")
        self.assertEqual((job.state, job.error_count), ("refused", 1))
        self.assertFalse(self.env["res.partner"].search([("name", "=", "Good")]))
        job = self._import(text, "x.vcf")
        self.assertEqual((job.state, job.done_count, job.error_count), ("done", 1, 1))
        self.assertEqual([(error.line, error.severity) for error in job.error_ids], [(5, "error"), (1, "note")])

    # === CALENDARS === #

    def test_icalendar_round_trip(self):
        event = self.env["calendar.event"].create(
            {
                "name": "Visit; with, signs",
                "start": "2026-01-15 08:00:00",
                "stop": "2026-01-15 09:30:00",
                "partner_ids": [(6, 0, (self.jan | self.exporter.partner_id).ids)],
                "user_id": self.exporter.id,
            }
        )
        step = self.jan.activity_schedule(
            "mail.mail_activity_data_todo", summary="Call back", date_deadline="2026-02-01", user_id=self.exporter.id
        )
        data, export = self._export(format="ics", partner_ids=[(6, 0, self.jan.ids)])
        self.assertEqual(export.count, 2)
        event.write({"name": "x", "stop": "2026-01-15 08:15:00"})
        step.date_deadline = "2026-03-01"
        job = self._import(data, "x.ics")
        self.assertEqual((job.kind, job.done_count, self._errors(job)), ("ics", 2, []))
        self.assertEqual((event.name, str(event.stop)), ("Visit; with, signs", "2026-01-15 09:30:00"))
        self.assertIn(self.jan, event.partner_ids)
        self.assertEqual((step.summary, step.date_deadline), ("Call back", fields.Date.to_date("2026-02-01")))

    def test_icalendar_in(self):
        text = (
            "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:m1\nSUMMARY:Meeting\nDTSTART;TZID=Odd Zone:20260115T090000\n"
            "DURATION:PT1H\nATTENDEE:MAILTO:JAN@x.example,who@x.example\nEND:VEVENT\nBEGIN:VEVENT\nUID:m2\n"
            "END:VEVENT\nEND:VCALENDAR\n"
        )
        mails = self.env["mail.mail"].search_count([])
        job = self._import(text, "x.ics", user=self.agent, tz="Europe/Ljubljana")
        self.assertEqual((job.missing_zones, job.done_count, job.error_count), ("Odd Zone", 1, 1))
        event = self.env["calendar.event"].search([("name", "=", "Meeting")])
        self.assertEqual((str(event.start), str(event.stop)), ("2026-01-15 08:00:00", "2026-01-15 09:00:00"))
        self.assertEqual(event.partner_ids, self.jan | self.agent.partner_id)
        reasons = " ".join(job.error_ids.mapped("reason"))
        self.assertIn("who@x.example", reasons)
        self.assertIn("Odd Zone", reasons)
        self.assertEqual(self.env["mail.mail"].search_count([]), mails)
        cancel = "BEGIN:VCALENDAR\nMETHOD:CANCEL\nBEGIN:VEVENT\nUID:m1\nEND:VEVENT\nEND:VCALENDAR\n"
        self._import(cancel, "x.ics", user=self.agent)
        self.assertFalse(event.active)

    def test_private_meetings_stay(self):
        self.env["calendar.event"].create(
            {
                "name": "Private matter",
                "start": "2026-01-15 08:00:00",
                "stop": "2026-01-15 09:30:00",
                "privacy": "private",
                "partner_ids": [(6, 0, (self.jan | self.agent.partner_id).ids)],
                "user_id": self.agent.id,
            }
        )
        with self.assertRaisesRegex(UserError, "no meetings"):
            self._export(format="ics", partner_ids=[(6, 0, self.jan.ids)])

    def test_columns_are_all_written_fields(self):
        columns = self.exchange._columns(self.exchange._datasets()["customer"])
        for path in ("id", "name", "parent_id/id", "vat", "category_id/id", "lang", "comment", "active"):
            self.assertIn(path, columns)
        self.assertFalse({"message_ids", "image_1920", "email_normalized", "write_date", "display_name"} & set(columns))
        self.assertLess(len(tabular.write_csv([list(columns)])), 5000)
