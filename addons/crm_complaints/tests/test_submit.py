import base64
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime

from odoo import SUPERUSER_ID, api
from odoo.exceptions import AccessError, UserError
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, HttpCase, get_db_name, new_test_user, tagged
from odoo.tools import mute_logger

from ..tools import networks, payload
from .test_intake import IntakeCommon

NOW = datetime(2026, 3, 2, 12, 0)


def complaint(**values):
    """A complaint as another system sends it."""
    return {
        "source": "shop",
        "key": "4711",
        "subject": "Kettle leaks",
        "description": "After\none <b>week</b>.",
        "name": "Dora",
        "email": "dora@example.com",
        **values,
    }


@tagged("post_install", "-at_install", "pure")
class TestPayload(BaseCase):
    def test_what_is_wrong_is_named(self):
        for wrong, expected in (
            ({}, []),
            ({"key": None}, [("key", "missing", None)]),
            ({"subject": "  "}, [("subject", "missing", None)]),
            ({"stage_id": 3}, [("stage_id", "unknown", None)]),
            ({"name": 3}, [("name", "text", None)]),
            ({"subject": "x" * 201}, [("subject", "long", 200)]),
            ({"email": "a b@c"}, [("email", "email", None)]),
            ({"email": "a@example.com\r\nBcc: x@example.com"}, [("email", "email", None)]),
            ({"date_received": "2099-01-01"}, [("date_received", "future", None)]),
            ({"date_received": "yesterday"}, [("date_received", "moment", None)]),
            ({"date_received": "2026-03-02T13:00:00+01:00"}, []),
            ({"partner_id": "7"}, [("partner_id", "number", None)]),
            ({"partner_id": True}, [("partner_id", "number", None)]),
            ({"name": "", "email": ""}, [("email", "contact", None)]),
            ({"files": [{"name": "x", "content": "?"}]}, [("files", "file", None)]),
            ({"files": [{}] * 11}, [("files", "files", 10)]),
        ):
            self.assertEqual(payload.problems(complaint(**wrong), NOW), expected, wrong)
        self.assertEqual(payload.problems("x", NOW), [("payload", "object", None)])

    def test_networks(self):
        for address, expected in (
            ("203.0.113.9", "203.0.113.0/24"),
            ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
            ("fe80::1%eth0", "fe80::/64"),
            ("", ""),
        ):
            self.assertEqual(networks.network(address), expected)


