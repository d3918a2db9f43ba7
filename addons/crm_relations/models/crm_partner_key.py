from odoo import api, fields, models
from odoo.tools import SQL, split_every

from ..tools import duplicates

KEY_FIELDS = frozenset({"active", "email", "name", "parent_id", "phone", "type", "vat"})
BATCH = 2000
SIMILARITY_ENTRY = 0.3
SIMILARITY_SCAN = 0.4
CANDIDATES = 30
SAME_KEY = 20


class CrmPartnerKey(models.Model):
    """Normalised name and addresses of a customer, one narrow row each, for finding duplicates.

    Beside the customer and not in it: writing a key touches no wide row, no
    cache and no access rule. Kept by ``res.partner``'s create and write.
    """

    _name = "crm.partner.key"
    _description = "Search Key of a Customer"
    _log_access = False
    _rec_name = "partner_id"

    # derived data, made anew at any time: goes with the customer
    partner_id = fields.Many2one("res.partner", required=True, ondelete="cascade")
    name = fields.Char(help="In lower case, without marks and punctuation.")
    token_key = fields.Char(help="Words of the name in alphabetical order, without the legal form.")
    email = fields.Char()
    phone = fields.Char(help="The last nine digits.")
    vat = fields.Char()
    stale = fields.Boolean(help="To be made anew: the legal forms have changed.")
    checked = fields.Boolean(help="Compared with all others since the last change.")

    _partner_uniq = models.UniqueIndex("(partner_id)")
    _token_key_idx = models.Index("(token_key)")
    _email_idx = models.Index("(email) WHERE email IS NOT NULL")
    _phone_idx = models.Index("(phone) WHERE phone IS NOT NULL")
    _vat_idx = models.Index("(vat) WHERE vat IS NOT NULL")
    _stale_idx = models.Index("(id) WHERE stale")
    _checked_idx = models.Index("(id) WHERE checked IS NOT TRUE")

    def init(self):
        """One trigram index. GIN alone: with a GiST index beside it the planner takes the slower one.

        The pending list makes new keys three times as cheap; every search reads it from end to end, so it is kept
        as short as can be (some 200 names) instead of growing to 4 MB.
        """
        if self.env.registry.has_trigram:
            options = SQL("(fastupdate = on, gin_pending_list_limit = 64)")
            self.env.cr.execute(
                SQL(
                    "CREATE INDEX IF NOT EXISTS crm_partner_key_name_trgm ON crm_partner_key "
                    "USING gin (name gin_trgm_ops) WITH %s",
                    options,
                )
            )
            # databases of an earlier version have it without a list
            self.env.cr.execute(SQL("ALTER INDEX crm_partner_key_name_trgm SET %s", options))

    # === UPKEEP === #

    @api.model
    def _values(self, partner, forms):
        name = duplicates.normalise(partner.name)
        return (
            partner.id,
            name or None,
            duplicates.token_key(duplicates.strip_legal_forms(name, forms)) or None,
            duplicates.email_key(partner.email) or None,
            duplicates.phone_key(partner.phone) or None,
            duplicates.vat_key(partner.vat) or None,
        )

    @api.model
    def _refresh(self, partners):
        """Write the keys of these customers in one statement; archived ones and mere addresses have none."""
        forms = self.env["crm.legal.form"]._compact_forms()
        kept = partners.filtered(lambda one: one.active and (one.type == "contact" or not one.parent_id))
        for part in split_every(BATCH, kept, list):
            # columns and not rows: one parameter each, where a row of parameters for each customer is slower to write
            columns = [list(column) for column in zip(*(self._values(partner, forms) for partner in part), strict=True)]
            self.env.cr.execute(
                "INSERT INTO crm_partner_key (partner_id, name, token_key, email, phone, vat) "
                "SELECT * FROM unnest(%s::int[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[]) "
                "ON CONFLICT (partner_id) DO UPDATE SET name = excluded.name, token_key = excluded.token_key, "
                "email = excluded.email, phone = excluded.phone, vat = excluded.vat, stale = NULL, checked = NULL",
                columns,
            )
        if dropped := partners - kept:
            self.env.cr.execute(SQL("DELETE FROM crm_partner_key WHERE partner_id IN %s", tuple(dropped.ids)))
            self.env["crm.partner.duplicate"]._drop_open(dropped.ids)

    @api.model
    def _fill_missing(self):
        """Keys for customers that have none: at installation, and after rows were written past the ORM."""
        self.env["res.partner"].flush_model(["active", "type", "parent_id"])
        self.env.cr.execute(
            "SELECT p.id FROM res_partner p LEFT JOIN crm_partner_key k ON k.partner_id = p.id "
            "WHERE k.id IS NULL AND p.active AND (p.type = 'contact' OR p.parent_id IS NULL) ORDER BY p.id"
        )
        missing = [row[0] for row in self.env.cr.fetchall()]
        for ids in split_every(BATCH, missing, list):
            # sudo: keys are made of what stands there, whoever asks
            partners = self.env["res.partner"].sudo().browse(ids)
            partners.fetch(list(KEY_FIELDS))
            self._refresh(partners)
            partners.invalidate_recordset()
        return len(missing)

    @api.model
    def _expire(self):
        """Let all keys be made anew by the scheduled job."""
        self.env.cr.execute("UPDATE crm_partner_key SET stale = TRUE WHERE stale IS NOT TRUE")
        if self.env.cr.rowcount:
            self.env.ref("crm_relations.ir_cron_duplicates", raise_if_not_found=False)._trigger()

    @api.model
    def _refresh_stale(self, limit=BATCH):
        """:return: how many keys were made anew"""
        self.env.cr.execute(SQL("SELECT partner_id FROM crm_partner_key WHERE stale LIMIT %s", limit))
        ids = [row[0] for row in self.env.cr.fetchall()]
        if ids:
            self._refresh(self.env["res.partner"].sudo().browse(ids))  # sudo: as above
        return len(ids)

    # === SEARCH === #

    @api.model
    def _set_similarity(self, threshold):
        self.env.cr.execute("SELECT set_config('pg_trgm.similarity_threshold', %s, TRUE)", [str(threshold)])

    @api.model
    def _find_candidates(self, party, exclude_id=0):
        """Customers worth comparing with one that is being typed.

        :param party: :class:`~odoo.addons.crm_relations.tools.duplicates.Party` in normal form
        :rtype: list(int)
        """
        forms = self.env["crm.legal.form"]._compact_forms()
        token_key = duplicates.token_key(duplicates.strip_legal_forms(party.name, forms))
        exact = [
            SQL(
                "(SELECT partner_id FROM crm_partner_key WHERE %s = %s LIMIT %s)",
                SQL.identifier(column),
                value,
                SAME_KEY,
            )
            for column, value in (
                ("token_key", token_key),
                ("email", party.email),
                ("phone", party.phone),
                ("vat", party.vat),
            )
            if value
        ]
        found = set()
        if exact:
            self.env.cr.execute(SQL(" UNION ").join(exact))
            found.update(row[0] for row in self.env.cr.fetchall())
        if len(party.name) >= 4 and self.env.registry.has_trigram:
            self._set_similarity(SIMILARITY_ENTRY)
            self.env.cr.execute(
                "SELECT partner_id FROM crm_partner_key WHERE name %% %(name)s "
                "ORDER BY similarity(name, %(name)s) DESC LIMIT %(limit)s",
                {"name": party.name, "limit": CANDIDATES},
            )
            found.update(row[0] for row in self.env.cr.fetchall())
        found.discard(exclude_id)
        return sorted(found)

    @api.model
    def _find_pairs(self, partner_ids):
        """Candidates for each of these customers against all others, by one statement.

        :return: set of ``(smaller id, larger id)``
        """
        branches = [
            SQL(
                "SELECT k.partner_id, c.partner_id FROM crm_partner_key k CROSS JOIN LATERAL ("
                "SELECT o.partner_id FROM crm_partner_key o WHERE o.%(column)s = k.%(column)s "
                "AND o.partner_id <> k.partner_id LIMIT %(limit)s) c WHERE k.partner_id IN %(ids)s",
                column=SQL.identifier(column),
                limit=SAME_KEY,
                ids=tuple(partner_ids),
            )
            for column in ("token_key", "email", "phone", "vat")
        ]
        if self.env.registry.has_trigram:
            self._set_similarity(SIMILARITY_SCAN)
            branches.append(
                SQL(
                    "SELECT k.partner_id, c.partner_id FROM crm_partner_key k CROSS JOIN LATERAL ("
                    "SELECT o.partner_id FROM crm_partner_key o WHERE o.name %% k.name "
                    "AND o.partner_id <> k.partner_id ORDER BY similarity(o.name, k.name) DESC LIMIT %s) c "
                    "WHERE k.partner_id IN %s AND length(k.name) >= 4",
                    CANDIDATES,
                    tuple(partner_ids),
                )
            )
        self.env.cr.execute(SQL(" UNION ").join(branches))
        return {(min(pair), max(pair)) for pair in self.env.cr.fetchall()}

    @api.model
    def _parties(self, partner_ids):
        """What is compared of each customer, by one query.

        :return: ``{id: (Party, commercial partner id)}``
        """
        if not partner_ids:
            return {}
        partners = self.env["res.partner"]
        birthdate = partners._fields.get("birthdate_date")
        birthdate = SQL("p.birthdate_date::varchar") if birthdate and birthdate.store else SQL("NULL")
        partners.flush_model(["city", "zip", "commercial_partner_id"])
        self.env.cr.execute(
            SQL(
                "SELECT k.partner_id, p.commercial_partner_id, k.name, k.email, k.phone, k.vat, p.city, p.zip, %s "
                "FROM crm_partner_key k JOIN res_partner p ON p.id = k.partner_id WHERE k.partner_id IN %s",
                birthdate,
                tuple(partner_ids),
            )
        )
        return {
            row[0]: (self._party(*row[2:6], duplicates.normalise(row[6]), row[7], row[8]), row[1])
            for row in self.env.cr.fetchall()
        }

    @api.model
    def _party(self, name, email, phone, vat, city, zip_code, birthdate):
        return duplicates.Party(
            name or "", email or "", phone or "", vat or "", city or "", duplicates.compact(zip_code), birthdate or ""
        )
