from odoo import api, fields, models
from odoo.tools import SQL

from .. import const

BATCH = 5000


class CrmPartnerGroup(models.Model):
    """Group I to IV of one customer: what the needs say, and what somebody decided instead.

    One narrow row per commercial entity, refreshed set-based, so that nothing
    is recomputed on the partner itself. The rules are those of
    ``tools/customer_group.py``; the SQL here says the same for all customers at
    once, and a test holds the two together.
    """

    _name = "crm.partner.group"
    _description = "Group of a Customer"
    _rec_name = "partner_id"

    partner_id = fields.Many2one("res.partner", string="Customer", required=True, ondelete="cascade", readonly=True)
    crm_group = fields.Selection(selection=const.CUSTOMER_GROUPS, string="Group", readonly=True, index=True)
    derived_group = fields.Selection(selection=const.CUSTOMER_GROUPS, string="Group from Needs", readonly=True)
    override_group = fields.Selection(selection=const.CUSTOMER_GROUPS, string="Group Set by Hand", readonly=True)
    override_reason = fields.Char(readonly=True)
    override_uid = fields.Many2one("res.users", string="Set by", readonly=True, ondelete="set null")
    override_date = fields.Datetime(string="Set on", readonly=True)
    votes_general = fields.Integer(readonly=True)
    votes_specific = fields.Integer(readonly=True)
    votes_uniform = fields.Integer(readonly=True)
    votes_variable = fields.Integer(readonly=True)

    _partner_uniq = models.Constraint("UNIQUE(partner_id)", "A customer has one group.")

    # === THE PORT === #

    @api.model
    def _vote_sources(self, of_customers):
        """What votes on the groups; addons add theirs (orders, contracts, ...).

        :param of_customers: function that makes the condition "is one of the customers asked for" of a column (SQL)
            with the commercial entity; a source that aggregates puts it inside, so that one customer costs little
        :return: ``{code: SQL}`` of SELECTs with the columns ``partner_id`` (commercial entity),
            ``requirement`` ('general', 'specific' or NULL) and ``stability`` ('uniform', 'variable' or NULL)
        """
        return {
            "need": SQL(
                "SELECT commercial_partner_id AS partner_id, requirement::varchar, stability::varchar "
                "FROM crm_need WHERE active AND state IN ('open', 'met') AND %s",
                of_customers(SQL("commercial_partner_id")),
            )
        }

    # === REFRESH === #

    @api.model
    def _refresh(self, partners=None):
        """Derive the groups anew: of some customers, or of all.

        Every need counts, also those that the current user may not see: a
        customer has one group, the same for every reader.

        :param partners: ``res.partner``; their commercial entities are meant
        """
        if partners is not None and not partners:
            return
        self.env["crm.need"].flush_model()
        self.env["res.partner"].flush_model(["commercial_partner_id"])
        self.flush_model()
        # sudo: the commercial entity may be out of the reader's sight
        ids = tuple(partners.sudo().commercial_partner_id.ids) if partners else ()
        self.env.execute_query(self._refresh_query(lambda column: SQL("%s IN %s", column, ids) if ids else SQL("TRUE")))
        self.invalidate_model()
        self.env["res.partner"].invalidate_model(["crm_group", "crm_group_reason"])

    def _refresh_query(self, of_customers):
        """The statement that derives groups for some customers.

        :param of_customers: see :meth:`_vote_sources`

        Worked example: needs (general, uniform), (general, NULL), (specific, variable) give 2:1 general, 1:1 and
        so variable: group II.
        """
        return SQL(
            """
            WITH vote AS (%(votes)s),
            tally AS ( -- votes per customer on both questions
                SELECT vote.partner_id,
                       count(*) FILTER (WHERE requirement = 'general') AS general,
                       count(*) FILTER (WHERE requirement = 'specific') AS specific,
                       count(*) FILTER (WHERE stability = 'uniform') AS uniform,
                       count(*) FILTER (WHERE stability = 'variable') AS variable
                  FROM vote
                  JOIN res_partner p ON p.id = vote.partner_id
                 WHERE %(only)s
              GROUP BY vote.partner_id
            ),
            derived AS ( -- customers without votes any more lose their derived group
                SELECT p.id AS partner_id,
                       COALESCE(general, 0) AS general, COALESCE(specific, 0) AS specific,
                       COALESCE(uniform, 0) AS uniform, COALESCE(variable, 0) AS variable,
                       CASE WHEN COALESCE(general + specific, 0) = 0 OR COALESCE(uniform + variable, 0) = 0 THEN NULL
                            WHEN specific >= general THEN CASE WHEN variable >= uniform THEN 'IV' ELSE 'III' END
                            ELSE CASE WHEN variable >= uniform THEN 'II' ELSE 'I' END
                        END AS derived_group
                  FROM res_partner p
             LEFT JOIN tally ON tally.partner_id = p.id
             LEFT JOIN crm_partner_group had ON had.partner_id = p.id
                 WHERE %(only)s AND (tally.partner_id IS NOT NULL OR had.id IS NOT NULL)
            )
            INSERT INTO crm_partner_group AS kept (
                partner_id, crm_group, derived_group, votes_general, votes_specific, votes_uniform, votes_variable,
                create_uid, create_date, write_uid, write_date
            )
            SELECT partner_id, derived_group, derived_group, general, specific, uniform, variable,
                   %(uid)s, %(now)s, %(uid)s, %(now)s
              FROM derived
          ORDER BY partner_id
       ON CONFLICT (partner_id) DO UPDATE
               SET crm_group = COALESCE(kept.override_group, EXCLUDED.derived_group),
                   derived_group = EXCLUDED.derived_group,
                   votes_general = EXCLUDED.votes_general, votes_specific = EXCLUDED.votes_specific,
                   votes_uniform = EXCLUDED.votes_uniform, votes_variable = EXCLUDED.votes_variable,
                   write_uid = EXCLUDED.write_uid, write_date = EXCLUDED.write_date
             WHERE (kept.crm_group, kept.derived_group, kept.votes_general, kept.votes_specific, kept.votes_uniform,
                    kept.votes_variable)
                   IS DISTINCT FROM
                   (COALESCE(kept.override_group, EXCLUDED.derived_group), EXCLUDED.derived_group,
                    EXCLUDED.votes_general, EXCLUDED.votes_specific, EXCLUDED.votes_uniform, EXCLUDED.votes_variable)
         RETURNING partner_id
            """,
            votes=SQL(" UNION ALL ").join(self._vote_sources(of_customers).values()),
            only=of_customers(SQL("p.id")),
            uid=self.env.uid,
            now=self.env.cr.now(),
        )

    @api.model
    def _cron_refresh(self):
        """All customers in batches of identifiers: what time or other addons changed comes in here."""
        limits = self.env.execute_query(
            SQL(
                "SELECT max(id) FROM (SELECT id, (row_number() OVER (ORDER BY id) - 1) / %s AS batch FROM res_partner "
                "WHERE id = commercial_partner_id) AS numbered GROUP BY batch ORDER BY 1",
                BATCH,
            )
        )
        start = 0
        self.env["ir.cron"]._commit_progress(remaining=len(limits))
        for (end,) in limits:
            self.env["crm.need"].flush_model()
            self.env.execute_query(
                self._refresh_query(
                    lambda column, start=start, end=end: SQL("%s > %s AND %s <= %s", column, start, column, end)
                )
            )
            start = end
            if not self.env["ir.cron"]._commit_progress(1):
                break
        self.invalidate_model()

    # === OVERRIDE === #

    @api.model
    def _override(self, partner, group, reason):
        """Set the group of a customer by hand, or let the needs decide again.

        :param partner: one ``res.partner``; its commercial entity is meant
        :param group: 'I' to 'IV', or False to derive it again
        :param str reason: why; written to the customer's chatter with old and new value
        """
        partner = partner.commercial_partner_id
        # sudo: rows are written by this method and the refresh only, never by hand
        row = self.sudo().search([("partner_id", "=", partner.id)])
        old = row.crm_group
        values = {
            "override_group": group,
            "override_reason": reason if group else False,
            "override_uid": self.env.uid if group else False,
            "override_date": fields.Datetime.now() if group else False,
        }
        row = row or row.create({"partner_id": partner.id})
        row.write(values | {"crm_group": group or row.derived_group})
        labels = dict(self._fields["crm_group"]._description_selection(self.env)) | {False: self.env._("none")}
        partner.message_post(
            body=self.env._(
                "Customer group: %(old)s → %(new)s. %(reason)s",
                old=labels[old],
                new=labels[row.crm_group],
                reason=reason,
            ),
            subtype_xmlid="mail.mt_note",
        )
        self.env["res.partner"].invalidate_model(["crm_group", "crm_group_reason"])
        return row.sudo(False)
