from odoo import Command, api, fields, models
from odoo.exceptions import UserError, ValidationError

INTERNAL = "base.group_user"


class CrmComplaint(models.Model):
    """Complaints that have to do with each other: parts of one, the same one twice, one that is like another."""

    _inherit = "crm.complaint"

    parent_id = fields.Many2one(
        "crm.complaint", string="Part of", index="btree_not_null", ondelete="restrict", check_company=True,
        copy=False, groups=INTERNAL, tracking=True, help="The complaint that this one was split from or belongs to.",
    )  # fmt: skip
    child_ids = fields.One2many("crm.complaint", "parent_id", string="Parts", groups=INTERNAL)
    related_ids = fields.Many2many(
        "crm.complaint", "crm_complaint_related_rel", "complaint_id", "related_id",
        string="Has to Do with", copy=False, groups=INTERNAL,
    )  # fmt: skip
    merged_into_id = fields.Many2one(
        "crm.complaint", string="Merged into", index="btree_not_null", ondelete="restrict", readonly=True,
        copy=False, groups=INTERNAL,
    )  # fmt: skip
    merged_ids = fields.One2many("crm.complaint", "merged_into_id", string="Merged Complaints", groups=INTERNAL)

    # === CONSTRAINTS === #

    @api.constrains("parent_id")
    def _check_parent(self):
        if self._has_cycle():
            raise ValidationError(self.env._("A complaint cannot be a part of itself."))

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        complaints = super().create(vals_list)
        complaints.filtered("related_ids")._mirror_related({})
        return complaints

    def write(self, vals):
        if "related_ids" not in vals:
            return super().write(vals)
        before = {complaint: complaint.related_ids for complaint in self}
        result = super().write(vals)
        self._mirror_related(before)
        return result

    def _mirror_related(self, before):
        """A relation reads the same from both ends."""
        for complaint in self:
            old = before.get(complaint, self.browse())
            # sudo: the other end may be a complaint the user only knows the number of
            for other in (complaint.related_ids - old).sudo():
                other._write_mirrored([Command.link(complaint.id)])
            for other in (old - complaint.related_ids).sudo():
                other._write_mirrored([Command.unlink(complaint.id)])

    def _write_mirrored(self, commands):
        """The other end of a relation, without mirroring it back."""
        # not self.write: it would
        return super().write({"related_ids": commands})  # pylint: disable=super-method-mismatch

    # === CLOSING === #

    def _check_move(self, current, target, stage, reason):
        super()._check_move(current, target, stage, reason)
        survivor = self.sudo().merged_into_id  # sudo: merged into one that the user may not see is merged all the same
        if survivor and target.phase != "closed":
            raise UserError(
                self.env._("%(complaint)s was merged into %(survivor)s: go on there.",
                           complaint=self.display_name, survivor=survivor.code)
            )  # fmt: skip
        if target.phase == "closed":
            # sudo: parts that the user may not read keep the whole open too
            waiting = self.sudo().child_ids.filtered(lambda child: child.phase != "closed")
            if waiting:
                raise UserError(
                    self.env._("%(complaint)s has open parts: %(parts)s.",
                               complaint=self.display_name, parts=", ".join(waiting.mapped("code")))
                )  # fmt: skip

    # === MERGING === #

    def _survivor(self):
        """The complaint that this one lives on in; itself unless merged."""
        self.ensure_one()
        complaint = self
        while complaint.merged_into_id:
            complaint = complaint.merged_into_id
        return complaint

    def _merge_into(self, target):
        """Merge complaints into another: the earliest receipt counts, and nothing that was said is lost.

        Messages, files, activities, points, ledger rows, followers, open promises, what was paid and what it cost go
        to the target; the merged complaints keep their numbers, are closed as withdrawn and archived.

        :param target: one ``crm.complaint``
        :raises UserError: when that would make a circle, or mix companies or complainants
        """
        target.ensure_one()
        sources = self - target
        sources._check_merge(target)
        (sources | target).check_access("write")
        (sources | target)._lock_clocks()
        # sudo: what hangs on the complaints follows them, whoever may read the single parts
        sources, target = sources.sudo(), target.sudo()
        received = min((sources | target).mapped("date_received"))
        # of each other, too: the merged ones name the complaint they went to
        (sources | target).accused_user_ids = (sources | target).accused_user_ids
        target.write(
            {
                "date_received": received,
                "related_ids": [Command.link(other.id) for other in sources.related_ids - target - sources],
                "safety_risk": target.safety_risk or any(sources.mapped("safety_risk")),
                "is_vulnerable": target.is_vulnerable or any(sources.mapped("is_vulnerable")),
                **self._merge_contact(sources, target),
            }
        )
        target._take_acknowledgement(sources)
        names = ", ".join(f"{source.code} {source.name}" for source in sources)
        for source in sources:
            source._move_belongings(target)
        for source in sources.filtered(lambda complaint: complaint.phase != "closed"):
            source._move_to(
                "closed", "withdrawn", self.env._("Merged into %(complaint)s.", complaint=target.code)
            )
        sources._write_move({"merged_into_id": target.id, "active": False})
        target.message_post(body=self.env._("Merged: %(complaints)s", complaints=names), subtype_xmlid="mail.mt_note")
        target._sync_clocks()

    def message_post(self, **kwargs):
        """What the customer writes on the page of a merged complaint reaches the one that goes on, as mails do."""
        self.ensure_one()
        survivor = self.sudo()._survivor()  # sudo: the customer does not see that it was merged
        if survivor != self and not self.env.user._is_internal():
            return survivor.with_env(self.env).message_post(**kwargs)
        return super().message_post(**kwargs)

    def _check_merge(self, target):
        if not self:
            raise UserError(self.env._("Choose at least two complaints to merge."))
        # sudo: merged into one that the user may not see is merged all the same
        if gone := (self | target).filtered(lambda complaint: complaint.sudo().merged_into_id):
            raise UserError(
                self.env._("Already merged into another: %(complaints)s.",
                           complaints=", ".join(gone.mapped("display_name")))
            )  # fmt: skip
        if len((self | target).company_id) > 1:
            raise UserError(self.env._("Complaints of different companies are not merged: each has its register."))
        if (self | target)._has_several_complainants():
            raise UserError(
                self.env._(
                    "Complaints of different complainants are not merged: each would read what the other wrote. "
                    "Link them instead."
                )
            )

        self._check_stage_of_merge(target)
        if target.phase == "closed" and any(complaint.phase != "closed" for complaint in self):
            raise UserError(
                self.env._("%(complaint)s is closed: let an open one go on, or reopen it first.",
                           complaint=target.display_name)
            )  # fmt: skip

    def _take_second_stage(self, whole):
        """Who handled the first stage of the whole does not answer a part of it either."""
        if whole.is_review:
            self._write_move(
                {
                    "is_review": True,
                    "date_review": whole.date_review,
                    "first_handler_ids": [Command.set(whole.first_handler_ids.ids)],
                    "first_decision": whole.first_decision,
                }
            )

    def _take_acknowledgement(self, sources):
        """As the earliest receipt counts, so does the earliest acknowledgement: the customer was told once."""
        first = sources.filtered("date_acknowledged").sorted("date_acknowledged")[:1]
        if not first or (self.date_acknowledged and self.date_acknowledged <= first.date_acknowledged):
            return
        names = ("date_acknowledged", "acknowledge_channel", "acknowledge_user_id")
        self._write_move({name: first._fields[name].convert_to_write(first[name], first) for name in names})
        if self.phase == "received":
            self._move_to("acknowledged")
        for clock in self.clock_ids.filtered(lambda one: one.rule_id.stop_event == "acknowledged" and one.date_stop):
            clock.date_stop = self.date_acknowledged
            clock._judge_again(clock.date_start, {})

    def _check_stage_of_merge(self, target):
        # sudo: whose turn it is is nobody's to hide
        if self.sudo().filtered("is_review") and not target.sudo().is_review:
            raise UserError(
                self.env._("%(complaint)s is in its second stage: let it go on, for who answers it is another person.",
                           complaint=self.sudo().filtered("is_review")[0].display_name)
            )  # fmt: skip

    def _has_several_complainants(self):
        """True when they are of different customers; who was not made a contact is known by the address."""
        linked = self.filtered("partner_id")
        addresses = set((self - linked).mapped("email_normalized")) - {False}
        if not linked:
            return len(addresses) > 1
        # sudo: an address of the complainant, whoever may read the contact
        known = {*linked.mapped("email_normalized"), *linked.sudo().partner_id.mapped("email_normalized")}
        return len(linked.partner_id) > 1 or bool(addresses - known)

    def _merge_contact(self, sources, target):
        """What the target does not know and a merged one does."""
        names = (
            "partner_id", "phone", "email_from", "representative_id", "representative_authority", "vulnerability_note",
            "reference", "product_id", "product_reference", "category_id", "cause_id", "remedy_sought", "severity",
        )  # fmt: skip
        found = {}
        for name in names:
            if not target[name] and (source := sources.filtered(name)[:1]):
                value = source[name]
                found[name] = value.id if isinstance(value, models.BaseModel) else value
        if target.partner_id.id == found.get("representative_id"):
            found.pop("representative_id", None)  # nobody represents himself
        return found

    def _move_belongings(self, target):
        """Everything that hangs on a merged complaint goes on with the other one."""
        self.ensure_one()
        description = self.description
        if description:
            target.message_post(
                body=description,
                subject=self.display_name,
                author_id=self.partner_id.id or target.partner_id.id or self.env.user.partner_id.id,
                message_type="comment",
                subtype_xmlid="mail.mt_note",
            )
        self.message_ids.filtered(lambda message: message.message_type != "notification").write({"res_id": target.id})
        own = [("res_model", "=", self._name), ("res_id", "=", self.id), ("res_field", "=", False)]
        self.env["ir.attachment"].search(own).write({"res_id": target.id})
        self.activity_ids.write({"res_id": target.id})
        self.intake_ids.complaint_id = target
        self.point_ids.complaint_id = target
        self.child_ids.parent_id = target
        # what was promised has to be kept, and what was paid counts once, with the limits of the one that goes on
        self.promise_ids.filtered(lambda promise: promise.state == "open").complaint_id = target
        self.remedy_ids.filtered(lambda remedy: remedy.state != "proposed")._write_step({"complaint_id": target.id})
        target.action_ids |= self.action_ids
        target.cost += self.cost
        self.cost = 0
        target.message_subscribe(self.message_partner_ids.ids)
        if self.user_id and not target.user_id:
            target.user_id = self.user_id

    # === SPLITTING === #

    def _split(self, points, name):
        """A complaint of its own for some points: same complainant, same receipt, part of this one.

        :param points: ``crm.complaint.point`` of this complaint
        :param str name: what the new complaint is called
        :return: the new ``crm.complaint``
        :raises UserError: without points, or when nothing would stay behind
        """
        self.ensure_one()
        if not points or points.complaint_id != self:
            raise UserError(self.env._("Choose points of this complaint."))
        if points == self.point_ids:
            raise UserError(self.env._("At least one point stays with the complaint."))
        copied = (
            "partner_id", "partner_name", "email_from", "phone", "lang", "representative_id",
            "representative_authority", "channel", "reference", "product_id", "category_id", "severity",
            "team_id", "user_id", "date_received", "safety_risk", "is_vulnerable", "vulnerability_note",
        )  # fmt: skip
        values = {field: self._fields[field].convert_to_write(self[field], self) for field in copied}
        # the customer knows of the whole already: no second acknowledgement
        part = self.with_context(complaint_silent=True).create(
            values
            | {
                "name": name or points[0].name,
                "parent_id": self.id,
                # sudo: those complained about are hidden from most, the part keeps them
                "accused_user_ids": [Command.set(self.sudo().accused_user_ids.ids)],
                "company_id": self.company_id.id,
            }
        )
        points.complaint_id = part
        # sudo: written by the workflow; what was said to the customer of the whole was said of the part
        part.sudo()._take_acknowledgement(self.sudo())
        part.sudo()._take_second_stage(self.sudo())
        if self.date_acknowledged:
            note = self.env._("with %(complaint)s", complaint=self.code)
            part.message_post(body=self.env._("Acknowledged: %(note)s", note=note), subtype_xmlid="mail.mt_note")
        self.message_post(body=self.env._("Split off: %(part)s", part=part.display_name), subtype_xmlid="mail.mt_note")
        return part

    # === ACTIONS === #

    def action_open_survivor(self):
        return self._survivor()._get_records_action()
