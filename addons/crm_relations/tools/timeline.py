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

NAMES = SQL(", ").join(SQL.identifier(name) for name in ("id", *COLUMN_TYPES))
"""All columns, ``id`` first."""

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


Readable = tuple[TimelineSource, SQL, Iterable[SQL]]
"""A source, its table, and the conditions under which the reader may read it."""


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
    return SQL("SELECT %s FROM %s", entry_columns(source, conditions, names), from_clause(source, table))


def from_clause(source: TimelineSource, table: SQL) -> SQL:
    own = SQL("%s AS %s", table, SQL.identifier(source.alias))
    if source.documents is not None:
        return SQL("%s JOIN %s ON %s", own, source.documents, source.link)
    return source.from_clause or own


def entry_columns(source: TimelineSource, conditions: Iterable[SQL], names: Container[str] = COLUMN_TYPES) -> SQL:
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


def render_union(branches: Iterable[SQL]) -> SQL:
    """The whole timeline from its branches; without any, an empty one of the same shape."""
    branches = list(branches)
    if not branches:
        nulls = [SQL("NULL::bigint AS id")]
        nulls += [SQL("NULL::%s AS %s", SQL(kind), SQL.identifier(name)) for name, kind in COLUMN_TYPES.items()]
        return SQL("SELECT %s WHERE FALSE", SQL(", ").join(nulls))
    return SQL("SELECT %s FROM (%s) AS entry WHERE allowed", NAMES, SQL(" UNION ALL ").join(branches))
