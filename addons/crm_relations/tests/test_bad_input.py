import base64
import csv
import io
import json
from datetime import timedelta

import openpyxl

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.http import Request
from odoo.tests import HttpCase, tagged

from ..tools import duplicates, tabular
from .common import RelationsCommon

SCRIPT = "<script>window.crmRan = 1</script><img src=x onerror=\"window.crmRan = 1\">"
FORMULAS = (
    '=HYPERLINK("http://x.example","click")', "+1+cmd", "-1+cmd", "@SUM(A1)", "\t=1+1", "\r=1+1",
    "\uff1d1+1", "\uff0b1",
)  # fmt: skip
MILLION = "wood and wine " * 75_000


class BadInputCommon(RelationsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.exporter = cls._create_user("exporter", "crm_relations.group_user_all,base.group_allow_export")
        cls.timeline = cls.env["crm.timeline"].with_user(cls.supervisor)

    def _write_script(self):
        partner = self._create_partner(f"Script {SCRIPT}", comment=f"<p>{SCRIPT}</p>", function=SCRIPT, street=SCRIPT)
        self._create_interaction(
            partner, objective=f"Objective {SCRIPT}", outcome=SCRIPT, note=SCRIPT, next_step=SCRIPT,
            next_step_date=fields.Date.today() + timedelta(days=2), user=self.supervisor,
        )  # fmt: skip
        self.env["crm.need"].create({"partner_id": partner.id, "statement": f"Need {SCRIPT}", "unit": SCRIPT})
        self.env["crm.partner.relation"].create(
            {
                "left_partner_id": partner.id, "right_partner_id": self.company_partner.id, "note": SCRIPT,
                "type_id": self.env.ref("crm_relations.relation_type_employee").id,
            }
        )  # fmt: skip
        rule = self.env["crm.alert.rule"].create({"name": f"Rule {SCRIPT}", "condition": "birthday"})
        self.env["crm.alert"].create(
            {"rule_id": rule.id, "partner_id": partner.id, "case_key": "1", "detail": SCRIPT}
        )
        self.env["mail.message"].create(
            {
                "model": "res.partner", "res_id": partner.id, "message_type": "email", "subject": f"Mail {SCRIPT}",
                "subtype_id": self.env.ref("mail.mt_comment").id, "author_id": partner.id, "body": SCRIPT,
            }
        )  # fmt: skip
        self.env.flush_all()
        return partner


@tagged("post_install", "-at_install")
class TestBadInput(BadInputCommon):
    """What people type, paste and upload; what each model refuses is tested beside it."""

    # === DATES === #

    def test_impossible_dates(self):
        """One sentence, and nothing is changed."""
        today = fields.Date.today()
        person = self.single.with_user(self.agent)
        cases = [
            (person, {"birthdate_date": today + timedelta(days=1)}),
            (person, {"birthdate_date": "0001-01-01"}),
        ]
        for record, values in cases:
            with self.subTest(values), self.assertRaises(ValidationError), self.cr.savepoint():
                record.write(values)
        self.assertFalse(self.single.birthdate_date)
        contact = self._create_interaction(self.single, user=self.agent, duration=5).with_user(self.agent)
        begun = contact.date
        for values in (
            {"date": "9999-12-31 23:30:00", "state": "planned", "duration": 90},
            {"date": "0001-01-01 00:10:00"},
            {"duration": 2147483647},
            {"duration": 600_000},
        ):
            refused = self.assertRaisesRegex(ValidationError, "lies between|a year at most")
            with self.subTest(values), refused, self.cr.savepoint():
                contact.write(values)
                contact.flush_recordset()
        self.assertEqual((contact.date, contact.duration), (begun, 5))
        for moment in ("2026-02-30", "31.12.2026", "yesterday", "2026-13-01 00:00:00"):
            with self.subTest(moment), self.assertRaises(UserError):
                self.timeline.timeline_page(self.single.id, date_from=moment)

    # === LOOPS === #

    def test_parents_in_a_loop(self):
        top = self._create_partner("Top", is_company=True)
        middle = self._create_partner("Middle", is_company=True, parent_id=top.id)
        for parent in (middle, top):
            with self.subTest(parent=parent.name), self.assertRaises(ValidationError), self.cr.savepoint():
                top.with_user(self.agent).parent_id = parent
        self.env.invalidate_all()
        self.assertFalse(top.parent_id)
        self.assertEqual(middle.commercial_partner_id, middle)

    def test_parents_in_a_loop_by_import(self):
        rows = "id,name,is_company,parent_id/id\nx.one,One,True,x.two\nx.two,Two,True,x.one\nx.good,Good,True,\n"
        job = self._import(rows.encode())
        self.assertEqual(job.state, "done")
        names = self.env["res.partner"].search([("name", "in", ("One", "Two", "Good"))])
        self.assertFalse(names.parent_id, "no loop came in")
        self.assertIn("Good", names.mapped("name"))
        self.assertTrue(job.error_ids)

    # === LONG TEXTS === #

    def test_a_million_characters(self):
        """Kept whole where they were written, and short wherever they are listed."""
        interaction = self._create_interaction(self.single, objective=False, outcome=MILLION, note=f"<p>{MILLION}</p>")
        need = self.env["crm.need"].create({"partner_id": self.single.id, "statement": MILLION})
        self.env["mail.message"].create(
            {
                "model": "res.partner", "res_id": self.single.id, "message_type": "email", "body": f"<p>{MILLION}</p>",
                "subtype_id": self.env.ref("mail.mt_comment").id, "author_id": self.single.id,
            }
        )  # fmt: skip
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual((len(interaction.outcome), len(need.statement)), (len(MILLION), len(MILLION)))
        page = self.timeline.timeline_page(self.single.id)
        self.assertEqual(sorted(entry["kind"] for entry in page["entries"]), ["interaction", "message", "need"])
        self.assertLess(len(json.dumps(page, default=str)), 3000)
        (card,) = self.single.with_user(self.supervisor).crm_360()
        self.assertLess(len(json.dumps(card, default=str)), 5000)

    def test_a_million_characters_where_a_line_is_meant(self):
        partners = self.env["res.partner"].with_user(self.agent)
        mine = partners.browse(self.single.id)
        for refused in (lambda: partners.create({"name": MILLION}), lambda: mine.write({"name": MILLION})):
            with self.assertRaisesRegex(ValidationError, "“wood and wine .*1050000 characters, 500 are the most"):
                refused()
        self.assertEqual(self.single.name, "Ion Popescu")
        self.assertEqual(partners.crm_check_duplicates({"name": MILLION}), [])
        self.assertEqual(self._create_partner("x" * 500).name, "x" * 500)

    # === SCRIPT === #

    def test_script_is_text_or_gone(self):
        partner = self._write_script()
        interaction = partner.crm_interaction_ids
        for html in (partner.comment, interaction.note):
            self.assertNotIn("<script", str(html))
            self.assertNotIn("onerror", str(html))
        self.assertEqual(interaction.outcome, SCRIPT, "a text is kept as it was written")
        for entry in self.timeline.timeline_page(partner.id)["entries"]:
            self.assertIs(type(entry["summary"]), str, "text for the client, never markup")
        (card,) = partner.with_user(self.supervisor).crm_360()
        self.assertIs(type(card["alerts"][0]["text"]), str)

    # === FORMULAS === #

    def test_every_formula_is_guarded_and_read_back(self):
        for text in FORMULAS:
            with self.subTest(text):
                cell = tabular.guard(text)
                self.assertTrue(cell.startswith("'"))
                self.assertEqual(tabular.unguard(cell), text)

    # === IMPORT === #

    def _import(self, data, name="file.csv", **values):
        jobs = self.env["crm.exchange.import"].with_user(self.exporter)
        job = jobs.create({"name": name, "file": base64.b64encode(data), **values})
        job._onchange_file()
        job.action_import()
        return job

    def test_encodings_and_separators(self):
        """The same customers whatever program saved the file."""
        self.exporter.lang = "en_US"
        self.env["res.lang"]._activate_lang("sk_SK")
        self.exporter.lang = "sk_SK"
        names = ["Žofia Ľalíková", "Šťastný Ďuro", "Ágnes Őry"]
        for encoding in ("utf-8", "utf-8-sig", "utf-16", "cp1250"):
            for delimiter in (",", ";", "\t", "|"):
                with self.subTest(encoding=encoding, delimiter=delimiter):
                    lines = [delimiter.join(("name", "city")), *(delimiter.join((name, "Nitra")) for name in names)]
                    job = self._import("\r\n".join(lines).encode(encoding))
                    self.assertEqual((job.state, job.done_count, job.error_count), ("done", 3, 0))
                    latest = self.env["res.partner"].search([("city", "=", "Nitra")], order="id desc", limit=3)
                    self.assertEqual(sorted(latest.mapped("name")), sorted(names))

    # === NUMBERS === #

    def test_telephone_numbers_of_all_shapes(self):
        same = (
            "+421 901 555 013", "00421901555013", "0901/555 013", "0901-555-013", "(0901) 555.013",
            "0901\u00a0555\u202f013",
            "tel:+421901555013", "+421 (0)901 555 013", "０９０１５５５０１３", "۰۹۰۱۵۵۵۰۱۳", "٠٩٠١٥٥٥٠١٣",
            "0901 555 013 ext. 12", "0901 555 013 kl. 7", "0901555013x12", "0901 555 013, 02 555 0199",
            "0901 555 013 alebo 0902 555 014", "\u202a0901 555 013\u202c",
        )  # fmt: skip
        self.assertEqual({duplicates.phone_key(number) for number in same}, {"901555013"})
        nothing = ("", None, "112", "n/a", "none", "@", "=1+1", "-", "ext. 12", "½ ² ③")
        self.assertEqual({duplicates.phone_key(number) for number in nothing}, {""})
        partner = self._create_partner("Caller", phone="۰۹۰۱۵۵۵۰۱۳")
        found = self.env["res.partner"].with_user(self.agent).crm_check_duplicates({"phone": "+421 901 555 013"})
        self.assertEqual([row["id"] for row in found if row["level"] == "red"], [partner.id])


@tagged("post_install", "-at_install")
class TestBadInputWeb(BadInputCommon, HttpCase):
    """The same through the web client and Odoo's own export of a list."""

    def _list_export(self, kind, groupby=()):
        self.authenticate(self.exporter.login, self.exporter.login)
        records = self.env["res.partner"].search([("city", "=", "Formula")])
        wanted = [{"name": "name", "label": "Name", "type": "char"}, {"name": "street", "label": "=1", "type": "char"}]
        parameters = {
            "model": "res.partner", "fields": wanted, "ids": records.ids, "domain": [], "import_compat": False,
            "groupby": list(groupby), "context": {},
        }  # fmt: skip
        response = self.url_open(
            f"/web/export/{kind}", data={"data": json.dumps(parameters), "csrf_token": Request.csrf_token(self)}
        )
        response.raise_for_status()
        return response.content

    def test_list_export_of_odoo_has_no_formulas(self):
        for text in FORMULAS:
            self._create_partner(f"{text} ", street=text, city="Formula", function='=HYPERLINK("http://group")')
        for groupby in ((), ("function",)):
            with self.subTest(groupby=groupby):
                sheet = openpyxl.load_workbook(io.BytesIO(self._list_export("xlsx", groupby))).active
                cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
                self.assertGreater(len(cells), 2 * len(FORMULAS))
                self.assertNotIn("f", {cell.data_type for cell in cells})
                self.assertIn('=HYPERLINK("http://x.example","click")', [cell.value for cell in cells])
        rows = list(csv.reader(io.StringIO(self._list_export("csv").decode(), newline="")))
        self.assertEqual(len(rows), len(FORMULAS) + 1)
        for cell in (cell for row in rows for cell in row):
            self.assertNotRegex(cell, "^[=+@\uff1d\uff0b\uff20\t\r-]")

    def test_script_does_not_run_in_the_browser(self):
        partner = self._write_script()
        self.browser_js(
            f"/odoo/contacts/{partner.id}",
            """
            const wait = (test) => new Promise((done) => {
                const timer = setInterval(() => test() && (clearInterval(timer), done()), 100);
            });
            (async () => {
                await wait(() => document.querySelector("section.o_crm_360_card"));
                document.querySelector("a[name=crm_timeline]").click();
                await wait(() => document.querySelectorAll(".o_crm_timeline_entry").length >= 3);
                document.querySelectorAll(".o_notebook_headers a").forEach((page) => page.click());
                await new Promise((done) => setTimeout(done, 500));
                console.log(window.crmRan ? "script ran" : "test successful");
            })();
            """,
            login=self.supervisor.login,
        )
