from odoo import api, models, tools

REFERENCES = frozenset(("many2one", "many2one_reference"))


class Base(models.AbstractModel):
    """New records: Odoo is asked for the defaults of fields that have some, and for what can follow a new record.

    Hundreds of fields of documents follow the fields of a customer. Whenever one is typed in or created, Odoo joins all
    these ways, and walks them back through every reference, to find that nothing leads to a record that has just been
    made. Here ways that cannot lead there are left out before they are joined. Likewise each record made asks every
    field without a value for its default, though few have one. More than what the suite's own fields cost is saved:
    ``benchmarks/relations_stock.py``.
    """

    _inherit = "base"

    # === DEFAULTS === #

    @api.model
    def default_get(self, fields):
        having = self._crm_defaulting()
        if given := [key[8:] for key in self.env.context if key.startswith("default_")]:
            having = having.union(given)
        if kept := self.env["ir.default"]._get_model_defaults(self._name):
            having = having.union(kept)
        return super().default_get([name for name in fields if name in having])

    @api.model
    @tools.ormcache()
    def _crm_defaulting(self):
        """Names of fields that have a default of their own, or perhaps one of a parent model."""
        return frozenset(name for name, field in self._fields.items() if field.default or field.inherited)

    # === WHAT FOLLOWS === #

    def _modified(self, fields, create):
        if create and len(fields) == len(self._fields):
            trees = [self._crm_created_tree()]
        elif not any(self._ids):
            trees = self._crm_typed_trees(fields)
        else:
            return super()._modified(fields, create)
        if not trees:
            return ()
        # as Odoo does: what is not stored, and not in the cache either, needs no recomputation
        cached = self._crm_cached
        tree = type(trees[0]).merge(trees, lambda field: (field.compute and field.store) or cached(field))
        # sudo: as Odoo does, too; values follow whoever changed what they are made of
        return self.sudo().with_context(active_test=False)._modified_triggers(tree, create) if tree else ()

    def _crm_cached(self, field):
        """Whether some record has a value of the field in the cache."""
        return field in self.env.transaction.field_data and bool(field._get_all_cache_ids(self.env))

    def _crm_created_tree(self):
        """What follows a record that was just created: nothing refers to it. Found once for each model.

        :return: the fields to recompute, and the ways to other records with such fields
        :rtype: odoo.orm.registry.TriggerTree
        """
        # beside the trees of the registry, which are dropped whenever fields change
        trees, key = self.pool._field_trigger_trees, ("created", self._name)
        if key not in trees:
            whole = self.pool.get_trigger_tree(list(self._fields.values()))
            ways = {field: tree for field, tree in whole.items() if field.type not in REFERENCES}
            trees[key] = type(whole)(whole.root, ways)
        return trees[key]

    def _crm_typed_trees(self, fields):
        """What follows records that are only typed in: records refer to them in the cache, and nowhere else.

        :rtype: list(odoo.orm.registry.TriggerTree)
        """
        cached, inverses = self._crm_cached, self.pool.field_inverses
        triggers, known = self.pool._field_triggers, {}

        def leads_here(way):
            if way not in known:
                known[way] = way.type not in REFERENCES or cached(way) or any(map(cached, inverses[way]))
            return known[way]

        trees = []
        for field in fields:
            if field in triggers:
                whole = self.pool.get_field_trigger_tree(field)
                ways = {way: tree for way, tree in whole.items() if leads_here(way)}
                trees.append(type(whole)(whole.root, ways))
        return trees
