from datetime import datetime, time

from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.sql import column_exists, create_column, table_exists

from .. import const
from ..tools.timeline import index_expression


class MailActivity(models.Model):
    """The customer of an activity, kept beside it.

    An activity names its document by model and id. To read the activities of
    one customer in order of time, the customer and the moment are stored here:
    otherwise every document of the customer has to be asked.
    """

    _inherit = "mail.activity"

    crm_partner_id = fields.Many2one(
        "res.partner",
        string="Customer's Person",
        compute="_compute_crm_partner_id",
        compute_sudo=True,
        store=True,
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    crm_commercial_partner_id = fields.Many2one(
        "res.partner",
        string="Activity of Customer",
        compute="_compute_crm_commercial_partner_id",
        compute_sudo=True,
        store=True,
        readonly=True,
        ondelete="set null",
    )
    crm_date = fields.Datetime(
        string="Moment on the Timeline",
        compute="_compute_crm_date",
        store=True,
        help="Noon of the day on which it was done, else of the day on which it is due: "
        "an activity has a day, not a time, and noon keeps the day in nearly all time zones.",
    )

    _crm_timeline_idx = models.Index("(crm_commercial_partner_id, crm_date DESC, id DESC)")
    _crm_person_idx = models.Index("(crm_partner_id, crm_date DESC, id DESC) WHERE crm_partner_id IS NOT NULL")
    _crm_timeline_id_idx = models.Index(index_expression(const.SLOT_ACTIVITY))

    # === COMPUTE METHODS === #

    @api.model
    def _crm_partner_fields(self):
        """Which field of a document names the customer of its activities.

        :return: ``{model: name of a stored many2one, or "id"}``
        """
        return {"res.partner": "id", "crm.lead": "partner_id", "crm.interaction": "person_id"}

    @api.depends("res_model", "res_id")
    def _compute_crm_partner_id(self):
        names = self._crm_partner_fields()
        for model, activities in self.grouped("res_model").items():
            if model not in names:
                activities.crm_partner_id = False
                continue
            documents = self.env[model].with_context(active_test=False).browse(activities.mapped("res_id")).exists()
            found = {document.id: document[names[model]] for document in documents}
            for activity in activities:
                activity.crm_partner_id = found.get(activity.res_id)

    @api.depends("crm_partner_id.commercial_partner_id")
    def _compute_crm_commercial_partner_id(self):
        for activity in self:
            activity.crm_commercial_partner_id = activity.crm_partner_id.commercial_partner_id

    @api.depends("date_done", "date_deadline")
    def _compute_crm_date(self):
        for activity in self:
            day = activity.date_done or activity.date_deadline
            activity.crm_date = day and datetime.combine(day, time(12))

    @api.model
    def _crm_refresh_partner(self, documents):
        """Follow documents that were given to another customer."""
        activities = self.sudo().with_context(active_test=False)  # sudo: also those of other people, and done ones
        activities = activities.search([("res_model", "=", documents._name), ("res_id", "in", documents.ids)])
        activities.modified(["res_id"])

    def _auto_init(self):
        """Fill the columns of what is there already by one statement each, not record by record."""
        cr = self.env.cr
        if column_exists(cr, "mail_activity", "crm_partner_id"):
            return super()._auto_init()
        create_column(cr, "mail_activity", "crm_partner_id", "int4")
        create_column(cr, "mail_activity", "crm_commercial_partner_id", "int4")
        create_column(cr, "mail_activity", "crm_date", "timestamp")
        cr.execute(
            "UPDATE mail_activity SET crm_date = COALESCE(date_done, date_deadline)::timestamp + interval '12 hours'"
        )
        for model, name in MailActivity._crm_partner_fields(self).items():
            table = model.replace(".", "_")
            if not table_exists(cr, table) or not column_exists(cr, table, name):
                continue
            cr.execute(
                SQL(
                    "UPDATE mail_activity a "
                    "SET crm_partner_id = p.id, crm_commercial_partner_id = p.commercial_partner_id "
                    "FROM %s d JOIN res_partner p ON p.id = d.%s WHERE a.res_model = %s AND a.res_id = d.id",
                    SQL.identifier(table),
                    SQL.identifier(name),
                    model,
                )
            )
        return super()._auto_init()
