from datetime import datetime

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, Query

from .. import const
from ..tools import planned, timeline, timeline_page

PAGE_SIZE = 30
PAGE_SIZE_MAX = 200
PEOPLE_LIMIT = 80


class CrmTimeline(models.Model):
    """Reading the timeline of one customer page by page, without counting it.

    The ORM reads the union as one table; a page asks each source for its
    latest entries (:func:`..tools.timeline_page.render_page_branch`), so its cost
    depends on the length of the page only.
    """

    _inherit = "crm.timeline"

    # === THE PORT === #

    @api.model
    def _kind_icons(self):
        """Font Awesome icon of each kind; an addon with kinds of its own adds theirs.

        :return: ``{kind: icon class}``
        """
        return {
            "interaction": "fa-comments-o",
            "message": "fa-envelope-o",
            "meeting": "fa-calendar",
            "activity": "fa-check-square-o",
            "lead": "fa-star-o",
            "need": "fa-lightbulb-o",
            "consent": "fa-handshake-o",
        }

    # === PAGES === #

    @api.model
    @api.readonly
    def timeline_page(
        self,
        partner_id,
        before=None,
        kinds=None,
        channels=None,
        person_id=None,
        date_from=None,
        date_to=None,
        search=None,
        limit=PAGE_SIZE,
        meta=False,
    ):
        """The next entries of a customer's timeline, newest first.

        :param int partner_id: a company rolls up all its people, a person stands alone
        :param before: ``[date, id]`` of the last entry of the page before, as returned in ``next``
        :param kinds: list of kinds to keep; all without
        :param channels: list of channels to keep; all without
        :param person_id: only what was with this person of the customer
        :param date_from: first moment, UTC, as "YYYY-MM-DD HH:MM:SS"
        :param date_to: first moment no longer included
        :param str search: part of the summary, case and accents aside
        :param int limit: entries at most
        :param bool meta: also return what the page can be filtered by
        :return: ``{"entries": [...], "next": [date, id] or None}`` and, with ``meta``, ``"meta"``
        :raises AccessError: when the reader may not see the customer, or no timeline at all
        """
        self.check_access("read")
        partner = self.env["res.partner"].browse(self._whole_number(partner_id)).exists()
        partner.check_access("read")
        limit = min(max(self._whole_number(limit), 1), PAGE_SIZE_MAX)
        if not partner:
            return {"entries": [], "next": None}
        column = "commercial_partner_id" if partner.commercial_partner_id == partner else "partner_id"
        tests = tuple(self._page_tests(channels, person_id, date_from, date_to, search))
        # one more tells whether there is a next page
        rows = self._page_rows(column, partner.id, limit + 1, self._moment(before), tests, kinds)
        result = {"entries": self._page_entries(rows[:limit]), "next": None}
        if len(rows) > limit:
            last = rows[limit - 1]
            result["next"] = [last["date"].isoformat(sep=" "), last["id"]]
        if meta:
            result["meta"] = self._page_meta(partner)
        return result

    @api.model
    def _page_ids(self, partner, limit):
        """Identifiers of the latest entries of a customer.

        :rtype: list[int]
        """
        if not partner._origin:
            return []
        self.check_access("read")
        column = "commercial_partner_id" if partner.commercial_partner_id == partner else "partner_id"
        return self._execute_in_order(self._page_query(timeline.Page(column, SQL("%s", partner._origin.id), limit)))

    @api.model
    def _page_rows(self, column, partner_id, limit, before=None, tests=(), kinds=None):
        """The rows of a page, from the sources that the user may read.

        :rtype: list[dict]
        """
        if tests or kinds:
            page = timeline.Page(column, SQL("%s", partner_id), limit, before, tests)
            return self._entry_rows(self._execute_in_order(self._page_query(page, kinds)))
        return self._planned_rows(column, partner_id, limit, before)

    @api.model
    def _execute_in_order(self, query):
        """The identifiers that a page query gives.

        PostgreSQL takes an average document to have a handful of messages and
        then collects and sorts all of them: 30 times slower for the customer
        who has thousands. For this statement it has to follow the index.
        """
        return [row[0] for row in self._execute_pairs_in_order(query)]

    @api.model
    def _execute_pairs_in_order(self, query):
        if query is None:
            return []
        self._flush_sources()
        rows = self.env.execute_query(SQL("SET LOCAL enable_bitmapscan = off; %s", query))
        self.env.cr.execute("SET LOCAL enable_bitmapscan TO DEFAULT")
        return rows

    @api.model
    def _planned_rows(self, column, partner_id, limit, before):
        """Every column of the page that everybody opens, in one statement that is planned once.

        Only the customer, the reader and the place to go on from differ.
        """
        self._flush_sources()
        name, fields_read, render = self._page_statement(column, limit, bool(before))
        if name is None:
            return []
        self.env.flush_query(fields_read)
        values = (partner_id, self.env.uid or 0, self.env.user.partner_id.id or 0, *(before or (None, None)))
        rows = planned.execute_named(
            self.env.cr, name, render, values, ("enable_bitmapscan",), timeline_page.PARAMETER_TYPES
        )
        return [dict(zip(("id", *timeline.COLUMN_TYPES), row, strict=True)) for row in rows]

    @api.model
    def _page_statement(self, column, limit, later):
        """The statement of a page: it is not written again for whoever may read what it reads.

        :param bool later: a page after the first one
        :return: (name, SQL that tells the fields which it reads, function that writes it);
            without a name, there is nothing to read
        """

        def write():
            query = self._render_page_statement(column, limit, later)
            if query is None:
                return None, None
            return planned.statement_name(query), SQL("", to_flush=dict.fromkeys(query.to_flush))

        name, fields_read = self._keep(("page", column, limit, later), write)
        return name, fields_read, lambda: self._render_page_statement(column, limit, later)

    @api.model
    def _render_page_statement(self, column, limit, later):
        marks = timeline_page.PARAMETERS
        sources = self.with_context(crm_timeline_reader=marks)
        own = {self.env.user.partner_id.id: marks.partner, self.env.uid: marks.user}
        readable = [
            (source, table, [planned.with_parameters(condition, own) for condition in conditions])
            for source, table, conditions in sources._readable_sources()
        ]
        before = (marks.before_date, marks.before_id) if later else None
        page = timeline.Page(column, marks.customer, limit, before, tuple(self._own_rule_tests()))
        return timeline_page.render_page_entries(readable, page)

    @api.model
    def _entry_rows(self, ids):
        """Every column of entries that the user was found to be allowed to read, in the order of ``ids``."""
        if not ids:
            return []
        slots = {timeline.split_entry_id(identifier)[1] for identifier in ids}
        sources = [
            (source, SQL.identifier(self.env[source.model]._table))
            for source in self._sources().values()
            if source.slot in slots
        ]
        query = timeline_page.render_entries(sources, SQL("SELECT unnest(%s::int8[]) AS id", list(ids)))
        rows = {row["id"]: row for row in self.env.execute_query_dict(query)}
        return [rows[identifier] for identifier in ids if identifier in rows]

    @api.model
    def _page_query(self, page, kinds=None):
        tests = list(page.tests)
        if kinds:
            tests.append((("kind",), SQL("entry.kind IN %s", tuple(kinds))))
        page = timeline.Page(page.column, page.partner, page.limit, page.before, (*tests, *self._own_rule_tests()))
        return timeline_page.render_page(self._readable_sources(kinds), page)

    @api.model
    def _own_rule_tests(self):
        """The record rules of the timeline itself, as tests of a page."""
        rule = Domain(self.env["ir.rule"]._compute_domain(self._name, "read")) if not self.env.su else Domain.TRUE
        # sudo: the rule is written as by the ORM itself
        rule = rule.optimize_full(self.sudo())
        if not rule.is_true():
            query = Query(self.env, "entry", SQL.identifier("entry"))
            names = tuple({leaf.field_expr.partition(".")[0] for leaf in rule.iter_conditions()})
            yield names, rule._to_sql(self.sudo(), "entry", query)  # sudo: as above

    @api.model
    def _flush_sources(self):
        """Write what is pending before the view is read, as the ORM does for its own queries."""
        for model, names in self._depends.items():
            self.env[model].flush_model(names)

    @api.model
    def _page_tests(self, channels, person_id, date_from, date_to, search):
        if channels:
            yield ("channel",), SQL("entry.channel IN %s", tuple(channels))
        if person_id:
            yield ("partner_id",), SQL("entry.partner_id = %s", self._whole_number(person_id))
        if date_from:
            yield ("date",), SQL("entry.date >= %s", self._timestamp(date_from))
        if date_to:
            yield ("date",), SQL("entry.date < %s", self._timestamp(date_to))
        if search and search.strip():
            pattern = search.strip()[:200].replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
            unaccent = self.env.registry.unaccent
            yield ("summary",), SQL("%s ILIKE %s", unaccent(SQL("entry.summary")), unaccent(SQL("%s", f"%{pattern}%")))

    @api.model
    def _moment(self, before):
        if not before:
            return None
        if not isinstance(before, list | tuple) or len(before) != 2:
            raise UserError(self.env._("The place to go on from is not valid. Please reload the timeline."))
        return self._timestamp(before[0]), self._whole_number(before[1])

    @api.model
    def _timestamp(self, value):
        try:
            # not fields.Datetime: moments of messages and opportunities have fractions of a second
            return datetime.fromisoformat(value)
        except (TypeError, ValueError):
            raise UserError(self.env._("“%(value)s” is not a date.", value=value)) from None

    @api.model
    def _whole_number(self, value):
        try:
            return int(value)
        except (TypeError, ValueError):
            raise UserError(self.env._("“%(value)s” is not a number.", value=value)) from None

    @api.model
    def _page_entries(self, rows):
        """Rows as the client shows them: names only of people and users that the reader may see."""
        people = self._names("res.partner", {row["partner_id"] for row in rows})
        users = self._names("res.users", {row["user_id"] for row in rows})
        entries = []
        for row in rows:
            entry = {key: row[key] for key in ("id", "kind", "summary", "state", "direction", "channel")}
            entry.update(
                date=fields.Datetime.to_string(row["date"]),
                person=people.get(row["partner_id"], False),
                user=users.get(row["user_id"], False),
                amount=float(row["amount"]) if row["amount"] is not None else False,
                currency_id=row["currency_id"] or False,
                res_model=row["res_model"],
                res_id=row["res_id"],
            )
            entries.append(entry)
        return entries

    @api.model
    def _names(self, model, ids):
        records = self.env[model].with_context(active_test=False).browse(sorted(filter(None, ids)))
        return {record.id: [record.id, record.name] for record in records._filtered_access("read")}

    @api.model
    def _readable_kinds(self):
        """Kinds of entries that the reader may see at all, in the order of the sources."""
        return list(dict.fromkeys(kind for source, *_rest in self._readable_sources() for kind in source.kinds))

    @api.model
    def _page_meta(self, partner):
        """What the timeline of this customer can be filtered by, and how kinds look."""
        labels = dict(self._fields["kind"]._description_selection(self.env))
        icons = self._kind_icons()
        kinds = self._keep(("kinds",), self._readable_kinds)
        people = self.env["res.partner"]
        if partner.commercial_partner_id == partner:
            people = people.search([("commercial_partner_id", "=", partner.id)], limit=PEOPLE_LIMIT)
        return {
            "kinds": [
                {"kind": kind, "label": labels.get(kind, kind), "icon": icons.get(kind, "fa-circle-o")}
                for kind in kinds
            ],
            "icons": icons,
            "labels": labels,
            "channels": self._fields["channel"]._description_selection(self.env),
            "directions": dict(const.DIRECTIONS),
            "people": [[person.id, person.name] for person in people] if len(people) > 1 else [],
            "can_log": self.env["crm.interaction"].has_access("create"),
        }
