from datetime import date, timedelta

from odoo import fields

from .contact_common import ContactCommon


class PrivacyCommon(ContactCommon):
    """An officer, and a customer who asks."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.officer = cls._create_user("officer", "crm_relations.group_privacy", email="officer@example.com")

    @classmethod
    def _file(cls, kind="access", user=None, partner=None, **values):
        return (
            cls.env["crm.privacy.request"]
            .with_user(user or cls.officer)
            .create({"kind": kind, "partner_id": (partner or cls.single).id, **values})
        )

    @classmethod
    def _identified(cls, kind="access", **values):
        request = cls._file(kind, **values)
        request.identity_method = "known"
        request.action_identify()
        return request

    def _mails(self, request):
        """Subjects of what the person was sent about a request, oldest first."""
        messages = request.sudo().message_ids.filtered(lambda one: request.partner_id in one.partner_ids)
        return messages.sorted("id").mapped("subject")

    @staticmethod
    def _today():
        return fields.Date.today()

    @staticmethod
    def _ago(days):
        return date.today() - timedelta(days=days)
