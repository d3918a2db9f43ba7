import logging
import os
import re
import secrets
import time
from pathlib import Path

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import config

from .. import const
from ..tools import request_file, webhook
from .crm_request_executor import RETRY_LATER, error_text

_logger = logging.getLogger(__name__)

FOLDER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
SETTLED_SECONDS = 5
"""A file younger than this may still be being written."""
REPLAY_SECONDS = 300
"""How far the clock of a message may be off; older ones are somebody's recording."""
TAKEN_SOURCES = (const.SCREEN, "portal", "mail", "file")


class CrmRequestDoor(models.Model):
    """By which other systems hand requests in without an account: signed messages, or a folder of files."""

    _name = "crm.request.door"
    _description = "Door for Requests"
    _inherit = ["mail.thread", "crm.erp.secret"]
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True, tracking=True)
    kind = fields.Selection(
        [("webhook", "Signed Messages"), ("folder", "Folder of Files")], required=True, default="webhook"
    )
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    source = fields.Char(
        required=True, tracking=True,
        help="Names the other system: with the key that it gives a request, it makes the request one of its kind.",
    )  # fmt: skip
    type_id = fields.Many2one(
        "crm.request.type", string="Usual Type", required=True, index=True, ondelete="restrict", check_company=True,
        help="Of requests that name none.",
    )  # fmt: skip
    user_id = fields.Many2one(
        "res.users", string="Handed In as", required=True, index=True, ondelete="restrict", tracking=True,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        help="A user of the group Integration: what comes in by this door bears the name.",
    )  # fmt: skip
    token = fields.Char(readonly=True, copy=False, default=lambda self: secrets.token_urlsafe(16))
    url = fields.Char(string="Address", compute="_compute_url")
    folder = fields.Char(copy=False, help="Name of the folder, below the place that the server's administrator chose.")
    path = fields.Char(string="On the Server", compute="_compute_path")
    date_last = fields.Datetime(string="Last Used", readonly=True, copy=False)
    file_ids = fields.One2many("crm.request.file", "door_id", string="Files", readonly=True)
    error_count = fields.Integer(string="Files with Errors", compute="_compute_error_count")

    _token_uniq = models.UniqueIndex("(token)", "This address is taken.")
    _folder_uniq = models.UniqueIndex("(folder) WHERE folder IS NOT NULL", "Another door reads this folder.")

    # === COMPUTE METHODS === #

    @api.depends("token")
    def _compute_url(self):
        for door in self:  # one by one: a door has a company, and that an address
            door.url = f"{door.get_base_url()}/crm_erp_bridge/door/{door.token}"

    @api.depends("folder")
    def _compute_path(self):
        for door in self:
            door.path = str(door._folder_path()) if door.folder else False

    def _compute_error_count(self):
        counts = dict(
            self.env["crm.request.file"]._read_group(
                [("door_id", "in", self.ids), ("state", "=", "error")], ["door_id"], ["__count"]
            )
        )
        for door in self:
            door.error_count = counts.get(door, 0)

    # === CONSTRAINTS === #

    @api.constrains("kind", "folder")
    def _check_folder(self):
        for door in self:
            if door.kind == "folder" and not FOLDER_NAME.fullmatch(door.folder or ""):
                raise ValidationError(
                    self.env._("Name the folder with letters, digits, “-” and “_”: it lies at a place of the server.")
                )

    @api.constrains("source")
    def _check_source(self):
        for door in self:
            if not door.source.strip() or len(door.source) > 64 or door.source in TAKEN_SOURCES:
                raise ValidationError(
                    self.env._(
                        "“%(name)s” cannot name another system: use a name of at most 64 characters of its own.",
                        name=door.source,
                    )
                )

    @api.constrains("user_id", "company_id")
    def _check_user(self):
        for door in self:
            user = door.user_id
            if not user.has_group("crm_erp_bridge.group_integration") or user.has_group("base.group_system"):
                raise ValidationError(
                    self.env._(
                        "%(user)s cannot be the user of a door: choose one of the group “Integration” that is no "
                        "administrator.",
                        user=user.name,
                    )
                )
            if door.company_id not in user.company_ids:
                raise ValidationError(
                    self.env._("%(user)s does not work in %(company)s.", user=user.name, company=door.company_id.name)
                )

    # === SIGNED MESSAGES === #

    @api.model
    def _find_signed(self, token, headers, body):
        """The door of a message, if it exists and the message was signed with its secret just now; else none.

        :param dict headers: ``webhook-id``, ``webhook-timestamp``, ``webhook-signature`` (of the Standard Webhooks)
        """
        # sudo: before the signature is checked nobody is logged in; a user who was archived opens no door
        door = self.sudo().search(
            [("token", "=", token), ("kind", "=", "webhook"), ("user_id.active", "=", True)], limit=1
        )
        genuine = webhook.is_genuine(
            door.secret or "", headers.get("webhook-id") or "", headers.get("webhook-timestamp") or "",
            headers.get("webhook-signature") or "", body, time.time(), REPLAY_SECONDS,
        )  # fmt: skip
        return door if door and genuine else self.browse()

    def _take_in(self, kind, content, **options):
        """Hand in the requests of a file or message of this door, in the name of its user.

        :return: the results, see ``crm.request._submit_file``
        """
        self.ensure_one()
        requests = self.env["crm.request"].with_user(self.user_id).with_context(
            allowed_company_ids=self.company_id.ids
        )
        defaults = {"source": self.source, "kind": self.type_id.code}
        return requests._submit_file(kind, content, defaults, **options)

    # === FOLDER === #

    def _folder_path(self):
        """Where the files of a door lie: below the server's ``crm_file_drop``, or in its data folder."""
        root = config.get("crm_file_drop") or os.path.join(config["data_dir"], "crm_file_drop")
        return Path(root) / self.env.cr.dbname / (self.folder or "")

    def _waiting_files(self):
        """Files to be read, by name; links, folders, parts of files and those still being written are left alone."""
        self.ensure_one()
        folder = self._folder_path()
        for name in ("done", "error"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        limit = time.time() - SETTLED_SECONDS
        return [
            path
            for path in sorted(folder.iterdir())
            if request_file.kind_of(path.name)
            and not path.name.startswith(".")
            and not path.is_symlink()
            and path.is_file()
            and path.stat().st_mtime <= limit
        ]

    @api.model
    def _cron_folders(self):
        """Read what lies in the folders: a file is noted and committed first, and moved then.

        A crash in between leaves a file that is known already: it is moved, and not read again.
        """
        progress = self.env["ir.cron"]
        for door in self.search([("kind", "=", "folder"), ("user_id.active", "=", True)]):
            try:
                paths = door._waiting_files()
            except OSError as error:
                _logger.warning("Folder of door %s: %s", door.name, error)
                continue
            for path in paths:
                try:
                    state, note = door._read_file(path)
                except RETRY_LATER as error:
                    self.env.cr.rollback()
                    self.env.transaction.reset()
                    _logger.info("File %s of door %s waits: %s", path.name, door.name, error)
                    continue
                except OSError as error:  # taken away meanwhile, or not ours to read
                    _logger.warning("File %s of door %s: %s", path.name, door.name, error)
                    continue
                going_on = progress._commit_progress(1)
                door._put_away(path, state, note)
                if not going_on:
                    return

    def _read_file(self, path):
        """Hand in one file, unless it was before.

        :return: ("done" or "error", what is wrong)
        """
        self.ensure_one()
        if path.stat().st_size > request_file.MAX_BYTES:
            limit = request_file.MAX_BYTES // 1024 // 1024
            return "error", self.env["crm.request"]._file_problem_text("size", str(limit))
        content = path.read_bytes()
        digest = request_file.digest(content)
        # sudo: the list of files is written by whoever reads them only
        known = (
            self.env["crm.request.file"].sudo().search([("door_id", "=", self.id), ("digest", "=", digest)], limit=1)
        )
        if known.state == "done":
            known.copies += 1
            return "done", ""
        requests = self.env["crm.request"]
        try:
            with self.env.cr.savepoint():
                results = self._take_in(request_file.kind_of(path.name), content)
            note = requests._results_text(results)
        except RETRY_LATER:
            raise
        except Exception as error:  # one bad file stops neither the others nor the other doors
            if not isinstance(error, UserError):
                _logger.exception("File %s of door %s", path.name, self.name)
            results, note = [], error_text(self.env, error)
        values = {
            "name": path.name,
            "state": "error" if note else "done",
            "note": note,
            "created_count": known.created_count + sum(result["status"] == "created" for result in results),
            "error_count": sum(result["status"] == "error" for result in results) or bool(note),
        }
        if known:
            known.write(values)
        else:
            known.create(values | {"door_id": self.id, "digest": digest})
        self.date_last = fields.Datetime.now()
        return values["state"], note

    def _put_away(self, path, state, note):
        """Move a file to ``done`` or ``error``; beside one with errors lies what is wrong."""
        target = path.parent / state / path.name
        number = 1
        while target.exists():
            number += 1
            target = path.parent / state / f"{path.stem}-{number}{path.suffix}"
        try:
            path.rename(target)
            if note:
                target.with_name(f"{target.name}.txt").write_text(f"{note}\n", encoding="utf-8")
        except OSError as error:  # known already: it is moved with the next round
            _logger.warning("File %s could not be moved: %s", path, error)

    # === ACTIONS === #

    def action_read_now(self):
        """Do not wait for the next round."""
        self.check_access("write")
        # sudo: scheduled jobs belong to the administrator
        self.env.ref("crm_erp_bridge.ir_cron_door").sudo()._trigger()
        return True

    def action_open_files(self):
        """The files that came by this door."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_erp_bridge.crm_request_file_action")
        return action | {"domain": [("door_id", "=", self.id)], "context": {}}
