from datetime import datetime

from .common import RelationsCommon

NOON = datetime(2026, 7, 1, 10)  # a Wednesday, 12:00 in Belgrade


class ContactCommon(RelationsCommon):
    """No rule but those of the test; customers in Belgrade."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.contact.rule"].search([]).active = False
        (cls.company_partner | cls.person | cls.single).write({"tz": "Europe/Belgrade"})
        cls.channel = {channel.code: channel for channel in cls.env["crm.contact.channel"].search([])}
        cls.company_partner.email = "office@vinograd.example.com"
        cls.person.email = "ana@vinograd.example.com"
        cls.single.write({"email": "ion@example.com", "phone": "+40 21 555 0100"})

    @classmethod
    def _rule(cls, condition, effect="refuse", **values):
        return cls.env["crm.contact.rule"].create(
            {"name": f"Rule {condition}", "condition": condition, "effect": effect, **values}
        )

    def _ask(self, partner, channel="phone", purpose="sales", at=NOON):
        return partner.with_user(self.agent)._crm_may_contact(channel, purpose, at)[partner.id]

    def _effect(self, *args, **kwargs):
        return self._ask(*args, **kwargs).effect

    def _log(self, partner):
        return [
            (entry.effect, entry.channel, entry.purpose, entry.user_id)
            for entry in self.env["crm.contact.decision"].search([("partner_id", "=", partner.id)], order="id")
        ]