@tagged("post_install", "-at_install")
class TestSubmit(IntakeCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.machine = new_test_user(cls.env, "cmp_machine", groups="base.group_user,crm_complaints.group_integration")

    def _submit(self, *payloads, user=None):
        with self.enter_registry_test_mode():
            answers = self.intakes.with_user(user or self.machine).submit(list(payloads))
        self.env.invalidate_all()
        return answers

    def test_registered(self):
        [answer] = self._submit(
            complaint(date_received="2026-03-02T10:00:00+01:00", channel="chat", product_reference="S1")
        )
        found = self.env["crm.complaint"].browse(answer["id"])
        self.assertEqual(answer, {"key": "4711", "status": "registered", "complaint": found.code, "id": found.id})
        self.assertEqual(
            (found.name, found.channel, found.partner_name, str(found.date_received), found.product_reference),
            ("Kettle leaks", "chat", "Dora", "2026-03-02 09:00:00", "S1"),
        )
        self.assertIn("&lt;b&gt;week", found.description)
        row = found.intake_ids
        self.assertEqual((row.channel, row.source, row.ext_key, row.state), ("api", "shop", "4711", "done"))
        self.assertFalse(found.user_id)

    def test_the_same_key_gets_the_first_answer(self):
        first = self._submit(complaint())
        again = self._submit(dict(reversed(complaint().items())))
        self.assertEqual(first, again)
        self.assertEqual(self.env["crm.complaint"].search_count([("email_normalized", "=", "dora@example.com")]), 1)
        other_source = self._submit(complaint(source="till"))
        self.assertNotEqual(other_source[0]["id"], first[0]["id"])

    def test_the_same_key_with_other_content_is_refused(self):
        self._submit(complaint())
        [answer] = self._submit(complaint(subject="Toaster burns"))
        self.assertEqual(answer["status"], "refused")
        self.assertEqual(answer["errors"], ["key: 4711 was used before with other content."])
        self.assertFalse(self.env["crm.complaint"].search([("name", "=", "Toaster burns")]))

    def test_one_wrong_payload_does_not_stop_the_others(self):
        answers = self._submit(complaint(), complaint(key="2", email="?"), complaint(key="3"))
        self.assertEqual([answer["status"] for answer in answers], ["registered", "refused", "registered"])
        self.assertEqual(answers[1]["errors"], ["email: is not an e-mail address."])
        self.assertFalse(self.intakes.search([("ext_key", "=", "2")]))

    def test_who_complains(self):
        self.boris.ref = "C-7"
        answers = self._submit(
            complaint(key="a", customer_ref="C-7"),
            complaint(key="b", partner_id=self.ana.id),
            complaint(key="c", email="ana@acme.example.com"),
            complaint(key="d", customer_ref="C-8"),
            complaint(key="e", partner_id=2**40),
        )
        partners = [self.env["crm.complaint"].browse(answer.get("id")).partner_id for answer in answers]
        self.assertEqual(partners[:3], [self.boris, self.ana, self.ana])
        self.assertIn("C-8", answers[3]["errors"][0])
        self.assertEqual(answers[4]["errors"], [f"partner_id: there is no contact {2**40}."])

    def test_files(self):
        content = base64.b64encode(b"photo").decode()
        [answer] = self._submit(complaint(files=[{"name": "../../a.png", "content": content}]))
        attachment = self.env["crm.complaint"].browse(answer["id"]).message_ids.attachment_ids
        self.assertEqual((attachment.name, attachment.raw), ("a.png", b"photo"))

    def test_a_customer_of_another_company_and_one_who_is_gone(self):
        second = self.env["res.company"].create({"name": "Second"})
        theirs, gone = self.env["res.partner"].create(
            [{"name": "Theirs", "company_id": second.id}, {"name": "Gone", "email": "gone@example.com"}]
        )
        for partner in (theirs, gone):
            content = {"subject": "x", "description": "y", "email": partner.email or "", "company_id": self.company.id,
                       "found_partner_id": partner.id}  # fmt: skip
            with self.enter_registry_test_mode():
                values = self.intakes._payload_values("portal", content, f"key {partner.id}")
                intake = self.intakes.browse(self.intakes._keep_row(values))
                if partner == gone:
                    gone.unlink()
                intake._process()
            self.env.invalidate_all()
            self.assertEqual(intake.state, "done", intake.error)
            found = intake.complaint_id
            if partner == theirs:
                self.assertEqual((found.company_id, found.partner_id), (second, theirs))
            else:
                self.assertEqual((found.partner_id.id, found.email_from), (False, "gone@example.com"))

    def test_the_machine_sees_nothing(self):
        [answer] = self._submit(complaint())
        for model in ("crm.complaint", "crm.complaint.intake"):
            with self.assertRaises(AccessError):
                self.env[model].with_user(self.machine).search_count([])
        with self.assertRaises(AccessError):
            self.env["crm.complaint"].with_user(self.machine).browse(answer["id"]).read(["name"])

    def test_nobody_else_submits(self):
        for user in (self.clerk, self.auditor, self.ana_user):
            with self.assertRaises(AccessError):
                self._submit(complaint(), user=user)
        with self.assertRaises(UserError):
            self._submit(*[complaint()] * 101)
        self.assertFalse(self.intakes.search([("source", "=", "shop")]))


@tagged("post_install", "-at_install")
class TestSubmitHttp(IntakeCommon, HttpCase):
    """Over the network, as another system does it."""

    def test_json2(self):
        user = new_test_user(self.env, "cmp_robot", groups="base.group_user,crm_complaints.group_integration")
        user.password = "cmp_robot"
        key = (
            self.env["res.users.apikeys"].with_user(user).sudo()._generate("rpc", "test", datetime(2099, 1, 1))
        )
        headers = {"Authorization": f"bearer {key}", "Content-Type": "application/json"}
        url = f"{self.base_url()}/json/2/crm.complaint.intake/submit"
        answers = [
            self.opener.post(url, data=json.dumps({"payloads": [complaint()]}), headers=headers).json()
            for _time in range(2)
        ]
        self.assertEqual(answers[0][0]["status"], "registered")
        self.assertEqual(answers[0], answers[1])
        denied = self.opener.post(
            f"{self.base_url()}/json/2/crm.complaint/search_read", data=json.dumps({"domain": []}), headers=headers
        )
        self.assertEqual(denied.status_code, 403)


@tagged("post_install", "-at_install")
class TestSubmitParallel(BaseCase):
    def test_two_at_once_get_one_complaint(self):
        """Both have their snapshot before the other commits; what they commit is removed."""
        registry = Registry(get_db_name())
        with registry.cursor() as cr1, registry.cursor() as cr2:
            doors = [api.Environment(cr, SUPERUSER_ID, {})["crm.complaint.intake"] for cr in (cr1, cr2)]
            for door in doors:
                door.search_count([])
            answers = [door.submit([complaint(source="parallel", email="par@example.com")]) for door in doors]
        with registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            intake = env["crm.complaint.intake"].search([("source", "=", "parallel")])
            complaints = env["crm.complaint"].search([("email_normalized", "=", "par@example.com")])
            found = len(intake), intake.copies, len(complaints)
            env["mail.mail"].search([("model", "=", "crm.complaint"), ("res_id", "in", complaints.ids)]).unlink()
            intake.unlink()
            complaints.message_ids.unlink()
            complaints.unlink()
        self.assertEqual(found, (1, 1, 1))
        self.assertEqual(answers[0], answers[1])

    @mute_logger("odoo.sql_db")  # those who come second at the same counter try again
    def test_counting_at_once(self):
        """Ten workers with ten connections count to ten."""
        registry = Registry(get_db_name())
        with ExitStack() as stack:
            # environments are made here: whoever makes one waits for the registry, which the tests hold
            rates = [
                api.Environment(stack.enter_context(registry.cursor()), SUPERUSER_ID, {})["crm.complaint.rate"]
                for _number in range(10)
            ]
            for rate in rates:
                rate.env["ir.config_parameter"].sudo().get_param("database.secret")
            with ThreadPoolExecutor(5) as pool:
                allowed = list(pool.map(lambda rate: rate._allow({("test", "parallel"): 6}), rates))
        with registry.cursor() as cr:
            cr.execute("DELETE FROM crm_complaint_rate")
        self.assertEqual(sorted(allowed), [False] * 4 + [True] * 6)
