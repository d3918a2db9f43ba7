"""One branch of the customer timeline, described without the ORM.

The timeline is a UNION ALL over the documents of every installed addon. Two
facts, both measured, shape what is rendered here:

* PostgreSQL reads the union in date order straight from the indexes of its
  branches ("Merge Append") only when a branch is one relation without a WHERE
  and when all branches agree on the type of each column. So conditions are
  rendered as one more column, ``allowed``, that the enclosing query tests, and
  every column is cast.
* The identifier has to be a plain expression over the source's id, so that an
  index on it can serve ``WHERE id IN (...)``: ``source_id * 64 + slot``.
"""

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from odoo.tools import SQL

_LITERAL = re.compile(r"'(\w+)'")

SLOTS = 64
"""How many sources an identifier can tell apart."""

COLUMN_TYPES = MappingProxyType(
    {
        "partner_id": "int4",
        "commercial_partner_id": "int4",
        "date": "timestamp",
        "kind": "varchar",
        "summary": "varchar",
        "state": "varchar",
        "direction": "varchar",
        "channel": "varchar",
        "user_id": "int4",
        "company_id": "int4",
        "amount": "numeric",
        "currency_id": "int4",
        "res_model": "varchar",
        "res_id": "int4",
        "active": "bool",
    }
)
"""Columns of the timeline besides ``id``, in order, with their SQL type."""

REQUIRED_COLUMNS = frozenset({"partner_id", "commercial_partner_id", "date", "kind", "summary"})


@dataclass(frozen=True)
class TimelineSource:
    """Where one kind of timeline entry comes from.

    :ivar slot: number from 0 to 63, never reused for another source: it is part
        of the identifier of each entry
    :ivar model: technical name of the source model. The branch exists only for
        users who may read that model.
    :ivar columns: SQL expression per column name (see ``COLUMN_TYPES``), and
        optionally ``source_id``, an integer unique within the source. Columns
        left out are NULL, save ``source_id``/``res_id`` (the id of ``alias``),
        ``res_model`` (``model``), ``state`` ('done') and ``active`` (true).
    :ivar alias: table alias of ``model`` in the expressions
    :ivar from_clause: what follows FROM. Left out: the model's own table.
        A JOIN costs the ordered read of the branch: acceptable for small
        branches only.
    :ivar documents: FROM clause of the documents on which entries hang, for
        tables that do not name the customer themselves (mail.message). A page
        then takes the latest entries of each document of the customer from an
        index, instead of reading and sorting everything. With ``link``.
    :ivar link: condition between ``alias`` and ``documents``
    :ivar where: condition on the rows
    :ivar rules: pairs (model, where) whose access rights and record rules the
        reader must satisfy; ``where`` is a table alias or an SQL expression for
        the id of a document of that model. Left out: ``model`` itself. State it
        when the right to read an entry depends on another document, as for
        mail.message.
    :ivar any_of: triples (model, condition, id of a document of that model), for
        entries that hang on documents of several models. An entry is readable
        when one of them holds: its condition is true and the reader may read
        that document. Models that may not be read fall out.
    :ivar kinds: the kinds of entries that come out; left out when ``kind`` is a
        plain literal. A page filtered by kind leaves out the others' branches.
    :raises ValueError: for a slot out of range, an unknown or a missing column,
        or ``documents`` without ``link``
    """

    slot: int
    model: str
    columns: Mapping[str, SQL]
    alias: str = "s"
    from_clause: SQL | None = None
    documents: SQL | None = None
    link: SQL | None = None
    where: SQL | None = None
    rules: tuple[tuple[str, str | SQL], ...] = field(default=())
    any_of: tuple[tuple[str, SQL, SQL], ...] = field(default=())
    kinds: tuple[str, ...] = field(default=())

    def __post_init__(self):
        if not 0 <= self.slot < SLOTS:
            raise ValueError(f"Timeline source of {self.model}: slot {self.slot} is not between 0 and {SLOTS - 1}")
        if unknown := set(self.columns) - set(COLUMN_TYPES) - {"source_id"}:
            raise ValueError(f"Timeline source of {self.model}: unknown columns {sorted(unknown)}")
        if missing := REQUIRED_COLUMNS - set(self.columns):
            raise ValueError(f"Timeline source of {self.model}: missing columns {sorted(missing)}")
        if (self.documents is None) != (self.link is None):
            raise ValueError(f"Timeline source of {self.model}: documents and link belong together")
        if not self.rules:
            object.__setattr__(self, "rules", ((self.model, self.alias),))
        literal = _LITERAL.fullmatch(self.columns["kind"].code)
        if not self.kinds and literal:
            object.__setattr__(self, "kinds", (literal[1],))

    def may_yield(self, kinds: Iterable[str] | None) -> bool:
        """Whether entries of one of these kinds can come from here; without kinds, always."""
        return not kinds or not self.kinds or not set(self.kinds).isdisjoint(kinds)


