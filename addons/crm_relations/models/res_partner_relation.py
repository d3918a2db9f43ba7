from odoo import api, fields, models
from odoo.fields import Domain

READERS = "crm_relations.group_user,crm_relations.group_auditor"
GRAPH_LIMIT = 24  # neighbours drawn around one party; more cannot be read
GRAPH_TOTAL = 60


class ResPartner(models.Model):
    _inherit = "res.partner"

    crm_relation_side_ids = fields.One2many(
        "crm.partner.relation.side", "partner_id", string="Relations", readonly=True, groups=READERS
    )
    crm_relation_count = fields.Integer(
        string="Current Relations", compute="_compute_crm_relation_count", groups=READERS
    )

    # === COMPUTE METHODS === #

    # no depends: a number beside a button, counted afresh whenever the form is opened
    @api.depends_context("uid")
    def _compute_crm_relation_count(self):
        groups = self.env["crm.partner.relation.side"]._read_group(
            [("partner_id", "in", self._origin.ids), ("current", "=", True)], ["partner_id"], ["__count"]
        )
        counts = {partner.id: count for partner, count in groups}
        for partner in self:
            partner.crm_relation_count = counts.get(partner._origin.id, 0)

    # === CRUD METHODS === #

    def unlink(self):
        # a relation to nobody says nothing; also those that the user may not see
        self.check_access("unlink")
        self.env["crm.partner.relation"].sudo().search(  # sudo: as said
            ["|", ("left_partner_id", "in", self.ids), ("right_partner_id", "in", self.ids)]
        ).unlink()
        return super().unlink()

    # === ACTIONS === #

    def action_crm_relations(self):
        """Open all relations of one party, ended ones too."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_relations.crm_partner_relation_side_action")
        return action | {
            "name": self.env._("Relations of %(name)s", name=self.display_name),
            "domain": [("partner_id", "=", self.id)],
            "context": {"hide_party": True, "default_partner_id": self.id},
        }

    @api.readonly
    def action_crm_add_relation(self):
        """Open the small dialog in which a relation is added from this end."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Add a relation of %(name)s", name=self.display_name),
            "res_model": "crm.partner.relation.add",
            "view_mode": "form",
            "target": "new",
            "context": {"default_partner_id": self.id},
        }

    # === GRAPH === #

    @api.readonly
    def crm_relation_graph(self, depth=1):
        """The parties related now to this one, for the picture on the form.

        Parties and relations that the user may not read are left out; a party with more neighbours than can be drawn
        gives the first of them and says how many are missing. One query for each step of distance, whatever the size.

        :param int depth: 1 for the neighbours, 2 for theirs as well
        :return: ``{"nodes": [{"id", "name", "company", "hop"}], "edges": [{"id", "source", "target", "label"}],
            "hidden": number of relations not drawn}``
        """
        self.ensure_one()
        self.check_access("read")
        hops = {self.id: 0}
        sides = {}
        hidden = 0
        frontier = self
        for hop in range(1, min(max(depth, 1), 2) + 1):
            found, skipped = frontier._crm_neighbours(hops)
            hidden += skipped
            for side in found:
                sides.setdefault(side.relation_id.id, side)
                hops.setdefault(side.other_partner_id.id, hop)
            frontier = found.other_partner_id.filtered(lambda partner, hop=hop: hops[partner.id] == hop)
        nodes = self.browse(hops)
        return {
            "nodes": [
                {
                    "id": partner.id,
                    "name": partner.name or partner.display_name,
                    "company": partner.is_company,
                    "hop": hops[partner.id],
                }
                for partner in nodes
            ],
            "edges": [
                {
                    "id": relation_id,
                    "source": side.partner_id.id,
                    "target": side.other_partner_id.id,
                    "label": side.label_id.display_name,
                }
                for relation_id, side in sides.items()
            ],
            "hidden": hidden,
        }

    def _crm_neighbours(self, drawn):
        """The sides leading from these parties to those that may be drawn.

        :param drawn: identifiers of the parties in the picture already
        :return: ``(sides, number left out for want of room)``
        """
        Side = self.env["crm.partner.relation.side"]
        domain = Domain("partner_id", "in", self.ids) & Domain("current", "=", True)
        # one row more than can be drawn from everybody tells that there is more, without reading a hub whole
        found = Side.search(domain, limit=GRAPH_TOTAL * 4)
        readable = found.other_partner_id.sudo(False)._filtered_access("read")
        room = GRAPH_TOTAL - len(drawn)
        taken = Side
        fresh = set()
        per_partner = {}
        skipped = 0
        for side in found:
            other = side.other_partner_id
            if other not in readable:
                continue
            new = other.id not in drawn and other.id not in fresh
            used = per_partner.get(side.partner_id.id, 0)
            if new and (len(fresh) >= room or used >= GRAPH_LIMIT):
                skipped += 1
                continue
            if new:
                fresh.add(other.id)
                per_partner[side.partner_id.id] = used + 1
            taken |= side
        return taken, skipped
