"""What the forms for complaints share: the portal's and the website's."""

import base64
import hashlib
import secrets

from odoo.http import request

from ..tools import payload as reader
from ..tools.file_names import safe_file_name
from ..tools.networks import network

MAX_FILES = reader.MAX_FILES
MAX_FILE_SIZE = reader.MAX_FILE_SIZE
PER_ADDRESS = 20
PER_NETWORK = 60
"""Complaints in an hour from one address of the Internet, and from its /24 or /64."""


class ComplaintForms:
    """Methods of a controller that takes complaints from a form into the ledger."""

    def _form_values(self, post, max_length):
        return {name: self._form_text(post.get(name)) for name in max_length}

    def _form_text(self, value):
        """What was typed; a file sent under the name of a text is none."""
        return value.replace("\x00", "").strip() if isinstance(value, str) else ""

    def _form_errors(self, values, files, max_length, required):
        """Messages by field name; empty when the form is fine."""
        errors = {name: request.env._("Please fill this in.") for name in required if not values[name]}
        for name, limit in max_length.items():
            if len(values[name]) > limit:
                errors[name] = request.env._("At most %(limit)s characters, please.", limit=limit)
        if len(files) > MAX_FILES:
            errors["files"] = request.env._("At most %(limit)s files, please.", limit=MAX_FILES)
        return errors

    def _form_files(self, errors):
        """Uploaded files as the ledger takes them; too large ones are noted in ``errors``."""
        uploaded = [file for file in request.httprequest.files.getlist("files") if file.filename]
        if errors or len(uploaded) > MAX_FILES:
            return uploaded
        files = []
        for file in uploaded:
            content = file.read(MAX_FILE_SIZE + 1)
            if len(content) > MAX_FILE_SIZE:
                errors["files"] = request.env._(
                    "A file is larger than %(size)s MB.", size=MAX_FILE_SIZE // 1024 // 1024
                )
            files.append({"name": safe_file_name(file.filename), "content": base64.b64encode(content).decode()})
        return files

    def _form_allowed(self, limits):
        """False when too much came from this address, its network or for the given keys within the hour."""
        address = request.httprequest.remote_addr or ""
        # sudo: visitors have no access to the counters
        return request.env["crm.complaint.rate"].sudo()._allow(
            {("address", address): PER_ADDRESS, ("network", network(address)): PER_NETWORK, **limits}
        )

    def _form_key(self, post):
        """The key of one showing of the form: sent twice, it is one complaint."""
        return self._form_text(post.get("form_key"))[:64] or secrets.token_hex(16)

    def _form_receive(self, channel, payload, key, verdict="human"):
        """Keep what a form sent and process it.

        :return: as ``crm.complaint.intake._receive_payload``
        """
        # the same form with other words is another complaint: who goes back and corrects it is not refused
        digest = hashlib.sha256(reader.canonical(payload)).hexdigest()
        # sudo: the door writes the ledger, visitors have no access to it
        intakes = request.env["crm.complaint.intake"].sudo()
        return intakes._receive_payload(
            intakes._payload_values(channel, payload, f"{key}:{digest}", verdict=verdict)
        )
