import io
import json
import os
import tempfile
import time
import zipfile
from pathlib import Path
from unittest.mock import patch

from openpyxl import Workbook

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import HttpCase, tagged
from odoo.tools import config, mute_logger

from ..tools import request_file, webhook
from .test_request_file import ORDER
from .test_request_submit import SubmitCommon


class DoorCommon(SubmitCommon):
    @classmethod
    def _door(cls, **values):
        return cls.env["crm.request.door"].create(
            {"name": "Shop", "source": "shop", "type_id": cls.order_type.id, "user_id": cls.robot.id} | values
        )

    def _made(self):
        return self.env["crm.request"].search([("source", "=", "shop")], order="id")


@tagged("post_install", "-at_install")
class TestDoor(DoorCommon):
    def test_what_cannot_be_a_door(self):
        for values in (
            {"source": "portal"}, {"source": " "}, {"source": "x" * 65}, {"user_id": self.seller.id},
            {"kind": "folder"}, {"kind": "folder", "folder": "../etc"}, {"kind": "folder", "folder": "/etc"},
        ):  # fmt: skip
            with self.subTest(values=values), self.assertRaises(ValidationError):
                self._door(**values)

    def test_only_the_administrator_sees_doors(self):
        door = self._door()
        both = door | self._door(kind="folder", folder="stall")  # read together, as an export does
        self.assertEqual(len(set(both.with_user(self.boss).mapped("url"))), 2)
        for user in (self.seller, self.accountant, self.auditor, self.robot, self.worker):
            with self.assertRaises(AccessError):
                door.with_user(user).read(["name"])

    def test_nobody_reads_a_secret(self):
        """Not masked on a form: not sent at all. It is made or entered, and signs."""
        door = self._door()
        self.assertEqual(len(door.sudo().secret), 43)
        mine = door.with_user(self.boss)
        for read in (
            lambda: mine.secret,
            lambda: mine.read(["secret"]),
            lambda: mine.web_read({"secret": {}}),
            lambda: mine.search([("secret", "=like", "a%")]),
        ):
            with self.assertRaises(AccessError):
                read()
        saved = mine.web_save({"secret_entered": "  theirs  "}, {"name": {}, "secret_entered": {}, "secret_date": {}})
        self.assertEqual((saved[0]["secret_entered"], bool(saved[0]["secret_date"])), (False, True))
        self.assertEqual(door.sudo().secret, "theirs")
        mine.write({"name": "Shop two", "secret_entered": False})
        self.assertEqual(door.sudo().secret, "theirs")
        shown = mine.action_new_secret()["params"]
        self.assertEqual((shown["secret"], shown["url"]), (door.sudo().secret, mine.url))
        self.assertEqual(len(shown["secret"]), 43)

    def test_a_secret_can_be_entered_with_a_new_door(self):
        doors = self.env["crm.request.door"].with_user(self.boss)
        values = {"name": "Shop", "source": "shop", "type_id": self.order_type.id, "user_id": self.robot.id}
        entered, made = doors.create([values | {"secret_entered": "theirs"}, values])
        self.assertEqual((entered.sudo().secret, len(made.sudo().secret)), ("theirs", 43))

    def test_a_copy_of_the_database_has_no_open_door(self):
        door = self._door()
        folder = self._door(kind="folder", folder="stall")
        path = Path(__file__).parent.parent / "data" / "neutralize.sql"
        self.env.flush_all()
        self.cr.execute(path.read_text())
        self.env.invalidate_all()
        shut = [(one.active, one.secret, one.folder) for one in (door | folder).sudo()]
        self.assertEqual(shut, [(False, False, False)] * 2)


