import psycopg2

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL, mute_logger

MERGE_TABLES_PREFIX = "crm_"
HISTORY_MAX = 10_000
"""More is not counted: so much history decides by itself."""


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    """Merging customers keeps every record of the suite.

    Core repoints foreign keys table by table and, where a unique or check
    constraint stands in the way, *deletes* all rows of the merged contacts
    (unique indexes and exclusion constraints make it crash instead). Here the
    tables of the suite are repointed first, by hooks that know their data and
    then by a guard that refuses the merge rather than lose a row.
    """

    _inherit = "base.partner.merge.automatic.wizard"

    # === THE PORT === #

    @api.model
    def _crm_merge_prepare(self, src_partners, dst_partner):
        """Clean up our rows before contacts become one; called before any foreign key moves.

        To be extended by every model whose rows could contradict each other
        once they point at the same customer (unique pairs, relations to
        oneself, overlapping periods). Work set-based and in this transaction.

        :param src_partners: the contacts that will disappear
        :param dst_partner: the contact that stays
        """
        self.env["crm.partner.duplicate"]._merge_prepare(src_partners, dst_partner)
        self.env["crm.partner.relation"]._merge_prepare(src_partners, dst_partner)
        dst_partner._crm_merge_profile(src_partners)

    # === WHO STAYS === #

    @api.model
    def _get_ordered_partner(self, partner_ids):
        """The last one is proposed to stay: of those in use the one with the most history, of equals core's choice."""
        ordered = super()._get_ordered_partner(partner_ids)
        history = self._crm_merge_history(ordered)
        return ordered.sorted(lambda partner: (partner.active, history[partner.id]))

    @api.model
    def _crm_merge_history(self, partners):
        """How much is known of each contact: entries on the timeline and documents of any app.

        :return: ``{id: number}``
        """
        # sudo: only who has more is said, not what
        timeline = self.env["crm.timeline"].sudo()
        counts = {
            partner.id: timeline.search_count(partner._crm_timeline_domain(), limit=HISTORY_MAX) for partner in partners
        }
        documents = [
            SQL(
                "SELECT partner_id, count(*) AS number FROM (SELECT %(column)s AS partner_id FROM %(table)s "
                "WHERE %(column)s = ANY(%(ids)s) LIMIT %(limit)s) AS documents GROUP BY partner_id",
                column=SQL.identifier(column),
                table=SQL.identifier(table),
                ids=partners.ids,
                limit=HISTORY_MAX,
            )
            for table, column in self._get_fk_on("res_partner")
            # tables of the suite are on the timeline or follow from others; everybody belongs to a commercial entity
            if not table.startswith(MERGE_TABLES_PREFIX) and (table, column) != ("res_partner", "commercial_partner_id")
        ]
        if partners:
            self.env.flush_all()
            for partner_id, number in self.env.execute_query(SQL(" UNION ALL ").join(documents)):
                counts[partner_id] += number
        return counts

    # === CORE'S STEPS === #

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        self.env.flush_all()
        self._crm_merge_prepare(src_partners, dst_partner)
        self.env.flush_all()
        # sudo: core moves rows by SQL whoever merges; apps that move theirs by the ORM (visitors of a website) would
        # refuse those who may merge contacts but not read that app's records
        return super()._update_foreign_keys(src_partners.sudo(), dst_partner.sudo())

    @api.model
    def _update_foreign_keys_generic(self, model, src_records, dst_record):
        self._crm_merge_guard(model, src_records, dst_record)
        return super()._update_foreign_keys_generic(model, src_records, dst_record)

    @api.model
    def _update_reference_fields_generic(self, referenced_model, src_records, dst_record, *args, **kwargs):
        self._crm_merge_references(referenced_model, src_records, dst_record)
        return super()._update_reference_fields_generic(referenced_model, src_records, dst_record, *args, **kwargs)

    # === GUARD === #

    @api.model
    def _crm_merge_guard(self, model, src_records, dst_record):
        """Repoint the foreign keys of the suite's tables; nothing is left for core to delete.

        :raises UserError: when a constraint forbids it; nothing is changed then
        """
        for table, column in self._get_fk_on(self.env[model]._table):
            # tables of two columns are links: core drops only true repetitions there
            if not table.startswith(MERGE_TABLES_PREFIX) or self._crm_is_link_table(table):
                continue
            update = SQL(
                "UPDATE %(table)s SET %(column)s = %(dst)s WHERE %(column)s IN %(src)s",
                table=SQL.identifier(table),
                column=SQL.identifier(column),
                dst=dst_record.id,
                src=tuple(src_records.ids),
            )
            try:
                with mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                    self.env.cr.execute(update)
            except psycopg2.IntegrityError as error:
                raise UserError(
                    self.env._(
                        "These contacts cannot be merged yet: their records of “%(documents)s” contradict each "
                        "other. Nothing was changed. Correct these records first, then merge again.",
                        documents=self._crm_table_label(table),
                    )
                ) from error

    @api.model
    def _crm_is_link_table(self, table):
        self.env.cr.execute(
            "SELECT count(*) FROM information_schema.columns WHERE table_schema = current_schema AND table_name = %s",
            [table],
        )
        return self.env.cr.fetchone()[0] <= 2

    @api.model
    def _crm_table_label(self, table):
        for model in self.env.registry.values():
            if model._table == table and not model._abstract:
                return self.env["ir.model"]._get(model._name).name
        return table

    @api.model
    def _crm_merge_references(self, referenced_model, src_records, dst_record):
        """Repoint "any document" references (model and id) of the suite's tables: core does not know them."""
        for model in self.env.registry.values():
            if model._abstract or not model._auto or not model._table.startswith(MERGE_TABLES_PREFIX):
                continue
            for field in model._fields.values():
                if field.type != "many2one_reference" or not field.store or not field.column_type:
                    continue
                model_field = model._fields.get(field.model_field)
                if model_field and model_field.store and model_field.column_type:
                    self.env.cr.execute(
                        SQL(
                            "UPDATE %s SET %s = %s WHERE %s = %s AND %s IN %s",
                            SQL.identifier(model._table),
                            SQL.identifier(field.name),
                            dst_record.id,
                            SQL.identifier(model_field.name),
                            referenced_model,
                            SQL.identifier(field.name),
                            tuple(src_records.ids),
                        )
                    )
        self.env.invalidate_all()