@dataclass(frozen=True)
class Page:
    """Which entries of which customer, newest first.

    :ivar column: 'commercial_partner_id' for a company with all its people,
        'partner_id' for one person
    :ivar partner: the customer's id, as SQL
    :ivar limit: entries read at most
    :ivar before: (date, id) of the last entry of the page before, as values or as SQL
    :ivar tests: further conditions: pairs of the names of columns and a condition
        on these columns of the alias ``entry``
    """

    column: str
    partner: SQL
    limit: int
    before: tuple[datetime | SQL, int | SQL] | None = None
    tests: tuple[tuple[tuple[str, ...], SQL], ...] = ()


def check_slots(sources: Mapping[str, TimelineSource]) -> None:
    """Refuse two sources with one slot: their entries would share identifiers.

    :raises ValueError: naming both sources
    """
    owner = {}
    for code, source in sources.items():
        if source.slot in owner:
            raise ValueError(f"Timeline sources {owner[source.slot]!r} and {code!r} both use slot {source.slot}")
        owner[source.slot] = code


def entry_id(source_id: int, slot: int) -> int:
    """Identifier of the timeline entry of a source row.

    >>> entry_id(3, 5)
    197
    """
    return source_id * SLOTS + slot


def split_entry_id(identifier: int) -> tuple[int, int]:
    """The (source_id, slot) of an entry: the inverse of :func:`entry_id`.

    >>> split_entry_id(197)
    (3, 5)
    """
    return divmod(identifier, SLOTS)


def index_expression(slot: int, column: str = "id") -> str:
    """The expression to index on a source table so that entries are found by id.

    It must be written exactly as :func:`render_branch` writes it, or PostgreSQL
    does not use the index.

    >>> index_expression(5)
    '((id::bigint * 64 + 5))'
    """
    return f"(({column}::bigint * {SLOTS} + {int(slot)}))"


def render_branch(
    source: TimelineSource, table: SQL, conditions: Iterable[SQL] = (), names: Container[str] = COLUMN_TYPES
) -> SQL:
    """The SELECT of one source.

    :param table: the source model's table, used when there is no ``from_clause``
    :param conditions: what the reader must satisfy besides ``source.where``
    """
    return SQL("SELECT %s FROM %s", _columns(source, conditions, names), _from_clause(source, table))


def _from_clause(source: TimelineSource, table: SQL) -> SQL:
    own = SQL("%s AS %s", table, SQL.identifier(source.alias))
    if source.documents is not None:
        return SQL("%s JOIN %s ON %s", own, source.documents, source.link)
    return source.from_clause or own


def _columns(source: TimelineSource, conditions: Iterable[SQL], names: Container[str] = COLUMN_TYPES) -> SQL:
    """``id``, ``source_id``, the named columns cast to their types, and ``allowed``.

    Columns that nobody asks for are not even written: to parse and plan the
    expressions of all sources takes longer than to read a page.
    """
    own_id = SQL.identifier(source.alias, "id")
    defaults = {
        "res_id": own_id,
        "res_model": SQL("%s", source.model),
        "state": SQL("'done'"),
        "active": SQL("TRUE"),
    }
    # slot and factor as literals: a parameter would not match the expression index
    source_id = source.columns.get("source_id", own_id)
    columns = [
        SQL("(%s::bigint * %s + %s) AS id", source_id, SQL(str(SLOTS)), SQL(str(int(source.slot)))),
        SQL("%s AS source_id", source_id),
    ]
    for name, sql_type in COLUMN_TYPES.items():
        if name not in names:
            continue
        expression = source.columns.get(name) or defaults.get(name) or SQL("NULL")
        columns.append(SQL("(%s)::%s AS %s", expression, SQL(sql_type), SQL.identifier(name)))
    tests = [SQL("(%s)", condition) for condition in (source.where, *conditions) if condition is not None]
    columns.append(SQL("(%s) AS allowed", SQL(" AND ").join(tests) if tests else SQL("TRUE")))
    return SQL(", ").join(columns)


