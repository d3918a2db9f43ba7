from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from ..tools import duplicates

SCAN_BATCH = 200
SCAN_NOW = 1000


class CrmPartnerDuplicate(models.Model):
    """Two customers that may be one: found by the search, or told apart by somebody.

    A pair is written once, the smaller identifier first. "Not a duplicate" is
    remembered for ever, also when one side is merged into a third customer.
    """

    _name = "crm.partner.duplicate"
    _description = "Possible Duplicate"
    _order = "level, score desc, id"
    _rec_name = "partner_id"

    # a pair without one side says nothing: goes with the customer
    partner_id = fields.Many2one("res.partner", string="Customer", required=True, readonly=True, ondelete="cascade")
    other_id = fields.Many2one(
        "res.partner", string="Looks Like", required=True, readonly=True, index=True, ondelete="cascade"
    )
    partner_email = fields.Char(string="E-mail", compute="_compute_addresses", compute_sudo=True)
    partner_phone = fields.Char(string="Phone", compute="_compute_addresses", compute_sudo=True)
    other_email = fields.Char(string="Other E-mail", compute="_compute_addresses", compute_sudo=True)
    other_phone = fields.Char(compute="_compute_addresses", compute_sudo=True)
    level = fields.Selection(
        selection=[("1red", "Already exists"), ("2amber", "Very likely"), ("3grey", "Similar")],
        string="Likelihood",
        readonly=True,
    )
    score = fields.Float(string="Likeness of Names", digits=(3, 2), readonly=True, aggregator="max")
    reasons = fields.Char(readonly=True)
    reason_text = fields.Char(string="Because", compute="_compute_reason_text")
    state = fields.Selection(
        selection=[("open", "To decide"), ("distinct", "Not a duplicate")],
        default="open",
        required=True,
        readonly=True,
    )
    user_id = fields.Many2one("res.users", string="Decided by", readonly=True, ondelete="set null")
    date = fields.Datetime(string="Decided on", readonly=True)

    _pair_uniq = models.UniqueIndex("(partner_id, other_id)")
    _pair_order = models.Constraint("CHECK (partner_id < other_id)", "A pair is written with the older customer first.")
    _state_idx = models.Index("(state, level, score DESC, id)")

    # === COMPUTE METHODS === #

    # no dependency on the customers' fields: every customer that is created would look for pairs that follow it
    @api.depends("partner_id", "other_id")
    def _compute_addresses(self):
        for pair in self:
            pair.partner_email, pair.partner_phone = pair.partner_id.email, pair.partner_id.phone
            pair.other_email, pair.other_phone = pair.other_id.email, pair.other_id.phone

    @api.depends("reasons")
    def _compute_reason_text(self):
        for pair in self:
            pair.reason_text = ", ".join(self._reason_labels((pair.reasons or "").split(",")))

    @api.model
    def _reason_labels(self, codes):
        labels = {
            "vat": self.env._("same tax number"),
            "email": self.env._("same e-mail"),
            "phone": self.env._("same phone number"),
            "name": self.env._("same name"),
            "similar": self.env._("similar name"),
            "domain": self.env._("same e-mail domain"),
            "birthdate": self.env._("same birth date"),
            "zip": self.env._("same postal code"),
            "city": self.env._("same city"),
        }
        return [labels[code] for code in codes if code in labels]

    # === DECISIONS === #

    @api.model
    def _mark_distinct(self, partner, others):
        """Remember that these customers are not the same as the partner.

        :raises AccessError: when the user may not change customers or may not see one of these
        """
        self.env["res.partner"].check_access("write")
        (partner | others).check_access("read")
        values = [(*sorted((partner.id, other.id)), self.env.uid) for other in others if other != partner]
        if values:
            self.env.cr.execute_values(
                "INSERT INTO crm_partner_duplicate AS d (partner_id, other_id, state, user_id, date, create_uid, "
                "create_date, write_uid, write_date) VALUES %s ON CONFLICT (partner_id, other_id) DO UPDATE SET "
                "state = 'distinct', user_id = excluded.user_id, date = excluded.date, "
                "write_uid = excluded.write_uid, write_date = excluded.write_date",
                values,
                template="(%s, %s, 'distinct', %s, now() AT TIME ZONE 'UTC', {0}, now() AT TIME ZONE 'UTC', {0}, "
                "now() AT TIME ZONE 'UTC')".format(int(self.env.uid)),
            )
            self.invalidate_model()

    def action_distinct(self):
        for pair in self:
            self._mark_distinct(pair.partner_id, pair.other_id)

    def action_reopen(self):
        self.write({"state": "open", "user_id": False, "date": False})

    def action_merge(self):
        """Core's wizard with both customers chosen."""
        self.ensure_one()
        return (self.partner_id | self.other_id)._crm_action_merge()

    # === SEARCH OF THE WHOLE DATABASE === #

    @api.model
    def _drop_open(self, partner_ids):
        self.env.cr.execute(
            SQL(
                "DELETE FROM crm_partner_duplicate WHERE state = 'open' "
                "AND (partner_id IN %(ids)s OR other_id IN %(ids)s)",
                ids=tuple(partner_ids),
            )
        )
        self.invalidate_model()

    @api.model
    def _scan(self, limit=SCAN_BATCH):
        """Compare the next customers that were new or changed with all others.

        A fixed number of statements, whatever the limit.

        :return: how many customers were compared
        """
        keys = self.env["crm.partner.key"]
        self.env.cr.execute(
            SQL("SELECT partner_id FROM crm_partner_key WHERE checked IS NOT TRUE ORDER BY id LIMIT %s", limit)
        )
        ids = [row[0] for row in self.env.cr.fetchall()]
        if not ids:
            return 0
        pairs = keys._find_pairs(ids)
        parties = keys._parties({partner_id for pair in pairs for partner_id in pair})
        forms = self.env["crm.legal.form"]._compact_forms()
        self._drop_open(ids)
        found = []
        for first, second in sorted(pairs):
            (left, left_group), (right, right_group) = parties[first], parties[second]
            verdict = duplicates.judge(left, right, forms, related=left_group == right_group)
            if verdict:
                level = f"{duplicates.LEVELS.index(verdict.level) + 1}{verdict.level}"
                found.append((first, second, level, verdict.score, ",".join(verdict.reasons)))
        if found:
            self.env.cr.execute_values(
                "INSERT INTO crm_partner_duplicate (partner_id, other_id, level, score, reasons, state) VALUES %s "
                "ON CONFLICT (partner_id, other_id) DO UPDATE SET level = excluded.level, score = excluded.score, "
                "reasons = excluded.reasons",
                found,
                template="(%s, %s, %s, %s, %s, 'open')",
                page_size=len(found),
            )
        self.env.cr.execute(SQL("UPDATE crm_partner_key SET checked = TRUE WHERE partner_id IN %s", tuple(ids)))
        self.invalidate_model()
        return len(ids)

    @api.model
    def _remaining(self):
        self.env.cr.execute("SELECT count(*) FROM crm_partner_key WHERE checked IS NOT TRUE")
        return self.env.cr.fetchone()[0]

    @api.model
    def _cron_scan(self):
        """Make stale keys anew, then compare what is new or changed; in batches, each kept when done."""
        cron = self.env["ir.cron"]
        self.env["crm.partner.key"]._fill_missing()
        while done := self.env["crm.partner.key"]._refresh_stale():
            if not cron._commit_progress(done, remaining=self._remaining() + done):
                return
        while done := self._scan():
            if not cron._commit_progress(done, remaining=self._remaining()):
                return

    @api.model
    def action_scan_now(self):
        """Compare up to a thousand customers at once, the rest in the background.

        :raises AccessError: for readers
        """
        if not self.env.user.has_group("crm_relations.group_user"):
            raise AccessError(self.env._("You may look at possible duplicates, but not search for them."))
        count = 0
        while count < SCAN_NOW and (done := self._scan()):
            count += done
        remaining = self._remaining()
        if remaining:
            # sudo: anybody who may search may start the job that goes on with it
            self.env.ref("crm_relations.ir_cron_duplicates").sudo()._trigger()
            message = self.env._(
                "%(count)s customers compared; the other %(remaining)s follow in the background.",
                count=count,
                remaining=remaining,
            )
        else:
            message = self.env._("All new and changed customers are compared (%(count)s just now).", count=count)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    # === MERGE === #

    @api.model
    def _merge_prepare(self, src_partners, dst_partner):
        """Repoint pairs to the customer that stays: none is left between the merged, a decision outlives a guess."""
        ids = tuple((src_partners | dst_partner).ids)
        self.env.cr.execute(
            SQL(
                "DELETE FROM crm_partner_duplicate WHERE partner_id IN %(ids)s OR other_id IN %(ids)s "
                "RETURNING partner_id, other_id, state, user_id, date, level, score, reasons, create_uid, create_date",
                ids=ids,
            )
        )
        kept = {}
        for partner_id, other_id, state, *rest in self.env.cr.fetchall():
            pair = {dst_partner.id if side in ids else side for side in (partner_id, other_id)}
            if len(pair) == 2:
                pair = tuple(sorted(pair))
                if pair not in kept or state == "distinct":
                    kept[pair] = (*pair, state, *rest)
        if kept:
            self.env.cr.execute_values(
                "INSERT INTO crm_partner_duplicate (partner_id, other_id, state, user_id, date, level, score, reasons, "
                "create_uid, create_date) VALUES %s",
                list(kept.values()),
            )
        self.env.cr.execute(SQL("DELETE FROM crm_partner_key WHERE partner_id IN %s", tuple(src_partners.ids)))
        self.invalidate_model()
