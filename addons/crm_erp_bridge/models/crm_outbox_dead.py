from odoo import fields, models


class CrmOutboxDead(models.Model):
    """An event that a subscriber did not take after all tries; the ones behind it went on."""

    _name = "crm.outbox.dead"
    _description = "Undeliverable Event"
    _order = "id desc"
    _rec_name = "event_id"

    subscriber_id = fields.Many2one(
        "crm.outbox.subscriber", required=True, readonly=True, index=True, ondelete="cascade"
    )
    event_id = fields.Many2one("crm.outbox", required=True, readonly=True, index=True, ondelete="cascade")
    event_type = fields.Char(related="event_id.type")
    subject = fields.Char(related="event_id.subject")
    error = fields.Text(readonly=True)
    state = fields.Selection(
        [("dead", "Undelivered"), ("delivered", "Delivered"), ("skipped", "Skipped")],
        required=True,
        default="dead",
        readonly=True,
    )

    def action_replay(self):
        """Send them once more."""
        for dead in self.filtered(lambda dead: dead.state == "dead"):
            error = dead.subscriber_id._deliver(dead.event_id)
            # sudo: the list is written by the relay only
            dead.sudo().write({"error": error} if error else {"state": "delivered", "error": False})
        return True

    def action_skip(self):
        """Give them up."""
        self.check_access("read")
        # sudo: the list is written by the relay only; who may read it may decide
        self.sudo().filtered(lambda dead: dead.state == "dead").state = "skipped"
        return True