@tagged("post_install", "-at_install")
class TestSignedMessages(DoorCommon, HttpCase):
    def setUp(self):
        super().setUp()
        self.door_in = self._door()
        self.door_in.sudo().secret = "s3cret"

    def _send(self, content, message_id="m1", at=0, secret="s3cret", mimetype="application/json", **headers):
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        timestamp = int(time.time()) + at
        headers = {
            "Content-Type": mimetype,
            "webhook-id": message_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": webhook.signature(secret, message_id, timestamp, body),
        } | headers
        return self.url_open(f"/crm_erp_bridge/door/{self.door_in.token}", data=body, headers=headers)

    def test_a_message_sent_twice_is_one_request(self):
        payload = {"partner": {"ref": "C-77"}, "lines": [{"product": "PRUNE", "quantity": 2}]}
        answers = [self._send(payload) for _sending in range(2)]
        self.assertEqual([answer.status_code for answer in answers], [200, 200])
        results = [answer.json()["results"][0] for answer in answers]
        request = self._made()
        self.assertEqual([result["status"] for result in results], ["created", "replayed"])
        self.assertEqual({result["id"] for result in results}, {request.id})
        self.assertEqual(
            (request.ext_key, request.create_uid, request.partner_id, request.type_id, request.phase),
            ("m1-1", self.robot, self.customer, self.order_type, "in_progress"),
        )
        other = self._send(payload | {"lines": []})
        self.assertEqual(other.status_code, 422)
        self.assertIn("was used before", other.json()["results"][0]["errors"][0]["message"])
        self.assertEqual(self._made(), request)

    def test_own_keys_and_a_foreign_source(self):
        """The door says who hands in: nobody takes the keys of another system."""
        payloads = {"payloads": [self._payload("A", source="erp"), self._payload("B", partner={"ref": "NOBODY"})]}
        results = self._send(payloads).json()["results"]
        self.assertEqual([(result["status"], result["source"]) for result in results],
                         [("created", "shop"), ("error", "shop")])  # fmt: skip
        self.assertEqual(self._made().mapped("ext_key"), ["A"])
        self.assertEqual(self._send(payloads, "m2").json()["results"][0]["status"], "replayed")

    def test_an_order_in_ubl_and_a_table(self):
        self.assertEqual(self._send(ORDER.encode(), mimetype="application/xml").status_code, 200)
        table = b"ext_key,customer_ref,product\nT1,C-77,PRUNE\n"
        self.assertEqual(self._send(table, "m2", mimetype="text/csv").status_code, 200)
        self.assertEqual(self._made().mapped("ext_key"), ["7300010000001:PO-34", "T1"])

    def test_who_does_not_know_the_secret_is_told_nothing(self):
        payload = self._payload("A")
        refused = [
            self._send(payload, secret="other"),
            self._send(payload, at=-301),
            self._send(payload, at=301),
            self._send(payload, **{"webhook-id": "m2"}),
            self._send(payload, **{"webhook-timestamp": "soon"}),
            self._send(payload, **{"webhook-signature": ""}),
        ]
        self.door_in.token = "elsewhere"
        refused.append(self.url_open("/crm_erp_bridge/door/nowhere", data=b"{}", headers={"webhook-id": "1"}))
        self.door_in.active = False
        refused.append(self._send(payload))
        self.door_in.active = True
        self.robot.sudo().active = False
        refused.append(self._send(payload))
        self.assertEqual({answer.status_code for answer in refused}, {401})
        self.assertEqual(len({answer.text for answer in refused}), 1)
        self.assertFalse(self._made())

    def test_the_window_and_a_second_signature(self):
        self.assertEqual(self._send(self._payload("A"), at=-290).status_code, 200)
        body, now = json.dumps(self._payload("B")).encode(), int(time.time())
        both = f"{webhook.signature('old', 'm2', now, body)} {webhook.signature('s3cret', 'm2', now, body)}"
        answer = self._send(
            self._payload("B"), "m2", **{"webhook-signature": both, "webhook-timestamp": str(now)}
        )
        self.assertEqual(answer.status_code, 200)

    def test_what_cannot_be_read(self):
        self.assertEqual(self._send(b"{").status_code, 400)
        self.assertEqual(self._send(b"x", mimetype="text/html").status_code, 415)
        self.assertEqual(self._send([]).json(), {"error": "The file is empty."})
        self.assertFalse(self._made())

    def test_what_is_published_is_what_is_there(self):
        root = Path(__file__).parent.parent / "static" / "schema"
        published = json.loads((root / "openapi.v1.json").read_text())
        self.assertEqual(
            set(published["paths"]),
            {"/crm_erp_bridge/door/{token}", "/json/2/crm.request/submit", "/json/2/crm.request/status"},
        )
        named = set(_references(published))
        self.assertEqual(
            {name for name in named if not name.startswith("#")},
            {"request.submit.v1.json", "request.result.v1.json", "request.status.v1.json", "event.v1.json"},
        )
        for name in named:
            if name.startswith("#"):
                place = published
                for part in name[2:].split("/"):
                    place = place[part]
            else:
                self.assertEqual(json.loads((root / name).read_text())["$id"], name)
        rows = json.loads((root / "request.row.v1.json").read_text())
        self.assertEqual(set(rows["properties"]), set(request_file.COLUMNS))
        self.assertEqual(self.url_open("/crm_erp_bridge/static/schema/openapi.v1.json").json(), published)


