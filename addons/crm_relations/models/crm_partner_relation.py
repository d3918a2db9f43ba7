import psycopg2

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL, mute_logger, sql

from ..tools import relation as relations


class NoOverlap(models.Constraint):
    """No two relations of the same type between the same ends at the same time.

    An exclusion constraint needs the extension btree_gist. Where the database neither has it nor lets us create it,
    a unique index on open relations stands in; periods are then compared in Python only.
    """

    def apply_to_database(self, model):
        cr = model.env.cr
        name = self.full_name(model)
        if sql.constraint_definition(cr, model._table, name) or sql.index_exists(cr, name):
            return
        try:
            with mute_logger("odoo.sql_db"), cr.savepoint(flush=False):
                cr.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
        except psycopg2.Error:
            cr.execute(
                SQL(
                    "CREATE UNIQUE INDEX %s ON %s (type_id, left_partner_id, right_partner_id) WHERE date_to IS NULL",
                    SQL.identifier(name),
                    SQL.identifier(model._table),
                )
            )
        else:
            sql.add_constraint(cr, model._table, name, self._definition)


class CrmPartnerRelation(models.Model):
    """A relation between two parties: typed, directed and dated, stored once and read from both ends.

    Read it from one party through ``crm.partner.relation.side``.
    """

    _name = "crm.partner.relation"
    _description = "Relation"
    _order = "date_from desc, id desc"

    left_partner_id = fields.Many2one("res.partner", string="First", required=True, index=True, ondelete="restrict")
    right_partner_id = fields.Many2one("res.partner", string="Second", required=True, index=True, ondelete="restrict")
    type_id = fields.Many2one(
        "crm.partner.relation.type", string="Relation", required=True, index=True, ondelete="restrict"
    )
    date_from = fields.Date(string="Since")
    date_to = fields.Date(string="Until")
    note = fields.Char()

    _not_oneself = models.Constraint("CHECK(left_partner_id <> right_partner_id)", "Nobody has a relation to oneself.")
    _date_order = models.Constraint("CHECK(date_from <= date_to)", "A relation cannot end before it starts.")
    _no_overlap = NoOverlap(
        "EXCLUDE USING gist (type_id WITH =, left_partner_id WITH =, right_partner_id WITH =,"
        " daterange(date_from, date_to, '[]') WITH &&)",
        "This relation exists already at that time.",
    )
    # the two ends of a relation are found by their own number in crm.partner.relation.side
    _left_side_idx = models.Index("((id * 2))")
    _right_side_idx = models.Index("((id * 2 + 1))")

    # === COMPUTE METHODS === #

    @api.depends("left_partner_id", "right_partner_id", "type_id")
    def _compute_display_name(self):
        for relation in self:
            relation.display_name = " ".join(
                name
                for name in (
                    relation.left_partner_id.display_name,
                    relation.type_id.name,
                    relation.right_partner_id.display_name,
                )
                if name
            )

    # === CONSTRAINTS === #

    @api.constrains("left_partner_id", "right_partner_id", "type_id")
    def _check_kinds(self):
        for relation in self:
            for partner, kind in (
                (relation.left_partner_id, relation.type_id.left_kind),
                (relation.right_partner_id, relation.type_id.right_kind),
            ):
                if kind == "person" and partner.is_company:
                    message = self.env._(
                        "“%(relation)s” does not fit: %(name)s is a company, and a person is needed there.",
                        relation=relation.type_id.name,
                        name=partner.display_name,
                    )
                elif kind == "company" and not partner.is_company:
                    message = self.env._(
                        "“%(relation)s” does not fit: %(name)s is a person, and a company is needed there.",
                        relation=relation.type_id.name,
                        name=partner.display_name,
                    )
                else:
                    continue
                raise ValidationError(message)

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        self.check_access("create")  # before anybody is told which relations there are
        types = {vals["type_id"] for vals in vals_list if vals.get("type_id")}
        kinds = self.env["crm.partner.relation.type"].browse(types)
        symmetric = {kind.id: kind.symmetric for kind in kinds}
        ordered = []
        for vals in vals_list:
            left, right = vals.get("left_partner_id"), vals.get("right_partner_id")
            if left and right:
                left, right = relations.canonical(left, right, symmetric.get(vals.get("type_id")))
                vals = vals | {"left_partner_id": left, "right_partner_id": right}
            ordered.append(vals)
        self._check_values(ordered)
        return super().create(ordered)

    def write(self, vals):
        ends = {"left_partner_id", "right_partner_id", "type_id"} & vals.keys()
        if not ends and not {"date_from", "date_to"} & vals.keys():
            return super().write(vals)
        kind = self.env["crm.partner.relation.type"].browse(vals["type_id"]) if "type_id" in vals else None
        result = True
        for relation in self:
            left, right = relations.canonical(
                vals.get("left_partner_id", relation.left_partner_id.id),
                vals.get("right_partner_id", relation.right_partner_id.id),
                (kind or relation.type_id).symmetric,
            )
            own = vals | ({"left_partner_id": left, "right_partner_id": right} if ends else {})
            current = {
                "left_partner_id": left,
                "right_partner_id": right,
                "type_id": (kind or relation.type_id).id,
                "date_from": relation.date_from,
                "date_to": relation.date_to,
            }
            relation._check_values([current | own])
            result = super(CrmPartnerRelation, relation).write(own)
        return result

    # === BUSINESS METHODS === #

    @api.model
    def _check_values(self, vals_list):
        """Refuse in the user's words what the constraints of the database would refuse, before anything is written.

        The database stays the last guard, also between two transactions. Existing relations are read with one query.

        :raises ValidationError: to oneself, ending before it starts, or at the same time as another one
        """
        rows = [
            relations.Relation(
                0,
                vals["left_partner_id"],
                vals["right_partner_id"],
                vals["type_id"],
                False,
                fields.Date.to_date(vals.get("date_from")) or None,
                fields.Date.to_date(vals.get("date_to")) or None,
            )
            for vals in vals_list
            if vals.get("left_partner_id") and vals.get("right_partner_id") and vals.get("type_id")
        ]
        for row in rows:
            if row.left == row.right:
                raise ValidationError(self.env._("Nobody has a relation to oneself: choose two different contacts."))
            if row.date_from and row.date_to and row.date_to < row.date_from:
                raise ValidationError(self.env._("A relation cannot end before it starts."))
        known = {}
        # sudo: relations that the user may not see count as well: the database would refuse the new one anyway
        for other in self.sudo().search_fetch(
            [
                ("left_partner_id", "in", [row.left for row in rows]),
                ("right_partner_id", "in", [row.right for row in rows]),
                ("id", "not in", self.ids),
            ],
            ["left_partner_id", "right_partner_id", "type_id", "date_from", "date_to"],
        ):
            key = (other.type_id.id, other.left_partner_id.id, other.right_partner_id.id)
            known.setdefault(key, []).append(other)
        for row in rows:
            others = known.setdefault(row.key, [])
            if any(relations.overlap(row, other) for other in others):
                partner = self.env["res.partner"]
                raise ValidationError(
                    self.env._(
                        "%(left)s %(relation)s %(right)s: this relation exists already at that time.",
                        left=partner.browse(row.left).display_name,
                        relation=self.env["crm.partner.relation.type"].browse(row.type_id).name,
                        right=partner.browse(row.right).display_name,
                    )
                )
            others.append(row)

    @api.model
    def _merge_prepare(self, src_partners, dst_partner):
        """Rewrite the relations of customers that are merged, so that no constraint is in the way.

        Relations between the merged customers go, repeated ones become one over both periods.

        :param src_partners: ``res.partner`` records that will be deleted
        :param dst_partner: the ``res.partner`` that stays
        """
        partners = (src_partners | dst_partner).ids
        # sudo: also the relations that the merging user may not see must follow
        model = self.sudo()
        found = model.search(["|", ("left_partner_id", "in", partners), ("right_partner_id", "in", partners)])
        before = {relation.id: relation._as_row() for relation in found}
        keep, gone = relations.merged(before.values(), set(src_partners.ids), dst_partner.id)
        model.browse(gone).unlink()
        self.env.flush_all()
        for row in keep:
            if row != before[row.id]:
                # the checks of write() were made for the whole set by merged()
                super(CrmPartnerRelation, model.browse(row.id)).write(  # pylint: disable=super-method-mismatch
                    {
                        "left_partner_id": row.left,
                        "right_partner_id": row.right,
                        "date_from": row.date_from,
                        "date_to": row.date_to,
                        "note": row.note,
                    }
                )
        self.env.flush_all()

    def _as_row(self):
        self.ensure_one()
        return relations.Relation(
            self.id,
            self.left_partner_id.id,
            self.right_partner_id.id,
            self.type_id.id,
            self.type_id.symmetric,
            self.date_from or None,
            self.date_to or None,
            self.note or "",
        )
