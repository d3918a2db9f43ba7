from odoo import api, fields, models
from odoo.exceptions import ValidationError


class CrmComplaintCause(models.Model):
    """Why it went wrong, as a tree. The category says what the customer complains about, the cause what made it."""

    _name = "crm.complaint.cause"
    _description = "Complaint Cause"
    _parent_store = True
    _parent_name = "parent_id"
    _order = "complete_name, id"
    _rec_name = "complete_name"

    name = fields.Char(required=True, translate=True)
    complete_name = fields.Char(compute="_compute_complete_name", store=True, recursive=True)
    parent_id = fields.Many2one("crm.complaint.cause", index=True, ondelete="restrict")
    parent_path = fields.Char(index=True)
    child_ids = fields.One2many("crm.complaint.cause", "parent_id", string="Narrower Causes")
    department_id = fields.Many2one(
        "crm.complaint.department", string="Responsible Department", index="btree_not_null", ondelete="set null"
    )
    description = fields.Text(translate=True, help="How to recognise it, for the person who investigates.")
    active = fields.Boolean(default=True)
    complaint_count = fields.Integer(
        string="Complaints", compute="_compute_complaint_count", help="With all narrower causes."
    )

    # === COMPUTE METHODS === #

    @api.depends("name", "parent_id.complete_name")
    def _compute_complete_name(self):
        for cause in self:
            parent = cause.parent_id.complete_name
            cause.complete_name = f"{parent} / {cause.name}" if parent else cause.name

    @api.depends("name", "parent_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        """The path in the reader's language; the stored one is for ordering only."""
        for cause in self:
            names, node = [], cause
            while node:
                names.append(node.name or "")
                node = node.parent_id
            cause.display_name = " / ".join(reversed(names))

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_complaint_count(self):
        counts = {}
        complaints = self.env["crm.complaint"]
        if self.ids and complaints.has_access("read"):
            for cause, count in complaints._read_group([("cause_id", "child_of", self.ids)], ["cause_id"], ["__count"]):
                for ancestor in (cause.parent_path or "").strip("/").split("/"):
                    counts[int(ancestor)] = counts.get(int(ancestor), 0) + count
        for cause in self:
            cause.complaint_count = counts.get(cause._origin.id, 0)

    # === CONSTRAINTS === #

    @api.constrains("parent_id")
    def _check_parent(self):
        if self._has_cycle():
            raise ValidationError(self.env._("A cause cannot be its own parent."))

    # === ACTIONS === #

    def action_view_complaints(self):
        """The complaints with this cause or a narrower one."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_complaints.crm_complaint_action")
        action.update(
            domain=[("cause_id", "child_of", self.id)],
            context={"default_cause_id": self.id},
            view_mode="list,kanban,form,graph,pivot,calendar,activity",
        )
        action["views"] = sorted(action["views"], key=lambda view: view[1] != "list")
        return action
