from odoo import models
from odoo.tools import SQL
from odoo.tools.sql import table_exists


class CrmPrivacyRequest(models.Model):
    """Erasure: the contact itself, which stays as a number, and its accounts."""

    _inherit = "crm.privacy.request"

    def _erase_person(self, persons):
        """The contact stays as a number, so that documents that the law keeps have somebody to belong to."""
        self._erase_users(persons)
        self._drop_files(persons)
        self._clear_texts(persons, keep=("name", "lang", "tz", "type", "company_registry_placeholder"))
        keep = {"company_id", "parent_id", "commercial_partner_id", "country_id", "create_uid", "write_uid"}
        columns = self._columns("res_partner")
        empty = [
            name
            for name, field in persons._fields.items()
            if name in columns
            and not columns[name][1]
            and name not in keep
            and (name.startswith("crm_") or field.type in ("date", "many2one"))
            and field.type in ("many2one", "date", "selection", "char", "integer")
            and name not in ("crm_contact_days",)
        ]
        for partner in persons:
            word = f"Erased {partner.id}"
            self.env.cr.execute(
                SQL(
                    "UPDATE res_partner SET name = %s, complete_name = %s, active = FALSE, crm_erased = TRUE, %s "
                    "WHERE id = %s",
                    word,
                    word,
                    SQL(", ").join(SQL("%s = NULL", SQL.identifier(name)) for name in empty),
                    partner.id,
                )
            )
        for field in persons._fields.values():
            if field.type == "many2many" and field.store and field.comodel_name and field.model_name == "res.partner":
                self._clear_field(persons, field.name)
        persons.invalidate_recordset(flush=False)
        # sudo: keys are made by the system
        self.env["crm.partner.key"].sudo()._refresh(persons)
        self.env.cr.execute(
            "DELETE FROM ir_model_data WHERE model = 'res.partner' AND res_id = ANY(%s) AND module LIKE '\\_\\_%%'",
            [persons.ids],
        )

    def _erase_users(self, persons):
        """Their accounts in the portal end: nobody signs in with them again."""
        users = persons.user_ids
        for user in users:
            self.env.cr.execute(
                "UPDATE res_users SET login = %s, password = NULL, active = FALSE, signature = NULL WHERE id = %s",
                [f"erased-{user.id}", user.id],
            )
        if users:
            for table in ("res_users_apikeys", "res_device_log", "auth_totp_device"):
                if table_exists(self.env.cr, table):
                    self.env.cr.execute(SQL("DELETE FROM %s WHERE user_id = ANY(%s)", SQL.identifier(table), users.ids))
            users.invalidate_recordset(flush=False)
            self.env.registry.clear_cache()

    def _erase_own_words(self, requests):
        """Requests of the person stay as proof that they were answered, without what was said in them."""
        self._drop_files(requests)
        self._clear_texts(requests, keep=("name",))
