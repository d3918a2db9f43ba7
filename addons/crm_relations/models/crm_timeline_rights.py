from collections.abc import Collection

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL, Query, ormcache

from ..tools import timeline
from ..tools.timeline_page import PARAMETERS


class CrmTimeline(models.Model):
    """Who may read what: access rights and record rules of the sources as conditions of their branches.

    To write them takes Python several times as long as PostgreSQL takes to
    read a page, so they are kept (:meth:`_kept`): as long as Odoo itself keeps
    the record rules from which they were written, and no longer.
    """

    _inherit = "crm.timeline"

    # === THE PORT === #

    @api.model
    def _sources_key(self):
        """What :meth:`_sources` depends on besides the reader; an addon whose sources depend on more adds it.

        :rtype: tuple
        """
        return (
            self.env.lang or "en_US",
            self.env.company.id,
            self.env["res.users"]._default_user_calendar_default_privacy(),
        )

    @api.model
    def _reader(self):
        """Identifiers of the reader's user and partner: parameters of a statement that readers share.

        :return: two SQL
        """
        if self.env.context.get("crm_timeline_reader") is PARAMETERS:
            return PARAMETERS.user, PARAMETERS.partner
        return SQL("%s", self.env.uid or 0), SQL("%s", self.env.user.partner_id.id or 0)

    # === WHAT MAY BE READ === #

    @api.model
    def _readable_sources(self, kinds=None):
        """The sources that the current user may read, with what restricts them.

        :param kinds: only the sources of these kinds of entries
        :return: iterable of (TimelineSource, table as SQL, list of conditions)
        """
        sources = self._sources()
        timeline.check_slots(sources)
        for source in sources.values():
            conditions = self._source_conditions(source) if source.may_yield(kinds) else None
            if conditions is not None:
                yield source, SQL.identifier(self.env[source.model]._table), conditions

    @api.model
    def _source_conditions(self, source):
        """Conditions under which the current user may read entries of a source.

        Only access rights and record rules are known here. Models that decide
        in Python (mail.message, mail.activity) name the documents that decide
        for them in ``source.rules``.

        :return: list of SQL, or ``None`` when nothing of the source may be read
        """
        conditions = []
        if self.env.su:
            return conditions
        for model_name, where in source.rules:
            condition = self._read_condition(model_name, where)
            if condition is None:
                return None
            if condition.code != "TRUE":
                conditions.append(condition)
        alternatives = []
        for model_name, hangs_on, document_id in source.any_of:
            condition = self._read_condition(model_name, document_id)
            if condition is not None:
                alternatives.append(hangs_on if condition.code == "TRUE" else SQL("(%s AND %s)", hangs_on, condition))
        if source.any_of and not alternatives:
            return None
        if alternatives:
            conditions.append(SQL(" OR ").join(alternatives))
        return conditions

    @api.model
    def _read_condition(self, model_name, where):
        """What a row has to satisfy so that the user may read it; ``None`` when there is no such row.

        :param where: alias of the model's table, or SQL giving the id of a document
        """
        rule = self._read_rule(model_name)
        if rule is None:
            return None
        # sudo: rules are written as by the ORM itself, inactive records included
        model = self.env[model_name].sudo().with_context(active_test=False)
        return self._rule_to_sql(rule.optimize_full(model), model, where)

    @api.model
    def _read_rule(self, model_name):
        """The record rules under which the user may read a model; ``None`` without the right to read it.

        The same object as long as Odoo keeps the rules of this user in mind.

        :rtype: Domain | None
        """
        if not self.env[model_name].has_access("read"):
            return None
        return self.env["ir.rule"]._compute_domain(model_name, "read")

    @api.model
    def _rule_to_sql(self, rule, model, where):
        """A record rule as a condition; ``None`` when nothing satisfies it.

        :param where: alias of the model's table, or SQL giving the id of a document
        """
        if rule.is_false():
            return None
        if rule.is_true():
            return SQL("TRUE")
        if isinstance(where, str):
            query = Query(self.env, where, model._table_sql)
            from_clause = query.from_clause
            condition = rule._to_sql(model, where, query)
            if query.from_clause == from_clause:
                return condition
            # the rule joins other tables: keep them out of the branch
            where = SQL.identifier(where, "id")
        # asked row by row: for IN and EXISTS, PostgreSQL may collect the ids of the whole table first
        allowed = Query(self.env, model._table, model._table_sql)
        allowed.add_where(SQL("%s = %s", SQL.identifier(model._table, "id"), where))
        allowed.add_where(rule._to_sql(model, model._table, allowed))
        return SQL("(%s)", allowed.select(SQL("TRUE")))

    # === WHAT IS KEPT === #

    @api.model
    @ormcache(
        "self.env.uid",
        "self.env.su",
        "self.env.company.id",
        "tuple(self.env['ir.rule']._compute_domain_context_values())",
    )
    def _kept(self):
        """What was written for this user and these companies; forgotten whenever rights or rules change.

        ``{key: (rules, value)}``: the rules tell whether it still holds.

        :rtype: dict
        """
        return {}

    @api.model
    def _keep(self, key, write):
        """What ``write`` makes of the sources and the rights of the reader, made anew when one of them changes."""
        models = self._rule_models()
        rules = tuple(map(self._read_rule, models))
        key = (*key, *self._sources_key(), self.env.user.partner_id.id)
        kept = self._kept()
        written_from, value = kept.get(key, (None, None))
        if written_from and all(old is new for old, new in zip(written_from, rules, strict=True)):
            return value
        value = write()
        pairs = zip(models, rules, strict=True)
        # sudo: as the rules are written; nothing is read
        if all(rule is None or self._lasts(rule, self.env[model].sudo()) for model, rule in pairs):
            kept[key] = rules, value
        return value

    @api.model
    @ormcache()
    def _rule_models(self):
        """Models whose record rules decide what is on the timeline, its own among them.

        :rtype: tuple
        """
        names = {self._name}
        for source in self._sources().values():
            names.update(model for model, *_rest in (*source.rules, *source.any_of))
        return tuple(sorted(names))


    @api.model
    def _lasts(self, rule, model):
        """Whether a rule means the same as long as it reads the same.

        Searches of computed fields, hierarchies and dates like "today" are
        resolved with what the database holds at the moment.
        """
        return all(self._condition_lasts(condition, model) for condition in rule.iter_conditions())

    @api.model
    def _condition_lasts(self, condition, model):
        name, _dot, path = condition.field_expr.partition(".")
        field = model._fields.get(name)
        if field is None:
            return False
        # sudo: as the rules are written; nothing is read
        if path:
            return bool(field.relational) and self._lasts(
                Domain(path, condition.operator, condition.value), self.env[field.comodel_name].sudo()
            ) and self._field_lasts(field)
        if not self._field_lasts(field):
            return False
        if condition.operator in ("child_of", "parent_of"):
            # the hierarchy of companies cannot be changed, and a new company makes Odoo forget all rules
            return field.comodel_name == "res.company" or (name == "id" and model._name == "res.company")
        if condition.operator in ("any", "not any", "any!", "not any!"):
            return isinstance(condition.value, Domain) and self._lasts(
                condition.value, self.env[field.comodel_name].sudo()
            )
        values = condition.value
        if isinstance(values, Query | SQL | Domain):
            return False
        if field.type in ("date", "datetime"):
            values = values if isinstance(values, Collection) and not isinstance(values, str) else [values]
            return not any(isinstance(value, str) for value in values)
        return True

    @api.model
    def _field_lasts(self, field):
        if field.name in ("id", "message_partner_ids", "message_is_follower"):
            return True  # followers: core writes a subquery
        return field.store and not field.company_dependent and not field.translate and not field.inherited