def render_page_branch(
    source: TimelineSource, table: SQL, page: Page, conditions: Iterable[SQL] = (), not_before: SQL | None = None
) -> SQL:
    """What one source gives to a page: (id, date) of at most ``page.limit`` rows, in order, and only those are read.

    Each branch is bounded by itself, so the cost does not grow with the
    customer's history nor with the number of rows in the table, whether or not
    the branch is one that PostgreSQL could merge in order. Where the entries
    hang on documents, each document gives its latest ones. The other columns
    are left to :func:`render_entries`: computed here, they would be computed
    for every row of every branch.

    :param not_before: the moment before which no entry can be on this page
    """
    tests = [SQL("entry.allowed"), *(test for _names, test in page.tests)]
    names = {"date", page.column}.union(*(tested for tested, _test in page.tests))
    if "active" in source.columns:
        tests.append(SQL("entry.active IS NOT FALSE"))
        names.add("active")
    if page.before:
        # the first condition bounds the index scan, the second one decides ties
        tests.append(SQL("entry.date <= %s", page.before[0]))
        tests.append(SQL("(entry.date < %s OR entry.id < %s)", *page.before))
    if not_before is not None:
        tests.append(SQL("entry.date >= %s", not_before))
    if source.documents is None:
        rows = render_branch(source, table, conditions, names)
        tests.insert(0, SQL("entry.%s = %s", SQL.identifier(page.column), page.partner))
    else:
        own = SQL("%s AS %s", table, SQL.identifier(source.alias))
        rows = SQL("SELECT %s FROM %s WHERE %s", _columns(source, conditions, names), own, source.link)
    # by the id of the source, not by the entry's: the same order, and that of the index
    latest = SQL(
        "SELECT entry.id, entry.date FROM (%s) AS entry WHERE %s "
        "ORDER BY entry.date DESC, entry.source_id DESC LIMIT %s",
        rows,
        SQL(" AND ").join(tests),
        page.limit,
    )
    if source.documents is None:
        return latest
    mine = SQL("%s = %s", source.columns[page.column], page.partner)
    return SQL(
        "SELECT entry.id, entry.date FROM %s CROSS JOIN LATERAL (%s) AS entry WHERE %s", source.documents, latest, mine
    )


def render_page(readable: Iterable[tuple[TimelineSource, SQL, Iterable[SQL]]], page: Page) -> SQL | None:
    """(id, date) of one page; ``None`` without sources.

    First the sources that name the customer give theirs. Those whose entries
    hang on documents then read only what is not older than the last of a full
    page: one look into the index for each document instead of a page of rows.

    :param readable: (source, table, conditions of the reader)
    """
    readable = list(readable)
    direct = [
        SQL("(%s)", render_page_branch(source, table, page, conditions))
        for source, table, conditions in readable
        if source.documents is None
    ]
    hanging = [part for part in readable if part[0].documents is not None]
    if not readable:
        return None
    if not direct or not hanging:
        branches = direct or [SQL("(%s)", render_page_branch(*part[:2], page, part[2])) for part in hanging]
        return _in_order(SQL(" UNION ALL ").join(branches), page.limit)
    bound = SQL(
        "COALESCE((SELECT min(date) FROM direct HAVING count(*) = %s), '-infinity'::timestamp)", page.limit
    )
    branches = [SQL("SELECT id, date FROM direct")]
    branches += [SQL("(%s)", render_page_branch(*part[:2], page, part[2], bound)) for part in hanging]
    return SQL(
        "WITH direct AS MATERIALIZED (%s) %s",
        _in_order(SQL(" UNION ALL ").join(direct), page.limit),
        _in_order(SQL(" UNION ALL ").join(branches), page.limit),
    )


def _in_order(rows: SQL, limit: int) -> SQL:
    return SQL("SELECT id, date FROM (%s) AS page ORDER BY date DESC, id DESC LIMIT %s", rows, limit)


def render_entries(readable: Iterable[tuple[TimelineSource, SQL]], page: SQL) -> SQL:
    """Every column of entries known to be readable, newest first.

    The rows that won are looked up by their primary keys.

    :param readable: (source, table) of the sources from which the entries may come
    :param page: the query that gives their identifiers in a column ``id``
    """
    slots = SQL(str(SLOTS))
    branches = []
    for source, table in readable:
        own_id = source.columns.get("source_id", SQL.identifier(source.alias, "id"))
        rows = SQL(
            "SELECT %s FROM page, %s WHERE mod(page.id, %s) = %s AND %s = page.id / %s",
            _columns(source, ()), _from_clause(source, table), slots, SQL(str(source.slot)), own_id, slots,
        )
        branches.append(SQL("SELECT %s FROM (%s) AS entry", _NAMES, rows))
    return SQL(
        "WITH page AS MATERIALIZED (%s) SELECT * FROM (%s) AS entry ORDER BY date DESC, id DESC",
        page,
        SQL(" UNION ALL ").join(branches),
    )


_NAMES = SQL(", ").join(SQL.identifier(name) for name in ("id", *COLUMN_TYPES))


def render_union(branches: Iterable[SQL]) -> SQL:
    """The whole timeline from its branches; without any, an empty one of the same shape."""
    names = _NAMES
    branches = list(branches)
    if not branches:
        nulls = [SQL("NULL::bigint AS id")]
        nulls += [SQL("NULL::%s AS %s", SQL(kind), SQL.identifier(name)) for name, kind in COLUMN_TYPES.items()]
        return SQL("SELECT %s WHERE FALSE", SQL(", ").join(nulls))
    return SQL("SELECT %s FROM (%s) AS entry WHERE allowed", names, SQL(" UNION ALL ").join(branches))