def _references(value):
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _references(item)


@tagged("post_install", "-at_install")
class TestFolder(DoorCommon):
    """Files of a point of sale that works off line."""

    def setUp(self):
        super().setUp()
        root = tempfile.TemporaryDirectory()
        self.addCleanup(root.cleanup)
        self.enterContext(patch.dict(config.options, {"crm_file_drop": root.name}))
        self.door_in = self._door(kind="folder", folder="stall")
        self.folder = Path(root.name) / self.env.cr.dbname / "stall"
        self.folder.mkdir(parents=True)

    def _lay(self, name, text, age=60):
        path = self.folder / name
        path.write_text(text)
        os.utime(path, (time.time() - age,) * 2)
        return path

    def _round(self):
        with self.enter_registry_test_mode():
            self.env.ref("crm_erp_bridge.ir_cron_door").method_direct_trigger()

    def _lies(self):
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file())

    def test_a_file_is_read_once_whatever_its_name(self):
        text = "ext_key,customer_ref,product\n1,C-77,PRUNE\n2,C-77,PRUNE\n"
        self._lay("monday.csv", text)
        self._round()
        self.assertEqual((self._lies(), self._made().mapped("ext_key")), (["done/monday.csv"], ["1", "2"]))
        self.assertEqual(self._made().create_uid, self.robot)
        [noted] = self.door_in.file_ids
        self.assertEqual((noted.state, noted.created_count, noted.error_count, noted.copies), ("done", 2, 0, 0))
        self._lay("monday.csv", text)
        self._lay("copy.csv", text)
        self._round()
        self.assertEqual(self._lies(), ["done/copy.csv", "done/monday-2.csv", "done/monday.csv"])
        self.assertEqual((len(self._made()), noted.copies, len(self.door_in.file_ids)), (2, 2, 1))

    def test_errors_lie_beside_the_file_and_are_mended(self):
        text = "ext_key,customer_ref,product\n1,C-77,PRUNE\n2,C-77,SHEARS\n"
        self._lay("a.csv", text)
        self._lay("b.xml", "<a/>")
        self._round()
        self.assertEqual(self._lies(), ["error/a.csv", "error/a.csv.txt", "error/b.xml", "error/b.xml.txt"])
        self.assertEqual(
            (self.folder / "error" / "a.csv.txt").read_text(),
            "Row 3: There is no product “SHEARS”. (lines[0].product)\n",
        )
        self.assertEqual(
            (self.folder / "error" / "b.xml.txt").read_text(), "The document is no UBL order but “a”.\n"
        )
        self.assertEqual((self._made().mapped("ext_key"), self.door_in.error_count), (["1"], 2))
        self.env["product.product"].create({"name": "Shears", "default_code": "SHEARS", "type": "service"})
        self._lay("a.csv", text)
        self._round()
        self.assertEqual(self._made().mapped("ext_key"), ["1", "2"])
        noted = self.door_in.file_ids.filtered(lambda file: file.name == "a.csv")
        self.assertEqual((noted.state, noted.note, noted.created_count), ("done", "", 2))

    def test_a_user_who_was_archived_opens_no_door(self):
        self._lay("a.csv", "ext_key,customer_ref,product\n1,C-77,PRUNE\n")
        self.robot.sudo().active = False
        self._round()
        self.assertEqual((self._lies(), len(self._made())), (["a.csv"], 0))
        self.robot.sudo().active = True
        self._round()
        self.assertEqual((self._lies(), len(self._made())), (["done/a.csv"], 1))

    def test_a_crash_before_the_file_was_moved(self):
        """The requests are committed, the file still lies there: it is put away and not read again."""
        path = self._lay("a.csv", "customer_ref,product\nC-77,PRUNE\n")
        self.assertEqual(self.door_in._read_file(path), ("done", ""))
        self.assertEqual(self._lies(), ["a.csv"])
        self._round()
        self.assertEqual((self._lies(), len(self._made())), (["done/a.csv"], 1))

    def test_what_is_left_alone(self):
        self._lay("young.csv", "product\nPRUNE\n", age=0)
        self._lay("half.csv.part", "product\nPRUNE\n")
        self._lay(".hidden.csv", "product\nPRUNE\n")
        (self.folder / "link.csv").symlink_to("/etc/hostname")
        self._round()
        self.assertEqual(self._lies(), [".hidden.csv", "half.csv.part", "link.csv", "young.csv"])
        self.assertFalse(self._made() or self.door_in.file_ids)

    def test_a_file_that_is_damaged_stops_no_other(self):
        """The beginning of the packed sheet was overwritten, the list of the archive is whole."""
        stream = io.BytesIO()
        book = Workbook()
        book.active.append(["ext_key", "customer_ref", "product"])
        for number in range(50):
            book.active.append([f"X{number}", "C-77", "PRUNE"])
        book.save(stream)
        content = bytearray(stream.getvalue())
        with zipfile.ZipFile(stream) as archive:
            start = archive.getinfo("xl/worksheets/sheet1.xml").header_offset + 30 + len("xl/worksheets/sheet1.xml")
        content[start : start + 40] = b"\xff" * 40
        path = self._lay("a.xlsx", "")
        path.write_bytes(content)
        os.utime(path, (time.time() - 60,) * 2)
        self._lay("b.csv", "ext_key,customer_ref,product,quantity\n1,C-77,PRUNE,2\n2,C-77,PRUNE,0.001\n")
        with mute_logger("odoo.sql_db"):
            self._round()
        self.assertEqual(self._lies(), ["error/a.xlsx", "error/a.xlsx.txt", "error/b.csv", "error/b.csv.txt"])
        self.assertEqual(self._made().mapped("ext_key"), ["1"])
        self.assertEqual(
            [(self.folder / "error" / name).read_text() for name in ("a.xlsx.txt", "b.csv.txt")],
            ["The file is no readable Excel file (.xlsx).\n", "Row 3: The quantity must be more than 0.\n"],
        )

    def test_what_nobody_foresaw_in_a_file_stops_no_other(self):
        self._lay("a.csv", "ext_key,customer_ref,product\n1,C-77,PRUNE\n")
        self._lay("b.json", "{}")
        read = request_file.read

        def broken(kind, content):
            if kind == "json":
                raise RecursionError("too deep")
            return read(kind, content)

        with patch.object(request_file, "read", broken), mute_logger(
            "odoo.addons.crm_erp_bridge.models.crm_request_door"
        ):
            self._round()
        self.assertEqual(self._lies(), ["done/a.csv", "error/b.json", "error/b.json.txt"])

    def test_a_folder_that_cannot_be_read_stops_no_other(self):
        self._door(name="Broken", kind="folder", folder="broken")
        (self.folder.parent / "broken").write_text("no folder")
        self._lay("a.csv", "ext_key,customer_ref,product\n1,C-77,PRUNE\n")
        with mute_logger("odoo.addons.crm_erp_bridge.models.crm_request_door"):
            self._round()
        self.assertEqual((self._lies(), len(self._made())), (["done/a.csv"], 1))
