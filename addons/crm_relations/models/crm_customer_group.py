from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from .. import const


class CrmCustomerGroup(models.Model):
    """Customers that belong together: chosen one by one, or found by a condition.

    The members of a dynamic group are kept in a table of their own and
    refreshed by cron, so that groups cost nothing when customers are read,
    filtered, grouped or written to.
    """

    _name = "crm.customer.group"
    _description = "Customer Group"
    _inherit = ["crm.saved.domain", "mail.thread"]
    _order = "name, id"

    name = fields.Char(required=True, translate=True, tracking=True)
    active = fields.Boolean(default=True)
    color = fields.Integer()
    kind = fields.Selection(
        selection=const.GROUP_KINDS,
        required=True,
        default="static",
        tracking=True,
        help="Chosen: members are put in one by one. Dynamic: whoever fulfils the condition is a member.",
    )
    domain = fields.Char(tracking=True)
    description = fields.Text(help="What the group is for.")
    member_ids = fields.One2many("crm.customer.group.member", "group_id", string="Members", copy=False)
    member_count = fields.Integer(string="Number of Members", compute="_compute_member_count")
    date_refreshed = fields.Datetime(string="Refreshed On", readonly=True, copy=False)
    refresh_error = fields.Char(readonly=True, copy=False)

    # === COMPUTE METHODS === #

    @api.depends("member_ids")
    def _compute_member_count(self):
        members = self.env["crm.customer.group.member"]
        counts = dict(members._read_group([("group_id", "in", self.ids)], ["group_id"], ["__count"]))
        for group in self:
            group.member_count = counts.get(group._origin, 0)

    # === CONSTRAINTS === #

    @api.constrains("domain", "company_id", "owner_id", "kind")
    def _check_domain(self):
        super()._check_domain()
        for group in self:
            if group.kind == "dynamic" and not group._parse_domain():
                raise ValidationError(
                    self.env._("A dynamic group needs a condition: without one, everybody would be a member.")
                )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        groups = super().create(vals_list)
        groups._refresh_members()
        return groups

    def write(self, vals):
        result = super().write(vals)
        if not {"kind", "active", *self._domain_fields()}.isdisjoint(vals):
            self._refresh_members()
        return result

    @api.model
    def _domain_fields(self):
        return super()._domain_fields() | {"kind"}

    # === MEMBERS === #

    def _refresh_members(self):
        """Make the members of dynamic groups those whom their owners find now.

        Who stays keeps the date since when; a condition that does not run any more changes nobody, and the group
        says so.
        The same number of queries for any number of members.
        """
        groups = self.filtered(lambda group: group.kind == "dynamic" and group.active)
        for group in groups:
            # sudo: date and error of a refresh are nobody's input
            status = group.sudo().with_context(mail_notrack=True)
            try:
                query = group._partner_query()
            except ValidationError as error:
                status.write({"refresh_error": error.args[0], "date_refreshed": fields.Datetime.now()})
                continue
            group._replace_members(query)
            status.write({"refresh_error": False, "date_refreshed": fields.Datetime.now()})
        if groups:
            self.env["crm.customer.group.member"].invalidate_model()
            self.env["res.partner"].invalidate_model(["crm_customer_group_ids"])
            self.invalidate_recordset(["member_ids", "member_count"])

    def _replace_members(self, query):
        """Two statements: who came, who left. A restricted customer neither comes nor leaves."""
        self.env["crm.customer.group.member"].flush_model()
        self.env["res.partner"].flush_model(["crm_restricted"])
        values = {
            "group": self.id,
            "found": query.subselect(),
            "today": fields.Date.today(),
            "uid": self.env.uid,
            "now": self.env.cr.now(),
        }
        self.env.execute_query(
            SQL(
                """
                INSERT INTO crm_customer_group_member
                       (group_id, partner_id, date_since, create_uid, create_date, write_uid, write_date)
                SELECT %(group)s, found.id, %(today)s, %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM res_partner found
                 WHERE found.id IN %(found)s AND found.crm_restricted IS NOT TRUE
              ORDER BY found.id
           ON CONFLICT (group_id, partner_id) DO NOTHING
             RETURNING 1
                """,
                **values,
            )
        )
        self.env.execute_query(
            SQL(
                "DELETE FROM crm_customer_group_member WHERE group_id = %(group)s AND partner_id NOT IN %(found)s "
                "AND partner_id NOT IN (SELECT id FROM res_partner WHERE crm_restricted) RETURNING 1",
                **values,
            )
        )

    @api.model
    def _cron_refresh(self):
        """Refresh all dynamic groups, one transaction each, longest unrefreshed first."""
        groups = self.search([("kind", "=", "dynamic")], order="date_refreshed nulls first, id")
        self.env["ir.cron"]._commit_progress(remaining=len(groups))
        for group in groups:
            group = group.try_lock_for_update(allow_referencing=True).filtered("active")
            group._refresh_members()
            if not self.env["ir.cron"]._commit_progress(1):
                break

    # === ACTIONS === #

    def action_refresh(self):
        """Refresh now.

        :raises UserError: when a condition does not run
        """
        self.check_access("write")
        for group in self.filtered(lambda group: group.kind == "dynamic"):
            group._partner_query()  # says what is wrong to who pressed the button
        self._refresh_members()

    def action_members(self):
        """The members as customers: to filter, group, write to or export."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("contacts.action_contacts")
        return action | {
            "name": self.env._("Members of %(group)s", group=self.name),
            "domain": [("crm_customer_group_ids", "in", self.ids)],
            "context": {},
            "view_mode": "list,kanban,form",
            "views": [(False, "list"), (False, "kanban"), (False, "form")],
            "path": False,
        }
